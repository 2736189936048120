#pragma once
#include <filesystem>
#include <semiflow/core/configuration.hpp>
#include <semiflow/core/grid.hpp>
#include <vector>

namespace semiflow {

/// Reads the fields of a state from a user's HDF5 or netCDF-4 file. Keys of the table:
///   file                    relative to the folder beside
///   variable                of an equation with one field; variables = ["q1", "q2"] of one with more
///   frame = 0               of a variable that has a first dimension more than the grid; negative: from the end
/// A variable has the shape of the grid, slowest axis first. Returns [fields * points], finite.
/// Throws Error(Fault::input) with the place of the key. Every rank reads for itself.
Eigen::VectorXd read_field_file(const Table& table, const std::filesystem::path& beside, const Grid& grid,
                                const std::vector<const char*>& fields);

/// The file that the table names.
std::filesystem::path field_file(const Table& table, const std::filesystem::path& beside);

}  // namespace semiflow
