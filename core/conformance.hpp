#pragma once
#include <cmath>
#include <semiflow/core/differentiable.hpp>
#include <semiflow/core/ensemble.hpp>
#include <semiflow/core/error.hpp>
#include <string>
#include <vector>

namespace semiflow {

namespace detail {

struct Clauses {
  std::vector<std::string> list{};

  void unless(bool holds, const char* clause) {
    if (!holds && (list.empty() || list.back() != clause)) list.emplace_back(clause);
  }
};

/// A matrix as a block in the middle of a larger one, so that columns are not contiguous and neighbours can be watched.
class Padded {
 public:
  explicit Padded(const Ensemble& matrix) : padded_(Ensemble::Constant(matrix.rows() + 2, matrix.cols() + 2, guard)) {
    inner() = matrix;
  }
  Eigen::Block<Ensemble> inner() { return padded_.block(1, 1, padded_.rows() - 2, padded_.cols() - 2); }
  bool guards_hold() const {
    Ensemble outside = padded_;
    outside.block(1, 1, padded_.rows() - 2, padded_.cols() - 2).setConstant(guard);
    return (outside.array() == guard).all();
  }

 private:
  static constexpr double guard = 7;
  Ensemble padded_;
};

/// map is a function of a state, mapped its value at the state, and Jv its derivative there times v. The remainder of a
/// linear map is rounding alone; of any other it is quadratic, over two decades.
template <class Map>
bool is_derivative(const Map& map, const Eigen::VectorXd& state, const Eigen::VectorXd& mapped,
                   const Eigen::VectorXd& v, const Eigen::VectorXd& Jv) {
  const auto remainder = [&](double size) { return (map(state + size * v) - mapped - size * Jv).norm(); };
  const bool linear = remainder(1e-2) <= 1e-12 * (mapped.norm() + Jv.norm());
  return linear || std::abs(std::log10(remainder(1e-2) / remainder(1e-4)) / 2 - 2) <= 0.02;
}

/// <w, J v> = <J^T w, v> for every pair of columns.
inline bool is_transpose(const Ensemble& v, const Ensemble& Jv, const Ensemble& w, const Ensemble& Jtw) {
  const Eigen::MatrixXd gap = w.transpose() * Jv - Jtw.transpose() * v;
  return gap.cwiseAbs().maxCoeff() <= 1e-12 * w.colwise().norm().maxCoeff() * Jv.colwise().norm().maxCoeff();
}

inline void require_different(const Ensemble& members) {
  require(members.cols() >= 2 && members.col(0) != members.col(members.cols() - 1),
          "a conformance check needs at least two members, the first and the last different");
}

}  // namespace detail

/// Tests the contract of ForecastModel on your own type. members holds at least two states, the first and the last
/// different, that the model can advance over the window; middle is a time within it at which the model can be
/// stopped. Returns the clauses that are broken, none if all hold. Throws Error for fewer members or the same twice.
template <ForecastModel M>
std::vector<std::string> check_forecast_model(M& model, const Ensemble& members, Interval window, double middle) {
  detail::require_different(members);
  detail::Clauses broken;
  const auto advanced = [&](Ensemble states, Interval over) {
    model.advance(states, over);
    return states;
  };

  broken.unless(model.state_size() == members.rows(), "state_size() is the number of rows");
  const Ensemble whole = advanced(members, window);
  broken.unless(whole.array().isFinite().all(), "finite states stay finite");
  broken.unless(whole != members, "the states change");
  broken.unless(advanced(members, window) == whole, "the same call gives the same bits");
  broken.unless(advanced(members, {window.begin, window.begin}) == members, "an empty window changes nothing");

  const Ensemble split = advanced(advanced(members, {window.begin, middle}), {middle, window.end});
  const double scale = whole.cwiseAbs().maxCoeff();
  broken.unless((split - whole).cwiseAbs().maxCoeff() <= 1e-11 * scale, "two halves of a window are the window");

  for (Index j = 0; j < members.cols(); ++j)
    broken.unless(advanced(members.col(j), window) == whole.col(j), "a member alone is the member in the batch");

  detail::Padded block(members);
  model.advance(block.inner(), window);
  broken.unless(block.inner() == whole, "a block of a larger matrix is advanced in place");
  broken.unless(block.guards_hold(), "nothing outside the given columns is touched");

  Ensemble none(members.rows(), 0);
  model.advance(none, window);
  return broken.list;
}

/// Tests the contract of DifferentiableModel on your own type, beside check_forecast_model(). state [state] and the
/// perturbations [state x at least 2] are what the model can be run with over the window; the differences of the state
/// are 1e-2 and 1e-4 times the first perturbation, so that their second-order terms must stand out from the third-order
/// terms and from rounding. Returns the clauses that are broken, none if all hold. Throws Error for fewer perturbations
/// or the same twice.
template <DifferentiableModel M>
std::vector<std::string> check_differentiable_model(M& model, const Eigen::VectorXd& state,
                                                    const Ensemble& perturbations, Interval window) {
  detail::require_different(perturbations);
  detail::Clauses broken;
  const auto moved = [&](Eigen::VectorXd from, Ensemble vectors) {
    model.advance_tangent(from, vectors, window);
    Ensemble both(from.size(), 1 + vectors.cols());
    both << from, vectors;
    return both;
  };
  const auto pulled = [&](Ensemble vectors) {
    model.adjoint(state, vectors, window);
    return vectors;
  };

  const Ensemble v = perturbations, w = perturbations.rowwise().reverse();
  const Ensemble both = moved(state, v), Mtw = pulled(w);
  const Eigen::VectorXd Mu = both.col(0);
  const Ensemble Mv = both.rightCols(v.cols());
  broken.unless(both.allFinite() && Mtw.allFinite(), "finite columns stay finite");
  broken.unless(moved(state, v) == both && pulled(w) == Mtw, "the same call gives the same bits");
  for (Index j = 0; j < v.cols(); ++j) {
    broken.unless(moved(state, v.col(j)).col(1) == Mv.col(j), "a perturbation alone is the perturbation in the batch");
    broken.unless(pulled(w.col(j)) == Mtw.col(j), "a sensitivity alone is the sensitivity in the batch");
  }
  broken.unless(moved(state, Ensemble(v.rows(), 0)) == Mu, "a state moves without perturbations as with them");
  broken.unless(pulled(Ensemble(v.rows(), 0)).cols() == 0, "no sensitivities are legal");

  detail::Padded tangent(v), adjoint(w);
  Eigen::VectorXd start = state;
  model.advance_tangent(start, tangent.inner(), window);
  model.adjoint(state, adjoint.inner(), window);
  broken.unless(tangent.inner() == Mv && adjoint.inner() == Mtw, "a block of a larger matrix is moved in place");
  broken.unless(tangent.guards_hold() && adjoint.guards_hold(), "nothing outside the given columns is touched");

  const auto map = [&](const Eigen::VectorXd& from) -> Eigen::VectorXd {
    Ensemble alone = from;
    model.advance(alone, window);
    return alone;
  };
  broken.unless((map(state) - Mu).norm() <= 1e-13 * Mu.norm(), "the state goes where the model goes");
  broken.unless(detail::is_derivative(map, state, Mu, v.col(0), Mv.col(0)),
                "the tangent is the limit of differences: the Taylor remainder is quadratic");
  broken.unless(detail::is_transpose(v, Mv, w, Mtw), "the adjoint is the transpose of the tangent: <w, Mv> = <M'w, v>");
  return broken.list;
}

/// Tests the contract of ObservationOperator on your own type. members holds at least two states, the first and the
/// last different. Returns the clauses that are broken, none if all hold. Throws Error for fewer members or the same
/// twice.
template <ObservationOperator H>
std::vector<std::string> check_observation_operator(const H& h, const Ensemble& members) {
  detail::require_different(members);
  detail::Clauses broken;
  const Ensemble read = h(members);
  broken.unless(read.cols() == members.cols(), "there is one column for each member");
  if (read.cols() != members.cols()) return broken.list;
  broken.unless(read.array().isFinite().all(), "finite states give finite predictions");
  broken.unless(Ensemble(h(members)) == read, "the same call gives the same bits");
  for (Index j = 0; j < members.cols(); ++j) {
    const Ensemble alone = h(members.col(j));
    broken.unless(alone.rows() == read.rows() && alone == read.col(j), "a member alone is the member in the batch");
  }
  detail::Padded block(members);
  broken.unless(Ensemble(h(block.inner())) == read, "a block of a larger matrix is read as it lies");
  const Ensemble none = h(Ensemble(members.rows(), 0));
  broken.unless(none.rows() == read.rows() && none.cols() == 0, "no members give [sensor x 0]");
  return broken.list;
}

/// Tests the contract of DifferentiableObservation on your own type, beside check_observation_operator(). state [state]
/// and the perturbations [state x at least 2] as for check_differentiable_model(). Returns the clauses that are broken,
/// none if all hold. Throws Error for fewer perturbations or the same twice.
template <DifferentiableObservation H>
std::vector<std::string> check_differentiable_observation(const H& h, const Eigen::VectorXd& state,
                                                          const Ensemble& perturbations) {
  detail::require_different(perturbations);
  detail::Clauses broken;
  const Ensemble v = perturbations;
  const Ensemble Hv = h.tangent(state, v), w = Hv.rowwise().reverse();
  const Ensemble Htw = h.adjoint(state, w);
  const auto map = [&](const Eigen::VectorXd& at) -> Eigen::VectorXd { return Ensemble(h(at)); };
  const Eigen::VectorXd read = map(state);
  broken.unless(Hv.rows() == read.size() && Htw.rows() == state.size(), "derivatives have a row for each number read");
  if (!broken.list.empty()) return broken.list;
  for (Index j = 0; j < v.cols(); ++j) {
    broken.unless(Ensemble(h.tangent(state, v.col(j))) == Hv.col(j), "a perturbation alone is that in the batch");
    broken.unless(Ensemble(h.adjoint(state, w.col(j))) == Htw.col(j), "a sensitivity alone is that in the batch");
  }
  broken.unless(detail::is_derivative(map, state, read, v.col(0), Hv.col(0)),
                "the tangent is the limit of differences: the Taylor remainder is quadratic");
  broken.unless(detail::is_transpose(v, Hv, w, Htw), "the adjoint is the transpose of the tangent: <w, Hv> = <H'w, v>");
  return broken.list;
}

namespace detail {

// analyse(some, offset) analyses rows offset, offset + 1, ... in place.
template <class Analyse>
std::vector<std::string> check_rows(const Ensemble& rows, Analyse analyse) {
  require_different(rows);
  require(rows.rows() >= 2, "a conformance check needs at least two rows");
  Clauses broken;
  const auto analysed = [&](Ensemble some, Index offset) {
    analyse(some, offset);
    return some;
  };
  const Ensemble whole = analysed(rows, 0);
  broken.unless(whole.array().isFinite().all(), "finite rows stay finite");
  broken.unless(analysed(rows, 0) == whole, "the same call gives the same bits");
  for (Index i = 0; i < rows.rows(); ++i)
    broken.unless(analysed(rows.row(i), i) == whole.row(i), "a row alone is the row in the block");

  // As the ranks of a parallel run share them out.
  Ensemble parts = rows;
  const Index first = (rows.rows() + 1) / 3 + 1;
  analyse(parts.topRows(first), 0);
  analyse(parts.bottomRows(rows.rows() - first), first);
  broken.unless(parts == whole, "rows in two parts are the rows together");

  Padded block(rows);
  analyse(block.inner(), 0);
  broken.unless(block.inner() == whole, "a block of a larger matrix is analysed in place");
  broken.unless(block.guards_hold(), "nothing outside the given rows is touched");

  Ensemble none(0, rows.cols());
  analyse(none, 0);
  return broken.list;
}

}  // namespace detail

/// Tests the contract of AnalysisScheme on your own type. rows is [row x member] with at least two rows and two
/// members, the first and the last different; predicted [sensor x member] and measurement are what the scheme can
/// work with. Returns the clauses that are broken, none if all hold. Throws Error for fewer rows or members.
template <AnalysisScheme A>
std::vector<std::string> check_analysis_scheme(const A& scheme, const Ensemble& rows, const Ensemble& predicted,
                                               const Measurement& measurement) {
  return detail::check_rows(rows, [&](EnsembleRef some, Index) { scheme.analyse(some, predicted, measurement); });
}

/// Tests the contract of LocalAnalysisScheme on your own type, as check_analysis_scheme() does. rows are the rows
/// begin, begin + 1, ... of the state.
template <LocalAnalysisScheme A>
std::vector<std::string> check_local_analysis_scheme(const A& scheme, const Ensemble& rows, Index begin,
                                                     const Ensemble& predicted, const Measurement& measurement) {
  return detail::check_rows(
      rows, [&](EnsembleRef some, Index offset) { scheme.analyse(some, begin + offset, predicted, measurement); });
}

}  // namespace semiflow
