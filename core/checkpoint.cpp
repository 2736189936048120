#include <unistd.h>

#include <semiflow/core/checkpoint.hpp>
#include <semiflow/core/collective_error.hpp>

#include "durable_file.hpp"
#include "hdf5_attributes.hpp"
#include "netcdf_layout.hpp"

namespace semiflow {

using hdf5::Handle;

namespace {

constexpr const char* format_name = "semiflow checkpoint";
constexpr Index format_version = 1;
const char* const disk_remedy = "check the disk's free space; the previous checkpoint is still there";

// All that is written and read goes through these: one dataset a thing, without any conversion of its bits.
class Writer {
 public:
  Writer(hid_t file, const Communicator& comm, std::string where)
      : file_(file), comm_(comm), where_(std::move(where)) {}

  Handle group(const char* name) const {
    const Handle properties = hdf5::group_properties(H5P_GROUP_CREATE);
    Handle group(H5Gcreate2(file_, name, H5P_DEFAULT, properties, H5P_DEFAULT), H5Gclose);
    hdf5::check(group.valid(), where_, std::string("cannot create ") + name);
    return group;
  }

  // Any bytes, also zeros, which a string type would cut off at the end.
  void text(hid_t group, const std::string& name, const std::string& text) {
    const Handle dataset = create(group, name, H5T_STD_U8LE, {text.size()});
    if (comm_.rank() == 0 && !text.empty())
      keep(H5Dwrite(dataset, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, hdf5::transfer(false), text.data()) >= 0);
  }

  // A column-major [rows x cols] matrix is C-order [cols, rows].
  void shared(hid_t group, const std::string& name, const Eigen::MatrixXd& matrix) {
    const std::vector<hsize_t> shape{static_cast<hsize_t>(matrix.cols()), static_cast<hsize_t>(matrix.rows())};
    const Handle dataset = create(group, name, H5T_NATIVE_DOUBLE, shape);
    if (comm_.rank() == 0 && matrix.size() > 0) keep(hdf5::write(dataset, {{0, 0}, shape}, matrix.data(), false));
  }

  void members(hid_t group, const std::string& name, const Ensemble& mine, Index all, Index rows) {
    const Share share = comm_.share(all);
    const Handle dataset =
        create(group, name, H5T_NATIVE_DOUBLE, {static_cast<hsize_t>(all), static_cast<hsize_t>(rows)});
    const hdf5::Selection block{{static_cast<hsize_t>(share.begin), 0},
                                {static_cast<hsize_t>(share.size), static_cast<hsize_t>(rows)}};
    if (mine.size() > 0) keep(hdf5::write(dataset, block, mine.data(), false));
  }

  // Failures of one rank are remembered, not thrown: the others are already in the next collective call.
  const std::string& problem() const { return problem_; }

 private:
  Handle create(hid_t group, const std::string& name, hid_t type, const std::vector<hsize_t>& shape) {
    return hdf5::create_dataset(group, name, type, shape, hdf5::dataset_properties(), where_);
  }
  void keep(bool ok) {
    if (!ok && problem_.empty()) problem_ = "cannot write the checkpoint (" + hdf5::last_error() + ")";
  }

  hid_t file_;
  const Communicator& comm_;
  std::string where_, problem_;
};

void require_names(const Checkpoint& checkpoint, const std::string& where) {
  const auto check = [&](const auto& map) {
    for (const auto& [name, value] : map)
      if (name.empty() || name.find('/') != std::string::npos || name == ".")
        throw Error(Fault::input, where, "\"" + name + "\" cannot be the name of a thing in a checkpoint");
  };
  check(checkpoint.counters);
  check(checkpoint.texts);
  check(checkpoint.shared);
  check(checkpoint.members);
}

// A file that all ranks write and close together, unless they were torn apart.
struct SharedFile {
  Handle handle;
  hdf5::Unwinding unwinding{};

