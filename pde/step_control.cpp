#include <cmath>
#include <semiflow/core/error.hpp>
#include <semiflow/pde/step_control.hpp>
#include <sstream>
#include <string>
#include <utility>

namespace semiflow {

namespace {

std::string text(double number) {
  std::ostringstream out;
  out << number;
  return out.str();
}

class VorticityRate {
 public:
  VorticityRate(const Domain& domain, const Multiplier& stream, double mean_x)
      : fft_(domain, FftPlanning::estimated, domain.grid().modes()),
        u_(velocity(domain.grid(), stream, 0, -1)),
        v_(velocity(domain.grid(), stream, 1, 1)),
        mean_x_(mean_x),
        spectrum_(Eigen::VectorXcd::Zero(fft_.modes())),
        modes_(fft_.modes()),
        values_(fft_.points()) {
    const auto inverse_spacing = [&](Index d) {
      return static_cast<double>(domain.grid().axis(d).points) / domain.grid().axis(d).length;
    };
    per_dx_ = inverse_spacing(1);
    per_dy_ = inverse_spacing(0);
  }

  double operator()(const double* state) {
    values_ = Eigen::Map<const Eigen::VectorXd>(state, values_.size());
    fft_.forward(values_.data(), spectrum_.data());
    modes_ = spectrum_.array() * v_;
    fft_.inverse(modes_.data(), values_.data());
    rate_ = values_.array().abs() * per_dy_;
    modes_ = spectrum_.array() * u_;
    fft_.inverse(modes_.data(), values_.data());
    rate_ += (values_.array() + mean_x_).abs() * per_dx_;
    return rate_.size() == 0 ? 0 : rate_.maxCoeff();
  }

 private:
  // The derivative of the stream function along an axis, over the number of points, as the transform holds it.
  Eigen::ArrayXcd velocity(const Grid& grid, const Multiplier& stream, Index axis, double sign) const {
    Eigen::ArrayXcd symbol = sign / static_cast<double>(grid.points()) * derivative(grid, axis, 1).symbol.values();
    if (stream.symbol.size() > 0) symbol *= stream.symbol.values();
    return fft_.layout().arrange(symbol);
  }

  SlabFft fft_;
  Eigen::ArrayXcd u_, v_;
  double mean_x_, per_dx_, per_dy_;
  Eigen::VectorXcd spectrum_, modes_;
  Eigen::VectorXd values_;
  Eigen::ArrayXd rate_;
};

}  // namespace

AdvectionRate vorticity_rate(const Domain& domain, const Multiplier& stream, double mean_x) {
  require(domain.grid().dimensions() == 2, "the vorticity equation lives on a plane");
  require(std::isfinite(mean_x), "the mean velocity must be finite");
  return VorticityRate(domain, stream, mean_x);
}

AdvectionRate line_rate(const Grid& line) {
  require(line.dimensions() == 1, "a field that is its own velocity lives on a line");
  const Axis axis = line.axis(0);
  return [axis](const double* state) {
    return Eigen::Map<const Eigen::VectorXd>(state, axis.points).cwiseAbs().maxCoeff() *
           static_cast<double>(axis.points) / axis.length;
  };
}

CourantControl::CourantControl(Semilinear equation, AdvectionRate rate, const CourantLimits& limits, RungeKutta method,
                               const Execution& execution)
    : rate_(std::move(rate)), limits_(limits), method_(method), execution_(execution) {
  require(rate_ != nullptr, "step control needs a rate of advection");
  require(std::isfinite(limits.target) && limits.target > 0, "the target of the Courant number must be positive");
  require(limits.max_level >= 0 && limits.max_level <= 30, "max_level is from 0 to 30");
  models_.emplace_back(std::move(equation), limits.dt0, method, execution);
}

SpectralModel& CourantControl::model(Index level) {
  while (std::ssize(models_) <= level)
    models_.emplace_back(equation(), std::ldexp(limits_.dt0, -static_cast<int>(std::ssize(models_))), method_,
                         execution_);
  return models_[static_cast<std::size_t>(level)];
}

Index CourantControl::level(const double* state, const std::string& where) {
  if (domain().any(!Eigen::Map<const Eigen::ArrayXd>(state, state_size()).isFinite().all()))
    throw Error(Fault::run, where, "the state is not finite",
                "look at the last finite state; a smaller target of the Courant number or more dissipation may help");
  double rate = rate_(state);
  if (const auto& ranks = domain().communicator()) rate = ranks->maximum(rate);
  for (Index level = 0; level <= limits_.max_level; ++level)
    if (std::ldexp(limits_.dt0, -static_cast<int>(level)) * rate <= limits_.target) return level;
  throw Error(Fault::run, where,
              "the flow needs a time step of " + text(limits_.target / rate) + ", below the smallest, " +
                  text(std::ldexp(limits_.dt0, -static_cast<int>(limits_.max_level))),
              "raise max_level, or the target of the Courant number, or look why the flow is so fast");
}

Index CourantControl::level(const Eigen::Ref<const Eigen::VectorXd>& state) {
  require(state.size() == state_size(), "the state does not have the size of the model");
  return level(state.data(), {});
}

void CourantControl::advance(EnsembleRef members, Interval window) {
  require(members.rows() == state_size(), "the members do not have the state of the model");
  const Index intervals = whole_steps(window, limits_.dt0);
  for (Index member = 0; member < members.cols(); ++member) {
    for (Index i = 0; i < intervals; ++i) {
      const double time = window.begin + static_cast<double>(i) * limits_.dt0;
      const Index chosen = level(members.col(member).data(),
                                 "time " + text(time) + ", member " + std::to_string(member) + " of the call");
      model(chosen).advance(members.middleCols(member, 1), {0, limits_.dt0});
    }
  }
}

SpectralProfile CourantControl::profile() const {
  SpectralProfile sum;
  for (const SpectralModel& model : models_) {
    sum.fft += model.profile().fft;
    sum.step += model.profile().step;
  }
  return sum;
}

}  // namespace semiflow
