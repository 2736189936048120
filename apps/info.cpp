#include "info.hpp"

#include <cmath>
#include <iomanip>
#include <ostream>
#include <semiflow/core/result_file.hpp>
#include <set>

namespace semiflow {

namespace {

std::string extents(const std::vector<Index>& shape) {
  std::string text = "[";
  for (const Index n : shape) text += (text.size() > 1 ? " x " : "") + std::to_string(n);
  return text + "]";
}

struct Summary {
  Index finite = 0;
  double least = std::nan(""), most = std::nan(""), mean = std::nan("");
};

Summary summarise(const Eigen::MatrixXd& values) {
  Summary summary;
  double sum = 0;
  for (const double value : values.reshaped()) {
    if (!std::isfinite(value)) continue;
    summary.least = summary.finite == 0 ? value : std::min(summary.least, value);
    summary.most = summary.finite == 0 ? value : std::max(summary.most, value);
    sum += value;
    ++summary.finite;
  }
  if (summary.finite > 0) summary.mean = sum / static_cast<double>(summary.finite);
  return summary;
}

void print_variable(ResultFile& file, const std::string& path, std::ostream& out) {
  const std::vector<Index> shape = file.shape(path);
  out << "  " << std::left << std::setw(44) << path << std::setw(18) << extents(shape);
  if (path.ends_with("_name")) {
    for (const std::string& label : file.read_labels(path)) out << label << "  ";
  } else if (shape.empty() || shape[0] > 0) {
    const Summary summary = summarise(file.read_all(path));
    out << std::setprecision(4) << "min " << std::setw(11) << summary.least << " mean " << std::setw(11)
        << summary.mean << " max " << std::setw(11) << summary.most;
  }
  out << "\n";
}

}  // namespace

void print_info(const std::filesystem::path& path, const Communicator& comm, std::ostream& out) {
  ResultFile file = ResultFile::open(path, comm);
  for (const char* name : {"experiment_name", "version", "commit", "libraries", "status"})
    if (file.has_attribute("/", name)) out << std::left << std::setw(16) << name << file.text_attribute("/", name) << "\n";
  for (const char* name : {"seed", "ranks"})
    if (file.has_attribute("/", name)) out << std::setw(16) << name << file.index_attribute("/", name) << "\n";
  if (file.has_attribute("/", "wall_seconds"))
    out << std::setw(16) << "wall_seconds" << file.double_attribute("/", "wall_seconds") << "\n";

  out << "\nvariables\n";
  std::set<std::string> groups;
  for (const std::string& variable : file.variables()) {
    print_variable(file, variable, out);
    groups.insert(variable.substr(0, variable.rfind('/')));
  }
  out << "\nscores\n";
  groups.insert("/climatology");
  for (const std::string& group : groups)
    for (const char* name : {"mean_rmse", "mean_rmse_forecast", "mean_rmse_analysis", "mean_spread_analysis",
                             "mean_crps_analysis", "spread_skill_ratio", "model_error", "improvement"})
      if (!group.empty() && file.has(group) && file.has_attribute(group, name))
        out << "  " << std::left << std::setw(44) << group + " " + name << file.double_attribute(group, name) << "\n";
  if (file.has("/discovery")) out << "  " << file.text_attribute("/discovery", "equation") << "\n";
}

}  // namespace semiflow
