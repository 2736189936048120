#pragma once
#include <array>
#include <semiflow/core/ensemble.hpp>

namespace semiflow {

/// The functions of exponential integrators, phi_0(z) = exp(z) and
///
///   phi_{k+1}(z) = (phi_k(z) - 1/k!) / z,  phi_k(0) = 1/k!,
///
/// for k = 0..3, element by element (Hochbruck & Ostermann 2010, Eq. 2.10). By the recurrence where it does
/// not cancel, |z| >= 2, and by the power series elsewhere: relative accuracy 1e-14 in the whole plane but near
/// the zeros of the functions, where it is that of their neighbourhood. (The circles of Kassam & Trefethen
/// (2005) fail where a node of the circle meets the origin, as it may for equations with damping and waves.)
std::array<Eigen::ArrayXcd, 4> phi(const Eigen::ArrayXcd& z);

}  // namespace semiflow
