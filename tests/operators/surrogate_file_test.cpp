// Weights survive a file bit for bit, and belong to one architecture.
#include <catch2/catch.hpp>
#include <filesystem>
#include <semiflow/core/error.hpp>
#include <semiflow/operators/surrogate.hpp>
#include <semiflow/pde/kuramoto_sivashinsky.hpp>

using namespace semiflow;
using Catch::Matchers::Contains;

namespace {

const Semilinear line = kuramoto_sivashinsky(Grid({{32, 22.0}}));

}  // namespace

TEST_CASE("save and load give the same weights", "[surrogate]") {
  const Communicator comm = Communicator::duplicate_of(MPI_COMM_WORLD);
  const std::filesystem::path path = "surrogate_file_test_" + std::to_string(comm.size()) + ".h5";
  for (const SurrogateKind kind :
       {SurrogateKind::direct, SurrogateKind::residual, SurrogateKind::semilinear, SurrogateKind::corrected_solver}) {
    const SurrogateOptions options{.kind = kind, .modes = {8}, .width = 6, .layers = 2, .head = 5, .seed = 1};
    const Surrogate saved(options, line, 0.25);
    saved.save(path, comm);
    SurrogateOptions other = options;
    other.seed = 2;
    Surrogate loaded(other, line, 0.25);
    REQUIRE(loaded.weights() != saved.weights());
    loaded.load(path, comm);
    // The range is infinite before a training, and infinity is equal to itself.
    CHECK(loaded.weights() == saved.weights());

    SurrogateOptions wide = options;
    wide.width = 7;
    Surrogate wrong(wide, line, 0.25);
    const Eigen::MatrixXd before = wrong.weights();
    CHECK_THROWS_WITH(wrong.load(path, comm), Contains("width is 6 there and 7 here"));
    CHECK(wrong.weights() == before);
    SurrogateOptions slow = options;
    slow.time_step = 2;
    CHECK_THROWS_WITH(Surrogate(slow, line, 0.25).load(path, comm), Contains("time_step is 1 there and 2 here"));
  }
  CHECK_THROWS_WITH(Surrogate({.modes = {8}, .width = 6, .layers = 2, .head = 5}, line).load(path, comm),
                    Contains("kind is corrected-solver there and semilinear here"));
  comm.any(true);
  if (comm.rank() == 0) std::filesystem::remove(path);
}
