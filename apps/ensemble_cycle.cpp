// Ensemble filters, and observers as ensembles of one member.
#include <cmath>
#include <limits>
#include <optional>
#include <semiflow/assimilation/dealt_reports.hpp>
#include <semiflow/assimilation/incremental_update.hpp>
#include <semiflow/assimilation/model_noise.hpp>
#include <semiflow/assimilation/optimal_proposal.hpp>
#include <semiflow/core/collective_error.hpp>
#include <variant>

#include "cycle.hpp"
#include "departure_statistics.hpp"
#include "ensemble_start.hpp"
#include "failed_members.hpp"
#include "filter.hpp"
#include "inflation_factors.hpp"
#include "member_model.hpp"
#include "quality_control.hpp"
#include "smoothed_past.hpp"

namespace semiflow {

namespace {

class EnsembleCycle : public Cycle {
 public:
  EnsembleCycle(RunContext& run, Index pass)
      : run_(run),
        options_(*run.experiment.assimilation),
        model_(run, pass),
        filter_(options_.method->make(run)),
        state_(model_.state_size()),
        field_(run.experiment.model.state_size()),
        my_rows_(run.comm.row_share(state_)),
        members_(with_first_parameters(run, first_members(run))) {
    if (std::holds_alternative<ParticleFilter>(filter_))
      weights_ = Eigen::VectorXd::Constant(options_.members, 1 / static_cast<double>(options_.members));
    rows_ = run.comm.members_to_rows(members_, options_.members);
    if (const auto* observer = std::get_if<LearnedObserver>(&filter_); observer && observer->predictor().size() > 0)
      model_.set_weights(observer->predictor());
  }

  void forecast(Interval window, Index event) override {
    past_.push(run_.comm, members_);
    {
      const Timers::Scope scope(run_.timers, Work::forecast);
      advance(window);
      if ((noise_variance_.array() > 0).any() && !optimal_)
        noise_.add(members_, run_.comm.share(options_.members).begin, options_.members,
                   static_cast<std::uint64_t>(event));
    }
    replaced_ = options_.replace_failed ? replace_failed_members(run_, members_, event, window.end) : 0;
    require_finite_members(run_, members_, event, window.end);
    if (options_.incremental_update) before_ = members_;
    const Timers::Scope scope(run_.timers, Work::communication);
    rows_ = run_.comm.members_to_rows(members_, options_.members);
  }

  Departures analyse(const Sensors& sensors, const Measurement& measurement) override {
    DealtReports reports;
    {
      const Timers::Scope scope(run_.timers, Work::communication);
      // Only where there are reports: the factors learn from nothing else, and must not compound without.
      if (factors_.adaptive()) {
        factors_.inflate(rows_);
        members_ = run_.comm.rows_to_members(rows_, state_);
      }
      // The predictions of the optimal proposal are those before its noise.
      proposal_.reset();
      if (optimal_) {
        const Eigen::MatrixXd identity = Eigen::MatrixXd::Identity(state_, state_);
        proposal_.emplace(sensors.tangent(identity.col(0), identity), options_.additive_std, measurement,
                          run_.experiment.seed);
      }
      const Ensemble predicted = sensors(members_.topRows(field_));
      reports = deal_reports(run_.comm, proposal_ ? proposal_->whiten(predicted) : predicted, options_.members,
                             proposal_ ? proposal_->whitened() : measurement);
    }
    const Index mine = reports.reports();
    const std::vector<Index> good = passed(reports, run_.experiment.observations->quality_control);
    if (std::ssize(good) < mine) reports = some_of(reports, good);
    Departures departures{.used = everywhere(run_.comm, reports.number)};
    if (departures.used.empty()) return departures;
    {
      const Timers::Scope scope(run_.timers, Work::analysis);
      analyse_or_diverge([&] { analyse(reports, departures, static_cast<Index>(measurement.event)); },
                         measurement.time);
      last_event_ = static_cast<Index>(measurement.event);
    }
    departures.variance_factor = factors_.mean();
    if (static_cast<Index>(measurement.event) > burnt_ && has_spread()) {
      const Timers::Scope scope(run_.timers, Work::diagnostics);
      const Ensemble analysed = run_.comm.members_to_rows(sensors(members_.topRows(field_)), options_.members);
      errors_.add(run_.comm, reports, std::ssize(good) < mine ? Ensemble(analysed(good, Eigen::all)) : analysed);
    }
    return departures;
  }

