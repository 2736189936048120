// The filter's cycle: forecast, compare, analyse, compare.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <semiflow/assimilation/series_statistics.hpp>
#include <semiflow/core/error.hpp>
#include <sstream>

#include "cycle.hpp"
#include "filter.hpp"
#include "record.hpp"
#include "smoothed_scores.hpp"

namespace semiflow {

namespace {

// Cycles between two writes: as many as fit 64 MiB, so that a large state is written as it comes.
Index block_of(Index state) { return std::clamp<Index>((Index{1} << 23) / std::max<Index>(1, state), 1, 64); }

// What is written of a block of cycles: one column a cycle.
struct Record {
  Eigen::MatrixXd forecast_mean, analysis_mean;
  Eigen::MatrixXd scores;  // in the order of score_series
  Eigen::MatrixXd parameter_mean{}, parameter_std{};

  Record(Index state, Index cycles)
      : forecast_mean(state, cycles), analysis_mean(state, cycles), scores(std::ssize(score_series), cycles) {}

  void write(ResultFile& file, const Experiment& e, const std::string& group, Index first) const {
    write_states(file, e, group, "forecast_mean", first, forecast_mean);
    write_states(file, e, group, "analysis_mean", first, analysis_mean);
    for (std::size_t i = 0; i < score_series.size(); ++i)
      file.write(group + "/" + score_series[i].name, first, scores.row(static_cast<Index>(i)));
    if (parameter_mean.size() == 0) return;
    file.write(group + "/parameter_mean", first, parameter_mean);
    file.write(group + "/parameter_std", first, parameter_std);
  }

  void add_parameters(Index cycle, const Ensemble& parameters) {
    if (parameter_mean.size() == 0) {
      parameter_mean.resize(parameters.rows(), scores.cols());
      parameter_std = parameter_mean;
    }
    const Eigen::VectorXd mean = parameters.rowwise().mean();
    parameter_mean.col(cycle) = mean;
    parameter_std.col(cycle) = ((parameters.colwise() - mean).rowwise().squaredNorm() /
                                static_cast<double>(std::max<Index>(parameters.cols() - 1, 1)))
                                   .cwiseSqrt();
  }
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
  const std::unique_ptr<Cycle> cycle = make_cycle(run, pass);
  const Index n = e.model.state_size(), cycles = e.events(), block = block_of(n);
  const double interval = e.observations->interval;
  const Index burnt = e.events_until(a.burn_in);

  Index done = 0;
  Eigen::VectorXd ranks = Eigen::VectorXd::Zero(a.members + 1);
  SmoothedScores smoothed(e);
  if (resumed) {
    done = resumed->counters.at("cycle");
    cycle->load(*resumed);
    ranks = resumed->shared.at("ranks");
    smoothed.load(*resumed);
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
    Record record(n, count);
    for (Index i = 0; i < count; ++i) {
      const Index event = done + i + 1;
      const double time = static_cast<double>(event) * interval;
      cycle->forecast({time - interval, time}, event);
      record.forecast_mean.col(i) = cycle->mean();
      const Scores forecast = compare(truth.col(i), {.crps = false, .ranks = false});
      const auto [sensors, measurement] = network.reports(event, values.col(i));
      Departures departures;
      if (measurement.values.size() > 0) departures = cycle->analyse(sensors, measurement);
      smoothed.add(run, *cycle);
      record.analysis_mean.col(i) = cycle->mean();
      if (cycle->parameters() != nullptr) record.add_parameters(i, *cycle->parameters());
      const Scores analysis = compare(truth.col(i), {.crps = true, .ranks = event > burnt});
      if (event > burnt && analysis.rank_counts.size() > 0) ranks += analysis.rank_counts;
      record.scores.col(i) << forecast.rmse, analysis.rmse, forecast.spread, analysis.spread, analysis.crps,
          static_cast<double>(departures.used.size()), departures.chi_squared, departures.signal_degrees_of_freedom,
          departures.variance_factor, a.replace_failed_members ? static_cast<double>(cycle->replaced()) : std::nan("");
      if (a.save_ensemble && cycle->members() != nullptr)
        write_members(run.file, e, group, "ensemble", event - 1, *cycle->members());
    }
    {
      const Timers::Scope scope(run.timers, Work::io);
      record.write(run.file, e, group, done);
      smoothed.write(run, group);
    }
    done += count;
    run.progress(group.substr(1), done, cycles);
    run.maybe_checkpoint([&](Checkpoint& checkpoint) {
      checkpoint.counters["cycle"] = done;
      cycle->save(checkpoint);
      checkpoint.shared["ranks"] = ranks;
      smoothed.save(checkpoint);
    });
  }
  run.add_profile(cycle->profile());
  write_means(run, group, burnt, ranks);
  smoothed.write_means(run, group, burnt);
  cycle->write_departures(run.file, group);
}

}  // namespace semiflow
