// Private to assimilation.
#pragma once
#include <semiflow/core/ensemble.hpp>
#include <vector>

#include "tridiagonal.hpp"

namespace semiflow::detail {

// A few rows at a time, padded with zeros: what becomes of a row then has the same bits whichever rows it comes with.
inline constexpr Index strip_rows = 4;
using RowStrip = Eigen::Array<double, strip_rows, Eigen::Dynamic>;
using StripColumn = Eigen::Array<double, strip_rows, 1>;

// 1 / sqrt(x) = sum of weight(p) / (x + shift(p)) for 1 <= x <= largest, up to a relative error of 2e-15 +
// 1e-17 sqrt(largest): the rounding of an elliptic amplitude whose modulus is nearly 1. Nothing cancels: all weights and
// shifts are positive.
struct InverseRootPoles {
  Eigen::ArrayXd weight{}, shift{};
};
InverseRootPoles inverse_root_poles(double largest);

// Multiplies rows by functions of a small symmetric matrix A >= 0 without its eigenvectors: with A = Q T Q' and T
// tridiagonal, the inverse root of I + T is a sum of poles, each of which is solved for in a time proportional to the
// size. For a few rows this takes little more than the tridiagonal form. Work arrays are kept for the next matrix.
class InverseRoot {
 public:
  void factor(const Eigen::MatrixXd& matrix);

  // rows <- rows * Q and back, [strip x size]. The functions of T are applied in between.
  void rotate(RowStrip& rows) const;
  void rotate_back(RowStrip& rows) const;

  // rows <- rows * (I + T)^-1/2.
  void multiply_by_root(RowStrip& rows);
  // rows <- rows * (I - (I + T)^-1/2) T^-1, where T may be singular.
  void multiply_by_complement(RowStrip& rows);

  // vector <- (I + T)^-1 Q' vector.
  void solve(Eigen::VectorXd& vector) const;

 private:
  void multiply(RowStrip& rows, const Eigen::ArrayXd& weight);

  Tridiagonal form_;
  std::vector<InverseRootPoles> tables_{};  // for eigenvalues of I + T up to 2, 4, 8, ...; made when first needed
  std::size_t table_ = 0;
  // T + (1 + shift) I = L D L': the entries below the diagonal of L and the inverse of D, [pole x row].
  Eigen::ArrayXXd lower_{}, inverse_{};
  RowStrip forward_{}, sum_{};
  Eigen::ArrayXd complement_{};
};

}  // namespace semiflow::detail
