#include "runtime/config_settings.hpp"

#include <algorithm>
#include <array>

namespace troupe::runtime {

namespace {

constexpr auto all = std::to_array<std::string_view>({
  "node.data",
  "node.durability",
  "node.threads",
  "node.shards",
  "node.window",
  "node.cancel_grace",
  "node.stop_deadline",
  "node.pending_bytes_max",
  "node.runs_kept",
  "node.history_kept",
  "node.queued_max",
  "node.disk_reserve",
  "node.region",
  "gateway.listen",
  "gateway.unix_socket",
  "gateway.names",
  "gateway.without_tls_beyond_this_machine",
  "gateway.without_login_beyond_this_machine",
  "gateway.tls.certificate",
  "gateway.tls.key",
  "gateway.limits.address_requests_per_second",
  "gateway.limits.principal_requests_per_second",
  "gateway.limits.workspace_requests_per_second",
  "gateway.limits.url_bytes_max",
  "gateway.limits.header_bytes_max",
  "gateway.limits.body_bytes_max",
  "gateway.limits.bodies_bytes_max",
  "gateway.limits.connections_max",
  "gateway.limits.requests_in_flight_max",
  "gateway.limits.streams_max",
  "gateway.limits.stream_buffer_bytes_max",
  "gateway.limits.handshake_timeout",
  "gateway.limits.stream_message_bytes_max",
  "gateway.limits.subscriptions_max",
  "gateway.limits.gzip_bytes_min",
  "gateway.limits.idle_timeout",
  "gateway.limits.read_timeout",
  "gateway.limits.write_timeout",
  "gateway.limits.answer_timeout",
  "gateway.limits.stream_heartbeat",
  "gateway.limits.stream_metrics_interval",
  "auth.audience",
  "auth.leeway",
  "auth.issuers.*.issuer",
  "auth.issuers.*.keys",
  "auth.issuers.*.jwks",
  "agents.*.kind",
  "agents.*.capabilities",
  "agents.*.specialisation",
  "agents.*.max_load",
  "agents.*.cost",
  "agents.*.region",
  "agents.*.pure",
  "agents.*.on_demand",
  "agents.*.idle",
  "agents.*.command",
  "agents.*.answers",
  "agents.*.library",
  "agents.*.agent",
  "agents.*.protocol",
  "agents.*.args",
  "agents.*.env",
  "agents.*.dir",
  "agents.*.limits.memory",
  "agents.*.limits.cpu",
  "agents.*.limits.files",
  "agents.*.limits.file_bytes",
  "agents.*.limits.time",
  "agents.*.limits.stdout_bytes",
  "agents.*.url",
  "agents.*.secret",
  "agents.*.callback",
  "agents.*.call_timeout",
  "agents.*.poll_every",
  "agents.*.answer_bytes",
  "agents.*.breaker.failures",
  "agents.*.breaker.open_for",
  "agents.*.breaker.open_max",
  "allocation.weights.capability",
  "allocation.weights.load",
  "allocation.weights.performance",
  "allocation.weights.specialisation",
  "allocation.ageing_step",
  "allocation.starved_after",
  "limits.resources",
  "task_queue.zone",
  "task_queue.at_once",
  "task_queue.timeout",
  "task_queue.sweep",
  "task_queue.cron",
  "task_queue.email",
  "task_queue.retries",
  "task_queue.quiet",
  "task_queue.urgent_ignores_quiet",
  "task_queue.holidays",
  "task_queue.agents",
  "task_queue.alerts.depth",
  "task_queue.alerts.failed_percent",
  "task_queue.alerts.slow",
  "task_queue.alerts.command",
  "workspaces.*.weight",
  "workspaces.*.cap",
  "outbound.base",
  "outbound.ca_file",
  "outbound.connections_max",
  "webhooks.*.url",
  "webhooks.*.secret",
  "webhooks.*.workspace",
  "webhooks.*.events",
  "webhooks.*.timeout",
  "webhooks.*.attempts_max",
  "traces.endpoint",
  "traces.sample",
  "traces.every",
  "log.format",
  "log.level",
  "log.file",
});

} // namespace

std::span<const std::string_view> settings() {
  return all;
}

bool is_setting(std::string_view path) {
  return std::find(all.begin(), all.end(), path) != all.end();
}

std::string variable_of(std::string_view path) {
  std::string out = "TROUPE_";
  for (auto c : path)
    out += c == '.' || c == '-'   ? '_'
           : c >= 'a' && c <= 'z' ? static_cast<char>(c - 32)
                                  : c;
  return out;
}

} // namespace troupe::runtime
