#include "failed_members.hpp"

#include <cmath>
#include <semiflow/core/error.hpp>
#include <semiflow/core/random.hpp>

namespace semiflow {

Index replace_failed_members(const RunContext& run, Ensemble& my_members, Index event, double time) {
  const Index all = run.experiment.assimilation->members, state = my_members.rows();
  Ensemble finite(1, my_members.cols());
  for (Index j = 0; j < finite.cols(); ++j) finite(0, j) = my_members.col(j).allFinite() ? 1 : 0;
  finite = run.comm.all_members(finite, all);
  std::vector<Index> good, failed;
  for (Index j = 0; j < all; ++j) (finite(0, j) == 1 ? good : failed).push_back(j);
  if (failed.empty()) return 0;
  const auto left = static_cast<Index>(good.size());
  if (left < 2 || 2 * left < all)
    throw Error(Fault::run, "cycle " + std::to_string(event) + ", time " + std::to_string(time),
                "only " + std::to_string(left) + " of " + std::to_string(all) +
                    " members are finite after the forecast, too few to replace the others",
                "the last checkpoint is kept; take a smaller model.dt, initial_std or inflation");

  Ensemble rows = run.comm.members_to_rows(my_members, all);
  const Share mine = run.comm.row_share(state);
  const Ensemble others = rows(Eigen::all, good);
  const Eigen::VectorXd deviation =
      ((others.colwise() - others.rowwise().mean()).rowwise().squaredNorm() / static_cast<double>(left - 1))
          .cwiseSqrt();
  for (const Index member : failed) {
    const auto key = [&](Purpose purpose) {
      return Key{run.experiment.seed, purpose, static_cast<std::uint64_t>(member), static_cast<std::uint64_t>(event)};
    };
    const double chance = uniform(1, key(replacement_choice))(0);
    const auto choice = std::min(left - 1, static_cast<Index>(chance * static_cast<double>(left)));
    const Eigen::VectorXd noise = standard_normal(state, key(replacement_noise)).segment(mine.begin, mine.size);
    rows.col(member) = others.col(choice) + replacement_perturbation * deviation.cwiseProduct(noise);
  }
  my_members = run.comm.rows_to_members(rows, state);
  return static_cast<Index>(failed.size());
}

}  // namespace semiflow
