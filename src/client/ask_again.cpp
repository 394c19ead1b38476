#include "client/ask_again.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <iterator>
#include <optional>
#include <random>
#include <thread>

namespace troupe::remote {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// Have another effect each time they are done, and take a key.
constexpr std::string_view keyed[] = {
  "submit",  "cancel", "retry",           "pause",   "resume", "signal",
  "approve", "reject", "queue_decompose", "release", "hold",   "request"};

/// Lead to the same each time they are done.
constexpr std::string_view lasting[] = {"plan", "register", "queue_strategy",
                                        "drain", "reload"};

template <size_t N>
bool is_in(const std::string_view (&list)[N], std::string_view op) {
  return std::find(std::begin(list), std::end(list), op) != std::end(list);
}

/// How long to wait for another try; nothing: there is none.
std::optional<milliseconds> pause_after(const core::api_answer& got,
                                        repeat what, const patience& with,
                                        milliseconds pause, bool first) {
  const auto& why = got.error;
  if (why.code == errc::overloaded && with.retry_after_max.count() > 0) {
    auto wanted = std::chrono::duration_cast<milliseconds>(got.retry_after);
    if (wanted > with.retry_after_max)
      return std::nullopt;
    return std::max(wanted, pause);
  }
  if (is_open(why)) // Also where the node itself says so: 503, 504.
    return what == repeat::harmful ? std::nullopt : std::optional{pause};
  // A node that is started again meanwhile does not answer for a moment.
  if (why.kind == category::network && (with.awaits_node || !first))
    return pause;
  return std::nullopt;
}

} // namespace

repeat repeat_of(std::string_view op) {
  if (is_in(keyed, op))
    return repeat::keyed;
  return is_in(lasting, op) ? repeat::harmless : repeat::harmful;
}

std::string new_key(std::string_view prefix) {
  std::random_device chance;
  std::string out{prefix};
  for (int i = 0; i < 4; ++i) {
    char digits[9];
    std::snprintf(digits, sizeof digits, "%08x", chance());
    out += digits;
  }
  return out;
}

bool is_open(const failure& why) {
  return why.code == errc::timed_out || why.code == errc::restarting;
}

asked ask_again(const std::function<core::api_answer()>& ask, repeat what,
                const patience& with) {
  asked out{ask(), false, false};
  auto pause = with.pause;
  for (uint32_t n = 2; n <= with.tries_max && out.answer.error; ++n) {
    auto wait = pause_after(out.answer, what, with, pause, n == 2);
    if (!wait || steady_clock::now() + *wait > with.until)
      break;
    if (with.on_again)
      with.on_again(out.answer.error, n);
    std::this_thread::sleep_for(*wait);
    pause = std::min(pause * 2, with.pause_max);
    out.again = out.again || is_open(out.answer.error);
    out.answer = ask();
  }
  const auto& why = out.answer.error;
  auto lost = is_open(why) || (out.again && why.kind == category::network);
  out.in_doubt = lost && what != repeat::harmless;
  return out;
}

} // namespace troupe::remote
