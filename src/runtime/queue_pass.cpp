#include "runtime/queue_pass.hpp"

#include <algorithm>
#include <utility>

#include <caf/send.hpp>
#include <nlohmann/json.hpp>

#include "core/queue_task.hpp"
#include "core/queue_words.hpp"
#include "runtime/answer_once.hpp"
#include "runtime/api_json.hpp"

namespace troupe::runtime {

using nlohmann::json;

namespace {

/// What one pass takes on; the next one does the rest.
constexpr size_t pass_tasks_max = 10'000;

/// A feed that forgets us so often has no room, or never comes back.
constexpr uint32_t feeds_lost_max = 20;

failure interrupted() {
  return {errc::restarting, category::unknown,
          "the node restarts a part of itself or stops; what this pass "
          "released goes on, ask for the status"};
}

/// All that waits to be released, with its filter.
core::result<std::vector<core::task_row>>
held_tasks(core::store_reader& store, const task_queue::pass_order& order) {
  if (order.only) {
    auto row = store.find_task(*order.only);
    if (!row)
      return row.error();
    std::vector<core::task_row> one;
    if (*row && !core::cannot_work(**row))
      one.push_back(std::move(**row));
    return one;
  }
  core::queue_filter filter;
  filter.workspace = order.workspace;
  filter.states = {core::task_state::queued};
  filter.type = order.type;
  filter.agent = order.agent;
  filter.held = true;
  std::vector<core::task_row> all;
  core::page where{1000, {}};
  do {
    auto page = store.queue_tasks(filter, where);
    if (!page)
      return page.error();
    std::move(page->rows.begin(), page->rows.end(), std::back_inserter(all));
    where.after = page->next;
  } while (!where.after.empty() && all.size() < pass_tasks_max);
  return all;
}

/// When the feed forgets its followers, they look for themselves.
class end_of_feed {
public:
  explicit end_of_feed(std::function<void()> then) : then_(std::move(then)) {}
  ~end_of_feed() { then_(); }
  end_of_feed(const end_of_feed&) = delete;
  end_of_feed& operator=(const end_of_feed&) = delete;

private:
  std::function<void()> then_;
};

} // namespace

queue_pass_run::queue_pass_run(std::shared_ptr<task_queue> queue,
                               task_queue::pass_order order,
                               task_queue::call then)
  : queue_(std::move(queue)), order_(std::move(order)),
    then_(
      answer_once<core::api_answer>(std::move(then), refuse(interrupted()))),
    pass_({}, 1) {}

void queue_pass_run::start() {
  auto me = shared_from_this();
  queue_->read(
    [me](core::store_reader& store) {
      auto rows = held_tasks(store, me->order_);
      if (rows)
        me->found(std::move(*rows), me->queue_->now());
      else
        me->fail(rows.error());
    },
    [me] { me->fail(interrupted()); });
}

void queue_pass_run::found(std::vector<core::task_row> rows,
                           core::instant now) {
  auto by_priority = [now](const auto& a, const auto& b) {
    return core::queue_priority(a, now) > core::queue_priority(b, now);
  };
  std::stable_sort(rows.begin(), rows.end(), by_priority);
  std::vector<core::id> ready;
  for (const auto& row : rows) {
    if (core::queue_priority(row, now) < order_.priority_min)
      continue;
    auto agent = core::queue_agent(row);
    if (!queue_->has_agent(agent)) {
      missing_.insert(agent);
      auto why =
        core::queue_failure(core::queue_error::agent_not_available,
                            "nobody answers to the agent `" + agent + "`");
      left_.push_back({row.key, "queued", 0, why.message,
                       core::code_of(core::queue_error::agent_not_available)});
      continue;
    }
    auto opens = queue_->calendar().opens(core::timing_of(row, now), now);
    if (opens && *opens <= now)
      ready.push_back(row.key);
  }
  auto all = order_.type.empty() && order_.agent.empty() && !order_.only
             && order_.priority_min <= 1;
  if (all)
    queue_->missing_agents(order_.workspace, missing_);
  {
    std::lock_guard guard{mutex_};
    pass_ = core::queue_pass{ready, order_.at_once};
  }
  if (!ready.empty() && !follow())
    return fail(interrupted());
  go_on();
}

/// False: there is no feed just now.
bool queue_pass_run::follow() {
  auto api = queue_->api();
  if (!api)
    return false;
  auto feed = child_ref<feed_actor>{api->home().feed}.handle();
  if (!feed)
    return false;
  auto me = shared_from_this();
  auto end = std::make_shared<end_of_feed>([me] { me->look_again(); });
  caf::anon_send(
    feed, watch_atom_v, core::id{},
    feed_callback{[me, end](const feed_batch& x) { return me->heard(x); }});
  return true;
}

bool queue_pass_run::heard(const feed_batch& what) {
  using core::fact_kind;
  std::vector<news> all;
  {
    std::lock_guard guard{mutex_};
    if (over_ || what.lost)
      return false; // Its end is looked after by `end_of_feed`.
    for (const auto& x : what.facts)
      if ((x.kind == fact_kind::task_ended || x.kind == fact_kind::task_retrying
           || x.kind == fact_kind::task_queued)
          && pass_.waits_for(x.subject))
        all.push_back({x.subject, x.at, x.kind, x.detail});
    for (const auto& x : what.signals)
      if (!x.log && pass_.waits_for(x.key.task))
        queue_->reported(x.key.task, x.fraction);
  }
  if (!all.empty())
    look_at(std::move(all));
  return true;
}

/// What the rows say of those that have ended or wait again.
void queue_pass_run::look_at(std::vector<news> all) {
  auto me = shared_from_this();
  queue_->read(
    [me, all = std::move(all)](core::store_reader& store) {
      for (const auto& x : all) {
        auto row = store.find_task(x.task);
        if (!row)
          return me->read_open(); // The fact does not come again.
        if (!*row) {
          me->drop(x.task);
          continue;
        }
        me->queue_->forget_progress(x.task);
        auto retrying = x.kind == core::fact_kind::task_retrying;
        if (retrying)
          (*row)->state = core::task_state::retrying; // It may be further.
        auto entry = core::queue_log_of(**row, x.at);
        if (retrying)
          me->hold_back(**row);
        std::lock_guard guard{me->mutex_};
        me->pass_.ended(std::move(entry));
      }
      me->go_on();
    },
    [me] { me->look_again(); });
}

/// Nothing more is heard: what has ended meanwhile is read, the rest followed
/// anew.
void queue_pass_run::look_again() {
  {
    std::lock_guard guard{mutex_};
    if (over_)
      return;
  }
  if (++feeds_lost_ > feeds_lost_max || !follow())
    return fail(interrupted());
  read_open();
}

/// How those are that are not known to have ended.
void queue_pass_run::read_open() {
  std::vector<core::id> open;
  {
    std::lock_guard guard{mutex_};
    open = pass_.open();
  }
  auto me = shared_from_this();
  queue_->read(
    [me, open](core::store_reader& store) {
      for (auto task : open) {
        auto row = store.find_task(task);
        if (!row || !*row || (*row)->state == core::task_state::in_progress
            || (*row)->state == core::task_state::queued)
          continue;
        me->queue_->forget_progress(task);
        std::lock_guard guard{me->mutex_};
        me->pass_.ended(core::queue_log_of(**row, (*row)->ended_at));
      }
      me->go_on();
    },
    [me] { me->fail(interrupted()); });
}

/// A try that would come outside of the hours for that waits for a pass within
/// them.
void queue_pass_run::hold_back(const core::task_row& row) {
  auto api = queue_->api();
  auto at = std::max(row.due_at, queue_->now());
  auto timing = core::timing_of(row, at);
  timing.retry = true;
  auto opens = queue_->calendar().opens(timing, at);
  if (!api || (opens && *opens <= at))
    return;
  command x;
  x.what = verb::hold;
  x.target = row.key;
  x.workspace = order_.workspace;
  x.by = order_.by;
  api->submit(std::move(x), [](const troupe::answer&) {});
}

void queue_pass_run::release_more() {
  std::vector<core::id> next;
  {
    std::lock_guard guard{mutex_};
    next = pass_.take();
  }
  auto api = queue_->api();
  if (!api && !next.empty())
    return fail(interrupted());
  for (auto task : next) {
    command x;
    x.what = verb::release;
    x.target = task;
    x.workspace = order_.workspace;
    x.by = order_.by;
    api->submit(std::move(x),
                [me = shared_from_this(), task](const troupe::answer& done) {
                  if (!done.error)
                    return;
                  // Cancelled meanwhile, or released by somebody else.
                  me->drop(task);
                  me->go_on();
                });
  }
}

void queue_pass_run::drop(core::id task) {
  queue_->forget_progress(task);
  std::lock_guard guard{mutex_};
  pass_.forget(task);
}

bool queue_pass_run::end_if_stuck(core::instant now, core::duration patience) {
  std::vector<core::id> open;
  {
    std::lock_guard guard{mutex_};
    if (over_)
      return false;
    if (moved_at_ == core::no_instant || moves_seen_ != pass_.moves()) {
      moves_seen_ = pass_.moves();
      moved_at_ = now;
    }
    if (now - moved_at_ < patience)
      return true;
    over_ = true;
    open = pass_.open();
    pass_.give_up("nothing happened to it for " + core::to_text(patience)
                  + "; it goes on without this pass, ask why it waits");
  }
  for (auto task : open)
    queue_->forget_progress(task);
  finish();
  return false;
}

void queue_pass_run::go_on() {
  release_more();
  {
    std::lock_guard guard{mutex_};
    if (over_ || !pass_.over())
      return;
    over_ = true;
  }
  finish();
}

void queue_pass_run::finish() {
  queue_->look(order_.workspace);
  tell_after(pass_.completed() + pass_.failed() > 0);
  auto me = shared_from_this();
  queue_->read(
    [me](core::store_reader& store) {
      auto counts = store.queue_counts(me->order_.workspace, core::no_instant);
      if (!counts)
        return me->fail(counts.error());
      uint64_t queued = 0;
      for (auto state : core::states_of(core::queue_state::queued))
        queued += (*counts)[static_cast<size_t>(state)];
      me->then_(me->report(queued));
    },
    [me] { me->fail(interrupted()); });
}

void queue_pass_run::fail(failure why) {
  std::vector<core::id> open;
  {
    std::lock_guard guard{mutex_};
    over_ = true;
    open = pass_.open();
  }
  for (auto task : open)
    queue_->forget_progress(task);
  tell_after(false);
  then_(refuse(why));
}

/// Once, whoever ends it.
void queue_pass_run::tell_after(bool worked) {
  std::function<void(bool)> after;
  {
    std::lock_guard guard{mutex_};
    after = std::exchange(order_.after, {});
  }
  if (after)
    after(worked);
}

core::api_answer queue_pass_run::report(uint64_t queued) const {
  auto list = json::array();
  auto add = [&](const core::queue_log_entry& x) {
    json entry{{"task_id", core::to_string(x.task)},
               {"status", x.status},
               {"duration_ms", x.duration_ms}};
    if (!x.error.empty())
      entry["error"] = x.error;
    if (!x.code.empty())
      entry["error_code"] = x.code;
    list.push_back(std::move(entry));
  };
  for (const auto& x : pass_.log())
    add(x);
  for (const auto& x : left_)
    add(x);
  return answer_with({{"success", true},
                      {"tasks_executed", pass_.completed()},
                      {"tasks_failed", pass_.failed()},
                      {"tasks_remaining", queued},
                      {"execution_log", list}});
}

} // namespace troupe::runtime
