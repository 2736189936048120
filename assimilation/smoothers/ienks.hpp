#pragma once
#include <semiflow/assimilation/etkf.hpp>
#include <semiflow/assimilation/smoothers/iterative_update.hpp>
#include <semiflow/core/collective_error.hpp>
#include <semiflow/core/error.hpp>
#include <vector>

namespace semiflow {

/// The ensemble of a smoother that goes over its window again and again: everything that a restart needs.
struct SmoothingWindow {
  /// At the time begin, given all measurements so far: [row x member], all members. On many ranks, my row_share of the
  /// state; see Communicator::members_to_rows().
  Ensemble rows;
  double begin = 0;
  std::vector<double> measured{};  ///< times of the measurements after begin that are assimilated, in their order
};

/// What an analysis of the IEnKS makes of the time of its measurement: [row x member] as in SmoothingWindow.
struct IenksAnalysis {
  Ensemble forecast;  ///< what the window predicted before the measurement
  /// The last iteration's prediction and, to first order, what its step adds: DAPPER's analysis, which needs no further
  /// run of the model. Without inflation and rotation, which act on the window.
  Ensemble analysis;
  Index iterations = 0;
  double inflation = 1;  ///< see IterativeUpdate::inflation()
};

namespace detail {

// Throws the same Error on every rank unless the window fits the model and the time.
void check(const SmoothingWindow& window, double time, Index state, const Communicator& comm);

// last + anomalies of first * change. Throws Error if a row is not finite.
Ensemble linear_update(const Ensemble& last, const Ensemble& first, const Eigen::MatrixXd& change);

}  // namespace detail

/// Iterative ensemble Kalman smoother (Bocquet & Sakov 2013, 2014) in the transform form with the symmetric square root;
/// DAPPER's iEnKS('Sqrt'). Each measurement is assimilated once, by correcting the ensemble at the beginning of a window
/// that ends at the measurement; from there the model is run again until the weights agree with what it then predicts.
/// So nonlinear dynamics between measurements do what they do in 4D-Var, without tangents and adjoints.
///
/// The window holds the last lag measurements and moves on by one when a new one comes. lag 1 is the iterative ensemble
/// Kalman filter (Sakov et al. 2012), lag 0 the maximum likelihood ensemble filter (Zupanski 2005): no model between the
/// ensemble and the measurement, but iterations for sensors that are not linear. With one iteration it is the ensemble
/// Kalman smoother, started anew from its beginning.
///
/// Members are forecast by the ranks that share them; weights are computed from everybody's predictions, on every rank
/// alike, and applied to rows. So the bits do not depend on the number of ranks. A measurement costs iterations * lag + 1
/// forecasts of an interval between measurements; each iteration moves the ensemble twice between the ranks.
template <ForecastModel M>
class Ienks {
 public:
  struct Options {
    Index lag = 1;  ///< measurements in a window
    IterationOptions iteration = {};
    /// Of the ensemble at the beginning of the window, after each analysis.
    Inflation inflation = {};
    bool rotate = false;     ///< a new random_rotation() after each analysis
    std::uint64_t seed = 0;  ///< of the rotations
  };

  /// Keeps references to both. Throws Error if an option is out of range.
  Ienks(const Communicator& comm, M& model, const Options& options) : comm_(comm), model_(model), options_(options) {
    require(options.lag >= 0, "the lag of an IEnKS must not be negative");
    validate(options.iteration);
    validate(options.inflation);
  }

  /// Takes the measurement, which must not be earlier than the last one, into the window; observe maps members to its
  /// sensors. A full window slides first. The model must be able to stop at each measurement. Collective.
  /// Throws Error on every rank alike if sizes or values do not fit, a forecast or an analysis is not finite, or the
  /// weights diverge; and what the model throws. The window is then not to be used.
  template <ObservationOperator H>
  IenksAnalysis assimilate(SmoothingWindow& window, const Measurement& measurement, const H& observe) {
    detail::check(window, measurement.time, model_.state_size(), comm_);
    while (!window.measured.empty() && std::ssize(window.measured) >= options_.lag) slide(window);
    if (options_.lag == 0) move(window, measurement.time);

    const double prior_std = options_.inflation.prior_std;
    IterativeUpdate update(window.rows.cols(), options_.iteration);
    IenksAnalysis result;
    Ensemble rows;
    while (!update.done()) {
      rows = window.rows;
      const bool first = update.iterations() == 0;
      if (!first || prior_std != 1) apply(rows, prior_std * update.weights(), {}, {});
      const Ensemble members = forecast(rows, {window.begin, measurement.time});
      Ensemble predicted;
      run_together(comm_, [&] { predicted = observe(members); });
      predicted = comm_.all_members(predicted, rows.cols());
      rows = comm_.members_to_rows(members, rows.cols());
      if (first) result.forecast = rows;
      update.improve(predicted, measurement);
    }
    run_together(comm_, [&] { result.analysis = detail::linear_update(rows, result.forecast, update.last_change()); });
    result.iterations = update.iterations();
    result.inflation = update.inflation();

    Eigen::MatrixXd rotation;
    if (options_.rotate) rotation = random_rotation(window.rows.cols(), options_.seed, measurement.event);
    apply(window.rows, prior_std * update.weights(), options_.inflation, rotation);
    if (options_.lag > 0) window.measured.push_back(measurement.time);
    return result;
  }

  /// Carries the ensemble to the first measurement in the window and takes that out of it, e.g. to see what the later
  /// ones have made of each time at the end of a record. Does nothing to a window without measurements. Collective.
  void slide(SmoothingWindow& window) {
    if (window.measured.empty()) return;
    move(window, window.measured.front());
    window.measured.erase(window.measured.begin());
  }

 private:
  void apply(Ensemble& rows, const Eigen::MatrixXd& weights, const Inflation& inflation,
             const Eigen::MatrixXd& rotation) const {
    run_together(comm_, [&] { apply_weights(rows, weights, inflation, rotation); });
  }

  Ensemble forecast(const Ensemble& rows, Interval over) {
    Ensemble members = comm_.rows_to_members(rows, model_.state_size());
    run_together(comm_, [&] { model_.advance(members, over); });
    return members;
  }

  void move(SmoothingWindow& window, double time) {
    const Index members = window.rows.cols();
    window.rows = comm_.members_to_rows(forecast(window.rows, {window.begin, time}), members);
    window.begin = time;
  }

  const Communicator& comm_;
  M& model_;
  Options options_;
};

}  // namespace semiflow
