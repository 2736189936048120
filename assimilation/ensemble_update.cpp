#include <algorithm>
#include <cmath>
#include <semiflow/assimilation/ensemble_update.hpp>
#include <semiflow/assimilation/observations.hpp>
#include <semiflow/core/error.hpp>

#include "row_tile.hpp"
#include "tile_inflation.hpp"

namespace semiflow {

using detail::all_finite, detail::load_tile, detail::member_mean, detail::RowTile, detail::TileColumn;

namespace {

// The weights as analysis = mean + anomalies * (transform + shift 1').
struct Update {
  Eigen::MatrixXd transform;
  Eigen::VectorXd shift;
};

Update inflated(const Eigen::MatrixXd& weights, const Inflation& inflation, const Eigen::MatrixXd& rotation) {
  const double relaxation = inflation.relaxation_to_prior_perturbations;
  Update update;
  update.shift = weights.rowwise().mean();
  update.transform = weights.colwise() - update.shift;
  if (relaxation != 0) {
    update.transform *= 1 - relaxation;
    update.transform.diagonal().array() += relaxation;
  }
  if (inflation.posterior_std != 1) update.transform *= inflation.posterior_std;
  if (rotation.size() > 0) update.transform *= rotation;
  return update;
}

// result = tile * weights. Every entry is added up over the members in their order, whatever the row; a BLAS might
// round the rows at the edge of its own blocks differently. Eight rows by two columns keep the registers of any
// 64-bit x86 busy; at 20 to 30 members this is about as fast as dgemm on blocks of 32 rows.
void multiply(const RowTile& tile, Index rows, const Eigen::MatrixXd& weights, RowTile& result) {
  constexpr Index strip = 8;
  using Strip = Eigen::Array<double, strip, 1>;
  const Index members = tile.cols(), columns = weights.cols();
  for (Index i = 0; i < rows; i += strip) {
    const auto factor = [&](Index k) {
      return Eigen::Map<const Strip, Eigen::Aligned16>(tile.data() + i + k * row_block);
    };
    const auto store = [&](Index j, const Strip& sum) {
      Eigen::Map<Strip, Eigen::Aligned16>(result.data() + i + j * row_block) = sum;
    };
    Index j = 0;
    for (; j + 1 < columns; j += 2) {
      Strip left = Strip::Zero(), right = Strip::Zero();
      for (Index k = 0; k < members; ++k) {
        left += factor(k) * weights(k, j);
        right += factor(k) * weights(k, j + 1);
      }
      store(j, left);
      store(j + 1, right);
    }
    if (j < columns) {
      Strip sum = Strip::Zero();
      for (Index k = 0; k < members; ++k) sum += factor(k) * weights(k, j);
      store(j, sum);
    }
  }
}

}  // namespace

void apply_weights(EnsembleRef rows, const Eigen::MatrixXd& weights, const Inflation& inflation,
                   const Eigen::MatrixXd& rotation) {
  const Index members = rows.cols();
  validate(inflation);
  require(weights.rows() == members && weights.cols() == members, "the weights must be [member x member]");
  require(rotation.size() == 0 || (rotation.rows() == members && rotation.cols() == members),
          "the rotation must be [member x member] or empty");
  if (rows.rows() == 0) return;

  const double relaxation = inflation.relaxation_to_prior_spread;
  const bool as_they_are = relaxation == 0 && inflation.relaxation_to_prior_perturbations == 0 &&
                           inflation.posterior_std == 1 && rotation.size() == 0;
  Update update;
  if (!as_they_are) update = inflated(weights, inflation, rotation);
  if (relaxation == 0 && !as_they_are) update.transform.colwise() += update.shift;
  const Eigen::MatrixXd& transform = as_they_are ? weights : update.transform;

  RowTile tile(row_block, members);
  RowTile analysis = RowTile::Zero(row_block, members);
  for (Index begin = 0; begin < rows.rows(); begin += row_block) {
    const Index count = load_tile(rows, begin, tile);
    TileColumn mean = member_mean(tile);
    for (Index k = 0; k < members; ++k) tile.col(k).array() -= mean;
    multiply(tile, count, transform, analysis);
    if (relaxation != 0) {
      for (Index k = 0; k < members; ++k) mean += tile.col(k).array() * update.shift(k);
      const TileColumn factor = detail::relaxation_factor(tile, analysis, relaxation);
      for (Index k = 0; k < members; ++k) analysis.col(k).array() *= factor;
    }
    if (!all_finite(analysis)) throw detail::not_finite(analysis, [begin](Index i) { return begin + i; });
    for (Index k = 0; k < members; ++k)
      rows.col(k).segment(begin, count).array() = analysis.col(k).head(count).array() + mean.head(count);
  }
}

EnsembleInformation ensemble_information(EnsembleView predicted, const Measurement& measurement, double prior_std) {
  validate(predicted, measurement);
  require(prior_std >= 0 && std::isfinite(prior_std), "prior_std must be non-negative and finite");
  const Index sensors = predicted.rows(), members = predicted.cols();
  const double scale = prior_std / std::sqrt(static_cast<double>(members - 1));

  EnsembleInformation information{.gram = Eigen::MatrixXd::Zero(members, members),
                                  .projection = Eigen::VectorXd::Zero(members),
                                  .prior_std = prior_std};
  // Small enough to stay in the cache, large enough for the matrix product.
  constexpr Index block = 256;
  Eigen::MatrixXd whitened(std::min(block, sensors), members);
  Eigen::ArrayXd mean, precision;
  Eigen::VectorXd innovation;
  for (Index begin = 0; begin < sensors; begin += block) {
    const Index count = std::min(block, sensors - begin);
    precision = measurement.error_variance.segment(begin, count).array().rsqrt();
    mean = member_mean(predicted.middleRows(begin, count));
    auto S = whitened.topRows(count);
    for (Index k = 0; k < members; ++k)
      S.col(k) = scale * precision * (predicted.col(k).segment(begin, count).array() - mean);
    innovation = precision * (measurement.values.segment(begin, count).array() - mean);
    information.gram.selfadjointView<Eigen::Lower>().rankUpdate(S.transpose());
    information.projection.noalias() += S.transpose() * innovation;
  }
  // I + S'S must keep digits of the I, or directions that no sensor sees are corrected by rounding errors.
  if (!(information.gram.trace() < 1e14))
    throw Error(Fault::input, "measurement at time " + std::to_string(measurement.time),
                "the predicted spread is more than 10^7 times the observation error",
                "no filter in double precision can tell such sensors from perfect ones: raise error_variance");
  information.gram.triangularView<Eigen::StrictlyUpper>() = information.gram.transpose();
  return information;
}

Eigen::VectorXd unexplained_innovation(EnsembleView predicted, const Measurement& measurement,
                                       const Eigen::VectorXd& weights) {
  const double scale = 1 / std::sqrt(static_cast<double>(predicted.cols() - 1));
  const Eigen::VectorXd mean = predicted.rowwise().mean();
  const Eigen::VectorXd explained = scale * (predicted * weights - mean * weights.sum());
  return (measurement.values - mean - explained).array() * measurement.error_variance.array().rsqrt();
}

}  // namespace semiflow
