#include "mcp/server.hpp"

#include "mcp/instructions.hpp"

// What only clients of 2026-07-28 say.

namespace troupe::mcp {

using nlohmann::json;

void server::discover(const request_ptr& r) {
  r->succeed({{"supportedVersions", {revision::modern}},
              {"capabilities", capabilities(era::modern)},
              {"instructions", instructions},
              {"ttlMs", 60'000},
              {"cacheScope", "public"}});
}

void server::listen_to(const request_ptr& r) {
  const auto& wanted = member(r->params, "notifications");
  if (!wanted.is_object())
    return r->fail(code::invalid_params, "`notifications` must be an object");
  subscriptions::listener who;
  auto granted = json::object();
  for (const auto* list : {"tools", "prompts"}) {
    auto field = std::string{list} + "ListChanged";
    if (!around_->fixtures || member(wanted, field) != true)
      continue;
    granted[field] = true;
    who.lists.insert(list);
  }
  auto uris = member(wanted, "resourceSubscriptions");
  auto tell = [r](json said) {
    said["params"]["_meta"][key::subscription] = r->id;
    return r->tell(said);
  };
  who.tell = tell;
  who.there = [r] { return !r->abandoned(); };
  auto key = "listen-" + around_->chance();
  if (!subscriptions_->add(key, std::move(who)))
    return r->fail(code::limit_reached, too_many_listeners());
  auto followed = json::array();
  if (uris.is_array() && uris.size() <= uris_max)
    for (const auto& x : uris)
      if (x.is_string() && is_resource(x.get<std::string>()))
        followed.push_back(x);
  if (!followed.empty())
    granted["resourceSubscriptions"] = followed;
  // Before anything can be told.
  tell(notification("notifications/subscriptions/acknowledged",
                    {{"notifications", std::move(granted)}}));
  for (const auto& x : followed)
    subscriptions_->follow(key, x.get<std::string>(), r->from);
}

} // namespace troupe::mcp
