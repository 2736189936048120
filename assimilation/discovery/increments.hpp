#pragma once
#include <functional>
#include <limits>
#include <semiflow/assimilation/discovery/normal_equations.hpp>
#include <semiflow/assimilation/discovery/term_library.hpp>
#include <semiflow/core/communicator.hpp>

namespace semiflow {

/// One look at what a model gets wrong: from the state before, the model went to forecast, the system to
/// after, in so much time. (after - forecast) / duration samples the model error.
struct Increment {
  Eigen::VectorXd before;    ///< [state]
  Eigen::VectorXd after;     ///< [state], observed or analysed
  Eigen::VectorXd forecast;  ///< [state]
  double duration = 0;       ///< > 0, in the time units of the equation
};

/// Sums of the regression  (after - forecast) / duration = library * coefficients,  with the library taken as
/// the mean of its values before and after: the trapezoidal rule, second order in the duration.
///
/// What an error does between its birth and the end of the increment is not modelled. It grows or decays like any
/// perturbation of the model, a bias of first order in the duration (Kuramoto-Sivashinsky without half of its u_xx:
/// 1 to 2 % at 0.02, 3 to 4 % at 0.05, most in short waves). discover(), repeated, removes it if the states are exact.
///
/// Rows are the Fourier modes with |k| <= max_wavenumber: a weak form in space that leaves out the short
/// waves, where noise is and signal is not. Each mode counts as often as it stands in the full spectrum.
///
/// The sums' number of rows counts every mode of every increment as independent. Increments of a filter are not: errors
/// of the analysis are correlated in space, and those of successive increments in time. Then the weight of the evidence
/// in what is found, e.g. Discovery::log_bayes_factor, is an upper bound; give rows a smaller number to correct it.
/// Throws Error unless the duration is positive, the states are finite, of the size of the library's grid, and a mode
/// lies below max_wavenumber.
NormalEquations increment_equations(TermLibrary& library, const Increment& increment,
                                    double max_wavenumber = std::numeric_limits<double>::infinity());

/// The sums of many increments in so many blocks of consecutive ones, on every rank, with the same bits on any
/// number of ranks: whole blocks are dealt to the ranks. get(i), 0 <= i < count, is called for the rank's own increments
/// only, in order, so it must not be collective. Blocks, at least one and at most count, are what the jackknife of
/// discover() leaves out in turn. Collective. Throws Error if count is not positive; what get() or
/// increment_equations() throws on one rank, every rank throws as an Error.
std::vector<NormalEquations> collect_increments(const Communicator& comm, TermLibrary& library, Index count,
                                                Index blocks, double max_wavenumber,
                                                const std::function<Increment(Index)>& get);

}  // namespace semiflow
