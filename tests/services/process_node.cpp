// A node for the tests to kill: starts children, each with a grandchild in a
// session of its own, says "CHILD GRANDCHILD" for each, and waits for its end.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <list>

#include "services/stage.hpp"

int main(int, char** argv) {
  using namespace troupe::services;
  auto s = test::open_spawner();
  std::list<test::child_record> children(std::atoi(argv[1]));
  for (auto& c : children)
    s->start(test::shell("trap '' TERM HUP; setsid sleep 1000 & echo $!; wait"),
             c.events());
  for (auto& c : children)
    std::printf("%d %s\n", c.started(), c.line().c_str());
  std::printf("%d %d\n", s->pid(), s->pid());
  std::fflush(stdout);
  for (;;)
    ::pause();
}
