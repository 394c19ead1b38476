#pragma once

#include <future>
#include <memory>
#include <string>

#include "agents/linked_agent.hpp"
#include "agents/recording_sink.hpp"

namespace troupe::agents::test {

using namespace std::chrono_literals;

/// Frames by hand: `line()` is the next from the node, `say(...)` one to it.
inline constexpr auto prelude = R"(
import json, os, select, signal, sys
def hang():
    while True: signal.pause()
def line():
    text = sys.stdin.readline()
    if not text: os._exit(0)
    return json.loads(text)
def say(**x):
    print(json.dumps({"jsonrpc": "2.0", **x}), flush=True)
def hello(**more):
    say(id=1, method="link/hello", params={"protocol": "1", **more})
    return line()
def assigned():
    while True:
        x = line()
        if x.get("method") == "task/assign":
            say(id=x["id"], result={"accepted": True})
            return x["params"]
def end(t, output, **more):
    say(id=2, method="task/result",
        params={"task": t["id"], "attempt": t["attempt"], "output": output,
                **more})
def log(t, text):
    say(method="task/log",
        params={"task": t["id"], "attempt": t["attempt"], "line": text})
)";

struct linked {
  explicit linked(const std::string& script, services::linked_request how = {},
                  std::chrono::milliseconds grace = 100ms) {
    how.name = "bob";
    how.program.command = {"python3", "-u", "-c", prelude + script};
    how.limits.grace = grace;
    how.restarts.min = 1ms;
    how.announced = [this](auto words) { announced.set_value(words); };
    agent = std::make_unique<linked_agent>(*spawner, std::move(how));
  }

  std::shared_ptr<recording_sink> give(const std::string& id,
                                       std::string input = "null",
                                       uint32_t attempt = 1) {
    auto sink = std::make_shared<recording_sink>();
    auto t = task_with(std::move(input));
    t.id = id;
    t.attempt = attempt;
    agent->perform(t, reply{sink});
    return sink;
  }

  std::promise<std::vector<std::string>> announced;
  std::unique_ptr<services::spawner> spawner = services::test::open_spawner();
  std::unique_ptr<linked_agent> agent;
};

inline std::string words_of(const std::shared_ptr<recording_sink>& sink) {
  return sink->result().error.message;
}

} // namespace troupe::agents::test
