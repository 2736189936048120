// [assimilation] method, and what belongs to it.
#include "filter.hpp"

#include <algorithm>

namespace semiflow {

namespace {

Inflation read_inflation(const Table& table) {
  Inflation inflation;
  inflation.prior_std = table.number("prior_std", 1.0, positive);
  inflation.posterior_std = table.number("posterior_std", 1.0, positive);
  inflation.relaxation_to_prior_perturbations = table.number("relaxation_to_prior_perturbations", 0.0, fraction);
  inflation.relaxation_to_prior_spread = table.number("relaxation_to_prior_spread", 0.0, non_negative);
  table.finish();
  return inflation;
}

template <class Scheme>
Filter square_root(const AssimilationOptions& a, const Grid&, std::uint64_t seed) {
  return Scheme({.inflation = a.inflation, .rotate = a.rotate, .seed = seed});
}

template <class Scheme>
Filter stochastic(const AssimilationOptions& a, const Grid&, std::uint64_t seed) {
  return Scheme({.inflation = a.inflation, .zero_mean_perturbations = true, .seed = seed});
}

Filter finite_size(const AssimilationOptions& a, const Grid&, std::uint64_t seed) {
  return FiniteSizeEnkf({.inflation = a.inflation, .certainty = a.certainty, .rotate = a.rotate, .seed = seed});
}

Filter local_transform(const AssimilationOptions& a, const Grid& grid, std::uint64_t seed) {
  return Letkf(grid, {.taper = a.taper,
                      .batch = std::vector<Index>(static_cast<std::size_t>(grid.dimensions()), a.batch),
                      .inflation = a.inflation,
                      .rotate = a.rotate,
                      .seed = seed});
}

Taper read_taper(const Table& table) {
  const std::string name = table.choice("taper", {"gaspari-cohn", "gaussian", "step"}, "gaspari-cohn");
  if (name == "gaussian") return GaussianTaper{.standard_deviation = table.number("standard_deviation", positive)};
  if (name == "step") return StepTaper{.radius = table.number("radius", positive)};
  return GaspariCohn{.half_width = table.number("half_width", positive)};
}

// A local filter without a taper would be a slow global one.
void read_localization(const Table& filter, AssimilationOptions& options) {
  if (!options.method->localises) {
    if (filter.has("localization"))
      throw filter.error("localization", "'" + std::string(options.method->name) + "' is a global filter",
                         "remove [assimilation.localization] or choose method = \"letkf\"");
    return;
  }
  const Table table = filter.table("localization");
  options.taper = read_taper(table);
  options.batch = table.integer("batch", 1, Range{.at_least = 1, .at_most = 1e6});
  table.finish();
}

}  // namespace

const std::vector<NamedFilter>& named_filters() {
  static const std::vector<NamedFilter> filters{
      {"etkf", "ensemble transform Kalman filter, symmetric square root (Hunt et al. 2007)", true, false, false,
       square_root<Etkf>},
      {"ensrf", "serial ensemble square-root filter (Whitaker & Hamill 2002)", true, false, false, square_root<Ensrf>},
      {"denkf", "deterministic ensemble Kalman filter (Sakov & Oke 2008)", true, false, false, square_root<Denkf>},
      {"enkf-n", "finite-size ensemble Kalman filter, no tuned inflation (Bocquet 2011)", true, true, false,
       finite_size},
      {"enkf", "stochastic ensemble Kalman filter, perturbations without mean (Burgers et al. 1998)", false, false,
       false, stochastic<StochasticEnkf>},
      {"serial-enkf", "the same, sensor by sensor (Houtekamer & Mitchell 2001)", false, false, false,
       stochastic<SerialEnkf>},
      {"letkf", "local ensemble transform Kalman filter, R-localisation (Hunt et al. 2007)", true, false, true,
       local_transform}};
  return filters;
}

void read_filter(const Table& table, AssimilationOptions& options) {
  std::vector<std::string_view> names;
  for (const NamedFilter& filter : named_filters()) names.emplace_back(filter.name);
  const std::string name = table.choice("method", names);
  options.method = &*std::ranges::find(named_filters(), name, &NamedFilter::name);
  if (const auto inflation = table.optional_table("inflation")) options.inflation = read_inflation(*inflation);
  options.rotate = table.boolean("rotate", false);
  if (options.rotate && !options.method->rotates)
    throw table.error("rotate",
                      "'rotate' has no meaning for a stochastic filter, whose members are exchangeable already",
                      "remove it or choose method = \"etkf\"");
  if (table.has("certainty")) {
    options.certainty = table.number("certainty", positive);
    if (!options.method->knows_its_sample)
      throw table.error("certainty", "'certainty' belongs to a filter that accounts for its sample",
                        "remove it or choose method = \"enkf-n\"");
  }
  read_localization(table, options);
}

std::string list_filters() {
  std::string text = "filters  ([assimilation] method = \"...\")\n";
  for (const NamedFilter& filter : named_filters()) {
    text.append("  ")
        .append(filter.name)
        .append(12 - std::min<std::size_t>(11, std::string_view(filter.name).size()), ' ');
    text.append(filter.text).append("\n");
  }
  return text +
         "  members, initial_std, burn_in = 0, inflation.*, save_ensemble = false, baselines = true\n"
         "  rotate = false (random mean-preserving rotation after each analysis; not for stochastic filters)\n"
         "  certainty = 1 (enkf-n: DAPPER's xN, above 1 for a forecast surer of its covariance than its sample)\n"
         "  localization.taper = \"gaspari-cohn\" (half_width: DAPPER's loc_rad x 1.82, DART's cutoff, half of PDAF's\n"
         "    sradius and of OOPS's lengthscale), \"gaussian\" (standard_deviation) or \"step\" (radius), in units of "
         "length;\n"
         "    batch = 1 points along each axis share an analysis (letkf)\n";
}

}  // namespace semiflow
