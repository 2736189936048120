#include <cmath>
#include <cstdio>
#include <semiflow/assimilation/etkf.hpp>
#include <semiflow/assimilation/observations.hpp>
#include <semiflow/pde/kuramoto_sivashinsky.hpp>
#include <semiflow/pde/spectral_model.hpp>
using namespace semiflow;

int main() {
  const Grid grid({{128, 100.5}});
  Semilinear equation = kuramoto_sivashinsky(grid);                                 // a list of named terms
  equation = with_coefficient(equation, "u_xx", -0.9) + monomial(grid, 2, 1, 0.1);  // scale one, add u^2 u_x
  SpectralModel model(equation, 0.25);                                              // ETDRK4; a ForecastModel

  const Eigen::ArrayXd x = grid.coordinate(0) / 16;
  Ensemble truth = x.cos() * (1 + x.sin()), members(grid.points(), 20);  // one state a column
  model.advance(truth, {0, 100});                                        // every column, in place
  for (Index m = 0; m < members.cols(); ++m) members.col(m) = truth.array() + 0.5 * ((m + 1) * x + m).cos();

  std::vector<Index> rows;  // of the state that the sensors read: every fourth
  for (Index row = 0; row < grid.points(); row += 4) rows.push_back(row);
  const PointObservations sensors(rows);  // an ObservationOperator
  const Eigen::VectorXd error_variance = Eigen::VectorXd::Constant(sensors.sensors(), 0.01);
  const Etkf filter({.inflation = {.posterior_std = 1.03}, .rotate = true});  // an AnalysisScheme
  for (int k = 0; k < 200; ++k) {
    const Interval window{100 + 0.5 * k, 100.5 + 0.5 * k};
    model.advance(truth, window);
    model.advance(members, window);
    filter.analyse(members, sensors(members),
                   noisy_measurement(sensors(truth).col(0), error_variance, k, window.end, /*seed*/ 1));
  }
  const auto rms = [](const Eigen::VectorXd& field) { return field.norm() / std::sqrt(128.0); };
  const double error = rms(members.rowwise().mean() - truth);
  std::printf("RMSE of the analysis %.3f, rms of the flow %.3f\n", error, rms(truth));
  return error < 0.1 * rms(truth) ? 0 : 1;
}
