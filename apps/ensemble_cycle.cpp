// Ensemble filters, and observers as ensembles of one member.
#include <variant>

#include "cycle.hpp"
#include "ensemble_start.hpp"
#include "filter.hpp"

namespace semiflow {

namespace {

class EnsembleCycle : public Cycle {
 public:
  EnsembleCycle(RunContext& run, Index pass)
      : run_(run),
        options_(*run.experiment.assimilation),
        model_(corrected_model(run, pass)),
        filter_(options_.method->make(run)),
        state_(model_.state_size()),
        my_rows_(run.comm.row_share(state_)),
        members_(first_members(run)) {
    if (std::holds_alternative<ParticleFilter>(filter_))
      weights_ = Eigen::VectorXd::Constant(options_.members, 1 / static_cast<double>(options_.members));
  }

  void forecast(Interval window, Index event) override {
    {
      const Timers::Scope scope(run_.timers, Work::forecast);
      model_.advance(members_, window);
    }
    require_finite_members(run_, members_, event, window.end);
    const Timers::Scope scope(run_.timers, Work::communication);
    rows_ = run_.comm.members_to_rows(members_, options_.members);
  }

  Departures analyse(const Sensors& sensors, const Measurement& measurement) override {
    Ensemble predicted;
    {
      const Timers::Scope scope(run_.timers, Work::communication);
      predicted = run_.comm.all_members(sensors(members_), options_.members);
    }
    Departures departures;
    {
      const Timers::Scope scope(run_.timers, Work::analysis);
      analyse_or_diverge([&] { departures = analyse(predicted, measurement); }, measurement.time);
    }
    const Timers::Scope scope(run_.timers, Work::communication);
    members_ = run_.comm.rows_to_members(rows_, state_);
    return departures;
  }

  Eigen::VectorXd mean() override {
    const Timers::Scope scope(run_.timers, Work::communication);
    return run_.comm.all_rows(weights_.size() > 0 ? Ensemble(rows_ * weights_) : Ensemble(rows_.rowwise().mean()),
                              state_);
  }

  Scores compare(const Eigen::VectorXd& truth, const ScoreOptions& options) override {
    ScoreOptions weighted = options;
    weighted.weights = weights_;
    weighted.ranks = options.ranks && weights_.size() == 0;
    return score(rows_, truth.segment(my_rows_.begin, my_rows_.size), run_.comm, weighted);
  }

  void save(Checkpoint& checkpoint) const override {
    checkpoint.members["ensemble"] = members_;
    checkpoint.member_counts["ensemble"] = options_.members;
    if (weights_.size() > 0) checkpoint.shared["weights"] = weights_;
  }
  void load(const Checkpoint& checkpoint) override {
    members_ = checkpoint.members.at("ensemble");
    if (weights_.size() > 0) weights_ = checkpoint.shared.at("weights");
  }

  SpectralProfile profile() const override { return model_.profile(); }
  const Ensemble* members() const override { return &members_; }

 private:
  Departures analyse(const Ensemble& predicted, const Measurement& measurement) {
    Departures departures;
    departures.used = passed(predicted, measurement);
    if (departures.used.empty()) return departures;
    const bool all = std::ssize(departures.used) == predicted.rows();
    const Measurement good = all ? measurement : some_of(measurement, departures.used);
    const Ensemble of_good = all ? predicted : Ensemble(predicted(departures.used, Eigen::all));
    if (options_.members > 1 && weights_.size() == 0) {
      const InnovationStatistics statistics = innovation_statistics(of_good, good);
      departures.chi_squared = statistics.chi_squared;
      departures.signal_degrees_of_freedom = statistics.signal_degrees_of_freedom;
    }
    std::visit(
        [&]<class Scheme>(const Scheme& scheme) {
          if constexpr (std::same_as<Scheme, ParticleFilter>) {
            weights_ = scheme.analyse(rows_, weights_, of_good, good);
          } else if constexpr (LocalAnalysisScheme<Scheme>) {
            scheme.analyse(rows_, my_rows_.begin, of_good, good);
          } else {
            scheme.analyse(rows_, of_good, good);
          }
        },
        filter_);
    return departures;
  }

  // The reports that are not too far from their forecasts.
  std::vector<Index> passed(const Ensemble& predicted, const Measurement& measurement) const {
    const double limit = run_.experiment.observations->quality_control;
    std::vector<Index> good;
    for (Index j = 0; j < predicted.rows(); ++j) {
      const double mean = predicted.row(j).mean();
      const double variance = predicted.cols() > 1 ? (predicted.row(j).array() - mean).square().sum() /
                                                         static_cast<double>(predicted.cols() - 1)
                                                   : 0;
      const double distance = std::abs(measurement.values(j) - mean);
      // A NaN is not further than anything: the scheme has to see it.
      if (!(distance > limit * std::sqrt(variance + measurement.error_variance(j)))) good.push_back(j);
    }
    return good;
  }

  static Measurement some_of(const Measurement& all, const std::vector<Index>& chosen) {
    Measurement some = all;
    some.values = Eigen::VectorXd(all.values(chosen));
    some.error_variance = Eigen::VectorXd(all.error_variance(chosen));
    some.positions = Eigen::MatrixXd(all.positions(Eigen::all, chosen));
    return some;
  }

  RunContext& run_;
  const AssimilationOptions& options_;
  Solver model_;
  Filter filter_;
  Index state_;
  Share my_rows_;
  Ensemble members_;           // my members, whole
  Ensemble rows_;              // my rows of all members, as they were at the last forecast or analysis
  Eigen::VectorXd weights_{};  // of a particle filter
};

}  // namespace

std::unique_ptr<Cycle> make_ensemble_cycle(RunContext& run, Index pass) {
  return std::make_unique<EnsembleCycle>(run, pass);
}

}  // namespace semiflow
