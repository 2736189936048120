#include <algorithm>
#include <cmath>
#include <limits>
#include <semiflow/assimilation/localization.hpp>
#include <semiflow/core/error.hpp>

namespace semiflow {

namespace {

template <class... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};
template <class... Visitors>
Overloaded(Visitors...) -> Overloaded<Visitors...>;

constexpr double everywhere = std::numeric_limits<double>::infinity();

// Eq. 4.10 of Gaspari & Cohn in z = distance / half_width. The outer branch is factored: its zero at 2 is of order 4,
// which the polynomial of the paper would lose to rounding.
double gaspari_cohn(double z) {
  if (z >= 2) return 0;
  if (z > 1) {
    const double square = (2 - z) * (2 - z);
    return square * square * (2 * z * z + 4 * z - 1) / (24 * z);
  }
  return 1 + z * z * (-5.0 / 3 + z * (5.0 / 8 + z * (0.5 - z / 4)));
}

double gaspari_cohn_reach(double smallest_weight) {
  double inside = 0, beyond = 2;
  while (beyond - inside > 1e-9)
    (gaspari_cohn((inside + beyond) / 2) > smallest_weight ? inside : beyond) = (inside + beyond) / 2;
  return beyond;
}

// The difference of two coordinates by the shorter way around.
double around(double difference, double length) {
  return std::abs(difference - length * std::nearbyint(difference / length));
}

}  // namespace

void validate(const Taper& taper) {
  const auto width = [](double value, const char* message) { require(value > 0 && std::isfinite(value), message); };
  std::visit(
      Overloaded{[](NoTaper) {},
                 [&](GaspariCohn t) { width(t.half_width, "the taper's half_width must be positive and finite"); },
                 [&](StepTaper t) { width(t.radius, "the taper's radius must be positive and finite"); },
                 [&](GaussianTaper t) {
                   width(t.standard_deviation, "the taper's standard_deviation must be positive and finite");
                 }},
      taper);
}

double taper_weight(const Taper& taper, double distance) {
  return std::visit(
      Overloaded{[](NoTaper) { return 1.0; }, [&](GaspariCohn t) { return gaspari_cohn(distance / t.half_width); },
                 [&](StepTaper t) { return distance <= t.radius ? 1.0 : 0.0; },
                 [&](GaussianTaper t) {
                   const double z = distance / t.standard_deviation;
                   return std::exp(-z * z / 2);
                 }},
      taper);
}

double taper_reach(const Taper& taper, double smallest_weight) {
  require(smallest_weight >= 0 && smallest_weight < 1, "the smallest weight of a taper must be in [0, 1)");
  return std::visit(Overloaded{[](NoTaper) { return everywhere; },
                               [&](GaspariCohn t) { return t.half_width * gaspari_cohn_reach(smallest_weight); },
                               [](StepTaper t) { return t.radius; },
                               [&](GaussianTaper t) {
                                 return smallest_weight > 0
                                            ? t.standard_deviation * std::sqrt(-2 * std::log(smallest_weight))
                                            : everywhere;
                               }},
                    taper);
}

Position point_position(const Grid& grid, Index point) {
  Position position(grid.dimensions());
  for (Index d = grid.dimensions() - 1; d >= 0; --d) {
    const auto [points, length] = grid.axis(d);
    position(d) = length / static_cast<double>(points) * static_cast<double>(point % points);
    point /= points;
  }
  return position;
}

double periodic_distance(const Grid& grid, const Position& a, const Position& b) {
  double sum = 0;
  for (Index d = 0; d < grid.dimensions(); ++d) {
    const double gap = around(a(d) - b(d), grid.axis(d).length);
    sum += gap * gap;
  }
  return std::sqrt(sum);
}

