#include <troupe/agent.hpp>

#include <sstream>
#include <string>

// Counts the words of its input. It may block, it may throw; a task may come
// twice after a crash, which does no harm here.
class word_count : public troupe::agent {
public:
  troupe::outcome perform(const troupe::task& t,
                          troupe::context& ctx) override {
    std::istringstream words{t.input}; // JSON text, e.g. "to be or not".
    size_t count = 0;
    for (std::string word; words >> word; ++count)
      if (ctx.cancelled())
        return troupe::outcome::give_up("stopped after " + t.name);
    return troupe::outcome::done(std::to_string(count));
  }
};

// Who it is: up to 4 tasks at a time, each on a thread of its own.
troupe::profile who() {
  troupe::profile self;
  self.name = "word_count";
  self.capabilities = {"text.count"};
  self.max_load = 4;
  self.pure = true; // No effect outside: a repeat is harmless.
  return self;
}

troupe::agent_factory make() {
  return [] { return std::make_unique<word_count>(); };
}
