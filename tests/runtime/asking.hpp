#pragma once

#include <catch2/catch.hpp>

#include <future>
#include <string>

#include <nlohmann/json.hpp>

#include "core/api.hpp"
#include "troupe/node.hpp"

namespace troupe::test {

inline nlohmann::json ask(node& n, const std::string& operation,
                          const nlohmann::json& params = {}) {
  std::string body;
  auto why = n.ask(operation, params.is_null() ? "{}" : params.dump(), body);
  INFO(operation << ": " << why.message);
  REQUIRE_FALSE(why);
  return nlohmann::json::parse(body);
}

/// Whether the run ends within a time that is ample.
inline bool ends(node& n, const std::string& run) {
  auto watched = std::make_shared<std::promise<void>>();
  core::watch_request what;
  what.run = *core::id_from(run);
  n.api()->watch(what, [watched](const core::watch_event& x) {
    if (x.last)
      watched->set_value();
    return !x.last;
  });
  return watched->get_future().wait_for(std::chrono::seconds{20})
         == std::future_status::ready;
}

} // namespace troupe::test
