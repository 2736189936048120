// Private to assimilation.
#pragma once
#include <semiflow/assimilation/inflation.hpp>
#include <semiflow/core/error.hpp>

namespace semiflow::detail {

// Tiles are blocks of rows of all members, [row x member], with a fixed number of rows.
template <class Tile>
using ColumnOf = Eigen::Array<double, Tile::RowsAtCompileTime, 1>;

template <class Tile>
ColumnOf<Tile> squared_spread(const Tile& anomalies) {
  ColumnOf<Tile> sum = ColumnOf<Tile>::Zero();
  for (Index k = 0; k < anomalies.cols(); ++k) sum += anomalies.col(k).array().square();
  return sum;
}

// A row that has lost all its spread cannot get it back by a factor: it stays as it is.
template <class Tile>
ColumnOf<Tile> relaxation_factor(const Tile& prior, const Tile& analysis, double weight) {
  const ColumnOf<Tile> before = squared_spread(prior).sqrt(), after = squared_spread(analysis).sqrt();
  return (after > 0).select(1 + weight * (before - after) / after, ColumnOf<Tile>::Ones());
}

// All of an inflation but its prior_std: prior are the anomalies of the forecast as it came, analysis those of the
// analysis.
template <class Tile>
void inflate(const Tile& prior, const Inflation& inflation, Tile& analysis) {
  const double relaxation = inflation.relaxation_to_prior_perturbations;
  if (relaxation != 0) analysis = (1 - relaxation) * analysis + relaxation * prior;
  if (inflation.posterior_std != 1) analysis *= inflation.posterior_std;
  if (inflation.relaxation_to_prior_spread == 0) return;
  const ColumnOf<Tile> factor = relaxation_factor(prior, analysis, inflation.relaxation_to_prior_spread);
  for (Index k = 0; k < analysis.cols(); ++k) analysis.col(k).array() *= factor;
}

// row_of gives the number of a row of the tile for the message.
template <class Tile, class RowOf>
Error not_finite(const Tile& tile, RowOf row_of) {
  Index row = 0, member = 0;
  tile.array().isFinite().template cast<int>().minCoeff(&row, &member);
  return {Fault::run, "analysis",
          "row " + std::to_string(row_of(row)) + " of member " + std::to_string(member) + " is not finite",
          "look for a forecast that blew up, or for weights that did"};
}

}  // namespace semiflow::detail
