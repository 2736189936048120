#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "durable_file.hpp"
#include "hdf5_attributes.hpp"
#include "repack.hpp"
#include "result_file_state.hpp"

namespace semiflow {

using hdf5::Handle;

ResultFile::ResultFile(std::unique_ptr<State> state) : state_(std::move(state)) {}
ResultFile::ResultFile(ResultFile&&) noexcept = default;
ResultFile& ResultFile::operator=(ResultFile&&) noexcept = default;
ResultFile::~ResultFile() = default;

std::filesystem::path ResultFile::partial(const std::filesystem::path& path) { return path.string() + ".partial"; }

ResultFile ResultFile::create(const std::filesystem::path& path, const Communicator& comm) {
  const hdf5::QuietErrors quiet;
  auto state = std::make_unique<State>(path, partial(path), comm, Stage::defining);
  const std::filesystem::path directory = directory_of(path);
  std::string problem;
  // MPI's own message for a missing directory names neither the file nor the reason.
  if (comm.rank() == 0 && ::access(directory.c_str(), W_OK) != 0)
    problem = "its directory cannot be written to (" + std::string(std::strerror(errno)) + ")";
  throw_together(state->comm, problem, Fault::input, path.string(), "create the directory or choose another --output");
  const Handle properties = hdf5::group_properties(H5P_FILE_CREATE);
  state->opened(H5Fcreate(state->actual.c_str(), H5F_ACC_TRUNC, properties, hdf5::parallel_access(state->comm)),
                Fault::input, "cannot create the file", "choose another --output");
  ResultFile file(std::move(state));
  file.set_attribute("/", "Conventions", "CF-1.8");
  file.set_attribute("/", status_attribute, "defining", status_capacity);
  return file;
}

ResultFile ResultFile::resume(const std::filesystem::path& path, const Communicator& comm) {
  const hdf5::QuietErrors quiet;
  auto state = std::make_unique<State>(path, partial(path), comm, Stage::writing);
  const std::string remedy = "run without --resume";
  std::string problem;
  if (comm.rank() == 0 && ::access(state->actual.c_str(), F_OK) != 0)
    problem = "there is no unfinished result to go on with";
  throw_together(state->comm, problem, Fault::input, state->where(), remedy);
  state->opened(H5Fopen(state->actual.c_str(), H5F_ACC_RDWR, hdf5::parallel_access(state->comm)), Fault::input,
                "cannot read the unfinished result", remedy);
  if (!hdf5::has_attribute(state->file, status_attribute) ||
      hdf5::text_attribute(state->file, status_attribute, state->where()) == "defining")
    throw Error(Fault::input, state->where(), "the run was stopped before the file was set up", remedy);
  return ResultFile(std::move(state));
}

ResultFile ResultFile::open(const std::filesystem::path& path, const Communicator& comm) {
  const hdf5::QuietErrors quiet;
  auto state = std::make_unique<State>(path, path, comm, Stage::reading);
  std::string problem;
  if (comm.rank() == 0 && ::access(path.c_str(), R_OK) != 0)
    problem = std::string("cannot open it (") + std::strerror(errno) + ")";
  throw_together(state->comm, problem, Fault::input, state->where());
  state->opened(H5Fopen(path.c_str(), H5F_ACC_RDONLY, hdf5::parallel_access(state->comm)), Fault::input,
                "it is not an HDF5 file, or damaged", "");
  return ResultFile(std::move(state));
}

void ResultFile::write_members(const std::string& path, Index frame, EnsembleView my_members, Index all_members) {
  const hdf5::QuietErrors quiet;
  state_->require_writable();
  state_->data(path).write_members(frame, my_members, all_members, state_->comm);
}

void ResultFile::write(const std::string& path, Index first_frame, const Eigen::MatrixXd& frames) {
  const hdf5::QuietErrors quiet;
  state_->require_writable();
  state_->data(path).write(first_frame, frames, state_->comm);
}

void ResultFile::write(const std::string& path, Index frame, double value) {
  write(path, frame, Eigen::MatrixXd::Constant(1, 1, value));
}

Ensemble ResultFile::read_members(const std::string& path, Index frame, Index all_members) {
  const hdf5::QuietErrors quiet;
  return state_->data(path).read_members(frame, all_members, state_->comm);
}

Eigen::MatrixXd ResultFile::read(const std::string& path, Index first_frame, Index frames) {
  const hdf5::QuietErrors quiet;
  return state_->data(path).read(first_frame, frames, state_->comm);
}

Eigen::MatrixXd ResultFile::read_all(const std::string& path) {
  const hdf5::QuietErrors quiet;
  hdf5::Series& series = state_->data(path);
  return series.read(0, series.frames(), state_->comm);
}

bool ResultFile::has(const std::string& path) {
  const hdf5::QuietErrors quiet;
  state_->require_open();
  return hdf5::exists(state_->file, path);
}

std::vector<Index> ResultFile::shape(const std::string& path) {
  const hdf5::QuietErrors quiet;
  const std::vector<hsize_t> extents = hdf5::extents(state_->variable(path));
  return {extents.begin(), extents.end()};
}

std::vector<std::string> ResultFile::dimensions(const std::string& path) {
  const hdf5::QuietErrors quiet;
  std::vector<std::string> names = hdf5::scales(state_->variable(path));
  for (std::string& name : names) name.erase(0, name.rfind('/') + 1);
  return names;
}

std::vector<std::string> ResultFile::variables() {
  const hdf5::QuietErrors quiet;
  state_->require_open();
  std::vector<std::string> paths = hdf5::datasets(state_->file);
  std::erase_if(paths, [&](const std::string& path) { return hdf5::is_bare_scale(state_->object(path)); });
  return paths;
}

void ResultFile::flush() {
  const hdf5::QuietErrors quiet;
  state_->require_open();
  if (state_->stage != Stage::reading) state_->flush();
}

void ResultFile::finish() {
  const hdf5::QuietErrors quiet;
  state_->require_stage(Stage::writing, "only a file with ended definitions can be finished");
  State& state = *state_;
  bool compress = false;
  for (const std::string& path : variables())
    compress = compress || hdf5::has_attribute(state.object(path), hdf5::compression_attribute);
  set_attribute("/", status_attribute, "finished");
  state.flush();
  state.series.clear();
  const bool closed = state.file.close();
  throw_together(state.comm, closed ? "" : "cannot close it (" + hdf5::last_error() + ")", Fault::run, state.where());

  std::string problem;
  if (state.comm.rank() == 0) {
    try {
      const std::filesystem::path packed = state.path.string() + ".packed";
      if (compress) hdf5::repack(state.actual, packed);
      problem = rename_durably(compress ? packed : state.actual, state.path);
      if (compress && problem.empty()) std::filesystem::remove(state.actual);
    } catch (const std::exception& error) {
      problem = error.what();
    }
  }
  throw_together(state.comm, problem, Fault::run, state.where(), "the data are safe there; run again with --resume");
}

}  // namespace semiflow
