#include <algorithm>
#include <cmath>
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

void Letkf::analyse(EnsembleRef rows, Index begin, EnsembleView predicted, const Measurement& measurement) const {
  const Inflation& inflation = options_.inflation;
  validate(predicted, measurement);
  require(begin >= 0, "the first row of a local analysis must not be negative");
  require(rows.cols() == predicted.cols(), "rows and predictions must be of the same members");
  const Index end = begin + rows.rows(), points = grid_.points();
  LocalSensors sensors(grid_, measurement, options_.taper, options_.smallest_weight);
  LocalTransform transform(predicted, measurement, inflation.prior_std);

  RowStrip prior(strip_rows, rows.cols()), analysis(strip_rows, rows.cols());
  std::vector<Index> local;
  for_each_batch(grid_, options_.batch, [&](const Position& centre, const std::vector<Index>& batch) {
    local.clear();
    for (Index first = begin / points * points; first < end; first += points)
      for (const Index point : batch)
        if (first + point >= begin && first + point < end) local.push_back(first + point - begin);
    if (local.empty()) return;
    transform.choose(sensors.near(centre));
    const std::span<const Index> all(local);
    for (std::size_t i = 0; i < all.size(); i += strip_rows)
      detail::analyse_strip(rows, all.subspan(i, std::min<std::size_t>(strip_rows, all.size() - i)), begin, transform,
                            inflation, prior, analysis);
  });
  if (options_.rotate) apply_weights(rows, random_rotation(rows.cols(), options_.seed, measurement.event));
}

}  // namespace semiflow
