#pragma once
#include <torch/torch.h>

#include <semiflow/core/communicator.hpp>

namespace semiflow {

/// The sum of all ranks' rows, in single precision and in the order of the ranks and their rows: every number has the same
/// bits on any number of ranks as long as the rows are the same. rows: [my rows x numbers], contiguous. Each rank adds up
/// its share of the numbers, and all get them all: sum [numbers], which may be the one row that a rank has. Collective.
void sum_rows_in_order(const torch::Tensor& rows, const Communicator& comm, torch::Tensor& sum);

}  // namespace semiflow
