#pragma once
#include <filesystem>
#include <vector>

namespace semiflow {

/// Puts PNG pictures of one size and colour type into one animated PNG, which browsers and most viewers show, and all
/// others as its first frame (PNG specification, third edition, W3C 2025, section 11.3.4). It runs for ever. Throws
/// Error if a picture cannot be read, is no PNG or differs from the first in size or type.
void write_animated_png(const std::vector<std::filesystem::path>& frames, const std::filesystem::path& animation,
                        int frames_per_second);

}  // namespace semiflow
