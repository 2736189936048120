// A twin experiment in fifty lines: a Kuramoto-Sivashinsky flow is observed at every fourth point, and an ensemble
// Kalman filter follows it. It succeeds if the filter is nearer to the truth than an ensemble left alone.
#include <cmath>
#include <cstdio>
#include <semiflow/assimilation/etkf.hpp>
#include <semiflow/assimilation/observations.hpp>
#include <semiflow/pde/kuramoto_sivashinsky.hpp>
#include <semiflow/pde/spectral_model.hpp>

using namespace semiflow;

int main() {
  const Grid grid({{128, 32 * EIGEN_PI}});
  SpectralModel model(kuramoto_sivashinsky(grid), 0.25);

  const Eigen::ArrayXd x = grid.coordinate(0) / 16;
  Ensemble truth = (x.cos() * (1 + x.sin())).matrix();
  model.advance(truth, {0, 100});

  const Index members = 20;
  Ensemble filtered = truth.replicate(1, members);
  for (Index m = 0; m < members; ++m) filtered.col(m) += (0.5 * ((m + 1) * x + m).cos()).matrix();
  Ensemble alone = filtered;

  std::vector<Index> rows;
  for (Index row = 0; row < grid.points(); row += 4) rows.push_back(row);
  const PointObservations sensors(rows);
  const Eigen::VectorXd error_variance = Eigen::VectorXd::Constant(sensors.sensors(), 0.01);
  const Etkf filter({.inflation = {.posterior_std = 1.02}});

  for (std::uint64_t event = 0; event < 100; ++event) {
    const Interval window{100.0 + static_cast<double>(event), 101.0 + static_cast<double>(event)};
    model.advance(truth, window);
    model.advance(filtered, window);
    model.advance(alone, window);
    filter.analyse(filtered, sensors(filtered),
                   noisy_measurement(sensors(truth).col(0), error_variance, event, window.end, 1));
  }
  const auto rmse = [&](const Ensemble& ensemble) {
    return (ensemble.rowwise().mean() - truth.col(0)).norm() / std::sqrt(static_cast<double>(grid.points()));
  };
  std::printf("RMSE %.3f with the filter, %.3f without\n", rmse(filtered), rmse(alone));
  return rmse(filtered) < 0.2 * rmse(alone) ? 0 : 1;
}
