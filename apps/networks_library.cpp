// The library semiflow_networks, which alone knows the room of learned operators.
#include "networks_library.hpp"

#include <semiflow/core/error.hpp>
#include <semiflow/operators/shared_features.hpp>
#include <semiflow/operators/torch_setup.hpp>

#include "gain_network.hpp"

namespace semiflow {

namespace {

Eigen::MatrixXd interpolate(const Eigen::MatrixXd& sensors, const Eigen::MatrixXd& values, Eigen::Index fields,
                            const Eigen::MatrixXd& points, const NetworkInterpolation& o) {
  if (o.shared_features)
    return SharedFeatures(CoordinateNetwork(sensors, values, o.network), sensors, o.penalty)(values, points);
  require(fields > 0 && values.cols() % fields == 0, "every snapshot has the same number of fields");
  Eigen::MatrixXd filled(points.rows(), values.cols());
  for (Eigen::Index j = 0; j < values.cols(); j += fields)
    filled.middleCols(j, fields) = CoordinateNetwork(sensors, values.middleCols(j, fields), o.network)(points);
  return filled;
}

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
  void save_script(const std::filesystem::path& path, const Communicator& comm) const override {
    surrogate_.save_script(path, comm);
  }
  void load(const std::filesystem::path& path, const Communicator& comm) override { surrogate_.load(path, comm); }

  Surrogate& surrogate() { return surrogate_; }

 private:
  Surrogate surrogate_;
};

std::vector<ObserverRun> noisy_runs(const GainTraining& t) {
  std::vector<ObserverRun> runs;
  std::uint64_t item = t.first_item;
  for (const Eigen::MatrixXd& truth : t.truths)  // noise of the standard deviation std: 0 dB over its square
    runs.push_back(noisy_run(truth, t.noise_std * t.noise_std, 0, t.availability, t.warm_up, t.seed, item++));
  return runs;
}

class LoadedGain final : public GainNetwork {
 public:
  LoadedGain(const Grid& grid, Index fields, const LearnedGainOptions& options) : gain_(grid, fields, options) {}
  void train(const GainTraining& t, const AdvanceStates& advance, const Communicator& comm) override {
    train_gain(gain_, noisy_runs(t), advance, t.power_sweeps, t.network_sweeps, t.network, comm);
  }
  void train_sequences(const GainTraining& t, LearnedModel& predictor, double interval, const SequenceTraining& options,
                       const Communicator& comm) override {
    semiflow::train_sequences(gain_, dynamic_cast<LearnedSurrogate&>(predictor).surrogate(), noisy_runs(t), interval,
                              options, comm);
  }
  void analyse(EnsembleRef states, EnsembleView measured, std::span<const Index> gaps,
               double noise_std) const override {
    gain_.analyse(states, measured, gaps, noise_std);
  }

 private:
  LearnedGain gain_;
};

Networks all_networks() {
  prepare_torch();
  return {.version = torch_version,
          .interpolate = interpolate,
          .make_gain =
              [](const Grid& grid, Index fields, const LearnedGainOptions& options) {
                return std::make_shared<LoadedGain>(grid, fields, options);
              },
          .make_surrogate =
              [](const SurrogateOptions& options, const Semilinear& equation, double solver_dt) {
                return std::make_unique<LearnedSurrogate>(Surrogate(options, equation, solver_dt));
              }};
}

}  // namespace

}  // namespace semiflow

extern "C" const semiflow::Networks* semiflow_networks(const char* build) {
  if (build != semiflow::networks_build()) return nullptr;
  static const semiflow::Networks networks = semiflow::all_networks();
  return &networks;
}
