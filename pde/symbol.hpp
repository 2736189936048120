#pragma once
#include <Eigen/Core>
#include <complex>
#include <functional>
#include <semiflow/core/ensemble.hpp>

namespace semiflow {

/// A number for every Fourier mode, or nothing, which is the identity. Symbols that are made by a rule are computed
/// when they are asked for: an array of modes is as large as a field, and an equation has a dozen of them that no
/// solver needs for longer than it takes to pick its modes.
class Symbol {
 public:
  using Values = Eigen::ArrayXcd;

  Symbol() = default;
  /// As they are: [modes] in the order of Grid.
  Symbol(Values values);
  template <class Expression>
  Symbol(const Eigen::ArrayBase<Expression>& values) : Symbol(Values(values)) {}
  /// By a rule that gives so many numbers. Throws Error, in values(), if it gives another number of them.
  Symbol(Index modes, std::function<Values()> rule);

  /// Of the modes; 0 is the identity.
  Index size() const { return modes_; }
  Values values() const;

  /// Mode by mode. Throws Error for symbols of another size, also for the identity.
  friend Symbol operator*(const Symbol& a, const Symbol& b);
  friend Symbol operator+(const Symbol& a, const Symbol& b);
  friend Symbol operator-(const Symbol& a, const Symbol& b);
  friend Symbol operator*(double factor, const Symbol& a);

 private:
  Index modes_ = 0;
  std::function<Values()> rule_;
};

}  // namespace semiflow
