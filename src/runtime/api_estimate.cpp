#include <map>

#include <caf/event_based_actor.hpp>

#include "runtime/api_question.hpp"

// What is said of each task of a list that was accepted: where it is, and, for
// whoever asks, when it may begin and how long it takes.

namespace troupe::runtime {

using nlohmann::json;

namespace {

/// Of a longer list only these are told one by one; the run lists them all.
constexpr size_t tasks_told_max = 1'000;
/// Each of these costs a question to the coordinator.
constexpr size_t tasks_estimated_max = 100;
/// An estimate is worth no more waiting than that.
constexpr std::chrono::seconds estimated_within{1};

struct told_task {
  core::id key;
  std::string type;
  json shown;
};

struct estimating {
  json body;
  std::vector<told_task> tasks;
  core::instant now;
  node_api::callback then;

  core::api_answer answer() {
    auto& list = body["tasks"] = json::array();
    for (auto& x : tasks)
      list.push_back(x.shown);
    if (tasks.size() == 1)
      body.update(tasks[0].shown);
    return answer_with(body);
  }
};
using estimating_ptr = std::shared_ptr<estimating>;

/// The state that such a task is accepted in; nothing where its run decides.
std::optional<core::task_state> first_state(const core::step& x) {
  if (!x.depends_on.empty())
    return core::task_state::waiting;
  auto plain = x.kind == core::step_kind::work && x.when.empty() && !x.approve
               && x.foreach.empty() && x.repeat_until.empty()
               && x.not_before.empty() && x.idempotency_key.empty()
               && x.cache == core::duration{};
  return plain ? std::optional{core::task_state::queued} : std::nullopt;
}

/// By the types of the tasks: how long one took, and how many run at a time.
struct measured {
  double busy_s = 0; // Of all places together.
  double places = 0;

  double took_s() const { return busy_s / places; }
};

/// Only of agents that did such work: nobody knows the others.
std::map<std::string, measured> measured_in(const json& listing) {
  std::map<std::string, measured> out;
  auto agents = listing.is_object() ? listing.value("agents", json::array())
                                    : json::array();
  for (const auto& agent : agents) {
    auto places = agent.value("max_load", 0.0);
    if (agent.value("state", "") != "healthy" || places <= 0)
      continue;
    auto types = agent.value("types", json::object());
    for (const auto& [type, figures] : types.items())
      // Null where none went well.
      if (auto p50 = figures.find("p50_ms");
          p50 != figures.end() && p50->is_number()) {
        auto& sum = out[type];
        sum.places += places;
        sum.busy_s += places * p50->get<double>() / 1000;
      }
  }
  return out;
}

core::duration seconds(double x) {
  return std::chrono::duration_cast<core::duration>(
    std::chrono::duration<double>{x});
}

/// One after the other over all places; what an agent waits for beyond that
/// (limits, people) nobody can know, but a time that is set.
std::optional<core::duration> waits(const core::explanation& why,
                                    const measured& how) {
  switch (why.what) {
    case core::obstacle::none:
    case core::obstacle::assigned:
    case core::obstacle::share:
    case core::obstacle::queue:
      return seconds(static_cast<double>(why.position) * how.took_s()
                     / how.places);
    case core::obstacle::all_busy:
      return seconds(static_cast<double>(why.position + 1) * how.took_s()
                     / how.places);
    default:
      return std::nullopt;
  }
}

void add_estimate(estimating& to, size_t which, const core::explanation& why,
                  const std::map<std::string, measured>& known) {
  auto& x = to.tasks[which];
  x.shown["queue_position"] = why.position;
  auto start = why.until;
  if (auto how = known.find(x.type); how != known.end())
    if (auto after = waits(why, how->second))
      start = to.now + *after;
  if (start != core::no_instant)
    x.shown["estimated_start"] = core::to_rfc3339(start);
}

void ask_positions(caf::event_based_actor* self,
                   const coordinator_actor& chooser, const estimating_ptr& to,
                   std::map<std::string, measured> known) {
  for (auto& x : to->tasks)
    if (auto how = known.find(x.type); how != known.end())
      x.shown["estimated_duration"] =
        iso_duration(seconds(how->second.took_s()));
  auto open = std::make_shared<size_t>(1);
  auto one_less = [open, to] {
    if (--*open == 0)
      to->then(to->answer());
  };
  auto most = std::min(to->tasks.size(), tasks_estimated_max);
  for (size_t i = 0; chooser && i < most; ++i) {
    if (to->tasks[i].shown["status"] != "queued")
      continue;
    ++*open;
    self->request(chooser, estimated_within, why_atom_v, to->tasks[i].key)
      .then(
        [=](const core::explanation& why) {
          add_estimate(*to, i, why, known);
          one_less();
        },
        // It has begun, or is not known there yet: there is nothing to say.
        [=](const caf::error&) { one_less(); });
  }
  one_less();
}

void ask_agents(caf::event_based_actor* self, const directory_actor& agents,
                const coordinator_actor& chooser, const estimating_ptr& to) {
  self->request(agents, estimated_within, stats_atom_v)
    .then(
      [=](const std::string& listing) {
        ask_positions(self, chooser, to,
                      measured_in(json::parse(listing, nullptr, false)));
      },
      [=](const caf::error&) { ask_positions(self, chooser, to, {}); });
}

} // namespace

/// Answers with `body` and what there is to say of each task.
void node_api::answer_tasks(const std::shared_ptr<question>& q,
                            const answer& made, json body,
                            core::workflow_ptr definition) {
  auto to = std::make_shared<estimating>();
  to->body = std::move(body);
  to->then = q->then;
  to->now = home_->now();
  auto certain = !made.repeated;
  const auto& steps = definition->steps;
  for (size_t i = 0; i < std::min(steps.size(), tasks_told_max); ++i) {
    auto key = made.run.with(static_cast<uint32_t>(i) + 1);
    auto state = first_state(steps[i]);
    certain = certain && state;
    to->tasks.push_back({key,
                         steps[i].need ? steps[i].need->type : std::string{},
                         {{"task_id", core::to_string(key)},
                          {"name", steps[i].name},
                          {"status", core::to_string(state.value_or(
                                       core::task_state::waiting))}}});
  }
  auto finish = [me = shared_from_this(), to,
                 wanted = q->params.value("estimate", false)] {
    auto agents = child_ref<directory_actor>{me->home_->directory}.handle();
    auto chooser =
      child_ref<coordinator_actor>{me->home_->coordinator}.handle();
    if (!wanted || !agents)
      return to->then(to->answer());
    me->sys_.spawn([=](caf::event_based_actor* self) {
      ask_agents(self, agents, chooser, to);
    });
  };
  if (certain)
    return finish();
  core::task_filter of_run;
  of_run.workspace = q->what.workspace;
  of_run.run = made.run;
  read(
    [of_run, to, finish](core::store_reader& store) {
      auto rows = store.tasks(of_run, {tasks_told_max, {}});
      if (!rows)
        return to->then(refuse(rows.error()));
      for (const auto& row : rows->rows)
        if (auto i = row.key.number() - 1; i < to->tasks.size())
          to->tasks[i].shown["status"] = core::to_string(row.state);
      finish();
    },
    q->then);
}

} // namespace troupe::runtime
