#include <fftw3.h>

#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <semiflow/core/error.hpp>
#include <semiflow/core/fft.hpp>
#include <utility>
#include <vector>

namespace semiflow {

namespace {

struct DestroyPlan {
  void operator()(fftw_plan_s* plan) const { fftw_destroy_plan(plan); }
};
using Plan = std::unique_ptr<fftw_plan_s, DestroyPlan>;

}  // namespace

struct Fft::Plans {
  Plan forward, inverse;

  Plans(const std::vector<int>& shape, Index points, Index modes, unsigned flags) {
    Eigen::VectorXd values(points);
    Eigen::VectorXcd spectrum(modes);
    auto* complex = reinterpret_cast<fftw_complex*>(spectrum.data());
    const int rank = static_cast<int>(shape.size());
    forward.reset(fftw_plan_dft_r2c(rank, shape.data(), values.data(), complex, flags | FFTW_DESTROY_INPUT));
    inverse.reset(fftw_plan_dft_c2r(rank, shape.data(), complex, values.data(), flags | FFTW_DESTROY_INPUT));
    if (!forward || !inverse) throw Error(Fault::run, "FFTW", "refused to plan a transform");
  }
};

Fft::Fft(const Grid& grid, FftPlanning planning)
    : plans_(plans_for(grid, planning)), values_(grid.points()), modes_(grid.modes()) {}

std::shared_ptr<const Fft::Plans> Fft::plans_for(const Grid& grid, FftPlanning planning) {
  // FFTW's planner is not reentrant, neither when it makes plans nor when it destroys them. So plans are made under
  // the lock and kept for the life of the program, which their making is worth anyhow.
  static std::mutex mutex;
  static std::map<std::pair<std::vector<int>, FftPlanning>, std::shared_ptr<const Plans>> cache;
  std::vector<int> shape;
  for (Index d = 0; d < grid.dimensions(); ++d) {
    require(grid.axis(d).points <= std::numeric_limits<int>::max(), "FFTW takes no axis of more than 2^31 - 1 points");
    shape.push_back(static_cast<int>(grid.axis(d).points));
  }

  const std::lock_guard lock(mutex);
  std::shared_ptr<const Plans>& cached = cache[{shape, planning}];
  if (!cached) {
    const unsigned flags = planning == FftPlanning::estimated ? FFTW_ESTIMATE : FFTW_MEASURE;
    cached = std::make_shared<const Plans>(shape, grid.points(), grid.modes(), flags);
  }
  return cached;
}

void Fft::forward_unchecked(double* values, std::complex<double>* modes) const {
  fftw_execute_dft_r2c(plans_->forward.get(), values, reinterpret_cast<fftw_complex*>(modes));
}

void Fft::inverse_unchecked(std::complex<double>* modes, double* values) const {
  fftw_execute_dft_c2r(plans_->inverse.get(), reinterpret_cast<fftw_complex*>(modes), values);
}

void Fft::forward(EnsembleView values, SpectrumRef modes) {
  const Index n = points(), k = this->modes(), fields = values.rows() / n;
  require(values.rows() == fields * n, "the values do not match the grid");
  require(modes.rows() == fields * k && modes.cols() == values.cols(), "the modes do not match the values");
  for (Index member = 0; member < values.cols(); ++member) {
    for (Index field = 0; field < fields; ++field) {
      values_ = values.col(member).segment(field * n, n);
      forward_unchecked(values_.data(), modes_.data());
      modes.col(member).segment(field * k, k) = modes_;
    }
  }
}

void Fft::inverse(SpectrumView modes, EnsembleRef values) {
  const Index n = points(), k = this->modes(), fields = modes.rows() / k;
  require(modes.rows() == fields * k, "the modes do not match the grid");
  require(values.rows() == fields * n && values.cols() == modes.cols(), "the values do not match the modes");
  const double scale = 1 / static_cast<double>(n);
  for (Index member = 0; member < modes.cols(); ++member) {
    for (Index field = 0; field < fields; ++field) {
      modes_ = scale * modes.col(member).segment(field * k, k);
      inverse_unchecked(modes_.data(), values_.data());
      values.col(member).segment(field * n, n) = values_;
    }
  }
}

}  // namespace semiflow
