#include "private/deep_operator_network.hpp"

#include <numbers>
#include <semiflow/core/error.hpp>

namespace semiflow {

namespace {

// 1 and the cosines and sines of every axis at all points, slowest first: [point, feature].
torch::Tensor waves(const std::vector<int64_t>& points, const std::vector<int64_t>& modes) {
  std::vector<torch::Tensor> all;
  for (std::size_t axis = 0; axis < points.size(); ++axis) {
    const torch::Tensor turns = torch::outer(torch::arange(points[axis]), torch::arange(1, modes[axis]));
    const torch::Tensor phase =
        turns.remainder(points[axis]).to(torch::kDouble) * (2 * std::numbers::pi / static_cast<double>(points[axis]));
    const torch::Tensor along = torch::cat({phase.cos(), phase.sin()}, 1);
    std::vector<int64_t> shape(points.size() + 1, 1), whole = points;
    shape[axis] = points[axis];
    shape.back() = along.size(1);
    whole.push_back(along.size(1));
    all.push_back(along.reshape(shape).expand(whole).flatten(0, -2));
  }
  all.push_back(torch::ones({all.front().size(0), 1}, torch::kDouble));
  return torch::cat(all, 1).to(torch::kFloat);
}

int64_t product(const std::vector<int64_t>& extents) {
  int64_t all = 1;
  for (const int64_t extent : extents) all *= extent;
  return all;
}

}  // namespace

DeepOperatorNetworkImpl::DeepOperatorNetworkImpl(const DeepOperatorNetworkOptions& o) : options_(o) {
  require(o.layers >= 1 && o.width >= 1 && o.basis >= 1, "a DeepONet has at least one layer, unit and product");
  require(o.points.size() == o.modes.size(), "a DeepONet has modes for every axis of the grid");
  features_ = waves(o.points, o.modes);
  branch_ = network("branch", product(o.points) * o.in_fields, o.out_fields * o.basis);
  trunk_ = network("trunk", features_.size(1), o.basis);
  offset_ = register_parameter("offset", torch::zeros({o.out_fields}));
}

torch::nn::Sequential DeepOperatorNetworkImpl::network(const std::string& name, int64_t in, int64_t out) {
  torch::nn::Sequential layers;
  for (int64_t i = 0; i < options_.layers; ++i) {
    layers->push_back(torch::nn::Linear(in, options_.width));
    layers->push_back(torch::nn::GELU());  // the exact one
    in = options_.width;
  }
  layers->push_back(torch::nn::Linear(in, out));
  return register_module(name, layers);
}

torch::Tensor DeepOperatorNetworkImpl::forward(const torch::Tensor& x) {
  const torch::Tensor weights = branch_->forward(x.flatten(1)).view({x.size(0) * options_.out_fields, options_.basis});
  const torch::Tensor values = torch::matmul(weights, trunk_->forward(features_).t());
  std::vector<int64_t> shape = options_.points;
  shape.insert(shape.begin(), {x.size(0), options_.out_fields});
  return values.view(shape).movedim(1, -1) + offset_;
}

Script DeepOperatorNetworkImpl::script(const std::string& name, const std::string& prefix) const {
  // What the trunk gives at the points of the grid is a constant.
  const torch::NoGradGuard guard;
  torch::nn::Sequential trunk = trunk_;
  const std::string values = prefix + "_trunk_values";
  std::string s = "def " + name + "(self, x):\n  h = torch.flatten(x, 1)\n";
  for (int64_t i = 0; i <= options_.layers; ++i) {
    const std::string weights = "self." + prefix + "_branch_" + std::to_string(2 * i);
    s += "  h = torch.linear(h, " + weights + "_weight, " + weights + "_bias)\n";
    if (i < options_.layers) s += "  h = torch.gelu(h)\n";
  }
  std::string shape = "[x.size(0), " + std::to_string(options_.out_fields);
  for (const int64_t n : options_.points) shape += ", " + std::to_string(n);
  s += "  h = h.view([x.size(0) * " + std::to_string(options_.out_fields) + ", " + std::to_string(options_.basis) +
       "])\n  y = torch.matmul(h, torch.t(self." + values + ")).view(" + shape +
       "])\n  return torch.movedim(y, 1, -1)" + " + self." + prefix + "_offset\n";
  return {.source = s, .tensors = {{values, trunk->forward(features_)}}};
}

}  // namespace semiflow
