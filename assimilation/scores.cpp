#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <semiflow/assimilation/ensemble_update.hpp>
#include <semiflow/assimilation/scores.hpp>
#include <semiflow/core/error.hpp>
#include <vector>

#include "row_tile.hpp"

namespace semiflow {

using detail::all_finite, detail::load_tile, detail::member_mean, detail::RowTile, detail::TileColumn;

namespace {

constexpr double undefined = std::numeric_limits<double>::quiet_NaN();

// What a block of rows adds: the number of its rows, sums over them, and then the rank counts.
enum Part : Index {
  row_count,
  not_finite,
  squared_error,
  squared_anomalies,
  absolute_error,
  absolute_differences,
  first_rank
};

// What one row of weighted members adds to the parts, in units in which equal weights give what they do.
void add_weighted(Eigen::Ref<const Eigen::VectorXd> members, const Eigen::VectorXd& weights, double truth, bool crps,
                  Eigen::Ref<Eigen::VectorXd> part) {
  const auto n = static_cast<double>(members.size());
  const double mean = members.dot(weights);
  part(squared_error) += (mean - truth) * (mean - truth);
  const double variance = (members.array() - mean).square().matrix().dot(weights) / (1 - weights.squaredNorm());
  part(squared_anomalies) += variance * (n - 1);
  if (!crps) return;
  part(absolute_error) += n * (members.array() - truth).abs().matrix().dot(weights);
  std::vector<Index> order(static_cast<std::size_t>(members.size()));
  std::iota(order.begin(), order.end(), Index{0});
  std::ranges::sort(order, {}, [&](Index k) { return members(k); });
  double below = 0, sum = 0;
  for (std::size_t k = 1; k < order.size(); ++k) {
    below += weights(order[k - 1]);
    sum += below * (1 - below) * (members(order[k]) - members(order[k - 1]));
  }
  part(absolute_differences) += 2 * n * n * sum;
}

// Sum over all pairs i, j of |x_i - x_j| for sorted members, from the gaps: no cancellation.
double pair_differences(Eigen::Ref<const Eigen::VectorXd> sorted) {
  const Index n = sorted.size();
  double sum = 0;
  for (Index k = 1; k < n; ++k) sum += static_cast<double>(k * (n - k)) * (sorted(k) - sorted(k - 1));
  return 2 * sum;
}

// Equal parts to each of the ranks from the number of members below the truth to that of members not above it.
template <class Counts>
void count_rank(Eigen::Ref<const Eigen::VectorXd> members, double truth, Counts counts) {
  const Index below = (members.array() < truth).count(), ties = (members.array() == truth).count();
  counts.segment(below, ties + 1).array() += 1 / static_cast<double>(ties + 1);
}

}  // namespace

Scores score(EnsembleView rows, Eigen::Ref<const Eigen::VectorXd> truth, const Communicator& comm,
             const ScoreOptions& options) {
  const Index members = rows.cols(), blocks = (rows.rows() + row_block - 1) / row_block;
  require(members > 0, "scores need at least one member");
  require(truth.size() == rows.rows(), "scores need one true value a row");
  const bool weighted = options.weights.size() > 0;
  require(!weighted || (options.weights.size() == members && !options.ranks),
          "weights are one a member, and weighted members have no ranks");

  Eigen::MatrixXd parts = Eigen::MatrixXd::Zero(first_rank + (options.ranks ? members + 1 : 0), blocks);
  RowTile tile(row_block, members), true_tile(row_block, 1);
  Eigen::MatrixXd by_row(members, row_block);
  for (Index b = 0; b < blocks; ++b) {
    auto part = parts.col(b);
    const Index count = load_tile(rows, b * row_block, tile);
    load_tile(truth, b * row_block, true_tile);
    part(row_count) = static_cast<double>(count);
    // A NaN has no place in an order. The block is counted, so that all ranks hear of it together.
    if (!all_finite(tile) || !all_finite(true_tile)) {
      part(not_finite) = 1;
      continue;
    }

    if (weighted) {
      by_row = tile.transpose();
      for (Index i = 0; i < count; ++i) add_weighted(by_row.col(i), options.weights, true_tile(i), options.crps, part);
      continue;
    }

    const TileColumn mean = member_mean(tile);
    TileColumn squares = TileColumn::Zero();
    for (Index k = 0; k < members; ++k) squares += (tile.col(k).array() - mean).square();
    part(squared_anomalies) = squares.sum();
    part(squared_error) = (mean - true_tile.array()).square().sum();
    if (!options.crps && !options.ranks) continue;

    by_row = tile.transpose();
    for (Index i = 0; i < count; ++i) {
      auto values = by_row.col(i);
      if (options.ranks) count_rank(values, true_tile(i), part.tail(members + 1));
      if (!options.crps) continue;
      double distance = 0;
      for (Index k = 0; k < members; ++k) distance += std::abs(values(k) - true_tile(i));
      part(absolute_error) += distance;
      std::sort(values.begin(), values.end());
      part(absolute_differences) += pair_differences(values);
    }
  }

  const Eigen::VectorXd sums = comm.sum_in_order(parts);
  const double points = sums(row_count), n = static_cast<double>(members);
  require(points > 0, "scores need at least one row on some rank");
  if (sums(not_finite) > 0)
    throw Error(Fault::run, "scores", "a value of a member or of the truth is not finite",
                "look for a forecast that blew up");
  Scores scores;
  scores.rmse = std::sqrt(sums(squared_error) / points);
  scores.spread = members > 1 ? std::sqrt(sums(squared_anomalies) / (points * (n - 1))) : undefined;
  if (options.crps) {
    const double error = sums(absolute_error) / (points * n), difference = sums(absolute_differences) / points;
    scores.crps = error - difference / (2 * n * n);
    scores.crps_fair = members > 1 && !weighted ? error - difference / (2 * n * (n - 1)) : undefined;
  }
  if (options.ranks) scores.rank_counts = sums.tail(members + 1);
  return scores;
}

InnovationStatistics innovation_statistics(EnsembleView predicted, const Measurement& measurement) {
  const EnsembleInformation information = ensemble_information(predicted, measurement);
  const Index sensors = predicted.rows();
  Eigen::MatrixXd precision = information.gram;
  precision.diagonal().array() += 1;
  const Eigen::LLT<Eigen::MatrixXd> cholesky(precision);

  InnovationStatistics statistics;
  statistics.mean = measurement.values - predicted.rowwise().mean();
  // With w = (I + S'S)^-1 S'd and r = d - S w, (S S' + I)^-1 d = r and d'r = |r|^2 + |w|^2.
  const Eigen::VectorXd w = cholesky.solve(information.projection);
  const double unexplained = unexplained_innovation(predicted, measurement, w).squaredNorm();
  statistics.chi_squared = sensors > 0 ? (unexplained + w.squaredNorm()) / static_cast<double>(sensors) : undefined;
  statistics.signal_degrees_of_freedom = cholesky.solve(information.gram).trace();
  return statistics;
}

}  // namespace semiflow
