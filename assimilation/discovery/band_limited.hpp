#pragma once
#include <semiflow/core/fft.hpp>
#include <span>

namespace semiflow {

struct BandLimitedOptions {
  double max_wavenumber = 0;  ///< > 0: waves with |k| above it are taken to be absent
  double tolerance = 1e-12;   ///< of the residual of the normal equations, relative
  Index max_iterations = 2000;
};

/// Fields on a grid from their values at some of its points: the least-squares fit of all Fourier modes with |k| <=
/// max_wavenumber, by conjugate gradients, i.e. the limit of the iteration of Papoulis (1975) and Gerchberg (1974).
///
/// It is one linear operator for all fields and times with the same sensors. What it gets wrong is therefore the same for
/// two states that differ little, and falls out of their difference, which no two fits of a nonlinear method can do.
class BandLimitedFit {
 public:
  /// sensors are points of the grid. Throws Error if there are none, one is repeated or beyond the grid, there are fewer
  /// than modes to be fitted, or an option is out of range.
  BandLimitedFit(const Grid& grid, std::span<const Index> sensors, const BandLimitedOptions& options);

  /// The field [point] from its values [sensor]. Throws Error if the shapes do not fit or the iteration does not converge:
  /// the sensors leave a gap that is larger than the shortest wave.
  Eigen::VectorXd operator()(const Eigen::Ref<const Eigen::VectorXd>& values);

 private:
  Eigen::VectorXd kept(const Eigen::VectorXd& field);

  BandLimitedOptions options_;
  std::vector<Index> sensors_;
  Eigen::ArrayXd in_band_;  // [mode] 0 or 1
  Fft fft_;
  Spectrum modes_;
};

}  // namespace semiflow
