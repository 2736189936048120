// Exit status 0 if two result files hold the same variables with the same bits, or if the named variables agree.
//   same_data A B [TOLERANCE VARIABLE[=VARIABLE-OF-B]...]
// Values agree up to the tolerance times the largest of the variable; missing ones are missing in both.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <semiflow/core/result_file.hpp>

using namespace semiflow;

namespace {

int compare_bits(ResultFile& a, ResultFile& b) {
  int different = 0;
  if (a.variables() != b.variables()) std::printf("not the same variables\n"), ++different;
  int compared = 0;
  for (const std::string& name : a.variables()) {
    if (name.ends_with("_name") || different > 0) continue;
    const Eigen::MatrixXd x = a.read_all(name), y = b.read_all(name);
    ++compared;
    if (x.size() != y.size() ||
        std::memcmp(x.data(), y.data(), sizeof(double) * static_cast<std::size_t>(x.size())) != 0)
      std::printf("%s differs\n", name.c_str()), ++different;
  }
  std::printf("%d variables compared, %d differ\n", compared, different);
  return compared == 0 ? 1 : different;
}

int compare_values(ResultFile& a, ResultFile& b, double tolerance, const std::string& names) {
  const std::size_t equal = names.find('=');
  const Eigen::MatrixXd x = a.read_all(names.substr(0, equal));
  const Eigen::MatrixXd y = b.read_all(equal == std::string::npos ? names : names.substr(equal + 1));
  double worst = x.size() == y.size() ? 0 : INFINITY, largest = 0;
  for (Index i = 0; i < x.size() && worst < INFINITY; ++i) {
    const double u = x.reshaped()(i), v = y.reshaped()(i);
    if (std::isnan(u) != std::isnan(v)) worst = INFINITY;
    if (std::isnan(u)) continue;
    worst = std::max(worst, std::abs(u - v));
    largest = std::max(largest, std::abs(u));
  }
  std::printf("%s: values up to %.3g, differences up to %.3g\n", names.c_str(), largest, worst);
  return largest > 0 && worst <= tolerance * largest ? 0 : 1;
}

}  // namespace

int main(int argc, char* argv[]) {
  MPI_Init(&argc, &argv);
  int different = 0;
  {
    const Communicator comm = Communicator::self();
    ResultFile a = ResultFile::open(argv[1], comm), b = ResultFile::open(argv[2], comm);
    if (argc == 3) different = compare_bits(a, b);
    for (int i = 4; i < argc; ++i) different += compare_values(a, b, std::atof(argv[3]), argv[i]);
  }
  MPI_Finalize();
  return different == 0 ? 0 : 1;
}
