#include "runtime/key_fetcher.hpp"

#include <future>

#include "core/jwt_keys.hpp"
#include "core/url.hpp"
#include "runtime/config_values.hpp"

namespace troupe::runtime {

namespace {

constexpr std::chrono::seconds fetch_deadline{10};

core::result<outbound::http_answer> answer_of(outbound::http_client& client,
                                              outbound::http_call what) {
  // Shared: an answer may come when nobody waits for it any more.
  using told = std::promise<core::result<outbound::http_answer>>;
  auto promise = std::make_shared<told>();
  auto answer = promise->get_future();
  client.send(std::move(what),
              [promise](auto got) { promise->set_value(std::move(got)); });
  constexpr auto spare = std::chrono::seconds{1}; // The client ends it itself.
  if (answer.wait_for(fetch_deadline + spare) != std::future_status::ready)
    return failure{errc::timed_out, category::timeout,
                   "the system has no thread for it; raise its limit of "
                   "processes and threads"};
  return answer.get();
}

} // namespace

key_fetcher::key_fetcher(outbound::client_options with)
  : client_(std::move(with)) {}

core::result<std::string> key_fetcher::fetch(const std::string& url) {
  auto to = core::parse_url(url);
  if (!to || (!to->secure && !config_reading::is_loopback_url(url)))
    return failure{errc::invalid, category::validation,
                   "its `jwks` is no https URL; name one in auth.issuers"};
  auto failed = [&](const std::string& why) {
    return failure{errc::agent_failed, category::network,
                   "the keys at " + host_text(*to)
                     + " cannot be fetched: " + why};
  };
  outbound::http_call what;
  what.to = *to;
  what.headers = {{"Accept", "application/json"}};
  what.deadline = fetch_deadline;
  what.reply_bytes_max = core::key_text_bytes_max;
  auto got = answer_of(client_, std::move(what));
  if (!got && got.error().kind == category::security)
    return failed(got.error().message
                  + "; if an authority of your own has signed its "
                    "certificate, name that in outbound.ca_file");
  if (!got)
    return failed(got.error().message);
  if (got->status != 200)
    return failed("it answers " + std::to_string(got->status));
  return std::move(got->body);
}

} // namespace troupe::runtime
