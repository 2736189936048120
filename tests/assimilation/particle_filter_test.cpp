#include <catch2/catch.hpp>
#include <numbers>
#include <numeric>
#include <semiflow/assimilation/particle_filter.hpp>

#include "scheme_identities.hpp"

using namespace semiflow;

namespace {

Eigen::VectorXd equal(Index members) { return Eigen::VectorXd::Constant(members, 1 / static_cast<double>(members)); }

Eigen::VectorXd some_weights(Index members) {
  const Eigen::VectorXd squares = standard_normal(members, {5, 1000, 0}).array().square();
  return squares / squares.sum();
}

std::vector<Index> copies_of(const std::vector<Index>& ancestors) {
  std::vector<Index> copies(ancestors.size(), 0);
  for (const Index ancestor : ancestors) ++copies[static_cast<std::size_t>(ancestor)];
  return copies;
}

// A scalar that is N(0, 1) and another that is correlated with it; the first is measured.
Example gaussian_example(Index members, std::uint64_t draw) {
  Example example{.members = standard_normal(2 * members, {7, 1000, draw}).reshaped(2, members),
                  .observe = PointObservations({0}),
                  .measurement = {.event = draw, .values = Eigen::VectorXd::Ones(1), .error_variance = {}}};
  example.members.row(1) = 0.6 * example.members.row(0) + 0.8 * example.members.row(1);
  example.measurement.error_variance = Eigen::VectorXd::Constant(1, 0.5);
  return example;
}

}  // namespace

TEST_CASE("particle weights are Bayes' rule", "[particles]") {
  const Example example = random_example(30, 9, 5);
  const Eigen::MatrixXd predicted = example.predicted();
  const auto& measurement = example.measurement;
  const Eigen::VectorXd prior = some_weights(9), posterior = particle_weights(prior, predicted, measurement);
  CHECK(posterior.sum() == Approx(1).epsilon(1e-15));
  const auto likelihood = [&](Index k) {
    const Eigen::ArrayXd innovation = measurement.values - predicted.col(k);
    return std::exp(-(innovation.square() / measurement.error_variance.array()).sum() / 2);
  };
  for (Index k = 1; k < 9; ++k)
    CHECK(posterior(k) / posterior(0) == Approx(prior(k) * likelihood(k) / (prior(0) * likelihood(0))).epsilon(1e-12));
  CHECK(largest(particle_weights(7 * prior, predicted, measurement) - posterior) < 1e-15);

  // One batch of sensors after the other, in any order.
  Eigen::VectorXd weights = prior;
  for (const auto& sensors : {Eigen::seqN(2, 3), Eigen::seqN(0, 2)})
    weights = particle_weights(weights, predicted(sensors, Eigen::all), part_of(measurement, sensors));
  CHECK(largest(weights - posterior) < 1e-14);
}

TEST_CASE("a measurement far from every particle leaves the nearest, and useless ones change nothing", "[particles]") {
  Example example = random_example(30, 9, 5);
  const Eigen::VectorXd prior = some_weights(9);
  example.measurement.error_variance.setConstant(1e30);
  CHECK(largest(particle_weights(prior, example.predicted(), example.measurement) - prior) < 1e-15);

  example.measurement.values.array() += 1e6;
  example.measurement.error_variance.setConstant(1e-6);
  const Eigen::VectorXd weights = particle_weights(prior, example.predicted(), example.measurement);
  Index nearest = 0;
  (example.predicted().colwise() - example.measurement.values).colwise().squaredNorm().minCoeff(&nearest);
  CHECK(largest(weights - Eigen::VectorXd::Unit(9, nearest)) < 1e-15);

  example.measurement.values.setConstant(1e200);
  CHECK_THROWS_WITH(particle_weights(prior, example.predicted(), example.measurement), Catch::Contains("no particle"));
}

