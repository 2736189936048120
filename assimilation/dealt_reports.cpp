#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <numeric>
#include <semiflow/assimilation/dealt_reports.hpp>
#include <semiflow/assimilation/ensemble_update.hpp>
#include <semiflow/core/collective_error.hpp>

namespace semiflow {

namespace {

// The sum of add(first, count, part) over blocks of reports whose numbers share the block: [values].
template <class Add>
Eigen::VectorXd sum_over_report_blocks(const Communicator& comm, const DealtReports& mine, Index values, Add add) {
  std::vector<Share> blocks;
  for (Index j = 0; j < mine.reports(); ++j) {
    const auto block = [&](Index report) { return mine.number[static_cast<std::size_t>(report)] / row_block; };
    if (blocks.empty() || block(j) != block(j - 1)) blocks.push_back({j, 0});
    ++blocks.back().size;
  }
  Eigen::MatrixXd parts = Eigen::MatrixXd::Zero(values, std::ssize(blocks));
  run_together(comm, [&] {
    for (Index b = 0; b < parts.cols(); ++b) add(blocks[static_cast<std::size_t>(b)], parts.col(b));
  });
  return comm.sum_in_order(parts);
}

DealtReports stretch(const DealtReports& mine, Share share) {
  std::vector<Index> chosen(static_cast<std::size_t>(share.size));
  std::iota(chosen.begin(), chosen.end(), share.begin);
  return some_of(mine, chosen);
}

// How far a coordinate is from the nearest of some points of an axis, first to last, the shortest way around.
double distance_from(const Axis& axis, Share points, double x) {
  const double spacing = axis.length / static_cast<double>(axis.points);
  const double begin = spacing * static_cast<double>(points.begin),
               size = spacing * static_cast<double>(points.size - 1);
  double beyond = std::fmod(x - begin, axis.length);
  if (beyond < 0) beyond += axis.length;
  return beyond <= size ? 0 : std::min(beyond - size, axis.length - beyond);
}

}  // namespace

DealtReports deal_reports(const Communicator& comm, EnsembleView my_predicted, Index members,
                          const Measurement& measurement) {
  const Index reports = measurement.values.size();
  require(my_predicted.rows() == reports, "there must be one prediction for each report");
  const Share share = comm.row_share(reports);
  DealtReports mine{.number = std::vector<Index>(static_cast<std::size_t>(share.size)),
                    .measurement = measurement,
                    .predicted = comm.members_to_rows(my_predicted, members)};
  std::iota(mine.number.begin(), mine.number.end(), share.begin);
  mine.measurement.values = measurement.values.segment(share.begin, share.size).eval();
  mine.measurement.error_variance = measurement.error_variance.segment(share.begin, share.size).eval();
  if (measurement.positions.size() > 0)
    mine.measurement.positions = measurement.positions.middleCols(share.begin, share.size).eval();
  return mine;
}

DealtReports some_of(const DealtReports& mine, const std::vector<Index>& chosen) {
  DealtReports some{.measurement = mine.measurement, .predicted = mine.predicted(chosen, Eigen::all)};
  for (const Index j : chosen) some.number.push_back(mine.number[static_cast<std::size_t>(j)]);
  some.measurement.values = mine.measurement.values(chosen);
  some.measurement.error_variance = mine.measurement.error_variance(chosen);
  if (mine.measurement.positions.size() > 0)
    some.measurement.positions = mine.measurement.positions(Eigen::all, chosen);
  return some;
}

DealtReports reports_near(const Communicator& comm, const DealtReports& mine, const Grid& grid,
                          std::span<const Share> points, double reach) {
  const Measurement& m = mine.measurement;
  const Index reports = mine.reports(), members = mine.predicted.cols(), axes = m.positions.rows();
  const bool all = std::isinf(reach);
  require(all || (axes == grid.dimensions() && m.positions.cols() == reports),
          "localisation needs the position of every sensor in the measurement");
  require(all || std::ssize(points) == comm.size(), "every rank must have a share of the points, if only an empty one");
  if (comm.size() == 1) return mine;

  std::vector<std::vector<Index>> to(static_cast<std::size_t>(comm.size()));
  const Axis& first = grid.axis(0);
  const Index line = grid.points() / first.points;
  for (std::size_t r = 0; r < to.size(); ++r) {
    if (all) {
      to[r].resize(static_cast<std::size_t>(reports));
      std::iota(to[r].begin(), to[r].end(), Index{0});
      continue;
    }
    if (points[r].size == 0) continue;
    const Index begin = points[r].begin / line, end = (points[r].end() - 1) / line + 1;
    // A hair more, where rounding could have left one out.
    const double slack = 1e-9 * first.length;
    for (Index j = 0; j < reports; ++j)
      if (distance_from(first, {begin, end - begin}, m.positions(0, j)) <= reach + slack) to[r].push_back(j);
  }

  // A report travels as a column: its number, what it says, where it is, and what the members predict.
  Eigen::MatrixXd packed(3 + axes + members, reports);
  for (Index j = 0; j < reports; ++j) packed(0, j) = static_cast<double>(mine.number[static_cast<std::size_t>(j)]);
  packed.row(1) = m.values.transpose();
  packed.row(2) = m.error_variance.transpose();
  if (axes > 0) packed.middleRows(3, axes) = m.positions;
  packed.bottomRows(members) = mine.predicted.transpose();
  const Eigen::MatrixXd received = comm.send_columns(packed, to);
  DealtReports near{.measurement = m, .predicted = received.bottomRows(members).transpose()};
  for (const double number : received.row(0)) near.number.push_back(static_cast<Index>(number));
  near.measurement.values = received.row(1).transpose();
  near.measurement.error_variance = received.row(2).transpose();
  near.measurement.positions = received.middleRows(3, axes);
  return near;
}

InnovationStatistics innovation_statistics(const Communicator& comm, const DealtReports& mine) {
  const Index members = mine.predicted.cols();
  // Of every block: the number of reports, S'S and S'd.
  const Eigen::VectorXd sums = sum_over_report_blocks(
      comm, mine, 1 + members * (members + 1), [&](Share block, Eigen::Ref<Eigen::VectorXd> part) {
        const DealtReports some = stretch(mine, block);
        const EnsembleInformation information = ensemble_information(some.predicted, some.measurement);
        part << static_cast<double>(block.size), information.gram.reshaped(), information.projection;
      });
  const Eigen::MatrixXd gram = sums.segment(1, members * members).reshaped(members, members);
  const Eigen::LLT<Eigen::MatrixXd> cholesky(gram + Eigen::MatrixXd::Identity(members, members));
  const Eigen::VectorXd w = cholesky.solve(sums.tail(members));
  const Eigen::VectorXd squares =
      sum_over_report_blocks(comm, mine, 1, [&](Share block, Eigen::Ref<Eigen::VectorXd> part) {
        const DealtReports some = stretch(mine, block);
        part(0) = unexplained_innovation(some.predicted, some.measurement, w).squaredNorm();
      });
  return {.mean = {},
          .chi_squared = (squares(0) + w.squaredNorm()) / sums(0),
          .signal_degrees_of_freedom = cholesky.solve(gram).trace()};
}

void add_departures(const Communicator& comm, const DealtReports& mine, EnsembleView analysed,
                    DesroziersDiagnostics& desroziers, Reliability& reliability) {
  const Index first = desroziers.state().rows(), second = reliability.state().rows();
  const Eigen::VectorXd sums =
      sum_over_report_blocks(comm, mine, first + second, [&](Share block, Eigen::Ref<Eigen::VectorXd> part) {
        const DealtReports some = stretch(mine, block);
        DesroziersDiagnostics d;
        d.add(some.predicted, analysed.middleRows(block.begin, block.size), some.measurement);
        Reliability r;
        r.add(some.predicted, some.measurement);
        part << d.state(), r.state();
      });
  desroziers = DesroziersDiagnostics(Eigen::MatrixXd(desroziers.state() + sums.head(first)));
  reliability = Reliability(Eigen::MatrixXd(reliability.state() + sums.tail(second)));
}

}  // namespace semiflow
