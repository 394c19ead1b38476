#include <filesystem>
#include <fstream>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/hmac.hpp"
#include "core/sha256.hpp"
#include "runtime/outward_scene.hpp"
#include "runtime/restore_store.hpp"

// What leaves a node, as its receivers see it: agents behind HTTP, webhooks,
// the log.

using namespace troupe;
using namespace troupe::runtime;
using namespace troupe::test;
using nlohmann::json;

namespace {

/// The first event of that kind among all deliveries so far.
json event_of(const std::vector<received>& all, const std::string& kind,
              const std::string& detail = {}) {
  for (const auto& x : all) {
    auto body = json::parse(x.body);
    for (const auto& event : body["events"])
      if (event["kind"] == kind
          && (detail.empty() || event.value("detail", "") == detail))
        return event;
  }
  return {};
}

} // namespace

TEST_CASE("a task goes to an agent behind HTTP, and its output comes back",
          "[outward]")
{
  odd_server server{always(200, R"({"text":"tea"})")};
  scene at{
    "outbound: {base: '" + server.address()
    + "'}\n"
      "agents:\n"
      "  content-generator: {kind: http, secret: env:TROUPE_TEST_SECRET}\n"};
  at.trace = "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  at.start();
  auto run = at.run(for_agent("content-generator"));
  CHECK(run["state"] == "completed");
  auto came = server.wait_for(1);
  CHECK(came.target == "/api/agents/content-generator");
  CHECK(came.headers["authorization"].starts_with("Bearer "));
  CHECK(came.headers["traceparent"].substr(0, 36)
        == "00-0af7651916cd43dd8448eb211c80319c-");
  auto agents = at.ask("agents")["agents"];
  REQUIRE(agents.size() == 1);
  CHECK(agents[0]["kind"] == "http");
  CHECK(agents[0]["http"]["breaker"]["state"] == "closed");
}

TEST_CASE("an agent that calls back is heard", "[outward]")
{
  odd_server server{always(202, "")};
  scene at{"agents:\n  slow: {kind: http, url: '" + server.address()
           + "/work', callback: 'http://127.0.0.1:1'}\n"};
  at.start();
  auto run = at.ask("submit", {{"tasks", {for_agent("slow")}}})["run"];
  auto url =
    json::parse(server.wait_for(1).body)["callback_url"].get<std::string>();
  auto token = url.substr(url.rfind('/') + 1);
  CHECK(at.call("callback", {{"token", "0" + token}}).error.code
        == errc::not_found);
  CHECK(at.call("callback", {{"token", token}, {"error", 1}}).error.code
        == errc::invalid);
  CHECK(at.ask("callback", {{"token", token}, {"output", 42}})["taken"]
        == true);
  CHECK(at.call("callback", {{"token", token}}).error.code == errc::not_found);
  auto watched = std::make_shared<std::promise<void>>();
  core::watch_request what;
  what.run = *core::id_from(run.get<std::string>());
  at.node.api()->watch(what, [watched](const core::watch_event& x) {
    if (x.last)
      watched->set_value();
    return !x.last;
  });
  watched->get_future().wait();
  CHECK(at.ask("run", {{"run", run}})["state"] == "completed");
}

TEST_CASE("a secret that is not there is told before the node starts",
          "[outward]")
{
  scene agent{"agents: {a: {kind: http, url: 'http://h/', "
              "secret: env:TROUPE_NO_SUCH}}\n"};
  CHECK(agent.node.start(doors::none).message
        == "agent `a`: the secret in env:TROUPE_NO_SUCH cannot be read: the "
           "variable is not set in the environment of the node, or empty");
  scene hook{"webhooks: {w: {url: 'http://h/', secret: 'file:/no/such'}}\n"};
  CHECK(hook.node.start(doors::none)
          .message.starts_with(
            "webhook `w`: the secret in file:/no/such cannot be read"));
}

TEST_CASE("authorities that cannot be read are told before the node starts",
          "[outward]")
{
  scene at{"outbound: {ca_file: /no/such.pem}\n"};
  auto why = at.node.start(doors::none);
  CHECK(why.code == errc::invalid);
  CHECK(why.message.find("/no/such.pem") != std::string::npos);
  CHECK(why.message.find("outbound.ca_file") != std::string::npos);
}

