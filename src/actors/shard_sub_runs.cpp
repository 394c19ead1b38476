#include <algorithm>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/shard.hpp"
#include "core/trace.hpp"
#include "core/workflow_name.hpp"

// A sub-run lives in its parent's shard.

namespace troupe {

namespace {

/// A workflow that runs itself, through whatever way, comes to an end here.
constexpr size_t sub_run_depth_max = 32;

/// Runs above and including this one. All of them wait for it, so they live.
size_t depth_of(const shard_actor_state& st, core::id run) {
  size_t depth = 0;
  for (auto pos = st.runs.find(run);
       pos != st.runs.end() && depth <= sub_run_depth_max;
       pos = st.runs.find(pos->second.parent))
    ++depth;
  return depth;
}

void start(shard_ptr self, core::id parent, const sub_run_request& x,
           core::workflow_ptr definition) {
  auto& st = self->state;
  auto& owner = st.runs.at(parent);
  if (depth_of(st, parent) > sub_run_depth_max)
    return self->send(
      owner.actor,
      sub_run_end{x.number,
                  x.child,
                  core::run_state::failed,
                  {},
                  {errc::limit_reached, category::validation,
                   "`" + x.workflow + "` would be nested more than "
                     + std::to_string(sub_run_depth_max)
                     + " deep (sub_run_depth_max); does a workflow run "
                       "itself?"}});
  auto how = std::make_shared<run_start>();
  auto& request = how->request;
  request.key = x.child;
  request.parent = parent;
  request.parent_task = x.number;
  request.workspace = x.workspace;
  request.definition = std::move(definition);
  auto input = core::check_input(*request.definition, x.input.view());
  request.input = input.value;
  request.by = x.by;
  // Also what is nested deeper stands in the trace of the root, which only the
  // first of them can name.
  if (request.by.trace.empty())
    request.by.trace = core::trace_of(parent);
  request.priority = x.priority;
  if (!input.problems.empty())
    return self->send(
      owner.actor,
      sub_run_end{x.number,
                  x.child,
                  core::run_state::failed,
                  {},
                  {errc::invalid, category::validation,
                   core::to_text(input.problems.front(), x.workflow)}});
  self->send(owner.actor, sub_run_start{x.number, x.child});
  auto parts = owner.parts; // `spawn_run` may move `owner`.
  auto& run = spawn_run(self, x.child, std::move(how));
  run.parent = parent;
  run.parent_task = x.number;
  run.parts = std::move(parts);
}

void ask_again(shard_ptr self, found_sub_run x) {
  self->delayed_send(self, patience::look_interval, std::move(x));
}

} // namespace

void start_sub_run(shard_ptr self, core::id parent, sub_run_request& x) {
  auto& st = self->state;
  if (st.runs.count(x.child) > 0)
    return; // It lives; it says when it has ended.
  if (st.loads.count(x.child) > 0)
    return ask_again(self, {parent, x, {}, {}, {}, true}); // Is it there?
  auto& parts = st.runs.at(parent).parts;
  auto named = core::split_workflow_name(x.workflow);
  auto fits = [&named](const core::workflow_ptr& part) {
    return part->name == named.name && part->version == named.version;
  };
  auto part = std::find_if(parts.begin(), parts.end(), fits);
  if (x.fresh && part != parts.end())
    return start(self, parent, x, *part);
  auto me = caf::actor_cast<shard_actor>(self);
  auto job = [me, parent, x, named,
              known = st.home->workflows](core::store_reader& store) {
    found_sub_run found;
    found.parent = parent;
    found.asked = x;
    if (!x.fresh) {
      auto row = store.find_run(x.child);
      if (!row)
        found.why = {errc::restarting, category::unknown, row.error().message};
      else if (*row)
        found.row = std::move(**row);
    }
    if (!found.row && !found.why) {
      auto row = store.find_definition(x.workspace, named.name, named.version);
      if (!row)
        found.why = {errc::restarting, category::unknown, row.error().message};
      else if (*row)
        found.definition = known->parse((*row)->body.view()).value;
      if (!found.definition && !found.why)
        found.why = {errc::not_found, category::validation,
                     "workflow `" + x.workflow
                       + "` is not registered; register it with `troupe "
                         "register FILE` or POST /api/v1/workflows"};
    }
    caf::anon_send(me, std::move(found));
  };
  read(self, parent, keep_promise(job, [me, parent, x] {
         found_sub_run found;
         found.parent = parent;
         found.asked = x;
         found.why = reader_lost();
         caf::anon_send(me, std::move(found));
       }));
}

void sub_run_is_known(shard_ptr self, found_sub_run& x) {
  auto& st = self->state;
  auto pos = st.runs.find(x.parent);
  if (pos == st.runs.end())
    return; // It asks again when it is back.
  if (x.again)
    return start_sub_run(self, x.parent, x.asked);
  if (x.why.code == errc::restarting) {
    // Nobody knows: that is no reason to fail a step.
    x.again = true;
    return ask_again(self, std::move(x));
  }
  if (x.why)
    return self->send(
      pos->second.actor,
      sub_run_end{
        x.asked.number, x.asked.child, core::run_state::failed, {}, x.why});
  if (st.runs.count(x.asked.child) > 0 || st.loads.count(x.asked.child) > 0)
    return start_sub_run(self, x.parent, x.asked); // Came to life meanwhile.
  if (!x.row)
    return start(self, x.parent, x.asked, std::move(x.definition));
  if (core::terminal(x.row->state))
    self->send(pos->second.actor,
               sub_run_end{x.asked.number, x.asked.child, x.row->state,
                           x.row->output, x.row->error});
}

} // namespace troupe
