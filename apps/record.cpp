// How states lie in the result file.
#include "record.hpp"

namespace semiflow {

std::vector<std::string> state_variables(const Experiment& e, const std::string& name) {
  const std::vector<const char*>& fields = e.model.equation->fields;
  if (fields.size() == 1) return {name};
  std::vector<std::string> names;
  for (const char* field : fields) names.push_back(name + "_" + field);
  return names;
}

void define_states(ResultFile& file, const Experiment& e, const std::string& group, const std::string& name,
                   const std::vector<std::string>& dimensions, const std::string& long_name) {
  std::vector<std::string> all = dimensions;
  const char* const axes[] = {"x", "y", "z"};
  for (Index d = e.model.grid.dimensions(); d-- > 0;) all.emplace_back(axes[d]);
  for (const std::string& variable : state_variables(e, name))
    file.add_variable({.path = group + "/" + variable,
                       .dimensions = all,
                       .units = "1",
                       .long_name = long_name,
                       .compression = e.compression});
}

void write_states(ResultFile& file, const Experiment& e, const std::string& group, const std::string& name, Index first,
                  const Eigen::MatrixXd& states) {
  Index row = 0;
  for (const std::string& variable : state_variables(e, name)) {
    file.write(group + "/" + variable, first, states.middleRows(row, e.model.grid.points()));
    row += e.model.grid.points();
  }
}

Eigen::MatrixXd read_states(ResultFile& file, const Experiment& e, const std::string& group, const std::string& name,
                            Index first, Index frames) {
  Eigen::MatrixXd states(e.model.state_size(), frames);
  Index row = 0;
  for (const std::string& variable : state_variables(e, name)) {
    states.middleRows(row, e.model.grid.points()) = file.read(group + "/" + variable, first, frames);
    row += e.model.grid.points();
  }
  return states;
}

void write_members(ResultFile& file, const Experiment& e, const std::string& group, const std::string& name,
                   Index frame, const Ensemble& my_members) {
  Index row = 0;
  for (const std::string& variable : state_variables(e, name)) {
    file.write_members(group + "/" + variable, frame, my_members.middleRows(row, e.model.grid.points()),
                       e.assimilation->members);
    row += e.model.grid.points();
  }
}

Eigen::MatrixXd read_truth(RunContext& run, Index first, Index frames) {
  const Experiment& e = run.experiment;
  const Index points = e.model.grid.points();
  Eigen::MatrixXd states(e.model.state_size(), frames);
  Index row = 0;
  for (const char* field : e.model.equation->fields) {
    states.middleRows(row, points) = run.file.read(std::string("/truth/") + field, first, frames);
    row += points;
  }
  return states;
}

}  // namespace semiflow
