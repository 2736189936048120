#include "tridiagonal.hpp"

#include <Eigen/Householder>
#include <algorithm>

namespace semiflow::detail {

using Eigen::Index;

void tridiagonalise(const Eigen::MatrixXd& matrix, Tridiagonal& result) {
  const Index n = matrix.rows();
  auto& [diagonal, below, factors, reflectors, work] = result;
  reflectors = matrix;
  below.resize(std::max<Index>(n - 1, 0));
  factors.resize(below.size());
  work.resize(n);
  for (Index k = 0; k < n - 1; ++k) {
    const Index m = n - k - 1;
    auto v = reflectors.col(k).tail(m);
    auto rest = reflectors.bottomRightCorner(m, m);
    auto p = work.head(m);
    v.makeHouseholderInPlace(factors(k), below(k));
    v(0) = 1;
    p.noalias() = factors(k) * (rest * v);
    p -= (factors(k) / 2 * p.dot(v)) * v;
    for (Index j = 0; j < m; ++j) rest.col(j) -= p(j) * v + v(j) * p;
  }
  diagonal = reflectors.diagonal();
}

}  // namespace semiflow::detail
