#include <catch2/catch.hpp>
#include <semiflow/core/error.hpp>
#include <semiflow/core/product_communicator.hpp>
#include <semiflow/pde/lyapunov.hpp>

#include "equations.hpp"

using namespace semiflow;

namespace {

struct Setting {
  std::string name;
  Semilinear equation;
  Stepping method;
  double dt;
};

std::vector<Setting> settings() {
  std::vector<Setting> all;
  for (const Case& c : every_equation())
    if (c.equation.grid.dimensions() > 1) all.push_back({c.name, c.equation, RungeKutta::etdrk4, c.dt});
  const Semilinear flow = navier_stokes(plane(40, 56), {.viscosity = 0.01});
  Semilinear padded = flow, aliased = flow, filtered = flow;
  padded.dealiasing = Dealiasing::padding;
  aliased.dealiasing = Dealiasing::none;
  filtered.filter.strength = 23.6;
  all.push_back({"five blocks of columns", flow, RungeKutta::etdrk4, 0.02});
  all.push_back({"padded", padded, RungeKutta::etdrk2, 0.02});
  all.push_back({"aliased", aliased, RungeKutta::rk4, 0.02});
  all.push_back({"filtered", filtered, LinearMultistep::ab3_euler, 0.02});
  all.push_back({"box", navier_stokes_3d(Grid({{12, 5.0}, {8, 6.0}, {20, 7.0}}), 0.05), RungeKutta::ifrk4, 0.02});
  return all;
}

// A part of the states of the whole model, which every rank computes for itself.
Ensemble part(const SpectralModel& dealt, const Ensemble& whole) { return dealt.domain().part(whole); }

}  // namespace

TEST_CASE("a field on many ranks has the bits that it has on one", "[domain]") {
  const auto ranks = std::make_shared<const Communicator>(Communicator::duplicate_of(MPI_COMM_WORLD));
  for (const Setting& setting : settings()) {
    INFO(setting.name);
    SpectralModel whole(setting.equation, setting.dt, setting.method);
    SpectralModel dealt(setting.equation, setting.dt, setting.method, ranks);
    const Interval window{0, 5 * setting.dt};
    Ensemble all = random_states(setting.equation, 2, 7);
    const Ensemble before = all;
    Ensemble mine = part(dealt, all);
    REQUIRE(mine.rows() == dealt.state_size());
    whole.advance(all, window);
    dealt.advance(mine, window);
    CHECK(all.allFinite());
    CHECK((all - before).cwiseAbs().maxCoeff() > 1e-4);
    CHECK(mine == part(dealt, all));
    if (std::holds_alternative<LinearMultistep>(setting.method)) continue;

    Ensemble v = random_states(setting.equation, 2, 8), my_v = part(dealt, v), w = v, my_w = my_v;
    Eigen::VectorXd u = before.col(0), my_u = part(dealt, u);
    whole.adjoint(u, w, window);
    dealt.adjoint(my_u, my_w, window);
    CHECK(my_w == part(dealt, w));
    whole.advance_tangent(u, v, window);
    dealt.advance_tangent(my_u, my_v, window);
    CHECK(my_v == part(dealt, v));
  }
}

TEST_CASE("what overflows on one rank is an error on all", "[domain]") {
  const auto ranks = std::make_shared<const Communicator>(Communicator::duplicate_of(MPI_COMM_WORLD));
  // Negative hyperviscosity grows at the largest wavenumber alone.
  const Semilinear flow = navier_stokes(plane(40, 56), {.hyperviscosity = -1});
  CHECK_THROWS_WITH(SpectralModel(flow, 1, RungeKutta::etdrk4, ranks), Catch::Contains("grows too fast"));
}

TEST_CASE("exponents of a state that is dealt are refused", "[domain]") {
  const auto ranks = std::make_shared<const Communicator>(Communicator::duplicate_of(MPI_COMM_WORLD));
  SpectralModel dealt(navier_stokes(plane(40, 56), {.viscosity = 0.01}), 0.02, RungeKutta::etdrk4, ranks);
  Eigen::VectorXd state = Eigen::VectorXd::Zero(dealt.state_size());
  if (ranks->size() > 1)
    CHECK_THROWS_WITH(lyapunov_spectrum(dealt, state, {.duration = 2}), Catch::Contains("one rank holds whole"));
}

TEST_CASE("members and domains share the ranks", "[domain]") {
  const Communicator world = Communicator::duplicate_of(MPI_COMM_WORLD);
  CHECK_THROWS_AS(ProductCommunicator(world, 0), Error);
  CHECK_THROWS_AS(ProductCommunicator(world, world.size() + 1), Error);
  const int domain_ranks = world.size() % 2 == 0 ? 2 : 1;
  const ProductCommunicator product(world, domain_ranks);
  CHECK(product.domain->size() == domain_ranks);
  CHECK(product.members.size() * domain_ranks == world.size());

  // Five members, dealt to the domains: every one as if alone.
  const Semilinear flow = navier_stokes(plane(20, 18), {.viscosity = 0.01});
  SpectralModel whole(flow, 0.02), dealt(flow, 0.02, RungeKutta::etdrk4, product.domain);
  Ensemble all = random_states(flow, 5, 3);
  const Share members = product.members.share(5);
  Ensemble mine = dealt.domain().part(all.middleCols(members.begin, members.size));
  dealt.advance(mine, {0, 0.1});
  whole.advance(all, {0, 0.1});
  CHECK(mine == dealt.domain().part(all.middleCols(members.begin, members.size)));
}
