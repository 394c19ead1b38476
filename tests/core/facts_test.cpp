#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>
#include <rapidcheck.h>

#include "core/facts.hpp"

using namespace troupe;
using namespace troupe::core;
using namespace std::chrono_literals;

namespace {

const instant t0 = from_us(1'700'000'000'000'000);
const id some_run = id::make(t0, 77, 1234);

fact make(fact_kind kind, uint32_t number, std::string detail = {}) {
  return {0, t0, kind, some_run.with(number), std::move(detail)};
}

std::vector<fact> read(const text& body, uint64_t first = 0) {
  auto got = read_facts(body.view(), first);
  REQUIRE(got);
  return *got;
}

rc::Gen<fact> any_fact() {
  return rc::gen::exec([] {
    fact x;
    x.at = from_us(*rc::gen::arbitrary<int64_t>());
    x.kind = static_cast<fact_kind>(*rc::gen::inRange(1, 17));
    x.subject = {*rc::gen::arbitrary<uint64_t>(),
                 *rc::gen::arbitrary<uint64_t>()};
    // Few words, so that some come again.
    x.detail = *rc::gen::oneOf(rc::gen::arbitrary<std::string>(),
                               rc::gen::elementOf(std::vector<std::string>{
                                 "", "completed", "ann", "{\"a\": 1}"}));
    return x;
  });
}

} // namespace

TEST_CASE("facts read back as they were written, numbered in order", "[core]")
{
  fact_writer w;
  CHECK(w.finish().empty());
  w.add(make(fact_kind::run_accepted, 0, "release"));
  w.add(make(fact_kind::task_queued, 1));
  auto late = make(fact_kind::task_ended, 1, "completed");
  late.at += 3s;
  w.add(late);
  CHECK(w.count() == 3);
  auto body = w.finish();
  CHECK(w.count() == 0);
  auto got = read(body, 100);
  REQUIRE(got.size() == 3);
  CHECK(got[0].seq == 100);
  CHECK(got[0].detail == "release");
  CHECK(got[1].kind == fact_kind::task_queued);
  CHECK(got[1].subject == some_run.with(1));
  CHECK(got[2].seq == 102);
  CHECK(got[2].at == t0 + 3s);
  CHECK(read(w.finish()).empty());
}

TEST_CASE("a writer can be used again and begins anew", "[core]")
{
  fact_writer w;
  w.add(make(fact_kind::task_ended, 7, "completed"));
  auto first = w.finish();
  w.add(make(fact_kind::task_ended, 7, "completed"));
  CHECK(w.finish() == first);
}

TEST_CASE("a plain fact takes few bytes", "[core]")
{
  fact_writer near, far;
  for (uint32_t i = 1; i <= 1000; ++i) {
    auto x = make(fact_kind::task_ended, i, "completed");
    x.at += std::chrono::microseconds{i * 50};
    near.add(x);
    x.subject = id::make(x.at, 64 + i % 64, i * 7919).with(1);
    far.add(x);
  }
  CHECK(near.finish().size() < 1000 * 8);
  CHECK(far.finish().size() < 1000 * 20);
}

TEST_CASE("a detail over the limit is cut between characters", "[core]")
{
  fact_writer w;
  std::string umlauts;
  for (int i = 0; i < 3000; ++i)
    umlauts += "\xc3\xa4";
  w.add(make(fact_kind::command, 0, umlauts));
  auto cut = read(w.finish())[0].detail;
  CHECK(cut.size() <= fact_detail_bytes_max);
  CHECK(cut.size() >= fact_detail_bytes_max - 1);
  CHECK(cut.substr(cut.size() - 5) == "\xc3\xa4...");
}

TEST_CASE("kinds have stable numbers and names", "[core]")
{
  CHECK(static_cast<int>(fact_kind::resumed) == 16);
  for (int i = 1; i <= 16; ++i) {
    auto kind = static_cast<fact_kind>(i);
    CHECK(fact_kind_from(to_string(kind)) == kind);
  }
  CHECK(to_string(static_cast<fact_kind>(0)).empty());
  CHECK_FALSE(fact_kind_from("nothing"));
}

TEST_CASE("damaged history is told with its place", "[core]")
{
  fact_writer w;
  w.add(make(fact_kind::task_ended, 1, "completed"));
  auto body = w.finish().str();
  auto wrong = [](const std::string& bytes) {
    auto got = read_facts(bytes, 0);
    REQUIRE_FALSE(got);
    CHECK(got.error().code == errc::store_failed);
    return got.error().message;
  };
  for (size_t n = 2; n < body.size(); ++n)
    CHECK_THAT(wrong(body.substr(0, n)), Catch::Contains("at byte"));
  CHECK_THAT(wrong("\x02" + body.substr(1)), Catch::Contains("at byte 0"));
  CHECK_THAT(wrong(body + '\x7f'), Catch::Contains("at byte"));
  // A number of more than 64 bits.
  CHECK_THAT(wrong("\x01\x05" + std::string(9, '\xff') + "\x02" + "\x01\x01"
                   + std::string(1, '\0')),
             Catch::Contains("at byte 12"));
}

TEST_CASE("a fact as JSON is one line", "[core]")
{
  auto x = make(fact_kind::task_ended, 3, "line\n\"two\"");
  x.seq = 9;
  CHECK(to_json(x)
        == R"({"seq":9,"at":"2023-11-14T22:13:20.000Z","kind":"task_ended",)"
           R"("id":")"
             + to_string(x.subject) + R"(","run":")" + to_string(some_run)
             + R"(","detail":"line\n\"two\""})");
  x.detail = "{\n\"a\": [1]}";
  CHECK_THAT(to_json(x), Catch::EndsWith(R"("detail":{"a":[1]}})"));
  x.detail.clear();
  CHECK(nlohmann::json::parse(to_json(x)).contains("detail") == false);
}

TEST_CASE("any facts survive encoding", "[core]")
{
  CHECK(rc::check("decode(encode(x)) == x", [] {
    auto all = *rc::gen::container<std::vector<fact>>(any_fact());
    auto first = *rc::gen::inRange<uint64_t>(0, 1'000'000);
    fact_writer w;
    for (size_t i = 0; i < all.size(); ++i) {
      w.add(all[i]);
      all[i].seq = first + i;
    }
    RC_ASSERT(w.count() == all.size());
    auto got = read_facts(w.finish().view(), first);
    RC_ASSERT(got);
    RC_ASSERT(*got == all);
    for (const auto& x : all)
      RC_ASSERT(nlohmann::json::accept(to_json(x)));
  }));
}

TEST_CASE("no bytes at all crash the reader of facts", "[core]")
{
  CHECK(rc::check("any bytes", [](const std::string& bytes) {
    (void)read_facts(bytes, 0);
    (void)read_facts("\x01" + bytes, 0);
  }));
  CHECK(rc::check("bytes with a flaw", [] {
    fact_writer w;
    for (const auto& x : *rc::gen::container<std::vector<fact>>(any_fact()))
      w.add(x);
    auto body = w.finish().str();
    RC_PRE(!body.empty());
    auto at = *rc::gen::inRange<size_t>(0, body.size());
    body[at] = *rc::gen::arbitrary<char>();
    if (auto got = read_facts(body, 0))
      for (const auto& x : *got)
        (void)to_json(x);
  }));
}
