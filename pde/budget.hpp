#pragma once
#include <semiflow/pde/nonlinearity.hpp>
#include <semiflow/pde/quasigeostrophic.hpp>

namespace semiflow {

/// A quadratic quantity, as a domain mean: Q = 1/2 sum over k, i, j of conj(u_i) W_ij u_j, with u_i the Fourier
/// coefficients of field i and W real and symmetric. It need not be conserved.
struct QuadraticInvariant {
  std::string name;
  std::vector<Eigen::ArrayXd> weight;  ///< W_ij at [i * fields + j], each [modes]; empty where it is zero
};

/// Half the mean square, summed over the fields: the enstrophy of a vorticity, the kinetic energy of a velocity.
QuadraticInvariant half_mean_square(const Grid& grid, Index fields = 1, std::string name = "enstrophy");
/// <|grad psi|^2 + psi^2 / R^2> / 2 of a plane flow with the (potential) vorticity q = lap psi - psi / R^2, for
/// inverse_radius = 1 / R: the weight is 1 / (k^2 + 1 / R^2).
QuadraticInvariant flow_energy(const Grid& plane, double inverse_radius = 0);
/// Kinetic and available potential energy of two_layer(), a unit of the total depth: with h_1 = ratio / (1 + ratio) and
/// h_2 = 1 - h_1 the shares of the layers, sum_i h_i <|grad psi_i|^2> / 2 + h_1 F1 <(psi_1 - psi_2)^2> / 2
/// (Vallis 2017, Sec. 5.6).
QuadraticInvariant two_layer_energy(const Grid& plane, const TwoLayerCoefficients& coefficients);

/// How the terms of an equation stand in its budget.
enum class Products {
  together,  ///< all that are products of the state make one row, "nonlinear": only their sum conserves
  apart      ///< a row for every term
};

/// The rates at which the terms of an equation change quadratic quantities: work of forces, dissipation, drag, and the
/// transfer between wavenumbers (Frisch 1995, Sec. 6.2). A term that adds f_i to du_i/dt has
///
///   T(k) = sum over the modes of a shell of Re conj(u_i) W_ij f_j.
///
/// The terms are evaluated with the dealiasing of the equation, so that what a dealiased solver conserves is
/// conserved to round-off. An exponential filter is no term. One thread at a time.
class Budget {
 public:
  /// Throws Error as validate() does, and for weights of another shape.
  Budget(const Semilinear& equation, std::vector<QuadraticInvariant> invariants,
         Products products = Products::together);

  /// The rows: "nonlinear" if there are products, then linear terms and forces by name; none with a coefficient zero.
  const std::vector<std::string>& terms() const { return names_; }
  /// The row of the products that stand together, or -1.
  Index nonlinear() const { return nonlinear_; }

  /// The wavenumbers n k_1 of the shells n = 0, 1, ..., with k_1 the smallest wavenumber of the grid: [shells].
  Eigen::VectorXd wavenumbers() const;

  /// Q of a state [fields * points]: [invariants].
  Eigen::VectorXd values(const Eigen::Ref<const Eigen::VectorXd>& state);
  /// dQ/dt of every term at a state: [terms x invariants]. The sum of a column is dQ/dt.
  Eigen::MatrixXd rates(const Eigen::Ref<const Eigen::VectorXd>& state);
  /// T(k) of every term: [shells x terms] for every invariant. Shell n holds the modes with |k| / k_1 rounded to n, as
  /// in SpectralDiagnostics::isotropic_spectrum().
  std::vector<Eigen::MatrixXd> transfer(const Eigen::Ref<const Eigen::VectorXd>& state);

 private:
  void load(const Eigen::Ref<const Eigen::VectorXd>& state);
  Eigen::ArrayXd density(const QuadraticInvariant& invariant, const Eigen::VectorXcd& other) const;
  const Eigen::VectorXcd& evaluate(std::size_t term);

  Grid grid_;
  Index fields_;
  std::vector<QuadraticInvariant> invariants_;
  std::vector<std::string> names_;
  std::vector<Nonlinearity> terms_;
  Index nonlinear_ = -1;
  Fft fft_;
  std::vector<Index> shell_;  // of every mode
  double first_wavenumber_;
  Spectrum state_;             // [fields * modes], normalised
  Eigen::VectorXcd tendency_;  // likewise
};

/// The flux through every shell towards larger wavenumbers, Pi(k) = -sum over k' <= k of T(k'): [shells].
Eigen::VectorXd spectral_flux(const Eigen::Ref<const Eigen::VectorXd>& transfer);

}  // namespace semiflow
