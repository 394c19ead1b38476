#include "cli/terminal.hpp"

#include <array>
#include <cerrno>
#include <csignal>

#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

namespace troupe::cli {

namespace {

// Other screen, no cursor, no line breaks of the terminal's own; and back.
constexpr std::string_view enter_text = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J";
constexpr std::string_view leave_text = "\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l";

constexpr std::array ending{SIGINT, SIGTERM, SIGHUP, SIGQUIT};
constexpr std::array crashes{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

// What signal handlers may touch.
termios before;
volatile std::sig_atomic_t entered = 0;
volatile std::sig_atomic_t told_to_end = 0;
volatile std::sig_atomic_t redraw = 0;

void write_all(std::string_view text) {
  while (!text.empty()) {
    auto n = ::write(STDOUT_FILENO, text.data(), text.size());
    if (n < 0 && errno != EINTR)
      return; // The terminal is gone; the next key says so.
    text.remove_prefix(n > 0 ? static_cast<size_t>(n) : 0);
  }
}

void enter() {
  auto raw = before;
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  raw.c_cc[VMIN] = 0;
  raw.c_cc[VTIME] = 0;
  ::tcsetattr(STDIN_FILENO, TCSANOW, &raw);
  write_all(enter_text);
  entered = 1;
  redraw = 1;
}

void leave() {
  if (entered == 0)
    return;
  entered = 0;
  write_all(leave_text);
  ::tcsetattr(STDIN_FILENO, TCSANOW, &before);
}

void on_end(int) {
  told_to_end = 1;
}

/// Gives the terminal back, then lets the signal do what it would have done.
void on_crash(int number) {
  leave();
  ::signal(number, SIG_DFL);
  ::raise(number);
}

void on_stop(int) {
  auto code = errno;
  leave();
  ::raise(SIGSTOP); // Goes on here after `fg`.
  enter();
  errno = code;
}

void on_resize(int) {
  redraw = 1;
}

class real_screen : public full_screen {
public:
  explicit real_screen(bool colour) : colour_(colour) {
    told_to_end = 0;
    for (auto x : ending)
      take(x, on_end);
    for (auto x : crashes)
      take(x, on_crash);
    take(SIGTSTP, on_stop);
    take(SIGWINCH, on_resize);
    enter();
  }

  ~real_screen() override {
    leave();
    for (const auto& [number, how] : old_)
      ::sigaction(number, &how, nullptr);
  }

  screen_size size() override {
    struct winsize found {};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &found) != 0 || found.ws_row == 0)
      return {};
    return {found.ws_row, found.ws_col};
  }

  void show(const std::vector<screen_line>& lines) override {
    if (redraw == 0 && lines == shown_)
      return;
    shown_ = lines;
    std::string text;
    if (redraw != 0) {
      redraw = 0;
      text = "\x1b[2J";
    }
    text += "\x1b[H";
    for (size_t i = 0; i < lines.size(); ++i)
      text += (i > 0 ? "\r\n" : "") + styled(lines[i]) + "\x1b[K";
    write_all(text + "\x1b[J");
  }

  std::string key(std::chrono::milliseconds wait) override {
    if (auto known = take_key(bytes_); !known.empty())
      return known;
    pollfd one{STDIN_FILENO, POLLIN, 0};
    auto found = ::poll(&one, 1, static_cast<int>(wait.count()));
    if (told_to_end != 0)
      return "end";
    if (found <= 0)
      return {};
    char part[256];
    auto size = ::read(STDIN_FILENO, part, sizeof part);
    if (size < 0 && errno == EINTR)
      return {};
    if (size <= 0)
      return "end"; // Nobody can press a key any more.
    bytes_.append(part, static_cast<size_t>(size));
    return take_key(bytes_);
  }

private:
  void take(int number, void (*handler)(int)) {
    struct sigaction on {};
    on.sa_handler = handler;
    struct sigaction old {};
    ::sigaction(number, &on, &old);
    old_.emplace_back(number, old);
  }

  std::string styled(const screen_line& line) const {
    if (!colour_ || line.how == look::plain)
      return line.text;
    std::string_view code = line.how == look::title    ? "1"
                            : line.how == look::chosen ? "7"
                            : line.how == look::faint  ? "2"
                                                       : "1;31";
    return "\x1b[" + std::string{code} + "m" + line.text + "\x1b[0m";
  }

  const bool colour_;
  std::vector<screen_line> shown_;
  std::string bytes_; // Of keys that nobody has asked for yet.
  std::vector<std::pair<int, struct sigaction>> old_;
};

} // namespace

std::unique_ptr<full_screen> open_full_screen(bool colour) {
  if (::isatty(STDOUT_FILENO) != 1 || ::tcgetattr(STDIN_FILENO, &before) != 0)
    return nullptr;
  return std::make_unique<real_screen>(colour);
}

} // namespace troupe::cli
