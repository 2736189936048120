#pragma once
#include <semiflow/pde/nonlinearity.hpp>
#include <string>
#include <vector>

namespace semiflow {

/// Which terms may be missing from a model: the monomials u^p d^o u / dx^o, see monomials().
struct LibraryOptions {
  Index max_power = 4;  ///< >= 0
  Index max_order = 4;  ///< >= 0, not both 0: the constant is not among the terms
  /// Only the terms of these names; all of them if empty.
  std::vector<std::string> names{};
};

/// Candidate terms and their values on a state.
///
/// Products are formed on a finer grid, fine enough that no alias reaches a mode of the state's own grid, so
/// the columns are exact for a field that the grid resolves. Derivatives are spectral. (The released MEDIDA
/// code takes non-periodic finite differences in single precision, which bias the coefficients by 1 %.)
class TermLibrary {
 public:
  /// Work arrays belong to the object: one thread at a time. Throws Error if the grid is not a line, an option is out
  /// of range, or a name is not in the library.
  TermLibrary(const Grid& grid, const LibraryOptions& options = {});

  const Grid& grid() const { return grid_; }
  /// The terms on the state's grid, with coefficient 1.
  const std::vector<Term>& terms() const { return terms_; }
  Index size() const { return static_cast<Index>(terms_.size()); }
  /// The term's place in the library, -1 if it is not there.
  Index find(std::string_view name) const;

  /// The Fourier coefficients of every term for the state u [point]: [mode x term], normalised so that
  /// u(x) = sum of u_k exp(i k x). Throws Error if u has not one value a point.
  Spectrum evaluate(const Eigen::Ref<const Eigen::VectorXd>& u);

  /// The Fourier coefficients of a field [point]: [mode], normalised alike. Throws Error as evaluate() does.
  Eigen::VectorXcd transform(const Eigen::Ref<const Eigen::VectorXd>& u);

 private:
  Grid grid_, fine_;
  std::vector<Term> terms_;
  std::vector<Nonlinearity> evaluators_;
  Fft fft_;
  Spectrum fine_modes_, fine_term_;
};

}  // namespace semiflow
