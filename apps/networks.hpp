#pragma once
#include <functional>
#include <memory>
#include <string>

#include "learned_model.hpp"

namespace semiflow {

/// What the command asks of the room of learned operators. That room needs libtorch, which takes a second to start and
/// brings three hundred libraries along, so it lies in a library of its own, semiflow_networks, that is loaded when an
/// experiment first asks for a network. Every entry is set. They throw Error as any function does.
struct Networks {
  std::function<std::string()> version;  ///< e.g. "libtorch 1.13.0"
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
