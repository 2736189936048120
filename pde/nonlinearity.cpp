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
        sum(static_cast<std::size_t>(fft.points())),
        spectrum(static_cast<std::size_t>(fft.modes())) {}

  compiled::Terms terms;
  SlabFft fft;
  ModeSet work;  // the packed modes as the transform holds them
  Index fields;
  AlignedVector<double> sum;  // of products
  AlignedVector<Complex> spectrum;
  std::vector<AlignedVector<double>> sensitivity;  // of every input: its perturbation, or its adjoint
  bool timed = false;
  double fft_seconds = 0;

  std::size_t packed() const { return static_cast<std::size_t>(terms.modes.size()); }
  std::size_t points() const { return sum.size(); }

  // The sum of the pieces in physical space. Overwrites spectrum.
  void to_physical(const std::vector<Piece>& pieces, const Complex* u, double* values) {
    bool first = true;
    for (const Piece& piece : pieces) {
      const Complex* const field = u + static_cast<std::size_t>(piece.field) * packed();
      for (const ModeSet::Run& run : work.runs()) {
        const auto n = static_cast<std::size_t>(run.length);
        Complex* const to = spectrum.data() + run.place;
        if (piece.symbol.empty() && first) {
          std::copy_n(field + run.packed, n, to);
        } else if (piece.symbol.empty()) {
          for (std::size_t k = 0; k < n; ++k) to[k] += field[static_cast<std::size_t>(run.packed) + k];
        } else {
          (first ? kernels::multiply : kernels::multiply_add)(piece.symbol.data() + run.packed, field + run.packed, to,
                                                              n);
        }
      }
      first = false;
    }
    transform_back(values);
  }

  void transform_back(double* values) {
    for (const ModeSet::Run& gap : work.gaps())  // as doubles, which becomes memset
      std::fill_n(reinterpret_cast<double*>(spectrum.data() + gap.place), 2 * gap.length, 0.0);
    fft.inverse(spectrum.data(), values);
  }

  // Sums products with every factor as it is.
  double* multiply(const Output& output) {
    const auto values = [this](std::size_t i) { return terms.inputs[i].values.data(); };
    if (output.in_place) {
      const auto& inputs = output.products.front().inputs;
      kernels::multiply_in_place(values(inputs[0]), values(inputs[1]), points());
      return values(inputs[0]);
    }
    bool first = true;
    for (const Product& product : output.products) {
      add_product(product.coefficient, product.inputs, values, std::exchange(first, false));
    }
    return sum.data();
  }

  // sum = or += coefficient * the values of the inputs.
  template <class Values>
  void add_product(double coefficient, const std::vector<std::size_t>& inputs, Values values, bool first) {
    double* const to = sum.data();
    if (inputs.size() == 1) {
      (first ? kernels::scale : kernels::scale_add)(coefficient, values(inputs[0]), to, points());
    } else if (inputs.size() == 2) {
      (first ? kernels::product : kernels::product_add)(coefficient, values(inputs[0]), values(inputs[1]), to,
                                                        points());
    } else {
      const auto array = [&](double* p) { return Eigen::Map<Eigen::ArrayXd>(p, std::ssize(sum)); };
      Eigen::ArrayXd many = coefficient * array(values(inputs[0]));
      for (std::size_t f = 1; f < inputs.size(); ++f) many *= array(values(inputs[f]));
      if (first) {
        array(to) = many;
      } else {
        array(to) += many;
      }
    }
  }

  // Every product with one factor after the other replaced: calls visit(input, factors), where the factors are the
  // coefficient's partners, the place of the input left out.
  template <class Visit>
  void for_each_factor(const Output& output, Visit visit) {
    for (const Product& product : output.products) {
      for (std::size_t j = 0; j < product.inputs.size(); ++j) {
        if (terms.inputs[product.inputs[j]].given) continue;
        std::vector<std::size_t> others = product.inputs;
        others.erase(others.begin() + static_cast<std::ptrdiff_t>(j));
        visit(product.coefficient, product.inputs[j], others);
      }
    }
  }

  void to_targets(const Output& output, double* values, Complex* out) {
    fft.forward(values, spectrum.data());
    for (const Destination& d : output.destinations) {
      Complex* const to = out + static_cast<std::size_t>(d.target) * packed();
      const auto kernel = d.imaginary ? (d.add ? kernels::multiply_imaginary_add : kernels::multiply_imaginary)
                                      : (d.add ? kernels::multiply_add : kernels::multiply);
      for (const ModeSet::Run& run : work.runs())
        kernel(d.symbol.data() + run.packed, spectrum.data() + run.place, to + run.packed,
               static_cast<std::size_t>(run.length));
    }
  }

  void fill(Complex* out, Index field) const {
    std::fill_n(out + static_cast<std::size_t>(field) * packed(), packed(), 0.0);
  }

  // Starts out with the terms that need no transform.
  void start(const Complex* u, Complex* out, bool with_force) const {
    for (const Index field : terms.idle) fill(out, field);
    for (const Linear& linear : terms.linear)
      (linear.add ? kernels::multiply_add : kernels::multiply)(
          linear.piece.symbol.data(), u + static_cast<std::size_t>(linear.piece.field) * packed(),
          out + static_cast<std::size_t>(linear.target) * packed(), packed());
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

void Nonlinearity::evaluate(const Complex* u, Complex* out) {
  State& s = *state_;
  s.start(u, out, true);
  for (Input& input : s.terms.inputs)
    if (!input.given) s.time([&] { s.to_physical(input.pieces, u, input.values.data()); });
  for (const Output& output : s.terms.outputs) {
    double* const product = s.multiply(output);
    s.time([&] { s.to_targets(output, product, out); });
  }
}

void Nonlinearity::linearise(const Complex* u) {
  State& s = *state_;
  for (Input& input : s.terms.inputs)
    if (!input.given) s.to_physical(input.pieces, u, input.values.data());
  s.sensitivity.resize(s.terms.inputs.size());
  for (auto& values : s.sensitivity) values.resize(s.points());
}

void Nonlinearity::tangent(const Complex* v, Complex* out) {
  State& s = *state_;
  s.start(v, out, false);
  for (std::size_t i = 0; i < s.terms.inputs.size(); ++i)
    if (!s.terms.inputs[i].given) s.to_physical(s.terms.inputs[i].pieces, v, s.sensitivity[i].data());
  for (const Output& output : s.terms.outputs) {
    bool first = true;
    s.for_each_factor(output, [&](double coefficient, std::size_t input, std::vector<std::size_t>& others) {
      // The perturbed factor goes last, under a number that no input has.
      others.push_back(s.terms.inputs.size());
      const auto values = [&](std::size_t i) {
        return i == s.terms.inputs.size() ? s.sensitivity[input].data() : s.terms.inputs[i].values.data();
      };
      s.add_product(coefficient, others, values, std::exchange(first, false));
    });
    s.to_targets(output, s.sum.data(), out);
  }
}

void Nonlinearity::adjoint(const Complex* w, Complex* out) {
  State& s = *state_;
  std::fill_n(out, static_cast<std::size_t>(s.fields) * s.packed(), 0.0);
  for (const Linear& linear : s.terms.linear)
    kernels::multiply_conjugate_add(linear.piece.symbol.data(),
                                    w + static_cast<std::size_t>(linear.target) * s.packed(),
                                    out + static_cast<std::size_t>(linear.piece.field) * s.packed(), s.packed());
  for (auto& values : s.sensitivity) std::ranges::fill(values, 0.0);
  for (const Output& output : s.terms.outputs) {
    std::ranges::fill(s.spectrum, 0.0);
    for (const Destination& destination : output.destinations) {
      const Complex* const from = w + static_cast<std::size_t>(destination.target) * s.packed();
      const auto kernel =
          destination.imaginary ? kernels::multiply_imaginary_conjugate_add : kernels::multiply_conjugate_add;
      for (const ModeSet::Run& run : s.work.runs())
        kernel(destination.symbol.data() + run.packed, from + run.packed, s.spectrum.data() + run.place,
               static_cast<std::size_t>(run.length));
    }
    // Both transforms are their own adjoints but for the number of points, which the symbols of the way back hold.
    s.fft.inverse(s.spectrum.data(), s.sum.data());
    const AlignedVector<double> arriving = s.sum;
    s.for_each_factor(output, [&](double coefficient, std::size_t input, std::vector<std::size_t>& others) {
      others.push_back(s.terms.inputs.size());
      const auto values = [&](std::size_t i) {
        return i == s.terms.inputs.size() ? const_cast<double*>(arriving.data()) : s.terms.inputs[i].values.data();
      };
      std::swap(s.sum, s.sensitivity[input]);
      s.add_product(coefficient, others, values, false);
      std::swap(s.sum, s.sensitivity[input]);
    });
  }
  for (std::size_t i = 0; i < s.terms.inputs.size(); ++i) {
    if (s.terms.inputs[i].given) continue;
    s.fft.forward(s.sensitivity[i].data(), s.spectrum.data());
    for (const Piece& piece : s.terms.inputs[i].pieces) {
      Complex* const to = out + static_cast<std::size_t>(piece.field) * s.packed();
      for (const ModeSet::Run& run : s.work.runs()) {
        const auto n = static_cast<std::size_t>(run.length);
        const Complex* const from = s.spectrum.data() + run.place;
        if (piece.symbol.empty()) {
          for (std::size_t k = 0; k < n; ++k) to[static_cast<std::size_t>(run.packed) + k] += from[k];
        } else {
          kernels::multiply_conjugate_add(piece.symbol.data() + run.packed, from, to + run.packed, n);
        }
      }
    }
  }
}

}  // namespace semiflow
