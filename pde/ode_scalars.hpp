#pragma once
#include <cmath>
#include <concepts>
#include <semiflow/core/aligned.hpp>
#include <semiflow/core/ensemble.hpp>

// The numbers that an ordinary differential equation is written for once, so that it runs for several members at a
// time and has its exact derivatives (Griewank & Walther 2008, chapters 3 and 4). All of them know + - * /, the
// functions at the end, and plain numbers; none has a value to branch on.
namespace semiflow {

/// One entry of the state in eight members. Every lane is computed alike, so that a member has the same bits in any
/// company.
struct Lanes {
  static constexpr Index width = 8;

  Lanes() = default;
  Lanes(double value) {  // NOLINT: a plain number is a number of every member
    for (double& lane : lanes) lane = value;
  }
  double& operator[](Index i) { return lanes[i]; }
  double operator[](Index i) const { return lanes[i]; }

  template <class Function>
  [[gnu::always_inline]] static inline Lanes of(const Function& function) {
    Lanes result;
    for (Index i = 0; i < width; ++i) result.lanes[i] = function(i);
    return result;
  }
  friend Lanes operator+(const Lanes& a, const Lanes& b) {
    return of([&](Index i) { return a[i] + b[i]; });
  }
  friend Lanes operator-(const Lanes& a, const Lanes& b) {
    return of([&](Index i) { return a[i] - b[i]; });
  }
  friend Lanes operator*(const Lanes& a, const Lanes& b) {
    return of([&](Index i) { return a[i] * b[i]; });
  }
  friend Lanes operator/(const Lanes& a, const Lanes& b) {
    return of([&](Index i) { return a[i] / b[i]; });
  }
  friend Lanes operator-(const Lanes& a) {
    return of([&](Index i) { return -a[i]; });
  }
  Lanes& operator+=(const Lanes& b) { return *this = *this + b; }
  Lanes& operator-=(const Lanes& b) { return *this = *this - b; }
  Lanes& operator*=(const Lanes& b) { return *this = *this * b; }
  template <class Function, class Derivative>
  friend Lanes apply(const Lanes& a, const Function& function, const Derivative&) {
    return of([&](Index i) { return function(a[i]); });
  }

  alignas(32) double lanes[width];
};

/// A number and its derivative in eight directions: forward differentiation.
struct Dual {
  Dual() = default;
  Dual(double constant) : value(constant), slope(0.0) {}  // NOLINT
  Dual(double v, const Lanes& s) : value(v), slope(s) {}

  /// The number value that depends on a, and on b, with the derivatives da and db.
  friend Dual chain(double value, const Dual& a, double da) { return {value, da * a.slope}; }
  friend Dual chain(double value, const Dual& a, double da, const Dual& b, double db) {
    return {value, da * a.slope + db * b.slope};
  }

  double value;
  Lanes slope;
};

class Tape;

/// A number that remembers how it was computed: reverse differentiation.
struct Recorded {
  Recorded() = default;
  Recorded(double constant) : value(constant) {}  // NOLINT
  Recorded(double v, Index n, Tape* t) : value(v), node(n), tape(t) {}

  inline friend Recorded chain(double value, const Recorded& a, double da);
  inline friend Recorded chain(double value, const Recorded& a, double da, const Recorded& b, double db);

  double value = 0;
  Index node = -1;  ///< its place on the tape; -1 for a constant
  Tape* tape = nullptr;
};

/// The operations of one evaluation of y = f(x), to pull sensitivities back through it.
class Tape {
 public:
  /// A number that depends on the nodes a and b (-1 for none) with the derivatives da and db.
  struct Node {
    Index a = -1, b = -1;
    double da = 0, db = 0;
  };

  /// Forgets what it held and makes x_i, i = 0, ..., size - 1, of these values.
  template <class Values>
  void start(const Values& values, Index size, Recorded* x) {
    nodes_.assign(static_cast<std::size_t>(size), Node{});
    for (Index i = 0; i < size; ++i) x[i] = Recorded(values[i], i, this);
  }

  /// J^T seeds with J = dy/dx, for eight vectors [y] at a time; result: [x].
  void pull(const Recorded* y, const Lanes* seeds, Index size, Lanes* result);

 private:
  friend Recorded chain(double value, const Recorded& a, double da);
  friend Recorded chain(double value, const Recorded& a, double da, const Recorded& b, double db);

  Recorded push(double value, const Node& node) {
    nodes_.push_back(node);
    return {value, std::ssize(nodes_) - 1, this};
  }

