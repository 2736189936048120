// Private to assimilation.
#pragma once
#include <Eigen/Core>

namespace semiflow::detail {

// A symmetric matrix as Q T Q': T by its diagonal and the entries below it, Q = H0 H1 ... as Householder reflections
// I - factors(k) v v' with v in rows k + 1, ... of column k of reflectors, its first entry 1 included.
struct Tridiagonal {
  Eigen::VectorXd diagonal{}, below{}, factors{};
  Eigen::MatrixXd reflectors{};
  Eigen::VectorXd work{};
};

// Householder's reduction (Golub & Van Loan, Algorithm 8.3.1) of a matrix as small as an ensemble, both triangles
// given. Arrays are reused if they have the right size.
void tridiagonalise(const Eigen::MatrixXd& matrix, Tridiagonal& result);

}  // namespace semiflow::detail
