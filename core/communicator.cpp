#include <algorithm>
#include <cstdint>
#include <limits>
#include <numeric>
#include <semiflow/core/communicator.hpp>
#include <semiflow/core/error.hpp>
#include <vector>

namespace semiflow {

MPI_Comm Communicator::duplicate(MPI_Comm comm) {
  MPI_Comm copy;
  MPI_Comm_dup(comm, &copy);
  return copy;
}

Communicator Communicator::split(int colour) const {
  MPI_Comm part;
  MPI_Comm_split(handle_, colour, rank(), &part);
  return Communicator(part);
}

int Communicator::rank() const {
  int rank;
  MPI_Comm_rank(handle_, &rank);
  return rank;
}

int Communicator::size() const {
  int size;
  MPI_Comm_size(handle_, &size);
  return size;
}

Share Communicator::share(Index n, int rank) const {
  const Index each = n / size(), extra = n % size();
  return {rank * each + std::min<Index>(rank, extra), each + (rank < extra ? 1 : 0)};
}

Share Communicator::row_share(Index n, int rank) const {
  const Share blocks = share((n + row_block - 1) / row_block, rank);
  const Index begin = std::min(n, blocks.begin * row_block);
  return {begin, std::min(n, blocks.end() * row_block) - begin};
}

namespace {

int to_int(Index n) {
  require(n <= std::numeric_limits<int>::max(), "MPI cannot move more than 2^31 - 1 entries in one message");
  return static_cast<int>(n);
}

// Asked of the whole matrix, not of one rank's block, so that every rank comes to the same verdict.
void require_countable(Index all_rows, Index all_members) {
  static_cast<void>(to_int(std::max(all_rows, all_members)));
}

// Counts and offsets of blocks that lie one after the other in the order of the ranks.
struct Layout {
  std::vector<int> counts, offsets;

  void add(Index count) {
    offsets.push_back(counts.empty() ? 0 : to_int(Index{offsets.back()} + counts.back()));
    counts.push_back(to_int(count));
  }
  Index total() const { return Index{offsets.back()} + counts.back(); }
};

// Everybody gets everybody's block. The rank's own block is the one that layout says.
void gather(const double* mine, double* all, const Layout& layout, const Communicator& comm) {
  MPI_Allgatherv(mine, layout.counts[static_cast<std::size_t>(comm.rank())], MPI_DOUBLE, all, layout.counts.data(),
                 layout.offsets.data(), MPI_DOUBLE, comm.get());
}

// Every rank sends one block to every rank. A block is described to MPI as it lies in its column-major
// matrix, so nothing has to be packed.
class Exchange {
 public:
  Exchange() = default;
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  ~Exchange() {
    for (MPI_Datatype& type : types_) MPI_Type_free(&type);
  }

  // Rows and cols must fit into an int; the place of the block is part of its type, because MPI_Alltoallw's own
  // offsets are ints in bytes, which end at 2 GiB.
  void add(Index rows, Index cols, Index outer_stride, Index first_entry) {
    constexpr MPI_Aint entry = sizeof(double);
    const MPI_Aint place = first_entry * entry;
    MPI_Datatype block, type;
    MPI_Type_create_hvector(static_cast<int>(cols), static_cast<int>(rows), outer_stride * entry, MPI_DOUBLE, &block);
    MPI_Type_create_hindexed_block(1, 1, &place, block, &type);
    MPI_Type_free(&block);
    MPI_Type_commit(&type);
    types_.push_back(type);
    counts_.push_back(rows * cols > 0 ? 1 : 0);
  }

  static void run(const double* from, const Exchange& send, double* to, const Exchange& receive, MPI_Comm comm) {
    const std::vector<int> offsets(send.counts_.size(), 0);
    MPI_Alltoallw(from, send.counts_.data(), offsets.data(), send.types_.data(), to, receive.counts_.data(),
                  offsets.data(), receive.types_.data(), comm);
  }

 private:
  std::vector<int> counts_;
  std::vector<MPI_Datatype> types_;
};

}  // namespace

Eigen::VectorXd Communicator::sum_in_order(const Eigen::MatrixXd& parts) const {
  Index count = parts.cols();
  std::vector<Index> counts(static_cast<std::size_t>(size()));
  static_assert(sizeof(Index) == sizeof(std::int64_t));
  MPI_Allgather(&count, 1, MPI_INT64_T, counts.data(), 1, MPI_INT64_T, handle_);
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(parts.rows());
  const Index columns = std::accumulate(counts.begin(), counts.end(), Index{0});
  constexpr Index few = 1 << 18;  // numbers
  if (columns * parts.rows() > few) {
    // From rank to rank: slower than to gather what is small, but never more than one column in memory.
    const int length = to_int(parts.rows());
    if (rank() > 0) MPI_Recv(sum.data(), length, MPI_DOUBLE, rank() - 1, 0, handle_, MPI_STATUS_IGNORE);
    for (Index j = 0; j < parts.cols(); ++j) sum += parts.col(j);
    if (rank() + 1 < size()) MPI_Send(sum.data(), length, MPI_DOUBLE, rank() + 1, 0, handle_);
    broadcast(sum, size() - 1);
    return sum;
  }
  Layout layout;
  for (const Index n : counts) layout.add(n * parts.rows());
  Eigen::MatrixXd all(parts.rows(), columns);
  gather(parts.data(), all.data(), layout, *this);
  for (Index j = 0; j < all.cols(); ++j) sum += all.col(j);
  return sum;
}

Index Communicator::minimum(Index value) const {
  MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_INT64_T, MPI_MIN, handle_);
  return value;
}

