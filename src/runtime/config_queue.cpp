#include <nlohmann/json.hpp>

#include "runtime/config_values.hpp"

// The section `task_queue`.

namespace troupe::runtime::config_reading {

namespace {

using namespace std::chrono_literals;

/// A window of the day, or `off`.
void read_window(object_reader& in, std::string_view key,
                 std::optional<core::day_window>& to) {
  auto x = in.find(key);
  std::string text;
  if (!x || !x->read(text))
    return;
  if (text == "off") {
    to.reset();
    return;
  }
  if (auto window = core::day_window_from(text))
    to = *window;
  else
    x->fail("`" + text.substr(0, 40) + "` is no window of the day",
            "write e.g. \"09:00-12:00\", over midnight \"22:00-06:00\", or "
            "off");
}

void read_zone(object_reader& in, std::string& to) {
  auto x = in.find("zone");
  std::string zone;
  if (!x || !x->read(zone))
    return;
  if (zone_offset_of(zone))
    to = zone;
  else
    x->fail("this machine knows no time zone `" + zone.substr(0, 60) + "`",
            "write an IANA name, e.g. Australia/Sydney or Europe/Berlin; the "
            "package tzdata has them");
}

void read_cron(object_reader& in, std::optional<core::duration>& to) {
  auto x = in.find("cron");
  std::string text;
  if (!x || !x->read(text))
    return;
  auto at = core::time_of_day_from(text);
  if (text == "off")
    to.reset();
  else if (at)
    to = *at;
  else
    x->fail("`" + text.substr(0, 40) + "` is no time of day",
            "write e.g. \"09:00\", or off");
}

void read_holidays(object_reader& in, std::set<std::string>& to) {
  constexpr size_t holidays_max = 1000;
  auto x = in.find("holidays");
  std::vector<std::string> days;
  if (!x || !x->read(days, holidays_max))
    return;
  to = {days.begin(), days.end()};
  for (size_t i = 0; i < days.size(); ++i)
    if (!core::is_date(days[i]))
      (x->kind() == core::node_kind::list ? x->item(i) : *x)
        .fail("`" + days[i].substr(0, 40) + "` is no date",
              "write e.g. \"2026-12-25\"");
}

void read_names(object_reader& in, std::map<std::string, std::string>& to) {
  auto x = in.find("agents");
  if (!x || x->kind() == core::node_kind::null)
    return;
  if (x->kind() != core::node_kind::object) {
    x->fail_expected("an object of names", "e.g. `{calendar-agent: planner}`");
    return;
  }
  for (size_t i = 0; i < (*x)->items.size(); ++i) {
    auto item = x->item(i);
    std::string name;
    if (item.read(name) && check_word(item, name, "the name of an agent"))
      to[item->key] = name;
  }
}

void read_sweep(object_reader& in, std::chrono::seconds& to) {
  auto x = in.find("sweep");
  if (!x)
    return;
  if (x->kind() == core::node_kind::string && (*x)->text == "off") {
    to = 0s;
    return;
  }
  core::duration time{};
  if (x->read(time, bounds<core::duration>{1s, 24h}))
    to = std::chrono::ceil<std::chrono::seconds>(time);
}

void read_alerts(object_reader& in, queue_settings& to) {
  auto& alerts = to.alerts;
  section(in, "alerts", [&](object_reader& inner) {
    inner.read("depth", alerts.depth_max, bounds<int64_t>{1, 1'000'000'000});
    double percent = alerts.failed_share_max * 100;
    inner.read("failed_percent", percent, bounds<double>{0, 100});
    alerts.failed_share_max = percent / 100;
    inner.read("slow", alerts.slow_after, bounds<core::duration>{1s, 24h});
    inner.read("command", to.alert_command);
    finish(inner, "task_queue.alerts");
  });
}

} // namespace

void read_task_queue(object_reader& in, queue_settings& to) {
  auto& calendar = to.calendar;
  read_zone(in, calendar.zone);
  in.read("at_once", to.at_once, bounds<int64_t>{1, 1000});
  in.read("timeout", to.attempts.timeout, bounds<core::duration>{1s, 24h});
  read_sweep(in, to.sweep);
  read_cron(in, calendar.cron);
  read_window(in, "email", calendar.email);
  read_window(in, "retries", calendar.retries);
  read_window(in, "quiet", calendar.quiet);
  in.read("urgent_ignores_quiet", calendar.urgent_ignores_quiet);
  read_holidays(in, calendar.holidays);
  read_names(in, to.attempts.agents);
  read_alerts(in, to);
  finish(in, "task_queue");
}

} // namespace troupe::runtime::config_reading
