#include <algorithm>

#include "core/agent_link.hpp"
#include "core/backoff.hpp"
#include "core/json_text.hpp"

// What a long-lived agent says, and what it means.

namespace troupe::core {

namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using fate = link_actions::fate;

// Who does not do such work will not do it in a second either.
constexpr std::chrono::milliseconds unsupported_delay{30'000};
constexpr size_t capability_bytes_max = 100;

std::string text_of(const json& from, const char* key) {
  auto x = from.find(key);
  return x != from.end() && x->is_string() ? x->get<std::string>() : "";
}

std::optional<double> number_of(const json& from, const char* key) {
  auto x = from.find(key);
  if (x == from.end() || !x->is_number())
    return std::nullopt;
  return x->get<double>();
}

milliseconds delay_of(const json& from, milliseconds otherwise) {
  auto asked = number_of(from, "retry_after_ms");
  if (!asked)
    return otherwise;
  constexpr double longest =
    std::chrono::duration_cast<milliseconds>(retry_after_max).count();
  // Written so that what is no number counts as nothing.
  return milliseconds{
    *asked > 0 ? static_cast<int64_t>(std::min(*asked, longest)) : 0};
}

/// The attempt that a frame is about; none: it does not say.
std::optional<link_key> key_of(const json& params) {
  auto task = text_of(params, "task");
  auto attempt = params.find("attempt");
  if (task.empty() || attempt == params.end() || !attempt->is_number_unsigned()
      || attempt->get<uint64_t>() > UINT32_MAX)
    return std::nullopt;
  return link_key{std::move(task), attempt->get<uint32_t>()};
}

/// The words of the protocol for kinds of failures, beside our own.
category category_of(const std::string& word) {
  if (word == "permanent" || word == "budget")
    return category::business;
  if (word == "policy")
    return category::security;
  return category_from(word).value_or(category::unknown);
}

bool is_capability(const json& x) {
  if (!x.is_string())
    return false;
  const auto& word = x.get_ref<const std::string&>();
  return !word.empty() && word.size() <= capability_bytes_max
         && std::all_of(word.begin(), word.end(), [](char c) {
              return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
                     || (c >= '0' && c <= '9') || c == '_' || c == '-'
                     || c == '.';
            });
}

/// `deploy` allows `deploy.k8s`, too.
bool allows(const std::vector<std::string>& allowed, const std::string& word) {
  return allowed.empty()
         || std::any_of(allowed.begin(), allowed.end(), [&](const auto& x) {
              return word == x || word.starts_with(x + ".");
            });
}

} // namespace

link_actions agent_link::receive(std::string_view bytes, instant now) {
  if (phase_ == phase::down)
    return taken();
  auto interval = duration{1'000'000} / std::max(1u, limits_.frames_per_second);
  read_at_ = std::max(read_at_, now - interval * limits_.frames_burst);
  lines_.take(
    bytes,
    [&](std::string_view line) {
      read_at_ += interval;
      return !deaf_ && take_line(line, now);
    },
    [&] {
      return !deaf_
             && fault({link_code::frame_too_big, nullptr,
                       "a line is longer than "
                         + std::to_string(limits_.frame_bytes_max)
                         + " bytes (limits.stdout_bytes) and was dropped; "
                           "write large results to a file and answer with its "
                           "name"},
                      now);
    });
  beat(now);
  return taken();
}

/// False: it does not count any more what the agent says.
bool agent_link::take_line(std::string_view line, instant now) {
  link_frame frame;
  link_fault why;
  if (!read_frame(line, frame, why))
    return fault(why, now);
  if (!greeted_ && frame.method != "link/hello")
    return fault(
      {link_code::no_request, frame.id, "say link/hello before anything else"},
      now);
  heard_at_ = now;
  warned_ = false;
  switch (frame.what) {
    case link_frame::kind::request:
      take_request(frame, now);
      break;
    case link_frame::kind::notification:
      take_notification(frame);
      break;
    case link_frame::kind::answer:
    case link_frame::kind::refusal:
      take_answer(frame, now);
      break;
  }
  return !deaf_;
}

/// A frame that breaks a rule hurts nobody but, if there are many, its process.
bool agent_link::fault(const link_fault& why, instant now) {
  if (now - faults_since_ > std::chrono::minutes{1}) {
    faults_since_ = now;
    faults_ = 0;
  }
  out_.frames += link_error(why);
  if (++faults_ < limits_.faults_max)
    return true;
  deaf_ = true;
  leave(fate::kill,
        {errc::agent_crashed, category::agent_crash,
         "`" + name_ + "` wrote " + std::to_string(limits_.faults_max)
           + " wrong frames within a minute (faults_max) and was ended; the "
             "last: "
           + why.message});
  out_.process = fate::kill;
  return false;
}

void agent_link::take_request(const link_frame& frame, instant now) {
  std::optional<link_fault> why;
  if (frame.method == "link/hello")
    return greet(frame, now);
  if (frame.method == "task/result" || frame.method == "task/error")
    why = take_end(frame);
  else
    why = link_fault{link_code::no_method, frame.id,
                     "there is no `" + frame.method.substr(0, 60) + "`"};
  if (!why)
    out_.frames += link_answer(frame.id, {{"ok", true}});
  else if (why->code == link_code::wrong_params)
    fault(*why, now);
  else
    out_.frames += link_error(*why);
}

// -- the greeting -------------------------------------------------------------

void agent_link::greet(const link_frame& frame, instant now) {
  auto refuse = [&](link_code code, const std::string& what) {
    out_.frames += link_error({code, frame.id, what});
    deaf_ = true;
    leave(fate::finish, {errc::agent_failed, category::dependency,
                         "`" + name_ + "` was refused: " + what});
  };
  if (greeted_ || phase_ != phase::greeting) {
    fault({link_code::no_request, frame.id, "link/hello was said before"}, now);
    return;
  }
  if (auto spoken = text_of(frame.params, "protocol"); spoken != link_protocol)
    return refuse(link_code::wrong_protocol,
                  "this node speaks protocol \"" + std::string{link_protocol}
                    + "\", the agent "
                    + (spoken.empty() ? "does not say which it speaks"
                                      : "\"" + spoken.substr(0, 40) + "\"")
                    + "; use an SDK of this version");
  if (auto why = announce(frame.params))
    return refuse(link_code::wrong_params, why.message);
  greeted_ = true;
  phase_ = phase::ready;
  auto in_ms = [](duration d) {
    return std::chrono::duration_cast<milliseconds>(d).count();
  };
  out_.frames +=
    link_answer(frame.id, {{"protocol", link_protocol},
                           {"name", name_},
                           {"credit", limits_.tasks_max},
                           {"heartbeat_ms", in_ms(limits_.heartbeat)},
                           {"lease_ms", in_ms(limits_.lease)},
                           {"frame_bytes_max", limits_.frame_bytes_max}});
  offer_all(now);
}

failure agent_link::announce(const json& params) {
  auto wrong = [](std::string what) {
    return failure{errc::invalid, category::validation, std::move(what)};
  };
  auto list = params.find("capabilities");
  if (list == params.end() || list->is_null())
    return {};
  if (!list->is_array() || list->empty()
      || list->size() > limits_.capabilities_max
      || !std::all_of(list->begin(), list->end(), is_capability))
    return wrong("`capabilities` must be a list of 1 to "
                 + std::to_string(limits_.capabilities_max)
                 + " words of letters, digits, `.`, `-` and `_`");
  std::vector<std::string> words;
  for (const auto& x : *list)
    if (allows(allowed_, x.get_ref<const std::string&>()))
      words.push_back(x.get<std::string>());
  if (words.empty())
    return wrong("none of the capabilities it announces is among those that "
                 "its configuration allows");
  out_.capabilities = std::move(words);
  return {};
}

// -- notifications ------------------------------------------------------------

void agent_link::take_notification(const link_frame& frame) {
  if (frame.method == "link/credit") {
    if (auto n = number_of(frame.params, "n"))
      credit_ = *n >= 0 && *n < limits_.tasks_max ? static_cast<uint32_t>(*n)
                                                  : limits_.tasks_max;
    return;
  }
  if (frame.method == "link/drain" || frame.method == "link/bye") {
    draining_ = true;
    if (phase_ == phase::ready && (in_hand_ == 0 || frame.method == "link/bye"))
      leave(fate::finish, {});
    return;
  }
  auto key = key_of(frame.params);
  if (!key)
    return; // A heartbeat, or something that a later version will know.
  auto pos = tasks_.find(*key);
  if (pos != tasks_.end() && pos->second.now != step::waiting)
    take_signal(frame, pos);
}

void agent_link::take_signal(const link_frame& frame, held_pos of) {
  if (frame.method == "task/progress") {
    if (auto x = number_of(frame.params, "fraction"))
      out_.signals.push_back(
        {of->first, std::clamp(*x, 0.0, 1.0), text_of(frame.params, "note")});
  } else if (frame.method == "task/log") {
    out_.signals.push_back(
      {of->first, std::nullopt, text_of(frame.params, "line")});
  }
}

// -- answers to task/assign ---------------------------------------------------

void agent_link::take_answer(const link_frame& frame, instant now) {
  if (!frame.id.is_number_unsigned() || frame.id.get<uint64_t>() > last_request_
      || frame.id.get<uint64_t>() == 0) {
    fault({link_code::no_request, nullptr,
           "an answer to a question that was not asked"},
          now);
    return;
  }
  auto asked = asked_.find(frame.id.get<uint64_t>());
  if (asked == asked_.end())
    return; // To task/cancel, or for a task that has ended meanwhile.
  auto pos = tasks_.find(asked->second);
  asked_.erase(asked);
  auto& x = pos->second;
  if (frame.what == link_frame::kind::refusal)
    return refused(pos, frame);
  if (x.now != step::offered)
    return;
  x.now = step::at_work;
  set_due(pos, limits_.task_time_max.count() > 0 ? now + limits_.task_time_max
                                                 : no_instant);
}

/// The agent did not begin. The task goes back to the queue; a try that was not
/// made is not counted.
void agent_link::refused(held_pos which, const link_frame& frame) {
  if (!which->second.wanted)
    return end(which, end_of_process(which->second, {}));
  switch (static_cast<link_code>(frame.code)) {
    case link_code::busy:
    case link_code::declined:
      return end(which,
                 outcome::snooze(delay_of(frame.params, limits_.busy_delay)));
    case link_code::unsupported:
      return end(which,
                 outcome::snooze(delay_of(frame.params, unsupported_delay)));
    default:
      end(which, outcome::failed(shortened(
                   "`" + name_ + "` does not take tasks: " + frame.message)));
  }
}

// -- ends ---------------------------------------------------------------------

std::optional<link_fault> agent_link::take_end(const link_frame& frame) {
  auto fault = [&](link_code code, std::string what) {
    return link_fault{code, frame.id, std::move(what)};
  };
  auto key = key_of(frame.params);
  if (!key)
    return fault(link_code::wrong_params,
                 "`params` must name the `task` and its `attempt`");
  if (auto pos = tasks_.find(*key);
      pos != tasks_.end() && pos->second.now != step::waiting) {
    auto what = frame.method == "task/result"
                  ? result_of(frame.params)
                  : error_of(frame.params, pos->second);
    ended_.emplace_back(*key, frame.method);
    if (ended_.size() > limits_.remembered_max)
      ended_.pop_front();
    end(pos, std::move(what));
    return std::nullopt;
  }
  auto same_task = [&](const link_key& x) { return x.task == key->task; };
  for (const auto& [other, method] : ended_)
    if (other == *key && method == frame.method)
      return std::nullopt; // The same again: the same answer.
  auto known = std::any_of(ended_.begin(), ended_.end(),
                           [&](const auto& x) { return same_task(x.first); })
               || std::any_of(tasks_.begin(), tasks_.end(), [&](const auto& x) {
                    return same_task(x.first);
                  });
  if (known)
    return fault(link_code::stale_attempt,
                 "that attempt has ended; only its first end counts");
  return fault(link_code::unknown_task,
               "this agent has no such task, or not any more");
}

outcome agent_link::result_of(const json& params) const {
  auto output = params.find("output");
  auto out =
    outcome::done(output == params.end() ? "null" : to_compact(*output));
  auto tasks = params.find("tasks");
  if (tasks == params.end() || tasks->is_null()
      || (tasks->is_array() && tasks->empty()))
    return out;
  if (tasks->is_array())
    return std::move(out).with_tasks(to_compact(*tasks));
  out =
    outcome::failed("`" + name_ + "` answered with `tasks` that are no list",
                    category::invalid_result);
  out.error.code = errc::invalid_result;
  return out;
}

outcome agent_link::error_of(const json& params, const held& of) const {
  if (of.timed_out)
    return end_of_process(of, {});
  auto word = text_of(params, "class");
  if (word == "not_now" && of.wanted)
    return outcome::snooze(delay_of(params, limits_.busy_delay));
  auto message = text_of(params, "message");
  auto out = outcome::failed(
    shortened(message.empty() ? "`" + name_ + "` failed and did not say why"
                              : std::move(message)),
    category_of(word));
  out.delay = delay_of(params, {});
  if (out.error.kind == category::cancelled)
    out.error.code = errc::cancelled;
  return out;
}

} // namespace troupe::core
