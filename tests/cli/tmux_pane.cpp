#include "cli/tmux_pane.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <stdexcept>

namespace troupe::test {

namespace {

constexpr std::chrono::seconds patience{20};

} // namespace

tmux_pane::tmux_pane(const std::string& command, int columns, int rows) {
  auto fifo = where_.path("output");
  if (::mkfifo(fifo.c_str(), 0600) != 0)
    throw std::runtime_error("cannot make a pipe");
  output_ = ::open(fifo.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
  auto script = where_.path("command.sh");
  // It begins when somebody listens to its output.
  write_file(script, "read go\n" + command + "\n");
  tmux("-f /dev/null new-session -d -x " + std::to_string(columns) + " -y "
       + std::to_string(rows) + " 'sh " + script + "'");
  tmux("set-option -g remain-on-exit on");
  tmux("pipe-pane 'cat > " + fifo + "'");
  press("Enter");
}

tmux_pane::~tmux_pane() {
  tmux("kill-server");
  ::close(output_);
}

std::string tmux_pane::tmux(const std::string& command) const {
  return output_of("LC_ALL=C.UTF-8 tmux -u -S '" + where_.path("tmux") + "' "
                   + command + " 2>&1");
}

std::string tmux_pane::screen() const {
  return tmux("capture-pane -p");
}

std::string tmux_pane::colours() const {
  return tmux("capture-pane -p -e");
}

bool tmux_pane::shows(const std::string& text) {
  // What draws all the time must not wait for ever, either.
  auto until = std::chrono::steady_clock::now() + patience;
  for (;;) {
    if (screen().find(text) != std::string::npos)
      return true;
    pollfd one{output_, POLLIN, 0};
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      until - std::chrono::steady_clock::now());
    if (left.count() <= 0
        || ::poll(&one, 1, static_cast<int>(left.count())) <= 0)
      return false;
    char part[65536];
    while (::read(output_, part, sizeof part) > 0)
      ;
  }
}

void tmux_pane::press(const std::string& key) const {
  tmux("send-keys '" + key + "'");
}

void tmux_pane::resize(int columns, int rows) const {
  tmux("resize-window -x " + std::to_string(columns) + " -y "
       + std::to_string(rows));
}

std::string tmux_pane::variable(const std::string& name) const {
  auto out = tmux("display-message -p '#{" + name + "}'");
  return out.substr(0, out.find('\n'));
}

} // namespace troupe::test
