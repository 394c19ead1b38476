#include <catch2/catch.hpp>

#include "cli/progress_view.hpp"
#include "cli/table.hpp"

using namespace troupe::cli;
using nlohmann::json;

namespace {

json event(const char* text) {
  return json::parse(text);
}

progress_view three_tasks() {
  progress_view view{event(R"({"total":3,"counts":{"waiting":3}})")};
  view.add_tasks(event(R"({"tasks":[
    {"task":"t1","name":"build","state":"waiting"},
    {"task":"t2","name":"unit_tests","state":"waiting"},
    {"task":"t3","name":"deploy","state":"waiting"}]})"));
  return view;
}

} // namespace

TEST_CASE("a bar has thirty cells and one decimal", "[cli]")
{
  CHECK(progress_bar(0) == "[░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░]   0.0%");
  CHECK(progress_bar(0.5) == "[███████████████░░░░░░░░░░░░░░░]  50.0%");
  CHECK(progress_bar(1) == "[██████████████████████████████] 100.0%");
  CHECK(progress_bar(7) == progress_bar(1));
  CHECK(progress_bar(-1) == progress_bar(0));
  CHECK(progress_bar(0.0 / 0.0) == progress_bar(0));
}

TEST_CASE("nothing is shown as done before it is", "[cli]")
{ CHECK(progress_bar(0.99999) == "[█████████████████████████████░]  99.9%"); }

TEST_CASE("a view shows the whole and each task in progress", "[cli]")
{
  auto view = three_tasks();
  CHECK(view.lines()
        == std::vector<std::string>{
          "Overall                  [░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░]   0.0%  "
          "0/3 tasks"});
  view.apply(event(R"({"kind":"task_ended","id":"t1","detail":"completed"})"));
  view.apply(event(R"({"kind":"task_started","id":"t2","detail":"ann"})"));
  CHECK(view.apply(
    event(R"({"kind":"progress","task":"t2","fraction":0.5,"note":"half"})")));
  CHECK(view.lines()
        == std::vector<std::string>{
          "Overall                  [███████████████░░░░░░░░░░░░░░░]  50.0%  "
          "1/3 tasks",
          "  unit_tests             [███████████████░░░░░░░░░░░░░░░]  50.0%  "
          "half"});
}

TEST_CASE("an event seen twice counts once", "[cli]")
{
  auto view = three_tasks();
  auto ended = event(R"({"kind":"task_ended","id":"t1","detail":"completed"})");
  view.apply(ended);
  view.apply(ended);
  CHECK(view.fraction() == Approx(1.0 / 3));
}

TEST_CASE("a failed task is done, a retried one begins anew", "[cli]")
{
  auto view = three_tasks();
  view.apply(event(R"({"kind":"task_started","id":"t1"})"));
  view.apply(event(R"({"kind":"progress","task":"t1","fraction":0.9})"));
  view.apply(event(R"({"kind":"task_retrying","id":"t1","detail":"oh"})"));
  CHECK(view.fraction() == 0);
  view.apply(event(
    R"({"kind":"task_ended","id":"t1","detail":"failed: timed_out: slow"})"));
  CHECK(view.fraction() == Approx(1.0 / 3));
}

TEST_CASE("a view joined late starts from what has ended before", "[cli]")
{
  progress_view view{event(R"({"total":4,"counts":{"completed":1,
    "skipped":1,"in_progress":2}})")};
  CHECK(view.fraction() == 0.5);
}

TEST_CASE("the time that is left is told where somebody knows it", "[cli]")
{
  auto view = three_tasks();
  view.set_eta(event(R"({"eta":{"seconds":64.2,"low":50,"high":90}})"));
  CHECK(view.lines()[0].ends_with("0/3 tasks, about 1m5s left"));
  view.set_eta(event(R"({"state":"running"})"));
  CHECK(view.lines()[0].ends_with("0/3 tasks"));
  for (auto odd : {R"({"eta":null})", R"({"eta":7})", R"({"eta":{}})",
                   R"({"eta":{"seconds":-1}})", R"({"eta":{"seconds":1e300}})"})
    CHECK(eta_text(event(odd)).find("left") == std::string::npos);
}

TEST_CASE("tasks that came up on the way make the whole larger", "[cli]")
{
  progress_view view{event(R"({"total":1})")};
  view.apply(event(R"({"kind":"task_ended","id":"a","detail":"completed"})"));
  CHECK(view.fraction() == 1);
  view.apply(event(R"({"kind":"task_queued","id":"b","name":"more"})"));
  CHECK(view.fraction() == 0.5);
}

