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

/// a = a * b, where b may be a.
void multiply_in_place(double* a, const double* b, std::size_t n);
/// out = c * a, c * a * b; and the same added to out.
void scale(double c, const double* a, double* out, std::size_t n);
void scale_add(double c, const double* a, double* out, std::size_t n);
void product(double c, const double* a, const double* b, double* out, std::size_t n);
void product_add(double c, const double* a, const double* b, double* out, std::size_t n);

/// out = e u + q v. The real versions see n doubles and coefficients that are written out for each.
void combine(const double* e, const double* u, const double* q, const double* v, double* out, std::size_t n);
void combine(const Complex* e, const Complex* u, const Complex* q, const Complex* v, Complex* out, std::size_t n);
/// out = e u + q (2 v - w), where out may be u.
void combine(const double* e, const double* u, const double* q, const double* v, const double* w, double* out,
             std::size_t n);
void combine(const Complex* e, const Complex* u, const Complex* q, const Complex* v, const Complex* w, Complex* out,
             std::size_t n);
/// u = e u.
void decay(const double* e, double* u, std::size_t n);
void decay(const Complex* e, Complex* u, std::size_t n);
/// u = e u + f1 a + f2 (b + c) + f3 d.
void finish(const double* e, const double* f1, const double* f2, const double* f3, const double* a, const double* b,
            const double* c, const double* d, double* u, std::size_t n);
void finish(const Complex* e, const Complex* f1, const Complex* f2, const Complex* f3, const Complex* a,
            const Complex* b, const Complex* c, const Complex* d, Complex* u, std::size_t n);

}  // namespace semiflow::kernels
