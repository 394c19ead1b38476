#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace troupe::bench {

/// This program again, as another process, with a pipe from its fd 3.
struct child_process {
  pid_t pid = -1;
  int from = -1;

  explicit child_process(const std::vector<std::string>& args) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
      throw std::runtime_error("pipe failed");
    std::vector<char*> argv;
    for (const auto& x : args)
      argv.push_back(const_cast<char*>(x.c_str()));
    argv.push_back(nullptr);
    pid = vfork();
    if (pid == 0) {
      dup2(ends[1], 3);
      execv("/proc/self/exe", argv.data());
      _exit(127);
    }
    close(ends[1]);
    from = ends[0];
  }
  /// The next byte that it writes; 0: it is gone.
  char wait_byte() const {
    char c = 0;
    return read(from, &c, 1) == 1 ? c : '\0';
  }
  void end(int signal) {
    kill(pid, signal);
    int status = 0;
    waitpid(pid, &status, 0);
    close(from);
  }
};

inline void say(char c) {
  if (write(3, &c, 1) != 1)
    _exit(1); // The parent is gone.
}

} // namespace troupe::bench
