// specs/medida.md, section 3: the library of Mojgani et al. (2024) on two layers.
#include <catch2/catch.hpp>
#include <cmath>
#include <numbers>
#include <semiflow/assimilation/discovery/field_discovery.hpp>
#include <semiflow/core/error.hpp>
#include <semiflow/pde/initial_states.hpp>
#include <semiflow/pde/quasigeostrophic.hpp>
#include <semiflow/pde/spectral_model.hpp>

using namespace semiflow;

namespace {

const double pi = std::numbers::pi;
const Grid box({{48, 68.0}, {24, 46.0}});
const Index points = box.points();

Eigen::VectorXd waves(Index nx, Index ny, double phase) {
  return plane_waves(box, {{.harmonics = {nx, ny, 0}, .phase = phase}});
}

double wavenumber(Index axis, Index harmonic) { return 2 * pi * static_cast<double>(harmonic) / box.axis(axis).length; }

Eigen::VectorXd both(const Eigen::VectorXd& upper, const Eigen::VectorXd& lower) {
  Eigen::VectorXd state(upper.size() + lower.size());
  state << upper, lower;
  return state;
}

Eigen::VectorXd in_space(const Eigen::VectorXcd& coefficients) {
  Fft fft(box);
  Spectrum modes = coefficients * static_cast<double>(points);
  Ensemble values(points, 1);
  fft.inverse(modes, values);
  return values;
}

Eigen::VectorXd smooth_state() {
  Eigen::VectorXd q = both(gaussian_random_field(box, 3, 0.5, 1, 3, 0), gaussian_random_field(box, 3, 0.5, 1, 3, 1));
  return q / q.cwiseAbs().maxCoeff();
}

}  // namespace

TEST_CASE("candidates of the jet have their values on plane waves", "[discovery][jet]") {
  FieldLibrary library(box, 2, jet_candidates(box));
  REQUIRE(library.size() == 24);
  CHECK(library.of_field(1).front() == 12);
  // psi1 = a, psi2 = b: plane waves with wavenumbers (k, l) and (m, n), and a quarter period later for the derivatives.
  const double k = wavenumber(1, 3), l = wavenumber(0, 2), m = wavenumber(1, 1), n = wavenumber(0, 4);
  const double a2 = k * k + l * l, b2 = m * m + n * n;
  const Eigen::VectorXd a = waves(3, 2, 0.4), b = 0.5 * waves(1, 4, 1.1);
  const Eigen::VectorXd a_slope = waves(3, 2, 0.4 + pi / 2), b_slope = 0.5 * waves(1, 4, 1.1 + pi / 2);
  const double sign = (in_space(library.evaluate(both(-a2 * a - a, a)).col(2)) - k * a_slope).norm() <
                              (in_space(library.evaluate(both(-a2 * a - a, a)).col(2)) + k * a_slope).norm()
                          ? 1
                          : -1;  // of plane_waves(): sine or cosine
  const Spectrum values = library.evaluate(both(-a2 * a - (a - b), -b2 * b + (a - b)));
  const Eigen::ArrayXd jacobian = (a_slope.array() * b_slope.array()) * (k * n - l * m);  // a_x b_y - a_y b_x
  const Eigen::VectorXd y = box.coordinate(0) - 34;
  for (Index target = 0; target < 2; ++target) {
    const auto check = [&](Index j, const Eigen::VectorXd& expected) {
      INFO(library.candidates()[static_cast<std::size_t>(12 * target + j)].name);
      CHECK((in_space(values.col(12 * target + j)) - expected).cwiseAbs().maxCoeff() <= 1e-12);
    };
    check(0, -a2 * a);
    check(1, -b2 * b);
    check(2, sign * k * a_slope);
    check(3, sign * l * a_slope);
    check(4, sign * m * b_slope);
    check(5, sign * n * b_slope);
    check(6, a);
    check(7, b);
    check(8, jet_stream(box));
    check(9, jacobian);    // J(psi1, q1) = J(psi1, psi2)
    check(10, -jacobian);  // J(psi2, q2) = J(psi2, psi1)
    check(11, y);
  }
}

