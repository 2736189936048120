#include <algorithm>
#include <chrono>
#include <iterator>
#include <semiflow/pde/nonlinearity.hpp>
#include <utility>

#include "compiled_terms.hpp"
#include "kernels.hpp"

namespace semiflow {

using compiled::Destination, compiled::Input, compiled::Linear, compiled::Output, compiled::Piece, compiled::Product;
using Clock = std::chrono::steady_clock;
using Complex = std::complex<double>;

struct Nonlinearity::State {
  State(const Semilinear& equation, Split split, const Execution& execution)
      : terms(compiled::compile(equation, split == Split::everything, execution.ranks)),
        fft(terms.work, execution.planning, terms.columns),
        work(terms.modes.on(fft.layout())),
        fields(equation.fields),
        spectra(std::max<std::size_t>({1, terms.inputs.size(), terms.outputs.size()})),
        rows(terms.inputs.size()),
        sum(static_cast<std::size_t>(fft.row_points())) {
    for (std::size_t i = 0; i < spectra.size(); ++i)
      if (i >= terms.inputs.size() || !terms.inputs[i].given || i < terms.outputs.size())
        spectra[i].resize(static_cast<std::size_t>(fft.modes()));
    for (std::size_t i = 0; i < rows.size(); ++i)
      if (!terms.inputs[i].given) rows[i].resize(sum.size());
  }

  compiled::Terms terms;
  SlabFft fft;
  ModeSet work;  // the packed modes as the transform holds them
  Index fields;
  std::vector<AlignedVector<Complex>> spectra;     // of an input, then of the output of the same number
  std::vector<AlignedVector<double>> rows;         // one of every input
  AlignedVector<double> sum;                       // of products, one row; all rows once there is a linearisation
  std::vector<AlignedVector<double>> point;        // where N is linearised: the values of every input that is not given
  std::vector<AlignedVector<double>> sensitivity;  // of every input: its perturbation, or its adjoint
  bool timed = false;
  double fft_seconds = 0;

  std::size_t packed() const { return static_cast<std::size_t>(terms.modes.size()); }
  std::size_t points() const { return static_cast<std::size_t>(fft.points()); }
  const std::vector<ModeLayout::Block>& blocks() const { return fft.layout().blocks(); }

  // The sum of the pieces, and zero between them, in one block.
  void spread(const std::vector<Piece>& pieces, const Complex* u, std::size_t block, Complex* spectrum) const {
    bool add = false;
    for (const Piece& piece : pieces) {
      const Complex* const field = u + static_cast<std::size_t>(piece.field) * packed();
      for (const ModeSet::Run& run : work.runs(block))
        apply(piece.symbol, run.packed, field + run.packed, spectrum + run.place, run.length, add);
      add = true;
    }
    for (const ModeSet::Run& gap : work.gaps(block))  // as doubles, which becomes memset
      std::fill_n(reinterpret_cast<double*>(spectrum + gap.place), 2 * gap.length, 0.0);
  }

  void to_physical(const std::vector<Piece>& pieces, const Complex* u, double* values) {
    for (std::size_t b = 0; b < blocks().size(); ++b) spread(pieces, u, b, spectra[0].data());
    fft.inverse(spectra[0].data(), values);
  }

  // to = or += coefficient * the values of the inputs, n of them.
  template <class Values>
  static void add_product(double coefficient, const std::vector<std::size_t>& inputs, Values values, double* to,
                          std::size_t n, bool first) {
    if (inputs.size() == 1) {
      (first ? kernels::scale : kernels::scale_add)(coefficient, values(inputs[0]), to, n);
    } else if (inputs.size() == 2) {
      (first ? kernels::product : kernels::product_add)(coefficient, values(inputs[0]), values(inputs[1]), to, n);
    } else {
      const auto array = [n](auto* p) { return Eigen::Map<const Eigen::ArrayXd>(p, static_cast<Index>(n)); };
      Eigen::ArrayXd many = coefficient * array(values(inputs[0]));
      for (std::size_t f = 1; f < inputs.size(); ++f) many *= array(values(inputs[f]));
      if (!first) many += array(to);
      std::ranges::copy(many, to);
    }
  }

