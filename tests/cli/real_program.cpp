#include "cli/real_program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace troupe::test {

namespace {

// A hang must not eat the whole run.
constexpr int patience_ms = 60'000;

std::vector<char*> pointers(std::vector<std::string>& all) {
  std::vector<char*> out;
  out.reserve(all.size() + 1);
  for (auto& x : all)
    out.push_back(x.data());
  out.push_back(nullptr);
  return out;
}

/// A node outside of the test must not be found.
bool is_foreign(const std::string& variable) {
  return variable.starts_with("TROUPE_");
}

std::vector<std::string>
environment_with(const std::vector<std::string>& extra) {
  std::vector<std::string> out;
  for (auto x = environ; *x != nullptr; ++x)
    if (!is_foreign(*x))
      out.emplace_back(*x);
  // No node answers at port 1.
  out.insert(out.end(), extra.begin(), extra.end());
  return out;
}

} // namespace

scratch_directory::scratch_directory() {
  auto pattern =
    (std::filesystem::temp_directory_path() / "troupe-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr)
    throw std::runtime_error("cannot make a directory");
  path_ = pattern;
}

scratch_directory::~scratch_directory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

real_program::real_program(const std::vector<std::string>& args,
                           const std::vector<std::string>& extra,
                           const std::string& directory) {
  std::vector<std::string> all{TROUPE_PROGRAM};
  all.insert(all.end(), args.begin(), args.end());
  auto variables = environment_with(extra);
  auto argv = pointers(all);
  auto envp = pointers(variables);
  int out[2], err[2];
  if (::pipe2(out, O_CLOEXEC) != 0 || ::pipe2(err, O_CLOEXEC) != 0)
    throw std::runtime_error("cannot make a pipe");
  pid_ = ::fork();
  if (pid_ == 0) {
    ::dup2(::open("/dev/null", O_RDONLY), 0);
    ::dup2(out[1], 1);
    ::dup2(err[1], 2);
    if (::chdir(directory.c_str()) == 0)
      ::execve(argv[0], argv.data(), envp.data());
    ::_exit(127);
  }
  ::close(out[1]);
  ::close(err[1]);
  out_ = out[0];
  err_ = err[0];
}

real_program::~real_program() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  ::close(out_);
  ::close(err_);
}

std::string real_program::next(int& fd, std::string& rest) {
  for (;;) {
    if (auto end = rest.find('\n'); end != rest.npos) {
      auto line = rest.substr(0, end);
      rest.erase(0, end + 1);
      return line;
    }
    pollfd one{fd, POLLIN, 0};
    char part[4096];
    auto size = ::poll(&one, 1, patience_ms) > 0 ? ::read(fd, part, sizeof part)
                                                 : ssize_t{0};
    if (size <= 0)
      return std::exchange(rest, {});
    rest.append(part, static_cast<size_t>(size));
  }
}

std::string real_program::line() {
  return next(out_, out_rest_);
}

std::string real_program::error_line() {
  return next(err_, err_rest_);
}

void real_program::signal(int number) const {
  ::kill(pid_, number);
}

ran real_program::finish() {
  ran result;
  result.out = std::move(out_rest_);
  result.err = std::move(err_rest_);
  pollfd both[2] = {{out_, POLLIN, 0}, {err_, POLLIN, 0}};
  while (both[0].fd >= 0 || both[1].fd >= 0) {
    if (::poll(both, 2, patience_ms) <= 0)
      break;
    for (auto& x : both) {
      if (x.revents == 0)
        continue;
      char part[65536];
      auto size = ::read(x.fd, part, sizeof part);
      if (size <= 0)
        x.fd = -1;
      else
        (x.fd == out_ ? result.out : result.err)
          .append(part, static_cast<size_t>(size));
    }
  }
  if (both[0].fd >= 0 || both[1].fd >= 0)
    ::kill(pid_, SIGKILL); // It hangs; the exit code will say so.
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  result.code =
    WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

ran run_troupe(const std::vector<std::string>& args) {
  return real_program{args}.finish();
}

std::string output_of(const std::string& command) {
  auto* pipe = ::popen(("cd '" TROUPE_ROOT "' && " + command).c_str(), "r");
  if (pipe == nullptr)
    throw std::runtime_error("cannot run " + command);
  std::string out;
  char part[4096];
  for (size_t n = 0; (n = std::fread(part, 1, sizeof part, pipe)) > 0;)
    out.append(part, n);
  ::pclose(pipe);
  return out;
}

bool ends(pid_t pid) {
  auto fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (fd < 0)
    return errno == ESRCH;
  pollfd one{fd, POLLIN, 0};
  auto gone = ::poll(&one, 1, patience_ms) > 0;
  ::close(fd);
  return gone;
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream from{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{from}, {}};
}

void write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream{path, std::ios::binary} << text;
}

} // namespace troupe::test
