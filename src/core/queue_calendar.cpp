#include "core/queue_calendar.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

namespace troupe::core {

namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

std::optional<int> number(std::string_view text) {
  int x = 0;
  auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), x);
  if (code != std::errc{} || end != text.data() + text.size() || x < 0)
    return std::nullopt;
  return x;
}

std::string two(int64_t x) {
  return (x < 10 ? "0" : "") + std::to_string(x);
}

std::string date_of(std::chrono::local_days day) {
  std::chrono::year_month_day x{day};
  return std::to_string(static_cast<int>(x.year())) + '-'
         + two(static_cast<unsigned>(x.month())) + '-'
         + two(static_cast<unsigned>(x.day()));
}

} // namespace

bool day_window::contains(duration time_of_day) const {
  if (from < to)
    return from <= time_of_day && time_of_day < to;
  return time_of_day >= from || time_of_day < to;
}

std::optional<duration> time_of_day_from(std::string_view text) {
  if (text.size() != 5 || text[2] != ':')
    return std::nullopt;
  auto h = number(text.substr(0, 2));
  auto m = number(text.substr(3));
  if (!h || !m || *m > 59 || *h > 24 || (*h == 24 && *m > 0))
    return std::nullopt;
  return hours{*h} + minutes{*m};
}

std::optional<day_window> day_window_from(std::string_view text) {
  auto dash = text.find('-');
  if (dash == text.npos)
    return std::nullopt;
  auto from = time_of_day_from(text.substr(0, dash));
  auto to = time_of_day_from(text.substr(dash + 1));
  if (!from || !to || *from == *to)
    return std::nullopt;
  return day_window{*from, *to};
}

std::string time_of_day_text(duration x) {
  auto all = std::chrono::duration_cast<minutes>(x).count();
  return two(all / 60) + ':' + two(all % 60);
}

std::string to_text(const day_window& x) {
  return time_of_day_text(x.from) + '-' + time_of_day_text(x.to);
}

bool is_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-')
    return false;
  auto y = number(text.substr(0, 4));
  auto m = number(text.substr(5, 2));
  auto d = number(text.substr(8));
  return y && m && d
         && std::chrono::year_month_day{std::chrono::year{*y},
                                        std::chrono::month{
                                          static_cast<unsigned>(*m)},
                                        std::chrono::day{
                                          static_cast<unsigned>(*d)}}
              .ok();
}

queue_calendar::queue_calendar(queue_calendar_options opts, zone_offset offset)
  : opts_(std::move(opts)), offset_(std::move(offset)) {}

queue_calendar::local_time queue_calendar::local(instant at) const {
  return local_time{at.time_since_epoch() + offset_(at)};
}

/// What the clocks show twice, the first time; what they leave out, when they
/// have left it out.
instant queue_calendar::utc(local_time at) const {
  instant as_if{at.time_since_epoch()};
  auto before = as_if - offset_(as_if - days{1});
  auto after = as_if - offset_(as_if + days{1});
  for (auto x : {std::min(before, after), std::max(before, after)})
    if (local(x) == at)
      return x;
  return std::max(before, after);
}

bool queue_calendar::open(const queue_timing& what, instant at) const {
  auto time = local(at);
  auto day = std::chrono::floor<days>(time);
  duration of_day = time - day;
  auto quiet = opts_.holidays.count(date_of(day)) > 0
               || (opts_.quiet && opts_.quiet->contains(of_day));
  if (quiet && !(what.urgent && opts_.urgent_ignores_quiet))
    return false;
  if (what.email && opts_.email && !opts_.email->contains(of_day))
    return false;
  return !what.retry || !opts_.retries || opts_.retries->contains(of_day);
}

std::optional<instant> queue_calendar::opens(const queue_timing& what,
                                             instant now) const {
  if (open(what, now))
    return now;
  // Only at one of these can it become otherwise.
  std::vector<duration> edges{duration{0}};
  if (opts_.quiet)
    edges.push_back(opts_.quiet->to);
  if (opts_.email)
    edges.push_back(opts_.email->from);
  if (opts_.retries)
    edges.push_back(opts_.retries->from);
  std::sort(edges.begin(), edges.end());
  auto day = std::chrono::floor<days>(local(now));
  for (uint32_t i = 0; i <= days_ahead_max; ++i, day += days{1})
    for (auto edge : edges)
      if (auto at = utc(day + edge); at > now && open(what, at))
        return at;
  return std::nullopt;
}

std::optional<instant> queue_calendar::next_cron(instant now) const {
  if (!opts_.cron)
    return std::nullopt;
  auto day = std::chrono::floor<days>(local(now));
  for (auto i = 0; i < 3; ++i, day += days{1})
    if (auto at = utc(day + *opts_.cron); at > now)
      return at;
  return std::nullopt;
}

instant queue_calendar::day_began(instant now) const {
  return utc(std::chrono::floor<days>(local(now)));
}

std::string queue_calendar::shown(instant at) const {
  auto offset = std::chrono::duration_cast<minutes>(offset_(at)).count();
  auto text = to_rfc3339(at + minutes{offset});
  if (text.empty() || text.back() != 'Z')
    return text;
  text.pop_back();
  auto size = offset < 0 ? -offset : offset;
  return text + (offset < 0 ? '-' : '+') + two(size / 60) + ':'
         + two(size % 60);
}

} // namespace troupe::core
