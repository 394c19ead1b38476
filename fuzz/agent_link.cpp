#include "core/agent_link.hpp"

#include <set>

#include <nlohmann/json.hpp>

#include "input.hpp"

// What a long-lived agent says, in between what the node wants of it. A line
// that begins with `!` is the node's part, everything else the agent's.

using namespace troupe;
using namespace std::chrono_literals;
using core::agent_link;
using fuzz::must;

namespace {

struct conversation {
  void take(const core::link_actions& x) {
    for (const auto& end : x.ends) {
      must(open.erase(end.key) == 1, "an attempt ends once, and was given");
      must(end.what.what != verdict::done
             || nlohmann::json::accept(end.what.output),
           "an output is JSON");
      must(end.what.what != verdict::failed || !end.what.error.message.empty(),
           "a failure has words");
    }
    must(x.frames.empty() || x.frames.back() == '\n', "frames are whole lines");
    for (std::string_view rest = x.frames; !rest.empty();) {
      auto end = rest.find('\n');
      must(nlohmann::json::accept(rest.substr(0, end)), "a frame is JSON");
      rest.remove_prefix(end + 1);
    }
    must(link.open_tasks() == open.size(), "what is open is known");
  }

  void give(uint32_t attempt) {
    task t;
    t.id = "a";
    t.attempt = attempt;
    if (open.emplace(core::link_key{t.id, attempt}).second)
      take(link.assign(t, now));
  }

  void want(std::string_view what) {
    auto n = what.size() > 1 ? static_cast<uint8_t>(what[1]) % 4u : 0u;
    switch (what.empty() ? ' ' : what[0]) {
      case 'a':
        return give(n);
      case 'c':
        return take(link.cancel({"a", n}, false, now));
      case 'f':
        return take(link.cancel({"a", n}, true, now));
      case 'b':
        if (link.now() == agent_link::phase::down)
          take(link.born(now));
        return;
      case 'g':
        return gone();
      case 'x':
        return take(link.close());
      default:
        now += 1s * (n + 1);
        return take(link.tick(now));
    }
  }

  void gone() {
    take(link.gone({errc::agent_crashed, category::agent_crash, "it died"}));
  }

  core::link_limits limits = [] {
    core::link_limits x;
    x.frame_bytes_max = 300;
    x.faults_max = 20;
    x.remembered_max = 2;
    x.tasks_max = 3;
    x.task_time_max = 10s;
    return x;
  }();
  agent_link link{"agent", limits, {}};
  core::instant now{1000h};
  std::set<core::link_key> open;
};

} // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto text = fuzz::text_of(data, size);
  conversation talk;
  talk.take(talk.link.born(talk.now));
  while (!text.empty()) {
    auto end = std::min(text.find('\n'), text.size() - 1);
    auto line = text.substr(0, end + 1);
    if (line[0] == '!')
      talk.want(line.substr(1));
    else
      talk.take(talk.link.receive(line, talk.now));
    text.remove_prefix(end + 1);
  }
  talk.take(talk.link.close());
  talk.gone();
  must(talk.open.empty(), "in the end everything has ended");
  return 0;
}
