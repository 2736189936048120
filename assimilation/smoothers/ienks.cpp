#include <semiflow/assimilation/row_tile.hpp>
#include <semiflow/assimilation/smoothers/ienks.hpp>

namespace semiflow::detail {

void check(const SmoothingWindow& window, double time, Index state, const Communicator& comm) {
  const double last = window.measured.empty() ? window.begin : window.measured.back();
  const Index members = window.rows.cols();
  require(time >= last, "a measurement must not be earlier than the last one in the window of a smoother");
  throw_together(comm, window.rows.rows() == comm.row_share(state).size ? "" : "it does not hold this rank's rows",
                 Fault::input, "window of a smoother", "make the rows by Communicator::members_to_rows()");
  throw_together(comm, comm.minimum(members) == comm.maximum(members) ? "" : "it does not hold all members everywhere",
                 Fault::input, "window of a smoother", "make the rows by Communicator::members_to_rows()");
}

Ensemble linear_update(const Ensemble& last, const Ensemble& first, const Eigen::MatrixXd& change) {
  Ensemble moved = first;
  apply_weights(moved, change);
  const Eigen::VectorXd mean = member_mean(first);
  return last + (moved.colwise() - mean);
}

}  // namespace semiflow::detail
