#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/run.hpp"
#include "core/command_key.hpp"

// What people and other runs ask of a run. The answers go out when they are
// durable.

namespace troupe {

namespace {

using self_ptr = run_actor::stateful_pointer<run_actor_state>;

void carry_out(self_ptr self, command& x, answer& reply) {
  auto& st = self->state;
  auto now = st.home->now();
  auto number = x.target.number();
  switch (x.what) {
    case verb::define: // Is the shard's own business.
    case verb::keep:
    case verb::note:
    case verb::submit:
      reply.repeated = true; // The door sends it again; we are there already.
      break;
    case verb::cancel:
      reply.error = number == 0
                      ? st.decide->cancel(x.by, x.reason, now)
                      : st.decide->cancel_task(number, x.by, x.reason, now);
      break;
    case verb::pause:
      reply.error = st.decide->pause(x.by, now);
      break;
    case verb::resume:
      reply.error = st.decide->resume(x.by, now);
      break;
    case verb::retry:
      reply.error = st.decide->retry(number, x.by, now, x.name == "anew");
      break;
    case verb::release:
      reply.error = st.decide->release(number, x.by, now);
      break;
    case verb::hold:
      reply.error = st.decide->hold(number, x.by, now);
      break;
    case verb::signal: {
      auto taken = false;
      reply.error = st.decide->signal(x.name, x.body, x.by, now, taken);
      reply.body = core::text{
        taken ? R"({"taken":true})"
              : R"({"taken":false,"note":"no step of this run waits for it )"
                R"(now; kept until one does"})"};
      break;
    }
    case verb::approve:
    case verb::reject:
      reply.error = st.decide->answer(number, x.what == verb::approve, x.by,
                                      x.name, x.reason, now);
      break;
  }
}

/// The key of a command stands for that command alone.
failure key_problem(const core::run& run, const command& x) {
  std::string used_for;
  if (x.idempotency_key == run.row().idempotency_key)
    used_for = "the submission of this run";
  else if (core::use_of_key(run.row().commands, x.own) == core::key_use::other)
    used_for = "another command to this run";
  if (used_for.empty())
    return {};
  return {errc::key_reused, category::validation,
          "idempotency key `" + x.idempotency_key + "` was used for " + used_for
            + "; send the same again, or use a new key"};
}

/// What is sent again, by a desk or by a client, is answered and not done
/// again.
void once(self_ptr self, command& x, answer& reply) {
  auto& st = self->state;
  auto keyed = x.own && !x.idempotency_key.empty();
  reply.repeated = keyed ? core::use_of_key(st.decide->row().commands, x.own)
                             == core::key_use::same
                         : x.own && st.decide->has_carried_out(x.own);
  if (reply.repeated)
    return;
  if (keyed)
    reply.error = key_problem(*st.decide, x);
  if (reply.error)
    return;
  carry_out(self, x, reply);
  if (x.own && !reply.error)
    st.decide->remember(x.own);
}

} // namespace

void obey(run_actor::stateful_pointer<run_actor_state> self, command& x) {
  auto& st = self->state;
  answer reply;
  reply.number = x.number;
  reply.run = st.decide->key();
  // Another tenant's run is as good as none. (A parent's word has no tenant.)
  if (x.workspace.empty() || x.workspace == st.decide->row().workspace)
    once(self, x, reply);
  else
    reply.error = {errc::not_found, category::validation,
                   "no run " + core::to_string(st.decide->key())
                     + " in this workspace"};
  reply.state = st.decide->row().state;
  st.next.answers.push_back(std::move(reply));
}

} // namespace troupe
