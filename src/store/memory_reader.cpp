#include <algorithm>

#include "core/payload_brief.hpp"
#include "core/queue_task.hpp"
#include "core/queue_words.hpp"
#include "store/memory_state.hpp"
#include "store/queue_cursor.hpp"

namespace troupe::store {

namespace {

using core::id;
using core::result;
using std::optional;
using std::string;
using guard = std::lock_guard<std::mutex>;

constexpr uint32_t page_rows_max = 1000;

class memory_reader : public core::store_reader {
public:
  explicit memory_reader(std::shared_ptr<memory_state> state)
    : state_(std::move(state)) {}

  result<std::vector<core::run_row>> live_runs(uint32_t shard,
                                               uint32_t shards) override {
    return locked([&] {
      std::vector<core::run_row> found;
      for (const auto& [key, x] : state_->runs)
        if (!terminal(x.state) && core::shard_of(key.slot(), shards) == shard) {
          found.push_back(x);
          found.back().input = {};
        }
      return found;
    });
  }

  result<core::stored_run> load_run(id run) override {
    guard lock{state_->mutex};
    if (auto bad = trouble())
      return bad;
    auto at = state_->runs.find(run.run());
    if (at == state_->runs.end())
      return failure{errc::not_found, category::unknown,
                     "no run " + to_string(run) + " in this workspace"};
    core::stored_run found;
    found.run = at->second;
    auto last = at->first.with(id::number_max);
    for (auto i = state_->tasks.upper_bound(at->first);
         i != state_->tasks.end() && i->first <= last; ++i)
      found.tasks.push_back(i->second);
    for (auto i = state_->decisions.upper_bound(at->first);
         i != state_->decisions.end() && i->first <= last; ++i)
      if (i->second.state == core::decision_state::open)
        found.decisions.push_back(i->second);
    if (auto i = state_->signals.find(at->first); i != state_->signals.end())
      found.signals = i->second;
    return found;
  }

  result<optional<core::key_row>> find_key(const string& workspace,
                                           const string& key) override {
    return find(state_->keys, {workspace, key});
  }

  result<optional<core::definition_row>>
  find_definition(const string& workspace, const string& hash) override {
    return find(state_->definitions, {workspace, hash});
  }

  result<optional<core::definition_row>>
  find_definition(const string& workspace, const string& name,
                  uint32_t version) override {
    return locked([&] {
      optional<core::definition_row> found;
      for (const auto& [key, x] : state_->definitions)
        if (x.workspace == workspace && x.name == name
            && (version == 0 || x.version == version)
            && (!found || x.version > found->version))
          found = x;
      return found;
    });
  }

  result<core::registered_page> registered(const string& workspace,
                                           const core::page& where) override {
    return locked([&] { return registered_in(*state_, workspace, where); });
  }

  result<optional<core::cache_row>> find_cached(const string& workspace,
                                                const string& key,
                                                core::instant now) override {
    auto found = find(state_->cached, {workspace, key});
    if (found && *found && (*found)->until <= now)
      return optional<core::cache_row>{};
    return found;
  }

  result<core::run_page> runs(const core::run_filter& what,
                              const core::page& where) override {
    auto match = [&](const core::run_row& x) {
      return x.workspace == what.workspace
             && (!what.state || x.state == *what.state)
             && (what.name.empty() || x.name == what.name);
    };
    return newest_first<core::run_page>(state_->runs, where, match);
  }

  result<core::task_page> tasks(const core::task_filter& what,
                                const core::page& where) override {
    auto match = [&](const core::task_row& x) {
      return (what.workspace.empty() || x.workspace == what.workspace)
             && (!what.state || x.state == *what.state)
             && (what.agent.empty() || x.agent == what.agent);
    };
    if (what.run)
      return tasks_of(what.run.run(), where, match);
    return newest_first<core::task_page>(state_->tasks, where, match);
  }

  result<optional<core::run_row>> find_run(id run) override {
    return find(state_->runs, run);
  }