TEST_CASE("the effective size counts the particles that bear the weight", "[particles]") {
  CHECK(effective_size(equal(8)) == Approx(8).epsilon(1e-15));
  CHECK(effective_size(Eigen::VectorXd::Unit(8, 3)) == 1);
  CHECK(effective_size(Eigen::Vector4d(3, 3, 0, 0)) == Approx(2).epsilon(1e-15));
}

TEST_CASE("systematic resampling copies each particle as often as its weight says", "[particles]") {
  const Index members = 20, offsets = 1000;
  const Eigen::VectorXd weights = some_weights(members), expected = weights * members;
  Eigen::VectorXd mean = Eigen::VectorXd::Zero(members);
  for (Index k = 0; k < offsets; ++k) {
    const auto ancestors = systematic_resampling(weights, (static_cast<double>(k) + 0.5) / offsets);
    const auto copies = copies_of(ancestors);
    for (Index i = 0; i < members; ++i) {
      const auto count = static_cast<double>(copies[static_cast<std::size_t>(i)]);
      CHECK(std::abs(count - expected(i)) < 1);
      mean(i) += count / offsets;
      // Survivors keep their place.
      CHECK((count == 0 || ancestors[static_cast<std::size_t>(i)] == i));
    }
  }
  // The midpoint rule over the offset, for a count with two steps.
  CHECK(largest(mean - expected) <= 1.0 / offsets);
}

TEST_CASE("systematic resampling at its edges", "[particles]") {
  std::vector<Index> identity(12);
  std::iota(identity.begin(), identity.end(), 0);
  const double offset = GENERATE(1e-12, 0.5, 1 - 1e-12);
  CHECK(systematic_resampling(equal(12), offset) == identity);
  CHECK(systematic_resampling(Eigen::VectorXd::Unit(4, 2), offset) == std::vector<Index>(4, 2));
  // The sum of the weights does not matter, and no particle without weight is chosen.
  Eigen::VectorXd weights = some_weights(12);
  weights(0) = weights(11) = weights(5) = 0;
  const auto ancestors = systematic_resampling(weights, offset);
  CHECK(systematic_resampling(8 * weights, offset) == ancestors);
  const auto copies = copies_of(ancestors);
  CHECK(copies[0] + copies[11] + copies[5] == 0);
  CHECK_THROWS_AS(systematic_resampling(weights, 1), Error);
  CHECK_THROWS_AS(systematic_resampling(-weights, 0.5), Error);
}

TEST_CASE("the particle filter converges to the Kalman filter", "[particles]") {
  Gaussian prior{.mean = Eigen::Vector2d::Zero(), .covariance = Eigen::Matrix2d::Identity()};
  prior.covariance(0, 1) = prior.covariance(1, 0) = 0.6;
  const Gaussian expected = kalman_update(prior, Eigen::RowVector2d(1, 0), gaussian_example(1, 0).measurement);

  // Self-normalised importance sampling has the asymptotic variance E[w^2 (x - mean)^2] / members with the ratio w of the
  // posterior to the prior density, here Gaussian integrals: posterior N(2/3, 1/3).
  const double mean = expected.mean(0), variance = expected.covariance(0, 0);
  const double alpha = 1 / variance - 0.5, beta = 2 * mean / variance;
  const double constant = std::exp(beta * beta / (4 * alpha) - mean * mean / variance) / variance /
                          std::sqrt(2 * alpha) * (1 / (2 * alpha) + std::pow(beta / (2 * alpha) - mean, 2));
  CHECK(constant == Approx(0.38147).epsilon(1e-4));

  const ParticleFilter weighing({.resampling_threshold = 0}), resampling({.seed = 2});
  const Index draws = 300;
  for (const Index members : {100, 400, 1600}) {
    Eigen::Vector2d weighted = Eigen::Vector2d::Zero(), resampled = weighted;
    for (Index draw = 0; draw < draws; ++draw) {
      Example example = gaussian_example(members, static_cast<std::uint64_t>(draw));
      const Eigen::MatrixXd predicted = example.predicted();
      const Eigen::VectorXd weights = weighing.analyse(example.members, equal(members), predicted, example.measurement);
      weighted += (example.members * weights - expected.mean).cwiseAbs2() / draws;
      resampling.analyse(example.members, predicted, example.measurement);
      resampled += (example.members.rowwise().mean() - expected.mean).cwiseAbs2() / draws;
    }
    // Mean squares over so many draws are known to sqrt(2 / draws), 8 %.
    const double size = static_cast<double>(members);
    CHECK(weighted(0) * size == Approx(constant).epsilon(0.25));
    CHECK(weighted(1) * size < 1.5);
    // Resampling adds no more than drawing from the weighted particles would: the posterior variance over members.
    CHECK(resampled(0) * size > 0.75 * constant);
    CHECK(resampled(0) * size < 1.25 * (constant + variance));
    CHECK(resampled(1) * size < 1.25 * (1.2 + expected.covariance(1, 1)));
  }
}

