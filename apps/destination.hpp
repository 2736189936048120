#pragma once
#include <filesystem>
#include <semiflow/core/communicator.hpp>

#include "experiment.hpp"

namespace semiflow {

/// Where a result goes and what may become of what lies there.
struct Destination {
  std::filesystem::path output;
  bool resume = false;     ///< go on with an interrupted run
  bool overwrite = false;  ///< replace an earlier result or an interrupted run
};

/// What a run has to do.
enum class Start { anew, resumed, finished };

/// Looks at what lies at the place of the result, before anything is computed, and changes nothing. Start::finished:
/// the result is complete already. Throws Error(Fault::input) if the run would destroy an input, or a result without
/// leave, or if it was begun by another experiment. Collective.
Start examine_destination(const Experiment& experiment, const Communicator& comm, const Destination& destination);

/// The error of a run that cannot go on with a file of other settings.
[[noreturn]] void refuse_other_experiment(const std::filesystem::path& path);

}  // namespace semiflow
