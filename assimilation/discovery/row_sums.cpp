#include <algorithm>
#include <cmath>
#include <semiflow/assimilation/discovery/row_sums.hpp>
#include <semiflow/core/collective_error.hpp>

#include "packed_equations.hpp"

namespace semiflow {

namespace {

// Rows that fit the second cache with 24 terms; and sums that are kept apart until all ranks' are added in one order, so
// many that every rank of a cluster finds some and so few that they cost nothing.
constexpr Index rows_at_once = 2048, most_parts = 5040;

}  // namespace

NormalEquations sum_rows(const Communicator& comm, Index terms, Index rows, const RowSource& source) {
  require(terms > 0 && rows >= 0, "sums need a term, and rows cannot be fewer than none");
  const Index blocks = (rows + rows_at_once - 1) / rows_at_once, parts = std::min(blocks, most_parts);
  if (parts == 0) return normal_equations(Eigen::MatrixXd(0, terms), Eigen::VectorXd(0));
  const Share mine = comm.share(parts);
  Eigen::MatrixXd my_parts(detail::packed_size(terms), mine.size);
  run_together(comm, [&] {
    Eigen::MatrixXd library(std::min(rows_at_once, rows), terms);
    Eigen::VectorXd target(library.rows());
    for (Index p = mine.begin; p < mine.end(); ++p) {
      NormalEquations sum;
      for (Index block = p * blocks / parts; block < (p + 1) * blocks / parts; ++block) {
        const Index first = block * rows_at_once, count = std::min(rows_at_once, rows - first);
        source(first, library.topRows(count), target.head(count));
        sum += normal_equations(library.topRows(count), target.head(count));
      }
      require(sum.gram.allFinite() && sum.projection.allFinite() && std::isfinite(sum.target_square),
              "a row of the regression is not finite");
      my_parts.col(p - mine.begin) = detail::packed(sum);
    }
  });
  // Each rank's parts in order, then the ranks in order.
  const Eigen::VectorXd total = comm.sum_in_order(my_parts);
  return detail::unpacked(total, terms);
}

}  // namespace semiflow
