#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/host.hpp"

namespace troupe {

namespace {

using self_ptr = instance_actor::stateful_pointer<instance_state>;

task asked_of(const host_address& host, const work& what) {
  auto out = public_task(what);
  if (host.traceparent)
    out.traceparent = host.traceparent(out);
  return out;
}

void call_blocking(self_ptr self, const call& x) {
  auto& st = self->state;
  line_context ctx{*x.line};
  x.line->give(st.blocking->perform(asked_of(*st.host, *x.what), ctx));
}

void call_reactive(self_ptr self, const call& x, const reply& to) {
  auto& st = self->state;
  // Copies the input: our time, not its own.
  auto asked = asked_of(*st.host, *x.what);
  st.calling->begin(x.what, st.host->now());
  try {
    st.reactive->perform(asked, to);
  } catch (...) {
    st.calling->end(st.host->now());
    throw;
  }
  if (auto took = st.calling->end(st.host->now()))
    st.warn("reactive agent `" + st.host->agent + "` held a worker for "
            + core::to_text(*took) + " on step `" + x.what->step->name
            + "`; make it an `agent`, which may block");
}

void work_on(self_ptr self, call_list& list) {
  auto& st = self->state;
  ends_collector ends;
  for (auto& x : list.items) {
    if (!x.line->begin())
      continue;
    std::string why;
    reply to; // Lives until the reason is known: letting go is a crash, too.
    try {
      if (st.blocking) {
        call_blocking(self, x);
      } else {
        to = reply_to(x.line);
        call_reactive(self, x, to);
      }
      continue;
    } catch (const std::exception& what) {
      why = what.what();
    } catch (...) {
      why = "an exception that is no std::exception";
    }
    x.line->end(core::end_kind::crashed,
                "agent `" + st.host->agent + "` crashed: " + why);
    // The code may be in any state now: this instance ends, and the next one
    // gets what has not begun.
    self->quit(make_error(errc::agent_crashed, why));
    break;
  }
  auto host = child_ref<host_actor>{st.host->host};
  auto done = ends.take();
  // Also one that ended without us while its code went on: the thread is back.
  if (st.blocking)
    for (const auto& x : list.items)
      if (done.items.empty() || done.items.back() != x.what->key)
        done.items.push_back(x.what->key);
  if (auto to = host.handle(); to && !done.items.empty())
    self->send(to, done_atom_v, std::move(done));
}

} // namespace

instance_actor::behavior_type
instance(self_ptr self, host_address_ptr host, const agent_spec& spec,
         std::function<void(const std::string&)> warn,
         std::shared_ptr<present_call> calling) {
  auto& st = self->state;
  st.host = std::move(host);
  st.calling = std::move(calling);
  st.warn = std::move(warn);
  if (const auto* make = std::get_if<agent_factory>(&spec.make))
    st.blocking = (*make)();
  else
    st.reactive = std::get<reactive_factory>(spec.make)();
  return {
    [self](call_list& list) { work_on(self, list); },
  };
}

} // namespace troupe
