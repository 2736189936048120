#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace semiflow {

/// The number of single-character insertions, deletions, replacements and swaps of neighbours that turn a into b, where
/// no substring is edited twice (optimal string alignment, the restricted distance of Damerau and Levenshtein).
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The candidate that word was probably meant to be, or none. In this order, ignoring case: the fewest edits, if at
/// most max(1, length of word / 3); a candidate that word is the beginning of, or the other way round; one that
/// contains word or is contained in it. A beginning or a part counts from three characters on. The first candidate wins
/// a tie.
std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates);

}  // namespace semiflow
