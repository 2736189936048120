// A model against measurements of itself: the settings of published tables.
#pragma once
#include <algorithm>
#include <cmath>
#include <semiflow/assimilation/observations.hpp>
#include <semiflow/core/random.hpp>
#include <vector>

namespace semiflow {

// Truth and members start from Gaussian draws around the same mean; all of the state is observed, at regular times.
struct TwinSettings {
  Eigen::VectorXd start;
  double start_variance, interval, error_variance;
  Index cycles;
  double burn_in;  // in the time of the model
};

template <ForecastModel M>
struct TwinExperiment {
  TwinSettings settings;
  M model;
  std::uint64_t seed;
  Ensemble truth{};  // [state x cycle], at the measurements
  std::vector<Measurement> measurements{};

  TwinExperiment(const TwinSettings& s, const M& m, std::uint64_t number)
      : settings(s), model(m), seed(number), truth(s.start.size(), s.cycles) {
    const Index n = s.start.size();
    Ensemble state = s.start + std::sqrt(s.start_variance) * standard_normal(n, {seed, truth_perturbation, 0});
    const Eigen::VectorXd variance = Eigen::VectorXd::Constant(n, s.error_variance);
    for (Index k = 0; k < s.cycles; ++k) {
      model.advance(state, {time(k) - s.interval, time(k)});
      truth.col(k) = state;
      measurements.push_back(
          noisy_measurement(state.col(0), variance, static_cast<std::uint64_t>(k + 1), time(k), seed));
    }
  }

  double time(Index cycle) const { return static_cast<double>(cycle + 1) * settings.interval; }

  Ensemble members(Index count) const {
    Ensemble members(settings.start.size(), count);
    for (Index i = 0; i < count; ++i)
      members.col(i) = settings.start + std::sqrt(settings.start_variance) *
                                            standard_normal(settings.start.size(),
                                                            {seed, member_perturbation, static_cast<std::uint64_t>(i)});
    return members;
  }

  // The mean over the cycles after the burn-in of the root mean square of mean - truth, [state x cycle].
  double rmse(const Ensemble& means) const {
    double sum = 0;
    Index count = 0;
    for (Index k = 0; k < settings.cycles; ++k) {
      if (time(k) <= settings.burn_in) continue;
      sum += std::sqrt((means.col(k) - truth.col(k)).squaredNorm() / static_cast<double>(truth.rows()));
      ++count;
    }
    return sum / static_cast<double>(count);
  }
};

inline double median(std::vector<double> values) {
  std::ranges::sort(values);
  const std::size_t n = values.size();
  return (values[(n - 1) / 2] + values[n / 2]) / 2;
}

}  // namespace semiflow
