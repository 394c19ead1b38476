#pragma once

#include <catch2/catch.hpp>

#include <cstdlib>
#include <future>
#include <string>

#include "outbound/odd_server.hpp"
#include "runtime/config_cast.hpp"
#include "runtime/configured_node.hpp"
#include "runtime/directory.hpp"

// A configured node and those outside that it speaks to.

namespace troupe::test {

using nlohmann::json;

/// A node without doors, with this configuration over the usual one.
struct scene {
  /// `where`: its data directory; empty: one of its own.
  explicit scene(const std::string& text, const std::string& where = {})
    : node(runtime::read_config("node: {data: '"
                                  + (where.empty() ? data / "d" : where)
                                  + "', shards: 4}\n" + text,
                                {})) {}

  void start() {
    auto why = node.start(runtime::doors::none);
    INFO(why.message);
    REQUIRE_FALSE(why);
  }

  core::api_answer call(const char* op, const json& params) {
    std::promise<core::api_answer> answered;
    core::api_request what;
    what.op = op;
    what.params = core::text{params.dump()};
    what.by.trace = trace;
    node.api()->call(
      what, [&](core::api_answer x) { answered.set_value(std::move(x)); });
    return answered.get_future().get();
  }
  json ask(const char* op, const json& params = json::object()) {
    auto got = call(op, params);
    INFO(op << ": " << got.error.message);
    REQUIRE_FALSE(got.error);
    return json::parse(got.body.view());
  }
  /// The run at its end.
  json run(const json& task) {
    return ask("submit", {{"tasks", json::array({task})}, {"wait", true}});
  }

  directory data;
  std::string trace;
  runtime::configured_node node;
};

/// A secret that configurations can name.
inline const bool secret_is_there =
  ::setenv("TROUPE_TEST_SECRET", "not to be seen", 1) == 0;

/// A task of an ad-hoc list.
inline json for_agent(const std::string& name) {
  return {{"agent", name}, {"input", {{"n", 1}}}};
}

/// Looks at what came, and waits for more, until `good`.
template <class Good>
void until(const odd_server& server, Good good) {
  for (size_t n = 1; !good(server.all()); ++n)
    server.wait_for(n);
}

} // namespace troupe::test
