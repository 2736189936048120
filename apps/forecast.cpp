// Forecasts from analyses, beside the forecasts that cost nothing: climatology and persistence.
#include <algorithm>
#include <cmath>
#include <limits>
#include <semiflow/core/error.hpp>

#include "record.hpp"
#include "run.hpp"
#include "schedule.hpp"

namespace semiflow {

namespace {

// A NaN would pass through every mean and end as a missing value in the table.
void require_finite(const Communicator& comm, const Ensemble& states, const std::vector<double>& start_times,
                    Share mine, const std::string& system, double lead) {
  constexpr Index none = std::numeric_limits<Index>::max();
  Index bad = none;
  for (Index i = mine.size - 1; i >= 0; --i)
    if (!states.col(i).allFinite()) bad = mine.begin + i;
  bad = comm.minimum(bad);
  if (bad == none) return;
  throw Error(Fault::run,
              "forecast from time " + std::to_string(start_times[static_cast<std::size_t>(bad)]) + ", lead time " +
                  std::to_string(lead),
              "the state of the " + system + " is not finite",
              "shorten forecast.lead, take a smaller model.dt or remove the term that grows");
}

}  // namespace

void forecast_stage(RunContext& run) {
  const Experiment& e = run.experiment;
  const std::vector<Index> starts = forecast_starts(e);
  const Index discoveries = e.discovery ? e.discovery->passes : 0;
  const Index leads = lead_count(e), passes = e.filter_passes(), count = static_cast<Index>(starts.size());
  const Share mine = run.comm.share(count);
  const auto my_start = [&](Index i) { return starts[static_cast<std::size_t>(mine.begin + i)]; };
  std::vector<double> start_times;
  for (const Index start : starts) start_times.push_back(static_cast<double>(start + 1) * e.observations->interval);

  const Eigen::MatrixXd truth = read_truth(run, 0, e.events() + 1);
  // Analysis k is at the truth's frame k + 1.
  const auto frame = [&](Index i, Index lead) { return truth.col(my_start(i) + 1 + lead * events_a_lead(e)); };
  const auto mean_over_starts = [&](const auto& error) {
    Eigen::MatrixXd parts(1, mine.size);
    for (Index i = 0; i < mine.size; ++i) parts(0, i) = error(i);
    return run.comm.sum_in_order(parts)(0) / static_cast<double>(count);
  };

  // In the order of forecast_systems, without the climatology.
  struct System {
    Index model, analyses;
  };
  const std::vector<System> systems{{0, 0}, {discoveries, passes}, {0, passes}};
  Eigen::MatrixXd rmse = Eigen::MatrixXd::Constant(leads + 1, std::ssize(forecast_systems), std::nan(""));
  Eigen::MatrixXd persistence = rmse;
  for (std::size_t s = 0; s < systems.size(); ++s) {
    if (s > 0 && passes == 0) continue;
    const auto column = static_cast<Index>(s);
    Solver model = corrected_model(run, systems[s].model);
    const Eigen::MatrixXd analyses =
        read_states(run.file, e, assimilation_group(systems[s].analyses), "analysis_mean", 0, e.events());
    Ensemble states(truth.rows(), mine.size);
    for (Index i = 0; i < mine.size; ++i) states.col(i) = analyses.col(my_start(i));
    for (Index lead = 0; lead <= leads; ++lead) {
      if (lead > 0) {
        const Timers::Scope scope(run.timers, Work::forecast);
        model.advance(states, {0, e.forecast->interval});
      }
      require_finite(run.comm, states, start_times, mine, forecast_systems[s],
                     static_cast<double>(lead) * e.forecast->interval);
      rmse(lead, column) = mean_over_starts([&](Index i) { return rms(states.col(i) - frame(i, lead)); });
      persistence(lead, column) =
          mean_over_starts([&](Index i) { return rms(analyses.col(my_start(i)) - frame(i, lead)); });
    }
    run.progress("forecast", column + 1, static_cast<Index>(systems.size()));
  }
  const Eigen::VectorXd climatology = truth_after_burn_in(run).rowwise().mean();
  for (Index lead = 0; lead <= leads; ++lead)
    rmse(lead, 3) = mean_over_starts([&](Index i) { return rms(frame(i, lead) - climatology); });
  persistence.col(3) = rmse.col(3);
  run.file.write("/forecast/rmse", 0, rmse);
  run.file.write("/forecast/persistence_rmse", 0, persistence);
  run.file.set_attribute("/forecast", "starts", count);
  if (passes == 0) return;
  // From either run's analyses: what could be had without the correction, at its best.
  const double unaided = std::min({rmse(leads, 0), rmse(leads, 2), persistence(leads, 0), persistence(leads, 1)});
  run.file.set_attribute("/forecast", "improvement", rmse(leads, 2) / rmse(leads, 1));
  run.file.set_attribute("/forecast", "improvement_over_persistence", unaided / rmse(leads, 1));
}

}  // namespace semiflow
