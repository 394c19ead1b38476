#pragma once

namespace troupe::services {

/// True if a program was called to be a spawner: `argv[1]` is "__spawner".
/// Ask first thing in main, before any thread, and leave with
/// `spawner_process`'s answer.
bool called_as_spawner(int argc, char** argv);

/// True if this program asked `called_as_spawner`, so that it can be its own
/// spawner.
bool can_be_spawner();

/// The life of a spawner: forks a keeper for each process the node wants, is
/// the subreaper of them all, and when the node is gone kills every descendant
/// before it leaves. Arguments: PROGRAM __spawner VERSION NODE_PID, the socket
/// to the node as descriptor 3. Answers the exit code.
int spawner_process(int argc, char** argv);

} // namespace troupe::services
