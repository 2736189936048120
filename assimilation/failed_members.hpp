#pragma once
#include <cstdint>
#include <semiflow/core/ensemble.hpp>
#include <vector>

namespace semiflow {

struct FailedMembersOptions {
  /// Of the perturbations, in standard deviations of the members that are left: enough to tell a copy from its original.
  double perturbation = 0.1;
  std::uint64_t seed = 0;
  std::uint64_t event = 0;
};

/// Puts others in the place of members whose forecast failed: each a copy of one of the rest, drawn with equal chances, plus
/// a random combination of the rest's anomalies, which has their covariance times perturbation^2.
///
/// rows: [row x member], the same members on every rank; what stands in the failed columns is not looked at. failed: their
/// numbers, ascending. Keyed by (seed, failed_member, member, event): rows need no communication, and the bits do not depend
/// on how they are dealt out. Not collective.
/// Throws Error if failed is not in order or perturbation is negative or not finite; Fault::run if fewer than half of the
/// members, or fewer than two, are left.
void replace_failed_members(EnsembleRef rows, const std::vector<Index>& failed, const FailedMembersOptions& options);

}  // namespace semiflow
