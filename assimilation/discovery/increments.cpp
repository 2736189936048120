#include <algorithm>
#include <semiflow/assimilation/discovery/increments.hpp>
#include <semiflow/core/collective_error.hpp>

#include "packed_equations.hpp"

namespace semiflow {

NormalEquations increment_equations(TermLibrary& library, const Increment& increment, double max_wavenumber) {
  require(increment.duration > 0, "an increment needs a positive duration");
  const Index points = library.grid().points();
  require(increment.before.size() == points && increment.after.size() == points && increment.forecast.size() == points,
          "the states of an increment must have one value a point of the library's grid");
  require(increment.before.allFinite() && increment.after.allFinite() && increment.forecast.allFinite(),
          "the states of an increment must be finite");
  const Eigen::ArrayXd k = library.grid().wavenumber(0);
  const Index rows = (k <= max_wavenumber).count();
  require(rows > 0, "no mode lies below max_wavenumber");
  const Eigen::ArrayXd multiplicity = library.grid().multiplicity().head(rows), weight = multiplicity.sqrt();

  // The real inner product of two fields is that of the real and imaginary parts of their modes.
  const Spectrum columns = 0.5 * (library.evaluate(increment.before) + library.evaluate(increment.after)).topRows(rows);
  const Eigen::VectorXcd target =
      library.transform(increment.after - increment.forecast).head(rows) / increment.duration;
  Eigen::MatrixXd phi(2 * rows, library.size());
  Eigen::VectorXd t(2 * rows);
  phi << weight.matrix().asDiagonal() * columns.real(), weight.matrix().asDiagonal() * columns.imag();
  t << weight.matrix().asDiagonal() * target.real(), weight.matrix().asDiagonal() * target.imag();
  NormalEquations equations = normal_equations(phi, t);
  equations.rows = multiplicity.sum();  // the mean and the Nyquist mode have no imaginary part
  return equations;
}

std::vector<NormalEquations> collect_increments(const Communicator& comm, TermLibrary& library, Index count,
                                                Index blocks, double max_wavenumber,
                                                const std::function<Increment(Index)>& get) {
  require(count > 0, "a discovery needs at least one increment");
  blocks = std::clamp<Index>(blocks, 1, count);
  const Index terms = library.size();
  const Share mine = comm.share(blocks);
  Eigen::MatrixXd my_blocks(detail::packed_size(terms), mine.size);
  // get() reads files or runs models, which may fail on this rank only.
  run_together(comm, [&] {
    for (Index b = mine.begin; b < mine.end(); ++b) {
      NormalEquations block;
      for (Index i = b * count / blocks; i < (b + 1) * count / blocks; ++i)
        block += increment_equations(library, get(i), max_wavenumber);
      my_blocks.col(b - mine.begin) = detail::packed(block);
    }
  });
  const Eigen::MatrixXd all = comm.all_members(my_blocks, blocks);
  std::vector<NormalEquations> result;
  for (Index b = 0; b < blocks; ++b) result.push_back(detail::unpacked(all.col(b), terms));
  return result;
}

}  // namespace semiflow
