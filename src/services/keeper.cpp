#include "services/keeper.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <utility>

#include "services/child_setup.hpp"
#include "services/own_children.hpp"

namespace troupe::services {

namespace {

constexpr long pause_ms_min = 1;
constexpr long pause_ms_max = 50;

class keeper {
public:
  keeper(uint64_t id, int socket, pid_t spawner, pid_t main)
    : id_(id), socket_(socket), spawner_(spawner), main_(main) {
    sigemptyset(&signals_);
    for (int s : {SIGCHLD, keeper_terminate_signal, keeper_kill_signal})
      sigaddset(&signals_, s);
  }

  void run() {
    auto pause = pause_ms_min;
    while (reap()) {
      bool killing = killing_ || main_ == 0;
      if (killing)
        kill_all();
      if (wait(killing ? pause : 0))
        pause = pause_ms_min;
      else
        pause = std::min(pause * 2, pause_ms_max);
    }
    // Killed by us because the spawner died: nobody has asked for that.
    if (end_.how == end_kind::signalled && ::getppid() != spawner_)
      end_ = {};
    report({spawn_word::gone, id_, 0, end_, {}, {}});
  }

  void report(const spawn_message& message) const {
    // Waits where the node is slow; by then there is nothing left to watch. An
    // error means that the node is gone, and nobody wants to know.
    send_packet(socket_, encode(message), {}, 0);
  }

private:
  // Takes the dead; false once there is no child: the whole tree is gone.
  bool reap() {
    for (;;) {
      int status = 0;
      auto pid = ::waitpid(-1, &status, WNOHANG);
      if (pid == 0 || (pid < 0 && errno == EINTR))
        return true;
      if (pid < 0)
        return false;
      if (pid == main_) {
        end_ = WIFSIGNALED(status)
                 ? child_end{end_kind::signalled, WTERMSIG(status)}
                 : child_end{end_kind::exited, WEXITSTATUS(status)};
        main_ = 0;
      }
    }
  }

  // The group in one go, while its leader has not been waited for: until then
  // the number cannot belong to another group. Then child by child: whatever
  // the dead leave behind becomes our child, so every level gets its turn, and
  // no number is used that could meanwhile belong to a stranger.
  void kill_all() {
    if (main_ != 0)
      ::kill(-main_, SIGKILL);
    // Most trees are one group: see first what that leaves.
    if (main_ != 0 && !std::exchange(group_killed_, true))
      return;
    for (auto pid : own_children())
      ::kill(pid, SIGKILL);
  }

  // For a signal, or for `pause` milliseconds if that is not 0. False after an
  // idle pause.
  bool wait(long pause) {
    timespec time{0, pause * 1'000'000};
    auto got = ::sigtimedwait(&signals_, nullptr, pause > 0 ? &time : nullptr);
    if (got == keeper_kill_signal)
      killing_ = true;
    if (got == keeper_terminate_signal && main_ != 0) {
      ::kill(-main_, SIGTERM);
      ::kill(-main_, SIGCONT); // A stopped process would never see it.
    }
    return got > 0;
  }

  uint64_t id_;
  int socket_;
  pid_t spawner_;
  pid_t main_; // 0: it has ended.
  child_end end_;
  sigset_t signals_;
  bool killing_ = false;
  bool group_killed_ = false;
};

// What stopped the child before it became the program; nothing if it did.
std::optional<setup_failure> read_failure(int fd) {
  setup_failure why;
  ssize_t got = 0;
  do
    got = ::read(fd, &why, sizeof why);
  while (got < 0 && errno == EINTR);
  if (got != sizeof why)
    return std::nullopt;
  return why;
}

void become_keeper(pid_t spawner) {
  ::prctl(PR_SET_NAME, "troupe-keeper");
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  // The spawner has one thread, so this is its death and not a thread's.
  ::prctl(PR_SET_PDEATHSIG, keeper_kill_signal);
  if (::getppid() != spawner)
    ::_exit(1);
  ::setpgid(0, 0);
}

} // namespace

void keep(spawn_packet packet, int socket, pid_t spawner) {
  become_keeper(spawner);
  auto& order = packet.message;
  auto me = ::getpid();
  int ends[2] = {-1, -1};
  pid_t main = -1;
  if (::pipe2(ends, O_CLOEXEC) == 0)
    main = ::fork();
  if (main == 0)
    become_program(order.spec, packet.descriptors, ends[1], me);
  auto forked = errno;
  packet.descriptors.clear(); // Else the node would not see their end.
  ::close(ends[1]);
  if (main < 0) {
    keeper{order.id, socket, spawner, 0}.report(
      {spawn_word::failed, order.id, forked, {}, "fork", {}});
    ::_exit(0);
  }
  auto why = read_failure(ends[0]);
  ::close(ends[0]);
  keeper k{order.id, socket, spawner, main};
  if (why) {
    ::waitpid(main, nullptr, 0);
    k.report({spawn_word::failed, order.id, why->error, {}, why->step, {}});
    ::_exit(0);
  }
  k.report({spawn_word::started, order.id, main, {}, {}, {}});
  k.run();
  ::_exit(0);
}

} // namespace troupe::services
