#include <charconv>

#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

#include "core/line_log.hpp"
#include "runtime/api_question.hpp"

// What attempts said: the lines that are kept, then those of the attempt that
// is in progress.

namespace troupe::runtime {

using nlohmann::json;

namespace {

/// Whoever does not answer by then restarts or is overloaded: its lines come
/// with its end.
constexpr std::chrono::seconds answers_within{5};

/// Where a page begins: "task.attempt.line".
struct log_place {
  uint32_t task = 0;
  uint32_t attempt = 0;
  uint64_t line = 0;
};

template <class T>
bool take_number(std::string_view& from, T& to) {
  auto [end, code] =
    std::from_chars(from.data(), from.data() + from.size(), to);
  if (code != std::errc{})
    return false;
  from.remove_prefix(static_cast<size_t>(end - from.data()));
  if (!from.empty() && from.front() == '.')
    from.remove_prefix(1);
  return true;
}

std::optional<log_place> place_from(std::string_view text) {
  log_place x;
  if (text.empty())
    return x;
  auto all = take_number(text, x.task) && take_number(text, x.attempt)
             && take_number(text, x.line);
  if (!all || !text.empty() || x.task == 0 || x.task > core::id::number_max)
    return std::nullopt;
  return x;
}

std::string to_text(const log_place& x) {
  return std::to_string(x.task) + "." + std::to_string(x.attempt) + "."
         + std::to_string(x.line);
}

/// A page while it is filled.
struct log_page {
  core::id of; // A run, or a task.
  log_place at;
  std::optional<uint32_t> only; // This attempt.
  size_t limit = 0;
  json lines = json::array();
  bool more = false; // Kept lines are left for the next page.
  bool live = false; // Others may come.
  std::string agent; // Who has the task now; empty: nobody, or it is a run.
  std::string name;  // Of the newest row's task.

  void add(core::id task, uint32_t attempt, const core::kept_log& log) {
    if (only && *only != attempt)
      return;
    auto same = task.number() == at.task && attempt == at.attempt;
    auto from = same ? at.line : 0;
    for (auto& x : core::lines_of(log.left_out, log.lines.view(), from,
                                  limit - lines.size())) {
      lines.push_back({{"task", core::to_string(task)},
                       {"name", name},
                       {"attempt", attempt},
                       {"number", x.number},
                       {"at", std::move(x.at)},
                       {"line", std::move(x.text)}});
      at = {task.number(), attempt, x.number + 1};
    }
    more = more || lines.size() >= limit;
  }

  core::api_answer answer() const {
    json body{{"lines", lines}};
    auto goes_on = more || live;
    if (goes_on && at.task > 0)
      body["next"] = to_text(at);
    if (live && !more)
      body["live"] = true;
    core::api_answer out;
    // An agent may have said anything; what is no UTF-8 is shown as such.
    out.body =
      core::text{body.dump(-1, ' ', false, json::error_handler_t::replace)};
    return out;
  }
};

failure add_kept(core::store_reader& store, log_page& page) {
  core::log_filter what;
  what.of = page.of;
  if (page.at.task > 0)
    what.task = page.of.with(page.at.task);
  what.attempt = page.at.attempt;
  auto rows = store.logs(what);
  if (!rows)
    return rows.error();
  core::id named;
  for (const auto& row : *rows) {
    if (page.lines.size() >= page.limit)
      return {};
    if (row.task != named)
      if (auto task = store.find_task(named = row.task); task && *task)
        page.name = (*task)->name;
    page.add(row.task, row.attempt, {row.left_out, row.lines});
  }
  if (rows->size() == what.rows_max && !page.more) {
    page.more = true;
    page.at = {rows->back().task.number(), rows->back().attempt, UINT64_MAX};
  }
  return {};
}

/// Whether more may come, and from whom.
failure look_at_target(core::store_reader& store, const core::run_row& run,
                       log_page& page) {
  if (page.of.number() == 0) {
    page.live = !terminal(run.state);
    return {};
  }
  auto task = store.find_task(page.of);
  if (!task)
    return task.error();
  if (!*task)
    return {errc::not_found, category::unknown,
            "no task " + core::to_string(page.of) + " in this workspace"};
  const auto& row = **task;
  page.name = row.name;
  page.live = !terminal(row.state) && (!page.only || *page.only >= row.attempt);
  if (page.live && row.state == core::task_state::in_progress)
    page.agent = row.agent;
  return {};
}

void add_live(caf::event_based_actor* self, const host_actor& host,
              const std::shared_ptr<log_page>& page,
              const node_api::callback& then) {
  self->request(host, answers_within, log_atom_v, page->of)
    .then(
      [=](const live_log& x) {
        if (x.log && x.attempt >= page->at.attempt)
          page->add(page->of, x.attempt, *x.log);
        then(page->answer());
      },
      [=](const caf::error&) { then(page->answer()); });
}

} // namespace

void node_api::logs_call(question& q) {
  auto id = q.id(q.params.contains("task") ? "task" : "run");
  if (!id)
    return;
  auto where = q.page();
  if (!where)
    return;
  auto at = place_from(where->after);
  if (!at)
    return q.then(refuse(errc::invalid, "`" + where->after
                                          + "` is no cursor; pass `next` of "
                                            "the page before as it is"));
  auto page = std::make_shared<log_page>();
  page->of = *id;
  page->at = *at;
  page->limit = where->limit;
  if (auto pos = q.params.find("attempt"); pos != q.params.end()) {
    if (!pos->is_number_unsigned() || *pos < 1 || *pos > UINT32_MAX)
      return q.then(
        refuse(errc::invalid, "`attempt` must be a number from 1 on"));
    page->only = pos->get<uint32_t>();
  }
  read(
    [me = shared_from_this(), page, workspace = q.what.workspace,
     then = q.then](core::store_reader& store) {
      auto run = row_or_refusal(store, page->of, workspace, then);
      if (!run)
        return;
      auto why = look_at_target(store, *run, *page);
      if (!why)
        why = add_kept(store, *page);
      if (why)
        return then(refuse(why));
      auto host = page->agent.empty() || page->more
                    ? host_actor{}
                    : me->home_->host(page->agent).handle();
      if (!host)
        return then(page->answer());
      me->sys_.spawn([=](caf::event_based_actor* self) {
        add_live(self, host, page, then);
      });
    },
    q.then);
}

} // namespace troupe::runtime
