#pragma once
#include <optional>
#include <semiflow/assimilation/variational.hpp>

namespace semiflow {

struct EnsembleVariationalOptions {
  /// A root of the matrix, e.g. of correlations, that multiplies the sample covariance element by element, to localise it
  /// in space: [state x control]. Without it nothing is localised.
  std::optional<CovarianceRoot> localization{};
  /// A root of a covariance that is added, the same at all times: hybrid 4D-EnVar.
  std::optional<CovarianceRoot> static_root{};
  double ensemble_weight = 1;  ///< factor of the sample covariance
  VariationalOptions minimisation = {};
};

/// What 4D-EnVar finds: state is at the beginning of the window; control and hessian are of member after member, each with
/// the controls of the localisation, and then of the static root.
struct EnsembleVariationalAnalysis : VariationalAnalysis {
  Ensemble states;  ///< [state x event], at the time of each event
};

namespace detail {

// The covariance of 4D-EnVar: with the anomalies X_i(t) of member i over sqrt(members - 1), the increments at the time t
// are sqrt(weight) sum_i X_i(t) o (C a_i) + L v.
class EnsembleCovariance {
 public:
  EnsembleCovariance(Index state, Index members, const EnsembleVariationalOptions& options);

  Index controls() const { return members_ * localization_.controls + (static_root_ ? static_root_->controls : 0); }

  // anomalies [state x member] at a time; controls [control x vectors] to increments [state x vectors] there.
  Ensemble times(const Ensemble& anomalies, EnsembleView controls) const;
  // The transpose.
  Ensemble transpose_times(const Ensemble& anomalies, EnsembleView states) const;

  // Mean and scaled anomalies. Throws Error if a member is not finite.
  std::pair<Eigen::VectorXd, Ensemble> split(EnsembleView members) const;

 private:
  Index members_;
  CovarianceRoot localization_;
  std::optional<CovarianceRoot> static_root_;
  double weight_;
};

CovarianceRoot identity_root(Index size);

// The ensemble at an event.
template <class H>
struct EnsembleAtEvent {
  const ObservationEvent<H>* event;
  Eigen::VectorXd scale, mean;
  Ensemble anomalies;
};

}  // namespace detail

/// 4D-EnVar (Liu, Xiao & Wang 2008; Buehner et al. 2010): the increments over a window that minimise the cost of 4D-Var,
/// among those that an ensemble of forecasts spans. What the model does to an increment is what it does to the members,
/// so it needs no tangent and no adjoint and is run once; an operator that is not linear is linearised anew in every
/// outer iteration. The background is the mean of the members at each time.
///
/// For linear operators, without localisation and static root, it is the mean of the ensemble Kalman smoother, see Enks;
/// with them, at one time, 3D-EnVar with the hybrid covariance of Hamill & Snyder (2000). The localisation is the same
/// at all times, which the flow makes wrong for long windows.
///
/// members: [state x member] at the time begin, at least two; events as for four_d_var(). Not collective.
/// Throws Error as four_d_var(), and for a weight that is negative or not finite.
template <ForecastModel M, DifferentiableObservation H>
EnsembleVariationalAnalysis four_d_envar(EnsembleView members, M& model, double begin,
                                         const std::vector<ObservationEvent<H>>& events,
                                         const EnsembleVariationalOptions& options = {}) {
  require(members.rows() == model.state_size(), "the members do not have the state of the model");
  const detail::EnsembleCovariance covariance(members.rows(), members.cols(), options);
  const auto [mean, anomalies] = covariance.split(members);

  std::vector<detail::EnsembleAtEvent<H>> window;
  Ensemble moved = members;
  double time = begin;
  for (const ObservationEvent<H>& event : events) {
    Eigen::VectorXd scale = detail::scale_of(event.measurement, time);
    model.advance(moved, {time, event.measurement.time});
    time = event.measurement.time;
    auto [centre, spread] = covariance.split(moved);
    window.push_back({&event, std::move(scale), std::move(centre), std::move(spread)});
  }

  const detail::Linearise linearise = [&](const Eigen::VectorXd& control) {
    auto states = std::make_shared<std::vector<Eigen::VectorXd>>();
    detail::Linearisation result;
    for (const auto& [event, scale, centre, spread] : window) {
      states->push_back(centre + covariance.times(spread, control).col(0));
      const Eigen::VectorXd departure =
          detail::scaled_departure(event->observe(states->back()), event->measurement, scale);
      result.departures.conservativeResize(result.departures.size() + departure.size());
      result.departures.tail(departure.size()) = departure;
    }
    result.tangent = [&, states, sensors = result.departures.size()](EnsembleView controls) {
      Ensemble read(sensors, controls.cols());
      Index row = 0;
      for (std::size_t k = 0; k < window.size(); ++k) {
        const auto& [event, scale, centre, spread] = window[k];
        read.middleRows(row, scale.size()) =
            scale.asDiagonal() * Ensemble(event->observe.tangent((*states)[k], covariance.times(spread, controls)));
        row += scale.size();
      }
      return read;
    };
    result.adjoint = [&, states](EnsembleView sensitivities) {
      Ensemble sum = Ensemble::Zero(covariance.controls(), sensitivities.cols());
      Index row = 0;
      for (std::size_t k = 0; k < window.size(); ++k) {
        const auto& [event, scale, centre, spread] = window[k];
        const Ensemble scaled = scale.asDiagonal() * sensitivities.middleRows(row, scale.size());
        sum += covariance.transpose_times(spread, event->observe.adjoint((*states)[k], scaled));
        row += scale.size();
      }
      return sum;
    };
    return result;
  };

  const Background background{.mean = Eigen::VectorXd::Zero(covariance.controls()),
                              .root = detail::identity_root(covariance.controls())};
  EnsembleVariationalAnalysis analysis{detail::gauss_newton(background, linearise, options.minimisation),
                                       Ensemble(members.rows(), std::ssize(window))};
  analysis.state = mean + covariance.times(anomalies, analysis.control).col(0);
  for (Index k = 0; k < analysis.states.cols(); ++k) {
    const auto& at = window[static_cast<std::size_t>(k)];
    analysis.states.col(k) = at.mean + covariance.times(at.anomalies, analysis.control).col(0);
  }
  return analysis;
}

}  // namespace semiflow
