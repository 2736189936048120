#include "compiled_terms.hpp"

#include <algorithm>
#include <iterator>
#include <semiflow/core/error.hpp>
#include <semiflow/core/fft.hpp>
#include <utility>

namespace semiflow::compiled {

namespace {

Index factors_of_largest_product(const Semilinear& equation) {
  Index most = 1;
  for (const Term& term : equation.terms)
    if (term.coefficient != 0) most = std::max(most, std::ssize(term.factors));
  return most;
}

// A product of m factors of harmonics up to N/2 is alias-free there on (m + 1) N / 2 points.
Grid work_grid(const Semilinear& equation) {
  if (equation.dealiasing != Dealiasing::padding) return equation.grid;
  const Index m = factors_of_largest_product(equation);
  std::vector<Axis> axes;
  for (Index d = 0; d < equation.grid.dimensions(); ++d) {
    const Axis& axis = equation.grid.axis(d);
    axes.push_back({((m + 1) * axis.points + 1) / 2, axis.length});
  }
  return Grid(axes);
}

// 1 for the modes that a product of so many factors keeps, 0 for the others.
Eigen::ArrayXd product_modes(const Semilinear& equation, Index factors) {
  Eigen::ArrayXd mask = equation.kept_modes();
  if (equation.dealiasing == Dealiasing::none || factors < 2) return mask;
  for (Index d = 0; d < equation.grid.dimensions(); ++d) {
    const Index n = equation.grid.axis(d).points;
    // |harmonic| < n / (factors + 1), or below the Nyquist number
    const Index limit = equation.dealiasing == Dealiasing::padding ? (n + 1) / 2 : (n + factors) / (factors + 1);
    mask *= (equation.grid.harmonic(d).abs() < static_cast<double>(limit)).cast<double>();
  }
  return mask;
}

Eigen::ArrayXcd times(const Multiplier& multiplier, const Eigen::ArrayXd& mask) {
  Eigen::ArrayXcd symbol = mask.cast<std::complex<double>>();
  if (multiplier.symbol.size() > 0) symbol *= multiplier.symbol.values();
  return symbol;
}

// Collects with symbols on all modes of the grid; they are packed when it is known which modes are needed.
class Compiler {
 public:
  Compiler(const Semilinear& equation, std::shared_ptr<const Communicator> ranks)
      : equation_(equation),
        domain_(equation.grid, std::move(ranks)),
        terms_{.work = domain_.with(work_grid(equation)),
               .columns = 0,
               .modes = {},
               .inputs = {},
               .outputs = {},
               .linear = {},
               .force = {},
               .idle = {}} {}

  Terms compile(bool every_term) {
    for (const Term& term : equation_.terms) {
      if ((term.is_diagonal() && !every_term) || term.coefficient == 0) continue;
      if (term.is_linear()) {
        add_linear(term);
      } else if (std::ranges::all_of(term.factors, &Factor::is_given)) {
        add_force(term);
      } else {
        add_product(term);
      }
    }
    pack();
    share_transforms();
    for (Output& output : terms_.outputs) find_place(output);
    order();
    return std::move(terms_);
  }

 private:
  struct FullPiece {
    Index field;
    Eigen::ArrayXcd symbol;
  };
  struct Group {  // the products of one target under one outer multiplier
    Index target;
    std::string name;
    Eigen::ArrayXcd symbol;
    std::vector<Product> products;
  };

  void add_linear(const Term& term) {
    const Eigen::ArrayXd mask = equation_.kept_modes();
    const auto add = [&](const Factor& part) {
      const Eigen::ArrayXcd symbol = term.coefficient * times(part.multiplier, mask) * times(term.outer, mask);
      const auto known = std::ranges::find_if(
          linear_, [&](const auto& l) { return l.first == term.target && l.second.field == part.field; });
      if (known != linear_.end()) {
        known->second.symbol += symbol;
      } else {
        linear_.push_back({term.target, {part.field, symbol}});
      }
    };
    add(term.factors[0]);
    for (const Factor& part : term.factors[0].plus) add(part);
  }

  void add_force(const Term& term) {
    const Index modes = equation_.grid.modes();
    if (force_.size() == 0) force_ = Eigen::ArrayXcd::Zero(equation_.fields * modes);
    Eigen::VectorXd values = term.factors[0].given;
    for (std::size_t f = 1; f < term.factors.size(); ++f) values.array() *= term.factors[f].given.array();
    Eigen::VectorXcd spectrum(modes);
    Fft(equation_.grid).forward(values, spectrum);
    const double scale = term.coefficient / static_cast<double>(values.size());
    force_.segment(term.target * modes, modes) += scale * spectrum.array() * times(term.outer, equation_.kept_modes());
  }

  void add_product(const Term& term) {
    const auto count = std::ssize(term.factors);
    const std::string name = term.outer.name + "|" + std::to_string(count);
    auto group =
        std::ranges::find_if(groups_, [&](const Group& g) { return g.target == term.target && g.name == name; });
    if (group == groups_.end()) {
      const double scale = 1 / static_cast<double>(terms_.work.grid().points());
      groups_.push_back({.target = term.target,
                         .name = name,
                         .symbol = scale * times(term.outer, product_modes(equation_, count)),
                         .products = {}});
      group = groups_.end() - 1;
    }
    Product product{.coefficient = term.coefficient, .inputs = {}};
    for (const Factor& factor : term.factors) product.inputs.push_back(input(factor, count));
    group->products.push_back(std::move(product));
  }

