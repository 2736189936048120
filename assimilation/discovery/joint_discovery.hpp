#pragma once
#include <functional>
#include <semiflow/assimilation/discovery/discovery.hpp>
#include <semiflow/assimilation/discovery/linearised_forecast.hpp>
#include <semiflow/core/communicator.hpp>

namespace semiflow {

/// Forecasts over short windows, from states that are known with an error, by any model with any candidate terms.
struct JointProblem {
  Index windows = 0;
  Index terms = 0;
  /// From now on the model has these terms as well [term]. Called on every rank, each with its own model.
  std::function<void(const Eigen::VectorXd& coefficients)> set_coefficients;
  /// The forecast of a window from a state, both in units of their errors; the state is told by its distance from the
  /// background, so that 0 is the background [unknown]. Observations come in an order such that a leading part of them
  /// is a problem of its own that is closer to linear, e.g. long waves first. Called for this rank's windows; not
  /// collective. An Error or numbers that are not finite say that the model cannot go there.
  std::function<LinearisedForecast(Index window, const Eigen::VectorXd& state)> linearise;
  /// The unknowns of a window.
  std::function<Index(Index window)> unknowns;
};

struct JointOptions {
  Index max_iterations = 30;
  double tolerance = 0.01;  ///< on the change of a coefficient, in its standard deviations
  /// Where the misfit of the whole library, per degree of freedom, is larger, the problem is taken for too far from linear,
  /// and a shorter leading part of the observations is used for this iteration.
  double linear_misfit = 1.5;
  Eigen::VectorXd first_guess{};                 ///< of the coefficients [term]; empty for zeros
  std::optional<BaselineRegression> baseline{};  ///< chooses the terms instead of evidence
  Index blocks = 10;                             ///< sums of so many groups of windows travel between ranks
};

struct JointDiscovery {
  Discovery found{};
  /// Sum of squares of what is left, over its degrees of freedom: 1 if errors are what they were said to be and no term
  /// lacks in the library. Above 1 the error bars are widened by its root.
  double misfit = 0;
  std::vector<double> misfits{};  ///< of every iteration, before its correction, with the whole library
  bool converged = false;
  Index first_window = 0;                 ///< of this rank
  std::vector<Eigen::VectorXd> states{};  ///< the estimates of this rank's windows, as linearise() takes them
};

/// States and missing terms together: minimises, over the states x_i at the beginning of all windows and over the
/// coefficients c,
///
///   sum_i |x_i - background_i|^2 + |M_c(x_i) - observations_i|^2,    all in units of the errors,
///
/// by Gauss and Newton's method, and chooses the terms by evidence at each iteration anew; see rank_supports().
/// It is 4D-Var over many short windows with the model's error as the control that they share. The states take part, so
/// noise in them does not attenuate coefficients (no "errors in variables"), and the model's terms stay unknown, so they
/// do not erase the model error as a smoother with the wrong model would. The error bars are those of the Hessian.
///
/// The variance of errors is needed. It is increased where the library cannot explain the observations (misfit > 1).
/// Where a forecast fails or is not finite, the last correction is halved; when that does not help, Error(Fault::run).
/// Same bits on any number of ranks: blocks are dealt out. Collective.
JointDiscovery discover_jointly(const Communicator& comm, const JointProblem& problem,
                                const JointOptions& options = {});

}  // namespace semiflow
