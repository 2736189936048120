#include <hdf5.h>

#include <bit>
#include <catch2/catch.hpp>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <semiflow/core/checkpoint.hpp>
#include <semiflow/core/error.hpp>

using namespace semiflow;
using Catch::Matchers::Contains;

namespace {

Communicator world() { return Communicator::duplicate_of(MPI_COMM_WORLD); }

std::filesystem::path scratch(const Communicator& comm, const std::string& name) {
  return std::filesystem::temp_directory_path() / (name + "_np" + std::to_string(comm.size()) + ".checkpoint");
}

Ensemble ensemble(Index rows, Share share) {
  return Ensemble::NullaryExpr(
      rows, share.size, [=](Index i, Index j) { return 1.0 / static_cast<double>(1 + i + 100 * (share.begin + j)); });
}

// Values that a careless conversion would change.
Eigen::MatrixXd awkward() {
  Eigen::MatrixXd matrix(2, 4);
  matrix << std::bit_cast<double>(std::uint64_t{0x7ff800000000beef}),
      std::bit_cast<double>(std::uint64_t{0xfff4000000000001}), std::numeric_limits<double>::infinity(),
      -std::numeric_limits<double>::infinity(), std::numeric_limits<double>::denorm_min(), -0.0,
      std::numeric_limits<double>::max(), 0.1;
  return matrix;
}

bool same_bits(const Eigen::MatrixXd& a, const Eigen::MatrixXd& b) {
  return a.rows() == b.rows() && a.cols() == b.cols() &&
         (a.size() == 0 || std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * sizeof(double)) == 0);
}

