#include <catch2/catch.hpp>

#include "core/queue_calendar.hpp"

// Times of day in a zone, both changes of its clocks included.

using namespace troupe::core;
using namespace std::chrono_literals;

namespace {

instant at(const char* text) {
  return *from_rfc3339(text);
}

/// Sydney from April to October 2026: summer time ends on 5 April at 16:00 UTC
/// of the day before, and begins on 4 October at 16:00 UTC of the day before.
duration sydney(instant x) {
  auto summer =
    x < at("2026-04-04T16:00:00Z") || x >= at("2026-10-03T16:00:00Z");
  return summer ? 11h : 10h;
}

queue_calendar calendar(queue_calendar_options opts = {}) {
  return {std::move(opts), sydney};
}

constexpr queue_timing plain{};
constexpr queue_timing email{true, false, false};
constexpr queue_timing urgent{false, true, false};
constexpr queue_timing again{false, false, true};

std::string opens(const queue_timing& what, const char* now) {
  auto x = calendar().opens(what, at(now));
  return x ? to_rfc3339(*x) : "never";
}

} // namespace

TEST_CASE("at night only what is urgent is worked", "[core]")
{
  // 23:00 in Sydney.
  CHECK(opens(plain, "2026-06-10T13:00:00Z") == "2026-06-10T20:00:00.000Z");
  CHECK(opens(urgent, "2026-06-10T13:00:00Z") == "2026-06-10T13:00:00.000Z");
  // 21:59, and 06:00.
  CHECK(opens(plain, "2026-06-10T11:59:00Z") == "2026-06-10T11:59:00.000Z");
  CHECK(opens(plain, "2026-06-10T20:00:00Z") == "2026-06-10T20:00:00.000Z");
}

TEST_CASE("mails go out from nine to twelve, urgent ones too", "[core]")
{
  // 08:00, 12:00 of the same day.
  CHECK(opens(email, "2026-06-09T22:00:00Z") == "2026-06-09T23:00:00.000Z");
  CHECK(opens(email, "2026-06-10T02:00:00Z") == "2026-06-10T23:00:00.000Z");
  CHECK(opens({true, true, false}, "2026-06-10T02:00:00Z")
        == "2026-06-10T23:00:00.000Z");
}

TEST_CASE("what failed is tried again in office hours", "[core]")
{
  CHECK(opens(again, "2026-06-10T06:59:00Z") == "2026-06-10T06:59:00.000Z");
  CHECK(opens(again, "2026-06-10T07:00:00Z") == "2026-06-10T23:00:00.000Z");
}

TEST_CASE("times of day follow the clocks when summer time ends and begins",
          "[core]")
{
  // 9 o'clock is 22:00 UTC before the change and 23:00 after it.
  CHECK(opens(email, "2026-04-03T03:00:00Z") == "2026-04-03T22:00:00.000Z");
  CHECK(opens(email, "2026-04-04T03:00:00Z") == "2026-04-04T23:00:00.000Z");
  CHECK(opens(email, "2026-10-02T03:00:00Z") == "2026-10-02T23:00:00.000Z");
  CHECK(opens(email, "2026-10-03T03:00:00Z") == "2026-10-03T22:00:00.000Z");
}

TEST_CASE("a time that the clocks show twice is the first of them", "[core]")
{
  queue_calendar_options opts;
  opts.cron = 2h + 30min; // On 5 April at 15:30 and at 16:30 UTC.
  auto x = calendar(opts).next_cron(at("2026-04-04T10:00:00Z"));
  CHECK(to_rfc3339(*x) == "2026-04-04T15:30:00.000Z");
  // The second one is not another cron.
  x = calendar(opts).next_cron(at("2026-04-04T15:30:00Z"));
  CHECK(to_rfc3339(*x) == "2026-04-05T16:30:00.000Z");
}

TEST_CASE("a time that the clocks leave out comes after the gap", "[core]")
{
  queue_calendar_options opts;
  opts.cron = 2h + 30min; // There is none on 4 October.
  auto x = calendar(opts).next_cron(at("2026-10-03T10:00:00Z"));
  CHECK(to_rfc3339(*x) == "2026-10-03T16:30:00.000Z");
}

TEST_CASE("holidays are quiet all day", "[core]")
{
  queue_calendar_options opts;
  opts.holidays = {"2026-06-10", "2026-06-11"};
  auto x = calendar(opts).opens(plain, at("2026-06-10T01:00:00Z"));
  CHECK(to_rfc3339(*x) == "2026-06-11T20:00:00.000Z"); // 12 June, 06:00.
  CHECK(*calendar(opts).opens(urgent, at("2026-06-10T01:00:00Z"))
        == at("2026-06-10T01:00:00Z"));
}

TEST_CASE("windows that never meet are never open", "[core]")
{
  queue_calendar_options opts;
  opts.email = day_window{23h, 24h};
  CHECK_FALSE(calendar(opts).opens(email, at("2026-06-10T01:00:00Z")));
  opts.quiet.reset();
  CHECK(calendar(opts).opens(email, at("2026-06-10T01:00:00Z")));
}

TEST_CASE("a day begins at midnight of the zone", "[core]")
{
  CHECK(calendar().day_began(at("2026-06-10T13:00:00Z"))
        == at("2026-06-09T14:00:00Z"));
  CHECK(calendar().shown(at("2026-06-10T13:00:00Z"))
        == "2026-06-10T23:00:00.000+10:00");
}

TEST_CASE("windows, times of day and dates are read as they are written",
          "[core]")
{
  CHECK(day_window_from("22:00-06:00") == day_window{22h, 6h});
  CHECK(to_text(*day_window_from("09:00-12:30")) == "09:00-12:30");
  for (auto bad : {"", "9:00-12:00", "09:00", "09:00-09:00", "09:60-10:00",
                   "25:00-26:00", "ab:cd-ef:gh", "-1:00-02:00"}) {
    INFO(bad);
    CHECK_FALSE(day_window_from(bad));
  }
  CHECK(time_of_day_from("24:00") == 24h);
  CHECK_FALSE(time_of_day_from("24:01"));
  CHECK(is_date("2028-02-29"));
  CHECK_FALSE(is_date("2026-02-29"));
  CHECK_FALSE(is_date("2026-2-9"));
}
