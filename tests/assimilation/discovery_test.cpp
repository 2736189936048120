#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <numbers>
#include <semiflow/assimilation/discovery/discovery.hpp>
#include <semiflow/assimilation/discovery/increments.hpp>
#include <semiflow/core/error.hpp>
#include <semiflow/core/random.hpp>
#include <semiflow/pde/kuramoto_sivashinsky.hpp>
#include <semiflow/pde/spectral_model.hpp>

using namespace semiflow;
using Catch::Matchers::Contains;

namespace {

constexpr double pi = std::numbers::pi, infinity = std::numeric_limits<double>::infinity();

Grid line(Index points, double length = 2 * pi) { return Grid({{points, length}}); }

Eigen::VectorXd advanced(SpectralModel& model, const Eigen::VectorXd& from, double duration) {
  Ensemble state = from;
  model.advance(state, {0, duration});
  return state.col(0);
}

// Smooth fields of the harmonics 1 to 5, all different.
Eigen::VectorXd smooth_field(const Grid& grid, Index number) {
  const Eigen::ArrayXd x = 2 * pi / grid.axis(0).length * grid.coordinate(0);
  const Eigen::VectorXd phase =
      2 * pi * uniform(5, {.seed = 3, .purpose = 0, .item = static_cast<std::uint64_t>(number)});
  Eigen::ArrayXd u = Eigen::ArrayXd::Zero(x.size());
  for (Index n = 1; n <= 5; ++n) u += (static_cast<double>(n) * x + phase(n - 1)).cos() / static_cast<double>(n);
  return u;
}

// u_t = -u_x + nu u_xx
Semilinear advection_diffusion(const Grid& grid, double nu) {
  return Semilinear{.grid = grid} + monomial(grid, 0, 1, -1) + monomial(grid, 0, 2, nu);
}

// A short look at two solutions of the same equation, one of which lacks 0.3 u_xx.
Increment diffusion_increment(const Grid& grid, const Eigen::VectorXd& before, double duration) {
  SpectralModel truth(advection_diffusion(grid, 0.4), duration), model(advection_diffusion(grid, 0.1), duration);
  return {before, advanced(truth, before, duration), advanced(model, before, duration), duration};
}

// Kuramoto-Sivashinsky, chaotic, looked at for a short time six times.
struct Chaos {
  static constexpr double duration = 0.05;
  Grid grid = line(128, 32 * pi);
  Semilinear truth = kuramoto_sivashinsky(grid);
  Eigen::MatrixXd before{128, 6}, after{128, 6};

  Chaos() {
    SpectralModel solver(truth, 0.05), fine(truth, 0.01);
    const Eigen::ArrayXd x = grid.coordinate(0);
    Eigen::VectorXd u = (x / 16).cos() * (1 + (x / 16).sin());
    u = advanced(solver, u, 150);
    for (Index i = 0; i < before.cols(); ++i) {
      u = advanced(solver, u, 10);
      before.col(i) = u;
      after.col(i) = advanced(fine, u, duration);
    }
  }

  std::vector<NormalEquations> equations(const Communicator& comm, TermLibrary& library, const Semilinear& equation,
                                         Index blocks, double max_wavenumber) const {
    SpectralModel model(equation, 0.01);
    return collect_increments(comm, library, before.cols(), blocks, max_wavenumber, [&](Index i) {
      return Increment{.before = before.col(i),
                       .after = after.col(i),
                       .forecast = advanced(model, before.col(i), duration),
                       .duration = duration};
    });
  }
};

const Chaos& chaos() {
  static const Chaos data;
  return data;
}

bool same_bits(const NormalEquations& a, const NormalEquations& b) {
  return a.gram == b.gram && a.projection == b.projection && a.target_square == b.target_square && a.rows == b.rows;
}

}  // namespace

