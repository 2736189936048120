#include <algorithm>
#include <semiflow/assimilation/discovery/field_library.hpp>
#include <semiflow/core/error.hpp>

namespace semiflow {

FieldLibrary::FieldLibrary(const Grid& grid, Index fields, std::vector<TermSum> candidates, Dealiasing dealiasing)
    : grid_(grid), fields_(fields), candidates_(std::move(candidates)), fft_(grid) {
  require(!candidates_.empty(), "a library needs a candidate");
  for (const TermSum& candidate : candidates_) {
    require(!candidate.terms.empty(), "a candidate of a library has no terms");
    for (const Term& term : candidate.terms)
      require(term.target == candidate.terms[0].target, "a candidate has terms in the equations of several fields");
    evaluators_.emplace_back(
        Semilinear{.grid = grid, .terms = candidate.terms, .fields = fields, .dealiasing = dealiasing},
        Split::everything);
  }
}

std::vector<Index> FieldLibrary::of_field(Index field) const {
  std::vector<Index> found;
  for (Index j = 0; j < size(); ++j)
    if (candidates_[static_cast<std::size_t>(j)].terms[0].target == field) found.push_back(j);
  return found;
}

Eigen::VectorXcd FieldLibrary::transform(const Eigen::Ref<const Eigen::VectorXd>& state) {
  require(state.size() == fields_ * grid_.points(), "a state has one value for every field and point");
  Spectrum modes(fields_ * grid_.modes(), 1);
  fft_.forward(state, modes);
  return modes / static_cast<double>(grid_.points());
}

Spectrum FieldLibrary::evaluate(const Eigen::Ref<const Eigen::VectorXd>& state) {
  const Index modes = grid_.modes();
  const Eigen::VectorXcd all = transform(state);
  Spectrum values = Spectrum::Zero(modes, size());
  for (Index j = 0; j < size(); ++j) {
    Nonlinearity& evaluator = evaluators_[static_cast<std::size_t>(j)];
    const Index packed = evaluator.modes().size(), target = candidates_[static_cast<std::size_t>(j)].terms[0].target;
    Eigen::VectorXcd from(evaluator.packed_size()), to(evaluator.packed_size());
    for (Index f = 0; f < fields_; ++f) evaluator.modes().gather(all.data() + f * modes, from.data() + f * packed);
    evaluator.evaluate(from.data(), to.data());
    evaluator.modes().scatter(to.data() + target * packed, values.col(j).data());
  }
  return values;
}

std::vector<NormalEquations> increment_equations(FieldLibrary& library, const Increment& increment,
                                                 double max_wavenumber) {
  require(increment.duration > 0, "an increment needs a positive duration");
  require(increment.before.allFinite() && increment.after.allFinite() && increment.forecast.allFinite(),
          "the states of an increment must be finite");
  const Grid& grid = library.grid();
  Eigen::ArrayXd square = Eigen::ArrayXd::Zero(grid.modes());
  for (Index d = 0; d < grid.dimensions(); ++d) square += grid.wavenumber(d).square();
  std::vector<Index> rows;
  for (Index k = 0; k < square.size(); ++k)
    if (square(k) <= max_wavenumber * max_wavenumber) rows.push_back(k);
  const Eigen::ArrayXd multiplicity = grid.multiplicity()(rows), weight = multiplicity.sqrt();

  const Spectrum columns = 0.5 * (library.evaluate(increment.before) + library.evaluate(increment.after));
  const Eigen::VectorXcd target = library.transform(increment.after - increment.forecast) / increment.duration;
  // The real inner product of two fields is that of the real and imaginary parts of their modes.
  const auto real_rows = [&](const auto& values) {
    Eigen::MatrixXd parts(2 * std::ssize(rows), values.cols());
    parts << weight.matrix().asDiagonal() * values.real(), weight.matrix().asDiagonal() * values.imag();
    return parts;
  };
  std::vector<NormalEquations> equations;
  for (Index field = 0; field < library.fields(); ++field) {
    const Spectrum phi = columns(rows, library.of_field(field));
    const Eigen::VectorXcd t = target.segment(field * grid.modes(), grid.modes())(rows);
    equations.push_back(normal_equations(real_rows(phi), real_rows(t)));
    equations.back().rows = multiplicity.sum();  // modes that are their own conjugates have no imaginary part
  }
  return equations;
}

}  // namespace semiflow
