#include <Eigen/Cholesky>
#include <semiflow/assimilation/discovery/linearised_forecast.hpp>
#include <semiflow/core/error.hpp>

namespace semiflow {

namespace {

Eigen::LLT<Eigen::MatrixXd> factored(const LinearisedForecast& forecast) {
  const auto& [b, d, t, phi] = forecast;
  require(d.size() > 0 && b.size() > 0, "a forecast needs an unknown and an observation");
  require(t.rows() == d.size() && phi.rows() == d.size() && t.cols() == b.size(),
          "the sensitivities do not fit the departures of the forecast");
  Eigen::MatrixXd covariance = t * t.transpose();
  covariance.diagonal().array() += 1;
  return Eigen::LLT<Eigen::MatrixXd>(covariance);
}

}  // namespace

WhitenedRows whitened_rows(const LinearisedForecast& forecast) {
  const Eigen::LLT<Eigen::MatrixXd> cholesky = factored(forecast);
  WhitenedRows rows{.library = forecast.term_sensitivity,
                    .target = forecast.departure - forecast.state_sensitivity * forecast.background_departure};
  if (rows.library.cols() > 0) cholesky.matrixL().solveInPlace(rows.library);
  cholesky.matrixL().solveInPlace(rows.target);
  return rows;
}

Eigen::VectorXd state_correction(const LinearisedForecast& forecast, const Eigen::VectorXd& coefficient_correction) {
  const auto& [b, d, t, phi] = forecast;
  require(coefficient_correction.size() == phi.cols(), "a correction has one coefficient for each term");
  const Eigen::LLT<Eigen::MatrixXd> cholesky = factored(forecast);
  const Eigen::VectorXd rest = d - t * b - phi * coefficient_correction;
  return b + t.transpose() * cholesky.solve(rest);
}

}  // namespace semiflow
