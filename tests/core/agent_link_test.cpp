#include "core/link_talk.hpp"

using namespace troupe;
using namespace troupe::core;
using namespace troupe::core::test;

TEST_CASE("an agent says hello, gets a task and answers it", "[core]")
{
  talk t;
  // Waits for the greeting.
  t.take(t.link.assign(task_of("a"), t.now, "00-trace"));
  CHECK(t.said.empty());
  t.greet();
  REQUIRE(t.said.size() == 2);
  CHECK(t.said[0]["result"]["credit"] == 3);
  CHECK(t.said[1]["method"] == "task/assign");
  CHECK(t.said[1]["params"]["traceparent"] == "00-trace");
  CHECK(t.said[1]["params"]["id"] == "a");
  CHECK(t.said[1]["params"]["input"]["n"] == 1);
  t.says({{"id", t.said[1]["id"]}, {"result", {{"accepted", true}}}});
  t.result("a", {{"x", 1}});
  CHECK(t.said[0]["result"]["ok"] == true);
  CHECK(t.end("a").what == verdict::done);
  CHECK(t.end("a").output == R"({"x":1})");
  CHECK(t.link.open_tasks() == 0);
  t.work("b"); // It is ready now, and told at once.
}

TEST_CASE("an agent of another protocol is told so and leaves", "[core]")
{
  talk t;
  t.take(t.link.assign(task_of("a"), t.now));
  auto [hello, words] = GENERATE(table<json, std::string>(
    {{json{{"protocol", "2"}}, "speaks protocol \"1\", the agent \"2\""},
     {json::object(), "does not say which it speaks"},
     {json{{"protocol", "1"}, {"capabilities", {"not a word"}}},
      "`capabilities` must be"}}));
  t.greet(hello);
  CHECK_THAT(t.said[0]["error"]["message"].get<std::string>(),
             Catch::Contains(words));
  CHECK(t.last.process == fate::finish);
  CHECK(t.open("a")); // Its process still lives.
  t.take(t.link.gone(died()));
  CHECK_THAT(t.end("a").error.message, Catch::Contains(words));
}

TEST_CASE("an agent that says no hello is ended after the handshake time",
          "[core]")
{
  talk t;
  t.take(t.link.assign(task_of("a"), t.now));
  t.take(t.link.born(t.now));
  CHECK(t.link.next_due() == t.now + 5s);
  t.tick(5s - 1ms);
  CHECK(t.last.process == fate::none);
  t.tick(1ms);
  CHECK(t.last.process == fate::kill);
  t.take(t.link.gone(died()));
  CHECK_THAT(t.end("a").error.message, Catch::Contains("handshake_max"));
}

TEST_CASE("nothing counts before the hello, and no second hello", "[core]")
{
  talk t;
  t.take(t.link.born(t.now));
  t.notes("task/log");
  CHECK(t.code() == -32600);
  t.asks("link/hello", {{"protocol", "1"}});
  t.asks("link/hello", {{"protocol", "1"}});
  CHECK(t.code() == -32600);
  CHECK(t.link.now() == agent_link::phase::ready);
}

TEST_CASE("announced capabilities are limited to the allowed ones", "[core]")
{
  json words{{"protocol", "1"},
             {"capabilities", {"deploy.k8s", "deployment", "test"}}};
  talk any;
  any.greet(words);
  CHECK(any.last.capabilities
        == std::vector<std::string>{"deploy.k8s", "deployment", "test"});
  talk some{small(), {"deploy"}};
  some.greet(words);
  CHECK(some.last.capabilities == std::vector<std::string>{"deploy.k8s"});
  talk none{small(), {"cook"}};
  none.greet(words);
  CHECK(none.last.process == fate::finish);
  talk silent;
  silent.greet();
  CHECK_FALSE(silent.last.capabilities);
}

