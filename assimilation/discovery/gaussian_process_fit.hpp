#pragma once
#include <semiflow/core/fft.hpp>
#include <span>

namespace semiflow {

struct GaussianProcessOptions {
  double smoothness = 3;     ///< nu > 0 of the Matern kernel
  double length = 10;        ///< of the kernel, in units of the grid's
  double tolerance = 1e-10;  ///< of the residual of the equations, relative
  Index max_iterations = 20000;
};

/// Fields on a periodic grid from their values at some of its points, by the regression of a Gaussian process without noise
/// (Rasmussen & Williams 2006, 2.2), i.e. by radial basis functions on all sensors: the kernel is Matern's with periodic
/// distances, of an unknown mean.
///
/// On a grid the kernel is known by its inverse, a Fourier symbol (2 nu / length^2 + |k|^2)^(nu + d / 2) (Whittle 1954;
/// Lindgren, Rue & Lindstrom 2011), and the mean of the process given the sensors is the smoothest field through them: it
/// minimises sum |u_k|^2 symbol(k) over the values at the other points. Conjugate gradients find those. Sensors keep their
/// values, constants are exact, and it is one linear operator for all fields.
class GaussianProcessFit {
 public:
  /// Throws Error if there are no sensors, one is repeated or beyond the grid, or an option is out of range.
  GaussianProcessFit(const Grid& grid, std::span<const Index> sensors, const GaussianProcessOptions& options = {});

  /// The field [point] from its values [sensor]. Throws Error if the shape does not fit, a value is not finite or the
  /// iteration does not converge: lower the smoothness.
  Eigen::VectorXd operator()(const Eigen::Ref<const Eigen::VectorXd>& values);

 private:
  Eigen::VectorXd roughness(const Eigen::VectorXd& field);

  GaussianProcessOptions options_;
  std::vector<Index> sensors_, others_;
  Eigen::ArrayXd symbol_;  // [mode], the largest is 1
  Fft fft_;
  Spectrum modes_;
};

}  // namespace semiflow
