#include <algorithm>
#include <future>
#include <stdexcept>
#include <utility>

#include <nlohmann/json.hpp>

#include "client/client_parts.hpp"
#include "core/json_text.hpp"

namespace troupe {

namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// Can stand in the head of a request.
bool is_header_text(const std::string& text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c >= ' ' && c <= '~'; });
}

std::string first_problem(const client_options& opts) {
  auto all = problems(opts);
  return all.empty() ? std::string{} : all[0];
}

/// What is left of a deadline, and no more than a try may take; 0: none.
milliseconds within(const client_options& opts, milliseconds left) {
  return left.count() == 0 ? left : std::min(left, opts.call_timeout);
}

/// With a key where the node takes one.
std::string key_for(remote::repeat what, const call_options& how) {
  return how.idempotency_key.empty() && what == remote::repeat::keyed
           ? remote::new_key("client-")
           : how.idempotency_key;
}

} // namespace

std::vector<std::string> problems(const client_options& opts) {
  std::vector<std::string> out;
  if (auto where = remote::parse_node_address(opts.node); !where)
    out.push_back(where.error().message);
  else if (auto why = remote::token_problem(*where, opts.token))
    out.push_back(why.message);
  if (opts.workspace.empty() || !is_header_text(opts.workspace))
    out.push_back("workspace is a name of printable characters, e.g. "
                  "`default`");
  if (opts.tries_max == 0)
    out.push_back("tries_max is 1 at least: the first try counts");
  for (auto time :
       {opts.connect_timeout, opts.call_timeout, opts.stream_silence_max})
    if (time.count() <= 0)
      out.push_back("connect_timeout, call_timeout and stream_silence_max are "
                    "longer than nothing");
  for (auto time :
       {opts.retry_pause, opts.retry_pause_max, opts.retry_after_max})
    if (time.count() < 0)
      out.push_back("retry_pause, retry_pause_max and retry_after_max are not "
                    "negative");
  return out;
}

client_answer refused(std::string why) {
  client_answer out;
  out.error = {errc::invalid, category::validation, std::move(why)};
  return out;
}

client_answer to_public(const core::api_answer& from, bool in_doubt) {
  client_answer out;
  out.error = from.error;
  for (const auto& x : from.problems)
    out.problems.push_back({x.where, x.line, x.column, x.what, x.hint});
  out.body = from.body.view();
  out.in_doubt = in_doubt;
  out.retry_after = std::chrono::duration_cast<milliseconds>(from.retry_after);
  return out;
}

client::parts::parts(client_options with) : opts(std::move(with)) {
  if (auto why = first_problem(opts); !why.empty()) {
    problem = {errc::invalid, category::validation, why};
    return;
  }
  remote::http_api::limits limits;
  limits.connect_timeout = opts.connect_timeout;
  limits.call_timeout = opts.call_timeout;
  limits.stream_silence_max = opts.stream_silence_max;
  limits.body_bytes_max = opts.answer_bytes_max;
  auto made = std::make_unique<remote::http_api>(
    *remote::parse_node_address(opts.node), limits,
    remote::node_login{opts.token, opts.ca_file});
  problem = made->problem();
  if (!problem)
    api = std::move(made);
}

client_answer client::parts::ask_again(const try_once& once,
                                       remote::repeat what,
                                       const call_options& how) {
  if (problem) {
    client_answer out;
    out.error = problem;
    return out;
  }
  remote::patience with;
  with.tries_max = opts.tries_max;
  with.pause = opts.retry_pause;
  with.pause_max = opts.retry_pause_max;
  with.awaits_node = true;
  with.retry_after_max = opts.retry_after_max;
  if (how.deadline.count() > 0)
    with.until = steady_clock::now() + how.deadline;
  auto one_try = [&] {
    auto timeout = milliseconds{0};
    if (how.deadline.count() > 0) {
      auto left =
        std::chrono::ceil<milliseconds>(with.until - steady_clock::now());
      timeout = std::max(left, milliseconds{1});
    }
    auto answer = std::make_shared<std::promise<core::api_answer>>();
    auto waiting = answer->get_future();
    once(timeout,
         [answer](core::api_answer got) { answer->set_value(std::move(got)); });
    return waiting.get();
  };
  auto got = remote::ask_again(one_try, what, with);
  return to_public(got.answer, got.in_doubt);
}

client_answer client::parts::ask(const std::string& op, const json& params,
                                 const call_options& how) {
  if (!is_header_text(how.idempotency_key))
    return refused("an idempotency key has printable characters only");
  core::api_request request{
    op, opts.workspace, {}, core::text{core::to_compact(params)}, {}};
  auto target = remote::to_http(request);
  if (!target)
    return refused("no route does `" + op
                   + "` with these params; docs/api.md lists them");
  auto what =
    target->method == "GET" ? remote::repeat::harmless : remote::repeat_of(op);
  request.idempotency_key = key_for(what, how);
  return ask_again(
    [&](milliseconds timeout, auto then) {
      auto once = *target;
      once.timeout = once.waits ? timeout : within(opts, timeout);
      api->send(std::move(once), request, std::move(then));
    },
    what, how);
}

client_answer client::parts::ask_about(const std::string& op,
                                       const std::string& id, json params,
                                       const call_options& how) {
  auto known = core::id_from(id);
  if (!known)
    return refused("`" + id
                   + "` is no id of a run or a task: a UUID, as the node gave "
                     "it");
  params[known->number() == 0 ? "run" : "task"] = to_string(*known);
  return ask(op, params, how);
}

// -- the doors that are open to everything

client::client(client_options opts)
  : parts_(std::make_unique<parts>(std::move(opts))) {}

client::~client() = default;

client_answer client::ask(const std::string& operation,
                          const std::string& params, const call_options& how) {
  auto given = json::parse(params, nullptr, false);
  if (!given.is_object())
    return refused("the params of `" + operation + "` are no JSON object");
  return parts_->ask(operation, given, how);
}

client_answer client::call(const std::string& method, const std::string& path,
                           const std::string& body, const call_options& how) {
  constexpr std::string_view methods[] = {"GET", "POST", "PUT", "DELETE"};
  if (std::find(std::begin(methods), std::end(methods), method)
      == std::end(methods))
    return refused("`" + method + "` is none of GET, POST, PUT and DELETE");
  if (!path.starts_with('/') || !is_header_text(path)
      || path.find(' ') != path.npos)
    return refused("a path begins with / and is percent-encoded: " + path);
  if (!is_header_text(how.idempotency_key))
    return refused("an idempotency key has printable characters only");
  auto what = method == "GET"               ? remote::repeat::harmless
              : how.idempotency_key.empty() ? remote::repeat::harmful
                                            : remote::repeat::keyed;
  core::api_request as{{}, parts_->opts.workspace, {}, {}, how.idempotency_key};
  return parts_->ask_again(
    [&](milliseconds timeout, auto then) {
      parts_->api->send(
        {method, path, body, false, within(parts_->opts, timeout)}, as,
        std::move(then));
    },
    what, how);
}

} // namespace troupe
