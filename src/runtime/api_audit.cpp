#include <algorithm>
#include <deque>
#include <map>

#include "core/command_words.hpp"
#include "core/facts.hpp"
#include "runtime/api_question.hpp"

// Who did what: the commands in the history of each shard and what the task
// queue keeps of itself, as one list, newest first.

namespace troupe::runtime {

using nlohmann::json;

namespace {

/// What one page may cost; then it says where to go on.
constexpr uint32_t reads_max = 2'000;
constexpr uint32_t segments_a_read = 32;
constexpr std::string_view queue_actor_name = "task-orchestrator";

struct place {
  core::positions before; // By shard; 1: all of it is told.
  core::audit_place queue;
  bool queue_told = false;
};

struct audit_filter {
  std::string workspace;
  std::string actor;
  std::string action;
};

struct entry {
  core::instant at;
  json shown;
};

/// The shards, a dot, then where the queue is: nothing once all of it is told.
std::string to_text(const place& x) {
  auto text = core::to_cursor(x.before) + ".";
  if (!x.queue_told)
    text += std::to_string(core::to_us(x.queue.at)) + "."
            + std::to_string(x.queue.number);
  return text;
}

std::optional<place> place_from(std::string_view text, uint32_t shards) {
  place out;
  if (text.empty()) {
    out.before.assign(shards, 0);
    return out;
  }
  auto dot = text.find('.');
  auto before = core::positions_from(text.substr(0, dot));
  if (dot == text.npos || !before || before->size() != shards)
    return std::nullopt;
  out.before = std::move(*before);
  std::string rest{text.substr(dot + 1)};
  out.queue_told = rest.empty();
  if (out.queue_told)
    return out;
  char* end = nullptr;
  out.queue.at = core::from_us(std::strtoll(rest.c_str(), &end, 10));
  if (*end != '.')
    return std::nullopt;
  out.queue.number = std::strtoull(end + 1, &end, 10);
  if (*end != '\0')
    return std::nullopt;
  return out;
}

void add_part(json& to, const char* name, const std::string& value) {
  if (!value.empty())
    to[name] = value;
}

json shown(const core::fact& x, const core::command_words& words) {
  json out{{"at", core::to_rfc3339(x.at)},
           {"actor", words.by.principal},
           {"action", words.verb.substr(0, words.verb.find(' '))},
           {"run", core::to_string(x.subject.run())}};
  add_part(out, "name", words.name);
  add_part(out, "door", words.by.door);
  add_part(out, "request", words.by.request);
  add_part(out, "trace", words.by.trace);
  add_part(out, "detail", words.detail);
  return out;
}

json shown(const core::audited& x) {
  json out{{"at", core::to_rfc3339(x.row.at)},
           {"actor", queue_actor_name},
           {"action", x.row.action},
           {"run", core::to_string(x.row.resource.run())},
           {"task", core::to_string(x.row.resource)},
           {"status", x.row.status}};
  if (auto more = json::parse(x.row.details.view(), nullptr, false);
      more.is_object())
    out["detail"] = std::move(more);
  return out;
}

/// One shard's history, read from its end.
class shard_trail {
public:
  explicit shard_trail(uint64_t before) : before_(before) {}

  bool over() const { return found_.empty() && before_ == 1; }
  bool has_entry() const { return !found_.empty(); }
  /// No entry that is not found yet is newer.
  core::instant newest() const {
    return has_entry() ? found_.front().at : oldest_;
  }

  std::pair<core::fact, core::command_words> take() {
    auto fact = std::move(found_.front());
    auto words = std::move(words_.front());
    found_.pop_front();
    words_.pop_front();
    return {std::move(fact), std::move(words)};
  }

  /// Where to go on: what was taken is told.
  uint64_t before() const {
    return has_entry() ? found_.front().seq + 1 : before_;
  }

  failure read(core::store_reader& store, uint32_t shard) {
    auto all = store.history_before(shard, before_, segments_a_read);
    if (!all)
      return all.error();
    auto end = before_ == 0 ? UINT64_MAX : before_;
    for (const auto& segment : *all) {
      auto facts = core::read_facts(segment.facts.view(), segment.first_seq);
      if (!facts)
        return facts.error();
      for (auto x = facts->rbegin(); x != facts->rend(); ++x)
        if (x->seq < end)
          look_at(*x);
      before_ = segment.first_seq;
    }
    if (all->empty())
      before_ = 1;
    return {};
  }

private:
  void look_at(core::fact& x) {
    oldest_ = x.at;
    core::command_words words;
    if (x.kind == core::fact_kind::run_accepted) {
      words.verb = "submit"; // The run's row says by whom.
      words.name = x.detail;
    } else if (x.kind != core::fact_kind::command) {
      return;
    } else if (auto read = core::command_words_from(x.detail)) {
      words = std::move(*read);
    } else { // Of an older version: told as it stands.
      words.verb = x.detail.substr(0, x.detail.find(' '));
      words.detail = x.detail;
    }
    found_.push_back(std::move(x));
    words_.push_back(std::move(words));
  }

