// What a discovery leaves in the result file.
#include <cmath>
#include <iomanip>
#include <semiflow/assimilation/discovery/field_discovery.hpp>
#include <set>
#include <sstream>

#include "candidates.hpp"
#include "discover_jointly.hpp"

namespace semiflow {

namespace {

std::set<std::string> names_of_both(const Semilinear& a, const Semilinear& b) {
  std::set<std::string> names;
  for (const Semilinear* equation : {&a, &b})
    for (const Term& term : equation->terms) names.insert(term.name);
  return names;
}

std::string printed(const Semilinear& equation) {
  std::ostringstream out;
  out << "u_t =" << std::setprecision(4);
  for (const Term& term : equation.terms)
    if (term.coefficient != 0)
      out << (term.coefficient < 0 ? " - " : " + ") << std::abs(term.coefficient) << " " << term.name;
  return out.str();
}

// Beyond these the answer is one of several that the data allow.
constexpr double sure = 0.9, unsure = 0.5;

// In words: is the answer to be trusted, and if not, why.
std::string verdict(const Discovery& found, double misfit, const std::vector<TermSum>& library) {
  const auto name = [&library](Index j) { return "'" + library[static_cast<std::size_t>(j)].name + "'"; };
  if (misfit > suspicious_misfit)
    return "cannot decide: what is left is larger than the noise; the library may lack a term, the noise be larger, or "
           "the "
           "filter have lost the truth";
  std::string doubts;
  for (const Index j : found.support)
    if (found.ranking.inclusion_probability(j) < sure) doubts += (doubts.empty() ? "" : ", ") + name(j);
  if (!doubts.empty()) return "cannot decide: other terms explain as much as " + doubts;
  for (Index j = 0; j < found.coefficients.size(); ++j)
    if (found.coefficients(j) == 0 && found.ranking.inclusion_probability(j) > unsure)
      doubts += (doubts.empty() ? "" : ", ") + name(j);
  if (!doubts.empty()) return "cannot decide: evidence asks for " + doubts + " as well";
  return found.support.empty() ? "nothing is missing that these data could tell" : "decided";
}

}  // namespace

void write_discovery(RunContext& run, Index pass, const Discovery& found, double misfit, const std::string& doubt) {
  const Experiment& e = run.experiment;
  const std::vector<TermSum> library = candidates(e.model, e.discovery->library);
  const Index size = std::ssize(library);
  Eigen::VectorXd candidate = Eigen::VectorXd::Zero(size);
  for (const Index j : found.candidates) candidate(j) = 1;
  const auto write = [&](const std::string& name, const Eigen::MatrixXd& value) {
    run.file.write("/discovery/" + name, pass, value);
  };
  const auto write_number = [&](const std::string& name, double value) {
    write(name, Eigen::MatrixXd::Constant(1, 1, value));
  };
  write("coefficient", found.coefficients);
  write("standard_deviation", found.standard_deviation);
  write("contribution", found.contribution);
  write("candidate", candidate);
  write("inclusion_probability", found.ranking.inclusion_probability);
  write("term_log_bayes_factor", found.ranking.log_bayes_factor);
  write("variance_inflation", found.collinearity.variance_inflation);
  write("weakest_direction", found.collinearity.weakest_direction);
  Eigen::VectorXd path = Eigen::VectorXd::Constant(size + 1, std::nan(""));
  path.head(found.ranking.path.size()) = found.ranking.path;
  write("evidence_path", path);
  write_number("misfit", misfit);
  write_number("relative_residual", found.relative_residual);
  write_number("explained", 1 - found.relative_residual * found.relative_residual);
  write_number("log_bayes_factor", found.log_bayes_factor);
  write_number("support_probability", found.ranking.probability);
  write_number("condition", found.collinearity.condition);
  const Semilinear model = equation(e.model);
  const Semilinear corrected = model + found_terms(found.coefficients, library);
  run.file.set_attribute("/discovery", "equation", printed(corrected).substr(0, 1024));
  const std::string words = doubt.empty() ? verdict(found, misfit, library) : "cannot decide: " + doubt;
  run.file.set_attribute("/discovery", "verdict", words.substr(0, 1024));
  write_number("decided", words.starts_with("cannot") ? 0 : 1);
  if (e.truth.source || e.is_closure()) return;  // nobody knows the equation behind a file, or of what scales leave out

  const Semilinear truth = equation(e.truth.model);
  Eigen::VectorXd missing(size), deviation = Eigen::VectorXd::Constant(size, std::nan(""));
  // Over all terms of the truth and of the answer: one that the library lacks is missed as well.
  std::set<std::string> others = names_of_both(truth, corrected);
  bool right = true;
  double largest = 0;
  const auto compare = [&](double lacking, double answer) {
    right = right && (lacking != 0) == (answer != 0);
    if (lacking != 0) largest = std::max(largest, std::abs(answer / lacking - 1));
  };
  for (Index j = 0; j < size; ++j) {
    const TermSum& term = library[static_cast<std::size_t>(j)];
    missing(j) = coefficient(truth, term) - coefficient(model, term);
    compare(missing(j), found.coefficients(j));
    for (const Term& part : term.terms) others.erase(part.name);
    if (found.standard_deviation(j) > 0)
      deviation(j) = (found.coefficients(j) - missing(j)) / found.standard_deviation(j);
  }
  for (const std::string& name : others) compare(truth.coefficient(name) - model.coefficient(name), 0);
  // A sponge and the like, the same in both, would make the error small.
  const auto distance = [&](const Semilinear& other) {
    return equation_distance(truth, other, library, !has_candidates(e.model));
  };
  const double whole = distance(Semilinear{.grid = truth.grid});
  run.file.write("/discovery/true_coefficient", 0, missing.transpose());
  write("z_score", deviation);
  write_number("support_is_right", right ? 1 : 0);
  write_number("largest_relative_error", largest);
  write_number("coefficient_error", distance(corrected) / whole);
  run.file.set_attribute("/discovery", "model_error", distance(model) / whole);
}

}  // namespace semiflow
