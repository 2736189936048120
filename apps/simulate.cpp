// The record of a truth: its fields and what is read off them.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <memory>
#include <numeric>
#include <semiflow/pde/diagnostics.hpp>

#include "run.hpp"

namespace semiflow {

namespace {

constexpr double resolved_tail = 1e-6;

// A number of every frame.
struct Series {
  std::string name, long_name;
  std::function<double(const Eigen::VectorXd& state, double time)> value;
};

std::string suffix(const NamedEquation& equation, std::size_t field) {
  return equation.fields.size() == 1 ? "" : std::string("_") + equation.fields[field];
}

double largest_slope(const Grid& line, const Eigen::VectorXd& field) {
  Fft fft(line);
  Spectrum modes(line.modes(), 1);
  fft.forward(field, modes);
  modes.col(0).array() *= derivative(line, 0, 1).symbol.values();
  Ensemble slope(line.points(), 1);
  fft.inverse(modes, slope);
  return slope.cwiseAbs().maxCoeff();
}

bool has_exact_solution(const Experiment& e) {
  return !e.truth.source && e.truth.spin_up == 0 && e.truth.perturbation_std == 0 &&
         exact_state(e.truth.initial, e.truth.model, 0).size() > 0;
}

std::vector<Series> series_of(const Experiment& e) {
  const NamedEquation& equation = *e.model.equation;
  const auto diagnostics = std::make_shared<SpectralDiagnostics>(e.model.grid);
  const Index points = e.model.grid.points();
  std::vector<Series> all;
  for (std::size_t field = 0; field < equation.fields.size(); ++field) {
    const auto add = [&](const char* name, const char* long_name, auto value) {
      const Index first = static_cast<Index>(field) * points;
      all.push_back({name + suffix(equation, field), long_name, [=](const Eigen::VectorXd& state, double) {
                       return value(Eigen::VectorXd(state.segment(first, points)));
                     }});
    };
    add("mean", "mean over the domain", [](const Eigen::VectorXd& u) {
      return std::accumulate(u.begin(), u.end(), 0.0) / static_cast<double>(u.size());
    });
    add("rms", "root mean square over the domain", [](const Eigen::VectorXd& u) { return rms(u); });
    if (equation.make_ordinary) continue;
    if (e.model.grid.dimensions() == 1)
      add("largest_slope", "largest modulus of the derivative along x at a point of the grid",
          [grid = e.model.grid](const Eigen::VectorXd& u) { return largest_slope(grid, u); });
    add("tail", "share of the mean square in the last third of the resolved harmonics; above 1e-6 it is not resolved",
        [=, divisor = e.truth.model.dealiasing == Dealiasing::truncation ? 3.0 : 2.0](const Eigen::VectorXd& u) {
          return diagnostics->tail(u, divisor);
        });
  }
  if (equation.vorticity) {
    const auto add = [&](const char* name, const char* long_name, auto value) {
      all.push_back({name, long_name,
                     [=](const Eigen::VectorXd& state, double) { return value(*diagnostics, state.head(points)); }});
    };
    add("energy", "half the mean square velocity", [](auto& d, const auto& w) { return d.energy(w); });
    add("enstrophy", "half the mean square vorticity", [](auto& d, const auto& w) { return d.enstrophy(w); });
    add("palinstrophy", "half the mean square vorticity gradient",
        [](auto& d, const auto& w) { return d.palinstrophy(w); });
  }
  if (has_exact_solution(e)) {
    const auto error = [&e](const Eigen::VectorXd& state, double time) -> Eigen::VectorXd {
      return (state - exact_state(e.truth.initial, e.truth.model, time)).cwiseAbs();
    };
    all.push_back({"largest_error", "largest distance of a value from the exact solution",
                   [=](const Eigen::VectorXd& state, double time) { return error(state, time).maxCoeff(); }});
    all.push_back({"mean_error", "mean distance of the values from the exact solution",
                   [=](const Eigen::VectorXd& state, double time) { return error(state, time).mean(); }});
  }
  return all;
}

// The alarm of "tail".
void warn_if_unresolved(RunContext& run, const std::vector<Series>& all, const Eigen::MatrixXd& values, Index first) {
  for (Index i = 0; i < values.cols(); ++i) {
    for (Index n = 0; n < values.rows(); ++n) {
      const std::string& name = all[static_cast<std::size_t>(n)].name;
      if (!name.starts_with("tail") || !(values(n, i) > resolved_tail)) continue;
      char text[200];
      std::snprintf(text, sizeof text,
                    "the truth is not resolved: at time %g /truth/%s is %.1e, above %.0e; take more points or more "
                    "dissipation",
                    static_cast<double>(first + i) * run.experiment.frame_interval(), name.c_str(), values(n, i),
                    resolved_tail);
      return run.warn(text);
    }
  }
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
  }
  for (const Series& series : series_of(e))
    file.add_variable(
        {.path = "/truth/" + series.name, .dimensions = {"time"}, .units = "1", .long_name = series.long_name});
}

void write_frames(RunContext& run, Index first, const Eigen::MatrixXd& states, const Domain& domain) {
  const Experiment& e = run.experiment;
  const auto& fields = e.model.equation->fields;
  const Index points = domain.points(), slab = domain.slab_points(), slabs = domain.slabs().size;
  const auto part = [&](std::size_t field) { return states.middleRows(static_cast<Index>(field) * points, points); };
  for (std::size_t field = 0; field < fields.size(); ++field) {
    const std::string path = std::string("/truth/") + fields[field];
    if (!domain.communicator()) {
      run.file.write(path, first, part(field));
      continue;
    }
    for (Index i = 0; i < states.cols(); ++i)
      run.file.write_members(path, first + i, part(field).col(i).reshaped(slab, slabs), e.model.grid.axis(0).points);
  }

  // Every rank looks at some frames as a whole: the numbers have the same bits on any number of ranks.
  const std::vector<Series> all = series_of(e);
  Eigen::MatrixXd values = Eigen::MatrixXd::Zero(std::ssize(all), states.cols());
  Eigen::VectorXd state(e.model.state_size());
  for (Index i = 0; i < states.cols(); ++i) {
    const int who = static_cast<int>(i % domain.ranks());
    for (std::size_t field = 0; field < fields.size(); ++field) {
      const Eigen::VectorXd whole = domain.gather(part(field).col(i), who);
      if (who == domain.rank()) state.segment(static_cast<Index>(field) * whole.size(), whole.size()) = whole;
    }
    const double time = static_cast<double>(first + i) * e.frame_interval();
    for (Index n = 0; who == domain.rank() && n < values.rows(); ++n)
      values(n, i) = all[static_cast<std::size_t>(n)].value(state, time);
  }
  if (domain.communicator())
    values = domain.communicator()->sum_in_order(values.reshaped()).reshaped(values.rows(), values.cols()).eval();
  warn_if_unresolved(run, all, values, first);
  for (Index n = 0; n < values.rows(); ++n)
    run.file.write("/truth/" + all[static_cast<std::size_t>(n)].name, first, values.row(n));
}

}  // namespace semiflow
