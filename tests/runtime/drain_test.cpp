#include "runtime/agents.hpp"
#include "runtime/asking.hpp"

// No new work, and what was accepted goes on to its end.

using namespace troupe;
using namespace troupe::test;
using nlohmann::json;

namespace {

failure refusal(node& n, const std::string& op, const json& params) {
  std::string body;
  return n.ask(op, params.dump(), body);
}

std::string state_of(node& n, const std::string& agent) {
  auto all = ask(n, "agents");
  for (const auto& x : all["agents"])
    if (x["name"] == agent)
      return x["state"];
  return {};
}

/// Holds its task until somebody lets it go.
struct gate {
  std::promise<void> began;
  std::promise<void> open;
};

void add_gated(node& to, gate& at) {
  class gated : public agent {
  public:
    explicit gated(gate& at) : at_(at) {}
    outcome perform(const task&, context&) override {
      at_.began.set_value();
      at_.open.get_future().wait();
      return outcome::done("1");
    }

  private:
    gate& at_;
  };
  to.add(who("gated", "gated", 1),
         [&at] { return std::make_unique<gated>(at); });
}

} // namespace

TEST_CASE("a drained agent gets no new work and finishes the old", "[drain]")
{
  gate at;
  node n{quiet()};
  add_gated(n, at);
  add_echo(n, "other");
  REQUIRE_FALSE(n.start());
  auto old = n.submit(tasks_for("gated", 1)).run;
  at.began.get_future().wait();
  auto got = ask(n, "drain", {{"agent", "gated"}});
  CHECK(got == json{{"agent", "gated"}, {"draining", true}, {"load", 1}});
  CHECK(state_of(n, "gated") == "draining");
  auto later = n.submit(tasks_for("gated", 1)).run;
  at.open.set_value();
  CHECK(ends(n, old));
  // What another agent does shows that the coordinator has decided since.
  REQUIRE(ends(n, n.submit(tasks_for("echo", 1)).run));
  CHECK(ask(n, "run", {{"run", later}})["counts"]["queued"] == 1);
  auto why = ask(n, "why", {{"run", later}})["tasks"][0];
  CHECK(why["waits_for"][0]["what"] == "no_healthy_agent");
  at.began = {};
  at.open = {};
  ask(n, "drain", {{"agent", "gated"}, {"undo", true}});
  at.began.get_future().wait();
  at.open.set_value();
  CHECK(ends(n, later));
}

TEST_CASE("a drained node refuses new runs and ends the accepted ones",
          "[drain]")
{
  gate at;
  node n{quiet()};
  add_gated(n, at);
  REQUIRE_FALSE(n.start());
  auto old = n.submit(tasks_for("gated", 1)).run;
  at.began.get_future().wait();
  CHECK(ask(n, "drain") == json{{"draining", true}});
  auto status = ask(n, "status");
  CHECK(status["draining"] == true);
  CHECK(status["ready"] == false);
  auto why = refusal(n, "submit", {{"tasks", {{{"agent", "gated"}}}}});
  CHECK(why.code == errc::stopping);
  CHECK(why.message.find("takes no new runs") != why.message.npos);
  at.open.set_value();
  CHECK(ends(n, old));
  CHECK(ask(n, "run", {{"run", old}})["state"] == "completed");
  CHECK(ask(n, "drain", {{"undo", true}}) == json{{"draining", false}});
  CHECK(ask(n, "status")["ready"] == true);
  CHECK_FALSE(refusal(n, "submit", {{"tasks", {{{"agent", "gated"}}}}}));
  at.began = {};
  at.open = {};
  at.open.set_value(); // The task that was just taken ends at once.
  at.began.get_future().wait();
}

TEST_CASE("an agent that is not there cannot be drained", "[drain]")
{
  node n{quiet()};
  add_echo(n);
  REQUIRE_FALSE(n.start());
  auto why = refusal(n, "drain", {{"agent", "ecko"}});
  CHECK(why.code == errc::not_found);
  CHECK(why.message.find("did you mean `echo`?") != why.message.npos);
  CHECK(refusal(n, "drain", {{"undo", "yes"}}).code == errc::invalid);
}
