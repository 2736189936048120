// Private to core.
#pragma once
#include <filesystem>
#include <string>

namespace semiflow::hdf5 {

/// The attribute that says at which level a variable is to be compressed when its file is finished.
inline constexpr const char* compression_attribute = "semiflow_compression";

/// Copies a closed result file, compressing the variables that ask for it: chunked by frame, small frames
/// several to a chunk. Not collective: one rank does it. Throws Error(Fault::run).
void repack(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace semiflow::hdf5
