#include <Eigen/QR>
#include <catch2/catch.hpp>
#include <cmath>
#include <semiflow/core/random.hpp>
#include <semiflow/pde/lorenz.hpp>
#include <semiflow/pde/lyapunov.hpp>

using namespace semiflow;

namespace {

Eigen::VectorXd noise(Index size, std::uint64_t item) { return standard_normal(size, {5, 1000, item}); }

template <OrdinaryEquation F>
Eigen::VectorXd tendency(const F& f, const Eigen::VectorXd& x) {
  const auto size = static_cast<std::size_t>(x.size());
  std::vector<Lanes> state(size), rate(size);
  for (std::size_t i = 0; i < size; ++i) state[i] = x(static_cast<Index>(i));
  f.tendency(0, state.data(), rate.data());
  Eigen::VectorXd dx(x.size());
  for (std::size_t i = 0; i < size; ++i) dx(static_cast<Index>(i)) = rate[i][0];
  return dx;
}

Eigen::VectorXd rolled(const Eigen::VectorXd& x, Index by) {
  Eigen::VectorXd result(x.size());
  for (Index i = 0; i < x.size(); ++i) result((i + by) % x.size()) = x(i);
  return result;
}

template <OrdinaryEquation F>
Ensemble advanced(const F& f, double dt, Ensemble members, double time) {
  RungeKutta4(f, dt).advance(members, {0, time});
  return members;
}

// Members after a transient, every one in its own place of the attractor.
Ensemble attractor(const auto& f, double dt, const Eigen::VectorXd& start, Index members, double transient) {
  Ensemble states = start.replicate(1, members);
  for (Index j = 0; j < members; ++j) states.col(j) += 0.1 * noise(start.size(), static_cast<std::uint64_t>(j));
  return advanced(f, dt, states, transient);
}

// The climatology's score as in specs/assimilation.md: mean over time of the root mean square over the state of the
// distance from the mean state.
template <OrdinaryEquation F>
double climatology(const F& f, double dt, Ensemble states, double interval, Index samples) {
  RungeKutta4 model(f, dt);
  Ensemble all(states.rows(), states.cols() * samples);
  for (Index s = 0; s < samples; ++s) {
    model.advance(states, {0, interval});
    all.middleCols(s * states.cols(), states.cols()) = states;
  }
  all.colwise() -= all.rowwise().mean().eval();
  return all.colwise().norm().mean() / std::sqrt(static_cast<double>(states.rows()));
}

// Benettin et al. (1980).
template <DifferentiableModel M>
Eigen::VectorXd exponents(M& model, Eigen::VectorXd state, Index vectors, double interval, Index count) {
  Ensemble v = Eigen::HouseholderQR<Ensemble>(Ensemble::Random(state.size(), vectors)).householderQ() *
               Ensemble::Identity(state.size(), vectors);
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(vectors);
  for (Index i = -count / 20; i < count; ++i) {
    model.advance_tangent(state, v, {0, interval});
    const Eigen::HouseholderQR<Ensemble> qr(v);
    v = qr.householderQ() * Ensemble::Identity(state.size(), vectors);
    if (i >= 0) sum += qr.matrixQR().diagonal().array().abs().log().matrix();
  }
  return sum / (interval * static_cast<double>(count));
}

}  // namespace

TEST_CASE("Lorenz-63 rests where it should", "[lorenz]") {
  const Lorenz63 f{.sigma = 9, .rho = 20, .beta = 2};
  const double a = std::sqrt(f.beta * (f.rho - 1));
  for (const Eigen::Vector3d& rest :
       {Eigen::Vector3d(0, 0, 0), Eigen::Vector3d(a, a, f.rho - 1), Eigen::Vector3d(-a, -a, f.rho - 1)}) {
    CHECK(tendency(f, rest).norm() <= 1e-13);
    CHECK((advanced(f, 0.01, rest, 0.5) - rest).norm() <= 1e-12);
  }
}

TEST_CASE("Lorenz-96 rests at its forcing", "[lorenz]") {
  const Index points = GENERATE(4, 5, 40);
  const Lorenz96 f{.points = points, .forcing = 3.7};
  CHECK(tendency(f, Eigen::VectorXd::Constant(points, 3.7)).norm() <= 1e-14);
}

TEST_CASE("the products of the Lorenz models conserve energy", "[lorenz]") {
  const Eigen::VectorXd x = noise(40, 1);
  CHECK(std::abs(x.dot(tendency(Lorenz96{.forcing = 0}, x) + x)) <= 1e-14 * x.squaredNorm());

  // Damping and forcing are all that is left; the coupling only passes energy on.
  const TwoScaleLorenz f{
      .sectors = 5, .per_sector = 7, .forcing = 6, .coupling = 0.8, .space_ratio = 3, .time_ratio = 4};
  const Eigen::VectorXd state = noise(f.size(), 2);
  const auto X = state.head(5);
  const auto Y = state.tail(35);
  const double expected = -X.squaredNorm() + f.forcing * X.sum() - f.time_ratio * Y.squaredNorm();
  CHECK(state.dot(tendency(f, state)) == Approx(expected).epsilon(1e-12));
}

