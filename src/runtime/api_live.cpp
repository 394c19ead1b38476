#include <unistd.h>

#include <charconv>
#include <fstream>

#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

#include "runtime/api_question.hpp"
#include "troupe/version.hpp"

// What only the actors know: why, the tree, agents, the node itself.

namespace troupe::runtime {

using nlohmann::json;

namespace {

/// Whoever does not answer by then restarts or is overloaded.
constexpr std::chrono::seconds answers_within{5};

core::api_answer silent(const caf::error& why) {
  return refuse(errc::restarting, to_text(why));
}

std::string_view word(core::obstacle x) {
  switch (x) {
    case core::obstacle::none:
      return "next";
    case core::obstacle::assigned:
      return "assigned";
    case core::obstacle::no_agent:
      return "no_agent";
    case core::obstacle::no_healthy:
      return "no_healthy_agent";
    case core::obstacle::all_busy:
      return "agents_busy";
    case core::obstacle::limit:
      return "limit";
    case core::obstacle::rate:
      return "rate";
    case core::obstacle::workspace_cap:
      return "workspace_cap";
    case core::obstacle::queue:
      return "queue";
    case core::obstacle::share:
      return "share";
  }
  return "unknown";
}

json to_json(const core::explanation& x) {
  json y{{"what", word(x.what)}, {"detail", x.text}};
  if (!x.key.empty())
    y["key"] = x.key;
  if (x.position > 0)
    y["queue_position"] = x.position;
  if (x.until != core::no_instant)
    y["until"] = core::to_rfc3339(x.until);
  return y;
}

long resident_mb() {
  std::ifstream statm{"/proc/self/statm"};
  long pages = 0;
  statm >> pages >> pages;
  return pages * sysconf(_SC_PAGESIZE) / (1024 * 1024);
}

} // namespace

/// The run says what it knows; for a queued task the coordinator has the last
/// word. What is not live is told from its row.
void node_api::why_call(question& q) {
  auto is_task = q.params.contains("task");
  auto id = q.id(is_task ? "task" : "run");
  if (!id)
    return;
  auto shard = child_ref<shard_actor>{home_->shards[home_->shard_of(*id)]};
  auto to = shard.handle();
  if (!to)
    return q.then(refuse(errc::restarting, "the shard restarts; ask again"));
  auto me = shared_from_this();
  auto chooser = child_ref<coordinator_actor>{home_->coordinator}.handle();
  sys_.spawn(
    [me, to, chooser, q, key = *id, is_task](caf::event_based_actor* self) {
      auto from_row = [me, q, is_task]() mutable {
        is_task ? me->task_call(q) : me->run_call(q);
      };
      self->request(to, answers_within, why_atom_v, key)
        .then(
          [=](const std::string& text) mutable {
            auto body = json::parse(text, nullptr, false);
            if (body.is_discarded())
              return from_row();
            if (body.value("state", "") != "queued" || !chooser
                || !body["waits_for"].empty())
              return q.then(answer_with(body));
            self->request(chooser, answers_within, why_atom_v, key)
              .then(
                [=](const core::explanation& x) mutable {
                  body["waits_for"].push_back(to_json(x));
                  q.then(answer_with(body));
                },
                [=](const caf::error&) { q.then(answer_with(body)); });
          },
          [=](const caf::error& why) { q.then(silent(why)); });
    });
}

void node_api::tree_call(question& q) {
  tree_query ask;
  ask.deadline = std::chrono::seconds{2};
  sys_.spawn([root = root_, ask, then = q.then](caf::event_based_actor* self) {
    self->request(root, answers_within, tree_atom_v, ask)
      .then(
        [then](const tree_node& node) {
          core::api_answer x;
          x.body = core::text{troupe::to_json(node)};
          then(std::move(x));
        },
        [then](const caf::error& why) { then(silent(why)); });
  });
}

void node_api::agents_call(question& q) {
  auto to = child_ref<directory_actor>{home_->directory}.handle();
  if (!to)
    return q.then(refuse(errc::restarting, "the directory restarts"));
  auto me = shared_from_this();
  sys_.spawn([me, to, then = q.then](caf::event_based_actor* self) {
    self->request(to, answers_within, stats_atom_v)
      .then(
        [=](const std::string& listing) {
          auto body = std::make_shared<json>(json::parse(listing));
          auto& list = (*body)["agents"];
          auto open = std::make_shared<size_t>(list.size() + 1);
          auto done = [=] {
            if (--*open == 0)
              then(answer_with(*body));
          };
          for (auto& entry : list) {
            auto name = entry["name"].get<std::string>();
            auto host = me->home_->host(name).handle();
            if (!host) {
              entry["state"] = "restarting";
              done();
              continue;
            }
            self->request(host, answers_within, stats_atom_v)
              .then(
                [=, &entry](const host_stats& x) {
                  entry["load"] = x.load;
                  entry["lost_slots"] = x.lost_slots;
                  done();
                },
                [=, &entry](const caf::error&) {
                  entry["state"] = "silent";
                  done();
                });
          }
          done();
        },
        [then](const caf::error& why) { then(silent(why)); });
  });
}

void node_api::status_call(question& q) {
  auto body = std::make_shared<json>(
    json{{"version", version()},
         {"started_at", core::to_rfc3339(started_at_)},
         {"uptime_s",
          std::chrono::duration<double>(home_->now() - started_at_).count()},
         {"ready", true},
         {"rss_mb", resident_mb()},
         {"agents", home_->agent_names.size()},
         {"shards", home_->opts.shards}});
  auto sums = std::make_shared<load_sample>();
  auto home = home_;
  sys_.spawn([home, body, sums, then = q.then](caf::event_based_actor* self) {
    auto open = std::make_shared<size_t>(1);
    auto done = [=] {
      if (--*open > 0)
        return;
      (*body)["queued"] = sums->queued;
      (*body)["backlog"] = sums->backlog;
      (*body)["live_runs"] = sums->runs;
      then(answer_with(*body));
    };
    for (auto shard : home->shards) {
      auto to = shard.handle();
      if (!to) {
        (*body)["ready"] = false;
        continue;
      }
      ++*open;
      self->request(to, answers_within, load_atom_v)
        .then(
          [=](const load_sample& x) {
            sums->queued += x.queued;
            sums->backlog += x.backlog;
            sums->runs += x.runs;
            done();
          },
          [=](const caf::error&) {
            (*body)["ready"] = false;
            done();
          });
    }
    if (auto to = child_ref<journal_actor>{home->journal}.handle()) {
      ++*open;
      self->request(to, answers_within, stats_atom_v)
        .then(
          [=](const core::store_stats& x) {
            (*body)["store"] = {{"size_bytes", x.size_bytes},
                                {"wal_bytes", x.wal_bytes},
                                {"commits", x.commits},
                                {"rows", x.rows}};
            done();
          },
          [=](const caf::error&) { done(); });
    }
    done();
  });
}

void node_api::backup_call(question& q) {
  auto path = q.word("path").value_or("");
  auto to = child_ref<journal_actor>{home_->journal}.handle();
  if (path.empty() || !to)
    return q.then(refuse(path.empty() ? errc::invalid : errc::restarting,
                         path.empty() ? "`path` must say where the copy goes"
                                      : "the journal restarts; ask again"));
  sys_.spawn([to, path, then = q.then](caf::event_based_actor* self) {
    // A copy of a big store takes as long as the disk needs.
    self->request(to, std::chrono::minutes{10}, backup_atom_v, path)
      .then(
        [=](caf::ok_atom) {
          then(answer_with({{"path", path}}));
        },
        [=](const caf::error& why) {
          then(refuse(to_errc(why), to_text(why)));
        });
  });
}

} // namespace troupe::runtime
