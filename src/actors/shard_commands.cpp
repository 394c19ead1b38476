#include <algorithm>
#include <cassert>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/shard.hpp"
#include "core/mutant.hpp"
#include "core/sha256.hpp"

// What doors ask.

namespace troupe {

namespace {

void refuse(shard_ptr self, const command& x, errc code, std::string message) {
  answer why;
  why.number = x.number;
  why.error = {code, category::unknown, std::move(message)};
  answer_to(self, std::move(why));
}

std::string body_hash(const command& x) {
  auto all = x.definition->hash + '\n' + x.body.str();
  if (x.priority != 0) // A key that was kept without one stays as it was.
    all += "\npriority " + std::to_string(x.priority);
  if (!x.labels.empty())
    all += "\nlabels " + x.labels.str();
  return core::sha256_hex(all);
}

/// Who has nothing waiting here is not the one who filled the queue, and gets
/// in for a while yet.
bool is_modest(shard_ptr self, const std::string& workspace) {
  auto& st = self->state;
  return *st.home->queued < 2 * st.home->opts.queued_max
         && !st.live->has_work_of(workspace);
}

bool has_room(shard_ptr self, const command& x) {
  auto& st = self->state;
  if (!st.intake) {
    refuse(self, x, errc::store_full,
           "the store takes nothing new: its disk is full or read-only; free "
           "some space, then it takes work again by itself");
    return false;
  }
  if (*st.home->pending_bytes >= st.home->opts.pending_bytes_max) {
    refuse(self, x, errc::overloaded,
           "more waits to be written than node.pending_bytes_max allows");
    return false;
  }
  if (*st.home->queued < st.home->opts.queued_max || x.what != verb::submit
      || is_modest(self, x.workspace))
    return true;
  refuse(self, x, errc::overloaded,
         "more tasks wait for agents than node.queued_max allows ("
           + std::to_string(st.home->opts.queued_max)
           + "); submit again when some have ended, or add agents");
  return false;
}

core::definition_row definition_of(shard_ptr self, const command& x,
                                   const core::workflow& what) {
  core::definition_row row;
  row.workspace = x.workspace;
  row.hash = what.hash;
  row.body = what.source;
  row.created_at = self->state.home->now();
  return row;
}

/// What a run was submitted with is kept by its hash, under no name: names are
/// for what was registered.
void remember_definition(shard_ptr self, const command& x,
                         const core::workflow& what) {
  constexpr size_t remembered_max = 1000;
  auto& st = self->state;
  if (!st.stored_definitions.insert(x.workspace + '\n' + what.hash).second)
    return;
  if (st.stored_definitions.size() > remembered_max)
    st.stored_definitions.clear(); // Writing one again does no harm.
  st.gather.add(definition_of(self, x, what));
}

name_in_workspace name_of(const command& x) {
  if (x.what == verb::define)
    return {x.workspace,
            x.definition->name + '@' + std::to_string(x.definition->version)};
  return {x.workspace, x.idempotency_key};
}

/// A version never changes: the first content of a name stays.
void define_as(shard_ptr self, const command& x, std::string& known) {
  auto& st = self->state;
  const auto& what = *x.definition;
  if (!known.empty() && known != what.hash)
    return refuse(self, x, errc::invalid_state,
                  "version " + std::to_string(what.version) + " of `"
                    + what.name
                    + "` exists with another content; a version never "
                      "changes, raise `version`");
  if (known.empty()) {
    auto row = definition_of(self, x, what);
    row.name = what.name;
    row.version = what.version;
    st.gather.add(std::move(row));
    st.unwritten_definitions[name_of(x)] = known = what.hash;
    st.then.definitions.push_back(name_of(x));
  }
  answer done;
  done.number = x.number;
  st.then.answers.push_back(std::move(done));
  settle_soon(self);
}

/// A row of its own, that belongs to no run: the newest of a key counts.
void keep_row(shard_ptr self, const command& x) {
  auto& st = self->state;
  if (!has_room(self, x))
    return;
  if (x.what == verb::note) {
    st.gather.add(core::note_row{x.name, x.body});
  } else {
    auto row = *x.strategy;
    row.created_at = st.home->now();
    st.gather.add(std::move(row));
  }
  answer done;
  done.number = x.number;
  st.then.answers.push_back(std::move(done));
  settle_soon(self);
}

/// Looks what is kept under a workflow's name and version.
void define(shard_ptr self, command& x) {
  auto& st = self->state;
  if (!has_room(self, x))
    return;
  if (auto own = st.unwritten_definitions.find(name_of(x));
      own != st.unwritten_definitions.end())
    return define_as(self, x, own->second);
  auto& waiting = st.definitions[name_of(x)];
  waiting.push_back(std::move(x));
  if (waiting.size() > 1)
    return;
  auto me = caf::actor_cast<shard_actor>(self);
  const auto& first = waiting.front();
  found_definition asked;
  asked.name = name_of(first);
  auto job = [me, asked, what = first.definition](core::store_reader& store) {
    auto found = asked;
    auto row =
      store.find_definition(found.name.first, what->name, what->version);
    if (!row)
      found.why = row.error();
    else if (*row)
      found.hash = (*row)->hash;
    caf::anon_send(me, std::move(found));
  };
  read(self, first.target, keep_promise(job, [me, asked] {
         auto found = asked;
         found.why = reader_lost();
         caf::anon_send(me, std::move(found));
       }));
}

/// False: it was refused.
bool accept(shard_ptr self, command& x) {
  if (!has_room(self, x))
    return false;
  remember_definition(self, x, *x.definition);
  auto how = std::make_shared<run_start>();
  auto& request = how->request;
  request.key = x.target;
  request.workspace = x.workspace;
  request.definition = x.definition;
  request.ad_hoc = x.ad_hoc;
  request.input = x.body;
  request.idempotency_key = x.idempotency_key;
  request.priority = x.priority;
  request.by = x.by;
  request.labels = x.labels;
  if (!x.wait) {
    answer yes;
    yes.number = x.number;
    how->answers.push_back(std::move(yes));
  }
  auto& run = spawn_run(self, x.target, std::move(how));
  run.parts = std::move(x.parts);
  if (x.wait)
    run.waiters.push_back(x.number);
  else if (x.number != 0)
    run.asked[x.number] = x; // Until its answer is on its way.
  return true;
}

/// A run knows its newest commands when they come again, so no more than that
/// may wait for their answers.
bool may_wait(shard_ptr self, const command& x, size_t waiting) {
  if (waiting < core::commands_kept_max || x.number == 0
      || x.what == verb::submit)
    return true;
  refuse(self, x, errc::overloaded,
         std::to_string(waiting)
           + " commands to this run wait for their "
             "answers (commands_kept_max); try again soon");
  return false;
}

/// The first submission of a key makes its run; the same again is answered with
/// that run, once it is durable. The key is written with the run's first words.
void submit_as(shard_ptr self, command& x,
               std::optional<core::key_row>& known) {
  auto& st = self->state;
  auto hash = body_hash(x);
  if (!known) {
    core::key_row row{x.workspace, x.idempotency_key, x.target, hash,
                      st.home->now()};
    if (accept(self, x))
      st.unwritten_keys[name_of(x)] = *(known = std::move(row));
    return;
  }
  if (known->body_hash != hash)
    return refuse(self, x, errc::key_reused,
                  "idempotency key `" + x.idempotency_key
                    + "` was used for run " + core::to_string(known->run)
                    + " with another workflow, input or priority; send the "
                      "same again, or use a new key");
  if (x.target == known->run && st.runs.count(x.target) == 0
      && st.loads.count(x.target) == 0) {
    accept(self, x); // It was looked for: it ended before its first words.
    return;
  }
  x.target = known->run;
  x.resent = true;
  obey(self, x);
}

void submit(shard_ptr self, command& x) {
  auto& st = self->state;
  if (x.idempotency_key.empty()) {
    accept(self, x);
    return;
  }
  if (auto own = st.unwritten_keys.find(name_of(x));
      own != st.unwritten_keys.end()) {
    std::optional<core::key_row> known{own->second};
    return submit_as(self, x, known);
  }
  auto& waiting = st.keys[name_of(x)];
  waiting.push_back(std::move(x));
  if (waiting.size() > 1)
    return;
  auto me = caf::actor_cast<shard_actor>(self);
  found_key asked;
  asked.name = name_of(waiting.front());
  auto job = [me, asked](core::store_reader& store) {
    auto found = asked;
    if (auto row = store.find_key(asked.name.first, asked.name.second))
      found.row = std::move(*row);
    else
      found.why = row.error();
    caf::anon_send(me, std::move(found));
  };
  read(self, waiting.front().target, keep_promise(job, [me, asked] {
         auto found = asked;
         found.why = reader_lost();
         caf::anon_send(me, std::move(found));
       }));
}

std::vector<command>
take_waiting(std::map<name_in_workspace, std::vector<command>>& from,
             const name_in_workspace& name) {
  auto found = from.extract(name);
  return found ? std::move(found.mapped()) : std::vector<command>{};
}

} // namespace

void answer_to(shard_ptr self, answer x) {
  if (x.number != 0) // 0: nobody waits.
    if (auto to = self->state.desk.handle())
      self->send(to, std::move(x));
}

void key_is_known(shard_ptr self, found_key& x) {
  if (mutated(core::mutant::dedupe_off))
    x.row.reset();
  for (auto& c : take_waiting(self->state.keys, x.name))
    if (x.why)
      refuse(self, c, x.why.code, x.why.message);
    else
      submit_as(self, c, x.row);
}

void keep_definition(shard_ptr self, found_definition& x) {
  for (auto& c : take_waiting(self->state.definitions, x.name))
    if (x.why)
      refuse(self, c, x.why.code, x.why.message);
    else
      define_as(self, c, x.hash);
}

void obey(shard_ptr self, command& x) {
  auto& st = self->state;
  if (st.before) {
    if (st.before->commands.size() >= st.home->opts.waiting_commands_max)
      return refuse(self, x, errc::overloaded, "the shard is being opened");
    st.before->commands.push_back(std::move(x));
    return;
  }
  if (x.what == verb::define)
    return define(self, x);
  if (x.what == verb::keep || x.what == verb::note)
    return keep_row(self, x);
  if (x.what == verb::signal && !has_room(self, x))
    return; // It brings a payload.
  auto key = x.target.run();
  if (auto wait = st.loads.find(key); wait != st.loads.end()) {
    if (may_wait(self, x, wait->second.commands.size()))
      wait->second.commands.push_back(std::move(x));
    return;
  }
  if (auto run = st.runs.find(key); run != st.runs.end()) {
    if (x.what == verb::submit && x.wait) {
      run->second.waiters.push_back(x.number);
      return;
    }
    if (!may_wait(self, x, run->second.asked.size()))
      return;
    if (x.number != 0)
      run->second.asked[x.number] = x;
    deliveries what;
    what.commands.push_back(std::move(x));
    self->send(run->second.actor, std::move(what));
    return;
  }
  if (x.what == verb::submit && !x.resent)
    return submit(self, x);
  // Neither live nor new: in the backlog, or ended. Read it and see.
  if (st.loads.size() >= st.home->opts.waiting_commands_max)
    return refuse(self, x, errc::overloaded,
                  "too many runs are being read (waiting_commands_max)");
  st.live->forget(key);
  loading_of(self, key).commands.push_back(std::move(x));
  read_if_ready(self, key);
}

live_run& spawn_run(shard_ptr self, core::id key,
                    std::shared_ptr<run_start> how) {
  auto& st = self->state;
  assert(st.runs.count(key) == 0); // Two actors would both be right.
  auto& run = st.runs[key];
  run.serial = ++st.last_serial;
  st.by_serial[run.serial] = key;
  run.actor = self->spawn<caf::monitored>(
    run_actor_fun, st.home, shard_actor{self}, st.epoch, std::move(how));
  return run;
}

} // namespace troupe
