#include <fftw3.h>

#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <semiflow/core/error.hpp>
#include <semiflow/core/fft.hpp>
#include <tuple>
#include <utility>
#include <vector>

namespace semiflow {

namespace {

struct DestroyPlan {
  void operator()(fftw_plan_s* plan) const { fftw_destroy_plan(plan); }
};
using Plan = std::unique_ptr<fftw_plan_s, DestroyPlan>;

}  // namespace

// In one go, or, if only some columns are used, axis by axis: rows between the field and the modes, the other axes
// in place.
struct Fft::Plans {
  Plan rows_forward, rows_inverse;
  std::vector<Plan> forward, inverse;  // of the other axes, in the order of the way there
  Index rows = 0, row = 0, columns = 0;

  Plans(const std::vector<int>& shape, Index points, Index modes, unsigned flags, Index used_columns) {
    Eigen::VectorXd values(points);
    Eigen::VectorXcd spectrum(modes);
    auto* const complex = reinterpret_cast<fftw_complex*>(spectrum.data());
    const int n = shape.back();
    row = n / 2 + 1;
    rows = modes / row;
    columns = used_columns;
    if (shape.size() == 1 || columns >= row) {
      const int rank = static_cast<int>(shape.size());
      rows_forward.reset(fftw_plan_dft_r2c(rank, shape.data(), values.data(), complex, flags | FFTW_DESTROY_INPUT));
      rows_inverse.reset(fftw_plan_dft_c2r(rank, shape.data(), complex, values.data(), flags | FFTW_DESTROY_INPUT));
      rows = 0;
    } else {
      const int many = static_cast<int>(rows), apart = static_cast<int>(row);
      rows_forward.reset(fftw_plan_many_dft_r2c(1, &n, many, values.data(), nullptr, 1, n, complex, nullptr, 1, apart,
                                                flags | FFTW_DESTROY_INPUT));
      rows_inverse.reset(fftw_plan_many_dft_c2r(1, &n, many, complex, nullptr, 1, apart, values.data(), nullptr, 1, n,
                                                flags | FFTW_DESTROY_INPUT));
      plan_other_axes(shape, complex, flags);
    }
    const auto refused = [](const Plan& plan) { return !plan; };
    if (!rows_forward || !rows_inverse || std::ranges::any_of(forward, refused) ||
        std::ranges::any_of(inverse, refused))
      throw Error(Fault::run, "FFTW", "refused to plan a transform");
  }

  void plan_other_axes(const std::vector<int>& shape, fftw_complex* modes, unsigned flags) {
    for (std::size_t axis = shape.size() - 1; axis-- > 0;) {
      int stride = static_cast<int>(row), blocks = 1;
      for (std::size_t inner = axis + 1; inner + 1 < shape.size(); ++inner) stride *= shape[inner];
      for (std::size_t outer = 0; outer < axis; ++outer) blocks *= shape[outer];
      const fftw_iodim along{shape[axis], stride, stride};
      // The used columns, of every row within a block, of every block.
      const fftw_iodim others[] = {{static_cast<int>(columns), 1, 1},
                                   {stride / static_cast<int>(row), static_cast<int>(row), static_cast<int>(row)},
                                   {blocks, shape[axis] * stride, shape[axis] * stride}};
      const auto plan = [&](int sign) {
        return Plan(fftw_plan_guru_dft(1, &along, 3, others, modes, modes, sign, flags));
      };
      forward.push_back(plan(FFTW_FORWARD));
      inverse.insert(inverse.begin(), plan(FFTW_BACKWARD));
    }
  }
};

Fft::Fft(const Grid& grid, FftPlanning planning) : Fft(grid, planning, grid.modes()) {}

Fft::Fft(const Grid& grid, FftPlanning planning, Index columns)
    : plans_(plans_for(grid, planning, columns)), points_(grid.points()), mode_count_(grid.modes()) {}

std::shared_ptr<const Fft::Plans> Fft::plans_for(const Grid& grid, FftPlanning planning, Index columns) {
  // FFTW's planner is not reentrant, neither when it makes plans nor when it destroys them. So plans are made under
  // the lock and kept for the life of the program, which their making is worth anyhow.
  static std::mutex mutex;
  static std::map<std::tuple<std::vector<int>, FftPlanning, Index>, std::shared_ptr<const Plans>> cache;
  std::vector<int> shape;
  for (Index d = 0; d < grid.dimensions(); ++d) {
    require(grid.axis(d).points <= std::numeric_limits<int>::max(), "FFTW takes no axis of more than 2^31 - 1 points");
    shape.push_back(static_cast<int>(grid.axis(d).points));
  }
  require(columns > 0, "a transform needs at least one column");
  columns = std::min<Index>(columns, shape.back() / 2 + 1);

  const std::lock_guard lock(mutex);
  std::shared_ptr<const Plans>& cached = cache[{shape, planning, columns}];
  if (!cached) {
    const unsigned flags = planning == FftPlanning::estimated ? FFTW_ESTIMATE : FFTW_MEASURE;
    cached = std::make_shared<const Plans>(shape, grid.points(), grid.modes(), flags, columns);
  }
  return cached;
}

void Fft::forward_unchecked(double* values, std::complex<double>* modes) const {
  auto* const complex = reinterpret_cast<fftw_complex*>(modes);
  fftw_execute_dft_r2c(plans_->rows_forward.get(), values, complex);
  for (const Plan& plan : plans_->forward) fftw_execute_dft(plan.get(), complex, complex);
}

void Fft::inverse_unchecked(std::complex<double>* modes, double* values) const {
  auto* const complex = reinterpret_cast<fftw_complex*>(modes);
  for (const Plan& plan : plans_->inverse) fftw_execute_dft(plan.get(), complex, complex);
  const Index row = plans_->row, columns = plans_->columns;
  for (Index r = 0; r < plans_->rows; ++r)  // as doubles, which becomes memset
    std::fill_n(reinterpret_cast<double*>(modes + r * row + columns), 2 * (row - columns), 0.0);
  fftw_execute_dft_c2r(plans_->rows_inverse.get(), complex, values);
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
