#pragma once
#include "run.hpp"

namespace semiflow {

/// The rows of the comparison.
inline constexpr std::array<const char*, 3> compared_systems{"truth", "model", "corrected model"};

/// States of the truth's grid as the model's grid resolves them: its waves and no others.
Ensemble on_model_grid(const Experiment& experiment, const Ensemble& truth);

/// [comparison]: forecasts from exact states, and the spectra of long runs. Every rank does all of it.
void comparison_stage(RunContext& run);
void define_comparison(ResultFile& file, const Experiment& experiment);

}  // namespace semiflow
