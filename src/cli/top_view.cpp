#include "cli/top_view.hpp"

#include <algorithm>
#include <sstream>

#include "cli/progress_view.hpp"
#include "cli/show.hpp"
#include "cli/table.hpp"

namespace troupe::cli {

namespace {

using nlohmann::json;

constexpr std::array<const char*, top_tabs> tab_names{
  "Runs", "Agents", "Queue", "Approvals", "Tree", "Warnings"};
constexpr size_t rows_min = 8;
constexpr size_t columns_min = 30;

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);)
    out.push_back(line);
  return out;
}

size_t index_of(top_tab x) {
  return static_cast<size_t>(x);
}

/// "[████░░░░░░]" for loads: ten cells.
std::string load_bar(uint64_t part, uint64_t whole) {
  constexpr uint64_t cells = 10;
  auto full =
    whole == 0 ? 0 : std::min(cells, (part * cells + whole - 1) / whole);
  std::string out = "[";
  for (uint64_t i = 0; i < cells; ++i)
    out += i < full ? "█" : "░";
  return out + "] " + std::to_string(part) + "/" + std::to_string(whole);
}

std::string uptime_text(double seconds) {
  auto whole = static_cast<uint64_t>(std::max(0.0, seconds));
  auto days = whole / 86'400, hours = whole / 3600 % 24,
       minutes = whole / 60 % 60;
  if (days > 0)
    return std::to_string(days) + "d" + std::to_string(hours) + "h";
  if (hours > 0)
    return std::to_string(hours) + "h" + std::to_string(minutes) + "m";
  return minutes > 0 ? std::to_string(minutes) + "m"
                     : std::to_string(whole) + "s";
}

} // namespace

void top_view::take(const std::string& op, json answer) {
  answers_[op] = std::move(answer);
}

const json& top_view::answer(const std::string& op) const {
  static const json none = json::object();
  auto pos = answers_.find(op);
  return pos == answers_.end() ? none : pos->second;
}

top_view::content top_view::runs() const {
  content out;
  out.nothing = "No runs. Begin with `troupe submit FILE`.";
  table rows{{"NAME", "STATE", "PROGRESS", ">TASKS", "CREATED"}};
  for (const auto& x : items(answer("runs"), "runs")) {
    rows.add({text_of(x, "name"), text_of(x, "state"),
              progress_bar(number_of(x, "percent") / 100),
              std::to_string(count_of(x, "total")),
              short_time(text_of(x, "created_at"))});
    out.ids.push_back(text_of(x, "run"));
  }
  out.rows = split(rows.text());
  return out;
}

top_view::content top_view::tasks_of_run() const {
  content out;
  out.nothing = "Its tasks are not known yet.";
  table rows{{"TASK", "TYPE", "STATE", ">TRY", "AGENT", "QUEUED"}};
  for (const auto& x : items(answer("run_tasks"), "tasks")) {
    if (text_of(x, "run") != opened_)
      continue; // The answer of a run that was opened before.
    rows.add({text_of(x, "name"), text_of(x, "type"), text_of(x, "state"),
              std::to_string(count_of(x, "attempt")), text_of(x, "agent"),
              short_time(text_of(x, "queued_at"))});
    out.ids.push_back(text_of(x, "task"));
  }
  out.rows = split(rows.text());
  return out;
}

top_view::content top_view::agents() const {
  content out;
  out.nothing = "No agents. Configure some: docs/agents.md.";
  table rows{{"AGENT", "KIND", "STATE", "LOAD", ">DONE", ">FAILED"}};
  for (const auto& x : items(answer("agents"), "agents")) {
    rows.add({text_of(x, "name"), text_of(x, "kind"), text_of(x, "state"),
              load_bar(count_of(x, "load"), count_of(x, "max_load")),
              std::to_string(count_of(x, "completed")),
              std::to_string(count_of(x, "failed"))});
    out.ids.push_back(text_of(x, "name"));
  }
  out.rows = split(rows.text());
  return out;
}

top_view::content top_view::queue() const {
  content out;
  out.nothing = "Nothing waits for an agent.";
  table rows{{"TASK", "TYPE", ">PRIORITY", "QUEUED", "RUN"}};
  for (const auto& x : items(answer("tasks"), "tasks")) {
    rows.add({text_of(x, "name"), text_of(x, "type"),
              std::to_string(count_of(x, "priority")),
              short_time(text_of(x, "queued_at")), text_of(x, "run")});
    out.ids.push_back(text_of(x, "task"));
  }
  out.rows = split(rows.text());
  return out;
}

top_view::content top_view::approvals() const {
  content out;
  out.nothing = "Nothing waits for a person.";
  table rows{{"QUESTION", "BY", "ASKED", "UNTIL", "TASK"}};
  for (const auto& x : items(answer("approvals"), "decisions")) {
    rows.add({text_of(x, "question"), text_of(x, "by"),
              short_time(text_of(x, "asked_at")),
              short_time(text_of(x, "due_at")), text_of(x, "task")});
    out.ids.push_back(text_of(x, "task"));
  }
  out.rows = split(rows.text());
  return out;
}

