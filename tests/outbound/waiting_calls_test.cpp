#include <catch2/catch.hpp>

#include <atomic>

#include "outbound/asking_others.hpp"

// Calls that wait, and what ends them.

using namespace troupe;
using namespace troupe::outbound;
using namespace troupe::test;
using namespace std::chrono_literals;

TEST_CASE("calls beyond the connections wait, and beyond that are refused",
          "[outbound]")
{
  std::promise<void> open;
  auto gate = open.get_future().share();
  odd_server server{[gate](const received&, odd_peer& to) {
    gate.wait();
    to.send(http_reply(200, "ok"));
  }};
  client_options small;
  small.connections_max = 2;
  small.waiting_max = 1;
  http_client client{small};
  std::vector<std::future<answered>> all;
  for (int i = 0; i < 4; ++i)
    all.push_back(send(client, call_to(server.address())));
  auto refused = all.back().get();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::limit_reached);
  CHECK(refused.error().message.find("outbound.connections_max")
        != std::string::npos);
  open.set_value();
  for (int i = 0; i < 3; ++i)
    CHECK(all[static_cast<size_t>(i)].get());
}

TEST_CASE("a call that waits for a connection ends at its deadline, too",
          "[outbound]")
{
  odd_server server{hang};
  client_options small;
  small.connections_max = 1;
  http_client client{small};
  auto taken = send(client, call_to(server.address()));
  server.wait_for(1);
  auto what = call_to(server.address());
  what.deadline = 20ms;
  auto late = ask(client, what);
  REQUIRE_FALSE(late);
  CHECK(late.error().code == errc::timed_out);
  CHECK(taken.wait_for(0s) == std::future_status::timeout);
  CHECK(server.all().size() == 1);
}

TEST_CASE("urgent calls go before the others that wait, in order", "[outbound]")
{
  std::promise<void> open;
  odd_server server{
    [gate = open.get_future().share()](const received&, odd_peer& to) {
      gate.wait();
      to.send(http_reply(200, ""));
    }};
  client_options small;
  small.connections_max = 1;
  http_client client{small};
  std::vector<std::future<answered>> all;
  for (std::string path : {"/first", "/a", "/b", "/u1", "/u2"}) {
    auto what = call_to(server.address() + path);
    what.urgent = path.starts_with("/u");
    all.push_back(send(client, std::move(what)));
  }
  server.wait_for(1);
  open.set_value();
  server.wait_for(5);
  std::string order;
  for (const auto& x : server.all())
    order += x.target;
  CHECK(order == "/first/u1/u2/a/b");
}

TEST_CASE("calls that fail at once do not pile up on one another", "[outbound]")
{
  client_options narrow;
  narrow.connections_max = 1;
  narrow.waiting_max = 100'000;
  http_client client{narrow};
  odd_server server{hang};
  auto first = client.send(call_to(server.address()), [](const answered&) {});
  server.wait_for(1);
  auto wrong = call_to("http://127.0.0.1:1/");
  wrong.headers = {{"X", "\n"}};
  std::promise<void> all;
  std::atomic<int> left = 20'000;
  for (auto i = left.load(); i > 0; --i)
    client.send(wrong, [&](const answered& x) {
      CHECK_FALSE(x);
      if (--left == 0)
        all.set_value();
    });
  client.cancel(first);
  all.get_future().wait();
}

TEST_CASE("a client that was stopped takes nothing more", "[outbound]")
{
  odd_server server{hang};
  http_client client;
  auto left = send(client, call_to(server.address()));
  server.wait_for(1);
  client.stop();
  CHECK(left.get().error().code == errc::stopping);
  CHECK(ask(client, call_to(server.address())).error().code == errc::stopping);
}

TEST_CASE("a cancelled call ends at once, and so does a client", "[outbound]")
{
  odd_server server{hang};
  auto client = std::make_unique<http_client>();
  std::promise<answered> cancelled;
  auto number = client->send(call_to(server.address()), [&](answered x) {
    cancelled.set_value(std::move(x));
  });
  server.wait_for(1);
  client->cancel(number);
  CHECK(cancelled.get_future().get().error().code == errc::cancelled);
  auto left = send(*client, call_to(server.address()));
  server.wait_for(2);
  client.reset();
  CHECK(left.get().error().code == errc::stopping);
}

TEST_CASE("what is to be done later is done, unless it is cancelled",
          "[outbound]")
{
  http_client client;
  std::promise<void> done;
  auto never = client.after(1ms, [] { FAIL("it was cancelled"); });
  client.cancel(never);
  client.after(2ms, [&] { done.set_value(); });
  done.get_future().wait();
  client.after(1h, [] {}); // Ends with the client.
}
