#include <signal.h>
#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <semiflow/core/communicator.hpp>
#include <semiflow/core/error.hpp>
#include <semiflow/core/result_file.hpp>

using namespace semiflow;
using Catch::Matchers::Contains;

namespace {

Communicator world() { return Communicator::duplicate_of(MPI_COMM_WORLD); }

// The name carries the number of ranks: ctest runs several at a time.
std::filesystem::path scratch(const Communicator& comm, const std::string& name) {
  return std::filesystem::temp_directory_path() / (name + "_np" + std::to_string(comm.size()) + ".h5");
}

// Value of every entry, so that any block can be checked on its own.
Ensemble members_of(Index frame, Index state, Share share) {
  return Ensemble::NullaryExpr(state, share.size, [=](Index i, Index j) {
    return 1e4 * static_cast<double>(frame) + 100.0 * static_cast<double>(share.begin + j) + static_cast<double>(i);
  });
}

ResultFile begin(const std::filesystem::path& path, const Communicator& comm, Index frames, Index members, Index x,
                 int compression = 0) {
  ResultFile file = ResultFile::create(path, comm);
  file.add_group("/truth", "the truth");
  file.add_group("/forecast", "the forecast");
  file.add_dimension("/", {"x", Eigen::VectorXd::LinSpaced(x, 0, 1), "m", "position"});
  file.add_dimension("/", Dimension::numbered("member", members, "ensemble member"));
  file.add_dimension("/truth", {"time", Eigen::VectorXd::LinSpaced(frames, 0, 1), "s", "time of the truth"});
  file.add_dimension("/forecast", {"time", Eigen::VectorXd::LinSpaced(frames, 0, 2), "s", "time of the forecast"});
  file.add_variable({.path = "/truth/u", .dimensions = {"time", "x"}, .units = "m s-1", .long_name = "velocity"});
  file.add_variable({.path = "/forecast/u", .dimensions = {"time", "member", "x"}, .compression = compression});
  file.add_variable({.path = "/forecast/spread", .dimensions = {"time"}});
  file.add_variable({.path = "/forecast/count", .dimensions = {"time"}, .storage = Storage::integer});
  file.add_variable({.path = "/best", .long_name = "one number"});
  file.set_attribute("/", "seed", Index{42});
  file.set_attribute("/", "wall_time", 0.0);
  file.set_attribute("/", "state", "begun", 20);
  file.set_attribute("/truth/u", "note", "Grüße");
  return file;
}

std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

void remove_together(const std::filesystem::path& path, const Communicator& comm) {
  MPI_Barrier(comm.get());
  if (comm.rank() == 0) {
    std::filesystem::remove(path);
    std::filesystem::remove(ResultFile::partial(path));
  }
  MPI_Barrier(comm.get());
}

}  // namespace

