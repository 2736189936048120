#pragma once
#include <semiflow/pde/initial_states.hpp>
#include <semiflow/pde/kuramoto_sivashinsky.hpp>
#include <semiflow/pde/spectral_model.hpp>
#include <vector>

namespace semiflow {

// States of the attractor of Kuramoto-Sivashinsky, an interval apart: count matrices [point x step], from the random
// fields first, first + 1, ...
inline std::vector<Eigen::MatrixXd> attractor(const Grid& line, double spin_up, std::uint64_t seed, Index first,
                                              Index count, Index steps, double interval = 1) {
  SpectralModel model(kuramoto_sivashinsky(line), 0.1);
  std::vector<Eigen::MatrixXd> all;
  for (Index i = 0; i < count; ++i) {
    Ensemble u = gaussian_random_field(line, 2, 0.5, 1, seed, static_cast<std::uint64_t>(first + i));
    model.advance(u, {0, spin_up});
    Eigen::MatrixXd states(line.points(), steps + 1);
    for (Index k = 0; k <= steps; ++k) {
      states.col(k) = u.col(0);
      model.advance(u, {0, interval});
    }
    all.push_back(states);
  }
  return all;
}

}  // namespace semiflow
