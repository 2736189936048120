#include "private/solver_step.hpp"

#include "private/fourier_space.hpp"

namespace semiflow {

namespace {

// What the graph remembers beside tensors.
struct Solver : torch::CustomClassHolder {
  Solver(std::shared_ptr<SpectralModel> m, Grid g, double step) : model(std::move(m)), grid(std::move(g)), dt(step) {}
  std::shared_ptr<SpectralModel> model;
  Grid grid;
  double dt;
};

class SolverStep : public torch::autograd::Function<SolverStep> {
 public:
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& states,
                               const c10::intrusive_ptr<Solver>& solver) {
    context->save_for_backward({states});
    context->saved_data["solver"] = c10::IValue::make_capsule(solver);
    Ensemble columns = to_columns(states);
    solver->model->advance(columns, {0, solver->dt});
    return from_columns(columns, solver->grid);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto capsule = context->saved_data["solver"].toCapsule();
    const auto* solver = static_cast<const Solver*>(capsule.get());
    const Ensemble states = to_columns(context->get_saved_variables()[0]);
    Ensemble sensitivities = to_columns(gradients[0]);
    for (Index i = 0; i < states.cols(); ++i)
      solver->model->adjoint(states.col(i), sensitivities.middleCols(i, 1), {0, solver->dt});
    return {from_columns(sensitivities, solver->grid), torch::Tensor()};
  }
};

}  // namespace

torch::Tensor solver_step(const std::shared_ptr<SpectralModel>& solver, const Grid& grid, const torch::Tensor& states,
                          double dt) {
  return SolverStep::apply(states, c10::make_intrusive<Solver>(solver, grid, dt));
}

}  // namespace semiflow
