#include <cmath>
#include <numbers>
#include <semiflow/core/error.hpp>
#include <semiflow/core/fft.hpp>
#include <semiflow/pde/multipliers.hpp>
#include <semiflow/pde/navier_stokes.hpp>
#include <semiflow/pde/quasigeostrophic.hpp>
#include <sstream>
#include <utility>
#include <vector>

namespace semiflow {

namespace {

Term linear(std::string name, double coefficient, const Factor& factor, Index target = 0) {
  return {.name = std::move(name), .coefficient = coefficient, .factors = {factor}, .target = target};
}

Factor after(const Multiplier& multiplier, Factor factor) {
  factor.multiplier = multiplier * factor.multiplier;
  for (Factor& part : factor.plus) part = after(multiplier, part);
  return factor;
}

// -u . grad q in flux form, -(u q)_x - (v q)_y, with u = -psi_y and v = psi_x: five transforms.
void add_advection(Semilinear& equation, const Factor& stream, const Factor& q, Index target,
                   const std::string& layer) {
  const Multiplier dx = derivative(equation.grid, 1, 1), dy = derivative(equation.grid, 0, 1);
  const Factor u = after(-1 * dy, stream), v = after(dx, stream);
  equation.terms.push_back(
      {.name = "u q" + layer, .coefficient = -1, .factors = {u, q}, .outer = dx, .target = target});
  equation.terms.push_back(
      {.name = "v q" + layer, .coefficient = -1, .factors = {v, q}, .outer = dy, .target = target});
}

}  // namespace

Semilinear barotropic(const Grid& plane, const BarotropicCoefficients& c) {
  require(plane.dimensions() == 2, "a layer lives on a plane");
  require(c.hyperviscosity_order >= 1, "the order of the hyperviscosity is at least 1");
  const Multiplier stream = inverse_laplacian(plane, c.inverse_radius);
  const Multiplier dx = derivative(plane, 1, 1), dy = derivative(plane, 0, 1);
  Semilinear equation{.grid = plane};
  if (c.inverse_radius == 0 && !c.flux_form) {
    equation.terms = vorticity_advection(plane, stream);
  } else {
    add_advection(equation, {.multiplier = stream}, {}, 0, "");
  }
  const auto order = 2 * static_cast<double>(c.hyperviscosity_order);
  equation.terms.push_back(linear("lap q", c.viscosity, {.multiplier = laplacian(plane)}));
  equation.terms.push_back(linear("q", -c.drag, {}));
  equation.terms.push_back(linear("lap^p q", -c.hyperviscosity, {.multiplier = wavenumber_power(plane, order)}));
  equation.terms.push_back(linear("v", -c.beta, {.multiplier = dx * stream}));
  equation.terms.push_back(linear("U q_x", -c.mean_x, {.multiplier = dx}));
  if (c.topography.size() > 0) {
    const Factor eta{.multiplier = {.name = "topography"}, .given = c.topography};
    equation.terms.push_back(
        {.name = "u eta", .coefficient = -1, .factors = {{.multiplier = -1 * (dy * stream)}, eta}, .outer = dx});
    equation.terms.push_back(
        {.name = "v eta", .coefficient = -1, .factors = {{.multiplier = dx * stream}, eta}, .outer = dy});
    equation.terms.push_back({.name = "U eta_x", .coefficient = -c.mean_x, .factors = {eta}, .outer = dx});
  }
  return equation;
}

Semilinear two_layer(const Grid& plane, const TwoLayerCoefficients& c) {
  require(plane.dimensions() == 2, "a layer lives on a plane");
  require(c.radius > 0 && c.ratio > 0, "the deformation radius and the ratio of the depths are positive");
  const double F1 = 1 / (c.radius * c.radius * (1 + c.ratio)), F2 = c.ratio * F1;
  const double shear = c.upper_velocity - c.lower_velocity;
  // (lap - F1) psi1 + F1 psi2 = q1,  F2 psi1 + (lap - F2) psi2 = q2, solved mode by mode; the mean is zero.
  const Eigen::ArrayXcd lap = laplacian(plane).symbol.values();
  const Eigen::ArrayXcd determinant = lap * (lap - (F1 + F2));
  const auto solved = [&](const char* name, const Eigen::ArrayXcd& numerator) {
    return named(name, (determinant != 0.0).select(numerator / determinant, 0));
  };
  const Factor psi1{.field = 0,
                    .multiplier = solved("psi11", lap - F2),
                    .plus = {{.field = 1, .multiplier = solved("psi12", Eigen::ArrayXcd::Constant(lap.size(), -F1))}}};
  const Factor psi2{.field = 0,
                    .multiplier = solved("psi21", Eigen::ArrayXcd::Constant(lap.size(), -F2)),
                    .plus = {{.field = 1, .multiplier = solved("psi22", lap - F1)}}};
  const Multiplier dx = derivative(plane, 1, 1);
  Semilinear equation{.grid = plane, .fields = 2};
  add_advection(equation, psi1, {.field = 0}, 0, "1");
  add_advection(equation, psi2, {.field = 1}, 1, "2");
  equation.terms.push_back(linear("U1 q1_x", -c.upper_velocity, {.field = 0, .multiplier = dx}, 0));
  equation.terms.push_back(linear("U2 q2_x", -c.lower_velocity, {.field = 1, .multiplier = dx}, 1));
  equation.terms.push_back(linear("v1", -(c.beta + F1 * shear), after(dx, psi1), 0));
  equation.terms.push_back(linear("v2", -(c.beta - F2 * shear), after(dx, psi2), 1));
  equation.terms.push_back(linear("lap psi2", -c.drag, after(laplacian(plane), psi2), 1));
  return equation;
}

namespace {

// The middle of the box is 0.
Eigen::ArrayXd from_the_middle(const Grid& plane) { return plane.coordinate(0) - plane.axis(0).length / 2; }

Eigen::ArrayXd bump(const Eigen::ArrayXd& distance, double width) {
  return (distance / width).cosh().square().inverse();
}

Eigen::ArrayXd edge_bump(const Grid& plane, double width) {
  return bump(plane.axis(0).length / 2 - from_the_middle(plane).abs(), width);
}

// The stream functions of q1 and q2, from their half sum and half difference.
std::pair<Factor, Factor> streams_of_equal_layers(const Grid& plane) {
  const Multiplier barotropic = inverse_laplacian(plane), baroclinic = inverse_laplacian(plane, std::numbers::sqrt2);
  const Multiplier same = named("psi of q", 0.5 * (barotropic.symbol + baroclinic.symbol));
  const Multiplier other = named("psi of the other q", 0.5 * (barotropic.symbol - baroclinic.symbol));
  return {{.field = 0, .multiplier = same, .plus = {{.field = 1, .multiplier = other}}},
          {.field = 1, .multiplier = same, .plus = {{.field = 0, .multiplier = other}}}};
}

}  // namespace

Eigen::VectorXd jet_stream(const Grid& plane, double jet_velocity, double jet_width) {
  require(plane.dimensions() == 2, "a jet lives on a plane");
  require(std::isfinite(jet_width) && jet_width > 0, "the width of a jet is positive");
  const Eigen::VectorXd velocity =
      jet_velocity * (bump(from_the_middle(plane), jet_width) - edge_bump(plane, jet_width));
  Fft fft(plane);
  Spectrum modes(plane.modes(), 1);
  fft.forward(velocity, modes);
  const Eigen::ArrayXcd dy = derivative(plane, 0, 1).symbol.values();
  modes.col(0).array() *= (dy != 0.0).select(-dy.inverse(), 0);
  Ensemble stream(plane.points(), 1);
  fft.inverse(modes, stream);
  return stream;
}

Semilinear two_layer_jet(const Grid& plane, const JetCoefficients& c) {
  const Factor jet{.multiplier = {.name = "psi_R"}, .given = jet_stream(plane, c.jet_velocity, c.jet_width)};
  const Factor sponge{.multiplier = {.name = "sponge"}, .given = edge_bump(plane, c.jet_width)};
  const auto [psi1, psi2] = streams_of_equal_layers(plane);
  const Multiplier dx = derivative(plane, 1, 1);
  const Multiplier eighth = named("xxxxxxxx+yyyyyyyy", derivative(plane, 1, 8).symbol + derivative(plane, 0, 8).symbol);
  const Multiplier waves =
      named("waves", (derivative(plane, 1, 2).symbol.values() != 0.0).cast<std::complex<double>>());
  Semilinear equation{.grid = plane, .fields = 2};
  for (Index layer = 0; layer < 2; ++layer) {
    const std::string number = std::to_string(layer + 1);
    const Factor &psi = layer == 0 ? psi1 : psi2, q{.field = layer};
    const double relaxation = layer == 0 ? c.relaxation : -c.relaxation;
    add_advection(equation, psi, q, layer, number);
    for (std::size_t last = equation.terms.size(); const std::size_t i : {last - 2, last - 1})
      equation.terms[i].coefficient *= c.advection;
    const auto add = [&](const char* name, double coefficient, std::vector<Factor> factors) {
      equation.terms.push_back(
          {.name = name + number, .coefficient = coefficient, .factors = std::move(factors), .target = layer});
    };
    add("v", -c.beta, {after(dx, psi)});
    add("psi1 in q", relaxation, {psi1});
    add("psi2 in q", -relaxation, {psi2});
    add("psi_R in q", -relaxation * c.jet, {jet});
    add("sponge q", -c.sponge, {sponge, {.field = layer, .multiplier = waves}});
    add("hyperdiffusion q", -c.hyperdiffusion, {{.field = layer, .multiplier = eighth}});
  }
  equation.terms.push_back(linear("lap psi2", -c.drag, after(laplacian(plane), psi2), 1));
  return equation;
}

namespace {

// The half sum and the half difference of two layers, each multiplied by its symbol.
Eigen::VectorXd of_equal_layers(const Grid& plane, const Eigen::Ref<const Eigen::VectorXd>& layers,
                                const Eigen::ArrayXcd& of_sum, const Eigen::ArrayXcd& of_difference) {
  require(plane.dimensions() == 2, "layers live on a plane");
  require(layers.size() == 2 * plane.points(), "two layers have two values a point");
  Fft fft(plane);
  const Index count = plane.modes();
  Spectrum modes(2 * count, 1);
  fft.forward(layers, modes);
  const Eigen::ArrayXcd first = modes.col(0).head(count), second = modes.col(0).tail(count);
  const Eigen::ArrayXcd sum = 0.5 * of_sum * (first + second), difference = 0.5 * of_difference * (first - second);
  modes.col(0) << (sum + difference).matrix(), (sum - difference).matrix();
  Ensemble values(layers.size(), 1);
  fft.inverse(modes, values);
  return values;
}

}  // namespace

Eigen::VectorXd jet_streams(const Grid& plane, const Eigen::Ref<const Eigen::VectorXd>& vorticities) {
  return of_equal_layers(plane, vorticities, inverse_laplacian(plane).symbol.values(),
                         inverse_laplacian(plane, std::numbers::sqrt2).symbol.values());
}

Eigen::VectorXd jet_vorticities(const Grid& plane, const Eigen::Ref<const Eigen::VectorXd>& streams) {
  const Eigen::ArrayXcd lap = laplacian(plane).symbol.values();
  return of_equal_layers(plane, streams, lap, lap - 2.0);
}

std::vector<TermSum> jet_candidates(const Grid& plane, const JetCoefficients& c) {
  const Factor jet{.multiplier = {.name = "psi_R"}, .given = jet_stream(plane, c.jet_velocity, c.jet_width)};
  const Factor y{.multiplier = {.name = "y"}, .given = from_the_middle(plane)};
  const auto [psi1, psi2] = streams_of_equal_layers(plane);
  const Multiplier dx = derivative(plane, 1, 1), dy = derivative(plane, 0, 1), lap = laplacian(plane);
  std::vector<TermSum> candidates;
  for (Index target = 0; target < 2; ++target) {
    const std::string own = std::to_string(target + 1), in = " in q" + own;
    const auto add = [&](const std::string& name, const Factor& factor, const std::string& in_equation = {}) {
      candidates.push_back(
          {.name = name + in, .terms = {linear(in_equation.empty() ? name + in : in_equation, 1, factor, target)}});
    };
    add("laplacian psi1", after(lap, psi1));
    add("laplacian psi2", after(lap, psi2), target == 1 ? "lap psi2" : "");
    add("psi1_x", after(dx, psi1), target == 0 ? "v1" : "");
    add("psi1_y", after(dy, psi1));
    add("psi2_x", after(dx, psi2), target == 1 ? "v2" : "");
    add("psi2_y", after(dy, psi2));
    add("psi1", psi1);
    add("psi2", psi2);
    add("psi_R", jet);
    for (Index layer = 0; layer < 2; ++layer) {
      const std::string number = std::to_string(layer + 1);
      Semilinear advection{.grid = plane, .fields = 2};
      add_advection(advection, layer == 0 ? psi1 : psi2, {.field = layer}, target, number);
      for (Term& term : advection.terms) {
        term.coefficient = 1;
        if (layer != target) term.name += in;
      }
      candidates.push_back({.name = "J" + number + in, .terms = std::move(advection.terms)});
    }
    add("y", y);
  }
  return candidates;
}

Multiplier surface_stream(const Grid& plane, double buoyancy_frequency, double depth) {
  require(plane.dimensions() == 2, "a surface lives on a plane");
  require(std::isfinite(buoyancy_frequency) && buoyancy_frequency > 0, "the buoyancy frequency is positive");
  require(depth > 0, "the depth is positive");
  const Multiplier infinite = (1 / buoyancy_frequency) * wavenumber_power(plane, -1);
  if (std::isinf(depth)) return infinite;
  const Eigen::ArrayXd vertical = buoyancy_frequency * square_wavenumber(plane).sqrt();
  std::ostringstream name;
  name.precision(17);
  name << "surface stream " << buoyancy_frequency << " " << depth;
  return named(name.str(),
               (vertical > 0).select((vertical * (depth * vertical).tanh()).inverse(), 0).cast<std::complex<double>>());
}

Semilinear surface_quasigeostrophic(const Grid& plane, const SurfaceCoefficients& c) {
  Semilinear equation{.grid = plane};
  add_advection(equation, {.multiplier = surface_stream(plane, c.buoyancy_frequency, c.depth)}, {}, 0, "");
  require(c.hyperviscosity_order >= 1, "the order of the hyperviscosity is at least 1");
  const auto order = 2 * static_cast<double>(c.hyperviscosity_order);
  equation.terms.push_back(linear("lap^p b", -c.hyperviscosity, {.multiplier = wavenumber_power(plane, order)}));
  return equation;
}

}  // namespace semiflow
