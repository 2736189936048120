#pragma once
#include <Eigen/Core>
#include <semiflow/core/ensemble.hpp>

namespace semiflow {

/// A forecast from a state that is not known exactly, by a model that lacks terms, linearised at an estimate of both.
/// With dx and dc the corrections that are sought,
///
///   b = dx + e_b,    d = T dx + Phi dc + e,    e_b ~ N(0, I),  e ~ N(0, I):
///
/// the first line is what is known of the state without this forecast, an observation or a background. State and
/// observations come in units of their errors' standard deviations, in which errors are independent.
struct LinearisedForecast {
  Eigen::VectorXd background_departure;  ///< b, background minus estimate [unknown]
  Eigen::VectorXd departure;             ///< d, observations minus forecast [row]
  Eigen::MatrixXd state_sensitivity;     ///< T, the tangent linear model [row x unknown]
  Eigen::MatrixXd term_sensitivity;      ///< Phi, derivatives by the terms' coefficients [row x term]
};

/// The regression for the coefficients alone, the state integrated out: target = library dc + N(0, I).
struct WhitenedRows {
  Eigen::MatrixXd library;  ///< [row x term]
  Eigen::VectorXd target;   ///< [row]
};

/// d - T b = Phi dc + N(0, I + T T'), multiplied by the inverse Cholesky factor of that covariance: generalised least
/// squares, which gives the same dc as least squares for dx and dc together. Its sums are the information on dc, its rows
/// are independent, and the first n of them are those of the first n observations alone. An error of the state is no
/// longer one of the regressors: attenuation by noise ("errors in variables") does not arise, to first order.
/// Throws Error if the sizes do not fit; numbers that are not finite stay so.
WhitenedRows whitened_rows(const LinearisedForecast& forecast);

/// The dx that goes with a dc: its mean given both lines,  b + T' (I + T T')^-1 (d - T b - Phi dc)  [unknown].
Eigen::VectorXd state_correction(const LinearisedForecast& forecast, const Eigen::VectorXd& coefficient_correction);

}  // namespace semiflow
