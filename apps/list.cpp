#include "list.hpp"

#include <ostream>
#include <semiflow/core/error.hpp>
#include <semiflow/core/nearest.hpp>
#include <semiflow/pde/term.hpp>
#include <sstream>
#include <utility>
#include <vector>

#include "filter.hpp"
#include "initial_state.hpp"
#include "model.hpp"
#include "networks.hpp"
#include "surrogate.hpp"

namespace semiflow {

namespace {

const char* const equation_keys =
    R"(  [model.terms] adds others by name on a line, e.g. "u^2 u_x" = 0.1; see 'semiflow list terms'
  points, length (even is faster; points_y, length_y, points_z, length_z as x unless given), dt
  stepper = "etdrk4" | "etdrk2" | "ifrk4" | "rk4" | "ab3" | "ab3-euler" | "cnab2" | "sbdf2" |
    "cn-euler"
  dealiasing = "truncation" (2/3 rule) | "padding" (3/2 rule) | "none"
  filter_strength = 0 (exponential filter after every step; pyqg 23.6); cutoff = infinity removes shorter waves
)";

const char* const inflation = R"(inflation  ([assimilation] inflation.NAME = ...)
  prior_std = 1                          forecast anomalies times it, before the analysis
                                         (PDAF forget rho: 1/sqrt(rho); OOPS mult alpha, DART lambda: square root)
  posterior_std = 1                      analysis anomalies times it (DAPPER infl, EnKF-C INFLATION PLAIN)
  relaxation_to_prior_perturbations = 0  RTPP, weight in [0, 1] (Zhang et al. 2004)
  relaxation_to_prior_spread = 0         RTPS (Whitaker & Hamill 2012)
  additive_std = 0                       white noise without a mean on the forecasts
  adaptive = "none"                      or "global", one factor from the innovations (Anderson 2007), or "local", one
                                         for every row (Anderson 2009, within localization); damping = 1, DART's 0.9
)";

const char* const discovery = R"(discovery  ([discovery] ...)
  source = "filter" | "pairs"   increments of the analyses, or single forecasts between two looks at the truth
  method = "increments"         or "joint": states that forecasts begin from are unknown too; terms by evidence; or
                                "innovations": within the cycle of the filter (etkf, ensrf, denkf, enkf, letkf), whose
                                forecasts after a window of events have what its innovations say is missing
  iterations = 30               of the joint estimate at most
  window                        of "innovations": events from one correction to the next
  half_life = 2                 of "innovations": windows after which one counts half, for its model was worse
  window = 4                    of "joint": events that it compares a forecast from an analysis with (filter; needs save_ensemble)
  background_scale = 1          times the covariance of those analyses; above 1 where a wrong model biases them
  passes = 1                    of "forecast with the corrected model, discover again" (Gauss-Newton)
  max_wavenumber = infinity     rows are the Fourier modes up to it
  minimum_contribution = 0.02   a term must explain this share of the model error's rms on its own
  blocks = 10                   of consecutive increments, which make the error bars
  error_bars = "jackknife"      or "bootstrap", of bootstrap_samples = 200 draws of blocks (increments)
  algorithm = "fast"            or "classic": sparse Bayesian regression of Tipping & Faul (2003) or MacKay (1992); of
                                method = "joint": "evidence", all supports compared
  algorithm = "stlsq"           baseline of either method: sequentially thresholded least squares (Brunton et al. 2016)
  algorithm = "ridge"           baseline of either method: all terms, shrunk
  threshold = 0.1               of stlsq: a smaller coefficient goes
  penalty = 0                   of stlsq and ridge: on the squared coefficients
  columns = "standardised"      threshold and penalty for columns and target of unit rms, or "raw": in their own units
  until = truth.duration        use increments up to this time (filter)
  library.max_power = 4, library.max_order = 4, library.names = [] (all)
  pairs.count, pairs.interval, pairs.separation; pairs.noise_std = 0, white noise on both states (joint: above 0)
A truth on a finer grid, [truth] points (points_y, points_z), is seen as far as the model's grid resolves it (pairs): what is
missing is what small scales do, a closure. After pairs, [comparison] runs truth, model and corrected model side by side:
  lead, interval, starts, start_interval    forecasts from exact states
  duration, sample_interval, spin_up = 0    long runs: variance and spectrum
