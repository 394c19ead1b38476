#include "services/spawner_launch.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>

#include "services/spawn_wire.hpp"
#include "services/spawner_process.hpp"

namespace troupe::services {

namespace {

failure cannot(const std::string& program, int error) {
  return {errc::agent_failed, category::resource,
          "cannot start the spawner `" + program + "`: " + std::strerror(error)
            + "; put troupe-spawner beside the program or into PATH, or name "
              "it in spawner_options"};
}

std::string beside_this_program() {
  std::array<char, PATH_MAX> self{};
  auto size = ::readlink("/proc/self/exe", self.data(), self.size() - 1);
  std::string path{self.data(), size > 0 ? static_cast<size_t>(size) : 0};
  path.resize(path.rfind('/') + 1);
  return path + "troupe-spawner";
}

std::string chosen(const std::string& program) {
  if (!program.empty())
    return program;
  if (can_be_spawner())
    return "/proc/self/exe";
  if (auto path = beside_this_program(); ::access(path.c_str(), X_OK) == 0)
    return path;
  return "troupe-spawner";
}

class spawn_settings {
public:
  explicit spawn_settings(int socket) {
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0);
    ::posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_RDWR, 0);
    ::posix_spawn_file_actions_adddup2(&actions, socket, spawner_socket_fd);
    // The host program's descriptors are none of the agents' business.
    ::posix_spawn_file_actions_addclosefrom_np(&actions, spawner_socket_fd + 1);
    ::posix_spawnattr_init(&attributes);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setsigdefault(&attributes, &all);
    // A session of its own: the terminal's interrupt is for the node.
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID
                                              | POSIX_SPAWN_SETSIGMASK
                                              | POSIX_SPAWN_SETSIGDEF);
  }
  ~spawn_settings() {
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
  }
  spawn_settings(const spawn_settings&) = delete;
  spawn_settings& operator=(const spawn_settings&) = delete;

  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
};

} // namespace

core::result<launched> launch_spawner(const std::string& program) {
  auto path = chosen(program);
  int ends[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    return cannot(path, errno);
  launched made;
  made.socket = descriptor{ends[0]};
  descriptor theirs{ends[1]};
  std::string word{"__spawner"}, version{spawn_wire_version};
  auto me = std::to_string(::getpid());
  char* args[] = {path.data(), word.data(), version.data(), me.data(), nullptr};
  spawn_settings settings{theirs.get()};
  if (auto error = ::posix_spawnp(&made.pid, path.c_str(), &settings.actions,
                                  &settings.attributes, args, environ))
    return cannot(path, error);
  made.death =
    descriptor{static_cast<int>(::syscall(SYS_pidfd_open, made.pid, 0))};
  if (!made.death) {
    auto error = errno;
    ::kill(made.pid, SIGKILL);
    ::waitpid(made.pid, nullptr, 0);
    return cannot(path, error);
  }
  return made;
}

} // namespace troupe::services
