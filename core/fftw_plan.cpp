#include "fftw_plan.hpp"

#include <limits>
#include <map>
#include <mutex>
#include <semiflow/core/aligned.hpp>
#include <semiflow/core/error.hpp>

namespace semiflow::fftw {

namespace {

fftw_plan make(const Problem& p) {
  std::size_t values = 1, modes = 1;
  for (std::size_t d = 0; d < p.shape.size(); ++d) {
    const auto n = static_cast<std::size_t>(p.shape[d]);
    values *= n;
    modes *= d + 1 == p.shape.size() && p.lines == 0 ? n / 2 + 1 : n;
  }
  AlignedVector<double> real(p.lines == 0 ? values : 0);
  AlignedVector<std::complex<double>> complex(p.lines == 0 ? modes : modes * static_cast<std::size_t>(p.lines));
  const unsigned flags = p.planning == FftPlanning::estimated ? FFTW_ESTIMATE : FFTW_MEASURE;
  const int rank = static_cast<int>(p.shape.size());
  fftw_complex* const m = as_fftw(complex.data());
  switch (p.kind) {
    case Kind::forward_real:
      return fftw_plan_dft_r2c(rank, p.shape.data(), real.data(), m, flags | FFTW_PRESERVE_INPUT);
    case Kind::inverse_real:
      return fftw_plan_dft_c2r(rank, p.shape.data(), m, real.data(), flags | FFTW_DESTROY_INPUT);
    default:
      return fftw_plan_many_dft(rank, p.shape.data(), p.lines, m, nullptr, p.lines, 1, m, nullptr, p.lines, 1,
                                p.kind == Kind::forward ? FFTW_FORWARD : FFTW_BACKWARD, flags);
  }
}

}  // namespace

fftw_plan plan(const Problem& problem) {
  // FFTW's planner is not reentrant, neither when it makes plans nor when it destroys them. So plans are made under
  // the lock and kept for the life of the program, which their making is worth anyhow.
  static std::mutex mutex;
  static std::map<Problem, fftw_plan> plans;
  // A library of another version, or a processor without the instructions, has no use for it and plans by rule.
  static const bool wise = *wisdom == '\0' || fftw_import_wisdom_from_string(wisdom) == 1;
  static_cast<void>(wise);
  const std::lock_guard lock(mutex);
  fftw_plan& known = plans[problem];
  if (!known) known = make(problem);
  if (!known) throw Error(Fault::run, "FFTW", "refused to plan a transform");
  return known;
}

int points(const Axis& axis) {
  require(axis.points <= std::numeric_limits<int>::max(), "FFTW takes no axis of more than 2^31 - 1 points");
  return static_cast<int>(axis.points);
}

}  // namespace semiflow::fftw
