#include "mcp/request.hpp"

#include <algorithm>
#include <array>

#include "core/json_text.hpp"
#include "core/sha256.hpp"
#include "mcp/seal.hpp"

namespace troupe::mcp {

using nlohmann::json;

namespace {

json abilities(era spoken, const json& params, const session_ptr& in) {
  if (spoken == era::modern)
    return member(member(params, "_meta"), key::capabilities);
  return in ? in->capabilities() : json{};
}

// From the least to the most severe.
constexpr std::array<std::string_view, 8> levels{
  "debug", "info",     "notice", "warning",
  "error", "critical", "alert",  "emergency"};

size_t rank_of(std::string_view level) {
  return static_cast<size_t>(std::find(levels.begin(), levels.end(), level)
                             - levels.begin());
}

} // namespace

request::request(era form, json message, caller who, outlet_ptr to,
                 session_ptr session, std::shared_ptr<const surroundings> house)
  : spoken(form), id(member(message, "id")), method(text_of(message, "method")),
    params(member(message, "params")), from(std::move(who)),
    in(std::move(session)), around(std::move(house)), to_(std::move(to)),
    capabilities_(abilities(form, params, in)) {}

bool request::can(std::string_view ability) const {
  return member(capabilities_, ability).is_object();
}

bool request::can_tasks() const {
  return spoken == era::modern
         && member(member(capabilities_, "extensions"), key::tasks).is_object();
}

void request::call(const std::string& op, const json& wanted, then what,
                   const std::string& key) const {
  core::api_request ask{op, from.workspace, from.by,
                        core::text{core::to_compact(wanted)}, key};
  from.api->call(std::move(ask), std::move(what));
}

// -- answering

void request::succeed(json result) {
  if (answered_.exchange(true))
    return;
  if (in)
    in->end(id);
  if (spoken == era::modern) {
    result.emplace("resultType", "complete");
    result["_meta"][key::server_info] = server_info();
  }
  if (!cancelled_)
    to_->finish(
      {{{"jsonrpc", "2.0"}, {"id", id}, {"result", std::move(result)}}});
}

void request::fail(int code, std::string_view message, const json& data,
                   unsigned status) {
  if (answered_.exchange(true))
    return;
  if (in)
    in->end(id);
  // Clients of sessions take any other status for a broken connection.
  if (spoken == era::legacy)
    status = 200;
  if (!cancelled_)
    to_->finish({error_message(id, code, message, data), status});
}

void request::need_capability(const json& which) {
  fail(code::missing_capability,
       "this needs a capability that the client did not declare: "
         + core::to_compact(which),
       {{"requiredCapabilities", which}}, 400);
}

void request::progress(double done, double total, std::string_view message) {
  const auto& token = member(member(params, "_meta"), "progressToken");
  if (token.is_null() || answered_)
    return;
  {
    std::lock_guard guard{mutex_};
    if (done <= progress_)
      return;
    progress_ = done;
  }
  json said{{"progressToken", token}, {"progress", done}, {"total", total}};
  if (!message.empty())
    said["message"] = message;
  to_->send(notification("notifications/progress", std::move(said)));
}

void request::log(std::string_view level, std::string_view logger,
                  const json& data) {
  auto wanted = spoken == era::modern
                  ? text_of(member(params, "_meta"), key::log_level)
                : in ? in->log_level()
                     : std::string{};
  if (wanted.empty() || answered_ || rank_of(level) < rank_of(wanted))
    return;
  to_->send(
    notification("notifications/message",
                 {{"level", level}, {"logger", logger}, {"data", data}}));
}

bool request::tell(const json& said) {
  return !answered_ && to_->send(said);
}

void request::cancel() {
  if (answered_.exchange(true))
    return;
  cancelled_ = true;
  if (in)
    in->end(id);
  to_->finish({nullptr, 202});
}

bool request::abandoned() const {
  return answered_ || cancelled_ || !to_->open();
}

// -- asking back

/// What a sealed state is good for: the same request of the same caller.
std::string request::purpose() const {
  auto same = params;
  for (const auto* name : {"_meta", "inputResponses", "requestState"})
    if (same.is_object())
      same.erase(name);
  return owner_of(from) + "/" + method + "/"
         + core::sha256_hex(core::to_compact(same));
}

bool request::take_answers() {
  if (spoken == era::legacy)
    return true;
  auto given = params.is_object() && params.contains("inputResponses");
  const auto& responses = member(params, "inputResponses");
  auto good = responses.is_object()
              && std::all_of(responses.begin(), responses.end(),
                             [](const json& x) { return x.is_object(); });
  if (given && !good) {
    fail(code::invalid_params,
         "`inputResponses` must be an object with an object for each key");
    return false;
  }
  if (given)
    answers_ = responses;
  const auto& sealed = member(params, "requestState");
  if (sealed.is_null())
    return true;
  auto text = sealed.is_string()
                ? unseal(around->secret, purpose(), sealed.get<std::string>())
                : std::nullopt;
  if (!text) {
    fail(code::invalid_params, "`requestState` is not the one that this "
                               "request was answered with; begin it anew");
    return false;
  }
  auto kept = json::parse(*text, nullptr, false);
  state_ = member(kept, "state");
  for (const auto& [name, value] : member(kept, "answers").items())
    answers_.emplace(name, value);
  return true;
}

void request::run(handler what) {
  handler_ = std::move(what);
  if (take_answers())
    handler_(shared_from_this());
}

void request::go_on(json state, const json& further) {
  if (answered_ || cancelled_)
    return;
  state_ = std::move(state);
  for (const auto& [name, value] : further.items())
    answers_[name] = value;
  handler_(shared_from_this());
}

void request::ask(json inputs, json state) {
  if (asker_)
    return asker_(std::move(inputs), std::move(state));
  if (spoken == era::legacy)
    return ask_in_session(inputs, std::move(state));
  json kept{{"state", std::move(state)}, {"answers", answers_}};
  json result{{"resultType", "input_required"},
              {"inputRequests", std::move(inputs)}};
  result["requestState"] =
    seal(around->secret, purpose(), core::to_compact(kept));
  succeed(std::move(result));
}

void request::ask_in_session(const json& inputs, json state) {
  struct round {
    std::mutex mutex;
    json answers = json::object();
    size_t open;
  };
  auto shared = std::make_shared<round>();
  shared->open = inputs.size();
  for (const auto& [name, input] : inputs.items()) {
    auto came = [self = shared_from_this(), shared, name = name,
                 state](const json& response) {
      {
        std::lock_guard guard{shared->mutex};
        // A client that cannot answer is as one that does not want to.
        shared->answers[name] = response.contains("result")
                                  ? response["result"]
                                  : json{{"action", "cancel"}};
        if (--shared->open > 0)
          return;
      }
      self->go_on(state, shared->answers);
    };
    if (!in
        || !in->ask(text_of(input, "method"), member(input, "params"), to_,
                    came))
      return fail(code::internal_error,
                  "the client cannot be asked: nobody reads the stream of "
                  "this request, or too many questions (asks_max) are open");
  }
}

const json& request::answer(const std::string& key) const {
  return member(answers_, key);
}

// -- results

bool is_log_level(std::string_view word) {
  return rank_of(word) < levels.size();
}

json failed_result(const core::api_answer& got) {
  auto code = std::string{to_string(got.error.code)};
  auto said = got.error.message.empty() ? std::string{message(got.error.code)}
                                        : got.error.message;
  json value{{"code", code}, {"message", said}};
  auto text = code + ": " + said;
  for (const auto& x : got.problems) {
    value["problems"].push_back({{"pointer", x.where},
                                 {"line", x.line},
                                 {"column", x.column},
                                 {"what", x.what},
                                 {"hint", x.hint}});
    text += "\n" + core::to_text(x, "input");
  }
  auto out = text_result(text, true);
  out["structuredContent"] = std::move(value);
  return out;
}

json body_of(const core::api_answer& got) {
  auto body = json::parse(got.body.view(), nullptr, false);
  return body.is_object() ? body : json{};
}

} // namespace troupe::mcp
