#include "actors/run.hpp"

#include <algorithm>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/run_tree.hpp"
#include "actors/task.hpp"

namespace troupe {

namespace {

using self_ptr = run_actor::stateful_pointer<run_actor_state>;

void settle_soon(self_ptr self) {
  if (self->state.settling)
    return;
  self->state.settling = true;
  self->send(self, settle_atom_v); // Behind what is in the mailbox already.
}

work_ptr make_work(const run_actor_state& st, const core::run::task& t) {
  auto x = std::make_shared<work>();
  const auto& run = st.decide->row();
  x->key = {run.key.with(t.number), st.epoch, t.attempt};
  x->run = run.key;
  x->step = st.decide->step_of(t);
  x->workspace = st.workspace;
  x->input = t.input;
  x->concurrency_key = core::text{st.decide->concurrency_key(t)};
  x->idempotency_key = core::text{st.decide->idempotency_key(t)};
  x->timeout = x->step->timeout.value_or(std::chrono::seconds{30});
  x->priority = t.priority;
  x->queued_at = t.queued_at;
  x->careful = t.careful || x->step->at_most_once;
  return x;
}

live_task& spawn_task(self_ptr self, uint32_t number, const token& key) {
  auto& st = self->state;
  auto& entry = st.tasks[number];
  entry.actor =
    self->spawn<caf::monitored>(task_actor_fun, st.home, run_actor{self}, key);
  return entry;
}

void offer(self_ptr self, uint32_t number) {
  auto& st = self->state;
  auto what = make_work(st, *st.decide->find(number));
  auto& entry = spawn_task(self, number, what->key);
  entry.what = what;
  entry.assigned = false;
  st.next.offers.push_back(std::move(what));
}

void withdraw(self_ptr self, uint32_t number) {
  auto& st = self->state;
  auto pos = st.tasks.find(number);
  if (pos == st.tasks.end())
    return;
  self->send_exit(pos->second.actor, caf::exit_reason::user_shutdown);
  st.next.withdrawn.push_back(std::move(pos->second.what));
  st.tasks.erase(pos);
}

void ask_sub_run(self_ptr self, uint32_t number, bool fresh) {
  auto& st = self->state;
  const auto& t = *st.decide->find(number);
  sub_run_request x;
  x.number = number;
  x.fresh = fresh;
  x.workflow = st.decide->step_of(t)->workflow;
  x.input = st.decide->sub_run_input(t);
  x.workspace = st.decide->row().workspace;
  x.by = st.decide->row().by;
  x.by.door = "parent";
  x.priority = t.priority;
  x.child = core::id_from(t.agent.view()).value_or(core::id{});
  st.next.sub_runs.push_back(std::move(x));
}

/// Hands everything that was decided over to the shard, as one.
void settle(self_ptr self) {
  auto& st = self->state;
  st.settling = false;
  auto now = st.home->now();
  st.decide->name_sub_runs([&st, now] {
    return core::id::make(now, st.decide->key().slot(), st.home->unique());
  });
  auto effects = st.decide->take(now);
  for (auto number : effects.withdrawn)
    withdraw(self, number);
  for (auto number : effects.offers)
    offer(self, number);
  for (auto number : effects.stops)
    if (auto pos = st.tasks.find(number); pos != st.tasks.end())
      self->send(pos->second.actor, cancel_atom_v);
  for (auto number : effects.expired)
    if (auto pos = st.tasks.find(number); pos != st.tasks.end())
      self->send(pos->second.actor, expire_atom_v);
  for (auto number : effects.sub_runs)
    ask_sub_run(self, number, true);
  look_up_outputs(self, effects.questions);
  auto out = std::exchange(st.next, {});
  out.run = st.decide->key();
  out.effects = std::move(effects);
  self->send(st.owner, std::move(out));
}

void start(self_ptr self, assigned& x) {
  auto& st = self->state;
  auto number = x.key.task.number();
  auto pos = st.tasks.find(number);
  auto ours = pos != st.tasks.end() && pos->second.what->key == x.key
              && st.decide->assigned(number, x.key.attempt, x.agent,
                                     std::move(x.score), st.home->now());
  if (!ours) {
    // Withdrawn while it was given away: stop it, its token is worth nothing.
    if (auto host = st.home->host(x.agent).handle())
      self->send(host, cancel_atom_v, x.key, true);
    return;
  }
  pos->second.assigned = true;
  self->send(pos->second.actor, go_atom_v, x.agent);
  if (x.waits)
    st.next.go.emplace_back(x.agent, x.key);
}

/// A host's word goes to the task's actor; the actor's goes to `decide`.
void forward(self_ptr self, ended& x) {
  auto& st = self->state;
  auto pos = st.tasks.find(x.key.task.number());
  auto ours = pos != st.tasks.end() && pos->second.assigned
              && pos->second.what->key == x.key;
  if (!ours) {
    // A token that is not the current one: refused, and the host may forget.
    st.next.recorded.emplace_back(x.agent, x.key);
    return;
  }
  if (pos->second.end)
    return; // Sent twice; it is being handled.
  pos->second.end = std::make_unique<ended>(x);
  self->send(pos->second.actor, std::move(x));
}

void finish(self_ptr self, ended& x) {
  auto& st = self->state;
  auto number = x.key.task.number();
  st.tasks.erase(number);
  st.next.recorded.emplace_back(x.agent, x.key);
  st.decide->ended(number, x.key.attempt, x.how, std::move(x.what),
                   st.home->now(), st.home->random(), x.log);
  settle_soon(self);
}

/// What the new actor of a task in progress must know.
void brief(self_ptr self, const live_task& entry, const core::run::task& t,
           const std::string& agent) {
  self->send(entry.actor, go_atom_v, agent);
  if (t.stopping)
    self->send(entry.actor, cancel_atom_v);
  if (t.due == core::due_kind::none)
    self->send(entry.actor, expire_atom_v); // Its time was up already.
}

/// The word that its start is durable may be lost with whoever had it. A host
/// that has heard it pays no attention.
void go_again(run_actor_state& st, const work& what, const std::string& agent) {
  if (waits_for_go(what, st.home->members->works_outside(agent)))
    st.next.go.emplace_back(agent, what.key);
}

/// One of our tasks was killed: a new actor takes its place.
void revive(self_ptr self, const caf::down_msg& down) {
  if (!down.reason || down.reason == caf::exit_reason::user_shutdown)
    return;
  for (auto& [number, entry] : self->state.tasks) {
    if (entry.actor != down.source)
      continue;
    const auto& t = *self->state.decide->find(number);
    spawn_task(self, number, entry.what->key);
    if (entry.assigned)
      brief(self, entry, t, t.agent.str());
    if (entry.end)
      self->send(entry.actor, *entry.end);
    return;
  }
}

/// What was in progress when the run went down, and what became of it.
void take_up(self_ptr self, const std::vector<held_attempt>& held,
             bool counted) {
  auto& st = self->state;
  auto now = st.home->now();
  for (const auto& x : held)
    st.decide->adopt(x.key.task.number(), x.key.attempt, x.agent, now);
  for (uint32_t number = 1; number <= st.decide->size(); ++number) {
    const auto& t = *st.decide->find(number);
    if (t.state == core::task_state::in_progress
        && st.decide->step_of(t)->kind == core::step_kind::workflow
        && t.items == 0)
      ask_sub_run(self, number, false);
    if (!st.decide->working(t))
      continue;
    auto same = [&](const held_attempt& x) {
      return x.key.task.number() == number && x.key.attempt == t.attempt;
    };
    auto pos = std::find_if(held.begin(), held.end(), same);
    if (pos == held.end()) {
      // What ran in a process of its own did not end ours.
      auto inside = !st.home->members->works_outside(t.agent.str());
      st.decide->lost(number, counted && inside, now);
      continue;
    }
    auto& entry = spawn_task(self, number, pos->key);
    auto what = std::make_shared<work>(*make_work(st, t));
    what->key = pos->key; // The epoch it was given in.
    entry.what = what;
    entry.assigned = true;
    brief(self, entry, t, pos->agent);
    go_again(st, *what, pos->agent);
    // The coordinator may be a new one, too.
    st.next.running.emplace_back(entry.what, pos->agent);
  }
  ++st.next.reports;
  st.decide->go_on(now);
  settle_soon(self);
}

/// A host began anew: what it does not hold any more is lost.
void compare(self_ptr self, const held_list& held) {
  auto& st = self->state;
  auto known = [&held](const token& key) {
    return std::find(held.running.begin(), held.running.end(), key)
             != held.running.end()
           || std::any_of(held.done.begin(), held.done.end(),
                          [&key](const ended& x) { return x.key == key; });
  };
  std::vector<uint32_t> lost;
  for (const auto& [number, entry] : st.tasks) {
    if (!entry.assigned || entry.end
        || st.decide->find(number)->agent.view() != held.agent)
      continue;
    if (known(entry.what->key))
      go_again(st, *entry.what, held.agent);
    else
      lost.push_back(number);
  }
  std::sort(lost.begin(), lost.end());
  for (auto number : lost) {
    self->send_exit(st.tasks[number].actor, caf::exit_reason::user_shutdown);
    st.tasks.erase(number);
    st.decide->lost(number, false, st.home->now());
  }
  if (!lost.empty() || !st.next.go.empty())
    settle_soon(self);
}

/// Everything again that a new coordinator must know.
void report(self_ptr self) {
  auto& st = self->state;
  for (uint32_t number = 1; number <= st.decide->size(); ++number) {
    auto pos = st.tasks.find(number);
    if (pos == st.tasks.end())
      continue;
    if (pos->second.assigned)
      st.next.running.emplace_back(pos->second.what,
                                   st.decide->find(number)->agent.str());
    else
      st.next.again.push_back(pos->second.what);
  }
  ++st.next.reports;
  settle_soon(self);
}

void begin(self_ptr self, run_start& from) {
  auto& st = self->state;
  if (from.stored) {
    st.decide = std::make_unique<core::run>(
      std::move(*from.stored), std::move(from.definition),
      from.after_unclean_end && st.home->members->any_inside());
    st.workspace = core::text{st.decide->row().workspace};
    return take_up(self, from.held, from.new_process && from.after_unclean_end);
  }
  auto now = st.home->now();
  st.decide = std::make_unique<core::run>(std::move(from.request), now);
  st.workspace = core::text{st.decide->row().workspace};
  st.decide->accept(now);
  for (auto& x : from.answers) {
    x.run = st.decide->key();
    x.state = st.decide->row().state;
  }
  st.next.answers = std::move(from.answers);
  settle(self);
}

} // namespace

run_actor_state::~run_actor_state() {
  for (const auto& [number, entry] : tasks)
    caf::anon_send_exit(entry.actor, caf::exit_reason::user_shutdown);
}

run_actor::behavior_type run_actor_fun(self_ptr self, house_ptr home,
                                       shard_actor owner, uint64_t epoch,
                                       std::shared_ptr<run_start> from) {
  auto& st = self->state;
  st.home = std::move(home);
  st.owner = std::move(owner);
  st.epoch = epoch;
  self->set_down_handler(
    [self](const caf::down_msg& down) { revive(self, down); });
  begin(self, *from);
  return {
    [self](deliveries& x) {
      auto& st = self->state;
      for (auto& y : x.starts)
        start(self, y);
      for (auto& y : x.ends)
        forward(self, y);
      for (const auto& y : x.timers) {
        const auto* t = st.decide->find(y.number);
        st.decide->timer(y.number, t ? t->due : core::due_kind::deadline,
                         st.home->now());
      }
      for (auto& y : x.commands)
        obey(self, y);
      settle_soon(self);
    },
    [self](sub_run_end& x) {
      auto& st = self->state;
      st.decide->sub_run_ended(x.number, x.child, x.how, std::move(x.output),
                               std::move(x.why), st.home->now(),
                               st.home->random());
      settle_soon(self);
    },
    [self](const sub_run_start& x) {
      self->state.decide->sub_run_started(x.number, x.child);
      settle_soon(self);
    },
    [self](anew_atom) { report(self); },
    [self](const held_list& held) { compare(self, held); },
    [self](ended& x) { finish(self, x); },
    [self](found_outputs& x) {
      for (auto& y : x.items)
        self->state.decide->looked_up(y.number, std::move(y.output),
                                      self->state.home->now());
      settle_soon(self);
    },
    [self](find_atom, core::id what) -> caf::result<caf::actor> {
      auto pos = self->state.tasks.find(what.number());
      if (pos == self->state.tasks.end())
        return make_error(errc::not_found);
      return caf::actor_cast<caf::actor>(pos->second.actor);
    },
    [self](settle_atom) { settle(self); },
    [self](tree_atom, const tree_query& ask) {
      return describe(self->id(), self->state, ask);
    },
    [self](why_atom, core::id task) {
      return explain(*self->state.decide, task.number());
    },
  };
}

} // namespace troupe
