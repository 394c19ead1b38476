#include <catch2/catch.hpp>

#include "cli/console.hpp"
#include "cli/top_sample.hpp"

// `troupe top`, without a terminal: what it shows and what its keys wish for.

using namespace troupe::cli;
using namespace troupe::test;
using nlohmann::json;

TEST_CASE("top shows the node's figures and its runs with bars", "[top]")
{
  auto view = filled();
  auto shown = text(view);
  INFO(shown);
  CHECK(has(shown, "troupe 0.1.0  unix:x  up 1h2m\n"));
  CHECK(has(shown, "runs 3  running 2  queued 7"));
  CHECK(has(shown, "[1 Runs]"));
  CHECK(has(shown, "4 Approvals (1)"));
  CHECK(has(shown, "6 Warnings (1)"));
  CHECK(has(shown, "> run0"));
  CHECK(has(shown, "[███████████████░░░░░░░░░░░░░░░]  50.0%"));
  CHECK(has(shown, "c cancel  p pause/resume"));
}

TEST_CASE("each view of top shows its own things", "[top]")
{
  auto view = filled();
  view.press("2");
  CHECK(has(text(view), "[███░░░░░░░] 1/4"));
  view.press("tab");
  CHECK(has(text(view), "> build"));
  view.press("right");
  CHECK(has(text(view), "> deploy?"));
  view.press("5");
  CHECK(has(text(view), "> node  running"));
  CHECK(has(text(view), "journal"));
  view.press("6");
  CHECK(has(text(view), "the disk is slow"));
  view.press("tab");
  CHECK(has(text(view), "[1 Runs]"));
  view.press("left");
  CHECK(has(text(view), "[6 Warnings (1)]"));
}

TEST_CASE("the screen has its size whatever is on it", "[top]")
{
  auto view = filled();
  view.take("runs", runs(9));
  view.set_trouble(std::string(500, 'x'));
  for (auto key : {"1", "2", "3", "4", "5", "6", "?"}) {
    view.press(key);
    for (screen_size size :
         {screen_size{1, 1}, screen_size{7, 200}, screen_size{8, 30},
          screen_size{24, 80}, screen_size{60, 20}}) {
      auto lines = view.lines(size);
      CHECK(lines.size() == size.rows);
      for (const auto& x : lines) {
        size_t cells = 0;
        for (auto c : x.text)
          cells += (static_cast<unsigned char>(c) & 0xc0) != 0x80 ? 1 : 0;
        CHECK(cells <= size.columns);
      }
    }
  }
}

TEST_CASE("the keys stand in the last line, however short the list", "[top]")
{
  auto view = filled();
  CHECK(has(view.lines({24, 100}).back().text, "q quit"));
  view.take("runs", runs(0));
  CHECK(has(view.lines({24, 100}).back().text, "q quit"));
}

TEST_CASE("the choice moves, stays in the list, and scrolls", "[top]")
{
  auto view = filled();
  view.take("runs", runs(9));
  const screen_size small{10, 100}; // Room for four runs.
  text(view, small);
  view.press("up");
  CHECK(has(chosen(view, small), "run0"));
  for (int i = 0; i < 5; ++i)
    view.press("j");
  CHECK(has(chosen(view, small), "run5"));
  CHECK_FALSE(has(text(view, small), "run0"));
  view.press("page_down");
  CHECK(has(chosen(view, small), "run8"));
  view.press("home");
  CHECK(has(chosen(view, small), "run0"));
  view.press("G");
  CHECK(has(chosen(view, small), "run8"));
  view.press("down"); // There is nothing below.
  CHECK(has(chosen(view, small), "run8"));
}

TEST_CASE("the choice stays with its run when others come and it goes", "[top]")
{
  auto view = filled();
  view.press("down");
  CHECK(has(chosen(view), "run1"));
  json list = {run_of(7), run_of(8), run_of(0), run_of(1), run_of(2)};
  view.take("runs", {{"runs", list}});
  CHECK(has(chosen(view), "run1"));
  view.take("runs", {{"runs", {run_of(7), run_of(8)}}});
  CHECK(has(chosen(view), "run8"));
  view.take("runs", {{"runs", json::array()}});
  CHECK(has(text(view), "No runs."));
}

TEST_CASE("nothing is changed without a yes", "[top]")
{
  auto view = filled();
  text(view);
  CHECK(view.press("c").what == top_wish::kind::nothing);
  CHECK(has(text(view), "Cancel `run0`"));
  CHECK(view.press("n").what == top_wish::kind::nothing);
  CHECK(has(text(view), "not done"));
  view.press("c");
  auto wish = view.press("y");
  CHECK(wish.what == top_wish::kind::command);
  CHECK(wish.op == "cancel");
  CHECK(wish.params["run"] == run_of(0)["run"]);
  // One question, one yes.
  CHECK(view.press("y").what == top_wish::kind::nothing);
}

TEST_CASE("p pauses a run, and lets a paused one go on", "[top]")
{
  auto view = filled();
  text(view);
  view.press("p");
  CHECK(view.press("y").op == "pause");
  view.take("runs", {{"runs", {run_of(0, "paused")}}});
  view.press("p");
  CHECK(view.press("y").op == "resume");
}

