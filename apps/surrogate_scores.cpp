// What a surrogate is worth, and what it is compared with.
#include "surrogate_scores.hpp"

#include <limits>
#include <semiflow/core/collective_error.hpp>
#include <semiflow/pde/diagnostics.hpp>
#include <semiflow/pde/resampling.hpp>

#include "networks.hpp"
#include "surrogate_data.hpp"

namespace semiflow {

namespace {

constexpr double valid_until = 0.4;
constexpr double energetic = 0.01;

// Advances the states that are finite; what is lost becomes NaN and stays so. Returns whether all are there.
bool advance_finite(const Forecaster& forecaster, Ensemble& states, double step) {
  std::vector<Index> alive;
  for (Index i = 0; i < states.cols(); ++i)
    if (states.col(i).allFinite()) alive.push_back(i);
  const auto lost = [](const Error& error) {
    if (error.fault() != Fault::run) throw error;
  };
  Ensemble moved = states(Eigen::all, alive);
  try {
    forecaster.advance(moved, {0, step});
  } catch (const Error& error) {
    lost(error);
    // One of them is lost, or more: which shows when they go alone.
    for (Index i = 0; i < std::ssize(alive); ++i) {
      Ensemble one = states.col(alive[static_cast<std::size_t>(i)]);
      try {
        forecaster.advance(one, {0, step});
      } catch (const Error& again) {
        lost(again);
        one.setConstant(std::nan(""));
      }
      moved.col(i) = one;
    }
  }
  states(Eigen::all, alive) = moved;
  bool all = true;
  for (Index i = 0; i < states.cols(); ++i)
    if (!states.col(i).allFinite()) states.col(i).setConstant(std::nan("")), all = false;
  return all;
}

double relative_error(const Eigen::Ref<const Eigen::VectorXd>& p, const Eigen::Ref<const Eigen::VectorXd>& t) {
  return (p - t).norm() / t.norm();
}

// In the order of the trajectories, whoever has them.
Eigen::VectorXd mean_of(const RunContext& run, const Eigen::MatrixXd& mine, Index all) {
  return run.comm.sum_in_order(mine) / static_cast<double>(all);
}

void score_steps(RunContext& run, const Forecaster& forecaster, const std::vector<Eigen::MatrixXd>& test, Share mine,
                 ForecastScores& scores) {
  const SurrogateStageOptions& s = *run.experiment.surrogate;
  Ensemble states(run.experiment.model.state_size(), mine.size * s.frames);
  const auto at = [&](Index i) -> const Eigen::MatrixXd& { return test[static_cast<std::size_t>(mine.begin + i)]; };
  for (Index i = 0; i < mine.size; ++i) states.middleCols(i * s.frames, s.frames) = at(i).leftCols(s.frames);
  const auto begin = std::chrono::steady_clock::now();
  if (states.cols() > 0) advance_finite(forecaster, states, s.network.time_step);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  scores.seconds_per_step = run.comm.maximum(states.cols() > 0 ? seconds / static_cast<double>(states.cols()) : 0.0);
  Eigen::MatrixXd errors = Eigen::MatrixXd::Zero(2, mine.size);
  for (Index i = 0; i < mine.size; ++i)
    for (Index k = 0; k < s.frames; ++k) {
      const double error = relative_error(states.col(i * s.frames + k), at(i).col(k + 1));
      errors.col(i) += Eigen::Vector2d(error * error, error) / static_cast<double>(s.frames);
    }
  const Eigen::VectorXd mean = mean_of(run, errors, std::ssize(test));
  scores.relative_mean_square = mean(0);
  scores.relative_l2 = mean(1);
}

void score_rollout(RunContext& run, const Forecaster& forecaster, const std::vector<Eigen::MatrixXd>& test, Share mine,
                   ForecastScores& scores) {
  const SurrogateStageOptions& s = *run.experiment.surrogate;
  Ensemble states(run.experiment.model.state_size(), mine.size);
  for (Index i = 0; i < mine.size; ++i) states.col(i) = test[static_cast<std::size_t>(mine.begin + i)].col(0);
  // The errors by lead, and below them the time that a forecast is valid for.
  Eigen::MatrixXd errors(s.lead + 1, mine.size);
  errors.row(s.lead).setConstant(static_cast<double>(s.lead) * s.network.time_step);
  std::vector<bool> valid(static_cast<std::size_t>(mine.size), true);
  for (Index lead = 0; lead < s.lead; ++lead) {
    advance_finite(forecaster, states, s.network.time_step);
    for (Index i = 0; i < mine.size; ++i) {
      const double error = relative_error(states.col(i), test[static_cast<std::size_t>(mine.begin + i)].col(lead + 1));
      errors(lead, i) = error;
      if (error <= valid_until || !valid[static_cast<std::size_t>(i)]) continue;
      valid[static_cast<std::size_t>(i)] = false;
      errors(s.lead, i) = static_cast<double>(lead + 1) * s.network.time_step;
    }
  }
  const Eigen::VectorXd mean = mean_of(run, errors, std::ssize(test));
  const Index points = run.experiment.model.grid.points();
  double drift = 0;
  for (Index i = 0; i < mine.size; ++i)
    for (Index row = 0; row < states.rows(); row += points) {
      const double moved = states.col(i).segment(row, points).mean() -
                           test[static_cast<std::size_t>(mine.begin + i)].col(0).segment(row, points).mean();
      if (!(std::abs(moved) <= drift)) drift = std::isnan(moved) ? INFINITY : std::abs(moved);
    }
  scores.mean_drift = run.comm.maximum(drift);
  if (std::isinf(scores.mean_drift)) scores.mean_drift = std::nan("");
  scores.rollout = mean.head(s.lead);
  scores.valid_time = mean(s.lead);
}

}  // namespace

ForecastScores forecast_scores(RunContext& run, const Forecaster& forecaster,
                               const std::vector<Eigen::MatrixXd>& test) {
  ForecastScores scores;
  scores.rollout = Eigen::VectorXd::Constant(run.experiment.surrogate->lead, std::nan(""));
  if (!forecaster.advance) return scores;
  const Timers::Scope scope(run.timers, Work::forecast);
  const Share mine = run.comm.share(std::ssize(test));
  score_steps(run, forecaster, test, mine, scores);
  score_rollout(run, forecaster, test, mine, scores);
  return scores;
}

ClimateScores climate_scores(RunContext& run, const Forecaster& forecaster, const std::vector<Eigen::MatrixXd>& test) {
  const Experiment& e = run.experiment;
  const SurrogateStageOptions& s = *e.surrogate;
  const Grid& grid = e.model.grid;
  SpectralDiagnostics diagnostics(grid);
  const auto spectrum = [&](const Eigen::VectorXd& state) {
    Eigen::VectorXd sum = 2 * diagnostics.isotropic_spectrum(state.head(grid.points()));
    for (Index first = grid.points(); first < state.size(); first += grid.points())
      sum += 2 * diagnostics.isotropic_spectrum(state.segment(first, grid.points()));
    return sum;
  };
  const Index shells = spectrum(Eigen::VectorXd::Zero(e.model.state_size())).size();
  ClimateScores scores{.spectrum = Eigen::VectorXd::Constant(shells, std::nan(""))};
  if (!forecaster.advance) return scores;
  const Timers::Scope scope(run.timers, Work::forecast);
  const Share mine = run.comm.share(std::ssize(test));
  Ensemble states(e.model.state_size(), mine.size);
  for (Index i = 0; i < mine.size; ++i) states.col(i) = test[static_cast<std::size_t>(mine.begin + i)].rightCols(1);
  Eigen::MatrixXd spectra = Eigen::MatrixXd::Zero(shells, mine.size);
  Index lost = std::numeric_limits<Index>::max();
  for (Index step = 1; step <= s.climate_steps && mine.size > 0; ++step) {
    if (!advance_finite(forecaster, states, s.network.time_step)) {
      lost = step;
      break;
    }
    for (Index i = 0; i < mine.size; ++i)
      spectra.col(i) += spectrum(states.col(i)) / static_cast<double>(s.climate_steps);
    if (step % 50 == 0) run.progress("climate: " + forecaster.name, step, s.climate_steps);
  }
  const Index first_lost = run.comm.minimum(lost);
  const Eigen::VectorXd mean = mean_of(run, spectra, std::ssize(test));
  if (first_lost == std::numeric_limits<Index>::max())
    scores.spectrum = mean;
  else
    scores.lost_at = static_cast<double>(first_lost) * s.network.time_step;
  return scores;
}

double spectrum_deviation(const Eigen::VectorXd& spectrum, const Eigen::VectorXd& reference) {
  double largest = 0;
  for (Index n = 0; n < reference.size(); ++n) {
    if (reference(n) < energetic * reference.maxCoeff()) continue;
    const double deviation = std::abs(spectrum(n) / reference(n) - 1);
    if (!(deviation <= largest)) largest = deviation;  // NaN too
  }
  return largest;
}

double error_of_step(RunContext& run, LearnedModel& surrogate, double length,
                     const std::vector<Eigen::MatrixXd>& test) {
  const Experiment& e = run.experiment;
  Solver solver(data_model(e));
  const Share mine = run.comm.share(std::ssize(test));
  Eigen::MatrixXd errors(1, mine.size);
  for (Index i = 0; i < mine.size; ++i) {
    Ensemble exact = test[static_cast<std::size_t>(mine.begin + i)].leftCols(e.surrogate->frames), forecast = exact;
    solver.advance(exact, {0, length});
    advance_finite({.name = {}, .advance = [&](EnsembleRef u, Interval w) { surrogate.advance(u, w); }}, forecast,
                   length);
    errors(0, i) = ((forecast - exact).colwise().squaredNorm().array() / exact.colwise().squaredNorm().array()).mean();
  }
  return mean_of(run, errors, std::ssize(test))(0);
}

double error_at_resolution(RunContext& run, const Eigen::MatrixXd& weights, Index points,
                           const std::vector<Eigen::MatrixXd>& test) {
  const Experiment& e = run.experiment;
  const SurrogateStageOptions& s = *e.surrogate;
  const Grid& coarse = e.model.grid;
  std::vector<Axis> axes;
  for (Index d = 0; d < coarse.dimensions(); ++d) {
    axes.push_back(coarse.axis(d));
    axes.back().points = axes.back().points * points / coarse.axis(coarse.dimensions() - 1).points;
  }
  ModelOptions model = e.model, truth = data_model(e);
  model.grid = truth.grid = Grid(axes);
  const std::unique_ptr<LearnedModel> surrogate = networks().make_surrogate(s.network, equation(model), e.model.dt);
  surrogate->set_weights(weights);
  Solver solver(truth);
  const Share mine = run.comm.share(std::ssize(test));
  Eigen::MatrixXd errors(1, mine.size);
  for (Index i = 0; i < mine.size; ++i) {
    Ensemble forecast = resampled(coarse, model.grid, test[static_cast<std::size_t>(mine.begin + i)].leftCols(1));
    Ensemble exact = forecast;
    solver.advance(exact, {0, s.network.time_step});
    advance_finite({.name = {}, .advance = [&](EnsembleRef u, Interval w) { surrogate->advance(u, w); }}, forecast,
                   s.network.time_step);
    errors(0, i) = relative_error(forecast.col(0), exact.col(0));
  }
  return mean_of(run, errors, std::ssize(test))(0);
}

}  // namespace semiflow
