#include "reproduce.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iomanip>
#include <map>
#include <nlohmann/json.hpp>
#include <ostream>
#include <semiflow/core/configuration.hpp>
#include <semiflow/core/error.hpp>

namespace semiflow {

namespace {

// One reference value: a quantity of the result file, from one run or as the median over seeds.
struct Row {
  std::string name, source, quantity, attribute;
  Index element = 0;  // of a variable, row by row; negative: from the end
  std::vector<std::string> set;
  std::vector<Index> seeds;
  std::optional<double> value, relative, absolute, at_most, at_least;
};

Row read_row(const Table& table) {
  Row row;
  row.name = table.text("name");
  row.source = table.text("source", "");
  row.quantity = table.text("quantity");
  if (const auto at = row.quantity.find('@'); at != std::string::npos) {
    row.attribute = row.quantity.substr(at + 1);
    row.quantity.resize(at);
  }
  row.element = table.integer("element", 0);
  row.set = table.texts("set", {});
  row.seeds = table.integers("seeds", {});
  if (table.has("value")) row.value = table.number("value");
  if (table.has("relative")) row.relative = table.number("relative", positive);
  if (table.has("absolute")) row.absolute = table.number("absolute", non_negative);
  if (table.has("at_most")) row.at_most = table.number("at_most");
  if (table.has("at_least")) row.at_least = table.number("at_least");
  if (row.value.has_value() != (row.relative || row.absolute) || (!row.value && !row.at_most && !row.at_least))
    throw table.error("name", "a row needs a value with 'relative' or 'absolute', or 'at_most', or 'at_least'");
  table.finish();
  return row;
}

double quantity(ResultFile& file, const Row& row) {
  if (!row.attribute.empty()) return file.double_attribute(row.quantity, row.attribute);
  const Eigen::MatrixXd values = file.read_all(row.quantity);
  const Index i = row.element < 0 ? values.size() + row.element : row.element;
  if (i < 0 || i >= values.size())
    throw Error(Fault::input, row.name, "'" + row.quantity + "' has no element " + std::to_string(row.element));
  return values.data()[i];
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  const std::size_t n = values.size();
  return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

bool holds(const Row& row, double ours) {
  if (!std::isfinite(ours)) return false;
  if (row.value && row.relative && std::abs(ours - *row.value) > *row.relative * std::abs(*row.value)) return false;
  if (row.value && row.absolute && std::abs(ours - *row.value) > *row.absolute) return false;
  return !(row.at_most && ours > *row.at_most) && !(row.at_least && ours < *row.at_least);
}

std::string expected_text(const Row& row) {
  std::ostringstream text;
  text << std::setprecision(5);
  if (row.value) text << *row.value;
  if (row.relative) text << " +- " << 100 * *row.relative << " %";
  if (row.absolute) text << " +- " << *row.absolute;
  if (row.at_most) text << (row.value ? ", " : "") << "<= " << *row.at_most;
  if (row.at_least) text << (row.value || row.at_most ? ", " : "") << ">= " << *row.at_least;
  return text.str();
}

}  // namespace

bool reproduce(const std::filesystem::path& directory, const Communicator& comm, const ReproduceOptions& options,
               const ProgressCallback& progress, std::ostream& out) {
  const Configuration expected = load_configuration(directory / "expected.toml", {}, comm);
  std::vector<Row> rows;
  for (const Table& table : expected.root.tables("row")) rows.push_back(read_row(table));
  expected.root.finish();
  if (rows.empty()) throw Error(Fault::input, (directory / "expected.toml").string(), "has no [[row]]");

  // Every distinct set of overrides is one run, checked before the first is started.
  std::map<std::vector<std::string>, std::vector<std::pair<std::size_t, double>>> runs;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    if (rows[r].seeds.empty()) runs[rows[r].set].emplace_back(r, 0);
    for (const Index seed : rows[r].seeds) {
      std::vector<std::string> set = rows[r].set;
      set.push_back("experiment.seed=" + std::to_string(seed));
      runs[set].emplace_back(r, 0);
    }
  }
  const auto experiment_of = [&](const std::vector<std::string>& set) {
    return read_experiment(load_configuration(directory / "experiment.toml", set, comm));
  };
  for (const auto& [set, users] : runs) experiment_of(set);

  // One name on all ranks, another for every process.
  Ensemble id = Ensemble::Constant(1, 1, static_cast<double>(::getpid()));
  comm.broadcast(id, 0);
  const std::filesystem::path scratch = std::filesystem::temp_directory_path() /
                                        ("semiflow-reproduce-" + std::to_string(static_cast<long>(id(0))) + ".h5");
  std::vector<std::vector<double>> ours(rows.size());
  Index done = 0;
  for (auto& [set, users] : runs) {
    run_experiment(experiment_of(set), comm, {.output = scratch, .overwrite = true}, [](auto&&...) {});
    {
      ResultFile file = ResultFile::open(scratch, comm);
      for (const auto& [r, unused] : users) ours[r].push_back(quantity(file, rows[r]));
    }
    progress("reproduce", ++done, static_cast<Index>(runs.size()));
  }
  if (comm.rank() == 0) {
    std::error_code ignored;
    std::filesystem::remove(scratch, ignored);
  }

  std::size_t width = 9;
  for (const Row& row : rows) width = std::max(width, row.name.size());
  out << std::left << std::setw(static_cast<int>(width) + 2) << "quantity" << std::setw(14) << "ours" << std::setw(26)
      << "expected" << std::setw(9) << "verdict"
      << "source\n";
  nlohmann::json table = nlohmann::json::array();
  std::size_t held = 0;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const double value = median(ours[r]);
    const bool good = holds(rows[r], value);
    held += good ? 1 : 0;
    std::ostringstream number;
    number << std::setprecision(5) << value;
    out << std::left << std::setw(static_cast<int>(width) + 2) << rows[r].name << std::setw(14) << number.str()
        << std::setw(26) << expected_text(rows[r]) << std::setw(9) << (good ? "holds" : "FAILS") << rows[r].source
        << "\n";
    table.push_back({{"name", rows[r].name},
                     {"ours", value},
                     {"samples", ours[r]},
                     {"expected", expected_text(rows[r])},
                     {"holds", good},
                     {"source", rows[r].source}});
  }
  out << held << " of " << rows.size() << " hold\n";
  if (!options.json.empty() && comm.rank() == 0) {
    std::ofstream file(options.json);
    file << table.dump(2) << "\n";
    if (!file) throw Error(Fault::run, options.json.string(), "cannot be written");
  }
  return held == rows.size();
}

}  // namespace semiflow
