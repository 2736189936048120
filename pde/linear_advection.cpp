#include <algorithm>
#include <cmath>
#include <semiflow/core/error.hpp>
#include <semiflow/pde/linear_advection.hpp>
#include <semiflow/pde/spectral_model.hpp>

namespace semiflow {

LinearAdvection::LinearAdvection(const Options& options) : options_(options) {
  require(options.points >= 1, "the line has at least one point");
  require(std::isfinite(options.damping), "the damping is finite");
  require(std::isfinite(options.dt) && options.dt > 0, "the time step is positive");
}

void LinearAdvection::move(EnsembleRef columns, Interval window, Index direction) {
  const Index steps = whole_steps(window, options_.dt), n = options_.points;
  require(columns.rows() == n, "the members do not have the state of the model");
  const Index cells = steps % n * (direction * options_.shift % n) % n;
  const double factor = std::pow(options_.damping, static_cast<double>(steps));
  for (Index j = 0; j < columns.cols(); ++j) {
    auto column = columns.col(j);
    std::rotate(column.begin(), column.end() - (cells + n) % n, column.end());
    column *= factor;
  }
}

void LinearAdvection::advance(EnsembleRef members, Interval window) { move(members, window, 1); }

void LinearAdvection::advance_tangent(Eigen::Ref<Eigen::VectorXd> state, EnsembleRef perturbations, Interval window) {
  require(state.size() == state_size(), "the state does not have the size of the model");
  move(perturbations, window, 1);
  move(state, window, 1);
}

void LinearAdvection::adjoint(const Eigen::Ref<const Eigen::VectorXd>& state, EnsembleRef sensitivities,
                              Interval window) {
  require(state.size() == state_size(), "the state does not have the size of the model");
  move(sensitivities, window, -1);
}

}  // namespace semiflow
