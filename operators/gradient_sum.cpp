#include "private/gradient_sum.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <semiflow/core/error.hpp>
#include <vector>

namespace semiflow {

Share number_share(Index n, const Communicator& comm, int rank) {
  const Share blocks = comm.share((n + number_block - 1) / number_block, rank);
  const Index begin = std::min(n, blocks.begin * number_block);
  return {begin, std::min(n, blocks.end() * number_block) - begin};
}

void sum_rows_in_order(const torch::Tensor& rows, const Communicator& comm, torch::Tensor& sum) {
  const Index n = rows.size(1), mine = rows.size(0);
  const auto add = [](torch::Tensor& to, const torch::Tensor& parts) {
    to.copy_(parts[0]);
    for (int64_t i = 1; i < parts.size(0); ++i) to += parts[i];
  };
  if (comm.size() == 1) return add(sum, rows);
  const auto ranks = static_cast<std::size_t>(comm.size());
  std::vector<Index> parts(ranks);
  MPI_Allgather(&mine, 1, MPI_INT64_T, parts.data(), 1, MPI_INT64_T, comm.get());
  require(std::accumulate(parts.begin(), parts.end(), Index{0}) * n < std::numeric_limits<int>::max(),
          "a gradient in so many parts is too large for one message");
  // What I have of the numbers of each rank, row by row, and what each has of mine.
  const Share own = number_share(n, comm);
  std::vector<torch::Tensor> outgoing;
  std::vector<int> send_count(ranks), send_begin(ranks), receive_count(ranks), receive_begin(ranks);
  int sent = 0, received = 0;
  for (std::size_t r = 0; r < ranks; ++r) {
    const Share theirs = number_share(n, comm, static_cast<int>(r));
    if (mine > 1) outgoing.push_back(rows.slice(1, theirs.begin, theirs.end()).flatten());
    send_begin[r] = sent;
    receive_begin[r] = received;
    sent += send_count[r] = static_cast<int>(mine * theirs.size);
    received += receive_count[r] = static_cast<int>(parts[r] * own.size);
  }
  // A single row lies in the order of its receivers already.
  const torch::Tensor out = mine > 1 ? torch::cat(outgoing) : rows, in = torch::empty({received});
  MPI_Alltoallv(out.data_ptr<float>(), send_count.data(), send_begin.data(), MPI_FLOAT, in.data_ptr<float>(),
                receive_count.data(), receive_begin.data(), MPI_FLOAT, comm.get());
  torch::Tensor my_sum = sum.slice(0, own.begin, own.end());
  if (own.size > 0) add(my_sum, in.view({-1, own.size}));
}

void gather_shares(torch::Tensor values, const Communicator& comm) {
  if (comm.size() == 1) return;
  std::vector<int> size, begin;
  for (int r = 0; r < comm.size(); ++r) {
    const Share theirs = number_share(values.numel(), comm, r);
    size.push_back(static_cast<int>(theirs.size));
    begin.push_back(static_cast<int>(theirs.begin));
  }
  MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, values.data_ptr<float>(), size.data(), begin.data(), MPI_FLOAT,
                 comm.get());
}

}  // namespace semiflow
