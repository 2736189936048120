// The part of 'semiflow list' about [surrogate].
#include "surrogate.hpp"

namespace semiflow {

std::string list_surrogates() {
  return R"(surrogates  ([surrogate] kind = "...", W a Fourier neural operator)
  fno                W(z): Li et al. (2021)
  residual-fno       z + W(z): the prediction of NODA (Singh et al. 2024)
  semilinear         e^{L dt} z + dt phi_1(L dt) W(z, e^{L dt} z), L the linear part of [model]
      order = 1 (2: W once more at that result), substeps = 1, learned_symbol = false, conservative = false,
      any_time_step = false (true: trained with steps of data.interval, 2 data.interval, ... time_step)
  corrected-solver   S(z) + W(z, S(z)), S the steps of model.dt of [model];   conservative = false (true: W is a flux)
  deeponet           B(z), a DeepONet with a periodic trunk (Lu et al. 2021); residual-deeponet: z + B(z). width: units of a
      layer, layers: of branch and trunk, head: products that are summed, modes: harmonics that the trunk sees
  torchscript        a scripted module of 'file': forward(z) is the state time_step later, z in single precision and the
      units of the equation, [batch, points..., field]; no weights, no training
  time_step (a multiple of truth.dt and model.dt), modes = 16 (or one for each axis), width = 32, layers = 4, head = 64,
  position = false, weights = "file.h5" (instead of training), save = "file.h5",
  script = "file.pt" (the operator as a TorchScript module; no corrected-solver, no any_time_step)
  [surrogate.data]        trajectories, test_trajectories, validation_trajectories = 0, frames = 1 (steps in each),
      spin_up = truth.spin_up, initial = truth.initial, perturbation_std = 0,
      of = "truth" ("model": made by [model], which the surrogate then stands in for)
      files = ["a.h5", ...] instead of trajectories: results of earlier runs with truth.interval, one trajectory each, read
      as a batch needs them; validation_files = [...], held_frames (of either, in the memory of every rank; default: as many as fit 256 MiB)
  [surrogate.training]    epochs = 50, batch = 32, parts = 2, learning_rate = 0.001,
      schedule = "cosine" (warm_up = 0.05) | "constant" | "halving" (halve_every = 100) | "plateau" (patience = 20),
      early_stop = 0, weight_decay = 0.0001, clip = 1 (0: any), average = 0, unroll = 1, unroll_epochs = 0,
      gradient_steps = 0 (all), pushforward = false, loss = "relative-square" | "relative", noise_std = 0, sobolev_order = 0,
      dissipation = { weight, inner = 1.5, outer = 3, factor = 0.5 }: from radii beyond the data a step leads back
  [surrogate.evaluation]  lead = time_step, climate_steps = 0, points = [] (other resolutions),
      time_steps = [] (other lengths of a step, of an operator that takes any), baseline = false (a plain
      Fourier neural operator of equal size)
  [assimilation] forecast = "surrogate" advances the members of an ensemble filter, or the estimate of an observer, with it
)";
}

}  // namespace semiflow
