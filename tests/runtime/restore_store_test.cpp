#include <catch2/catch.hpp>

#include <fstream>
#include <sstream>

#include "runtime/agents.hpp"
#include "runtime/asking.hpp"
#include "runtime/directory.hpp"
#include "runtime/restore_store.hpp"

using namespace troupe;
using namespace troupe::test;
namespace fs = std::filesystem;

TEST_CASE("a backup becomes a new data directory with its runs", "[runtime]")
{
  directory dir;
  std::string run;
  const auto backup = (dir / "backup.db");
  {
    node n{quiet(dir / "data")};
    add_echo(n);
    REQUIRE_FALSE(n.start());
    run = n.run(tasks_for("echo", 3)).run;
    ask(n, "backup", {{"path", backup}});
  }
  const auto data = (dir / "restored");
  REQUIRE_FALSE(runtime::restore_store(backup, data));
  {
    node n{quiet(data)};
    add_echo(n);
    REQUIRE_FALSE(n.start());
    CHECK(ask(n, "run", {{"run", run}})["state"] == "completed");
  }
  auto again = runtime::restore_store(backup, data);
  CHECK(again.code == errc::invalid);
  CHECK(again.message.find("is not empty") != std::string::npos);
}

TEST_CASE("a backup that is damaged or missing makes no directory", "[runtime]")
{
  directory dir;
  const auto data = (dir / "restored");
  CHECK(runtime::restore_store((dir / "none.db"), data).code
        == errc::not_found);
  const auto backup = (dir / "backup.db");
  std::ofstream{backup} << "no database at all";
  CHECK(runtime::restore_store(backup, data));
  CHECK_FALSE(fs::exists(data));
  std::ofstream{dir / "file"} << "x";
  CHECK(runtime::restore_store(backup, (dir / "file"))
          .message.find("is no directory")
        != std::string::npos);
}
