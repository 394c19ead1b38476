#include "gateway/stream_query.hpp"

#include <algorithm>
#include <charconv>

#include "core/workspace_name.hpp"

namespace troupe::gateway {

namespace {

// What a store can count to.
constexpr uint64_t event_id_max = INT64_MAX;

bool is_run_cursor(const std::string& text) {
  uint64_t number = 0;
  const auto* end = text.data() + text.size();
  auto read = std::from_chars(text.data(), end, number);
  return read.ec == std::errc{} && read.ptr == end && number <= event_id_max;
}

std::optional<complaint> set_id(core::id& to, const std::string& value,
                                const std::string& place) {
  auto read = core::id_from(value);
  if (!read)
    return malformed({place, 0, 0, "`" + value.substr(0, 60) + "` is no id",
                      "ids are UUIDs; see GET /api/v1/runs"});
  to = *read;
  return std::nullopt;
}

std::optional<complaint> set_workspace(core::watch_request& to,
                                       const std::string& value,
                                       const std::string& place) {
  if (!core::is_workspace_name(value))
    return malformed({place, 0, 0, "`workspace` is not usable",
                      "use at most 64 printable ASCII characters without "
                      "spaces"});
  if (to.workspace != "default" && to.workspace != value)
    return malformed({place, 0, 0,
                      "`workspace` and the header Troupe-Workspace contradict "
                      "each other",
                      "leave one out"});
  to.workspace = value;
  return std::nullopt;
}

} // namespace

std::optional<complaint> set_stream_field(core::watch_request& to,
                                          std::string_view field,
                                          const std::string& value,
                                          const std::string& place) {
  if (field == "run")
    return set_id(to.run, value, place);
  if (field == "task")
    return set_id(to.only.task, value, place);
  if (field == "workspace")
    return set_workspace(to, value, place);
  if (field == "name")
    to.only.name = value;
  if (field == "after")
    to.after = value;
  if (field == "kinds") {
    auto kinds = core::event_kinds_from(value);
    if (!kinds)
      return malformed({place, 0, 0, kinds.error().message,
                        "name kinds as docs/streams.md lists them"});
    to.only.kinds |= *kinds;
  }
  return std::nullopt;
}

std::optional<complaint> refuse_cursor(const core::watch_request& what,
                                       const std::string& place) {
  auto known = what.run ? is_run_cursor(what.after)
                        : core::positions_from(what.after).has_value();
  if (known)
    return std::nullopt;
  return malformed(
    {place, 0, 0,
     "`" + what.after.substr(0, 60) + "` is no cursor of "
       + (what.run ? "a run's stream" : "the stream of all runs"),
     "give the `id` of the last event that came, as it is, or "
     "none to begin "
       + std::string{what.run ? "at the start" : "now"}});
}

} // namespace troupe::gateway
