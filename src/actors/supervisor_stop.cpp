#include "actors/supervisor_actor.hpp"

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

namespace troupe {

namespace {

using namespace std::chrono_literals;

core::duration patience(const child_spec& spec) {
  return spec.stop_timeout.value_or(spec.supervises ? core::duration{60s}
                                                    : core::duration{5s});
}

} // namespace

caf::result<caf::ok_atom> supervisor_actor::stop_child(const std::string& id) {
  auto* c = find(id);
  if (c == nullptr)
    return make_error(errc::not_found,
                      "`" + place_.path + "` has no child `" + id + "`");
  if (phase_ != phase::working)
    return make_error(errc::stopping, "`" + place_.path + "` is stopping");
  c->again = false;
  if (!c->handle) {
    stopped(*c);
    pump();
    return caf::ok_atom_v;
  }
  auto promise = make_response_promise<caf::ok_atom>();
  c->on_stop.push_back(promise);
  ask_to_stop(*c);
  return promise;
}

void supervisor_actor::begin_stop(caf::error reason) {
  if (phase_ != phase::working)
    return;
  phase_ = phase::stopping;
  quit_reason_ = reason ? std::move(reason) : caf::exit_reason::user_shutdown;
  cancel_starts();
  if (parallel()) {
    set_timer(timer::all_deadline, uint64_t{0}, spec_.stop_timeout);
    return sweep(0);
  }
  for (auto& [key, c] : children_) {
    if (!c.handle)
      continue;
    if (c.state != child_state::stopping)
      set_state(c, child_state::stopping);
    stop_queue_.insert(key);
  }
  stop_next();
  finish_if_done();
}

void supervisor_actor::begin_halt() {
  if (phase_ == phase::halting)
    return;
  phase_ = phase::halting;
  if (!quit_reason_)
    quit_reason_ = caf::exit_reason::kill;
  cancel_starts();
  stop_queue_.clear();
  kill_sweep_ = true;
  set_timer(timer::finish, uint64_t{0}, spec_.kill_timeout);
  sweep(0);
}

/// Nothing starts any more.
void supervisor_actor::cancel_starts() {
  auto waiting = unsettled_; // set_state changes it.
  for (auto key : waiting)
    if (auto& c = *find(key); !c.handle)
      stopped(c);
}

void supervisor_actor::ask_to_stop(child& c) {
  if (c.asked)
    return;
  c.asked = true;
  set_state(c, child_state::stopping);
  if (patience(*c.spec).count() == 0) {
    kill(c);
    return set_timer(timer::kill_deadline, c, spec_.kill_timeout);
  }
  send_exit(c.handle, caf::exit_reason::user_shutdown);
  set_timer(timer::stop_deadline, c, patience(*c.spec));
}

void supervisor_actor::kill(child& c) {
  // A killed supervisor could not wait for its children: it is told to be quick
  // instead, and ends after them.
  if (c.spec->supervises)
    caf::anon_send<caf::message_priority::high>(c.handle,
                                                supervisor_halt_atom_v);
  else
    caf::anon_send_exit(c.handle, caf::exit_reason::kill);
}

/// A killed child still runs its handler. Nothing in the process can end it.
void supervisor_actor::overdue(child& c) {
  if (!c.stuck) {
    c.stuck = true;
    ++stuck_;
    c.last_error = make_error(errc::timed_out,
                              "`" + place_.path + "/" + c.id
                                + "` was killed and still runs its handler");
    tell(supervision_event::what::stuck, c, to_text(c.last_error));
  }
  if (phase_ != phase::working)
    return abandon(c);
  // Its siblings cannot start beside it: somebody above has to decide. Alone
  // it is just waited for, however long that takes.
  if (stop_queue_.count(c.key) > 0)
    begin_stop(make_error(errc::escalated, to_text(c.last_error)));
}

/// Goes on without waiting; `on_exit` hands it to the supervisor above.
void supervisor_actor::abandon(child& c) {
  spec_.names->retract(c.id, c.generation);
  by_actor_.erase(c.handle.address());
  abandoned_.push_back(std::move(c.handle));
  c.handle = nullptr;
  stopped(c);
}

void supervisor_actor::abandon_rest() {
  for (auto& [key, c] : children_)
    if (c.handle)
      overdue(c);
  quit(quit_reason_);
}

/// It is down and was meant to be.
void supervisor_actor::stopped(child& c) {
  stop_queue_.erase(c.key);
  for (auto& promise : c.on_stop)
    promise.deliver(caf::ok_atom_v);
  c.on_stop.clear();
  if (c.again && phase_ == phase::working)
    return set_state(c, child_state::starting);
  if (c.on_start.pending())
    c.on_start.deliver(
      make_error(errc::stopping, "`" + c.id + "` was stopped"));
  set_state(c, child_state::stopped);
  // While all stop, the names stay: references outlive our own restart.
  if (phase_ == phase::working && spec_.strategy == restart_strategy::dynamic)
    drop(c);
}

/// Stops one by one, the last started first.
void supervisor_actor::stop_next() {
  if (!stop_queue_.empty())
    ask_to_stop(*find(*stop_queue_.rbegin()));
}

/// Stops all at once, a chunk per turn.
void supervisor_actor::sweep(uint64_t from) {
  auto pos = children_.lower_bound(from);
  for (size_t told = 0; told < chunk && pos != children_.end(); ++pos) {
    auto& c = pos->second;
    if (!c.handle)
      continue;
    ++told;
    if (kill_sweep_) {
      kill(c);
    } else if (!c.asked) {
      c.asked = true;
      set_state(c, child_state::stopping);
      send_exit(c.handle, caf::exit_reason::user_shutdown);
    }
  }
  if (pos != children_.end())
    return set_timer(timer::sweep, pos->first, core::duration{0});
  finish_if_done();
}

void supervisor_actor::finish_if_done() {
  if (phase_ == phase::working || !by_actor_.empty())
    return;
  if (orphans_.empty())
    return quit(quit_reason_);
  if (!finishing_) {
    finishing_ = true;
    set_timer(timer::finish, uint64_t{0}, spec_.kill_timeout);
  }
}

} // namespace troupe
