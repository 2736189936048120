// Writes a result file and may be killed while it does: result_writer PATH FRAMES [start|resume] [KILL_AFTER_US].
// The file PATH.log grows by one byte for every flush that was completed.
#include <mpi.h>
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <semiflow/core/result_file.hpp>
#include <string>
#include <thread>

using namespace semiflow;

namespace {

constexpr Index members = 5, x = 64, frames_per_flush = 4;

Ensemble frame_of(Index frame, Share share) {
  return Ensemble::NullaryExpr(
      x, share.size, [=](Index i, Index j) { return static_cast<double>(1000 * frame + 100 * (share.begin + j) + i); });
}

ResultFile define(const std::filesystem::path& path, const Communicator& comm, Index frames) {
  ResultFile file = ResultFile::create(path, comm);
  file.add_dimension("/", Dimension::numbered("time", frames, "time"));
  file.add_dimension("/", Dimension::numbered("member", members, "member"));
  file.add_dimension("/", Dimension::numbered("x", x, "position"));
  file.add_variable({.path = "/u", .dimensions = {"time", "member", "x"}});
  file.add_variable({.path = "/score", .dimensions = {"time"}});
  file.set_attribute("/", "frames_done", 0);
  // Enough attributes that HDF5 moves them out of the object's header.
  for (int i = 0; i < 12; ++i) file.set_attribute("/", "note_" + std::to_string(i), std::string(300, 'n'), 0);
  file.end_definitions();
  return file;
}

}  // namespace

int main(int argc, char* argv[]) {
  MPI_Init(&argc, &argv);
  {
    const Communicator comm = Communicator::duplicate_of(MPI_COMM_WORLD);
    const std::filesystem::path path = argv[1], log = path.string() + ".log";
    const Index frames = std::stol(argv[2]);
    const bool resume = std::string(argv[3]) == "resume";
    const Index begin = resume && std::filesystem::exists(log)
                            ? frames_per_flush * static_cast<Index>(std::filesystem::file_size(log))
                            : 0;
    ResultFile file = resume ? ResultFile::resume(path, comm) : define(path, comm, frames);
    MPI_Barrier(comm.get());
    if (argc > 4 && comm.rank() == comm.size() - 1) {
      std::thread([microseconds = std::stol(argv[4])] {
        std::this_thread::sleep_for(std::chrono::microseconds(microseconds));
        raise(SIGKILL);
      }).detach();
    }
    for (Index frame = begin; frame < frames; ++frame) {
      file.write_members("/u", frame, frame_of(frame, comm.share(members)), members);
      file.write("/score", frame, static_cast<double>(frame));
      if ((frame + 1) % frames_per_flush == 0) {
        file.set_attribute("/", "frames_done", frame + 1);
        file.flush();
        if (comm.rank() == 0) std::ofstream(log, std::ios::app) << '.';
      }
    }
    if (argc > 4) std::this_thread::sleep_for(std::chrono::seconds(60));  // the kill comes
    file.finish();
  }
  MPI_Finalize();
}
