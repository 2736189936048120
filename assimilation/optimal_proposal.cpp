#include <semiflow/assimilation/observations.hpp>
#include <semiflow/assimilation/optimal_proposal.hpp>
#include <semiflow/core/error.hpp>
#include <semiflow/core/random.hpp>

namespace semiflow {

namespace {

Eigen::MatrixXd departure_covariance(const Eigen::MatrixXd& H, double noise_std, const Measurement& measurement) {
  validate(measurement);
  require(noise_std > 0 && std::isfinite(noise_std), "an optimal proposal needs a model with noise");
  require(H.rows() == measurement.values.size(), "H must have one row a sensor");
  Eigen::MatrixXd S = noise_std * noise_std * H * H.transpose();
  S.diagonal() += measurement.error_variance;
  return S;
}

}  // namespace

OptimalProposal::OptimalProposal(const Eigen::MatrixXd& H, double noise_std, const Measurement& measurement,
                                 std::uint64_t seed)
    : H_(H),
      noise_std_(noise_std),
      measurement_(measurement),
      seed_(seed),
      departures_(departure_covariance(H, noise_std, measurement)) {}

void OptimalProposal::move(EnsembleRef members, Index first_member) const {
  require(members.rows() == H_.cols(), "the members must have the size of the state that the sensors read");
  const Eigen::VectorXd error_std = measurement_.error_variance.cwiseSqrt();
  for (Index j = 0; j < members.cols(); ++j) {
    const auto member = static_cast<std::uint64_t>(first_member + j);
    members.col(j) += noise_std_ * standard_normal(members.rows(), {seed_, model_noise, member, measurement_.event});
    // The analysis of a stochastic filter with the covariance of the noise: its moments are exact.
    const Eigen::VectorXd departure =
        measurement_.values - H_ * members.col(j) +
        error_std.cwiseProduct(
            standard_normal(error_std.size(), {seed_, perturbed_observations, member, measurement_.event}));
    members.col(j) +=
        noise_std_ * noise_std_ * H_.transpose() * departures_.whiten_transposed(departures_.whiten(departure));
  }
}

}  // namespace semiflow
