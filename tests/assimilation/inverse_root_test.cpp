#include <Eigen/Cholesky>
#include <catch2/catch.hpp>
#include <semiflow/assimilation/inverse_root.hpp>
#include <semiflow/assimilation/symmetric_eigen.hpp>

#include "example.hpp"

using namespace semiflow;

TEST_CASE("poles sum up to the inverse root over all magnitudes", "[inverse_root]") {
  for (double largest = 2; largest < 1e15; largest *= 2) {
    const auto [weight, shift] = detail::inverse_root_poles(largest);
    CHECK((weight > 0).all());
    CHECK((shift > 0).all());
    double worst = 0;
    for (int i = 0; i <= 100; ++i) {
      const double x = std::pow(largest, i / 100.0);
      worst = std::max(worst, std::abs((weight / (x + shift)).sum() * std::sqrt(x) - 1));
    }
    CHECK(worst < 2e-15 + 1e-17 * std::sqrt(largest));
  }
}

TEST_CASE("rows times functions of a matrix are what its eigenvectors give", "[inverse_root]") {
  const Index n = GENERATE(1, 2, 3, 7, 24, 41);
  const Eigen::MatrixXd factor = standard_normal(n * n, {1, 1000, 0}).reshaped(n, n);
  // Well conditioned, small, large, of rank one, diagonal with a negative rounding error, and zero.
  const Eigen::MatrixXd A =
      GENERATE_COPY(Eigen::MatrixXd(factor * factor.transpose()), Eigen::MatrixXd(1e-9 * factor * factor.transpose()),
                    Eigen::MatrixXd(1e4 * factor * factor.transpose()), Eigen::MatrixXd(Eigen::MatrixXd::Ones(n, n)),
                    Eigen::MatrixXd(Eigen::VectorXd::LinSpaced(n, -1e-17, 3).asDiagonal()),
                    Eigen::MatrixXd(Eigen::MatrixXd::Zero(n, n)));
  const auto [values, vectors] = detail::symmetric_eigen(A);
  const Eigen::ArrayXd root = (1 + values.array().max(0)).sqrt();
  const auto function = [&, &vectors = vectors](const Eigen::ArrayXd& of_values) -> Eigen::MatrixXd {
    return vectors * of_values.matrix().asDiagonal() * vectors.transpose();
  };

  detail::InverseRoot tested;
  tested.factor(Eigen::MatrixXd::Identity(5, 5));  // another matrix before, of another size
  tested.factor(A);
  const detail::RowStrip rows = standard_normal(detail::strip_rows * n, {1, 1000, 1}).reshaped(detail::strip_rows, n);
  // Both ways round the error by the square root of the condition.
  const double tolerance = 1e-13 * root.maxCoeff();

  detail::RowStrip product = rows;
  tested.rotate(product);
  tested.multiply_by_root(product);
  tested.rotate_back(product);
  CHECK(largest(product.matrix() - rows.matrix() * function(1 / root)) < tolerance);

  product = rows;
  tested.rotate(product);
  tested.multiply_by_complement(product);
  tested.rotate_back(product);
  CHECK(largest(product.matrix() - rows.matrix() * function(1 / (root * (1 + root)))) < tolerance);

  const Eigen::VectorXd vector = standard_normal(n, {1, 1000, 2});
  Eigen::VectorXd solution = vector;
  tested.solve(solution);
  product = rows;
  tested.rotate(product);
  const Eigen::MatrixXd M = A + Eigen::MatrixXd::Identity(n, n);
  CHECK(largest(product.matrix() * solution - rows.matrix() * M.llt().solve(vector)) < tolerance);
}
