#pragma once
#include <semiflow/core/fft.hpp>
#include <semiflow/pde/term.hpp>

namespace semiflow {

/// Domain means of quadratic quantities, from the Fourier coefficients of one field (Parseval). A field is [points].
class SpectralDiagnostics {
 public:
  explicit SpectralDiagnostics(const Grid& grid);

  /// Half the mean of a * multiplier(a), for a multiplier that is real; the identity gives half the mean square.
  double half_mean(const Eigen::Ref<const Eigen::VectorXd>& field, const Multiplier& multiplier = {});

  /// Of the vorticity of an incompressible plane flow: energy <u^2 + v^2> / 2, enstrophy <w^2> / 2 and palinstrophy
  /// <|grad w|^2> / 2.
  double energy(const Eigen::Ref<const Eigen::VectorXd>& vorticity);
  double enstrophy(const Eigen::Ref<const Eigen::VectorXd>& vorticity) { return half_mean(vorticity); }
  double palinstrophy(const Eigen::Ref<const Eigen::VectorXd>& vorticity);

  /// The isotropic spectrum of half the mean of a * multiplier(a): [shells], entry n the sum over the modes with
  /// |k| / k_1 rounded to n, where k_1 is the smallest wavenumber of the grid. Its sum is half_mean().
  Eigen::VectorXd isotropic_spectrum(const Eigen::Ref<const Eigen::VectorXd>& field, const Multiplier& multiplier = {});

  /// The share of the mean square, without the mean, in the last third of the harmonics below N / divisor along any axis
  /// of N points: above some 1e-6 the field is not resolved. The divisor is 3 for fields that are dealiased by truncation
  /// of products of two, 2 for those that keep all harmonics.
  double tail(const Eigen::Ref<const Eigen::VectorXd>& field, double divisor = 3);

 private:
  Eigen::ArrayXd power(const Eigen::Ref<const Eigen::VectorXd>& field, const Multiplier& multiplier);

  Grid grid_;
  Fft fft_;
  Eigen::ArrayXd weight_;      // of a mode in the sum over all
  Eigen::ArrayXd wavenumber_;  // its modulus
  Spectrum modes_;
};

}  // namespace semiflow
