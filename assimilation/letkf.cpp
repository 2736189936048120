#include <algorithm>
#include <cmath>
#include <numbers>
#include <semiflow/assimilation/ensemble_update.hpp>
#include <semiflow/assimilation/etkf.hpp>
#include <semiflow/assimilation/letkf.hpp>
#include <semiflow/assimilation/observations.hpp>
#include <span>

#include "local_transform.hpp"
#include "strip_analysis.hpp"

namespace semiflow {

using detail::LocalSensors, detail::LocalTransform, detail::RowStrip, detail::strip_rows;

namespace {

// The points of an axis in parts as even as they can be, the longer ones first.
class Parts {
 public:
  Parts(const Axis& axis, Index points_a_part)
      : points_(axis.points),
        count_(std::max(Index{1}, static_cast<Index>(std::nearbyint(static_cast<double>(axis.points) /
                                                                    static_cast<double>(points_a_part))))),
        spacing_(axis.length / static_cast<double>(axis.points)) {}

  Index count() const { return count_; }
  Index begin(Index part) const { return part * (points_ / count_) + std::min(part, points_ % count_); }
  double centre(Index part) const { return spacing_ * static_cast<double>(begin(part) + begin(part + 1) - 1) / 2; }

 private:
  Index points_, count_;
  double spacing_;
};

// Batch after batch, in C order: calls work(centre, points of the batch).
template <class Work>
void for_each_batch(const Grid& grid, const std::vector<Index>& batch, Work work) {
  const Index dimensions = grid.dimensions();
  std::vector<Parts> parts;
  Index batches = 1;
  for (Index d = 0; d < dimensions; ++d) {
    parts.emplace_back(grid.axis(d), batch.empty() ? 1 : batch[static_cast<std::size_t>(d)]);
    batches *= parts.back().count();
  }
  Position centre(dimensions);
  std::vector<Index> points, slower;
  for (Index b = 0; b < batches; ++b) {
    points.assign(1, 0);
    for (Index d = 0, rest = b, later = batches; d < dimensions; ++d) {
      const Parts& along = parts[static_cast<std::size_t>(d)];
      later /= along.count();
      const Index part = rest / later;
      rest %= later;
      centre(d) = along.centre(part);
      slower.swap(points);
      points.clear();
      for (const Index s : slower)
        for (Index i = along.begin(part); i < along.begin(part + 1); ++i) points.push_back(s * grid.axis(d).points + i);
    }
    work(centre, points);
  }
}

}  // namespace

Letkf::Letkf(const Grid& grid, const Options& options) : grid_(grid), options_(options) {
  validate(options.taper);
  validate(options.inflation);
  require(options.smallest_weight >= 0 && options.smallest_weight < 1, "smallest_weight must be in [0, 1)");
  require(options.batch.empty() || static_cast<Index>(options.batch.size()) == grid.dimensions(),
          "the batch of an LETKF must have as many numbers as the grid has axes");
  require(std::ranges::all_of(options.batch, [](Index points) { return points > 0; }),
          "the batch of an LETKF must have at least one point along each axis");
}

template <class Places, class RowOf>
void Letkf::analyse(EnsembleRef rows, EnsembleView predicted, const Measurement& measurement, Places add_places,
                    RowOf row_of) const {
  const Inflation& inflation = options_.inflation;
  validate(predicted, measurement);
  require(rows.cols() == predicted.cols(), "rows and predictions must be of the same members");
  LocalSensors sensors(grid_, measurement, options_.taper, options_.smallest_weight);
  LocalTransform transform(predicted, measurement, inflation.prior_std);

  RowStrip prior(strip_rows, rows.cols()), analysis(strip_rows, rows.cols());
  std::vector<Index> places;
  for_each_batch(grid_, options_.batch, [&](const Position& centre, const std::vector<Index>& batch) {
    places.clear();
    add_places(batch, places);
    if (places.empty()) return;
    transform.choose(sensors.near(centre));
    const std::span<const Index> all(places);
    for (std::size_t i = 0; i < all.size(); i += strip_rows)
      detail::analyse_strip(rows, all.subspan(i, std::min<std::size_t>(strip_rows, all.size() - i)), row_of, transform,
                            inflation, prior, analysis);
  });
  if (options_.rotate) apply_weights(rows, random_rotation(rows.cols(), options_.seed, measurement.event));
}

void Letkf::analyse(EnsembleRef rows, Index begin, EnsembleView predicted, const Measurement& measurement) const {
  require(begin >= 0, "the first row of a local analysis must not be negative");
  const Index end = begin + rows.rows(), points = grid_.points();
  analyse(
      rows, predicted, measurement,
      [&](const std::vector<Index>& batch, std::vector<Index>& places) {
        for (Index first = begin / points * points; first < end; first += points)
          for (const Index point : batch)
            if (first + point >= begin && first + point < end) places.push_back(first + point - begin);
      },
      [&](Index place) { return begin + place; });
}

void Letkf::analyse_points(EnsembleRef rows, Share points, EnsembleView predicted,
                           const Measurement& measurement) const {
  require(points.begin >= 0 && points.size >= 0 && points.end() <= grid_.points(),
          "the points of a local analysis must be of the grid");
  require(points.size == 0 ? rows.rows() == 0 : rows.rows() % points.size == 0,
          "rows must hold every field of the points");
  const Index fields = points.size == 0 ? 0 : rows.rows() / points.size;
  analyse(
      rows, predicted, measurement,
      [&](const std::vector<Index>& batch, std::vector<Index>& places) {
        for (Index field = 0; field < fields; ++field)
          for (const Index point : batch)
            if (point >= points.begin && point < points.end())
              places.push_back(field * points.size + point - points.begin);
      },
      [&](Index place) { return place / points.size * grid_.points() + points.begin + place % points.size; });
}

double Letkf::reach() const {
  double half_diagonal = 0;
  for (Index d = 0; d < grid_.dimensions(); ++d) {
    const double spacing = grid_.axis(d).length / static_cast<double>(grid_.axis(d).points);
    // The longest part of an axis is at most twice what was asked for.
    const Index points = options_.batch.empty() ? 1 : 2 * options_.batch[static_cast<std::size_t>(d)];
    half_diagonal += std::pow(spacing * static_cast<double>(points - 1) / 2, 2);
  }
  return taper_reach(options_.taper, options_.smallest_weight) + std::sqrt(half_diagonal);
}

std::vector<Share> Letkf::balanced_points(const Communicator& comm, const Eigen::MatrixXd& my_positions, Index members,
                                          Index fields) const {
  const Axis& first = grid_.axis(0);
  const Index dimensions = grid_.dimensions(), line = grid_.points() / first.points;
  const Parts parts(first, options_.batch.empty() ? 1 : options_.batch[0]);
  const double reach = taper_reach(options_.taper, options_.smallest_weight);
  const auto length = [&](Index d) { return d < dimensions ? grid_.axis(d).length : 1; };

  // How many sensors a batch of each part listens to, on average along the other axes.
  Eigen::VectorXd heard = Eigen::VectorXd::Zero(parts.count());
  for (Index j = 0; j < my_positions.cols(); ++j)
    for (Index part = 0; part < parts.count(); ++part) {
      const double gap = std::abs(std::remainder(my_positions(0, j) - parts.centre(part), first.length));
      if (gap > reach) continue;
      const double square = reach * reach - gap * gap;
      if (dimensions == 1) heard(part) += 1;
      if (dimensions == 2) heard(part) += std::min(1.0, 2 * std::sqrt(square) / length(1));
      if (dimensions == 3) heard(part) += std::min(1.0, std::numbers::pi * square / (length(1) * length(2)));
    }
  heard = comm.sum_in_order(heard);

  // Products of the local Gram matrix, of its root and of the rows with it: see LocalTransform.
  double batches = 1;  // of a part
  for (Index d = 1; d < dimensions; ++d)
    batches *= static_cast<double>(
        Parts(grid_.axis(d), options_.batch.empty() ? 1 : options_.batch[static_cast<std::size_t>(d)]).count());
  std::vector<double> cost(1, 0);  // of all parts before
  const auto n = static_cast<double>(members);
  for (Index part = 0; part < parts.count(); ++part) {
    const double sensors = heard(part), small = std::min(sensors, n);
    const double rows = static_cast<double>(fields * line * (parts.begin(part + 1) - parts.begin(part)));
    cost.push_back(cost.back() + batches * (sensors * n * small + 2 * small * small * small) +
                   rows * (2 * n * small + n));
  }

  std::vector<Share> shares;
  Index part = 0, begin = 0;
  for (int r = 0; r < comm.size(); ++r) {
    const double target = cost.back() * static_cast<double>(r + 1) / static_cast<double>(comm.size());
    while (part < parts.count() && cost[static_cast<std::size_t>(part) + 1] <= target) ++part;
    // The part that reaches beyond the target goes to whom it harms less.
    if (part < parts.count() &&
        cost[static_cast<std::size_t>(part) + 1] - target < target - cost[static_cast<std::size_t>(part)])
      ++part;
    if (r + 1 == comm.size()) part = parts.count();
    const Index end = parts.begin(part) * line;
    shares.push_back({begin, end - begin});
    begin = end;
  }
  return shares;
}

}  // namespace semiflow
