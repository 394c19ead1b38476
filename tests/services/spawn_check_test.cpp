#include "services/spawn_check.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>

#include <unistd.h>

using namespace troupe;
using services::missing;
using services::spawn_spec;
namespace fs = std::filesystem;

namespace {

struct place {
  place() {
    char name[] = "/tmp/troupe-commands-XXXXXX";
    REQUIRE(::mkdtemp(name));
    path = name;
  }
  ~place() { fs::remove_all(path); }

  void file(const std::string& name, bool executable) {
    std::ofstream{path / name} << "#!/bin/sh\n";
    if (executable)
      fs::permissions(path / name, fs::perms::owner_all);
  }
  spawn_spec spec(std::string command) {
    spawn_spec x;
    x.command = {std::move(command)};
    x.directory = path.string();
    return x;
  }

  fs::path path;
};

bool says(const spawn_spec& spec, const std::string& words) {
  return missing(spec).message.find(words) != std::string::npos;
}

} // namespace

TEST_CASE("a command is looked for as its process will see it", "[services]")
{
  place here;
  here.file("count", true);
  here.file("notes", false);
  CHECK_FALSE(missing(here.spec("./count")));
  CHECK_FALSE(missing(here.spec((here.path / "count").string())));
  CHECK_FALSE(missing(here.spec("sh")));
  CHECK(says(here.spec("count"), "`count` is not in PATH"));
  auto own_path = here.spec("count");
  own_path.environment["PATH"] = "/nowhere:" + here.path.string();
  CHECK_FALSE(missing(own_path));
  CHECK(says(here.spec("./cuont"), "`./cuont` is not there, seen from "));
  CHECK(says(here.spec("./notes"), "cannot be executed"));
  CHECK(says(here.spec(here.path.string()), "cannot be executed"));
}

TEST_CASE("a directory that is not there is said before the command",
          "[services]")
{
  place here;
  auto spec = here.spec("sh");
  spec.directory += "/none";
  CHECK(says(spec, "/none` is not there"));
  spec.command.clear(); // A shell's tasks bring it.
  CHECK(missing(spec));
  spec.directory.clear();
  CHECK_FALSE(missing(spec));
}
