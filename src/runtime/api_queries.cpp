#include "runtime/api_question.hpp"

#include "core/facts.hpp"
#include "core/step_shown.hpp"

// Lists and look-ups: all from the store, on the readers' threads.

namespace troupe::runtime {

using nlohmann::json;

namespace {

bool is_of(const std::optional<core::run_row>& row,
           const std::string& workspace) {
  return row && row->workspace == workspace;
}

template <class Page>
core::api_answer list_answer(const char* name, const Page& page) {
  auto rows = json::array();
  for (const auto& row : page.rows)
    rows.push_back(to_json(row));
  json body{{name, std::move(rows)}};
  if (!page.next.empty())
    body["next"] = page.next;
  return answer_with(body);
}

/// Which there are, and which are reached.
json milestones(core::store_reader& store, const core::run_row& of) {
  auto all = json::array();
  auto body = store.find_definition(of.workspace, of.definition);
  if (!body || !*body)
    return all;
  for (const auto& x : core::milestones_of((*body)->body.view())) {
    auto task = store.find_task(of.key.with(x.step + 1));
    auto reached =
      task && *task && (*task)->state == core::task_state::completed;
    all.push_back({{"name", x.name}, {"step", x.of}, {"reached", reached}});
    if (reached)
      all.back()["at"] = core::to_rfc3339((*task)->ended_at);
  }
  return all;
}

/// Names are in no index: a bounded stretch is looked through, and `next` says
/// where to go on.
core::result<core::task_page> tasks_named(core::store_reader& store,
                                          const core::task_filter& filter,
                                          const core::page& where,
                                          const std::string& name) {
  constexpr int pages_max = 100;
  core::task_page found;
  core::page stretch{1000, where.after};
  for (int i = 0; i < pages_max; ++i) {
    auto part = store.tasks(filter, stretch);
    if (!part)
      return part.error();
    for (auto& row : part->rows) {
      if (row.name != name)
        continue;
      if (found.rows.size() >= where.limit) {
        found.next = core::to_string(found.rows.back().key);
        return found;
      }
      found.rows.push_back(std::move(row));
    }
    found.next = stretch.after = part->next;
    if (part->next.empty() || found.rows.size() >= where.limit)
      break;
  }
  return found;
}

/// A run's facts lie among those of its shard: a bounded stretch is looked at,
/// and `next` says where to go on.
core::api_answer history_answer(core::store_reader& store, core::id run,
                                uint32_t shard, const core::page& page) {
  constexpr uint32_t segments_max = 256;
  auto from = std::strtoull(page.after.c_str(), nullptr, 10);
  auto segments = store.history(shard, from, segments_max);
  if (!segments)
    return refuse(segments.error());
  auto list = json::array();
  uint64_t next = from;
  for (const auto& segment : *segments) {
    auto facts = core::read_facts(segment.facts.view(), segment.first_seq);
    if (!facts)
      return refuse(facts.error());
    for (const auto& x : *facts)
      if (x.seq >= from && x.subject.run() == run)
        list.push_back(json::parse(core::to_json(x)));
    next = segment.first_seq + segment.count;
    if (list.size() >= page.limit)
      break;
  }
  json body{{"facts", list}};
  if (!segments->empty())
    body["next"] = std::to_string(next);
  return answer_with(body);
}

} // namespace

core::api_answer refuse_not_found(const char* what, core::id id) {
  return refuse(errc::not_found, std::string{"no "} + what + " "
                                   + core::to_string(id)
                                   + " in this workspace");
}

std::optional<core::run_row> row_or_refusal(core::store_reader& store,
                                            core::id id,
                                            const std::string& workspace,
                                            const node_api::callback& then) {
  auto row = store.find_run(id.run());
  if (row && is_of(*row, workspace))
    return std::move(*row);
  then(row ? refuse_not_found("run", id.run()) : refuse(row.error()));
  return std::nullopt;
}

void node_api::with_run(question& q, const char* field, run_reading use) {
  auto id = q.id(field);
  if (!id)
    return;
  read(
    [id = *id, workspace = q.what.workspace, then = q.then,
     use = std::move(use)](core::store_reader& store) {
      if (auto row = row_or_refusal(store, id, workspace, then))
        use(store, std::move(*row), id);
    },
    q.then);
}

void node_api::run_call(question& q) {
  with_run(q, "run",
           [me = shared_from_this(), then = q.then](
             core::store_reader& store, const core::run_row& row, core::id) {
             auto shown = to_json(row);
             if (auto all = milestones(store, row); !all.empty())
               shown["milestones"] = std::move(all);
             me->add_eta(row, std::move(shown), then);
           });
}

void node_api::runs_call(question& q) {
  core::run_filter filter;
  filter.workspace = q.what.workspace;
  filter.name = q.word("name").value_or("");
  if (auto word = q.word("state")) {
    filter.state = core::run_state_from(*word);
    if (!filter.state)
      return q.then(
        refuse(errc::invalid, "`" + *word + "` is no state of a run"));
  }
  auto page = q.page();
  if (!page)
    return;
  read(
    [filter, page = *page, then = q.then](core::store_reader& store) {
      auto found = store.runs(filter, page);
      then(found ? list_answer("runs", *found) : refuse(found.error()));
    },
    q.then);
}

void node_api::tasks_call(question& q) {
  core::task_filter filter;
  filter.workspace = q.what.workspace;
  filter.agent = q.word("agent").value_or("");
  if (auto word = q.word("state")) {
    filter.state = core::task_state_from(*word);
    if (!filter.state)
      return q.then(
        refuse(errc::invalid, "`" + *word + "` is no state of a task"));
  }
  if (q.params.contains("run")) {
    auto run = q.id("run");
    if (!run)
      return;
    filter.run = run->run();
  }
  auto page = q.page();
  if (!page)
    return;
  read(
    [filter, page = *page, name = q.word("name").value_or(""),
     then = q.then](core::store_reader& store) {
      if (filter.run
          && !row_or_refusal(store, filter.run, filter.workspace, then))
        return;
      auto found = name.empty() ? store.tasks(filter, page)
                                : tasks_named(store, filter, page, name);
      then(found ? list_answer("tasks", *found) : refuse(found.error()));
    },
    q.then);
}

void node_api::approvals_call(question& q) {
  read(
    [workspace = q.what.workspace, then = q.then](core::store_reader& store) {
      auto rows = store.open_decisions(workspace);
      if (!rows)
        return then(refuse(rows.error()));
      auto list = json::array();
      for (const auto& row : *rows)
        list.push_back(to_json(row));
      then(answer_with({{"decisions", list}}));
    },
    q.then);
}

void node_api::history_call(question& q) {
  auto page = q.page();
  if (!page)
    return;
  with_run(q, "run",
           [home = home_, page = *page, then = q.then](
             core::store_reader& store, const core::run_row&, core::id id) {
             then(history_answer(store, id.run(), home->shard_of(id), page));
           });
}

} // namespace troupe::runtime
