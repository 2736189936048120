#pragma once
#include <iosfwd>

#include "experiment.hpp"

namespace semiflow {

/// Says what a run of the experiment would do and what it would cost: steps, seconds, bytes in the file. The
/// seconds are those of a short trial of the model on this machine.
void print_check(const Experiment& experiment, int ranks, std::ostream& out);

}  // namespace semiflow