SensorSearch::SensorSearch(const Grid& grid, const Eigen::MatrixXd& positions) : grid_(grid) {
  const Index dimensions = grid.dimensions(), sensors = positions.cols();
  require(sensors == 0 || positions.rows() == dimensions, "sensor positions must be [axis x sensor] of the grid");
  require(positions.allFinite(), "sensor positions must be finite");
  positions_.resize(dimensions, sensors);
  order_.resize(static_cast<std::size_t>(sensors));

  // Cells as near to cubes as it goes, with about two sensors in each.
  double volume = 1;
  for (Index d = 0; d < dimensions; ++d) volume *= grid.axis(d).length;
  const double side =
      std::pow(2 * volume / static_cast<double>(std::max<Index>(sensors, 1)), 1 / static_cast<double>(dimensions));
  Index all = 1;
  for (Index d = 0; d < dimensions; ++d) {
    const double most = static_cast<double>(std::max<Index>(sensors, 1));
    cells_.push_back(static_cast<Index>(std::clamp(std::floor(grid.axis(d).length / side), 1.0, most)));
    all *= cells_.back();
  }

  const auto wrapped = [&](Index d, Index sensor) {
    const double length = grid.axis(d).length, x = positions(d, sensor);
    const double inside = x - length * std::floor(x / length);
    return inside < length ? inside : 0;  // a tiny negative x rounds to the length
  };
  const auto cell_of = [&](Index sensor) {
    Index cell = 0;
    for (Index d = 0; d < dimensions; ++d) {
      const Index n = cells_[static_cast<std::size_t>(d)];
      const double along = wrapped(d, sensor) / grid.axis(d).length * static_cast<double>(n);
      cell = cell * n + std::min(static_cast<Index>(along), n - 1);
    }
    return static_cast<std::size_t>(cell);
  };
  // Counting sort by cell.
  begin_.assign(static_cast<std::size_t>(all) + 1, 0);
  for (Index j = 0; j < sensors; ++j) ++begin_[cell_of(j) + 1];
  for (std::size_t c = 1; c < begin_.size(); ++c) begin_[c] += begin_[c - 1];
  std::vector<Index> next(begin_.begin(), begin_.end() - 1);
  for (Index j = 0; j < sensors; ++j) {
    const Index place = next[cell_of(j)]++;
    order_[static_cast<std::size_t>(place)] = j;
    for (Index d = 0; d < dimensions; ++d) positions_(d, place) = wrapped(d, j);
  }
}

SensorSearch::Span SensorSearch::span(Index axis, double centre, double radius) const {
  const Index n = cells_[static_cast<std::size_t>(axis)];
  const double length = grid_.axis(axis).length, per_length = static_cast<double>(n) / length;
  // A cell more on either side where rounding could have moved a sensor over the edge.
  const double slack = 1e-9 * length;
  if (!(2 * (radius + slack) < length)) return {0, n - 1};
  const double x = centre - length * std::floor(centre / length);
  const auto first = static_cast<Index>(std::floor((x - radius - slack) * per_length));
  const auto last = static_cast<Index>(std::floor((x + radius + slack) * per_length));
  return last - first + 1 < n ? Span{first, last} : Span{0, n - 1};
}

void SensorSearch::within(const Position& place, double radius, std::vector<NearbySensor>& found) const {
  found.clear();
  const Index dimensions = grid_.dimensions(), inner = dimensions - 1;
  const auto look = [&](Index first, Index last) {
    for (Index i = begin_[static_cast<std::size_t>(first)]; i < begin_[static_cast<std::size_t>(last) + 1]; ++i) {
      const double distance = periodic_distance(grid_, place, positions_.col(i));
      if (distance <= radius) found.push_back({order_[static_cast<std::size_t>(i)], distance});
    }
  };
  // Cells next to each other along the last axis are next to each other in memory: one stretch, or two around the end.
  const auto [first, last] = span(inner, place(inner), radius);
  const Index n = cells_.back();
  const auto look_along = [&](Index row) {
    if (first < 0) look(row * n + first + n, row * n + n - 1);
    look(row * n + std::max<Index>(first, 0), row * n + std::min(last, n - 1));
    if (last >= n) look(row * n, row * n + last - n);
  };
  const auto visit = [&](auto& self, Index d, Index row) -> void {
    if (d == inner) return look_along(row);
    const Index m = cells_[static_cast<std::size_t>(d)];
    const auto [from, to] = span(d, place(d), radius);
    for (Index c = from; c <= to; ++c) self(self, d + 1, row * m + (c + m) % m);
  };
  visit(visit, 0, 0);
}

}  // namespace semiflow
