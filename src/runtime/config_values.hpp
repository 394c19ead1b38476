#pragma once

#include <chrono>
#include <map>
#include <string>

#include "core/reader.hpp"
#include "runtime/config.hpp"

// The inside of read_config: from a document's nodes to a config.

namespace troupe::runtime::config_reading {

using core::bounds;
using core::object_reader;
using core::value;
using std::chrono::milliseconds;

inline constexpr uint64_t kib = 1024;
inline constexpr uint64_t mib = 1024 * kib;
inline constexpr uint64_t gib = 1024 * mib;
// sockaddr_un holds 108 bytes with the final zero.
inline constexpr size_t unix_path_bytes_max = 107;

// -- values that the core's reader does not know

/// "64KiB", "8MiB", "1GiB", or a number of bytes.
std::string size_text(uint64_t bytes);
bool read_size(object_reader& in, std::string_view key, uint64_t& to,
               bounds<uint64_t> allowed);
void read_time(object_reader& in, std::string_view key, milliseconds& to,
               bounds<core::duration> allowed);
void read_time(core::object_reader& in, std::string_view key,
               std::chrono::seconds& to, core::bounds<core::duration> allowed);
/// A text; `off` makes it empty.
bool read_text_or_off(object_reader& in, std::string_view key, std::string& to);
/// A name that may stand in ids of processes and on the command line.
bool check_word(const value& at, std::string_view word, std::string_view what);
void read_word(object_reader& in, std::string_view key, std::string& to);
/// "http://" to this machine: nobody listens in between.
bool is_loopback_url(std::string_view text);

// -- sections; `path` names them in `settings()`

/// Reads the object of that name; one without content is as good as absent.
template <class Visit>
void section(object_reader& in, std::string_view key, Visit visit);

/// Reports unknown fields; asserts that `settings()` has the known ones.
void finish(object_reader& in, std::string_view path);

void read_node(object_reader& in, node_config& to);
void read_auth(object_reader& in, auth_config& to);
/// After `read_auth`: whether others may connect depends on who logs in.
void read_gateway(object_reader& in, node_config& to);
void read_allocation(object_reader& in, node_config& to);
void read_limits(object_reader& in, node_config& to);
void read_task_queue(object_reader& in, queue_settings& to);
void read_workspaces(const value& from, node_config& to);
void read_outbound(object_reader& in, node_config& to);
void read_webhooks(const value& from, node_config& to);
void read_traces(object_reader& in, node_config& to);
void read_log(object_reader& in, node_config& to);
/// What only agents behind HTTP have.
void read_http_agent(object_reader& in, agent_config& to);
/// Laid over `usual` where the names are the same.
void read_agents(const value& from, const std::vector<agent_config>& usual,
                 std::vector<agent_config>& to);

template <class Visit>
void section(object_reader& in, std::string_view key, Visit visit) {
  auto x = in.find(key);
  if (!x || x->kind() == core::node_kind::null)
    return;
  object_reader inner{*x};
  visit(inner);
}

} // namespace troupe::runtime::config_reading
