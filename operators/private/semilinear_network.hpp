#pragma once
#include "step_network.hpp"

namespace semiflow {

/// SurrogateKind::semilinear: the variation-of-constants formula with the exact exponential of a symbol and a learned
/// nonlinearity, of first or second order in time (Cox & Matthews 2002, Eqs. 4 and 22).
class SemilinearNetwork final : public StepNetwork {
 public:
  SemilinearNetwork(const SurrogateOptions& options, const Semilinear& equation);

  torch::Tensor step(const torch::Tensor& states, double dt) override;
  void fit_scales(const torch::Tensor& before, const torch::Tensor& after, double dt) override;
  Script script(double dt) const override;

 private:
  struct Propagator {
    double dt = 0;
    torch::Tensor exponential, phi1, phi2;  // complex [modes..., field]
  };
  Propagator propagator(double dt) const;
  torch::Tensor forcing(const torch::Tensor& states, const torch::Tensor& linear, double dt);
  torch::Tensor substep(const torch::Tensor& states, const Propagator& p);

  SurrogateOptions options_;
  FourierOperatorOptions network_options_;
  std::vector<int64_t> points_, axes_;
  torch::Tensor symbol_;              // complex, double
  torch::Tensor derivative_;          // complex [axis, modes..., 1] or undefined
  torch::Tensor growth_, frequency_;  // of a learned symbol, else undefined
  FourierOperator network_{nullptr};
  Propagator last_;
};

}  // namespace semiflow
