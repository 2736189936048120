#pragma once
#include <filesystem>
#include <semiflow/core/grid.hpp>
#include <semiflow/core/trajectories.hpp>
#include <string>
#include <vector>

namespace semiflow {

/// Trajectories in files, and the time from one frame to the next, which is the same in all.
struct TrajectoryFiles {
  Trajectories trajectories;
  double interval = 0;
};

/// One trajectory a file: of a result of `semiflow run`, or of any HDF5 or netCDF-4 file laid out like one, the variables
/// [time, grid...] of the fields in their order, e.g. "/truth/u". The frames stay on the disk. Of those that are read,
/// the first held_frames stay in memory as well: a training draws its frames anew in every epoch, and then no choice of
/// frames is met more often than another.
///
/// Throws Error(Fault::input), with the name of the file, for one that is missing, damaged, or of a run that has not
/// finished; that has another grid or no such variable, fewer than two frames, times at unequal intervals, or at another
/// interval than the files before it. Reading throws it for a value that is not finite, with the frame. Every rank reads
/// for itself.
TrajectoryFiles read_trajectories(const std::vector<std::filesystem::path>& files,
                                  const std::vector<std::string>& variables, const Grid& grid, Index held_frames);

}  // namespace semiflow
