#include <hdf5.h>
#include <hdf5_hl.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <semiflow/core/communicator.hpp>
#include <semiflow/core/data_file.hpp>
#include <semiflow/core/error.hpp>
#include <vector>

using namespace semiflow;
using Catch::Matchers::Contains;

namespace {

// A file of this rank's own, so that nothing here is collective. Written by plain HDF5, as a user would.
class UserFile {
 public:
  explicit UserFile(const std::string& name) {
    const Communicator world = Communicator::duplicate_of(MPI_COMM_WORLD);
    path = std::filesystem::temp_directory_path() /
           (name + "_np" + std::to_string(world.size()) + "_" + std::to_string(world.rank()) + ".h5");
    file_ = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  }
  UserFile(const UserFile&) = delete;
  UserFile& operator=(const UserFile&) = delete;
  ~UserFile() {
    close();
    std::filesystem::remove(path);
  }

  template <class T>
  void put(const char* name, hid_t type, const std::vector<hsize_t>& shape, const std::vector<T>& values) {
    H5LTmake_dataset(file_, name, static_cast<int>(shape.size()), shape.data(), type, values.data());
  }
  void put(const char* name, const std::vector<hsize_t>& shape, const std::vector<double>& values) {
    put(name, H5T_NATIVE_DOUBLE, shape, values);
  }
  void group(const char* name) { H5Gclose(H5Gcreate2(file_, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT)); }
  void scale(const char* variable, const char* scale_name, unsigned axis) {
    const hid_t to = H5Dopen2(file_, variable, H5P_DEFAULT), from = H5Dopen2(file_, scale_name, H5P_DEFAULT);
    if (H5DSis_scale(from) <= 0) H5DSset_scale(from, scale_name);
    H5DSattach_scale(to, from, axis);
    H5Dclose(from);
    H5Dclose(to);
  }
  void attribute(const char* variable, const char* name, double value) {
    H5LTset_attribute_double(file_, variable, name, &value, 1);
  }
  void text(const char* name, const char* value) { H5LTmake_dataset_string(file_, name, value); }
  void units(const char* variable, const char* value) { H5LTset_attribute_string(file_, variable, "units", value); }

  DataFile read() {
    close();
    return DataFile(path);
  }

  std::filesystem::path path;

 private:
  void close() {
    if (file_ >= 0) H5Fclose(file_);
    file_ = -1;
  }
  hid_t file_;
};

std::vector<double> count(std::size_t n) {
  std::vector<double> values(n);
  for (std::size_t i = 0; i < n; ++i) values[i] = static_cast<double>(i);
  return values;
}

}  // namespace

TEST_CASE("numbers of any kind and one to four dimensions become doubles", "[data_file]") {
  UserFile user("kinds");
  user.put("line", {3}, count(3));
  user.put<float>("plane", H5T_NATIVE_FLOAT, {2, 3}, {0, 1, 2, 3, 4, 5.5F});
  user.put<int>("space", H5T_NATIVE_INT, {2, 1, 2}, {1, 2, 3, -4});
  user.put<short>("four", H5T_NATIVE_SHORT, {1, 2, 1, 2}, {1, 2, 3, 4});
  user.group("truth");
  user.put("truth/u", {2, 3}, count(6));
  user.units("truth/u", "m s-1");
  const DataFile file = user.read();
  CHECK(file.variables() == std::vector<std::string>{"/four", "/line", "/plane", "/space", "/truth/u"});
  CHECK(file.read("line").frames == Eigen::RowVector3d(0, 1, 2));
  CHECK(file.read("/plane").frames.col(1) == Eigen::Vector3d(3, 4, 5.5));
  CHECK(file.read("plane", {.frame = 1}).frames == Eigen::Vector3d(3, 4, 5.5));
  CHECK(file.read("plane", {.frame = 1}).shape == std::vector<Index>{2, 3});
  CHECK(file.read("line", {.frame = 2}).frames(0, 0) == 2);
  CHECK_THROWS_WITH(file.read("line", {.frame = 3}), Contains("no frame 3, but frames 0 to 2"));
  CHECK(file.read("space").frames == (Eigen::Matrix2d() << 1, 3, 2, -4).finished());
  CHECK(file.read("four", {.shape = {-1, 2, 1, -1}}).frames == Eigen::Vector4d(1, 2, 3, 4));
  CHECK(file.shape("four") == std::vector<Index>{1, 2, 1, 2});
  const DataVariable u = file.read("/truth/u");
  CHECK(u.units == "m s-1");
  CHECK(u.dimensions == std::vector<std::string>{"", ""});
}

