#include <catch2/catch.hpp>
#include <cmath>
#include <numbers>
#include <semiflow/core/error.hpp>
#include <semiflow/pde/kuramoto_sivashinsky.hpp>
#include <semiflow/pde/nonlinearity.hpp>

using namespace semiflow;

namespace {

const double pi = std::numbers::pi;

// Values of one term of a line, computed by the equation's own machinery.
Eigen::VectorXd evaluate(const Grid& grid, const Term& term, const Eigen::VectorXd& u,
                         Dealiasing dealiasing = Dealiasing::truncation) {
  Fft fft(grid);
  Spectrum modes(grid.modes(), 1), out = Spectrum::Zero(grid.modes(), 1);
  fft.forward(u, modes);
  modes /= static_cast<double>(grid.points());
  Nonlinearity nonlinearity({.grid = grid, .terms = {term}, .dealiasing = dealiasing}, Split::everything);
  const Eigen::VectorXcd from = nonlinearity.modes().pick<Eigen::VectorXcd>(modes.col(0));
  Eigen::VectorXcd to(nonlinearity.packed_size());
  nonlinearity.evaluate(from.data(), to.data());
  nonlinearity.modes().scatter(to.data(), out.data());
  out *= static_cast<double>(grid.points());
  Ensemble values(grid.points(), 1);
  fft.inverse(out, values);
  return values;
}

}  // namespace

TEST_CASE("the library of monomials has the names of the field", "[term]") {
  const auto library = monomials(Grid({{16, 1.0}}), 4, 4);
  REQUIRE(library.size() == 24);
  CHECK(library[0].name == "u");
  CHECK(library[3].name == "u^4");
  CHECK(library[4].name == "u_x");
  CHECK(library[5].name == "u u_x");
  CHECK(library[6].name == "u^2 u_x");
  CHECK(library[23].name == "u^4 u_xxxx");
}

TEST_CASE("monomials are what they say, for a field that is resolved", "[term]") {
  const Grid grid({{64, 3.0}});
  const Eigen::ArrayXd x = grid.coordinate(0);
  const double k = 2 * pi / 3;
  const Eigen::ArrayXd u = 0.3 + (k * x).sin() + 0.5 * (2 * k * x).cos();
  const std::vector<Eigen::ArrayXd> d{Eigen::ArrayXd::Ones(64), k * (k * x).cos() - k * (2 * k * x).sin(),
                                      -k * k * (k * x).sin() - 2 * k * k * (2 * k * x).cos(),
                                      -k * k * k * (k * x).cos() + 4 * k * k * k * (2 * k * x).sin(),
                                      std::pow(k, 4) * (k * x).sin() + 8 * std::pow(k, 4) * (2 * k * x).cos()};
  for (Index power = 0; power <= 4; ++power) {
    for (Index order = 0; order <= 4; ++order) {
      if (power + order == 0) continue;
      const Eigen::VectorXd expected = 1.5 * (u.pow(static_cast<double>(power)) * d[static_cast<std::size_t>(order)]);
      INFO("u^" << power << " d^" << order);
      // Rounding of the mode n is amplified by n^order: 32^4 = 1e6 at most.
      CHECK((evaluate(grid, monomial(grid, power, order, 1.5), u) - expected).cwiseAbs().maxCoeff() <
            1e-9 * expected.cwiseAbs().maxCoeff());
    }
  }
}

TEST_CASE("a product is free of aliases, a truncated product is not", "[term]") {
  // cos(5x) on 16 points: its square aliases from harmonic 10 to 6 unless harmonics >= 16/3 are cut.
  const Grid grid({{16, 2 * pi}});
  const Eigen::VectorXd u = (5 * grid.coordinate(0)).cos();
  Spectrum modes(grid.modes(), 1);
  Fft fft(grid);
  fft.forward(evaluate(grid, monomial(grid, 2, 0), u), modes);
  CHECK(std::abs(modes(6, 0)) < 1e-12);
  CHECK(modes(0, 0).real() == Approx(8));
  fft.forward(evaluate(grid, monomial(grid, 2, 0), u, Dealiasing::none), modes);
  CHECK(std::abs(modes(6, 0)) > 1);
  // A cubic product of harmonic 5 is cut altogether: |n| < 16/4.
  CHECK(evaluate(grid, monomial(grid, 3, 0), u).cwiseAbs().maxCoeff() < 1e-12);
}

TEST_CASE("the nonlinear term of KS conserves mean and energy", "[term][ks]") {
  const Index n = GENERATE(48, 51);
  const Grid grid({{n, 22.0}});
  const Eigen::ArrayXd x = grid.coordinate(0) * (2 * pi / 22);
  // Within the dealiased modes energy is conserved to rounding.
  const Eigen::VectorXd u = x.sin() + 0.7 * (5 * x).cos() - 0.2 * (15 * x).sin() + 0.4;
  const Eigen::VectorXd advection = evaluate(grid, monomial(grid, 1, 1, -1), u);
  CHECK(std::abs(advection.sum()) < 1e-12);
  CHECK(std::abs(u.dot(advection)) < 1e-12 * u.norm() * advection.norm());
}

TEST_CASE("an equation is a value whose terms can be added, scaled and read", "[semilinear]") {
  const Grid grid({{32, 22.0}});
  const Semilinear truth = kuramoto_sivashinsky(grid);
  const Semilinear wrong = with_coefficient(truth, "u_xx", -0.5);
  CHECK(truth.coefficient("u_xx") == -1);
  CHECK(wrong.coefficient("u_xx") == -0.5);
  const Semilinear right = wrong + monomial(grid, 0, 2, -0.5) + monomial(grid, 2, 1, 0.25);
  CHECK(right.coefficient("u_xx") == -1);
  CHECK(right.coefficient("u^2 u_x") == 0.25);
  CHECK(right.coefficient("u_xxxxx") == 0);
  CHECK(right.linear_symbol().isApprox(truth.linear_symbol()));
  CHECK_THROWS_AS(with_coefficient(truth, "u_xy", 1), Error);
}

TEST_CASE("terms that share factors share transforms", "[semilinear]") {
  const Grid grid({{32, 22.0}});
  CHECK(Nonlinearity(kuramoto_sivashinsky(grid)).transforms() == 2);
  const Semilinear more = kuramoto_sivashinsky(grid) + monomial(grid, 1, 2, 0.1) + monomial(grid, 1, 4, 0.1);
  CHECK(Nonlinearity(more).transforms() == 2 + 2 + 1);  // u_xx, u_xxxx, and one way back for both
}

TEST_CASE("KS grows and decays as its dispersion relation says", "[ks]") {
  const Grid grid({{64, 22.0}});
  const Eigen::ArrayXcd L = kuramoto_sivashinsky(grid).linear_symbol();
  CHECK(L(1).real() == Approx(0.074914).epsilon(1e-4));  // specs/spectral.md, row 16
  CHECK(L(2).real() == Approx(0.219817).epsilon(1e-4));
  CHECK(L(3).real() == Approx(0.195196).epsilon(1e-4));
  CHECK(L(4).real() == Approx(-0.398139).epsilon(1e-4));
  CHECK_THROWS_AS(kuramoto_sivashinsky(Grid({{8, 1.0}, {8, 1.0}})), Error);
}