Index Communicator::maximum(Index value) const { return -minimum(-value); }

double Communicator::maximum(double value) const {
  MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_DOUBLE, MPI_MAX, handle_);
  return value;
}

void Communicator::broadcast(EnsembleRef matrix, int root) const {
  if (size() == 1) return;
  require(matrix.outerStride() == matrix.rows() || matrix.cols() == 1, "a broadcast matrix must be contiguous");
  MPI_Bcast(matrix.data(), to_int(matrix.size()), MPI_DOUBLE, root, handle_);
}

void Communicator::broadcast(std::string& text, int root) const {
  Index length = static_cast<Index>(text.size());
  MPI_Bcast(&length, 1, MPI_INT64_T, root, handle_);
  const int count = to_int(length);
  text.resize(static_cast<std::size_t>(length));
  MPI_Bcast(text.data(), count, MPI_CHAR, root, handle_);
}

Ensemble Communicator::all_members(EnsembleView mine, Index count) const {
  if (size() == 1) return mine;
  const Ensemble contiguous = mine;
  Layout layout;
  for (int r = 0; r < size(); ++r) layout.add(mine.rows() * share(count, r).size);
  Ensemble result(mine.rows(), count);
  gather(contiguous.data(), result.data(), layout, *this);
  return result;
}

Ensemble Communicator::all_rows(EnsembleView mine, Index all_rows) const {
  if (size() == 1) return mine;
  // One column is contiguous over the ranks; several are gathered as the rows of the transposed matrix.
  const Ensemble transposed = mine.transpose();
  Layout layout;
  for (int r = 0; r < size(); ++r) layout.add(mine.cols() * row_share(all_rows, r).size);
  Ensemble result(mine.cols(), all_rows);
  gather(transposed.data(), result.data(), layout, *this);
  return result.transpose();
}

std::vector<Share> Communicator::row_shares(Index n) const {
  std::vector<Share> shares;
  for (int r = 0; r < size(); ++r) shares.push_back(row_share(n, r));
  return shares;
}

Ensemble Communicator::members_to_rows(EnsembleView mine, Index all_members) const {
  if (size() == 1) return mine;
  return members_to_rows(mine, all_members, row_shares(mine.rows()));
}

Ensemble Communicator::rows_to_members(EnsembleView mine, Index all_rows) const {
  if (size() == 1) return mine;
  return rows_to_members(mine, row_shares(all_rows));
}

Ensemble Communicator::members_to_rows(EnsembleView mine, Index all_members, const std::vector<Share>& shares) const {
  require_countable(mine.rows(), all_members);
  const Share rows = shares[static_cast<std::size_t>(rank())];
  Ensemble result(rows.size, all_members);
  Exchange send, receive;
  for (int r = 0; r < size(); ++r) {
    const Share their_rows = shares[static_cast<std::size_t>(r)], their_members = share(all_members, r);
    send.add(their_rows.size, mine.cols(), mine.outerStride(), their_rows.begin);
    receive.add(rows.size, their_members.size, rows.size, their_members.begin * rows.size);
  }
  Exchange::run(mine.data(), send, result.data(), receive, handle_);
  return result;
}

Ensemble Communicator::rows_to_members(EnsembleView mine, const std::vector<Share>& shares) const {
  const Index all_rows = shares.back().end();
  require_countable(all_rows, mine.cols());
  const Share members = share(mine.cols());
  Ensemble result(all_rows, members.size);
  Exchange send, receive;
  for (int r = 0; r < size(); ++r) {
    const Share their_rows = shares[static_cast<std::size_t>(r)], their_members = share(mine.cols(), r);
    send.add(mine.rows(), their_members.size, mine.outerStride(), their_members.begin * mine.outerStride());
    receive.add(their_rows.size, members.size, all_rows, their_rows.begin);
  }
  Exchange::run(mine.data(), send, result.data(), receive, handle_);
  return result;
}

Eigen::MatrixXd Communicator::send_columns(const Eigen::MatrixXd& columns,
                                           const std::vector<std::vector<Index>>& to) const {
  const auto ranks = static_cast<std::size_t>(size());
  require(to.size() == ranks, "there must be a list of columns for every rank");
  std::vector<Index> sent(ranks), received(ranks), order;
  for (std::size_t r = 0; r < ranks; ++r) {
    sent[r] = std::ssize(to[r]);
    order.insert(order.end(), to[r].begin(), to[r].end());
  }
  MPI_Alltoall(sent.data(), 1, MPI_INT64_T, received.data(), 1, MPI_INT64_T, handle_);
  // Counted in columns, so that 2^31 of them may travel.
  Layout send, receive;
  for (const Index count : sent) send.add(count);
  for (const Index count : received) receive.add(count);
  const Eigen::MatrixXd packed = columns(Eigen::all, order);
  Eigen::MatrixXd result(columns.rows(), receive.total());
  MPI_Datatype column;
  MPI_Type_contiguous(to_int(columns.rows()), MPI_DOUBLE, &column);
  MPI_Type_commit(&column);
  MPI_Alltoallv(packed.data(), send.counts.data(), send.offsets.data(), column, result.data(), receive.counts.data(),
                receive.offsets.data(), column, handle_);
  MPI_Type_free(&column);
  return result;
}

}  // namespace semiflow
