#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/descriptor.hpp"
#include "services/spawn_spec.hpp"

namespace troupe::services {

/// Node and spawner process must speak the same version.
inline constexpr std::string_view spawn_wire_version = "1";

/// Where the spawner process finds its socket.
inline constexpr int spawner_socket_fd = 3;

enum class spawn_word : uint8_t {
  // Node to spawner.
  start,     // `spec`, and stdin, stdout, stderr as descriptors.
  terminate, // Politely, the group.
  kill,      // Everything that descends from it.
  // Spawner or keeper to node.
  started, // `code` is the process id.
  failed,  // It never ran: `code` is errno, `text` the step. The last word.
  gone,    // `end`; nothing of it is alive. The last word.
};

/// One packet on the socket between a node and its spawner.
struct spawn_message {
  spawn_word what = spawn_word::gone;
  uint64_t id = 0;
  int32_t code = 0;
  child_end end;
  std::string text;
  spawn_spec spec; // Only for `start`.
  bool operator==(const spawn_message&) const = default;
};

std::string encode(const spawn_message& message);
std::optional<spawn_message> decode(std::string_view bytes);

struct spawn_packet {
  spawn_message message;
  std::vector<descriptor> descriptors;
};

/// Sends one packet. Returns 0 or errno.
int send_packet(int socket, std::string_view bytes,
                const std::vector<descriptor>& descriptors, int flags);

enum class received : uint8_t { packet, nothing, end };

/// Takes the next packet, without waiting. `end`: no one is left to send, or
/// what came makes no sense.
received receive_packet(int socket, spawn_packet& into);

} // namespace troupe::services