  uint64_t before_;
  core::instant oldest_ = core::instant::max();
  std::deque<core::fact> found_; // Newest first.
  std::deque<core::command_words> words_;
};

class audit_page {
public:
  audit_page(core::store_reader& store, audit_filter filter, place from,
             uint32_t limit)
    : store_(store), filter_(std::move(filter)), from_(std::move(from)),
      limit_(limit) {
    for (auto x : from_.before)
      shards_.emplace_back(x);
  }

  core::result<json> read() {
    // Each shard is read once, whatever it costs: a cursor names them all.
    auto most = std::max(reads_max, 2 * static_cast<uint32_t>(shards_.size()));
    while (entries_.size() < limit_ && reads_ < most) {
      if (auto why = read_queue())
        return why;
      auto newest = std::max_element(
        shards_.begin(), shards_.end(),
        [](const auto& a, const auto& b) { return order_of(a) < order_of(b); });
      auto of_shards = order_of(*newest);
      if (of_shards == core::instant::min() && queue_.empty())
        break;
      if (!queue_.empty() && queue_.front().place.at >= of_shards) {
        take_queue();
      } else if (newest->has_entry()) {
        if (auto why = take(*newest))
          return why;
      } else {
        ++reads_;
        auto shard = static_cast<uint32_t>(newest - shards_.begin());
        if (auto why = newest->read(store_, shard))
          return why;
      }
    }
    return answer();
  }

private:
  static core::instant order_of(const shard_trail& x) {
    return x.over() ? core::instant::min() : x.newest();
  }

  json answer() {
    json body{{"entries", std::move(entries_)}};
    auto told = queue_.empty() && from_.queue_told;
    for (size_t i = 0; i < shards_.size(); ++i) {
      from_.before[i] = shards_[i].before();
      told = told && shards_[i].over();
    }
    from_.queue_told = queue_.empty() && from_.queue_told;
    if (!told)
      body["next"] = to_text(from_);
    return body;
  }

  failure read_queue() {
    if (!queue_.empty() || from_.queue_told)
      return {};
    ++reads_;
    auto rows = store_.audits_before(filter_.workspace, from_.queue, limit_);
    if (!rows)
      return rows.error();
    from_.queue_told = rows->size() < limit_;
    queue_.assign(rows->begin(), rows->end());
    return {};
  }

  void take_queue() {
    auto x = std::move(queue_.front());
    queue_.pop_front();
    from_.queue = x.place;
    if ((filter_.actor.empty() || filter_.actor == queue_actor_name)
        && (filter_.action.empty() || filter_.action == x.row.action))
      entries_.push_back(shown(x));
  }

  failure take(shard_trail& from) {
    auto [fact, words] = from.take();
    auto body = shown(fact, words);
    if (!filter_.action.empty() && body["action"] != filter_.action)
      return {};
    auto submitted = fact.kind == core::fact_kind::run_accepted;
    if (!submitted && !is_actor(words.by.principal))
      return {};
    ++reads_;
    auto run = store_.find_run(fact.subject.run());
    if (!run)
      return run.error();
    // Whose it was nobody knows any more where its run has been removed.
    if (!*run || (*run)->workspace != filter_.workspace)
      return {};
    if (submitted) {
      words.by = (*run)->by;
      if (!is_actor(words.by.principal))
        return {};
      body = shown(fact, words);
    }
    entries_.push_back(std::move(body));
    return {};
  }

  bool is_actor(const std::string& principal) const {
    return filter_.actor.empty() || filter_.actor == principal;
  }

  core::store_reader& store_;
  audit_filter filter_;
  place from_;
  uint32_t limit_;
  uint32_t reads_ = 0;
  std::vector<shard_trail> shards_;
  std::deque<core::audited> queue_;
  json entries_ = json::array();
};

} // namespace

void node_api::audit_call(question& q) {
  auto page = q.page();
  if (!page)
    return;
  auto from = place_from(page->after, home_->opts.shards);
  if (!from)
    return q.then(refuse(errc::invalid, "`" + page->after
                                          + "` is no cursor; pass `next` of "
                                            "the page before as it is"));
  audit_filter filter{q.what.workspace, q.word("actor").value_or(""),
                      q.word("action").value_or("")};
  read(
    [filter = std::move(filter), from = std::move(*from), limit = page->limit,
     then = q.then](core::store_reader& store) {
      auto body = audit_page{store, filter, from, limit}.read();
      then(body ? answer_with(*body) : refuse(body.error()));
    },
    q.then);
}

/// The chains of the history, all of them: as long as the store is large.
void node_api::audit_check_call(question& q) {
  read(
    [then = q.then](core::store_reader& store) {
      auto problems = store.check_history();
      if (!problems)
        return then(refuse(problems.error()));
      then(
        answer_with({{"intact", problems->empty()}, {"problems", *problems}}));
    },
    q.then);
}

} // namespace troupe::runtime
