// specs/medida.md, section 3.1: the two layers of Mojgani et al. (2024).
#include <catch2/catch.hpp>
#include <cmath>
#include <numbers>
#include <semiflow/core/error.hpp>
#include <semiflow/pde/initial_states.hpp>
#include <semiflow/pde/multipliers.hpp>
#include <semiflow/pde/quasigeostrophic.hpp>

#include "fields.hpp"

using namespace semiflow;

namespace {

const double pi = std::numbers::pi;
const Grid box({{96, 68.0}, {48, 46.0}});
const PlaneWave wave{.harmonics = {3, 2, 0}, .phase = 0.4};

// Nothing but the advection, and what is added.
JetCoefficients bare() {
  return {.beta = 0, .relaxation = 0, .drag = 0, .hyperdiffusion = 0, .jet_velocity = 0, .sponge = 0};
}

Eigen::VectorXd both(const Eigen::VectorXd& upper, const Eigen::VectorXd& lower) {
  Eigen::VectorXd state(upper.size() + lower.size());
  state << upper, lower;
  return state;
}

double wavenumber(Index axis, Index harmonic) { return 2 * pi * static_cast<double>(harmonic) / box.axis(axis).length; }

}  // namespace

TEST_CASE("the jet that the layers are relaxed to stands still", "[jet]") {
  // psi1 = psi_R and psi2 = 0: no relaxation, no bottom flow, no waves for the sponge, and zonal flow advects nothing.
  const Eigen::VectorXd psi = jet_stream(box);
  const Eigen::VectorXd q = both(apply(box, laplacian(box), psi) - psi, psi);
  const Semilinear equation = two_layer_jet(box, {.hyperdiffusion = 0});
  CHECK(largest(q) > 1);
  CHECK(largest(tendency(equation, q)) <= 1e-12);
  CHECK(largest(advanced({equation, 0.1}, q, 10) - q) <= 1e-11);
  CHECK(largest(tendency(equation, Eigen::VectorXd(0.9 * q))) > 1e-3);  // another jet does not
  // The velocity at the middle is that of the jet, at the edge the opposite.
  const Eigen::VectorXd u = apply(box, -1 * derivative(box, 0, 1), psi);
  CHECK(u(48 * 48) == Approx(1).epsilon(1e-6));
  CHECK(u(0) == Approx(-1).epsilon(1e-6));
  CHECK(std::abs(psi.mean()) <= 1e-13);
  CHECK_THROWS_AS(two_layer_jet(box, {.jet_width = 0}), Error);
  CHECK_THROWS_AS(two_layer_jet(Grid({{16, 1.0}})), Error);
}

TEST_CASE("waves of the two layers have their rates", "[jet]") {
  const double k = wavenumber(1, 3), l = wavenumber(0, 2), k2 = k * k + l * l;
  const Eigen::VectorXd q = plane_waves(box, {wave});
  const auto moved = [&](const JetCoefficients& c, const Eigen::VectorXd& state) {
    return advanced({two_layer_jet(box, c), 0.01}, state, 1);
  };
  SECTION("hyperdiffusion has the symbol k^8 + l^8") {
    JetCoefficients c = bare();
    c.hyperdiffusion = 50;
    const double decay = std::exp(-50 * (std::pow(k, 8) + std::pow(l, 8)));
    CHECK(decay < 0.99);
    CHECK(largest(moved(c, both(q, -q)) - decay * both(q, -q)) <= 1e-13);
  }
  SECTION("barotropic and baroclinic Rossby waves") {
    JetCoefficients c = bare();
    c.beta = 0.7;
    for (const double stretching : {0.0, 2.0}) {
      PlaneWave later = wave;
      later.phase += c.beta * k / (k2 + stretching);
      const Eigen::VectorXd expected = plane_waves(box, {later});
      const double sign = stretching == 0 ? 1 : -1;
      CHECK(largest(moved(c, both(q, sign * q)) - both(expected, sign * expected)) <= 1e-8);
    }
  }
  SECTION("relaxation damps the difference of the layers alone") {
    JetCoefficients c = bare();
    c.relaxation = 0.3;
    CHECK(largest(moved(c, both(q, -q)) - std::exp(-2 * 0.3 / (k2 + 2)) * both(q, -q)) <= 1e-9);
    CHECK(largest(moved(c, both(q, q)) - both(q, q)) <= 1e-13);
  }
  SECTION("drag acts on the lower layer") {
    JetCoefficients c = bare();
    c.drag = 0.3;
    const Eigen::VectorXd zero = Eigen::VectorXd::Zero(q.size());
    CHECK(largest(tendency(two_layer_jet(box, c), both(q, q)) - both(zero, -0.3 * q)) <= 1e-13);
  }
  SECTION("the sponge is one at the edge, and spares the mean along x") {
    JetCoefficients c = bare();
    c.sponge = 0.3;
    const Eigen::VectorXd t = tendency(two_layer_jet(box, c), both(q, q));
    CHECK(std::abs(t(5) + 0.3 * q(5)) <= 1e-3 * 0.3);
    CHECK(t.segment(48 * 48, 48).cwiseAbs().maxCoeff() <= 1e-3 * 0.3);
    const Eigen::VectorXd zonal = plane_waves(box, {{.harmonics = {0, 2, 0}}});
    CHECK(largest(tendency(two_layer_jet(box, c), both(zonal, -zonal))) <= 1e-15);
  }
}

