#include "member_cycle.hpp"

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
    model_.advance(members_, window);
    add_noise(event);
  }
  require_finite_members(run_, members_, event, window.end);
  const Timers::Scope scope(run_.timers, Work::communication);
  rows_ = to_rows(members_);
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

void MemberCycle::keep(Checkpoint& checkpoint, const std::string& name, const Ensemble& my_members) const {
  checkpoint.members[name] = my_members;
  checkpoint.member_counts[name] = options_.members;
}

}  // namespace semiflow
