#include <catch2/catch.hpp>

#include <random>

#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <nlohmann/json.hpp>

#include "core/api.hpp"
#include "runtime/agents.hpp"
#include "runtime/directory.hpp"
#include "runtime/load.hpp"
#include "runtime/node_insides.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

/// Somebody of a kind, at random; empty: there is none just now.
caf::actor pick(node& n, const std::string& kind, std::mt19937& random) {
  const auto& home = node_insides::home(n);
  auto any = [&random](const auto& list) {
    return list[random() % list.size()];
  };
  auto untyped = [](auto ref) {
    return caf::actor_cast<caf::actor>(ref.handle());
  };
  if (kind == "journal")
    return untyped(home.journal);
  if (kind == "coordinator")
    return untyped(home.coordinator);
  if (kind == "directory")
    return untyped(home.directory);
  if (kind == "feed")
    return untyped(home.feed);
  if (kind == "desk")
    return untyped(home.desk);
  if (kind == "reader")
    return untyped(any(home.readers));
  if (kind == "shard")
    return untyped(any(home.shards));
  if (kind == "host")
    return untyped(home.host("slow"));
  // Runs and tasks: whoever the tree shows.
  std::string body;
  if (n.ask("tree", "{}", body))
    return {};
  std::vector<core::id> found;
  std::function<void(const json&)> walk = [&](const json& node) {
    if (node["kind"] == "run") {
      auto run = *core::id_from(node["name"].get<std::string>());
      if (kind == "run")
        found.push_back(run);
      else
        for (uint32_t i = 1; i <= 20; ++i)
          found.push_back(run.with(i));
    }
    if (node.contains("children"))
      for (const auto& child : node["children"])
        walk(child);
  };
  walk(json::parse(body));
  if (found.empty())
    return {};
  auto id = any(found);
  auto shard = child_ref<shard_actor>{home.shards[home.shard_of(id)]}.handle();
  caf::actor result;
  if (!shard)
    return result;
  caf::scoped_actor self{node_insides::system(n)};
  self->request(shard, 2s, find_atom_v, id)
    .receive([&](caf::actor& x) { result = std::move(x); },
             [](const caf::error&) {});
  return result;
}

void kill_each(const std::vector<std::string>& kinds, int times) {
  directory dir;
  witness w;
  node n{quiet(dir / "data")};
  add_slow(n, w, 2ms, 8);
  REQUIRE_FALSE(n.start());
  load l{n};
  l.begin();
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

TEST_CASE("killed shards come back and lose nothing", "[runtime]")
{ kill_each({"shard"}, 20); }

TEST_CASE("a killed journal takes its shards along and loses nothing",
          "[runtime]")
{ kill_each({"journal"}, 10); }

TEST_CASE("a killed coordinator begins anew and loses nothing", "[runtime]")
{ kill_each({"coordinator", "directory", "feed"}, 6); }

TEST_CASE("a killed host keeps what its agent does", "[runtime]")
{ kill_each({"host"}, 8); }

TEST_CASE("killed runs and tasks are made again and lose nothing", "[runtime]")
{ kill_each({"run", "task"}, 20); }

TEST_CASE("killed desks and readers lose nothing", "[runtime]")
{ kill_each({"desk", "reader"}, 10); }

TEST_CASE("any actor may be killed at any moment", "[runtime]")
{
  kill_each({"journal", "shard", "coordinator", "host", "run", "task", "desk",
             "reader", "directory", "feed"},
            10);
}
