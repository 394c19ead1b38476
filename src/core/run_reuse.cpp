#include "core/cache_key.hpp"
#include "core/run.hpp"

// Outputs that were stored before, and are used instead of asking an agent.

namespace troupe::core {

std::string run::cache_key_of(const task& t) const {
  auto in_loop = is_item(t) && is_loop(tasks_[t.parent - 1]);
  return cache_key(spec(t), t.input.view(), in_loop ? t.item + 1 : 0);
}

void run::looked_up(uint32_t number, std::optional<text> output, instant now) {
  if (find(number) == nullptr || !at(number).asking)
    return;
  auto& t = at(number);
  t.asking = false;
  t.looked = true;
  if (t.state != task_state::queued)
    return; // Paused or cancelled meanwhile.
  // A condition may look at more than the output: then it is made anew.
  if (!output || check_expectations(t, *output)) {
    held_.push_back(number);
    return drain(now);
  }
  apply(t, task_event::start, now);
  t.started_at = now;
  t.score = text{R"({"cache":")" + cache_key_of(t) + R"("})"};
  set_run_state(run_state::running, now);
  note(fact_kind::cache_hit, &t, now, t.score.str());
  complete(t, std::move(*output), now);
  drain(now);
}

/// Stores what an agent has answered, in the batch that ends its task.
void run::keep_output(const task& t, const text& output, instant now) {
  const auto& s = spec(t);
  // What a fallback made would hide for a long time that the step's own agents
  // are well again.
  if (s.cache == duration::zero() || t.fallback != 0
      || output.size() > cached_output_bytes_max)
    return;
  out_.cached.push_back(
    {row_.workspace, cache_key_of(t), output, now + s.cache});
}

} // namespace troupe::core
