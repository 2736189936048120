#include "reproduce.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iomanip>
#include <map>
#include <nlohmann/json.hpp>
#include <ostream>
#include <semiflow/core/collective_error.hpp>
#include <semiflow/core/configuration.hpp>
#include <semiflow/core/error.hpp>

namespace semiflow {

namespace {

// One reference value: a quantity of the result file, from one run or from one run a seed.
struct Row {
  std::string name, source, quantity, attribute;
  Index element = 0;  // of a variable, row by row; negative: from the end
  bool mean = false;  // of the elements from that one to the last
  std::vector<std::string> set;
  std::vector<Index> seeds;
  Index lost_at_most = 0;                                                        // runs that may fail
  std::optional<double> value, relative, absolute, at_most, at_least;            // of the median
  std::optional<double> each_at_most, each_at_least;                             // of every sample
  std::optional<double> mean_at_most, mean_at_least, std_at_most, std_at_least;  // of all samples
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
  row.mean = table.has("mean_from");
  row.element = row.mean ? table.integer("mean_from") : table.integer("element", 0);
  if (row.mean && (table.has("element") || !row.attribute.empty()))
    throw table.error("mean_from", "a mean is one of elements of a variable", "give mean_from or element");
  row.set = table.texts("set", {});
  row.seeds = table.integers("seeds", {});
  if (table.has("value")) row.value = table.number("value");
  if (table.has("relative")) row.relative = table.number("relative", positive);
  if (table.has("absolute")) row.absolute = table.number("absolute", non_negative);
  if (table.has("at_most")) row.at_most = table.number("at_most");
  if (table.has("at_least")) row.at_least = table.number("at_least");
  if (table.has("each_at_most")) row.each_at_most = table.number("each_at_most");
  if (table.has("each_at_least")) row.each_at_least = table.number("each_at_least");
  row.lost_at_most = table.integer("lost_at_most", 0, Range{.at_least = 0});
  if (table.has("mean_at_most")) row.mean_at_most = table.number("mean_at_most");
  if (table.has("mean_at_least")) row.mean_at_least = table.number("mean_at_least");
  if (table.has("std_at_most")) row.std_at_most = table.number("std_at_most", positive);
  if (table.has("std_at_least")) row.std_at_least = table.number("std_at_least", non_negative);
  if ((row.std_at_most || row.std_at_least) && row.seeds.size() < 2)
    throw table.error(row.std_at_most ? "std_at_most" : "std_at_least",
                      "the standard deviation of the samples needs two of them", "give several seeds");
  if (row.value.has_value() != (row.relative || row.absolute) ||
      !(row.value || row.at_most || row.at_least || row.each_at_most || row.each_at_least || row.mean_at_most ||
        row.mean_at_least || row.std_at_most || row.std_at_least))
    throw table.error("name", "a row needs a value with 'relative' or 'absolute', or a bound",
                      "the bounds are at_most, at_least, each_at_..., mean_at_... and std_at_...");
  table.finish();
  return row;
}

double quantity(ResultFile& file, const Row& row) {
  if (!row.attribute.empty()) return file.double_attribute(row.quantity, row.attribute);
  const Eigen::MatrixXd values = file.read_all(row.quantity);
  const Index i = row.element < 0 ? values.size() + row.element : row.element;
  if (i < 0 || i >= values.size())
    throw Error(Fault::input, row.name, "'" + row.quantity + "' has no element " + std::to_string(row.element));
  return row.mean ? values.reshaped().tail(values.size() - i).mean() : values.data()[i];
}

// NaN if more samples are lost than may be. A run that diverged is no sample to be left out: it is larger than all others.
struct Statistics {
  double least = std::nan(""), median = std::nan(""), most = std::nan(""), mean = std::nan(""), std = std::nan("");
};

Statistics statistics(std::vector<double> samples, Index lost_at_most) {
  const auto lost = [](double sample) { return !std::isfinite(sample); };
  if (std::ranges::count_if(samples, lost) > lost_at_most) return {};
  std::ranges::replace_if(samples, lost, std::numeric_limits<double>::infinity());
  std::ranges::sort(samples);
  const std::size_t n = samples.size();
  const Eigen::Map<const Eigen::ArrayXd> all(samples.data(), static_cast<Index>(n));
  return {.least = samples.front(),
          .median = n % 2 == 1 ? samples[n / 2] : (samples[n / 2 - 1] + samples[n / 2]) / 2,
          .most = samples.back(),
          .mean = all.mean(),
          .std = n > 1 ? std::sqrt((all - all.mean()).square().sum() / static_cast<double>(n - 1)) : std::nan("")};
}

bool holds(const Row& row, const Statistics& ours) {
  const double value = ours.median;
  if (!std::isfinite(value)) return false;
  if (row.value && row.relative && std::abs(value - *row.value) > *row.relative * std::abs(*row.value)) return false;
  if (row.value && row.absolute && std::abs(value - *row.value) > *row.absolute) return false;
  const auto within = [](double number, const std::optional<double>& low, const std::optional<double>& high) {
    return !(low && number < *low) && !(high && number > *high);
  };
  return within(value, row.at_least, row.at_most) && within(ours.least, row.each_at_least, {}) &&
         within(ours.most, {}, row.each_at_most) && within(ours.mean, row.mean_at_least, row.mean_at_most) &&
         within(ours.std, row.std_at_least, row.std_at_most);
}

// So many that a difference of the size of the tolerance shows.
int digits(const Row& row) {
  if (!row.value || *row.value == 0) return 5;
  const double tolerance = row.relative ? *row.relative : *row.absolute / std::abs(*row.value);
  return tolerance > 0 ? std::clamp(2 - static_cast<int>(std::floor(std::log10(tolerance))), 5, 15) : 15;
}

std::string shown(double value, int digits) {
  std::ostringstream text;
  text << std::setprecision(digits) << value;
  return text.str();
}

std::string expected_text(const Row& row) {
  std::ostringstream text;
  text << std::setprecision(5);
  if (row.value) text << shown(*row.value, digits(row));
  if (row.relative) text << " +- " << 100 * *row.relative << " %";
  if (row.absolute) text << " +- " << *row.absolute;
  const auto bound = [&text](const char* words, const std::optional<double>& limit) {
    if (limit) text << (text.tellp() > 0 ? ", " : "") << words << *limit;
  };
  bound("<= ", row.at_most);
  bound(">= ", row.at_least);
  bound("each <= ", row.each_at_most);
  bound("each >= ", row.each_at_least);
  if (row.lost_at_most > 0) text << ", lost <= " << row.lost_at_most;
  bound("mean <= ", row.mean_at_most);
  bound("mean >= ", row.mean_at_least);
  bound("std <= ", row.std_at_most);
  bound("std >= ", row.std_at_least);
  return text.str();
}

// The result that the runs write in turn: in the current directory, where a user's other results go too, because the
// system's own place for such files may be small. It goes whatever happens.
class ScratchResult {
 public:
  explicit ScratchResult(const Communicator& comm) : mine_(comm.rank() == 0) {
    // One name on all ranks, another for every process.
    Ensemble id = Ensemble::Constant(1, 1, static_cast<double>(::getpid()));
    comm.broadcast(id, 0);
    path = "semiflow-reproduce-" + std::to_string(static_cast<long>(id(0))) + ".h5";
  }
  ScratchResult(const ScratchResult&) = delete;
  ScratchResult& operator=(const ScratchResult&) = delete;
  ~ScratchResult() {
    std::error_code ignored;
    for (const char* ending : {"", ".partial", ".checkpoint"})
      if (mine_) std::filesystem::remove(path.string() + ending, ignored);
  }

