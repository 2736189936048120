// Private to core.
#pragma once
#include <filesystem>
#include <string>

namespace semiflow {

/// Brings a closed file to the disk and gives it its final name, replacing what was there: after a crash or
/// a power cut the name leads to the old content or the new one, never to a part. Returns what went wrong,
/// or an empty text. Not collective: one rank does it.
std::string rename_durably(const std::filesystem::path& from, const std::filesystem::path& to);

/// The directory that holds path; "." for a bare name.
std::filesystem::path directory_of(const std::filesystem::path& path);

}  // namespace semiflow