TEST_CASE("the whole is the sum of what is at work, whatever its order",
          "[cli]")
{
  auto view = three_tasks();
  view.apply(event(R"({"kind":"task_started","id":"t1"})"));
  view.apply(event(R"({"kind":"progress","task":"t1","fraction":0.5})"));
  // Not begun, as far as anybody knows: it does not count yet.
  view.apply(event(R"({"kind":"progress","task":"t2","fraction":0.9})"));
  CHECK(view.fraction() == Approx(0.5 / 3));
  view.apply(event(R"({"kind":"task_started","id":"t3"})"));
  view.apply(event(R"({"kind":"progress","task":"t3","fraction":0.6})"));
  view.apply(event(R"({"kind":"progress","task":"t3","fraction":0.7})"));
  CHECK(view.fraction() == Approx(1.2 / 3));
  view.apply(event(R"({"kind":"task_retrying","id":"t1"})"));
  CHECK(view.fraction() == Approx(0.7 / 3));
  view.apply(event(R"({"kind":"task_ended","id":"t3","detail":"completed"})"));
  CHECK(view.fraction() == Approx(1.0 / 3));
}

TEST_CASE("more tasks than fit are counted", "[cli]")
{
  progress_view view{event(R"({"total":5})")};
  for (auto id : {"a", "b", "c", "d", "e"})
    view.apply({{"kind", "task_started"}, {"id", id}});
  auto lines = view.lines(2);
  REQUIRE(lines.size() == 4);
  CHECK(lines.back() == "  and 3 more in progress");
}

TEST_CASE("approvals that wait are pointed out", "[cli]")
{
  auto view = three_tasks();
  view.apply(event(R"({"kind":"decision_asked","id":"t3"})"));
  CHECK(view.lines().back() == "  1 waiting for approval: troupe approvals");
  CHECK(view.waiting_for_approval() == 1);
}

TEST_CASE("without a terminal a change is a line", "[cli]")
{
  auto view = three_tasks();
  auto started = event(R"({"kind":"task_started","id":"t1","detail":"ann"})");
  view.apply(started);
  CHECK(view.line_of(started) == "  0.0%  build in_progress on ann");
  auto ended = event(R"({"kind":"task_ended","id":"t1","detail":"completed"})");
  view.apply(ended);
  CHECK(view.line_of(ended) == " 33.3%  build completed");
  CHECK(view.line_of(event(R"({"kind":"epoch_open"})")).empty());
}

TEST_CASE("events of unknown form change nothing", "[cli]")
{
  auto view = three_tasks();
  for (auto text : {"{}", R"({"kind":7})", R"({"kind":"task_ended","id":[]})",
                    R"({"kind":"progress","task":"","fraction":"x"})"})
    CHECK(!view.apply(event(text)));
  CHECK(view.fraction() == 0);
}

TEST_CASE("tables align, numbers to the right, nothing trailing", "[cli]")
{
  table rows{{"NAME", ">N", "NOTE"}};
  CHECK(rows.empty());
  rows.add({"ä", "7", "x"});
  rows.add({"longer", "123", ""});
  CHECK(rows.text()
        == "NAME      N  NOTE\n"
           "ä         7  x\n"
           "longer  123\n");
}

TEST_CASE("long or wild cells cannot break a table", "[cli]")
{
  CHECK(fitted("abc", 3) == "abc");
  CHECK(fitted("abcd", 3) == "ab…");
  CHECK(fitted("äöüß", 3) == "äö…");
  CHECK(fitted("a\x1b[2J\nb", 10) == "a [2J b");
}

TEST_CASE("a task that is made later is asked for once, by its id", "[cli]")
{
  auto view = three_tasks();
  auto started = event(R"({"kind":"task_started","id":"t9","detail":"ann"})");
  CHECK(view.unnamed(started) == "t9");
  view.add_names(event(R"({"tasks":[{"task":"t9","name":"build[3]"}]})"));
  CHECK(view.unnamed(started).empty());
  view.apply(started);
  CHECK(view.line_of(started) == "  0.0%  build[3] in_progress on ann");
  CHECK(view.unnamed(event(R"({"kind":"run_state","id":"r"})")).empty());
}

TEST_CASE("a milestone that is reached is shown, and stays", "[cli]")
{
  auto view = three_tasks();
  view.apply(event(R"({"kind":"task_ended","id":"t1","detail":"completed"})"));
  auto reached = event(R"({"kind":"milestone","id":"t1","detail":"built"})");
  CHECK(view.line_of(reached) == " 33.3%  milestone built");
  CHECK(view.lines().size() == 1);
  CHECK(view.apply(reached));
  REQUIRE(view.lines().size() == 2);
  CHECK(view.lines()[1] == "  milestone built");
  view.apply(event(R"({"kind":"task_started","id":"t2","detail":"ann"})"));
  CHECK(view.lines(1).size() == 3); // It takes no task's place.
}