TEST_CASE("the particle filter resamples only if few particles bear the weight", "[particles]") {
  const Example example = random_example(30, 20, 2);
  const Eigen::MatrixXd predicted = example.predicted();
  const Eigen::VectorXd posterior = particle_weights(equal(20), predicted, example.measurement);
  const double part = effective_size(posterior) / 20;
  REQUIRE(part < 0.95);

  Ensemble members = example.members;
  const ParticleFilter patient({.resampling_threshold = 0.99 * part});
  CHECK(patient.analyse(members, equal(20), predicted, example.measurement) == posterior);
  CHECK(members == example.members);

  const ParticleFilter eager({.resampling_threshold = 1.01 * part, .seed = 4});
  CHECK(eager.analyse(members, equal(20), predicted, example.measurement) == equal(20));
  const double offset = uniform(1, {4, Purpose::particle_resampling, example.measurement.event})(0);
  const auto ancestors = systematic_resampling(posterior, offset);
  CHECK(members == example.members(Eigen::all, ancestors));
  CHECK(members != example.members);
}

TEST_CASE("kernels move copies apart and leave the others where they are", "[particles]") {
  const Example example = random_example(6, 40, 2);
  const Eigen::MatrixXd predicted = example.predicted();
  Ensemble plain = example.members, moved = example.members;
  ParticleFilter({.seed = 3}).analyse(plain, predicted, example.measurement);
  ParticleFilter({.regularization = 0.1, .state_size = 6, .seed = 3}).analyse(moved, predicted, example.measurement);

  const Eigen::VectorXd posterior = particle_weights(equal(40), predicted, example.measurement);
  const double offset = uniform(1, {3, Purpose::particle_resampling, example.measurement.event})(0);
  const auto ancestors = systematic_resampling(posterior, offset);
  const auto copies = copies_of(ancestors);
  for (Index k = 0; k < 40; ++k) {
    const double distance = largest(moved.col(k) - plain.col(k));
    if (copies[static_cast<std::size_t>(ancestors[static_cast<std::size_t>(k)])] == 1)
      CHECK(distance < 1e-14);
    else
      CHECK(distance > 1e-4);
  }
}

TEST_CASE("kernels have the weighted covariance times the square of the bandwidth", "[particles]") {
  const Index members = 800;
  const Example example = random_example(3, members, 1);
  const Eigen::MatrixXd predicted = example.predicted();
  Ensemble plain = example.members, moved = example.members;
  ParticleFilter({.seed = 3}).analyse(plain, predicted, example.measurement);
  ParticleFilter({.regularization = 0.7, .move_unique = true, .state_size = 3, .seed = 3})
      .analyse(moved, predicted, example.measurement);

  const Eigen::VectorXd weights = particle_weights(equal(members), predicted, example.measurement);
  const Eigen::MatrixXd anomalies = example.members.colwise() - example.members * weights;
  const Eigen::MatrixXd covariance =
      anomalies * weights.asDiagonal() * anomalies.transpose() / (1 - weights.squaredNorm());
  const double bandwidth = 0.7 * std::pow(static_cast<double>(members), -1.0 / 7);
  // Of 800 draws, to two standard errors of a variance.
  CHECK(sample_moments(moved - plain).covariance.isApprox(bandwidth * bandwidth * covariance, 0.1));
}

