#pragma once
#include <functional>
#include <memory>
#include <semiflow/operators/coordinate_network.hpp>
#include <semiflow/operators/learned_gain.hpp>
#include <string>

#include "learned_model.hpp"

namespace semiflow {

class GainNetwork;  // gain_network.hpp

/// Fields between sensors by a network of the coordinates.
struct NetworkInterpolation {
  CoordinateNetworkOptions network{};
  /// The fields of a snapshot have a network of their own; otherwise all snapshots share the features of one, and their
  /// last layer is solved by ridge regression with this penalty.
  bool shared_features = false;
  double penalty = 1e-10;
};

/// What the command asks of the room of learned operators. That room needs libtorch, which takes a second to start and
/// brings three hundred libraries along, so it lies in a library of its own, semiflow_networks, that is loaded when an
/// experiment first asks for a network. Every entry is set. They throw Error as any function does.
struct Networks {
  std::function<std::string()> version;  ///< e.g. "libtorch 1.13.0"
  /// Fields seen at sensors [sensor x axis], in units of the box, as values [sensor x field], so many fields a snapshot:
  /// the fields at all points [point x axis], [point x field]. See CoordinateNetwork and SharedFeatures.
  std::function<Eigen::MatrixXd(const Eigen::MatrixXd& sensors, const Eigen::MatrixXd& values, Eigen::Index fields,
                                const Eigen::MatrixXd& points, const NetworkInterpolation& options)>
      interpolate;
  std::function<std::shared_ptr<GainNetwork>(const Grid&, Index fields, const LearnedGainOptions&)> make_gain;
  /// A Surrogate with first weights; solver_dt is that of a corrected solver.
  std::function<std::unique_ptr<LearnedModel>(const SurrogateOptions& options, const Semilinear& equation,
                                              double solver_dt)>
      make_surrogate;
};

/// The room, loaded at the first call; not for two threads at a time. Throws Error(Fault::input) if its library is missing
/// (a build with SEMIFLOW_WITH_TORCH=OFF has none), cannot be loaded, or belongs to another build of the command.
///
/// The library shares the command's own copy of core and pde, with what they remember: the command exports its symbols,
/// and those come first.
const Networks& networks();

}  // namespace semiflow
