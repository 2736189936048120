#pragma once
#include <complex>
#include <cstddef>

// The inner loops of the spectral solvers. They are compiled for several processors in one binary, and
// without contraction to fused multiply-add, so that every processor rounds alike. Private to this room.
namespace semiflow::kernels {

using Complex = std::complex<double>;

/// out = a * b, or out += a * b.
void multiply(const Complex* a, const Complex* b, Complex* out, std::size_t n);
void multiply_add(const Complex* a, const Complex* b, Complex* out, std::size_t n);
/// The same with an imaginary factor, i * a.imag(), given as (-a.imag(), a.imag()): half the work.
void multiply_imaginary(const Complex* a, const Complex* b, Complex* out, std::size_t n);
void multiply_imaginary_add(const Complex* a, const Complex* b, Complex* out, std::size_t n);
/// out += conj(a) * b, and with an imaginary a, which is given as above.
void multiply_conjugate_add(const Complex* a, const Complex* b, Complex* out, std::size_t n);
void multiply_imaginary_conjugate_add(const Complex* a, const Complex* b, Complex* out, std::size_t n);

/// a = a * b, where b may be a.
void multiply_in_place(double* a, const double* b, std::size_t n);
/// out = c * a, c * a * b; and the same added to out.
void scale(double c, const double* a, double* out, std::size_t n);
void scale_add(double c, const double* a, double* out, std::size_t n);
void product(double c, const double* a, const double* b, double* out, std::size_t n);
void product_add(double c, const double* a, const double* b, double* out, std::size_t n);

/// What an exponential Runge-Kutta stage is made of: a coefficient a mode, times one or two tendencies,
/// c (s a + t b); b may be null.
template <class Coefficient>
struct Weighted {
  const Coefficient* c;
  double s;
  const Coefficient* a;
  double t;
  const Coefficient* b;
};
/// out = e u + term, where out may be u; and out += term. The real versions see n doubles and coefficients that are
/// written out for each of them.
void combine(const double* e, const double* u, const Weighted<double>& term, double* out, std::size_t n);
void combine(const Complex* e, const Complex* u, const Weighted<Complex>& term, Complex* out, std::size_t n);
void accumulate(const Weighted<double>& term, double* out, std::size_t n);
void accumulate(const Weighted<Complex>& term, Complex* out, std::size_t n);

/// out = e u + first + middle + last in one pass, where only the middle term has two tendencies.
void combine_three(const double* e, const double* u, const Weighted<double>& first, const Weighted<double>& middle,
                   const Weighted<double>& last, double* out, std::size_t n);
void combine_three(const Complex* e, const Complex* u, const Weighted<Complex>& first, const Weighted<Complex>& middle,
                   const Weighted<Complex>& last, Complex* out, std::size_t n);

}  // namespace semiflow::kernels
