#pragma once
#include <semiflow/operators/surrogate.hpp>

namespace semiflow {

/// A Surrogate behind the wall between the command and its library of networks: what the command asks of one. The functions
/// are those of Surrogate, and a ForecastModel's among them.
class LearnedModel {
 public:
  LearnedModel() = default;
  LearnedModel(const LearnedModel&) = delete;
  LearnedModel& operator=(const LearnedModel&) = delete;
  virtual ~LearnedModel() = default;

  virtual Index state_size() const = 0;
  virtual Index parameter_count() const = 0;
  virtual void advance(EnsembleRef members, Interval window) = 0;
  virtual std::vector<EpochReport> train(const TrainingData& data, const TrainingOptions& options,
                                         const Communicator& comm, const TrainingHooks& hooks) = 0;
  virtual Eigen::MatrixXd weights() const = 0;
  virtual void set_weights(const Eigen::MatrixXd& weights) = 0;
  virtual void save(const std::filesystem::path& path, const Communicator& comm) const = 0;
  virtual void save_script(const std::filesystem::path& path, const Communicator& comm) const = 0;
  virtual void load(const std::filesystem::path& path, const Communicator& comm) = 0;
};

}  // namespace semiflow
