#pragma once
#include <semiflow/assimilation/denkf.hpp>
#include <semiflow/assimilation/enkf.hpp>
#include <semiflow/assimilation/ensrf.hpp>
#include <semiflow/assimilation/etkf.hpp>
#include <semiflow/assimilation/finite_size.hpp>
#include <semiflow/assimilation/letkf.hpp>
#include <string>
#include <variant>
#include <vector>

#include "experiment.hpp"

namespace semiflow {

using Filter = std::variant<Etkf, StochasticEnkf, Ensrf, SerialEnkf, Denkf, FiniteSizeEnkf, Letkf>;

/// A filter that an experiment file can name.
struct NamedFilter {
  const char* name;
  const char* text;
  bool rotates;           ///< takes the key rotate
  bool knows_its_sample;  ///< takes the key certainty
  bool localises;         ///< takes the table localization
  Filter (*make)(const AssimilationOptions& options, const Grid& grid, std::uint64_t seed);
};
const std::vector<NamedFilter>& named_filters();

/// The keys of a filter but for members and times: method, rotate, certainty, inflation, localization.
void read_filter(const Table& table, AssimilationOptions& options);

/// With their keys, for 'semiflow list'.
std::string list_filters();

}  // namespace semiflow
