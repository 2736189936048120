#include <cmath>
#include <limits>
#include <semiflow/assimilation/block_sums.hpp>
#include <semiflow/assimilation/row_tile.hpp>
#include <semiflow/assimilation/smoothers/enrts.hpp>
#include <semiflow/assimilation/symmetric_eigen.hpp>
#include <semiflow/core/collective_error.hpp>
#include <semiflow/core/error.hpp>

namespace semiflow {

using detail::load_tile, detail::member_mean, detail::RowTile, detail::TileColumn;

namespace {

// F'F and F'(smoothed - forecast - F weights), one below the other: [2 member x member].
Eigen::MatrixXd products(const Communicator& comm, EnsembleView forecast, EnsembleView smoothed,
                         const Eigen::MatrixXd& weights) {
  const Index members = forecast.cols();
  RowTile F(row_block, members), change(row_block, members);
  const auto add = [&](Index row, auto part) {
    load_tile(forecast, row, F);
    load_tile(smoothed, row, change);
    change -= F;
    const TileColumn mean = member_mean(F);
    for (Index k = 0; k < members; ++k) F.col(k).array() -= mean;
    change.noalias() -= F * weights;
    auto both = part.reshaped(2 * members, members);
    both.topRows(members).noalias() = F.transpose() * F;
    both.bottomRows(members).noalias() = F.transpose() * change;
  };
  return detail::sum_over_blocks(comm, forecast.rows(), 2 * members * members, add).reshaped(2 * members, members);
}

}  // namespace

Eigen::MatrixXd enrts_weights(const Communicator& comm, EnsembleView forecast, EnsembleView smoothed,
                              double smallest_singular_value) {
  const Index members = forecast.cols();
  run_together(comm, [&] {
    require(members >= 2, "the EnRTS needs at least two members");
    require(smoothed.rows() == forecast.rows() && smoothed.cols() == members,
            "the ensembles of the EnRTS must be of the same rows and members");
    require(smallest_singular_value >= 0 && smallest_singular_value < 1, "smallest_singular_value must be in [0, 1)");
    require(forecast.allFinite() && smoothed.allFinite(), "the ensembles of the EnRTS must be finite");
  });
  Eigen::MatrixXd weights = Eigen::MatrixXd::Zero(members, members);
  const Eigen::MatrixXd sums = products(comm, forecast, smoothed, weights);
  const auto [values, vectors] = detail::symmetric_eigen(sums.topRows(members));
  const double rounding = static_cast<double>(members) * std::numeric_limits<double>::epsilon();
  const double smallest = std::max(std::pow(smallest_singular_value, 2), rounding) * values.maxCoeff();
  const Eigen::VectorXd inverse = (values.array() > smallest).select(values.array().inverse(), 0);
  const auto solve = [&](const Eigen::MatrixXd& right) -> Eigen::MatrixXd {
    return vectors * (inverse.asDiagonal() * (vectors.transpose() * right));
  };
  weights = solve(sums.bottomRows(members));
  // F'F has the square of F's condition; a step of refinement makes up for it.
  weights += solve(products(comm, forecast, smoothed, weights).bottomRows(members));
  weights.diagonal().array() += 1;
  return weights;
}

}  // namespace semiflow
