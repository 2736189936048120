#include "smoothed_past.hpp"

namespace semiflow {

namespace {

std::string name(Index position) { return "past" + std::to_string(position); }

}  // namespace

void SmoothedPast::push(const Communicator& comm, const Ensemble& my_members) {
  if (lag_.value_or(0) == 0) return;
  if (std::ssize(states_) == *lag_) states_.erase(states_.begin());
  states_.push_back(comm.members_to_rows(my_members, members_));
}

std::optional<Index> SmoothedPast::lag() const { return lag_ && std::ssize(states_) == *lag_ ? lag_ : std::nullopt; }

void SmoothedPast::save(const Communicator& comm, Index state, Checkpoint& checkpoint) const {
  for (Index i = 0; i < std::ssize(states_); ++i) {
    checkpoint.members[name(i)] = comm.rows_to_members(states_[static_cast<std::size_t>(i)], state);
    checkpoint.member_counts[name(i)] = members_;
  }
}

void SmoothedPast::load(const Communicator& comm, const Checkpoint& checkpoint) {
  states_.clear();
  for (Index i = 0; checkpoint.members.contains(name(i)); ++i)
    states_.push_back(comm.members_to_rows(checkpoint.members.at(name(i)), members_));
}

}  // namespace semiflow
