#pragma once
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
  void save(Checkpoint& checkpoint) const override { keep(checkpoint, "ensemble", members_); }
  void load(const Checkpoint& checkpoint) override { members_ = checkpoint.members.at("ensemble"); }
  SpectralProfile profile() const override { return model_.profile(); }
  const Ensemble* members() const override { return &members_; }

 protected:
  /// What the model leaves out of the forecasts to an event.
  virtual void add_noise(Index) {}

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
};

}  // namespace semiflow
