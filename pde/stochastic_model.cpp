#include <bit>
#include <cmath>
#include <numbers>
#include <semiflow/core/error.hpp>
#include <semiflow/pde/multipliers.hpp>
#include <semiflow/pde/stochastic_model.hpp>
#include <string>
#include <utility>

namespace semiflow {

namespace {

void check_numbers(const Semilinear& equation, const RingForcing& f) {
  require(equation.grid.dimensions() == 2 && equation.fields == 1,
          "a ring is forced in an equation for one field, a vorticity, on a plane");
  require(std::isfinite(f.injection) && f.injection >= 0, "the injection rate is not negative");
  require(std::isfinite(f.wavenumber) && f.half_width >= 0 && f.wavenumber > f.half_width,
          "the ring of the forcing needs wavenumber > half_width >= 0: the mean is never forced");
  require(std::isfinite(f.correlation_time) && f.correlation_time >= 0, "the correlation time is not negative");
  require(std::isfinite(f.inverse_radius) && f.inverse_radius >= 0, "an inverse radius is not negative");
}

// The pairs k, -k of the ring, counted in the order of Grid by the one with a positive last harmonic, or with 0 there
// and a positive first: that order among the modes of a ring is the same on finer grids.
struct Ring {
  std::vector<Index> pair;     // of every mode, -1 outside
  std::vector<double> square;  // |k|^2 of every pair
};

Ring find_ring(const Grid& grid, const RingForcing& f) {
  const Eigen::ArrayXd square = square_wavenumber(grid), n_y = grid.harmonic(0), n_x = grid.harmonic(1);
  const double reach = f.half_width + 1e-9 * f.wavenumber;  // a mode on the rim belongs to the ring
  const Eigen::ArrayXd distance = (square.sqrt() - f.wavenumber).abs();
  Ring ring{.pair = std::vector<Index>(static_cast<std::size_t>(grid.modes()), -1), .square = {}};
  const auto is_nyquist = [&](Index d, double n) { return 2 * static_cast<Index>(n) == grid.axis(d).points; };
  for (Index mode = 0; mode < grid.modes(); ++mode) {
    if (distance(mode) > reach) continue;
    if (is_nyquist(0, n_y(mode)) || is_nyquist(1, n_x(mode)))
      throw Error(Fault::input, {}, "the ring of the forcing reaches the Nyquist number of the grid",
                  "take more points, or a smaller ring");
    if (n_x(mode) == 0 && n_y(mode) < 0) continue;
    ring.pair[static_cast<std::size_t>(mode)] = std::ssize(ring.square);
    ring.square.push_back(square(mode));
  }
  if (ring.square.empty())
    throw Error(Fault::input, {}, "no mode of the grid lies in the ring of the forcing", "widen the ring");
  return ring;
}

Index step_number(double time, double dt) {
  const double steps = time / dt;
  if (!(std::abs(steps) < 0x1p53) || std::abs(steps - std::round(steps)) > 1e-6)
    throw Error(Fault::input, "time " + std::to_string(time),
                "random forcing counts its steps from time 0, and this is not a multiple of " + std::to_string(dt),
                "begin at a multiple of the step");
  return static_cast<Index>(std::round(steps));
}

// The bits of the number, so that any number is a stream; adding 0 makes -0 the same as 0.
std::uint64_t item(double stream) {
  if (!std::isfinite(stream))
    throw Error(Fault::input, {}, "the stream number of a member is not finite",
                "give every member its number, as with_memory() does");
  return std::bit_cast<std::uint64_t>(stream + 0.0);
}

}  // namespace

void validate(const RingForcing& forcing, const Semilinear& equation) {
  check_numbers(equation, forcing);
  find_ring(equation.grid, forcing);
}

StochasticModel::StochasticModel(SpectralModel model, const RingForcing& forcing)
    : model_(std::move(model)), forcing_(forcing) {
  check_numbers(model_.equation(), forcing);
  Ensemble none(field_size(), 0);
  model_.advance(none, {0, 0}, [](auto*, Index, Index) {});  // throws for a multistep method
  const Grid& grid = model_.equation().grid;
  const Ring ring = find_ring(grid, forcing);
  amplitude_ = Eigen::Map<const Eigen::ArrayXd>(ring.square.data(), std::ssize(ring.square));
  const double per_pair = forcing.injection / static_cast<double>(ring_size());
  amplitude_ = (per_pair * (amplitude_ + forcing.inverse_radius * forcing.inverse_radius)).sqrt();

  const Index columns = grid.axis(1).points / 2 + 1, rows = grid.axis(0).points;
  const std::vector<Index>& modes = model_.modes().modes();
  double pairs = 0;
  for (Index i = 0; i < std::ssize(modes); ++i) {
    const Index mode = modes[static_cast<std::size_t>(i)];
    const auto pair_of = [&](Index m) { return ring.pair[static_cast<std::size_t>(m)]; };
    if (pair_of(mode) >= 0) {
      entries_.push_back({.packed = i, .pair = pair_of(mode), .sign = 1});
      ++pairs;
    } else if (mode % columns == 0 && mode > 0 && pair_of((rows - mode / columns) * columns) >= 0) {
      entries_.push_back({.packed = i, .pair = pair_of((rows - mode / columns) * columns), .sign = -1});
    }
  }
  if (const auto& ranks = domain().communicator())
    pairs = ranks->sum_in_order(Eigen::MatrixXd::Constant(1, 1, pairs))(0);
  if (static_cast<Index>(pairs) != ring_size())
    throw Error(Fault::input, {}, "the ring of the forcing has modes that dealiasing or the cutoff leaves out",
                "take more points, or a smaller ring");
}

Ensemble StochasticModel::with_memory(EnsembleView fields, Index first_member) const {
  require(fields.rows() == field_size(), "the fields do not have the size of the model");
  Ensemble states(state_size(), fields.cols());
  states.topRows(field_size()) = fields;
  for (Index j = 0; j < fields.cols(); ++j) {
    const auto stream = static_cast<double>(first_member + j);
    states(field_size(), j) = stream;
    states.col(j).tail(memory_size()) =
        std::sqrt(0.5) *
        standard_normal(memory_size(), {.seed = forcing_.seed, .purpose = forcing_memory, .item = item(stream)});
  }
  return states;
}

void StochasticModel::kick(std::complex<double>* packed, const Key& key) const {
  const Eigen::VectorXd turns = uniform(ring_size(), key);
  const double root = std::sqrt(model_.dt());
  for (const Entry& entry : entries_) {
    const double angle = 2 * std::numbers::pi * turns(entry.pair);
    packed[entry.packed] += root * amplitude_(entry.pair) * std::complex(std::cos(angle), entry.sign * std::sin(angle));
  }
}

// Every rank moves all amplitudes, which are few, so that they are the same rows everywhere.
void StochasticModel::kick(std::complex<double>* packed, const Key& key, Eigen::Ref<Eigen::VectorXd> memory) const {
  const double lag = model_.dt() / forcing_.correlation_time;
  const double kept = std::exp(-lag), fresh = std::sqrt(-std::expm1(-2 * lag) / 2);
  memory = kept * memory + fresh * standard_normal(memory.size(), key);
  const double root = std::sqrt(model_.dt() * std::tanh(lag / 2));
  for (const Entry& entry : entries_)
    packed[entry.packed] +=
        root * amplitude_(entry.pair) * std::complex(memory(2 * entry.pair), entry.sign * memory(2 * entry.pair + 1));
}

void StochasticModel::advance(EnsembleRef members, Interval window) {
  require(members.rows() == state_size(), "the members do not have the state of the model");
  const Index first = step_number(window.begin, model_.dt());
  for (Index j = 0; j < members.cols(); ++j) item(members(field_size(), j));
  model_.advance(members.topRows(field_size()), window, [&](std::complex<double>* packed, Index member, Index step) {
    const Key key{.seed = forcing_.seed,
                  .purpose = stochastic_forcing,
                  .item = item(members(field_size(), member)),
                  .step = static_cast<std::uint64_t>(first + step)};
    if (forcing_.correlation_time > 0) {
      kick(packed, key, members.col(member).tail(memory_size()));
    } else {
      kick(packed, key);
    }
  });
}

}  // namespace semiflow
