#pragma once
#include <torch/torch.h>

#include <semiflow/core/communicator.hpp>

namespace semiflow {

/// Numbers are dealt out in blocks: a sum over a block has the same bits whoever has it.
inline constexpr Index number_block = 4096;

/// The share of n numbers that a rank has, in whole blocks but for the last.
Share number_share(Index n, const Communicator& comm, int rank);
inline Share number_share(Index n, const Communicator& comm) { return number_share(n, comm, comm.rank()); }

/// The sum of all ranks' rows, in single precision and in the order of the ranks and their rows: every number has the same
/// bits on any number of ranks as long as the rows are the same. rows: [my rows x numbers], contiguous. Only my share of
/// sum [numbers] is written; sum may be the one row that a rank has. Collective.
void sum_rows_in_order(const torch::Tensor& rows, const Communicator& comm, torch::Tensor& sum);

/// Every rank's share of values [numbers] to all ranks. Collective.
void gather_shares(torch::Tensor values, const Communicator& comm);

}  // namespace semiflow