TEST_CASE("a refusal gives the task back to the queue, uncounted", "[core]")
{
  auto [code, data, delay] =
    GENERATE(table<int, json, std::chrono::milliseconds>(
      {{1001, json::object(), 1000ms},
       {1001, json{{"retry_after_ms", 250}}, 250ms},
       {1001, json{{"retry_after_ms", -1}}, 0ms},
       {1002, json::object(), 30'000ms},
       {1003, json{{"retry_after_ms", 1e300}}, 24h}}));
  talk t;
  t.greet();
  t.take(t.link.assign(task_of("a"), t.now));
  t.says({{"id", t.said[0]["id"]},
          {"error", {{"code", code}, {"message", "no"}, {"data", data}}}});
  CHECK(t.end("a").what == verdict::snooze);
  CHECK(t.end("a").delay == delay);
}

TEST_CASE("an agent that does not know task/assign fails the task", "[core]")
{
  talk t;
  t.greet();
  t.take(t.link.assign(task_of("a"), t.now));
  t.says({{"id", t.said[0]["id"]},
          {"error", {{"code", -32601}, {"message", "what?"}}}});
  CHECK(t.end("a").what == verdict::failed);
  CHECK_THAT(t.end("a").error.message, Catch::Contains("what?"));
}

TEST_CASE("an assignment that is not answered ends the process, and costs the "
          "others nothing",
          "[core]")
{
  talk t;
  t.greet();
  t.work("a");
  t.take(t.link.assign(task_of("b"), t.now));
  t.now += 9s;
  t.notes("link/heartbeat");
  t.tick(1s);
  CHECK(t.last.process == fate::kill);
  t.take(t.link.gone(died()));
  CHECK_THAT(t.end("b").error.message, Catch::Contains("accept_max"));
  CHECK(is_given_back(t.end("a")));
}

TEST_CASE("progress and lines are of the attempt they name", "[core]")
{
  talk t;
  t.greet();
  t.work("a");
  t.notes("task/progress",
          {{"task", "a"}, {"attempt", 1}, {"fraction", 7}, {"note", "x"}});
  REQUIRE(t.last.signals.size() == 1);
  CHECK(t.last.signals[0].progress == 1.0);
  CHECK(t.last.signals[0].text == "x");
  t.notes("task/log", {{"task", "a"}, {"attempt", 1}, {"line", "hi"}});
  REQUIRE(t.last.signals.size() == 1);
  CHECK_FALSE(t.last.signals[0].progress);
  CHECK(t.last.signals[0].text == "hi");
  t.notes("task/log", {{"task", "a"}, {"attempt", 2}, {"line", "hi"}});
  t.notes("task/log", {{"task", "b"}, {"attempt", 1}, {"line", "hi"}});
  CHECK(t.last.signals.empty());
}

TEST_CASE("a result that comes twice gets the same answer and counts once",
          "[core]")
{
  talk t;
  t.greet();
  t.work("a");
  t.result("a", 1);
  auto first = t.said;
  t.result("a", 2);
  CHECK(t.said == first);
  CHECK(t.end("a").output == "1");
  t.asks("task/error", {{"task", "a"}, {"attempt", 1}});
  CHECK(t.code() == 1004); // Another end of the same attempt.
}

TEST_CASE("late, foreign and unknown ends are refused and hurt nobody",
          "[core]")
{
  talk t;
  t.greet();
  t.work("a", 2);
  t.result("a", 1, 1);
  CHECK(t.code() == 1004);
  t.result("b", 1);
  CHECK(t.code() == 1005);
  t.asks("task/result", {{"task", "a"}});
  CHECK(t.code() == -32602);
  t.asks("task/result", {{"task", "a"}, {"attempt", -1}});
  CHECK(t.code() == -32602);
  t.asks("task/unheard", json::object());
  CHECK(t.code() == -32601);
  t.notes("task/unheard", {{"task", "a"}, {"attempt", 2}});
  CHECK(t.said.empty());
  t.says({{"id", 12345}, {"result", 1}});
  CHECK(t.code() == -32600);
  t.result("a", 5, 2);
  CHECK(t.end("a", 2).output == "5");
}

TEST_CASE("an error's class says what the failure is", "[core]")
{
  auto [word, kind] =
    GENERATE(table<std::string, category>({{"transient", category::unknown},
                                           {"permanent", category::business},
                                           {"policy", category::security},
                                           {"budget", category::business},
                                           {"dependency", category::dependency},
                                           {"rate_limit", category::rate_limit},
                                           {"cancelled", category::cancelled},
                                           {"nonsense", category::unknown}}));
  talk t;
  t.greet();
  t.work("a");
  t.asks("task/error", {{"task", "a"},
                        {"attempt", 1},
                        {"class", word},
                        {"message", "why"},
                        {"retry_after_ms", 5}});
  CHECK(t.end("a").error.kind == kind);
  CHECK(t.end("a").error.message == "why");
  CHECK(t.end("a").delay == 5ms);
}

TEST_CASE("not_now is a snooze", "[core]")
{
  talk t;
  t.greet();
  t.work("a");
  t.asks("task/error", {{"task", "a"},
                        {"attempt", 1},
                        {"class", "not_now"},
                        {"retry_after_ms", 70}});
  CHECK(t.end("a").what == verdict::snooze);
  CHECK(t.end("a").delay == 70ms);
}

TEST_CASE("a result can bring tasks", "[core]")
{
  talk t;
  t.greet();
  t.work("a");
  t.work("b");
  auto with = [](std::string id, json tasks) {
    return json{{"task", id}, {"attempt", 1}, {"output", 2}, {"tasks", tasks}};
  };
  t.asks("task/result", with("a", json::array({{{"name", "x"}}})));
  CHECK(t.end("a").more == R"([{"name":"x"}])");
  t.asks("task/result", with("b", "x"));
  CHECK(t.end("b").error.code == errc::invalid_result);
}
