#pragma once
#include <Eigen/Core>
#include <concepts>
#include <cstdint>

namespace semiflow {

using Index = Eigen::Index;

/// States as columns, one member per column: [state x member]. A column is a field in C order: field,
/// then y, then x (fastest). The same bytes are FFTW's contiguous batch, an HDF5 [member, state] block
/// and a libtorch [member, field, y, x] tensor.
using Ensemble = Eigen::MatrixXd;
using EnsembleRef = Eigen::Ref<Ensemble>;
using EnsembleView = Eigen::Ref<const Ensemble>;

/// Model time, in the units of the equation.
struct Interval {
  double begin;
  double end;
};

/// What the sensors reported at one time: an event, not a grid. Everything that the analysis has to know
/// of it travels with it, because sensors come, go and change.
struct Measurement {
  std::uint64_t event = 0;  ///< number of the event in the record; keys its random numbers
  double time = 0;
  Eigen::VectorXd values;          ///< [sensor], in units of the observed quantity
  Eigen::VectorXd error_variance;  ///< [sensor], diagonal of R
  /// Where the sensors are, [axis x sensor], axes slowest first as in Grid and in its units of length. Only schemes
  /// that localise look at it; it may be empty where none does.
  Eigen::MatrixXd positions{};
};

/// Anything that carries every member of an ensemble from one time to another, in place: a solver, a
/// network, a reduced model.
///
/// The Markov rule: the column is the whole state. A model keeps no memory of the trajectory between
/// calls, so an analysis may change the columns freely; a restart is the matrix and the time. Each column
/// is advanced on its own: the result does not depend on which other columns travel with it. Advancing is
/// not collective. check_forecast_model() in core/conformance.hpp tests the whole contract.
template <class M>
concept ForecastModel = requires(M& model, EnsembleRef members, Interval window) {
  { model.state_size() } -> std::convertible_to<Index>;
  model.advance(members, window);
};

/// Maps every member to what the sensors would read: [state x member] to [sensor x member]. Each column is read on
/// its own; no members are legal. check_observation_operator() in core/conformance.hpp tests the contract.
template <class H>
concept ObservationOperator = requires(const H& h, EnsembleView members) {
  { h(members) } -> std::convertible_to<Ensemble>;
};

/// Corrects an ensemble in place, given what every member predicts at the sensors and what they measured.
///
/// rows holds some rows of the state for *all* members, so a scheme never learns how the state is spread
/// over ranks. predicted [sensor x member] and the measurement are the same on every rank. The analysis of a row has
/// the same bits whichever other rows come with it; no rows are legal. check_analysis_scheme() in
/// core/conformance.hpp tests the contract.
template <class A>
concept AnalysisScheme = requires(const A& scheme, EnsembleRef rows, EnsembleView predicted,
                                  const Measurement& measurement) {
  scheme.analyse(rows, predicted, measurement);
};

/// An analysis scheme for which it matters where a row lies, because far sensors count less. rows are the rows
/// begin, begin + 1, ... of the state, for all members; the rest is as for AnalysisScheme. The analysis of a row has
/// the same bits whichever other rows come with it.
template <class A>
concept LocalAnalysisScheme = requires(const A& scheme, EnsembleRef rows, Index begin, EnsembleView predicted,
                                       const Measurement& measurement) {
  scheme.analyse(rows, begin, predicted, measurement);
};

}  // namespace semiflow
