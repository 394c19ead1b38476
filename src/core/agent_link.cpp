#include "core/agent_link.hpp"

#include <algorithm>

#include "core/cut_text.hpp"
#include "core/json_text.hpp"
#include "core/task_object.hpp"

// What the node wants, and time. What the agent says: agent_link_says.cpp.

namespace troupe::core {

namespace {

using nlohmann::json;
using fate = link_actions::fate;

int64_t ms(duration d) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
}

} // namespace

outcome given_back(std::string why) {
  auto out = outcome::failed(std::move(why), category::agent_crash);
  out.error.code = errc::restarting;
  return out;
}

agent_link::agent_link(std::string name, link_limits limits,
                       std::vector<std::string> allowed)
  : name_(std::move(name)), limits_(limits), allowed_(std::move(allowed)),
    lines_(limits.frame_bytes_max) {}

// -- the process --------------------------------------------------------------

link_actions agent_link::born(instant now) {
  phase_ = phase::greeting;
  lines_ = line_cutter{limits_.frame_bytes_max};
  born_at_ = heard_at_ = faults_since_ = now;
  read_at_ = no_instant; // A whole burst is allowed.
  beat_at_ = now + limits_.heartbeat;
  credit_ = limits_.tasks_max;
  faults_ = 0;
  leaving_ = {};
  greeted_ = draining_ = deaf_ = innocent_ = warned_ = false;
  ended_.clear();
  return taken();
}

link_actions agent_link::broken(const std::string& why) {
  if (phase_ == phase::greeting || phase_ == phase::ready)
    leave(fate::kill, {errc::agent_crashed, category::agent_crash,
                       "`" + name_ + "` " + why});
  return taken();
}

link_actions agent_link::gone(failure why) {
  auto cause = leaving_ ? leaving_ : std::move(why);
  cause.message = shortened(std::move(cause.message));
  phase_ = phase::down;
  for (auto pos = tasks_.begin(); pos != tasks_.end();) {
    auto which = pos++;
    if (which->second.now != step::waiting)
      end(which, end_of_process(which->second, cause));
    else if (closed_)
      end(which, given_back("the node has ended its agent"));
    else if (!greeted_)
      end(which, end_of_process(which->second, cause)); // No start, no work.
  }
  greeted_ = false;
  return taken();
}

outcome agent_link::end_of_process(const held& of, const failure& why) const {
  outcome out;
  if (of.timed_out) {
    out = outcome::failed("`" + name_
                            + "` took longer than `limits.time` of its agent",
                          category::timeout);
    out.error.code = errc::timed_out;
  } else if (!of.wanted) {
    out = outcome::failed("`" + name_
                            + "` was ended because its task was cancelled or "
                              "its time was up",
                          category::cancelled);
    out.error.code = errc::cancelled;
  } else if (closed_ || (innocent_ && !of.at_fault)) {
    out = given_back("`" + name_ + "` was ended because of another task");
  } else {
    out = outcome::failed(why.message, why.kind);
    out.error.code = why.code;
  }
  return out;
}

/// From here on nothing is given to it; what it has ends when it is gone,
/// unless it says so itself before.
void agent_link::leave(fate how, failure why) {
  if (phase_ != phase::leaving)
    leaving_ = std::move(why);
  phase_ = phase::leaving;
  out_.process = std::max(out_.process, how);
}

// -- what the node wants ------------------------------------------------------

link_actions agent_link::assign(const task& t, instant now,
                                std::string traceparent) {
  link_key key{t.id, t.attempt};
  if (closed_) {
    out_.ends.push_back({key, given_back("the node has ended its agent")});
    return taken();
  }
  auto [pos, is_new] = tasks_.try_emplace(key);
  if (!is_new) {
    auto twice =
      outcome::failed("attempt " + std::to_string(t.attempt) + " of task "
                      + t.id + " is running here already");
    twice.error.code = errc::invalid_state;
    out_.ends.push_back({key, std::move(twice)});
    return taken();
  }
  pos->second.what = t;
  pos->second.traceparent = std::move(traceparent);
  if (phase_ == phase::ready) {
    if (takes_more(now))
      offer(pos, now);
    else
      end(pos, outcome::snooze(limits_.busy_delay));
  }
  return taken();
}

bool agent_link::silent(instant now) const {
  return now - heard_at_ >= limits_.heartbeat * limits_.heartbeats_missed_max;
}

bool agent_link::takes_more(instant now) const {
  return !draining_ && !silent(now)
         && in_hand_ < std::min(credit_, limits_.tasks_max);
}

void agent_link::offer(held_pos which, instant now) {
  auto& x = which->second;
  x.now = step::offered;
  x.request = ++last_request_;
  asked_.emplace(x.request, which->first);
  ++in_hand_;
  set_due(which, now + limits_.accept_max);
  out_.frames +=
    link_request(x.request, "task/assign", task_object(x.what, x.traceparent));
  x.what = {}; // Its input may be large.
}

