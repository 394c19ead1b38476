#include <algorithm>
#include <cctype>

#include <troupe/plugin.hpp>

// Agents for a node that loads them:
//
//   agents:
//     upper: {kind: plugin, library: ./libtext_agents.so, agent: upper}
//     reverse: {kind: plugin, library: ./libtext_agents.so, agent: reverse}

namespace {

class upper : public troupe::agent {
  troupe::outcome perform(const troupe::task& t, troupe::context&) override {
    auto text = t.input;
    for (auto& c : text)
      c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return troupe::outcome::done(text);
  }
};

class reverse : public troupe::reactive_agent {
  void perform(const troupe::task& t, troupe::reply done) override {
    if (t.input.find('\\') != std::string::npos)
      return done(troupe::outcome::give_up("no escaped characters, please"));
    auto text = t.input;
    std::reverse(text.begin(), text.end());
    done(troupe::outcome::done(text));
  }
};

} // namespace

TROUPE_PLUGIN(agents) {
  agents.add<upper>("upper");
  agents.add<reverse>("reverse");
}