TEST_CASE("layers without damping keep their energy and enstrophies", "[jet]") {
  const JetCoefficients c = bare();
  Eigen::VectorXd q = both(gaussian_random_field(box, 4, 0.5, 1, 3, 0), gaussian_random_field(box, 4, 0.5, 1, 3, 1));
  q *= 1 / largest(q);
  const Index points = box.points();
  const auto energy = [&](const Eigen::VectorXd& state) {
    const Eigen::VectorXd q1 = state.head(points), q2 = state.tail(points);
    const Multiplier barotropic = inverse_laplacian(box), baroclinic = inverse_laplacian(box, std::sqrt(2.0));
    // -(psi1 q1 + psi2 q2) / 2, in the half sum and half difference
    return -0.25 * ((q1 + q2).dot(apply(box, barotropic, q1 + q2)) + (q1 - q2).dot(apply(box, baroclinic, q1 - q2)));
  };
  // What dealiasing removes at the start is no part of the balance.
  q = advanced({two_layer_jet(box, c), 0.01}, q, 0.01);
  const Eigen::VectorXd t = tendency(two_layer_jet(box, c), q);
  CHECK(t.norm() > 1e-2 * q.norm());
  CHECK(std::abs(q.head(points).dot(t.head(points))) <= 1e-12 * q.norm() * t.norm());
  CHECK(std::abs(q.tail(points).dot(t.tail(points))) <= 1e-12 * q.norm() * t.norm());
  const Eigen::VectorXd later = advanced({two_layer_jet(box, c), 0.01}, q, 2);
  CHECK(energy(later) == Approx(energy(q)).epsilon(1e-8));
  // Half the advection is half the tendency; half the jet, half the velocity.
  JetCoefficients half = bare();
  half.advection = 0.5;
  CHECK(largest(tendency(two_layer_jet(box, half), q) - 0.5 * t) <= 1e-14);
}

// Half a minute. Seed-specific values of another program, and the eddies wax and wane: so within 15 %.
TEST_CASE("a jet in equilibrium has the statistics of the specification", "[jet][.slow]") {
  const Grid paper({{192, 68.0}, {96, 46.0}});
  const Index points = paper.points();
  SpectralModel model(two_layer_jet(paper), 0.05);
  Ensemble q(2 * points, 1);
  for (Index field : {0, 1})
    q.col(0).segment(field * points, points) =
        0.01 * gaussian_random_field(paper, 2, 0.5, 1, static_cast<std::uint64_t>(field + 1));
  model.advance(q, {0, 600});
  REQUIRE(q.allFinite());
  const auto deviation = [](const Eigen::Ref<const Eigen::VectorXd>& u) {
    return std::sqrt((u.array() - u.mean()).square().mean());
  };
  const Eigen::VectorXd psi = jet_streams(paper, q.col(0));
  const Eigen::Map<const Eigen::MatrixXd> rows(psi.data(), 96, 192);  // x fastest, so a column is a line along x
  const double eddies = std::sqrt((rows.rowwise() - rows.colwise().mean()).array().square().mean());
  CHECK(deviation(psi.head(points)) == Approx(3.21).epsilon(0.15));
  CHECK(deviation(psi.tail(points)) == Approx(0.42).epsilon(0.15));
  CHECK(std::sqrt(q.col(0).head(points).squaredNorm() / static_cast<double>(points)) == Approx(3.13).epsilon(0.15));
  CHECK(eddies > 0.25);
  CHECK(eddies < 1);
}
