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

  core::page page() const {
    core::page x;
    if (auto pos = params.find("limit");
        pos != params.end() && pos->is_number_unsigned())
      x.limit = std::min(pos->get<uint32_t>(), 1000u);
    x.after = word("after").value_or("");
    return x;
  }
};

} // namespace troupe::runtime
