#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <numbers>
#include <semiflow/core/conformance.hpp>
#include <semiflow/core/error.hpp>
#include <semiflow/core/random.hpp>
#include <semiflow/pde/kuramoto_sivashinsky.hpp>
#include <semiflow/pde/spectral_model.hpp>

using namespace semiflow;

namespace {

// Smooth random states with the size of the attractor.
Ensemble states(const Grid& grid, Index members) {
  const Eigen::ArrayXd x = grid.coordinate(0) * (2 * std::numbers::pi / grid.axis(0).length);
  Ensemble u(grid.points(), members);
  for (Index j = 0; j < members; ++j) {
    const Eigen::VectorXd a = standard_normal(8, {1, 0, static_cast<std::uint64_t>(j)});
    u.col(j) = (a(0) * x.sin() + a(1) * x.cos() + a(2) * (2 * x).sin() + a(3) * (3 * x).cos() + a(4) * (5 * x).sin());
  }
  return u;
}

}  // namespace

TEST_CASE("a spectral model is a forecast model", "[spectral_model]") {
  const Index n = GENERATE(64, 63, 50);
  const Grid grid({{n, 22.0}});
  const double dispersion = GENERATE(0.0, 0.3);
  SpectralModel model(kuramoto_sivashinsky(grid, {.dispersion = dispersion}), 0.1);
  CHECK(check_forecast_model(model, states(grid, 3), {1, 3}, 2.2) == std::vector<std::string>{});
}

TEST_CASE("KS does not know where the origin is", "[spectral_model][ks]") {
  const Grid grid({{64, 22.0}});
  SpectralModel model(kuramoto_sivashinsky(grid), 0.1);
  const Ensemble u = states(grid, 1);
  const auto shifted = [](const Ensemble& v) {
    Ensemble w(v.rows(), 1);
    for (Index i = 0; i < v.rows(); ++i) w(i) = v((i + 5) % v.rows());
    return w;
  };
  Ensemble a = u, b = shifted(u), c = -u.colwise().reverse();
  model.advance(a, {0, 5});
  model.advance(b, {0, 5});
  model.advance(c, {0, 5});
  CHECK((b - shifted(a)).cwiseAbs().maxCoeff() < 1e-11);
  CHECK((c + a.colwise().reverse()).cwiseAbs().maxCoeff() < 1e-11);  // u(x) -> -u(-x)
}

TEST_CASE("KS moves with a uniform wind", "[spectral_model][ks]") {
  // u(x, t) -> u(x - c t, t) + c. After t with c t = 8 grid spacings the field is shifted by 8 points.
  const Grid grid({{64, 22.0}});
  const double t = 4, c = 8 * 22.0 / 64 / t;
  SpectralModel model(kuramoto_sivashinsky(grid), 0.005);
  Ensemble u = states(grid, 1), moving = u.array() + c;
  model.advance(u, {0, t});
  model.advance(moving, {0, t});
  Ensemble expected(64, 1);
  for (Index i = 0; i < 64; ++i) expected((i + 8) % 64) = u(i) + c;
  CHECK((moving - expected).cwiseAbs().maxCoeff() < 1e-7);
}

TEST_CASE("the attractor of KS at L = 22 has its mean square", "[spectral_model][ks]") {
  // specs/spectral.md, row 24: <u^2> = 1.406 with a standard deviation of 0.44 in time.
  const Grid grid({{64, 22.0}});
  SpectralModel model(kuramoto_sivashinsky(grid), 0.1);
  Ensemble u = states(grid, 4);
  u.rowwise() -= u.colwise().mean();
  model.advance(u, {0, 200});
  double sum = 0;
  const int samples = 500;
  for (int i = 0; i < samples; ++i) {
    model.advance(u, {0, 10});
    sum += u.squaredNorm() / static_cast<double>(u.size());
  }
  CHECK(sum / samples == Approx(1.406).margin(0.05));
}

TEST_CASE("a cutoff keeps an ill-posed model on its modes", "[spectral_model]") {
  const Grid grid({{128, 22.0}});
  Semilinear equation = kuramoto_sivashinsky(grid, {.hyperdiffusion = 0});
  equation.cutoff = 3;
  SpectralModel model(equation, 0.01);
  Ensemble u = states(grid, 2);
  model.advance(u, {0, 0.1});
  Spectrum modes(grid.modes(), 2);
  Fft(grid).forward(u, modes);
  const Eigen::ArrayXd k = grid.wavenumber(0);
  for (Index i = 0; i < k.size(); ++i)
    if (k(i) > 3) CHECK(modes.row(i).cwiseAbs().maxCoeff() < 1e-11);
}

TEST_CASE("a window that is no whole number of steps is refused", "[spectral_model]") {
  const Grid grid({{32, 22.0}});
  SpectralModel model(kuramoto_sivashinsky(grid), 0.1);
  Ensemble u = states(grid, 1), wrong = Ensemble::Zero(31, 1);
  CHECK_THROWS_WITH(model.advance(u, {0, 0.25}), Catch::Contains("whole number of steps"));
  CHECK_THROWS_AS(model.advance(u, {1, 0}), Error);
  CHECK_THROWS_AS(model.advance(wrong, {0, 1}), Error);
  CHECK(whole_steps({0, 1e5}, 0.1) == 1000000);
}

TEST_CASE("windows that are not finite are refused", "[spectral_model]") {
  const double infinite = std::numeric_limits<double>::infinity();
  CHECK_THROWS_AS(whole_steps({0, infinite}, 0.1), Error);
  CHECK_THROWS_AS(whole_steps({0, std::nan("")}, 0.1), Error);
  CHECK_THROWS_AS(whole_steps({0, 1e18}, 0.01), Error);  // more steps than can be counted
  CHECK(whole_steps({0.3, 0.6}, 0.1) == 3);
}

TEST_CASE("terms that do not fit the equation are refused", "[semilinear]") {
  const Grid grid({{16, 1.0}}), other({{8, 1.0}});
  const Semilinear equation = kuramoto_sivashinsky(grid);
  CHECK_THROWS_WITH(SpectralModel(equation + monomial(other, 2, 2), 0.1), Catch::Contains("term 'u^2 u_xx'"));
  CHECK_THROWS_AS((equation + monomial(other, 0, 6)).linear_symbol(), Error);
  CHECK_THROWS_AS(SpectralModel(equation + Term{.name = "v", .factors = {{.field = 1}, {}}}, 0.1), Error);
  CHECK_THROWS_AS(SpectralModel(equation + Term{.name = "v", .factors = {{}}, .target = 2}, 0.1), Error);
  CHECK_THROWS_AS(SpectralModel(equation + Term{.name = "nothing"}, 0.1), Error);
  CHECK_THROWS_AS(SpectralModel(equation + monomial(grid, 2, 0, std::nan("")), 0.1), Error);
}
