#include "member_model.hpp"

#include <semiflow/core/collective_error.hpp>

namespace semiflow {

namespace {

const std::vector<EstimatedParameter>& parameters_of(const Experiment& e) { return e.assimilation->parameters; }

Eigen::VectorXd numbers_of(const Experiment& e, double EstimatedParameter::*number) {
  const std::vector<EstimatedParameter>& parameters = parameters_of(e);
  Eigen::VectorXd values(std::ssize(parameters));
  for (Index i = 0; i < values.size(); ++i) values(i) = parameters[static_cast<std::size_t>(i)].*number;
  return values;
}

std::variant<Solver, WithParameters<Solver>, ForecastSurrogate> make(RunContext& run, Index pass) {
  const Experiment& e = run.experiment;
  if (e.assimilation->surrogate) return ForecastSurrogate{trained_surrogate(run)};
  if (parameters_of(e).empty()) return corrected_model(run, pass);
  return WithParameters<Solver>(numbers_of(e, &EstimatedParameter::mean), [&e](const Eigen::VectorXd& values) {
    ModelOptions options = e.model;
    for (Index i = 0; i < values.size(); ++i)
      options.coefficients[parameters_of(e)[static_cast<std::size_t>(i)].name] = values(i);
    return Solver(options);
  });
}

}  // namespace

MemberModel::MemberModel(RunContext& run, Index pass) : comm_(&run.comm), model_(make(run, pass)) {}

Index MemberModel::state_size() const {
  return std::visit([](const auto& model) { return model.state_size(); }, model_);
}

void MemberModel::advance(EnsembleRef members, Interval window) {
  run_together(*comm_, [&] { std::visit([&](auto& model) { model.advance(members, window); }, model_); });
}

void MemberModel::set_weights(const Eigen::MatrixXd& weights) {
  std::get<ForecastSurrogate>(model_).model->set_weights(weights);
}

SpectralProfile MemberModel::profile() const {
  const auto* const solver = std::get_if<Solver>(&model_);
  return solver != nullptr ? solver->profile() : SpectralProfile{};
}

Ensemble with_first_parameters(const RunContext& run, const Ensemble& members) {
  const Experiment& e = run.experiment;
  if (parameters_of(e).empty()) return members;
  return with_parameters(members, run.comm.share(e.assimilation->members).begin,
                         numbers_of(e, &EstimatedParameter::mean), numbers_of(e, &EstimatedParameter::std), e.seed);
}

Eigen::VectorXd noise_variance(const Experiment& e) {
  const Eigen::VectorXd walk = numbers_of(e, &EstimatedParameter::random_walk_std);
  const double std = e.assimilation->additive_std;
  Eigen::VectorXd variance(e.model.state_size() + walk.size());
  variance << Eigen::VectorXd::Constant(e.model.state_size(), std * std), walk.cwiseAbs2();
  return variance;
}

}  // namespace semiflow