  std::filesystem::path path;

 private:
  bool mine_;
};

// Every distinct set of overrides is one run, and some rows look at it.
struct Run {
  std::vector<std::string> set;
  std::vector<std::size_t> rows;
};

std::vector<Run> runs_of(const std::vector<Row>& rows) {
  std::map<std::vector<std::string>, std::vector<std::size_t>> users;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    if (rows[r].seeds.empty()) users[rows[r].set].push_back(r);
    for (const Index seed : rows[r].seeds) {
      std::vector<std::string> set = rows[r].set;
      set.push_back("experiment.seed=" + std::to_string(seed));
      users[set].push_back(r);
    }
  }
  std::vector<Run> runs;
  for (const auto& [set, looked_at] : users) runs.push_back({set, looked_at});
  return runs;
}

Index sample_count(const std::vector<Run>& runs) {
  Index count = 0;
  for (const Run& run : runs) count += static_cast<Index>(run.rows.size());
  return count;
}

// What the rows of a run ask for. A run that fails, e.g. a filter that loses the truth, is a result too: NaN, and a line
// on standard error.
Eigen::VectorXd results_of(const Experiment& experiment, const Run& run, const std::vector<Row>& rows,
                           const Communicator& workers, const std::filesystem::path& scratch) {
  Eigen::VectorXd results(static_cast<Index>(run.rows.size()));
  try {
    run_experiment(experiment, workers, {.output = scratch, .quiet = true}, [](auto&&...) {});
  } catch (const Error& failure) {
    if (failure.fault() != Fault::run) throw;
    if (workers.rank() == 0)
      std::fprintf(stderr, "semiflow: %s, seed %lld: %s\n", rows[run.rows.front()].name.c_str(),
                   static_cast<long long>(experiment.seed), failure.what());
    return results.setConstant(std::nan(""));
  }
  ResultFile file = ResultFile::open(scratch, workers);
  for (std::size_t i = 0; i < run.rows.size(); ++i) results(static_cast<Index>(i)) = quantity(file, rows[run.rows[i]]);
  return results;
}

}  // namespace

