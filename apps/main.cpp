// The semiflow command.
#include <mpi.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <new>
#include <semiflow/core/blas_kernels.hpp>
#include <semiflow/core/error.hpp>
#include <semiflow/core/nearest.hpp>
#include <sstream>
#include <thread>

#include "build_info.hpp"
#include "check.hpp"
#include "destination.hpp"
#include "experiment.hpp"
#include "info.hpp"
#include "list.hpp"
#include "plot.hpp"
#include "progress_bar.hpp"
#include "reproduce.hpp"
#include "run.hpp"

extern "C" void openblas_set_num_threads(int threads);

namespace semiflow {

namespace {

struct Arguments {
  std::filesystem::path file, output, json;
  std::vector<std::string> set;
  std::string what, format = "png";
  bool resume = false, overwrite = false, quiet = false, animate = false;
};

Experiment experiment_of(const Arguments& arguments, const Communicator& comm) {
  return read_experiment(load_configuration(arguments.file, arguments.set, comm));
}

std::filesystem::path default_output(const Arguments& arguments) {
  return arguments.output.empty() ? std::filesystem::path(arguments.file.stem().string() + ".h5") : arguments.output;
}

// Rank 0 speaks for all.
void say(const Communicator& comm, const std::string& text) {
  if (comm.rank() == 0) std::cout << text << std::flush;
}

int run(const Arguments& arguments, const Communicator& comm) {
  const Experiment experiment = experiment_of(arguments, comm);
  const std::filesystem::path output = default_output(arguments);
  const Start start = examine_destination(
      experiment, comm, {.output = output, .resume = arguments.resume, .overwrite = arguments.overwrite});
  const auto note = [&](const std::string& text) {
    if (!arguments.quiet) say(comm, text + "\n");
  };
  if (start == Start::finished) {
    note(output.string() + " is finished");
    return 0;
  }
  if (arguments.resume && start == Start::anew) note(output.string() + ": no interrupted run here, starting anew");
  ProgressBar bar(comm.rank() == 0 && !arguments.quiet);
  run_experiment(experiment, comm, {.output = output, .resume = start == Start::resumed, .quiet = arguments.quiet},
                 [&bar](const std::string& stage, Index done, Index total) { bar.report(stage, done, total); });
  bar.finish();
  note("wrote " + output.string());
  return 0;
}

int check(const Arguments& arguments, const Communicator& comm) {
  const Experiment experiment = experiment_of(arguments, comm);
  load_external(experiment);
  std::ostringstream text;
  print_check(experiment, text);
  say(comm, text.str());
  return 0;
}

int reproduce_folder(const Arguments& arguments, const Communicator& comm) {
  ProgressBar bar(comm.rank() == 0 && !arguments.quiet);
  std::ostringstream text;
  const bool good = reproduce(
      arguments.file, comm, {.json = arguments.json},
      [&bar](const std::string& stage, Index done, Index total) { bar.report(stage, done, total); }, text);
  bar.finish();
  say(comm, text.str());
  return good ? 0 : 1;
}

int plot(const Arguments& arguments, const Communicator& comm) {
  const PlotOptions options{.directory = arguments.output, .format = arguments.format, .animate = arguments.animate};
  for (const std::filesystem::path& picture : plot_result(arguments.file, options, comm))
    say(comm, picture.string() + "\n");
  return 0;
}

using Command = std::function<int(const Arguments&, const Communicator&)>;

void define_commands(CLI::App& app, Arguments& a, Command& chosen) {
  const auto command = [&](const char* name, const char* text, const char* example, Command action) {
    CLI::App* sub = app.add_subcommand(name, text);
    sub->footer(std::string("Example:\n  ") + example);
    sub->callback([&chosen, action = std::move(action)] { chosen = action; });
    return sub;
  };
  const auto experiment = [&](CLI::App* sub) {
    sub->add_option("experiment", a.file, "experiment file (TOML)")->required();
    sub->add_option("--set", a.set, "replace a value: section.key=value; may be repeated")->allow_extra_args(false);
  };
  CLI::App* sub = command("run", "run the stages of an experiment file",
                          "mpirun -n 2 semiflow run experiment.toml --set experiment.seed=2 --output result.h5", run);
  experiment(sub);
  sub->add_option("--output", a.output,
                  "result file (default: the experiment file's name with .h5, in the current directory)");
  CLI::Option* resume = sub->add_flag("--resume", a.resume, "go on with an interrupted run");
  sub->add_flag("--overwrite", a.overwrite, "start anew over an earlier result or an interrupted run")
      ->excludes(resume);
  sub->add_flag("--quiet", a.quiet, "no progress");
  sub = command("check", "validate an experiment file and count its steps", "semiflow check experiment.toml", check);
  experiment(sub);
  sub = command("list", "what can be chosen, with options and defaults", "semiflow list filters",
                [](const Arguments& arguments, const Communicator& comm) {
                  std::ostringstream text;
                  print_list(arguments.what, text);
                  say(comm, text.str());
                  return 0;
                });
  sub->add_option(
      "what", a.what,
      "equations, initial, forcing, terms, filters, inflation, discovery, surrogates, baselines or networks (default: "
      "all but the last)");
  sub = command("info", "what a result file holds", "semiflow info result.h5",
                [](const Arguments& arguments, const Communicator& comm) {
                  std::ostringstream text;
                  print_info(arguments.file, comm, text);
                  say(comm, text.str());
                  return 0;
                });
  sub->add_option("file", a.file, "result file")->required();
  sub = command("plot", "draw a result file as PNG or PDF pictures", "semiflow plot result.h5 --format pdf", plot);
  sub->add_option("file", a.file, "result file")->required();
  sub->add_option("--output", a.output, "folder for the pictures (default: the file's name without .h5)");
  sub->add_option("--format", a.format, "png (default) or pdf")->check(CLI::IsMember({"png", "pdf"}));
  sub->add_flag("--animate", a.animate, "also draw the first field of a simulated plane or box as an animated GIF");
  sub = command("reproduce", "run DIR/experiment.toml and compare with the values of DIR/expected.toml",
                "semiflow reproduce examples/ks-twin", reproduce_folder);
  sub->add_option("directory", a.file, "folder with experiment.toml and expected.toml")->required();
  sub->add_option("--json", a.json, "also write the table to this file");
  sub->add_flag("--quiet", a.quiet, "no progress");
}

// The command line's own complaint about a misspelt command would be that there is none.
void require_known_command(const CLI::App& app, int argc, char* argv[]) {
  if (argc < 2 || argv[1][0] == '-') return;
  std::vector<std::string> names;
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(sub->get_name());
  if (std::ranges::find(names, argv[1]) != names.end()) return;
  const auto near = nearest(argv[1], names);
  throw Error(Fault::input, {}, std::string("unknown subcommand '") + argv[1] + "'",
              near ? "did you mean '" + *near + "'?" : "see 'semiflow --help'");
}

// True if every rank arrives here within two seconds: then all failed alike, and one message is enough.
bool all_ranks_failed(const Communicator& world) {
  MPI_Request request;
  MPI_Ibarrier(world.get(), &request);
  for (int i = 0; i < 200; ++i) {
    int arrived = 0;
    MPI_Test(&request, &arrived, MPI_STATUS_IGNORE);
    if (arrived) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

int report(const Communicator& world, const std::string& message, int status) {
  const bool together = all_ranks_failed(world);
  if (world.rank() == 0 || !together) std::fprintf(stderr, "semiflow: %s\n", message.c_str());
  if (!together) MPI_Abort(world.get(), status);
  return status;
}

int execute(const Arguments& arguments, const Command& command) {
  const Communicator world = Communicator::duplicate_of(MPI_COMM_WORLD);
  try {
    return command(arguments, world);
  } catch (const Error& error) {
    return report(world, error.what(), error.exit_status());
  } catch (const std::bad_alloc&) {
    return report(world, "there is not enough memory: take fewer points, frames or members, or more ranks", 1);
  } catch (const std::exception& error) {
    return report(world, error.what(), 1);
  }
}

}  // namespace

// Open MPI's mpirun, or one that speaks PMIx or PMI.
bool has_launcher() {
  return std::ranges::any_of(std::array{"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK", "SLURM_PROCID"},
                             [](const char* name) { return std::getenv(name) != nullptr; });
}

}  // namespace semiflow

int main(int argc, char* argv[]) {
  semiflow::use_better_blas_kernels(argv);
  // One thread a rank unless asked. OpenBLAS has read its environment before main begins, and Debian's OpenMP build
  // looks at this variable alone.
  if (std::getenv("OMP_NUM_THREADS") == nullptr) openblas_set_num_threads(1);
  CLI::App app("Semiflow " + std::string(semiflow::build_info::version) +
                   ": simulate, emulate and assimilate the solutions of partial differential equations",
               "semiflow");
  app.set_version_flag("--version",
                       std::string(semiflow::build_info::version) + " (" + semiflow::build_info::commit + ")");
  app.require_subcommand(1);
  semiflow::Arguments arguments;
  semiflow::Command command;
  semiflow::define_commands(app, arguments, command);
  try {
    semiflow::require_known_command(app, argc, argv);
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {
    return app.exit(success);  // before MPI starts, which takes longer than all the rest
  } catch (const semiflow::Error& error) {
    command = [error](const auto&, const auto&) -> int { throw error; };
  } catch (const CLI::ParseError& error) {
    command = [message = std::string(error.what())](const auto&, const auto&) -> int {
      throw semiflow::Error(semiflow::Fault::input, {}, message, "see 'semiflow --help'");
    };
  }
  // Open MPI would keep the place of a shared file pointer, which nobody uses, behind a semaphore that has the name of
  // the file. A program that is killed while it opens the file leaves it locked, and the next one waits for ever.
  setenv("OMPI_MCA_sharedfp", "individual", 0);
  if (!semiflow::has_launcher()) {
    // Nobody to talk to: no daemon, no search for networks. The command starts in 0.1 s instead of 0.4.
    setenv("OMPI_MCA_ess_singleton_isolated", "1", 0);
    setenv("OMPI_MCA_pml", "ob1", 0);
    setenv("OMPI_MCA_btl", "self", 0);
  }
  MPI_Init(&argc, &argv);
  const int status = semiflow::execute(arguments, command);
  MPI_Finalize();
  return status;
}