TEST_CASE("stream functions of the jet and back", "[discovery][jet]") {
  const Eigen::VectorXd psi = both(waves(3, 2, 0.4), 0.5 * waves(1, 4, 1.1));
  const double a2 = std::pow(wavenumber(1, 3), 2) + std::pow(wavenumber(0, 2), 2);
  const Eigen::VectorXd q = jet_vorticities(box, psi);
  CHECK((q.head(points) + a2 * psi.head(points) + psi.head(points) - psi.tail(points)).cwiseAbs().maxCoeff() <= 1e-12);
  CHECK((jet_streams(box, q) - psi).cwiseAbs().maxCoeff() <= 1e-12);
  CHECK_THROWS_AS(jet_streams(box, psi.head(points)), Error);
}

TEST_CASE("an increment of known tendency is the library times its coefficients", "[discovery][jet]") {
  FieldLibrary library(box, 2, jet_candidates(box));
  const Eigen::VectorXd q = smooth_state();
  Eigen::VectorXd truth = Eigen::VectorXd::Zero(24);
  truth << 0, 0.3, 0, 0, -0.2, 0, 0.1, -0.1, 0.05, -0.5, 0, 0, 0.2, 0, 0, 0.4, 0, 0, 0, 0.3, 0, 0, -1, 0;
  // One step of Euler: what the model lacks, exactly.
  const Spectrum values = library.evaluate(q);
  Eigen::VectorXd missing(2 * points);
  missing << in_space(values.leftCols(12) * truth.head(12)), in_space(values.rightCols(12) * truth.tail(12));
  const std::vector<NormalEquations> sums =
      increment_equations(library, {.before = q, .after = q, .forecast = q - 0.25 * missing, .duration = 0.25}, 2);
  REQUIRE(sums.size() == 2);
  for (Index field = 0; field < 2; ++field) {
    const NormalEquations& s = sums[static_cast<std::size_t>(field)];
    CHECK((s.projection - s.gram * truth.segment(12 * field, 12)).norm() <= 1e-12 * s.gram.norm());
  }
  // A few of them are found.
  truth << 0, 0.3, 0, 0, -0.2, 0, 0, 0, 0, -0.5, 0, 0, 0.2, 0, 0, 0, 0, 0, 0, 0, 0.3, 0, 0, 0;
  missing << in_space(values.leftCols(12) * truth.head(12)), in_space(values.rightCols(12) * truth.tail(12));
  const Discovery found = discover_fields(
      library,
      {increment_equations(library, {.before = q, .after = q, .forecast = q - 0.25 * missing, .duration = 0.25}, 2)},
      Eigen::VectorXd::Zero(24));
  CHECK(found.support == std::vector<Index>{1, 4, 9, 12, 20});
  CHECK((found.coefficients - truth).cwiseAbs().maxCoeff() <= 1e-9);
}

TEST_CASE("a field that lacks nothing has no term, whatever rounding says", "[discovery][jet]") {
  FieldLibrary library(box, 2, jet_candidates(box));
  const Eigen::VectorXd q = smooth_state();
  Eigen::VectorXd forecast = q;
  forecast.tail(points) -= 0.1 * in_space(library.evaluate(q).col(13));
  forecast.head(points) += 1e-7 * gaussian_random_field(box, 1, 1, 1, 5, 0);
  const Discovery found = discover_fields(
      library, {increment_equations(library, {.before = q, .after = q, .forecast = forecast, .duration = 0.1})},
      Eigen::VectorXd::Zero(24));
  CHECK(found.support == std::vector<Index>{13});
  CHECK(found.coefficients(13) == Approx(1).epsilon(1e-9));
}

TEST_CASE("a library of fields refuses what does not fit", "[discovery][jet]") {
  CHECK_THROWS_AS(FieldLibrary(box, 2, {}), Error);
  CHECK_THROWS_AS(FieldLibrary(box, 1, jet_candidates(box)), Error);
  FieldLibrary library(box, 2, jet_candidates(box));
  CHECK_THROWS_AS(library.evaluate(Eigen::VectorXd::Zero(points)), Error);
  CHECK_THROWS_AS(discover_fields(library, {}, Eigen::VectorXd::Zero(24)), Error);
}
