#include <algorithm>
#include <cmath>
#include <semiflow/assimilation/discovery/band_limited.hpp>
#include <semiflow/core/error.hpp>

namespace semiflow {

BandLimitedFit::BandLimitedFit(const Grid& grid, std::span<const Index> sensors, const BandLimitedOptions& options)
    : options_(options), sensors_(sensors.begin(), sensors.end()), fft_(grid), modes_(grid.modes(), 1) {
  require(std::isfinite(options.max_wavenumber) && options.max_wavenumber > 0, "max_wavenumber is positive");
  require(options.tolerance > 0 && options.tolerance < 1, "a tolerance lies between 0 and 1");
  require(options.max_iterations > 0, "an iteration needs a step");
  require(!sensors_.empty(), "a fit needs a sensor");
  std::vector<Index> sorted = sensors_;
  std::ranges::sort(sorted);
  require(sorted.front() >= 0 && sorted.back() < grid.points(), "a sensor lies beyond the grid");
  require(std::ranges::adjacent_find(sorted) == sorted.end(), "a sensor is repeated");
  Eigen::ArrayXd square = Eigen::ArrayXd::Zero(grid.modes());
  for (Index d = 0; d < grid.dimensions(); ++d) square += grid.wavenumber(d).square();
  in_band_ = (square <= options.max_wavenumber * options.max_wavenumber).cast<double>();
  require((in_band_ * grid.multiplicity()).sum() <= static_cast<double>(sensors_.size()),
          "there are fewer sensors than waves below max_wavenumber");
}

Eigen::VectorXd BandLimitedFit::kept(const Eigen::VectorXd& field) {
  Ensemble values = field;
  fft_.forward(values, modes_);
  modes_.col(0).array() *= in_band_;
  fft_.inverse(modes_, values);
  return values;
}

Eigen::VectorXd BandLimitedFit::operator()(const Eigen::Ref<const Eigen::VectorXd>& values) {
  require(values.size() == std::ssize(sensors_), "a fit has one value for every sensor");
  require(values.allFinite(), "the values of sensors must be finite");
  // In the space of band-limited fields, with the inner product of the points: P M P u = P M y.
  const auto filled = [this](const Eigen::VectorXd& at_sensors) {
    Eigen::VectorXd field = Eigen::VectorXd::Zero(fft_.points());
    field(sensors_) = at_sensors;
    return kept(field);
  };
  Eigen::VectorXd field = Eigen::VectorXd::Zero(fft_.points()), residual = filled(values), direction = residual;
  const double goal = options_.tolerance * residual.norm();
  double square = residual.squaredNorm();
  for (Index i = 0; i < options_.max_iterations && std::sqrt(square) > goal; ++i) {
    const Eigen::VectorXd image = filled(direction(sensors_));
    const double step = square / direction.dot(image);
    field += step * direction;
    residual -= step * image;
    const double next = residual.squaredNorm();
    direction = residual + next / square * direction;
    square = next;
  }
  require(std::sqrt(square) <= goal,
          "the fit of a band-limited field does not converge: the gap between sensors is too "
          "large for its shortest wave; lower max_wavenumber");
  return field;
}

}  // namespace semiflow