TEST_CASE("what is written comes back, on any number of ranks and members", "[mpi][result_file]") {
  const Communicator comm = world();
  const Index members = GENERATE(1, 2, 5);
  const int compression = GENERATE(0, 4);
  const Index frames = 7, x = 6;
  const std::filesystem::path path = scratch(comm, "result_file");
  remove_together(path, comm);
  {
    ResultFile file = begin(path, comm, frames, members, x, compression);
    file.end_definitions();
    for (Index frame = 0; frame < frames; ++frame) {
      file.write("/truth/u", frame, members_of(frame, x, {7, 1}));
      file.write_members("/forecast/u", frame, members_of(frame, x, comm.share(members)), members);
      file.write("/forecast/spread", frame, 0.5 * static_cast<double>(frame));
    }
    file.write("/forecast/count", 0, Eigen::RowVectorXd::LinSpaced(frames, 0, static_cast<double>(frames - 1)));
    file.write("/best", 0, 1.25);
    file.set_attribute("/", "wall_time", 12.5);
    file.set_attribute("/", "state", "done");
    CHECK(file.read_members("/forecast/u", 3, members) == members_of(3, x, comm.share(members)));
    CHECK(std::filesystem::exists(ResultFile::partial(path)));
    CHECK_FALSE(std::filesystem::exists(path));
    file.finish();
    CHECK_THROWS_WITH(file.write("/best", 0, 1.0), Contains("finished already"));
  }
  MPI_Barrier(comm.get());
  CHECK(std::filesystem::exists(path));
  CHECK_FALSE(std::filesystem::exists(ResultFile::partial(path)));

  ResultFile file = ResultFile::open(path, comm);
  CHECK(file.shape("/forecast/u") == std::vector<Index>{frames, members, x});
  CHECK(file.shape("/best").empty());
  CHECK(file.has("/forecast"));
  CHECK_FALSE(file.has("/analysis/u"));
  for (Index frame = 0; frame < frames; ++frame) {
    CHECK(file.read_members("/forecast/u", frame, members) == members_of(frame, x, comm.share(members)));
    CHECK(file.read("/truth/u", frame, 1) == members_of(frame, x, {7, 1}));
  }
  CHECK(file.read("/forecast/u", 2, 1) == members_of(2, x, {0, members}).reshaped());
  CHECK(file.read_all("/forecast/spread") == Eigen::RowVectorXd::LinSpaced(frames, 0, 3));
  CHECK(file.read_all("/forecast/count") == Eigen::RowVectorXd::LinSpaced(frames, 0, 6));
  CHECK(file.read_all("/best")(0, 0) == 1.25);
  CHECK(file.read_all("/truth/time") == Eigen::RowVectorXd::LinSpaced(frames, 0, 1));
  CHECK(file.index_attribute("/", "seed") == 42);
  CHECK(file.double_attribute("/", "wall_time") == 12.5);
  CHECK(file.text_attribute("/", "state") == "done");
  CHECK(file.text_attribute("/truth/u", "note") == "Grüße");
  CHECK(file.text_attribute("/truth/u", "units") == "m s-1");
  CHECK_THROWS_AS(file.write("/best", 0, 1.0), Error);
  CHECK_THROWS_AS(file.set_attribute("/", "seed", 1), Error);
  remove_together(path, comm);
}

TEST_CASE("what was not written is missing", "[mpi][result_file]") {
  const Communicator comm = world();
  const std::filesystem::path path = scratch(comm, "missing");
  ResultFile file = begin(path, comm, 4, 3, 2);
  file.end_definitions();
  file.write("/truth/u", 2, Eigen::MatrixXd::Constant(2, 1, 5));
  const Eigen::MatrixXd u = file.read_all("/truth/u");
  CHECK(u.col(2) == Eigen::Vector2d(5, 5));
  CHECK(std::isnan(u(0, 0)));
  CHECK(std::isnan(u(1, 3)));
  CHECK(file.read_members("/forecast/u", 3, 3).array().isNaN().all());
  CHECK(file.read_all("/forecast/count")(0, 1) == static_cast<double>(std::numeric_limits<Index>::min()));
  CHECK(std::isnan(file.read_all("/best")(0, 0)));
  file.finish();
  remove_together(path, comm);
}

TEST_CASE("large frames and runs of small frames go past the buffer", "[mpi][result_file]") {
  const Communicator comm = world();
  const std::filesystem::path path = scratch(comm, "large");
  const Index members = 3, x = 150'000, frames = 3;  // 1.2 MB a member
  {
    ResultFile file = begin(path, comm, frames, members, x, 1);
    file.add_dimension("/", Dimension::numbered("step", 5000, "step"));
    file.add_variable({.path = "/steps", .dimensions = {"step", "member"}});
    file.add_variable({.path = "/pairs", .dimensions = {"member", "step"}});
    file.end_definitions();
    CHECK(file.read("/forecast/u", 2, 1).array().isNaN().all());
    CHECK(file.read_all("/pairs").array().isNaN().all());
    for (Index frame = 0; frame < frames; ++frame)
      file.write_members("/forecast/u", frame, members_of(frame, x, comm.share(members)), members);
    for (Index step = 0; step < 5000; ++step) {
      file.write_members("/steps", step, members_of(step, 1, comm.share(members)), members);
      if (step == 2500) CHECK(file.read_members("/steps", 2500, members) == members_of(2500, 1, comm.share(members)));
    }
    file.write_members("/steps", 7, members_of(1, 1, comm.share(members)), members);  // out of order
    file.finish();
  }
  ResultFile file = ResultFile::open(path, comm);
  CHECK(file.read_members("/forecast/u", 1, members) == members_of(1, x, comm.share(members)));
  const Eigen::MatrixXd steps = file.read_all("/steps");
  CHECK(steps.col(4999) == members_of(4999, 1, {0, members}).transpose());
  CHECK(steps.col(7) == members_of(1, 1, {0, members}).transpose());
  remove_together(path, comm);
}