  Eigen::VectorXd mean() override {
    const Timers::Scope scope(run_.timers, Work::communication);
    return means().head(field_);
  }
  ParameterMoments parameters() override {
    const Timers::Scope scope(run_.timers, Work::communication);
    const Index count = state_ - field_;
    const Ensemble all = run_.comm.all_members(members_.bottomRows(count), options_.members);
    const bool weighted = weights_.size() > 0;
    const Eigen::VectorXd mean = means().tail(count);
    const Eigen::MatrixXd squares = (all.colwise() - mean).cwiseAbs2();
    const auto members = static_cast<double>(options_.members);
    return {.mean = mean,
            .spread = (weighted ? Eigen::VectorXd(squares * weights_ / (1 - weights_.squaredNorm()))
                                : Eigen::VectorXd(squares.rowwise().sum() / (members - 1)))
                          .cwiseSqrt()};
  }
  Index members_replaced() const override { return replaced_; }

  Scores compare(const Eigen::VectorXd& truth, const ScoreOptions& options) override {
    ScoreOptions weighted = options;
    weighted.weights = weights_;
    weighted.ranks = options.ranks && has_spread();
    return compare(rows_, truth, weighted);
  }

  std::optional<Index> smoothed_lag() const override { return past_.lag(); }
  Scores compare_smoothed(const Eigen::VectorXd& truth, const ScoreOptions& options) override {
    return compare(past_.oldest(rows_), truth, options);
  }

  void save(Checkpoint& checkpoint) const override {
    past_.save(run_.comm, state_, checkpoint);
    checkpoint.members["ensemble"] = members_;
    checkpoint.member_counts["ensemble"] = options_.members;
    if (options_.incremental_update) {
      checkpoint.members["before"] = before_;
      checkpoint.member_counts["before"] = options_.members;
    }
    if (weights_.size() > 0) checkpoint.shared["weights"] = weights_;
    factors_.save(checkpoint);
    checkpoint.counters["last_event"] = last_event_;
    errors_.save(checkpoint);
  }
  void load(const Checkpoint& checkpoint) override {
    members_ = checkpoint.members.at("ensemble");
    rows_ = run_.comm.members_to_rows(members_, options_.members);
    past_.load(run_.comm, checkpoint);
    if (options_.incremental_update) before_ = checkpoint.members.at("before");
    if (weights_.size() > 0) weights_ = checkpoint.shared.at("weights");
    factors_.load(checkpoint);
    last_event_ = checkpoint.counters.at("last_event");
    errors_.load(checkpoint);
  }

  void write_departures(ResultFile& file, const std::string& group) const override { errors_.write(file, group); }

  GainResponse response(const Sensors& sensors, const Measurement& measurement,
                        const Eigen::MatrixXd& changes) override {
    const Timers::Scope scope(run_.timers, Work::analysis);
    DealtReports reports = deal_reports(run_.comm, sensors(members_.topRows(field_)), options_.members, measurement);
    reports = some_of(reports, passed(reports, run_.experiment.observations->quality_control));
    const DealtReports all = everything(reports);
    GainResponse result{.used = all.number,
                        .predicted = all.predicted,
                        .measurement = all.measurement,
                        .update = Eigen::MatrixXd::Zero(field_, changes.cols())};
    if (result.used.empty()) return result;
    // The gain is in the scheme: it is asked for by its answer to other measurements.
    const Ensemble members = members_, rows = rows_;
    const auto mean_with = [&](const Eigen::VectorXd& change) {
      DealtReports changed = reports;
      changed.measurement.values += change(reports.number);
      analyse_or_diverge([&] { update(changed, everything(changed), static_cast<Index>(measurement.event)); },
                         measurement.time);
      const Eigen::VectorXd mean = means().head(field_);
      members_ = members;
      rows_ = rows;
      return mean;
    };
    const Eigen::VectorXd unchanged = mean_with(Eigen::VectorXd::Zero(changes.rows()));
    for (Index j = 0; j < changes.cols(); ++j) result.update.col(j) = mean_with(changes.col(j)) - unchanged;
    return result;
  }
  void correct(Index discoveries, const Eigen::VectorXd& change) override {
    model_ = MemberModel(run_, discoveries);
    members_.colwise() += change;
    rows_ = run_.comm.members_to_rows(members_, options_.members);
  }

  SpectralProfile profile() const override { return model_.profile(); }
  std::optional<Ensemble> members() const override { return members_.topRows(field_); }

 private:
  // Of the state and the parameters.
  Eigen::VectorXd means() const {
    if (rows_.rows() == 0) return run_.comm.all_rows(Ensemble(0, 1), state_);
    return run_.comm.all_rows(weights_.size() > 0 ? Ensemble(rows_ * weights_) : Ensemble(rows_.rowwise().mean()),
                              state_);
  }

