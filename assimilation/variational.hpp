#pragma once
#include <cmath>
#include <functional>
#include <memory>
#include <semiflow/assimilation/observations.hpp>
#include <semiflow/core/error.hpp>
#include <utility>

namespace semiflow {

/// A root L of the background covariance, B = L L^T, by what it does: L [state x control] need not be square. An
/// ensemble's anomalies over sqrt(members - 1) make 3D-Var and 4D-Var ensemble-variational.
struct CovarianceRoot {
  /// times: [control x vectors] to [state x vectors]; transpose_times: [state x vectors] to [control x vectors].
  CovarianceRoot(Index count, std::function<Ensemble(EnsembleView)> apply, std::function<Ensemble(EnsembleView)> pull);
  template <class Matrix>
  CovarianceRoot(const Eigen::MatrixBase<Matrix>& matrix)  // NOLINT: a matrix is a root
      : CovarianceRoot(std::make_shared<const Eigen::MatrixXd>(matrix)) {}

  Index controls;
  std::function<Ensemble(EnsembleView)> times;
  std::function<Ensemble(EnsembleView)> transpose_times;

 private:
  explicit CovarianceRoot(const std::shared_ptr<const Eigen::MatrixXd>& matrix);
};

/// A square root of a covariance [state x state], which may be singular. Throws Error if it is not square, finite,
/// symmetric and positive semidefinite.
Eigen::MatrixXd covariance_root(const Eigen::MatrixXd& covariance);

/// What is known before the measurements: a mean [state] and a root of its error covariance.
struct Background {
  Eigen::VectorXd mean;
  CovarianceRoot root;
};

/// What sensors reported at a time within the window, and how they read the state.
template <DifferentiableObservation H>
struct ObservationEvent {
  H observe;
  Measurement measurement;
};

/// How to solve the linear problem of one Gauss-Newton iteration.
enum class InnerSolver {
  automatic,           ///< dense up to 128 controls
  dense,               ///< the Hessian from the tangents of every control, and its Cholesky factor
  conjugate_gradients  ///< one tangent and one adjoint an iteration
};

struct VariationalOptions {
  Index outer_iterations = 10;    ///< Gauss-Newton iterations at most; 1 is one linear analysis
  double outer_tolerance = 1e-6;  ///< converged after a step of the control with this root mean square
  InnerSolver solver = InnerSolver::automatic;
  Index inner_iterations = 500;    ///< conjugate gradients at most, in each outer iteration
  double inner_tolerance = 1e-10;  ///< of the residual, relative to the gradient
};

/// J(v) = |v|^2 / 2 + |R^-1/2 (y - H(M(mean + L v)))|^2 / 2, over all events, and its gradient [control].
struct Cost {
  double value = 0;
  Eigen::VectorXd gradient;
};

struct VariationalAnalysis {
  Eigen::VectorXd state;    ///< mean + L v at the beginning of the window: [state]
  Eigen::VectorXd control;  ///< v: [control]
  /// The Gauss-Newton Hessian I + S^T S with S = R^-1/2 H M L where the last step started, [control x control]; empty
  /// without the dense solver.
  Eigen::MatrixXd hessian;
  std::vector<double> costs;   ///< J of the background and after each outer iteration
  Index inner_iterations = 0;  ///< conjugate gradients, all together
  bool converged = false;      ///< to outer_tolerance
};

/// The covariance of the error of the analysis at the beginning of the window in the linear approximation, L (I + S^T
/// S)^-1 L^T: [state x state]. Throws Error for an analysis without the dense solver.
Eigen::MatrixXd analysis_covariance(const Background& background, const VariationalAnalysis& analysis);

namespace detail {

// The scaled departures R^-1/2 (y - H(M(x))) of a state x at the beginning, all events one after the other, with the
// derivative of R^-1/2 H(M(x)) and its transpose.
struct Linearisation {
  Eigen::VectorXd departures;
  std::function<Ensemble(EnsembleView)> tangent;
  std::function<Ensemble(EnsembleView)> adjoint;
};
using Linearise = std::function<Linearisation(const Eigen::VectorXd& state)>;

VariationalAnalysis gauss_newton(const Background& background, const Linearise& linearise,
                                 const VariationalOptions& options);
Cost variational_cost(const Background& background, const Linearise& linearise, const Eigen::VectorXd& control);

// R^-1/2 of an event: [sensor]. Throws Error if the measurement is wrong or not at time `after` or later.
Eigen::VectorXd scale_of(const Measurement& measurement, double after);
// Throws Error unless there is one finite prediction a sensor.
Eigen::VectorXd scaled_departure(EnsembleView predicted, const Measurement& measurement, const Eigen::VectorXd& scale);

// One segment of a window, from the time and state of the event before to the event at its end.
template <class H>
struct Segment {
  const ObservationEvent<H>* event;
  Interval window;
  Eigen::VectorXd scale;
  Index first_sensor;
  Eigen::VectorXd start, end;
};

// A control of the state at the beginning, or of it and the model's error over each segment, [state * (1 + event)]: an
// error per root of time, which is added at the end of the segment.
template <class M, class H>
Linearise linearise_window(M& model, double begin, const std::vector<ObservationEvent<H>>& events,
                           bool with_errors = false) {
  return [&model, begin, &events, with_errors](const Eigen::VectorXd& control) {
    const Index size = control.size() / (with_errors ? 1 + std::ssize(events) : 1);
    const auto add_error = [size, with_errors](EnsembleRef x, EnsembleView controls, Index segment, Interval window) {
      if (with_errors) x += std::sqrt(window.end - window.begin) * controls.middleRows((1 + segment) * size, size);
    };
    auto trajectory = std::make_shared<std::vector<Segment<H>>>();
    Linearisation result;
    Ensemble x = control.head(size);
    Index sensors = 0;
    double time = begin;
    for (const ObservationEvent<H>& event : events) {
      const Measurement& measurement = event.measurement;
      Segment<H> segment{.event = &event,
                         .window = {time, measurement.time},
                         .scale = scale_of(measurement, time),
                         .first_sensor = sensors,
                         .start = x,
                         .end = {}};
      model.advance(x, segment.window);
      add_error(x, control, std::ssize(*trajectory), segment.window);
      segment.end = x;
      const Eigen::VectorXd departure = scaled_departure(event.observe(x), measurement, segment.scale);
      time = measurement.time;
      sensors += departure.size();
      result.departures.conservativeResize(sensors);
      result.departures.tail(departure.size()) = departure;
      trajectory->push_back(std::move(segment));
    }
    result.tangent = [&model, trajectory, sensors, size, add_error](EnsembleView perturbations) {
      Ensemble v = perturbations.topRows(size), read(sensors, v.cols());
      for (std::size_t k = 0; k < trajectory->size(); ++k) {
        const Segment<H>& segment = (*trajectory)[k];
        Eigen::VectorXd moved = segment.start;
        model.advance_tangent(moved, v, segment.window);
        add_error(v, perturbations, static_cast<Index>(k), segment.window);
        read.middleRows(segment.first_sensor, segment.scale.size()) =
            segment.scale.asDiagonal() * Ensemble(segment.event->observe.tangent(segment.end, v));
      }
      return read;
    };
    result.adjoint = [&model, trajectory, size, controls = control.size(), with_errors](EnsembleView sensitivities) {
      Ensemble gathered(controls, sensitivities.cols()), w = Ensemble::Zero(size, sensitivities.cols());
      for (std::size_t k = trajectory->size(); k-- > 0;) {
        const Segment<H>& segment = (*trajectory)[k];
        const Ensemble scaled =
            segment.scale.asDiagonal() * sensitivities.middleRows(segment.first_sensor, segment.scale.size());
        w += segment.event->observe.adjoint(segment.end, scaled);
        if (with_errors)
          gathered.middleRows((1 + static_cast<Index>(k)) * size, size) =
              std::sqrt(segment.window.end - segment.window.begin) * w;
        model.adjoint(segment.start, w, segment.window);
      }
      gathered.topRows(size) = w;
      return gathered;
    };
    return result;
  };
}

// A model of an instant, so that 3D-Var is 4D-Var.
struct Instant {
  static void advance(EnsembleRef, Interval) {}
  static void advance_tangent(Eigen::Ref<Eigen::VectorXd>, EnsembleRef, Interval) {}
  static void adjoint(const Eigen::Ref<const Eigen::VectorXd>&, EnsembleRef, Interval) {}
};

}  // namespace detail

/// Strong-constraint incremental 4D-Var (Courtier et al. 1994): the state at the time begin that minimises J, see Cost,
/// by Gauss-Newton iterations with the exact tangent linear and adjoint of the model, in the control variable v that
/// makes the background term |v|^2 / 2. A step that does not lower J is halved until it does.
///
/// events are in the order of their times, none before begin; the model must be able to stop at each. For a linear model
/// and operator it is the Kalman smoother (without model error). Not collective: the state is one rank's.
/// Throws Error for sizes that do not fit, measurements that are not valid, options out of range, and a forecast that is
/// not finite.
template <DifferentiableModel M, DifferentiableObservation H>
VariationalAnalysis four_d_var(const Background& background, M& model, double begin,
                               const std::vector<ObservationEvent<H>>& events, const VariationalOptions& options = {}) {
  require(background.mean.size() == model.state_size(), "the background does not have the state of the model");
  return detail::gauss_newton(background, detail::linearise_window(model, begin, events), options);
}

/// J and its gradient at a control [control], for a minimiser of your own. Throws Error as four_d_var().
template <DifferentiableModel M, DifferentiableObservation H>
Cost four_d_var_cost(const Background& background, M& model, double begin,
                     const std::vector<ObservationEvent<H>>& events, const Eigen::VectorXd& control) {
  require(background.mean.size() == model.state_size(), "the background does not have the state of the model");
  return detail::variational_cost(background, detail::linearise_window(model, begin, events), control);
}

/// 3D-Var: the same at one time, whatever the measurement says it is. For a linear operator it is the Kalman update.
template <DifferentiableObservation H>
VariationalAnalysis three_d_var(const Background& background, const H& observe, const Measurement& measurement,
                                const VariationalOptions& options = {}) {
  detail::Instant model;
  const std::vector<ObservationEvent<H>> events{{.observe = observe, .measurement = measurement}};
  return detail::gauss_newton(background, detail::linearise_window(model, measurement.time, events), options);
}

}  // namespace semiflow
