#include "core/queue_plan.hpp"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "core/json_text.hpp"
#include "core/queue_words.hpp"

namespace troupe::core {

namespace {

using nlohmann::json;

constexpr std::string_view setup_phase = "Setup";

constexpr std::string_view calendar_agent = "calendar-agent";
constexpr std::string_view content_agent = "content-generator";
constexpr std::string_view email_agent = "email-agent";
constexpr std::string_view general_agent = "general-executor";

uint8_t clamped(int64_t priority) {
  return static_cast<uint8_t>(std::clamp<int64_t>(priority, 1, 10));
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')
         || static_cast<unsigned char>(c) >= 0x80;
}

std::string lower(std::string_view text) {
  std::string out{text};
  for (auto& c : out)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c + 32);
  return out;
}

/// Words of lower case letters and digits.
template <class Use>
bool any_word(std::string_view text, Use use) {
  size_t from = 0;
  while (from < text.size()) {
    if (!is_letter(text[from])) {
      ++from;
      continue;
    }
    auto end = from;
    while (end < text.size() && is_letter(text[end]))
      ++end;
    if (use(text.substr(from, end - from)))
      return true;
    from = end;
  }
  return false;
}

/// "blogging" is of "blog", but "added" is not of "ad".
constexpr size_t doubled_from = 4;

bool inflected(std::string_view word, std::string_view stem) {
  if (!word.starts_with(stem.substr(0, stem.size() - 1)))
    return false;
  auto last = stem.back();
  auto rest = word.substr(stem.size() - 1);
  auto is = [&](std::string_view ending) {
    return rest.size() == ending.size() + 1 && rest.front() == last
           && rest.substr(1) == ending;
  };
  if (is("") || is("s") || is("es") || is("ed") || is("ing"))
    return true;
  if (last == 'e')
    return is("d") || rest == "ing";
  if (last == 'y')
    return rest == "ies" || rest == "ied";
  auto twice = std::string(2, last);
  return stem.size() >= doubled_from
         && (rest == twice + "ed" || rest == twice + "ing");
}

/// Whether the phase's name has "phase" and that number side by side.
bool is_phase(std::string_view name, std::string_view number) {
  auto before = false;
  auto text = lower(name);
  return any_word(text, [&](std::string_view word) {
    if (before && word == number)
      return true;
    before = word == "phase";
    return false;
  });
}

struct agent_words {
  std::string_view words;
  std::string_view agent;
  std::string_view type;
};

constexpr agent_words by_words[] = {
  {"blog|content|copy", content_agent, "content"},
  {"calendar|schedule", calendar_agent, "social_media"},
  {"email|drip", email_agent, "email"},
  {"ad|campaign", "campaign-manager", "campaign"},
  {"analytics|tracking", "analytics-agent", "analysis"},
};

void add_number(std::vector<uint32_t>& to, uint32_t number) {
  if (std::find(to.begin(), to.end(), number) == to.end())
    to.push_back(number);
}

/// Inside of a phase, calendars and mails wait for what they bring.
void wait_for_content(queue_plan& plan, const std::vector<uint32_t>& phase) {
  std::vector<uint32_t> content;
  for (auto number : phase)
    if (plan.tasks[number - 1].agent == content_agent)
      content.push_back(number);
  for (auto number : phase) {
    auto& task = plan.tasks[number - 1];
    if (task.agent != calendar_agent && task.agent != email_agent)
      continue;
    for (auto x : content)
      add_number(task.depends_on, x);
    std::sort(task.depends_on.begin(), task.depends_on.end());
  }
}

/// Activities of one phase; returns their numbers.
std::vector<uint32_t> add_activities(const strategy_phase& of, size_t index,
                                     const std::vector<uint32_t>& before,
                                     instant now, queue_plan& to) {
  std::vector<uint32_t> numbers;
  for (const auto& activity : of.activities) {
    auto& x = to.tasks.emplace_back();
    x.subject = x.description = activity;
    x.agent = agent_for(activity);
    x.type = task_type_for(x.agent, activity);
    x.priority = priority_for(of.name, activity);
    if (of.deadline != no_instant && of.deadline - now <= urgent_within)
      x.priority = std::max(x.priority, urgent_priority);
    x.phase = index;
    x.depends_on = before;
    x.approval = of.approval && x.agent == email_agent;
    numbers.push_back(static_cast<uint32_t>(to.tasks.size()));
  }
  wait_for_content(to, numbers);
  return numbers;
}

void add_independent(const strategy& of, queue_plan& to) {
  auto add = [&](queue_task x) {
    to.tasks.push_back(std::move(x));
    to.phases.front().tasks.push_back(static_cast<uint32_t>(to.tasks.size()));
  };
  for (const auto& pillar : of.pillars) {
    queue_task x;
    x.kind = queue_task_kind::pillar;
    x.subject = pillar.name;
    x.description = "Create content for " + pillar.name + " pillar";
    x.agent = content_agent;
    x.type = "content";
    x.priority = priority_for_share(pillar.percentage);
    add(std::move(x));
  }
  for (const auto& metric : of.kpis) {
    queue_task x;
    x.kind = queue_task_kind::kpi;
    x.subject = metric;
    x.description = "Setup tracking for " + metric;
    x.agent = "analytics-agent";
    x.type = "analysis";
    x.priority = 7;
    add(std::move(x));
  }
}

// -- the workflow

std::string step_name(uint32_t number) {
  return "task_" + std::to_string(number);
}

std::string joined(const std::vector<uint32_t>& numbers) {
  std::string out;
  for (auto x : numbers)
    out += (out.empty() ? "" : ",") + std::to_string(x);
  return out;
}

std::string_view word_of(queue_task_kind x) {
  switch (x) {
    case queue_task_kind::activity:
      return "activity";
    case queue_task_kind::pillar:
      return "pillar";
    case queue_task_kind::kpi:
      return "kpi";
  }
  return "activity";
}

json labels_of(const queue_task& task, const strategy& of) {
  json x{{"kind", word_of(task.kind)},      {"strategy_id", of.key},
         {"task_type", task.type},          {"assigned_agent", task.agent},
         {"description", task.description}, {"subject", task.subject}};
  if (!of.contact.empty())
    x["contact_id"] = of.contact;
  if (!task.depends_on.empty())
    x["depends_on"] = joined(task.depends_on);
  if (task.kind != queue_task_kind::activity)
    return x;
  const auto& phase = of.phases[task.phase];
  x["phase"] = phase.name;
  if (!phase.focus.empty())
    x["focus"] = phase.focus;
  if (phase.deadline != no_instant)
    x["deadline"] = to_rfc3339(phase.deadline);
  return x;
}

/// A text of the strategy is no template: `${` stands for itself.
void escape(json& x) {
  if (x.is_string()) {
    auto text = x.get<std::string>();
    for (auto at = text.find("${"); at != text.npos;
         at = text.find("${", at + 3))
      text.insert(at, 1, '$');
    x = std::move(text);
  } else if (x.is_structured()) {
    for (auto& part : x)
      escape(part);
  }
}

json step_of(const queue_task& task, uint32_t number, const strategy& of,
             const queue_attempts& how) {
  json input{{"description", task.description},
             {"input", queue_input(task, of)}};
  escape(input);
  auto pin = how.agents.find(task.agent);
  json x{
    {"name", step_name(number)},
    {"description", task.description},
    {"agent", {{"name", pin == how.agents.end() ? task.agent : pin->second}}},
    {"type", task.type},
    {"input", std::move(input)},
    {"priority", task.priority},
    {"timeout", to_text(how.timeout)},
    {"retries", how.retries},
    {"backoff", {{"base", "2s"}, {"factor", 2}, {"max", "8s"}, {"jitter", 0}}},
    {"hold", true},
    {"labels", labels_of(task, of)}};
  for (auto other : task.depends_on)
    x["depends_on"].push_back(step_name(other));
  if (task.approval) {
    x["approve"] = json::object();
    const auto& by = of.phases[task.phase].approver;
    if (by.empty())
      x["approve"] = true;
    else
      x["approve"]["by"] = by;
  }
  return x;
}

} // namespace

