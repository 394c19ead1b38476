#include <troupe/plugin.hpp>

// Loaded by tests: a blocking agent, and two reactive ones.

namespace {

class shouting : public troupe::agent {
  troupe::outcome perform(const troupe::task& t, troupe::context&) override {
    auto text = t.input;
    for (auto& c : text)
      c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    return troupe::outcome::done(text);
  }
};

class adding : public troupe::reactive_agent {
public:
  explicit adding(int more) : more_(more) {}
  void perform(const troupe::task& t, troupe::reply done) override {
    try {
      auto sum = std::stoi(t.input) + more_;
      done(troupe::outcome::done(std::to_string(sum)));
    } catch (const std::exception&) {
      done(troupe::outcome::give_up("the input is no number"));
    }
  }

private:
  const int more_;
};

class traced : public troupe::reactive_agent {
  void perform(const troupe::task& t, troupe::reply done) override {
    done(troupe::outcome::done('"' + t.traceparent + '"'));
  }
};

} // namespace

TROUPE_PLUGIN(agents) {
  agents.add<shouting>("shouting");
  agents.add<adding>("adding", 3);
  agents.add<traced>("traced");
}
