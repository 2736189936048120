#include <cmath>
#include <map>
#include <semiflow/core/error.hpp>
#include <semiflow/core/fft.hpp>
#include <semiflow/pde/resampling.hpp>
#include <vector>

namespace semiflow {

namespace {

std::vector<Index> harmonics(const std::vector<Eigen::ArrayXd>& of_axes, Index mode) {
  std::vector<Index> key;
  for (const Eigen::ArrayXd& axis : of_axes) key.push_back(std::lround(axis(mode)));
  return key;
}

std::vector<Eigen::ArrayXd> all_harmonics(const Grid& grid) {
  std::vector<Eigen::ArrayXd> axes;
  for (Index d = 0; d < grid.dimensions(); ++d) axes.push_back(grid.harmonic(d));
  return axes;
}

}  // namespace

Ensemble resampled(const Grid& from, const Grid& to, EnsembleView states, double share) {
  require(from.dimensions() == to.dimensions(), "grids of different dimensions have no common modes");
  for (Index d = 0; d < from.dimensions(); ++d)
    require(from.axis(d).length == to.axis(d).length, "the boxes of the two grids differ");
  require(share > 0 && share <= 1, "the share of the harmonics that are kept is in (0, 1]");
  require(states.rows() % from.points() == 0, "states must have whole fields");
  const Index fields = states.rows() / from.points();

  // Pairs of modes, by their harmonics along all axes.
  const std::vector<Eigen::ArrayXd> of_from = all_harmonics(from), of_to = all_harmonics(to);
  std::map<std::vector<Index>, Index> place;
  for (Index k = 0; k < from.modes(); ++k) place.emplace(harmonics(of_from, k), k);
  std::vector<std::pair<Index, Index>> kept;
  for (Index k = 0; k < to.modes(); ++k) {
    const std::vector<Index> n = harmonics(of_to, k);
    bool inside = true;
    for (Index d = 0; d < to.dimensions(); ++d) {
      const auto points = static_cast<double>(std::min(from.axis(d).points, to.axis(d).points));
      inside = inside && 2 * static_cast<double>(std::abs(n[static_cast<std::size_t>(d)])) < share * points;
    }
    if (inside) kept.emplace_back(place.at(n), k);
  }

  Fft forward(from), inverse(to);
  Spectrum modes(fields * from.modes(), states.cols());
  forward.forward(states, modes);
  Spectrum moved = Spectrum::Zero(fields * to.modes(), states.cols());
  const double scale = static_cast<double>(to.points()) / static_cast<double>(from.points());
  for (Index f = 0; f < fields; ++f)
    for (const auto& [source, target] : kept)
      moved.row(f * to.modes() + target) = scale * modes.row(f * from.modes() + source);
  Ensemble result(fields * to.points(), states.cols());
  inverse.inverse(moved, result);
  return result;
}

}  // namespace semiflow
