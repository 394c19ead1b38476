#include "runtime/http_agents.hpp"

#include <nlohmann/json.hpp>

#include "runtime/api_json.hpp"
#include "runtime/secret_reference.hpp"

namespace troupe::runtime {

using nlohmann::json;

namespace {

/// Without the slash at its end.
std::string trimmed(std::string base) {
  while (base.ends_with('/'))
    base.pop_back();
  return base;
}

} // namespace

outbound::client_options client_options_of(const outbound_config& how) {
  outbound::client_options out;
  out.connections_max = how.connections_max;
  out.ca_file = how.ca_file;
  return out;
}

core::instant utc_now() {
  return std::chrono::floor<core::duration>(std::chrono::system_clock::now());
}

core::result<core::url> url_of(const agent_config& x,
                               const outbound_config& how) {
  if (!x.http.url.starts_with('/'))
    return core::parse_url(x.http.url);
  if (how.base.empty())
    return failure{errc::invalid, category::validation,
                   "its address is the path " + x.http.url
                     + ", and `outbound.base` does not say of which host"};
  return core::parse_url(trimmed(how.base) + x.http.url);
}

http_agents::http_agents(const outbound_config& how, trace_source traces)
  : how_(how), traces_(std::move(traces)), client_(client_options_of(how)) {}

core::result<reactive_factory> http_agents::make(const agent_config& x) {
  auto at = url_of(x, how_);
  if (!at)
    return at.error();
  agents::http_agent_options opts;
  opts.name = x.who.name;
  opts.at = *at;
  if (!x.http.secret.empty()) {
    auto secret = read_secret(x.http.secret);
    if (!secret)
      return secret.error();
    opts.secret = std::move(*secret);
  }
  opts.callback_base = trimmed(x.http.callback);
  opts.rules.envelope = x.answers == services::answer_form::envelope;
  opts.rules.callbacks = !opts.callback_base.empty();
  opts.rules.poll_every = x.http.poll_every;
  opts.breaker = x.http.breaker;
  opts.call_timeout = x.http.call_timeout;
  opts.answer_bytes_max = x.http.answer_bytes;
  agents::http_means means{client_, callbacks_, utc_now, traces_};
  auto made =
    std::make_shared<agents::http_endpoint>(std::move(opts), std::move(means));
  std::lock_guard guard{mutex_};
  all_[x.who.name] = made;
  return agents::http_agent(std::move(made));
}

void http_agents::add_to(json& entry) const {
  std::lock_guard guard{mutex_};
  auto pos = all_.find(entry.value("name", ""));
  if (pos != all_.end() && entry.value("kind", "") == "http")
    entry["http"] = pos->second->shown();
}

core::api_answer http_agents::take(const std::string& token,
                                   const std::string& body) {
  auto what = core::judge_callback(body);
  if (!what)
    return refuse(errc::invalid, what.error().message);
  if (!callbacks_.take(token, std::move(*what)))
    return refuse(errc::not_found,
                  "nobody waits for this callback: it was used, its attempt "
                  "has ended, or the node was started anew and has asked "
                  "again");
  return answer_with({{"taken", true}});
}

} // namespace troupe::runtime
