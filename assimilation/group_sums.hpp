// Private to assimilation.
#pragma once
#include <semiflow/core/ensemble.hpp>
#include <semiflow/core/error.hpp>
#include <span>

namespace semiflow::detail {

// Sums over the sensors of groups, [sum x group].
inline Eigen::MatrixXd no_sums(Index sums, Index groups) {
  require(groups >= 1, "sensors are taken together in at least one group");
  return Eigen::MatrixXd::Zero(sums, groups);
}

inline Eigen::MatrixXd sums_from(const Eigen::MatrixXd& state, Index sums) {
  require(state.rows() == sums && state.cols() >= 1 && state.allFinite(), "these are not the sums of such diagnostics");
  return state;
}

// values: [sensor x sum].
inline void add_to_groups(const Eigen::ArrayXXd& values, std::span<const Index> group, Eigen::MatrixXd& sums) {
  const Index sensors = values.rows(), groups = sums.cols();
  require(group.empty() ? groups == 1 || groups == sensors : std::ssize(group) == sensors,
          "every sensor must have a group");
  const auto of = [&](Index j) {
    if (group.empty()) return groups == 1 ? Index{0} : j;
    return group[static_cast<std::size_t>(j)];
  };
  for (Index j = 0; j < sensors; ++j) require(of(j) >= 0 && of(j) < groups, "a sensor is in a group that there is not");
  for (Index j = 0; j < sensors; ++j) sums.col(of(j)) += values.row(j).matrix().transpose();
}

inline auto group_column(const Eigen::MatrixXd& sums, Index group) {
  require(group >= 0 && group < sums.cols(), "there is no such group of sensors");
  return sums.col(group);
}

// Unbiased, of every row.
inline Eigen::ArrayXd member_variance(EnsembleView members) {
  return (members.colwise() - members.rowwise().mean()).rowwise().squaredNorm() /
         static_cast<double>(members.cols() - 1);
}

}  // namespace semiflow::detail
