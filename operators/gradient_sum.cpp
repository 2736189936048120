#include "private/gradient_sum.hpp"

#include <limits>
#include <numeric>
#include <semiflow/core/error.hpp>
#include <vector>

namespace semiflow {

torch::Tensor sum_rows_in_order(const torch::Tensor& rows, const Communicator& comm) {
  const Index n = rows.size(1), mine = rows.size(0);
  const auto add = [](torch::Tensor& sum, const torch::Tensor& parts) {
    for (int64_t i = 0; i < parts.size(0); ++i) sum += parts[i];
  };
  if (comm.size() == 1) {
    torch::Tensor sum = torch::zeros({n});
    add(sum, rows);
    return sum;
  }
  const auto ranks = static_cast<std::size_t>(comm.size());
  std::vector<Index> parts(ranks);
  MPI_Allgather(&mine, 1, MPI_INT64_T, parts.data(), 1, MPI_INT64_T, comm.get());
  require(std::accumulate(parts.begin(), parts.end(), Index{0}) * n < std::numeric_limits<int>::max(),
          "a gradient in so many parts is too large for one message");
  // What I have of the numbers of each rank, row by row, and what each has of mine.
  const Share own = comm.share(n);
  std::vector<torch::Tensor> outgoing;
  std::vector<int> send_count(ranks), send_begin(ranks), receive_count(ranks), receive_begin(ranks), share(ranks),
      begin(ranks);
  int sent = 0, received = 0;
  for (std::size_t r = 0; r < ranks; ++r) {
    const Share theirs = comm.share(n, static_cast<int>(r));
    outgoing.push_back(rows.slice(1, theirs.begin, theirs.end()).flatten());
    share[r] = static_cast<int>(theirs.size);
    begin[r] = static_cast<int>(theirs.begin);
    send_begin[r] = sent;
    receive_begin[r] = received;
    sent += send_count[r] = static_cast<int>(mine * theirs.size);
    received += receive_count[r] = static_cast<int>(parts[r] * own.size);
  }
  const torch::Tensor out = torch::cat(outgoing), in = torch::empty({received});
  MPI_Alltoallv(out.data_ptr<float>(), send_count.data(), send_begin.data(), MPI_FLOAT, in.data_ptr<float>(),
                receive_count.data(), receive_begin.data(), MPI_FLOAT, comm.get());
  torch::Tensor sum = torch::zeros({own.size});
  if (own.size > 0) add(sum, in.view({-1, own.size}));
  const torch::Tensor all = torch::empty({n});
  MPI_Allgatherv(sum.data_ptr<float>(), share[static_cast<std::size_t>(comm.rank())], MPI_FLOAT, all.data_ptr<float>(),
                 share.data(), begin.data(), MPI_FLOAT, comm.get());
  return all;
}

}  // namespace semiflow
