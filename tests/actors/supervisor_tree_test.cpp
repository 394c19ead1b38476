#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "actors/stage.hpp"
#include "actors/witness.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

struct trees : stage {
  witness_ptr seen = std::make_shared<witness>();
  supervisor sup;

  void open(supervisor_spec spec) {
    auto root = spawn_supervisor(sys, std::move(spec));
    REQUIRE(root);
    sup = *root;
    settle();
  }

  tree_node tree() {
    auto node = ask<tree_node>(sup.handle, tree_atom_v);
    REQUIRE(node);
    return *node;
  }
};

/// Writes down what a supervisor tells it.
caf::behavior watcher(caf::event_based_actor*,
                      std::shared_ptr<std::vector<std::string>> log) {
  return {
    [log](const child_up& x) {
      log->push_back("up " + x.id + std::to_string(x.generation));
    },
    [log](const child_down& x) {
      log->push_back((x.final ? "gone " : "down ") + x.id
                     + std::to_string(x.generation));
    },
  };
}

} // namespace

TEST_CASE_METHOD(trees, "the live tree shows every level", "[actors]") {
  auto low = troupe_of("agents", seen, {actor_child("h", seen)});
  low.children[0].kind = "host";
  low.names = std::make_shared<roster>();
  auto names = low.names;
  auto spec = troupe_of("node", seen,
                        {actor_child("journal", seen), supervisor_child(low)});
  spec.utc = [] { return std::chrono::sys_time{1'700'000'000'000'000us}; };
  open(spec);
  caf::anon_send(child_ref<>{names, "h"}.handle(), caf::delete_atom_v);
  settle();
  advance(3s, 100ms);
  auto node = tree();
  CHECK(node.name == "node");
  CHECK(node.state == child_state::running);
  CHECK(node.children_total == 2);
  REQUIRE(node.children.size() == 2);
  CHECK(node.children[0].uptime == 3s);
  CHECK(node.children[1].kind == "supervisor");
  REQUIRE(node.children[1].children.size() == 1);
  const auto& leaf = node.children[1].children[0];
  CHECK(leaf.kind == "host");
  CHECK(leaf.restarts == 1);
  CHECK(leaf.generation == 2);
  CHECK(leaf.last_error == "as the test asked");
  auto json = nlohmann::json::parse(to_json(node));
  CHECK(json["children"][1]["children"][0]["state"] == "running");
  CHECK(json["started_at"] == "2023-11-14T22:13:20.000Z");
}

TEST_CASE_METHOD(trees,
                 "a child that does not answer costs no more than the "
                 "deadline",
                 "[actors]") {
  auto low = supervisor_child(troupe_of("low", seen, {}));
  open(troupe_of("top", seen, {low, actor_child("a", seen)}));
  auto busy = sup.child("low").handle();
  hold(busy);
  auto asked = self->request(sup.handle, caf::infinite, tree_atom_v);
  advance(390ms);
  CHECK_FALSE(self->has_next_message());
  advance(20ms);
  REQUIRE(self->has_next_message());
  asked.receive(
    [](tree_node& node) {
      CHECK(node.children[0].silent);
      CHECK(node.children[0].state == child_state::running);
      CHECK_FALSE(node.children[1].silent);
    },
    [](caf::error&) { FAIL(); });
}

TEST_CASE_METHOD(trees, "a big set is counted and its beginning listed",
                 "[actors]") {
  auto spec = troupe_of("many", seen, {});
  spec.strategy = restart_strategy::dynamic;
  for (int i = 0; i < 500; ++i)
    spec.children.push_back(actor_child(std::to_string(i), seen));
  open(spec);
  CHECK(tree().children_total == 500);
  CHECK(tree().children.size() == tree_query{}.children_max);
}

TEST_CASE_METHOD(trees,
                 "a watcher hears of every life, beginning with those "
                 "that are there",
                 "[actors][S10]") {
  auto spec =
    troupe_of("top", seen, {actor_child("a", seen), actor_child("b", seen)});
  spec.children[1].restart = restart_when::temporary;
  spec.watchers_max = 1;
  open(spec);
  auto log = std::make_shared<std::vector<std::string>>();
  auto who = sys.spawn(watcher, log);
  CHECK(ask<caf::ok_atom>(sup.handle, child_watch_atom_v, who));
  auto more = sys.spawn(watcher, log);
  CHECK(ask<caf::ok_atom>(sup.handle, child_watch_atom_v, more).error()
        == errc::limit_reached);
  for (auto id : {"a", "b"})
    caf::anon_send(sup.child(id).handle(), caf::delete_atom_v);
  settle();
  using lines = std::vector<std::string>;
  std::sort(log->begin() + 2, log->end()); // Of a and b, either may be first.
  CHECK(*log == lines{"up a1", "up b1", "down a1", "gone b1", "up a2"});
  caf::anon_send_exit(who, caf::exit_reason::kill); // Makes room.
  settle();
  CHECK(ask<caf::ok_atom>(sup.handle, child_watch_atom_v, more));
}

TEST_CASE_METHOD(trees, "a late watcher of many gets them in chunks",
                 "[actors]") {
  auto spec = troupe_of("many", seen, {});
  spec.strategy = restart_strategy::dynamic;
  for (int i = 0; i < 700; ++i)
    spec.children.push_back(actor_child(std::to_string(i), seen));
  open(spec);
  auto log = std::make_shared<std::vector<std::string>>();
  auto who = sys.spawn(watcher, log);
  CHECK(ask<caf::ok_atom>(sup.handle, child_watch_atom_v, who));
  CHECK(std::set<std::string>(log->begin(), log->end()).size() == 700);
}
