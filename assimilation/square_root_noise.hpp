#pragma once
#include <semiflow/assimilation/ensemble_update.hpp>
#include <semiflow/core/communicator.hpp>

namespace semiflow {

/// Model noise without random numbers (Raanes, Carrassi & Bertino 2015, MWR 143, 3857, Eq. 17, Sqrt-Core): the weights for
/// apply_weights() that give forecasts with the anomalies A and the covariance P = A A' / (members - 1) the covariance
/// P + Pi Q Pi, where Pi projects on the span of A,
///
///     (I + (members - 1) pinv(A) Q pinv(A)')^1/2,
///
/// symmetric. With more members than the state has rows that is P + Q; with fewer, what noise does outside of the span is
/// left out, which ModelNoise would put in at random.
///
/// rows: the forecast, [row x member]; variance: the diagonal of Q, [row]; my row_share of the state on every rank.
/// Singular values of A below smallest_singular_value times the largest count as zero. The same bits on any number of
/// ranks. Collective. Throws Error on every rank if there are fewer than two members, the sizes differ, a value is not
/// finite, a variance is negative, or smallest_singular_value is not in [0, 1).
Eigen::MatrixXd square_root_noise_weights(const Communicator& comm, EnsembleView rows, const Eigen::VectorXd& variance,
                                          double smallest_singular_value = 1e-6);

}  // namespace semiflow
