#include "actors/crew.hpp"

#include <algorithm>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/spawn_in_place.hpp"

namespace troupe {

namespace {

/// How often what is not yet as it should be is looked at.
constexpr std::chrono::milliseconds look_interval{100};
/// A host that ends gets 5 s; then it is killed.
constexpr std::chrono::seconds branch_answers_within{15};

void tick_soon(crew_ptr self) {
  auto& st = self->state;
  if (st.ticking)
    return;
  st.ticking = true;
  self->delayed_send(self, look_interval, caf::tick_atom_v);
}

/// It has never lived under this name, or is forgotten.
bool is_missing(const crew_state& st, const std::string& name) {
  auto found = st.home->host(name).get();
  return !found && found.error() == make_error(errc::not_found);
}

/// It failed too often: what it had is somebody else's by now, and it will not
/// say that it has nothing left.
bool is_given_up(const crew_state& st, const std::string& name) {
  auto found = st.home->host(name).get();
  return !found && found.error() == make_error(errc::escalated);
}

void start(crew_ptr self, const std::string& name) {
  auto& st = self->state;
  auto branch = st.branch.handle();
  if (!branch)
    return tick_soon(self);
  if (!st.starting.insert(name).second)
    return;
  auto spec = host_child(st.home, st.book, name, st.backoff);
  self->request(branch, branch_answers_within, child_start_atom_v, spec)
    .then([self, name](const child_up&) { self->state.starting.erase(name); },
          [self, name](const caf::error&) {
            self->state.starting.erase(name);
            tick_soon(self);
          });
}

/// Its host is down: nothing of it is left.
void forget(crew_ptr self, const std::string& name) {
  auto& st = self->state;
  st.ending.erase(name);
  auto known = st.book->find(name);
  if (known && !known->leaving)
    return start(self, name); // Taken in again meanwhile.
  st.book->remove(name);
  st.home->members->remove(name);
  if (auto to = st.directory.handle())
    self->send(to, bye_atom_v, name);
}

/// A host has nothing left and gets nothing more.
void end(crew_ptr self, const std::string& name) {
  auto& st = self->state;
  auto known = st.book->find(name);
  auto branch = st.branch.handle();
  if (!known || !known->leaving || !branch || !st.ending.insert(name).second)
    return;
  self->request(branch, branch_answers_within, child_stop_atom_v, name)
    .then([self, name](caf::ok_atom) { forget(self, name); },
          [self, name](const caf::error& why) {
            self->state.ending.erase(name);
            if (to_errc(why) == errc::not_found)
              forget(self, name);
            else
              tick_soon(self);
          });
}

} // namespace

/// Drains it; the coordinator tells it when nothing more is on its way.
void let_go(crew_ptr self, const std::string& name) {
  auto& st = self->state;
  if (!st.book->let_go(name))
    return;
  auto host = st.home->host(name).handle();
  if (host)
    self->send(host, leave_atom_v);
  if (auto to = st.coordinator.handle())
    self->send(to, bye_atom_v, name);
  if (is_missing(st, name))
    forget(self, name);
  else
    tick_soon(self);
}

namespace {

/// Compares what there is with what there should be.
void mend(crew_ptr self) {
  auto& st = self->state;
  for (const auto& [name, known] : st.book->all()) {
    if (st.ending.count(name) > 0)
      continue;
    if (known.leaving && is_given_up(st, name))
      end(self, name);
    else if (known.leaving)
      let_go(self, name);
    else if (is_missing(st, name))
      start(self, name);
  }
}

/// What was said to hosts while we were down may be lost; they know the number.
void remind(crew_ptr self) {
  auto& st = self->state;
  for (const auto& [name, known] : st.book->all())
    if (!known.leaving && known.spec->number > 1)
      if (auto host = st.home->host(name).handle())
        self->send(host, renew_atom_v, known.spec);
}

} // namespace

void take_in(crew_ptr self, const agent_spec& spec) {
  auto& st = self->state;
  const auto& name = spec.who.name;
  auto now = st.book->put(spec);
  st.home->members->add(name, now->outside);
  if (is_missing(st, name))
    start(self, name);
  else if (auto host = st.home->host(name).handle())
    self->send(host, renew_atom_v, now);
  else if (auto branch = st.branch.handle(); branch && is_given_up(st, name))
    caf::anon_send(branch, child_restart_atom_v, name); // It may be mended.
  // Else it restarts, and its next life begins with what the book says.
}

child_spec host_child(const house_ptr& home, const crew_book_ptr& book,
                      const std::string& name, restart_backoff backoff) {
  child_spec out;
  out.id = name;
  out.kind = "host";
  out.answers_tree = true;
  out.give_up = on_give_up::disable;
  out.backoff = backoff;
  out.start = [home, book,
               name](child_context& ctx) -> caf::expected<caf::actor> {
    auto who = book->find(name);
    if (!who)
      return make_error(errc::not_found, "`" + name + "` has left");
    return spawn_in_place(ctx, host, home, *who->spec, who->memory,
                          ctx.generation);
  };
  return out;
}

crew_actor::behavior_type crew(crew_ptr self, house_ptr home,
                               crew_book_ptr book, child_ref<> branch,
                               restart_backoff backoff) {
  auto& st = self->state;
  st.coordinator = home->coordinator;
  st.directory = home->directory;
  st.home = std::move(home);
  st.book = std::move(book);
  st.branch = std::move(branch);
  st.backoff = backoff;
  remind(self);
  auto all = st.book->all();
  if (std::any_of(all.begin(), all.end(),
                  [](const auto& x) { return x.second.leaving; }))
    tick_soon(self);
  look_for_idle_soon(self);
  return {
    [self](reload_atom, const crew_change& x) {
      for (const auto& spec : x.put)
        take_in(self, *spec);
      for (const auto& name : x.leave)
        let_go(self, name);
      set_on_demand(self, x);
      return caf::ok_atom_v;
    },
    [self](bye_atom, const std::string& name) { end(self, name); },
    [self](const unserved_list& list) { make_for(self, list); },
    [self](expire_atom) { look_for_idle(self); },
    [self](caf::tick_atom) {
      self->state.ticking = false;
      mend(self);
    },
  };
}

} // namespace troupe
