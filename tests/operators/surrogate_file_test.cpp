// Weights survive a file bit for bit, and belong to one architecture.
#include <torch/script.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <semiflow/core/conformance.hpp>
#include <semiflow/core/error.hpp>
#include <semiflow/operators/surrogate.hpp>
#include <semiflow/pde/initial_states.hpp>
#include <semiflow/pde/kuramoto_sivashinsky.hpp>
#include <semiflow/pde/line_equations.hpp>

using namespace semiflow;
using Catch::Matchers::Contains;

namespace {

const Semilinear line = kuramoto_sivashinsky(Grid({{32, 22.0}}));

}  // namespace

TEST_CASE("save and load give the same weights", "[surrogate]") {
  const Communicator comm = Communicator::duplicate_of(MPI_COMM_WORLD);
  const std::filesystem::path path = "surrogate_file_test_" + std::to_string(comm.size()) + ".h5";
  for (const SurrogateKind kind : {SurrogateKind::direct, SurrogateKind::residual, SurrogateKind::semilinear,
                                   SurrogateKind::residual_deeponet, SurrogateKind::corrected_solver}) {
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

TEST_CASE("A surrogate as a TorchScript module takes the same steps", "[surrogate][script]") {
  // Every rank has a file of its own, which no other may write while it is read.
  const Communicator comm = Communicator::self();
  const std::filesystem::path path =
      "surrogate_script_" + std::to_string(Communicator::duplicate_of(MPI_COMM_WORLD).rank()) + ".pt";
  const Grid plane({{12, 7.0}, {16, 9.0}});
  const auto same = [&](const SurrogateOptions& options, const Semilinear& equation) {
    Surrogate written(options, equation);
    Eigen::MatrixXd weights = written.weights();  // scales that are not all 1
    weights = weights.unaryExpr([](double w) { return w == 1 ? 1.25 : w; });
    written.set_weights(weights);
    written.save_script(path, comm);
    Surrogate read({.kind = SurrogateKind::torchscript, .time_step = options.time_step, .script = path}, equation);
    CHECK(read.parameter_count() == written.parameter_count());
    // More than a block of members.
    Ensemble a(equation.state_size(), 11);
    for (Index i = 0; i < a.cols(); ++i)
      a.col(i) = gaussian_random_field(equation.grid, 3, 0.5, 0.5, 9, static_cast<std::uint64_t>(i));
    Ensemble b = a;
    const Ensemble start = a;
    written.advance(a, {0, 2 * options.time_step});
    read.advance(b, {0, 2 * options.time_step});
    CHECK((a - start).norm() > 1e-2 * a.norm());
    CHECK((a - b).norm() < 2e-5 * a.norm());
  };
  for (const SurrogateKind kind : {SurrogateKind::direct, SurrogateKind::residual, SurrogateKind::deeponet}) {
    same({.kind = kind,
          .modes = {8},
          .width = 6,
          .layers = 2,
          .head = 5,
          .position = kind != SurrogateKind::deeponet,
          .seed = 1},
         line);
    same({.kind = kind, .modes = {4, 5}, .width = 6, .layers = 2, .head = 5, .position = kind == SurrogateKind::direct},
         allen_cahn(plane, 0.1));
  }
  same({.modes = {8},
        .width = 6,
        .layers = 2,
        .head = 5,
        .order = 2,
        .substeps = 2,
        .conservative = true,
        .time_step = 0.5},
       line);
  same({.modes = {4, 5}, .width = 6, .layers = 2, .head = 5}, allen_cahn(plane, 0.1));
  CHECK_THROWS_WITH(
      Surrogate({.kind = SurrogateKind::corrected_solver, .modes = {8}}, line, 0.5).save_script(path, comm),
      Contains("cannot be written as TorchScript"));
  std::filesystem::remove(path);
}

TEST_CASE("A scripted module is a forecast model", "[surrogate][script]") {
  // Made as PyTorch would: z / 2, one point to the right.
  const std::string path = "scripted_" + std::to_string(Communicator::duplicate_of(MPI_COMM_WORLD).rank()) + ".pt";
  const auto script = [&](const std::string& source) {
    torch::jit::Module module("shift");
    module.register_buffer("half", torch::full({1}, 0.5F));
    module.define(source);
    module.save(path);
    return Surrogate({.kind = SurrogateKind::torchscript, .script = path}, line);
  };
  Surrogate shift = script("def forward(self, z):\n  return torch.roll(z, [1], [1]) * self.half\n");
  Ensemble states(32, 3);
  for (Index i = 0; i < 3; ++i)
    states.col(i) = Eigen::VectorXd::LinSpaced(32, 0, 31).array() + 100.0 * static_cast<double>(i);
  const Ensemble start = states;
  CHECK(check_forecast_model(shift, start, {0, 4}, 1) == std::vector<std::string>{});
  shift.advance(states, {0, 2});
  CHECK(4 * states.bottomRows(30) == start.topRows(30));
  CHECK(4 * states.topRows(2) == start.bottomRows(2));
  CHECK_THROWS_WITH(shift.train({}, {}, Communicator::self()), Contains("not trained here"));

  // A module that does not fit is refused before anything is made of it.
  CHECK_THROWS_WITH(script("def forward(self, z):\n  return torch.slice(z, 1, 0, 5) * self.half\n"),
                    Contains("of the shape"));
  CHECK_THROWS_WITH(script("def forward(self, z):\n  return torch.roll(z, [1], [9]) * self.half\n"),
                    Contains("the module failed"));
  std::filesystem::remove(path);
  CHECK_THROWS_WITH(Surrogate({.kind = SurrogateKind::torchscript, .script = path}, line),
                    Contains("is no TorchScript"));
}
