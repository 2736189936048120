#pragma once
#include <semiflow/pde/term.hpp>

namespace semiflow {

/// A candidate of a library: terms that enter an equation with one common coefficient, e.g. the two fluxes of an
/// advection. All have the same target.
struct TermSum {
  std::string name;           ///< as the user writes it, e.g. "J1 in q1"
  std::vector<Term> terms{};  ///< with their coefficients in the sum; of the names that they have in the equation
};

}  // namespace semiflow
