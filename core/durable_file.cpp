#include "durable_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace semiflow {

namespace {

// Some file systems cannot sync a directory and say EINVAL; the rename is then as durable as they make it.
bool sync(const std::filesystem::path& path, int flags) {
  const int file = ::open(path.c_str(), flags | O_CLOEXEC);
  if (file < 0) return false;
  const bool synced = ::fsync(file) == 0 || errno == EINVAL;
  const int error = errno;
  ::close(file);
  errno = error;
  return synced;
}

}  // namespace

std::filesystem::path directory_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

std::string rename_durably(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (!sync(from, O_RDWR)) return std::string("cannot bring it to the disk (") + std::strerror(errno) + ")";
  if (std::rename(from.c_str(), to.c_str()) != 0)
    return "cannot rename it to " + to.string() + " (" + std::strerror(errno) + ")";
  if (!sync(directory_of(to), O_RDONLY | O_DIRECTORY))
    return std::string("cannot bring its directory to the disk (") + std::strerror(errno) + ")";
  return {};
}

}  // namespace semiflow
