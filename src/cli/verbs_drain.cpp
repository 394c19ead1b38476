#include <ostream>

#include "cli/live_news.hpp"
#include "cli/show.hpp"
#include "cli/verbs.hpp"

namespace troupe::cli {

namespace {

using nlohmann::json;

constexpr std::chrono::milliseconds look_interval{500};

/// What an agent, or the node, still has to finish.
uint64_t left_of(verb_call& call, const std::string& agent) {
  if (agent.empty())
    return count_of(call.ask("status"), "live_runs");
  auto all = call.ask("agents");
  for (const auto& x : items(all, "agents"))
    if (text_of(x, "name") == agent)
      return count_of(x, "load");
  return 0;
}

/// False: ^C came first.
bool wait_until_done(verb_call& call, const std::string& agent) {
  live_news news{call};
  const auto& interrupted = call.around().interrupted;
  for (;;) {
    news.take();
    if (left_of(call, agent) == 0)
      return true;
    if (interrupted && interrupted())
      return false;
    news.wait(look_interval);
  }
}

} // namespace

void drain_options(adder& add) {
  add("undo", "take new work again");
  add("wait", "until all that was accepted has ended");
}

int run_drain(verb_call& call) {
  auto agent = call.text("agent");
  auto undo = call.has("undo");
  if (undo && call.has("wait"))
    throw stop_verb{exit_usage, "--wait has no meaning with --undo",
                    "leave one of them out"};
  json params{{"undo", undo}};
  if (!agent.empty())
    params["agent"] = agent;
  auto got = call.ask("drain", params);
  if (call.has("wait") && !wait_until_done(call, agent)) {
    call.err() << "troupe: interrupted; it goes on draining\n";
    return exit_interrupted;
  }
  auto who = agent.empty() ? std::string{"the node"} : agent;
  if (call.json())
    call.out() << got.dump() << '\n';
  else
    call.out() << who
               << (undo               ? " takes new work again"
                   : call.has("wait") ? " takes no new work and has none left"
                                      : " takes no new work and finishes what "
                                        "it has")
               << '\n';
  return exit_ok;
}

} // namespace troupe::cli
