#include <caf/event_based_actor.hpp>

#include "core/metric_series.hpp"
#include "runtime/api_question.hpp"
#include "runtime/status_metrics.hpp"

// What `status` and `agents` say, what waits in the queue and what was counted,
// as figures for machines.

namespace troupe::runtime {

using nlohmann::json;

namespace {

using page_ptr = std::shared_ptr<core::metric_page>;

constexpr std::chrono::seconds answers_within{5};

json parsed(const core::api_answer& x) {
  auto body = json::parse(x.body.view(), nullptr, false);
  return body.is_object() ? body : json::object();
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& x : words)
    out += (out.empty() ? "" : ",") + x;
  return out;
}

struct waiting {
  uint64_t tasks = 0;
  uint64_t impossible = 0;
  double oldest_seconds = 0;
};

void show(const demand_list& all, core::instant now, core::metric_page& to) {
  core::metric_series<waiting, 2> sums;
  for (const auto& x : all.items) {
    auto words = joined(x.need->capabilities);
    auto& sum = sums.at({x.workspace.view(), words});
    sum.tasks += x.queued;
    sum.impossible += x.possible ? 0 : x.queued;
    auto age = std::chrono::duration<double>(now - x.head_queued_at).count();
    if (x.queued > 0 && x.head_queued_at != core::no_instant)
      sum.oldest_seconds = std::max(sum.oldest_seconds, age);
  }
  for (const auto& [key, sum] : sums.all()) {
    core::metric_labels labels{{"workspace", key[0]}, {"capabilities", key[1]}};
    to.gauge("troupe_queue_tasks", "Ready tasks that wait for an agent.",
             static_cast<double>(sum.tasks), labels);
    to.gauge("troupe_queue_impossible_tasks",
             "Ready tasks that no agent of this node can do.",
             static_cast<double>(sum.impossible), labels);
    to.gauge("troupe_queue_oldest_seconds",
             "How long the first of them has waited.", sum.oldest_seconds,
             std::move(labels));
  }
}

core::api_answer shown(const core::metric_page& page, bool as_text) {
  if (as_text)
    return answer_with({{"text", core::to_exposition(page)}});
  return answer_with(core::to_json(page));
}

} // namespace

void node_api::add_figures(figure_source from) {
  std::lock_guard guard{figures_mutex_};
  figures_.push_back(std::move(from));
}

void node_api::metrics_call(question& q) {
  auto page = std::make_shared<core::metric_page>();
  question status{q.what, {}, {}, {}};
  status.then = [me = shared_from_this(), q, page](const core::api_answer& x) {
    add_status(*page, parsed(x));
    me->add_agents(q, page);
  };
  status_call(status);
}

void node_api::add_agents(question q, page_ptr page) {
  question agents{q.what, {}, {}, {}};
  agents.then = [me = shared_from_this(), q, page](const core::api_answer& x) {
    runtime::add_agents(*page, parsed(x));
    me->add_demand(q, page);
  };
  agents_call(agents);
}

void node_api::add_demand(question q, page_ptr page) {
  auto done = [me = shared_from_this(), q, page] {
    std::lock_guard guard{me->figures_mutex_};
    for (const auto& add : me->figures_)
      add(*page);
    q.then(shown(*page, q.params.value("text", false)));
  };
  auto to = child_ref<coordinator_actor>{home_->coordinator}.handle();
  if (!to)
    return done(); // Its figures are left out while it restarts.
  sys_.spawn(
    [to, done, page, now = home_->now()](caf::event_based_actor* self) {
      self->request(to, answers_within, stats_atom_v)
        .then(
          [=](const demand_list& x) {
            show(x, now, *page);
            done();
          },
          [=](const caf::error&) { done(); });
    });
}

} // namespace troupe::runtime
