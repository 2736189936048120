#include <semiflow/assimilation/with_parameters.hpp>
#include <semiflow/core/random.hpp>

namespace semiflow {

namespace {

void check(const Eigen::VectorXd& deviation) {
  require((deviation.array() >= 0).all() && deviation.allFinite(),
          "the deviations of parameters must be non-negative and finite");
}

}  // namespace

Ensemble with_parameters(EnsembleView members, Index first_member, const Eigen::VectorXd& mean,
                         const Eigen::VectorXd& deviation, std::uint64_t seed) {
  check(deviation);
  require(mean.size() == deviation.size(), "every parameter must have a mean and a deviation");
  Ensemble result(members.rows() + mean.size(), members.cols());
  result.topRows(members.rows()) = members;
  for (Index j = 0; j < members.cols(); ++j) {
    const Key key{seed, Purpose::parameter, static_cast<std::uint64_t>(first_member + j)};
    result.col(j).tail(mean.size()) = mean + deviation.cwiseProduct(standard_normal(mean.size(), key));
  }
  return result;
}

ModelNoise parameter_walk(Index model_size, const Eigen::VectorXd& deviation, const ModelNoise::Options& options) {
  check(deviation);
  Eigen::MatrixXd root = Eigen::MatrixXd::Zero(model_size + deviation.size(), deviation.size());
  root.bottomRows(deviation.size()) = deviation.asDiagonal();
  return ModelNoise::with_root(root, options);
}

}  // namespace semiflow
