#pragma once
#include "run.hpp"

namespace semiflow {

/// The share of the mean square in the last third of the resolved harmonics above which a field is not resolved.
constexpr double unresolved_tail = 1e-6;

/// Defines the attributes that tell how well a truth is resolved: /truth@resolved_wavenumber, per model length, and
/// unresolved_since of every field, the model time of the first frame with a larger tail, NaN while there is none.
void define_resolution(ResultFile& file, const Experiment& experiment);

/// Looks at the tails of a field in frames that have just been written, [frame], from number first on. The first that
/// is too large is written into the field's attribute, and of a simulation one line of warning goes to run.warning.
/// Collective, with the same tails on every rank.
void watch_resolution(RunContext& run, const std::string& field, Index first, const Eigen::VectorXd& tails);

}  // namespace semiflow
