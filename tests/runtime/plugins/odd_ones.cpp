#include <stdexcept>

#include <troupe/plugin.hpp>

// Compiled once for each thing that can be wrong with a plug-in.

#if defined(NO_HEAD)

int troupe_nothing() {
  return 0;
}

#elif defined(MISSES_A_FUNCTION)

int nobody_has_this();
TROUPE_PLUGIN(agents) {
  if (nobody_has_this() == 0)
    throw agents;
}

#elif defined(THROWS)

TROUPE_PLUGIN(agents) {
  static_cast<void>(agents);
  throw std::runtime_error("no licence");
}

#elif defined(EMPTY)

TROUPE_PLUGIN(agents) {
  static_cast<void>(agents);
}

#else

static void offer(troupe::plugin_agents&) {}

extern "C" {
extern const troupe::plugin_head troupe_plugin;
}

#if defined(FOREIGN)
const troupe::plugin_head troupe_plugin{.magic = 7, .offer = &offer};
#elif defined(OLD)
const troupe::plugin_head troupe_plugin{
  .contract = 0, .version = "0.0.1", .offer = &offer};
#else
const troupe::plugin_head troupe_plugin{.layout = 1, .offer = &offer};
#endif

#endif
