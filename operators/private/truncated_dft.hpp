#pragma once
#include <torch/torch.h>

namespace semiflow {

/// The discrete Fourier transform of a few harmonics as products with real matrices, which on one core is faster than a
/// fast transform as long as the harmonics are few, and is exact for any number of points.
///
/// Coefficients are those of the Fourier series, i.e. the sum over points divided by their number: they do not depend on
/// the resolution. synthesis(analysis(x)) is x itself if x has no other harmonics.

/// Real signals, harmonics 0, ..., m - 1 in pairs (real, imaginary): [2 m x points].
torch::Tensor line_analysis(int64_t points, int64_t harmonics, torch::ScalarType type);
/// The way back: [points x 2 m]. The imaginary parts of harmonic 0 and of the Nyquist harmonic have no effect.
torch::Tensor line_synthesis(int64_t points, int64_t harmonics, torch::ScalarType type);

/// Complex signals in pairs (real, imaginary), harmonics -m, ..., m - 1 in this order: [2 * 2 m x 2 points].
torch::Tensor complex_analysis(int64_t points, int64_t harmonics, torch::ScalarType type);
/// The way back: [2 points x 2 * 2 m].
torch::Tensor complex_synthesis(int64_t points, int64_t harmonics, torch::ScalarType type);

}  // namespace semiflow
