#pragma once
#include <optional>
#include <semiflow/assimilation/adaptive_inflation.hpp>
#include <semiflow/core/checkpoint.hpp>

#include "run.hpp"

namespace semiflow {

/// The adaptive inflation of a run, if it has one: factors of the forecast's variance that learn from innovations, one for
/// the state or one for each of my rows of it.
class InflationFactors {
 public:
  InflationFactors(const RunContext& run, Index state);

  bool adaptive() const { return kind_ != AdaptiveKind::none; }
  /// rows: my rows of the state, all members.
  void inflate(Ensemble& rows) const;
  /// Learns from all reports of an event. Not collective.
  void adapt(const Ensemble& rows, EnsembleView predicted, const Measurement& measurement);

  /// 1 without adaptation. Collective, as save().
  double mean() const;
  void save(Checkpoint& checkpoint) const;
  void load(const Checkpoint& checkpoint);

 private:
  Eigen::VectorXd whole(const Eigen::VectorXd& my_factors) const;
  Eigen::VectorXd mine(const Eigen::VectorXd& factors) const;

  const Communicator& comm_;
  AdaptiveKind kind_;
  Index state_;
  Share my_rows_;
  AdaptiveInflation global_;
  LocalAdaptiveInflation local_;
  VarianceFactors factors_;
};

}  // namespace semiflow
