#pragma once

#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "runtime/api_json.hpp"
#include "runtime/node_api.hpp"

namespace troupe::runtime {

/// One call while it is worked on.
struct node_api::question {
  core::api_request what;
  nlohmann::json params; // An object.
  callback then;
  core::text labels; // Of the run that it makes; empty: its definition's.

  std::optional<std::string> word(const char* name) const {
    auto pos = params.find(name);
    if (pos == params.end() || !pos->is_string())
      return std::nullopt;
    return pos->get<std::string>();
  }

  /// An id; answers the call and returns nothing if it is none.
  std::optional<core::id> id(const char* name) {
    auto text = word(name);
    auto value = text ? core::id_from(*text) : std::nullopt;
    if (!value)
      then(refuse(errc::invalid,
                  std::string{"`"} + name + "` must be the UUID of a "
                    + (name == std::string{"task"} ? "task" : "run")));
    return value;
  }

  /// What part of a list; answers the call and returns nothing if it is none.
  std::optional<core::page> page() {
    core::page x;
    x.after = word("after").value_or("");
    auto pos = params.find("limit");
    if (pos == params.end())
      return x;
    auto wanted = pos->is_number_unsigned() ? pos->get<uint64_t>() : 0;
    if (wanted < 1 || wanted > page_rows_max) {
      then(refuse(errc::invalid, "`limit` must be from 1 to "
                                   + std::to_string(page_rows_max)
                                   + "; go on with `after`"));
      return std::nullopt;
    }
    x.limit = static_cast<uint32_t>(wanted);
    return x;
  }

  static constexpr uint32_t page_rows_max = 1000;
};

core::api_answer refuse_not_found(const char* what, core::id id);

/// The run's row if it is one of this workspace; else answers the call.
std::optional<core::run_row> row_or_refusal(core::store_reader& store,
                                            core::id id,
                                            const std::string& workspace,
                                            const node_api::callback& then);

} // namespace troupe::runtime
