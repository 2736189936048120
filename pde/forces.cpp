#include <cstdlib>
#include <numbers>
#include <semiflow/core/error.hpp>
#include <semiflow/pde/forces.hpp>
#include <utility>

namespace semiflow {

namespace {

const double pi = std::numbers::pi;

Term of_amplitude(double amplitude, const char* shape, Index harmonic, const Eigen::ArrayXd& values) {
  Term term = steady_force(shape + std::to_string(harmonic), values);
  term.coefficient = amplitude;
  return term;
}

// Beyond half the points a wave would be taken for a longer one.
void require_resolved(const Axis& axis, Index harmonic) {
  require(2 * std::abs(harmonic) <= axis.points, "the harmonic of a force is at most half the points of its axes");
}

}  // namespace

Term steady_force(std::string name, Eigen::VectorXd values, Index target) {
  require(!name.empty() && values.size() > 0, "a force has a name and values");
  Factor given{.multiplier = {.name = name}, .given = std::move(values)};
  return {.name = std::move(name), .factors = {std::move(given)}, .target = target};
}

Term diagonal_force(const Grid& plane, double amplitude, Index harmonic) {
  require(plane.dimensions() == 2, "a diagonal force lives on a plane");
  require_resolved(plane.axis(0), harmonic);
  require_resolved(plane.axis(1), harmonic);
  const double k = 2 * pi * static_cast<double>(harmonic);
  const Eigen::ArrayXd s =
      k * (plane.coordinate(1) / plane.axis(1).length + plane.coordinate(0) / plane.axis(0).length);
  return of_amplitude(amplitude, "diagonal force ", harmonic, s.sin() + s.cos());
}

Term kolmogorov_force(const Grid& plane, double amplitude, Index harmonic) {
  require(plane.dimensions() == 2, "a Kolmogorov flow lives on a plane");
  require_resolved(plane.axis(0), harmonic);
  const double k = 2 * pi * static_cast<double>(harmonic) / plane.axis(0).length;
  // -d_y of the force along x
  return of_amplitude(amplitude, "kolmogorov force ", harmonic, -k * (k * plane.coordinate(0)).cos());
}

}  // namespace semiflow
