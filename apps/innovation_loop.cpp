// Discovery within the cycle of a filter, window after window.
#include "innovation_loop.hpp"

#include <cmath>
#include <semiflow/assimilation/discovery/field_discovery.hpp>
#include <semiflow/assimilation/discovery/field_library.hpp>
#include <semiflow/assimilation/discovery/innovation_discovery.hpp>
#include <semiflow/core/collective_error.hpp>

#include "candidates.hpp"
#include "discover_jointly.hpp"

namespace semiflow {

namespace {

// The numbers of a window's sums: those of NormalEquations, in one column.
Eigen::VectorXd packed(const NormalEquations& sums) {
  Eigen::VectorXd numbers(sums.gram.size() + sums.terms() + 2);
  numbers << sums.gram.reshaped(), sums.projection, sums.target_square, sums.rows;
  return numbers;
}

NormalEquations unpacked(const Eigen::VectorXd& numbers, Index terms) {
  return {.gram = numbers.head(terms * terms).reshaped(terms, terms),
          .projection = numbers.segment(terms * terms, terms),
          .target_square = numbers(terms * (terms + 1)),
          .rows = numbers(terms * (terms + 1) + 1)};
}

// The answer of a window that says nothing: what the model has already.
Discovery nothing_found(const Eigen::VectorXd& in_model) {
  const Eigen::VectorXd none = Eigen::VectorXd::Zero(in_model.size());
  Discovery found{.coefficients = in_model, .standard_deviation = none, .contribution = none};
  for (Index j = 0; j < in_model.size(); ++j)
    if (in_model(j) != 0) found.support.push_back(j);
  found.relative_residual = 1;
  found.ranking.inclusion_probability = found.ranking.log_bayes_factor = none;
  found.collinearity = {.variance_inflation = none, .weakest_direction = none};
  return found;
}

// By more than its error bars tell: a term that has come or gone has none, or one that is smaller than itself.
bool moves(const Eigen::VectorXd& change, const Eigen::VectorXd& standard_deviation) {
  constexpr double much = 3;
  return (change.array().abs() > much * standard_deviation.array()).any();
}

NormalEquations no_rows(Index terms) {
  return {.gram = Eigen::MatrixXd::Zero(terms, terms), .projection = Eigen::VectorXd::Zero(terms)};
}

}  // namespace

InnovationLoop::InnovationLoop(RunContext& run)
    : run_(run),
      candidates_(candidates(run.experiment.model, run.experiment.discovery->library)),
      mine_(run.comm.share(std::ssize(candidates_))),
      in_model_(Eigen::VectorXd::Zero(std::ssize(candidates_))),
      sensitivity_(Ensemble::Zero(run.experiment.model.state_size(), std::ssize(candidates_))),
      sums_(no_rows(std::ssize(candidates_))) {}

// Each step changes the state by about a millionth of itself within the interval: so little that the difference is a
// derivative, so much that rounding does not show.
void InnovationLoop::make_models(const Eigen::VectorXd& estimate, double duration) {
  const ModelOptions& options = run_.experiment.model;
  if (steps_.size() == 0) {
    FieldLibrary library(options.grid, std::ssize(options.equation->fields), candidates_, options.dealiasing);
    const Spectrum terms = library.evaluate(estimate);
    const double size = rms(estimate);
    steps_.resize(library.size());
    for (Index j = 0; j < library.size(); ++j) {
      const double tendency = std::sqrt(terms.col(j).cwiseAbs2().dot(options.grid.multiplicity().matrix()));
      steps_(j) = 1e-6 * size / (std::max(tendency, 1e-3 * size) * duration);
    }
  }
  models_.clear();
  const Semilinear corrected = equation(options) + found_terms(in_model_, candidates_);
  models_.emplace_back(SpectralModel(corrected, options.dt, options.stepper));
  for (Index j = mine_.begin; j < mine_.end(); ++j) {
    Eigen::VectorXd more = Eigen::VectorXd::Zero(steps_.size());
    more(j) = steps_(j);
    models_.emplace_back(SpectralModel(corrected + found_terms(more, candidates_), options.dt, options.stepper));
  }
}

void InnovationLoop::lose() {
  lost_ = true;
  sensitivity_.setZero();
}

void InnovationLoop::forecast(const Eigen::VectorXd& estimate, Interval window) {
  const Timers::Scope scope(run_.timers, Work::forecast);
  Ensemble mine(sensitivity_.rows(), mine_.size);
  bool finite = true;
  run_together(run_.comm, [&] {
    if (models_.empty()) make_models(estimate, window.end - window.begin);
    Ensemble columns = estimate.replicate(1, 1 + mine_.size);
    for (Index i = 0; i <= mine_.size; ++i) {
      const Index j = mine_.begin + i - 1;
      if (i > 0) columns.col(i) += steps_(j) * sensitivity_.col(j);
      models_[static_cast<std::size_t>(i)].advance(columns.middleCols(i, 1), window);
      if (i > 0) mine.col(i - 1) = (columns.col(i) - columns.col(0)) / steps_(j);
    }
    finite = columns.allFinite();
  });
  if (run_.comm.any(!finite)) return lose();
  sensitivity_ = run_.comm.all_members(mine, steps_.size());
  // Beyond this the differences are no derivatives any more: the filter does not hold the error.
  const double linear = 0.03 * rms(estimate);
  for (Index j = 0; j < steps_.size(); ++j)
    if (steps_(j) * rms(sensitivity_.col(j)) > linear) return lose();
}

void InnovationLoop::observe(Cycle& cycle, const Sensors& sensors, const Measurement& measurement) {
  const AssimilationOptions& a = *run_.experiment.assimilation;
  const Eigen::MatrixXd shifts = sensors.tangent(cycle.mean(), sensitivity_);
  const GainResponse response = cycle.response(sensors, measurement, shifts);
  if (response.used.empty()) return;
  const Timers::Scope scope(run_.timers, Work::analysis);
  run_together(run_.comm, [&] {
    const WhitenedRows rows =
        innovation_rows(run_.experiment.model.grid, response.predicted, response.measurement,
                        shifts(response.used, Eigen::all), {.prior_std = a.inflation.prior_std, .taper = a.taper});
    sums_ += normal_equations(rows.library, rows.target);
  });
  sensitivity_ -= response.update;
}

void InnovationLoop::finish_event(Cycle& cycle, Index event) {
  const Index length = run_.experiment.discovery->window;
  if (event % length != 0) return;
  const Index window = event / length - 1;
  InnovationDiscovery answer;
  if (sums_.rows > 0 && !lost_) windows_.push_back({.sums = sums_, .in_model = in_model_});
  if (!windows_.empty()) answer = discover_from_innovations(windows_, run_.experiment.discovery->half_life);
  std::string doubt;
  if (lost_ || sums_.rows == 0 || windows_.empty()) {
    doubt = "the filter has lost the truth, or no sensor has reported";
    answer.found = nothing_found(in_model_);
  } else if (answer.misfit_of_model > suspicious_misfit) {
    doubt = "the model of this window is too far off for linear corrections; the next window will tell";
  }
  const Eigen::VectorXd change = answer.found.coefficients - in_model_;
  if (doubt.empty() && window > 0 && moves(change, answer.found.standard_deviation))
    doubt = "the answer still moves from window to window";
  write_discovery(run_, window, answer.found, windows_.empty() ? std::nan("") : answer.misfit, doubt);
  in_model_ = answer.found.coefficients;
  cycle.correct(window + 1, sensitivity_ * change);
  models_.clear();
  sums_ = no_rows(in_model_.size());
  lost_ = false;
}

void InnovationLoop::write_scores() const {
  const Index length = run_.experiment.discovery->window;
  const auto write = [&](const char* name, const std::string& group, const char* series) {
    const Eigen::VectorXd values = run_.file.read_all(group + "/" + series).reshaped();
    for (Index w = 0; w < run_.experiment.discovery->passes; ++w)
      run_.file.write(std::string("/discovery/") + name, w,
                      Eigen::MatrixXd::Constant(1, 1, rms(values.segment(w * length, length))));
  };
  write("window_rmse", assimilation_group(1), "rmse_analysis");
  write("window_spread", assimilation_group(1), "spread_analysis");
  write("window_rmse_uncorrected", assimilation_group(0), "rmse_analysis");
  write("window_spread_uncorrected", assimilation_group(0), "spread_analysis");
}

void InnovationLoop::save(Checkpoint& checkpoint) const {
  checkpoint.shared["loop_sensitivity"] = sensitivity_;
  checkpoint.shared["loop_in_model"] = in_model_;
  checkpoint.shared["loop_steps"] = steps_;
  checkpoint.shared["loop_sums"] = packed(sums_);
  Eigen::MatrixXd windows(packed(sums_).size() + in_model_.size(), std::ssize(windows_));
  for (Index i = 0; i < windows.cols(); ++i) {
    const InnovationWindow& window = windows_[static_cast<std::size_t>(i)];
    windows.col(i) << packed(window.sums), window.in_model;
  }
  checkpoint.shared["loop_windows"] = windows;
  checkpoint.counters["loop_lost"] = lost_ ? 1 : 0;
}

void InnovationLoop::load(const Checkpoint& checkpoint, Cycle& cycle) {
  const Index terms = in_model_.size();
  sensitivity_ = checkpoint.shared.at("loop_sensitivity");
  in_model_ = checkpoint.shared.at("loop_in_model");
  steps_ = checkpoint.shared.at("loop_steps");
  sums_ = unpacked(checkpoint.shared.at("loop_sums"), terms);
  const Eigen::MatrixXd& windows = checkpoint.shared.at("loop_windows");
  for (Index i = 0; i < windows.cols(); ++i)
    windows_.push_back({.sums = unpacked(windows.col(i), terms), .in_model = windows.col(i).tail(terms)});
  lost_ = checkpoint.counters.at("loop_lost") == 1;
  const Index finished = checkpoint.counters.at("cycle") / run_.experiment.discovery->window;
  if (finished > 0) cycle.correct(finished, Eigen::VectorXd::Zero(sensitivity_.rows()));
}

}  // namespace semiflow
