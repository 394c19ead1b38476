#include <cerrno>
#include <cstring>
#include <filesystem>
#include <ostream>

#include <fcntl.h>
#include <unistd.h>

#include "cli/new_project.hpp"
#include "cli/verbs.hpp"

namespace troupe::cli {

namespace {

namespace fs = std::filesystem;

/// Never over a file that is there, whoever makes it meanwhile.
void write_new(const fs::path& path, const project_file& file) {
  auto fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                   file.executable ? 0777 : 0666);
  size_t done = 0;
  while (fd >= 0 && done < file.text.size()) {
    auto n = ::write(fd, file.text.data() + done, file.text.size() - done);
    if (n < 0)
      break;
    done += static_cast<size_t>(n);
  }
  auto code = errno;
  auto closed = fd >= 0 && ::close(fd) == 0;
  if (!closed || done < file.text.size())
    throw stop_verb{code == EEXIST ? exit_conflict : exit_failure,
                    "cannot write " + path.string() + ": "
                      + std::strerror(code),
                    "mend that, remove what was written, and try again"};
}

void check_free(const fs::path& where, const std::vector<project_file>& all) {
  std::string found;
  std::error_code ignored;
  for (const auto& x : all)
    if (fs::exists(fs::symlink_status(where / x.path, ignored)))
      found += (found.empty() ? "" : ", ") + (where / x.path).string();
  if (!found.empty())
    throw stop_verb{exit_conflict,
                    "these files are there already, so nothing was written: "
                      + found,
                    "choose another directory: troupe init DIR"};
}

void make_directories(const fs::path& path) {
  std::error_code why;
  fs::create_directories(path, why);
  if (why)
    throw stop_verb{exit_failure,
                    "cannot make the directory " + path.string() + ": "
                      + why.message(),
                    "choose another one: troupe init DIR"};
}

} // namespace

void init_options(adder& add) {
  add("agent",
      po::value<std::string>()->default_value("python")->value_name("LANGUAGE"),
      "of its agent: python, typescript, cpp or shell");
}

int run_init(verb_call& call) {
  auto in = language_of(call.text("agent"));
  if (!in)
    throw stop_verb{exit_usage,
                    "no agent is made in `" + call.text("agent") + "`",
                    "write --agent python, typescript, cpp or shell"};
  auto where =
    call.has("directory") ? fs::path{call.text("directory")} : fs::path{"."};
  std::error_code ignored;
  auto full = fs::absolute(where, ignored).lexically_normal();
  auto name =
    full.has_filename() ? full.filename() : full.parent_path().filename();
  auto files = new_project(name.empty() ? "Project" : name.string(), *in);
  check_free(where, files);
  auto list = nlohmann::json::array();
  for (const auto& x : files) {
    make_directories((where / x.path).parent_path());
    write_new(where / x.path, x);
    list.push_back(x.path);
    if (!call.json())
      call.out() << (where / x.path).lexically_normal().string() << '\n';
  }
  if (call.json())
    call.out()
      << nlohmann::json{{"directory", where.string()}, {"files", list}}.dump()
      << '\n';
  else
    call.err() << "troupe: "
               << (where / "README.md").lexically_normal().string()
               << " says how to begin\n";
  return exit_ok;
}

} // namespace troupe::cli
