#include "local_transform.hpp"

#include <cmath>
#include <semiflow/core/error.hpp>

#include "row_tile.hpp"

namespace semiflow::detail {

namespace {

StripColumn product(const RowStrip& rows, const Eigen::VectorXd& vector) {
  StripColumn sum = StripColumn::Zero();
  for (Index k = 0; k < vector.size(); ++k) sum += vector(k) * rows.col(k);
  return sum;
}

}  // namespace

LocalTransform::LocalTransform(EnsembleView predicted, const Measurement& measurement, double prior_std)
    : time_(measurement.time), prior_std_(prior_std), norm_(1 / std::sqrt(static_cast<double>(predicted.cols() - 1))) {
  const Eigen::ArrayXd mean = member_mean(predicted), precision = measurement.error_variance.array().rsqrt();
  const Eigen::ArrayXd factor = prior_std * norm_ * precision;
  innovation_ = precision * (measurement.values.array() - mean);
  scaled_.resize(predicted.cols(), predicted.rows());
  for (Index j = 0; j < predicted.rows(); ++j)
    for (Index k = 0; k < predicted.cols(); ++k) scaled_(k, j) = factor(j) * (predicted(j, k) - mean(j));
}

void LocalTransform::choose(const std::vector<WeightedSensor>& sensors) {
  const Index n = members();
  count_ = static_cast<Index>(sensors.size());
  if (count_ == 0) return;
  if (storage_.size() < n * count_) storage_.resize(n * count_);
  local_innovation_.resize(count_);
  Eigen::Map<Eigen::MatrixXd> S(storage_.data(), n, count_);  // transposed: a member is a row
  for (Index q = 0; q < count_; ++q) {
    const auto [sensor, weight] = sensors[static_cast<std::size_t>(q)];
    const double root = std::sqrt(weight);
    S.col(q) = root * scaled_.col(sensor);
    local_innovation_(q) = root * innovation_(sensor);
  }

  const Index size = std::min(n, count_);
  gram_.setZero(size, size);
  if (count_ < n) {
    gram_.selfadjointView<Eigen::Lower>().rankUpdate(S.transpose());
    direction_ = local_innovation_;
  } else {
    gram_.selfadjointView<Eigen::Lower>().rankUpdate(S);
    direction_.noalias() = S * local_innovation_;
  }
  if (!(gram_.trace() < 1e14))
    throw Error(Fault::input, "measurement at time " + std::to_string(time_),
                "the predicted spread is more than 10^7 times the observation error",
                "no filter in double precision can tell such sensors from perfect ones: raise error_variance");
  gram_.triangularView<Eigen::StrictlyUpper>() = gram_.transpose();
  root_.factor(gram_);
  root_.solve(direction_);
}

StripColumn LocalTransform::apply(RowStrip& anomalies) {
  if (prior_std_ != 1) anomalies *= prior_std_;
  if (count_ == 0) return StripColumn::Zero();
  return count_ < members() ? apply_small(anomalies) : apply_large(anomalies);
}

StripColumn LocalTransform::apply_large(RowStrip& anomalies) {
  root_.rotate(anomalies);
  const StripColumn shift = norm_ * product(anomalies, direction_);
  root_.multiply_by_root(anomalies);
  root_.rotate_back(anomalies);
  return shift;
}

StripColumn LocalTransform::apply_small(RowStrip& anomalies) {
  const Eigen::Map<const Eigen::MatrixXd> S(storage_.data(), members(), count_);
  rotated_.resize(strip_rows, count_);
  for (Index q = 0; q < count_; ++q) {
    StripColumn sum = StripColumn::Zero();
    for (Index k = 0; k < members(); ++k) sum += S(k, q) * anomalies.col(k);
    rotated_.col(q) = sum;
  }
  root_.rotate(rotated_);
  const StripColumn shift = norm_ * product(rotated_, direction_);
  root_.multiply_by_complement(rotated_);
  root_.rotate_back(rotated_);
  for (Index q = 0; q < count_; ++q)
    for (Index k = 0; k < members(); ++k) anomalies.col(k) -= S(k, q) * rotated_.col(q);
  return shift;
}

}  // namespace semiflow::detail
