// Ensemble filters, and observers as ensembles of one member.
#include <semiflow/assimilation/adaptive_inflation.hpp>
#include <semiflow/assimilation/desroziers.hpp>
#include <semiflow/assimilation/model_noise.hpp>
#include <semiflow/assimilation/reliability.hpp>
#include <semiflow/core/collective_error.hpp>
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
      const Share mine = run_.comm.share(options_.members);
      if (options_.additive_std > 0)
        noise_.add(members_, mine.begin, options_.members, static_cast<std::uint64_t>(event));
    }
    require_finite_members(run_, members_, event, window.end);
    const Timers::Scope scope(run_.timers, Work::communication);
    rows_ = run_.comm.members_to_rows(members_, options_.members);
  }

  Departures analyse(const Sensors& sensors, const Measurement& measurement) override {
    Ensemble predicted;
    {
      const Timers::Scope scope(run_.timers, Work::communication);
      // Only where there are reports: the factors learn from nothing else, and must not compound without.
      if (options_.adaptive != AdaptiveKind::none) {
        inflate(rows_, factors_);
        members_ = run_.comm.rows_to_members(rows_, state_);
      }
      predicted = run_.comm.all_members(sensors(members_), options_.members);
    }
    Departures departures;
    {
      const Timers::Scope scope(run_.timers, Work::analysis);
      // A local analysis may fail where others do not.
      run_together(run_.comm, [&] {
        analyse_or_diverge([&] { departures = analyse(predicted, measurement); }, measurement.time);
      });
    }
    {
      const Timers::Scope scope(run_.timers, Work::communication);
      members_ = run_.comm.rows_to_members(rows_, state_);
      departures.variance_factor = whole(factors_.factor).mean();
    }
    if (static_cast<Index>(measurement.event) > burnt_ && has_spread())
      add_departures(sensors, predicted, measurement, departures.used);
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
    weighted.ranks = options.ranks && has_spread();
    return score(rows_, truth.segment(my_rows_.begin, my_rows_.size), run_.comm, weighted);
  }

  void save(Checkpoint& checkpoint) const override {
    checkpoint.members["ensemble"] = members_;
    checkpoint.member_counts["ensemble"] = options_.members;
    if (weights_.size() > 0) checkpoint.shared["weights"] = weights_;
    if (options_.adaptive != AdaptiveKind::none) {
      checkpoint.shared["factor"] = whole(factors_.factor);
      checkpoint.shared["deviation"] = whole(factors_.deviation);
    }
    checkpoint.shared["desroziers"] = desroziers_.state();
    checkpoint.shared["reliability"] = reliability_.state();
  }
  void load(const Checkpoint& checkpoint) override {
    members_ = checkpoint.members.at("ensemble");
    if (weights_.size() > 0) weights_ = checkpoint.shared.at("weights");
    if (options_.adaptive != AdaptiveKind::none) {
      factors_.factor = mine(checkpoint.shared.at("factor"));
      factors_.deviation = mine(checkpoint.shared.at("deviation"));
    }
    desroziers_ = DesroziersDiagnostics(checkpoint.shared.at("desroziers"));
    reliability_ = Reliability(checkpoint.shared.at("reliability"));
  }

  void write_departures(ResultFile& file, const std::string& group) const override {
    const DesroziersEstimate d = desroziers_.estimate();
    const ReliabilityBudget b = reliability_.budget();
    const auto root = [](double variance) { return variance < 0 ? std::nan("") : std::sqrt(variance); };
    const std::array<double, departure_attributes.size()> values{
        root(d.estimated.observation), root(d.assumed.observation), root(d.estimated.forecast),
        root(d.assumed.forecast),      root(d.estimated.analysis),  root(d.assumed.analysis),
        root(b.squared_departure),     root(b.squared_bias),        b.residual};
    for (std::size_t i = 0; i < values.size(); ++i) file.set_attribute(group, departure_attributes[i], values[i]);
  }

  SpectralProfile profile() const override { return model_.profile(); }
  const Ensemble* members() const override { return &members_; }

 private:
  // Of a local inflation every rank has the factors of its rows.
  Eigen::VectorXd whole(const Eigen::VectorXd& my_factors) const {
    return options_.adaptive == AdaptiveKind::local ? Eigen::VectorXd(run_.comm.all_rows(my_factors, state_))
                                                    : my_factors;
  }
  Eigen::VectorXd mine(const Eigen::VectorXd& factors) const {
    return options_.adaptive == AdaptiveKind::local ? Eigen::VectorXd(factors.segment(my_rows_.begin, my_rows_.size))
                                                    : factors;
  }

  void adapt(const Ensemble& predicted, const Measurement& measurement) {
    if (options_.adaptive == AdaptiveKind::none) return;
    if (options_.adaptive == AdaptiveKind::global) {
      adaptation_.update(factors_, predicted, measurement);
    } else {
      local_adaptation_.update(factors_, rows_, my_rows_.begin, predicted, measurement);
    }
  }

  // One member has none, and that of weighted ones is not what these statistics are about.
  bool has_spread() const { return options_.members > 1 && weights_.size() == 0; }

  void add_departures(const Sensors& sensors, const Ensemble& predicted, const Measurement& measurement,
                      const std::vector<Index>& used) {
    if (used.empty()) return;
    const Ensemble analysed = run_.comm.all_members(sensors(members_), options_.members);
    const Measurement good = some_of(measurement, used);
    const Ensemble before = predicted(used, Eigen::all), after = analysed(used, Eigen::all);
    desroziers_.add(before, after, good);
    reliability_.add(before, good);
  }

  Departures analyse(const Ensemble& predicted, const Measurement& measurement) {
    Departures departures;
    departures.used = passed(predicted, measurement);
    if (departures.used.empty()) return departures;
    const bool all = std::ssize(departures.used) == predicted.rows();
    const Measurement good = all ? measurement : some_of(measurement, departures.used);
    const Ensemble of_good = all ? predicted : Ensemble(predicted(departures.used, Eigen::all));
    if (has_spread()) {
      const InnovationStatistics statistics = innovation_statistics(of_good, good);
      departures.chi_squared = statistics.chi_squared;
      departures.signal_degrees_of_freedom = statistics.signal_degrees_of_freedom;
    }
    adapt(of_good, good);
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
  AdaptiveInflation adaptation_{{.damping = options_.damping}};
  LocalAdaptiveInflation local_adaptation_{run_.experiment.model.grid,
                                           {.taper = options_.taper, .adaptation = {.damping = options_.damping}}};
  VarianceFactors factors_ =
      options_.adaptive == AdaptiveKind::local ? local_adaptation_.start(my_rows_.size) : adaptation_.start();
  ModelNoise noise_ =
      ModelNoise::with_variance(Eigen::VectorXd::Constant(state_, options_.additive_std* options_.additive_std),
                                {.seed = run_.experiment.seed, .zero_mean = true});
  Index burnt_ = run_.experiment.events_until(options_.burn_in);
  DesroziersDiagnostics desroziers_{};  // after the burn-in
  Reliability reliability_{};
};

}  // namespace

std::unique_ptr<Cycle> make_ensemble_cycle(RunContext& run, Index pass) {
  return std::make_unique<EnsembleCycle>(run, pass);
}

}  // namespace semiflow
