#pragma once

#include <string>

#include "mcp/request.hpp"

// A run as a task of the protocol: its id is the run's, so it is as durable as
// the run and known to every node that knows that one.

namespace troupe::mcp {

/// The client wants the answer to this call of a tool later.
bool wants_task(const request& r);

/// Answers with the task that is this run.
void answer_with_task(const request_ptr& r, const std::string& run);

void get_task(const request_ptr& r);
void update_task(const request_ptr& r); // Of the modern era.
void cancel_task(const request_ptr& r);
void task_result(const request_ptr& r); // These two of the legacy one.
void list_tasks_of_client(const request_ptr& r);

} // namespace troupe::mcp