bool has_word(std::string_view text, std::string_view words) {
  auto all = lower(text);
  while (!words.empty()) {
    auto end = std::min(words.find('|'), words.size());
    auto stem = words.substr(0, end);
    words.remove_prefix(std::min(end + 1, words.size()));
    if (any_word(all, [&](std::string_view x) { return inflected(x, stem); }))
      return true;
  }
  return false;
}

std::string_view agent_for(std::string_view activity) {
  for (const auto& x : by_words)
    if (has_word(activity, x.words))
      return x.agent;
  return general_agent;
}

std::string_view task_type_for(std::string_view agent,
                               std::string_view activity) {
  for (const auto& x : by_words)
    if (agent == x.agent)
      return x.type;
  for (std::string_view word : {"design", "research", "strategy"})
    if (has_word(activity, word))
      return word;
  return "other";
}

uint8_t priority_for(std::string_view phase, std::string_view activity) {
  int64_t x = 5;
  if (is_phase(phase, "1"))
    x += 3;
  else if (is_phase(phase, "2"))
    x += 2;
  else if (is_phase(phase, "3"))
    x += 1;
  if (has_word(activity, "launch|deadline"))
    x += 2;
  if (has_word(activity, "webinar|campaign"))
    x += 1;
  return clamped(x);
}

uint8_t priority_for_share(double percentage) {
  return clamped(static_cast<int64_t>(std::ceil(percentage / 10)));
}

queue_plan decompose(const strategy& of, instant now) {
  queue_plan out;
  std::vector<uint32_t> before;
  for (size_t i = 0; i < of.phases.size(); ++i) {
    const auto& phase = of.phases[i];
    auto numbers = add_activities(phase, i, before, now, out);
    out.phases.push_back({phase.name, numbers, before, phase.days});
    out.days += phase.days;
    if (!numbers.empty())
      before = numbers;
  }
  if (out.phases.empty()) {
    out.phases.push_back({std::string{setup_phase}, {}, {}, 30});
    out.days = 30;
  }
  add_independent(of, out);
  return out;
}

nlohmann::json queue_input(const queue_task& task, const strategy& of) {
  switch (task.kind) {
    case queue_task_kind::activity:
      break;
    case queue_task_kind::pillar:
      return {{"pillar", task.subject}, {"strategy_id", of.key}};
    case queue_task_kind::kpi:
      return {{"kpi", task.subject}, {"strategy_id", of.key}};
  }
  const auto& phase = of.phases[task.phase];
  return {{"phase_name", phase.name},
          {"activity", task.subject},
          {"content_focus", phase.focus},
          {"strategy_id", of.key}};
}

std::string queue_workflow(const queue_plan& plan, const strategy& of,
                           const queue_attempts& how) {
  json x{{"workflow", queue_run_name},
         {"version", 1},
         {"labels", {{"strategy_id", of.key}}}};
  auto& steps = x["steps"] = json::array();
  for (size_t i = 0; i < plan.tasks.size(); ++i)
    steps.push_back(
      step_of(plan.tasks[i], static_cast<uint32_t>(i + 1), of, how));
  return to_compact(x);
}

} // namespace troupe::core
