#include <cmath>
#include <semiflow/assimilation/discovery/gaussian_process_fit.hpp>
#include <semiflow/core/error.hpp>

namespace semiflow {

GaussianProcessFit::GaussianProcessFit(const Grid& grid, std::span<const Index> sensors,
                                       const GaussianProcessOptions& options)
    : options_(options), sensors_(sensors.begin(), sensors.end()), fft_(grid), modes_(grid.modes(), 1) {
  require(std::isfinite(options.smoothness) && options.smoothness > 0, "the smoothness of a kernel is positive");
  require(std::isfinite(options.length) && options.length > 0, "the length of a kernel is positive");
  require(options.tolerance > 0 && options.tolerance < 1, "a tolerance lies between 0 and 1");
  require(options.max_iterations > 0, "an iteration needs a step");
  require(!sensors_.empty(), "a fit needs a sensor");
  std::vector<bool> seen(static_cast<std::size_t>(grid.points()), false);
  for (const Index i : sensors_) {
    require(i >= 0 && i < grid.points(), "a sensor lies beyond the grid");
    require(!seen[static_cast<std::size_t>(i)], "a sensor is repeated");
    seen[static_cast<std::size_t>(i)] = true;
  }
  for (Index i = 0; i < grid.points(); ++i)
    if (!seen[static_cast<std::size_t>(i)]) others_.push_back(i);
  symbol_ = Eigen::ArrayXd::Constant(grid.modes(), 2 * options.smoothness / (options.length * options.length));
  for (Index d = 0; d < grid.dimensions(); ++d) symbol_ += grid.wavenumber(d).square();
  symbol_ = (symbol_ / symbol_.maxCoeff()).pow(options.smoothness + 0.5 * static_cast<double>(grid.dimensions()));
  symbol_(0) = 0;  // the mean is not known
}

Eigen::VectorXd GaussianProcessFit::roughness(const Eigen::VectorXd& field) {
  Ensemble values = field;
  fft_.forward(values, modes_);
  modes_.col(0).array() *= symbol_;
  fft_.inverse(modes_, values);
  return values;
}

Eigen::VectorXd GaussianProcessFit::operator()(const Eigen::Ref<const Eigen::VectorXd>& values) {
  require(values.size() == std::ssize(sensors_), "a fit has one value for every sensor");
  require(values.allFinite(), "the values of sensors must be finite");
  // Roughness is zero for a constant, so the first guess may be any: the mean is the nearest.
  Eigen::VectorXd field = Eigen::VectorXd::Constant(fft_.points(), values.mean());
  field(sensors_) = values;
  const auto of_others = [this](const Eigen::VectorXd& at_others) -> Eigen::VectorXd {
    Eigen::VectorXd whole = Eigen::VectorXd::Zero(fft_.points());
    whole(others_) = at_others;
    return roughness(whole)(others_);
  };
  Eigen::VectorXd residual = -roughness(field)(others_), direction = residual;
  Eigen::VectorXd step = Eigen::VectorXd::Zero(std::ssize(others_));
  const double goal = options_.tolerance * residual.norm();
  double square = residual.squaredNorm();
  for (Index i = 0; i < options_.max_iterations && std::sqrt(square) > goal; ++i) {
    const Eigen::VectorXd image = of_others(direction);
    const double length = square / direction.dot(image);
    step += length * direction;
    residual -= length * image;
    const double next = residual.squaredNorm();
    direction = residual + next / square * direction;
    square = next;
  }
  require(std::sqrt(square) <= goal,
          "the smoothest field through the sensors is not found: the gap between them is too large for the smoothness");
  field(others_) += step;
  return field;
}

}  // namespace semiflow
