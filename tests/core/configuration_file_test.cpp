#include "configuration_helpers.hpp"

using namespace semiflow;
using namespace semiflow::configuration_tests;

TEST_CASE("overrides replace and add values, and are on record") {
  const Configuration configuration =
      parse("a = 1\n[m]\ndt = 0.1\n[m.grid]\nn = 8",
            {"m.dt=0.2", "m.grid.n = 16", "m.stepper=etdrk4", "new.part.x=[1, 2]", "m.file=out/run-1.h5", "m.flag=true",
             "m.word=\"two words\"", "m.dt=0.3", "m.version=0.1.2", "m.inline={ k = 1 }"});
  const Table& root = configuration.root;
  const Table model = root.table("m");
  CHECK(model.number("dt") == 0.3);
  CHECK(model.table("grid").integer("n") == 16);
  CHECK(model.text("stepper") == "etdrk4");
  CHECK(root.table("new").table("part").integers("x") == std::vector<Index>{1, 2});
  CHECK(model.text("file") == "out/run-1.h5");
  CHECK(model.boolean("flag"));
  CHECK(model.text("word") == "two words");
  CHECK(model.text("version") == "0.1.2");
  CHECK(model.where("dt") == "--set m.dt=0.3");
  CHECK(model.where("absent") == "e.toml:2");
  CHECK(model.table("inline").where("k") == "--set m.inline={ k = 1 }");
  CHECK(root.table("new").where("absent") == "--set new.part.x=[1, 2]");
  CHECK_THAT(configuration.text,
             starts_with("a = 1\n[m]\ndt = 0.1\n[m.grid]\nn = 8\n# overrides:\n# --set m.dt=0.2\n"));

  const Configuration again = parse(configuration.effective_text);
  CHECK(again.effective_text == configuration.effective_text);
  CHECK(again.root.table("m").number("dt") == 0.3);
  CHECK(again.root.table("m").table("grid").integer("n") == 16);
  CHECK(parse(configuration.text).root.table("m").number("dt") == 0.1);
}

TEST_CASE("the effective text keeps every bit and every character") {
  const Configuration once =
      parse("a = 0.1\nb = 1e-300\nc = 'x\\y'\nd = \"q\\\"\\t\\u00e9\"\n[[t]]\nx = 3\n[[t]]\ny = true\n");
  const Configuration twice = parse(once.effective_text);
  CHECK(twice.root.number("a") == 0.1);
  CHECK(twice.root.number("b") == 1e-300);
  CHECK(twice.root.text("c") == "x\\y");
  CHECK(twice.root.text("d") == "q\"\t\xC3\xA9");
  CHECK(twice.root.tables("t")[1].boolean("y"));
}

TEST_CASE("an override quotes a name as TOML does") {
  const std::vector<std::string> overrides{"m.\"u^3 u_x\" = 0.5", "m.'a=b.c'=2", "new.\"x \\\"=1\"=3"};
  const Configuration c = parse("[m]\n\"u^3 u_x\" = 1.0", overrides);
  CHECK(c.root.table("m").number("u^3 u_x") == 0.5);
  CHECK(c.root.table("m").number("a=b.c") == 2);
  CHECK(c.root.table("new").number("x \"=1") == 3);
}

TEST_CASE("an override that does not fit is refused") {
  const std::string file = "a = 1\n[m]\nb = 2\n[[t]]\nc = 3";
  CHECK(parsing(file, {"m.b"}) == "--set m.b: an override needs '='; write --set section.key=value");
  CHECK(parsing(file, {"=1"}) == "--set =1: \"\" is not the name of a key; write --set section.key=value");
  CHECK(parsing(file, {"m..b=1"}) == "--set m..b=1: \"m..b\" is not the name of a key; write --set section.key=value");
  CHECK(parsing(file, {"m.\"b=1"}) ==
        "--set m.\"b=1: \"m.\"b\" is not the name of a key; write --set section.key=value");
  CHECK(parsing(file, {"#m=1"}) == "--set #m=1: \"#m\" is not the name of a key; write --set section.key=value");
  CHECK(parsing(file, {"t[0].c=1"}) ==
        "--set t[0].c=1: \"t[0].c\" is not the name of a key; write --set section.key=value");
  CHECK(parsing(file, {"m.b="}) == "--set m.b=: the value is missing; an empty text is \"\"");
  CHECK(parsing(file, {"m=1"}) ==
        "--set m=1: 'm' is a table and cannot be replaced by an override; set its keys one by one");
  CHECK(parsing(file, {"m={b = 3}"}) ==
        "--set m={b = 3}: 'm' is a table and cannot be replaced by an override; set its keys one by one");
  CHECK(parsing(file, {"t=1"}) ==
        "--set t=1: 't' is an array of tables and cannot be replaced by an override; change it in the file");
  CHECK(parsing(file, {"a.b=1"}) == "--set a.b=1: 'a' is the integer 1 and has no key 'b'");
  CHECK(parsing(file, {"t.c=1"}) == "--set t.c=1: 't' is an array of tables and has no key 'c'");
  CHECK_THAT(parsing(file, {"m.b=[1,"}), starts_with("--set m.b=[1,: not valid TOML"));
  CHECK_THAT(parsing(file, {"m.b=two words"}), starts_with("--set m.b=two words: not valid TOML"));
  CHECK_THAT(parsing(file, {"m.b=1,5"}), starts_with("--set m.b=1,5: not valid TOML"));
  CHECK(parsing(file, {"m.b=1\nc=2"}) == "--set m.b=1 c=2: an override is one line without control characters");
  CHECK(parsing(file, {"m.b=\xE9"}) == "--set m.b=\xE9: the text is not valid UTF-8; is this a text file?");
}

