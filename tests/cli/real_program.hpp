#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

// The `troupe` binary as a process, for tests that need the real thing.

namespace troupe::test {

/// A directory that is gone with the object.
class scratch_directory {
public:
  scratch_directory();
  ~scratch_directory();
  scratch_directory(const scratch_directory&) = delete;
  scratch_directory& operator=(const scratch_directory&) = delete;

  std::string path(const std::string& name = {}) const {
    return name.empty() ? path_ : path_ + "/" + name;
  }

private:
  std::string path_;
};

/// What a command did.
struct ran {
  int code = -1; // Exit code; 128 + signal where one ended it.
  std::string out;
  std::string err;
};

/// A process of the program, in the project's root if not said otherwise.
/// Killed with the object.
class real_program {
public:
  /// `extra` are variables, "NAME=VALUE".
  explicit real_program(const std::vector<std::string>& args,
                        const std::vector<std::string>& extra = {},
                        const std::string& directory = TROUPE_ROOT);
  ~real_program();
  real_program(const real_program&) = delete;
  real_program& operator=(const real_program&) = delete;

  /// Reads a line of its output; empty at its end.
  std::string line();
  std::string error_line();
  void signal(int number) const;
  pid_t pid() const { return pid_; }

  /// Reads all that is left, waits for its end.
  ran finish();

private:
  std::string next(int& fd, std::string& rest);

  pid_t pid_ = -1;
  int out_ = -1;
  int err_ = -1;
  std::string out_rest_;
  std::string err_rest_;
};

/// `troupe ARGS`, to its end.
ran run_troupe(const std::vector<std::string>& args);

/// `sh -c COMMAND` in the project's root, to its end; answers its output.
std::string output_of(const std::string& command);

/// Blocks until the process is gone; false if that takes longer than any test
/// should.
bool ends(pid_t pid);

std::string read_file(const std::filesystem::path& path);
void write_file(const std::filesystem::path& path, const std::string& text);

} // namespace troupe::test