TEST_CASE("the two-scale model is what Wilks wrote", "[lorenz]") {
  const TwoScaleLorenz f{
      .sectors = 4, .per_sector = 3, .forcing = 6, .coupling = 0.8, .space_ratio = 3, .time_ratio = 4};
  const Eigen::VectorXd state = noise(16, 3), rate = tendency(f, state);
  const auto X = [&](Index k) { return state((k + 4) % 4); };
  const auto Y = [&](Index j) { return state(4 + (j + 12) % 12); };
  const double h = 0.8, b = 3, c = 4;
  for (Index k = 0; k < 4; ++k)
    CHECK(rate(k) ==
          Approx(-X(k - 1) * (X(k - 2) - X(k + 1)) - X(k) + 6 - h * c / b * (Y(3 * k) + Y(3 * k + 1) + Y(3 * k + 2))));
  for (Index j = 0; j < 12; ++j)
    CHECK(rate(4 + j) == Approx(-c * b * Y(j + 1) * (Y(j + 2) - Y(j - 1)) - c * Y(j) + h * c / b * X(j / 3)));
}

TEST_CASE("the Lorenz models do not know where they are on the circle", "[lorenz]") {
  const Eigen::VectorXd x = noise(40, 4).array() + 2;
  CHECK(rolled(advanced(Lorenz96{}, 0.05, x, 1), 13) == advanced(Lorenz96{}, 0.05, rolled(x, 13), 1));

  const TwoScaleLorenz f{.per_sector = 6};
  const Eigen::VectorXd state = noise(f.size(), 5);
  const auto turned = [&](const Eigen::VectorXd& s) {
    Eigen::VectorXd result(s.size());
    result << rolled(s.head(8), 3), rolled(s.tail(48), 18);
    return result;
  };
  CHECK(turned(advanced(f, 0.005, state, 0.5)) == advanced(f, 0.005, turned(state), 0.5));
}

TEST_CASE("climatologies of the Lorenz models", "[lorenz]") {
  // specs/assimilation.md, rows A1, B1 and B32.
  const Ensemble lorenz63 = attractor(Lorenz63{}, 0.01, Eigen::Vector3d(1.509, -1.531, 25.46), 64, 20);
  CHECK(climatology(Lorenz63{}, 0.01, lorenz63, 0.25, 200) == Approx(7.6).margin(0.05));
  const Ensemble lorenz96 = attractor(Lorenz96{}, 0.05, Eigen::VectorXd::Unit(40, 0), 64, 20);
  CHECK(climatology(Lorenz96{}, 0.05, lorenz96, 0.5, 100) == Approx(3.63).margin(0.03));
  const Ensemble wilks = attractor(TwoScaleLorenz{}, 0.005, Eigen::VectorXd::Unit(264, 0), 32, 5);
  CHECK(climatology(TwoScaleLorenz{}, 0.005, wilks, 0.5, 40) == Approx(0.93).margin(0.02));
}

TEST_CASE("the Lyapunov spectrum of Lorenz-63", "[lorenz][lyapunov]") {
  // Sprott (2003), table A: 0.906, 0, -14.572. Their sum is the divergence of the flow.
  RungeKutta4 model(Lorenz63{}, 0.01);
  const Eigen::VectorXd lambda = exponents(model, Eigen::Vector3d(1, 2, 20), 3, 0.25, 16000);
  INFO(lambda.transpose());
  CHECK(lambda(0) == Approx(0.906).margin(0.006));
  CHECK(lambda(1) == Approx(0).margin(0.002));
  CHECK(lambda(2) == Approx(-14.572).margin(0.01));
  CHECK(lambda.sum() == Approx(-41. / 3).epsilon(1e-5));
}

TEST_CASE("the Lyapunov spectrum of Lorenz-96", "[lorenz][lyapunov]") {
  // Lorenz & Emanuel (1998): the largest about 1.67, 13 positive ones, Kaplan-Yorke dimension about 27.1.
  RungeKutta4 model(Lorenz96{}, 0.05);
  const Eigen::VectorXd start = attractor(Lorenz96{}, 0.05, Eigen::VectorXd::Unit(40, 0), 1, 20);
  const Eigen::VectorXd largest = exponents(model, start, 1, 0.5, 12000);
  CAPTURE(largest);
  CHECK(largest(0) == Approx(1.68).margin(0.01));
  const Eigen::VectorXd lambda = exponents(model, start, 40, 0.5, 1000);
  INFO(lambda.transpose());
  CHECK((lambda.array() > 0.02).count() == 13);
  CHECK(kaplan_yorke_dimension(lambda) == Approx(27.1).margin(0.15));
  CHECK(lambda.sum() == Approx(-40).epsilon(1e-3));
}
