#pragma once

#include <sys/types.h>

#include <csignal>

#include "services/spawn_wire.hpp"

namespace troupe::services {

/// How a spawner tells a keeper what to do. Not SIGTERM: a service manager that
/// stops the node sends that to everybody, and agents are to drain.
inline constexpr int keeper_terminate_signal = SIGUSR1;
inline constexpr int keeper_kill_signal = SIGUSR2;

/// The life of a keeper: one for each process that the node started, forked by
/// the spawner. It starts the process, adopts whatever that leaves behind (it
/// is their subreaper, so neither setsid nor a double fork escapes), and leaves
/// only when no descendant is left: then waitpid has no child, which is the
/// proof. When the process ends, or the spawner dies, it kills the rest.
///
/// `packet` is a `start` with its three descriptors; reports go to the node
/// over `socket`. REQUIRES: forked from a process with one thread, SIGCHLD and
/// both signals blocked.
[[noreturn]] void keep(spawn_packet packet, int socket, pid_t spawner);

} // namespace troupe::services
