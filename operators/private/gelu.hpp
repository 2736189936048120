#pragma once
#include <cstdint>

namespace semiflow {

/// gelu(x) = x Phi(x) and its derivative Phi(x) + x phi(x), Phi and phi being the distribution and the density of the
/// normal distribution: value and slope [n] from x [n], either of which may be x itself. bias [period], if it is not null,
/// is added to x before, over and over.
///
/// In single precision by Abramowitz & Stegun (1964) 7.1.26, whose error of 1.5e-7 is that of the number format; one
/// exponential serves both, which libtorch computes apart, and its derivative in three times the time.
void gelu_with_slope(const float* x, int64_t n, const float* bias, int64_t period, float* value, float* slope);
void gelu_with_slope(const double* x, int64_t n, const double* bias, int64_t period, double* value, double* slope);

/// a times b, element by element.
void multiply_elements(const float* a, const float* b, int64_t n, float* product);
void multiply_elements(const double* a, const double* b, int64_t n, double* product);

}  // namespace semiflow