top_view::content top_view::content_of(top_tab tab) const {
  content out;
  switch (tab) {
    case top_tab::runs:
      out = shows_run() ? tasks_of_run() : runs();
      break;
    case top_tab::agents:
      out = agents();
      break;
    case top_tab::queue:
      out = queue();
      break;
    case top_tab::approvals:
      out = approvals();
      break;
    case top_tab::tree:
      out.rows = split(tree_text(answer("tree")));
      out.rows.insert(out.rows.begin(), "ACTOR");
      break;
    case top_tab::warnings:
      out.nothing = "No warnings since the start.";
      for (const auto& x : items(answer("status"), "warnings"))
        out.rows.push_back(short_time(text_of(x, "last_at")) + "  "
                           + text_of(x, "text"));
      out.rows.insert(out.rows.begin(), "LAST            WARNING");
      break;
  }
  if (!out.rows.empty()) {
    out.heading = out.rows.front();
    out.rows.erase(out.rows.begin());
  }
  // What has no ids is only scrolled.
  for (size_t i = out.ids.size(); i < out.rows.size(); ++i)
    out.ids.push_back(std::to_string(i));
  return out;
}

/// The chosen row; where it is gone, what stands in its place.
size_t top_view::index_in(const content& of) const {
  auto tab = list();
  auto pos = std::find(of.ids.begin(), of.ids.end(), chosen_[tab]);
  if (pos != of.ids.end())
    return static_cast<size_t>(pos - of.ids.begin());
  return of.ids.empty() ? 0 : std::min(row_[tab], of.ids.size() - 1);
}

// -- drawing

std::string top_view::summary() const {
  const auto& x = answer("status");
  auto figure = [&](const char* name, const char* label) {
    return std::string{label} + " " + std::to_string(count_of(x, name)) + "  ";
  };
  return figure("live_runs", "runs") + figure("running", "running")
         + figure("queued", "queued") + figure("backlog", "backlog")
         + figure("agents", "agents") + figure("rss_mb", "MiB");
}

std::string top_view::tabs() const {
  std::string out;
  for (size_t i = 0; i < top_tabs; ++i) {
    auto here = i == index_of(tab_);
    auto name = std::to_string(i + 1) + " " + tab_names[i];
    if (i == index_of(top_tab::runs) && !opened_.empty())
      name += ": " + opened_name_;
    if (i == index_of(top_tab::approvals))
      if (auto n = items(answer("approvals"), "decisions").size(); n > 0)
        name += " (" + std::to_string(n) + ")";
    if (i == index_of(top_tab::warnings))
      if (auto n = items(answer("status"), "warnings").size(); n > 0)
        name += " (" + std::to_string(n) + ")";
    out += here ? "[" + name + "]" : " " + name + " ";
  }
  return out;
}

std::string top_view::footer() const {
  if (asked_)
    return asked_->question + " y: yes, any other key: no";
  if (!said_.empty())
    return said_;
  auto keys = shows_run()                  ? "c cancel  esc back  "
              : tab_ == top_tab::runs      ? "enter tasks  c cancel  p "
                                             "pause/resume  "
              : tab_ == top_tab::queue     ? "c cancel  "
              : tab_ == top_tab::approvals ? "a approve  r reject  "
                                           : "";
  // In this order: a narrow window cuts the end.
  return "? help  q quit  " + std::string{keys} + "tab next view";
}

void top_view::add_help(std::vector<screen_line>& to) const {
  to.push_back({"Keys", look::title});
  for (auto x :
       {"up down, j k       move", "page up, page down  by a page",
        "home end, g G       to the first, the last",
        "left right, tab     other view; also 1 to 6",
        "enter, escape       the tasks of the run, and back",
        "c                   cancel the run or task",
        "p                   pause the run, or let it go on",
        "a r                 approve, reject",
        "?                   this, and back", "q, ^C               end"})
    to.push_back({x, look::plain});
}

void top_view::add_rows(std::vector<screen_line>& to, size_t room) {
  auto all = content_of(tab_);
  auto at = index_in(all);
  auto tab = list();
  row_[tab] = at;
  chosen_[tab] = all.ids.empty() ? "" : all.ids[at];
  page_ = std::max<size_t>(1, room - 1);
  to.push_back({"  " + all.heading, look::faint});
  if (all.rows.empty())
    to.push_back({"  " + all.nothing, look::plain});
  auto first = at < page_ ? 0 : at - page_ + 1;
  for (auto i = first; i < all.rows.size() && i < first + page_; ++i)
    to.push_back({(i == at ? "> " : "  ") + all.rows[i],
                  i == at ? look::chosen : look::plain});
}

std::vector<screen_line> top_view::lines(screen_size size) {
  std::vector<screen_line> out;
  if (size.rows < rows_min || size.columns < columns_min) {
    out.push_back({"make the window larger; q: quit", look::plain});
  } else {
    const auto& status = answer("status");
    auto ready = !status.contains("ready") || status["ready"] == true;
    out.push_back({"troupe " + text_of(status, "version") + "  " + node_
                     + "  up " + uptime_text(number_of(status, "uptime_s"))
                     + (ready ? "" : "  NOT READY"),
                   look::title});
    out.push_back({summary(), look::plain});
    out.push_back({trouble_, look::warning});
    out.push_back({tabs(), look::title});
    if (help_)
      add_help(out);
    else
      add_rows(out, size.rows - out.size() - 1);
    out.resize(size.rows - 1);
    out.push_back({footer(), asked_ ? look::warning : look::faint});
  }
  out.resize(size.rows);
  for (auto& x : out)
    x.text = fitted(x.text, size.columns);
  return out;
}

} // namespace troupe::cli