bool reproduce(const std::filesystem::path& directory, const Communicator& comm, const ReproduceOptions& options,
               const ProgressCallback& progress, std::ostream& out) {
  const Configuration expected = load_configuration(directory / "expected.toml", {}, comm);
  std::vector<Row> rows;
  for (const Table& table : expected.root.tables("row")) rows.push_back(read_row(table));
  expected.root.finish();
  if (rows.empty()) throw Error(Fault::input, (directory / "expected.toml").string(), "has no [[row]]");

  const std::vector<Run> runs = runs_of(rows);
  const auto read = [&](const Run& run, const Communicator& who) {
    return read_experiment(load_configuration(directory / "experiment.toml", run.set, who));
  };
  for (const Run& run : runs) read(run, comm);

  // Ranks share the runs, each of which has the same bits on one rank as on all; a few runs are shared by all ranks.
  const bool dealt = std::ssize(runs) >= comm.size();
  const Communicator self = Communicator::self();
  const Communicator& workers = dealt ? self : comm;
  const Index first = dealt ? comm.rank() : 0, step = dealt ? comm.size() : 1;
  Eigen::VectorXd samples = Eigen::VectorXd::Zero(sample_count(runs));
  const auto run_mine = [&] {
    const ScratchResult scratch(workers);
    Index next = 0;
    for (Index i = 0; i < std::ssize(runs); ++i) {
      const Run& run = runs[static_cast<std::size_t>(i)];
      const auto users = static_cast<Index>(run.rows.size());
      if (i % step == first) {
        samples.segment(next, users) = results_of(read(run, workers), run, rows, workers, scratch.path);
        progress("reproduce", std::min(i + step, std::ssize(runs)), std::ssize(runs));
      }
      next += users;
    }
  };
  if (dealt) {
    run_together(comm, run_mine);
  } else {
    run_mine();
  }
  if (!dealt && comm.rank() != 0) samples.setZero();
  samples = comm.sum_in_order(samples);
  std::vector<std::vector<double>> ours(rows.size());
  Index next = 0;
  for (const Run& run : runs)
    for (const std::size_t r : run.rows) ours[r].push_back(samples(next++));

  std::size_t width = 9;
  for (const Row& row : rows) width = std::max(width, row.name.size());
  const auto line = [&](const std::string& name, const std::array<std::string, 5>& cells, const std::string& source) {
    constexpr std::array<int, 5> widths{20, 12, 12, 30, 9};
    out << std::left << std::setw(static_cast<int>(width) + 2) << name;
    for (std::size_t i = 0; i < cells.size(); ++i) out << std::setw(widths[i]) << cells[i];
    out << source << "\n";
  };
  line("quantity", {"median", "min", "max", "expected", "verdict"}, "source");
  nlohmann::json table = nlohmann::json::array();
  std::size_t held = 0;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const Statistics value = statistics(ours[r], rows[r].lost_at_most);
    const bool good = holds(rows[r], value);
    held += good ? 1 : 0;
    // One run has no scatter to show.
    const bool several = ours[r].size() > 1;
    line(rows[r].name,
         {shown(value.median, digits(rows[r])), several ? shown(value.least, digits(rows[r])) : "",
          several ? shown(value.most, digits(rows[r])) : "", expected_text(rows[r]), good ? "holds" : "FAILS"},
         rows[r].source);
    table.push_back({{"name", rows[r].name},
                     {"ours", value.median},
                     {"min", value.least},
                     {"max", value.most},
                     {"mean", value.mean},
                     {"std", value.std},
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
