#pragma once

#include <memory>

#include "mcp/prompt.hpp"
#include "mcp/resource.hpp"
#include "mcp/subscriptions.hpp"
#include "mcp/tool.hpp"

// What the official conformance suite expects a server to offer, so that it can
// see the protocol at work. A node has it with --conformance-fixtures only.

namespace troupe::mcp::fixtures {

class task_book;
using task_book_ptr = std::shared_ptr<task_book>;

/// Tools that answer with contents of every kind.
tools content_tools();
/// Tools that tell and ask while they work.
tools talking_tools(const std::shared_ptr<subscriptions>& listeners);
/// Tools that need answers of the client's user, in one or more rounds.
tools asking_tools();
/// Tools that become tasks, and their tasks.
tools lasting_tools(const task_book_ptr& book);
task_book_ptr make_task_book();
/// A request for one of those tasks was answered.
bool takes_task(task_book& book, const request_ptr& r);

resources all_resources();
prompts all_prompts();

// -- for those above

/// A tool without hints, whose fields are texts.
tool make(std::string name, std::string description,
          std::vector<std::string> fields, handler run);
/// Questions to the user, as `request::ask` takes them.
nlohmann::json elicit(std::string_view message, nlohmann::json properties,
                      nlohmann::json required);
nlohmann::json sample(std::string_view prompt, int tokens_max);
/// A PNG of one pixel, in base64.
extern const char* const pixel;

} // namespace troupe::mcp::fixtures
