#pragma once
#include <optional>
#include <semiflow/core/checkpoint.hpp>
#include <semiflow/core/communicator.hpp>
#include <span>
#include <vector>

namespace semiflow {

/// What an ensemble smoother with a fixed lag keeps: the ensembles of the last events, which every analysis corrects
/// along with the present one.
class SmoothedPast {
 public:
  /// A lag of 0 has the present alone; no lag is that of a filter, which keeps nothing.
  SmoothedPast(std::optional<Index> lag, Index members) : lag_(lag), members_(members) {}

  /// Takes my members of an event that is over, at first those of time 0, in the place of the oldest. Collective.
  void push(const Communicator& comm, const Ensemble& my_members);
  /// My rows of each event, the oldest first, for Enks.
  std::span<Ensemble> states() { return states_; }

  /// How many events ago the oldest state was; none while there are fewer.
  std::optional<Index> lag() const;
  /// My rows of it. now: those of the present.
  const Ensemble& oldest(const Ensemble& now) const { return states_.empty() ? now : states_.front(); }

  /// Collective.
  void save(const Communicator& comm, Index state, Checkpoint& checkpoint) const;
  void load(const Communicator& comm, const Checkpoint& checkpoint);

 private:
  std::optional<Index> lag_;
  Index members_;
  std::vector<Ensemble> states_{};
};

}  // namespace semiflow
