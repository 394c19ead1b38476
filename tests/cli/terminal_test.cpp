#include <csignal>

#include <catch2/catch.hpp>

#include "cli/tmux_pane.hpp"

// What people see in a real terminal: `top`, `watch`, and the bars of `run`.

using namespace troupe::test;

namespace {

/// A node of its own, and the command line for it.
struct served {
  served() : node({"node", "--data", where.path("data"), "--listen", "off"}) {
    ready = node.line();
  }
  std::string program(const std::string& args) const {
    return "'" TROUPE_PROGRAM "' " + args
           + " --node unix:" + where.path("data/troupe.sock");
  }
  /// A workflow with a step that stays until its signal comes.
  std::string waiting(const std::string& name) const {
    auto file = where.path(name + ".yaml");
    write_file(file, "workflow: " + name
                       + "\nsteps:\n  first: {agent: noop}\n"
                         "  hold: {signal: go, depends_on: first}\n"
                         "  ask: {approve: {by: boss}}\n");
    return file;
  }
  ran troupe(std::vector<std::string> args) const {
    args.insert(args.end(),
                {"--node", "unix:" + where.path("data/troupe.sock")});
    return run_troupe(args);
  }

  scratch_directory where;
  real_program node;
  std::string ready;
};

void send_signal(const std::string& name, const std::string& pid_file) {
  output_of("kill -" + name + " $(cat " + pid_file + ")");
}

} // namespace

TEST_CASE("top shows a node live in a terminal and obeys its keys",
          "[terminal]")
{
  served at;
  INFO(at.ready);
  REQUIRE(at.troupe({"submit", at.waiting("slow")}).code == 0);
  tmux_pane pane{at.program("top"), 100, 24};
  REQUIRE(pane.shows("> slow"));
  INFO(pane.screen());
  CHECK(pane.shows("33.3%"));
  CHECK(pane.variable("alternate_on") == "1");
  // What is submitted later comes by itself.
  REQUIRE(at.troupe({"submit", at.waiting("later")}).code == 0);
  CHECK(pane.shows(" later "));
  pane.press("2");
  CHECK(pane.shows("[2 Agents]"));
  CHECK(pane.shows("> echo"));
  pane.press("4");
  CHECK(pane.shows("4 Approvals (2)"));
  pane.press("1");
  CHECK(pane.shows("[1 Runs]"));
  pane.press("c");
  CHECK(pane.shows("Cancel `"));
  pane.press("y");
  CHECK(pane.shows("cancelled"));
  pane.press("?");
  CHECK(pane.shows("approve, reject"));
  pane.press("Escape");
  pane.press("Enter");
  CHECK(pane.shows("[1 Runs: "));
  CHECK(pane.shows("> first"));
  CHECK(pane.shows("hold"));
  pane.press("Escape");
  CHECK(pane.shows("[1 Runs]"));
}

TEST_CASE("top follows the size of its window", "[terminal]")
{
  served at;
  tmux_pane pane{at.program("top"), 100, 24};
  REQUIRE(pane.shows("6 Warnings"));
  pane.resize(60, 12);
  CHECK(pane.shows("? help"));
  pane.resize(28, 12);
  CHECK(pane.shows("make the window larger"));
  pane.resize(100, 24);
  CHECK(pane.shows("6 Warnings"));
}

TEST_CASE("top gives the terminal back, however it ends", "[terminal]")
{
  served at;
  for (std::string how : {"q", "C-c", "TERM", "HUP", "ABRT"}) {
    auto pid = at.where.path("pid");
    tmux_pane pane{"trap : INT; echo before; a=$(stty -g); sh -c 'echo $$ > "
                     + pid + "; exec " + at.program("top")
                     + "'; [ \"$a\" = \"$(stty -g)\" ] && echo same; cat",
                   100, 24};
    INFO(how);
    REQUIRE(pane.shows("[1 Runs]"));
    if (how == "q" || how == "C-c")
      pane.press(how);
    else
      send_signal(how, pid);
    CHECK(pane.shows("same"));
    INFO(pane.screen());
    CHECK(pane.shows("before"));
    CHECK(pane.variable("alternate_on") == "0");
    CHECK(pane.variable("cursor_flag") == "1");
    CHECK(pane.variable("wrap_flag") == "1");
  }
}

TEST_CASE("NO_COLOR takes the colours, not the content", "[terminal]")
{
  served at;
  for (std::string variable : {"", "NO_COLOR=1 "}) {
    tmux_pane pane{variable + at.program("top"), 100, 24};
    REQUIRE(pane.shows("[1 Runs]"));
    auto coloured = pane.colours().find("\x1b[1m") != std::string::npos;
    CHECK(coloured == variable.empty());
  }
}

TEST_CASE("watch draws a run over itself until it ends", "[terminal]")
{
  served at;
  auto made = at.troupe({"submit", at.waiting("slow")});
  REQUIRE(made.code == 0);
  tmux_pane pane{at.program("watch @latest"), 100, 24};
  CHECK(pane.shows("Overall"));
  CHECK(pane.shows("33.3%"));
  REQUIRE(at.troupe({"signal", "@latest", "go"}).code == 0);
  CHECK(pane.shows("66.6%"));
  REQUIRE(at.troupe({"approve", "@latest/ask"}).code == 0);
  CHECK(pane.shows("completed"));
  auto screen = pane.screen();
  INFO(screen);
  CHECK(screen.find("100.0%") != screen.npos);
  // Drawn over: an earlier state is not there any more.
  CHECK(screen.find("33.3%") == screen.npos);
}

TEST_CASE("run shows bars while it works, and how it ended", "[terminal]")
{
  scratch_directory where;
  auto file = where.path("bars.yaml");
  auto gate = where.path("gate");
  output_of("mkfifo " + gate);
  write_file(file, "workflow: bars\nsteps:\n  first: {agent: noop}\n"
                   "  work:\n    depends_on: first\n    agent: shell\n"
                   "    input: {command: \"echo '{\\\"progress\\\": 0.5}' >&2; "
                   "cat "
                     + gate + "\"}\n");
  tmux_pane pane{"TROUPE_NODE= '" TROUPE_PROGRAM "' run " + file + " --data "
                   + where.path("data"),
                 100, 24};
  CHECK(pane.shows("work "));
  CHECK(pane.shows("50.0%"));
  output_of("echo go > " + gate);
  CHECK(pane.shows(" completed"));
  auto screen = pane.screen();
  INFO(screen);
  CHECK(screen.find("100.0%") != screen.npos);
}
