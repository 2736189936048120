#pragma once
#include <functional>
#include <semiflow/assimilation/discovery/normal_equations.hpp>
#include <semiflow/core/communicator.hpp>

namespace semiflow {

/// Writes rows first, first + 1, ... of a regression: library [row x term] and target [row].
using RowSource =
    std::function<void(Index first, Eigen::Ref<Eigen::MatrixXd> library, Eigen::Ref<Eigen::VectorXd> target)>;

/// The sums of any number of rows from any source, a few thousand at a time: memory does not grow with the rows. Ranks
/// share them; the result is on every rank, with the same bits on any number of them. No rows are legal.
/// The source is called for this rank's rows and is not collective; what it throws on one rank, all throw. Throws Error if
/// a row is not finite. Collective.
NormalEquations sum_rows(const Communicator& comm, Index terms, Index rows, const RowSource& source);

}  // namespace semiflow
