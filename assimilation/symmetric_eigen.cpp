#include "symmetric_eigen.hpp"

#include <Eigen/Eigenvalues>
#include <Eigen/Householder>
#include <algorithm>

namespace semiflow::detail {

// Householder tridiagonalisation (Golub & Van Loan, Algorithm 8.3.1) and then Eigen's QR iteration. Eigen's own
// reduction hands its matrix-vector products to BLAS; OpenBLAS's dsymv costs 2 us a call whatever the size, which makes
// it three times slower at 20 members than all that is done here.
SymmetricEigen symmetric_eigen(Eigen::MatrixXd matrix) {
  using Eigen::Index;
  const Index n = matrix.rows();
  Eigen::VectorXd factors(std::max<Index>(n - 1, 0)), below(factors.size()), work(n);
  for (Index k = 0; k < n - 1; ++k) {
    const Index m = n - k - 1;
    auto v = matrix.col(k).tail(m);
    auto rest = matrix.bottomRightCorner(m, m);
    auto p = work.head(m);
    v.makeHouseholderInPlace(factors(k), below(k));
    v(0) = 1;
    p.noalias() = factors(k) * (rest * v);
    p -= (factors(k) / 2 * p.dot(v)) * v;
    for (Index j = 0; j < m; ++j) rest.col(j) -= p(j) * v + v(j) * p;
  }

  Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver;
  solver.computeFromTridiagonal(matrix.diagonal(), below, Eigen::ComputeEigenvectors);
  SymmetricEigen result{solver.eigenvalues(), solver.eigenvectors()};
  for (Index k = n - 2; k >= 0; --k) {
    const auto v = matrix.col(k).tail(n - k - 1);
    auto rows = result.vectors.bottomRows(n - k - 1);
    for (Index j = 0; j < n; ++j) rows.col(j) -= (factors(k) * v.dot(rows.col(j))) * v;
  }
  return result;
}

}  // namespace semiflow::detail
