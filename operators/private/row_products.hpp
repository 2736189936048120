#pragma once
#include <cblas.h>

#include <cstdint>
#include <limits>
#include <semiflow/core/error.hpp>

namespace semiflow {

/// Products of matrices in row-major order, as tensors lie, in either precision.

using Size = blasint;
inline Size to_size(int64_t n) {
  require(n <= std::numeric_limits<Size>::max(), "a tensor is too large for the linear algebra library");
  return static_cast<Size>(n);
}

/// c = a b + beta c, with a or its transpose [m x k], b [k x n].
inline void multiply(bool transposed, Size m, Size n, Size k, const float* a, const float* b, float beta, float* c) {
  cblas_sgemm(CblasRowMajor, transposed ? CblasTrans : CblasNoTrans, CblasNoTrans, m, n, k, 1, a, transposed ? m : k, b,
              n, beta, c, n);
}
inline void multiply(bool transposed, Size m, Size n, Size k, const double* a, const double* b, double beta,
                     double* c) {
  cblas_dgemm(CblasRowMajor, transposed ? CblasTrans : CblasNoTrans, CblasNoTrans, m, n, k, 1, a, transposed ? m : k, b,
              n, beta, c, n);
}

/// c = a b^T + beta c, with a [m x k], b [n x k].
inline void multiply_by_transpose(Size m, Size n, Size k, const float* a, const float* b, float beta, float* c) {
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, n, k, 1, a, k, b, k, beta, c, n);
}
inline void multiply_by_transpose(Size m, Size n, Size k, const double* a, const double* b, double beta, double* c) {
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, n, k, 1, a, k, b, k, beta, c, n);
}

}  // namespace semiflow
