// The library semiflow_networks, which alone knows the room of learned operators.
#include "networks_library.hpp"

#include <semiflow/operators/torch_setup.hpp>

namespace semiflow {

namespace {

class LearnedSurrogate final : public LearnedModel {
 public:
  explicit LearnedSurrogate(Surrogate surrogate) : surrogate_(std::move(surrogate)) {}

  Index state_size() const override { return surrogate_.state_size(); }
  Index parameter_count() const override { return surrogate_.parameter_count(); }
  void advance(EnsembleRef members, Interval window) override { surrogate_.advance(members, window); }
  std::vector<EpochReport> train(const TrainingData& data, const TrainingOptions& options, const Communicator& comm,
                                 const TrainingHooks& hooks) override {
    return surrogate_.train(data, options, comm, hooks);
  }
  Eigen::MatrixXd weights() const override { return surrogate_.weights(); }
  void set_weights(const Eigen::MatrixXd& weights) override { surrogate_.set_weights(weights); }
  void save(const std::filesystem::path& path, const Communicator& comm) const override { surrogate_.save(path, comm); }
  void load(const std::filesystem::path& path, const Communicator& comm) override { surrogate_.load(path, comm); }

 private:
  Surrogate surrogate_;
};

Networks all_networks() {
  prepare_torch();
  return {.version = torch_version,
          .make_surrogate = [](const SurrogateOptions& options, const Semilinear& equation, double solver_dt) {
            return std::make_unique<LearnedSurrogate>(Surrogate(options, equation, solver_dt));
          }};
}

}  // namespace

}  // namespace semiflow

extern "C" const semiflow::Networks* semiflow_networks(std::size_t layout) {
  if (layout != semiflow::networks_layout) return nullptr;
  static const semiflow::Networks networks = semiflow::all_networks();
  return &networks;
}
