#include "member_cycle.hpp"

#include <cmath>
#include <semiflow/assimilation/incremental_update.hpp>

#include "ensemble_start.hpp"

namespace semiflow {

MemberCycle::MemberCycle(RunContext& run, Index pass)
    : run_(run),
      options_(*run.experiment.assimilation),
      model_(corrected_model(run, pass)),
      state_(model_.state_size()),
      my_rows_(run.comm.row_share(state_)),
      members_(first_members(run)) {}

void MemberCycle::forecast(Interval window, Index event) {
  {
    const Timers::Scope scope(run_.timers, Work::forecast);
    if (options_.incremental_update)
      forecast_in_increments(window, event);
    else
      advance(members_, window);
    add_noise(event);
  }
  if (!options_.replace_failed_members) require_finite_members(run_, members_, event, window.end);
  const Timers::Scope scope(run_.timers, Work::communication);
  rows_ = to_rows(members_);
  if (options_.replace_failed_members) replace_failed(event);
}

// Half an interval back from the last event, to half an interval after it with what its analysis has added as a forcing,
// and on to this one without. What noise has added there belongs to it.
void MemberCycle::forecast_in_increments(Interval window, Index event) {
  const double half = (window.end - window.begin) / 2;
  if (event == 1) {
    middle_ = members_;
    advance(middle_, {window.begin, window.begin + half});
  } else {
    const Index steps = std::llround(2 * half / run_.experiment.model.dt);
    struct Members {
      MemberCycle& cycle;
      Index state_size() const { return cycle.state_; }
      void advance(EnsembleRef members, Interval over) { cycle.advance(members, over); }
    } model{*this};
    advance_with_increments(model, middle_, members_ - background_, {window.begin - half, window.begin + half}, steps);
  }
  members_ = middle_;
  advance(members_, {window.begin + half, window.end});
  background_ = members_;
}

void MemberCycle::replace_failed(Index event) {
  Eigen::MatrixXd mine(1, members_.cols());
  for (Index j = 0; j < members_.cols(); ++j) mine(0, j) = members_.col(j).allFinite() ? 0 : 1;
  const Eigen::MatrixXd all = run_.comm.all_members(mine, options_.members);
  std::vector<Index> failed;
  for (Index j = 0; j < all.cols(); ++j)
    if (all(0, j) != 0) failed.push_back(j);
  replaced_ = std::ssize(failed);
  if (failed.empty()) return;
  replace(failed, {.seed = run_.experiment.seed, .event = static_cast<std::uint64_t>(event)});
  members_ = to_members(rows_);
}

void MemberCycle::replace(const std::vector<Index>& failed, const FailedMembersOptions& options) {
  replace_failed_members(rows_, failed, options);
  if (!options_.incremental_update) return;
  for (Ensemble* const other : {&middle_, &background_}) {
    Ensemble rows = to_rows(*other);
    replace_failed_members(rows, failed, options);
    *other = to_members(rows);
  }
}

Eigen::VectorXd MemberCycle::mean() {
  const Timers::Scope scope(run_.timers, Work::communication);
  return run_.comm.all_rows(rows_.rowwise().mean(), state_);
}

Scores MemberCycle::compare(const Eigen::VectorXd& truth, const ScoreOptions& options) {
  return compare_rows(rows_, truth, options);
}

Scores MemberCycle::compare_rows(const Ensemble& rows, const Eigen::VectorXd& truth,
                                 const ScoreOptions& options) const {
  return score(rows, truth.segment(my_rows_.begin, my_rows_.size), run_.comm, options);
}

void MemberCycle::save(Checkpoint& checkpoint) const {
  keep(checkpoint, "ensemble", members_);
  if (!options_.incremental_update) return;
  keep(checkpoint, "middle", middle_);
  keep(checkpoint, "background", background_);
}

void MemberCycle::load(const Checkpoint& checkpoint) {
  members_ = checkpoint.members.at("ensemble");
  if (!options_.incremental_update) return;
  middle_ = checkpoint.members.at("middle");
  background_ = checkpoint.members.at("background");
}

void MemberCycle::keep(Checkpoint& checkpoint, const std::string& name, const Ensemble& my_members) const {
  checkpoint.members[name] = my_members;
  checkpoint.member_counts[name] = options_.members;
}

}  // namespace semiflow
