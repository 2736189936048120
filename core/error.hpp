#pragma once
#include <stdexcept>
#include <string>
#include <string_view>

namespace semiflow {

/// Who has to act on an error: the user, whose input is wrong, or whoever looks into a run that failed.
enum class Fault { input, run };

/// The one error type of Semiflow. what() is a single line, "where: problem; remedy".
class Error : public std::runtime_error {
 public:
  /// where may be a file and line, a time, cycle, rank and member, or empty; remedy may be empty.
  Error(Fault fault, std::string_view where, std::string_view problem, std::string_view remedy = {});

  Fault fault() const noexcept { return fault_; }
  /// The exit status of the command: 2 for a bad input, 1 for a failed run.
  int exit_status() const noexcept { return fault_ == Fault::input ? 2 : 1; }

 private:
  Fault fault_;
};

/// Checks a precondition at an interface, in every build type; message states the rule that was broken.
inline void require(bool condition, const char* message) {
  if (!condition) throw Error(Fault::input, {}, message);
}

}  // namespace semiflow
