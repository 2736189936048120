#pragma once
#include <deque>
#include <functional>
#include <semiflow/pde/spectral_model.hpp>

namespace semiflow {

/// How fast a state crosses the points of a grid, 1 / time: the maximum of sum over the axes of |velocity| / spacing over
/// this rank's points. Where ranks share the field it is collective, and copies are independent.
using AdvectionRate = std::function<double(const double* state)>;

/// Of the flow of a vorticity w with stream function psi = stream w, u = mean_x - psi_y, v = psi_x: three transforms.
/// Throws Error unless the grid is a plane.
AdvectionRate vorticity_rate(const Domain& domain, const Multiplier& stream, double mean_x = 0);
/// Of a line whose field is its own velocity, as in Burgers' equation: max |u| / dx. Throws Error unless it is a line.
AdvectionRate line_rate(const Grid& line);

struct CourantLimits {
  double dt0 = 0;       ///< the largest step, and the interval at which the step is chosen
  double target = 0.5;  ///< the largest Courant number dt * rate at the start of an interval
  Index max_level = 8;  ///< the smallest step is dt0 2^-max_level; at most 30
};

/// Solves an equation with steps that keep the Courant number (Courant, Friedrichs & Lewy 1928) at or below a target, a
/// ForecastModel: every interval dt0 is divided into 2^level steps, with the smallest level for which dt0 2^-level *
/// rate <= target at the start of the interval.
///
/// The level depends on that state alone, with no memory of earlier ones, and every member has its own. A state is
/// stored in physical space after every interval, so windows split at multiples of dt0 have the same bits as the whole.
/// That and the rate cost up to five transforms an interval. A solver is kept for every level that was used.
class CourantControl {
 public:
  /// Throws Error as SpectralModel does, or if a limit is out of range. Collective as the solver is.
  CourantControl(Semilinear equation, AdvectionRate rate, const CourantLimits& limits,
                 RungeKutta method = RungeKutta::etdrk4, const Execution& execution = {});

  const Semilinear& equation() const { return models_.front().equation(); }
  const Domain& domain() const { return models_.front().domain(); }
  const CourantLimits& limits() const { return limits_; }
  Index state_size() const { return models_.front().state_size(); }

  /// The level for an interval that begins with this state [state]. Throws Error as advance().
  Index level(const Eigen::Ref<const Eigen::VectorXd>& state);

  /// members: [state x member], changed in place. Throws Error if the window is not a whole number of intervals, the
  /// members have another number of rows, and, with the time and the member, if a state is not finite or needs a step
  /// below the smallest. Collective as the solver is.
  void advance(EnsembleRef members, Interval window);

  SpectralProfile profile() const;

 private:
  Index level(const double* state, const std::string& where);
  SpectralModel& model(Index level);

  AdvectionRate rate_;
  CourantLimits limits_;
  RungeKutta method_;
  Execution execution_;
  // Of level 0, 1, ..., as far as they were needed; what equation() and domain() return stays when more are made.
  std::deque<SpectralModel> models_;
};

static_assert(ForecastModel<CourantControl>);

}  // namespace semiflow
