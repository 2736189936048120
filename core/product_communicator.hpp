#pragma once
#include <memory>
#include <semiflow/core/communicator.hpp>

namespace semiflow {

/// Ranks in two directions, members x domain: the ranks of a domain hold the fields of the same members together, by
/// slabs, and the ranks that hold the same slab of different members form the other communicator. So an analysis of
/// rows finds all members of a row in members, and a model all slabs of a member in domain.
struct ProductCommunicator {
  Communicator members;
  std::shared_ptr<const Communicator> domain;

  /// Neighbouring ranks, which usually share a node, share a domain. Collective; throws Error on every rank unless
  /// domain_ranks is positive and divides the number of ranks.
  ProductCommunicator(const Communicator& all, int domain_ranks);
};

}  // namespace semiflow
