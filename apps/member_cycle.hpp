#pragma once
#include <semiflow/assimilation/failed_members.hpp>

#include "cycle.hpp"

namespace semiflow {

/// What the methods of an ensemble share: members are dealt out to the ranks in the forecast, rows of the state in the
/// analysis.
class MemberCycle : public Cycle {
 public:
  MemberCycle(RunContext& run, Index pass);

  void forecast(Interval window, Index event) override;
  Eigen::VectorXd mean() override;
  Scores compare(const Eigen::VectorXd& truth, const ScoreOptions& options) override;
  Index replaced() const override { return replaced_; }
  void save(Checkpoint& checkpoint) const override;
  void load(const Checkpoint& checkpoint) override;
  SpectralProfile profile() const override { return model_.profile(); }
  const Ensemble* members() const override { return &members_; }

 protected:
  /// My members by the model, over a window.
  virtual void advance(EnsembleRef members, Interval window) { model_.advance(members, window); }
  /// What the model leaves out of the forecasts to an event.
  virtual void add_noise(Index) {}

  /// Members that failed have others in their place, in rows_ and whatever else belongs to members.
  virtual void replace(const std::vector<Index>& failed, const FailedMembersOptions& options);

  /// Another ensemble of as many members, whole: this rank's share.
  void keep(Checkpoint& checkpoint, const std::string& name, const Ensemble& my_members) const;
  /// Of rows like rows_, against the truth of their time.
  Scores compare_rows(const Ensemble& rows, const Eigen::VectorXd& truth, const ScoreOptions& options) const;
  Ensemble to_rows(const Ensemble& my_members) const { return run_.comm.members_to_rows(my_members, options_.members); }
  Ensemble to_members(const Ensemble& my_rows) const { return run_.comm.rows_to_members(my_rows, state_); }

  RunContext& run_;
  const AssimilationOptions& options_;
  Solver model_;
  Index state_;
  Share my_rows_;
  Ensemble members_;  ///< my members, whole
  Ensemble rows_{};   ///< my rows of all members, as they were at the last forecast or analysis

 private:
  void forecast_in_increments(Interval window, Index event);
  void replace_failed(Index event);

  // Of an incremental update: my members half an interval before the last event, and at it without noise and analysis.
  Ensemble middle_{}, background_{};
  Index replaced_ = 0;
};

}  // namespace semiflow
