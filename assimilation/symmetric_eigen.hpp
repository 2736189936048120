// Private to assimilation.
#pragma once
#include <Eigen/Core>

namespace semiflow::detail {

// Eigenvalues in ascending order and the eigenvectors as columns.
struct SymmetricEigen {
  Eigen::VectorXd values;
  Eigen::MatrixXd vectors;
};

// Of a symmetric matrix as small as an ensemble, both triangles given.
SymmetricEigen symmetric_eigen(const Eigen::MatrixXd& matrix);

}  // namespace semiflow::detail
