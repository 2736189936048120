#pragma once
#include <semiflow/core/aligned.hpp>
#include <semiflow/pde/mode_set.hpp>
#include <semiflow/pde/semilinear.hpp>

// Diagonal coefficients of steppers on packed arrays. Private to this room.
namespace semiflow::diagonal {

/// L on the modes, field by field: [fields * modes].
Eigen::ArrayXcd packed_symbol(const Semilinear& equation, const ModeSet& modes);
/// The filter that the equation applies after every step, likewise.
Eigen::ArrayXd packed_filter(const Semilinear& equation, const ModeSet& modes);

/// A coefficient as the kernels take it: real ones are written out once more for the imaginary part. Throws Error
/// if it is not finite.
AlignedVector<std::complex<double>> coefficient(const Eigen::ArrayXcd& values, bool real);

}  // namespace semiflow::diagonal
