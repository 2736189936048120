#include <cmath>
#include <semiflow/core/error.hpp>
#include <semiflow/pde/diagnostics.hpp>
#include <semiflow/pde/multipliers.hpp>

namespace semiflow {

SpectralDiagnostics::SpectralDiagnostics(const Grid& grid)
    : grid_(grid),
      fft_(grid),
      weight_(grid.multiplicity() / std::pow(static_cast<double>(grid.points()), 2)),
      wavenumber_(square_wavenumber(grid).sqrt()),
      modes_(grid.modes(), 1) {}

Eigen::ArrayXd SpectralDiagnostics::power(const Eigen::Ref<const Eigen::VectorXd>& field,
                                          const Multiplier& multiplier) {
  require(field.size() == grid_.points(), "a field has a value at every point of the grid");
  fft_.forward(field, modes_);
  Eigen::ArrayXd power = 0.5 * weight_ * modes_.col(0).array().abs2();
  if (multiplier.symbol.size() > 0) power *= multiplier.symbol.values().real();
  return power;
}

double SpectralDiagnostics::half_mean(const Eigen::Ref<const Eigen::VectorXd>& field, const Multiplier& multiplier) {
  return power(field, multiplier).sum();
}

double SpectralDiagnostics::energy(const Eigen::Ref<const Eigen::VectorXd>& vorticity) {
  return (wavenumber_ > 0).select(power(vorticity, {}) / wavenumber_.square(), 0).sum();
}

double SpectralDiagnostics::palinstrophy(const Eigen::Ref<const Eigen::VectorXd>& vorticity) {
  return (wavenumber_.square() * power(vorticity, {})).sum();
}

Eigen::VectorXd SpectralDiagnostics::isotropic_spectrum(const Eigen::Ref<const Eigen::VectorXd>& field,
                                                        const Multiplier& multiplier) {
  const double first = smallest_wavenumber(grid_);
  const Eigen::ArrayXd values = power(field, multiplier);
  Eigen::VectorXd spectrum = Eigen::VectorXd::Zero(std::lround(wavenumber_.maxCoeff() / first) + 1);
  for (Index k = 0; k < values.size(); ++k) spectrum(std::lround(wavenumber_(k) / first)) += values(k);
  return spectrum;
}

double SpectralDiagnostics::tail(const Eigen::Ref<const Eigen::VectorXd>& field, double divisor) {
  Eigen::ArrayXd values = power(field, {});
  values(0) = 0;
  Eigen::ArrayXd outer = Eigen::ArrayXd::Zero(values.size());  // 1 in the last third along any axis
  for (Index d = 0; d < grid_.dimensions(); ++d) {
    const double limit = static_cast<double>(grid_.axis(d).points) / divisor;
    outer = (grid_.harmonic(d).abs() >= 2 * limit / 3).select(1, outer);
  }
  const double total = values.sum();
  return total == 0 ? 0 : (outer > 0).select(values, 0).sum() / total;
}

}  // namespace semiflow
