#pragma once
#include <optional>
#include <semiflow/core/result_file.hpp>
#include <semiflow/pde/budget.hpp>

#include "experiment.hpp"

namespace semiflow {

/// The budgets of energy and enstrophy in /truth: the rate of change by every term, energy_budget and enstrophy_budget
/// [time, term], and the spectral flux of the nonlinear terms, energy_flux and enstrophy_flux [time, wavenumber]. Empty
/// unless the truth is a plane flow with an energy and an enstrophy whose equation is known.
class BudgetRecord {
 public:
  explicit BudgetRecord(const Experiment& experiment);

  void define(ResultFile& file) const;
  /// How many numbers a frame has, 0 if the record is empty.
  Index size() const;
  /// Those of a state [state]: [size()].
  Eigen::VectorXd numbers(const Eigen::VectorXd& state);
  /// Writes frames of them, [size() x frames], from number first on.
  void write(ResultFile& file, Index first, const Eigen::MatrixXd& numbers) const;

 private:
  std::optional<Budget> budget_{};
  Index terms_ = 0, shells_ = 0;
};

}  // namespace semiflow
