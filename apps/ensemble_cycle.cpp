// Ensemble filters, and observers as ensembles of one member.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <semiflow/assimilation/adaptive_inflation.hpp>
#include <semiflow/assimilation/dealt_reports.hpp>
#include <semiflow/assimilation/model_noise.hpp>
#include <semiflow/assimilation/optimal_proposal.hpp>
#include <semiflow/core/collective_error.hpp>
#include <variant>

#include "filter.hpp"
#include "member_cycle.hpp"
#include "parameter_ensemble.hpp"

namespace semiflow {

namespace {

class EnsembleCycle : public MemberCycle {
 public:
  EnsembleCycle(RunContext& run, Index pass) : MemberCycle(run, pass), filter_(options_.method->make(run)) {
    if (std::holds_alternative<ParticleFilter>(filter_))
      weights_ = Eigen::VectorXd::Constant(options_.members, 1 / static_cast<double>(options_.members));
    if (!options_.parameters.empty()) parameters_.emplace(run.experiment);
  }

  const Ensemble* parameters() const override { return parameters_ ? &parameters_->values : nullptr; }

  Departures analyse(const Sensors& sensors, const Measurement& measurement) override {
    DealtReports reports;
    {
      const Timers::Scope scope(run_.timers, Work::communication);
      // Only where there are reports: the factors learn from nothing else, and must not compound without.
      if (options_.adaptive != AdaptiveKind::none) {
        inflate(rows_, factors_);
        members_ = to_members(rows_);
      }
      // The predictions of the optimal proposal are those before its noise.
      proposal_.reset();
      if (optimal_) {
        const Eigen::MatrixXd identity = Eigen::MatrixXd::Identity(state_, state_);
        proposal_.emplace(sensors.tangent(identity.col(0), identity), options_.additive_std, measurement,
                          run_.experiment.seed);
      }
      reports = deal_reports(run_.comm, proposal_ ? proposal_->whiten(sensors(members_)) : sensors(members_),
                             options_.members, proposal_ ? proposal_->whitened() : measurement);
    }
    const Index mine = reports.reports();
    const std::vector<Index> good = passed(reports);
    if (std::ssize(good) < mine) reports = some_of(reports, good);
    Departures departures{.used = everywhere(reports.number)};
    if (departures.used.empty()) return departures;
    {
      const Timers::Scope scope(run_.timers, Work::analysis);
      analyse_or_diverge([&] { analyse(reports, departures, static_cast<Index>(measurement.event)); },
                         measurement.time);
      last_event_ = static_cast<Index>(measurement.event);
    }
    departures.variance_factor = whole(factors_.factor).mean();
    if (static_cast<Index>(measurement.event) > burnt_ && has_spread()) {
      const Timers::Scope scope(run_.timers, Work::diagnostics);
      const Ensemble analysed = to_rows(sensors(members_));
      add_departures(run_.comm, reports, std::ssize(good) < mine ? Ensemble(analysed(good, Eigen::all)) : analysed,
                     desroziers_, reliability_);
    }
    return departures;
  }

  Eigen::VectorXd mean() override {
    if (weights_.size() == 0) return MemberCycle::mean();
    const Timers::Scope scope(run_.timers, Work::communication);
    return run_.comm.all_rows(rows_ * weights_, state_);
  }

  Scores compare(const Eigen::VectorXd& truth, const ScoreOptions& options) override {
    ScoreOptions weighted = options;
    weighted.weights = weights_;
    weighted.ranks = options.ranks && has_spread();
    return MemberCycle::compare(truth, weighted);
  }

