#include "services/child_setup.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>

namespace troupe::services {

namespace {

[[noreturn]] void complain(int to, const char* step) {
  setup_failure why;
  why.error = errno;
  std::strncpy(why.step, step, sizeof why.step - 1);
  auto sent = ::write(to, &why, sizeof why);
  ::_exit(sent == sizeof why ? 127 : 126);
}

void reset_signals() {
  struct sigaction plain {};
  plain.sa_handler = SIG_DFL;
  for (int s = 1; s < NSIG; ++s)
    ::sigaction(s, &plain, nullptr); // Some refuse; those are never changed.
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// `value` 0 keeps what there is. A hard limit can only be lowered.
bool limit(int resource, uint64_t value, uint64_t hard_extra = 0) {
  rlimit now{};
  if (value == 0)
    return true;
  if (::getrlimit(static_cast<__rlimit_resource>(resource), &now) != 0)
    return false;
  rlimit wanted{std::min<rlim_t>(value, now.rlim_max),
                std::min<rlim_t>(value + hard_extra, now.rlim_max)};
  return ::setrlimit(static_cast<__rlimit_resource>(resource), &wanted) == 0;
}

bool set_limits(const spawn_limits& limits) {
  rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none); // A crash loop would fill the disk.
  // A second more for the program to act on SIGXCPU.
  return limit(RLIMIT_CPU, limits.cpu_seconds_max, 1)
         && limit(RLIMIT_NOFILE, limits.open_files_max)
         && limit(RLIMIT_FSIZE, limits.file_bytes_max)
         && limit(RLIMIT_AS, limits.memory_bytes_max);
}

void set_environment(const spawn_spec& spec) {
  if (spec.clean) {
    const char* path = ::getenv("PATH");
    std::string kept = path ? path : "/usr/local/bin:/usr/bin:/bin";
    ::clearenv();
    ::setenv("PATH", kept.c_str(), 1);
  }
  for (auto& [name, value] : spec.environment)
    ::setenv(name.c_str(), value.c_str(), 1);
}

// dup2 also drops close-on-exec. None of the sources is 0, 1 or 2, because the
// spawner holds those open.
bool set_stdio(const std::vector<descriptor>& stdio) {
  for (int fd = 0; fd < 3; ++fd)
    if (::dup2(stdio[fd].get(), fd) < 0)
      return false;
  // Whatever else is open is closed by exec, `complaints` included.
  ::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC);
  return true;
}

} // namespace

void become_program(const spawn_spec& spec,
                    const std::vector<descriptor>& stdio, int complaints,
                    pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent)
    ::_exit(126);
  ::setsid();
  if (!set_stdio(stdio))
    complain(complaints, "dup2");
  if (!spec.directory.empty() && ::chdir(spec.directory.c_str()) != 0)
    complain(complaints, "chdir");
  set_environment(spec);
  std::vector<char*> args;
  for (auto& arg : spec.command)
    args.push_back(const_cast<char*>(arg.c_str()));
  args.push_back(nullptr);
  if (!spec.new_privileges)
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  reset_signals();
  if (!set_limits(spec.limits))
    complain(complaints, "setrlimit");
  ::execvp(args[0], args.data());
  complain(complaints, "exec");
}

} // namespace troupe::services
