#pragma once
#include <semiflow/assimilation/observations.hpp>
#include <semiflow/core/communicator.hpp>
#include <semiflow/core/random.hpp>
#include <semiflow/pde/linear_advection.hpp>

#include "../example.hpp"

namespace semiflow {

// DAPPER's mods/LA/small.py: 100 points, four sensors with R = 0.01 every five steps, 20 smooth members, no model noise.
struct LinearExample {
  LinearAdvection model{{.points = 100}};
  PointObservations observe{{0, 33, 66, 99}};
  double interval = 5;
  Ensemble members{100, 20};
  std::vector<Measurement> measurements{};

  explicit LinearExample(int events) {
    for (Index i = 0; i < 20; ++i) members.col(i) = smooth(static_cast<std::uint64_t>(i));
    Ensemble truth = smooth(100);
    for (int event = 1; event <= events; ++event) {
      model.advance(truth, {0, interval});
      measurements.push_back(noisy_measurement(observe(truth).col(0), Eigen::VectorXd::Constant(4, 0.01),
                                               static_cast<std::uint64_t>(event), event * interval, 3));
    }
  }

  // 25 random harmonics, more than the members span.
  static Eigen::VectorXd smooth(std::uint64_t item) {
    const Eigen::VectorXd amplitude = standard_normal(50, {17, 1000, item});
    Eigen::VectorXd field = Eigen::VectorXd::Zero(100);
    for (Index i = 0; i < 100; ++i)
      for (Index k = 1; k <= 25; ++k) {
        const double phase = 2 * M_PI * static_cast<double>(k * i) / 100;
        field(i) += 0.2 * (amplitude(2 * k - 2) * std::cos(phase) + amplitude(2 * k - 1) * std::sin(phase));
      }
    return field;
  }
};

}  // namespace semiflow
