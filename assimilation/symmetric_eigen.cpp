#include "symmetric_eigen.hpp"

#include <Eigen/Eigenvalues>

#include "tridiagonal.hpp"

namespace semiflow::detail {

// Householder's tridiagonal form and then Eigen's QR iteration. Eigen's own reduction hands its matrix-vector products to
// BLAS; OpenBLAS's dsymv costs 2 us a call whatever the size, which makes it three times slower at 20 members than all
// that is done here.
SymmetricEigen symmetric_eigen(const Eigen::MatrixXd& matrix) {
  const Eigen::Index n = matrix.rows();
  Tridiagonal form;
  tridiagonalise(matrix, form);

  Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver;
  solver.computeFromTridiagonal(form.diagonal, form.below, Eigen::ComputeEigenvectors);
  SymmetricEigen result{solver.eigenvalues(), solver.eigenvectors()};
  for (Eigen::Index k = n - 2; k >= 0; --k) {
    const auto v = form.reflectors.col(k).tail(n - k - 1);
    auto rows = result.vectors.bottomRows(n - k - 1);
    for (Eigen::Index j = 0; j < n; ++j) rows.col(j) -= (form.factors(k) * v.dot(rows.col(j))) * v;
  }
  return result;
}

}  // namespace semiflow::detail
