#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "core/time.hpp"

// When tasks of the queue may be worked: times of day in one zone. Pure: what
// the zone's clocks show is asked of a function.

namespace troupe::core {

/// How far the zone's clocks are ahead of UTC at that moment.
using zone_offset = std::function<duration(instant)>;

/// From one time of day to another, over midnight where `to` is not later.
struct day_window {
  duration from{};
  duration to{};
  bool contains(duration time_of_day) const;
  bool operator==(const day_window&) const = default;
};

/// "09:00-12:00"; nothing where it is no window.
std::optional<day_window> day_window_from(std::string_view text);
/// "09:00"; nothing where it is no time of day.
std::optional<duration> time_of_day_from(std::string_view text);
std::string to_text(const day_window& x);
std::string time_of_day_text(duration x);
/// Whether that is a date of the calendar, "2026-12-25".
bool is_date(std::string_view text);

/// Windows that are not set do not restrict anything.
struct queue_calendar_options {
  std::string zone = "Australia/Sydney";
  std::optional<day_window> email{
    {std::chrono::hours{9}, std::chrono::hours{12}}};
  std::optional<day_window> retries{
    {std::chrono::hours{9}, std::chrono::hours{17}}};
  /// Nothing that is not urgent.
  std::optional<day_window> quiet{
    {std::chrono::hours{22}, std::chrono::hours{6}}};
  bool urgent_ignores_quiet = true;
  /// When the queue is worked once a day, whatever else happens.
  std::optional<duration> cron{std::chrono::hours{9}};
  std::set<std::string> holidays; // "2026-12-25": quiet all day.
  bool operator==(const queue_calendar_options&) const = default;
};

/// What the windows ask of a task.
struct queue_timing {
  bool email = false;
  bool urgent = false;
  bool retry = false;
};

class queue_calendar {
public:
  queue_calendar(queue_calendar_options opts, zone_offset offset);

  /// When such a task may be worked: `now`, or the first moment after it.
  /// Nothing: never, as far as it can be seen (`days_ahead_max`).
  std::optional<instant> opens(const queue_timing& what, instant now) const;

  /// The next daily time after `now`; nothing: there is none.
  std::optional<instant> next_cron(instant now) const;

  /// The day that `now` belongs to began then.
  instant day_began(instant now) const;

  /// RFC 3339 with the zone's offset.
  std::string shown(instant at) const;

  const queue_calendar_options& options() const { return opts_; }

private:
  using local_time = std::chrono::local_time<duration>;

  bool open(const queue_timing& what, instant at) const;
  local_time local(instant at) const;
  instant utc(local_time at) const;

  queue_calendar_options opts_;
  zone_offset offset_;
};

inline constexpr uint32_t days_ahead_max = 400;

} // namespace troupe::core
