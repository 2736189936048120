#include "inflation_factors.hpp"

namespace semiflow {

InflationFactors::InflationFactors(const RunContext& run, Index state)
    : comm_(run.comm),
      kind_(run.experiment.assimilation->adaptive),
      state_(state),
      my_rows_(run.comm.row_share(state)),
      global_({.damping = run.experiment.assimilation->damping}),
      local_(run.experiment.model.grid, {.taper = run.experiment.assimilation->taper,
                                         .adaptation = {.damping = run.experiment.assimilation->damping}}),
      factors_(kind_ == AdaptiveKind::local ? local_.start(my_rows_.size) : global_.start()) {}

void InflationFactors::inflate(Ensemble& rows) const { semiflow::inflate(rows, factors_); }

void InflationFactors::adapt(const Ensemble& rows, EnsembleView predicted, const Measurement& measurement) {
  if (kind_ == AdaptiveKind::global) {
    global_.update(factors_, predicted, measurement);
  } else if (kind_ == AdaptiveKind::local) {
    local_.update(factors_, rows, my_rows_.begin, predicted, measurement);
  }
}

double InflationFactors::mean() const { return whole(factors_.factor).mean(); }

void InflationFactors::save(Checkpoint& checkpoint) const {
  if (!adaptive()) return;
  checkpoint.shared["factor"] = whole(factors_.factor);
  checkpoint.shared["deviation"] = whole(factors_.deviation);
}

void InflationFactors::load(const Checkpoint& checkpoint) {
  if (!adaptive()) return;
  factors_.factor = mine(checkpoint.shared.at("factor"));
  factors_.deviation = mine(checkpoint.shared.at("deviation"));
}

// Of a local inflation every rank has the factors of its rows.
Eigen::VectorXd InflationFactors::whole(const Eigen::VectorXd& my_factors) const {
  return kind_ == AdaptiveKind::local ? Eigen::VectorXd(comm_.all_rows(my_factors, state_)) : my_factors;
}

Eigen::VectorXd InflationFactors::mine(const Eigen::VectorXd& factors) const {
  return kind_ == AdaptiveKind::local ? Eigen::VectorXd(factors.segment(my_rows_.begin, my_rows_.size)) : factors;
}

}  // namespace semiflow
