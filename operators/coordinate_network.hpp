#pragma once
#include <Eigen/Dense>
#include <cstdint>
#include <vector>

namespace semiflow {

struct CoordinateNetworkOptions {
  /// Random frequencies in front of the layers, each with a cosine and a sine; 0 is the plain network.
  Eigen::Index features = 128;
  /// Standard deviation of the frequencies B. A wave of n periods in the box is that of |B| = n / (2 pi).
  double feature_std = 1;
  bool periodic = false;  ///< frequencies are rounded to whole numbers of waves in the box, so that the fit is periodic
  Eigen::Index width = 128;  ///< of each layer,
  Eigen::Index layers = 2;   ///< each with tanh; the output is linear
  Eigen::Index iterations = 2000;
  Eigen::Index batch = 1024;     ///< points an iteration; 0 or more than there are: all
  double learning_rate = 0.002;  ///< of the first iteration; it goes to 0 as half a period of a cosine
  std::uint64_t seed = 1;
};

/// A field as a network of its coordinates, fitted to values at points: with the random Fourier features of Tancik et al.
/// (2020) as in Mojgani, Chattopadhyay & Hassanzadeh (2024),
///
///   gamma(v) = [cos 2 pi B v, sin 2 pi B v],  v in [-pi, pi]^d,  B ~ N(0, feature_std^2), never trained,
///
/// or with v itself (features = 0), which learns the long waves first and the short ones hardly (spectral bias). Trained by
/// Adam with AMSGrad (Reddi et al. 2018) on the mean square error of outputs of unit variance; in single precision, on one
/// thread, with random numbers that depend on the seed alone. The paper has 500 features, four layers of 1000, all points
/// at once, a constant rate of 0.01 and 2e5 iterations, which takes days on a processor core.
class CoordinateNetwork {
 public:
  /// Trains: the whole budget of iterations. points [point x axis] lie in [0, 1), in units of the box; values
  /// [point x output]. Throws Error if there is no point, the shapes do not fit, a number is not finite or an option is out
  /// of range, and Error(Fault::run) if the training diverges.
  CoordinateNetwork(const Eigen::MatrixXd& points, const Eigen::MatrixXd& values,
                    const CoordinateNetworkOptions& options);

  /// [point x output], in double precision. Throws Error if the points have another number of axes.
  Eigen::MatrixXd operator()(const Eigen::MatrixXd& points) const;
  /// What a linear last layer may work with, [point x feature]: the last hidden layer, the random features and a constant.
  Eigen::MatrixXd features(const Eigen::MatrixXd& points) const;

  double training_seconds() const { return seconds_; }
  /// Rms of what is left at the points over the standard deviation of the values: [output].
  const Eigen::VectorXd& misfit() const { return misfit_; }

 private:
  struct Layer {
    Eigen::MatrixXd weight;   // [in x out]
    Eigen::RowVectorXd bias;  // [out]
  };
  Eigen::MatrixXd inputs(const Eigen::MatrixXd& points) const;
  Eigen::MatrixXd hidden(Eigen::MatrixXd x) const;
  void draw(Eigen::Index axes, Eigen::Index outputs, const CoordinateNetworkOptions& options);
  void train(const Eigen::MatrixXd& x, const Eigen::MatrixXd& y, const CoordinateNetworkOptions& options);

  Eigen::MatrixXd frequencies_;  // 2 pi B, [axis x feature]
  std::vector<Layer> layers_;    // the last is the output
  Eigen::RowVectorXd mean_, std_;
  Eigen::VectorXd misfit_;
  double seconds_ = 0;
};

}  // namespace semiflow
