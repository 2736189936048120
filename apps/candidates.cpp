// What a discovery takes for missing terms.
#include "candidates.hpp"

#include <algorithm>
#include <cmath>
#include <semiflow/core/error.hpp>
#include <semiflow/pde/quasigeostrophic.hpp>
#include <set>

namespace semiflow {

namespace {

bool means(const std::string& name, const TermSum& candidate) {
  return candidate.name == name || candidate.name.starts_with(name + " in ");
}

std::vector<TermSum> of_the_jet(const ModelOptions& model) {
  const auto& c = model.coefficients;
  return jet_candidates(model.grid, {.jet_velocity = c.at("jet_velocity"), .jet_width = c.at("jet_width")});
}

std::vector<TermSum> chosen(std::vector<TermSum> library, const std::vector<std::string>& names) {
  if (names.empty()) return library;
  for (const std::string& name : names) {
    if (std::ranges::any_of(library, [&](const TermSum& c) { return means(name, c); })) continue;
    std::string known;
    for (const TermSum& c : library) known += (known.empty() ? "" : ", ") + c.name;
    throw Error(Fault::input, {}, "the library has no term '" + name + "'", "it has " + known);
  }
  std::erase_if(library, [&](const TermSum& c) {
    return std::ranges::none_of(names, [&](const std::string& name) { return means(name, c); });
  });
  return library;
}

}  // namespace

bool has_candidates(const ModelOptions& model) { return std::string_view(model.equation->name) == "two-layer-jet"; }

std::vector<TermSum> candidates(const ModelOptions& model, const LibraryOptions& options) {
  if (has_candidates(model)) return chosen(of_the_jet(model), options.names);
  std::vector<TermSum> library;
  const TermLibrary monomials(model.grid, options);
  for (const Term& term : monomials.terms()) library.push_back({.name = term.name, .terms = {term}});
  return library;
}

double coefficient(const Semilinear& equation, const TermSum& candidate) {
  const Term& first = candidate.terms[0];
  return equation.coefficient(first.name) / first.coefficient;
}

double equation_distance(const Semilinear& a, const Semilinear& b, const std::vector<TermSum>& library,
                         bool all_terms) {
  std::set<std::string> others;
  for (const Semilinear* equation : {&a, &b})
    for (const Term& term : equation->terms) others.insert(term.name);
  double sum = 0;
  for (const TermSum& candidate : library) {
    sum += std::pow(coefficient(a, candidate) - coefficient(b, candidate), 2);
    for (const Term& term : candidate.terms) others.erase(term.name);
  }
  if (all_terms)
    for (const std::string& name : others) sum += std::pow(a.coefficient(name) - b.coefficient(name), 2);
  return std::sqrt(sum);
}

}  // namespace semiflow
