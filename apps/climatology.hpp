#pragma once
#include <semiflow/assimilation/baselines.hpp>
#include <vector>

#include "run.hpp"

namespace semiflow {

/// States of a run of the truth's model that goes on where the record ends, so long apart: [state x states]. Every rank
/// makes them all. Throws Error(Fault::run) if one is infinite.
Ensemble free_run(RunContext& run, double interval, Index states);

/// What a gain is trained on: runs of the truth's model [state x event], each as long as the record, after one another where
/// the record ends; or, with assimilation.training_runs = "drawn", each from a draw of truth.initial of its own with the
/// truth's spin-up, so that nothing that the equation keeps for ever is known from training. Every rank makes them all.
std::vector<Ensemble> training_truths(RunContext& run, Index count);

/// The moments of a free run, so that what is made of them is not fitted to the states that it is scored on. A truth
/// from a file has no model: its record has to do.
Climatology climatology(RunContext& run);

/// The covariance of the background's error in 3D-Var and 4D-Var.
Eigen::MatrixXd background_covariance(RunContext& run);

}  // namespace semiflow
