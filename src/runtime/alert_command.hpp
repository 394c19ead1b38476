#pragma once

#include <functional>
#include <string>

#include "core/queue_alerts.hpp"
#include "services/spawner.hpp"

namespace troupe::runtime {

/// Has a shell run `command` for each alert, which it finds in its environment.
/// `warn` hears of one that fails, at the latest when `through` ends, which
/// ends the commands; empty: stderr.
std::function<void(const core::queue_alert&)>
alert_command(services::spawner& through, std::string command,
              std::function<void(const std::string&)> warn);

} // namespace troupe::runtime
