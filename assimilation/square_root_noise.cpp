#include <cmath>
#include <semiflow/assimilation/square_root_noise.hpp>
#include <semiflow/core/collective_error.hpp>
#include <semiflow/core/error.hpp>

#include "block_sums.hpp"
#include "row_tile.hpp"
#include "symmetric_eigen.hpp"

namespace semiflow {

using detail::load_tile, detail::member_mean, detail::RowTile, detail::TileColumn;

Eigen::MatrixXd square_root_noise_weights(const Communicator& comm, EnsembleView rows, const Eigen::VectorXd& variance,
                                          double smallest_singular_value) {
  const Index members = rows.cols();
  run_together(comm, [&] {
    require(members >= 2, "the square root of a model's noise needs at least two members");
    require(variance.size() == rows.rows(), "a model's noise must have one variance a row");
    require(rows.allFinite() && variance.allFinite(), "members and variances of their noise must be finite");
    require((variance.array() >= 0).all(), "the variances of a model's noise must not be negative");
    require(smallest_singular_value >= 0 && smallest_singular_value < 1, "smallest_singular_value must be in [0, 1)");
  });

  // A'A and A'QA, one below the other.
  RowTile A(row_block, members), scaled(row_block, members), weight(row_block, 1);
  const Eigen::VectorXd sums =
      detail::sum_over_blocks(comm, rows.rows(), 2 * members * members, [&](Index row, auto part) {
        load_tile(rows, row, A);
        load_tile(variance, row, weight);
        const TileColumn mean = member_mean(A);
        for (Index k = 0; k < members; ++k) {
          A.col(k).array() -= mean;
          scaled.col(k) = A.col(k).cwiseProduct(weight.col(0));
        }
        auto products = part.reshaped(2 * members, members);
        products.topRows(members).noalias() = A.transpose() * A;
        products.bottomRows(members).noalias() = A.transpose() * scaled;
      });
  const auto products = sums.reshaped(2 * members, members);

  // In the eigenvectors of A'A, whose eigenvalues are squares of singular values.
  const auto [values, vectors] = detail::symmetric_eigen(products.topRows(members));
  const double smallest = std::pow(smallest_singular_value, 2) * values.maxCoeff();
  const Eigen::VectorXd inverse = (values.array() > smallest).select(values.array().inverse(), 0);
  const Eigen::MatrixXd noise =
      static_cast<double>(members - 1) *
      (inverse.asDiagonal() * (vectors.transpose() * products.bottomRows(members) * vectors) * inverse.asDiagonal());
  const auto [squares, axes] = detail::symmetric_eigen(noise);
  const Eigen::MatrixXd basis = vectors * axes;
  return basis * (1 + squares.array().max(0)).sqrt().matrix().asDiagonal() * basis.transpose();
}

}  // namespace semiflow
