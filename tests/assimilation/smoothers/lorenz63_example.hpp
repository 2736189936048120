#pragma once
#include <catch2/catch.hpp>
#include <semiflow/pde/lorenz.hpp>

#include "../example.hpp"

namespace semiflow {

// Three measurements of all of Lorenz-63 and five members, without random numbers.
struct Lorenz63Example {
  RungeKutta4<Lorenz63> model{Lorenz63{}, 0.01};
  PointObservations observe{{0, 1, 2}};
  Ensemble members{3, 5};
  std::vector<Measurement> measurements{};

  Lorenz63Example() {
    for (int n = 0; n < 5; ++n)
      members.col(n) << 1.5 + std::cos(1.3 * n), -1.5 + std::sin(2.1 * n), 25.5 + 2 * std::cos(3 * n + 1);
    const Eigen::Matrix3d values{{0.02, -9.98, -5.68}, {-0.62, -16.57, 1.91}, {14.21, 15.04, 33.75}};
    for (int k = 0; k < 3; ++k)
      measurements.push_back({.event = static_cast<std::uint64_t>(k),
                              .time = 0.25 * (k + 1),
                              .values = values.col(k),
                              .error_variance = Eigen::Vector3d::Constant(2)});
  }
};

// Mean, spread, and y of member 2, to ten digits of DAPPER 1.7.1.
struct Lorenz63Row {
  double mean[3], spread, y;
};

inline void check(const Ensemble& members, const Lorenz63Row& row) {
  const auto digits = [](double value) { return Approx(value).margin(1e-9).epsilon(0); };
  const Gaussian moments = sample_moments(members);
  for (int i = 0; i < 3; ++i) CHECK(moments.mean(i) == digits(row.mean[i]));
  CHECK(spread_of(moments) == digits(row.spread));
  CHECK(members(1, 2) == digits(row.y));
}

}  // namespace semiflow
