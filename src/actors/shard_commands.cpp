#include <algorithm>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/shard.hpp"
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
  return core::sha256_hex(x.definition->hash + '\n' + x.body.str());
}

bool has_room(shard_ptr self, const command& x) {
  auto& st = self->state;
  if (!st.intake) {
    refuse(self, x, errc::store_full,
           "the store takes nothing new: its disk is full or read-only; free "
           "some space, then it takes work again by itself");
    return false;
  }
  // A shard alone may use an eighth of what may be pending in all.
  if (st.gather.bytes() < st.home->opts.pending_bytes_max / 8)
    return true;
  refuse(self, x, errc::overloaded,
         "more waits to be written than journal.pending_bytes_max allows");
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

/// Looks what is kept under a workflow's name and version.
void define(shard_ptr self, command& x) {
  if (!has_room(self, x))
    return;
  auto me = caf::actor_cast<shard_actor>(self);
  auto job = [me, x](core::store_reader& store) {
    found_definition found;
    found.asked = x;
    auto row = store.find_definition(x.workspace, x.definition->name,
                                     x.definition->version);
    if (!row)
      found.why = row.error();
    else if (*row)
      found.hash = (*row)->hash;
    caf::anon_send(me, std::move(found));
  };
  read(self, x.target, keep_promise(job, [me, x] {
         found_definition found;
         found.asked = x;
         found.why = reader_lost();
         caf::anon_send(me, std::move(found));
       }));
}

/// False: it was refused.
bool accept(shard_ptr self, command& x) {
  auto& st = self->state;
  if (!has_room(self, x))
    return false;
  remember_definition(self, x, *x.definition);
  if (!x.idempotency_key.empty()) {
    core::key_row row;
    row.workspace = x.workspace;
    row.key = x.idempotency_key;
    row.run = x.target;
    row.body_hash = body_hash(x);
    row.created_at = st.home->now();
    st.gather.add(std::move(row));
  }
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

void submit(shard_ptr self, command& x) {
  auto& st = self->state;
  if (x.idempotency_key.empty()) {
    accept(self, x);
    return;
  }
  // One after the other: who comes second finds what the first has made.
  auto& waiting = st.keys[{x.workspace, x.idempotency_key}];
  waiting.push_back(std::move(x));
  if (waiting.size() > 1)
    return;
  auto me = caf::actor_cast<shard_actor>(self);
  found_key asked;
  asked.workspace = waiting.front().workspace;
  asked.key = waiting.front().idempotency_key;
  auto job = [me, asked](core::store_reader& store) {
    auto found = asked;
    if (auto row = store.find_key(asked.workspace, asked.key))
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

} // namespace

void answer_to(shard_ptr self, answer x) {
  if (x.number != 0) // 0: nobody waits.
    if (auto to = self->state.desk.handle())
      self->send(to, std::move(x));
}

void key_is_known(shard_ptr self, found_key& x) {
  auto& st = self->state;
  auto pos = st.keys.find({x.workspace, x.key});
  if (pos == st.keys.end())
    return;
  auto commands = std::move(pos->second);
  st.keys.erase(pos);
  auto known = std::move(x.row);
  for (auto& c : commands) {
    if (x.why) {
      refuse(self, c, x.why.code, x.why.message);
      continue;
    }
    auto hash = body_hash(c);
    if (!known) {
      core::key_row row;
      row.run = c.target;
      row.body_hash = hash;
      if (accept(self, c))
        known = row;
      continue;
    }
    if (known->body_hash != hash) {
      refuse(self, c, errc::key_reused,
             "idempotency key `" + c.idempotency_key
               + "` was used with another body, for run "
               + core::to_string(known->run));
      continue;
    }
    // The same again: answered with the run that it made. What is in flight
    // is waited for, so that the answer is durable, too.
    c.target = known->run;
    c.resent = true;
    c.idempotency_key.clear();
    obey(self, c);
  }
}

void keep_definition(shard_ptr self, found_definition& x) {
  auto& st = self->state;
  const auto& what = *x.asked.definition;
  if (x.why)
    return refuse(self, x.asked, x.why.code, x.why.message);
  if (!x.hash.empty() && x.hash != what.hash)
    return refuse(self, x.asked, errc::invalid_state,
                  "version " + std::to_string(what.version) + " of `"
                    + what.name
                    + "` exists with another content; a version never "
                      "changes, raise `version`");
  if (x.hash.empty()) {
    auto row = definition_of(self, x.asked, what);
    row.name = what.name;
    row.version = what.version;
    st.gather.add(std::move(row));
  }
  answer done;
  done.number = x.asked.number;
  st.then.answers.push_back(std::move(done));
  settle_soon(self);
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
  auto key = x.target.run();
  if (auto wait = st.loads.find(key); wait != st.loads.end()) {
    wait->second.commands.push_back(std::move(x));
    return;
  }
  if (auto run = st.runs.find(key); run != st.runs.end()) {
    if (x.what == verb::submit && x.wait) {
      run->second.waiters.push_back(x.number);
      return;
    }
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
  load(self, key).commands.push_back(std::move(x));
  read_if_ready(self, key);
}

live_run& spawn_run(shard_ptr self, core::id key,
                    std::shared_ptr<run_start> how) {
  auto& st = self->state;
  auto& run = st.runs[key];
  run.serial = ++st.last_serial;
  st.by_serial[run.serial] = key;
  run.actor = self->spawn<caf::monitored>(
    run_actor_fun, st.home, shard_actor{self}, st.epoch, std::move(how));
  return run;
}

} // namespace troupe
