#include "core/time.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdio>

namespace troupe::core {

namespace {

using namespace std::chrono;

constexpr duration longest = days{3653}; // Ten years.

struct unit {
  std::string_view name;
  duration length;
};

constexpr std::array<unit, 7> units{{{"ms", milliseconds{1}},
                                     {"us", microseconds{1}},
                                     {"s", seconds{1}},
                                     {"m", minutes{1}},
                                     {"h", hours{1}},
                                     {"d", days{1}},
                                     {"w", weeks{1}}}};

/// Reads "12.5" from the front of `text`.
std::optional<double> take_number(std::string_view& text) {
  size_t n = 0;
  while (
    n < text.size()
    && (std::isdigit(static_cast<unsigned char>(text[n])) || text[n] == '.'))
    ++n;
  double value = 0;
  auto [end, code] = std::from_chars(text.data(), text.data() + n, value);
  if (n == 0 || code != std::errc{} || end != text.data() + n)
    return std::nullopt;
  text.remove_prefix(n);
  return value;
}

const unit* take_unit(std::string_view& text) {
  for (const auto& x : units) {
    if (!text.starts_with(x.name))
      continue;
    // "m" must not eat the front of "ms", which stands before it in the table.
    text.remove_prefix(x.name.size());
    return &x;
  }
  return nullptr;
}

std::optional<duration> bounded(double us) {
  if (us > static_cast<double>(longest.count()))
    return std::nullopt;
  return duration{static_cast<int64_t>(us + 0.5)};
}

std::optional<duration> parse_iso(std::string_view text) {
  text.remove_prefix(1); // The "P".
  double total = 0;
  bool time_part = false;
  bool any = false;
  while (!text.empty()) {
    if (text.front() == 'T' && !time_part) {
      time_part = true;
      text.remove_prefix(1);
      continue;
    }
    auto value = take_number(text);
    if (!value || text.empty())
      return std::nullopt;
    std::string_view letters = time_part ? "HMS" : "WD";
    constexpr duration lengths[2][3] = {{weeks{1}, days{1}, {}},
                                        {hours{1}, minutes{1}, seconds{1}}};
    auto at = letters.find(text.front());
    if (at == std::string_view::npos)
      return std::nullopt;
    total += *value * static_cast<double>(lengths[time_part][at].count());
    text.remove_prefix(1);
    any = true;
  }
  return any ? bounded(total) : std::nullopt;
}

} // namespace

std::string to_rfc3339(instant t) {
  if (t == no_instant)
    return {};
  // RFC 3339 has four digits for a year; damaged bytes can say anything.
  constexpr instant first = sys_days{year{0} / 1 / 1};
  constexpr instant last = sys_days{year{9999} / 12 / 31} + hours{24}
                           - microseconds{1};
  t = std::clamp(t, first, last);
  auto day = floor<days>(t);
  year_month_day date{day};
  hh_mm_ss clock{floor<milliseconds>(t - day)};
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
                int{date.year()}, unsigned{date.month()}, unsigned{date.day()},
                static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()),
                static_cast<int>(clock.subseconds().count()));
  return buffer;
}

std::optional<instant> from_rfc3339(std::string_view text) {
  int y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0, used = 0;
  std::string copy{text};
  if (std::sscanf(copy.c_str(), "%4d-%2d-%2d%*1[Tt ]%2d:%2d:%2d%n", &y, &mo, &d,
                  &h, &mi, &s, &used)
        != 6
      || used == 0)
    return std::nullopt;
  year_month_day date{year{y}, month{static_cast<unsigned>(mo)},
                      day{static_cast<unsigned>(d)}};
  if (!date.ok() || h > 23 || mi > 59 || s > 60)
    return std::nullopt;
  duration fraction{0};
  std::string_view rest =
    std::string_view{copy}.substr(static_cast<size_t>(used));
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    int64_t scale = 100'000;
    while (!rest.empty() && std::isdigit(static_cast<unsigned char>(rest[0]))) {
      fraction += duration{(rest[0] - '0') * scale};
      scale /= 10;
      rest.remove_prefix(1);
    }
  }
  minutes offset{0};
  if (rest != "Z" && rest != "z") {
    int oh = 0, om = 0, n = 0;
    char sign = 0;
    std::string tail{rest};
    if (std::sscanf(tail.c_str(), "%c%2d:%2d%n", &sign, &oh, &om, &n) != 3
        || (sign != '+' && sign != '-')
        || static_cast<size_t>(n) != tail.size())
      return std::nullopt;
    offset = (hours{oh} + minutes{om}) * (sign == '-' ? -1 : 1);
  }
  return instant{sys_days{date}} + hours{h} + minutes{mi} + seconds{s}
         + fraction - offset;
}

std::optional<duration> parse_duration(std::string_view text) {
  if (text.starts_with('P'))
    return parse_iso(text);
  double total = 0;
  if (text.empty())
    return std::nullopt;
  while (!text.empty()) {
    auto value = take_number(text);
    if (!value)
      return std::nullopt;
    const auto* scale = take_unit(text);
    if (scale == nullptr)
      return std::nullopt;
    total += *value * static_cast<double>(scale->length.count());
  }
  return bounded(total);
}

std::string to_text(duration d) {
  if (d == duration::zero())
    return "0s";
  std::string result;
  auto rest = d.count();
  constexpr unit down[] = {{"d", days{1}},          {"h", hours{1}},
                           {"m", minutes{1}},       {"s", seconds{1}},
                           {"ms", milliseconds{1}}, {"us", microseconds{1}}};
  for (const auto& x : down) {
    auto n = rest / x.length.count();
    rest %= x.length.count();
    if (n > 0)
      result += std::to_string(n) + std::string{x.name};
  }
  return result;
}

} // namespace troupe::core
