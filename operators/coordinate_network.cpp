#include <torch/torch.h>

#include <chrono>
#include <cmath>
#include <numbers>
#include <numeric>
#include <semiflow/core/error.hpp>
#include <semiflow/core/random.hpp>
#include <semiflow/operators/coordinate_network.hpp>
#include <semiflow/operators/torch_setup.hpp>

namespace semiflow {

using Eigen::Index;

namespace {

// A column-major matrix is the transpose of what libtorch takes its memory for.
torch::Tensor single(const Eigen::MatrixXd& m) {
  return torch::from_blob(const_cast<double*>(m.data()), {m.cols(), m.rows()}, torch::kDouble)
      .t()
      .to(torch::kFloat)
      .contiguous();
}

Eigen::MatrixXd matrix(const torch::Tensor& t) {
  const torch::Tensor columns = t.detach().to(torch::kDouble).t().contiguous();
  return Eigen::Map<const Eigen::MatrixXd>(columns.data_ptr<double>(), t.size(0), t.size(1));
}

// The points in an order that is new in every epoch.
torch::Tensor shuffled(Index points, std::uint64_t seed, std::uint64_t epoch) {
  const Eigen::VectorXd lot = uniform(points, {.seed = seed, .purpose = network_batch, .item = epoch});
  std::vector<int64_t> order(static_cast<std::size_t>(points));
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, {}, [&lot](int64_t i) { return lot(i); });
  return torch::tensor(order);
}

void check(const Eigen::MatrixXd& points, const Eigen::MatrixXd& values, const CoordinateNetworkOptions& o) {
  require(points.rows() > 0 && points.cols() > 0, "a network is fitted to at least one point");
  require(values.rows() == points.rows() && values.cols() > 0, "a network has values for every point");
  require(points.allFinite() && values.allFinite(), "points and values of a network are finite");
  require(o.features >= 0 && o.width > 0 && o.layers > 0, "a network has at least one layer of at least one unit");
  require(std::isfinite(o.feature_std) && o.feature_std > 0, "feature_std is positive");
  require(o.iterations >= 0 && o.batch >= 0, "a number of iterations or of points is not negative");
  require(std::isfinite(o.learning_rate) && o.learning_rate > 0, "a learning rate is positive");
}

}  // namespace

void CoordinateNetwork::draw(Index axes, Index outputs, const CoordinateNetworkOptions& o) {
  frequencies_ = 2 * std::numbers::pi * o.feature_std *
                 standard_normal(axes * o.features, {.seed = o.seed, .purpose = network_frequency, .item = 0})
                     .reshaped(axes, o.features);
  if (o.periodic) frequencies_ = frequencies_.array().round();
  Index in = o.features > 0 ? 2 * o.features : axes;
  for (Index i = 0; i <= o.layers; ++i) {
    const Index out = i < o.layers ? o.width : outputs;
    // Glorot & Bengio (2010).
    const double bound = std::sqrt(6.0 / static_cast<double>(in + out));
    const Eigen::VectorXd lot =
        uniform(in * out, {.seed = o.seed, .purpose = network_weight, .item = static_cast<std::uint64_t>(i)});
    layers_.push_back(
        {.weight = (bound * (2 * lot.array() - 1)).matrix().reshaped(in, out), .bias = Eigen::RowVectorXd::Zero(out)});
    in = out;
  }
}

Eigen::MatrixXd CoordinateNetwork::inputs(const Eigen::MatrixXd& points) const {
  const Eigen::MatrixXd v = 2 * std::numbers::pi * (points.array() - 0.5);
  if (frequencies_.cols() == 0) return v;
  const Eigen::MatrixXd phase = v * frequencies_;
  Eigen::MatrixXd waves(points.rows(), 2 * phase.cols());
  waves << phase.array().cos().matrix(), phase.array().sin().matrix();
  return waves;
}

Eigen::MatrixXd CoordinateNetwork::hidden(Eigen::MatrixXd x) const {
  for (std::size_t i = 0; i + 1 < layers_.size(); ++i)
    x = ((x * layers_[i].weight).rowwise() + layers_[i].bias).array().tanh().matrix();
  return x;
}

