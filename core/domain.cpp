#include <semiflow/core/domain.hpp>
#include <semiflow/core/error.hpp>
#include <string>
#include <utility>
#include <vector>

namespace semiflow {

Domain::Domain(Grid grid, std::shared_ptr<const Communicator> ranks)
    : grid_(std::move(grid)), ranks_(std::move(ranks)) {
  if (ranks_ && ranks_->size() == 1) ranks_.reset();
  if (ranks_ && grid_.dimensions() == 1)
    throw Error(Fault::input, {}, "a line cannot be dealt to " + std::to_string(ranks_->size()) + " ranks",
                "give every member one rank, or take a plane or a box");
}

Share Domain::slabs(int rank) const {
  const Index all = grid_.axis(0).points;
  return ranks_ ? ranks_->share(all, rank) : Share{0, all};
}

Ensemble Domain::part(EnsembleView whole) const {
  const Index n = grid_.points(), mine = points();
  require(whole.rows() % n == 0, "whole states have a value at every point of the grid");
  const Index fields = whole.rows() / n, first = slabs().begin * slab_points();
  Ensemble result(fields * mine, whole.cols());
  for (Index field = 0; field < fields; ++field)
    result.middleRows(field * mine, mine) = whole.middleRows(field * n + first, mine);
  return result;
}

Eigen::VectorXd Domain::gather(const Eigen::Ref<const Eigen::VectorXd>& part, int root) const {
  require(part.size() == points(), "a part has a value at every point of this rank's slabs");
  if (!ranks_) return part;
  std::vector<int> counts, offsets;
  for (int r = 0; r < ranks(); ++r) {
    offsets.push_back(static_cast<int>(slabs(r).begin));
    counts.push_back(static_cast<int>(slabs(r).size));
  }
  // Counted in slabs, so that no field is too large.
  MPI_Datatype slab;
  MPI_Type_contiguous(static_cast<int>(slab_points()), MPI_DOUBLE, &slab);
  MPI_Type_commit(&slab);
  Eigen::VectorXd whole(rank() == root ? grid_.points() : 0);
  MPI_Gatherv(part.data(), counts[static_cast<std::size_t>(rank())], slab, whole.data(), counts.data(), offsets.data(),
              slab, root, ranks_->get());
  MPI_Type_free(&slab);
  return whole;
}

}  // namespace semiflow
