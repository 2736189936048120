#include "plot.hpp"
namespace semiflow {
std::vector<std::filesystem::path> plot_result(const std::filesystem::path&, const std::filesystem::path&, const Communicator&) { return {}; }
}