  result<optional<core::task_row>> find_task(id task) override {
    return find(state_->tasks, task);
  }

  result<std::vector<core::attempt_row>> attempts(id task) override {
    return locked([&] {
      std::vector<core::attempt_row> found;
      for (auto i = state_->attempts.lower_bound({task, 0});
           i != state_->attempts.end() && i->first.first == task; ++i)
        found.push_back(i->second);
      return found;
    });
  }

  result<std::vector<core::log_row>>
  logs(const core::log_filter& what) override {
    return locked([&] {
      auto [first, last] = core::tasks_in(what);
      std::vector<core::log_row> found;
      for (auto i = state_->logs.lower_bound({first, what.attempt});
           i != state_->logs.end() && i->first.first <= last
           && found.size() < what.rows_max;
           ++i)
        found.push_back(i->second);
      return found;
    });
  }

  result<std::vector<core::decision_row>>
  open_decisions(const string& workspace) override {
    return locked([&] {
      std::vector<core::decision_row> found;
      for (const auto& [key, x] : state_->decisions)
        if (x.workspace == workspace && x.state == core::decision_state::open)
          found.push_back(x);
      return found;
    });
  }

  result<std::vector<core::segment>> history(uint32_t shard, uint64_t seq,
                                             uint32_t limit) override {
    return locked([&] {
      std::vector<core::segment> found;
      for (auto i = state_->segments.lower_bound({shard, 0});
           i != state_->segments.end() && i->first.first == shard
           && found.size() < limit;
           ++i)
        if (i->second.first_seq + i->second.count > seq)
          found.push_back(i->second);
      return found;
    });
  }

  result<optional<core::strategy_row>>
  find_strategy(const string& workspace, const string& key) override {
    return find(state_->strategies, {workspace, key});
  }

  result<std::vector<core::note_row>> notes(const string& head) override {
    guard lock{state_->mutex};
    if (auto bad = trouble())
      return bad;
    std::vector<core::note_row> found;
    for (auto i = state_->notes.lower_bound(head);
         i != state_->notes.end() && i->first.starts_with(head); ++i)
      found.push_back(i->second);
    return found;
  }

  result<core::task_page> queue_tasks(const core::queue_filter& what,
                                      const core::page& where) override {
    guard lock{state_->mutex};
    if (auto bad = trouble())
      return bad;
    queue_cursor at{what};
    if (auto bad = at.start(where.after))
      return *bad;
    core::task_page found;
    for (; !at.over(); at.next_part())
      for (auto i = state_->tasks.upper_bound(at.after());
           i != state_->tasks.end(); ++i) {
        const auto& x = i->second;
        if (!in_queue(x, what) || x.priority != at.priority()
            || x.state != at.state())
          continue;
        if (found.rows.size()
            >= std::clamp(where.limit, 1u, queue_page_rows_max)) {
          found.next = at.text();
          return found;
        }
        at.pass(i->first);
        found.rows.push_back(x);
      }
    return found;
  }

  result<std::vector<uint64_t>> queue_counts(const string& workspace,
                                             core::instant since) override {
    return locked([&] {
      std::vector<uint64_t> sums(core::task_states);
      for (const auto& [key, x] : state_->runs)
        if (x.workspace == workspace && x.name == core::queue_run_name
            && x.created_at >= since)
          for (size_t i = 0; i < std::min(x.counts.size(), sums.size()); ++i)
            sums[i] += x.counts[i];
      return sums;
    });
  }

  result<core::audit_sums> audits(const string& workspace, core::instant since,
                                  core::duration slow_after) override {
    return locked(
      [&] { return audit_sums_in(*state_, workspace, since, slow_after); });
  }

  result<std::vector<core::audited>> audits_before(const string& workspace,
                                                   core::audit_place place,
                                                   uint32_t limit) override {
    return locked([&] { return audits_in(*state_, workspace, place, limit); });
  }

