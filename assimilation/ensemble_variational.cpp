#include <cmath>
#include <semiflow/assimilation/ensemble_variational.hpp>

namespace semiflow::detail {

CovarianceRoot identity_root(Index size) {
  const auto same = [](EnsembleView columns) -> Ensemble { return columns; };
  return {size, same, same};
}

EnsembleCovariance::EnsembleCovariance(Index state, Index members, const EnsembleVariationalOptions& options)
    : members_(members),
      localization_(options.localization.value_or(CovarianceRoot(Eigen::VectorXd::Ones(state)))),
      static_root_(options.static_root),
      weight_(options.ensemble_weight) {
  require(members >= 2, "an ensemble has at least two members");
  require(weight_ >= 0 && std::isfinite(weight_), "the weight of the ensemble must be finite and not negative");
  for (const CovarianceRoot* root : {&localization_, static_root_ ? &*static_root_ : nullptr})
    require(!root || root->times(Ensemble(root->controls, 0)).rows() == state,
            "the roots of a covariance must have the size of the state");
}

std::pair<Eigen::VectorXd, Ensemble> EnsembleCovariance::split(EnsembleView members) const {
  if (!members.allFinite())
    throw Error(Fault::run, "4D-EnVar", "a member is not finite", "look for a forecast that blew up");
  const Eigen::VectorXd mean = members.rowwise().mean();
  return {mean, std::sqrt(weight_ / static_cast<double>(members_ - 1)) * (members.colwise() - mean)};
}

Ensemble EnsembleCovariance::times(const Ensemble& anomalies, EnsembleView controls) const {
  const Index local = localization_.controls;
  Ensemble result(anomalies.rows(), controls.cols());
  for (Index j = 0; j < controls.cols(); ++j) {
    const Ensemble weights = localization_.times(controls.col(j).head(members_ * local).reshaped(local, members_));
    result.col(j) = anomalies.cwiseProduct(weights).rowwise().sum();
  }
  if (static_root_) result += static_root_->times(controls.bottomRows(static_root_->controls));
  return result;
}

Ensemble EnsembleCovariance::transpose_times(const Ensemble& anomalies, EnsembleView states) const {
  const Index local = localization_.controls;
  Ensemble result(controls(), states.cols());
  for (Index j = 0; j < states.cols(); ++j)
    result.col(j).head(members_ * local) =
        localization_.transpose_times(states.col(j).asDiagonal() * anomalies).reshaped();
  if (static_root_) result.bottomRows(static_root_->controls) = static_root_->transpose_times(states);
  return result;
}

}  // namespace semiflow::detail
