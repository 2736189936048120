#pragma once
#include <mpi.h>

#include <semiflow/core/ensemble.hpp>
#include <string>
#include <utility>
#include <vector>

namespace semiflow {

/// Half-open range of global indices that one rank owns. It may be empty.
struct Share {
  Index begin = 0;
  Index size = 0;
  Index end() const { return begin + size; }
};

/// Rows are dealt out and worked on in blocks of this fixed global size, so that every product and sum
/// has the same shape, and therefore the same bits, on any number of ranks.
inline constexpr Index row_block = 32;

/// Owns an MPI communicator. Every call below is collective over it unless it says otherwise.
/// MPI's own error handler ends the program on a failed call, so none is checked here. What is too large for one
/// message (2^31 - 1 entries in a matrix that every rank gets, as many rows or members in one that is dealt out) is an
/// Error, on every rank alike.
class Communicator {
 public:
  static Communicator self() { return Communicator(duplicate(MPI_COMM_SELF)); }
  /// Duplicates the given communicator, so that our messages never meet the caller's. Collective over it.
  static Communicator duplicate_of(MPI_Comm comm) { return Communicator(duplicate(comm)); }

  /// The ranks of this one that call with the same colour, in the order that they have here. Collective over this one.
  Communicator split(int colour) const;

  Communicator(Communicator&& other) noexcept : handle_(std::exchange(other.handle_, MPI_COMM_NULL)) {}
  Communicator& operator=(Communicator&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Communicator() {
    if (handle_ != MPI_COMM_NULL) MPI_Comm_free(&handle_);
  }

  int rank() const;  ///< not collective
  int size() const;  ///< not collective
  MPI_Comm get() const { return handle_; }

  /// The even share of n items; sizes differ by at most one. Not collective.
  Share share(Index n, int rank) const;
  Share share(Index n) const { return share(n, rank()); }

  /// The share of n rows in whole blocks of row_block rows (the last block may be short). Not collective.
  Share row_share(Index n, int rank) const;
  Share row_share(Index n) const { return row_share(n, rank()); }

  /// Adds the columns of all ranks' matrices, one after the other in the order of the ranks: the same
  /// bits on any number of ranks as long as the columns are the same. parts is [values x my parts]. Needs the memory of
  /// one column, or of a few MiB if all fit into them.
  Eigen::VectorXd sum_in_order(const Eigen::MatrixXd& parts) const;

  Index minimum(Index value) const;
  Index maximum(Index value) const;
  double maximum(double value) const;
  /// True on every rank if it is true on at least one.
  bool any(bool value) const { return maximum(Index{value}) == 1; }

  /// Copies root's matrix to every rank; the others pass a matrix of the same size.
  void broadcast(EnsembleRef matrix, int root) const;
  /// Copies root's text to every rank, whatever the others hold.
  void broadcast(std::string& text, int root) const;

  /// Every member on every rank, for small matrices such as predicted observations: [row x count].
  /// mine holds share(count) of the members.
  Ensemble all_members(EnsembleView mine, Index count) const;
  /// Every row on every rank: [all_rows x member]. mine holds row_share(all_rows) of the rows.
  Ensemble all_rows(EnsembleView mine, Index all_rows) const;

  /// From every row of my members, share(all_members), to my rows, row_share(rows), of every member.
  Ensemble members_to_rows(EnsembleView my_members, Index all_members) const;
  /// The way back.
  Ensemble rows_to_members(EnsembleView my_rows, Index all_rows) const;
  /// The same where rank r has rows[r], one after the other from row 0 to the last.
  Ensemble members_to_rows(EnsembleView my_members, Index all_members, const std::vector<Share>& rows) const;
  Ensemble rows_to_members(EnsembleView my_rows, const std::vector<Share>& rows) const;

  /// Sends columns to other ranks: to[r] lists which of mine rank r gets, any of them to any number of ranks. Returns
  /// what all ranks, in their order, send to this one. All columns have the same rows.
  Eigen::MatrixXd send_columns(const Eigen::MatrixXd& columns, const std::vector<std::vector<Index>>& to) const;

 private:
  explicit Communicator(MPI_Comm handle) : handle_(handle) {}
  static MPI_Comm duplicate(MPI_Comm comm);
  std::vector<Share> row_shares(Index n) const;  // of all ranks

  MPI_Comm handle_;
};

}  // namespace semiflow
