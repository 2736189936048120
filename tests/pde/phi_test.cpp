#include <catch2/catch.hpp>
#include <complex>
#include <semiflow/pde/phi.hpp>
#include <vector>

using namespace semiflow;
using namespace std::complex_literals;

namespace {

struct Row {
  std::complex<double> z, phi1, phi2, phi3;
};

// mpmath, 40 digits.
const std::vector<Row> rows = {
    {0, 1, 0.5, 0.16666666666666667},
    {1e-9, 1.0000000005, 0.50000000016666667, 0.16666666670833333},
    {-0.5 + 0.25i, 0.77976632474745435 + 0.089766989129400634i, 0.42418747170759354 + 0.032559757594995503i,
     0.14734785134384674 + 0.0085544104819323633i},
    {-1.9999, 0.43234720863961432, 0.28384058770957832, 0.10808511040073088},
    {2.0001i, 0.45460517353912756 + 0.7080834779305731i, 0.35402403776339835 + 0.27268377904148412i,
     0.13633507276710369 + 0.072984331901705734i},
    // A node of the circle of Kassam & Trefethen with 32 points meets the origin here.
    {-0.9951847266721969 - 0.0980171403295606i, 0.63262103054541059 - 0.025958147536584447i,
     0.36815428269156775 - 0.010176284042047493i, 0.13220829440347472 - 0.0027958577223485067i},
    {1.5 - 1.5i, 1.2624948409202829 - 1.7178134118666538i, 0.66010275092897892 - 0.48510619031545696i,
     0.21506964708147863 - 0.10833447979549268i},
    {-40, 0.025, 0.024375, 0.011890625},
    {-3.0 + 100.0i, 3.4984207687547152e-5 + 0.009569627187274511i, 0.00039532997962877295 + 0.0099877902585342613i,
     0.00024953472234134677 + 0.0049885606585334719i},
    {2, 3.1945280494653251, 1.0972640247326626, 0.29863201236633128}};

}  // namespace

TEST_CASE("phi functions agree with forty digits", "[phi]") {
  for (const Row& row : rows) {
    const auto values = phi(Eigen::ArrayXcd::Constant(1, row.z));
    CHECK(values[0](0) == std::exp(row.z));
    CHECK(std::abs(values[1](0) - row.phi1) <= 2e-15 * std::abs(row.phi1));
    CHECK(std::abs(values[2](0) - row.phi2) <= 4e-15 * std::abs(row.phi2));
    CHECK(std::abs(values[3](0) - row.phi3) <= 1e-14 * std::abs(row.phi3));
  }
}

TEST_CASE("phi functions of real arguments are real", "[phi]") {
  for (const auto& values : phi(Eigen::ArrayXcd{{-700.0, -2.0, -1e-3, 0.0, 1.9, 30.0}}))
    CHECK((values.imag() == 0).all());
}

TEST_CASE("phi functions are continuous where the method changes", "[phi]") {
  for (int j = 0; j < 64; ++j) {
    const std::complex<double> inside = std::polar(2 - 1e-15, 0.1 * j), outside = std::polar(2 + 1e-15, 0.1 * j);
    const auto values = phi(Eigen::ArrayXcd{{inside, outside}});
    for (const auto& f : values) CHECK(std::abs(f(0) - f(1)) <= 1e-14 * std::abs(f(0)));
  }
}
