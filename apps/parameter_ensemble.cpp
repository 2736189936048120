#include "parameter_ensemble.hpp"

namespace semiflow {

namespace {

Eigen::VectorXd of_all(const std::vector<ParameterPrior>& priors, double ParameterPrior::*number) {
  Eigen::VectorXd numbers(std::ssize(priors));
  for (Index i = 0; i < numbers.size(); ++i) numbers(i) = priors[static_cast<std::size_t>(i)].*number;
  return numbers;
}

WithParameters<Solver> model_with(const std::vector<ParameterPrior>& priors, const ModelOptions& model) {
  return {of_all(priors, &ParameterPrior::mean), [&](const Eigen::VectorXd& values) {
            ModelOptions own = model;
            for (std::size_t i = 0; i < priors.size(); ++i)
              own.coefficients[priors[i].name] = values(static_cast<Index>(i));
            return Solver(own);
          }};
}

}  // namespace

ParameterEnsemble::ParameterEnsemble(const Experiment& e)
    : values(with_parameters(Ensemble(0, e.assimilation->members), 0,
                             of_all(e.assimilation->parameters, &ParameterPrior::mean),
                             of_all(e.assimilation->parameters, &ParameterPrior::std), e.seed)),
      steps_(parameter_walk(0, of_all(e.assimilation->parameters, &ParameterPrior::walk_std),
                            {.seed = e.seed, .zero_mean = true})),
      model_(model_with(e.assimilation->parameters, e.model)) {}

void ParameterEnsemble::advance(EnsembleRef members, Index first_member, Interval window) {
  Ensemble joint(model_.state_size(), members.cols());
  joint.topRows(members.rows()) = members;
  joint.bottomRows(values.rows()) = values.middleCols(first_member, members.cols());
  model_.advance(joint, window);
  members = joint.topRows(members.rows());
}

void ParameterEnsemble::walk(Index event) {
  // A stream of its own beside the noise of the state.
  steps_.add(values, 0, values.cols(), static_cast<std::uint64_t>(event) + (std::uint64_t{1} << 40));
}

}  // namespace semiflow
