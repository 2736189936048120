#include "configuration_helpers.hpp"

using namespace semiflow;
using namespace semiflow::configuration_tests;

TEST_CASE("every type of value is read, and a file that is read to the end is accepted") {
  const Configuration configuration = parse(example);
  const Table& root = configuration.root;
  const Table experiment = root.table("experiment"), model = root.table("model");
  CHECK(experiment.text("name") == "lorenz");
  CHECK(experiment.integer("seed") == 7);
  CHECK(model.number("dt") == 0.05);
  CHECK(model.number("viscosity", positive) == 1);
  CHECK(model.integer("steps", Range{.at_least = 1}) == 20);
  CHECK(model.boolean("exact"));
  CHECK(model.choice("stepper", {"etdrk4", "ifrk4"}) == "etdrk4");
  CHECK(model.numbers("lengths") == std::vector<double>{1, 2.5, 1e-3});
  CHECK(model.integers("shape") == std::vector<Index>{64, 32});
  CHECK(model.texts("fields") == std::vector<std::string>{"u", "v"});
  CHECK(model.table("grid").integer("points") == 128);
  const std::vector<Table> terms = model.tables("terms");
  REQUIRE(terms.size() == 2);
  CHECK(terms[0].name() == "[[model.terms]] entry 0");
  CHECK(terms[0].text("name") == "advection");
  CHECK(terms[0].number("coefficient", 1.0) == 1.0);
  CHECK(terms[1].text("name") == "drag");
  CHECK(terms[1].number("coefficient", 1.0) == -0.5);
  for (const Table& table : {root, experiment, model, model.table("grid"), terms[0], terms[1]})
    CHECK_NOTHROW(table.finish());
  CHECK(configuration.text == example);
  CHECK(configuration.path == "e.toml");
  CHECK(model.table("grid").keys() == std::vector<std::string>{"points"});
}

TEST_CASE("what is absent takes its fallback") {
  const Configuration configuration = parse("a = 1\n");
  const Table& root = configuration.root;
  CHECK(root.has("a"));
  CHECK_FALSE(root.has("b"));
  CHECK(root.number("b", 2.5) == 2.5);
  CHECK(root.number("b", 0, positive) == 0);
  CHECK(root.integer("b", 3) == 3);
  CHECK(root.integer("b", 0, positive) == 0);
  CHECK(root.boolean("b", true));
  CHECK(root.text("b", "x") == "x");
  CHECK(root.choice("b", {"x", "y"}, "y") == "y");
  CHECK(root.numbers("b", {1, 2}) == std::vector<double>{1, 2});
  CHECK(root.integers("b", {1, 2}) == std::vector<Index>{1, 2});
  CHECK(root.texts("b", {"x"}) == std::vector<std::string>{"x"});
  CHECK_FALSE(root.optional_table("b").has_value());
  CHECK(root.tables("b").empty());
}

TEST_CASE("lines are right in nested tables, dotted keys, arrays of tables and arrays over several lines") {
  const Configuration configuration =
      parse("a = 1\n\n[m]\nb = 2\n[x.y.z]\nc.d = 3\n[[t]]\nq = 1\n[[t]]\nq = 2\n[t.u]\nw = [1,\n\n 'x']\n");
  const Table& root = configuration.root;
  CHECK(root.where("a") == "e.toml:1");
  CHECK(root.where("absent") == "e.toml:1");
  CHECK(root.where("m") == "e.toml:3");
  CHECK(root.table("m").where("b") == "e.toml:4");
  CHECK(root.table("m").where("absent") == "e.toml:3");
  const Table z = root.table("x").table("y").table("z");
  CHECK(z.where("absent") == "e.toml:5");
  CHECK(z.table("c").where("d") == "e.toml:6");
  const Table second = root.tables("t")[1];
  CHECK(second.where("absent") == "e.toml:9");
  CHECK(second.where("q") == "e.toml:10");
  CHECK(second.table("u").name() == "[t.u]");
  CHECK(failure([&] { second.table("u").numbers("w"); }) ==
        "e.toml:14: element 1 of 'w' in [t.u] must be a number, and is the text \"x\"");
}

