#pragma once
#include <torch/torch.h>

#include <filesystem>
#include <string>
#include <vector>

#include "fourier_operator.hpp"

namespace semiflow {

/// A network in the language of TorchScript. Weights are attributes of the module, by their names with _ for the dots.
struct Script {
  std::string source;                                            ///< of the methods; forward(self, z) is the step
  std::vector<std::pair<std::string, torch::Tensor>> tensors{};  ///< attributes beside the weights
};

/// def name(self, x): the operator whose weights have that prefix.
std::string script_of(const FourierOperatorOptions& options, const std::string& name, const std::string& prefix);

/// Writes a module with all parameters and buffers of the network. Throws Error if libtorch does not compile the source.
void write_script(const std::filesystem::path& path, const torch::nn::Module& network, const Script& script);

/// The name of a weight in a script.
std::string attribute_name(std::string weight);

}  // namespace semiflow
