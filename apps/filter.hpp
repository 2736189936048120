#pragma once
#include <semiflow/assimilation/constant_gain.hpp>
#include <semiflow/assimilation/correlation_etkf.hpp>
#include <semiflow/assimilation/denkf.hpp>
#include <semiflow/assimilation/enkf.hpp>
#include <semiflow/assimilation/ensrf.hpp>
#include <semiflow/assimilation/etkf.hpp>
#include <semiflow/assimilation/finite_size.hpp>
#include <semiflow/assimilation/letkf.hpp>
#include <semiflow/assimilation/local_eakf.hpp>
#include <semiflow/assimilation/particle_filter.hpp>
#include <semiflow/assimilation/schur_enkf.hpp>
#include <semiflow/assimilation/sensor_gain.hpp>
#include <semiflow/assimilation/smoothers/enks.hpp>
#include <semiflow/assimilation/wiener_gain.hpp>
#include <string>
#include <variant>
#include <vector>

#include "learned_observer.hpp"
#include "run.hpp"

namespace semiflow {

using Filter =
    std::variant<Etkf, StochasticEnkf, Ensrf, SerialEnkf, Denkf, FiniteSizeEnkf, Letkf, LocalEakf, SchurEnkf,
                 ConstantGain, WienerGain, SensorWienerGain, LearnedObserver, ParticleFilter, CorrelationEtkf, Enks>;

enum class FilterKind {
  ensemble,
  observer,         ///< one member
  smoother,         ///< an ensemble at the beginning of a window
  extended_kalman,  ///< one state and its covariance
  four_d_var        ///< one state, estimated over a window
};

/// Numbers of a state whose covariance is still made.
inline constexpr Index largest_covariance = 4096;

/// A method that an experiment file can name.
struct NamedFilter {
  const char* name;
  const char* text;
  FilterKind kind;
  std::vector<std::string_view> keys;  ///< of [assimilation], that not every method takes
  Filter (*make)(RunContext& run);     ///< of an ensemble or an observer

  bool takes(std::string_view key) const;
};
const std::vector<NamedFilter>& named_filters();

/// The keys of a method: all but its times and where it begins.
void read_filter(const Table& table, const Experiment& experiment, AssimilationOptions& options);

/// With their keys, for 'semiflow list'.
std::string list_filters();

}  // namespace semiflow
