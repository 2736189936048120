#include <Eigen/Cholesky>
#include <semiflow/assimilation/sensor_gain.hpp>

namespace semiflow {

Eigen::MatrixXd homogeneous_gain(const Grid& grid, const Eigen::VectorXd& error_power, const Eigen::MatrixXd& sensors,
                                 const Eigen::VectorXd& error_variance) {
  const Index points = grid.points(), modes = grid.modes(), fields = error_power.size() / modes;
  require(fields > 0 && error_power.size() == fields * modes, "a gain needs a power for every mode of whole fields");
  require((error_power.array() >= 0).all() && error_power.allFinite(),
          "the power of an error must be finite and not negative");
  require(sensors.rows() > 0 && sensors.cols() == fields * points && sensors.allFinite(),
          "sensors need a finite weight for every number of the state");
  require(error_variance.size() == sensors.rows() && (error_variance.array() > 0).all(),
          "every sensor has a positive error variance");
  Fft fft(grid);
  Ensemble spread = sensors.transpose();
  Spectrum spectrum(fields * modes, spread.cols());
  fft.forward(spread, spectrum);
  spectrum.array().colwise() *= error_power.array().cast<std::complex<double>>();
  fft.inverse(spectrum, spread);  // P C'
  Eigen::MatrixXd innovation = sensors * spread;
  innovation.diagonal() += error_variance;
  return innovation.llt().solve(spread.transpose()).transpose();
}

SensorWienerGain::SensorWienerGain(const WienerGain& gain, const Eigen::MatrixXd& sensors,
                                   const Eigen::VectorXd& error_variance)
    : gain_(gain),
      sensors_(sensors),
      error_variance_(error_variance),
      made_(static_cast<std::size_t>(gain.error_power().rows())) {
  require(sensors.cols() * gain.grid().modes() == gain.error_power().cols() * gain.grid().points(),
          "the sensors and the powers of a gain are of the same state");
  after(1);  // throws if they do not fit
}

const ConstantGain& SensorWienerGain::after(Index steps) const {
  require(steps >= 1, "a forecast takes at least one step");
  const Eigen::MatrixXd& power = gain_.error_power();
  const Index row = std::min(steps, power.rows()) - 1;
  std::optional<ConstantGain>& gain = made_[static_cast<std::size_t>(row)];
  if (!gain) gain.emplace(homogeneous_gain(gain_.grid(), power.row(row).transpose(), sensors_, error_variance_));
  return *gain;
}

Eigen::MatrixXd detail::climatological_power(const Grid& grid, const std::vector<TrainingRun>& runs) {
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(runs.front().truth.rows());
  double count = 0;
  for (const TrainingRun& run : runs) {
    require(run.truth.rows() == sum.size() && run.truth.cols() > 0, "the truths of training runs are of one state");
    sum += run.truth.rowwise().sum();
    count += static_cast<double>(run.truth.cols());
  }
  ErrorPower power(grid);
  for (const TrainingRun& run : runs)
    for (Index k = 0; k < run.truth.cols(); ++k) power.add(1, run.truth.col(k) - sum / count);
  return power.mean();
}

}  // namespace semiflow
