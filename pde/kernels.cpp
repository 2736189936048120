#include "kernels.hpp"

// One body, several processors. The loader picks a clone by an indirect function, which the sanitizers do
// not support.
#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define SEMIFLOW_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define SEMIFLOW_CLONES
#endif

namespace semiflow::kernels {

namespace {

// std::complex multiplies with a check for NaN that keeps the loops from being vectorised.
struct C {
  double re, im;
};
inline __attribute__((always_inline)) C operator*(C a, C b) {
  return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}
inline __attribute__((always_inline)) C operator+(C a, C b) { return {a.re + b.re, a.im + b.im}; }
inline __attribute__((always_inline)) C operator-(C a, C b) { return {a.re - b.re, a.im - b.im}; }
inline __attribute__((always_inline)) C operator*(double a, C b) { return {a * b.re, a * b.im}; }

inline __attribute__((always_inline)) const C* as(const Complex* p) { return reinterpret_cast<const C*>(p); }
inline __attribute__((always_inline)) C* as(Complex* p) { return reinterpret_cast<C*>(p); }

}  // namespace

SEMIFLOW_CLONES void multiply(const Complex* a_, const Complex* b_, Complex* out_, std::size_t n) {
  const C* __restrict a = as(a_), * __restrict b = as(b_);
  C* __restrict out = as(out_);
  for (std::size_t i = 0; i < n; ++i) out[i] = a[i] * b[i];
}

SEMIFLOW_CLONES void multiply_add(const Complex* a_, const Complex* b_, Complex* out_, std::size_t n) {
  const C* __restrict a = as(a_), * __restrict b = as(b_);
  C* __restrict out = as(out_);
  for (std::size_t i = 0; i < n; ++i) out[i] = out[i] + a[i] * b[i];
}

SEMIFLOW_CLONES void multiply_imaginary(const Complex* a_, const Complex* b_, Complex* out_, std::size_t n) {
  const C* __restrict a = as(a_), * __restrict b = as(b_);
  C* __restrict out = as(out_);
  for (std::size_t i = 0; i < n; ++i) {
    out[i].re = a[i].re * b[i].im;
    out[i].im = a[i].im * b[i].re;
  }
}

SEMIFLOW_CLONES void multiply_imaginary_add(const Complex* a_, const Complex* b_, Complex* out_, std::size_t n) {
  const C* __restrict a = as(a_), * __restrict b = as(b_);
  C* __restrict out = as(out_);
  for (std::size_t i = 0; i < n; ++i) {
    out[i].re += a[i].re * b[i].im;
    out[i].im += a[i].im * b[i].re;
  }
}

SEMIFLOW_CLONES void multiply_in_place(double* a, const double* b, std::size_t n) {
#pragma GCC ivdep  // a and b are equal or do not overlap
  for (std::size_t i = 0; i < n; ++i) a[i] *= b[i];
}

SEMIFLOW_CLONES void scale(double c, const double* __restrict a, double* __restrict out, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) out[i] = c * a[i];
}

SEMIFLOW_CLONES void scale_add(double c, const double* __restrict a, double* __restrict out, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) out[i] += c * a[i];
}

SEMIFLOW_CLONES void product(double c, const double* a, const double* b, double* __restrict out, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) out[i] = c * a[i] * b[i];
}

SEMIFLOW_CLONES void product_add(double c, const double* a, const double* b, double* __restrict out, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) out[i] += c * a[i] * b[i];
}

SEMIFLOW_CLONES void combine(const double* __restrict e, const double* __restrict u, const double* __restrict q,
                             const double* __restrict v, double* __restrict out, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) out[i] = e[i] * u[i] + q[i] * v[i];
}

SEMIFLOW_CLONES void combine(const Complex* e_, const Complex* u_, const Complex* q_, const Complex* v_, Complex* out_,
                             std::size_t n) {
  const C* __restrict e = as(e_), * __restrict u = as(u_), * __restrict q = as(q_), * __restrict v = as(v_);
  C* __restrict out = as(out_);
  for (std::size_t i = 0; i < n; ++i) out[i] = e[i] * u[i] + q[i] * v[i];
}

SEMIFLOW_CLONES void combine(const double* e, const double* u, const double* q, const double* v, const double* w,
                             double* out, std::size_t n) {
#pragma GCC ivdep  // u and out are equal or do not overlap
  for (std::size_t i = 0; i < n; ++i) out[i] = e[i] * u[i] + q[i] * (2 * v[i] - w[i]);
}

SEMIFLOW_CLONES void combine(const Complex* e_, const Complex* u_, const Complex* q_, const Complex* v_,
                             const Complex* w_, Complex* out_, std::size_t n) {
  const C *e = as(e_), *u = as(u_), *q = as(q_), *v = as(v_), *w = as(w_);
  C* out = as(out_);
#pragma GCC ivdep  // u and out are equal or do not overlap
  for (std::size_t i = 0; i < n; ++i) out[i] = e[i] * u[i] + q[i] * (2.0 * v[i] - w[i]);
}

SEMIFLOW_CLONES void decay(const double* __restrict e, double* __restrict u, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) u[i] = e[i] * u[i];
}

SEMIFLOW_CLONES void decay(const Complex* e_, Complex* u_, std::size_t n) {
  const C* __restrict e = as(e_);
  C* __restrict u = as(u_);
  for (std::size_t i = 0; i < n; ++i) u[i] = e[i] * u[i];
}

SEMIFLOW_CLONES void finish(const double* __restrict e, const double* __restrict f1, const double* __restrict f2,
                            const double* __restrict f3, const double* __restrict a, const double* __restrict b,
                            const double* __restrict c, const double* __restrict d, double* __restrict u,
                            std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) u[i] = e[i] * u[i] + f1[i] * a[i] + f2[i] * (b[i] + c[i]) + f3[i] * d[i];
}

SEMIFLOW_CLONES void finish(const Complex* e_, const Complex* f1_, const Complex* f2_, const Complex* f3_,
                            const Complex* a_, const Complex* b_, const Complex* c_, const Complex* d_, Complex* u_,
                            std::size_t n) {
  const C* __restrict e = as(e_), * __restrict f1 = as(f1_), * __restrict f2 = as(f2_), * __restrict f3 = as(f3_);
  const C* __restrict a = as(a_), * __restrict b = as(b_), * __restrict c = as(c_), * __restrict d = as(d_);
  C* __restrict u = as(u_);
  for (std::size_t i = 0; i < n; ++i) u[i] = e[i] * u[i] + f1[i] * a[i] + f2[i] * (b[i] + c[i]) + f3[i] * d[i];
}

}  // namespace semiflow::kernels
