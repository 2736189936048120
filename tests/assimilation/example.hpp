#pragma once
#include <cmath>
#include <semiflow/assimilation/kalman.hpp>
#include <semiflow/assimilation/observations.hpp>
#include <semiflow/core/random.hpp>

namespace semiflow {

// An ensemble with observations, the same on every rank and in every run.
struct Example {
  Ensemble members;
  PointObservations observe;
  Measurement measurement;

  Eigen::MatrixXd predicted() const { return observe(members); }
  Eigen::MatrixXd matrix() const { return observe(Eigen::MatrixXd::Identity(members.rows(), members.rows())); }
};

// sensors are spread evenly over the rows; variances differ from each other.
inline Example random_example(Index state, Index members, Index sensors) {
  const auto normal = [](Index rows, Index cols, std::uint64_t item) -> Eigen::MatrixXd {
    return standard_normal(rows * cols, {11, 1000, item}).reshaped(rows, cols);
  };
  std::vector<Index> rows;
  for (Index i = 0; i < sensors; ++i) rows.push_back(i * state / sensors);
  return {.members = (normal(state, members, 1) * 0.7).array() + 2,
          .observe = PointObservations(rows),
          .measurement = {.event = 3,
                          .time = 1.5,
                          .values = normal(sensors, 1, 2).array() + 2,
                          .error_variance = 0.2 + normal(sensors, 1, 3).array().square()}};
}

// specs/assimilation.md 2.5, made with DAPPER and checked against a second program: no random numbers.
inline Example reference_example() {
  Example example{.members = Ensemble(12, 6), .observe = PointObservations({0, 3, 6, 9}), .measurement = {}};
  for (int n = 0; n < 6; ++n)
    for (int i = 0; i < 12; ++i)
      example.members(i, n) = 3 + std::sin(2 * M_PI * i / 12 + 0.9 * n) + 0.5 * std::cos(2.1 * n + 0.4 * i) +
                              0.3 * std::cos(n * n + 0.37 * n * i);
  example.measurement.values.resize(4);
  for (int j = 0; j < 4; ++j) example.measurement.values(j) = 3 + 0.8 * std::cos(j);
  example.measurement.error_variance = Eigen::VectorXd::Constant(4, 0.5);
  return example;
}

inline Gaussian kalman_of(const Example& example, double prior_std = 1) {
  Gaussian forecast = sample_moments(example.members);
  forecast.covariance *= prior_std * prior_std;
  return kalman_update(forecast, example.matrix(), example.measurement);
}

inline double largest(const Eigen::MatrixXd& matrix) { return matrix.cwiseAbs().maxCoeff(); }

inline double spread_of(const Gaussian& state) { return std::sqrt(state.covariance.diagonal().mean()); }

}  // namespace semiflow
