#include "inverse_root.hpp"

#include <cmath>
#include <limits>
#include <numbers>

namespace semiflow::detail {

namespace {

// Arithmetic-geometric mean: a from one step to the next, and c = (a - b) / 2 beside it.
struct AgmStep {
  double a, c;
};

std::vector<AgmStep> arithmetic_geometric_mean(double a, double b) {
  std::vector<AgmStep> steps;
  double c = a;
  while (c > std::numeric_limits<double>::epsilon() * a) {
    c = (a - b) / 2;
    const double geometric = std::sqrt(a * b);
    a = (a + b) / 2;
    b = geometric;
    steps.push_back({a, c});
  }
  return steps;
}

// The complete elliptic integral of the first kind with the complementary modulus.
double quarter_period(double complementary_modulus) {
  return std::numbers::pi / (2 * arithmetic_geometric_mean(1, complementary_modulus).back().a);
}

}  // namespace

// The substitution t = sc(u) turns 1 / sqrt(x) = 2 / pi times the integral of 1 / (x + t^2) over t > 0 into that of a
// periodic function, for which the midpoint rule converges geometrically (Hale, Higham & Trefethen 2008, Sec. 4).
InverseRootPoles inverse_root_poles(double largest) {
  // Moduli k' of sc and k, complementary to each other, with quarter periods K' and K.
  const double k = 1 / std::sqrt(largest), K = quarter_period(std::sqrt(1 - k * k));
  const std::vector<AgmStep> steps = arithmetic_geometric_mean(1, k);
  const double period = std::numbers::pi / (2 * steps.back().a);
  // The error is 2 exp(-2 pi n K / K').
  const double digits = std::log(2 / std::numeric_limits<double>::epsilon()) + 1;
  const auto n = static_cast<Index>(std::ceil(period / K * digits / (2 * std::numbers::pi)));

  InverseRootPoles poles{.weight = Eigen::ArrayXd(n), .shift = Eigen::ArrayXd(n)};
  for (Index p = 0; 2 * p < n; ++p) {
    const double u = (static_cast<double>(p) + 0.5) / static_cast<double>(n) * period;
    // The amplitude of u by descending Landen transformations (Abramowitz & Stegun 16.4).
    double phi = std::ldexp(steps.back().a * u, static_cast<int>(steps.size()));
    for (auto step = steps.rbegin(); step != steps.rend(); ++step)
      phi = (phi + std::asin(step->c / step->a * std::sin(phi))) / 2;
    const double sn = std::sin(phi), cn = std::cos(phi), dn = std::sqrt(cn * cn + k * k * sn * sn);
    const double t = sn / cn, slope = dn / (cn * cn);
    const double norm = 2 * period / (std::numbers::pi * static_cast<double>(n));
    poles.shift(p) = t * t;
    poles.weight(p) = norm * slope;
    // sc(K' - u) = 1 / (k sc(u)), without the cancellation in cn.
    poles.shift(n - 1 - p) = 1 / (k * k * t * t);
    poles.weight(n - 1 - p) = norm * slope / (k * t * t);
  }
  return poles;
}

void InverseRoot::factor(const Eigen::MatrixXd& matrix) {
  const Index n = matrix.rows();
  tridiagonalise(matrix, form_);
  const auto& [diagonal, below, factors, reflectors, work] = form_;

  // Gershgorin's bound, to the next power of two.
  double largest = 0;
  for (Index i = 0; i < n; ++i)
    largest =
        std::max(largest, diagonal(i) + (i > 0 ? std::abs(below(i - 1)) : 0) + (i + 1 < n ? std::abs(below(i)) : 0));
  table_ = static_cast<std::size_t>(std::ilogb(1 + largest));
  if (tables_.size() <= table_) tables_.resize(table_ + 1);
  auto& [weight, shift] = tables_[table_];
  if (weight.size() == 0) tables_[table_] = inverse_root_poles(std::ldexp(1, static_cast<int>(table_) + 1));

  lower_.resize(shift.size(), n);
  inverse_.resize(shift.size(), n);
  inverse_.col(0) = (1 + diagonal(0) + shift).inverse();
  for (Index i = 1; i < n; ++i) {
    lower_.col(i) = below(i - 1) * inverse_.col(i - 1);
    inverse_.col(i) = (1 + diagonal(i) + shift - below(i - 1) * lower_.col(i)).inverse();
  }
}

void InverseRoot::rotate(RowStrip& rows) const {
  const Index n = rows.cols();
  for (Index k = 0; k < n - 1; ++k) {
    const auto v = form_.reflectors.col(k);
    StripColumn sum = StripColumn::Zero();
    for (Index i = k + 1; i < n; ++i) sum += v(i) * rows.col(i);
    sum *= form_.factors(k);
    for (Index i = k + 1; i < n; ++i) rows.col(i) -= v(i) * sum;
  }
}

void InverseRoot::rotate_back(RowStrip& rows) const {
  const Index n = rows.cols();
  for (Index k = n - 2; k >= 0; --k) {
    const auto v = form_.reflectors.col(k);
    StripColumn sum = StripColumn::Zero();
    for (Index i = k + 1; i < n; ++i) sum += v(i) * rows.col(i);
    sum *= form_.factors(k);
    for (Index i = k + 1; i < n; ++i) rows.col(i) -= v(i) * sum;
  }
}

void InverseRoot::multiply_by_root(RowStrip& rows) { multiply(rows, tables_[table_].weight); }

void InverseRoot::multiply_by_complement(RowStrip& rows) {
  const auto& [weight, shift] = tables_[table_];
  complement_ = weight / (1 + shift);
  multiply(rows, complement_);
}

void InverseRoot::multiply(RowStrip& rows, const Eigen::ArrayXd& weight) {
  const Index n = rows.cols();
  forward_.resize(strip_rows, n);
  sum_.setZero(strip_rows, n);
  for (Index p = 0; p < weight.size(); ++p) {
    StripColumn running = rows.col(0);
    forward_.col(0) = running;
    for (Index i = 1; i < n; ++i) {
      running = rows.col(i) - lower_(p, i) * running;
      forward_.col(i) = running;
    }
    running = (weight(p) * inverse_(p, n - 1)) * running;
    sum_.col(n - 1) += running;
    for (Index i = n - 2; i >= 0; --i) {
      running = (weight(p) * inverse_(p, i)) * forward_.col(i) - lower_(p, i + 1) * running;
      sum_.col(i) += running;
    }
  }
  rows = sum_;
}

void InverseRoot::solve(Eigen::VectorXd& vector) const {
  const auto& [diagonal, below, factors, reflectors, work] = form_;
  const Index n = vector.size();
  for (Index k = 0; k < n - 1; ++k) {
    const auto v = reflectors.col(k).tail(n - k - 1);
    auto rest = vector.tail(n - k - 1);
    rest -= (factors(k) * v.dot(rest)) * v;
  }
  // No pole lies at zero, so the factors are not among those of factor().
  Eigen::VectorXd inverse(n);
  inverse(0) = 1 / (1 + diagonal(0));
  for (Index i = 1; i < n; ++i) {
    const double lower = below(i - 1) * inverse(i - 1);
    inverse(i) = 1 / (1 + diagonal(i) - below(i - 1) * lower);
    vector(i) -= lower * vector(i - 1);
  }
  vector(n - 1) *= inverse(n - 1);
  for (Index i = n - 2; i >= 0; --i) vector(i) = inverse(i) * (vector(i) - below(i) * vector(i + 1));
}

}  // namespace semiflow::detail
