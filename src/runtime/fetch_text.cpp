#include <future>

#include "core/jwt_keys.hpp"
#include "core/url.hpp"
#include "outbound/http_client.hpp"
#include "runtime/config_values.hpp"
#include "runtime/login_source.hpp"

namespace troupe::runtime {

namespace {

constexpr std::chrono::seconds fetch_deadline{10};

core::result<outbound::http_answer> answer_of(outbound::http_call what) {
  std::promise<core::result<outbound::http_answer>> told;
  auto answer = told.get_future();
  // One for each time: keys are fetched once an hour.
  outbound::http_client client;
  client.send(std::move(what),
              [&told](auto got) { told.set_value(std::move(got)); });
  return answer.get();
}

} // namespace

core::result<std::string> fetch_text(const std::string& url) {
  auto to = core::parse_url(url);
  if (!to || (!to->secure && !config_reading::is_loopback_url(url)))
    return {errc::invalid, "this is no https URL of keys"};
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
  auto got = answer_of(std::move(what));
  if (!got)
    return failed(got.error().message);
  if (got->status != 200)
    return failed("it answers " + std::to_string(got->status));
  return std::move(got->body);
}

} // namespace troupe::runtime
