#pragma once
#include "step_network.hpp"

namespace semiflow {

/// SurrogateKind::torchscript: the module of a file. Throws Error(Fault::input) if there is none; its step does if the result
/// has another shape or precision than the states.
std::shared_ptr<StepNetwork> read_script(const std::filesystem::path& path, int64_t fields);

}  // namespace semiflow
