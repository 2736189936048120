#pragma once
#include <semiflow/pde/spectral_model.hpp>
#include <vector>

namespace semiflow {

/// A model that may lack terms, and its forecasts with more or less of each candidate: derivatives by coefficients.
class CandidateModels {
 public:
  /// steps [term] are those of the central differences. Throws Error if there is not one for each candidate.
  CandidateModels(Semilinear equation, std::vector<Term> candidates, double dt, RungeKutta method,
                  Eigen::VectorXd steps);

  /// From now on the model has these terms as well [term]. Throws Error if they make it grow too fast.
  void set_coefficients(const Eigen::VectorXd& coefficients);
  /// The model with the coefficients. Throws Error, as advance_changed() does, before any were set.
  SpectralModel& model();
  /// Moves column j of more and of less through the window, in place, with more and with less of term j.
  void advance_changed(Ensemble& more, Ensemble& less, Interval window);
  /// (more - less) / (2 step), [state x term].
  Eigen::MatrixXd derivatives(const Ensemble& more, const Ensemble& less) const;
  Index terms() const { return static_cast<Index>(candidates_.size()); }

 private:
  SpectralModel with(const Eigen::VectorXd& coefficients) const;

  Semilinear equation_;
  std::vector<Term> candidates_;
  double dt_;
  RungeKutta method_;
  Eigen::VectorXd steps_;
  std::vector<SpectralModel> models_{};  // with the coefficients, then with each of them increased and decreased
};

}  // namespace semiflow
