#include <regex>

#include "core/document.hpp"
#include "runtime/config_cast.hpp"
#include "runtime/config_settings.hpp"

// One list of settings: the reader, configs/sample.yaml and
// docs/configuration.md have exactly those.

using namespace troupe::runtime;
namespace core = troupe::core;

namespace {

std::string sample() {
  return read_file(TROUPE_ROOT "/configs/sample.yaml");
}

/// With those settings in it that have no default: `#key: value`.
std::string whole_sample() {
  return std::regex_replace(sample(), std::regex{"(^|\n)( *)#(?=[a-z])"},
                            "$1$2");
}

bool stands_in(const core::node& at, std::string_view path) {
  if (path.empty())
    return true;
  if (at.kind != core::node_kind::object)
    return false;
  auto name = path.substr(0, path.find('.'));
  auto rest = path.substr(std::min(path.size(), name.size() + 1));
  for (const auto& item : at.items)
    if ((name == "*" || item.key == name) && stands_in(item, rest))
      return true;
  return false;
}

bool same(const agent_config& a, const agent_config& b) {
  return a.who.name == b.who.name && a.kind == b.kind
         && a.who.capabilities == b.who.capabilities
         && a.who.specialisation == b.who.specialisation
         && a.who.max_load == b.who.max_load && a.who.cost == b.who.cost
         && a.who.region == b.who.region && a.who.pure == b.who.pure
         && a.program == b.program && a.time_max == b.time_max
         && a.limits.output_bytes_max == b.limits.output_bytes_max;
}

/// Wherever the reader looks for a setting, an object of nonsense is a problem,
/// but never an unknown field.
std::string with_nonsense(std::string path) {
  path = std::regex_replace(path, std::regex{"\\*"}, "some");
  config_sources from;
  from.set = {"agents.some={kind: process, command: x}",
              path + "={nonsense: 1}"};
  return joined(read_config("", from).problems);
}

} // namespace

TEST_CASE("the sample says what holds without it", "[config][docs]")
{
  auto a = good(sample());
  auto b = good("");
  CHECK(a.node.data == b.node.data);
  CHECK(a.node.sync == b.node.sync);
  CHECK(a.node.threads == b.node.threads);
  CHECK(a.node.shards == b.node.shards);
  CHECK(a.node.window == b.node.window);
  CHECK(a.node.cancel_grace == b.node.cancel_grace);
  CHECK(a.stop_deadline == b.stop_deadline);
  CHECK(a.node.pending_bytes_max == b.node.pending_bytes_max);
  CHECK(a.node.runs_kept == b.node.runs_kept);
  CHECK(a.node.history_kept == b.node.history_kept);
  CHECK(a.node.queued_max == b.node.queued_max);
  CHECK(a.node.disk_reserve == b.node.disk_reserve);
  CHECK(a.node.region == b.node.region);
  CHECK(a.gateway.listen == b.gateway.listen);
  CHECK(a.gateway.port == b.gateway.port);
  CHECK(a.gateway.unix_socket == b.gateway.unix_socket);
  CHECK(a.gateway.url_bytes_max == b.gateway.url_bytes_max);
  CHECK(a.gateway.header_bytes_max == b.gateway.header_bytes_max);
  CHECK(a.gateway.body_bytes_max == b.gateway.body_bytes_max);
  CHECK(a.gateway.bodies_bytes_max == b.gateway.bodies_bytes_max);
  CHECK(a.gateway.connections_max == b.gateway.connections_max);
  CHECK(a.gateway.requests_in_flight_max == b.gateway.requests_in_flight_max);
  CHECK(a.gateway.streams_max == b.gateway.streams_max);
  CHECK(a.gateway.stream_buffer_bytes_max == b.gateway.stream_buffer_bytes_max);
  CHECK(a.gateway.tls == b.gateway.tls);
  CHECK(a.gateway.handshake_timeout == b.gateway.handshake_timeout);
  CHECK(a.gateway.stream_message_bytes_max
        == b.gateway.stream_message_bytes_max);
  CHECK(a.gateway.subscriptions_max == b.gateway.subscriptions_max);
  CHECK(a.gateway.gzip_bytes_min == b.gateway.gzip_bytes_min);
  CHECK(a.gateway.idle_timeout == b.gateway.idle_timeout);
  CHECK(a.gateway.read_timeout == b.gateway.read_timeout);
  CHECK(a.gateway.write_timeout == b.gateway.write_timeout);
  CHECK(a.gateway.answer_timeout == b.gateway.answer_timeout);
  CHECK(a.gateway.stream_heartbeat == b.gateway.stream_heartbeat);
  CHECK(a.gateway.stream_metrics_interval == b.gateway.stream_metrics_interval);
  CHECK(a.allocation.weights == b.allocation.weights);
  CHECK(a.allocation.ageing_step == b.allocation.ageing_step);
  CHECK(a.allocation.starved_after == b.allocation.starved_after);
  CHECK(a.limits.resources == b.limits.resources);
  CHECK(a.workspaces == b.workspaces);
  REQUIRE(a.agents.size() == b.agents.size());
  for (size_t i = 0; i < a.agents.size(); ++i) {
    INFO(a.agents[i].who.name);
    CHECK(same(a.agents[i], b.agents[i]));
  }
}

TEST_CASE("the sample has every setting", "[config][docs]")
{
  CHECK(good(whole_sample()).agents.size() == 7);
  auto tree = core::read_yaml(whole_sample());
  REQUIRE(tree.problems.empty());
  for (auto path : settings()) {
    // Tenants stand in a comment: there are none by default.
    if (path.starts_with("workspaces.*"))
      continue;
    INFO(path);
    CHECK(stands_in(tree.root, path));
  }
}

TEST_CASE("the reader knows every setting of the list", "[config]")
{
  for (auto path : settings()) {
    auto found = with_nonsense(std::string{path});
    auto last = path.substr(path.rfind('.') + 1);
    INFO(path << "\n" << found);
    CHECK(found.find("unknown field `" + std::string{last} + "`")
          == found.npos);
  }
}

TEST_CASE("the page has a row for every setting", "[config][docs]")
{
  auto page = read_file(TROUPE_ROOT "/docs/configuration.md");
  for (auto path : settings()) {
    auto shown =
      std::regex_replace(std::string{path}, std::regex{"\\*"}, "NAME");
    INFO(shown);
    CHECK(page.find("| `" + shown + "` |") != page.npos);
  }
}

TEST_CASE("the configuration of ./dev run is right", "[config]")
{
  config_sources from;
  from.file = TROUPE_ROOT "/configs/dev.yaml";
  auto loaded = load_config(from);
  INFO(joined(loaded.problems));
  REQUIRE(loaded.value);
  for (auto name : {"echo", "sleep", "noop", "shell"})
    CHECK(find_agent(*loaded.value, name));
}

TEST_CASE("the messages on the configuration page are the real ones",
          "[config][docs]")
{
  auto page = read_file(TROUPE_ROOT "/docs/configuration.md");
  auto block = [&](const std::string& language) {
    auto fence = "```" + language + "\n";
    auto at = page.find(fence);
    REQUIRE(at != page.npos);
    at += fence.size();
    return page.substr(at, page.find("```", at) - at);
  };
  config_sources from;
  from.file = "node.yaml";
  CHECK(wrong(block("yaml-wrong"), from) == block("text"));
}
