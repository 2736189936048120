#include <algorithm>
#include <cmath>
#include <semiflow/assimilation/correlation_etkf.hpp>
#include <semiflow/assimilation/ensemble_update.hpp>
#include <semiflow/assimilation/etkf.hpp>
#include <semiflow/assimilation/observations.hpp>
#include <semiflow/core/error.hpp>

#include "local_transform.hpp"
#include "strip_analysis.hpp"

namespace semiflow {

using detail::RowStrip, detail::strip_rows;

namespace {

// Anomalies of a row or a sensor over their norm, [member]; zero without spread, which is correlated with nothing.
template <class Members>
Eigen::VectorXd direction(const Members& members) {
  double sum = 0, square = 0;
  for (Index k = 0; k < members.size(); ++k) sum += members(k);
  Eigen::VectorXd result(members.size());
  for (Index k = 0; k < members.size(); ++k) {
    result(k) = members(k) - sum / static_cast<double>(members.size());
    square += result(k) * result(k);
  }
  return square > 0 ? Eigen::VectorXd(result / std::sqrt(square)) : Eigen::VectorXd::Zero(members.size());
}

}  // namespace

CorrelationEtkf::CorrelationEtkf(const Options& options) : options_(options) {
  validate(options.inflation);
  require(!options.cutoff || (*options.cutoff >= 0 && *options.cutoff <= 1), "the cut-off must be in [0, 1]");
}

void CorrelationEtkf::analyse(EnsembleRef rows, EnsembleView predicted, const Measurement& measurement) const {
  validate(predicted, measurement);
  require(rows.cols() == predicted.cols(), "rows and predictions must be of the same members");
  const double cutoff = options_.cutoff.value_or(std::min(1.0, 3 / std::sqrt(static_cast<double>(rows.cols()))));
  Eigen::MatrixXd directions(predicted.cols(), predicted.rows());
  for (Index j = 0; j < predicted.rows(); ++j) directions.col(j) = direction(predicted.row(j));

  detail::LocalTransform transform(predicted, measurement, options_.inflation.prior_std);
  RowStrip prior(strip_rows, rows.cols()), analysis(strip_rows, rows.cols());
  std::vector<detail::WeightedSensor> chosen, before;
  transform.choose(before);
  const auto same = [](const auto& a, const auto& b) { return a.sensor == b.sensor; };
  for (Index i = 0; i < rows.rows(); ++i) {
    const Eigen::VectorXd of_row = direction(rows.row(i));
    chosen.clear();
    for (Index j = 0; j < predicted.rows(); ++j) {
      double correlation = 0;
      for (Index k = 0; k < rows.cols(); ++k) correlation += of_row(k) * directions(k, j);
      // With itself it may be 1 and a rounding error.
      if (cutoff == 0 || std::min(std::abs(correlation), 1.0) > cutoff) chosen.push_back({.sensor = j, .weight = 1});
    }
    if (!std::ranges::equal(chosen, before, same)) transform.choose(chosen);
    before = chosen;
    detail::analyse_strip(
        rows, std::span<const Index>(&i, 1), [](Index place) { return place; }, transform, options_.inflation, prior,
        analysis);
  }
  if (options_.rotate) apply_weights(rows, random_rotation(rows.cols(), options_.seed, measurement.event));
}

}  // namespace semiflow
