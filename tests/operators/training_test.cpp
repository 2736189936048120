// What a training adds to the error of a step, against closed forms.
#include <catch2/catch.hpp>
#include <cmath>
#include <numbers>
#include <semiflow/core/fft.hpp>
#include <semiflow/operators/private/losses.hpp>
#include <semiflow/operators/surrogate.hpp>
#include <semiflow/operators/torch_setup.hpp>
#include <semiflow/pde/initial_states.hpp>
#include <semiflow/pde/kuramoto_sivashinsky.hpp>

using namespace semiflow;

namespace {

const Grid line({{32, 22.0}});
const Semilinear linear = kuramoto_sivashinsky(line, {.advection = 0});

// Of the fourth harmonic.
double rate() {
  const double k = 8 * std::numbers::pi / 22;
  return k * k - k * k * k * k;
}

// That harmonic, as it decays: [state x time], exact.
TrainingData decaying_waves() {
  std::vector<Eigen::MatrixXd> waves;
  for (const double phase : {0.3, 1.9}) {
    Eigen::MatrixXd states(line.points(), 9);
    for (Index k = 0; k < states.cols(); ++k)
      for (Index i = 0; i < line.points(); ++i)
        states(i, k) = std::exp(rate() * static_cast<double>(k)) *
                       std::cos(8 * std::numbers::pi * static_cast<double>(i) / 32 + phase);
    waves.push_back(states);
  }
  return {.training = waves, .validation = {}};
}

// e^{L dt} z: a network whose weights are zero.
Surrogate semigroup(bool learned_symbol) {
  Surrogate model({.modes = {8}, .width = 4, .layers = 2, .head = 4, .learned_symbol = learned_symbol}, linear);
  Eigen::MatrixXd weights = model.weights();
  const Index symbol = learned_symbol ? 2 * line.modes() : 0;  // which comes first
  weights.middleRows(symbol, model.parameter_count() - symbol).setZero();
  model.set_weights(weights);
  return model;
}

}  // namespace

TEST_CASE("The dissipative loss of a linear map is known", "[training]") {
  prepare_torch();
  const torch::Tensor states = torch::randn({5, 8, 2}), centre = torch::tensor({0.3F, -0.2F});
  const torch::Tensor radii = torch::tensor({1.0F, 2.0F, 3.0F, 4.0F, 5.0F});
  const torch::Tensor far = at_radius(states, centre, radii);
  CHECK(torch::allclose((far - centre).flatten(1).norm(2, 1), radii));
  CHECK(torch::allclose(torch::cosine_similarity((far - centre).flatten(1), (states - centre).flatten(1)),
                        torch::ones({5})));
  const torch::Tensor moved = centre + 0.8 * (far - centre);
  CHECK(dissipative_error(far, moved, centre, 0.5).item<double>() == Approx(0.09).epsilon(1e-5));

  // Its step is exact, so that the loss of the data is 0.
  const double step = std::exp(rate());
  const TrainingOptions options{
      .epochs = 1, .batch = 16, .learning_rate = 1e-30, .dissipation = {.weight = 0.3, .factor = 0.4}};
  const auto reports = semigroup(false).train(decaying_waves(), options, Communicator::self());
  CHECK(reports.back().loss == Approx(0.3 * (step - 0.4) * (step - 0.4)).epsilon(1e-4));
}

TEST_CASE("A dissipative loss moves a learned symbol to where both losses balance", "[training]") {
  // (e - a)^2 / a^2 + w (e - f)^2 is least at e = (1 / a + w f) / (1 / a^2 + w).
  Surrogate model = semigroup(true);
  model.train(decaying_waves(),
              {.epochs = 300, .batch = 16, .learning_rate = 3e-3, .dissipation = {.weight = 0.5, .factor = 0.3}},
              Communicator::self());
  const double a = std::exp(rate()), expected = (1 / a + 0.5 * 0.3) / (1 / (a * a) + 0.5);
  Ensemble start(line.points(), 1);
  decaying_waves().training.read(0, 0, start);
  Ensemble moved = start;
  model.advance(moved, {0, 1});
  CHECK(moved.col(0).dot(start.col(0)) / start.squaredNorm() == Approx(expected).epsilon(1e-3));
  CHECK(expected < 0.9 * a);
}

TEST_CASE("A DeepONet learns the antiderivative of a periodic function", "[training]") {
  // operators.md e4, item 10: 0.005.
  const auto pairs = [](Index first, Index count) {
    Fft fft(line);
    const Eigen::ArrayXd k = line.wavenumber(0);
    Spectrum modes(line.modes(), 1);
    std::vector<Eigen::MatrixXd> all;
    for (Index i = 0; i < count; ++i) {
      Ensemble states(line.points(), 2);
      states.col(0) = gaussian_random_field(line, 4, 2, 10, 5, static_cast<std::uint64_t>(first + i));
      fft.forward(states.leftCols(1), modes);
      for (Index j = 0; j < k.size(); ++j) modes(j, 0) = k(j) > 0 ? modes(j, 0) / std::complex<double>(0, k(j)) : 0;
      fft.inverse(modes, states.rightCols(1));
      all.push_back(states);
    }
    return all;
  };
  Surrogate model({.kind = SurrogateKind::deeponet, .modes = {12}, .width = 128, .layers = 1, .head = 32, .seed = 1},
                  linear);
  model.train({.training = pairs(0, 800), .validation = {}},
              {.epochs = 300, .batch = 50, .learning_rate = 1e-2, .weight_decay = 0, .loss = LossKind::relative},
              Communicator::self());
  double error = 0;
  for (const Eigen::MatrixXd& exact : pairs(5000, 100)) {
    Ensemble u = exact.leftCols(1);
    model.advance(u, {0, 1});
    error += (u.col(0) - exact.col(1)).norm() / exact.col(1).norm() / 100;
  }
  CHECK(error < 0.005);
}
