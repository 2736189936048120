#pragma once
#include <limits>
#include <semiflow/assimilation/desroziers.hpp>
#include <semiflow/assimilation/reliability.hpp>
#include <semiflow/assimilation/scores.hpp>
#include <semiflow/core/communicator.hpp>
#include <semiflow/core/grid.hpp>
#include <span>
#include <vector>

namespace semiflow {

/// A rank's part of the reports of an event, with what every member predicts of them. Reports are dealt by
/// Communicator::row_share() of their number in the event, so the large matrix, of predictions, is never whole anywhere.
struct DealtReports {
  std::vector<Index> number{};  ///< of each report in the event, ascending
  Measurement measurement{};    ///< [report]
  Ensemble predicted{};         ///< [report x member]

  Index reports() const { return static_cast<Index>(number.size()); }
};

/// This rank's part. my_predicted: of all reports, by this rank's share of the members, [all reports x my members].
/// Collective. Throws Error if there is not one prediction for each report.
DealtReports deal_reports(const Communicator& comm, EnsembleView my_predicted, Index members,
                          const Measurement& measurement);

/// Only these of the reports: their places in the part, ascending.
DealtReports some_of(const DealtReports& mine, const std::vector<Index>& chosen);

/// The reports that points of a rank listen to, of those that were dealt, in the order of their numbers. points: what
/// every rank has of the grid, in C order, as many shares as ranks. A report comes if along the first axis it is at most
/// reach from the nearest of the points; with an infinite reach all come. Collective.
/// Throws Error unless positions are given for every report where the reach is finite.
DealtReports reports_near(const Communicator& comm, const DealtReports& mine, const Grid& grid,
                          std::span<const Share> points, double reach);

/// innovation_statistics() of reports that were dealt, the same bits on any number of ranks; mean is empty. Collective.
InnovationStatistics innovation_statistics(const Communicator& comm, const DealtReports& mine);

/// Adds to the running sums, in one group, what the reports say before and after an analysis: [report x member]. The
/// same bits on any number of ranks. Collective.
void add_departures(const Communicator& comm, const DealtReports& mine, EnsembleView analysed,
                    DesroziersDiagnostics& desroziers, Reliability& reliability);

}  // namespace semiflow