TEST_CASE("decisions are answered, queued tasks cancelled", "[top]")
{
  auto view = filled();
  view.press("4");
  text(view);
  view.press("a");
  CHECK(has(text(view), "Approve `deploy?` (t2)?"));
  auto wish = view.press("y");
  CHECK(wish.op == "approve");
  CHECK(wish.params == json{{"task", "t2"}});
  view.press("r");
  CHECK(view.press("y").op == "reject");
  view.press("3");
  text(view);
  view.press("c");
  CHECK(view.press("y").params == json{{"task", "t1"}});
}

TEST_CASE("a key that means nothing here says so", "[top]")
{
  auto view = filled();
  view.press("2");
  text(view);
  view.press("c");
  CHECK(has(text(view), "`c` does nothing in this view"));
  view.take("approvals", {{"decisions", json::array()}});
  view.press("4");
  text(view);
  view.press("a");
  CHECK(has(text(view), "nothing is chosen"));
}

TEST_CASE("help comes and goes; q and ^C end, also during a question", "[top]")
{
  auto view = filled();
  view.press("?");
  CHECK(has(text(view), "approve, reject"));
  view.press("escape");
  CHECK_FALSE(has(text(view), "approve, reject"));
  CHECK(view.press("q").what == top_wish::kind::quit);
  text(view);
  view.press("c");
  CHECK(view.press("end").what == top_wish::kind::quit);
}

TEST_CASE("data cannot command the terminal", "[top]")
{
  auto view = filled();
  auto evil = run_of(0);
  evil["name"] = "a\x1b[2Jb\nc";
  view.take("runs", {{"runs", {evil}}});
  CHECK_FALSE(has(text(view), "\x1b"));
}

TEST_CASE("keys are taken out of what a terminal sends", "[top]")
{
  std::string bytes = "q\x1b[A\x1bOB\x1b[5~\x1b[1;5Cäx\t\x03\x1b";
  std::vector<std::string> keys;
  while (!bytes.empty())
    keys.push_back(take_key(bytes));
  CHECK(keys
        == std::vector<std::string>{"q", "up", "down", "page_up", "unknown",
                                    "ä", "x", "tab", "end", "escape"});
  CHECK(take_key(bytes).empty());
}

// -- with a node and a screen that are scripts

namespace {

/// Presses keys one after the other, remembers the newest lines.
struct scripted_screen : full_screen {
  scripted_screen(std::vector<std::string> keys, std::string& shown)
    : keys_(std::move(keys)), shown_(shown) {}
  screen_size size() override { return {24, 100}; }
  void show(const std::vector<screen_line>& lines) override {
    shown_.clear();
    for (const auto& x : lines)
      shown_ += x.text + "\n";
  }
  std::string key(std::chrono::milliseconds) override {
    if (next_ == keys_.size())
      return "q";
    return keys_[next_++];
  }

private:
  std::vector<std::string> keys_;
  size_t next_ = 0;
  std::string& shown_;
};

} // namespace

TEST_CASE("top asks the node and does what is wished", "[top]")
{
  console at;
  at.terminal = true;
  std::string shown;
  at.screen = [&](bool) {
    return std::make_unique<scripted_screen>(
      std::vector<std::string>{"", "c", "y"}, shown);
  };
  for (auto op : {"status", "agents", "tasks", "approvals", "tree"})
    at.api->on(op, "{}");
  at.api->on("runs", runs(2).dump());
  at.api->on("cancel", R"({"state": "cancelling"})");
  CHECK(at.run({"top"}) == exit_ok);
  INFO(shown);
  CHECK(has(shown, "> run0"));
  CHECK(has(shown, "cancel: cancelling"));
  std::string cancelled;
  for (const auto& x : at.api->calls())
    if (x.op == "cancel")
      cancelled = x.params.str();
  CHECK(has(cancelled, run_of(0)["run"].get<std::string>()));
}

TEST_CASE("top says that the node is gone, and what it refuses", "[top]")
{
  console at;
  at.terminal = true;
  std::string shown;
  at.screen = [&](bool) {
    return std::make_unique<scripted_screen>(
      std::vector<std::string>{"", "p", "y"}, shown);
  };
  for (auto op : {"status", "agents", "tasks", "approvals"})
    at.api->on(op, "{}");
  at.api->on("runs", runs(1).dump());
  at.api->fail("tree", {{troupe::errc::restarting, troupe::category::network,
                         "nobody answers"},
                        {},
                        {},
                        {}});
  at.api->fail("pause", {{troupe::errc::invalid_state,
                          troupe::category::validation, "it has ended"},
                         {},
                         {},
                         {}});
  CHECK(at.run({"top"}) == exit_ok);
  INFO(shown);
  CHECK(has(shown, "nobody answers"));
  CHECK(has(shown, "pause: it has ended"));
}

TEST_CASE("top needs a terminal and says what to take instead", "[top]")
{
  console at;
  CHECK(at.run({"top"}) == exit_usage);
  CHECK(at.complained("needs a terminal"));
  CHECK(at.complained("troupe runs --watch"));
  at.terminal = true;
  auto drawn = false;
  at.screen = [&drawn](bool) {
    drawn = true;
    return nullptr;
  };
  at.environment["TERM"] = "dumb";
  CHECK(at.run({"top"}) == exit_usage);
  CHECK(at.complained("TERM=dumb"));
  CHECK_FALSE(drawn);
  CHECK(at.run({"top", "--json"}) == exit_usage);
  at.environment.clear();
  at.answering = false;
  CHECK(at.run({"top"}) == exit_no_node);
}