Of equation = "two-layer-jet", with source = "pairs" and method = "increments", each layer by its own regression, or with
method = "innovations":
  library.names = [] (all)      of laplacian psi1, laplacian psi2, psi1_x, psi1_y, psi2_x, psi2_y, psi1, psi2, psi_R, J1,
                                J2, y; for one layer only with " in q1" or " in q2" after it
  pairs.relative_noise = 0      on the stream functions of both states, of so much of their standard deviations
  minimum_of_residual = 0.3     a term contributes this share of what is left unexplained as well
  sensors.fraction              the stream functions of both states are seen at this part of the points, drawn at random
  sensors.interpolator = "band-limited"  least squares for all waves up to sensors.max_wavenumber
    "nearest"                   the value of the nearest sensor
    "cubic"                     polyharmonic spline with cubics through sensors.neighbours = 30
    "rbf"                       Gaussian process, Matern's kernel; sensors.smoothness = 3, sensors.length = 10
    "network" | "random-features"  a network of the coordinates for each state, plain or with random Fourier features
    "shared-features"           of one network for all states; their last layer is solved by ridge regression
  sensors.network               .features = 128, .feature_std = 1, .periodic = false, .layers = 2, .width = 128,
                                .iterations = 2000, .batch = 1024 (0: all), .learning_rate = 0.002; of shared-features
                                100, 0.6, false, 1, 2500 and 0 (a layer that is not trained), and .penalty = 1e-10
The keys passes, minimum_contribution and algorithm are those of method = "increments", iterations of "joint".
)";

const char* const baselines = R"(baselines  ([assimilation] baselines = true)
  climatology             the mean of a free run of the truth's model as the estimate
  optimal-interpolation   climatological mean and covariance as the background of every analysis
)";

std::string list_terms() {
  std::ostringstream out;
  out << "terms  (of [model.terms], [truth.terms] and the library of [discovery])\n ";
  const Grid any({{16, 1.0}});
  for (Index order = 0; order <= 4; ++order) {
    if (order > 0) out << "\n ";
    for (Index power = order == 0 ? 1 : 0; power <= 4; ++power)
      out << " \"" << monomial(any, power, order).name << "\"";
  }
  out << "\n";
  return out.str();
}

std::string list_equations() {
  std::ostringstream out;
  out << "equations  ([model] equation = \"...\")\n";
  for (const NamedEquation& equation : named_equations()) {
    out << "  " << equation.name << "   " << equation.formula << "\n      ";
    for (std::size_t i = 0; i < equation.coefficients.size(); ++i)
      out << (i == 0 ? "" : ", ") << equation.coefficients[i].key << " = " << equation.coefficients[i].value;
    out << "\n";
  }
  out << equation_keys;
  return out.str();
}

}  // namespace

void print_list(const std::string& what, std::ostream& out) {
  const std::vector<std::pair<std::string, std::string>> lists{
      {"equations", list_equations()}, {"initial", list_initial_states()}, {"forcing", list_forcings()},
      {"terms", list_terms()},         {"filters", list_filters()},        {"inflation", inflation},
      {"discovery", discovery},        {"surrogates", list_surrogates()},  {"baselines", baselines}};
  bool known = what.empty();
  if (what == "networks") {  // only if asked for: it takes a second
    out << "networks  (" << networks().version() << ", loaded when an experiment asks for one)\n";
    return;
  }
  for (const auto& [name, text] : lists) {
    if (!what.empty() && what != name) continue;
    known = true;
    out << text;
  }
  if (known) return;
  std::vector<std::string> names;
  for (const auto& list : lists) names.push_back(list.first);
  const std::optional<std::string> meant = nearest(what, names);
  throw Error(Fault::input, "semiflow list", "there is no list '" + what + "'",
              (meant ? "did you mean '" + *meant + "'? " : std::string()) +
                  "choose equations, initial, forcing, terms, filters, inflation, discovery, surrogates or baselines");
}

}  // namespace semiflow
