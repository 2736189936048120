// Private to assimilation.
#pragma once
#include <algorithm>
#include <array>
#include <numeric>
#include <span>

#include "inverse_root.hpp"
#include "row_tile.hpp"
#include "tile_inflation.hpp"

namespace semiflow::detail {

// Some rows of all members, which need not be neighbours, analysed in place. local are their places in rows, and
// row_of(place) is which row of the state lies there. A Transform knows whether it is_identity(), and apply() replaces the anomalies of
// the forecast, [strip x member], by those of the analysis before any inflation and returns how the mean moves.
template <class RowOf, class Transform>
void analyse_strip(EnsembleRef rows, std::span<const Index> local, RowOf row_of, Transform& transform,
                   const Inflation& inflation, RowStrip& prior, RowStrip& analysis) {
  prior.setZero();
  for (Index k = 0; k < rows.cols(); ++k)
    for (std::size_t i = 0; i < local.size(); ++i) prior(static_cast<Index>(i), k) = rows(local[i], k);
  const auto require_finite = [&](const RowStrip& strip) {
    if (!all_finite(strip))
      throw not_finite(strip, [&](Index i) { return row_of(local[static_cast<std::size_t>(i)]); });
  };
  if (transform.is_identity() && inflation.posterior_std == 1) return require_finite(prior);

  StripColumn mean = member_mean(prior);
  for (Index k = 0; k < rows.cols(); ++k) prior.col(k) -= mean;
  analysis = prior;
  mean += transform.apply(analysis);
  inflate(prior, inflation, analysis);
  for (Index k = 0; k < rows.cols(); ++k) analysis.col(k) += mean;
  require_finite(analysis);
  for (Index k = 0; k < rows.cols(); ++k)
    for (std::size_t i = 0; i < local.size(); ++i) rows(local[i], k) = analysis(static_cast<Index>(i), k);
}

// All rows, strip by strip. The transform has to choose(first row of the state, how many).
template <class Transform>
void analyse_strips(EnsembleRef rows, Index begin, Transform& transform, const Inflation& inflation) {
  RowStrip prior(strip_rows, rows.cols()), analysis(strip_rows, rows.cols());
  std::array<Index, strip_rows> local{};
  for (Index first = 0; first < rows.rows(); first += strip_rows) {
    const Index count = std::min(strip_rows, rows.rows() - first);
    std::iota(local.begin(), local.end(), first);
    transform.choose(begin + first, count);
    analyse_strip(
        rows, std::span(local).first(static_cast<std::size_t>(count)), [&](Index place) { return begin + place; },
        transform, inflation, prior, analysis);
  }
}

}  // namespace semiflow::detail
