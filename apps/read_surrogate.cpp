// [surrogate].
#include <algorithm>
#include <array>
#include <cmath>

#include "experiment.hpp"
#include "filter.hpp"
#include "networks.hpp"
#include "read_trajectory_files.hpp"

namespace semiflow {

namespace {

// Random fields have so many draws, for equations of up to three fields.
constexpr double most_trajectories = 20000;
constexpr Range count{.at_least = 1, .at_most = 1e6};

// The data come from the truth's model, on the grid of the operator.
void require_fitting_models(const Table& table, const Experiment& e) {
  const ModelOptions& truth = e.truth.model;
  if (e.model.equation->make_ordinary || e.model.grid.dimensions() > 2)
    throw table.error("kind", "learned operators are for partial differential equations on a line or a plane",
                      "choose another model.equation");
  if (e.truth.source)
    throw table.error("kind", "the data come from the truth's model, and [truth] reads a file", "describe the truth");
  if (!(truth.grid == e.model.grid))
    throw table.error("kind", "the truth has another grid than the model", "remove 'points' from [truth]");
  if (e.truth.courant || truth.ring)
    throw table.error("kind", "the data come from a truth with steps of one length and without random forcing",
                      "remove truth.courant, or the forcing");
}

// A file that is read, relative to the experiment's.
std::filesystem::path read_file(const Table& table, const char* key, const Experiment& e) {
  std::filesystem::path file = table.text(key);
  if (file.is_relative()) file = e.file.parent_path() / file;
  if (!std::filesystem::is_regular_file(file))
    throw table.error(key, "there is no file '" + file.string() + "'", "relative paths begin at the experiment file");
  return file;
}

// A file that is written, like a result, relative to where the command runs; the training comes first.
std::filesystem::path written_file(const Table& table, const char* key) {
  const std::filesystem::path file = table.text(key), folder = file.parent_path();
  if (!folder.empty() && !std::filesystem::is_directory(folder))
    throw table.error(key, "there is no folder '" + folder.string() + "'", "make it, or choose another place");
  return file;
}

SurrogateOptions read_network(const Table& table, const Experiment& e) {
  SurrogateOptions o;
  const std::string kind = table.choice("kind", surrogate_kinds);
  o.kind = static_cast<SurrogateKind>(std::ranges::find(surrogate_kinds, kind) - surrogate_kinds.begin());
  o.time_step = table.number("time_step", positive);
  require_multiple(table, "time_step", o.time_step, e.truth.model.dt, "truth.dt");
  require_multiple(table, "time_step", o.time_step, e.model.dt, "model.dt");
  o.seed = e.seed;
  if (o.kind == SurrogateKind::torchscript) {
    o.script = read_file(table, "file", e);
    return o;
  }
  o.modes = read_modes(table, e.model.grid);
  o.width = table.integer("width", o.width, count);
  o.layers = table.integer("layers", o.layers, Range{.at_least = 1, .at_most = 100});
  o.head = table.integer("head", o.head, count);
  o.position = table.boolean("position", is_deeponet(o.kind));
  if (is_deeponet(o.kind) && !o.position)
    throw table.error("position", "the trunk of a DeepONet always knows the position", "remove it");
  const bool semilinear = o.kind == SurrogateKind::semilinear;
  for (const char* key : {"order", "substeps", "learned_symbol", "any_time_step"})
    if (!semilinear && table.has(key))
      throw table.error(key, "'" + std::string(key) + "' belongs to kind = \"semilinear\"", "remove it");
  if (semilinear) {
    o.order = table.integer("order", o.order, Range{.at_least = 1, .at_most = 2});
    o.substeps = table.integer("substeps", o.substeps, Range{.at_least = 1, .at_most = 1000});
    o.learned_symbol = table.boolean("learned_symbol", o.learned_symbol);
    o.any_time_step = table.boolean("any_time_step", o.any_time_step);
  }
  if (semilinear || o.kind == SurrogateKind::corrected_solver) {
    o.conservative = table.boolean("conservative", o.conservative);
  } else if (table.has("conservative")) {
    throw table.error("conservative", "an operator without a linear part or a solver cannot keep the mean",
                      "remove it, or choose kind = \"semilinear\" or \"corrected-solver\"");
  }
  return o;
}

void read_data(const Table& table, const Experiment& e, SurrogateStageOptions& s) {
  const std::filesystem::path beside = e.file.parent_path();
  const Range few{.at_least = 1, .at_most = most_trajectories};
  const bool from_files = s.trained() && table.has("files");
  if (s.trained() && !from_files) {
    s.trajectories = table.integer("trajectories", few);
    s.validation = table.integer("validation_trajectories", 0, Range{.at_least = 0, .at_most = most_trajectories});
  }
  s.test = table.integer("test_trajectories", few);
  s.of_model = table.choice("of", {"truth", "model"}, "truth") == "model";
  const ModelOptions& model = s.of_model ? e.model : e.truth.model;
  s.frames = table.integer("frames", 1, Range{.at_least = 1, .at_most = 1e6});
  s.interval = s.network.time_step;
  if (from_files) {
    read_trajectory_files(table, e, s);
  } else if (s.network.any_time_step) {
    s.interval = table.number("interval", positive);
    require_multiple(table, "interval", s.interval, model.dt, s.of_model ? "model.dt" : "truth.dt");
    const double parts = s.network.time_step / s.interval;
    if (parts < 2 - 1e-9 || std::abs(parts - std::round(parts)) > 1e-6)
      throw table.error("interval", "any_time_step is trained with steps of 'interval', 2 'interval', ... time_step",
                        "give a half, a third, ... of surrogate.time_step");
  }
  s.spin_up = table.number("spin_up", e.truth.spin_up, non_negative);
  require_multiple(table, "spin_up", s.spin_up, model.dt, s.of_model ? "model.dt" : "truth.dt");
  s.initial = table.has("initial") ? read_initial_state(table, model, beside) : e.truth.initial;
  s.perturbation_std = table.number("perturbation_std", 0.0, non_negative);
  if (!is_random(s.initial) && s.perturbation_std == 0)
    throw table.error("perturbation_std", "all trajectories would begin with the same state",
                      "give perturbation_std, white noise on it, or a random 'initial'");
  table.finish();
}

// The keys of a schedule are unknown to the others.
void read_schedule(const Table& table, const SurrogateStageOptions& s, TrainingOptions& t) {
  const std::string schedule = table.choice("schedule", {"cosine", "constant", "halving", "plateau"}, "cosine");
  t.schedule = schedule == "cosine"     ? LearningRate::cosine
               : schedule == "constant" ? LearningRate::constant
               : schedule == "halving"  ? LearningRate::halving
                                        : LearningRate::plateau;
  if (schedule == "cosine") t.warm_up = table.number("warm_up", t.warm_up, Range{.at_least = 0, .below = 1});
  if (schedule == "halving") t.halve_every = table.integer("halve_every", t.halve_every, count);
  if (schedule == "plateau") t.patience = table.integer("patience", t.patience, count);
  t.early_stop = table.integer("early_stop", t.early_stop, Range{.at_least = 0});
  if (!s.has_validation() && (schedule == "plateau" || t.early_stop > 0))
    throw table.error(schedule == "plateau" ? "schedule" : "early_stop",
                      "this looks at the validation, and there are no trajectories for it",
                      "give surrogate.data.validation_trajectories, or validation_files beside files");
}

Dissipation read_dissipation(const Table& table) {
  Dissipation d;
  d.weight = table.number("weight", positive);
  d.inner = table.number("inner", d.inner, positive);
  d.outer = table.number("outer", std::max(d.inner, d.outer), Range{.at_least = d.inner});
  d.factor = table.number("factor", d.factor, Range{.at_least = 0, .below = 1});
  table.finish();
  return d;
}

TrainingOptions read_training(const Table& table, const Experiment& e, const SurrogateStageOptions& s) {
  TrainingOptions t;
  t.seed = e.seed;
  t.epochs = table.integer("epochs", t.epochs, count);
  t.batch = table.integer("batch", t.batch, count);
  t.parts = table.integer("parts", t.parts, count);
  t.learning_rate = table.number("learning_rate", t.learning_rate, positive);
  read_schedule(table, s, t);
  t.weight_decay = table.number("weight_decay", t.weight_decay, non_negative);
  t.clip = table.number("clip", t.clip, non_negative);
  t.average = table.number("average", t.average, Range{.at_least = 0, .below = 1});
  t.unroll =
      table.integer("unroll", t.unroll,
                    Range{.at_least = 1, .at_most = static_cast<double>(s.files.empty() ? s.frames : s.file_steps)});
  t.unroll_epochs = table.integer("unroll_epochs", t.unroll_epochs, Range{.at_least = 0});
  t.gradient_steps = table.integer("gradient_steps", t.gradient_steps, Range{.at_least = 0});
  t.pushforward = table.boolean("pushforward", t.pushforward);
  t.loss = table.choice("loss", {"relative-square", "relative"}, "relative-square") == "relative"
               ? LossKind::relative
               : LossKind::relative_square;
  t.noise_std = table.number("noise_std", t.noise_std, non_negative);
  t.sobolev_order = table.number("sobolev_order", t.sobolev_order);
  if (const auto dissipation = table.optional_table("dissipation")) t.dissipation = read_dissipation(*dissipation);
  table.finish();
  return t;
}

// Lengths of a step that one network is tried on.
void read_time_steps(const Table& table, const Experiment& e, SurrogateStageOptions& s) {
  s.time_steps = table.numbers("time_steps", {});
  if (s.time_steps.empty()) return;
  if (!s.network.any_time_step)
    throw table.error("time_steps", "the operator takes steps of surrogate.time_step alone",
                      "set surrogate.any_time_step, or remove 'time_steps'");
  for (const double step : s.time_steps) {
    require_multiple(table, "time_steps", step, s.of_model ? e.model.dt : e.truth.model.dt,
                     s.of_model ? "model.dt" : "truth.dt");
    if (step < s.interval * (1 - 1e-9) || step > s.network.time_step * (1 + 1e-9))
      throw table.error("time_steps", "the operator is trained with steps from surrogate.data.interval to time_step",
                        "give lengths between them");
  }
}

void read_points(const Table& table, const Experiment& e, SurrogateStageOptions& s) {
  s.points = table.integers("points", {});
  if (s.points.empty()) return;
  if (belongs_to_grid(s.network))
    throw table.error("points", "a corrected solver, a DeepONet and a learned symbol belong to their grid",
                      "remove 'points'");
  if (!e.model.extra_terms.empty() || !e.truth.model.extra_terms.empty() || !e.model.forces.empty() ||
      !e.truth.model.forces.empty())
    throw table.error("points", "terms and forces of the experiment file belong to its grid", "remove 'points'");
  const Grid& grid = e.model.grid;
  const Index along_x = grid.axis(grid.dimensions() - 1).points;
  for (const Index points : s.points)
    for (Index d = 0; d < grid.dimensions(); ++d)
      if (points < along_x || grid.axis(d).points * points % along_x != 0)
        throw table.error("points", "'points' are those along x of finer grids of the same shape",
                          "give multiples of " + std::to_string(along_x));
}

void read_evaluation(const Table& table, const Experiment& e, SurrogateStageOptions& s) {
  const double step = s.network.time_step;
  const double lead = table.number("lead", step, positive);
  require_multiple(table, "lead", lead, step, "surrogate.time_step");
  s.lead = static_cast<Index>(std::llround(lead / step));
  if (s.lead < 1 || s.lead > s.frames)
    throw table.error("lead", "'lead' is longer than a test trajectory, or shorter than a step",
                      "at most surrogate.data.frames time steps");
  s.climate_steps = table.integer("climate_steps", 0, Range{.at_least = 0, .at_most = 1e8});
  read_points(table, e, s);
  read_time_steps(table, e, s);
  s.baseline = table.boolean("baseline", false);
  if (s.baseline && !s.trained())
    throw table.error("baseline", "the baseline is trained on the same data, and nothing is trained", "remove it");
  table.finish();
}

}  // namespace

SurrogateStageOptions read_surrogate(const Table& table, const Experiment& e) {
  require_fitting_models(table, e);
  SurrogateStageOptions s;
  s.network = read_network(table, e);
  const bool scripted = s.network.kind == SurrogateKind::torchscript;
  for (const char* key : {"weights", "save", "script"})
    if (scripted && table.has(key))
      throw table.error(key, "a scripted module holds its weights, and 'file' names it", "remove it");
  if (table.has("weights")) s.weights = read_file(table, "weights", e);
  if (table.has("save")) s.save = written_file(table, "save");
  if (table.has("script")) s.script = written_file(table, "script");
  if (!s.script.empty() && (s.network.kind == SurrogateKind::corrected_solver || s.network.any_time_step))
    throw table.error("script", "a corrected solver, and an operator that takes any time step, are no TorchScript",
                      "remove it, or save the weights by 'save'");
  read_data(table.table("data"), e, s);
  const auto training = table.optional_table("training");
  if (training && !s.trained())
    throw table.error("training", "there is nothing to train: the weights come from a file",
                      "remove [surrogate.training]");
  s.training.seed = e.seed;
  if (training) s.training = read_training(*training, e, s);
  if (const auto evaluation = table.optional_table("evaluation")) read_evaluation(*evaluation, e, s);
  table.finish();
  networks();  // no library is an error before the first step
  return s;
}

void read_forecast_model(const Table& table, const Experiment& e, AssimilationOptions& a) {
  a.surrogate = table.choice("forecast", {"model", "surrogate"}, "model") == "surrogate";
  const SequenceTraining* sequence = a.gain && a.gain->sequence ? &*a.gain->sequence : nullptr;
  if (!a.surrogate && sequence != nullptr)
    throw table.error("forecast", "gain.sequence needs the gradient of what forecasts, and a solver has none here",
                      "set forecast = \"surrogate\", or remove gain.sequence: kind = \"corrected-solver\" has one");
  if (!a.surrogate) return;
  if (!e.surrogate) throw table.error("forecast", "there is no surrogate to forecast with", "add [surrogate]");
  if (sequence != nullptr && sequence->predictor && e.surrogate->network.kind == SurrogateKind::torchscript)
    throw table.error("forecast", "a scripted module is not trained here", "remove gain.sequence.predictor");
  if (a.method->kind != FilterKind::ensemble && a.method->kind != FilterKind::observer)
    throw table.error("forecast", "a surrogate forecasts for ensemble filters and observers alone",
                      "choose one, or remove it");
  if (!a.parameters.empty())
    throw table.error("forecast", "a surrogate has no coefficients to estimate", "remove [assimilation.parameters]");
  if (a.incremental_update)
    throw table.error("forecast", "a surrogate takes no steps as short as those of incremental_update", "remove one");
  if (e.surrogate->network.any_time_step) {
    if (e.observations->interval < e.surrogate->interval * (1 - 1e-9))
      throw table.error("forecast", "observations.interval is shorter than any step that the surrogate is trained with",
                        "give a shorter surrogate.data.interval");
    return;
  }
  const double step = e.surrogate->network.time_step, ratio = e.observations->interval / step;
  if (std::abs(ratio - std::round(ratio)) > 1e-9 * std::max(1.0, ratio) || ratio < 0.5)
    throw table.error("forecast",
                      "observations.interval is not a multiple of surrogate.time_step (" + std::to_string(step) + ")",
                      "the surrogate is trained for whole time steps: change one of them");
}

}  // namespace semiflow
