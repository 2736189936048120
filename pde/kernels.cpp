#include "kernels.hpp"

#include "clones.hpp"

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

SEMIFLOW_CLONES void multiply_conjugate_add(const Complex* a_, const Complex* b_, Complex* out_, std::size_t n) {
  const C* __restrict a = as(a_), * __restrict b = as(b_);
  C* __restrict out = as(out_);
  for (std::size_t i = 0; i < n; ++i) out[i] = out[i] + C{a[i].re, -a[i].im} * b[i];
}

SEMIFLOW_CLONES void multiply_imaginary_conjugate_add(const Complex* a_, const Complex* b_, Complex* out_,
                                                      std::size_t n) {
  const C* __restrict a = as(a_), * __restrict b = as(b_);
  C* __restrict out = as(out_);
  for (std::size_t i = 0; i < n; ++i) {
    out[i].re -= a[i].re * b[i].im;
    out[i].im -= a[i].im * b[i].re;
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

// In the loops below out and u are equal or do not overlap.
SEMIFLOW_CLONES void combine(const double* e, const double* u, const Weighted<double>& term, double* out,
                             std::size_t n) {
  const auto [c, s, a, t, b] = term;
  if (b == nullptr) {
#pragma GCC ivdep
    for (std::size_t i = 0; i < n; ++i) out[i] = e[i] * u[i] + c[i] * (s * a[i]);
  } else {
#pragma GCC ivdep
    for (std::size_t i = 0; i < n; ++i) out[i] = e[i] * u[i] + c[i] * (s * a[i] + t * b[i]);
  }
}

SEMIFLOW_CLONES void combine(const Complex* e_, const Complex* u_, const Weighted<Complex>& term, Complex* out_,
                             std::size_t n) {
  const C *e = as(e_), *u = as(u_), *c = as(term.c), *a = as(term.a), *b = as(term.b);
  const double s = term.s, t = term.t;
  C* out = as(out_);
  if (b == nullptr) {
#pragma GCC ivdep
    for (std::size_t i = 0; i < n; ++i) out[i] = e[i] * u[i] + c[i] * (s * a[i]);
  } else {
#pragma GCC ivdep
    for (std::size_t i = 0; i < n; ++i) out[i] = e[i] * u[i] + c[i] * (s * a[i] + t * b[i]);
  }
}

SEMIFLOW_CLONES void accumulate(const Weighted<double>& term, double* out, std::size_t n) {
  const auto [c, s, a, t, b] = term;
  if (b == nullptr) {
#pragma GCC ivdep
    for (std::size_t i = 0; i < n; ++i) out[i] += c[i] * (s * a[i]);
  } else {
#pragma GCC ivdep
    for (std::size_t i = 0; i < n; ++i) out[i] += c[i] * (s * a[i] + t * b[i]);
  }
}

SEMIFLOW_CLONES void accumulate(const Weighted<Complex>& term, Complex* out_, std::size_t n) {
  const C *c = as(term.c), *a = as(term.a), *b = as(term.b);
  const double s = term.s, t = term.t;
  C* out = as(out_);
  if (b == nullptr) {
#pragma GCC ivdep
    for (std::size_t i = 0; i < n; ++i) out[i] = out[i] + c[i] * (s * a[i]);
  } else {
#pragma GCC ivdep
    for (std::size_t i = 0; i < n; ++i) out[i] = out[i] + c[i] * (s * a[i] + t * b[i]);
  }
}

SEMIFLOW_CLONES void combine_three(const double* e, const double* u, const Weighted<double>& first,
                                   const Weighted<double>& middle, const Weighted<double>& last, double* out,
                                   std::size_t n) {
  const double *f = first.c, *a = first.a, *m = middle.c, *b = middle.a, *c = middle.b, *l = last.c, *d = last.a;
  const double r = first.s, s = middle.s, t = middle.t, v = last.s;
#pragma GCC ivdep
  for (std::size_t i = 0; i < n; ++i)
    out[i] = e[i] * u[i] + f[i] * (r * a[i]) + m[i] * (s * b[i] + t * c[i]) + l[i] * (v * d[i]);
}

SEMIFLOW_CLONES void combine_three(const Complex* e_, const Complex* u_, const Weighted<Complex>& first,
                                   const Weighted<Complex>& middle, const Weighted<Complex>& last, Complex* out_,
                                   std::size_t n) {
  const C *e = as(e_), *u = as(u_), *f = as(first.c), *a = as(first.a), *m = as(middle.c), *b = as(middle.a),
          *c = as(middle.b), *l = as(last.c), *d = as(last.a);
  const double r = first.s, s = middle.s, t = middle.t, v = last.s;
  C* out = as(out_);
#pragma GCC ivdep
  for (std::size_t i = 0; i < n; ++i)
    out[i] = e[i] * u[i] + f[i] * (r * a[i]) + m[i] * (s * b[i] + t * c[i]) + l[i] * (v * d[i]);
}

}  // namespace semiflow::kernels
