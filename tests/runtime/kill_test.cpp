#include <catch2/catch.hpp>

#include <map>
#include <random>
#include <set>

#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <nlohmann/json.hpp>

#include "core/api.hpp"
#include "runtime/agents.hpp"
#include "runtime/directory.hpp"
#include "runtime/house_plan.hpp"
#include "runtime/load.hpp"
#include "runtime/node_insides.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

/// What a node of the live tree is to this test: its kind, and the name where
/// those of a kind are no equals.
std::string kind_of(const json& node) {
  auto kind = node["kind"].get<std::string>();
  return kind == "supervisor" || kind == "monitor"
           ? kind + " " + node["name"].get<std::string>()
           : kind;
}

template <class See>
void walk(const json& node, See see) {
  see(node);
  if (node.contains("children"))
    for (const auto& child : node["children"])
      walk(child, see);
}

json tree_of(node& n) {
  std::string body;
  return n.ask("tree", "{}", body) ? json{} : json::parse(body);
}

template <class Handle, class... Ts>
caf::actor found_by(node& n, const Handle& who, const Ts&... question) {
  caf::actor result;
  if (!who)
    return result;
  caf::scoped_actor self{node_insides::system(n)};
  self->request(who, 2s, find_atom_v, question...)
    .receive([&](caf::actor& x) { result = std::move(x); },
             [](const caf::error&) {});
  return result;
}

/// A run or a task: whoever the tree shows.
caf::actor pick_live(node& n, bool of_task, std::mt19937& random) {
  std::vector<core::id> found;
  auto tree = tree_of(n);
  if (tree.is_null())
    return {};
  walk(tree, [&](const json& x) {
    if (x["kind"] != "run")
      return;
    auto run = *core::id_from(x["name"].get<std::string>());
    if (!of_task)
      found.push_back(run);
    for (uint32_t i = 1; of_task && i <= 20; ++i)
      found.push_back(run.with(i));
  });
  if (found.empty())
    return {};
  auto id = found[random() % found.size()];
  const auto& home = node_insides::home(n);
  return found_by(
    n, child_ref<shard_actor>{home.shards[home.shard_of(id)]}.handle(), id);
}

/// Who has a place of his own in the tree: where that is.
std::map<std::string, child_ref<caf::actor>> places(node& n) {
  const auto& plan = node_insides::plan(n);
  std::map<std::string, child_ref<caf::actor>> all;
  for (auto name :
       {"coordinator", "crew", "directory", "feed", "desk", "clock"})
    all[name] = {plan.names, name};
  for (std::string name : {"storage", "readers", "agents", "monitors"})
    all["supervisor " + name] = {plan.names, name};
  for (std::string name : {"progress", "resources", "task_queue"})
    all["monitor " + name] = {plan.monitors, name};
  all["supervisor shards"] = {plan.storage, "shards"};
  all["journal"] = {plan.storage, "journal"};
  all["host"] = {plan.home->agents, "slow"};
  return all;
}

/// Somebody of a kind, at random; empty: there is none just now.
caf::actor pick(node& n, const std::string& kind, std::mt19937& random) {
  const auto& home = node_insides::home(n);
  auto any = [&random](const auto& list) {
    const auto& one = list[random() % list.size()];
    return caf::actor_cast<caf::actor>(one.handle());
  };
  if (kind == "reader")
    return any(home.readers);
  if (kind == "shard")
    return any(home.shards);
  if (kind == "run" || kind == "task")
    return pick_live(n, kind == "task", random);
  if (kind == "agent")
    return found_by(n, home.host("slow").handle(), uint64_t{0});
  auto all = places(n);
  auto pos = all.find(kind);
  INFO("the tree has a kind of actor that no test kills: " << kind);
  REQUIRE(pos != all.end());
  return pos->second.handle();
}

/// All kinds of actors that live, but for the root, which is the node itself.
std::vector<std::string> live_kinds(node& n) {
  std::set<std::string> kinds;
  walk(tree_of(n), [&](const json& x) { kinds.insert(kind_of(x)); });
  kinds.erase("supervisor node");
  return {kinds.begin(), kinds.end()};
}

/// No kinds: all that the live tree has.
void kill_each(std::vector<std::string> kinds, int times) {
  directory dir;
  witness w;
  auto opts = quiet(dir / "data");
  opts.shards = 8; // Each life of the storage reads them all.
  node n{opts};
  // So many failures in a row would be paused after.
  node_insides::restart_pause_max(n) = 20ms;
  add_slow(n, w, 2ms, 8);
  REQUIRE_FALSE(n.start());
  load l{n};
  l.begin();
  if (kinds.empty()) {
    CHECK(l.until(
      [&] { return tree_of(n).dump().find("\"task\"") != std::string::npos; }));
    kinds = live_kinds(n);
    CHECK(kinds.size() >= 18);
  }
  std::mt19937 random{42};
  for (int i = 0; i < times; ++i)
    for (const auto& kind : kinds) {
      caf::actor victim;
      CHECK(l.until([&] {
        victim = pick(n, kind, random);
        return victim != nullptr;
      }));
      caf::anon_send_exit(victim, caf::exit_reason::kill);
      auto enough = w.tasks() + random() % 20;
      CHECK(l.until([&] { return w.tasks() >= enough; }));
    }
  REQUIRE(l.end());
  INFO(l.story());
  CHECK(l.wrong() == 0);
  CHECK(w.tasks() == l.tasks());
  // What was healthy was adopted, not done again.
  CHECK(w.repeated() == 0);
}

} // namespace

// At most a hundred kills of children of one supervisor in each test: more in
// ten seconds is what a node takes for beyond help (node_limit).

TEST_CASE("killed shards come back and lose nothing", "[runtime]")
{ kill_each({"shard"}, 20); }

TEST_CASE("a killed journal takes its shards along and loses nothing",
          "[runtime]")
{ kill_each({"journal", "supervisor shards"}, 20); }

TEST_CASE("a killed coordinator begins anew and loses nothing", "[runtime]")
{ kill_each({"coordinator", "directory", "feed"}, 20); }

TEST_CASE("a killed host keeps what its agent does", "[runtime]")
{ kill_each({"host", "agent"}, 20); }

TEST_CASE("killed runs and tasks are made again and lose nothing", "[runtime]")
{ kill_each({"run", "task"}, 20); }

TEST_CASE("killed desks and readers lose nothing", "[runtime]")
{
  kill_each(
    {"desk", "reader", "clock", "monitor progress", "monitor resources"}, 20);
}

TEST_CASE("killed supervisors come back with all they watch", "[runtime]")
{
  kill_each({"supervisor storage", "supervisor readers", "supervisor agents",
             "supervisor monitors"},
            20);
}

TEST_CASE("any actor may be killed at any moment", "[runtime]")
{ kill_each({}, 10); }
