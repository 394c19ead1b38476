// A node whose agent kills the whole process when it gets a certain input.
// Usage: poison_node DATA STARTS together|apart
// Each start of the poisonous task adds a byte to the file STARTS. Says how the
// tasks ended, one a line; "apart": each task is a run of its own.
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <future>
#include <iostream>

#include <nlohmann/json.hpp>

#include "runtime/agents.hpp"

namespace {

using namespace troupe;
using nlohmann::json;

constexpr int tasks = 24;
constexpr int poisonous = 5;

class worker : public agent {
public:
  explicit worker(std::string starts) : starts_(std::move(starts)) {}

  outcome perform(const task& t, context& ctx) override {
    if (json::parse(t.input)["n"] != poisonous) {
      ctx.wait(std::chrono::milliseconds{20});
      return outcome::done(t.input);
    }
    auto file = ::open(starts_.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (file < 0 || ::write(file, "x", 1) != 1)
      std::perror("poison_node");
    ::_exit(86);
  }

private:
  std::string starts_;
};

/// The tasks from `first` on, as a run of which there is one only.
std::future<run_result> submit(node& n, int first, int count) {
  auto list = json::array();
  for (int i = first; i < first + count; ++i)
    list.push_back({{"agent", {{"capabilities", {"work"}}}},
                    {"input", {{"n", i}}},
                    {"retries", 0}});
  submit_options how;
  how.idempotency_key = "run-" + std::to_string(first);
  auto done = std::make_shared<std::promise<run_result>>();
  n.submit_and_wait(list.dump(), how,
                    [done](run_result x) { done->set_value(std::move(x)); });
  return done->get_future();
}

void print_tasks(node& n, const std::string& run) {
  std::string body;
  if (auto why = n.ask("tasks", json{{"run", run}}.dump(), body)) {
    std::cout << why.message << '\n';
    return;
  }
  auto answer = json::parse(body);
  for (const auto& x : answer["tasks"]) {
    std::cout << x["input"]["n"] << ' ' << x["state"].get<std::string>();
    if (x.contains("error"))
      std::cout << ' ' << x["error"]["code"].get<std::string>() << ": "
                << x["error"]["message"].get<std::string>();
    std::cout << '\n';
  }
}

} // namespace

int main(int, char** argv) {
  auto apart = std::strcmp(argv[3], "apart") == 0;
  node n{test::quiet(argv[1])};
  n.add(test::who("worker", "work", 4), [starts = std::string{argv[2]}] {
    return std::make_unique<worker>(starts);
  });
  if (auto why = n.start()) {
    std::cout << why.message << '\n';
    return 1;
  }
  std::vector<std::future<run_result>> runs;
  for (int i = 0; i < tasks; i += apart ? 1 : tasks)
    runs.push_back(submit(n, i, apart ? 1 : tasks));
  for (auto& x : runs)
    print_tasks(n, x.get().run);
  return 0;
}
