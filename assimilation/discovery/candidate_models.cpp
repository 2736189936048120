#include <semiflow/assimilation/discovery/candidate_models.hpp>
#include <semiflow/core/error.hpp>
#include <utility>

namespace semiflow {

CandidateModels::CandidateModels(Semilinear equation, std::vector<Term> candidates, double dt, RungeKutta method,
                                 Eigen::VectorXd steps)
    : equation_(std::move(equation)),
      candidates_(std::move(candidates)),
      dt_(dt),
      method_(method),
      steps_(std::move(steps)) {
  require(steps_.size() == terms() && (steps_.array() > 0).all(),
          "differences need a positive step for each candidate");
}

SpectralModel CandidateModels::with(const Eigen::VectorXd& coefficients) const {
  Semilinear equation = equation_;
  for (Index j = 0; j < terms(); ++j) {
    if (coefficients(j) == 0) continue;
    Term term = candidates_[static_cast<std::size_t>(j)];
    term.coefficient = coefficients(j);
    equation = equation + term;
  }
  return {equation, dt_, method_};
}

void CandidateModels::set_coefficients(const Eigen::VectorXd& coefficients) {
  require(coefficients.size() == terms(), "there is one coefficient for each candidate");
  models_.clear();
  models_.push_back(with(coefficients));
  for (Index j = 0; j < terms(); ++j)
    for (const double sign : {1.0, -1.0}) {
      Eigen::VectorXd changed = coefficients;
      changed(j) += sign * steps_(j);
      models_.push_back(with(changed));
    }
}

SpectralModel& CandidateModels::model() {
  require(!models_.empty(), "set_coefficients() comes before forecasts");
  return models_.front();
}

void CandidateModels::advance_changed(Ensemble& more, Ensemble& less, Interval window) {
  require(!models_.empty(), "set_coefficients() comes before forecasts");
  require(more.cols() == terms() && less.cols() == terms(), "there is one column for each candidate");
  for (Index j = 0; j < terms(); ++j) {
    models_[static_cast<std::size_t>(2 * j + 1)].advance(more.middleCols(j, 1), window);
    models_[static_cast<std::size_t>(2 * j + 2)].advance(less.middleCols(j, 1), window);
  }
}

Eigen::MatrixXd CandidateModels::derivatives(const Ensemble& more, const Ensemble& less) const {
  return (more - less) * (2 * steps_).cwiseInverse().asDiagonal();
}

}  // namespace semiflow
