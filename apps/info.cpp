#include "info.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <iomanip>
#include <ostream>
#include <semiflow/core/error.hpp>
#include <semiflow/core/result_file.hpp>
#include <sstream>
#include <vector>

#include "run.hpp"

namespace semiflow {

namespace {

struct Summary {
  Index missing = 0;
  double least = std::nan(""), most = std::nan(""), mean = std::nan("");
};

Summary summarise(const Eigen::MatrixXd& values) {
  Summary summary;
  Index finite = 0;
  double sum = 0;
  for (const double value : values.reshaped()) {
    if (!std::isfinite(value)) continue;
    summary.least = finite == 0 ? value : std::min(summary.least, value);
    summary.most = finite == 0 ? value : std::max(summary.most, value);
    sum += value;
    ++finite;
  }
  summary.missing = values.size() - finite;
  if (finite > 0) summary.mean = sum / static_cast<double>(finite);
  return summary;
}

// "(time 1600, x 128)"; the extent alone for a coordinate, which is its own dimension.
std::string extents(ResultFile& file, const std::string& variable) {
  const std::vector<Index> shape = file.shape(variable);
  const std::vector<std::string> names = file.dimensions(variable);
  std::string text;
  for (std::size_t d = 0; d < shape.size(); ++d)
    text += (d == 0 ? "" : ", ") + names[d] + (names[d].empty() ? "" : " ") + std::to_string(shape[d]);
  return "(" + text + ")";
}

std::string text_or_nothing(ResultFile& file, const std::string& object, const char* name) {
  return file.has_attribute(object, name) ? file.text_attribute(object, name) : "";
}

void print_line(const char* name, const auto& value, std::ostream& out) {
  out << std::left << std::setw(17) << name << value << "\n";
}

void print_provenance(ResultFile& file, std::ostream& out) {
  const auto line = [&out](const char* name, const auto& value) { print_line(name, value, out); };
  for (const char* name : {"version", "commit", "libraries"})
    if (file.has_attribute("/", name)) line(name, file.text_attribute("/", name));
  for (const char* name : {"seed", "ranks"})
    if (file.has_attribute("/", name)) line(name, file.index_attribute("/", name));
  if (file.has_attribute("/", "wall_seconds")) line("wall_seconds", file.double_attribute("/", "wall_seconds"));
  if (!file.has_attribute("/", "peak_memory_largest")) return;
  std::ostringstream text;
  const auto mebibytes = [&](const char* name) { return std::round(file.double_attribute("/", name) / 1048576); };
  text << mebibytes("peak_memory_smallest") << " to " << mebibytes("peak_memory_largest") << " MiB a rank";
  line("peak memory", text.str());
}

// A dimension that only counts: which rank, pass, term or system is no quantity.
bool is_label(const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1);
  constexpr std::array<const char*, 5> labels{"rank", "pass", "term", "system", "parameter_number"};
  return std::ranges::find(labels, name) != labels.end();
}

// What the user ran it for: the equation that was found, by how much forecasts improve, the mean scores.
void print_answer(ResultFile& file, const std::vector<std::string>& groups, std::ostream& out) {
  std::vector<std::string> names{"improvement",
                                 "improvement_over_persistence",
                                 "model_error",
                                 "misfit",
                                 "spread_skill_ratio",
                                 "error_std",
                                 "burn_in",
                                 "mean_rmse"};
  for (const ScoreSeries& score : score_series) names.push_back(std::string("mean_") + score.name);
  names.insert(names.end(), departure_attributes.begin(), departure_attributes.end());
  for (const char* name : {"interpolation_error_1", "interpolation_error_2", "interpolation_error_of_change_1",
                           "interpolation_error_of_change_2", "interpolation_seconds"})
    names.push_back(name);
  if (file.has("/discovery")) {
    const std::string found = text_or_nothing(file, "/discovery", "equation");
    if (!found.empty()) out << "\nfound: " << found << "\n";
    const std::string verdict = text_or_nothing(file, "/discovery", "verdict");
    if (!verdict.empty()) out << "verdict: " << verdict << "\n";
  }
  // The forecasts come last in the file and first here.
  std::vector<std::string> ordered(groups.rbegin(), groups.rend());
  for (const std::string& group : ordered) {
    bool first = true;
    for (const std::string& name : names) {
      if (group.empty() || !file.has_attribute(group, name)) continue;
      if (std::isnan(file.double_attribute(group, name))) continue;  // the method does not know it
      if (first) out << "\n" << group << "\n";
      first = false;
      out << "  " << std::left << std::setw(33) << name << "= " << file.double_attribute(group, name);
      const std::string interval = name + "_half_width";
      if (file.has_attribute(group, interval) && file.double_attribute(group, interval) > 0)
        out << " +- " << file.double_attribute(group, interval);
      out << "\n";
    }
  }
}

void print_variable(ResultFile& file, const std::string& path, std::ostream& out) {
  const std::string units = text_or_nothing(file, path, "units");
  std::ostringstream name;
  name << path.substr(path.rfind('/') + 1) << extents(file, path);
  out << "  " << std::left << std::setw(38) << name.str();
  if (path.ends_with("_name")) {
    for (const std::string& label : file.read_labels(path)) out << " \"" << label << "\"";
    out << "\n";
    return;
  }
  const Summary summary = summarise(file.read_all(path));
  out << std::right;
  for (const double value : {summary.least, summary.mean, summary.most}) out << " " << std::setw(11) << value;
  out << "  " << std::left << std::setw(15) << (units == "1" ? "" : units) << text_or_nothing(file, path, "long_name");
  if (summary.missing > 0) out << "; " << summary.missing << " missing";
  out << "\n";
}

// An interrupted run leaves no result, and its data can be looked at all the same.
void refuse_partial(const std::filesystem::path& path, const Communicator& comm) {
  const std::filesystem::path partial = ResultFile::partial(path);
  std::error_code unreadable;
  const bool only_partial =
      comm.rank() == 0 && !std::filesystem::exists(path, unreadable) && std::filesystem::exists(partial, unreadable);
  if (comm.any(only_partial))
    throw Error(
        Fault::input, path.string(), "is not finished; an interrupted run lies in " + partial.string(),
        "go on with it by 'semiflow run --resume', or look into it by 'semiflow info " + partial.string() + "'");
}

}  // namespace

