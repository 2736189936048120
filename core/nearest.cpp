#include <algorithm>
#include <semiflow/core/nearest.hpp>
#include <vector>

namespace semiflow {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  // Rows i - 2, i - 1 and i of the table d(i, j) = distance of the first i characters of a to the first j of b.
  std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::swap(before, above);
    std::swap(above, row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = a[i - 1] == b[j - 1];
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (same ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row[b.size()];
}

namespace {

// ASCII only: the keys and words of an experiment file are.
std::string lower_case(std::string_view word) {
  std::string result(word);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

bool part_of(std::string_view a, std::string_view b) {
  constexpr std::size_t shortest_part = 3;
  const auto [part, whole] = a.size() < b.size() ? std::pair(a, b) : std::pair(b, a);
  return part.size() >= shortest_part && whole.find(part) != std::string_view::npos;
}

bool beginning_of(std::string_view a, std::string_view b) {
  return part_of(a, b) && (a.starts_with(b) || b.starts_with(a));
}

}  // namespace

std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates) {
  const std::string wanted = lower_case(word);
  const std::string* best = nullptr;
  std::size_t fewest = std::max<std::size_t>(1, wanted.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(wanted, lower_case(candidate));
    // Two words without a common character are not near, however short they are.
    if (distance < fewest && distance < std::max(wanted.size(), candidate.size())) {
      fewest = distance;
      best = &candidate;
    }
  }
  for (const auto& related : {beginning_of, part_of}) {
    if (best) break;
    const auto found =
        std::ranges::find_if(candidates, [&](const std::string& c) { return related(wanted, lower_case(c)); });
    if (found != candidates.end()) best = &*found;
  }
  return best ? std::optional(*best) : std::nullopt;
}

}  // namespace semiflow
