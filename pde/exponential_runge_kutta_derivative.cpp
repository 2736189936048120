#include <semiflow/core/error.hpp>
#include <semiflow/pde/exponential_runge_kutta.hpp>

// The derivative of a step and its transpose, from the same table as the step.
namespace semiflow {

namespace {

using Complex = std::complex<double>;

// to += factor conj(c) from.
void add_transposed(const AlignedVector<Complex>& c, bool real, double factor, const Complex* from, Complex* to) {
  for (std::size_t k = 0; k < c.size(); ++k)
    to[k] += (real ? Complex(factor * c[k].real()) : factor * std::conj(c[k])) * from[k];
}

}  // namespace

void ExponentialRungeKutta::advance_tangent(Complex* u, SpectrumRef v) {
  require(v.rows() == static_cast<Index>(size_), "a perturbation is a packed array");
  const std::size_t stages = table_.size();
  std::vector<Array> U(stages, Array(size_)), N(stages, Array(size_));
  std::vector<Spectrum> vU(stages, v), vN(stages, v);
  std::vector<const Complex*> tendencies(stages);
  std::copy_n(u, size_, U[0].begin());
  for (std::size_t i = 0; i < stages; ++i) {
    nonlinearity_.linearise(U[i].data());
    for (Index j = 0; j < v.cols(); ++j) nonlinearity_.tangent(vU[i].col(j).data(), vN[i].col(j).data());
    nonlinearity_.evaluate(U[i].data(), N[i].data());
    tendencies[i] = N[i].data();

    const Stage& next = table_[i];
    const auto base = static_cast<std::size_t>(next.base);
    const bool last = i + 1 == stages;
    combine(next, U[base].data(), tendencies.data(), last ? u : U[i + 1].data());
    for (Index j = 0; j < v.cols(); ++j) {
      std::vector<const Complex*> columns(stages);
      for (std::size_t s = 0; s < stages; ++s) columns[s] = vN[s].col(j).data();
      combine(next, vU[base].col(j).data(), columns.data(), last ? v.col(j).data() : vU[i + 1].col(j).data());
    }
  }
}

void ExponentialRungeKutta::adjoint(const Complex* u, SpectrumRef w) {
  require(w.rows() == static_cast<Index>(size_), "a sensitivity is a packed array");
  const std::size_t stages = table_.size();
  std::vector<Array> U(stages, Array(size_)), N(stages, Array(size_));
  std::vector<const Complex*> tendencies(stages);
  std::copy_n(u, size_, U[0].begin());
  for (std::size_t i = 0; i + 1 < stages; ++i) {
    nonlinearity_.evaluate(U[i].data(), N[i].data());
    tendencies[i] = N[i].data();
    combine(table_[i], U[static_cast<std::size_t>(table_[i].base)].data(), tendencies.data(), U[i + 1].data());
  }

  // Sensitivities to the stages and their tendencies, filled from the last to the first.
  std::vector<Spectrum> wN(stages, Spectrum::Zero(w.rows(), w.cols())), wU = wN;
  wU.emplace_back(w);  // the new state
  Eigen::VectorXcd back(w.rows());
  for (std::size_t i = stages; i-- > 0;) {
    const Stage& next = table_[i];
    const Spectrum& from = wU[i + 1];
    for (Index j = 0; j < w.cols(); ++j) {
      const auto give = [&](std::size_t coefficient, double factor, Spectrum& to) {
        add_transposed(coefficients_[coefficient], real_, factor, from.col(j).data(), to.col(j).data());
      };
      give(next.e, 1, wU[static_cast<std::size_t>(next.base)]);
      for (const Pair& pair : next.pairs) {
        give(pair.coefficient, pair.s, wN[static_cast<std::size_t>(pair.j)]);
        if (pair.k >= 0) give(pair.coefficient, pair.t, wN[static_cast<std::size_t>(pair.k)]);
      }
    }
    nonlinearity_.linearise(U[i].data());
    for (Index j = 0; j < w.cols(); ++j) {
      nonlinearity_.adjoint(wN[i].col(j).data(), back.data());
      wU[i].col(j) += back;
    }
  }
  w = wU[0];
}

}  // namespace semiflow
