#pragma once
#include <memory>
#include <semiflow/core/communicator.hpp>
#include <semiflow/core/grid.hpp>

namespace semiflow {

/// A grid whose fields are dealt to the ranks of a communicator by slabs, or held whole by one.
///
/// A rank holds its share of the points along the first axis, whole in the others: its part of a field is contiguous in
/// C order. More ranks than points along that axis are legal, some then hold nothing. Copies share the communicator.
class Domain {
 public:
  /// Whole, on every rank that makes one.
  explicit Domain(Grid grid) : Domain(std::move(grid), nullptr) {}
  /// Dealt to the ranks, which all make it; null is whole. Throws Error for a line on more than one rank: its transform
  /// has no axis that could be dealt.
  Domain(Grid grid, std::shared_ptr<const Communicator> ranks);

  const Grid& grid() const { return grid_; }
  /// The same deal of another grid, such as the finer one of a padded product.
  Domain with(Grid grid) const { return {std::move(grid), ranks_}; }
  /// Null if whole.
  const std::shared_ptr<const Communicator>& communicator() const { return ranks_; }
  int rank() const { return ranks_ ? ranks_->rank() : 0; }
  int ranks() const { return ranks_ ? ranks_->size() : 1; }

  /// My slabs, or those of a rank, as points along the first axis.
  Share slabs() const { return slabs(rank()); }
  Share slabs(int rank) const;
  /// Points of one slab.
  Index slab_points() const { return grid_.points() / grid_.axis(0).points; }
  /// My points of a field.
  Index points() const { return slabs().size * slab_points(); }

  /// My part of states that every rank holds whole: [fields * grid().points() x columns] to [fields * points() x
  /// columns]. Throws Error for other rows.
  Ensemble part(EnsembleView whole) const;

  /// A whole field [grid().points()] on one rank, of the parts of all; nothing on the others. Collective.
  Eigen::VectorXd gather(const Eigen::Ref<const Eigen::VectorXd>& part, int root) const;

  /// True on every rank if it is true on at least one. Collective.
  bool any(bool value) const { return ranks_ ? ranks_->any(value) : value; }

 private:
  Grid grid_;
  std::shared_ptr<const Communicator> ranks_;
};

}  // namespace semiflow
