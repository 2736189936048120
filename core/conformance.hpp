#pragma once
#include <cmath>
#include <limits>
#include <semiflow/core/ensemble.hpp>
#include <string>
#include <vector>

namespace semiflow {

/// Tests the contract of ForecastModel on your own type. members holds at least two different states the
/// model can advance over the window; middle is a time within it at which the model can be stopped.
/// Returns the clauses that are broken, none if all hold.
template <ForecastModel M>
std::vector<std::string> check_forecast_model(M& model, const Ensemble& members, Interval window, double middle) {
  std::vector<std::string> broken;
  const auto expect = [&](bool holds, const char* clause) {
    if (!holds) broken.emplace_back(clause);
  };
  const auto advanced = [&](Ensemble states, Interval over) {
    model.advance(states, over);
    return states;
  };

  expect(model.state_size() == members.rows(), "state_size() is the number of rows");
  const Ensemble whole = advanced(members, window);
  expect(whole.array().isFinite().all(), "finite states stay finite");
  expect(whole != members, "the states change");
  expect(advanced(members, window) == whole, "the same call gives the same bits");
  expect(advanced(members, {window.begin, window.begin}) == members, "an empty window changes nothing");

  const Ensemble split = advanced(advanced(members, {window.begin, middle}), {middle, window.end});
  const double scale = whole.cwiseAbs().maxCoeff();
  expect((split - whole).cwiseAbs().maxCoeff() <= 1e-11 * scale, "two halves of a window are the window");

  for (Index j = 0; j < members.cols(); ++j)
    expect(advanced(members.col(j), window) == whole.col(j), "a member alone is the member in the batch");

  // A block in the middle of a larger matrix: neighbours stay as they are.
  const double guard = 7;
  Ensemble padded = Ensemble::Constant(members.rows() + 2, members.cols() + 2, guard);
  padded.block(1, 1, members.rows(), members.cols()) = members;
  model.advance(padded.block(1, 1, members.rows(), members.cols()), window);
  expect(padded.block(1, 1, members.rows(), members.cols()) == whole, "a block of a matrix is advanced in place");
  padded.block(1, 1, members.rows(), members.cols()).setConstant(guard);
  expect((padded.array() == guard).all(), "nothing outside the given columns is touched");

  Ensemble none(members.rows(), 0);
  model.advance(none, window);
  return broken;
}

}  // namespace semiflow
