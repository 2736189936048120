#pragma once
#include <cstdint>
#include <semiflow/core/ensemble.hpp>

namespace semiflow {

/// Gaussian noise of a model's error with the covariance Q, added to the forecasts at the times of measurements: additive
/// inflation (Mitchell & Houtekamer 2000), or the part of a stochastic model that its forecast leaves out.
class ModelNoise {
 public:
  struct Options {
    std::uint64_t seed = 0;
    /// The mean of what all members get is taken away, so that their mean stays where it is and only its spread grows.
    bool zero_mean = false;
  };

  /// Q = root root', e.g. root = anomalies of an archive of forecast errors over (their number - 1)^1/2: [state x
  /// dimension of the noise]. Throws Error if an entry is not finite.
  static ModelNoise with_root(const Eigen::MatrixXd& root, const Options& options);
  /// The diagonal of Q: [state]. Throws Error if a variance is negative or not finite.
  static ModelNoise with_variance(const Eigen::VectorXd& variance, const Options& options);

  /// members: [state x member], the members first_member, first_member + 1, ... of all_members, changed in place. The
  /// noise of a member is keyed by (seed, model_noise, member, event): without zero_mean it is the same in any company and
  /// for any number of members, with it for any split of the members over ranks. Not collective.
  /// Throws Error if the state has another size or the members are not among all_members.
  void add(EnsembleRef members, Index first_member, Index all_members, std::uint64_t event) const;

  Index state_size() const { return root_.rows(); }

 private:
  ModelNoise(const Eigen::MatrixXd& root, bool diagonal, const Options& options);
  Eigen::VectorXd draw(Index member, std::uint64_t event) const;

  Eigen::MatrixXd root_;  // [state x noise]; of a diagonal Q its diagonal, [state x 1]
  bool diagonal_;
  Options options_;
};

}  // namespace semiflow
