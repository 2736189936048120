#include <algorithm>
#include <cmath>
#include <semiflow/assimilation/failed_members.hpp>
#include <semiflow/core/error.hpp>
#include <semiflow/core/random.hpp>
#include <string>

namespace semiflow {

void replace_failed_members(EnsembleRef rows, const std::vector<Index>& failed, const FailedMembersOptions& options) {
  require(options.perturbation >= 0 && std::isfinite(options.perturbation),
          "the perturbation of members that are replaced must be finite and not negative");
  if (failed.empty()) return;
  const Index members = rows.cols();
  require(std::ranges::adjacent_find(failed, std::greater_equal()) == failed.end() && failed.front() >= 0 &&
              failed.back() < members,
          "the members that failed must be members in ascending order");
  std::vector<Index> left;
  for (Index j = 0; j < members; ++j)
    if (!std::ranges::binary_search(failed, j)) left.push_back(j);
  const Index count = std::ssize(left);
  if (2 * count < members || count < 2)
    throw Error(Fault::run, "members",
                "the forecasts of " + std::to_string(members - count) + " of " + std::to_string(members) +
                    " members are not finite",
                "take a smaller model.dt or another inflation: fewer than half are too few to replace the others");

  // Column by column, so that a row is computed alike wherever it lies.
  Eigen::VectorXd mean = Eigen::VectorXd::Zero(rows.rows());
  for (const Index j : left) mean += rows.col(j);
  mean /= static_cast<double>(count);
  const double scale = options.perturbation / std::sqrt(static_cast<double>(count - 1));
  for (const Index i : failed) {
    // A stream for the choice and one for the perturbation.
    const auto key = [&](std::uint64_t part) {
      return Key{options.seed, failed_member, static_cast<std::uint64_t>(i), 2 * options.event + part};
    };
    const auto donor = static_cast<std::size_t>(uniform(1, key(0))(0) * static_cast<double>(count));
    const Eigen::VectorXd weights = scale * standard_normal(count, key(1));
    Eigen::VectorXd made = rows.col(left[donor]);
    for (Index k = 0; k < count; ++k) made += weights(k) * (rows.col(left[static_cast<std::size_t>(k)]) - mean);
    rows.col(i) = made;
  }
}

}  // namespace semiflow