TEST_CASE("a resumed run gives the same file as an uninterrupted one", "[mpi][result_file]") {
  const Communicator comm = world();
  const std::filesystem::path straight = scratch(comm, "straight"), stopped = scratch(comm, "stopped");
  const auto write = [&](ResultFile& file, Index first, Index last) {
    for (Index frame = first; frame < last; ++frame)
      file.write_members("/forecast/u", frame, members_of(frame, 4, comm.share(5)), 5);
  };
  {
    ResultFile file = begin(straight, comm, 6, 5, 4);
    file.end_definitions();
    write(file, 0, 6);
    file.finish();
  }
  {
    ResultFile file = begin(stopped, comm, 6, 5, 4);
    file.end_definitions();
    write(file, 0, 3);
  }
  {
    ResultFile file = ResultFile::resume(stopped, comm);
    write(file, 2, 6);
    file.finish();
  }
  MPI_Barrier(comm.get());
  CHECK(bytes_of(straight) == bytes_of(stopped));
  remove_together(straight, comm);
  remove_together(stopped, comm);
}

TEST_CASE("labels and long texts are kept", "[mpi][result_file]") {
  const Communicator comm = world();
  const std::filesystem::path path = scratch(comm, "labels");
  const std::string experiment(100'000, 'x');
  {
    ResultFile file = begin(path, comm, 2, 2, 2);
    file.add_dimension("/", Dimension::numbered("term", 3, "term of the library"));
    file.add_labels("/term_name", "term", {"u", "u u_x", ""});
    file.set_attribute("/", "experiment", experiment, 0);
    file.set_attribute("/", "empty", "");
    for (int i = 0; i < 20; ++i) file.set_attribute("/", "note_" + std::to_string(i), i);
    file.end_definitions();
    for (int i = 0; i < 20; ++i) file.set_attribute("/", "note_" + std::to_string(i), 2 * i);
    CHECK_THROWS_WITH(file.add_labels("/late", "term", {"a", "b", "c"}), Contains("before end_definitions"));
    file.finish();
  }
  ResultFile file = ResultFile::open(path, comm);
  CHECK(file.read_labels("/term_name") == std::vector<std::string>{"u", "u u_x", ""});
  CHECK(file.text_attribute("/", "experiment") == experiment);
  CHECK(file.text_attribute("/", "empty").empty());
  CHECK(file.index_attribute("/", "note_19") == 38);
  remove_together(path, comm);
}

TEST_CASE("wrong use is refused with the file and the variable", "[mpi][result_file]") {
  const Communicator comm = world();
  const std::filesystem::path path = scratch(comm, "refused");
  const Share share = comm.share(3);
  ResultFile file = begin(path, comm, 4, 3, 2);
  CHECK_THROWS_WITH(file.add_variable({.path = "/nowhere/u", .dimensions = {"x"}}),
                    Contains("its group does not exist"));
  CHECK_THROWS_WITH(file.add_variable({.path = "/v", .dimensions = {"time", "x"}}),
                    Contains("there is no dimension time"));
  CHECK_THROWS_WITH(file.add_variable({.path = "/truth/u", .dimensions = {"x"}}), Contains("exists already"));
  CHECK_THROWS_WITH(file.write("/truth/u", 0, Eigen::MatrixXd::Zero(2, 1)), Contains("after end_definitions()"));
  file.end_definitions();
  CHECK_THROWS_WITH(file.write("/truth/v", 0, Eigen::MatrixXd::Zero(2, 1)), Contains("/truth/v: there is no such"));
  CHECK_THROWS_WITH(file.write("/truth/u", 4, Eigen::MatrixXd::Zero(2, 1)), Contains("it has frames 0 to 3"));
  CHECK_THROWS_WITH(file.write("/truth/u", 3, Eigen::MatrixXd::Zero(2, 2)), Contains("frames 3 to 4"));
  CHECK_THROWS_WITH(file.write("/truth/u", 0, Eigen::MatrixXd::Zero(3, 1)), Contains("a frame has 2 values, not 3"));
  CHECK_THROWS_WITH(file.read("/truth/u", 3, 2), Contains("it has frames 0 to 3"));
  CHECK_THROWS_WITH(file.write_members("/forecast/u", 4, members_of(0, 2, share), 3), Contains("it has frames 0 to 3"));
  CHECK_THROWS_WITH(file.write_members("/forecast/u", 0, Ensemble::Zero(2, comm.share(4).size), 4),
                    Contains("not the 4 members"));
  CHECK_THROWS_WITH(file.write("/forecast/count", 0, 0.5), Contains("not a whole number"));
  CHECK_THROWS_WITH(file.set_attribute("/", "new", 1), Contains("before end_definitions"));
  CHECK_THROWS_WITH(file.set_attribute("/", "state", std::string(21, 'x'), 0), Contains("does not fit"));
  CHECK_THROWS_WITH(file.text_attribute("/", "seed"), Contains("not a text"));
  CHECK_THROWS_WITH(file.double_attribute("/", "sead"), Contains("no such attribute"));
  file.finish();
  remove_together(path, comm);
}

TEST_CASE("a file that cannot be opened says why", "[mpi][result_file]") {
  const Communicator comm = world();
  const std::filesystem::path path = scratch(comm, "unreadable");
  CHECK_THROWS_WITH(ResultFile::create("/no/such/place/r.h5", comm),
                    Contains("/no/such/place/r.h5") && Contains("directory"));
  CHECK_THROWS_WITH(ResultFile::resume(path, comm), Contains("no unfinished result"));
  CHECK_THROWS_WITH(ResultFile::open(path, comm), Contains("No such file"));
  if (comm.rank() == 0) std::ofstream(ResultFile::partial(path)) << "not HDF5";
  MPI_Barrier(comm.get());
  CHECK_THROWS_WITH(ResultFile::resume(path, comm), Contains("cannot read the unfinished result"));
  { ResultFile half = begin(path, comm, 2, 2, 2); }
  CHECK_THROWS_WITH(ResultFile::resume(path, comm), Contains("before the file was set up"));
  remove_together(path, comm);
}

TEST_CASE("an earlier result stays until its successor is complete", "[mpi][result_file]") {
  const Communicator comm = world();
  const std::filesystem::path path = scratch(comm, "earlier");
  for (const double value : {1.0, 2.0}) {
    ResultFile file = begin(path, comm, 2, 2, 2);
    file.end_definitions();
    file.write("/best", 0, value);
    file.flush();
    if (value == 2.0) CHECK(ResultFile::open(path, comm).read_all("/best")(0, 0) == 1.0);
    file.finish();
  }
  CHECK(ResultFile::open(path, comm).read_all("/best")(0, 0) == 2.0);
  remove_together(path, comm);
}

TEST_CASE("a disk that refuses is an error of the run", "[mpi][result_file]") {
  const Communicator comm = world();
  const std::filesystem::path path = scratch(comm, "full");
  // A limit on the size of files stands for a full disk.
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const auto old_handler = signal(SIGXFSZ, SIG_IGN);
  const rlimit small{200'000, before.rlim_max};
  {
    ResultFile file = begin(path, comm, 100, 10, 100);
    setrlimit(RLIMIT_FSIZE, &small);
    try {
      file.end_definitions();
      FAIL_CHECK("the disk should have refused");
    } catch (const Error& error) {
      CHECK(error.fault() == Fault::run);
      CHECK_THAT(error.what(), Contains(path.string()) && Contains("free space"));
    }
    setrlimit(RLIMIT_FSIZE, &before);
  }
  signal(SIGXFSZ, old_handler);
  remove_together(path, comm);
}
