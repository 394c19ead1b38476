#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/terminal.hpp"

// `troupe top` without a terminal, a node and a clock: answers and keys in,
// lines and wishes out.

namespace troupe::cli {

enum class top_tab : uint8_t { runs, agents, queue, approvals, tree, warnings };
inline constexpr size_t top_tabs = 6;

/// What somebody wants to be done.
struct top_wish {
  enum class kind : uint8_t { nothing, quit, command };
  kind what = kind::nothing;
  std::string op;        // "cancel", "approve", ...
  nlohmann::json params; // Of it.
  std::string question;  // Asked before it is done.
};

class top_view {
public:
  explicit top_view(std::string node) : node_(std::move(node)) {}

  /// The newest answer of an operation: status, runs, agents, tasks (those that
  /// wait), approvals, tree; and run_tasks, those of the opened run.
  void take(const std::string& op, nlohmann::json answer);

  /// Why the node could not be asked; empty: it could.
  void set_trouble(std::string why) { trouble_ = std::move(why); }

  /// What became of the last command.
  void say(std::string text) { said_ = std::move(text); }

  /// The run whose tasks are shown; empty: none.
  const std::string& opened() const { return opened_; }

  top_wish press(const std::string& key);

  /// Exactly as many lines as there are rows, none longer than `columns`.
  std::vector<screen_line> lines(screen_size size);

private:
  struct content {
    std::string heading;
    std::vector<std::string> rows;
    std::vector<std::string> ids; // Of rows that can be chosen; else empty.
    std::string nothing;          // Where there is none.
  };

  const nlohmann::json& answer(const std::string& op) const;
  const nlohmann::json* chosen() const;
  content content_of(top_tab tab) const;
  content runs() const;
  content tasks_of_run() const;
  content agents() const;
  content queue() const;
  content approvals() const;
  std::string summary() const;
  std::string tabs() const;
  std::string footer() const;
  void add_help(std::vector<screen_line>& to) const;
  void add_rows(std::vector<screen_line>& to, size_t room);
  size_t index_in(const content& of) const;
  void move(const std::string& key);
  bool shows_run() const { return tab_ == top_tab::runs && !opened_.empty(); }
  size_t list() const; // Which of the lists is shown.
  bool open_or_close(const std::string& key);
  bool turn(const std::string& key);
  void ask(const std::string& op, const std::string& word);
  void wish(const std::string& key);

  const std::string node_;
  std::map<std::string, nlohmann::json> answers_;
  std::string trouble_;
  std::string said_;
  top_tab tab_ = top_tab::runs;
  // One for each view, and the last for an opened run.
  std::array<std::string, top_tabs + 1> chosen_{}; // Ids: rows move.
  std::array<size_t, top_tabs + 1> row_{};         // Where it was last.
  std::string opened_;                             // A run.
  std::string opened_name_;
  size_t page_ = 10;
  bool help_ = false;
  std::optional<top_wish> asked_;
};

} // namespace troupe::cli
