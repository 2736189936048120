#pragma once
#include <functional>
#include <limits>
#include <semiflow/assimilation/discovery/candidate_models.hpp>
#include <semiflow/assimilation/discovery/joint_discovery.hpp>
#include <semiflow/assimilation/discovery/term_library.hpp>
#include <semiflow/pde/spectral_model.hpp>

namespace semiflow {

/// Pairs of noisy looks at a field on a line, the second of each a duration after the first.
struct PairStates {
  Eigen::MatrixXd before;  ///< [point x pair]
  Eigen::MatrixXd after;   ///< [point x pair]
  double duration = 0;     ///< > 0
  double noise_std = 0;    ///< > 0, of the white noise on every value of both
};

struct NoisyPairOptions {
  double dt = 0;  ///< of the model; the duration is a multiple
  RungeKutta method = RungeKutta::etdrk4;
  LibraryOptions library{};
  /// States are estimated, and observations used, up to this wavenumber. Infinite: up to where the mean power of a mode
  /// of the pairs, smoothed over five harmonics, falls below twice that of the noise, i.e. where signal equals noise.
  double max_wavenumber = std::numeric_limits<double>::infinity();
};

/// Steps for differences of forecasts by coefficients, [term]: each changes the state by about a ten-thousandth of itself
/// within the duration, so little that the forecast stays linear, so much that rounding does not show.
Eigen::VectorXd difference_steps(TermLibrary& library, const Eigen::VectorXd& state, double duration);

/// The problem of discover_jointly() for pairs: unknown are the Fourier modes of the first state of every pair up to a
/// wavenumber, the first look is their background, the second the observation of the forecast.
///
/// The model runs on a grid of its own that has 1.5 times that many harmonics, all products alias-free: shorter waves
/// of the data are noise, and a model without damping would make them grow. Derivatives by the state are the exact tangent
/// model's, those by coefficients are central differences of forecasts.
class NoisyPairs {
 public:
  /// model_on makes the model's equation on a given grid of the same length. Throws Error if the grid is not a line, the
  /// states do not fit it or are not finite, or an option is out of range.
  NoisyPairs(const Grid& grid, PairStates states, const NoisyPairOptions& options,
             const std::function<Semilinear(const Grid&)>& model_on);

  /// Refers to this object, which must stay where it is.
  JointProblem problem();

  Index harmonics() const { return harmonics_; }
  double max_wavenumber() const;  ///< of the harmonics
  const Grid& model_grid() const { return grid_; }
  const std::vector<Term>& terms() const { return library_.terms(); }

 private:
  LinearisedForecast linearise(Index pair, const Eigen::VectorXd& state);

  double duration_, error_;  // error_: standard deviation of a mode's real coordinate
  Index harmonics_;
  Eigen::MatrixXd before_, after_;  // real coordinates of modes [1 + 2 harmonics x pair]
  Grid grid_;
  TermLibrary library_;
  Eigen::MatrixXd basis_;  // [point of grid_ x coordinate]
  CandidateModels models_;
};

}  // namespace semiflow
