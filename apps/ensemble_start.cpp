#include "ensemble_start.hpp"

#include <limits>
#include <semiflow/core/error.hpp>
#include <semiflow/core/random.hpp>

#include "climatology.hpp"
#include "record.hpp"

namespace semiflow {

Ensemble first_members(RunContext& run) {
  const Experiment& e = run.experiment;
  const AssimilationOptions& a = *e.assimilation;
  const Share mine = run.comm.share(a.members);
  if (a.initial_interval > 0) return free_run(run, a.initial_interval, a.members).middleCols(mine.begin, mine.size);
  const Eigen::VectorXd truth = read_truth(run, 0, 1);
  Ensemble members(truth.size(), mine.size);
  for (Index j = 0; j < mine.size; ++j) {
    const Key key{e.seed, member_perturbation, static_cast<std::uint64_t>(mine.begin + j)};
    members.col(j) = truth + a.initial_std * standard_normal(truth.size(), key);
  }
  return members;
}

void require_finite_members(const RunContext& run, const Ensemble& my_members, Index event, double time) {
  const Share mine = run.comm.share(run.experiment.assimilation->members);
  Index bad = std::numeric_limits<Index>::max();
  for (Index j = my_members.cols() - 1; j >= 0; --j)
    if (!my_members.col(j).allFinite()) bad = mine.begin + j;
  bad = run.comm.minimum(bad);
  if (bad == std::numeric_limits<Index>::max()) return;
  throw Error(Fault::run,
              "cycle " + std::to_string(event) + ", time " + std::to_string(time) + ", member " + std::to_string(bad),
              "the forecast is not finite",
              "the last checkpoint is kept; take a smaller model.dt or another inflation");
}

}  // namespace semiflow
