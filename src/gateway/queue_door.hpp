#pragma once

#include <optional>
#include <string>

#include "gateway/problem_details.hpp"

// The task queue's contract on the wire, where it is another one than ours:
// docs/task-queue.md.

namespace troupe::gateway {

/// Whether programs of the contract ask there.
bool is_queue_path(const std::string& target);

/// Their form of an error.
http_reply queue_reply(const complaint& what, const http_request& about);

/// They name their workspace in the body or the query: takes `workspace_id` out
/// of the params of an operation of the queue. To cancel or retry they need not
/// name it: where it is not, and the caller's rights hold in every one, it is
/// empty, and the task is found wherever it is.
std::optional<complaint> take_workspace(const http_request& req,
                                        const std::string& op,
                                        std::string& params,
                                        std::string& workspace);

} // namespace troupe::gateway
