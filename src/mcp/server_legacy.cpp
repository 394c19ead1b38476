#include "mcp/server.hpp"

#include "mcp/instructions.hpp"

// What only clients up to 2025-11-25 say.

namespace troupe::mcp {

using nlohmann::json;

void server::initialize(const caller& from, const json& message,
                        const outlet_ptr& to, const session_ptr& pipe) {
  const auto& id = member(message, "id");
  const auto& params = member(message, "params");
  auto in = pipe ? pipe
                 : book_.open(around_->chance(), owner_of(from),
                              session_book::clock::now());
  if (!in)
    return to->finish(
      {error_message(id, code::limit_reached,
                     "too many sessions are open (sessions_max "
                       + std::to_string(sessions_max) + "); try again later"),
       503});
  in->agree(member(params, "capabilities"));
  auto weak = std::weak_ptr<session>{in};
  // A session without a stream is told when it has one.
  auto tell = [weak](const json& said) {
    auto self = weak.lock();
    return self && (self->tell(said), true);
  };
  auto there = [weak] { return !weak.expired(); };
  if (!subscriptions_->add(in->id, {tell, there, {"tools", "prompts"}})) {
    book_.close(in->id, owner_of(from));
    return to->finish(
      {error_message(id, code::limit_reached, too_many_listeners()), 503});
  }
  auto version = text_of(params, "protocolVersion");
  json result{{"protocolVersion", revision::is_legacy(version)
                                    ? version
                                    : std::string{revision::legacy}},
              {"capabilities", capabilities(era::legacy)},
              {"serverInfo", server_info()},
              {"instructions", instructions}};
  to->finish({{{"jsonrpc", "2.0"}, {"id", id}, {"result", std::move(result)}},
              200,
              pipe ? std::string{} : in->id});
}

void server::ping(const request_ptr& r) {
  r->succeed(json::object());
}

void server::set_level(const request_ptr& r) {
  auto level = text_of(r->params, "level");
  if (!is_log_level(level))
    return r->fail(code::invalid_params,
                   "`level` is one of debug, info, notice, warning, error, "
                   "critical, alert, emergency");
  r->in->set_log_level(std::move(level));
  r->succeed(json::object());
}

void server::subscribe(const request_ptr& r) {
  auto uri = text_of(r->params, "uri");
  if (!is_resource(uri))
    return r->fail(code::invalid_params,
                   "`uri` is no resource; resources/list and "
                   "resources/templates/list say what there is");
  if (!subscriptions_->follow(r->in->id, uri, r->from))
    return r->fail(code::limit_reached, "a client follows at most "
                                          + std::to_string(uris_max)
                                          + " resources (uris_max)");
  r->succeed(json::object());
}

void server::unsubscribe(const request_ptr& r) {
  subscriptions_->unfollow(r->in->id, text_of(r->params, "uri"));
  r->succeed(json::object());
}

} // namespace troupe::mcp