  // Parameters are not among what is scored, and then the rows of the state are dealt out otherwise.
  Scores compare(const Ensemble& rows, const Eigen::VectorXd& truth, const ScoreOptions& options) const {
    const Share mine = run_.comm.row_share(field_);
    const auto my_truth = truth.segment(mine.begin, mine.size);
    if (state_ == field_) return score(rows, my_truth, run_.comm, options);
    const Ensemble members = run_.comm.rows_to_members(rows, state_);
    return score(run_.comm.members_to_rows(members.topRows(field_), options_.members), my_truth, run_.comm, options);
  }

  // From the forecasts before the last analysis, if its increment is still to be added.
  void advance(Interval window) {
    if (!options_.incremental_update) return model_.advance(members_, window);
    const Ensemble increment = members_ - before_;
    members_ = before_;
    const auto steps = std::lround((window.end - window.begin) / run_.experiment.model.dt);
    advance_with_increment(model_, members_, increment, window, steps);
  }

  // One member has none, and that of weighted ones is not what these statistics are about.
  bool has_spread() const { return options_.members > 1 && weights_.size() == 0; }

  void analyse(const DealtReports& reports, Departures& departures, Index event) {
    if (has_spread()) {
      const InnovationStatistics statistics = innovation_statistics(run_.comm, reports);
      departures.chi_squared = statistics.chi_squared;
      departures.signal_degrees_of_freedom = statistics.signal_degrees_of_freedom;
    }
    const bool local = std::holds_alternative<Letkf>(filter_);
    DealtReports all;
    if (!local || factors_.adaptive()) all = everything(reports);
    run_together(run_.comm, [&] { factors_.adapt(rows_, all.predicted, all.measurement); });
    update(reports, all, event);
  }

  DealtReports everything(const DealtReports& reports) const {
    return reports_near(run_.comm, reports, run_.experiment.model.grid, {}, std::numeric_limits<double>::infinity());
  }

  // all: everything() of the reports, where the scheme is not that of Letkf.
  void update(const DealtReports& reports, const DealtReports& all, Index event) {
    if (std::holds_alternative<Letkf>(filter_)) return analyse_locally(std::get<Letkf>(filter_), reports);
    // A row may fail where others do not.
    run_together(run_.comm, [&] {
      std::visit(
          [&]<class Scheme>(const Scheme& scheme) {
            if constexpr (requires { scheme.after(event); }) {  // gains that know how long the forecast ran
              scheme.after(event - last_event_).analyse(rows_, my_rows_.begin, all.predicted, all.measurement);
            } else if constexpr (std::same_as<Scheme, ParticleFilter>) {
              weights_ = scheme.analyse(rows_, weights_, all.predicted, all.measurement);
            } else if constexpr (std::same_as<Scheme, Enks>) {
              scheme.analyse(rows_, past_.states(), all.predicted, all.measurement);
            } else if constexpr (LocalAnalysisScheme<Scheme>) {
              scheme.analyse(rows_, my_rows_.begin, all.predicted, all.measurement);
            } else {
              scheme.analyse(rows_, all.predicted, all.measurement);
            }
          },
          filter_);
    });
    members_ = run_.comm.rows_to_members(rows_, state_);
    if (!proposal_) return;
    proposal_->move(members_, run_.comm.share(options_.members).begin);
    rows_ = run_.comm.members_to_rows(members_, options_.members);
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
    rows_ = run_.comm.members_to_rows(members_, options_.members);
  }

  RunContext& run_;
  const AssimilationOptions& options_;
  MemberModel model_;
  Filter filter_;
  Index state_, field_;  // with the parameters and without
  Share my_rows_;
  bool optimal_ = options_.method->name == std::string_view("optimal-particles");
  std::optional<OptimalProposal> proposal_{};  // of the event
  Ensemble members_;                           // my members, whole
  Ensemble rows_;                              // my rows of all members
  Eigen::VectorXd weights_{};                  // of a particle filter
  Ensemble before_ = members_;                 // of an incremental update, the members as the last forecast left them
  Index replaced_ = 0;
  SmoothedPast past_{std::holds_alternative<Enks>(filter_) ? std::optional(options_.lag) : std::nullopt,
                     options_.members};
  InflationFactors factors_{run_, state_};
  Eigen::VectorXd noise_variance_ = noise_variance(run_.experiment);
  ModelNoise noise_ = ModelNoise::with_variance(
      noise_variance_, {.seed = run_.experiment.seed, .zero_mean = !std::holds_alternative<ParticleFilter>(filter_)});
  Index last_event_ = 0;  // with reports
  Index burnt_ = run_.experiment.events_until(options_.burn_in);
  DepartureStatistics errors_{};  // after the burn-in
};

}  // namespace

std::unique_ptr<Cycle> make_ensemble_cycle(RunContext& run, Index pass) {
  return std::make_unique<EnsembleCycle>(run, pass);
}

}  // namespace semiflow
