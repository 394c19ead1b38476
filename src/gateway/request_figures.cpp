#include "gateway/request_figures.hpp"

#include <algorithm>
#include <array>

namespace troupe::gateway {

namespace {

/// Anybody may make words up.
std::string_view method_of(const http_request& what) {
  static constexpr std::array<std::string_view, 7> known{
    "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"};
  auto pos = std::find(known.begin(), known.end(), what.method);
  return pos == known.end() ? std::string_view{"other"} : *pos;
}

} // namespace

void request_figures::answered(const http_request& what, unsigned status,
                               clock::time_point asked_at) {
  auto took =
    std::chrono::duration_cast<core::duration>(clock::now() - asked_at);
  auto route = what.route.empty() ? std::string_view{"none"} : what.route;
  if (listen_)
    listen_(what, status, took);
  auto code = std::to_string(status);
  std::lock_guard guard{mutex_};
  ++requests_.at({method_of(what), route, code});
  times_.at({route}).add(took);
}

void request_figures::came() {
  std::lock_guard guard{mutex_};
  ++connections_;
  ++connected_;
}

void request_figures::left() {
  std::lock_guard guard{mutex_};
  --connections_;
}

void request_figures::stream_opened() {
  std::lock_guard guard{mutex_};
  ++streams_;
  ++streamed_;
}

void request_figures::stream_ended() {
  std::lock_guard guard{mutex_};
  --streams_;
}

void request_figures::stream_fell_behind() {
  std::lock_guard guard{mutex_};
  ++fallen_behind_;
}

void request_figures::add_to(core::metric_page& page) const {
  std::lock_guard guard{mutex_};
  for (const auto& [key, n] : requests_.all())
    page.counter("troupe_http_requests_total", "Requests that were answered.",
                 static_cast<double>(n),
                 {{"method", key[0]}, {"route", key[1]}, {"status", key[2]}});
  for (const auto& [key, spread] : times_.all())
    page.histogram("troupe_http_request_duration_seconds",
                   "From a request's head to its answer.", spread,
                   {{"route", key[0]}});
  auto figure = [](uint64_t n) { return static_cast<double>(n); };
  page.gauge("troupe_http_connections", "Connections that are open.",
             figure(connections_));
  page.counter("troupe_http_connections_total", "Connections that came.",
               figure(connected_));
  page.gauge("troupe_http_streams", "Live streams that are open.",
             figure(streams_));
  page.counter("troupe_http_streams_total", "Live streams that were opened.",
               figure(streamed_));
  page.counter("troupe_http_streams_dropped_total",
               "Live streams whose reader fell behind.",
               figure(fallen_behind_));
}

} // namespace troupe::gateway
