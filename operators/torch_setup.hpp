#pragma once
#include <string>

namespace semiflow {

/// Prepares libtorch for this process: one thread, memory that is kept instead of being handed back to the kernel
/// after every tensor. Everything public in this room calls it before its first tensor;
/// further calls do nothing. Not for two threads at a time.
///
/// Throws Error(Fault::run) if this libtorch multiplies matrices wrongly, which some builds do.
void prepare_torch();

/// For the record of a result, e.g. "libtorch 1.13.0".
std::string torch_version();

}  // namespace semiflow
