#pragma once
#include <iosfwd>
#include <string>

namespace semiflow {

/// Prints what an experiment can choose from, with options and defaults; an empty word prints everything.
/// Throws Error(Fault::input) for a word that is no list.
void print_list(const std::string& what, std::ostream& out);

}  // namespace semiflow
