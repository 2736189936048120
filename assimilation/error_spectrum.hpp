#pragma once
#include <semiflow/core/communicator.hpp>
#include <semiflow/core/grid.hpp>

namespace semiflow {

/// At which scales an ensemble is wrong and at which it is uncertain: [shell x field] each. Shell n holds the modes with
/// |k| / k_1 rounded to n, where k_1 is the smallest wavenumber of the grid, as in SpectralDiagnostics; on a line, the
/// harmonic n. Mean squares over the points of a field, so that a column adds up to what score() squares:
struct ErrorSpectrum {
  Eigen::MatrixXd error;   ///< of mean - truth; a column adds up to rmse^2 of the field
  Eigen::MatrixXd spread;  ///< unbiased variance of the members; to spread^2. NaN for one member
};

/// my_members: [state x my members], whole; the state is one or more fields on the grid. mean: of all members, and truth:
/// [state], the same on every rank. Collective; no members on a rank are legal. The same bits on any number of ranks.
/// Throws Error on a rank whose sizes do not fit, and on every rank if there is no member at all or a value is not finite.
ErrorSpectrum error_spectrum(EnsembleView my_members, const Eigen::VectorXd& mean, const Eigen::VectorXd& truth,
                             const Grid& grid, const Communicator& comm);

}  // namespace semiflow
