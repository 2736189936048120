// TorchScript: modules that are read, and networks that are written as such.
#include "private/scripted_network.hpp"

#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/script.h>

#include <semiflow/core/error.hpp>

#include "private/script.hpp"

namespace semiflow {

namespace {

// What went wrong, without the stack of calls that libtorch prints around it.
std::string cause(const std::exception& error) {
  const auto* const known = dynamic_cast<const c10::Error*>(&error);
  const std::string all = known != nullptr ? known->what_without_backtrace() : error.what();
  const std::size_t found = all.rfind("RuntimeError: ");
  std::string line = found == std::string::npos ? all : all.substr(found + 14);
  return line.substr(0, line.find('\n'));
}

class ScriptedNetwork final : public StepNetwork {
 public:
  ScriptedNetwork(std::filesystem::path path, int64_t fields) : path_(std::move(path)) {
    try {
      module_ = torch::jit::load(path_.string(), torch::kCPU);
      module_.eval();
      for (torch::Tensor p : module_.parameters()) p.requires_grad_(false);  // it is not trained here
    } catch (const std::exception& error) {  // also of operators that this libtorch does not know
      throw Error(Fault::input, path_.string(), "is no TorchScript module: " + cause(error),
                  "write it by torch.jit.save or by surrogate.script");
    }
    if (!module_.find_method("forward"))
      throw Error(Fault::input, path_.string(), "the module has no method forward", "script one that has");
    register_scales(fields);
  }

  torch::Tensor step(const torch::Tensor& states, double) override {
    // The optimiser changes the operations after the first calls, and with them the last bits.
    const torch::jit::GraphOptimizerEnabledGuard guard(false);
    try {
      const c10::IValue result = module_.forward({states});
      if (result.isTensor() && result.toTensor().sizes() == states.sizes() &&
          result.toTensor().scalar_type() == states.scalar_type())
        return result.toTensor();
    } catch (const std::exception& error) {
      throw Error(Fault::input, path_.string(), "the module failed: " + cause(error),
                  "it is given states [batch, points..., field] in single precision");
    }
    throw Error(Fault::input, path_.string(), "the module gives no states of the shape and precision that it was given",
                "let forward return [batch, points..., field] in single precision");
  }

  void fit_scales(const torch::Tensor&, const torch::Tensor&, double) override {
    throw Error(Fault::input, path_.string(), "a scripted module is not trained here", "train it where it was made");
  }

  Index parameter_count() const override {
    Index count = 0;
    for (const torch::Tensor& p : module_.parameters()) count += p.numel();
    return count;
  }

 private:
  std::filesystem::path path_;
  torch::jit::Module module_;
};

}  // namespace

std::shared_ptr<StepNetwork> read_script(const std::filesystem::path& path, int64_t fields) {
  return std::make_shared<ScriptedNetwork>(path, fields);
}

void write_script(const std::filesystem::path& path, const torch::nn::Module& network, const Script& script) {
  torch::jit::Module module("semiflow");
  for (const auto& p : network.named_parameters())
    module.register_parameter(attribute_name(p.key()), p.value().detach().clone(), false);
  for (const auto& b : network.named_buffers())
    module.register_buffer(attribute_name(b.key()), b.value().detach().clone());
  for (const auto& [name, tensor] : script.tensors) module.register_buffer(name, tensor.detach().clone());
  try {
    module.define(script.source);
    module.save(path.string());
  } catch (const std::exception& error) {
    throw Error(Fault::run, path.string(), "could not be written as TorchScript: " + std::string(error.what()));
  }
}

}  // namespace semiflow
