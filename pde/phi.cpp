#include <cmath>
#include <semiflow/pde/phi.hpp>

namespace semiflow {

namespace {

using Phi = std::array<std::complex<double>, 4>;

Phi by_series(std::complex<double> z) {
  constexpr int terms = 28;  // 2^28 / 31! is 1e-25
  Phi phi{std::exp(z)};
  for (int k = 1; k < 4; ++k) {
    // sum of z^n / (n + k)!, from the inside: 1/k! (1 + z/(k+1) (1 + z/(k+2) (1 + ...)))
    std::complex<double> sum = 1;
    for (int n = terms; n > 0; --n) sum = 1.0 + z / static_cast<double>(n + k) * sum;
    phi[static_cast<std::size_t>(k)] = sum / std::tgamma(k + 1);
  }
  return phi;
}

Phi by_recurrence(std::complex<double> z) {
  Phi phi{std::exp(z)};
  phi[1] = (phi[0] - 1.0) / z;
  phi[2] = (phi[1] - 1.0) / z;
  phi[3] = (phi[2] - 0.5) / z;
  return phi;
}

}  // namespace

std::array<Eigen::ArrayXcd, 4> phi(const Eigen::ArrayXcd& z) {
  std::array<Eigen::ArrayXcd, 4> result;
  result.fill(Eigen::ArrayXcd(z.size()));
  for (Index i = 0; i < z.size(); ++i) {
    const Phi values = std::abs(z(i)) < 2 ? by_series(z(i)) : by_recurrence(z(i));
    for (std::size_t k = 0; k < 4; ++k) result[k](i) = values[k];
  }
  return result;
}

}  // namespace semiflow
