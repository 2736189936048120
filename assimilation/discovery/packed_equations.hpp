// Private to discovery/: normal equations as a column of numbers, to travel between ranks.
#pragma once
#include <Eigen/Core>
#include <semiflow/assimilation/discovery/normal_equations.hpp>

namespace semiflow::detail {

inline Index packed_size(Index terms) { return terms * (terms + 1) + 2; }

inline Eigen::VectorXd packed(const NormalEquations& block) {
  Eigen::VectorXd numbers(packed_size(block.terms()));
  numbers << block.gram.reshaped(), block.projection, block.target_square, block.rows;
  return numbers;
}

inline NormalEquations unpacked(const Eigen::Ref<const Eigen::VectorXd>& numbers, Index terms) {
  return {.gram = numbers.head(terms * terms).reshaped(terms, terms),
          .projection = numbers.segment(terms * terms, terms),
          .target_square = numbers(terms * (terms + 1)),
          .rows = numbers(terms * (terms + 1) + 1)};
}

}  // namespace semiflow::detail
