#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <optional>
#include <semiflow/assimilation/discovery/joint_discovery.hpp>
#include <semiflow/core/collective_error.hpp>

#include "packed_equations.hpp"

namespace semiflow {

namespace {

// Leading parts of the observations, the whole first.
constexpr std::array<double, 6> parts{1, 0.75, 0.56, 0.42, 0.32, 0.24};
constexpr Index most_halvings = 8;

using Blocks = std::vector<NormalEquations>;

// A rank's windows, and what is known of their states.
struct Windows {
  Index count, blocks;
  Share mine_blocks;
  std::vector<Eigen::VectorXd> states{};
  std::vector<LinearisedForecast> forecasts{};

  Index begin_of(Index block) const { return block * count / blocks; }
  Index first() const { return begin_of(mine_blocks.begin); }
  Index end() const { return begin_of(mine_blocks.end()); }
};

bool is_finite(const LinearisedForecast& f) {
  return f.departure.allFinite() && f.state_sensitivity.allFinite() && f.term_sensitivity.allFinite() &&
         f.background_departure.allFinite();
}

// Linearises all windows; the sums of each part, or nothing if a forecast failed on any rank.
std::optional<std::vector<Blocks>> linearised(const Communicator& comm, const JointProblem& problem, Windows& windows,
                                              const Eigen::VectorXd& coefficients) {
  const Index terms = problem.terms, size = detail::packed_size(terms), count = std::ssize(parts);
  Eigen::MatrixXd mine = Eigen::MatrixXd::Zero(count * size, windows.mine_blocks.size);
  windows.forecasts.clear();
  bool failed = false;
  run_together(comm, [&] {
    try {
      problem.set_coefficients(coefficients);
      for (Index b = windows.mine_blocks.begin; b < windows.mine_blocks.end(); ++b) {
        std::vector<NormalEquations> sums(parts.size());
        for (Index w = windows.begin_of(b); w < windows.begin_of(b + 1); ++w) {
          windows.forecasts.push_back(
              problem.linearise(w, windows.states[static_cast<std::size_t>(w - windows.first())]));
          const LinearisedForecast& forecast = windows.forecasts.back();
          if (!is_finite(forecast)) throw Error(Fault::run, "discovery", "a forecast is not finite");
          const WhitenedRows rows = whitened_rows(forecast);
          const Eigen::VectorXd target = rows.target + rows.library * coefficients;
          for (std::size_t p = 0; p < parts.size(); ++p) {
            const auto n = static_cast<Index>(std::ceil(parts[p] * static_cast<double>(target.size())));
            sums[p] += normal_equations(rows.library.topRows(n), target.head(n));
          }
        }
        for (Index p = 0; p < count; ++p)
          mine.col(b - windows.mine_blocks.begin).segment(p * size, size) =
              detail::packed(sums[static_cast<std::size_t>(p)]);
      }
    } catch (const Error&) {
      failed = true;  // the caller halves its step
    }
  });
  if (comm.any(failed)) return {};
  const Eigen::MatrixXd all = comm.all_members(mine, windows.blocks);
  std::vector<Blocks> sums(parts.size());
  for (Index p = 0; p < count; ++p)
    for (Index b = 0; b < windows.blocks; ++b)
      sums[static_cast<std::size_t>(p)].push_back(detail::unpacked(all.col(b).segment(p * size, size), terms));
  return sums;
}

// Of the whole library.
double whole_misfit(const Blocks& blocks) {
  NormalEquations all;
  for (const NormalEquations& block : blocks) all += block;
  std::vector<Index> everything(static_cast<std::size_t>(all.terms()));
  std::iota(everything.begin(), everything.end(), Index{0});
  const double freedom = all.rows - static_cast<double>(all.terms());
  return freedom > 0 ? refit(all, everything).residual_square / freedom : 1;
}

double support_misfit(const Blocks& blocks, const std::vector<Index>& support) {
  NormalEquations all;
  for (const NormalEquations& block : blocks) all += block;
  return refit(all, support).residual_square / std::max(1.0, all.rows - static_cast<double>(support.size()));
}

Discovery best(const Blocks& blocks, double variance, const std::optional<BaselineRegression>& baseline) {
  if (baseline) return describe_baseline(blocks, *baseline, variance);
  NormalEquations all;
  for (const NormalEquations& block : blocks) all += block;
  return describe_support(blocks, rank_supports(all, {.noise_variance = variance}).support, variance);
}

void correct(Windows& windows, const Eigen::VectorXd& correction) {
  for (std::size_t i = 0; i < windows.states.size(); ++i)
    windows.states[i] += state_correction(windows.forecasts[i], correction);
}

void halve(Windows& windows, const std::vector<Eigen::VectorXd>& before) {
  for (std::size_t i = 0; i < windows.states.size(); ++i) windows.states[i] = (windows.states[i] + before[i]) / 2;
}

}  // namespace

JointDiscovery discover_jointly(const Communicator& comm, const JointProblem& problem, const JointOptions& options) {
  require(problem.windows > 0, "a discovery needs at least one window");
  require(problem.terms > 0, "a discovery needs at least one candidate term");
  require(options.max_iterations > 0 && options.tolerance > 0 && options.linear_misfit > 1 && options.blocks > 0,
          "iterations, tolerance and blocks must be positive, linear_misfit above 1");
  const Index blocks = std::min(options.blocks, problem.windows);
  Windows windows{.count = problem.windows, .blocks = blocks, .mine_blocks = comm.share(blocks)};
  for (Index w = windows.first(); w < windows.end(); ++w)
    windows.states.emplace_back(Eigen::VectorXd::Zero(problem.unknowns(w)));

  Eigen::VectorXd coefficients = Eigen::VectorXd::Zero(problem.terms);
  if (options.first_guess.size() > 0) coefficients = options.first_guess;
  require(coefficients.size() == problem.terms, "the first guess has one coefficient for each term");
  Eigen::VectorXd before = coefficients;
  std::vector<Eigen::VectorXd> states_before = windows.states;
  JointDiscovery result{.first_window = windows.first()};
  Index halvings = 0;
  for (Index iteration = 0; iteration < options.max_iterations && !result.converged;) {
    const auto sums = linearised(comm, problem, windows, coefficients);
    if (!sums) {
      if (iteration == 0 || ++halvings > most_halvings)
        throw Error(Fault::run, "discovery", "the forecasts of the windows fail or are not finite",
                    "take shorter windows, a smaller dt or fewer candidate terms");
      coefficients = (coefficients + before) / 2;
      halve(windows, states_before);
      continue;
    }
    std::size_t part = 0;
    result.misfits.push_back(whole_misfit(sums->front()));
    double misfit = result.misfits.back();
    while (misfit > options.linear_misfit && part + 1 < parts.size()) misfit = whole_misfit((*sums)[++part]);
    const Discovery previous = std::move(result.found);
    result.found = best((*sums)[part], std::max(1.0, misfit), options.baseline);
    before = coefficients;
    states_before = windows.states;
    coefficients = result.found.coefficients;
    correct(windows, coefficients - before);
    result.misfit = support_misfit(sums->front(), result.found.support);
    ++iteration;
    result.converged =
        part == 0 && iteration > 1 && previous.support == result.found.support &&
        ((coefficients - before).array().abs() <= options.tolerance * result.found.standard_deviation.array() + 1e-300)
            .all();
  }
  result.states = std::move(windows.states);
  return result;
}

}  // namespace semiflow
