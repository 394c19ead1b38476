#include <caf/event_based_actor.hpp>

#include "runtime/api_question.hpp"
#include "troupe/version.hpp"

// How the node is: everybody's figures in one answer.

namespace troupe::runtime {

using nlohmann::json;

namespace {

/// Whoever does not answer by then restarts or is overloaded.
constexpr std::chrono::seconds answers_within{5};

/// Asks everybody at once; the last answer, or its absence, ends it.
class status_asker : public std::enable_shared_from_this<status_asker> {
public:
  status_asker(caf::event_based_actor* self, json body, node_api::callback then)
    : self_(self), body_(std::move(body)), then_(std::move(then)) {}

  void ask(const house& home, const roster_ptr& monitors) {
    reserve_ = home.opts.disk_reserve_bytes;
    for (const auto& shard : home.shards)
      ask_shard(shard.handle());
    for (const auto& name : home.members->names())
      ask_host(home.host(name).handle());
    ask_journal(child_ref<journal_actor>{home.journal}.handle());
    ask_resources(child_ref<resources_actor>{monitors, "resources"}.handle());
    one_less();
  }

private:
  /// Who restarts or is overloaded is left out.
  template <class Answer, class Actor, class Atom, class Take, class Silent>
  void ask_one(const Actor& to, Atom question, Take take, Silent silent) {
    if (!to)
      return silent();
    ++open_;
    auto me = shared_from_this();
    self_->request(to, answers_within, question)
      .then(
        [me, take](const Answer& x) {
          take(x);
          me->one_less();
        },
        [me, silent](const caf::error&) {
          silent();
          me->one_less();
        });
  }

  void ask_shard(const shard_actor& to) {
    ask_one<load_sample>(
      to, load_atom_v,
      [this](const load_sample& x) {
        sums_.queued += x.queued;
        sums_.backlog += x.backlog;
        sums_.runs += x.runs;
      },
      [this] { body_["ready"] = false; });
  }

  void ask_host(const host_actor& to) {
    ask_one<host_stats>(
      to, stats_atom_v, [this](const host_stats& x) { running_ += x.load; },
      [] {});
  }

  void ask_journal(const journal_actor& to) {
    ask_one<core::store_stats>(
      to, stats_atom_v,
      [this](const core::store_stats& x) {
        body_["store"] = {{"size_bytes", x.size_bytes},
                          {"wal_bytes", x.wal_bytes},
                          {"commits", x.commits},
                          {"rows", x.rows},
                          {"disk_used", x.disk_used}};
        // New work is refused then; see `node.disk_reserve`.
        if (x.disk_free < reserve_)
          body_["ready"] = false;
      },
      [] {});
  }

  void ask_resources(const resources_actor& to) {
    ask_one<std::string>(
      to, stats_atom_v,
      [this](const std::string& text) {
        auto x = json::parse(text, nullptr, false);
        if (!x.is_object())
          return;
        body_["rss_mb"] = x.value("rss_bytes", uint64_t{0}) >> 20;
        body_["resources"] = std::move(x);
      },
      [] {});
  }

  void one_less() {
    if (--open_ > 0)
      return;
    body_["queued"] = sums_.queued;
    body_["backlog"] = sums_.backlog;
    body_["live_runs"] = sums_.runs;
    body_["running"] = running_;
    then_(answer_with(body_));
  }

  caf::event_based_actor* self_;
  json body_;
  node_api::callback then_;
  size_t open_ = 1; // Ourselves, until everybody is asked.
  load_sample sums_;
  uint64_t running_ = 0;
  uint64_t reserve_ = 0;
};

json shown(const std::vector<warning_log::entry>& all) {
  auto list = json::array();
  for (const auto& x : all)
    list.push_back({{"text", x.text},
                    {"first_at", core::to_rfc3339(x.first)},
                    {"last_at", core::to_rfc3339(x.last)},
                    {"times", x.times}});
  return list;
}

} // namespace

void node_api::status_call(question& q) {
  json body{{"version", version()},
            {"started_at", core::to_rfc3339(started_at_)},
            {"uptime_s",
             std::chrono::duration<double>(home_->now() - started_at_).count()},
            {"ready", !draining_},
            {"draining", draining_.load()},
            {"agents", home_->members->size()},
            {"shards", home_->opts.shards},
            {"warnings", shown(home_->warnings->all())}};
  sys_.spawn([home = home_, monitors = monitors_, body = std::move(body),
              then = q.then](caf::event_based_actor* self) {
    std::make_shared<status_asker>(self, body, then)->ask(*home, monitors);
  });
}

} // namespace troupe::runtime
