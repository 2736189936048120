#include <semiflow/core/error.hpp>

namespace semiflow {

namespace {

std::string joined(std::string_view where, std::string_view problem, std::string_view remedy) {
  std::string line;
  if (!where.empty()) line.append(where).append(": ");
  line.append(problem);
  if (!remedy.empty()) line.append("; ").append(remedy);
  return line;
}

}  // namespace

Error::Error(Fault fault, std::string_view where, std::string_view problem, std::string_view remedy)
    : runtime_error(joined(where, problem, remedy)), fault_(fault) {}

}  // namespace semiflow
