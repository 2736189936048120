// [observations]
#include <algorithm>
#include <cmath>

#include "experiment.hpp"

namespace semiflow {

namespace {

// A factor of their covariance is made for every event that not all report at.
constexpr Index most_correlated_sensors = 4096;

// Every stride-th point along every axis.
void add_regular(const Table& table, const Grid& grid, ObservationOptions& o) {
  Index most = grid.axis(0).points;
  for (Index d = 1; d < grid.dimensions(); ++d) most = std::min(most, grid.axis(d).points);
  o.stride = table.integer("stride", 1, Range{.at_least = 1, .at_most = static_cast<double>(most)});
  o.rows.assign(1, 0);
  for (Index d = 0; d < grid.dimensions(); ++d) {
    const Index points = grid.axis(d).points;
    if (points % o.stride != 0)
      throw table.error("stride", "'stride' does not divide the " + std::to_string(points) + " grid points",
                        "choose a divisor, so that the sensors are evenly spaced");
    const std::vector<Index> slower = std::exchange(o.rows, {});
    for (const Index row : slower)
      for (Index i = 0; i < points; i += o.stride) o.rows.push_back(row * points + i);
  }
}

void add_listed(const Table& table, Index points, ObservationOptions& o) {
  o.rows = table.integers("sensors");
  std::vector<Index> seen = o.rows;
  std::ranges::sort(seen);
  if (seen.empty() || seen.front() < 0 || seen.back() >= points || std::ranges::adjacent_find(seen) != seen.end())
    throw table.error("sensors", "'sensors' is a list of different points from 0 to " + std::to_string(points - 1));
}

// One of stride, sensors and random.
void read_places(const Table& table, const Grid& grid, ObservationOptions& o) {
  const std::vector<const char*> ways{"stride", "sensors", "random"};
  const auto given = std::ranges::find_if(ways, [&](const char* key) { return table.has(key); });
  for (const char* key : ways)
    if (given != ways.end() && key != *given && table.has(key))
      throw table.error(key, "'" + std::string(key) + "' and '" + *given + "' both say where the sensors are",
                        "give one of them");
  if (given != ways.end() && *given != ways[0] && table.has("file"))
    throw table.error(*given, "sensors of a file are at every stride-th point", "give stride");
  if (table.has("sensors")) return add_listed(table, grid.points(), o);
  if (!table.has("random")) return add_regular(table, grid, o);
  o.count = table.integer("random", Range{.at_least = 1, .at_most = 1e7});
}

void read_values(const Table& table, const ModelOptions& model, ObservationOptions& o) {
  const std::vector<const char*>& fields = model.equation->fields;
  const std::vector<std::string_view> names(fields.begin(), fields.end());
  o.field = std::ranges::find(names, table.choice("field", names, std::string(names.front()))) - names.begin();
  o.footprint = table.number("footprint", 0.0, non_negative);
  const std::string_view equation = model.equation->name;
  if ((o.count > 0 || o.footprint > 0) && (equation == "lorenz-63" || equation == "lorenz-96-two-scale"))
    throw table.error(o.count > 0 ? "random" : "footprint", "the numbers of this model do not lie on a line",
                      "give sensors = [...]");
  double cell = 0;
  for (Index d = 0; d < model.grid.dimensions(); ++d)
    cell += std::pow(model.grid.axis(d).length / static_cast<double>(model.grid.axis(d).points), 2);
  if (o.footprint > 0 && o.footprint < std::sqrt(cell) / 2)
    throw table.error("footprint", "'footprint' is too small to hold a point of the grid wherever it lies",
                      "at least half the diagonal of a cell, " + std::to_string(std::sqrt(cell) / 2));
  const std::string function = table.choice("function", {"identity", "square", "cube", "modulus"}, "identity");
  if (function == "square") o.function = &square;
  if (function == "cube") o.function = &cube;
  if (function == "modulus") o.function = &modulus;
}

// Which of the regular times there are reports at.
std::vector<Index> read_events(const Table& table, double interval) {
  std::vector<Index> events;
  for (const double time : table.numbers("times")) {
    const double event = std::round(time / interval);
    if (!(std::abs(time - event * interval) <= 1e-9 * std::max(interval, time)) || event < 1 ||
        (!events.empty() && event <= static_cast<double>(events.back())))
      throw table.error("times", "'times' must be ascending multiples of the interval of " + std::to_string(interval),
                        "give an interval that divides all of them: states are kept at its multiples");
    events.push_back(static_cast<Index>(event));
  }
  if (events.empty()) throw table.error("times", "'times' has no time", "remove it: sensors then report at all");
  return events;
}

void read_faults(const Table& table, ObservationOptions& o) {
  const Range chance{.above = 0, .at_most = 1};
  o.availability = table.number("availability", 1.0, chance);
  o.warm_up = table.integer("warm_up", 0, Range{.at_least = 0, .at_most = 1e9});
  // After a warm-up there may be nothing: a forecast alone.
  o.event_availability = table.number("event_availability", 1.0, o.warm_up > 0 ? fraction : chance);
  o.gross_error_rate = table.number("gross_error_rate", 0.0, fraction);
  o.gross_error_std = o.gross_error_rate > 0 ? table.number("gross_error_std", positive) : 0;
  o.quality_control = table.number("quality_control", o.quality_control, positive);
  if (table.has("times")) o.events = read_events(table, o.interval);
  if (o.warm_up > 0 && !o.events.empty())
    throw table.error("warm_up", "'warm_up' and 'times' both say when the sensors report", "name its times, too");
  if (!o.source) return;
  o.missing = table.boolean("missing", false);
  for (const char* key : {"availability", "event_availability", "warm_up", "gross_error_rate", "times"})
    if (table.has(key))
      throw table.error(key, "'" + std::string(key) + "' is for observations that are made here, not read",
                        "remove it");
}

}  // namespace

ObservationOptions read_observations(const Table& table, const ModelOptions& model,
                                     const std::filesystem::path& beside) {
  ObservationOptions o;
  o.source = read_source(table, beside);
  o.interval = table.number("interval", positive);
  read_places(table, model.grid, o);
  read_values(table, model, o);
  o.error_std = table.number("error_std", positive);
  if (table.has("error_correlation_length")) {
    o.error_correlation_length = table.number("error_correlation_length", positive);
    const Index sensors = o.count > 0 ? o.count : std::ssize(o.rows);
    if (sensors > most_correlated_sensors)
      throw table.error("error_correlation_length",
                        "errors of " + std::to_string(sensors) +
                            " sensors that depend on each other need a matrix, and " +
                            std::to_string(most_correlated_sensors) + " sensors are the most",
                        "remove it, or take fewer sensors");
  }
  read_faults(table, o);
  table.finish();
  return o;
}

}  // namespace semiflow
