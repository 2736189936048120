#include <semiflow/core/error.hpp>
#include <semiflow/core/fft.hpp>

#include "fftw_plan.hpp"

namespace semiflow {

Fft::Fft(const Grid& grid, FftPlanning planning) : points_(grid.points()), mode_count_(grid.modes()) {
  std::vector<int> shape;
  for (Index d = 0; d < grid.dimensions(); ++d) shape.push_back(fftw::points(grid.axis(d)));
  forward_ = fftw::plan({fftw::Kind::forward_real, shape, 0, planning});
  inverse_ = fftw::plan({fftw::Kind::inverse_real, shape, 0, planning});
}

void Fft::forward_unchecked(double* values, std::complex<double>* modes) const {
  fftw_execute_dft_r2c(forward_, values, fftw::as_fftw(modes));
}

void Fft::inverse_unchecked(std::complex<double>* modes, double* values) const {
  fftw_execute_dft_c2r(inverse_, fftw::as_fftw(modes), values);
}
void Fft::forward(EnsembleView values, SpectrumRef modes) {
  const Index n = points(), k = this->modes(), fields = values.rows() / n;
  values_.resize(n);
  modes_.resize(k);
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
  values_.resize(n);
  modes_.resize(k);
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