TEST_CASE("a webhook is told what happens, signed", "[outward]")
{
  odd_server server{always(200, "")};
  scene at{"webhooks:\n  chat: {url: '" + server.address()
           + "/hook', secret: env:TROUPE_TEST_SECRET}\n"};
  at.start();
  auto run = at.run(for_agent("echo"));
  until(server, [](const auto& all) {
    return !event_of(all, "run_state", "completed").is_null();
  });
  auto all = server.all();
  CHECK(event_of(all, "task_ended")["run"] == run["run"]);
  for (auto& x : all) {
    auto signature = x.headers["troupe-signature"];
    auto stamp = signature.substr(2, signature.find(',') - 2);
    CHECK(signature.substr(signature.find("v1=") + 3)
          == core::to_hex(
            core::hmac_sha256("not to be seen", stamp + "." + x.body)));
    CHECK(x.headers["troupe-delivery"].size() == 32);
    CHECK(json::parse(x.body)["webhook"] == "chat");
  }
}

TEST_CASE("a webhook hears of its kinds and its workspace only", "[outward]")
{
  odd_server server{always(200, "")};
  auto secret = std::string{"secret: env:TROUPE_TEST_SECRET"};
  scene at{"webhooks:\n  other: {url: '" + server.address() + "/other', "
           + secret + ", workspace: blue}\n  ends: {url: '" + server.address()
           + "/ends', " + secret + ", events: [task_ended]}\n"};
  at.start();
  at.run(for_agent("echo"));
  until(server, [](const auto& all) { return !all.empty(); });
  auto all = server.all();
  for (const auto& x : all) {
    CHECK(x.target == "/ends");
    auto body = json::parse(x.body);
    for (const auto& event : body["events"])
      CHECK(event["kind"] == "task_ended");
  }
}

TEST_CASE("a webhook goes on after a restart where it was", "[outward]")
{
  std::atomic<bool> well{false};
  odd_server server{[&](const received& what, odd_peer& to) {
    always(well ? 200 : 500, "")(what, to);
  }};
  auto text = "webhooks:\n  chat: {url: '" + server.address()
              + "', secret: env:TROUPE_TEST_SECRET}\n";
  scene at{text};
  at.start();
  auto run = at.run(for_agent("echo"));
  server.wait_for(1);
  REQUIRE_FALSE(at.node.stop());
  well = true;
  configured_node again{read_config(
    "node: {data: '" + at.data.operator/("d") + "', shards: 4}\n" + text, {})};
  REQUIRE_FALSE(again.start(doors::none));
  auto before = server.all().size();
  until(server, [&](const auto& all) {
    std::vector<received> after{all.begin() + static_cast<long>(before),
                                all.end()};
    return event_of(after, "run_state", "completed")["run"] == run["run"];
  });
}

TEST_CASE(
  "a webhook goes on after a restore where its backup was, with its dead "
  "letters",
  "[outward]")
{
  std::atomic<unsigned> answer{422};
  odd_server server{
    [&](const received& what, odd_peer& to) { always(answer, "")(what, to); }};
  auto hooks = "webhooks:\n  chat: {url: '" + server.address()
               + "', secret: env:TROUPE_TEST_SECRET, events: [run_accepted]}\n";
  scene at{hooks};
  // As an earlier version has left it.
  std::filesystem::create_directory(at.data / "d");
  auto file = at.data / "d/webhooks.json";
  std::ofstream{file} << R"({"format":1,"positions":{},"dropped":3,)"
                      << R"("letters":[]})";
  at.start();
  auto letters = [](scene& of) { return of.ask("dead_letters"); };
  CHECK(letters(at)["dropped"] == 3);
  at.run(for_agent("echo"));
  while (letters(at)["letters"].empty())
    std::this_thread::yield();
  while (std::filesystem::exists(file)) // Its content is in the store now.
    std::this_thread::yield();
  answer = 200;
  auto told = at.run(for_agent("echo"))["run"];
  auto shown = [](scene& of) { return of.ask("webhooks")["webhooks"][0]; };
  while (shown(at)["delivered"] != 1)
    std::this_thread::yield();
  REQUIRE_FALSE(at.node.stop());

  scene same{hooks, at.data / "d"};
  same.start();
  same.ask("backup", {{"path", at.data / "copy.db"}});
  REQUIRE_FALSE(same.node.stop());
  scene again{hooks};
  REQUIRE_FALSE(restore_store(at.data / "copy.db", again.data / "d"));
  again.start();
  CHECK(letters(again)["dropped"] == 3);
  REQUIRE(letters(again)["letters"].size() == 1);
  auto letter = letters(again)["letters"][0]["id"];
  again.ask("redeliver", {{"letter", letter}});
  while (!letters(again)["letters"].empty())
    std::this_thread::yield();
  while (shown(again)["behind"] != 0)
    std::this_thread::yield();
  auto times = 0;
  for (const auto& x : server.all())
    times += x.body.find(told.get<std::string>()) != x.body.npos;
  CHECK(times == 1); // It was told before the stop.
}

