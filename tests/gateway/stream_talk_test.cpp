#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "gateway/stream_talk.hpp"

using namespace troupe;
using namespace troupe::gateway;
using nlohmann::json;

namespace {

const std::string run = "0190a1b2-0000-7000-8000-000000000000";

stream_message read(const std::string& text) {
  core::watch_request about;
  about.workspace = "blue";
  about.by.request = "r-1";
  return read_message(text, about);
}

core::problem problem_of(const std::string& text) {
  auto message = read(text);
  auto* bad = std::get_if<bad_message>(&message);
  INFO(text);
  REQUIRE(bad);
  CHECK(bad->why.status / 100 == 4);
  return bad->why.problems.at(0);
}

} // namespace

TEST_CASE("a subscription says what it wants", "[gateway]")
{
  auto all =
    std::get<subscribe_message>(read(R"({"type":"subscribe","id":"a"})"));
  CHECK(all.id == "a");
  CHECK(all.what.workspace == "blue");
  CHECK(all.what.by.request == "r-1");
  CHECK(all.what.only == core::watch_filter{});
  CHECK(all.events);
  CHECK(!all.metrics);
  auto some = std::get<subscribe_message>(
    read(R"({"type":"subscribe","id":"b","to":["decisions","metrics"],)"
         R"("kinds":["log"],"run":")"
         + run + R"(","task":")" + run + R"(","name":"w","after":"7"})"));
  CHECK(some.metrics);
  CHECK(to_string(some.what.run) == run);
  CHECK(some.what.after == "7");
  CHECK(some.what.only.name == "w");
  CHECK(some.what.only.kinds
        == (*core::event_kinds_from("decisions") | core::log_bit));
  auto figures = std::get<subscribe_message>(
    read(R"({"type":"subscribe","id":"c","to":["metrics"]})"));
  CHECK(!figures.events);
}

TEST_CASE("what cannot be understood is refused with the place", "[gateway]")
{
  CHECK(problem_of("{").what.size() > 0);
  CHECK(problem_of("[]").what == "this message is no JSON object");
  CHECK(problem_of(R"({"type":"ping","type":"ping"})").where == "/type");
  CHECK(problem_of(R"({"type":"subscribe"})").where == "/id");
  CHECK(problem_of(R"({"type":"subscribe","id":7})").where == "/id");
  CHECK(problem_of(R"({"type":"sub","id":"a"})").where == "/type");
  CHECK(problem_of(R"({"type":"subscribe","id":"a","to":"runs"})").where
        == "/to");
  CHECK(problem_of(R"({"type":"subscribe","id":"a","to":[]})").where == "/to");
  CHECK(problem_of(R"({"type":"subscribe","id":"a","to":["all"]})").where
        == "/to");
  CHECK(problem_of(R"({"type":"subscribe","id":"a","kinds":["x"]})").where
        == "/kinds");
  CHECK(problem_of(R"({"type":"subscribe","id":"a","run":"x"})").where
        == "/run");
  CHECK(problem_of(R"({"type":"subscribe","id":"a","after":"7"})").where
        == "/after");
  CHECK(problem_of(R"({"type":"subscribe","id":"a","nmae":"x"})").hint
        == "did you mean `name`?");
}

TEST_CASE("events of one stream that wait become one message", "[gateway]")
{
  outbox::parcel waiting;
  write_message_event(waiting, {"1", R"({"kind":"a"})", false});
  write_message_event(waiting, {"2", "", false});
  write_message_event(waiting, {"", R"({"kind":"b"})", false});
  auto text = events_text("x\"y", "2", waiting.text);
  CHECK(json::parse(text)
        == json{{"type", "events"},
                {"id", "x\"y"},
                {"cursor", "2"},
                {"events", {{{"kind", "a"}}, {{"kind", "b"}}}}});
}
