#pragma once
#include <limits>
#include <semiflow/assimilation/discovery/discovery.hpp>
#include <semiflow/assimilation/discovery/linearised_forecast.hpp>
#include <semiflow/assimilation/localization.hpp>
#include <semiflow/core/grid.hpp>

namespace semiflow {

/// How a filter takes the covariance of its forecast from its members.
struct ForecastCovariance {
  double prior_std = 1;     ///< times the anomalies, see Inflation
  Taper taper = NoTaper{};  ///< times the covariance of two sensors, by their distance on the grid
};

/// What the innovations of a filter say of the terms that its model lacks: target = library c + N(0, I).
///
/// While the model lacks the terms c, the mean of the forecasts is wrong by S c, where the sensitivity S [state x term]
/// follows the filter: the model moves it and adds what each term does in the meantime, an analysis takes K H S away. So
///
///     d = y - H x_f = H S c + noise of covariance H B H' + R,
///
/// and the noise, the innovations that the right model would have had, is white in time (Friedland 1969, "Treatment of bias
/// in recursive filtering"; Willsky & Jones 1976). Nothing is shortened by the gain, as increments of analyses are, and what
/// earlier analyses have left of the error is not counted again. It is exact for linear models and a given gain.
///
/// predicted: [sensor x member], of the forecasts; sensitivity: H S, [sensor x term]. Throws Error as validate() does, if
/// shapes differ, and if a taper is given and the measurement does not say where the sensors are.
WhitenedRows innovation_rows(const Grid& grid, EnsembleView predicted, const Measurement& measurement,
                             const Eigen::MatrixXd& sensitivity, const ForecastCovariance& covariance = {});

struct InnovationDiscovery {
  Discovery found{};
  double misfit = 0;  ///< mean square of what the answer leaves of the last window's innovations; 1 if they are noise
  double misfit_of_model = 0;  ///< the same of what the window's model leaves
};

/// A window of events with one model.
struct InnovationWindow {
  NormalEquations sums{};    ///< of innovation_rows()
  Eigen::VectorXd in_model;  ///< what the model had of the terms [term], beyond the first one
};

/// The terms that all windows until now speak for, chosen by evidence, and what all of them say together of all that the
/// first model lacked. A window whose model was far off counts less: what sensitivities leave out is quadratic in the
/// errors, so its variance goes with the square of the mean square m of the innovations. The sums of a window are
/// multiplied by w = min(m) / m^2, with the least m of all windows. Each is drawn towards 1 as by a hundred rows more, and
/// may be below it: inflation lets the filter expect larger innovations than there are. What is quadratic in a small error
/// hides in the noise, and is a bias along the weakest direction of the library: a window also counts half after so many
/// others, whose models were better. The error bars are those of least squares with these weights: A^-1 B A^-1, where
/// A = sum of w G and B = sum of w^2 m G over windows with the sums G.
/// Throws Error if there is no window, their terms differ, or the half life is not positive.
InnovationDiscovery discover_from_innovations(std::span<const InnovationWindow> windows,
                                              double half_life = std::numeric_limits<double>::infinity());

}  // namespace semiflow
