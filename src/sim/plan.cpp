#include "sim/plan.hpp"

#include <array>

namespace troupe::sim {

namespace {

constexpr std::array<std::string_view, conducts> conduct_names{
  "well",  "slow",     "outside",  "failing",  "refusing",
  "wrong", "throwing", "dropping", "hanging",  "deaf",
  "twice", "lying",    "late",     "snoozing", "growing"};

constexpr std::array<std::string_view, 23> act_names{
  "submit again",
  "cancel",
  "cancel task",
  "pause",
  "resume",
  "retry",
  "signal",
  "approve",
  "reject",
  "look",
  "crash",
  "crash before a commit",
  "crash after a commit",
  "stop and start",
  "kill",
  "stall",
  "freeze",
  "disk full",
  "disk nearly full",
  "I/O error, nothing written",
  "I/O error, all written",
  "the store cannot be opened",
  "a read fails"};

/// "1m2.5s" is for people; here a number is enough.
std::string seconds(core::duration d) {
  auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
  auto text = std::to_string(ms / 1000) + '.';
  auto rest = std::to_string(ms % 1000);
  return text + std::string(3 - rest.size(), '0') + rest + 's';
}

} // namespace

std::string_view to_string(conduct x) {
  return conduct_names.at(static_cast<size_t>(x));
}

std::string_view to_string(act x) {
  return act_names.at(static_cast<size_t>(x));
}

std::string to_string(const event& x) {
  auto text = "at " + seconds(x.at) + ' ' + std::string{to_string(x.what)};
  if (!x.name.empty())
    text += ' ' + x.name;
  if (!is_fault(x.what))
    text += " of work " + std::to_string(x.work);
  if (x.length > core::duration{0})
    text += " for " + seconds(x.length);
  return text;
}

bool read_faults(const std::string& text, fault_set& to) {
  if (text == "all" || text.empty()) {
    to = {};
    return true;
  }
  to = {false, false, false, false, false, false};
  if (text == "none")
    return true;
  for (size_t at = 0; at <= text.size();) {
    auto end = std::min(text.find(',', at), text.size());
    auto word = text.substr(at, end - at);
    at = end + 1;
    if (word == "crashes")
      to.crashes = true;
    else if (word == "kills")
      to.kills = true;
    else if (word == "stalls")
      to.stalls = true;
    else if (word == "disk")
      to.disk = true;
    else if (word == "agents")
      to.agents = true;
    else if (word == "commands")
      to.commands = true;
    else
      return false;
  }
  return true;
}

std::string describe(const settings& x) {
  std::string text =
    std::to_string(x.shards) + " shards, " + std::to_string(x.readers)
    + " readers, window " + std::to_string(x.window.ready_max) + '/'
    + std::to_string(x.window.lane_max) + '/'
    + std::to_string(x.window.lane_floor) + ", grace " + seconds(x.cancel_grace)
    + ", slow disk " + std::to_string(x.slow_disk) + "/1000, hurry "
    + std::to_string(x.hurry) + "/1000, trouble " + std::to_string(x.trouble)
    + "% of";
  for (auto kind : x.conducts)
    text += ' ' + std::string{to_string(kind)};
  return text;
}

} // namespace troupe::sim
