#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <semiflow/core/checkpoint.hpp>
#include <semiflow/core/communicator.hpp>
#include <semiflow/core/trajectories.hpp>
#include <semiflow/operators/surrogate_options.hpp>
#include <semiflow/operators/training_options.hpp>

namespace semiflow {

/// Trajectories of an equation, the same on every rank, of which each reads the frames of its own samples: matrices
/// [state x time], or files, which may be larger than the memory.
struct TrainingData {
  Trajectories training, validation;
  /// Of the equation's time, between two columns: time_step or a fraction of it. An operator that takes any time step is
  /// trained with multiples of the interval up to time_step, one for each part of a batch.
  double interval = 1;
};

/// What a training does beside training. Every rank has the same.
struct TrainingHooks {
  /// After every epoch; save writes all that a resumed training needs into a checkpoint.
  std::function<void(const EpochReport& report, const std::function<void(Checkpoint&)>& save)> on_epoch{};
  const Checkpoint* resumed = nullptr;  ///< what save wrote: training goes on there, bit for bit
};

class LearnedGain;
struct ObserverRun;
struct SequenceTraining;  // sequence_training.hpp

/// A learned operator that stands in for a solver: a ForecastModel. Values pass in single precision.
///
/// Members travel through the network in blocks of a fixed number, so that a member has the same bits whoever travels with
/// it. Not for two threads at a time.
class Surrogate {
 public:
  /// An operator with first weights for the grid, the fields and the linear part of an equation. A corrected solver takes
  /// steps of solver_dt of that equation. Throws Error if the options do not fit.
  Surrogate(const SurrogateOptions& options, const Semilinear& equation, double solver_dt = 0);
  Surrogate(Surrogate&&) noexcept;
  Surrogate& operator=(Surrogate&&) noexcept;
  ~Surrogate();

  const SurrogateOptions& options() const;
  Index state_size() const;
  Index parameter_count() const;

  /// members: [state x member]. Throws Error if the window is not a whole number of time steps (of any length, for an
  /// operator that takes any: the window is then cut into equal steps of at most time_step), and Error(Fault::run) if a
  /// member leaves the range that the operator has seen, by a factor of four.
  void advance(EnsembleRef members, Interval window);

  /// Trains it, by all ranks together; the weights that remain are those of the best validation, or the last ones without.
  /// Throws Error if the data do not fit, Error(Fault::run) if the training diverges.
  std::vector<EpochReport> train(const TrainingData& data, const TrainingOptions& options, const Communicator& comm,
                                 const TrainingHooks& hooks = {});

  /// The same weights for the same equation on another number of points. A corrected solver, a DeepONet and a learned symbol
  /// belong to their grid: Error.
  Surrogate on(const Semilinear& equation) const;

  /// The weights as an HDF5 file, one array for each name, with the options as attributes. Collective.
  void save(const std::filesystem::path& path, const Communicator& comm) const;
  /// Replaces the weights by those of a file. Throws Error if it is of an operator of other options. Collective.
  void load(const std::filesystem::path& path, const Communicator& comm);
  /// The operator with its weights and scales as a TorchScript module, which libtorch and PyTorch run without this library,
  /// and kind torchscript reads: forward(z) as in SurrogateOptions::script, for any batch and, of the Fourier neural
  /// operators, any grid that carries their modes; the others belong to theirs. A module checks no range, and a conservative
  /// one keeps the mean to single precision only. Throws Error for a corrected solver, and for an operator that takes any
  /// time step. Collective; rank 0 writes.
  void save_script(const std::filesystem::path& path, const Communicator& comm) const;
  /// All weights and scales, flat: [number].
  Eigen::MatrixXd weights() const;
  void set_weights(const Eigen::MatrixXd& weights);

 private:
  friend std::vector<EpochReport> train_sequences(LearnedGain&, Surrogate&, const std::vector<ObserverRun>&, double,
                                                  const SequenceTraining&, const Communicator&);
  struct State;
  std::unique_ptr<State> state_;
};

static_assert(ForecastModel<Surrogate>);

}  // namespace semiflow
