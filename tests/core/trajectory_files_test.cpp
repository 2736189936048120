#include <catch2/catch.hpp>
#include <filesystem>
#include <limits>
#include <semiflow/core/error.hpp>
#include <semiflow/core/result_file.hpp>
#include <semiflow/core/trajectory_files.hpp>
#include <tuple>

using namespace semiflow;

namespace {

const Grid line({{4, 8.0}});

// Of this rank alone: two fields [time, x], the values count up.
struct Written {
  std::filesystem::path path;
  Eigen::MatrixXd states;  // [2 x 4 values, frame]

  Written(const std::string& name, Index frames, double interval, double length = 8, double bad = 0)
      : path("trajectory_" + name + "_" + std::to_string(Communicator::duplicate_of(MPI_COMM_WORLD).rank()) + ".h5"),
        states(8, frames) {
    for (Index i = 0; i < states.size(); ++i) states.data()[i] = 0.5 + static_cast<double>(i);
    if (bad != 0) states(5, 2) = bad;
    ResultFile file = ResultFile::create(path, Communicator::self());
    file.set_attribute("/", "settings", "[model]");
    file.add_dimension("/", {"x", length / 4 * Eigen::VectorXd::LinSpaced(4, 0, 3), "1", "position"});
    file.add_group("/truth", "a trajectory");
    file.add_dimension(
        "/truth",
        {"time", interval * Eigen::VectorXd::LinSpaced(frames, 0, static_cast<double>(frames - 1)), "1", "time"});
    for (const char* name_of : {"/truth/a", "/truth/b"})
      file.add_variable({.path = name_of, .dimensions = {"time", "x"}, .units = "1", .long_name = "a field"});
    file.end_definitions();
    file.write("/truth/a", 0, states.topRows(4));
    file.write("/truth/b", 0, states.bottomRows(4));
    file.finish();
  }
  ~Written() { std::filesystem::remove(path); }
};

TrajectoryFiles read(const std::vector<std::filesystem::path>& files, Index held = 0, const Grid& grid = line) {
  return read_trajectories(files, {"/truth/a", "/truth/b"}, grid, held);
}

}  // namespace

TEST_CASE("Trajectories in files are those in memory, whatever is held", "[trajectories]") {
  const Written first("first", 5, 0.25), second("second", 7, 0.25);
  const Trajectories memory(std::vector<Eigen::MatrixXd>{first.states, second.states});
  for (const Index held : {0, 1, 4, 100}) {
    const TrajectoryFiles files = read({first.path, second.path}, held);
    CHECK(files.interval == Approx(0.25));
    REQUIRE(files.trajectories.count() == 2);
    CHECK(files.trajectories.frames(1) == 7);
    for (int pass = 0; pass < 2; ++pass)  // the second meets what the first has left in memory
      for (const auto& [trajectory, begin, count] :
           {std::tuple{Index{1}, Index{2}, Index{3}}, {0, 0, 5}, {1, 6, 1}, {1, 1, 4}, {0, 3, 1}}) {
        Ensemble expected(8, count), found(8, count);
        memory.read(trajectory, begin, expected);
        files.trajectories.read(trajectory, begin, found);
        CHECK(found == expected);
      }
    Ensemble beyond(8, 2);
    CHECK_THROWS_AS(files.trajectories.read(0, 4, beyond), Error);
  }
}

TEST_CASE("A file that is no fitting trajectory is refused by name", "[trajectories]") {
  const Written good("good", 5, 0.25), other("other", 5, 0.5), longer("longer", 5, 0.25, 9), single("single", 1, 0.25);
  CHECK_THROWS_WITH(read({good.path, other.path}),
                    Catch::Contains("trajectory_other") && Catch::Contains("one interval"));
  CHECK_THROWS_WITH(read({longer.path}), Catch::Contains("trajectory_longer") && Catch::Contains("2.25 apart"));
  CHECK_THROWS_WITH(read({good.path}, 0, Grid({{8, 8.0}})), Catch::Contains("the shape 5 x 4"));
  CHECK_THROWS_WITH(read({single.path}), Catch::Contains("one frame alone"));
  CHECK_THROWS_WITH(read({"nowhere.h5"}), Catch::Contains("nowhere.h5") && Catch::Contains("cannot be opened"));
  CHECK_THROWS_WITH(read_trajectories({good.path}, {"/truth/c"}, line, 0),
                    Catch::Contains("there is no such variable"));

  const Written bad("bad", 5, 0.25, 8, std::numeric_limits<double>::quiet_NaN());
  const Trajectories found = read({bad.path}).trajectories;
  Ensemble frames(8, 2);
  found.read(0, 0, frames);
  CHECK_THROWS_WITH(found.read(0, 1, frames), Catch::Contains("trajectory_bad") && Catch::Contains("at [2, 1]"));

  const std::filesystem::path torn = good.path.string() + ".torn";
  std::filesystem::copy_file(good.path, torn);
  std::filesystem::resize_file(torn, std::filesystem::file_size(torn) / 2);
  CHECK_THROWS_WITH(read({torn}), Catch::Contains(".torn") && Catch::Contains("damaged"));
  std::filesystem::remove(torn);

  const std::filesystem::path half = good.path.string() + ".half";
  {
    ResultFile file = ResultFile::create(half, Communicator::self());
    file.add_group("/truth", "a trajectory");
    file.end_definitions();
  }
  CHECK_THROWS_WITH(read({half.string() + ".partial"}), Catch::Contains("has not finished"));
  std::filesystem::remove(half.string() + ".partial");
}
