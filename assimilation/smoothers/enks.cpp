#include <semiflow/assimilation/etkf.hpp>
#include <semiflow/assimilation/smoothers/enks.hpp>

namespace semiflow {

Enks::Enks(const Options& options) : options_(options) { validate(options.inflation); }

void Enks::analyse(EnsembleRef rows, std::span<Ensemble> past, EnsembleView predicted,
                   const Measurement& measurement) const {
  const double prior_std = options_.inflation.prior_std;
  EnsembleInformation information = ensemble_information(predicted, measurement, prior_std);
  information.prior_std = 1;  // the weights of anomalies that were not multiplied by it
  const Eigen::MatrixXd weights = etkf_weights(information);
  Eigen::MatrixXd rotation;
  if (options_.rotate) rotation = random_rotation(predicted.cols(), options_.seed, measurement.event);
  apply_weights(rows, prior_std * weights, options_.inflation, rotation);
  for (Ensemble& earlier : past) apply_weights(earlier, weights, {}, rotation);
}

}  // namespace semiflow
