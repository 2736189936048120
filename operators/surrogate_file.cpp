// Weights of a Surrogate as an HDF5 file: a variable for each name, and the options as attributes.
#include <semiflow/core/collective_error.hpp>
#include <semiflow/core/error.hpp>
#include <semiflow/core/result_file.hpp>
#include <semiflow/operators/surrogate.hpp>
#include <set>
#include <sstream>

#include "private/surrogate_state.hpp"

namespace semiflow {

namespace {

const char* const group = "/weights";

std::string in_words(double value) {
  std::ostringstream text;
  text.precision(17);
  text << value;
  return text.str();
}

// What must agree for weights to mean the same, by name. All are texts, so that a difference can be shown as it is.
std::vector<std::pair<std::string, std::string>> architecture(const SurrogateOptions& o, const Semilinear& equation,
                                                              double solver_dt) {
  std::string modes;
  for (const Index m : o.modes) modes += (modes.empty() ? "" : " ") + std::to_string(m);
  const auto flag = [](bool value) { return value ? "true" : "false"; };
  std::vector<std::pair<std::string, std::string>> all{
      {"kind", std::string(surrogate_kinds[static_cast<std::size_t>(o.kind)])},
      {"modes", modes},
      {"width", std::to_string(o.width)},
      {"layers", std::to_string(o.layers)},
      {"head", std::to_string(o.head)},
      {"position", flag(o.position)},
      {"order", std::to_string(o.order)},
      {"substeps", std::to_string(o.substeps)},
      {"conservative", flag(o.conservative)},
      {"learned_symbol", flag(o.learned_symbol)},
      {"time_step", in_words(o.time_step)},
      {"any_time_step", flag(o.any_time_step)},
      {"fields", std::to_string(equation.fields)}};
  std::string lengths, points;
  for (Index d = 0; d < equation.grid.dimensions(); ++d) {
    lengths += (d > 0 ? " " : "") + in_words(equation.grid.axis(d).length);
    points += (d > 0 ? " " : "") + std::to_string(equation.grid.axis(d).points);
  }
  all.emplace_back("lengths", lengths);
  // The others are the same operator on any number of points.
  if (o.kind == SurrogateKind::corrected_solver) all.emplace_back("solver_dt", in_words(solver_dt));
  if (belongs_to_grid(o)) all.emplace_back("points", points);
  return all;
}

std::vector<Index> shape_of(const torch::Tensor& tensor) {
  std::vector<Index> shape(tensor.sizes().begin(), tensor.sizes().end());
  if (shape.empty()) shape.push_back(1);
  return shape;
}

std::string in_words(const std::vector<Index>& shape) {
  std::string text;
  for (const Index extent : shape) text += (text.empty() ? "" : " x ") + std::to_string(extent);
  return text;
}

}  // namespace

void Surrogate::save(const std::filesystem::path& path, const Communicator& comm) const {
  const auto all = named_weights(*state_->network);
  ResultFile file = ResultFile::create(path, comm);
  file.set_attribute("/", "title", "weights of a learned operator");
  for (const auto& [name, value] : architecture(state_->options, state_->equation, state_->solver_dt))
    file.set_attribute("/", name, value);
  file.add_group(group, "all parameters and scales by name");
  std::set<Index> extents;
  for (const auto& [name, tensor] : all)
    for (const Index extent : shape_of(tensor)) extents.insert(extent);
  const auto dimension = [](Index extent) { return "size_" + std::to_string(extent); };
  for (const Index extent : extents) file.add_dimension(group, Dimension::numbered(dimension(extent), extent, "index"));
  for (const auto& [name, tensor] : all) {
    std::vector<std::string> dimensions;
    for (const Index extent : shape_of(tensor)) dimensions.push_back(dimension(extent));
    file.add_variable({.path = std::string(group) + "/" + name,
                       .dimensions = dimensions,
                       .units = "1",
                       .long_name = "weight of the operator"});
  }
  file.end_definitions();
  for (const auto& [name, tensor] : all) {
    const torch::Tensor values = tensor.detach().to(torch::kDouble).contiguous();
    const Index frames = shape_of(tensor).front();
    file.write(std::string(group) + "/" + name, 0,
               Eigen::Map<const Eigen::MatrixXd>(values.data_ptr<double>(), values.numel() / frames, frames));
  }
  file.finish();
}

void Surrogate::load(const std::filesystem::path& path, const Communicator& comm) {
  ResultFile file = ResultFile::open(path, comm);
  const auto refuse = [&path](const std::string& what) {
    throw Error(Fault::input, path.string(), "holds the weights of another operator: " + what,
                "give the options that it was trained with");
  };
  for (const auto& [name, ours] : architecture(state_->options, state_->equation, state_->solver_dt)) {
    if (!file.has_attribute("/", name)) {
      if (!file.has(group))
        throw Error(Fault::input, path.string(), "is no file of weights", "take one that was saved");
      refuse(name + " is not given there");
    }
    const std::string theirs = file.text_attribute("/", name);
    if (theirs != ours) refuse(name + " is " + theirs + " there and " + ours + " here");
  }
  // All are read before one is replaced.
  std::vector<torch::Tensor> read;
  const auto all = named_weights(*state_->network);
  for (const auto& [name, tensor] : all) {
    const std::string variable = std::string(group) + "/" + name;
    if (!file.has(variable)) refuse("it has no '" + name + "'");
    if (file.shape(variable) != shape_of(tensor))
      refuse("'" + name + "' is " + in_words(file.shape(variable)) + " there and " + in_words(shape_of(tensor)) +
             " here");
    const Eigen::MatrixXf values = file.read_all(variable).cast<float>();
    read.push_back(torch::from_blob(const_cast<float*>(values.data()), tensor.sizes()).clone());
  }
  const torch::NoGradGuard guard;
  for (std::size_t i = 0; i < all.size(); ++i) torch::Tensor(all[i].second).copy_(read[i]);
}

void Surrogate::save_script(const std::filesystem::path& path, const Communicator& comm) const {
  run_together(comm, [&] {
    const Script script = state_->network->script(state_->options.time_step);
    if (comm.rank() == 0) write_script(path, *state_->network, script);
  });
}

}  // namespace semiflow
