// Private to assimilation.
#pragma once
#include "inverse_root.hpp"
#include "local_sensors.hpp"

namespace semiflow::detail {

// The analysis of an ETKF from some of the sensors with weights, for a few rows at a time. With the scaled anomalies S
// of the weighted predictions, [sensor x member], the root (I + S'S)^-1/2 is taken of S'S or, where there are fewer
// sensors than members, as I - S'G S with a function G of the smaller S S'. Work arrays are kept over all choices.
class LocalTransform {
 public:
  LocalTransform(EnsembleView predicted, const Measurement& measurement, double prior_std);

  // Throws Error if the spread is so much larger than the errors that I + S'S would lose its identity to rounding.
  void choose(const std::vector<WeightedSensor>& sensors);

  // No sensors, and nothing else to do.
  bool is_identity() const { return count_ == 0 && prior_std_ == 1; }

  // anomalies <- those of the analysis, before any inflation, [strip x member]; returns how the mean moves.
  StripColumn apply(RowStrip& anomalies);

 private:
  Index members() const { return scaled_.rows(); }
  StripColumn apply_small(RowStrip& anomalies);
  StripColumn apply_large(RowStrip& anomalies);

  double time_, prior_std_, norm_;
  Eigen::MatrixXd scaled_;  // anomalies of the predictions over the errors, prior_std and sqrt(members - 1): S' of all
  Eigen::VectorXd innovation_;  // over the errors

  Index count_ = 0;
  Eigen::VectorXd storage_{}, local_innovation_{}, direction_{};
  Eigen::MatrixXd gram_{};
  InverseRoot root_{};
  RowStrip rotated_{};
};

}  // namespace semiflow::detail
