#pragma once
#include <semiflow/assimilation/inflation.hpp>
#include <span>

namespace semiflow {

/// Ensemble Kalman smoother (Evensen & van Leeuwen 2000) with the weights of the ETKF: what an analysis does to the
/// ensemble in ensemble space, it does to the ensembles of earlier times, so that a measurement corrects the past along
/// with the present by the covariances between the times. No model is run again.
///
///     std::vector<Ensemble> past{rows at the beginning};
///     for (each measurement) {
///       forecast rows to its time;
///       smoother.analyse(rows, past, predicted, measurement);
///       past.push_back(rows);
///     }
///
/// The lag is the caller's: all the past for the whole window, its last few states for a fixed lag, and states between
/// the measurements where they are of interest. Rows are dealt to ranks as for AnalysisScheme, and the past stays where
/// it is, so smoothing needs no communication.
///
/// Inflation is for the ensemble that goes on; the past keeps the covariances that the measurements leave it. A rotation
/// is for all times, or members of the past would no longer belong to those of the present (DAPPER's EnKS rotates the
/// present only, and so needs rot = False).
class Enks {
 public:
  struct Options {
    Inflation inflation = {};
    bool rotate = false;     ///< a new random_rotation() after each analysis
    std::uint64_t seed = 0;  ///< of the rotations
  };

  Enks() = default;
  /// Throws Error if a value of the inflation is out of range.
  explicit Enks(const Options& options);

  /// rows: [row x member] at the time of the measurement, analysed as by Etkf with the symmetric square root; past: the
  /// same members, [row x member] each; predicted: [sensor x member], the same on every rank. Not collective.
  /// Throws Error as Etkf does.
  void analyse(EnsembleRef rows, std::span<Ensemble> past, EnsembleView predicted,
               const Measurement& measurement) const;

 private:
  Options options_;
};

}  // namespace semiflow
