#include <Random123/philox.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <semiflow/core/random.hpp>

namespace semiflow {

namespace {

using Quad = std::array<double, 4>;

// Four numbers in (0, 1) for one value of the counter.
Quad uniform_quad(Key key, std::uint64_t counter) {
  const r123::Philox4x64::ctr_type bits =
      r123::Philox4x64{}({{counter, key.item, key.step, 0}}, {{key.seed, key.purpose}});
  Quad quad;
  for (std::size_t i = 0; i < 4; ++i)  // the largest sum is rounded to 2^53
    quad[i] = std::min((static_cast<double>(bits[i] >> 11) + 0.5) * 0x1p-53, 1 - 0x1p-53);
  return quad;
}

// std::normal_distribution gives other numbers in other standard libraries.
Quad normal_quad(Key key, std::uint64_t counter) {
  const Quad u = uniform_quad(key, counter);
  Quad quad;
  for (std::size_t i = 0; i < 4; i += 2) {
    const double radius = std::sqrt(-2 * std::log(u[i])), angle = 2 * std::numbers::pi * u[i + 1];
    quad[i] = radius * std::cos(angle);
    quad[i + 1] = radius * std::sin(angle);
  }
  return quad;
}

template <class Generator>
Eigen::VectorXd draw(Index n, Key key, Generator quad) {
  Eigen::VectorXd values(n);
  for (Index i = 0; i < n; i += 4) {
    const Quad four = quad(key, static_cast<std::uint64_t>(i / 4));
    for (Index j = i; j < std::min(i + 4, n); ++j) values(j) = four[static_cast<std::size_t>(j - i)];
  }
  return values;
}

}  // namespace

Eigen::VectorXd standard_normal(Index n, Key key) { return draw(n, key, normal_quad); }

Eigen::VectorXd uniform(Index n, Key key) { return draw(n, key, uniform_quad); }

}  // namespace semiflow
