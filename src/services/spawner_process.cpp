#include "services/spawner_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string_view>
#include <vector>

#include "services/keeper.hpp"
#include "services/own_children.hpp"
#include "services/spawn_wire.hpp"

namespace troupe::services {

namespace {

constexpr int stray_pause_ms = 2;

// Written first thing in main, read ever after.
bool asked = false;

class spawner_loop {
public:
  spawner_loop(int socket, pid_t node) : socket_(socket) {
    // Beside the socket: a fork of the node's program might hold its end open.
    node_ = descriptor{static_cast<int>(::syscall(SYS_pidfd_open, node, 0))};
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    deaths_ = descriptor{::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK)};
    if (::getppid() != node)
      closing_ = true;
  }

  void run() {
    if (closing_)
      close();
    while (!closing_ || !alone_) {
      wait();
      take_deaths();
      if (!closing_)
        take_orders();
      if (closing_ || !lost_.empty())
        hunt_strays();
    }
  }

private:
  void wait() {
    // A negative descriptor is one that poll skips.
    pollfd fds[] = {{closing_ ? -1 : socket_, POLLIN, 0},
                    {closing_ ? -1 : node_.get(), POLLIN, 0},
                    {deaths_.get(), POLLIN, 0}};
    ::poll(fds, 3, closing_ || !lost_.empty() ? stray_pause_ms : -1);
    if (fds[1].revents != 0)
      close();
    signalfd_siginfo info;
    while (::read(deaths_.get(), &info, sizeof info) > 0) {
    }
  }

  void take_orders() {
    spawn_packet packet;
    for (;;) {
      switch (receive_packet(socket_, packet)) {
        case received::packet:
          act(packet);
          break;
        case received::nothing:
          return;
        case received::end:
          return close();
      }
    }
  }

  void act(spawn_packet& packet) {
    auto& order = packet.message;
    if (order.what == spawn_word::start)
      return start(packet);
    auto pos = std::find_if(keepers_.begin(), keepers_.end(),
                            [&](auto& k) { return k.second == order.id; });
    // A keeper that has ended, but was not waited for, is no harm to signal.
    if (pos != keepers_.end())
      ::kill(pos->first, order.what == spawn_word::kill
                           ? keeper_kill_signal
                           : keeper_terminate_signal);
  }

  void start(spawn_packet& packet) {
    auto id = packet.message.id;
    if (packet.descriptors.size() != 3)
      return report({spawn_word::failed, id, EMFILE, {}, "receive", {}});
    auto me = ::getpid();
    auto pid = ::fork();
    if (pid == 0) {
      deaths_.close();
      node_.close();
      keep(std::move(packet), socket_, me);
    }
    if (pid < 0)
      report({spawn_word::failed, id, errno, {}, "fork", {}});
    else
      keepers_.emplace(pid, id);
    packet.descriptors.clear();
  }

  void take_deaths() {
    int status = 0;
    pid_t pid = 0;
    while ((pid = ::waitpid(-1, &status, WNOHANG)) > 0) {
      auto pos = keepers_.find(pid);
      if (pos == keepers_.end())
        continue;
      // One that left by itself has reported. One that was killed leaves its
      // tree to us.
      if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        lost_.push_back(pos->second);
      keepers_.erase(pos);
    }
    alone_ = pid < 0 && errno == ECHILD;
  }

  // Our children that are no keepers had one that died.
  void hunt_strays() {
    bool any = false;
    for (auto pid : own_children())
      if (!keepers_.contains(pid)) {
        ::kill(pid, SIGKILL);
        any = true;
      }
    if (any)
      return;
    for (auto id : lost_)
      report({spawn_word::gone, id, 0, {}, {}, {}});
    lost_.clear();
  }

  void close() {
    closing_ = true;
    for (auto& [pid, id] : keepers_)
      ::kill(pid, keeper_kill_signal);
  }

  void report(const spawn_message& message) const {
    send_packet(socket_, encode(message), {}, 0);
  }

  int socket_;
  descriptor node_;
  descriptor deaths_;
  std::map<pid_t, uint64_t> keepers_;
  std::vector<uint64_t> lost_; // Their keeper died; their trees are dying.
  bool closing_ = false;       // The node is gone, or wants us to go.
  bool alone_ = false;         // No child is left.
};

void become_spawner() {
  ::prctl(PR_SET_NAME, "troupe-spawner");
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  // Ends with its node and not before, whoever else is told to stop.
  for (int s : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE})
    ::signal(s, SIG_IGN);
  sigset_t signals;
  sigemptyset(&signals);
  for (int s : {SIGCHLD, keeper_terminate_signal, keeper_kill_signal})
    sigaddset(&signals, s);
  ::sigprocmask(SIG_SETMASK, &signals, nullptr);
}

} // namespace

bool called_as_spawner(int argc, char** argv) {
  asked = true;
  return argc > 1 && std::string_view{argv[1]} == "__spawner";
}

bool can_be_spawner() {
  return asked;
}

int spawner_process(int argc, char** argv) {
  if (argc != 4 || argv[2] != spawn_wire_version
      || ::fcntl(spawner_socket_fd, F_GETFD) < 0) {
    std::fprintf(stderr,
                 "%s: this starts processes for a troupe node of version %s of "
                 "its protocol and is not for people; run `troupe --help`\n",
                 argv[0], std::string{spawn_wire_version}.c_str());
    return 64;
  }
  ::fcntl(spawner_socket_fd, F_SETFD, FD_CLOEXEC);
  become_spawner();
  spawner_loop{spawner_socket_fd, std::atoi(argv[3])}.run();
  return 0;
}

} // namespace troupe::services
