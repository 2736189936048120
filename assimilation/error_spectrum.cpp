#include <cmath>
#include <limits>
#include <semiflow/assimilation/error_spectrum.hpp>
#include <semiflow/core/error.hpp>
#include <semiflow/pde/diagnostics.hpp>

namespace semiflow {

ErrorSpectrum error_spectrum(EnsembleView my_members, const Eigen::VectorXd& mean, const Eigen::VectorXd& truth,
                             const Grid& grid, const Communicator& comm) {
  const Index state = truth.size(), points = grid.points();
  require(state > 0 && state % points == 0, "an error spectrum needs a state of whole fields on the grid");
  require(mean.size() == state && my_members.rows() == state, "members, mean and truth must be states of one size");

  SpectralDiagnostics diagnostics(grid);
  const auto spectra = [&](const Eigen::VectorXd& difference) {
    Eigen::MatrixXd result;
    for (Index first = 0; first < state; first += points) {
      const Eigen::VectorXd field = 2 * diagnostics.isotropic_spectrum(difference.segment(first, points));
      result.conservativeResize(field.size(), first / points + 1);
      result.rightCols<1>() = field;
    }
    return result;
  };

  ErrorSpectrum found{.error = spectra(mean - truth), .spread{}};
  // Of every member, and in the last row 1, so that they are counted.
  const Index size = found.error.size();
  Eigen::MatrixXd parts = Eigen::MatrixXd::Ones(size + 1, my_members.cols());
  for (Index j = 0; j < my_members.cols(); ++j) parts.col(j).head(size) = spectra(my_members.col(j) - mean).reshaped();
  const Eigen::VectorXd sums = comm.sum_in_order(parts);
  const double members = sums(size);
  require(members > 0, "an error spectrum needs at least one member on some rank");
  if (!sums.allFinite() || !found.error.allFinite())
    throw Error(Fault::run, "error spectrum", "a value of a member or of the truth is not finite",
                "look for a forecast that blew up");
  found.spread = sums.head(size).reshaped(found.error.rows(), found.error.cols()) / (members - 1);
  if (members == 1) found.spread.setConstant(std::numeric_limits<double>::quiet_NaN());
  return found;
}

}  // namespace semiflow