TEST_CASE("one particle with all the weight gets the kernels of all", "[particles]") {
  Example example = random_example(4, 30, 4);
  example.measurement.error_variance.setConstant(1e-8);
  Ensemble moved = example.members;
  ParticleFilter({.regularization = 1, .state_size = 4}).analyse(moved, example.predicted(), example.measurement);
  const Eigen::MatrixXd spread = sample_moments(moved).covariance.diagonal();
  CHECK(spread.minCoeff() > 0.1 * std::pow(30, -2.0 / 8));
}

TEST_CASE("the order of the sensors and of the particles does not change the weights", "[particles]") {
  const Example example = random_example(30, 9, 5);
  const Eigen::MatrixXd predicted = example.predicted();
  const Eigen::VectorXd prior = some_weights(9), expected = particle_weights(prior, predicted, example.measurement);
  CHECK(largest(particle_weights(prior.reverse(), predicted.rowwise().reverse(), example.measurement).reverse() -
                expected) < 1e-15);
  const std::vector<Index> order = {4, 1, 0, 3, 2};
  CHECK(largest(particle_weights(prior, predicted(order, Eigen::all), part_of(example.measurement, order)) - expected) <
        1e-14);
}

TEST_CASE("the particle filter keeps the contract and gives the same weights for any rows", "[particles]") {
  const double regularization = GENERATE(0.0, 0.8);
  const Example example = random_example(100, GENERATE(6, 21), 10);
  const Eigen::MatrixXd predicted = example.predicted();
  const ParticleFilter::Options options{.regularization = regularization, .state_size = 100, .seed = 1};
  CHECK(check_analysis_scheme(ParticleFilter(options), example.members, predicted, example.measurement) ==
        std::vector<std::string>{});

  const Eigen::VectorXd prior = some_weights(example.members.cols());
  Ensemble whole = example.members, parts = example.members;
  const Eigen::VectorXd weights = ParticleFilter(options).analyse(whole, prior, predicted, example.measurement);
  CHECK(ParticleFilter(options).analyse(parts.topRows(35), prior, predicted, example.measurement) == weights);
  CHECK(ParticleFilter(options).analyse(parts.bottomRows(65), prior, predicted, example.measurement) == weights);
  CHECK(parts == whole);
}

TEST_CASE("the particle filter refuses what it cannot work with", "[particles]") {
  CHECK_THROWS_AS(ParticleFilter({.resampling_threshold = 1.1}), Error);
  CHECK_THROWS_AS(ParticleFilter({.regularization = -1}), Error);
  CHECK_THROWS_WITH(ParticleFilter({.regularization = 1}), Catch::Contains("state size"));

  Example example = random_example(9, 5, 3);
  const Eigen::MatrixXd predicted = example.predicted();
  CHECK_THROWS_WITH(
      ParticleFilter({.resampling_threshold = 0.5}).analyse(example.members, predicted, example.measurement),
      Catch::Contains("hand them over"));
  const auto refused = [&](const Eigen::VectorXd& weights) {
    CHECK_THROWS_AS(ParticleFilter().analyse(example.members, weights, predicted, example.measurement), Error);
  };
  refused(equal(4));
  refused(Eigen::VectorXd::Zero(5));
  refused(Eigen::VectorXd::Constant(5, NAN));
  refused(-equal(5));
  example.members.row(7).setConstant(NAN);
  CHECK_THROWS_WITH(ParticleFilter().analyse(example.members, predicted, example.measurement),
                    Catch::Contains("not finite"));
}
