#include <cmath>
#include <functional>
#include <numbers>
#include <semiflow/assimilation/linear_observations.hpp>
#include <semiflow/assimilation/localization.hpp>
#include <semiflow/core/error.hpp>
#include <utility>
#include <vector>

namespace semiflow {

namespace {

using Triplets = std::vector<Eigen::Triplet<double>>;

// A point of an axis and its share of the value.
struct Weight {
  Index point;
  double weight;
};
using AxisWeights = std::function<std::vector<Weight>(const Axis& axis, double position)>;

void check(const Grid& grid, const Eigen::MatrixXd& positions, const ObservedField& observed) {
  require(positions.cols() == 0 || positions.rows() == grid.dimensions(),
          "the positions of sensors need one row for every axis of the grid");
  require(positions.allFinite(), "the position of a sensor is not finite");
  require(observed.field >= 0 && observed.field < observed.fields, "the state has no such field");
}

LinearObservations from(const Triplets& triplets, Index sensors, const Grid& grid, const ObservedField& observed) {
  LinearObservations::Matrix matrix(sensors, observed.fields * grid.points());
  matrix.setFromTriplets(triplets.begin(), triplets.end());
  return LinearObservations(std::move(matrix));
}

// Products of the weights along each axis.
LinearObservations interpolation(const Grid& grid, const Eigen::MatrixXd& positions, const ObservedField& observed,
                                 const AxisWeights& along) {
  check(grid, positions, observed);
  Triplets triplets;
  std::vector<Weight> product, slower;
  for (Index sensor = 0; sensor < positions.cols(); ++sensor) {
    product.assign(1, {0, 1.0});
    for (Index d = 0; d < grid.dimensions(); ++d) {
      const Axis& axis = grid.axis(d);
      slower.swap(product);
      product.clear();
      for (const auto& [point, weight] : slower)
        for (const auto& [i, share] : along(axis, positions(d, sensor)))
          product.push_back({point * axis.points + i, weight * share});
    }
    for (const auto& [point, weight] : product)
      triplets.emplace_back(static_cast<int>(sensor), static_cast<int>(observed.field * grid.points() + point), weight);
  }
  return from(triplets, positions.cols(), grid, observed);
}

}  // namespace

LinearObservations::LinearObservations(Matrix matrix) : matrix_(std::move(matrix)) {
  matrix_.makeCompressed();
  require(matrix_.coeffs().isFinite().all(), "the weight of a sensor is not finite");
}

Ensemble LinearObservations::operator()(EnsembleView members) const {
  require(members.rows() == matrix_.cols(), "the state does not have the size that the sensors read");
  return matrix_ * members;
}

Ensemble LinearObservations::tangent(const Eigen::Ref<const Eigen::VectorXd>&, EnsembleView perturbations) const {
  return (*this)(perturbations);
}

Ensemble LinearObservations::adjoint(const Eigen::Ref<const Eigen::VectorXd>&, EnsembleView sensitivities) const {
  require(sensitivities.rows() == matrix_.rows(), "there must be one row a sensor");
  return matrix_.transpose() * sensitivities;
}

LinearObservations linear_interpolation(const Grid& grid, const Eigen::MatrixXd& positions,
                                        const ObservedField& observed) {
  return interpolation(grid, positions, observed, [](const Axis& axis, double position) -> std::vector<Weight> {
    const auto points = static_cast<double>(axis.points);
    const double place = position / axis.length * points;
    const double below = std::floor(place), part = place - below;
    const auto first = static_cast<Index>(below - points * std::floor(below / points));
    if (part == 0 || axis.points == 1) return {{first, 1.0}};
    return {{first, 1 - part}, {(first + 1) % axis.points, part}};
  });
}

LinearObservations trigonometric_interpolation(const Grid& grid, const Eigen::MatrixXd& positions,
                                               const ObservedField& observed) {
  return interpolation(grid, positions, observed, [](const Axis& axis, double position) {
    const auto points = static_cast<double>(axis.points);
    std::vector<Weight> weights;
    for (Index i = 0; i < axis.points; ++i) {
      // Dirichlet's kernel. Of an even number of points the last harmonic is a cosine.
      const double distance = position / axis.length - static_cast<double>(i) / points;
      const double x = std::numbers::pi * (distance - std::nearbyint(distance));
      const double slope = axis.points % 2 == 0 ? std::tan(x) : std::sin(x);
      weights.push_back({i, x == 0 ? 1.0 : std::sin(points * x) / (points * slope)});
    }
    return weights;
  });
}

LinearObservations disc_average(const Grid& grid, const Eigen::MatrixXd& positions, double radius,
                                const ObservedField& observed) {
  check(grid, positions, observed);
  require(radius >= 0, "the radius of a sensor must not be negative");
  Eigen::MatrixXd places(grid.dimensions(), grid.points());
  for (Index point = 0; point < grid.points(); ++point) places.col(point) = point_position(grid, point);
  const SensorSearch search(grid, places);
  Triplets triplets;
  std::vector<NearbySensor> found;
  for (Index sensor = 0; sensor < positions.cols(); ++sensor) {
    search.within(positions.col(sensor), radius, found);
    require(!found.empty(), "there is no point of the grid in reach of a sensor");
    for (const NearbySensor& near : found)
      triplets.emplace_back(static_cast<int>(sensor), static_cast<int>(observed.field * grid.points() + near.sensor),
                            1 / static_cast<double>(found.size()));
  }
  return from(triplets, positions.cols(), grid, observed);
}

}  // namespace semiflow
