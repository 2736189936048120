// Kills result_writer at random moments and looks at what it leaves: survives_kill COMMAND-THAT-STARTS-A-WRITER
// DIRECTORY. It talks to HDF5 directly and without MPI: the file must be readable for anybody.
#include <hdf5.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

constexpr hsize_t frames = 400, members = 5, x = 64;
constexpr int tries = 10;

void require(bool condition, const std::string& message) {
  if (!condition) throw std::runtime_error(message);
}

std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::vector<double> read(hid_t file, const char* name, std::size_t size) {
  std::vector<double> values(size);
  const hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT);
  require(H5Dread(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) >= 0, "cannot read");
  H5Dclose(dataset);
  return values;
}

// The frames of every completed flush are there; of the others each value is right or missing.
hsize_t check(const std::string& path) {
  const std::string log = path + ".log";
  const hsize_t flushed = std::filesystem::exists(log) ? 4 * std::filesystem::file_size(log) : 0;
  const hid_t file = H5Fopen((path + ".partial").c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  require(file >= 0, "the file cannot be opened");
  long done = -1;
  const hid_t attribute = H5Aopen(file, "frames_done", H5P_DEFAULT);
  require(attribute >= 0 && H5Aread(attribute, H5T_NATIVE_LONG, &done) >= 0, "the attribute is lost");
  H5Aclose(attribute);
  require(static_cast<hsize_t>(done) >= flushed, "the attribute is older than the last flush");
  const std::vector<double> u = read(file, "/u", frames * members * x), score = read(file, "/score", frames);
  for (hsize_t frame = 0; frame < frames; ++frame) {
    const auto fine = [&](double value, double expected) {
      return value == expected || (frame >= flushed && std::isnan(value));
    };
    require(fine(score[frame], static_cast<double>(frame)), "a score is wrong");
    for (hsize_t i = 0; i < members * x; ++i)
      require(fine(u[frame * members * x + i], static_cast<double>(1000 * frame + 100 * (i / x) + i % x)),
              "a value is wrong");
  }
  H5Fclose(file);
  return flushed;
}

}  // namespace

int main(int, char* argv[]) try {
  const std::string start = argv[1];
  const std::filesystem::path directory = argv[2];
  std::filesystem::remove_all(directory);
  std::filesystem::create_directories(directory);
  const std::string straight = directory / "straight.h5";
  const auto run = [&](const std::string& path, const std::string& how) {
    return std::system((start + " " + path + " " + std::to_string(frames) + " " + how + " 2>/dev/null").c_str());
  };
  require(run(straight, "start") == 0, "the uninterrupted run failed");
  std::mt19937 random(20260801);
  // Between 0.2 and 200 ms, spread evenly over the decades: the writer is fast on one machine, slow on another.
  std::uniform_real_distribution<double> exponent(2.3, 5.3);
  for (int i = 0; i < tries; ++i) {
    const std::string path = directory / ("killed" + std::to_string(i) + ".h5");
    require(run(path, "start " + std::to_string(std::lround(std::pow(10, exponent(random))))) != 0,
            "the writer was not killed");
    const hsize_t flushed = check(path);
    std::cout << "killed after " << flushed << " flushed frames" << std::endl;
    require(run(path, "resume") == 0, "the resumed run failed");
    require(bytes_of(path) == bytes_of(straight), "the resumed result differs from the uninterrupted one");
  }
  std::filesystem::remove_all(directory);
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
