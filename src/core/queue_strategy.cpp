#include "core/queue_strategy.hpp"

#include <nlohmann/json.hpp>

#include "core/id.hpp"
#include "core/json_text.hpp"

namespace troupe::core {

namespace {

using nlohmann::json;

/// Reads the members of one object and notes what is wrong with them.
class member_reader {
public:
  member_reader(const json& from, std::string at, problems& to)
    : from_(from), at_(std::move(at)), to_(to) {}

  void wrong(const std::string& name, std::string what, std::string hint) {
    to_.push_back({at_ + (name.empty() ? "" : "/" + name), 0, 0,
                   std::move(what), std::move(hint)});
  }

  const json* find(const char* name) const {
    auto pos = from_.find(name);
    return pos == from_.end() || pos->is_null() ? nullptr : &*pos;
  }

  void text(const char* name, std::string& to, bool required) {
    const auto* x = find(name);
    if (x == nullptr) {
      if (required)
        wrong(name, "`" + std::string{name} + "` is missing", "write a text");
      return;
    }
    to = x->is_string() ? x->get<std::string>() : std::string{};
    check(name, *x, to, required);
  }

  /// Calls `use(item, where)` for each of a list.
  template <class Use>
  void list(const char* name, Use use) {
    const auto* x = find(name);
    if (x == nullptr)
      return;
    if (!x->is_array())
      return wrong(name, "`" + std::string{name} + "` is no list",
                   "write it between [ and ]");
    for (size_t i = 0; i < x->size(); ++i)
      use((*x)[i], at_ + "/" + name + "/" + std::to_string(i));
  }

  void check(const std::string& name, const json& x, const std::string& text,
             bool required) {
    if (!x.is_string())
      wrong(name, "`" + name + "` is no text", "write it in quotes");
    else if (required && text.empty())
      wrong(name, "`" + name + "` is empty", "write a text");
    else if (text.size() > strategy_text_bytes_max)
      wrong(name,
            "`" + name + "` has more than "
              + std::to_string(strategy_text_bytes_max)
              + " bytes (strategy_text_bytes_max)",
            "shorten it");
    else if (text.find('\0') != text.npos)
      wrong(name, "`" + name + "` holds a NUL character", "remove it");
  }

private:
  const json& from_;
  std::string at_;
  problems& to_;
};

bool is_object(const json& x, const std::string& at, problems& to) {
  if (x.is_object())
    return true;
  to.push_back({at, 0, 0, "this is no object", "write it between { and }"});
  return false;
}

void read_days(member_reader& in, uint32_t& to) {
  const auto* x = in.find("estimated_days");
  if (x == nullptr)
    return;
  auto good = x->is_number_unsigned() && *x >= 1 && *x <= strategy_days_max;
  if (good)
    to = x->get<uint32_t>();
  else
    in.wrong("estimated_days",
             "`estimated_days` is no whole number from 1 to "
               + std::to_string(strategy_days_max) + " (strategy_days_max)",
             "leave it out for 30");
}

void read_approval(member_reader& in, strategy_phase& to) {
  const auto* x = in.find("approval");
  if (x == nullptr)
    return;
  if (x->is_string()) {
    in.text("approval", to.approver, true);
    to.approval = true;
  } else if (x->is_boolean()) {
    to.approval = x->get<bool>();
  } else {
    in.wrong("approval", "`approval` is neither true nor a role",
             "write true, or who may answer");
  }
}

void read_deadline(member_reader& in, strategy_phase& to) {
  std::string written;
  in.text("deadline", written, false);
  if (written.empty())
    return;
  if (auto at = from_rfc3339(written))
    to.deadline = *at;
  else
    in.wrong("deadline", "`deadline` is no time",
             "write RFC 3339, e.g. 2030-01-31T08:00:00Z");
}

void read_phase(const json& from, const std::string& at, strategy& to,
                problems& out) {
  if (!is_object(from, at, out))
    return;
  member_reader in{from, at, out};
  auto& phase = to.phases.emplace_back();
  in.text("phase_name", phase.name, true);
  in.text("content_focus", phase.focus, false);
  read_days(in, phase.days);
  read_approval(in, phase);
  read_deadline(in, phase);
  in.list("key_activities", [&](const json& x, const std::string& where) {
    auto& text = phase.activities.emplace_back();
    if (x.is_string())
      text = x.get<std::string>();
    member_reader{from, where, out}.check("", x, text, true);
  });
}

void read_pillar(const json& from, const std::string& at, strategy& to,
                 problems& out) {
  if (!is_object(from, at, out))
    return;
  member_reader in{from, at, out};
  auto& pillar = to.pillars.emplace_back();
  in.text("name", pillar.name, true);
  const auto* share = in.find("percentage_allocation");
  if (share == nullptr)
    return;
  if (share->is_number() && *share >= 0 && *share <= 100)
    pillar.percentage = share->get<double>();
  else
    in.wrong("percentage_allocation",
             "`percentage_allocation` is no number from 0 to 100",
             "write a share in percent");
}

void check_count(const strategy& x, problems& to) {
  auto count = x.pillars.size() + x.kpis.size();
  for (const auto& phase : x.phases)
    count += phase.activities.size();
  if (count > strategy_tasks_max)
    to.push_back({"", 0, 0,
                  "it makes " + std::to_string(count) + " tasks, "
                    + std::to_string(strategy_tasks_max)
                    + " are allowed (strategy_tasks_max)",
                  "make two strategies of it"});
  else if (count == 0 && to.empty())
    to.push_back({"", 0, 0, "nothing in it makes a task",
                  "write key_activities in a phase of campaign_calendar, "
                  "content_pillars or kpis"});
}

} // namespace

std::string strategy_body(std::string_view calendar, std::string_view pillars,
                          std::string_view kpis) {
  auto column = [](std::string_view text) {
    auto value = json::parse(text, nullptr, false);
    return text.empty()           ? json(nullptr)
           : value.is_discarded() ? json(text)
                                  : std::move(value);
  };
  return to_compact({{"campaign_calendar", column(calendar)},
                     {"content_pillars", column(pillars)},
                     {"kpis", column(kpis)}});
}

read_strategy_result read_strategy(const nlohmann::json& from) {
  read_strategy_result out;
  auto& problems = out.problems;
  if (!is_object(from, "", problems))
    return out;
  member_reader in{from, "", problems};
  in.text("id", out.value.key, true);
  in.text("contact_id", out.value.contact, false);
  auto canonical = [&](const char* name, std::string& text) {
    if (auto id = id_from(text))
      text = to_string(*id);
    else if (!text.empty())
      in.wrong(name, "`" + std::string{name} + "` is no UUID",
               "write 32 hexadecimal digits with their dashes");
  };
  canonical("id", out.value.key);
  canonical("contact_id", out.value.contact);
  if (const auto* calendar = in.find("campaign_calendar");
      calendar != nullptr
      && is_object(*calendar, "/campaign_calendar", problems))
    member_reader{*calendar, "/campaign_calendar", problems}.list(
      "phases", [&](const json& x, const std::string& at) {
        read_phase(x, at, out.value, problems);
      });
  in.list("content_pillars", [&](const json& x, const std::string& at) {
    read_pillar(x, at, out.value, problems);
  });
  in.list("kpis", [&](const json& x, const std::string& at) {
    if (is_object(x, at, problems))
      member_reader{x, at, problems}.text("metric_name",
                                          out.value.kpis.emplace_back(), true);
  });
  check_count(out.value, problems);
  return out;
}

} // namespace troupe::core
