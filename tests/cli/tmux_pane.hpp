#pragma once

#include <string>

#include "cli/real_program.hpp"

namespace troupe::test {

/// A real terminal of tmux, with a command in it. Gone with the object.
class tmux_pane {
public:
  tmux_pane(const std::string& command, int columns, int rows);
  ~tmux_pane();
  tmux_pane(const tmux_pane&) = delete;
  tmux_pane& operator=(const tmux_pane&) = delete;

  /// What is on the screen now.
  std::string screen() const;
  /// The same with its escape sequences for colours.
  std::string colours() const;

  /// Waits for output until `text` is on the screen.
  bool shows(const std::string& text);

  /// "q", "Down", "C-c": names of tmux.
  void press(const std::string& key) const;
  void resize(int columns, int rows) const;

  /// A variable of tmux for this pane, e.g. "alternate_on".
  std::string variable(const std::string& name) const;

private:
  std::string tmux(const std::string& command) const;

  scratch_directory where_;
  int output_ = -1;
};

} // namespace troupe::test