void print_info(const std::filesystem::path& path, const Communicator& comm, std::ostream& out) {
  refuse_partial(path, comm);
  ResultFile file = ResultFile::open(path, comm);
  const auto flags = out.flags();
  const auto precision = out.precision(4);
  for (const char* name : {"title", "status"})
    if (file.has_attribute("/", name)) print_line(name, file.text_attribute("/", name), out);

  // In the order of their creation.
  std::vector<std::string> groups;
  const std::vector<std::string> variables = file.variables();
  const auto group_of = [](const std::string& variable) { return variable.substr(0, variable.rfind('/')); };
  for (const std::string& variable : variables)
    if (std::ranges::find(groups, group_of(variable)) == groups.end()) groups.push_back(group_of(variable));

  // The climatology is a group without variables.
  std::vector<std::string> scored = groups;
  if (file.has("/climatology")) scored.insert(scored.begin(), "/climatology");
  print_answer(file, scored, out);
  out << "\n";
  print_provenance(file, out);

  out << "\n" << std::left << std::setw(40) << "variable (dimensions)" << std::right;
  for (const char* heading : {"min", "mean", "max"}) out << " " << std::setw(11) << heading;
  out << "  " << std::left << std::setw(15) << "units"
      << "what\n";
  for (const std::string& group : groups) {
    out << "\n" << (group.empty() ? "/" : group);
    const std::string meaning = group.empty() ? "" : text_or_nothing(file, group, "long_name");
    out << (meaning.empty() ? "" : "  " + meaning) << "\n";
    for (const std::string& variable : variables)
      if (group_of(variable) == group && !is_label(variable)) print_variable(file, variable, out);
  }
  out.flags(flags);
  out.precision(precision);
}

}  // namespace semiflow
