#pragma once
#include <semiflow/assimilation/inflation.hpp>
#include <semiflow/assimilation/localization.hpp>
#include <semiflow/core/communicator.hpp>
#include <vector>

namespace semiflow {

/// Local ensemble transform Kalman filter with the symmetric square root (Hunt et al. 2007), a LocalAnalysisScheme.
///
/// The points of the grid are dealt out in rectangular batches. Each batch is analysed for itself, as by Etkf, from the
/// sensors around its centre, whose inverse error variances are multiplied by the taper (R-localisation). All fields of
/// a point belong to its batch: the state is field after field, row = field * points + point. A batch out of the reach
/// of every sensor keeps its forecast, but for its inflation.
class Letkf {
 public:
  struct Options {
    Taper taper = NoTaper{};
    /// Sensors of this weight or less are left out, as in DAPPER; in [0, 1).
    double smallest_weight = 1e-3;
    /// Points along each axis that share one analysis, on average where they do not divide the axis; empty is one.
    /// DAPPER takes 2 for Lorenz-96, 4 for Kuramoto-Sivashinsky, 2 x 2 for quasigeostrophic flow.
    std::vector<Index> batch = {};
    Inflation inflation = {};
    bool rotate = false;     ///< a new random_rotation(), the same for all rows, after each analysis
    std::uint64_t seed = 0;  ///< of the rotations
  };

  /// Throws Error if an option is out of range or the batch has not one number for each axis.
  Letkf(const Grid& grid, const Options& options);

  /// rows: [row x member], the rows begin, begin + 1, ... of the state; predicted: [sensor x member], the same on every
  /// rank, as the measurement, whose positions must be given. A batch that is cut by the ends of the rows is analysed
  /// as if it were whole. Not collective.
  /// Throws Error as etkf_weights() does, with the spread of the sensors of one batch, and if a row is not finite.
  void analyse(EnsembleRef rows, Index begin, EnsembleView predicted, const Measurement& measurement) const;

  /// The same of some points with all of their fields, so that no batch is done twice: rows are the points of the first
  /// field, then those of the next, [field * points.size + point - points.begin, member]. predicted and measurement need
  /// not hold more than the reports within reach() of the points along the first axis, in the order of all.
  void analyse_points(EnsembleRef rows, Share points, EnsembleView predicted, const Measurement& measurement) const;

  /// From any point of a batch, how far away a sensor may be that it listens to.
  double reach() const;

  /// Points for every rank, [rank], about equally dear: a batch with many sensors costs more than one with few. Whole
  /// batches along the first axis; shares may be empty. my_positions: of sensors, [axis x sensor], each on one rank.
  /// Results do not depend on who works for which points. Collective.
  std::vector<Share> balanced_points(const Communicator& comm, const Eigen::MatrixXd& my_positions, Index members,
                                     Index fields) const;

 private:
  // Which places in rows belong to points of the grid: add(point, places).
  template <class Places, class RowOf>
  void analyse(EnsembleRef rows, EnsembleView predicted, const Measurement& measurement, Places add_places,
               RowOf row_of) const;

  Grid grid_;
  Options options_;
};

static_assert(LocalAnalysisScheme<Letkf>);

}  // namespace semiflow