  std::vector<Node> nodes_;
  AlignedVector<Lanes> bars_;
};

Recorded chain(double value, const Recorded& a, double da) {
  if (da == 1) return {value, a.node, a.tape};  // such as a + 1: sensitivities pass as they are
  return a.tape == nullptr ? Recorded(value) : a.tape->push(value, {.a = a.node, .da = da});
}

Recorded chain(double value, const Recorded& a, double da, const Recorded& b, double db) {
  if (a.tape == nullptr) return chain(value, b, db);
  if (b.tape == nullptr) return chain(value, a, da);
  return a.tape->push(value, {.a = a.node, .b = b.node, .da = da, .db = db});
}

template <class S>
concept DifferentiatedScalar = std::same_as<S, Dual> || std::same_as<S, Recorded>;
template <class S>
concept OdeScalar = DifferentiatedScalar<S> || std::same_as<S, Lanes>;

template <DifferentiatedScalar S>
S operator+(const S& a, const S& b) {
  return chain(a.value + b.value, a, 1, b, 1);
}
template <DifferentiatedScalar S>
S operator+(const S& a, double b) {
  return chain(a.value + b, a, 1);
}
template <DifferentiatedScalar S>
S operator+(double a, const S& b) {
  return chain(a + b.value, b, 1);
}
template <DifferentiatedScalar S>
S operator-(const S& a, const S& b) {
  return chain(a.value - b.value, a, 1, b, -1);
}
template <DifferentiatedScalar S>
S operator-(const S& a, double b) {
  return chain(a.value - b, a, 1);
}
template <DifferentiatedScalar S>
S operator-(double a, const S& b) {
  return chain(a - b.value, b, -1);
}
template <DifferentiatedScalar S>
S operator-(const S& a) {
  return chain(-a.value, a, -1);
}
template <DifferentiatedScalar S>
S operator*(const S& a, const S& b) {
  return chain(a.value * b.value, a, b.value, b, a.value);
}
template <DifferentiatedScalar S>
S operator*(const S& a, double b) {
  return chain(a.value * b, a, b);
}
template <DifferentiatedScalar S>
S operator*(double a, const S& b) {
  return chain(a * b.value, b, a);
}
template <DifferentiatedScalar S>
S operator/(const S& a, const S& b) {
  return chain(a.value / b.value, a, 1 / b.value, b, -a.value / (b.value * b.value));
}
template <DifferentiatedScalar S>
S operator/(const S& a, double b) {
  return chain(a.value / b, a, 1 / b);
}
template <DifferentiatedScalar S>
S operator/(double a, const S& b) {
  return chain(a / b.value, b, -a / (b.value * b.value));
}
template <DifferentiatedScalar S, class Function, class Derivative>
S apply(const S& a, const Function& function, const Derivative& derivative) {
  return chain(function(a.value), a, derivative(a.value));
}

template <DifferentiatedScalar S, class T>
S& operator+=(S& a, const T& b) {
  return a = a + b;
}
template <DifferentiatedScalar S, class T>
S& operator-=(S& a, const T& b) {
  return a = a - b;
}
template <DifferentiatedScalar S, class T>
S& operator*=(S& a, const T& b) {
  return a = a * b;
}

template <OdeScalar S>
S sin(const S& a) {
  return apply(
      a, [](double x) { return std::sin(x); }, [](double x) { return std::cos(x); });
}
template <OdeScalar S>
S cos(const S& a) {
  return apply(
      a, [](double x) { return std::cos(x); }, [](double x) { return -std::sin(x); });
}
template <OdeScalar S>
S exp(const S& a) {
  return apply(
      a, [](double x) { return std::exp(x); }, [](double x) { return std::exp(x); });
}
template <OdeScalar S>
S log(const S& a) {
  return apply(
      a, [](double x) { return std::log(x); }, [](double x) { return 1 / x; });
}
template <OdeScalar S>
S sqrt(const S& a) {
  return apply(
      a, [](double x) { return std::sqrt(x); }, [](double x) { return 0.5 / std::sqrt(x); });
}
template <OdeScalar S>
S tanh(const S& a) {
  return apply(
      a, [](double x) { return std::tanh(x); }, [](double x) { return 1 - std::tanh(x) * std::tanh(x); });
}
template <OdeScalar S>
S pow(const S& a, double exponent) {
  return apply(
      a, [exponent](double x) { return std::pow(x, exponent); },
      [exponent](double x) { return exponent * std::pow(x, exponent - 1); });
}

}  // namespace semiflow
