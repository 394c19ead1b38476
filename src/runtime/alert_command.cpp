#include "runtime/alert_command.hpp"

#include <cstdio>

#include "services/process_run.hpp"

namespace troupe::runtime {

namespace {

constexpr std::chrono::seconds alert_command_max{30};

services::run_request request_for(const core::queue_alert& x,
                                  const std::string& command) {
  services::run_request out;
  out.program.command = {"sh", "-c", command};
  out.program.environment = {{"TROUPE_ALERT_NAME", x.name},
                             {"TROUPE_ALERT_TEXT", x.text},
                             {"TROUPE_ALERT_AUDIENCE", x.audience},
                             {"TROUPE_ALERT_WORKSPACE", x.workspace},
                             {"TROUPE_ALERT_OVER", x.over ? "1" : "0"}};
  out.timeout = alert_command_max;
  return out;
}

void say(const std::function<void(const std::string&)>& warn,
         const std::string& text) {
  if (warn)
    warn(text);
  else
    std::fprintf(stderr, "troupe: %s\n", text.c_str());
}

} // namespace

std::function<void(const core::queue_alert&)>
alert_command(services::spawner& through, std::string command,
              std::function<void(const std::string&)> warn) {
  return [&through, command = std::move(command),
          warn = std::move(warn)](const core::queue_alert& x) {
    services::run_events events;
    events.ended = [warn, name = x.name](const services::run_end& end) {
      if (end.fate != services::run_fate::exited || end.code != 0)
        say(warn, "the command of task_queue.alerts failed for " + name
                    + (end.last_lines.empty() ? "" : ": " + end.last_lines));
    };
    services::process_run::start(through, request_for(x, command),
                                 std::move(events));
  };
}

} // namespace troupe::runtime
