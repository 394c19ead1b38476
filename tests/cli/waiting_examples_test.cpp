#include <filesystem>
#include <optional>

#include <signal.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "cli/real_program.hpp"

// The examples that wait, for a person or for a signal: a node keeps them, and
// other processes of the program answer.

using namespace troupe::test;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

struct kept_run {
  kept_run() { start(); }

  void start() {
    node.emplace(std::vector<std::string>{
      "node", "--config", "configs/examples.yaml", "--data", where.path("data"),
      "--listen", "off"});
    REQUIRE(node->line().find("ready") != std::string::npos);
  }

  ran ask(std::vector<std::string> args) {
    args.insert(args.end(), {"--data", where.path("data")});
    return run_troupe(args);
  }

  /// Hands over that deployment of `source` and follows it to its question.
  void plan_deployment() {
    auto x = ask({"submit", "examples/workflows/deploy.yaml", "--input",
                  "from=" + where.path("source"), "--input",
                  "to=" + where.path("site"), "--wait", "--until-approval"});
    INFO(x.out << x.err);
    REQUIRE(x.code == 7);
  }

  std::string deployed() {
    return read_file(where.path("site/current/page.txt"));
  }

  bool is_tidy() { return fs::is_empty(where.path("site/staged")); }

  scratch_directory where;
  std::optional<real_program> node;
};

struct kept_order : kept_run {
  kept_order() {
    auto x =
      ask({"submit", "examples/workflows/order.yaml", "--with",
           "examples/workflows/payment.yaml", "--input",
           "out=" + where.path("orders"), "--input", "cooling_off=50ms"});
    INFO(x.out << x.err);
    REQUIRE(x.code == 0);
    // The part is a run of its own, and the signal is for it.
    for (int i = 0; i < 1000 && part.empty(); ++i) {
      auto listed = json::parse(ask({"runs", "--json"}).out);
      for (const auto& run : listed["runs"])
        if (run["name"] == "payment")
          part = run["run"];
    }
    REQUIRE_FALSE(part.empty());
  }

  std::string state() { return read_file(where.path("orders/4711.state")); }

  ran pay(const std::string& payload) {
    auto x = ask({"signal", part, "paid", "--payload", payload});
    INFO(x.out << x.err);
    REQUIRE(x.code == 0);
    return ask({"watch", "@latest"});
  }

  std::string part;
};

} // namespace

TEST_CASE("what a person saw is deployed, though the node was killed meanwhile",
          "[examples]")
{
  kept_run kept;
  fs::create_directory(kept.where.path("source"));
  write_file(kept.where.path("source/page.txt"), "as it was seen");
  kept.plan_deployment();
  auto plan = json::parse(kept.ask({"status", "@latest/plan", "--json"}).out);
  CHECK(plan["output"]["stdout"].get<std::string>().find("page.txt differ")
        != std::string::npos);
  write_file(kept.where.path("source/page.txt"), "changed since");
  CHECK_FALSE(fs::exists(kept.where.path("site/current")));
  kept.node->signal(SIGKILL);
  kept.node->finish();
  kept.start();
  auto yes = kept.ask({"approve", "@latest/agree", "--by", "ann"});
  INFO(yes.out << yes.err);
  REQUIRE(yes.code == 0);
  auto end = kept.ask({"watch", "@latest"});
  INFO(end.out << end.err);
  CHECK(end.code == 0);
  CHECK(kept.deployed() == "as it was seen");
  CHECK(kept.is_tidy());
}

TEST_CASE("what a person rejects is not deployed and leaves nothing behind",
          "[examples]")
{
  kept_run kept;
  fs::create_directory(kept.where.path("source"));
  write_file(kept.where.path("source/page.txt"), "first");
  kept.plan_deployment();
  REQUIRE(kept.ask({"approve", "@latest/agree"}).code == 0);
  REQUIRE(kept.ask({"watch", "@latest"}).code == 0);
  write_file(kept.where.path("source/page.txt"), "second");
  kept.plan_deployment();
  auto no = kept.ask({"reject", "@latest/agree", "--comment", "not today"});
  INFO(no.out << no.err);
  REQUIRE(no.code == 0);
  auto end = kept.ask({"watch", "@latest"});
  INFO(end.out << end.err);
  CHECK(end.code == 6);
  CHECK(end.err.find("not today") != std::string::npos);
  CHECK(kept.deployed() == "first");
  CHECK(kept.is_tidy());
}

TEST_CASE("an order is sent when its payment has come", "[examples]")
{
  kept_order kept;
  CHECK(kept.state() == "reserved\n");
  auto end = kept.pay(R"({"cents": 5000})");
  INFO(end.out << end.err);
  CHECK(end.code == 0);
  CHECK(kept.state() == "sent\n");
  CHECK(read_file(kept.where.path("orders/4711.receipt"))
        == "received 5000 cents\n");
}

TEST_CASE("an order is given back when too little was paid", "[examples]")
{
  kept_order kept;
  auto end = kept.pay(R"({"cents": 1})");
  INFO(end.out << end.err);
  CHECK(end.code == 0); // That is a way it is meant to go.
  CHECK(kept.state() == "given back\n");
  CHECK_FALSE(fs::exists(kept.where.path("orders/4711.receipt")));
}