TEST_CASE("a value of the wrong type says what it is and what it must be") {
  const auto at = [](const std::string& text, auto read) { return reading("\n[m]\na = " + text + "\n", read); };
  const auto number = [](const Table& root) { root.table("m").number("a"); };
  const auto integer = [](const Table& root) { root.table("m").integer("a"); };
  const auto boolean = [](const Table& root) { root.table("m").boolean("a"); };
  const auto text = [](const Table& root) { root.table("m").text("a"); };
  const std::string start = "e.toml:3: 'a' in [m] must be ";
  CHECK(at("\"1\"", number) == start + "a number, and is the text \"1\"; write it without quotes");
  CHECK(at("\"one\"", number) == start + "a number, and is the text \"one\"");
  CHECK(at("true", number) == start + "a number, and is true");
  CHECK(at("1979-05-27", number) == start + "a number, and is a date or time");
  CHECK(at("[1]", number) == start + "a number, and is an array");
  CHECK(at("{b = 1}", number) == start + "a number, and is a table");
  CHECK(at("1.0", integer) == start + "an integer, and is the number 1.0; write 1");
  CHECK(at("1.5", integer) == start + "an integer, and is the number 1.5");
  CHECK(at("\"1\"", integer) == start + "an integer, and is the text \"1\"; write it without quotes");
  CHECK(at("true", integer) == start + "an integer, and is true");
  CHECK(at("1", boolean) == start + "true or false, and is the integer 1");
  CHECK(at("\"true\"", boolean) == start + "true or false, and is the text \"true\"; write it without quotes");
  CHECK(at("1", text) == start + "a text, and is the integer 1; put it in quotes");
  CHECK(at("1e300", text) == start + "a text, and is the number 1e+300; put it in quotes");
  CHECK(at("'''x\ny'''", number) == start + "a number, and is the text \"x y\"");
  const std::string fallbacks = reading("a = 'x'", [](const Table& root) { root.number("a", 1); });
  CHECK(fallbacks == "e.toml:1: 'a' must be a number, and is the text \"x\"");
}

TEST_CASE("a long text is clipped between characters") {
  std::string word;
  for (int i = 0; i < 100; ++i) word += "\xC3\xA9";
  const std::string line = reading("a = 'x" + word + "'", [](const Table& root) { root.number("a"); });
  CHECK(line == "e.toml:1: 'a' must be a number, and is the text \"x" + word.substr(0, 58) + "...\"");
}

TEST_CASE("numbers are finite and in range") {
  const auto number = [](const Range& range) { return [=](const Table& root) { root.number("a", range); }; };
  const auto integer = [](const Range& range) { return [=](const Table& root) { root.integer("a", range); }; };
  CHECK(reading("\na = 0.0", number(positive)) == "e.toml:2: 'a' is 0, and must be greater than 0");
  CHECK(reading("a = -0.1", number(non_negative)) == "e.toml:1: 'a' is -0.1, and must be at least 0");
  CHECK(reading("a = 1.5", number(fraction)) == "e.toml:1: 'a' is 1.5, and must be at least 0 and at most 1");
  CHECK(reading("a = 1", number({.above = 0, .below = 1})) ==
        "e.toml:1: 'a' is 1, and must be greater than 0 and less than 1");
  CHECK(reading("a = nan", number({})) == "e.toml:1: 'a' is nan, and must be finite");
  CHECK(reading("a = -inf", number({})) == "e.toml:1: 'a' is -inf, and must be finite");
  CHECK(reading("a = 0", integer(positive)) == "e.toml:1: 'a' is 0, and must be greater than 0");
  CHECK(reading("a = -3", [](const Table& root) { root.integer("a", 1, positive); }) ==
        "e.toml:1: 'a' is -3, and must be greater than 0");
  CHECK(reading("a = -3", [](const Table& root) { root.number("a", 1, positive); }) ==
        "e.toml:1: 'a' is -3, and must be greater than 0");
  CHECK(reading("a = 1", number(fraction)) == "no error");
  CHECK(reading("a = 1\nb = [1.0, inf]", [](const Table& root) { root.numbers("b"); }) ==
        "e.toml:2: element 1 of 'b' is inf, and must be finite");
}

TEST_CASE("arrays name the element that is wrong") {
  const auto numbers = [](const Table& root) { root.numbers("a"); };
  const auto integers = [](const Table& root) { root.integers("a"); };
  const auto texts = [](const Table& root) { root.texts("a"); };
  CHECK(reading("a = [1, 'x']", numbers) == "e.toml:1: element 1 of 'a' must be a number, and is the text \"x\"");
  CHECK(reading("a = [1, 2.0]", integers) ==
        "e.toml:1: element 1 of 'a' must be an integer, and is the number 2.0; write 2");
  CHECK(reading("a = ['x', 1]", texts) ==
        "e.toml:1: element 1 of 'a' must be a text, and is the integer 1; put it in quotes");
  CHECK(reading("a = [[1]]", numbers) == "e.toml:1: element 0 of 'a' must be a number, and is an array");
  CHECK(reading("a = 1", numbers) ==
        "e.toml:1: 'a' must be an array, and is the integer 1; write it in square brackets");
  CHECK(reading("a = []", numbers) == "no error");
}

