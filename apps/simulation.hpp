#pragma once
#include <optional>
#include <semiflow/core/grid.hpp>
#include <semiflow/core/result_file.hpp>
#include <string>
#include <vector>

namespace semiflow {

/// The record of the truth in a result file: what its pictures are drawn from.
struct Simulation {
  Grid grid;
  std::vector<std::string> fields;  ///< names of the fields, of which /truth holds [time, (z, y,) x]
  Eigen::VectorXd times;            ///< of the frames that are there; a stopped run leaves the first ones
  double resolved_wavenumber = 0;   ///< the largest that dealiasing leaves; NaN if the file does not say

  Index frames() const { return times.size(); }
  /// The path of a series of a field, e.g. of "rms": "/truth/rms", with several fields "/truth/rms_q1".
  std::string series(const std::string& name, const std::string& field) const;
  /// At most so many numbers of frames, evenly spaced, the first and the last among them.
  std::vector<Index> chosen(Index count) const;
};

/// Nothing if the file has no record of a truth or no frame of it is finished.
std::optional<Simulation> find_simulation(ResultFile& file);

/// One frame of a field: [points].
Eigen::VectorXd field_at(ResultFile& file, const std::string& field, Index frame);

}  // namespace semiflow
