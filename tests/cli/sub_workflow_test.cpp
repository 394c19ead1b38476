#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "cli/real_program.hpp"

using namespace troupe::test;
using nlohmann::json;

namespace {

void write_family(const scratch_directory& where) {
  write_file(where.path("child.yaml"), "workflow: child\n"
                                       "steps:\n"
                                       "  work: {agent: echo, input: done}\n");
  write_file(where.path("parent.yaml"), "workflow: parent\n"
                                        "steps:\n"
                                        "  part: {workflow: child@1}\n");
}

} // namespace

TEST_CASE("a workflow with a part runs without a node", "[examples]")
{
  scratch_directory where;
  write_family(where);
  auto alone = run_troupe({"run", where.path("parent.yaml"), "--config",
                           "configs/dev.yaml", "--data", where.path("data")});
  INFO(alone.out << alone.err);
  CHECK(alone.code == 2);
  CHECK(alone.err.find("`troupe register FILE`, `--with FILE`")
        != std::string::npos);
  auto both = run_troupe({"run", where.path("parent.yaml"), "--with",
                          where.path("child.yaml"), "--config",
                          "configs/dev.yaml", "--data", where.path("data")});
  INFO(both.out << both.err);
  CHECK(both.code == 0);
}

TEST_CASE("a registered workflow is run by name and as a part", "[examples]")
{
  scratch_directory where;
  write_family(where);
  real_program node{{"node", "--data", where.path("data"), "--listen", "off",
                     "--config", "configs/dev.yaml"}};
  REQUIRE(node.line().find("ready") != std::string::npos);
  auto ask = [&](std::vector<std::string> args) {
    args.insert(args.end(), {"--data", where.path("data")});
    return run_troupe(args);
  };
  auto made =
    ask({"register", where.path("parent.yaml"), where.path("child.yaml")});
  INFO(made.out << made.err);
  CHECK(made.code == 0);
  CHECK(made.out == "parent@1\nchild@1\n");
  CHECK(made.err.empty());
  CHECK(ask({"submit", "parent@1", "--wait"}).code == 0);
  write_file(where.path("child.yaml"), "workflow: child\nsteps: {other: }\n");
  auto changed = ask({"register", where.path("child.yaml")});
  CHECK(changed.code == 5);
  CHECK(changed.err.find("raise `version`") != std::string::npos);
}
