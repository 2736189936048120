// From values at sensors to states.
#include "interpolate.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <semiflow/assimilation/discovery/band_limited.hpp>
#include <semiflow/assimilation/discovery/nearest_sensor.hpp>
#include <semiflow/core/random.hpp>
#include <semiflow/pde/quasigeostrophic.hpp>

#include "pairs.hpp"
#include "record.hpp"

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

constexpr Index layers = 2;

// Where points lie in the box, in units of its lengths: [point x axis].
Eigen::MatrixXd positions(const Grid& grid) {
  Eigen::MatrixXd x(grid.points(), grid.dimensions());
  for (Index d = 0; d < grid.dimensions(); ++d) x.col(d) = grid.coordinate(d) / grid.axis(d).length;
  return x;
}

template <typename Fit>
Eigen::MatrixXd each_column(Fit fit, const Eigen::MatrixXd& values, Index points) {
  Eigen::MatrixXd fields(points, values.cols());
  for (Index j = 0; j < values.cols(); ++j) fields.col(j) = fit(values.col(j));
  return fields;
}

// Fields [point x field] from what sensors read [sensor x field]; the layers of a snapshot lie beside each other.
Eigen::MatrixXd filled(const Experiment& e, const std::vector<Index>& sensors, const Eigen::MatrixXd& values) {
  const DiscoveryStageOptions& d = *e.discovery;
  const Grid& grid = e.model.grid;
  switch (d.interpolator) {
    case Interpolator::nearest: {
      Eigen::MatrixXd fields = Eigen::MatrixXd::Zero(grid.points(), values.cols());
      fields(sensors, Eigen::all) = values;
      return fields(nearest_sensor(grid, sensors), Eigen::all);
    }
    case Interpolator::cubic:
      return LocalSpline(grid, sensors, d.spline)(values);
    case Interpolator::gaussian_process:
      return each_column(GaussianProcessFit(grid, sensors, d.process), values, grid.points());
    case Interpolator::network: {
      const Eigen::MatrixXd points = positions(grid);
      NetworkInterpolation options = d.network;
      options.network.seed = e.seed;
      return networks().interpolate(points(sensors, Eigen::all), values, layers, points, options);
    }
    case Interpolator::band_limited:
      break;
  }
  return each_column(BandLimitedFit(grid, sensors, {.max_wavenumber = d.sensor_max_wavenumber}), values, grid.points());
}

// [point x field], both layers of the first state, both of the second, and so on.
Eigen::MatrixXd streams(const Grid& grid, const Eigen::MatrixXd& states) {
  Eigen::MatrixXd all(grid.points(), layers * states.cols());
  for (Index i = 0; i < states.cols(); ++i)
    all.middleCols(layers * i, layers) = jet_streams(grid, states.col(i)).reshaped(grid.points(), layers);
  return all;
}

Eigen::MatrixXd vorticities(const Grid& grid, const Eigen::MatrixXd& all) {
  Eigen::MatrixXd states(layers * grid.points(), all.cols() / layers);
  for (Index i = 0; i < states.cols(); ++i)
    states.col(i) = jet_vorticities(grid, all.middleCols(layers * i, layers).reshaped());
  return states;
}

// What sensors of the stream functions read, each with its own error: white noise of so much of a field's standard
// deviation. The columns are those of streams() for the first states of all pairs and then the second ones.
Eigen::MatrixXd with_noise(const Experiment& e, Eigen::MatrixXd all) {
  const double relative = e.discovery->relative_noise;
  if (relative == 0) return all;
  for (Index j = 0; j < all.cols(); ++j) {
    const Index state = j / layers, pair = state % e.discovery->pairs, look = state / e.discovery->pairs;
    const double std = std::sqrt((all.col(j).array() - all.col(j).mean()).square().mean());
    all.col(j) += relative * std *
                  standard_normal(all.rows(), {.seed = e.seed,
                                               .purpose = observation_noise,
                                               .item = static_cast<std::uint64_t>(2 * pair + look),
                                               .step = static_cast<std::uint64_t>(j % layers)});
  }
  return all;
}

// Rms of the differences of a layer's columns, over the standard deviation of what they should be.
double relative_error(const Eigen::MatrixXd& fields, const Eigen::MatrixXd& truth, Index layer) {
  const auto of_layer = Eigen::seq(layer, Eigen::last, layers);
  const Eigen::MatrixXd is = fields(Eigen::all, of_layer), should = truth(Eigen::all, of_layer);
  return (is - should).norm() / (should.rowwise() - should.colwise().mean()).norm();
}

}  // namespace

PairStates seen_pairs(RunContext& run, Index pass) {
  const Experiment& e = run.experiment;
  const DiscoveryStageOptions& d = *e.discovery;
  PairStates pairs = observed_pairs(run);
  if (d.sensor_fraction == 1 && d.relative_noise == 0) return pairs;
  if (pass == 0) {
    const Grid& grid = e.model.grid;
    const std::vector<Index> sensors = sensor_points(grid, d.sensor_fraction, e.seed);
    Eigen::MatrixXd states(pairs.before.rows(), 2 * d.pairs);
    states << pairs.before, pairs.after;
    const Eigen::MatrixXd truth = streams(grid, states);
    const auto start = std::chrono::steady_clock::now();
    const Eigen::MatrixXd read = with_noise(e, truth);
    const Eigen::MatrixXd fields = d.sensor_fraction == 1 ? read : filled(e, sensors, read(sensors, Eigen::all));
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
    states = vorticities(grid, fields);
    write_states(run.file, e, "/discovery", "before", 0, states.leftCols(d.pairs));
    write_states(run.file, e, "/discovery", "after", 0, states.rightCols(d.pairs));
    const Index half = layers * d.pairs;
    const Eigen::MatrixXd change = fields.rightCols(half) - fields.leftCols(half);
    const Eigen::MatrixXd true_change = truth.rightCols(half) - truth.leftCols(half);
    for (Index layer = 0; layer < layers; ++layer) {
      const std::string number = std::to_string(layer + 1);
      run.file.set_attribute("/discovery", "interpolation_error_" + number, relative_error(fields, truth, layer));
      run.file.set_attribute("/discovery", "interpolation_error_of_change_" + number,
                             relative_error(change, true_change, layer));
    }
    run.file.set_attribute("/discovery", "interpolation_seconds", time.count());
  }
  // All ranks go on with the same numbers.
  pairs.before = read_states(run.file, e, "/discovery", "before", 0, d.pairs);
  pairs.after = read_states(run.file, e, "/discovery", "after", 0, d.pairs);
  return pairs;
}

void define_seen_pairs(ResultFile& file, const Experiment& e) {
  const DiscoveryStageOptions& d = *e.discovery;
  file.add_dimension("/discovery", Dimension::numbered("pair", d.pairs, "pair of states"));
  for (const char* name : {"before", "after"})
    define_states(file, e, "/discovery", name, {"pair"},
                  std::string("state ") + name + " the separation, filled between the sensors");
  for (const char* number : {"1", "2"}) {
    file.set_attribute("/discovery", std::string("interpolation_error_") + number, std::nan(""));
    file.set_attribute("/discovery", std::string("interpolation_error_of_change_") + number, std::nan(""));
  }
  file.set_attribute("/discovery", "interpolation_seconds", std::nan(""));
}

}  // namespace semiflow