  ~SharedFile() {
    if (unwinding.now()) handle.abandon();
  }
};

// The number of rows of each ensemble: a rank without members may not know it.
std::map<std::string, Index> agreed_rows(const Checkpoint& checkpoint, const Communicator& comm,
                                         const std::string& where) {
  std::map<std::string, Index> rows;
  std::string problem;
  for (const auto& [name, mine] : checkpoint.members) {
    const auto count = checkpoint.member_counts.find(name);
    const Index expected = count == checkpoint.member_counts.end() ? -1 : comm.share(count->second).size;
    rows[name] = comm.maximum(mine.cols() > 0 ? mine.rows() : Index{0});
    if (expected < 0)
      problem = "member_counts has no " + name;
    else if (mine.cols() != expected)
      problem = "ensemble " + name + " has " + std::to_string(mine.cols()) + " members on rank " +
                std::to_string(comm.rank()) + ", its share is " + std::to_string(expected);
    else if (mine.cols() > 0 && mine.rows() != rows[name])
      problem = "ensemble " + name + " has another number of rows on rank " + std::to_string(comm.rank());
  }
  throw_together(comm, problem, Fault::input, where);
  return rows;
}

std::vector<hsize_t> shape_of(hid_t dataset, std::size_t rank, const std::string& where) {
  const std::vector<hsize_t> shape = hdf5::extents(dataset);
  if (shape.size() != rank) throw Error(Fault::input, where, "the checkpoint is damaged");
  return shape;
}

Handle open_dataset(hid_t group, const std::string& name, const std::string& where) {
  Handle dataset(H5Dopen2(group, name.c_str(), H5P_DEFAULT), H5Dclose);
  hdf5::check(dataset.valid(), where, "cannot read " + name);
  return dataset;
}

Eigen::MatrixXd read_columns(hid_t dataset, const std::string& name, Share columns, hsize_t rows,
                             const std::string& where) {
  Eigen::MatrixXd matrix(static_cast<Index>(rows), columns.size);
  const hdf5::Selection block{{static_cast<hsize_t>(columns.begin), 0}, {static_cast<hsize_t>(columns.size), rows}};
  hdf5::check(matrix.size() == 0 || hdf5::read(dataset, block, matrix.data(), false), where, "cannot read " + name);
  return matrix;
}

// Not collective: what is damaged may be read by one rank only.
Checkpoint read(hid_t file, const Communicator& comm, const std::string& where) {
  if (!hdf5::has_attribute(file, "format") || hdf5::text_attribute(file, "format", where) != format_name)
    throw Error(Fault::input, where, "it is not a checkpoint of Semiflow");
  const Index version = hdf5::index_attribute(file, "version", where);
  if (version != format_version)
    throw Error(Fault::input, where,
                "it is a checkpoint of version " + std::to_string(version) + ", this program reads version " +
                    std::to_string(format_version),
                "go on with the program that wrote it, or start anew");
  const auto group = [&](const char* name) {
    Handle handle(H5Gopen2(file, name, H5P_DEFAULT), H5Gclose);
    hdf5::check(handle.valid(), where, std::string("cannot read ") + name);
    return handle;
  };
  Checkpoint result;
  const Handle counters = group("counters"), texts = group("texts"), shared = group("shared"),
               members = group("members");
  for (const std::string& name : hdf5::attributes(counters))
    result.counters[name] = hdf5::index_attribute(counters, name, where);
  for (const std::string& name : hdf5::links(texts)) {
    const Handle dataset = open_dataset(texts, name, where);
    std::string text(shape_of(dataset, 1, where)[0], '\0');
    hdf5::check(
        text.empty() || H5Dread(dataset, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, hdf5::transfer(false), text.data()) >= 0,
        where, "cannot read " + name);
    result.texts[name] = std::move(text);
  }
  for (const std::string& name : hdf5::links(shared)) {
    const Handle dataset = open_dataset(shared, name, where);
    const std::vector<hsize_t> shape = shape_of(dataset, 2, where);
    result.shared[name] = read_columns(dataset, name, {0, static_cast<Index>(shape[0])}, shape[1], where);
  }
  for (const std::string& name : hdf5::links(members)) {
    const Handle dataset = open_dataset(members, name, where);
    const std::vector<hsize_t> shape = shape_of(dataset, 2, where);
    result.member_counts[name] = static_cast<Index>(shape[0]);
    result.members[name] = read_columns(dataset, name, comm.share(static_cast<Index>(shape[0])), shape[1], where);
  }
  return result;
}

}  // namespace

void save_checkpoint(const std::filesystem::path& path, const Communicator& comm, const Checkpoint& checkpoint) {
  const hdf5::QuietErrors quiet;
  const std::string where = path.string();
  const std::filesystem::path beside = where + ".tmp";
  require_names(checkpoint, where);
  const std::map<std::string, Index> rows = agreed_rows(checkpoint, comm, where);

  const Handle properties = hdf5::group_properties(H5P_FILE_CREATE);
  SharedFile shared_file{{H5Fcreate(beside.c_str(), H5F_ACC_TRUNC, properties, hdf5::parallel_access(comm)), H5Fclose}};
  Handle& file = shared_file.handle;
  throw_together(comm, file.valid() ? "" : "cannot create " + beside.string() + " (" + hdf5::last_error() + ")",
                 Fault::run, where, disk_remedy);
  hdf5::create_attribute(file, "format", format_name, 0, where);
  hdf5::create_attribute(file, "version", format_version, where);
  Writer writer(file, comm, where);
  {
    const Handle counters = writer.group("counters"), texts = writer.group("texts"), shared = writer.group("shared"),
                 members = writer.group("members");
    for (const auto& [name, value] : checkpoint.counters) hdf5::create_attribute(counters, name, Index{value}, where);
    for (const auto& [name, value] : checkpoint.texts) writer.text(texts, name, value);
    for (const auto& [name, value] : checkpoint.shared) writer.shared(shared, name, value);
    for (const auto& [name, value] : checkpoint.members)
      writer.members(members, name, value, checkpoint.member_counts.at(name), rows.at(name));
  }
  std::string problem = writer.problem();
  if (H5Fflush(file, H5F_SCOPE_LOCAL) < 0 && problem.empty())
    problem = "cannot bring it to the disk (" + hdf5::last_error() + ")";
  if (!file.close() && problem.empty()) problem = "cannot close it (" + hdf5::last_error() + ")";
  throw_together(comm, problem, Fault::run, where, disk_remedy);
  throw_together(comm, comm.rank() == 0 ? rename_durably(beside, path) : "", Fault::run, where, disk_remedy);
}

std::optional<Checkpoint> load_checkpoint(const std::filesystem::path& path, const Communicator& comm) {
  const hdf5::QuietErrors quiet;
  const std::string where = path.string();
  // One rank looks, so that all agree even on a file system that shows changes late.
  if (!comm.any(comm.rank() == 0 && ::access(path.c_str(), F_OK) == 0)) return std::nullopt;
  const Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, hdf5::parallel_access(comm)), H5Fclose);
  throw_together(comm,
                 file.valid() ? "" : "it is not a checkpoint of Semiflow, or damaged (" + hdf5::last_error() + ")",
                 Fault::input, where);
  // All ranks throw or none, so that all are here when the file is closed.
  Checkpoint result;
  run_together(comm, [&] { result = read(file, comm, where); });
  return result;
}

}  // namespace semiflow