void agent_link::offer_all(instant now) {
  for (auto pos = tasks_.begin(); pos != tasks_.end();) {
    auto which = pos++;
    if (takes_more(now))
      offer(which, now);
    else
      end(which, outcome::snooze(limits_.busy_delay));
  }
}

link_actions agent_link::cancel(const link_key& which, bool force,
                                instant now) {
  auto pos = tasks_.find(which);
  if (pos == tasks_.end())
    return taken(); // It is over.
  auto& x = pos->second;
  x.wanted = false;
  if (x.now == step::waiting) {
    end(pos, end_of_process(x, {})); // Nobody has heard of it.
  } else if (force) {
    innocent_ = innocent_ || phase_ != phase::leaving;
    leave(fate::kill, {});
    out_.process = fate::kill;
  } else if (x.now != step::stopping && phase_ == phase::ready) {
    set_due(pos, no_instant); // How long it may take is the node's to say.
    ask_to_stop(pos, "cancelled");
  }
  beat(now);
  return taken();
}

void agent_link::ask_to_stop(held_pos which, std::string_view why) {
  which->second.now = step::stopping;
  json params{{"task", which->first.task},
              {"attempt", which->first.attempt},
              {"reason", why},
              {"grace_ms", ms(limits_.grace)}};
  out_.frames +=
    link_request(++last_request_, "task/cancel", to_compact(params));
}

link_actions agent_link::close() {
  closed_ = true;
  if (phase_ == phase::down)
    return gone({});
  out_.frames += link_notification("link/bye", json::object());
  leave(in_hand_ == 0 ? fate::finish : fate::kill, {});
  return taken();
}

// -- time ---------------------------------------------------------------------

void agent_link::set_due(held_pos which, instant at) {
  if (which->second.due != no_instant)
    dues_.erase({which->second.due, which->first});
  which->second.due = at;
  if (at != no_instant)
    dues_.emplace(at, which->first);
}

instant agent_link::next_due() const {
  if (phase_ == phase::greeting)
    return born_at_ + limits_.handshake_max;
  if (phase_ != phase::ready)
    return no_instant;
  auto at = std::min(beat_at_, heard_at_ + limits_.lease);
  return dues_.empty() ? at : std::min(at, dues_.begin()->first);
}

link_actions agent_link::tick(instant now) {
  auto crash = [this](std::string why) {
    leave(fate::kill, {errc::agent_crashed, category::agent_crash,
                       "`" + name_ + "` " + std::move(why)});
  };
  if (phase_ == phase::greeting && now >= born_at_ + limits_.handshake_max)
    crash("said no link/hello within " + to_text(limits_.handshake_max)
          + " of its start (handshake_max); let it speak the protocol of "
            "docs/agents.md, or remove `protocol: jsonrpc`");
  if (phase_ != phase::ready)
    return taken();
  if (now >= heard_at_ + limits_.lease) {
    crash("was silent for " + to_text(limits_.lease)
          + " (lease) and was ended; let it send link/heartbeat from a thread "
            "of its own");
    return taken();
  }
  while (phase_ == phase::ready && !dues_.empty()
         && dues_.begin()->first <= now)
    overdue(tasks_.find(dues_.begin()->second), now);
  beat(now);
  return taken();
}

void agent_link::beat(instant now) {
  if (phase_ != phase::ready || now < beat_at_)
    return;
  beat_at_ = now + limits_.heartbeat;
  out_.frames += link_notification("link/heartbeat", {{"tasks", in_hand_}});
  if (!silent(now) || std::exchange(warned_, true))
    return;
  for (const auto& [key, x] : tasks_)
    out_.signals.push_back(
      {key, std::nullopt,
       "(the agent has been silent for " + to_text(now - heard_at_) + ")"});
}

void agent_link::overdue(held_pos which, instant now) {
  auto& x = which->second;
  set_due(which, no_instant);
  if (x.now == step::at_work) {
    x.timed_out = true;
    ask_to_stop(which, "limits.time");
    return set_due(which, now + limits_.grace);
  }
  x.at_fault = innocent_ = true;
  leave(fate::kill,
        {errc::agent_crashed, category::agent_crash,
         "`" + name_ + "` did not answer task/assign within "
           + to_text(limits_.accept_max) + " (accept_max) and was ended"});
}

// -- ends ---------------------------------------------------------------------

void agent_link::end(held_pos which, outcome what) {
  auto& x = which->second;
  set_due(which, no_instant);
  asked_.erase(x.request);
  if (x.now != step::waiting)
    --in_hand_;
  out_.ends.push_back({which->first, std::move(what)});
  tasks_.erase(which);
  if (draining_ && phase_ == phase::ready && in_hand_ == 0) {
    out_.frames += link_notification("link/bye", json::object());
    leave(fate::finish, {});
  }
}

const link_key* agent_link::only_task() const {
  if (tasks_.size() != 1 || in_hand_ != 1)
    return nullptr;
  return &tasks_.begin()->first;
}

std::string agent_link::shortened(std::string text) const {
  return end_of_text(std::move(text), limits_.message_bytes_max);
}

} // namespace troupe::core
