#include <semiflow/assimilation/weak_constraint.hpp>

namespace semiflow::detail {

Background with_errors(const Background& background, const CovarianceRoot& error_root, Index events) {
  const Index size = background.mean.size();
  for (const CovarianceRoot* root : {&background.root, &error_root})
    require(root->times(Ensemble(root->controls, 0)).rows() == size,
            "the background's mean and covariance and the model's error must have the same size");
  Eigen::VectorXd mean = Eigen::VectorXd::Zero(size * (1 + events));
  mean.head(size) = background.mean;
  // Block-diagonal: the background's root and then the model's, event after event.
  const auto each = [events, first = background.root, others = error_root](const auto& visit) {
    visit(first, Index{0}, Index{0});
    for (Index k = 0; k < events; ++k) visit(others, 1 + k, first.controls + k * others.controls);
  };
  const Index controls = background.root.controls + events * error_root.controls;
  const auto times = [=](EnsembleView v) {
    Ensemble x(size * (1 + events), v.cols());
    each([&](const CovarianceRoot& root, Index block, Index row) {
      x.middleRows(block * size, size) = root.times(v.middleRows(row, root.controls));
    });
    return x;
  };
  const auto transpose_times = [=](EnsembleView x) {
    Ensemble v(controls, x.cols());
    each([&](const CovarianceRoot& root, Index block, Index row) {
      v.middleRows(row, root.controls) = root.transpose_times(x.middleRows(block * size, size));
    });
    return v;
  };
  return {.mean = std::move(mean), .root = {controls, times, transpose_times}};
}

}  // namespace semiflow::detail
