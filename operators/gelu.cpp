#include "private/gelu.hpp"

#include <bit>
#include <cmath>
#include <numbers>

// The loops below are vectorised by the compiler, for the widest registers that the processor has.
#ifdef __x86_64__
#define SEMIFLOW_EVERY_PROCESSOR __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define SEMIFLOW_EVERY_PROCESSOR
#endif

namespace semiflow {

namespace {

// exp(y) for -87 <= y <= 0, relative error 2e-7: 2^n by the bits of the exponent, 2^f, |f| <= 1/2, by a polynomial.
inline float exponential(float y) {
  const float scaled = y * 1.44269504F;
  constexpr float shift = 12582912.0F;  // 1.5 * 2^23: adding it rounds to an integer
  const float n = (scaled + shift) - shift, f = scaled - n;
  const float p = 1 + f * (0.693147182F + f * (0.240226462F + f * (0.0555041F + f * (0.00961812F + f * 0.00133336F))));
  return std::bit_cast<float>(std::bit_cast<std::int32_t>(p) + (static_cast<std::int32_t>(n) << 23));
}

inline void one(float x, float& value, float& slope) {
  const float a = std::abs(x) * 0.70710678F, y = -a * a;
  // So that also NaN, which the last factors hand on, has an exponent.
  const float e = exponential(y > -87.0F ? y : -87.0F), t = 1 / (1 + 0.3275911F * a);
  const float tail =
      0.5F * e * t * (0.254829592F + t * (-0.284496736F + t * (1.421413741F + t * (-1.453152027F + t * 1.061405429F))));
  const float below = x < 0 ? tail : 1 - tail;
  value = x * below;
  slope = below + x * e * 0.39894228F;
}

SEMIFLOW_EVERY_PROCESSOR
void without_bias(const float* x, int64_t n, float* value, float* slope) {
  for (int64_t i = 0; i < n; ++i) {
    float v, s;
    one(x[i], v, s);
    value[i] = v;
    slope[i] = s;
  }
}

SEMIFLOW_EVERY_PROCESSOR
void with_bias(const float* x, int64_t n, const float* bias, float* value, float* slope) {
  for (int64_t i = 0; i < n; ++i) {
    float v, s;
    one(x[i] + bias[i], v, s);
    value[i] = v;
    slope[i] = s;
  }
}

SEMIFLOW_EVERY_PROCESSOR
void multiply_all(const float* a, const float* b, int64_t n, float* product) {
  for (int64_t i = 0; i < n; ++i) product[i] = a[i] * b[i];
}

}  // namespace

void gelu_with_slope(const float* x, int64_t n, const float* bias, int64_t period, float* value, float* slope) {
  if (bias == nullptr) return without_bias(x, n, value, slope);
  for (int64_t i = 0; i < n; i += period) with_bias(x + i, period, bias, value + i, slope + i);
}

void gelu_with_slope(const double* x, int64_t n, const double* bias, int64_t period, double* value, double* slope) {
  for (int64_t i = 0; i < n; ++i) {
    const double at = x[i] + (bias == nullptr ? 0 : bias[i % period]);
    const double below = 0.5 * std::erfc(-at / std::numbers::sqrt2);
    value[i] = at * below;
    slope[i] = below + at * std::exp(-at * at / 2) / std::sqrt(2 * std::numbers::pi);
  }
}

void multiply_elements(const float* a, const float* b, int64_t n, float* product) { multiply_all(a, b, n, product); }
void multiply_elements(const double* a, const double* b, int64_t n, double* product) {
  for (int64_t i = 0; i < n; ++i) product[i] = a[i] * b[i];
}

}  // namespace semiflow
