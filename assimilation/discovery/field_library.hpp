#pragma once
#include <semiflow/assimilation/discovery/increments.hpp>
#include <semiflow/pde/nonlinearity.hpp>
#include <semiflow/pde/term_sum.hpp>

namespace semiflow {

/// Candidates and their values on a state of any number of fields on any grid.
///
/// Products have the dealiasing of the equation, so a column is what the solver of a model with the term would add to its
/// tendency. (TermLibrary is for fields on a line, with products on a finer grid.)
class FieldLibrary {
 public:
  /// Work arrays belong to the object: one thread at a time. Throws Error if there is no candidate, one has no terms or
  /// terms of several targets, or the terms do not fit the grid and the fields.
  FieldLibrary(const Grid& grid, Index fields, std::vector<TermSum> candidates,
               Dealiasing dealiasing = Dealiasing::truncation);

  const Grid& grid() const { return grid_; }
  Index fields() const { return fields_; }
  Index size() const { return std::ssize(candidates_); }
  const std::vector<TermSum>& candidates() const { return candidates_; }
  /// The candidates in the equation of a field, ascending.
  std::vector<Index> of_field(Index field) const;

  /// The Fourier coefficients of every candidate in the equation of its target: [mode x candidate], normalised so that
  /// u(x) = sum of u_k exp(i k x). Throws Error if the state has not fields * points values.
  Spectrum evaluate(const Eigen::Ref<const Eigen::VectorXd>& state);
  /// The Fourier coefficients of the fields [fields * modes], normalised alike. Throws Error as evaluate() does.
  Eigen::VectorXcd transform(const Eigen::Ref<const Eigen::VectorXd>& state);

 private:
  Grid grid_;
  Index fields_;
  std::vector<TermSum> candidates_;
  std::vector<Nonlinearity> evaluators_;
  Fft fft_;
};

/// The sums of the regression (after - forecast) / duration = library * coefficients for each field, of the candidates in
/// its equation: [field]. Rows are the Fourier modes with |k| <= max_wavenumber, the library is the mean of its values before
/// and after, and the rest is as in increment_equations() for a line.
///
/// States that were interpolated want a max_wavenumber far below the cut-off of the interpolation: the product of fields
/// without their short waves is not the product without its short waves, and the difference lies above.
std::vector<NormalEquations> increment_equations(FieldLibrary& library, const Increment& increment,
                                                 double max_wavenumber = std::numeric_limits<double>::infinity());

}  // namespace semiflow
