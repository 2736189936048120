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
bool reproduce(const std::filesystem::path& directory, const Communicator& comm, const ReproduceOptions& options,
               const ProgressCallback& progress, std::ostream& out);

}  // namespace semiflow
