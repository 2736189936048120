#include "destination.hpp"

#include <array>
#include <semiflow/core/collective_error.hpp>
#include <semiflow/core/error.hpp>
#include <semiflow/core/result_file.hpp>

namespace semiflow {

namespace {

using Path = std::filesystem::path;

// What a run writes, under names that begin with the output's.
constexpr std::array<const char*, 5> endings{"", ".partial", ".packed", ".checkpoint", ".checkpoint.tmp"};

// By the file, not by its name: "./a.h5" and a link are a.h5 too.
bool same_file(const Path& a, const Path& b) {
  std::error_code missing;
  return std::filesystem::equivalent(a, b, missing);
}

void refuse_inputs(const Experiment& e, const Path& output) {
  const auto refuse = [&output](const Path& input, const std::string& what) {
    for (const char* ending : endings)
      if (same_file(output.string() + ending, input))
        throw Error(Fault::input, output.string() + ending, "the result would replace " + what,
                    "choose another --output");
  };
  refuse(e.file, "the experiment file");
  if (e.truth.source) refuse(e.truth.source->file, "truth.file");
  if (!e.truth.initial.file.empty()) refuse(e.truth.initial.file, "truth.initial.file");
  if (!e.model.forcing_file.empty()) refuse(e.model.forcing_file, "model.forcing.file");
  if (!e.truth.model.forcing_file.empty()) refuse(e.truth.model.forcing_file, "truth.forcing.file");
  if (e.surrogate) {
    for (const Path& file : e.surrogate->files) refuse(file, "a file of surrogate.data.files");
    for (const Path& file : e.surrogate->validation_files) refuse(file, "a file of surrogate.data.validation_files");
    if (!e.surrogate->weights.empty()) refuse(e.surrogate->weights, "surrogate.weights");
  }
  if (e.observations && e.observations->source) refuse(e.observations->source->file, "observations.file");
}

// One rank looks, so that all see the same.
Start look(const Experiment& e, const Destination& destination) {
  const Path& output = destination.output;
  std::error_code unreadable;
  if (std::filesystem::is_directory(output, unreadable))
    throw Error(Fault::input, output.string(), "this is a directory", "name a file in it as --output");
  refuse_inputs(e, output);
  const Path partial = ResultFile::partial(output);
  if (std::filesystem::exists(partial, unreadable)) {
    if (destination.resume) return Start::resumed;
    if (!destination.overwrite)
      throw Error(Fault::input, partial.string(), "an interrupted run lies here",
                  "go on with it by --resume, or start anew by --overwrite");
  } else if (std::filesystem::exists(output, unreadable)) {
    if (destination.resume) return Start::finished;
    if (!destination.overwrite)
      throw Error(Fault::input, output.string(), "a result lies here already",
                  "choose another --output, or replace it by --overwrite");
  }
  return Start::anew;
}

}  // namespace

void refuse_other_experiment(const Path& path) {
  throw Error(Fault::input, path.string(), "was begun by another experiment file or other --set values",
              "resume it with the same ones, or start anew with --overwrite");
}

Start examine_destination(const Experiment& e, const Communicator& comm, const Destination& destination) {
  Start start = Start::anew;
  run_together(comm, [&] {
    if (comm.rank() == 0) start = look(e, destination);
  });
  if (comm.any(comm.rank() == 0 && start == Start::resumed)) return Start::resumed;
  if (!comm.any(comm.rank() == 0 && start == Start::finished)) return Start::anew;
  ResultFile file = ResultFile::open(destination.output, comm);
  if (!file.has_attribute("/", "settings") || file.text_attribute("/", "settings") != e.settings)
    refuse_other_experiment(destination.output);
  return Start::finished;
}

}  // namespace semiflow
