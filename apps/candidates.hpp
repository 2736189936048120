#pragma once
#include <semiflow/assimilation/discovery/term_library.hpp>
#include <semiflow/pde/term_sum.hpp>

#include "model.hpp"

namespace semiflow {

/// An equation whose candidates are known by name, instead of monomials of one field on a line.
bool has_candidates(const ModelOptions& model);
/// What a discovery takes for missing terms of the model: monomials, or the candidates of the equation. A name without
/// " in q1" or the like is a candidate in every equation. Throws Error for a name that is not in the library.
std::vector<TermSum> candidates(const ModelOptions& model, const LibraryOptions& options);
/// The coefficient with which an equation has the candidate.
double coefficient(const Semilinear& equation, const TermSum& candidate);
/// The distance of two equations: the root of the sum over candidates, and over all other terms if they count.
double equation_distance(const Semilinear& a, const Semilinear& b, const std::vector<TermSum>& library, bool all_terms);

}  // namespace semiflow
