// Private to core.
#pragma once
#include <mpi.h>

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
  int length = static_cast<int>(text.size());
  MPI_Bcast(&length, 1, MPI_INT, static_cast<int>(worst), comm.get());
  text.resize(static_cast<std::size_t>(length));
  MPI_Bcast(text.data(), length, MPI_CHAR, static_cast<int>(worst), comm.get());
  throw Error(fault, where, text, remedy);
}

}  // namespace semiflow
