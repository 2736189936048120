#include <algorithm>
#include <cmath>
#include <numbers>
#include <semiflow/assimilation/discovery/noisy_pairs.hpp>
#include <semiflow/core/error.hpp>

namespace semiflow {

namespace {

// The mean, then sqrt(2) times cosine and sine of each harmonic: orthonormal in the mean over the points, so that white
// noise on n points has variance 1/n in every coordinate.
Eigen::MatrixXd real_basis(Index points, Index harmonics) {
  Eigen::MatrixXd basis(points, 1 + 2 * harmonics);
  basis.col(0).setOnes();
  const double first = 2 * std::numbers::pi / static_cast<double>(points);
  for (Index n = 1; n <= harmonics; ++n)
    for (Index i = 0; i < points; ++i) {
      const double phase = first * static_cast<double>(n * i % points);
      basis(i, 2 * n - 1) = std::numbers::sqrt2 * std::cos(phase);
      basis(i, 2 * n) = std::numbers::sqrt2 * std::sin(phase);
    }
  return basis;
}

Eigen::MatrixXd coordinates(const Grid& grid, const Eigen::MatrixXd& states, Index harmonics) {
  Fft fft(grid);
  Spectrum modes(grid.modes(), states.cols());
  fft.forward(states, modes);
  modes /= static_cast<double>(grid.points());
  Eigen::MatrixXd result(1 + 2 * harmonics, states.cols());
  result.row(0) = modes.row(0).real();
  for (Index n = 1; n <= harmonics; ++n) {
    result.row(2 * n - 1) = std::numbers::sqrt2 * modes.row(n).real();
    result.row(2 * n) = -std::numbers::sqrt2 * modes.row(n).imag();
  }
  return result;
}

const PairStates& valid(const Grid& grid, const PairStates& states) {
  require(grid.dimensions() == 1, "pairs of states live on a line");
  require(states.before.rows() == grid.points() && states.after.rows() == grid.points() &&
              states.before.cols() == states.after.cols() && states.before.cols() > 0,
          "pairs need states of one value a point, as many before as after");
  require(states.before.allFinite() && states.after.allFinite(), "the states of a pair must be finite");
  require(states.duration > 0, "a pair needs a positive duration");
  require(std::isfinite(states.noise_std) && states.noise_std > 0, "the noise of the states must be positive");
  return states;
}

constexpr Index fewest_harmonics = 3;

// Where the power of the signal has come down to that of the noise.
Index resolved_harmonics(const Grid& grid, const PairStates& states, double max_wavenumber) {
  const Index all = (grid.points() - 1) / 2;
  const double first = 2 * std::numbers::pi / grid.axis(0).length;
  const auto asked = max_wavenumber / first;
  if (asked < static_cast<double>(all) + 1) {
    require(asked >= 1, "no mode lies below max_wavenumber");
    return std::max<Index>(1, static_cast<Index>(asked));
  }
  const Eigen::MatrixXd before = coordinates(grid, states.before, all), after = coordinates(grid, states.after, all);
  const Eigen::VectorXd square = before.rowwise().squaredNorm() + after.rowwise().squaredNorm();
  const double noise = states.noise_std * states.noise_std / static_cast<double>(grid.points());
  const auto samples = static_cast<double>(4 * states.before.cols());
  for (Index n = fewest_harmonics; n + 2 <= all; ++n)
    if (square.segment(2 * (n - 2) - 1, 10).sum() / (5 * samples) < 2 * noise) return n;
  return all;
}

bool is_smooth(Index n) {
  for (const Index prime : {2, 3, 5})
    while (n % prime == 0) n /= prime;
  return n == 1;
}

Grid model_grid_of(const Grid& grid, Index harmonics) {
  Index points = 3 * harmonics + 2;
  while (points % 2 != 0 || !is_smooth(points)) ++points;
  return Grid({{std::min(points, grid.points()), grid.axis(0).length}});
}

// The model on the grid of the pairs.
Semilinear equation_on(const Grid& grid, const std::function<Semilinear(const Grid&)>& model_on) {
  Semilinear equation = model_on(grid);
  require(equation.grid == grid && equation.fields == 1, "the model must be of one field, on the grid asked for");
  equation.dealiasing = Dealiasing::padding;
  return equation;
}

}  // namespace

Eigen::VectorXd difference_steps(TermLibrary& library, const Eigen::VectorXd& state, double duration) {
  const Spectrum columns = library.evaluate(state);
  const Eigen::ArrayXd multiplicity = library.grid().multiplicity();
  const double size = std::sqrt(state.squaredNorm() / static_cast<double>(state.size()));
  Eigen::VectorXd steps = Eigen::VectorXd::Constant(library.size(), 1e-4);
  for (Index j = 0; j < library.size(); ++j) {
    const double rms = std::sqrt((columns.col(j).array().abs2() * multiplicity).sum());
    if (rms > 0 && size > 0) steps(j) = 1e-4 * size / (rms * duration);
  }
  return steps;
}

NoisyPairs::NoisyPairs(const Grid& grid, PairStates states, const NoisyPairOptions& options,
                       const std::function<Semilinear(const Grid&)>& model_on)
    : duration_(valid(grid, states).duration),
      error_(states.noise_std / std::sqrt(static_cast<double>(grid.points()))),
      harmonics_(resolved_harmonics(grid, states, options.max_wavenumber)),
      before_(coordinates(grid, states.before, harmonics_)),
      after_(coordinates(grid, states.after, harmonics_)),
      grid_(model_grid_of(grid, harmonics_)),
      library_(grid_, options.library),
      basis_(real_basis(grid_.points(), harmonics_)),
      models_(equation_on(grid_, model_on), library_.terms(), options.dt, options.method,
              difference_steps(library_, basis_ * before_.col(0), duration_)) {
  whole_steps({0, duration_}, options.dt);
}

double NoisyPairs::max_wavenumber() const {
  return 2 * std::numbers::pi / grid_.axis(0).length * static_cast<double>(harmonics_);
}

JointProblem NoisyPairs::problem() {
  return {.windows = before_.cols(),
          .terms = library_.size(),
          .set_coefficients = [this](const Eigen::VectorXd& c) { models_.set_coefficients(c); },
          .linearise = [this](Index pair, const Eigen::VectorXd& state) { return linearise(pair, state); },
          .unknowns = [this](Index) { return before_.rows(); }};
}

LinearisedForecast NoisyPairs::linearise(Index pair, const Eigen::VectorXd& state) {
  const Index unknowns = before_.rows(), terms = library_.size();
  const auto points = static_cast<double>(grid_.points());
  const Eigen::VectorXd start = basis_ * (before_.col(pair) + error_ * state);
  Eigen::VectorXd forecast = start;
  Ensemble tangent = basis_;
  models_.model().advance_tangent(forecast, tangent, {0, duration_});
  Ensemble more = start.replicate(1, terms), less = more;
  models_.advance_changed(more, less, {0, duration_});
  LinearisedForecast result{
      .background_departure = -state,
      .departure = (after_.col(pair) - basis_.transpose() * forecast / points) / error_,
      .state_sensitivity = Eigen::MatrixXd(unknowns, unknowns),
      .term_sensitivity = basis_.transpose() * models_.derivatives(more, less) / (points * error_)};
  result.state_sensitivity.noalias() = basis_.transpose() * tangent / points;
  return result;
}

}  // namespace semiflow
