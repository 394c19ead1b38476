#include "actors/supervisor_actor.hpp"

#include <caf/exit_reason.hpp>

#include "core/mutant.hpp"

namespace troupe {

namespace {

using what = supervision_event::what;

bool is_normal(const caf::error& reason) {
  return !reason || reason == caf::exit_reason::normal
         || reason == caf::exit_reason::user_shutdown;
}

caf::expected<caf::actor> call(const child_spec& spec, child_context& ctx) {
  try {
    auto handle = spec.start(ctx);
    if (!handle || *handle)
      return handle;
    return make_error(errc::agent_crashed, "`" + ctx.path
                                             + "` did not start: its start "
                                               "function returned no actor");
  } catch (const std::exception& e) {
    return make_error(errc::agent_crashed,
                      "`" + ctx.path + "` did not start: " + e.what());
  } catch (...) {
    return make_error(errc::agent_crashed,
                      "`" + ctx.path + "` did not start: unknown exception");
  }
}

} // namespace

supervisor_actor::child&
supervisor_actor::add(std::shared_ptr<const child_spec> spec, std::string id) {
  child c;
  c.key = ++last_key_;
  c.id = std::move(id);
  c.spec = spec;
  c.backoff = core::backoff_schedule{spec->backoff};
  auto limit = spec->limit;
  if (!limit && spec->give_up == on_give_up::disable)
    limit = spec_.limit;
  if (limit)
    c.window.emplace(*limit);
  by_id_[c.id] = c.key;
  auto& placed = children_.emplace(c.key, std::move(c)).first->second;
  set_state(placed, child_state::starting);
  return placed;
}

caf::result<child_up> supervisor_actor::start_like_each(std::string id,
                                                        caf::message args) {
  if (!spec_.each)
    return make_error(errc::invalid_state,
                      "`" + place_.path
                        + "` has no template (`each`): send a "
                          "child_spec");
  auto spec = *spec_.each;
  spec.id = std::move(id);
  return start_child(std::move(spec), std::move(args));
}

caf::result<child_up> supervisor_actor::start_child(child_spec spec,
                                                    caf::message args) {
  if (phase_ != phase::working)
    return make_error(errc::stopping, "`" + place_.path + "` is stopping");
  if (spec_.strategy != restart_strategy::dynamic
      && spec_.strategy != restart_strategy::one_for_one)
    return make_error(errc::invalid_state,
                      "`" + place_.path
                        + "` takes no further children: their "
                          "order matters to its strategy");
  if (find(spec.id) != nullptr)
    return make_error(errc::invalid_state, "`" + place_.path + "` has a child `"
                                             + spec.id + "` already");
  if (children_.size() >= spec_.children_max)
    return make_error(errc::limit_reached, "`" + place_.path + "` has "
                                             + std::to_string(children_.size())
                                             + " children; raise children_max");
  supervisor_spec alone;
  alone.name = place_.path;
  alone.children.push_back(spec);
  if (auto wrong = problems(alone); !wrong.empty())
    return make_error(errc::invalid, wrong.front());
  auto id = spec.id;
  auto& c = add(std::make_shared<const child_spec>(std::move(spec)), id);
  c.in_order = false;
  c.args = std::move(args);
  auto promise = make_response_promise<child_up>();
  c.on_start = promise;
  set_state(c, child_state::starting);
  pump();
  return promise;
}

caf::result<caf::ok_atom>
supervisor_actor::restart_child(const std::string& id) {
  auto* c = find(id);
  if (c == nullptr)
    return make_error(errc::not_found,
                      "`" + place_.path + "` has no child `" + id + "`");
  if (phase_ != phase::working)
    return make_error(errc::stopping, "`" + place_.path + "` is stopping");
  c->backoff.clear();
  (c->window ? *c->window : window_).clear();
  take_along(*c);
  if (!c->handle) {
    set_state(*c, child_state::starting);
  } else {
    c->again = true;
    if (c->in_order) { // The siblings that depend on it go first.
      if (c->state != child_state::stopping)
        set_state(*c, child_state::stopping);
      stop_queue_.insert(c->key);
    } else {
      ask_to_stop(*c);
    }
  }
  pump();
  return caf::ok_atom_v;
}

/// Does whatever can be done now: stops first, then starts.
void supervisor_actor::pump() {
  if (phase_ != phase::working) {
    stop_next();
    return finish_if_done();
  }
  // A start that fails may be a reason to stop siblings, so it is both or none.
  while (auto* c = (stop_next(), next_start()))
    begin_life(*c);
}

supervisor_actor::child* supervisor_actor::next_start() {
  if (phase_ != phase::working || !stop_queue_.empty())
    return nullptr;
  if (!start_now_.empty())
    return find(*start_now_.begin());
  if (unsettled_.empty())
    return nullptr;
  if (spec_.strategy == restart_strategy::one_for_all)
    for (auto key : unsettled_)
      if (find(key)->state == child_state::backing_off)
        return nullptr;
  // The first that is not settled holds up all after it.
  auto* c = find(*unsettled_.begin());
  auto waits =
    c->state == child_state::starting && !c->handle && c->orphans == 0;
  return waits ? c : nullptr;
}

void supervisor_actor::begin_life(child& c) {
  start_now_.erase(c.key);
  c.generation = spec_.names->begin(c.id);
  c.again = c.asked = c.timed_out = c.stuck = false;
  c.up_since.reset();
  auto lineage = place_.lineage;
  lineage.insert(lineage.begin(), {address(), c.id});
  child_context ctx{
    .system = system(),
    .supervisor = caf::actor_cast<caf::actor>(this),
    .id = c.id,
    .path = place_.path + "/" + c.id,
    .generation = c.generation,
    .restarts = c.lives,
    .args = c.args,
    .publish =
      [names = spec_.names, id = c.id, life = c.generation](caf::actor handle) {
        names->publish(id, life, std::move(handle));
      },
    .lineage = std::move(lineage)};
  ++c.lives;
  auto handle = call(*c.spec, ctx);
  if (!handle)
    return ended(c, handle.error());
  c.handle = std::move(*handle);
  by_actor_[c.handle.address()] = c.key;
  monitor(c.handle);
  if (c.spec->announces_ready)
    set_timer(timer::start_deadline, c, c.spec->start_timeout);
  else
    up(c);
}

template <class T>
void supervisor_actor::tell_watchers(const T& msg) {
  for (auto& w : watchers_)
    if (auto who = caf::actor_cast<caf::actor>(w.who))
      send(who, msg);
}

void supervisor_actor::up(child& c) {
  c.up_since = now();
  c.up_since_utc = spec_.utc ? spec_.utc() : core::no_instant;
  set_state(c, child_state::running);
  // From here on its restarts are its own affair again.
  c.in_order = c.in_order && spec_.strategy != restart_strategy::one_for_one
               && spec_.strategy != restart_strategy::dynamic;
  spec_.names->publish(c.id, c.generation, c.handle);
  child_up msg{c.id, c.generation, c.handle};
  if (c.on_start.pending())
    c.on_start.deliver(msg);
  tell(what::started, c, {});
  tell_watchers(msg);
}

/// A life is over, or a start failed.
void supervisor_actor::ended(child& c, caf::error reason) {
  if (c.timed_out)
    reason =
      make_error(errc::timed_out, "`" + place_.path + "/" + c.id
                                    + "` did not announce itself within "
                                    + core::to_text(c.spec->start_timeout));
  c.handle = nullptr;
  spec_.names->retract(c.id, c.generation);
  if (c.stuck)
    --stuck_;
  c.last_error = reason;
  tell(what::exited, c, to_text(reason));
  child_down msg{c.id, c.generation, reason, false};
  auto stops = phase_ != phase::working || c.state == child_state::stopping;
  if (stops && !mutated(core::mutant::restart_in_stop)) {
    msg.final = !c.again || phase_ != phase::working;
    tell_watchers(msg);
    return stopped(c);
  }
  if (c.on_start.pending()) { // Its first start: whoever asked decides.
    c.on_start.deliver(reason ? reason : make_error(errc::agent_crashed));
    msg.final = true;
    tell_watchers(msg);
    return drop(c);
  }
  msg.final = !comes_again(c, reason);
  tell_watchers(msg);
}

/// Plans the next life; false if there is none.
bool supervisor_actor::comes_again(child& c, const caf::error& reason) {
  if (!core::comes_back(c.spec->restart, is_normal(reason))) {
    retire(c);
    return false;
  }
  auto t = now();
  if (!(c.window ? *c.window : window_).allow(t)) {
    give_up(c, reason);
    return false;
  }
  auto delay = c.backoff.next(t, c.up_since, random());
  tell(what::restarting, c, to_text(reason), delay);
  take_along(c);
  if (delay.count() == 0) {
    set_state(c, child_state::starting);
  } else {
    set_state(c, child_state::backing_off);
    set_timer(timer::restart_due, c, delay);
  }
  return true;
}

void supervisor_actor::give_up(child& c, const caf::error& reason) {
  const auto& limit = (c.window ? *c.window : window_).limit();
  auto text = "`" + place_.path + "/" + c.id + "` failed more than "
              + std::to_string(limit.max) + " times within "
              + core::to_text(limit.window) + ", at last: " + to_text(reason);
  set_state(c, child_state::failed);
  c.last_error = make_error(errc::escalated, text);
  spec_.names->give_up(c.id);
  if (c.spec->give_up == on_give_up::disable) {
    tell(what::gave_up, c, std::move(text));
    if (core::shuts_down(spec_.shutdown, significant_left_,
                         c.spec->significant))
      begin_stop(caf::exit_reason::user_shutdown);
    return;
  }
  tell(what::escalated, c, text);
  begin_stop(make_error(errc::escalated, std::move(text)));
}

/// It ended by itself and for good.
void supervisor_actor::retire(child& c) {
  auto significant = c.spec->significant;
  if (spec_.strategy == restart_strategy::dynamic)
    drop(c);
  else
    set_state(c, child_state::stopped);
  if (core::shuts_down(spec_.shutdown, significant_left_, significant))
    begin_stop(caf::exit_reason::user_shutdown);
}

void supervisor_actor::drop(child& c) {
  set_state(c, child_state::stopped);
  for (auto& [addr, lost] : orphans_)
    if (lost.key == c.key)
      lost.key = 0;
  spec_.names->forget(c.id);
  by_id_.erase(c.id);
  stop_queue_.erase(c.key);
  children_.erase(c.key);
}

/// The siblings that go down with `c` by the strategy, and come back after it.
void supervisor_actor::take_along(child& c) {
  if (spec_.strategy == restart_strategy::one_for_one
      || spec_.strategy == restart_strategy::dynamic)
    return;
  c.in_order = true;
  std::vector<uint64_t> alive;
  for (auto& [key, other] : children_) {
    if (other.handle && key != c.key)
      alive.push_back(key);
    else if (other.state == child_state::backing_off
             && core::takes_along(spec_.strategy, c.key, key))
      set_state(other, child_state::starting);
  }
  for (auto key : core::stop_order(spec_.strategy, c.key, alive)) {
    auto& other = *find(key);
    if (other.state != child_state::stopping) {
      other.again = other.spec->restart != restart_when::temporary;
      set_state(other, child_state::stopping);
    }
    stop_queue_.insert(key);
  }
}

} // namespace troupe
