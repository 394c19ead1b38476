#include <filesystem>

#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

#include "runtime/api_question.hpp"
#include "runtime/task_queue.hpp"

// What only the actors know: why, the tree, agents.

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

/// The tasks in a run's answer, or the one of a task's, that wait for nothing
/// their run knows: they are in the queue.
std::vector<json*> queued_in(json& body) {
  std::vector<json*> found;
  auto look = [&found](json& x) {
    if (x.value("state", "") == "queued" && x["waits_for"].empty())
      found.push_back(&x);
  };
  if (!body.contains("tasks")) {
    look(body);
    return found;
  }
  for (auto& x : body["tasks"])
    look(x);
  return found;
}

/// Has the coordinator say why each of them is not given away, then answers.
void ask_queued(caf::event_based_actor* self, const coordinator_actor& chooser,
                const std::shared_ptr<json>& body,
                const node_api::callback& then) {
  auto queued = queued_in(*body);
  if (!chooser)
    queued.clear();
  auto open = std::make_shared<size_t>(queued.size() + 1);
  auto one_less = [open, body, then] {
    if (--*open == 0)
      then(answer_with(*body));
  };
  for (auto* x : queued) {
    auto task = core::id_from(x->value("task", ""));
    if (!task) {
      one_less();
      continue;
    }
    self->request(chooser, answers_within, why_atom_v, *task)
      .then(
        [x, one_less](const core::explanation& why) {
          (*x)["waits_for"].push_back(to_json(why));
          one_less();
        },
        [one_less](const caf::error&) { one_less(); });
  }
  one_less();
}

bool is_held(const core::task_row& row) {
  return row.due == core::due_kind::held && !row.labels.empty();
}

/// Adds to what a task of the queue waits for until when that is.
node_api::callback with_hours(node_api::callback then, core::instant opens,
                              const std::string& shown) {
  return [then = std::move(then), opens, shown](core::api_answer got) {
    auto body = json::parse(got.body.view(), nullptr, false);
    if (got.error || !body.is_object() || !body.contains("waits_for"))
      return then(std::move(got));
    for (auto& x : body["waits_for"])
      if (x.value("what", "") == "held") {
        x["detail"] = "the hours for it begin at " + shown
                      + " (task_queue in the configuration)";
        x["until"] = core::to_rfc3339(opens);
      }
    then(answer_with(body));
  };
}

/// Leaves `levels` of the tree below its root; `children_total` stays.
void cut(tree_node& node, uint64_t levels) {
  if (levels == 0)
    node.children.clear();
  for (auto& child : node.children)
    cut(child, levels - 1);
}

/// Why a copy of the store cannot go there; empty: it can. Over an existing
/// file it never goes: that could be one of the store's own.
std::string backup_problem(const std::string& path) {
  namespace fs = std::filesystem;
  if (path.empty())
    return "`path` must say where the copy goes";
  std::error_code ignored;
  if (fs::is_directory(path, ignored))
    return "`" + path + "` is a directory; name a file in it";
  if (fs::exists(fs::symlink_status(path, ignored)))
    return "`" + path
           + "` exists; choose another name, or remove it if it is an old "
             "backup";
  auto folder = fs::absolute(path, ignored).parent_path();
  if (!fs::is_directory(folder, ignored))
    return "there is no directory `" + folder.string() + "`; make it first";
  if (fs::exists(folder / "troupe.db", ignored))
    return "`" + folder.string()
           + "` is the data directory of a node; a backup belongs elsewhere";
  return {};
}

} // namespace

/// The run says what it knows; for a queued task the coordinator has the last
/// word. What is not live is told from its row.
void node_api::why_call(question& q) {
  auto is_task = q.params.contains("task");
  auto id = q.id(is_task ? "task" : "run");
  if (!id)
    return;
  read(
    [me = shared_from_this(), q, key = *id](core::store_reader& store) {
      if (!row_or_refusal(store, key, q.what.workspace, q.then))
        return;
      auto asked = q;
      if (auto row = store.find_task(key); me->queue_ && row && *row)
        if (auto opens = me->queue_->opens(**row); opens && is_held(**row))
          asked.then =
            with_hours(q.then, *opens, me->queue_->calendar().shown(*opens));
      me->ask_why(std::move(asked), key);
    },
    q.then);
}

void node_api::ask_why(question q, core::id key) {
  auto is_task = q.params.contains("task");
  auto shard = child_ref<shard_actor>{home_->shards[home_->shard_of(key)]};
  auto to = shard.handle();
  if (!to)
    return q.then(refuse(errc::restarting, "the shard restarts; ask again"));
  auto me = shared_from_this();
  auto chooser = child_ref<coordinator_actor>{home_->coordinator}.handle();
  sys_.spawn([me, to, chooser, q, key, is_task](caf::event_based_actor* self) {
    self->request(to, answers_within, why_atom_v, key)
      .then(
        [=](const std::string& text) mutable {
          auto body = std::make_shared<json>(json::parse(text, nullptr, false));
          if (body->is_discarded())
            return is_task ? me->task_call(q) : me->run_call(q);
          ask_queued(self, chooser, body, q.then);
        },
        [=](const caf::error& why) { q.then(silent(why)); });
  });
}

void node_api::tree_call(question& q) {
  tree_query ask;
  ask.deadline = std::chrono::seconds{2};
  auto levels = q.params.find("depth");
  if (levels != q.params.end() && !levels->is_number_unsigned())
    return q.then(refuse(errc::invalid, "`depth` must be a number of levels"));
  auto depth = levels == q.params.end() ? UINT64_MAX : levels->get<uint64_t>();
  sys_.spawn(
    [root = root_, ask, depth, then = q.then](caf::event_based_actor* self) {
      self->request(root, answers_within, tree_atom_v, ask)
        .then(
          [then, depth](tree_node& node) {
            cut(node, depth);
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
            if (me->agent_details_)
              me->agent_details_(entry);
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
                  if (entry["state"] == "healthy")
                    entry["state"] = x.load > 0 ? "executing" : "idle";
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

void node_api::backup_call(question& q) {
  auto path = q.word("path").value_or("");
  auto to = child_ref<journal_actor>{home_->journal}.handle();
  if (auto why = backup_problem(path); !why.empty())
    return q.then(refuse(errc::invalid, std::move(why)));
  if (!to)
    return q.then(refuse(errc::restarting, "the journal restarts; ask again"));
  sys_.spawn([to, path, then = q.then](caf::event_based_actor* self) {
    // A copy of a big store takes as long as the disk needs.
    self->request(to, std::chrono::minutes{10}, backup_atom_v, path)
      .then(
        [=](caf::ok_atom) {
          std::error_code unknown;
          auto size = std::filesystem::file_size(path, unknown);
          then(
            answer_with({{"path", path}, {"size_bytes", unknown ? 0 : size}}));
        },
        [=](const caf::error& why) {
          then(refuse(to_errc(why), to_text(why)));
        });
  });
}

} // namespace troupe::runtime
