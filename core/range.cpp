#include <cmath>
#include <semiflow/core/configuration.hpp>

#include "toml_document.hpp"

namespace semiflow {

using namespace toml_reading;

bool Range::contains(double value) const {
  return std::isfinite(value) && value > above && value >= at_least && value < below && value <= at_most;
}

std::string Range::text() const {
  std::string words;
  const auto add = [&words](std::string_view relation, double bound) {
    if (!std::isfinite(bound)) return;
    if (!words.empty()) words += " and ";
    words.append(relation).append(digits(bound));
  };
  add("greater than ", above);
  add("at least ", at_least);
  add("less than ", below);
  add("at most ", at_most);
  return words.empty() ? "a finite number" : words;
}

}  // namespace semiflow