TEST_CASE("a missing key is reported at its table, with the unknown key that may be it") {
  const auto dt = [](const Table& root) { root.table("model").number("viscosity"); };
  CHECK(reading("\n[model]\ndt = 1", dt) == "e.toml:2: 'viscosity' in [model] is missing; add viscosity = <a number>");
  CHECK(reading("\n[model]\n\nviscosty = 1", dt) ==
        "e.toml:2: 'viscosity' in [model] is missing; add viscosity = <a number>, or is it 'viscosty' (e.toml:4)?");
  CHECK(reading("[modell]\nviscosity = 1", dt) ==
        "e.toml:1: section [model] is missing; add it, or is it 'modell' (e.toml:1)?");
  CHECK(reading("x = 1", dt) == "e.toml:1: section [model] is missing; add it");
  CHECK(reading("x = 1", [](const Table& root) {
          root.choice("kind", {"a", "b"});
        }) == "e.toml:1: 'kind' is missing; add kind = <one of a, b>");
  CHECK(reading("x = 1", [](const Table& root) { root.texts("names"); }) ==
        "e.toml:1: 'names' is missing; add names = [<a text>, ...]");
  CHECK(reading("[a.b]", [](const Table& root) { root.table("a").table("b").table("c"); }) ==
        "e.toml:1: section [a.b.c] is missing; add it");
}

TEST_CASE("unknown keys and sections are refused, the first in the file, with the nearest name") {
  const auto assimilation = [](const Table& root) {
    const auto table = root.table("assimilation");
    table.number("inflation", 1);
    table.integer("members", 10);
    table.optional_table("localization");
    root.optional_table("model");
    table.finish();
    root.finish();
  };
  const std::string head = "\n[assimilation]\n";
  CHECK(reading(head + "members = 3\ninfl = 1.02\n", assimilation) ==
        "e.toml:4: unknown key 'infl' in [assimilation]; did you mean 'inflation'?");
  CHECK(reading(head + "zzz = 3\nmember = 3\naaa = 1", assimilation) ==
        "e.toml:3: unknown key 'zzz' in [assimilation]; known here: inflation, localization, members");
  CHECK(reading(head + "[assimilation.localisation]\n", assimilation) ==
        "e.toml:3: unknown section [assimilation.localisation]; did you mean [assimilation.localization]?");
  CHECK(reading(head + "[mdoel]\n", assimilation) == "e.toml:3: unknown section [mdoel]; did you mean [model]?");
  CHECK(reading(head + "[[uq]]\n", assimilation) == "e.toml:3: unknown section [uq]; known here: assimilation, model");
  CHECK(reading("seed = 1\n" + head, assimilation) == "e.toml:1: unknown key 'seed'; known here: assimilation, model");
  CHECK(reading(head + "members = 3", assimilation) == "no error");
  CHECK(reading("a = 1", [](const Table& root) { root.finish(); }) ==
        "e.toml:1: unknown key 'a'; nothing is expected here");
}

TEST_CASE("asking whether a key is there does not read it") {
  const auto look = [](const Table& root) {
    root.has("inflation");
    root.finish();
  };
  CHECK(reading("inflation = 1", look) == "e.toml:1: 'inflation' has no use here; remove it");
  CHECK(reading("inflatoin = 1", look) == "e.toml:1: unknown key 'inflatoin'; did you mean 'inflation'?");
}

TEST_CASE("an unknown word names the allowed ones") {
  const auto filter = [](const Table& root) { root.table("da").choice("filter", {"enkf", "etkf", "letkf"}, "etkf"); };
  CHECK(reading("[da]\nfilter = 'letk'", filter) ==
        "e.toml:2: 'filter' in [da] cannot be \"letk\"; did you mean \"letkf\"? allowed: enkf, etkf, letkf");
  CHECK(reading("[da]\nfilter = 'LETKF'", filter) ==
        "e.toml:2: 'filter' in [da] cannot be \"LETKF\"; did you mean \"letkf\"? allowed: enkf, etkf, letkf");
  CHECK(reading("[da]\nfilter = '3dvar'", filter) ==
        "e.toml:2: 'filter' in [da] cannot be \"3dvar\"; allowed: enkf, etkf, letkf");
  CHECK(reading("[da]\nfilter = 3", filter) ==
        "e.toml:2: 'filter' in [da] must be a text, and is the integer 3; put it in quotes");
}

