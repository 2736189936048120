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

// What sensors of a stream function read, each with its own error: white noise of so much of its standard deviation.
void add_noise(Eigen::Ref<Eigen::VectorXd> stream, double relative, const Key& key) {
  const double std = std::sqrt((stream.array() - stream.mean()).square().mean());
  stream += relative * std * standard_normal(stream.size(), key);
}

// The states that one and the same set of sensors of the stream functions lets one see; of the first states of all pairs
// look is 0, of the second ones 1, and their errors are independent.
Eigen::MatrixXd seen_by_sensors(const Experiment& e, const Eigen::MatrixXd& states, Index look) {
  const DiscoveryStageOptions& d = *e.discovery;
  const Grid& grid = e.model.grid;
  if (d.sensor_fraction == 1 && d.relative_noise == 0) return states;
  const std::vector<Index> sensors = sensor_points(grid, d.sensor_fraction, e.seed);
  std::function<Eigen::VectorXd(const Eigen::VectorXd&)> fill;
  if (d.sensor_fraction == 1) {
    fill = [](const Eigen::VectorXd& field) { return field; };
  } else if (d.interpolator == Interpolator::nearest) {
    fill = [nearest = nearest_sensor(grid, sensors)](const Eigen::VectorXd& field) { return field(nearest); };
  } else {
    fill = [fit = BandLimitedFit(grid, sensors, {.max_wavenumber = d.sensor_max_wavenumber}),
            &sensors](const Eigen::VectorXd& field) mutable { return fit(field(sensors)); };
  }
  Eigen::MatrixXd seen(states.rows(), states.cols());
  for (Index i = 0; i < states.cols(); ++i) {
    Eigen::VectorXd streams = jet_streams(grid, states.col(i));
    for (Index field = 0; field < 2; ++field) {
      auto stream = streams.segment(field * grid.points(), grid.points());
      if (d.relative_noise > 0)
        add_noise(stream, d.relative_noise,
                  {.seed = e.seed,
                   .purpose = observation_noise,
                   .item = static_cast<std::uint64_t>(2 * i + look),
                   .step = static_cast<std::uint64_t>(field)});
      const Eigen::VectorXd filled = fill(stream);
      stream = filled;
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
  const Eigen::MatrixXd before = seen_by_sensors(e, pairs.before, 0), after = seen_by_sensors(e, pairs.after, 1);
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