TEST_CASE("time is the scale of the first dimension, or a sibling", "[data_file]") {
  UserFile user("time");
  user.put("u", {3, 2}, count(6));
  user.put("t", {3}, {0, 0.5, 2});
  user.scale("u", "t", 0);
  user.put("v", {2}, count(2));
  user.put("number", {2}, count(2));
  user.scale("v", "number", 0);
  user.group("g");
  user.put("g/w", {2}, count(2));
  user.put("g/time", {2}, {-1, 1});
  const DataFile file = user.read();
  CHECK(file.time("u") == Eigen::Vector3d(0, 0.5, 2));
  CHECK(file.read("u").dimensions == std::vector<std::string>{"t", ""});
  CHECK(file.time("g/w") == Eigen::Vector2d(-1, 1));
  CHECK_THROWS_WITH(file.time("v"), Contains("v: it has no time") && Contains("/time"));
}

TEST_CASE("times that make no sense are refused", "[data_file]") {
  UserFile user("times");
  for (const char* group : {"short", "equal", "gap", "flat"}) {
    user.group(group);
    user.put((std::string(group) + "/u").c_str(), {3}, count(3));
  }
  user.put("short/time", {2}, count(2));
  user.put("equal/time", {3}, {0, 1, 1});
  user.put("gap/time", {3}, {0, std::nan(""), 1});
  user.put("flat/time", {3, 2}, count(6));
  const DataFile file = user.read();
  CHECK_THROWS_WITH(file.time("short/u"), Contains("/short/time: it has 2 times, but short/u has 3 frames"));
  CHECK_THROWS_WITH(file.time("equal/u"), Contains("does not increase at [2]"));
  CHECK_THROWS_WITH(file.time("gap/u"), Contains("NaN at [1]"));
  CHECK_THROWS_WITH(file.time("flat/u"), Contains("its shape is [3, 2], expected is [3]"));
}

TEST_CASE("missing values are named, or become NaN where allowed", "[data_file]") {
  UserFile user("values");
  user.put("nan", {2, 3}, {0, 1, 2, 3, std::nan(""), 5});
  user.put("inf", {2}, {0, std::numeric_limits<double>::infinity()});
  user.put("filled", {2}, {-999, 4});
  user.attribute("filled", "_FillValue", -999);
  user.put<short>("packed", H5T_NATIVE_SHORT, {2}, {1, 2});
  user.attribute("packed", "scale_factor", 0.5);
  user.attribute("packed", "add_offset", 10);
  const DataFile file = user.read();
  CHECK_THROWS_WITH(file.read("nan"), Contains("nan: a value is missing or NaN at [1, 1]"));
  CHECK(std::isnan(file.read("nan", {.missing_allowed = true}).frames(1, 1)));
  CHECK(file.read("nan", {.frame = 0}).frames == Eigen::Vector3d(0, 1, 2));
  CHECK_THROWS_WITH(file.read("nan", {.frame = 1}), Contains("nan: a value is missing or NaN at [1, 1]"));
  CHECK_THROWS_WITH(file.read("inf", {.missing_allowed = true}), Contains("infinite at [1]"));
  CHECK_THROWS_WITH(file.read("filled"), Contains("missing"));
  CHECK(file.read("filled", {.missing_allowed = true}).frames(0, 1) == 4);
  CHECK(file.read("packed").frames == Eigen::RowVector2d(10.5, 11));
}

TEST_CASE("a file or variable that cannot be used says why", "[data_file]") {
  UserFile user("wrong");
  user.put("velocity", {2, 3}, count(6));
  user.put("empty", {0, 3}, count(1));
  user.put("five", {1, 1, 1, 1, 1}, count(1));
  user.put("scalar", {}, count(1));
  user.text("words", "not a number");
  user.group("group");
  const DataFile file = user.read();
  try {
    file.read("velocty");
    FAIL_CHECK("a missing variable was read");
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::input);
    CHECK_THAT(error.what(), Contains(user.path.string()) && Contains("/words") && Contains("did you mean /velocity?"));
  }
  CHECK_THROWS_WITH(file.read("group"), Contains("no such variable"));
  CHECK_THROWS_WITH(file.read("velocity", {.shape = {-1, 4}}), Contains("its shape is [2, 3], expected is [any, 4]"));
  CHECK_THROWS_WITH(file.read("velocity", {.shape = {2}}), Contains("expected is [2]"));
  CHECK_THROWS_WITH(file.read("empty"), Contains("it is empty: its shape is [0, 3]"));
  CHECK_THROWS_WITH(file.read("five"), Contains("it has 5 dimensions"));
  CHECK_THROWS_WITH(file.read("scalar"), Contains("single value"));
  CHECK_THROWS_WITH(file.read("words"), Contains("does not hold numbers"));

  CHECK_THROWS_WITH(DataFile("no_such_file.h5"), Contains("no_such_file.h5") && Contains("No such file"));
  CHECK_THROWS_WITH(DataFile(std::filesystem::temp_directory_path()), Contains("directory"));
  const std::filesystem::path text = user.path.string() + ".txt";
  std::ofstream(text) << "1 2 3";
  CHECK_THROWS_WITH(DataFile(text), Contains("not an HDF5"));
  std::filesystem::remove(text);
}