TEST_CASE("an override of an unknown key, or with a wrong value, is found by the readers") {
  const auto model = [](const Table& root) {
    const Table table = root.table("m");
    table.number("viscosity", 1, positive);
    table.finish();
    root.finish();
  };
  const std::string file = "[m]\nviscosity = 1";
  CHECK(reading(file, model, {"m.viscosty=2"}) ==
        "--set m.viscosty=2: unknown key 'viscosty' in [m]; did you mean 'viscosity'?");
  CHECK(reading(file, model, {"mm.viscosity=2"}) == "--set mm.viscosity=2: unknown section [mm]; did you mean [m]?");
  CHECK(reading(file, model, {"m.viscosity=-1"}) ==
        "--set m.viscosity=-1: 'viscosity' in [m] is -1, and must be greater than 0");
  CHECK(reading(file, model, {"m.viscosity=1e"}) ==
        "--set m.viscosity=1e: 'viscosity' in [m] must be a number, and is the text \"1e\"");
}

TEST_CASE("a file that cannot be read is refused") {
  const auto load = [](const std::filesystem::path& path) { return failure([&] { load_configuration(path); }); };
  CHECK(load("") == "the name of the experiment file is empty");
  CHECK(load("no/such.toml") == "no/such.toml: there is no such file");
  CHECK(load("/") == "/: this is a directory; name the experiment file in it");
  if (std::filesystem::exists("/proc/self/mem"))  // a file that opens and fails to read, also for root
    CHECK(load("/proc/self/mem") == "/proc/self/mem: the file cannot be read; check its permissions");
  if (std::filesystem::exists("/dev/zero"))
    CHECK(load("/dev/zero") == "/dev/zero: the file is too large for an experiment file");
  const TemporaryFile empty("empty.toml", "");
  CHECK(load(empty.path) == empty.path.string() + ":1: the file is empty");
}

TEST_CASE("a file is read as it is") {
  const TemporaryFile file("read.toml", "[m]\r\ndt = 0.1\r\n");
  const Configuration configuration = load_configuration(file.path);
  CHECK(configuration.text == "[m]\r\ndt = 0.1\r\n");
  CHECK(configuration.root.table("m").where("dt") == file.path.string() + ":2");
}

TEST_CASE("every rank gets the file of rank 0, or its error") {
  const Communicator world = Communicator::duplicate_of(MPI_COMM_WORLD);
  // Only rank 0 has the file: whoever reads one by itself fails.
  int process = getpid();
  MPI_Bcast(&process, 1, MPI_INT, 0, world.get());
  const std::filesystem::path path = temporary("world.toml", process);
  if (world.rank() == 0) std::ofstream(path) << example;
  const std::vector<std::string> overrides = {"experiment.seed=8"};
  const Configuration configuration = load_configuration(path, overrides, world);
  CHECK(configuration.root.table("experiment").integer("seed") == 8);
  CHECK(configuration.text == example + "# overrides:\n# --set experiment.seed=8\n");
  CHECK(configuration.root.table("model").where("dt") == path.string() + ":7");

  if (world.rank() == 0) std::filesystem::remove(path);
  const std::string missing = failure([&] { load_configuration(path, {}, world); });
  CHECK(missing == path.string() + ": there is no such file");
  if (world.rank() == 0) std::ofstream(path) << "a = 1\na = 2\n";
  CHECK_THAT(failure([&] { load_configuration(path, {}, world); }), starts_with(path.string() + ":2: not valid TOML"));
  if (world.rank() == 0) std::filesystem::remove(path);
}
