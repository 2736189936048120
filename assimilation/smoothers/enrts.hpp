#pragma once
#include <semiflow/assimilation/ensemble_update.hpp>
#include <semiflow/core/communicator.hpp>

namespace semiflow {

/// One step back of the ensemble Rauch-Tung-Striebel smoother (Raanes 2016): the weights for apply_weights() that make of
/// the analysis at one time the smoothed ensemble there, from the forecast for the next time and what is known there of
/// all measurements, smoothed:
///
///     analysis + A pinv(F) (smoothed - forecast)
///
/// with the anomalies A of the analysis and F of the forecast. It needs the ensembles of two times, after a filter of any
/// kind. What the filter does lies in the span of F, so where F has rank members - 1 the result is that of the EnKS, for
/// whatever model, but for the inflation, which is in A here. A smaller rank, as of more members than the state has
/// entries, loses part of it.
///
/// forecast and smoothed: [row x member], my row_share of the state, all members. Singular values of F below
/// smallest_singular_value times the largest count as zero; those below about 1e-7 do in any case. The same bits on any number of ranks. Collective.
/// Throws Error on every rank if there are fewer than two members, the sizes differ, a value is not finite, or
/// smallest_singular_value is not in [0, 1).
Eigen::MatrixXd enrts_weights(const Communicator& comm, EnsembleView forecast, EnsembleView smoothed,
                              double smallest_singular_value = 1e-5);

}  // namespace semiflow