  result<std::vector<core::segment>>
  history_before(uint32_t shard, uint64_t seq, uint32_t limit) override {
    return locked([&] { return history_in(*state_, shard, seq, limit); });
  }

  /// There is nothing that could rot.
  result<std::vector<string>> check_history() override {
    return locked([] { return std::vector<string>{}; });
  }

  result<std::vector<string>> queue_workspaces(uint32_t limit) override {
    return locked([&] { return queue_workspaces_in(*state_, limit); });
  }

  result<std::vector<string>> check(bool) override {
    guard lock{state_->mutex};
    if (auto bad = trouble())
      return bad;
    std::map<id, std::vector<uint32_t>> counts;
    for (const auto& [key, x] : state_->runs)
      counts[key].resize(core::task_states);
    std::vector<string> found;
    for (const auto& [key, x] : state_->tasks) {
      auto at = counts.find(key.run());
      if (at == counts.end())
        found.push_back("task " + to_string(key) + " has no run");
      else
        ++at->second[static_cast<size_t>(x.state)];
    }
    for (const auto& [key, x] : state_->runs) {
      auto want = x.counts;
      want.resize(core::task_states);
      if (want != counts[key])
        found.push_back("run " + to_string(key)
                        + " does not count its tasks right");
    }
    return found;
  }

private:
  failure trouble() {
    if (!take_fault(state_->faults->reads))
      return {};
    return {errc::store_failed, category::resource,
            "the memory store was told to fail"};
  }

  template <class F>
  auto locked(F read) -> result<decltype(read())> {
    guard lock{state_->mutex};
    if (auto bad = trouble())
      return bad;
    return read();
  }

  template <class Map>
  result<optional<typename Map::mapped_type>>
  find(const Map& in, const typename Map::key_type& key) {
    guard lock{state_->mutex};
    if (auto bad = trouble())
      return bad;
    optional<typename Map::mapped_type> found;
    if (auto at = in.find(key); at != in.end())
      found = at->second;
    return found;
  }

  static result<id> cursor(const core::page& where, id otherwise) {
    if (where.after.empty())
      return otherwise;
    if (auto found = core::id_from(where.after))
      return *found;
    return failure{errc::invalid, category::validation,
                   "`" + where.after + "` is no cursor"};
  }

  /// False: the page is full, and this row is on the next one.
  template <class Page, class Row>
  static bool add(Page& page, const Row& x, uint32_t limit) {
    if (page.rows.size() >= std::clamp(limit, 1u, page_rows_max)) {
      page.next = to_string(page.rows.back().key);
      return false;
    }
    page.rows.push_back(x);
    auto& row = page.rows.back();
    row.input = core::for_page(row.input);
    row.output = core::for_page(row.output);
    return true;
  }

  template <class Page, class Map, class Match>
  result<Page> newest_first(const Map& in, const core::page& where,
                            Match match) {
    guard lock{state_->mutex};
    if (auto bad = trouble())
      return bad;
    auto from = cursor(where, id{~uint64_t{0}, ~uint64_t{0}});
    if (!from)
      return from.error();
    Page found;
    for (auto i = in.lower_bound(*from); i != in.begin();)
      if (--i; match(i->second) && !add(found, i->second, where.limit))
        break;
    return found;
  }

  template <class Match>
  result<core::task_page> tasks_of(id run, const core::page& where,
                                   Match match) {
    guard lock{state_->mutex};
    if (auto bad = trouble())
      return bad;
    auto from = cursor(where, run);
    if (!from)
      return from.error();
    core::task_page found;
    for (auto i = state_->tasks.upper_bound(*from);
         i != state_->tasks.end() && i->first.run() == run; ++i)
      if (match(i->second) && !add(found, i->second, where.limit))
        break;
    return found;
  }

  std::shared_ptr<memory_state> state_;
};

} // namespace

std::unique_ptr<core::store_reader>
make_memory_reader(std::shared_ptr<memory_state> state) {
  return std::make_unique<memory_reader>(std::move(state));
}

} // namespace troupe::store
