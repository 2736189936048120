#pragma once
#include <filesystem>
#include <iosfwd>
#include <semiflow/core/communicator.hpp>

#include "run.hpp"

namespace semiflow {

struct ReproduceOptions {
  std::filesystem::path json;  ///< also write the table here; empty: do not
};

/// Runs DIR/experiment.toml with the overrides that DIR/expected.toml asks for and prints every reference value
/// beside ours. Returns true if all hold. Collective.
///
/// expected.toml is a list of [[row]] with the keys
///   name, source               what it is and where the value comes from, for the table
///   quantity                   "/group/variable" or "/group@attribute" of the result file
///   element = 0                of a variable, row by row; negative: from the end
///   mean_from                  instead of element: the mean of all from this one on
///   set = [], seeds = []       overrides of the experiment; one run for each seed
///   value with relative or absolute, at_most, at_least   what must hold of the median over the seeds
///   each_at_most, each_at_least                          what must hold of every seed
/// A row with a sample that is not finite fails. The runs write into the current directory and leave nothing there.
bool reproduce(const std::filesystem::path& directory, const Communicator& comm, const ReproduceOptions& options,
               const ProgressCallback& progress, std::ostream& out);

}  // namespace semiflow
