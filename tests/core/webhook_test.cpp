#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "core/hmac.hpp"
#include "core/sha256.hpp"
#include "core/webhook.hpp"

using namespace troupe;
using namespace troupe::core;
using namespace std::chrono_literals;

namespace {

constexpr instant t0{1'700'000'000s};

dead_letter letter(const std::string& id) {
  return {id, "chat", "default", R"({"events":[]})", t0, 3, "it was late"};
}

} // namespace

TEST_CASE("a delivery is signed over its time and its body", "[webhook]")
{
  auto text = webhook_signature("secret", t0 + 900ms, "{}");
  CHECK(text
        == "t=1700000000,v1=" + to_hex(hmac_sha256("secret", "1700000000.{}")));
  CHECK(webhook_signature("secret", t0 + 1s, "{}") != text);
  CHECK(webhook_signature("other", t0, "{}") != text);
}

TEST_CASE("a delivery is tried again, later and later, until it is dead",
          "[webhook]")
{
  CHECK(judge_delivery(204, "", t0, {}).what == delivery::done);
  auto first = judge_delivery(500, "", t0, {1, 10, 0});
  CHECK(first.what == delivery::again);
  CHECK(first.wait == 500ms);
  CHECK(judge_delivery(500, "", t0, {1, 10, 0.999}).wait < 1s);
  CHECK(judge_delivery(500, "", t0, {4, 10, 0}).wait == 4s);
  CHECK(judge_delivery(500, "", t0, {99, 100, 0}).wait == 150s);
  CHECK(judge_delivery(429, "60", t0, {1, 10, 0}).wait == 60s);
  CHECK(judge_delivery(500, "", t0, {10, 10, 0}).what == delivery::dead);
  failure gone{errc::agent_failed, category::network, "nobody there"};
  CHECK(judge_delivery(gone, {2, 10, 0}).wait == 1s);
  CHECK(judge_delivery(gone, {2, 10, 0}).why == "nobody there");
}

TEST_CASE("what a repeat does not mend is dead at once", "[webhook]")
{
  for (auto status : {301u, 400u, 401u, 404u, 410u, 422u})
    CHECK(judge_delivery(status, "", t0, {}).what == delivery::dead);
  for (auto status : {408u, 425u, 429u, 500u, 503u})
    CHECK(judge_delivery(status, "", t0, {}).what == delivery::again);
}

TEST_CASE("positions and dead letters are kept as notes, each when it changes",
          "[webhook]")
{
  webhook_book book;
  book.put("chat", {7, 0, 9});
  book.bury(letter("a"));
  book.bury(letter("b"));
  auto notes = book.changes();
  CHECK(notes.size() == 3);
  CHECK(book.changes().empty());
  webhook_book again;
  REQUIRE_FALSE(again.load(notes));
  CHECK(again.changes().empty()); // They are there.
  REQUIRE(again.find("chat"));
  CHECK(*again.find("chat") == webhook_book::positions{7, 0, 9});
  CHECK_FALSE(again.find("other"));
  REQUIRE(again.letters().size() == 2);
  auto one = again.take("a");
  REQUIRE(one);
  CHECK(one->why == "it was late");
  CHECK(one->at == t0);
  CHECK_FALSE(again.take("a"));
  CHECK(again.changes()
        == webhook_book::notes{{"webhooks.letter.a", std::string{}}});
  again.not_kept("webhooks.letter.a");
  CHECK(again.changes().size() == 1);
  for (auto text : {"null", "{}", R"({"format":2})", R"({"format":1})", "{"})
    CHECK(again.load({{"webhooks.book", text}}));
  CHECK(again.load({{"webhooks.letter.c", "{}"}}));
  CHECK(again.letters().size() == 1); // As it was.
}

TEST_CASE("the file of earlier versions is read, and all of it to be kept",
          "[webhook]")
{
  auto file = nlohmann::json::parse(
    R"({"format":1,"positions":{"chat":[7,0]},"dropped":2,"letters":[{"id":"a",)"
    R"("webhook":"chat","workspace":"w","body":"{}","at":5,"tries":1,)"
    R"("why":"late"}]})");
  webhook_book book;
  REQUIRE_FALSE(book.load_file(file));
  CHECK(*book.find("chat") == webhook_book::positions{7, 0});
  CHECK(book.dropped() == 2);
  CHECK(book.letters().size() == 1);
  CHECK(book.changes().size() == 2);
  for (auto text : {"null", "{}", R"({"format":2})", R"({"format":1})",
                    R"({"format":1,"positions":[],"letters":{},"dropped":0})"})
    CHECK(book.load_file(nlohmann::json::parse(text)));
}

TEST_CASE("dead letters have a limit, and the oldest goes", "[webhook]")
{
  webhook_book book;
  for (size_t i = 0; i < webhook_book::letters_max + 5; ++i)
    book.bury(letter(std::to_string(i)));
  CHECK(book.letters().size() == webhook_book::letters_max);
  CHECK(book.letters().front().id == "5");
  CHECK(book.dropped() == 5);
}
