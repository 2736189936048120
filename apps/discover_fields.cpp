// Discovery for equations of several fields, from pairs that are seen everywhere or by sensors.
#include "discover_fields.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <semiflow/assimilation/discovery/band_limited.hpp>
#include <semiflow/assimilation/discovery/field_discovery.hpp>
#include <semiflow/assimilation/discovery/nearest_sensor.hpp>
#include <semiflow/core/random.hpp>
#include <semiflow/pde/quasigeostrophic.hpp>

#include "candidates.hpp"
#include "pairs.hpp"

namespace semiflow {

std::vector<Index> sensor_points(const Grid& grid, double part, std::uint64_t seed) {
  const Eigen::VectorXd lot = uniform(grid.points(), {.seed = seed, .purpose = sensor_position, .item = 0});
  std::vector<Index> points(static_cast<std::size_t>(grid.points()));
  std::iota(points.begin(), points.end(), 0);
  std::ranges::sort(points, {}, [&lot](Index i) { return lot(i); });
  points.resize(std::max<std::size_t>(1, static_cast<std::size_t>(part * static_cast<double>(grid.points()))));
  std::ranges::sort(points);
  return points;
}

namespace {

// The states that one and the same set of sensors of the stream functions lets one see.
Eigen::MatrixXd seen_by_sensors(const Experiment& e, const Eigen::MatrixXd& states) {
  const DiscoveryStageOptions& d = *e.discovery;
  const Grid& grid = e.model.grid;
  if (d.sensor_fraction == 1) return states;
  const std::vector<Index> sensors = sensor_points(grid, d.sensor_fraction, e.seed);
  std::function<Eigen::VectorXd(const Eigen::VectorXd&)> fill;
  if (d.interpolator == Interpolator::nearest) {
    fill = [nearest = nearest_sensor(grid, sensors)](const Eigen::VectorXd& field) { return field(nearest); };
  } else {
    fill = [fit = BandLimitedFit(grid, sensors, {.max_wavenumber = d.sensor_max_wavenumber}),
            &sensors](const Eigen::VectorXd& field) mutable { return fit(field(sensors)); };
  }
  Eigen::MatrixXd seen(states.rows(), states.cols());
  for (Index i = 0; i < states.cols(); ++i) {
    Eigen::VectorXd streams = jet_streams(grid, states.col(i));
    for (Index field = 0; field < 2; ++field) {
      const Eigen::VectorXd filled = fill(streams.segment(field * grid.points(), grid.points()));
      streams.segment(field * grid.points(), grid.points()) = filled;
    }
    seen.col(i) = jet_vorticities(grid, streams);
  }
  return seen;
}

}  // namespace

Discovery field_discovery(RunContext& run, Index pass) {
  const Experiment& e = run.experiment;
  const DiscoveryStageOptions& d = *e.discovery;
  FieldLibrary library(e.model.grid, std::ssize(e.model.equation->fields), candidates(e.model, d.library),
                       e.model.dealiasing);
  const Eigen::VectorXd in_model = pass == 0 ? Eigen::VectorXd::Zero(library.size())
                                             : Eigen::VectorXd(run.file.read("/discovery/coefficient", pass - 1, 1));
  Solver model = corrected_model(run, pass);
  const PairStates pairs = observed_pairs(run);
  const Eigen::MatrixXd before = seen_by_sensors(e, pairs.before), after = seen_by_sensors(e, pairs.after);
  // A few pairs: every rank computes them all.
  std::vector<std::vector<NormalEquations>> blocks;
  for (Index i = 0; i < d.pairs; ++i) {
    Ensemble state = before.col(i);
    model.advance(state, {0, d.separation});
    blocks.push_back(increment_equations(
        library, {.before = before.col(i), .after = after.col(i), .forecast = state.col(0), .duration = d.separation},
        d.max_wavenumber));
  }
  return discover_fields(library, blocks, in_model,
                         {.regression = d.regression, .minimum_of_residual = d.minimum_of_residual});
}

}  // namespace semiflow