  void save(Checkpoint& checkpoint) const override {
    MemberCycle::save(checkpoint);
    if (weights_.size() > 0) checkpoint.shared["weights"] = weights_;
    if (parameters_) checkpoint.shared["parameters"] = parameters_->values;
    if (options_.adaptive != AdaptiveKind::none) {
      checkpoint.shared["factor"] = whole(factors_.factor);
      checkpoint.shared["deviation"] = whole(factors_.deviation);
    }
    checkpoint.counters["last_event"] = last_event_;
    checkpoint.shared["desroziers"] = desroziers_.state();
    checkpoint.shared["reliability"] = reliability_.state();
  }
  void load(const Checkpoint& checkpoint) override {
    MemberCycle::load(checkpoint);
    if (weights_.size() > 0) weights_ = checkpoint.shared.at("weights");
    if (parameters_) parameters_->values = checkpoint.shared.at("parameters");
    if (options_.adaptive != AdaptiveKind::none) {
      factors_.factor = mine(checkpoint.shared.at("factor"));
      factors_.deviation = mine(checkpoint.shared.at("deviation"));
    }
    last_event_ = checkpoint.counters.at("last_event");
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

 private:
  void advance(EnsembleRef members, Interval window) override {
    if (!parameters_) return MemberCycle::advance(members, window);
    run_together(run_.comm, [&] { parameters_->advance(members, run_.comm.share(options_.members).begin, window); });
  }

  void replace(const std::vector<Index>& failed, const FailedMembersOptions& options) override {
    MemberCycle::replace(failed, options);
    if (parameters_) replace_failed_members(parameters_->values, failed, options);
  }

  // Parameters have no place: where the state is localised they are corrected by all reports, as by an ETKF.
  void analyse_parameters(const DealtReports& all) {
    std::visit(
        [&]<class Scheme>(const Scheme& scheme) {
          if constexpr (AnalysisScheme<Scheme>)
            scheme.analyse(parameters_->values, all.predicted, all.measurement);
          else
            Etkf({.inflation = options_.inflation, .rotate = options_.rotate, .seed = run_.experiment.seed})
                .analyse(parameters_->values, all.predicted, all.measurement);
        },
        filter_);
  }

  void add_noise(Index event) override {
    if (parameters_) parameters_->walk(event);
    if (options_.additive_std == 0 || optimal_) return;
    noise_.add(members_, run_.comm.share(options_.members).begin, options_.members, static_cast<std::uint64_t>(event));
  }

  // Of a local inflation every rank has the factors of its rows.
  Eigen::VectorXd whole(const Eigen::VectorXd& my_factors) const {
    return options_.adaptive == AdaptiveKind::local ? Eigen::VectorXd(run_.comm.all_rows(my_factors, state_))
                                                    : my_factors;
  }
  Eigen::VectorXd mine(const Eigen::VectorXd& factors) const {
    return options_.adaptive == AdaptiveKind::local ? Eigen::VectorXd(factors.segment(my_rows_.begin, my_rows_.size))
                                                    : factors;
  }

  void adapt(const DealtReports& reports) {
    if (options_.adaptive == AdaptiveKind::global) {
      adaptation_.update(factors_, reports.predicted, reports.measurement);
    } else if (options_.adaptive == AdaptiveKind::local) {
      local_adaptation_.update(factors_, rows_, my_rows_.begin, reports.predicted, reports.measurement);
    }
  }

  // One member has none, and that of weighted ones is not what these statistics are about.
  bool has_spread() const { return options_.members > 1 && weights_.size() == 0; }

  // The numbers of all ranks' reports.
  std::vector<Index> everywhere(const std::vector<Index>& mine) const {
    Eigen::MatrixXd columns(1, std::ssize(mine));
    std::ranges::copy(mine, columns.data());
    std::vector<Index> all(mine.size());
    std::iota(all.begin(), all.end(), Index{0});
    const Eigen::MatrixXd numbers =
        run_.comm.send_columns(columns, std::vector(static_cast<std::size_t>(run_.comm.size()), all));
    return {numbers.data(), numbers.data() + numbers.size()};
  }

  void analyse(const DealtReports& reports, Departures& departures, Index event) {
    if (has_spread()) {
      const InnovationStatistics statistics = innovation_statistics(run_.comm, reports);
      departures.chi_squared = statistics.chi_squared;
      departures.signal_degrees_of_freedom = statistics.signal_degrees_of_freedom;
    }
    const bool local = std::holds_alternative<Letkf>(filter_);
    DealtReports all;
    if (!local || parameters_ || options_.adaptive != AdaptiveKind::none)
      all = reports_near(run_.comm, reports, run_.experiment.model.grid, {}, std::numeric_limits<double>::infinity());
    run_together(run_.comm, [&] {
      adapt(all);
      if (parameters_) analyse_parameters(all);
    });
    if (local) return analyse_locally(std::get<Letkf>(filter_), reports);
    // A row may fail where others do not.
    run_together(run_.comm, [&] {
      std::visit(
          [&]<class Scheme>(const Scheme& scheme) {
            if constexpr (std::same_as<Scheme, WienerGain>) {
              scheme.after(event - last_event_).analyse(rows_, my_rows_.begin, all.predicted, all.measurement);
            } else if constexpr (std::same_as<Scheme, ParticleFilter>) {
              weights_ = scheme.analyse(rows_, weights_, all.predicted, all.measurement);
            } else if constexpr (LocalAnalysisScheme<Scheme>) {
              scheme.analyse(rows_, my_rows_.begin, all.predicted, all.measurement);
            } else {
              scheme.analyse(rows_, all.predicted, all.measurement);
            }
          },
          filter_);
    });
    members_ = to_members(rows_);
    if (!proposal_) return;
    proposal_->move(members_, run_.comm.share(options_.members).begin);
    rows_ = to_rows(members_);
  }

  // Every rank some points with all of their fields, and only the reports near them. More points where reports are few.
  void analyse_locally(const Letkf& scheme, const DealtReports& reports) {
    const Grid& grid = run_.experiment.model.grid;
    const Index points = grid.points(), fields = state_ / points;
    const std::vector<Share> shares =
        scheme.balanced_points(run_.comm, reports.measurement.positions, options_.members, fields);
    const Share mine = shares[static_cast<std::size_t>(run_.comm.rank())];
    const DealtReports near = reports_near(run_.comm, reports, grid, shares, scheme.reach());
    if (run_.comm.size() == 1) {
      scheme.analyse_points(members_, mine, near.predicted, near.measurement);
      rows_ = members_;
      return;
    }
    Ensemble rows(fields * mine.size, options_.members);
    const auto of_field = [&](Ensemble& of, Index field, Index size) { return of.middleRows(field * size, size); };
    for (Index f = 0; f < fields; ++f)
      of_field(rows, f, mine.size) = run_.comm.members_to_rows(of_field(members_, f, points), options_.members, shares);
    run_together(run_.comm, [&] { scheme.analyse_points(rows, mine, near.predicted, near.measurement); });
    for (Index f = 0; f < fields; ++f)
      of_field(members_, f, points) = run_.comm.rows_to_members(of_field(rows, f, mine.size), shares);
    rows_ = to_rows(members_);
  }

  // Those of the reports that are not too far from their forecasts.
  std::vector<Index> passed(const DealtReports& reports) const {
    const Measurement& measurement = reports.measurement;
    const double limit = run_.experiment.observations->quality_control;
    std::vector<Index> good;
    for (Index j = 0; j < reports.reports(); ++j) {
      const auto predicted = reports.predicted.row(j);
      const double mean = predicted.mean();
      const double variance =
          predicted.cols() > 1 ? (predicted.array() - mean).square().sum() / static_cast<double>(predicted.cols() - 1)
                               : 0;
      const double distance = std::abs(measurement.values(j) - mean);
      // A NaN is not further than anything: the scheme has to see it.
      if (!(distance > limit * std::sqrt(variance + measurement.error_variance(j)))) good.push_back(j);
    }
    return good;
  }

  Filter filter_;
  bool optimal_ = options_.method->name == std::string_view("optimal-particles");
  std::optional<OptimalProposal> proposal_{};      // of the event
  Eigen::VectorXd weights_{};                      // of a particle filter
  std::optional<ParameterEnsemble> parameters_{};  // empty if none is estimated
  AdaptiveInflation adaptation_{{.damping = options_.damping}};
  LocalAdaptiveInflation local_adaptation_{run_.experiment.model.grid,
                                           {.taper = options_.taper, .adaptation = {.damping = options_.damping}}};
  VarianceFactors factors_ =
      options_.adaptive == AdaptiveKind::local ? local_adaptation_.start(my_rows_.size) : adaptation_.start();
  ModelNoise noise_ = ModelNoise::with_variance(
      Eigen::VectorXd::Constant(state_, options_.additive_std* options_.additive_std),
      {.seed = run_.experiment.seed, .zero_mean = !std::holds_alternative<ParticleFilter>(filter_)});
  Index last_event_ = 0;  // with reports
  Index burnt_ = run_.experiment.events_until(options_.burn_in);
  DesroziersDiagnostics desroziers_{};  // after the burn-in
  Reliability reliability_{};
};

}  // namespace

std::unique_ptr<Cycle> make_ensemble_cycle(RunContext& run, Index pass) {
  return std::make_unique<EnsembleCycle>(run, pass);
}

}  // namespace semiflow
