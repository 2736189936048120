// The filter's cycle: forecast, compare, analyse, compare.
#include <semiflow/assimilation/observations.hpp>
#include <semiflow/assimilation/scores.hpp>
#include <semiflow/core/error.hpp>
#include <semiflow/core/random.hpp>
#include <sstream>
#include <variant>

#include "filter.hpp"
#include "run.hpp"

namespace semiflow {

namespace {

constexpr Index block = 64;  // cycles between two writes

// What is written of a block of cycles: one column a cycle.
struct Record {
  Eigen::MatrixXd forecast_mean, analysis_mean;
  Eigen::MatrixXd scores;  // in the order of score_series

  Record(Index state, Index cycles)
      : forecast_mean(state, cycles), analysis_mean(state, cycles), scores(std::ssize(score_series), cycles) {}

  void write(ResultFile& file, const std::string& group, Index first) const {
    file.write(group + "/forecast_mean", first, forecast_mean);
    file.write(group + "/analysis_mean", first, analysis_mean);
    for (std::size_t i = 0; i < score_series.size(); ++i)
      file.write(group + "/" + score_series[i].name, first, scores.row(static_cast<Index>(i)));
  }
};

void check_finite(const Communicator& comm, const Ensemble& members, Share mine, Index cycle, double time) {
  Index bad = std::numeric_limits<Index>::max();
  for (Index j = members.cols() - 1; j >= 0; --j)
    if (!members.col(j).allFinite()) bad = mine.begin + j;
  bad = comm.minimum(bad);
  if (bad == std::numeric_limits<Index>::max()) return;
  throw Error(Fault::run,
              "cycle " + std::to_string(cycle) + ", time " + std::to_string(time) + ", member " + std::to_string(bad),
              "the forecast is not finite",
              "the last checkpoint is kept; take a smaller model.dt or another inflation");
}

// What the filter refuses after its inputs were checked is an ensemble that has left the truth: a failed run.
template <class Analysis>
void analyse_or_diverge(const Analysis& analyse, double time) {
  try {
    analyse();
  } catch (const Error& error) {
    if (error.fault() != Fault::input) throw;
    std::ostringstream text;
    text << "the ensemble has diverged at time " << time;
    throw Error(Fault::run, {}, text.str(), "lower model.dt or the inflation, or raise observations.error_std");
  }
}

void write_means(RunContext& run, const std::string& group, Index burnt, const Eigen::VectorXd& ranks) {
  const auto mean = [&](const std::string& name) {
    const Eigen::MatrixXd series = run.file.read_all(group + "/" + name);
    double sum = 0;
    for (Index k = burnt; k < series.size(); ++k) sum += series(k);
    return sum / static_cast<double>(series.size() - burnt);
  };
  for (const ScoreSeries& score : score_series)
    run.file.set_attribute(group, std::string("mean_") + score.name, mean(score.name));
  run.file.set_attribute(group, "spread_skill_ratio", mean("spread_forecast") / mean("rmse_forecast"));
  run.file.write(group + "/rank_histogram", 0, (ranks / ranks.sum()).transpose());
}

}  // namespace

void assimilation_stage(RunContext& run, Index pass, Resumed resumed) {
  const Experiment& e = run.experiment;
  const AssimilationOptions& a = *e.assimilation;
  const Communicator& comm = run.comm;
  const std::string group = assimilation_group(pass);
  Solver model = corrected_model(run, pass);
  const PointObservations observe(e.observations->rows);
  const Filter filter = a.method->make(a, e.model.grid, e.seed);
  const Index n = model.state_size(), cycles = e.events();
  const Share mine = comm.share(a.members), my_rows = comm.row_share(n);
  const double interval = e.observations->interval;
  const Index burnt = e.events_until(a.burn_in);
  const Eigen::VectorXd variance = e.error_variance();
  const Eigen::MatrixXd positions = e.sensor_positions();
  const auto analyse = [&](Ensemble& rows, const Ensemble& predicted, const Measurement& measurement) {
    std::visit(
        [&]<class Scheme>(const Scheme& scheme) {
          if constexpr (LocalAnalysisScheme<Scheme>) {
            scheme.analyse(rows, my_rows.begin, predicted, measurement);
          } else {
            scheme.analyse(rows, predicted, measurement);
          }
        },
        filter);
  };

  Index done = 0;
  Ensemble members(n, mine.size);
  Eigen::VectorXd ranks = Eigen::VectorXd::Zero(a.members + 1);
  if (resumed) {
    done = resumed->counters.at("cycle");
    members = resumed->members.at("ensemble");
    ranks = resumed->shared.at("ranks");
  } else {
    const Eigen::VectorXd start = run.file.read("/truth/u", 0, 1);
    for (Index j = 0; j < mine.size; ++j)
      members.col(j) = start + a.initial_std * standard_normal(n, {e.seed, member_perturbation,
                                                                   static_cast<std::uint64_t>(mine.begin + j)});
  }

  while (done < cycles) {
    const Index count = std::min(block, cycles - done);
    Eigen::MatrixXd truth, measured;
    {
      const Timers::Scope scope(run.timers, Work::io);
      truth = run.file.read("/truth/u", done + 1, count).middleRows(my_rows.begin, my_rows.size);
      measured = run.file.read("/observations/value", done, count);
    }
    Record record(n, count);
    for (Index i = 0; i < count; ++i) {
      const Index event = done + i + 1;
      const Measurement measurement{.event = static_cast<std::uint64_t>(event),
                                    .time = static_cast<double>(event) * interval,
                                    .values = measured.col(i),
                                    .error_variance = variance,
                                    .positions = positions};
      {
        const Timers::Scope scope(run.timers, Work::forecast);
        model.advance(members, {0, interval});
      }
      check_finite(comm, members, mine, event, measurement.time);
      Ensemble rows, predicted;
      {
        const Timers::Scope scope(run.timers, Work::communication);
        predicted = comm.all_members(observe(members), a.members);
        rows = comm.members_to_rows(members, a.members);
        record.forecast_mean.col(i) = comm.all_rows(rows.rowwise().mean(), n);
      }
      const Scores forecast = [&] {
        const Timers::Scope scope(run.timers, Work::diagnostics);
        return score(rows, truth.col(i), comm, {.crps = false, .ranks = false});
      }();
      {
        const Timers::Scope scope(run.timers, Work::analysis);
        analyse_or_diverge([&] { analyse(rows, predicted, measurement); }, measurement.time);
      }
      {
        const Timers::Scope scope(run.timers, Work::communication);
        members = comm.rows_to_members(rows, n);
        record.analysis_mean.col(i) = comm.all_rows(rows.rowwise().mean(), n);
      }
      const Timers::Scope scope(run.timers, Work::diagnostics);
      const Scores analysis = score(rows, truth.col(i), comm, {.crps = true, .ranks = event > burnt});
      if (event > burnt) ranks += analysis.rank_counts;
      record.scores.col(i) << forecast.rmse, analysis.rmse, forecast.spread, analysis.spread, analysis.crps;
      if (a.save_ensemble) run.file.write_members(group + "/ensemble", event - 1, members, a.members);
    }
    {
      const Timers::Scope scope(run.timers, Work::io);
      record.write(run.file, group, done);
    }
    done += count;
    run.progress(group.substr(1), done, cycles);
    run.maybe_checkpoint([&](Checkpoint& checkpoint) {
      checkpoint.counters["cycle"] = done;
      checkpoint.members["ensemble"] = members;
      checkpoint.member_counts["ensemble"] = a.members;
      checkpoint.shared["ranks"] = ranks;
    });
  }
  run.add_profile(model.profile());
  write_means(run, group, burnt, ranks);
}

}  // namespace semiflow