TEST_CASE("the columns of the library are the terms", "[discovery]") {
  // Harmonics up to 2, products of up to five factors: ten harmonics, which the grid resolves.
  const Grid grid = line(32);
  const Eigen::ArrayXd x = grid.coordinate(0);
  const auto derivative_of = [&](int order) -> Eigen::ArrayXd {
    return (x + order * pi / 2).sin() + 0.5 * std::pow(2.0, order) * (2 * x + order * pi / 2).cos() + (order ? 0 : 0.3);
  };
  const Eigen::ArrayXd u = derivative_of(0);
  TermLibrary library(grid);
  REQUIRE(library.size() == 24);
  const Spectrum modes = library.evaluate(u.matrix()) * 32.0;
  Ensemble values(32, 24);
  Fft(grid).inverse(modes, values);
  Index column = 0;
  for (int order = 0; order <= 4; ++order)
    for (int power = order == 0 ? 1 : 0; power <= 4; ++power, ++column) {
      const Eigen::ArrayXd expected = order == 0 ? u.pow(power) : Eigen::ArrayXd(u.pow(power) * derivative_of(order));
      INFO(library.terms()[static_cast<std::size_t>(column)].name);
      // Rounding of the shortest wave, differentiated.
      CHECK((values.col(column).array() - expected).abs().maxCoeff() <
            1e-14 * expected.abs().maxCoeff() + 1e-15 * std::pow(16, order));
    }
  CHECK(library.find("u") == 0);
  CHECK(library.find("u^4 u_xxxx") == 23);
  CHECK(library.find("u_yy") == -1);
}

TEST_CASE("no alias reaches the library's columns", "[discovery]") {
  // A field that fills the coarse grid: its products do not fit, and only their low modes are asked for.
  const Grid coarse = line(16), fine = line(128);
  Eigen::VectorXd u = Eigen::VectorXd::Zero(16), same = Eigen::VectorXd::Zero(128);
  for (int n = 0; n < 8; ++n) {
    u.array() += (n * coarse.coordinate(0) + n * n).cos();
    same.array() += (n * fine.coordinate(0) + n * n).cos();
  }
  const Spectrum columns = TermLibrary(coarse).evaluate(u), expected = TermLibrary(fine).evaluate(same);
  for (Index j = 0; j < 24; ++j)
    CHECK((columns.col(j).head(8) - expected.col(j).head(8)).cwiseAbs().maxCoeff() <
          1e-12 * expected.col(j).cwiseAbs().maxCoeff());
}

TEST_CASE("a library of some terms keeps its order and refuses unknown names", "[discovery]") {
  TermLibrary library(line(16), {.names = {"u_xx", "u"}});
  REQUIRE(library.size() == 2);
  CHECK(library.find("u") == 0);
  CHECK(library.find("u_xx") == 1);
  CHECK_THROWS_WITH(TermLibrary(line(16), {.names = {"u_xx", "u_zz"}}), Contains("u_zz"));
  CHECK_THROWS_AS(TermLibrary(line(16), {.max_order = 2, .names = {"u_xxx"}}), Error);
  CHECK_THROWS_AS(TermLibrary(Grid({{8, 1.0}, {8, 1.0}})), Error);
  CHECK_THROWS_WITH(TermLibrary(line(16), {.max_power = -1}), Contains("negative"));
}

TEST_CASE("a row counts as often as its mode stands in the spectrum", "[discovery]") {
  const Grid grid = line(32);
  TermLibrary library(grid, {.names = {"u", "u_xx"}});
  const Eigen::VectorXd u = smooth_field(grid, 0), error = smooth_field(grid, 1);
  const Increment increment{.before = u, .after = u, .forecast = u - 0.01 * error, .duration = 0.01};
  const NormalEquations all = increment_equations(library, increment);
  CHECK(all.rows == 32);
  CHECK(all.target_square == Approx(error.squaredNorm() / 32).epsilon(1e-11));  // Parseval
  CHECK(all.gram(0, 0) == Approx(u.squaredNorm() / 32).epsilon(1e-12));
  CHECK(all.projection(0) == Approx(u.dot(error) / 32).epsilon(1e-10));
  const NormalEquations long_waves = increment_equations(library, increment, 2.5);
  CHECK(long_waves.rows == 5);
  CHECK(long_waves.gram(0, 0) == Approx((1 + 0.25) / 2).epsilon(1e-12));
  CHECK_THROWS_AS(increment_equations(library, increment, -1), Error);
  Increment bad = increment;
  bad.duration = 0;
  CHECK_THROWS_AS(increment_equations(library, bad), Error);
  bad = increment;
  bad.after(3) = std::nan("");
  CHECK_THROWS_AS(increment_equations(library, bad), Error);
}