TEST_CASE("what nobody takes becomes a dead letter, and can be sent again",
          "[outward]")
{
  std::atomic<bool> well{false};
  odd_server server{[&](const received& what, odd_peer& to) {
    always(well ? 200 : 422, "")(what, to);
  }};
  scene at{"webhooks:\n  chat: {url: '" + server.address()
           + "', secret: env:TROUPE_TEST_SECRET, events: [run_accepted]}\n"};
  at.start();
  auto run = at.run(for_agent("echo"));
  auto letters = [&] { return at.ask("dead_letters")["letters"]; };
  while (letters().empty())
    std::this_thread::yield();
  auto one = letters()[0];
  CHECK(one["webhook"] == "chat");
  CHECK(one["events"][0]["run"] == run["run"]);
  CHECK(one["why"].get<std::string>().find("422") != std::string::npos);
  CHECK(at.call("redeliver", {{"letter", "no"}}).error.code == errc::not_found);
  well = true;
  at.ask("redeliver", {{"letter", one["id"]}});
  while (!letters().empty())
    std::this_thread::yield();
  CHECK(server.all().back().headers["troupe-delivery"] == one["id"]);
  auto shown = at.ask("webhooks")["webhooks"][0];
  CHECK(shown["dead"] == 1);
  CHECK(shown["behind"] == 0);
}

TEST_CASE("a log that nobody reads keeps a bounded part of what waits, and "
          "lets the node end",
          "[outward]")
{
  directory where;
  auto pipe = where / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  auto reader = ::open(pipe.c_str(), O_RDWR | O_NONBLOCK);
  std::string full(4096, 'x');
  while (::write(reader, full.data(), full.size()) > 0)
    ;
  log_config how;
  how.level = log_level::info;
  how.file = pipe;
  core::metric_page page;
  {
    node_log log{how};
    REQUIRE_FALSE(log.open());
    auto large = std::make_shared<core::batch>();
    large->tasks.emplace_back().state = core::task_state::failed; // A line.
    large->tasks[0].output = core::text{std::string(1024 * 1024, 'x')};
    for (int i = 0; i < 200; ++i)
      log.committed(large);
    log.add_figures(page);
  }
  CHECK(page.families().at(0).samples.at(0).value >= 100);
  ::close(reader);
}

TEST_CASE("each line of the log is JSON and shows no secret", "[outward]")
{
  directory where;
  auto file = where / "log";
  {
    scene at{"log: {format: json, level: info, file: '" + file + "'}\n"};
    at.start();
    json task{{"agent", "shell"},
              {"input", {{"command", "echo TOKEN=hush >&2; exit 3"}}},
              {"retries", 0}};
    CHECK(at.run(task)["state"] == "failed");
    at.node.stop();
  }
  std::ifstream lines{file};
  std::vector<json> all;
  for (std::string line; std::getline(lines, line);) {
    INFO(line);
    CHECK(line.find("hush") == line.npos);
    all.push_back(json::parse(line, nullptr, false));
    REQUIRE(all.back().is_object());
    CHECK(all.back()["level"] == "info");
  }
  REQUIRE(all.size() == 2);
  CHECK(all[0]["event"] == "task_ended");
  CHECK(all[0]["agent"] == "shell");
  CHECK(all[0]["state"] == "failed");
  CHECK(all[1]["event"] == "run_ended");
  CHECK(all[1]["run"] == all[0]["run"]);
}
