#pragma once
#include <semiflow/assimilation/with_parameters.hpp>
#include <variant>

#include "run.hpp"

namespace semiflow {

/// A trained surrogate.
struct ForecastSurrogate {
  std::unique_ptr<LearnedModel> model;

  Index state_size() const { return model->state_size(); }
  void advance(EnsembleRef members, Interval window) { model->advance(members, window); }
};

/// What the members of an ensemble filter are advanced by: the model with what a discovery has found in its first passes,
/// or the surrogate that stands in for it, and where [assimilation.parameters] names coefficients, of an augmented state
/// [state | parameters]. advance() is collective: a member whose coefficients a model refuses, or that leaves the range of a
/// surrogate, stops every rank.
class MemberModel {
 public:
  MemberModel(RunContext& run, Index pass);

  Index state_size() const;
  void advance(EnsembleRef members, Interval window);
  SpectralProfile profile() const;
  /// Of a surrogate, LearnedModel::set_weights().
  void set_weights(const Eigen::MatrixXd& weights);

 private:
  const Communicator* comm_;
  std::variant<Solver, WithParameters<Solver>, ForecastSurrogate> model_;
};

/// members [state x member], the members first_member, first_member + 1, ..., with their parameters below if there are any.
Ensemble with_first_parameters(const RunContext& run, const Ensemble& members);

/// The variances of what is added to every forecast: [state | parameters].
Eigen::VectorXd noise_variance(const Experiment& experiment);

}  // namespace semiflow
