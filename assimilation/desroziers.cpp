#include <semiflow/assimilation/desroziers.hpp>
#include <semiflow/assimilation/observations.hpp>

#include "group_sums.hpp"

namespace semiflow {

namespace {

enum Sum : Index { count, a_b, ab_b, ab_a, observation, forecast_spread, analysis_spread, sums };

}  // namespace

DesroziersDiagnostics::DesroziersDiagnostics(Index groups) : sums_(detail::no_sums(sums, groups)) {}

DesroziersDiagnostics::DesroziersDiagnostics(const Eigen::MatrixXd& state) : sums_(detail::sums_from(state, sums)) {}

void DesroziersDiagnostics::add(EnsembleView forecast, EnsembleView analysis, const Measurement& measurement,
                                std::span<const Index> group) {
  validate(forecast, measurement);
  validate(analysis, measurement);
  const Eigen::ArrayXd b = measurement.values - forecast.rowwise().mean();
  const Eigen::ArrayXd a = measurement.values - analysis.rowwise().mean();
  Eigen::ArrayXXd values(b.size(), Index{sums});
  values.col(count) = 1;
  values.col(a_b) = a * b;
  values.col(ab_b) = (b - a) * b;
  values.col(ab_a) = (b - a) * a;
  values.col(observation) = measurement.error_variance;
  values.col(forecast_spread) = detail::member_variance(forecast);
  values.col(analysis_spread) = detail::member_variance(analysis);
  detail::add_to_groups(values, group, sums_);
}

DesroziersEstimate DesroziersDiagnostics::estimate(Index group) const {
  const auto sum = detail::group_column(sums_, group);
  const Eigen::VectorXd mean = sum / sum(count);
  return {.departures = static_cast<Index>(sum(count)),
          .innovation_variance = mean(a_b) + mean(ab_b),
          .estimated = {.observation = mean(a_b), .forecast = mean(ab_b), .analysis = mean(ab_a)},
          .assumed = {
              .observation = mean(observation), .forecast = mean(forecast_spread), .analysis = mean(analysis_spread)}};
}

}  // namespace semiflow
