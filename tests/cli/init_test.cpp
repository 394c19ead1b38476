#include <unistd.h>

#include <filesystem>
#include <sstream>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "cli/real_program.hpp"

// `troupe init`: what it writes runs at once, as its README says.

using namespace troupe::test;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

const std::string bin = fs::path{TROUPE_PROGRAM}.parent_path();

/// The commands in the README, which stand indented.
std::vector<std::string> commands_in(const std::string& readme) {
  std::vector<std::string> out;
  std::istringstream lines{readme};
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("    "))
      out.push_back(line.substr(4));
  return out;
}

std::string in_project(const std::string& where, const std::string& command) {
  return output_of("cd '" + where + "' && PATH='" + bin + "':$PATH " + command
                   + " 2>&1");
}

/// The output of the run's last step, asked of the node of that project.
json greeting_at(const std::string& project) {
  auto node = "unix:" + project + "/troupe-data/troupe.sock";
  auto ran = run_troupe({"submit", project + "/hello.yaml", "--wait", "--node",
                         node, "--input", "name=Ada"});
  INFO(ran.err << ran.out);
  REQUIRE(ran.code == 0);
  auto task =
    run_troupe({"status", "@latest/tell", "--json", "--node", node}).out;
  return json::parse(task)["output"];
}

void runs_as_it_says(const std::string& language) {
  scratch_directory where;
  auto project = where.path("my-project");
  auto made = run_troupe({"init", project, "--agent", language});
  INFO(made.err << made.out);
  REQUIRE(made.code == 0);
  auto commands = commands_in(read_file(project + "/README.md"));
  REQUIRE_FALSE(commands.empty());
  std::string said;
  for (const auto& x : commands)
    said += in_project(project, x);
  INFO(said);
  CHECK(said.find(" completed\n") != said.npos);
  auto checked =
    output_of("cd '" + project
              + "' && '" TROUPE_PROGRAM "' config check troupe.yaml 2>&1");
  CHECK(checked == "troupe.yaml is right: a node can start with it.\n");
  real_program node{
    {"node", "--config", "troupe.yaml", "--listen", "127.0.0.1:0"},
    {},
    project};
  auto ready = node.line();
  INFO(ready);
  REQUIRE(ready.find("ready") != ready.npos);
  auto output = greeting_at(project);
  INFO(output);
  CHECK(output["greeting"].get<std::string>().starts_with("Hello"));
  if (language == "cpp" || language == "shell")
    CHECK(output["task"]["input"]["name"] == "Ada");
  else
    CHECK(output["greeting"] == "Hello, Ada!");
}

bool is_there(const std::string& program) {
  return !output_of("command -v " + program).empty();
}

} // namespace

TEST_CASE("a new project with a Python agent runs as its README says", "[init]")
{ runs_as_it_says("python"); }

TEST_CASE("a new project with a shell agent runs as its README says", "[init]")
{ runs_as_it_says("shell"); }

TEST_CASE("a new project with a C++ agent runs as its README says", "[init]")
{ runs_as_it_says("cpp"); }

TEST_CASE("a new project with a TypeScript agent runs as its README says",
          "[init]")
{
  if (is_there("node"))
    runs_as_it_says("typescript");
  else
    WARN("there is no Node.js here, so that nothing was run");
}

TEST_CASE("init writes over nothing, and writes nothing beside it", "[init]")
{
  scratch_directory where;
  write_file(where.path("hello.yaml"), "mine");
  auto made = run_troupe({"init", where.path()});
  CHECK(made.code == 5);
  CHECK(made.err.find("hello.yaml") != made.err.npos);
  CHECK(read_file(where.path("hello.yaml")) == "mine");
  CHECK_FALSE(fs::exists(where.path("troupe.yaml")));
  CHECK_FALSE(fs::exists(where.path("agents")));
  // A link that leads nowhere is there, too.
  fs::remove(where.path("hello.yaml"));
  fs::create_symlink("nowhere", where.path("README.md"));
  CHECK(run_troupe({"init", where.path()}).code == 5);
  CHECK_FALSE(fs::exists(where.path("hello.yaml")));
}

TEST_CASE("init says what it cannot do", "[init]")
{
  scratch_directory where;
  auto made = run_troupe({"init", where.path("p"), "--agent", "cobol"});
  CHECK(made.code == 2);
  CHECK(made.err.find("python, typescript, cpp or shell") != made.err.npos);
  CHECK_FALSE(fs::exists(where.path("p")));
  write_file(where.path("file"), "");
  made = run_troupe({"init", where.path("file/p")});
  CHECK(made.code == 1);
  CHECK(made.err.find("cannot make the directory") != made.err.npos);
  made = run_troupe({"init", where.path("p"), "--json"});
  REQUIRE(made.code == 0);
  CHECK(json::parse(made.out)["files"].size() == 4);
}
