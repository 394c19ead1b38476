#include "cli/progress_view.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "cli/table.hpp"
#include "core/model.hpp"
#include "core/time.hpp"

namespace troupe::cli {

namespace {

using nlohmann::json;

constexpr int bar_cells = 30;
constexpr size_t name_width = 24;

std::string text_of(const json& from, const char* name) {
  auto pos = from.find(name);
  return pos != from.end() && pos->is_string() ? pos->get<std::string>()
                                               : std::string{};
}

double number_of(const json& from, const char* name) {
  auto pos = from.find(name);
  return pos != from.end() && pos->is_number() ? pos->get<double>() : 0;
}

bool has_ended(const std::string& state) {
  auto known = core::task_state_from(state);
  return known && core::terminal(*known);
}

// The state that a fact leaves its task in; empty: as it was.
std::string state_after(const json& event) {
  auto kind = text_of(event, "kind");
  if (kind == "task_queued")
    return "queued";
  if (kind == "task_started")
    return "in_progress";
  if (kind == "task_retrying")
    return "retrying";
  if (kind == "decision_asked")
    return "awaiting_approval";
  if (kind != "task_ended")
    return {};
  auto pos = event.find("detail");
  if (pos == event.end())
    return "completed";
  auto how = pos->is_object()   ? text_of(*pos, "state")
             : pos->is_string() ? pos->get<std::string>()
                                : std::string{};
  // "failed: why": the word counts.
  how = how.substr(0, how.find(':'));
  return has_ended(how) ? how : "completed";
}

std::string padded(const std::string& text, size_t width) {
  auto out = fitted(text, width);
  return out + std::string(width - shown_width(out), ' ');
}

std::string row(const std::string& name, double fraction,
                const std::string& note) {
  auto out = padded(name, name_width) + " " + progress_bar(fraction);
  return note.empty() ? out : out + "  " + fitted(note, 40);
}

} // namespace

std::string progress_bar(double fraction) {
  fraction = std::isfinite(fraction) ? std::clamp(fraction, 0.0, 1.0) : 0;
  auto full = static_cast<int>(fraction * bar_cells + 1e-9);
  std::string out = "[";
  for (int i = 0; i < bar_cells; ++i)
    out += i < full ? "█" : "░";
  char percent[16];
  // Rounded down: 100.0 % is shown when it is.
  std::snprintf(percent, sizeof percent, "] %5.1f%%",
                std::floor(fraction * 1000 + 1e-9) / 10);
  return out + percent;
}

std::string eta_text(const json& run) {
  auto eta = run.find("eta");
  if (eta == run.end() || !eta->is_object())
    return {};
  auto seconds = eta->contains("seconds") ? number_of(*eta, "seconds") : -1;
  if (!(seconds >= 0 && seconds < 1e9))
    return {};
  // Nobody knows it to the millisecond.
  auto whole = std::chrono::seconds{std::llround(std::ceil(seconds))};
  return "about " + core::to_text(core::duration{whole}) + " left";
}

void progress_view::set_eta(const json& run) {
  eta_ = eta_text(run);
}

progress_view::progress_view(const json& run) : eta_(eta_text(run)) {
  total_ = static_cast<uint64_t>(std::max(0.0, number_of(run, "total")));
  auto counts = run.find("counts");
  if (counts == run.end() || !counts->is_object())
    return;
  for (const auto& [state, n] : counts->items())
    if (has_ended(state) && n.is_number_unsigned())
      ended_before_ += n.get<uint64_t>();
}

void progress_view::add_tasks(const json& list) {
  auto pos = list.find("tasks");
  if (pos == list.end() || !pos->is_array())
    return;
  for (const auto& x : *pos) {
    auto id = text_of(x, "task");
    tasks_[id].name = text_of(x, "name");
    set_state(id, text_of(x, "state"));
  }
}

void progress_view::begin_anew(const json& list) {
  ended_before_ = 0;
  add_names(list);
}

void progress_view::add_names(const json& list) {
  auto pos = list.find("tasks");
  if (pos == list.end() || !pos->is_array())
    return;
  for (const auto& x : *pos)
    tasks_[text_of(x, "task")].name = text_of(x, "name");
}

std::string progress_view::unnamed(const json& event) const {
  auto id = text_of(event, "id");
  auto pos = tasks_.find(id);
  auto named = pos != tasks_.end() && !pos->second.name.empty();
  return named || state_after(event).empty() ? std::string{} : id;
}

bool progress_view::apply(const json& event) {
  auto kind = text_of(event, "kind");
  auto id = text_of(event, kind == "progress" ? "task" : "id");
  if (id.empty())
    id = text_of(event, "id");
  if (id.empty())
    return false;
  if (kind == "milestone") {
    milestone_ = text_of(event, "detail");
    return true;
  }
  if (kind == "progress") {
    auto& task = tasks_[id];
    set_fraction(task, std::clamp(number_of(event, "fraction"), 0.0, 1.0));
    task.note = text_of(event, "note");
    return task.state == "in_progress";
  }
  auto state = state_after(event);
  if (state.empty())
    return false;
  auto& task = tasks_[id];
  if (auto name = text_of(event, "name"); !name.empty())
    task.name = name;
  if (kind == "task_started")
    task.agent = text_of(event, "detail");
  set_state(id, state);
  return true;
}

void progress_view::set_fraction(watched_task& task, double to) {
  if (task.state == "in_progress")
    busy_sum_ += to - task.fraction;
  task.fraction = to;
}

/// Keeps the sums, so that an event costs the same however many tasks there
/// are.
void progress_view::set_state(const std::string& id, const std::string& state) {
  auto& task = tasks_[id];
  if (task.state == state)
    return;
  ended_ -= has_ended(task.state) ? 1 : 0;
  ended_ += has_ended(state) ? 1 : 0;
  asked_ -= task.state == "awaiting_approval" ? 1 : 0;
  asked_ += state == "awaiting_approval" ? 1 : 0;
  // A new attempt begins at nothing.
  set_fraction(task, 0);
  if (state == "in_progress")
    busy_.insert(id);
  else
    busy_.erase(id);
  if (busy_.empty())
    busy_sum_ = 0; // What rounding left.
  task.note.clear();
  task.state = state;
}

double progress_view::fraction() const {
  auto total = std::max<uint64_t>(total_, tasks_.size());
  if (total == 0)
    return 0;
  auto done = static_cast<double>(std::max(ended_, ended_before_));
  done += busy_sum_;
  return std::clamp(done / static_cast<double>(total), 0.0, 1.0);
}

std::vector<std::string> progress_view::lines(size_t tasks_max) const {
  auto total = std::max<uint64_t>(total_, tasks_.size());
  auto ended = std::max(ended_, ended_before_);
  std::vector<std::string> out{row("Overall", fraction(),
                                   std::to_string(ended) + "/"
                                     + std::to_string(total) + " tasks"
                                     + (eta_.empty() ? "" : ", " + eta_))};
  if (!milestone_.empty())
    out.push_back("  milestone " + fitted(milestone_, 60));
  auto bars_end = out.size() + tasks_max;
  for (const auto& id : busy_) {
    if (out.size() >= bars_end)
      break;
    const auto& task = tasks_.at(id);
    out.push_back(row("  " + name_of(id), task.fraction, task.note));
  }
  if (busy_.size() > tasks_max)
    out.push_back("  and " + std::to_string(busy_.size() - tasks_max)
                  + " more in progress");
  if (auto waiting = waiting_for_approval(); waiting > 0)
    out.push_back("  " + std::to_string(waiting)
                  + " waiting for approval: troupe approvals");
  return out;
}

std::string progress_view::line_of(const json& event) const {
  auto milestone = text_of(event, "kind") == "milestone";
  auto state = state_after(event);
  if (!milestone && (state.empty() || state == "queued"))
    return {};
  auto id = text_of(event, "id");
  char percent[16];
  std::snprintf(percent, sizeof percent, "%5.1f%%  ",
                std::floor(fraction() * 1000 + 1e-9) / 10);
  if (milestone)
    return percent + ("milestone " + fitted(text_of(event, "detail"), 60));
  auto pos = tasks_.find(id);
  auto agent =
    state == "in_progress" && pos != tasks_.end() && !pos->second.agent.empty()
      ? " on " + pos->second.agent
      : std::string{};
  return percent + fitted(name_of(id), 60) + " " + state + agent;
}

std::string progress_view::name_of(const std::string& id) const {
  auto pos = tasks_.find(id);
  return pos == tasks_.end() || pos->second.name.empty() ? id
                                                         : pos->second.name;
}

} // namespace troupe::cli
