#include <catch2/catch.hpp>
#include <semiflow/core/conformance.hpp>
#include <semiflow/core/error.hpp>

#include "example.hpp"

using namespace semiflow;

TEST_CASE("point sensors read rows of the state and refuse others", "[observations]") {
  const Ensemble members = random_example(6, 3, 0).members;
  const PointObservations observe({4, 0, 4});
  const Ensemble read = observe(members);
  CHECK(read.row(0) == members.row(4));
  CHECK(read.row(1) == members.row(0));
  CHECK(read.row(2) == members.row(4));
  CHECK(observe.sensors() == 3);
  CHECK(check_observation_operator(observe, members) == std::vector<std::string>{});
  CHECK(PointObservations({})(members).rows() == 0);
  CHECK_THROWS_WITH(observe(members.topRows(4)), Catch::Contains("row 4 of a state with 4 rows"));
  CHECK_THROWS_AS(PointObservations({1, -1}), Error);
}

TEST_CASE("the conformance check names what an operator breaks", "[observations]") {
  const Ensemble members = random_example(6, 3, 0).members;
  const auto anomalies = [](EnsembleView some) -> Ensemble { return some.colwise() - some.rowwise().mean(); };
  CHECK(check_observation_operator(anomalies, members) ==
        std::vector<std::string>{"a member alone is the member in the batch"});
  CHECK_THROWS_AS(check_observation_operator(anomalies, members.leftCols(1)), Error);
}

TEST_CASE("regular times leave out the beginning and reach the end", "[observations]") {
  CHECK(regular_times({0, 3}, 1) == std::vector<double>{1, 2, 3});
  CHECK(regular_times({2, 3.9}, 1) == std::vector<double>{3});
  CHECK(regular_times({0, 0.3}, 0.1).size() == 3);
  CHECK(regular_times({0, 1e5}, 0.1).size() == 1000000);
  CHECK(regular_times({0, 0.5}, 1).empty());
  CHECK(regular_times({0, 0}, 1).empty());
  CHECK_THROWS_AS(regular_times({0, 1}, 0), Error);
  CHECK_THROWS_AS(regular_times({0, 1}, NAN), Error);
}

TEST_CASE("noise has the stated variance and is keyed by the event", "[observations]") {
  const Index n = 20000;
  const Eigen::VectorXd exact = Eigen::VectorXd::LinSpaced(n, 0, 1), variance = Eigen::VectorXd::Constant(n, 4);
  const Measurement one = noisy_measurement(exact, variance, 1, 0.5, 8),
                    two = noisy_measurement(exact, variance, 2, 1, 8);
  CHECK(one.event == 1);
  CHECK(one.time == 0.5);
  CHECK(one.error_variance == variance);
  CHECK(std::sqrt((one.values - exact).squaredNorm() / double(n)) == Approx(2).epsilon(0.02));
  CHECK(std::abs((one.values - exact).dot(two.values - exact)) / double(n) < 0.1);
  CHECK(noisy_measurement(exact, variance, 1, 0.5, 8).values == one.values);
}

TEST_CASE("a measurement that cannot be used names sensor and time", "[observations]") {
  Measurement measurement = random_example(5, 2, 3).measurement;
  CHECK_NOTHROW(validate(measurement));
  measurement.values(2) = NAN;
  CHECK_THROWS_WITH(validate(measurement), Catch::Contains("time 1.5") && Catch::Contains("sensor 2 reads nan"));
  measurement.values(2) = 0;
  measurement.error_variance(1) = 0;
  CHECK_THROWS_WITH(validate(measurement), Catch::Contains("sensor 1 has error variance 0"));
  measurement.error_variance(1) = INFINITY;
  CHECK_THROWS_WITH(validate(measurement), Catch::Contains("sensor 1"));
  measurement.error_variance.conservativeResize(2);
  CHECK_THROWS_WITH(validate(measurement), Catch::Contains("3 values with 2 error variances"));
}