TEST_CASE("a synthetic model error is recovered to rounding", "[discovery]") {
  const Grid grid = line(64);
  TermLibrary library(grid, {.max_power = 1, .max_order = 4});
  std::vector<NormalEquations> blocks;
  for (Index i = 0; i < 4; ++i) {
    const Eigen::VectorXd u = smooth_field(grid, i);
    Ensemble columns(64, library.size());
    Fft(grid).inverse(library.evaluate(u) * 64.0, columns);
    const Eigen::VectorXd error = 0.3 * columns.col(library.find("u_xx")) - 2 * columns.col(library.find("u u_x"));
    blocks.push_back(
        increment_equations(library, {.before = u, .after = u, .forecast = u - 0.1 * error, .duration = 0.1}));
  }
  const Discovery found = discover(blocks, Eigen::VectorXd::Zero(library.size()));
  REQUIRE(found.support == std::vector<Index>{library.find("u u_x"), library.find("u_xx")});
  CHECK(found.coefficients(library.find("u_xx")) == Approx(0.3).epsilon(1e-9));
  CHECK(found.coefficients(library.find("u u_x")) == Approx(-2).epsilon(1e-9));
  CHECK(found.relative_residual < 1e-6);
  CHECK(found.log_bayes_factor > 100);
  const std::vector<Term> terms = found_terms(found, library.terms());
  REQUIRE(terms.size() == 2);
  CHECK(terms[1].name == "u_xx");
  CHECK(terms[1].coefficient == found.coefficients(library.find("u_xx")));
}

TEST_CASE("the missing diffusion of a linear model is found", "[discovery]") {
  const Grid grid = line(64);

  SECTION("one wave: the coefficient has a closed form") {
    const double duration = 0.02, k = 3;
    TermLibrary library(grid, {.names = {"u_xx"}});
    const Eigen::VectorXd u = (k * grid.coordinate(0)).cos();
    const NormalEquations equations = increment_equations(library, diffusion_increment(grid, u, duration));
    const std::complex<double> truth(-0.4 * k * k, -k), model(-0.1 * k * k, -k);
    const std::complex<double> target = (std::exp(truth * duration) - std::exp(model * duration)) / duration;
    const std::complex<double> column = -k * k * (1.0 + std::exp(truth * duration)) / 2.0;
    CHECK(equations.projection(0) / equations.gram(0, 0) ==
          Approx(std::real(std::conj(column) * target) / std::norm(column)).epsilon(1e-11));
  }
  SECTION("among other terms") {
    const double duration = 0.005;
    TermLibrary library(grid, {.max_power = 1, .max_order = 4});
    const auto blocks = collect_increments(Communicator::self(), library, 8, 4, infinity, [&](Index i) {
      return diffusion_increment(grid, smooth_field(grid, i), duration);
    });
    const Discovery found = discover(blocks, Eigen::VectorXd::Zero(library.size()));
    CHECK(found.support == std::vector<Index>{library.find("u_xx")});
    CHECK(found.coefficients(library.find("u_xx")) == Approx(0.3).epsilon(0.01));
    CHECK(found.contribution(library.find("u_xx")) > 0.9);
  }
}

TEST_CASE("the sums of increments have the same bits on any number of ranks", "[discovery][mpi]") {
  const Communicator world = Communicator::duplicate_of(MPI_COMM_WORLD), self = Communicator::self();
  TermLibrary library(chaos().grid);
  const Semilinear model = with_coefficient(chaos().truth, "u_xx", -0.5);
  for (const Index blocks : {1, 3, 4, 6, 9}) {
    const auto ours = chaos().equations(world, library, model, blocks, 3);
    const auto mine = chaos().equations(self, library, model, blocks, 3);
    REQUIRE(ours.size() == static_cast<std::size_t>(std::min<Index>(blocks, 6)));
    REQUIRE(mine.size() == ours.size());
    for (std::size_t b = 0; b < ours.size(); ++b) CHECK(same_bits(ours[b], mine[b]));
  }
  CHECK_THROWS_AS(collect_increments(world, library, 0, 1, 3, [](Index) { return Increment{}; }), Error);
  const auto all_but_the_last = [](Index i) {
    if (i == 5) throw std::runtime_error("no frame 5");
    return Increment{chaos().before.col(i), chaos().after.col(i), chaos().before.col(i), 1};
  };
  CHECK_THROWS_WITH(collect_increments(world, library, 6, 6, 3, all_but_the_last), Contains("no frame 5"));
}

