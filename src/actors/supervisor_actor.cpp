#include "actors/supervisor_actor.hpp"

#include <algorithm>

#include <caf/atom.hpp>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

namespace troupe {

namespace {

using timer_atom = caf::atom_constant<caf::atom("sv_timer")>;
using orphans_atom = caf::atom_constant<caf::atom("sv_orphans")>;

} // namespace

supervisor_actor::supervisor_actor(caf::actor_config& cfg, supervisor_spec spec,
                                   supervisor_place place)
  : event_based_actor(cfg), spec_(std::move(spec)), place_(std::move(place)),
    rng_(spec_.seed), window_(spec_.limit) {
  set_default_handler(caf::drop);
  set_down_handler([this](caf::down_msg& msg) { on_down(msg); });
  set_exit_handler([this](caf::exit_msg& msg) { begin_stop(msg.reason); });
  set_error_handler([](caf::error&) {}); // Answers that came too late.
  set_exception_handler([](std::exception_ptr& ptr) -> caf::error {
    try {
      std::rethrow_exception(ptr);
    } catch (const std::exception& e) {
      return make_error(errc::internal,
                        std::string{"the supervisor failed: "} + e.what());
    } catch (...) {
      return make_error(errc::internal, "the supervisor failed");
    }
  });
}

caf::behavior supervisor_actor::make_behavior() {
  started_ = now();
  if (spec_.utc)
    started_utc_ = spec_.utc();
  for (auto& child : spec_.children)
    add(std::make_shared<const child_spec>(child), child.id);
  spec_.children.clear();
  pump();
  return {
    [this](timer_atom, uint8_t what, uint64_t key, uint64_t serial) {
      on_timer(static_cast<timer>(what), key, serial);
    },
    [this](child_ready_atom) { on_ready(current_sender()); },
    [this](child_start_atom, const child_spec& spec) {
      return start_child(spec, {});
    },
    [this](child_start_atom, std::string& id, caf::message& args) {
      return start_like_each(std::move(id), std::move(args));
    },
    [this](child_stop_atom, const std::string& id) { return stop_child(id); },
    [this](child_restart_atom, const std::string& id) {
      return restart_child(id);
    },
    [this](child_watch_atom, const caf::actor& who) { return on_watch(who); },
    [this](child_count_atom) { return counts(); },
    [this](tree_atom) { return tree({}); },
    [this](tree_atom, const tree_query& query) { return tree(query); },
    [this](supervisor_stop_atom) { begin_stop({}); },
    [this](supervisor_halt_atom) { begin_halt(); },
    [this](orphans_atom, const std::string& id,
           std::vector<caf::actor>& handles) { on_orphans(id, handles); },
  };
}

void supervisor_actor::on_exit() {
  std::vector<caf::actor> left = std::move(abandoned_);
  for (auto& [key, c] : children_) {
    if (!c.handle)
      continue;
    spec_.names->retract(c.id, c.generation);
    kill(c);
    left.push_back(std::move(c.handle));
  }
  for (auto& [addr, lost] : orphans_)
    left.push_back(std::move(lost.handle));
  // Sent before our own down, to the same mailboxes: whoever starts our next
  // life knows by then which actors of this one it has to wait for.
  if (!left.empty())
    for (auto& [addr, branch] : place_.lineage)
      if (auto above = caf::actor_cast<caf::actor>(addr))
        caf::anon_send(above, orphans_atom::value, branch, left);
  // Actors may point at each other until here: break the circles.
  children_.clear();
  orphans_.clear();
  watchers_.clear();
  spec_ = {};
}

void supervisor_actor::on_down(const caf::down_msg& msg) {
  std::erase_if(watchers_, [&](auto& w) { return w.who == msg.source; });
  if (auto pos = orphans_.find(msg.source); pos != orphans_.end()) {
    auto* c = find(pos->second.key);
    orphans_.erase(pos);
    if (c != nullptr && --c->orphans == 0 && c->state == child_state::starting
        && !c->in_order)
      start_now_.insert(c->key);
    pump();
  }
  if (auto pos = by_actor_.find(msg.source); pos != by_actor_.end()) {
    auto& c = *find(pos->second);
    by_actor_.erase(pos);
    ended(c, msg.reason);
    pump();
  }
}

void supervisor_actor::on_timer(timer what, uint64_t key, uint64_t serial) {
  switch (what) {
    case timer::sweep:
      return sweep(key);
    case timer::all_deadline:
      kill_sweep_ = true;
      set_timer(timer::finish, uint64_t{0}, spec_.kill_timeout);
      return sweep(0);
    case timer::finish:
      return abandon_rest();
    case timer::watch_more:
      return watch_more(key);
    default:
      break;
  }
  auto* c = find(key);
  if (c == nullptr || c->serial != serial)
    return; // What it was set for is over.
  if (what == timer::restart_due) {
    set_state(*c, child_state::starting);
  } else if (what == timer::start_deadline) {
    c->timed_out = true;
    kill(*c);
    set_timer(timer::kill_deadline, *c, spec_.kill_timeout);
  } else if (what == timer::stop_deadline) {
    kill(*c);
    set_timer(timer::kill_deadline, *c, spec_.kill_timeout);
  } else {
    overdue(*c);
  }
  pump();
}

void supervisor_actor::on_ready(const caf::strong_actor_ptr& sender) {
  auto pos = by_actor_.find(caf::actor_cast<caf::actor_addr>(sender));
  if (pos == by_actor_.end())
    return;
  auto& c = *find(pos->second);
  // A child that is ready after its deadline was killed already.
  if (c.state != child_state::starting || c.timed_out)
    return;
  up(c);
  pump();
}

void supervisor_actor::on_orphans(const std::string& id,
                                  std::vector<caf::actor>& handles) {
  auto* c = find(id);
  for (auto& handle : handles) {
    auto addr = handle.address();
    auto fresh = orphans_.try_emplace(addr, orphan{c ? c->key : 0, handle});
    if (!fresh.second)
      continue;
    if (c != nullptr)
      ++c->orphans;
    monitor(handle);
  }
}

caf::result<caf::ok_atom> supervisor_actor::on_watch(const caf::actor& who) {
  if (!who)
    return make_error(errc::invalid, "a watcher must be an actor");
  auto known = std::any_of(watchers_.begin(), watchers_.end(),
                           [&](auto& w) { return w.who == who; });
  if (known)
    return caf::ok_atom_v;
  if (watchers_.size() >= spec_.watchers_max)
    return make_error(errc::limit_reached, place_.path + " has "
                                             + std::to_string(watchers_.size())
                                             + " watchers; raise watchers_max");
  monitor(who);
  watchers_.push_back({who.address(), 0});
  watch_more(who.id());
  return caf::ok_atom_v;
}

void supervisor_actor::watch_more(uint64_t actor_id) {
  auto pos = std::find_if(watchers_.begin(), watchers_.end(),
                          [&](auto& w) { return w.who.id() == actor_id; });
  if (pos == watchers_.end())
    return;
  auto who = caf::actor_cast<caf::actor>(pos->who);
  auto next = children_.lower_bound(pos->next_key);
  for (size_t n = 0; who && n < chunk && next != children_.end(); ++n, ++next) {
    const auto& c = next->second;
    if (c.state == child_state::running)
      send(who, child_up{c.id, c.generation, c.handle});
    pos->next_key = c.key + 1;
  }
  if (who && next != children_.end())
    set_timer(timer::watch_more, actor_id, core::duration{0});
}

child_counts supervisor_actor::counts() const {
  return {children_.size(), running_, stuck_};
}

core::instant supervisor_actor::now() {
  auto since = clock().now().time_since_epoch();
  return core::instant{std::chrono::duration_cast<core::duration>(since)};
}

double supervisor_actor::random() {
  return static_cast<double>(rng_() >> 11) * 0x1p-53; // 53 bits fit a double.
}

void supervisor_actor::set_state(child& c, child_state state) {
  auto active = [](child_state s) {
    return s != child_state::stopped && s != child_state::failed;
  };
  if (c.spec->significant)
    significant_left_ += active(state) - active(c.state);
  running_ +=
    (state == child_state::running) - (c.state == child_state::running);
  c.state = state;
  c.serial = ++last_serial_; // Whatever timer it had is void.
  auto settled =
    state != child_state::starting && state != child_state::backing_off;
  settled ? (void)unsettled_.erase(c.key) : (void)unsettled_.insert(c.key);
  auto hurry = state == child_state::starting && !c.in_order && !c.handle
               && c.orphans == 0;
  hurry ? (void)start_now_.insert(c.key) : (void)start_now_.erase(c.key);
}

void supervisor_actor::set_timer(timer what, child& c, core::duration delay) {
  c.serial = ++last_serial_;
  delayed_send(this, delay, timer_atom::value, static_cast<uint8_t>(what),
               c.key, c.serial);
}

void supervisor_actor::set_timer(timer what, uint64_t key,
                                 core::duration delay) {
  auto kind = static_cast<uint8_t>(what);
  if (delay.count() == 0) // Now, but after the messages that wait already.
    send(this, timer_atom::value, kind, key, uint64_t{0});
  else
    delayed_send(this, delay, timer_atom::value, kind, key, uint64_t{0});
}

void supervisor_actor::tell(supervision_event::what kind, const child& c,
                            std::string reason, core::duration delay) {
  if (spec_.on_event)
    spec_.on_event(
      {kind, place_.path, c.id, c.generation, std::move(reason), delay});
}

supervisor_actor::child* supervisor_actor::find(const std::string& id) {
  auto pos = by_id_.find(id);
  return pos == by_id_.end() ? nullptr : find(pos->second);
}

supervisor_actor::child* supervisor_actor::find(uint64_t key) {
  auto pos = children_.find(key);
  return pos == children_.end() ? nullptr : &pos->second;
}

} // namespace troupe
