// Private to assimilation.
#pragma once
#include <cmath>
#include <semiflow/core/ensemble.hpp>

namespace semiflow::detail {

// The a and b of finite_size_update(), from the eigenvalues of S'S, [member].
struct Hyperprior {
  double a, b;
};

inline Hyperprior hyperprior(const Eigen::ArrayXd& eigenvalues, double certainty) {
  const double members = static_cast<double>(eigenvalues.size());
  const double a = 1 + 1 / members, b = members / (members - 1);
  const double prior_weight = (1 + eigenvalues).inverse().mean();
  const double correction = std::pow(a / b, prior_weight / 2);
  return {.a = certainty * a / correction, .b = certainty * b * correction};
}

}  // namespace semiflow::detail
