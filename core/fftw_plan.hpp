#pragma once
#include <fftw3.h>

#include <semiflow/core/fft.hpp>
#include <vector>

// Plans of FFTW. Private to this room.
namespace semiflow::fftw {

enum class Kind { forward_real, inverse_real, forward, inverse };

/// What is transformed: a real array of this shape, out of place; or so many interleaved complex lines [points][lines],
/// in place.
struct Problem {
  Kind kind;
  std::vector<int> shape;
  int lines;
  FftPlanning planning;
  auto operator<=>(const Problem&) const = default;
};

/// The plan of a problem, made on first use and kept until the program ends, for arrays that are aligned to 16 bytes.
/// A real inverse destroys its input. Throws Error if FFTW refuses.
fftw_plan plan(const Problem& problem);

/// An axis' number of points as FFTW takes it. Throws Error if it has more than 2^31 - 1.
int points(const Axis& axis);

inline fftw_complex* as_fftw(std::complex<double>* modes) { return reinterpret_cast<fftw_complex*>(modes); }

/// What a patient planner found for the lengths that most people use, as FFTW writes it; empty for none.
extern const char* const wisdom;

}  // namespace semiflow::fftw