  // Products are formed row by row while a row is in the first cache: a field in physical space is never held whole.
  void multiply_rows() {
    for (Index r = 0; r < fft.rows(); ++r) {
      const auto values = [&](std::size_t i) -> const double* {
        return terms.inputs[i].given ? terms.inputs[i].values.data() + r * fft.row_points() : rows[i].data();
      };
      time([&] {
        for (std::size_t i = 0; i < rows.size(); ++i)
          if (!terms.inputs[i].given) fft.inverse_row(spectra[i].data(), r, rows[i].data());
      });
      for (std::size_t o = 0; o < terms.outputs.size(); ++o) {
        double* const product = multiply_row(terms.outputs[o], values);
        time([&] { fft.forward_row(product, r, spectra[o].data()); });
      }
    }
  }

  template <class Values>
  double* multiply_row(const Output& output, Values values) {
    const auto n = static_cast<std::size_t>(fft.row_points());
    if (output.in_place) {
      const auto& inputs = output.products.front().inputs;
      kernels::multiply_in_place(rows[inputs[0]].data(), values(inputs[1]), n);
      return rows[inputs[0]].data();
    }
    bool first = true;
    for (const Product& product : output.products)
      add_product(product.coefficient, product.inputs, values, sum.data(), n, std::exchange(first, false));
    return sum.data();
  }

  // Every product with one factor after the other replaced, by one that stands last under a number that no input has:
  // calls visit(coefficient, the input replaced, factors).
  template <class Visit>
  void for_each_factor(const Output& output, Visit visit) const {
    for (const Product& product : output.products) {
      for (std::size_t j = 0; j < product.inputs.size(); ++j) {
        if (terms.inputs[product.inputs[j]].given) continue;
        std::vector<std::size_t> factors = product.inputs;
        factors.erase(factors.begin() + static_cast<std::ptrdiff_t>(j));
        factors.push_back(terms.inputs.size());
        visit(product.coefficient, product.inputs[j], factors);
      }
    }
  }

  // The factors of those products, where N is linearised.
  auto values_or(const double* replacement) const {
    return [this, replacement](std::size_t i) -> const double* {
      if (i == terms.inputs.size()) return replacement;
      return terms.inputs[i].given ? terms.inputs[i].values.data() : point[i].data();
    };
  }

  void to_targets(const Output& output, std::size_t block, const Complex* spectrum, Complex* out) const {
    for (const Destination& d : output.destinations) {
      Complex* const to = out + static_cast<std::size_t>(d.target) * packed();
      for (const ModeSet::Run& run : work.runs(block))
        apply(d.symbol, run.packed, spectrum + run.place, to + run.packed, run.length, d.add);
    }
  }

  void fill(Complex* out, Index field) const {
    std::fill_n(out + static_cast<std::size_t>(field) * packed(), packed(), 0.0);
  }

  // Starts out with the terms that need no transform.
  void start(const Complex* u, Complex* out, bool with_force) const {
    for (const Index field : terms.idle) fill(out, field);
    for (const Linear& linear : terms.linear)
      apply(linear.piece.symbol, 0, u + static_cast<std::size_t>(linear.piece.field) * packed(),
            out + static_cast<std::size_t>(linear.target) * packed(), terms.modes.size(), linear.add);
    if (with_force)
      for (std::size_t k = 0; k < terms.force.size(); ++k) out[k] += terms.force[k];
  }

