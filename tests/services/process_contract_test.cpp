#include "services/process_contract.hpp"

#include <catch2/catch.hpp>

#include <csignal>

#include <nlohmann/json.hpp>

using namespace troupe;
using namespace troupe::services;
using namespace std::chrono_literals;

namespace {

run_end exited(int code, std::string output, std::string lines = {}) {
  run_end end;
  end.code = code;
  end.output = std::move(output);
  end.last_lines = std::move(lines);
  return end;
}

outcome judged(run_fate fate, int code = 0) {
  run_end end;
  end.fate = fate;
  end.code = code;
  return judge(end, "x");
}

} // namespace

TEST_CASE("a task is one JSON object", "[services]")
{
  task t;
  t.id = "i";
  t.run = "r";
  t.workspace = "w";
  t.name = "n\"";
  t.type = "build";
  t.input = R"({"a":[1,2]})";
  t.attempt = 3;
  t.idempotency_key = "k";
  t.timeout = 1500ms;
  auto text = task_object(t);
  CHECK(text.back() == '\n');
  CHECK(nlohmann::json::parse(text)
        == nlohmann::json::parse(R"({"id":"i","run":"r","workspace":"w",
             "name":"n\"","type":"build","input":{"a":[1,2]},"attempt":3,
             "idempotency_key":"k","timeout_ms":1500})"));
  t.input.clear();
  CHECK(nlohmann::json::parse(task_object(t))["input"].is_null());
}

TEST_CASE("exit 0 is done with the output as JSON", "[services]")
{
  CHECK(judge(exited(0, " {\"a\": 1}\n"), "x").output == "{\"a\": 1}");
  CHECK(judge(exited(0, "7\n"), "x").output == "7");
  CHECK(judge(exited(0, " \n"), "x").output == "null");
  CHECK(judge(exited(0, "two words\n"), "x").output == "\"two words\"");
  CHECK(judge(exited(0, " {\"a\":\n"), "x").output == R"(" {\"a\":")");
  CHECK(judge(exited(0, "\xff"), "x").output == "\"\xef\xbf\xbd\"");
  CHECK(judge(exited(0, "7"), "x").what == verdict::done);
}

TEST_CASE("output that nests too deep is refused", "[services]")
{
  auto deep = std::string(129, '[') + std::string(129, ']');
  auto result = judge(exited(0, deep), "x");
  CHECK(result.what == verdict::failed);
  CHECK(result.error.kind == category::invalid_result);
  CHECK(result.error.message.find("json_depth_max") != std::string::npos);
  auto fine = std::string(128, '[') + std::string(128, ']');
  CHECK(judge(exited(0, fine), "x").output == fine);
  // Far deeper than any stack.
  auto abyss = std::string(200'000, '[') + std::string(200'000, ']');
  CHECK(judge(exited(0, abyss), "x").what == verdict::failed);
  CHECK(judge(exited(1, "{\"error\":" + abyss + "}"), "x").what
        == verdict::failed);
}

TEST_CASE("another exit code is a failure with the last lines", "[services]")
{
  auto plain = judge(exited(2, "", "no such branch"), "git");
  CHECK(plain.what == verdict::failed);
  CHECK(plain.error
        == failure{errc::agent_failed, category::unknown,
                   "`git` exited with code 2: no such branch"});
  CHECK(judge(exited(2, ""), "git").error.message
        == "`git` exited with code 2 and wrote nothing to stderr; run it by "
           "hand with the same input to see why");
}

TEST_CASE("a process can say what its failure is", "[services]")
{
  auto said = judge(exited(1, R"({"error":{"message":"slow down",
    "category":"rate_limit","retry_after_ms":1500}})"),
                    "x");
  CHECK(said.error
        == failure{errc::agent_failed, category::rate_limit, "slow down"});
  CHECK(said.delay == 1500ms);
  auto far = judge(exited(1, R"({"error":{"retry_after_ms":1e300}})"), "x");
  CHECK(far.delay == 24h);
  CHECK(far.error.message.find("code 1") != std::string::npos);
  for (auto odd : {R"({"error":7})", R"({"error":{"category":"fun"}})",
                   R"({"error":{"message":3,"category":4,
                      "retry_after_ms":"x"}})",
                   "{", "[]", "null"}) {
    auto result = judge(exited(1, odd), "x");
    CHECK(result.error.kind == category::unknown);
    CHECK(result.delay == 0ms);
    CHECK(result.error.message.find("code 1") != std::string::npos);
  }
}

TEST_CASE("a failure's message is bounded and keeps its end", "[services]")
{
  auto lines = std::string(100'000, 'x') + " the reason";
  auto by_lines = judge(exited(1, "", lines), "x").error.message;
  CHECK(by_lines.size() < failure_bytes_max + 100);
  CHECK(by_lines.starts_with("`x` exited with code 1: ... xx"));
  CHECK(by_lines.ends_with("the reason"));
  auto said =
    judge(exited(1, R"({"error":{"message":")" + lines + "\"}}"), "x");
  CHECK(said.error.message.size() < failure_bytes_max + 100);
}

TEST_CASE("a violent end has its own code", "[services]")
{
  auto segv = judged(run_fate::signalled, SIGSEGV).error;
  CHECK(segv.code == errc::agent_crashed);
  CHECK(segv.kind == category::agent_crash);
  CHECK(segv.message == "`x` was killed by signal 11 (Segmentation fault)");
  CHECK(judged(run_fate::signalled, SIGXCPU).error.code == errc::limit_reached);
  CHECK(judged(run_fate::lost).error.code == errc::agent_crashed);
  CHECK(judged(run_fate::timed_out).error.code == errc::timed_out);
  CHECK(judged(run_fate::timed_out).error.kind == category::timeout);
  CHECK(judged(run_fate::cancelled).error.kind == category::cancelled);
  CHECK(judged(run_fate::output_too_big).error.code == errc::limit_reached);
  run_end end;
  end.fate = run_fate::not_started;
  end.why = {errc::agent_failed, category::dependency, "because"};
  CHECK(judge(end, "x").error == end.why);
}

TEST_CASE("an envelope brings tasks beside the output", "[services]")
{
  auto said = [](std::string stdout_text) {
    return judge(exited(0, std::move(stdout_text)), "x", answer_form::envelope);
  };
  auto both = said(R"({"output": {"n": 1}, "tasks": [{"type": "t"}]})");
  CHECK(both.output == R"({"n":1})");
  CHECK(both.more == R"([{"type":"t"}])");
  CHECK(said(R"({"tasks": []})").output == "null");
  CHECK(said(R"({"tasks": []})").more.empty());
  CHECK(said(R"({"output": 5, "tasks": null})").output == "5");
  CHECK(said(" \n").output == "null");
  for (auto wrong : {"7", "[]", "two words", R"({"outptu": 1})",
                     R"({"tasks": {}})", R"({"output": 1)"}) {
    INFO(wrong);
    auto result = said(wrong);
    CHECK(result.what == verdict::failed);
    CHECK(result.error.code == errc::invalid_result);
    CHECK(result.error.message.find("answers: envelope") != std::string::npos);
  }
  // Without the word it is an output like any other.
  auto plain = judge(exited(0, R"({"tasks":[{}]})"), "x");
  CHECK(plain.more.empty());
  CHECK(plain.output == R"({"tasks":[{}]})");
}

TEST_CASE("a process that fails has no envelope", "[services]")
{
  auto x = judge(exited(1, R"({"error": {"message": "no"}})"), "x",
                 answer_form::envelope);
  CHECK(x.error.message == "no");
}
