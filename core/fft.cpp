#include <fftw3.h>

#include <filesystem>
#include <map>
#include <mutex>
#include <semiflow/core/error.hpp>
#include <semiflow/core/fft.hpp>
#include <utility>
#include <vector>

namespace semiflow {

struct Fft::Plans {
  fftw_plan_s* forward;
  fftw_plan_s* inverse;

  Plans(const std::vector<int>& shape, Index points, Index modes, unsigned flags) {
    Eigen::VectorXd values(points);
    Eigen::VectorXcd spectrum(modes);
    auto* complex = reinterpret_cast<fftw_complex*>(spectrum.data());
    const int rank = static_cast<int>(shape.size());
    forward = fftw_plan_dft_r2c(rank, shape.data(), values.data(), complex, flags | FFTW_DESTROY_INPUT);
    inverse = fftw_plan_dft_c2r(rank, shape.data(), complex, values.data(), flags | FFTW_DESTROY_INPUT);
    if (forward == nullptr || inverse == nullptr) throw Error(Fault::run, "FFTW", "refused to plan a transform");
  }
  ~Plans() {
    fftw_destroy_plan(forward);
    fftw_destroy_plan(inverse);
  }
  Plans(const Plans&) = delete;
  Plans& operator=(const Plans&) = delete;
};

Fft::Fft(const Grid& grid, FftPlanning planning) : values_(grid.points()), modes_(grid.modes()) {
  // FFTW's planner is not reentrant, and its plans are worth keeping for the life of the program.
  static std::mutex mutex;
  static std::map<std::pair<std::vector<int>, FftPlanning>, std::weak_ptr<const Plans>> cache;
  std::vector<int> shape;
  for (Index d = 0; d < grid.dimensions(); ++d) shape.push_back(static_cast<int>(grid.axis(d).points));

  const std::lock_guard lock(mutex);
  auto& cached = cache[{shape, planning}];
  plans_ = cached.lock();
  if (!plans_) {
    const unsigned flags = planning == FftPlanning::estimated ? FFTW_ESTIMATE : FFTW_MEASURE;
    cached = plans_ = std::make_shared<const Plans>(shape, points(), modes(), flags);
  }
}

void Fft::forward_unchecked(double* values, std::complex<double>* modes) const {
  fftw_execute_dft_r2c(plans_->forward, values, reinterpret_cast<fftw_complex*>(modes));
}

void Fft::inverse_unchecked(std::complex<double>* modes, double* values) const {
  fftw_execute_dft_c2r(plans_->inverse, reinterpret_cast<fftw_complex*>(modes), values);
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

bool load_fft_wisdom(const std::string& path) {
  if (!std::filesystem::exists(path)) return false;
  if (fftw_import_wisdom_from_filename(path.c_str()) == 0)
    throw Error(Fault::input, path, "FFTW does not accept this file as wisdom", "delete it, it will be made anew");
  return true;
}

void save_fft_wisdom(const std::string& path) {
  if (fftw_export_wisdom_to_filename(path.c_str()) == 0) throw Error(Fault::run, path, "cannot write FFTW's wisdom");
}

}  // namespace semiflow
