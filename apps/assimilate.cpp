// The filter's cycle: forecast, compare, analyse, compare.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <semiflow/assimilation/error_spectrum.hpp>
#include <semiflow/assimilation/series_statistics.hpp>
#include <semiflow/core/error.hpp>
#include <sstream>

#include "cycle.hpp"
#include "filter.hpp"
#include "innovation_loop.hpp"
#include "record.hpp"

namespace semiflow {

namespace {

// Cycles between two writes: as many as fit 64 MiB, so that a large state is written as it comes.
Index block_of(Index state) { return std::clamp<Index>((Index{1} << 23) / std::max<Index>(1, state), 1, 64); }

// What is written of a block of cycles: one column a cycle.
struct Record {
  Eigen::MatrixXd forecast_mean, analysis_mean;
  Eigen::MatrixXd scores;  // in the order of score_series
  Eigen::MatrixXd parameter, parameter_spread;

  Record(Index state, Index parameters, Index cycles)
      : forecast_mean(state, cycles),
        analysis_mean(state, cycles),
        scores(std::ssize(score_series), cycles),
        parameter(parameters, cycles),
        parameter_spread(parameters, cycles) {}

  void write(ResultFile& file, const Experiment& e, const std::string& group, Index first) const {
    write_states(file, e, group, "forecast_mean", first, forecast_mean);
    write_states(file, e, group, "analysis_mean", first, analysis_mean);
    for (std::size_t i = 0; i < score_series.size(); ++i)
      file.write(group + "/" + score_series[i].name, first, scores.row(static_cast<Index>(i)));
    if (parameter.rows() == 0) return;
    file.write(group + "/parameter", first, parameter);
    file.write(group + "/parameter_spread", first, parameter_spread);
  }
};

// Sums over the cycles after the burn-in of how error and spread of the analysis lie in scale: [shell x field].
class SpectraOfErrors {
 public:
  void add(const Ensemble& my_members, const Eigen::VectorXd& mean, const Eigen::VectorXd& truth, RunContext& run) {
    const Timers::Scope scope(run.timers, Work::diagnostics);
    const ErrorSpectrum found = error_spectrum(my_members, mean, truth, run.experiment.model.grid, run.comm);
    if (cycles_ == 0) {
      error_ = Eigen::MatrixXd::Zero(found.error.rows(), found.error.cols());
      spread_ = error_;
    }
    error_ += found.error;
    spread_ += found.spread;
    ++cycles_;
  }

  void save(Checkpoint& checkpoint) const {
    checkpoint.counters["spectra"] = cycles_;
    checkpoint.shared["error_spectra"] = error_;
    checkpoint.shared["spread_spectra"] = spread_;
  }
  void load(const Checkpoint& checkpoint) {
    cycles_ = checkpoint.counters.at("spectra");
    error_ = checkpoint.shared.at("error_spectra");
    spread_ = checkpoint.shared.at("spread_spectra");
  }

  void write(RunContext& run, const std::string& group) const {
    const auto write_fields = [&](const char* name, const Eigen::MatrixXd& sums) {
      const std::vector<std::string> variables = state_variables(run.experiment, name);
      for (Index f = 0; f < sums.cols(); ++f)
        run.file.write(group + "/" + variables[static_cast<std::size_t>(f)], 0,
                       (sums.col(f) / static_cast<double>(cycles_)).transpose());
    };
    write_fields("error_spectrum", error_);
    write_fields("spread_spectrum", spread_);
  }

 private:
  Index cycles_ = 0;
  Eigen::MatrixXd error_{}, spread_{};
};

// Means over the cycles after the burn-in, of those that have a value, with the half of their 95 % intervals.
void write_means(RunContext& run, const std::string& group, Index burnt, const Eigen::VectorXd& ranks) {
  const auto mean = [&](const std::string& name) {
    const Eigen::VectorXd series = run.file.read_all(group + "/" + name).reshaped();
    return series_mean(series.tail(series.size() - burnt));
  };
  for (const ScoreSeries& score : score_series) {
    const SeriesMean result = mean(score.name);
    run.file.set_attribute(group, std::string("mean_") + score.name, result.mean);
    run.file.set_attribute(group, std::string("mean_") + score.name + "_half_width", result.half_width);
  }
  const std::vector<EstimatedParameter>& parameters = run.experiment.assimilation->parameters;
  for (const std::string variable : {"parameter", "parameter_spread"}) {
    if (parameters.empty()) break;
    const Eigen::MatrixXd series = run.file.read_all(group + "/" + variable);
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const Eigen::VectorXd values = series.row(static_cast<Index>(i)).tail(series.cols() - burnt);
      run.file.set_attribute(group, "mean_" + variable + "_" + parameters[i].name, values.mean());
    }
  }
  run.file.set_attribute(group, "spread_skill_ratio", mean("spread_forecast").mean / mean("rmse_forecast").mean);
  run.file.write(group + "/rank_histogram", 0, (ranks / ranks.sum()).transpose());
}

}  // namespace

void analyse_or_diverge(const std::function<void()>& analysis, double time) {
  try {
    analysis();
  } catch (const Error& error) {
    if (error.fault() != Fault::input) throw;
    std::ostringstream text;
    text << "the ensemble has diverged at time " << time << " (" << error.what() << ")";
    throw Error(Fault::run, {}, text.str(), "lower model.dt or the inflation, or raise observations.error_std");
  }
}

std::vector<Index> all_reports(const Measurement& measurement) {
  std::vector<Index> all(static_cast<std::size_t>(measurement.values.size()));
  std::iota(all.begin(), all.end(), Index{0});
  return all;
}