  template <class Transform>
  void time(Transform transform) {
    if (!timed) return transform();
    const Clock::time_point start = Clock::now();
    transform();
    fft_seconds += std::chrono::duration<double>(Clock::now() - start).count();
  }
};

Nonlinearity::Nonlinearity(const Semilinear& equation, Split split, const Execution& execution)
    : state_(std::make_unique<State>(equation, split, execution)) {}
Nonlinearity::~Nonlinearity() = default;
Nonlinearity::Nonlinearity(const Nonlinearity& other) : state_(std::make_unique<State>(*other.state_)) {}
Nonlinearity::Nonlinearity(Nonlinearity&&) noexcept = default;
Nonlinearity& Nonlinearity::operator=(Nonlinearity other) noexcept {
  std::swap(state_, other.state_);
  return *this;
}

const ModeSet& Nonlinearity::modes() const { return state_->terms.modes; }
Index Nonlinearity::fields() const { return state_->fields; }
void Nonlinearity::set_timed(bool timed) { state_->timed = timed; }
double Nonlinearity::fft_seconds() const { return state_->fft_seconds; }

Index Nonlinearity::transforms() const {
  const auto given = std::ranges::count_if(state_->terms.inputs, &Input::given);
  return std::ssize(state_->terms.inputs) - given + std::ssize(state_->terms.outputs);
}

// Modes are multiplied by symbols block by block, and values by each other row by row, next to their transforms.
void Nonlinearity::evaluate(const Complex* u, Complex* out) {
  State& s = *state_;
  s.start(u, out, true);
  for (std::size_t i = 0; i < s.terms.inputs.size(); ++i) {
    if (s.terms.inputs[i].given) continue;
    Complex* const spectrum = s.spectra[i].data();
    for (std::size_t b = 0; b < s.blocks().size(); ++b) {
      s.spread(s.terms.inputs[i].pieces, u, b, spectrum);
      s.time([&] { s.fft.inverse_block(s.blocks()[b], spectrum); });
    }
    s.time([&] { s.fft.to_rows(spectrum); });
  }
  s.multiply_rows();
  for (std::size_t o = 0; o < s.terms.outputs.size(); ++o) {
    Complex* const spectrum = s.spectra[o].data();
    s.time([&] { s.fft.to_blocks(spectrum); });
    for (std::size_t b = 0; b < s.blocks().size(); ++b) {
      s.time([&] { s.fft.forward_block(s.blocks()[b], spectrum); });
      s.to_targets(s.terms.outputs[o], b, spectrum, out);
    }
  }
}

void Nonlinearity::linearise(const Complex* u) {
  State& s = *state_;
  s.sum.resize(s.points());
  s.point.resize(s.terms.inputs.size());
  s.sensitivity.resize(s.terms.inputs.size());
  for (std::size_t i = 0; i < s.terms.inputs.size(); ++i) {
    s.sensitivity[i].resize(s.points());
    if (s.terms.inputs[i].given) continue;
    s.point[i].resize(s.points());
    s.to_physical(s.terms.inputs[i].pieces, u, s.point[i].data());
  }
}

void Nonlinearity::tangent(const Complex* v, Complex* out) {
  State& s = *state_;
  s.start(v, out, false);
  for (std::size_t i = 0; i < s.terms.inputs.size(); ++i)
    if (!s.terms.inputs[i].given) s.to_physical(s.terms.inputs[i].pieces, v, s.sensitivity[i].data());
  for (const Output& output : s.terms.outputs) {
    bool first = true;
    s.for_each_factor(output, [&](double coefficient, std::size_t input, const std::vector<std::size_t>& factors) {
      s.add_product(coefficient, factors, s.values_or(s.sensitivity[input].data()), s.sum.data(), s.points(),
                    std::exchange(first, false));
    });
    s.fft.forward(s.sum.data(), s.spectra[0].data());
    for (std::size_t b = 0; b < s.blocks().size(); ++b) s.to_targets(output, b, s.spectra[0].data(), out);
  }
}

void Nonlinearity::adjoint(const Complex* w, Complex* out) {
  State& s = *state_;
  std::fill_n(out, static_cast<std::size_t>(s.fields) * s.packed(), 0.0);
  for (const Linear& linear : s.terms.linear)
    add_conjugate(linear.piece.symbol, 0, w + static_cast<std::size_t>(linear.target) * s.packed(),
                  out + static_cast<std::size_t>(linear.piece.field) * s.packed(), s.terms.modes.size());
  for (auto& values : s.sensitivity) std::ranges::fill(values, 0.0);
  for (const Output& output : s.terms.outputs) {
    Complex* const spectrum = s.spectra[0].data();
    std::ranges::fill(s.spectra[0], 0.0);
    for (const Destination& destination : output.destinations) {
      const Complex* const from = w + static_cast<std::size_t>(destination.target) * s.packed();
      for (const ModeSet::Run& run : s.work.runs())
        add_conjugate(destination.symbol, run.packed, from + run.packed, spectrum + run.place, run.length);
    }
    // Both transforms are their own adjoints but for the number of points, which the symbols of the way back hold.
    s.fft.inverse(spectrum, s.sum.data());
    s.for_each_factor(output, [&](double coefficient, std::size_t input, const std::vector<std::size_t>& factors) {
      s.add_product(coefficient, factors, s.values_or(s.sum.data()), s.sensitivity[input].data(), s.points(), false);
    });
  }
  for (std::size_t i = 0; i < s.terms.inputs.size(); ++i) {
    if (s.terms.inputs[i].given) continue;
    s.fft.forward(s.sensitivity[i].data(), s.spectra[0].data());
    for (const Piece& piece : s.terms.inputs[i].pieces) {
      Complex* const to = out + static_cast<std::size_t>(piece.field) * s.packed();
      for (const ModeSet::Run& run : s.work.runs())
        add_conjugate(piece.symbol, run.packed, s.spectra[0].data() + run.place, to + run.packed, run.length);
    }
  }
}

}  // namespace semiflow
