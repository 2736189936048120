#include "truth_budget.hpp"

namespace semiflow {

namespace {

const std::string quantities[] = {"energy", "enstrophy"};

}  // namespace

BudgetRecord::BudgetRecord(const Experiment& e) {
  const ModelOptions& model = e.truth.model;
  if (!model.equation->vorticity || e.truth.source) return;
  budget_.emplace(equation(model), std::vector{flow_energy(model.grid), half_mean_square(model.grid)});
  terms_ = std::ssize(budget_->terms());
  shells_ = budget_->wavenumbers().size();
}

Index BudgetRecord::size() const { return 2 * (terms_ + shells_); }

void BudgetRecord::define(ResultFile& file) const {
  if (!budget_) return;
  file.add_dimension("/truth", Dimension::numbered("term", terms_, "term of the equation"));
  file.add_labels("/truth/term_name", "term", budget_->terms());
  file.add_dimension("/truth", {"wavenumber", budget_->wavenumbers(), "1/length", "wavenumber of the shell"});
  for (const std::string& name : quantities) {
    file.add_variable({.path = "/truth/" + name + "_budget",
                       .dimensions = {"time", "term"},
                       .units = "1",
                       .long_name = "rate of change of the " + name + " by the term"});
    file.add_variable({.path = "/truth/" + name + "_flux",
                       .dimensions = {"time", "wavenumber"},
                       .units = "1",
                       .long_name = "flux of " + name + " through the shell by the nonlinear terms"});
  }
}

Eigen::VectorXd BudgetRecord::numbers(const Eigen::VectorXd& state) {
  Eigen::VectorXd numbers(size());
  if (!budget_) return numbers;
  Index place = 0;
  for (const Eigen::MatrixXd& transfer : budget_->transfer(state)) {
    numbers.segment(place, terms_) = transfer.colwise().sum();
    numbers.segment(place + terms_, shells_).setZero();
    if (budget_->nonlinear() >= 0)
      numbers.segment(place + terms_, shells_) = spectral_flux(transfer.col(budget_->nonlinear()));
    place += terms_ + shells_;
  }
  return numbers;
}

void BudgetRecord::write(ResultFile& file, Index first, const Eigen::MatrixXd& numbers) const {
  if (!budget_) return;
  Index place = 0;
  for (const std::string& name : quantities) {
    file.write("/truth/" + name + "_budget", first, numbers.middleRows(place, terms_));
    file.write("/truth/" + name + "_flux", first, numbers.middleRows(place + terms_, shells_));
    place += terms_ + shells_;
  }
}

}  // namespace semiflow