void CoordinateNetwork::train(const Eigen::MatrixXd& x, const Eigen::MatrixXd& y, const CoordinateNetworkOptions& o) {
  const torch::Tensor all_inputs = single(x), all_outputs = single(y);
  std::vector<torch::Tensor> weights, biases, parameters;
  for (const Layer& layer : layers_) {
    weights.push_back(single(layer.weight).requires_grad_());
    biases.push_back(single(layer.bias).requires_grad_());
    parameters.insert(parameters.end(), {weights.back(), biases.back()});
  }
  torch::optim::Adam optimiser(parameters, torch::optim::AdamOptions(o.learning_rate).amsgrad(true));
  const Index batch = o.batch > 0 ? std::min(o.batch, x.rows()) : x.rows();
  torch::Tensor order;
  std::uint64_t epoch = 0;
  Index next = x.rows();  // of the order
  for (Index iteration = 0; iteration < o.iterations; ++iteration) {
    torch::Tensor h = all_inputs, target = all_outputs;
    if (batch < x.rows()) {
      if (next + batch > x.rows()) {
        order = shuffled(x.rows(), o.seed, epoch++);
        next = 0;
      }
      const torch::Tensor chosen = order.slice(0, next, next + batch);
      next += batch;
      h = all_inputs.index_select(0, chosen);
      target = all_outputs.index_select(0, chosen);
    }
    for (std::size_t i = 0; i < weights.size(); ++i) {
      h = torch::addmm(biases[i], h, weights[i]);
      if (i + 1 < weights.size()) h = torch::tanh(h);
    }
    optimiser.zero_grad();
    torch::mse_loss(h, target).backward();
    const double part = static_cast<double>(iteration) / static_cast<double>(o.iterations);
    static_cast<torch::optim::AdamOptions&>(optimiser.param_groups()[0].options())
        .lr(o.learning_rate * 0.5 * (1 + std::cos(std::numbers::pi * part)));
    optimiser.step();
  }
  for (std::size_t i = 0; i < layers_.size(); ++i)
    layers_[i] = {.weight = matrix(weights[i]), .bias = matrix(biases[i])};
}

CoordinateNetwork::CoordinateNetwork(const Eigen::MatrixXd& points, const Eigen::MatrixXd& values,
                                     const CoordinateNetworkOptions& o) {
  check(points, values, o);
  prepare_torch();
  const auto start = std::chrono::steady_clock::now();
  draw(points.cols(), values.cols(), o);
  mean_ = values.colwise().mean();
  std_ = ((values.rowwise() - mean_).colwise().squaredNorm() / static_cast<double>(values.rows())).cwiseSqrt();
  std_ = (std_.array() > 0).select(std_, 1.0);
  train(inputs(points), (values.rowwise() - mean_).array().rowwise() / std_.array(), o);
  const Eigen::MatrixXd left = values - (*this)(points);
  if (!left.allFinite()) throw Error(Fault::run, "network", "its training has diverged", "lower the learning rate");
  misfit_ = (left.colwise().squaredNorm() / static_cast<double>(values.rows())).cwiseSqrt().cwiseQuotient(std_);
  seconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

Eigen::MatrixXd CoordinateNetwork::operator()(const Eigen::MatrixXd& points) const {
  require(points.cols() == frequencies_.rows(), "points have as many axes as those that a network was fitted to");
  const Eigen::MatrixXd scaled = (hidden(inputs(points)) * layers_.back().weight).rowwise() + layers_.back().bias;
  return (scaled.array().rowwise() * std_.array()).matrix().rowwise() + mean_;
}

Eigen::MatrixXd CoordinateNetwork::features(const Eigen::MatrixXd& points) const {
  require(points.cols() == frequencies_.rows(), "points have as many axes as those that a network was fitted to");
  const Eigen::MatrixXd x = inputs(points), last = hidden(x);
  Eigen::MatrixXd all(points.rows(), last.cols() + x.cols() + 1);
  all << last, x, Eigen::VectorXd::Ones(points.rows());
  return all;
}

}  // namespace semiflow
