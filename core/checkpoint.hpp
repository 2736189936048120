#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <semiflow/core/communicator.hpp>
#include <semiflow/core/ensemble.hpp>
#include <string>

namespace semiflow {

/// All that a run needs to go on where it stopped: with the Markov rule, matrices, counters and times.
/// Names are free but for '/'.
struct Checkpoint {
  std::map<std::string, std::int64_t> counters;
  std::map<std::string, std::string> texts;       ///< any bytes, e.g. the experiment file
  std::map<std::string, Eigen::MatrixXd> shared;  ///< the same on every rank
  std::map<std::string, Ensemble> members;        ///< [state x my share(member_counts[name])]
  std::map<std::string, Index> member_counts;     ///< how many members each ensemble has on all ranks together
};

/// Replaces the checkpoint at path as a whole: a stop at any moment, also by SIGKILL or a power cut, leaves
/// the old one or the new one. Collective; every rank throws the same Error: Fault::input for members that
/// are not the rank's share, Fault::run if the disk refuses (the old checkpoint is then still there).
void save_checkpoint(const std::filesystem::path& path, const Communicator& comm, const Checkpoint& checkpoint);

/// Reads the checkpoint, bit for bit, on any number of ranks; nullopt if there is none. Collective; every
/// rank throws the same Error: Fault::input for a file that is not a checkpoint of this version, Fault::run for one
/// that cannot be read, if only by one rank.
std::optional<Checkpoint> load_checkpoint(const std::filesystem::path& path, const Communicator& comm);

}  // namespace semiflow
