#include <dirent.h>
#include <signal.h>

#include <fstream>
#include <stdexcept>
#include <thread>

#include "agents/process_agent.hpp"
#include "bench.hpp"
#include "runtime/node_insides.hpp"
#include "services/spawner.hpp"

// From one call to the last process of the tree gone.

namespace troupe::bench {

namespace {

/// Processes whose command line holds `mark`.
size_t alive(const std::string& mark) {
  size_t count = 0;
  auto* dir = opendir("/proc");
  while (auto* entry = readdir(dir)) {
    std::ifstream in{std::string{"/proc/"} + entry->d_name + "/cmdline"};
    std::string line;
    std::getline(in, line);
    count += line.find(mark) != std::string::npos;
  }
  closedir(dir);
  return count;
}

void add_shell(node& to, services::spawner& through, uint32_t slots) {
  agent_spec spec;
  spec.who.name = "shell";
  spec.who.capabilities = {"shell"};
  spec.who.max_load = slots;
  spec.outside = true;
  auto kind = agents::shell_kind();
  spec.make = reactive_factory{[&through, kind] {
    return std::make_unique<agents::process_agent>(through, kind);
  }};
  node_insides::add(to, std::move(spec));
}

} // namespace

figures cancel(settings& s) {
  auto children = s.number("children", 50);
  auto samples = s.number("samples", 10);
  auto spawner = services::spawner::open({});
  if (!spawner)
    throw std::runtime_error(spawner.error().message);
  scratch where;
  node n{options_for(s, where)};
  add_shell(n, **spawner, static_cast<uint32_t>(children));
  must(n.start());
  std::vector<double> ms;
  for (uint64_t i = 0; i < samples; ++i) {
    auto mark = "sleep 98765" + std::to_string(i);
    // Each with a grandchild that has left its process group.
    std::string list = "[";
    for (uint64_t k = 0; k < children; ++k)
      list +=
        std::string{k > 0 ? "," : ""}
        + R"({"agent":{"capabilities":["shell"]},"timeout":"1h","input":{"command":"setsid )"
        + mark + " & " + mark + "; true\"}}";
    auto run = n.submit_tasks(list + ']');
    must(run.error);
    auto shown = mark;
    std::replace(shown.begin(), shown.end(), ' ', '\0');
    while (alive(shown) < 2 * children)
      std::this_thread::sleep_for(std::chrono::milliseconds{5});
    auto begin = steady::now();
    must(n.cancel(run.run));
    while (alive(shown) > 0)
      std::this_thread::sleep_for(std::chrono::microseconds{500});
    ms.push_back(seconds_since(begin) * 1000);
  }
  figures f;
  f.values["p50_ms"] = rounded(quantile(ms, 0.5), 2);
  f.values["p99_ms"] = rounded(quantile(ms, 0.99), 2);
  n.stop();
  return f;
}

} // namespace troupe::bench