Checkpoint example(const Communicator& comm, std::int64_t cycle) {
  Checkpoint checkpoint;
  checkpoint.counters = {{"cycle", cycle}, {"largest", std::numeric_limits<std::int64_t>::max()}};
  checkpoint.texts = {{"experiment", std::string(100'000, 'x')}, {"bytes", std::string("a\0b\0\0", 5)}, {"empty", ""}};
  checkpoint.shared = {
      {"awkward", awkward()}, {"none", Eigen::MatrixXd(0, 3)}, {"one", Eigen::MatrixXd::Constant(1, 1, 2)}};
  checkpoint.members = {{"analysis", ensemble(7, comm.share(5))}, {"few", ensemble(3, comm.share(2))}};
  checkpoint.member_counts = {{"analysis", 5}, {"few", 2}};
  return checkpoint;
}

void check_example(const Checkpoint& loaded, const Communicator& comm, std::int64_t cycle) {
  const Checkpoint expected = example(comm, cycle);
  CHECK(loaded.counters == expected.counters);
  CHECK(loaded.texts == expected.texts);
  CHECK(loaded.member_counts == expected.member_counts);
  REQUIRE(loaded.shared.size() == expected.shared.size());
  for (const auto& [name, matrix] : expected.shared) CHECK(same_bits(loaded.shared.at(name), matrix));
  for (const auto& [name, mine] : expected.members) CHECK(same_bits(loaded.members.at(name), mine));
}

void remove_together(const std::filesystem::path& path, const Communicator& comm) {
  MPI_Barrier(comm.get());
  if (comm.rank() == 0) std::filesystem::remove(path);
  MPI_Barrier(comm.get());
}

}  // namespace

TEST_CASE("a checkpoint keeps every bit, and the last one counts", "[mpi][checkpoint]") {
  const Communicator comm = world();
  const std::filesystem::path path = scratch(comm, "bits");
  remove_together(path, comm);
  CHECK_FALSE(load_checkpoint(path, comm).has_value());
  save_checkpoint(path, comm, example(comm, 1));
  save_checkpoint(path, comm, example(comm, 2));
  const auto loaded = load_checkpoint(path, comm);
  REQUIRE(loaded.has_value());
  check_example(*loaded, comm, 2);
  CHECK_FALSE(std::filesystem::exists(path.string() + ".tmp"));

  SECTION("on another number of ranks") {
    const Communicator alone = Communicator::self();
    check_example(*load_checkpoint(path, alone), alone, 2);
  }
  remove_together(path, comm);
}

TEST_CASE("a torn checkpoint is never read", "[mpi][checkpoint]") {
  const Communicator comm = world();
  const std::filesystem::path path = scratch(comm, "torn");
  remove_together(path, comm);
  if (comm.rank() == 0) std::ofstream(path.string() + ".tmp") << "half a checkp";
  MPI_Barrier(comm.get());
  CHECK_FALSE(load_checkpoint(path, comm).has_value());
  save_checkpoint(path, comm, example(comm, 3));
  if (comm.rank() == 0) std::ofstream(path.string() + ".tmp") << "half a checkp";
  MPI_Barrier(comm.get());
  check_example(*load_checkpoint(path, comm), comm, 3);
  remove_together(path.string() + ".tmp", comm);
  remove_together(path, comm);
}

TEST_CASE("a checkpoint that cannot be is refused", "[mpi][checkpoint]") {
  const Communicator comm = world();
  const std::filesystem::path path = scratch(comm, "refused");
  if (comm.rank() == 0) std::ofstream(path) << "something else";
  MPI_Barrier(comm.get());
  CHECK_THROWS_WITH(load_checkpoint(path, comm), Contains(path.string()) && Contains("not a checkpoint"));

  // A file of a version to come, and one of another program.
  save_checkpoint(path, comm, example(comm, 1));
  for (const char* attribute : {"version", "format"}) {
    if (comm.rank() == 0) {
      const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
      const long next = 2;
      const hid_t id = H5Aopen(file, attribute, H5P_DEFAULT);
      if (std::string(attribute) == "version") H5Awrite(id, H5T_NATIVE_LONG, &next);
      H5Aclose(id);
      if (std::string(attribute) == "format") H5Adelete(file, attribute);
      H5Fclose(file);
    }
    MPI_Barrier(comm.get());
    CHECK_THROWS_WITH(load_checkpoint(path, comm),
                      Contains(std::string(attribute) == "version" ? "of version 2" : "not a checkpoint"));
  }

  Checkpoint wrong = example(comm, 1);
  wrong.member_counts.erase("few");
  CHECK_THROWS_WITH(save_checkpoint(path, comm, wrong), Contains("member_counts has no few"));
  wrong = example(comm, 1);
  wrong.member_counts["few"] = 3 * comm.size();
  CHECK_THROWS_WITH(save_checkpoint(path, comm, wrong), Contains("its share is 3"));
  wrong = example(comm, 1);
  wrong.counters["a/b"] = 1;
  CHECK_THROWS_WITH(save_checkpoint(path, comm, wrong), Contains("a/b"));
  CHECK_THROWS_WITH(save_checkpoint("/no/such/place/c", comm, example(comm, 1)), Contains("/no/such/place/c"));
  remove_together(path, comm);
}

TEST_CASE("a part that one rank cannot read stops every rank", "[mpi][checkpoint]") {
  const Communicator comm = world();
  const std::filesystem::path path = scratch(comm, "damaged");
  save_checkpoint(path, comm, example(comm, 1));
  if (comm.rank() == 0) {
    // Member after member with a checksum, and the last member, which is the last rank's, does not fit to its own.
    const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
    H5Ldelete(file, "members/analysis", H5P_DEFAULT);
    const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
    const hsize_t shape[] = {5, 7}, chunk[] = {1, 7}, last[] = {4, 0};
    H5Pset_chunk(properties, 2, chunk);
    H5Pset_fletcher32(properties);
    const hid_t space = H5Screate_simple(2, shape, nullptr);
    const hid_t dataset =
        H5Dcreate2(file, "members/analysis", H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, properties, H5P_DEFAULT);
    const Ensemble all = ensemble(7, {0, 5});
    H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, all.data());
    const std::string noise(7 * sizeof(double) + 4, 'x');
    REQUIRE(H5Dwrite_chunk(dataset, H5P_DEFAULT, 0, last, noise.size(), noise.data()) >= 0);
    H5Dclose(dataset);
    H5Sclose(space);
    H5Pclose(properties);
    H5Fclose(file);
  }
  MPI_Barrier(comm.get());
  CHECK_THROWS_WITH(load_checkpoint(path, comm), Contains(path.string()) && Contains("cannot read analysis"));
  // The file is closed again everywhere: it can be replaced.
  save_checkpoint(path, comm, example(comm, 4));
  check_example(*load_checkpoint(path, comm), comm, 4);
  remove_together(path, comm);
}
