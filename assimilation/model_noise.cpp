#include <semiflow/assimilation/model_noise.hpp>
#include <semiflow/core/error.hpp>
#include <semiflow/core/random.hpp>

namespace semiflow {

ModelNoise::ModelNoise(const Eigen::MatrixXd& root, bool diagonal, const Options& options)
    : root_(root), diagonal_(diagonal), options_(options) {
  require(root_.allFinite(), "the root of the covariance of a model's noise must be finite");
}

ModelNoise ModelNoise::with_root(const Eigen::MatrixXd& root, const Options& options) { return {root, false, options}; }

ModelNoise ModelNoise::with_variance(const Eigen::VectorXd& variance, const Options& options) {
  require((variance.array() >= 0).all(), "the variances of a model's noise must not be negative");
  return {variance.cwiseSqrt(), true, options};
}

Eigen::VectorXd ModelNoise::draw(Index member, std::uint64_t event) const {
  return standard_normal(diagonal_ ? root_.rows() : root_.cols(),
                         {options_.seed, Purpose::model_noise, static_cast<std::uint64_t>(member), event});
}

void ModelNoise::add(EnsembleRef members, Index first_member, Index all_members, std::uint64_t event) const {
  require(members.rows() == state_size(), "a model's noise must be for states of the size of the members");
  require(first_member >= 0 && first_member + members.cols() <= all_members,
          "the members that get noise must be among all members");
  Eigen::VectorXd mean;
  if (options_.zero_mean && members.cols() > 0) {
    mean = draw(0, event);
    for (Index k = 1; k < all_members; ++k) mean += draw(k, event);
    mean /= static_cast<double>(all_members);
  }
  // Member after member, so that a product has the same shape whatever their number.
  for (Index k = 0; k < members.cols(); ++k) {
    Eigen::VectorXd noise = draw(first_member + k, event);
    if (mean.size() > 0) noise -= mean;
    if (diagonal_) {
      members.col(k) += root_.col(0).cwiseProduct(noise);
    } else {
      members.col(k) += root_ * noise;
    }
  }
}

}  // namespace semiflow