TEST_CASE("repeated discovery converges to the missing coefficient", "[discovery][mpi]") {
  // The first pass is biased, since errors grow or decay within the increment: the more, the shorter the waves.
  struct Case {
    double max_wavenumber;
    int passes;
  };
  const auto [max_wavenumber, passes] = GENERATE(Case{1.5, 2}, Case{infinity, 3});
  const Communicator world = Communicator::duplicate_of(MPI_COMM_WORLD);
  TermLibrary library(chaos().grid);
  const Index missing = library.find("u_xx");
  const Semilinear wrong = with_coefficient(chaos().truth, "u_xx", -0.5);
  Semilinear model = wrong;
  Discovery found;
  found.coefficients = Eigen::VectorXd::Zero(library.size());
  for (int pass = 0; pass < passes; ++pass) {
    found = discover(chaos().equations(world, library, model, 6, max_wavenumber), found.coefficients);
    CHECK(std::abs(found.coefficients(missing) + 0.5) < 0.02);
    CHECK(found.standard_deviation.allFinite());
    for (Index j = 0; j < library.size(); ++j) CHECK((found.standard_deviation(j) > 0) == (found.coefficients(j) != 0));
    model = wrong + found_terms(found, library.terms());
  }
  CHECK(found.support == std::vector<Index>{missing});
  CHECK(std::abs(found.coefficients(missing) + 0.5) < 1e-3);
  CHECK(found.relative_residual < 1e-3);
}

TEST_CASE("nothing missing, nothing found", "[discovery]") {
  TermLibrary library(chaos().grid);
  std::vector<NormalEquations> blocks;
  for (Index i = 0; i < 6; ++i) {
    const Eigen::VectorXd after = chaos().after.col(i);
    blocks.push_back(increment_equations(
        library, {.before = chaos().before.col(i), .after = after, .forecast = after, .duration = 0.05}));
  }
  const Discovery found = discover(blocks, Eigen::VectorXd::Zero(library.size()));
  CHECK(found.support.empty());
  CHECK(found.candidates.empty());
  CHECK(found.coefficients.isZero(0));
  CHECK(found.standard_deviation.isZero(0));
  CHECK(found.contribution.isZero(0));
  CHECK(found.relative_residual == 0);
  CHECK(found.log_bayes_factor == 0);
  CHECK(found_terms(found, library.terms()).empty());

  // A model that was corrected already, and rightly.
  Eigen::VectorXd in_model = Eigen::VectorXd::Zero(library.size());
  in_model(library.find("u_xx")) = -0.5;
  const Discovery again = discover(blocks, in_model);
  CHECK(again.support == std::vector<Index>{library.find("u_xx")});
  CHECK(again.coefficients(library.find("u_xx")) == Approx(-0.5).epsilon(1e-12));
  CHECK(again.standard_deviation.allFinite());
  CHECK_THROWS_AS(discover(blocks, Eigen::VectorXd::Zero(3)), Error);
  CHECK_THROWS_AS(discover({}, in_model), Error);
}

TEST_CASE("the jackknife's error bars are those of the mean", "[discovery]") {
  // One column of ones, the same number of rows a block: the coefficient is the mean of the blocks' means.
  const Eigen::VectorXd means = standard_normal(7, {.seed = 1, .purpose = 0, .item = 0}).array() + 3;
  std::vector<NormalEquations> blocks;
  for (const double mean : means)
    blocks.push_back(normal_equations(Eigen::VectorXd::Ones(5), Eigen::VectorXd::Constant(5, mean)));
  const Discovery found = discover(blocks, Eigen::VectorXd::Zero(1));
  CHECK(found.coefficients(0) == Approx(means.mean()).epsilon(1e-12));
  const double variance = (means.array() - means.mean()).square().sum() / 6;
  CHECK(found.standard_deviation(0) == Approx(std::sqrt(variance / 7)).epsilon(1e-10));
}
