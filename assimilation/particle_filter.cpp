#include <algorithm>
#include <cmath>
#include <numeric>
#include <semiflow/assimilation/ensemble_update.hpp>
#include <semiflow/assimilation/observations.hpp>
#include <semiflow/assimilation/particle_filter.hpp>
#include <semiflow/core/error.hpp>
#include <semiflow/core/random.hpp>

namespace semiflow {

namespace {

void require_weights(const Eigen::VectorXd& weights) {
  require(weights.size() > 0 && weights.minCoeff() >= 0 && weights.sum() > 0 && std::isfinite(weights.sum()),
          "the weights of particles must be finite, not negative and not all zero");
}

Eigen::VectorXd equal_weights(Index members) {
  return Eigen::VectorXd::Constant(members, 1 / static_cast<double>(members));
}

// Minus the logarithm of the likelihood of each particle, but for a constant.
Eigen::ArrayXd misfits(EnsembleView predicted, const Measurement& measurement) {
  const Eigen::ArrayXd precision = measurement.error_variance.array().inverse();
  Eigen::ArrayXd misfit(predicted.cols()), innovation;
  for (Index k = 0; k < predicted.cols(); ++k) {
    innovation = measurement.values - predicted.col(k);
    misfit(k) = (innovation.square() * precision).sum() / 2;
  }
  return misfit;
}

void copy_ancestors(EnsembleRef rows, const std::vector<Index>& ancestors) {
  // No ancestor is overwritten: it keeps its place.
  for (Index k = 0; k < rows.cols(); ++k) {
    const Index ancestor = ancestors[static_cast<std::size_t>(k)];
    if (ancestor != k) rows.col(k) = rows.col(ancestor);
    if (!rows.col(k).allFinite())
      throw Error(Fault::run, "analysis", "a row of member " + std::to_string(ancestor) + " is not finite",
                  "look for a forecast that blew up");
  }
}

// Which particles are to be moved apart: those with a copy, or all.
std::vector<char> moved(const std::vector<Index>& ancestors, bool move_unique) {
  std::vector<Index> copies(ancestors.size(), 0);
  for (const Index ancestor : ancestors) ++copies[static_cast<std::size_t>(ancestor)];
  std::vector<char> result;
  result.reserve(ancestors.size());
  for (const Index ancestor : ancestors)
    result.push_back(move_unique || copies[static_cast<std::size_t>(ancestor)] > 1);
  return result;
}

// Resampling and kernels as weights for apply_weights(). A kernel's displacement is a random combination of the
// anomalies about the weighted mean, which is the forecast mean + anomalies * weights.
Eigen::MatrixXd kernel_weights(const std::vector<Index>& ancestors, const Eigen::VectorXd& weights, double bandwidth,
                               const ParticleFilter::Options& options, std::uint64_t event) {
  const Index members = weights.size();
  // A single particle with all the weight has no covariance: that of all of them then.
  const bool degenerate = weights.maxCoeff() > 1 - 1e-10;
  const Eigen::VectorXd centre = degenerate ? equal_weights(members) : weights;
  const Eigen::VectorXd scale = bandwidth * (centre / (1 - centre.squaredNorm())).cwiseSqrt();

  const std::vector<char> move = moved(ancestors, options.move_unique);
  Eigen::MatrixXd result = Eigen::MatrixXd::Zero(members, members);
  Eigen::VectorXd displacement;
  for (Index k = 0; k < members; ++k) {
    if (move[static_cast<std::size_t>(k)]) {
      const Key key{options.seed, Purpose::particle_kernel, event, static_cast<std::uint64_t>(k)};
      displacement = scale.cwiseProduct(standard_normal(members, key));
      result.col(k) = displacement - displacement.sum() * centre;
    }
    result(ancestors[static_cast<std::size_t>(k)], k) += 1;
  }
  return result;
}

}  // namespace

Eigen::VectorXd particle_weights(const Eigen::VectorXd& weights, EnsembleView predicted,
                                 const Measurement& measurement) {
  validate(predicted, measurement);
  require(weights.size() == predicted.cols(), "there must be one weight a particle");
  require_weights(weights);
  Eigen::ArrayXd logarithm = weights.array().log() - misfits(predicted, measurement);
  const double largest = logarithm.maxCoeff();
  if (!std::isfinite(largest))
    throw Error(Fault::run, "measurement at time " + std::to_string(measurement.time),
                "no particle is anywhere near it", "raise error_variance, or look for a forecast that blew up");
  const Eigen::VectorXd likely = (logarithm - largest).exp();
  return likely / likely.sum();
}

double effective_size(const Eigen::VectorXd& weights) {
  require_weights(weights);
  return weights.sum() * weights.sum() / weights.squaredNorm();
}

std::vector<Index> systematic_resampling(const Eigen::VectorXd& weights, double offset) {
  require_weights(weights);
  require(offset > 0 && offset < 1, "the offset of systematic resampling must lie between 0 and 1");
  const auto members = static_cast<std::size_t>(weights.size());
  std::vector<double> cumulated(members);
  std::partial_sum(weights.begin(), weights.end(), cumulated.begin());

  std::vector<Index> copies(members, 0);
  const double spacing = cumulated.back() / static_cast<double>(members);
  for (std::size_t k = 0, i = 0; k < members; ++k) {
    const double point = std::min((static_cast<double>(k) + offset) * spacing, cumulated.back());
    while (cumulated[i] < point) ++i;
    ++copies[i];
  }

  std::vector<Index> ancestors(members);
  for (std::size_t k = 0, source = 0; k < members; ++k) {
    if (copies[k] == 0) {
      while (copies[source] < 2) ++source;
      --copies[source];
      ancestors[k] = static_cast<Index>(source);
    } else {
      ancestors[k] = static_cast<Index>(k);
    }
  }
  return ancestors;
}

ParticleFilter::ParticleFilter(const Options& options) : options_(options) {
  require(options.resampling_threshold >= 0 && options.resampling_threshold <= 1,
          "the resampling threshold must lie between 0 and 1");
  require(options.regularization >= 0 && std::isfinite(options.regularization),
          "the regularization must be non-negative and finite");
  require(options.regularization == 0 || options.state_size > 0,
          "the bandwidth of the regularization depends on the state size: set it");
}

Eigen::VectorXd ParticleFilter::analyse(EnsembleRef rows, const Eigen::VectorXd& weights, EnsembleView predicted,
                                        const Measurement& measurement) const {
  Eigen::VectorXd posterior = particle_weights(weights, predicted, measurement);
  const Index members = posterior.size();
  require(rows.cols() == members, "the rows must be [row x member]");
  const double size = static_cast<double>(members), threshold = options_.resampling_threshold;
  if (threshold < 1 && effective_size(posterior) > threshold * size) return posterior;

  const double offset = uniform(1, {options_.seed, Purpose::particle_resampling, measurement.event})(0);
  const std::vector<Index> ancestors = systematic_resampling(posterior, offset);
  if (options_.regularization == 0) {
    copy_ancestors(rows, ancestors);
  } else {
    // Scott's rule.
    const double bandwidth =
        options_.regularization * std::pow(size, -1 / static_cast<double>(options_.state_size + 4));
    apply_weights(rows, kernel_weights(ancestors, posterior, bandwidth, options_, measurement.event));
  }
  return equal_weights(members);
}

void ParticleFilter::analyse(EnsembleRef rows, EnsembleView predicted, const Measurement& measurement) const {
  require(options_.resampling_threshold == 1,
          "a particle filter that does not always resample has weights: hand them over and keep what comes back");
  validate(predicted, measurement);
  analyse(rows, equal_weights(predicted.cols()), predicted, measurement);
}

}  // namespace semiflow
