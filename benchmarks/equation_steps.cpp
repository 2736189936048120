// The step of every equation that the command knows over its transforms alone: a step with ETDRK4, divided by its number
// of transforms times one whole transform of the same grid, timed in turns. The transform is the faster of FFTW's by rule
// and by timing: the wisdom that speeds up the steps does not hold for whole transforms of planes, which would flatter us.
// Below 1 pruning saves more than everything else costs. Prints a table in Markdown.
//
//   equation_steps [measured]     how the steps plan
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <numbers>
#include <semiflow/core/library_versions.hpp>
#include <semiflow/core/random.hpp>
#include <semiflow/pde/kuramoto_sivashinsky.hpp>
#include <semiflow/pde/line_equations.hpp>
#include <semiflow/pde/navier_stokes.hpp>
#include <semiflow/pde/nonlinearity.hpp>
#include <semiflow/pde/quasigeostrophic.hpp>
#include <semiflow/pde/spectral_model.hpp>
#include <string>
#include <utility>
#include <vector>

using namespace semiflow;

namespace {

constexpr int repetitions = 25;

struct Case {
  std::string name;
  std::vector<Index> sizes;  // points of every axis
  Index dimensions;
  double length, dt;
  Semilinear (*make)(const Grid&);
};

const double two_pi = 2 * std::numbers::pi;

// In the order of apps/model.cpp, with the coefficients of the command where those are not zero.
const std::vector<Case> cases{
    {"kuramoto-sivashinsky", {128, 1024}, 1, 100, 0.1, [](const Grid& g) { return kuramoto_sivashinsky(g); }},
    {"burgers", {128, 1024}, 1, two_pi, 1e-3, [](const Grid& g) { return burgers(g, 0.01); }},
    {"korteweg-de-vries", {128, 1024}, 1, 40, 1e-3, [](const Grid& g) { return korteweg_de_vries(g); }},
    {"nonlinear-schroedinger", {128, 1024}, 1, 40, 1e-3, [](const Grid& g) { return nonlinear_schroedinger(g); }},
    {"allen-cahn", {128, 256}, 2, two_pi, 0.01, [](const Grid& g) { return allen_cahn(g, 0.01); }},
    {"navier-stokes", {128, 256}, 2, two_pi, 1e-3, [](const Grid& g) { return navier_stokes(g, {.viscosity = 1e-3}); }},
    {"navier-stokes-3d", {32, 64}, 3, two_pi, 1e-3, [](const Grid& g) { return navier_stokes_3d(g, 0.01); }},
    {"barotropic",
     {128, 256},
     2,
     two_pi,
     1e-3,
     [](const Grid& g) { return barotropic(g, {.beta = 1, .viscosity = 1e-3, .flux_form = true}); }},
    {"two-layer", {128, 256}, 2, 1e6, 600, [](const Grid& g) { return two_layer(g); }},
    {"two-layer-jet", {128, 256}, 2, 68, 0.01, [](const Grid& g) { return two_layer_jet(g); }},
    {"surface-quasigeostrophic",
     {128, 256},
     2,
     two_pi,
     1e-3,
     [](const Grid& g) { return surface_quasigeostrophic(g, {.hyperviscosity = 1e-10}); }},
};

Grid cube(Index dimensions, Index points, double length) {
  return Grid(std::vector<Axis>(static_cast<std::size_t>(dimensions), {.points = points, .length = length}));
}

// Smooth noise: a few steps must neither blow up nor die out.
Ensemble noise(const Semilinear& equation, double size) {
  const Grid& grid = equation.grid;
  Ensemble states = standard_normal(equation.state_size(), {.seed = 1, .purpose = 0, .item = 0});
  Spectrum modes(equation.fields * grid.modes(), 1);
  Fft fft(grid);
  fft.forward(states, modes);
  Eigen::ArrayXd square = Eigen::ArrayXd::Zero(grid.modes());
  for (Index d = 0; d < grid.dimensions(); ++d) square += grid.harmonic(d).square();
  for (Index f = 0; f < equation.fields; ++f)
    modes.col(0).segment(f * grid.modes(), grid.modes()).array() *= (-square / 16).exp();
  fft.inverse(modes, states);
  return states * (size / states.cwiseAbs().maxCoeff());
}

template <class Work>
double seconds(Work work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

struct Times {
  std::vector<double> all{};

  double least() const { return *std::ranges::min_element(all); }
  double median() const {
    std::vector<double> sorted = all;
    std::ranges::nth_element(sorted, sorted.begin() + std::ssize(sorted) / 2);
    return sorted[sorted.size() / 2];
  }
};

void print_row(const Case& test, Index points, FftPlanning planning) {
  const Grid grid = cube(test.dimensions, points, test.length);
  const Semilinear equation = test.make(grid);
  SpectralModel model(equation, test.dt, RungeKutta::etdrk4, planning);
  const Index transforms = 4 * Nonlinearity(equation).transforms();

  const Fft by_rule(grid, FftPlanning::estimated), by_timing(grid, FftPlanning::measured);
  Eigen::VectorXd values(grid.points());
  Eigen::VectorXcd modes(grid.modes());
  // About 10 ms in a repetition, for a clock and a scheduler that are coarse.
  const Index pairs = std::max<Index>(1, 1'000'000 / grid.points());
  const auto transform = [&](const Fft& fft) {
    for (Index i = 0; i < pairs; ++i) {
      if (i % 32 == 0) values.setConstant(1);  // there and back multiplies by the number of points
      fft.forward_unchecked(values.data(), modes.data());
      fft.inverse_unchecked(modes.data(), values.data());
    }
  };
  const Ensemble start = noise(equation, test.name == "two-layer" ? 1e-5 : 1);
  const Index steps = std::max<Index>(10, 4 * pairs / transforms);
  Ensemble moved = start;
  const auto advance = [&] { model.advance(moved, {0, static_cast<double>(steps) * test.dt}); };

  transform(by_rule), transform(by_timing), advance();  // warm-up
  Times rule, timing, step;
  for (int r = 0; r < repetitions; ++r) {
    for (const auto& [times, fft] : {std::pair{&rule, &by_rule}, {&timing, &by_timing}})
      times->all.push_back(seconds([&] { transform(*fft); }) / static_cast<double>(2 * pairs));
    moved = start;
    step.all.push_back(seconds(advance) / static_cast<double>(steps));
  }
  if (!moved.allFinite()) std::fprintf(stderr, "%s is not finite\n", test.name.c_str());
  const Times& one_transform = rule.least() < timing.least() ? rule : timing;
  const char* const power = test.dimensions == 1 ? "" : test.dimensions == 2 ? "^2" : "^3";
  const auto ratio = [&](double s, double t) { return s / (static_cast<double>(transforms) * t); };
  std::printf("| %s | %td%s | %td | %.4g | %.4g | %.4g | %.2f | %.2f |\n", test.name.c_str(), points, power, transforms,
              1e6 * one_transform.least(), 1e6 * step.least(), 1e6 * step.median(),
              ratio(step.least(), one_transform.least()), ratio(step.median(), one_transform.median()));
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char* argv[]) {
  const bool measured = argc > 1 && std::string(argv[1]) == "measured";
  std::printf("ETDRK4, %s plans, %d repetitions, times in us; %s\n\n", measured ? "measured" : "default", repetitions,
              library_versions().c_str());
  std::printf(
      "| equation | points | transforms | one, minimum | step, minimum | step, median | ratio of minima | of medians "
      "|\n"
      "|---|---|---|---|---|---|---|---|\n");
  for (const Case& test : cases)
    for (const Index points : test.sizes)
      print_row(test, points, measured ? FftPlanning::measured : FftPlanning::estimated);
}
