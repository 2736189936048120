#include <algorithm>
#include <semiflow/assimilation/discovery/term_library.hpp>
#include <semiflow/core/error.hpp>

namespace semiflow {

namespace {

const LibraryOptions& valid(const LibraryOptions& options) {
  require(options.max_power >= 0 && options.max_order >= 0, "max_power and max_order must not be negative");
  require(options.max_power + options.max_order > 0, "a library needs a power or a derivative");
  return options;
}

// A product of m factors with harmonics up to N/2 reaches m N/2; its aliases stay above N/2 if the finer
// grid has at least (m + 1) N/2 points.
Grid finer(const Grid& grid, Index factors) {
  require(grid.dimensions() == 1, "a library of monomials lives on a line");
  return Grid({{(factors + 2) / 2 * grid.axis(0).points, grid.axis(0).length}});
}

std::vector<Term> chosen(std::vector<Term> terms, const std::vector<std::string>& names) {
  if (names.empty()) return terms;
  for (const std::string& name : names)
    if (std::ranges::find(terms, name, &Term::name) == terms.end())
      throw Error(Fault::input, {}, "the library has no term '" + name + "'",
                  "raise max_power or max_order, or see its names with 'semiflow list terms'");
  std::erase_if(terms, [&](const Term& term) { return std::ranges::find(names, term.name) == names.end(); });
  return terms;
}

}  // namespace

TermLibrary::TermLibrary(const Grid& grid, const LibraryOptions& options)
    : grid_(grid),
      fine_(finer(grid, valid(options).max_power + 1)),
      terms_(chosen(monomials(grid, options.max_power, options.max_order), options.names)),
      fft_(grid),
      fine_modes_(Spectrum::Zero(fine_.modes(), 1)),
      fine_term_(Spectrum::Zero(fine_.modes(), 1)) {
  for (const Term& term : chosen(monomials(fine_, options.max_power, options.max_order), options.names))
    evaluators_.emplace_back(Semilinear{.grid = fine_, .terms = {term}, .dealiasing = Dealiasing::none},
                             Split::everything);
}

Index TermLibrary::find(std::string_view name) const {
  const auto term = std::ranges::find(terms_, name, &Term::name);
  return term == terms_.end() ? -1 : term - terms_.begin();
}

Eigen::VectorXcd TermLibrary::transform(const Eigen::Ref<const Eigen::VectorXd>& u) {
  Spectrum modes(grid_.modes(), 1);
  fft_.forward(u, modes);
  return modes / static_cast<double>(grid_.points());
}

Spectrum TermLibrary::evaluate(const Eigen::Ref<const Eigen::VectorXd>& u) {
  const Index modes = grid_.modes();
  // The Nyquist mode stands for two harmonics of the finer grid; it is left out, as in every derivative.
  const Index kept = (grid_.points() + 1) / 2;
  fine_modes_.col(0).head(kept) = transform(u).head(kept);
  Spectrum values(modes, size());
  for (Index j = 0; j < size(); ++j) {
    Nonlinearity& term = evaluators_[static_cast<std::size_t>(j)];
    Eigen::VectorXcd from(term.packed_size()), to(term.packed_size());
    term.modes().gather(fine_modes_.data(), from.data());
    term.evaluate(from.data(), to.data());
    fine_term_.setZero();
    term.modes().scatter(to.data(), fine_term_.data());
    values.col(j) = fine_term_.col(0).head(modes);
  }
  return values;
}

}  // namespace semiflow
