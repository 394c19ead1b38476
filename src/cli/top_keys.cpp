#include <algorithm>

#include "cli/show.hpp"
#include "cli/top_view.hpp"

// What the keys of `troupe top` do. Nothing is changed without a question.

namespace troupe::cli {

namespace {

using nlohmann::json;

struct list_of {
  const char* op;
  const char* list;
  const char* id;
};

/// Where the things of a view are in the answers.
constexpr list_of lists[top_tabs + 1] = {{"runs", "runs", "run"},
                                         {"agents", "agents", "name"},
                                         {"tasks", "tasks", "task"},
                                         {"approvals", "decisions", "task"},
                                         {"tree", "", ""},
                                         {"status", "", ""},
                                         {"run_tasks", "tasks", "task"}};

} // namespace

size_t top_view::list() const {
  return shows_run() ? top_tabs : static_cast<size_t>(tab_);
}

const json* top_view::chosen() const {
  auto tab = list();
  const auto& from = lists[tab];
  for (const auto& x : items(answer(from.op), from.list))
    if (text_of(x, from.id) == chosen_[tab])
      return &x;
  return nullptr;
}

void top_view::move(const std::string& key) {
  auto all = content_of(tab_);
  if (all.ids.empty())
    return;
  auto last = all.ids.size() - 1;
  auto at = index_in(all);
  if (key == "up" || key == "k")
    at -= at > 0 ? 1 : 0;
  else if (key == "down" || key == "j")
    at = std::min(at + 1, last);
  else if (key == "page_up")
    at -= std::min(at, page_);
  else if (key == "page_down")
    at = std::min(at + page_, last);
  else if (key == "home" || key == "g")
    at = 0;
  else if (key == "end_key" || key == "G")
    at = last;
  row_[list()] = at;
  chosen_[list()] = all.ids[at];
}

/// True: the tasks of a run are shown, or its run again.
bool top_view::open_or_close(const std::string& key) {
  if (key == "escape" && shows_run()) {
    opened_.clear();
    return true;
  }
  const auto* what = chosen();
  if (key != "enter" || tab_ != top_tab::runs || shows_run() || !what)
    return false;
  opened_ = text_of(*what, "run");
  opened_name_ = text_of(*what, "name");
  chosen_[top_tabs].clear();
  row_[top_tabs] = 0;
  return true;
}

/// True: another view is shown.
bool top_view::turn(const std::string& key) {
  auto tab = static_cast<size_t>(tab_);
  if (key == "tab" || key == "right")
    tab = (tab + 1) % top_tabs;
  else if (key == "back_tab" || key == "left")
    tab = (tab + top_tabs - 1) % top_tabs;
  else if (key.size() == 1 && key[0] >= '1'
           && key[0] < static_cast<char>('1' + top_tabs))
    tab = static_cast<size_t>(key[0] - '1');
  else
    return false;
  tab_ = static_cast<top_tab>(tab);
  return true;
}

/// Asks whether `op` is to be done with what is chosen.
void top_view::ask(const std::string& op, const std::string& word) {
  const auto* what = chosen();
  if (what == nullptr) {
    said_ = "nothing is chosen";
    return;
  }
  const auto& from = lists[list()];
  auto id = text_of(*what, from.id);
  auto name = text_of(*what, tab_ == top_tab::approvals ? "question" : "name");
  top_wish wish{top_wish::kind::command, op, {{from.id, id}}, ""};
  wish.question = word + " `" + name + "` (" + id + ")?";
  asked_ = std::move(wish);
}

void top_view::wish(const std::string& key) {
  const auto* what = chosen();
  if (key == "c" && (tab_ == top_tab::runs || tab_ == top_tab::queue))
    return ask("cancel", "Cancel");
  if (key == "p" && tab_ == top_tab::runs && !shows_run()) {
    auto paused = what != nullptr && text_of(*what, "state") == "paused";
    return paused ? ask("resume", "Go on with") : ask("pause", "Pause");
  }
  if (key == "a" && tab_ == top_tab::approvals)
    return ask("approve", "Approve");
  if (key == "r" && tab_ == top_tab::approvals)
    return ask("reject", "Reject");
  if (key == "a" || key == "r" || key == "c" || key == "p")
    said_ = "`" + key + "` does nothing in this view; ? shows the keys";
}

top_wish top_view::press(const std::string& key) {
  said_.clear();
  if (key == "end")
    return {top_wish::kind::quit, "", {}, ""};
  if (asked_) {
    auto wish = std::move(*asked_);
    asked_.reset();
    if (key == "y" || key == "Y")
      return wish;
    said_ = "not done";
    return {};
  }
  if (key == "q")
    return {top_wish::kind::quit, "", {}, ""};
  if (key == "?" || (key == "escape" && help_)) {
    help_ = !help_;
    return {};
  }
  help_ = false;
  if (!open_or_close(key) && !turn(key)) {
    move(key);
    wish(key);
  }
  return {};
}

} // namespace troupe::cli
