#pragma once
#include <semiflow/core/grid.hpp>

namespace semiflow {

/// Fields on another grid of the same box: [fields * from.points() x state] to [fields * to.points() x state]. The Fourier
/// modes that both grids have are kept, without Nyquist modes, as far as harmonics lie below share of the coarser one's
/// Nyquist harmonic along each axis; all others are zero. A share of 2/3 keeps what dealiasing by truncation keeps.
/// Throws Error if the boxes differ, the share is not in (0, 1] or the states have not whole fields.
Ensemble resampled(const Grid& from, const Grid& to, EnsembleView states, double share = 1);

}  // namespace semiflow
