#include <algorithm>
#include <semiflow/assimilation/observations.hpp>
#include <semiflow/assimilation/wiener_gain.hpp>
#include <semiflow/pde/spectral_model.hpp>

namespace semiflow {

SpectralGain::SpectralGain(const Grid& grid, const Eigen::VectorXd& error_power) : grid_(grid) {
  require(error_power.size() > 0 && error_power.size() % grid.modes() == 0,
          "a spectral gain needs a power for every mode of whole fields");
  require((error_power.array() >= 0).all(), "the power of an error must not be negative");
  error_power_ = error_power.reshaped(grid.modes(), error_power.size() / grid.modes());
}

void SpectralGain::analyse(EnsembleRef rows, Index begin, EnsembleView predicted,
                           const Measurement& measurement) const {
  validate(measurement);
  require(measurement.values.size() == state_size(), "a spectral gain needs a sensor at every point of every field");
  require(predicted.rows() == state_size() && predicted.allFinite(),
          "there must be one finite prediction for each sensor and member");
  require(predicted.cols() == rows.cols(), "rows and predictions must be of the same members");
  require(begin >= 0 && begin + rows.rows() <= state_size(), "the rows are not among those of the state");
  Fft fft(grid_);
  const Index points = grid_.points(), modes = grid_.modes(), fields = error_power_.cols();
  Ensemble change = (-predicted).colwise() + measurement.values;
  Spectrum spectrum(fields * modes, change.cols());
  fft.forward(change, spectrum);
  for (Index f = 0; f < fields; ++f) {
    const double noise = measurement.error_variance.segment(f * points, points).mean();
    // P / (P + noise), for any P from zero to infinity.
    const Eigen::ArrayXd gain = (1 + noise / error_power_.col(f).array()).inverse();
    spectrum.middleRows(f * modes, modes).array().colwise() *= gain.cast<std::complex<double>>();
  }
  fft.inverse(spectrum, change);
  rows += change.middleRows(begin, rows.rows());
}

WienerGain::WienerGain(const Grid& grid, const Eigen::MatrixXd& error_power) : grid_(grid), error_power_(error_power) {
  require(error_power.rows() >= 1, "a Wiener gain is for at least one gap");
  for (Index g = 1; g <= error_power.rows(); ++g) after(g);
}

SpectralGain WienerGain::after(Index steps) const {
  require(steps >= 1, "a forecast takes at least one step");
  return {grid_, error_power_.row(std::min(steps, error_power_.rows()) - 1).transpose()};
}

namespace detail {

void ErrorPower::add(Index steps, const Eigen::VectorXd& error) {
  if (!error.allFinite())
    throw Error(Fault::run, "training of a Wiener gain", "an estimate is not finite",
                "look for a forecast that blew up between two measurements");
  Spectrum spectrum(error.size() / fft_.points() * fft_.modes(), 1);
  fft_.forward(error, spectrum);
  if (steps > sum_.cols()) {
    sum_.conservativeResizeLike(Eigen::MatrixXd::Zero(spectrum.rows(), steps));
    count_.resize(static_cast<std::size_t>(steps));
  }
  sum_.col(steps - 1) += spectrum.cwiseAbs2() / static_cast<double>(fft_.points());
  ++count_[static_cast<std::size_t>(steps - 1)];
}

Eigen::MatrixXd ErrorPower::mean() const {
  const auto first = std::ranges::find_if(count_, [](Index n) { return n > 0; });
  require(first != count_.end(), "no error of the training runs counts: all are within the warm-up");
  Index known = first - count_.begin();
  Eigen::MatrixXd result(sum_.cols(), sum_.rows());
  for (Index g = 0; g < result.rows(); ++g) {
    if (count_[static_cast<std::size_t>(g)] > 0) known = g;
    result.row(g) = sum_.col(known).transpose() / static_cast<double>(count_[static_cast<std::size_t>(known)]);
  }
  return result;
}

std::vector<Index> gaps_of(const TrainingRun& run, const WienerTraining& options, Index state, Index sensors) {
  const std::size_t count = run.measurements.size();
  require(count >= 2, "a training run needs at least two measurements");
  require(run.truth.rows() == state && run.truth.cols() == std::ssize(run.measurements),
          "the truth must be given at every measurement of a training run");
  require(run.measurements.front().values.size() == sensors,
          sensors == state ? "an estimate starts at a measurement of the whole state"
                           : "the measurements of a training run are of the sensors of the gain");
  std::vector<Index> gaps;
  for (std::size_t k = 1; k < count; ++k) {
    gaps.push_back(whole_steps({run.measurements[k - 1].time, run.measurements[k].time}, options.dt));
    require(gaps.back() >= 1, "the measurements of a training run must be at increasing times");
  }
  return gaps;
}

}  // namespace detail

}  // namespace semiflow
