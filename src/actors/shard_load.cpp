#include <algorithm>
#include <utility>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <nlohmann/json.hpp>

#include "actors/crash_point.hpp"
#include "actors/shard.hpp"

// From the store to live actors: when the shard opens, when a run crashes, when
// there is room for the backlog.

namespace troupe {

namespace {

constexpr std::chrono::seconds journal_answers_within{60};

/// Runs read at a time: enough to keep the readers busy.
constexpr size_t reads_max = 32;

/// Asks every host what it holds of ours. One that restarts tells by itself; it
/// is waited for, too.
std::set<std::string> ask_hosts(shard_ptr self) {
  auto& st = self->state;
  std::set<std::string> asked;
  for (const auto& name : st.home->members->names()) {
    auto ref = st.home->host(name);
    if (auto host = ref.handle())
      self->send(host, held_atom_v, st.index);
    else if (ref.generation() == 0)
      continue; // It never lived: it holds nothing.
    asked.insert(name);
  }
  return asked;
}

void add_held(const held_list& list,
              std::map<core::id, std::vector<held_attempt>>& to) {
  for (const auto& key : list.running)
    to[key.task.run()].push_back({key, list.agent});
  for (const auto& x : list.done)
    to[x.key.task.run()].push_back({x.key, list.agent});
}

void ask_store_for_runs(shard_ptr self) {
  auto& st = self->state;
  auto me = caf::actor_cast<shard_actor>(self);
  auto job = [me, index = st.index,
              shards = st.home->opts.shards](core::store_reader& store) {
    loaded_runs x;
    if (auto rows = store.live_runs(index, shards))
      x.rows = std::move(*rows);
    else
      x.why = rows.error();
    caf::anon_send(me, std::move(x));
  };
  read(self, {0, st.index}, keep_promise(job, [me] {
         loaded_runs x;
         x.why = reader_lost();
         caf::anon_send(me, std::move(x));
       }));
}

/// A run that nothing of has started waits as a row, if there is a backlog.
bool parked(shard_ptr self, const core::run_row& row, const opening& before) {
  auto& st = self->state;
  if (row.state != core::run_state::queued || row.ready.empty() || row.parent
      || before.held.count(row.key) > 0)
    return false;
  auto list = nlohmann::json::parse(row.ready.view(), nullptr, false);
  std::vector<core::lane_count> lanes;
  if (list.is_array())
    for (const auto& x : list)
      lanes.push_back({x[0].get<std::string>(), x[1].get<uint32_t>()});
  if (lanes.empty())
    return false;
  st.live->park(row.key, row.created_at, std::move(lanes));
  return true;
}

void go_live(shard_ptr self) {
  auto& st = self->state;
  crash_point("shard.before_open");
  auto before = std::move(*st.before);
  st.before.reset();
  for (const auto& row : before.rows) {
    if (parked(self, row, before))
      continue;
    auto& x = loading_of(self, row.key);
    x.at_start = true;
    if (auto pos = before.held.find(row.key); pos != before.held.end()) {
      x.held = std::move(pos->second);
      st.unheard[row.key] = 1;
    }
    read_if_ready(self, row.key);
  }
  if (!before.done.empty())
    self->send(self, ended_list{std::move(before.done)});
  if (st.unheard.empty())
    say_that_is_all(self);
  count_pending(self); // What waits as rows.
  for (auto& x : before.commands)
    obey(self, x);
  activate(self);
}

/// A run of an earlier process that waited as a row: nothing of it is known to
/// have started, but a start may not have been written before the end.
bool waited(const core::run_row& row, core::instant opened_at) {
  return row.state == core::run_state::queued && !row.ready.empty()
         && row.created_at < opened_at;
}

void spawn_loaded(shard_ptr self, loaded_run& x, loading& wait) {
  auto& st = self->state;
  auto how = std::make_shared<run_start>();
  how->stored = std::move(x.stored);
  how->definition = std::move(x.definition);
  how->held = std::move(wait.held);
  how->new_process =
    st.first_life && (wait.at_start || waited(how->stored->run, st.opened_at));
  how->after_unclean_end = how->new_process && !st.clean;
  auto parent = how->stored->run.parent;
  auto parent_task = how->stored->run.parent_task;
  auto& run = spawn_run(self, x.run, std::move(how));
  run.announced = true;
  run.parent = parent;
  run.parent_task = parent_task;
  run.waiters = std::move(wait.waiters);
  run.parts = std::move(wait.parts);
}

} // namespace

void open_shard(shard_ptr self) {
  auto& st = self->state;
  st.before.emplace();
  auto to = st.journal.handle();
  if (!to)
    return self->quit(make_error(errc::restarting, "the journal restarts"));
  self->request(to, journal_answers_within, unlock_atom_v, st.index)
    .then(
      [self](const shard_opened& x) {
        auto& st = self->state;
        st.epoch = x.epoch;
        st.next_seq = x.next_seq;
        st.clean = x.clean;
        st.opened_at = st.home->now();
        if (auto to = st.coordinator.handle())
          self->send(to, anew_atom_v, st.index);
        else
          coordinator_has_forgotten(self); // It restarts and asks by itself.
        ask_store_for_runs(self);
      },
      [self](caf::error& why) { self->quit(std::move(why)); });
}

void take_rows(shard_ptr self, loaded_runs& x) {
  auto& before = self->state.before;
  if (!before)
    return;
  if (x.why.code == errc::restarting)
    return look_again_soon(self);
  if (x.why)
    return self->quit(make_error(x.why.code, x.why.message));
  before->rows = std::move(x.rows);
  before->rows_known = true;
  opened_further(self);
}

/// A reader was lost: its jobs are asked for again.
void ask_again_now(shard_ptr self) {
  self->state.looking = false;
  auto& before = self->state.before;
  if (before && !before->rows_known)
    ask_store_for_runs(self);
  read_again(self);
}

/// Nothing more of ours is given away from here on. Only now do the hosts'
/// words count: what was on its way to them has arrived.
void coordinator_has_forgotten(shard_ptr self) {
  auto& before = self->state.before;
  if (!before || before->coordinator_knows)
    return;
  before->coordinator_knows = true;
  before->hosts = ask_hosts(self);
  opened_further(self);
}

/// One more thing is known. When all is, the shard is open.
void opened_further(shard_ptr self) {
  auto& st = self->state;
  auto& before = *st.before;
  if (before.rows_known && before.coordinator_knows && before.hosts.empty())
    return go_live(self);
  if (st.next_tick != core::no_instant)
    return;
  st.next_tick = st.home->now() + patience::look_interval;
  self->delayed_send(self, patience::look_interval, caf::tick_atom_v);
}

/// Who does not answer holds nothing; should it come back, what it holds is
/// refused.
void look_for_hosts(shard_ptr self) {
  auto& before = *self->state.before;
  if (!before.hosts.empty() && before.hosts_wait.runs_out())
    before.hosts.clear();
  opened_further(self);
}

void take_held(shard_ptr self, held_list& held) {
  auto& st = self->state;
  if (st.before) {
    add_held(held, st.before->held);
    std::move(held.done.begin(), held.done.end(),
              std::back_inserter(st.before->done));
    st.before->hosts.erase(held.agent);
    return opened_further(self);
  }
  std::map<core::id, std::vector<held_attempt>> by_run;
  add_held(held, by_run);
  std::vector<core::id> heard;
  for (auto& [key, wait] : st.loads)
    if (wait.hosts.erase(held.agent) > 0) {
      auto& list = by_run[key];
      wait.held.insert(wait.held.end(), list.begin(), list.end());
      heard.push_back(key);
    }
  if (held.anew)
    for (const auto& [key, run] : st.runs)
      self->send(run.actor, held);
  if (!held.done.empty())
    self->send(self, ended_list{std::move(held.done)});
  for (auto key : heard)
    read_if_ready(self, key);
}

loading& loading_of(shard_ptr self, core::id run) {
  return self->state.loads[run];
}

void read_if_ready(shard_ptr self, core::id run) {
  auto& st = self->state;
  auto& wait = st.loads.at(run);
  if (wait.reading || !wait.written || !wait.hosts.empty())
    return;
  wait.reading = true;
  auto me = caf::actor_cast<shard_actor>(self);
  auto job = [me, run, known = st.home->workflows](core::store_reader& store) {
    loaded_run x;
    x.run = run;
    auto stored = store.load_run(run);
    if (!stored) {
      x.why = stored.error();
    } else {
      auto row =
        store.find_definition(stored->run.workspace, stored->run.definition);
      if (row && *row)
        x.definition = known->parse((*row)->body.view()).value;
      if (!row)
        x.why = row.error();
      else if (!x.definition)
        x.why = {errc::store_failed, category::data_corruption,
                 "the definition of run " + core::to_string(run)
                   + " is not in the store; run `troupe doctor`"};
      x.stored = std::make_shared<core::stored_run>(std::move(*stored));
    }
    caf::anon_send(me, std::move(x));
  };
  read(self, run, keep_promise(job, [me, run] {
         loaded_run x;
         x.run = run;
         x.why = reader_lost();
         caf::anon_send(me, std::move(x));
       }));
}

void loaded(shard_ptr self, loaded_run& x) {
  auto& st = self->state;
  auto pos = st.loads.find(x.run);
  if (pos == st.loads.end())
    return;
  if (x.why.code == errc::restarting) {
    pos->second.reading = false;
    return look_again_soon(self);
  }
  if (x.why.code == errc::store_failed
      && x.why.kind != category::data_corruption)
    return read_later(self, pos->second, x);
  auto wait = std::move(pos->second);
  st.loads.erase(pos);
  if (st.runs.count(x.run) > 0) {
    // It has begun meanwhile, and knows more than the store did.
  } else if (!x.why) {
    spawn_loaded(self, x, wait);
  } else {
    run_gone(self, x.run);
    st.live->arrived(x.run);
    for (auto number : wait.waiters) {
      answer why;
      why.number = number;
      why.error = x.why;
      answer_to(self, std::move(why));
    }
    if (x.why.code != errc::not_found)
      st.home->warn("run " + core::to_string(x.run)
                    + " could not be read: " + x.why.message);
  }
  for (auto& c : wait.commands) {
    if (!x.why || st.runs.count(x.run) > 0) {
      obey(self, c);
    } else if (c.what == verb::submit && x.why.code == errc::not_found) {
      c.resent = false; // It never came through: it is new.
      obey(self, c);
    } else {
      answer why;
      why.number = c.number;
      why.error = x.why;
      answer_to(self, std::move(why));
    }
  }
  if (!wait.done.empty())
    self->send(self, ended_list{std::move(wait.done)});
  activate(self);
}

void run_crashed(shard_ptr self, const caf::down_msg& down) {
  auto& st = self->state;
  if (!down.reason || down.reason == caf::exit_reason::user_shutdown)
    return;
  auto pos =
    std::find_if(st.runs.begin(), st.runs.end(), [&down](const auto& x) {
      return x.second.actor == down.source;
    });
  if (pos == st.runs.end())
    return;
  auto key = pos->first;
  auto& run = pos->second;
  token_list tokens;
  for (const auto& [number, offered] : run.offered) {
    st.live->leave(lane_of(*offered.what), 1);
    tokens.items.push_back(offered.what->key);
  }
  if (auto to = st.coordinator.handle())
    self->send(to, withdr_atom_v, std::move(tokens));
  for (const auto& [number, handle] : run.timers)
    st.wheel.cancel(handle);
  // It is made again, and reports then.
  if (auto asked = st.unheard.find(key); asked != st.unheard.end())
    asked->second = 1;
  auto& wait = loading_of(self, key);
  wait.waiters = std::move(run.waiters);
  for (auto& [number, x] : run.asked)
    wait.commands.push_back(std::move(x));
  wait.parts = std::move(run.parts);
  wait.hosts = ask_hosts(self);
  wait.hosts_wait = {};
  look_again_soon(self);
  wait.written = false;
  st.by_serial.erase(run.serial);
  st.runs.erase(pos);
  st.then.reload.push_back(key);
  settle_soon(self);
}

/// Brings runs of the backlog to life while there is room.
void activate(shard_ptr self) {
  auto& st = self->state;
  while (!st.before && st.loads.size() < reads_max) {
    auto run = st.live->next();
    if (!run)
      return;
    loading_of(self, *run);
    read_if_ready(self, *run);
  }
}

} // namespace troupe
