#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <semiflow/assimilation/discovery/local_spline.hpp>
#include <semiflow/core/error.hpp>

namespace semiflow {

namespace {

using Offset = std::array<Index, 3>;  // in points, along each axis

// Along an axis of n points, the shortest way from 0 to i.
Index shortest(Index i, Index n) { return 2 * i < n ? i : i - n; }

// All offsets of a periodic grid, the nearest first; of those as far, in the grid's order.
struct Offsets {
  std::vector<Offset> steps;
  Eigen::MatrixXd distance;  // [offset x axis], in units of length
};

Offsets sorted_offsets(const Grid& grid) {
  const Index points = grid.points(), axes = grid.dimensions();
  std::vector<Offset> steps(static_cast<std::size_t>(points));
  Eigen::MatrixXd distance(points, axes);
  for (Index i = 0; i < points; ++i) {
    Index rest = i;
    for (Index d = axes; d-- > 0;) {
      const Axis& axis = grid.axis(d);
      const Index step = shortest(rest % axis.points, axis.points);
      rest /= axis.points;
      steps[static_cast<std::size_t>(i)][static_cast<std::size_t>(d)] = step;
      distance(i, d) = static_cast<double>(step) * axis.length / static_cast<double>(axis.points);
    }
  }
  const Eigen::VectorXd square = distance.rowwise().squaredNorm();
  std::vector<Index> order(static_cast<std::size_t>(points));
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, {}, [&square](Index i) { return square(i); });
  Offsets sorted{.steps = {}, .distance = distance(order, Eigen::all)};
  for (const Index i : order) sorted.steps.push_back(steps[static_cast<std::size_t>(i)]);
  return sorted;
}

Index moved(const Grid& grid, Index point, const Offset& offset) {
  Index result = 0, stride = 1;
  for (Index d = grid.dimensions(); d-- > 0;) {
    const Index n = grid.axis(d).points;
    result += stride * ((point % n + offset[static_cast<std::size_t>(d)] + n) % n);
    point /= n;
    stride *= n;
  }
  return result;
}

// All products of coordinates up to degree 3, the constant first: [row x polynomial].
Eigen::MatrixXd polynomials(const Eigen::MatrixXd& x) {
  constexpr Index degree = 3;
  std::vector<Eigen::VectorXd> all{Eigen::VectorXd::Ones(x.rows())};
  std::vector<std::pair<std::size_t, Index>> last{
      {0, 0}};  // of the degree before, and the last axis that was multiplied
  for (Index power = 1; power <= degree; ++power) {
    std::vector<std::pair<std::size_t, Index>> next;
    for (const auto& [of, first] : last)
      for (Index d = first; d < x.cols(); ++d) {
        next.emplace_back(all.size(), d);
        all.push_back(all[of].cwiseProduct(x.col(d)));
      }
    last = next;
  }
  Eigen::MatrixXd result(x.rows(), std::ssize(all));
  for (std::size_t i = 0; i < all.size(); ++i) result.col(static_cast<Index>(i)) = all[i];
  return result;
}

// What the values at x [sensor x axis] count for the value at 0.
Eigen::VectorXd stencil(Eigen::MatrixXd x) {
  x /= x.rowwise().norm().maxCoeff();
  const Eigen::MatrixXd p = polynomials(x);
  const Index n = p.rows(), m = p.cols();
  Eigen::MatrixXd system = Eigen::MatrixXd::Zero(n + m, n + m);
  for (Index j = 0; j < n; ++j) system.col(j).head(n) = (x.rowwise() - x.row(j)).rowwise().norm().array().cube();
  system.topRightCorner(n, m) = p;
  system.bottomLeftCorner(m, n) = p.transpose();
  Eigen::VectorXd right = Eigen::VectorXd::Zero(n + m);
  right.head(n) = x.rowwise().norm().array().cube();
  right(n) = 1;  // of the polynomials at 0, only the constant is not 0
  const Eigen::ColPivHouseholderQR<Eigen::MatrixXd> factor(system);
  require(factor.isInvertible(), "the sensors near a point do not determine a cubic polynomial; take more neighbours");
  return factor.solve(right).head(n);
}

}  // namespace

LocalSpline::LocalSpline(const Grid& grid, std::span<const Index> sensors, const LocalSplineOptions& options)
    : weights_(grid.points(), std::ssize(sensors)) {
  std::vector<Index> sensor_at(static_cast<std::size_t>(grid.points()), -1);
  for (std::size_t j = 0; j < sensors.size(); ++j) {
    require(sensors[j] >= 0 && sensors[j] < grid.points(), "a sensor lies beyond the grid");
    Index& at = sensor_at[static_cast<std::size_t>(sensors[j])];
    require(at < 0, "a sensor is repeated");
    at = static_cast<Index>(j);
  }
  require(options.neighbours <= std::ssize(sensors), "a point has no more neighbours than there are sensors");
  const Offsets offsets = sorted_offsets(grid);
  require(options.neighbours >= polynomials(offsets.distance.topRows(1)).cols(),
          "there are fewer neighbours than polynomials of degree 3");
  std::vector<Eigen::Triplet<double>> entries;
  for (Index i = 0; i < grid.points(); ++i) {
    if (const Index own = sensor_at[static_cast<std::size_t>(i)]; own >= 0) {
      entries.emplace_back(i, own, 1.0);
      continue;
    }
    std::vector<Index> near, rows;
    for (Index k = 1; std::ssize(near) < options.neighbours; ++k) {
      const Index at = moved(grid, i, offsets.steps[static_cast<std::size_t>(k)]);
      if (const Index sensor = sensor_at[static_cast<std::size_t>(at)]; sensor >= 0) {
        near.push_back(sensor);
        rows.push_back(k);
      }
    }
    const Eigen::VectorXd weights = stencil(offsets.distance(rows, Eigen::all));
    for (std::size_t j = 0; j < near.size(); ++j) entries.emplace_back(i, near[j], weights(static_cast<Index>(j)));
  }
  weights_.setFromTriplets(entries.begin(), entries.end());
}

Eigen::MatrixXd LocalSpline::operator()(const Eigen::MatrixXd& values) const {
  require(values.rows() == weights_.cols(), "an interpolation has one value for every sensor");
  return weights_ * values;
}

}  // namespace semiflow
