#include <Eigen/QR>
#include <limits>
#include <semiflow/core/error.hpp>
#include <semiflow/core/random.hpp>
#include <semiflow/pde/lyapunov.hpp>

namespace semiflow {

namespace {

// Orthonormal columns in place of v, and the logarithms of their lengths before.
Eigen::ArrayXd orthonormalise(Ensemble& v) {
  const Eigen::HouseholderQR<Ensemble> qr(v);
  v = qr.householderQ() * Ensemble::Identity(v.rows(), v.cols());
  return qr.matrixQR().diagonal().head(v.cols()).array().abs().log();
}

}  // namespace

LyapunovSpectrum lyapunov_spectrum(SpectralModel& model, Eigen::Ref<Eigen::VectorXd> state,
                                   const LyapunovOptions& options) {
  require(!model.domain().communicator(), "Lyapunov exponents are computed of states that one rank holds whole");
  require(options.vectors >= 1 && options.vectors <= state.size(), "there are between one and all directions");
  require(options.interval > 0, "the interval between orthonormalisations is positive");
  const Index unseen = whole_steps({0, options.spin_up}, options.interval);
  const Index counted = whole_steps({0, options.duration}, options.interval);
  require(counted >= 2, "the duration holds at least two intervals");

  const Index fields = model.equation().fields, points = state.size() / fields;
  const auto project = [&](Ensemble& columns) {
    for (Index field = 0; options.fixed_mean && field < fields; ++field) {
      auto part = columns.middleRows(field * points, points);
      part.rowwise() -= part.colwise().mean().eval();
    }
  };
  Ensemble v(state.size(), options.vectors);
  for (Index j = 0; j < v.cols(); ++j)
    v.col(j) = standard_normal(v.rows(), {.seed = options.seed, .purpose = 0, .item = static_cast<std::uint64_t>(j)});
  project(v);
  orthonormalise(v);
  Eigen::ArrayXd sum = Eigen::ArrayXd::Zero(v.cols()), half = sum;
  for (Index i = -unseen; i < counted; ++i) {
    model.advance_tangent(state, v, {0, options.interval});
    if (!state.allFinite())
      throw Error(Fault::run, "Lyapunov spectrum", "the state is not finite", "take a smaller step");
    project(v);
    const Eigen::ArrayXd growth = orthonormalise(v);
    if (i >= 0) sum += growth;
    if (i + 1 == counted / 2) half = sum;
  }
  return {.exponents = sum / (options.interval * static_cast<double>(counted)),
          .first_half = half / (options.interval * static_cast<double>(counted / 2))};
}

double kaplan_yorke_dimension(const Eigen::VectorXd& exponents) {
  double sum = 0;
  for (Index j = 0; j < exponents.size(); ++j) {
    if (sum + exponents(j) < 0) return static_cast<double>(j) + sum / std::abs(exponents(j));
    sum += exponents(j);
  }
  return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace semiflow
