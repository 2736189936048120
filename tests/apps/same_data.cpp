// Exit status 0 if two result files hold the same variables with the same bits.
#include <cstdio>
#include <cstring>
#include <semiflow/core/result_file.hpp>

using namespace semiflow;

int main(int argc, char* argv[]) {
  MPI_Init(&argc, &argv);
  int different = 0;
  {
    const Communicator comm = Communicator::self();
    ResultFile a = ResultFile::open(argv[1], comm), b = ResultFile::open(argv[2], comm);
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
    if (compared == 0) different = 1;
  }
  MPI_Finalize();
  return different == 0 ? 0 : 1;
}
