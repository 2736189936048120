// Makes the result file that read_with_xarray.py looks into: netcdf_example PATH.
#include <mpi.h>

#include <semiflow/core/result_file.hpp>

using namespace semiflow;

int main(int argc, char* argv[]) {
  MPI_Init(&argc, &argv);
  {
    const Communicator comm = Communicator::duplicate_of(MPI_COMM_WORLD);
    const Index frames = 5, members = 3, x = 8;
    ResultFile file = ResultFile::create(argv[1], comm);
    file.set_attribute("/", "experiment", "seed = 1\n", 0);
    file.set_attribute("/", "seed", 1);
    file.set_attribute("/", "wall_time", 0.0);
    file.set_attribute("/", "version", "0.1.0", 64);
    file.add_dimension("/", {"x", Eigen::VectorXd::LinSpaced(x, 0, 7), "m", "position"});
    file.add_dimension("/", Dimension::numbered("member", members, "ensemble member"));
    file.add_dimension("/", Dimension::numbered("term", 2, "term of the library"));
    file.add_labels("/term_name", "term", {"u u_x", "u_xx"});
    file.add_variable({.path = "/best", .units = "m", .long_name = "one number"});
    for (const std::string group : {"/truth", "/forecast"}) {
      file.add_group(group, "the " + group.substr(1));
      file.add_dimension(group,
                         {"time", Eigen::VectorXd::LinSpaced(frames, 0, group == "/truth" ? 1 : 2), "s", "time"});
    }
    file.add_variable({.path = "/truth/u", .dimensions = {"time", "x"}, .units = "m s-1", .long_name = "velocity"});
    file.add_variable(
        {.path = "/forecast/u", .dimensions = {"time", "member", "x"}, .units = "m s-1", .compression = 4});
    file.add_variable({.path = "/forecast/steps", .dimensions = {"time"}, .storage = Storage::integer});
    file.end_definitions();

    const Share share = comm.share(members);
    for (Index frame = 0; frame + 1 < frames; ++frame) {  // the last frame stays missing
      const auto value = [=](Index i, Index j) {
        return static_cast<double>(100 * frame + 10 * (share.begin + j) + i);
      };
      file.write_members("/forecast/u", frame, Ensemble::NullaryExpr(x, share.size, value), members);
      file.write("/truth/u", frame, Eigen::VectorXd::Constant(x, static_cast<double>(frame)));
      file.write("/forecast/steps", frame, static_cast<double>(10 * frame));
    }
    file.write("/best", 0, 0.25);
    file.set_attribute("/", "wall_time", 1.5);
    file.finish();
  }
  MPI_Finalize();
}
