#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "cli/top_view.hpp"

// What tests of `troupe top` share: a view that has something of all.

namespace troupe::test {

using cli::look;
using cli::screen_size;
using cli::top_view;

inline nlohmann::json run_of(int n, const std::string& state = "running") {
  return {{"run", "0190a1b2-0000-7000-8000-00000000000" + std::to_string(n)},
          {"name", "run" + std::to_string(n)},
          {"state", state},
          {"percent", 50},
          {"total", 4},
          {"created_at", "2026-11-21T08:16:08.123Z"}};
}

inline nlohmann::json runs(int count) {
  auto list = nlohmann::json::array();
  for (int n = 0; n < count; ++n)
    list.push_back(run_of(n));
  return {{"runs", list}};
}

inline top_view filled() {
  top_view view{"unix:x"};
  view.take(
    "status",
    {{"version", "0.1.0"},
     {"uptime_s", 3725.0},
     {"ready", true},
     {"live_runs", 3},
     {"running", 2},
     {"queued", 7},
     {"agents", 4},
     {"warnings",
      {{{"text", "the disk is slow"}, {"last_at", "2026-11-21T08:00:00Z"}}}}});
  view.take("runs", runs(3));
  view.take("agents", {{"agents",
                        {{{"name", "echo"},
                          {"kind", "echo"},
                          {"state", "idle"},
                          {"load", 1},
                          {"max_load", 4}}}}});
  view.take("tasks", {{"tasks",
                       {{{"task", "t1"},
                         {"name", "build"},
                         {"type", "x"},
                         {"priority", 5},
                         {"run", "r"}}}}});
  view.take("approvals",
            {{"decisions", {{{"task", "t2"}, {"question", "deploy?"}}}}});
  view.take("tree", {{"name", "node"},
                     {"state", "running"},
                     {"children", {{{"name", "journal"}}}}});
  return view;
}

inline std::string text(top_view& view, screen_size size = {24, 100}) {
  std::string out;
  for (const auto& x : view.lines(size))
    out += x.text + "\n";
  return out;
}

inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

/// The line that is marked.
inline std::string chosen(top_view& view, screen_size size = {24, 100}) {
  for (const auto& x : view.lines(size))
    if (x.how == look::chosen)
      return x.text;
  return {};
}

} // namespace troupe::test
