#pragma once

#include <functional>
#include <memory>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "client/ask_again.hpp"
#include "client/http_api.hpp"
#include "troupe/client.hpp"

namespace troupe {

struct client::parts {
  explicit parts(client_options with);

  /// An operation with its params.
  client_answer ask(const std::string& op, const nlohmann::json& params,
                    const call_options& how = {});
  /// The same with a source of work in `params`.
  client_accepted submit(nlohmann::json params, const submission_options& how);
  /// With `run` or `task`, as the id is one's; or what is wrong with it.
  client_answer ask_about(const std::string& op, const std::string& id,
                          nlohmann::json params, const call_options& how = {});

  /// Each try is a request that begins when the one before has failed.
  using try_once =
    std::function<void(std::chrono::milliseconds timeout,
                       std::function<void(core::api_answer)> then)>;
  client_answer ask_again(const try_once& once, remote::repeat what,
                          const call_options& how);

  const client_options opts;
  failure problem; // Of the options: nothing can come of calls.
  std::unique_ptr<remote::http_api> api; // Null with a problem.
};

/// As the public header has it.
client_answer to_public(const core::api_answer& from, bool in_doubt = false);

client_answer refused(std::string why);

} // namespace troupe