  std::size_t input(const Factor& factor, Index count) {
    std::string name = std::to_string(count);
    const auto add_name = [&](const Factor& part) {
      name.append("|").append(std::to_string(part.field)).append(":").append(part.multiplier.name);
    };
    if (factor.is_given()) {
      name = "given " + factor.multiplier.name;
    } else {
      add_name(factor);
      for (const Factor& part : factor.plus) add_name(part);
    }
    const auto known = std::ranges::find(terms_.inputs, name, &Input::name);
    if (known != terms_.inputs.end()) return static_cast<std::size_t>(known - terms_.inputs.begin());

    Input input{.name = name, .pieces = {}, .values = {}, .given = factor.is_given()};
    auto& pieces = pieces_.emplace_back();
    if (input.given) {
      if (equation_.dealiasing == Dealiasing::padding)
        throw Error(Fault::input, "given field '" + factor.multiplier.name + "'", "it has no values on the padded grid",
                    "choose dealiasing by truncation, or none");
      const Ensemble part = domain_.part(factor.given);
      input.values.assign(part.reshaped().begin(), part.reshaped().end());
    } else {
      const Eigen::ArrayXd mask = product_modes(equation_, count);
      pieces.push_back({factor.field, times(factor.multiplier, mask)});
      for (const Factor& part : factor.plus) pieces.push_back({part.field, times(part.multiplier, mask)});
    }
    terms_.inputs.push_back(std::move(input));
    return terms_.inputs.size() - 1;
  }

  void pack() {
    const Index modes = equation_.grid.modes();
    Eigen::ArrayXd mask = Eigen::ArrayXd::Zero(modes);
    const auto use = [&](const Eigen::ArrayXcd& symbol) { mask = (symbol != 0.0).select(1, mask); };
    for (const auto& pieces : pieces_)
      for (const FullPiece& piece : pieces) use(piece.symbol);
    for (const auto& [target, piece] : linear_) use(piece.symbol);
    for (const Group& group : groups_) use(group.symbol);
    for (Index field = 0; force_.size() > 0 && field < equation_.fields; ++field)
      use(force_.segment(field * modes, modes));
    terms_.columns = used_columns(equation_.grid, mask);
    terms_.modes = ModeSet(ModeLayout(domain_, terms_.columns), mask);

    for (std::size_t i = 0; i < pieces_.size(); ++i) {
      for (const FullPiece& piece : pieces_[i]) {
        terms_.inputs[i].pieces.push_back({piece.field, packed_symbol(terms_.modes, piece.symbol)});
      }
    }
    for (const auto& [target, piece] : linear_)
      terms_.linear.push_back({target, {piece.field, packed_symbol(terms_.modes, piece.symbol)}, false});
    for (Index field = 0; force_.size() > 0 && field < equation_.fields; ++field) {
      const Eigen::ArrayXcd part = terms_.modes.pick<Eigen::ArrayXcd>(force_.segment(field * modes, modes));
      terms_.force.insert(terms_.force.end(), part.begin(), part.end());
    }
  }

  // The same products under several multipliers, as in a projected vector, are transformed once.
  void share_transforms() {
    for (Group& group : groups_) {
      // A single product gives its coefficient to the multiplier.
      if (group.products.size() == 1) group.symbol *= std::exchange(group.products.front().coefficient, 1.0);
      auto output = std::ranges::find(terms_.outputs, group.products, &Output::products);
      if (output == terms_.outputs.end()) {
        terms_.outputs.push_back({.products = group.products, .destinations = {}});
        output = terms_.outputs.end() - 1;
      }
      output->destinations.push_back(
          {.target = group.target, .symbol = packed_symbol(terms_.modes, group.symbol), .add = false});
    }
  }

  void find_place(Output& output) const {
    if (output.products.size() != 1 || output.products.front().inputs.size() != 2) return;
    const std::size_t first = output.products.front().inputs.front();
    Index uses = 0;
    for (const Output& other : terms_.outputs)
      for (const Product& product : other.products) uses += std::ranges::count(product.inputs, first) > 0;
    output.in_place = uses == 1 && !terms_.inputs[first].given;
  }

  // Linear terms come first, then the force, then the products. What is added to without having been written starts
  // from zero: every field on a padded grid, where products do not reach every mode, and those that have a force alone.
  void order() {
    std::vector<char> written(static_cast<std::size_t>(equation_.fields));
    const auto add = [&](Index target) { return std::exchange(written[static_cast<std::size_t>(target)], 1) == 1; };
    const auto start_others = [&] {
      for (Index field = 0; field < equation_.fields; ++field)
        if (!add(field)) terms_.idle.push_back(field);
    };
    if (!(terms_.work.grid() == equation_.grid)) start_others();
    for (Linear& linear : terms_.linear) linear.add = add(linear.target);
    if (!terms_.force.empty()) start_others();
    for (Output& output : terms_.outputs)
      for (Destination& destination : output.destinations) destination.add = add(destination.target);
    start_others();
  }

  const Semilinear& equation_;
  Domain domain_;
  Terms terms_;
  std::vector<std::vector<FullPiece>> pieces_;  // of every input
  std::vector<std::pair<Index, FullPiece>> linear_;
  std::vector<Group> groups_;
  Eigen::ArrayXcd force_;
};

}  // namespace

Terms compile(const Semilinear& equation, bool every_term, std::shared_ptr<const Communicator> ranks) {
  validate(equation);
  return Compiler(equation, std::move(ranks)).compile(every_term);
}

}  // namespace semiflow::compiled
