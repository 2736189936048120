#include <catch2/catch.hpp>
#include <semiflow/core/fft.hpp>
#include <semiflow/core/random.hpp>
#include <semiflow/operators/learned_gain.hpp>

using namespace semiflow;

namespace {

const Grid plane({{8, 1.0}, {12, 2.0}});
constexpr double sigma = 0.3;

Eigen::MatrixXd noise(Index cols, std::uint64_t item) {
  return standard_normal(plane.points() * cols, {53, 1000, item}).reshaped(plane.points(), cols);
}

// Without the shorter waves, so that modes have different powers.
Eigen::MatrixXd smooth(const Eigen::MatrixXd& values) {
  Fft fft(plane);
  Spectrum spectrum(plane.modes(), values.cols());
  fft.forward(values, spectrum);
  const Eigen::ArrayXd factor = (-(plane.harmonic(0).square() + plane.harmonic(1).square()) / 4).exp();
  spectrum.array().colwise() *= factor.cast<std::complex<double>>();
  Ensemble result(values.rows(), values.cols());
  fft.inverse(spectrum, result);
  return result;
}

GainSamples samples(Index count) {
  GainSamples s{.forecast = {}, .measured = {}, .truth = smooth(noise(count, 1)), .gaps = {}, .noise_std = {}};
  s.forecast = s.truth + 2 * smooth(noise(count, 2));
  s.measured = s.truth + sigma * noise(count, 3);
  s.gaps.assign(static_cast<std::size_t>(count), 1);
  s.noise_std.assign(static_cast<std::size_t>(count), sigma);
  return s;
}

LearnedGainOptions options(GainForm form, Index width) {
  return {.form = form, .modes = {3, 3}, .width = width, .layers = 2, .head = 8, .longest_gap = 2, .seed = 6};
}

Eigen::MatrixXd corrected(const LearnedGain& gain, const GainSamples& s) {
  Ensemble z = s.forecast;
  gain.analyse(z, s.measured, s.gaps, sigma);
  return z;
}

}  // namespace

TEST_CASE("On a plane the spectral gain alone is Wiener's", "[observer]") {
  const Communicator comm = Communicator::duplicate_of(MPI_COMM_WORLD);
  const GainSamples s = samples(20);
  LearnedGain gain(plane, 1, options(GainForm::spectral, 0));
  gain.fit(s, {.epochs = 0}, comm);
  Fft fft(plane);
  Spectrum error(plane.modes(), 20), innovation(plane.modes(), 20);
  fft.forward(s.truth - s.forecast, error);
  fft.forward(s.measured - s.forecast, innovation);
  const Eigen::ArrayXd power = error.cwiseAbs2().rowwise().mean() / static_cast<double>(plane.points());
  innovation.array().colwise() *= (power / (power + sigma * sigma)).cast<std::complex<double>>();
  Ensemble step(plane.points(), 20);
  fft.inverse(innovation, step);
  CHECK((corrected(gain, s) - s.forecast - step).cwiseAbs().maxCoeff() < 2e-6);  // single precision
}

TEST_CASE("A network moves no mean: that is the spectral gain's alone", "[observer]") {
  const Communicator comm = Communicator::duplicate_of(MPI_COMM_WORLD);
  const GainSamples s = samples(40);
  LearnedGain alone(plane, 1, options(GainForm::spectral, 0)), whole(plane, 1, options(GainForm::spectral, 6));
  alone.fit(s, {.epochs = 0}, comm);
  whole.fit(s, {.epochs = 4, .batch = 8, .learning_rate = 1e-2}, comm);
  const Eigen::MatrixXd a = corrected(alone, s), b = corrected(whole, s);
  CHECK((a.colwise().mean() - b.colwise().mean()).cwiseAbs().maxCoeff() < 1e-6);  // V9
  CHECK((a - b).cwiseAbs().maxCoeff() > 1e-2);
}

TEST_CASE("The gate as published begins at the best constant gain, and stays between what is forecast and measured",
          "[observer]") {
  const Communicator comm = Communicator::duplicate_of(MPI_COMM_WORLD);
  const GainSamples s = samples(40);
  const Eigen::MatrixXd innovation = s.measured - s.forecast, error = s.truth - s.forecast;
  const double best = innovation.cwiseProduct(error).sum() / innovation.squaredNorm();
  for (const Index width : {Index{0}, Index{6}}) {  // its last layer begins at 0
    LearnedGain gain(plane, 1, options(GainForm::gate, width));
    gain.fit(s, {.epochs = 0}, comm);
    CHECK((corrected(gain, s) - s.forecast - best * innovation).cwiseAbs().maxCoeff() < 1e-5);
    if (width == 0) continue;
    gain.fit(s, {.epochs = 6, .batch = 8, .learning_rate = 1e-2}, comm);
    const Eigen::MatrixXd after = corrected(gain, s);
    CHECK((after - s.truth).squaredNorm() < (s.forecast + best * innovation - s.truth).squaredNorm());
    const Eigen::ArrayXXd part = (after - s.forecast).array() / innovation.array();
    CHECK(part.minCoeff() > -1e-3);
    CHECK(part.maxCoeff() < 1 + 1e-3);

    LearnedGain other(plane, 1, options(GainForm::gate, width));
    other.set_weights(gain.weights());
    CHECK(corrected(other, s) == after);
  }
}
