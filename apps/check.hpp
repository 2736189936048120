#pragma once
#include <iosfwd>

#include "experiment.hpp"

namespace semiflow {

/// Says what a run of the experiment would do: steps of all its stages, analyses, bytes in the file. No seconds: a step
/// of a corrected model costs as much as the terms that the discovery will find.
void print_check(const Experiment& experiment, std::ostream& out);

}  // namespace semiflow
