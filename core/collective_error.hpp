#pragma once
#include <concepts>
#include <exception>
#include <semiflow/core/communicator.hpp>
#include <semiflow/core/error.hpp>
#include <string>

namespace semiflow {

/// Throws the same Error on every rank if any rank has a problem (a text that is not empty): that of the
/// lowest such rank. So nobody is left waiting in the next collective call. Collective.
inline void throw_together(const Communicator& comm, const std::string& problem, Fault fault, const std::string& where,
                           const std::string& remedy = {}) {
  const Index worst = comm.minimum(problem.empty() ? Index{comm.size()} : Index{comm.rank()});
  if (worst == comm.size()) return;
  std::string text = problem;
  comm.broadcast(text, static_cast<int>(worst));
  throw Error(fault, where, text, remedy);
}

/// Runs an action that is not collective, e.g. reading this rank's part of a file or calling a user's function.
/// If it throws on any rank, every rank throws an Error with the message and the fault of the lowest such rank
/// (Fault::run if that was not an Error). Collective.
template <std::invocable Action>
void run_together(const Communicator& comm, Action&& action) {
  std::string problem;
  Fault fault = Fault::run;
  try {
    action();
  } catch (const Error& error) {
    problem = error.what();
    fault = error.fault();
  } catch (const std::exception& error) {
    problem = error.what();
    if (problem.empty()) problem = "an exception without a message";
  }
  // Rank and fault in one number, the lowest rank first.
  const Index none = 2 * Index{comm.size()};
  const Index worst = comm.minimum(problem.empty() ? none : 2 * Index{comm.rank()} + (fault == Fault::run ? 1 : 0));
  if (worst == none) return;
  throw_together(comm, problem, worst % 2 == 0 ? Fault::input : Fault::run, {});
}

}  // namespace semiflow