GainResponse Cycle::response(const Sensors&, const Measurement&, const Eigen::MatrixXd&) {
  throw Error(Fault::run, "discovery", "this method of [assimilation] has no gain to ask for");
}

void Cycle::correct(Index, const Eigen::VectorXd&) {
  throw Error(Fault::run, "discovery", "this method of [assimilation] cannot change its model");
}

std::unique_ptr<Cycle> make_cycle(RunContext& run, Index pass) {
  switch (run.experiment.assimilation->method->kind) {
    case FilterKind::ensemble:
    case FilterKind::observer:
      return make_ensemble_cycle(run, pass);
    case FilterKind::smoother:
      return make_smoother_cycle(run, pass);
    case FilterKind::extended_kalman:
    case FilterKind::four_d_var:
      break;
  }
  return make_estimate_cycle(run, pass);
}

void assimilation_stage(RunContext& run, Index pass, Resumed resumed) {
  const Experiment& e = run.experiment;
  const AssimilationOptions& a = *e.assimilation;
  const std::string group = assimilation_group(pass);
  const SensorNetwork network(e);
  // In the loop the first pass keeps the model, for comparison, and the second begins with it.
  std::optional<InnovationLoop> loop;
  if (e.discovers_in_loop() && pass > 0) loop.emplace(run);
  const std::unique_ptr<Cycle> cycle = make_cycle(run, loop ? 0 : pass);
  const Index n = e.model.state_size(), cycles = e.events(), block = block_of(n);
  const double interval = e.observations->interval;
  const Index burnt = e.events_until(a.burn_in);

  Index done = 0;
  Eigen::VectorXd ranks = Eigen::VectorXd::Zero(a.members + 1);
  SpectraOfErrors spectra;
  if (resumed) {
    done = resumed->counters.at("cycle");
    cycle->load(*resumed);
    ranks = resumed->shared.at("ranks");
    if (a.error_spectra) spectra.load(*resumed);
    if (loop) loop->load(*resumed, *cycle);
  }
  const auto compare = [&](const Eigen::VectorXd& truth, const ScoreOptions& options) {
    const Timers::Scope scope(run.timers, Work::diagnostics);
    return cycle->compare(truth, options);
  };

  while (done < cycles) {
    const Index count = std::min(block, cycles - done);
    Eigen::MatrixXd truth, values;
    {
      const Timers::Scope scope(run.timers, Work::io);
      truth = read_truth(run, done + 1, count);
      values = run.file.read("/observations/value", done, count);
    }
    Record record(n, std::ssize(a.parameters), count);
    for (Index i = 0; i < count; ++i) {
      const Index event = done + i + 1;
      const double time = static_cast<double>(event) * interval;
      if (loop) loop->forecast(cycle->mean(), {time - interval, time});
      cycle->forecast({time - interval, time}, event);
      record.forecast_mean.col(i) = cycle->mean();
      const Scores forecast = compare(truth.col(i), {.crps = false, .ranks = false});
      const auto [sensors, measurement] = network.reports(event, values.col(i));
      Departures departures;
      if (loop && measurement.values.size() > 0) loop->observe(*cycle, sensors, measurement);
      if (measurement.values.size() > 0) departures = cycle->analyse(sensors, measurement);
      record.analysis_mean.col(i) = cycle->mean();
      const Scores analysis = compare(truth.col(i), {.crps = true, .ranks = event > burnt});
      Scores smoothed;
      smoothed.rmse = smoothed.spread = std::nan("");
      if (const auto lag = cycle->smoothed_lag()) {
        const Timers::Scope scope(run.timers, Work::diagnostics);
        smoothed = cycle->compare_smoothed(read_truth(run, event - *lag, 1), {.crps = false, .ranks = false});
      }
      if (event > burnt && analysis.rank_counts.size() > 0) ranks += analysis.rank_counts;
      const double relative =
          analysis.rmse * analysis.rmse * static_cast<double>(n) / truth.col(i).squaredNorm();  // NaN of 0 / 0
      record.scores.col(i) << forecast.rmse, analysis.rmse, relative, forecast.spread, analysis.spread, analysis.crps,
          static_cast<double>(departures.used.size()), departures.chi_squared, departures.signal_degrees_of_freedom,
          departures.variance_factor, smoothed.rmse, smoothed.spread, static_cast<double>(cycle->members_replaced());
      if (!a.parameters.empty()) {
        const ParameterMoments moments = cycle->parameters();
        record.parameter.col(i) = moments.mean;
        record.parameter_spread.col(i) = moments.spread;
      }
      if (a.error_spectra && event > burnt)
        spectra.add(*cycle->members(), record.analysis_mean.col(i), truth.col(i), run);
      if (a.save_ensemble)
        if (const auto members = cycle->members()) write_members(run.file, e, group, "ensemble", event - 1, *members);
      if (loop) loop->finish_event(*cycle, event);
    }
    {
      const Timers::Scope scope(run.timers, Work::io);
      record.write(run.file, e, group, done);
    }
    done += count;
    run.progress(group.substr(1), done, cycles);
    run.maybe_checkpoint([&](Checkpoint& checkpoint) {
      checkpoint.counters["cycle"] = done;
      cycle->save(checkpoint);
      checkpoint.shared["ranks"] = ranks;
      if (a.error_spectra) spectra.save(checkpoint);
      if (loop) loop->save(checkpoint);
    });
  }
  run.add_profile(cycle->profile());
  write_means(run, group, burnt, ranks);
  if (a.error_spectra) spectra.write(run, group);
  cycle->write_departures(run.file, group);
  if (loop) loop->write_scores();
}

}  // namespace semiflow
