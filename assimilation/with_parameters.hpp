#pragma once
#include <functional>
#include <semiflow/assimilation/model_noise.hpp>
#include <semiflow/core/error.hpp>
#include <utility>

namespace semiflow {

/// A model with unknown parameters, as a ForecastModel of an augmented state (Jazwinski 1970, section 8.4):
///
///     [state of the model | parameters]
///
/// Every member is advanced by the model that its own last rows make, and keeps them. Sensors read the rows of the state;
/// an analysis corrects the parameters by their correlations with what the sensors read. Their spread only shrinks, so give
/// them a parameter_walk() between the analyses, or inflate them.
///
///     WithParameters<RungeKutta4<Lorenz96>> model(guess, [](const Eigen::VectorXd& p) {
///       return RungeKutta4<Lorenz96>({.forcing = p(0)}, 0.05);
///     });
///
/// Filters move parameters by any number: where one has to be positive, let make read its logarithm. They have no place:
/// a scheme that localises must be given the rows of the state only, and another one those of the parameters.
template <ForecastModel M>
class WithParameters {
 public:
  using Make = std::function<M(const Eigen::VectorXd& parameters)>;

  /// guess: [parameter], with which the model is made once, for its size. Throws Error if make does.
  WithParameters(const Eigen::VectorXd& guess, Make make)
      : parameters_(guess.size()), make_(std::move(make)), model_size_(make_(guess).state_size()) {}

  Index state_size() const { return model_size_ + parameters_; }
  Index model_size() const { return model_size_; }
  Index parameters() const { return parameters_; }

  /// members: [state x member], changed in place. Throws Error as the model does; Fault::run with its parameters if a
  /// member's cannot be made a model of, or one of another size.
  void advance(EnsembleRef members, Interval window) {
    require(members.rows() == state_size(), "the members do not have the state of the model with its parameters");
    for (Index j = 0; j < members.cols(); ++j)
      model_with(members.col(j).tail(parameters_)).advance(members.block(0, j, model_size_, 1), window);
  }

 private:
  M model_with(const Eigen::VectorXd& parameters) const {
    try {
      M model = make_(parameters);
      require(model.state_size() == model_size_, "parameters must not change the size of the state");
      return model;
    } catch (const Error& error) {
      std::string values;
      for (const double value : parameters) values += (values.empty() ? "" : ", ") + std::to_string(value);
      throw Error(Fault::run, "model with the parameters " + values, error.what());
    }
  }

  Index parameters_;
  Make make_;
  Index model_size_;
};

/// members [state x member], the members first_member, first_member + 1, ..., with parameters below: independent normal
/// numbers with this mean and standard deviation, [parameter] each, keyed by (seed, parameter, member). Throws Error unless
/// there is one non-negative, finite deviation a parameter.
Ensemble with_parameters(EnsembleView members, Index first_member, const Eigen::VectorXd& mean,
                         const Eigen::VectorXd& deviation, std::uint64_t seed);

/// The random walk of the parameters of a model of this size: steps with this standard deviation, [parameter], for
/// ModelNoise::add(). Throws Error if one is negative or not finite.
ModelNoise parameter_walk(Index model_size, const Eigen::VectorXd& deviation, const ModelNoise::Options& options);

}  // namespace semiflow
