#include <memory>
#include <semiflow/core/error.hpp>
#include <semiflow/pde/symbol.hpp>
#include <utility>

namespace semiflow {

namespace {

template <class Combine>
Symbol combined(const Symbol& a, const Symbol& b, Combine combine) {
  require(a.size() > 0 && a.size() == b.size(), "two multipliers of different grids");
  return {a.size(), [a, b, combine]() -> Symbol::Values { return combine(a.values(), b.values()); }};
}

}  // namespace

Symbol::Symbol(Values values) : modes_(values.size()) {
  rule_ = [kept = std::make_shared<const Values>(std::move(values))] { return *kept; };
}

Symbol::Symbol(Index modes, std::function<Values()> rule) : modes_(modes), rule_(std::move(rule)) {}

Symbol::Values Symbol::values() const {
  if (modes_ == 0) return {};
  Values values = rule_();
  require(values.size() == modes_, "the rule of a symbol gives another number of modes");
  return values;
}

Symbol operator*(const Symbol& a, const Symbol& b) {
  return combined(a, b, [](const auto& x, const auto& y) { return x * y; });
}

Symbol operator+(const Symbol& a, const Symbol& b) {
  return combined(a, b, [](const auto& x, const auto& y) { return x + y; });
}

Symbol operator-(const Symbol& a, const Symbol& b) {
  return combined(a, b, [](const auto& x, const auto& y) { return x - y; });
}

Symbol operator*(double factor, const Symbol& a) {
  require(a.size() > 0, "the identity has no symbol to scale");
  return {a.size(), [factor, a]() -> Symbol::Values { return factor * a.values(); }};
}

}  // namespace semiflow