TEST_CASE("a table, a list of tables and a value are not taken for each other") {
  CHECK(reading("a = 1", [](const Table& root) { root.table("a"); }) ==
        "e.toml:1: 'a' must be a table, and is the integer 1; write it once, as [a]");
  CHECK(reading("[[a]]\n[[a]]", [](const Table& root) { root.optional_table("a"); }) ==
        "e.toml:1: 'a' must be a table, and is an array of tables; write it once, as [a]");
  CHECK(reading("[b]\n[b.a]", [](const Table& root) { root.table("b").tables("a"); }) ==
        "e.toml:2: 'a' in [b] must be an array of tables, and is a table; write [[b.a]]");
  CHECK(reading("a = [{x = 1}, 2]", [](const Table& root) { root.tables("a"); }) ==
        "e.toml:1: element 1 of 'a' must be a table, and is the integer 2");
}

TEST_CASE("a reader's own error has the line of its key") {
  const Configuration configuration = parse("[m]\ndt = 0.3\n");
  const Table model = configuration.root.table("m");
  CHECK(std::string(model.error("dt", "dt does not divide the window", "take 0.25").what()) ==
        "e.toml:2: dt does not divide the window; take 0.25");
  CHECK(std::string(model.error("x", "two\nlines").what()) == "e.toml:1: two lines");
}

TEST_CASE("a text that is not TOML is refused with the line") {
  CHECK(parsing("") == "e.toml:1: the file is empty");
  CHECK(parsing(" \r\n# nothing\n") == "e.toml:1: the file is empty");
  CHECK_THAT(parsing("a = 1\nb =\nc = 2"), starts_with("e.toml:2: not valid TOML"));
  CHECK_THAT(parsing("a = 1\n\nb = 'xx\nc = 2"), starts_with("e.toml:3: not valid TOML"));
  CHECK_THAT(parsing("[a\nb = 1"), starts_with("e.toml:1: not valid TOML"));
  CHECK_THAT(parsing("a 1"), starts_with("e.toml:1: not valid TOML"));
  CHECK_THAT(parsing("a = 1 b = 2"), starts_with("e.toml:1: not valid TOML"));
  CHECK_THAT(parsing("a = [1,\n2\n"), starts_with("e.toml:2: not valid TOML"));
  CHECK_THAT(parsing(std::string("a = 1\nb = 1\0\n", 13)), starts_with("e.toml:2: not valid TOML"));
  CHECK_THAT(parsing("a = 99999999999999999999"), Catch::Contains("not representable in 64 bits"));
  CHECK_THAT(parsing("a = 1\nfilter = letkf\n"),
             starts_with("e.toml:2: not valid TOML") &&
                 Catch::EndsWith("put a text in quotes, and write true and false in small letters"));
  CHECK_THAT(parsing("a = True"), Catch::EndsWith("write true and false in small letters"));
}

TEST_CASE("duplicate keys and sections are refused at the second one") {
  CHECK(parsing("a = 1\n\na = 2") ==
        "e.toml:3: not valid TOML, in a key-value pair: cannot redefine existing integer 'a'; remove one of the two");
  CHECK(parsing("[a]\nx = 1\n[a]\ny = 1") ==
        "e.toml:3: not valid TOML, in a table header: cannot redefine existing table 'a'; remove one of the two");
}

TEST_CASE("line ends of Windows, a byte order mark and names in UTF-8 are no trouble") {
  const Configuration configuration = parse("\xEF\xBB\xBF[m]\r\na = 1\r\n\r\nname = \"\xC3\xA9t\xC3\xA9\"\r\n");
  const Table model = configuration.root.table("m");
  CHECK(model.where("a") == "e.toml:2");
  CHECK(model.where("name") == "e.toml:4");
  CHECK(model.text("name") == "\xC3\xA9t\xC3\xA9");
  CHECK_THAT(parsing("a = 1\r\n\r\nb = \r\n"), starts_with("e.toml:3: not valid TOML"));
}

TEST_CASE("bytes that are not UTF-8 give one clean error") {
  const std::string problem = ": the text is not valid UTF-8; is this a text file?";
  CHECK(parsing("a = 1\n\nb = \"\xE9t\xE9\"\n") == "e.toml:3" + problem);
  CHECK(parsing("a = 1\n# \xE9t\xE9\n") == "e.toml:2" + problem);
  CHECK(parsing("a = 1\nb = '\xED\xA0\x80'\n") == "e.toml:2" + problem);
  CHECK(parsing("\x89HDF\r\n\x1A\n") == "e.toml:1" + problem);
  CHECK(parsing("a = '\xC3") == "e.toml:1" + problem);
}
