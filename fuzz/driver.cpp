#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <new>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "changes.hpp"
#include "input.hpp"

// Gives a target its corpus and then changed entries of it, without clang:
//   TARGET [--runs N] [--seed N] FILE_OR_FOLDER...
// A child process does it, so that whatever ends it (a sanitizer, a broken
// promise, a hang) leaves the input behind.

namespace {

using namespace troupe;
namespace fs = std::filesystem;

constexpr unsigned seconds_max = 25;          // For one input.
constexpr long resident_kb_max = 2048 * 1024; // Of the child, in all.

struct settings {
  uint64_t runs = 0;
  uint64_t seed = std::random_device{}();
  std::vector<fs::path> places;
};

/// What the child is at, seen by its parent.
struct progress {
  uint64_t inputs = 0;
  size_t size = 0;
  uint8_t bytes[fuzz::changes::bytes_max] = {};
};

uint64_t number_of(const std::string& text) {
  size_t end = 0;
  auto number = std::stoull(text, &end);
  if (end != text.size())
    throw std::invalid_argument(text);
  return number;
}

settings read_settings(const std::vector<std::string>& args) {
  settings out;
  for (size_t i = 0; i < args.size(); ++i) {
    if (args[i] == "--runs")
      out.runs = number_of(args.at(++i));
    else if (args[i] == "--seed")
      out.seed = number_of(args.at(++i));
    else
      out.places.emplace_back(args[i]);
  }
  return out;
}

std::string content_of(const fs::path& file) {
  std::ifstream in{file, std::ios::binary};
  if (!in)
    throw std::runtime_error("cannot read " + file.string());
  return {std::istreambuf_iterator<char>{in}, {}};
}

std::string content_of_entry(const fs::path& file) {
  auto content = content_of(file);
  if (content.size() > fuzz::changes::bytes_max)
    throw std::runtime_error(file.string() + " is longer than 64 KiB");
  return content;
}

/// In the order of their names, so that a seed means the same everywhere.
std::vector<std::string> read_corpus(const std::vector<fs::path>& places) {
  std::vector<std::string> corpus;
  for (const auto& place : places) {
    std::vector<fs::path> files;
    if (fs::is_directory(place))
      for (const auto& x : fs::recursive_directory_iterator{place}) {
        if (x.is_regular_file())
          files.push_back(x.path());
      }
    else
      files.push_back(place);
    std::sort(files.begin(), files.end());
    for (const auto& file : files)
      corpus.push_back(content_of_entry(file));
  }
  return corpus;
}

void give(progress& at, std::string_view bytes) {
  at.size = std::min(bytes.size(), sizeof at.bytes);
  std::memcpy(at.bytes, bytes.data(), at.size);
  ++at.inputs;
  alarm(seconds_max);
  // A copy of the exact size: a read behind the end is seen.
  std::vector<uint8_t> exact(at.bytes, at.bytes + at.size);
  LLVMFuzzerTestOneInput(exact.data(), exact.size());
  rusage use{};
  getrusage(RUSAGE_SELF, &use);
  fuzz::must(use.ru_maxrss < resident_kb_max, "a target stays below 2 GiB");
}

[[noreturn]] void work(const settings& how,
                       const std::vector<std::string>& corpus, progress& at) {
  try {
    for (const auto& entry : corpus)
      give(at, entry);
    fuzz::changes changed{corpus, how.seed};
    for (uint64_t i = 0; i < how.runs; ++i)
      give(at, changed.next());
  } catch (const std::exception& why) {
    // Nothing that bytes can do may leave a target as an exception.
    std::cerr << "exception: " << why.what() << std::endl;
    std::_Exit(1);
  }
  // Not _exit: leaks are looked for at the end.
  std::exit(0);
}

/// Keeps the input that did it; says how to see it again.
int report(const std::string& target, const progress& at, int status) {
  auto file = target + "-broke-" + std::to_string(getpid());
  std::ofstream{file, std::ios::binary}.write(
    reinterpret_cast<const char*>(at.bytes),
    static_cast<std::streamsize>(at.size));
  std::cerr << target << ": input " << at.inputs << " broke it ("
            << (WIFSIGNALED(status) ? (
                  WTERMSIG(status) == SIGALRM ? "it took too long" : "a signal")
                                    : "see above")
            << ") and is kept in " << fs::absolute(file).string()
            << "; give that file to " << target
            << " to see it again. Mended, it joins fuzz/corpus\n";
  return 1;
}

int run(const std::string& target, const settings& how) {
  auto corpus = read_corpus(how.places);
  auto* memory = mmap(nullptr, sizeof(progress), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    throw std::runtime_error("no memory for the inputs");
  auto& at = *new (memory) progress;
  std::cout << target << ": " << corpus.size() << " entries, " << how.runs
            << " changed, --seed " << how.seed << std::endl;
  auto child = fork();
  if (child < 0)
    throw std::runtime_error("cannot start a process");
  if (child == 0)
    work(how, corpus, at);
  int status = 0;
  waitpid(child, &status, 0);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    return report(target, at, status);
  std::cout << target << ": " << at.inputs << " inputs, nothing found\n";
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  auto target = fs::path{argv[0]}.filename().string();
  try {
    return run(target, read_settings({argv + 1, argv + argc}));
  } catch (const std::exception& why) {
    std::cerr << target << ": " << why.what() << "; use it as " << target
              << " [--runs N] [--seed N] FILE_OR_FOLDER...\n";
    return 2;
  }
}
