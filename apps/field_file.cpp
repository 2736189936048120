#include "field_file.hpp"

#include <semiflow/core/data_file.hpp>
#include <semiflow/core/error.hpp>
#include <string>

namespace semiflow {

namespace {

std::string shown(const std::vector<Index>& shape) {
  std::string text;
  for (const Index extent : shape) text += (text.empty() ? "" : " x ") + std::to_string(extent);
  return text;
}

std::vector<std::string> names_of(const Table& table, const std::vector<const char*>& fields) {
  if (fields.size() == 1) return {table.text("variable")};
  std::vector<std::string> names = table.texts("variables");
  if (names.size() == fields.size()) return names;
  std::string all;
  for (const char* field : fields) all += (all.empty() ? "" : ", ") + std::string(field);
  throw table.error("variables", "'variables' has " + std::to_string(names.size()) + " names",
                    "name one variable for each of the fields " + all);
}

// One field of the grid's shape, or the frame of a record of such fields.
Eigen::VectorXd read_field(const Table& table, const DataFile& data, const std::string& variable, const Grid& grid) {
  std::vector<Index> wanted;
  for (Index d = 0; d < grid.dimensions(); ++d) wanted.push_back(grid.axis(d).points);
  std::vector<Index> shape = data.shape(variable);
  const bool record = shape.size() == wanted.size() + 1;
  const Index frames = record ? shape.front() : 1;
  if (record) shape.erase(shape.begin());
  if (shape != wanted)
    throw table.error("file", "'" + variable + "' has the shape " + shown(data.shape(variable)),
                      "the grid of the model is " + shown(wanted));
  if (!record) return data.read(variable).frames.reshaped();
  const Index frame = table.integer(
      "frame", 0, Range{.at_least = -static_cast<double>(frames), .at_most = static_cast<double>(frames - 1)});
  return data.read(variable, {.frame = frame < 0 ? frame + frames : frame}).frames;
}

}  // namespace

std::filesystem::path field_file(const Table& table, const std::filesystem::path& beside) {
  std::filesystem::path file = table.text("file");
  return file.is_relative() ? beside / file : file;
}

Eigen::VectorXd read_field_file(const Table& table, const std::filesystem::path& beside, const Grid& grid,
                                const std::vector<const char*>& fields) {
  const DataFile data(field_file(table, beside));
  Eigen::VectorXd state(grid.points() * std::ssize(fields));
  Index field = 0;
  for (const std::string& name : names_of(table, fields))
    state.segment(grid.points() * field++, grid.points()) = read_field(table, data, name, grid);
  return state;
}

}  // namespace semiflow
