// The record of a truth: its fields and what is read off them.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <semiflow/pde/diagnostics.hpp>

#include "run.hpp"

namespace semiflow {

namespace {

struct Series {
  const char *name, *long_name;
};
constexpr Series of_every_field[] = {
    {"mean", "mean over the domain"},
    {"rms", "root mean square over the domain"},
    {"tail", "share of the mean square in the last third of the resolved harmonics; above 1e-6 it is not resolved"}};
constexpr Series of_a_vorticity[] = {{"energy", "half the mean square velocity"},
                                     {"enstrophy", "half the mean square vorticity"},
                                     {"palinstrophy", "half the mean square vorticity gradient"}};
constexpr Series of_an_error[] = {{"largest_error", "largest distance of a value from the exact solution"},
                                  {"mean_error", "mean distance of the values from the exact solution"}};

std::string suffix(const NamedEquation& equation, std::size_t field) {
  return equation.fields.size() == 1 ? "" : std::string("_") + equation.fields[field];
}

// Harmonics that the products of an axis leave.
double resolved(const ModelOptions& model) {
  Index fewest = model.grid.axis(0).points;
  for (Index d = 0; d < model.grid.dimensions(); ++d) fewest = std::min(fewest, model.grid.axis(d).points);
  return static_cast<double>(fewest) / (model.dealiasing == Dealiasing::truncation ? 3 : 2);
}

double largest_slope(const Grid& line, const Eigen::VectorXd& field) {
  Fft fft(line);
  Spectrum modes(line.modes(), 1);
  fft.forward(field, modes);
  modes.col(0).array() *= derivative(line, 0, 1).symbol;
  Ensemble slope(line.points(), 1);
  fft.inverse(modes, slope);
  return slope.cwiseAbs().maxCoeff();
}

bool has_exact_solution(const Experiment& e) {
  return !e.truth.source && e.truth.spin_up == 0 && e.truth.perturbation_std == 0 &&
         exact_state(e.truth.initial, e.truth.model, 0).size() > 0;
}

}  // namespace

void define_frames(ResultFile& file, const Experiment& e) {
  const NamedEquation& equation = *e.model.equation;
  const Index last = e.frames() - 1;
  file.add_dimension("/truth",
                     {"time", e.frame_interval() * Eigen::VectorXd::LinSpaced(last + 1, 0, static_cast<double>(last)),
                      "model time", "time"});
  std::vector<std::string> dimensions{"time"};
  const char* const axes[] = {"x", "y", "z"};
  for (Index d = e.model.grid.dimensions(); d-- > 0;) dimensions.emplace_back(axes[d]);
  for (std::size_t field = 0; field < equation.fields.size(); ++field) {
    file.add_variable({.path = std::string("/truth/") + equation.fields[field],
                       .dimensions = dimensions,
                       .units = "1",
                       .long_name = equation.fields.size() == 1 ? "state" : "field of the state",
                       .compression = e.compression});
    for (const auto& [name, long_name] : of_every_field)
      file.add_variable({.path = "/truth/" + (name + suffix(equation, field)),
                         .dimensions = {"time"},
                         .units = "1",
                         .long_name = long_name});
  }
  if (equation.vorticity)
    for (const auto& [name, long_name] : of_a_vorticity)
      file.add_variable(
          {.path = std::string("/truth/") + name, .dimensions = {"time"}, .units = "1", .long_name = long_name});
  if (e.model.grid.dimensions() == 1)
    for (std::size_t field = 0; field < equation.fields.size(); ++field)
      file.add_variable({.path = "/truth/largest_slope" + suffix(equation, field),
                         .dimensions = {"time"},
                         .units = "1",
                         .long_name = "largest modulus of the derivative along x at a point of the grid"});
  if (has_exact_solution(e))
    for (const auto& [name, long_name] : of_an_error)
      file.add_variable(
          {.path = std::string("/truth/") + name, .dimensions = {"time"}, .units = "1", .long_name = long_name});
}

void write_frames(RunContext& run, Index first, const Eigen::MatrixXd& states) {
  const Experiment& e = run.experiment;
  const NamedEquation& equation = *e.model.equation;
  const Index points = e.model.grid.points(), count = states.cols();
  SpectralDiagnostics diagnostics(e.model.grid);
  const auto write_series = [&](const std::string& name, auto value) {
    Eigen::MatrixXd series(1, count);
    for (Index i = 0; i < count; ++i) series(0, i) = value(i);
    run.file.write("/truth/" + name, first, series);
  };
  for (std::size_t field = 0; field < equation.fields.size(); ++field) {
    const Eigen::MatrixXd values = states.middleRows(static_cast<Index>(field) * points, points);
    run.file.write(std::string("/truth/") + equation.fields[field], first, values);
    const std::string end = suffix(equation, field);
    write_series("mean" + end, [&](Index i) {
      return std::accumulate(values.col(i).begin(), values.col(i).end(), 0.0) / static_cast<double>(points);
    });
    write_series("rms" + end, [&](Index i) { return rms(values.col(i)); });
    if (e.model.grid.dimensions() == 1)
      write_series("largest_slope" + end, [&](Index i) { return largest_slope(e.model.grid, values.col(i)); });
    write_series("tail" + end, [&](Index i) { return diagnostics.tail(values.col(i), resolved(e.model)); });
  }
  if (equation.vorticity) {
    write_series("energy", [&](Index i) { return diagnostics.energy(states.col(i)); });
    write_series("enstrophy", [&](Index i) { return diagnostics.enstrophy(states.col(i)); });
    write_series("palinstrophy", [&](Index i) { return diagnostics.palinstrophy(states.col(i)); });
  }
  if (has_exact_solution(e)) {
    const auto error = [&](Index i) -> Eigen::VectorXd {
      const double time = static_cast<double>(first + i) * e.frame_interval();
      return (states.col(i) - exact_state(e.truth.initial, e.truth.model, time)).cwiseAbs();
    };
    write_series("largest_error", [&](Index i) { return error(i).maxCoeff(); });
    write_series("mean_error", [&](Index i) { return error(i).mean(); });
  }
}

}  // namespace semiflow
