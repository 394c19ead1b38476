#include "agents/simple_agents.hpp"

#include <cmath>

#include "core/json_text.hpp"

namespace troupe::agents {

namespace {

using std::chrono::milliseconds;

class echo_agent : public reactive_agent {
  void perform(const task& t, reply done) override {
    done(outcome::done(t.input));
  }
};

class noop_agent : public reactive_agent {
  void perform(const task&, reply done) override { done(outcome::done()); }
};

core::result<milliseconds> duration_of(const std::string& input) {
  failure wrong{errc::invalid, category::validation,
                "the input of sleep must be {\"seconds\": N} or {\"ms\": N}, N "
                "from 0 to one year (sleep_max)"};
  auto json = core::parse_json(input, "the input of sleep");
  if (!json)
    return json.error();
  if (!json->is_object() || json->size() != 1)
    return wrong;
  auto key = json->begin().key();
  if ((key != "seconds" && key != "ms") || !json->begin()->is_number())
    return wrong;
  auto ms = json->begin()->get<double>() * (key == "ms" ? 1 : 1000);
  if (!(ms >= 0) || ms > static_cast<double>(milliseconds{sleep_max}.count()))
    return wrong;
  return milliseconds{std::llround(ms)};
}

class sleep_agent : public reactive_agent {
  void perform(const task& t, reply done) override {
    auto time = duration_of(t.input);
    if (!time) {
      auto result = outcome::failed(time.error().message, category::validation);
      result.error.code = errc::invalid;
      return done(std::move(result));
    }
    nlohmann::json slept{{"slept_ms", time->count()}};
    done.after(*time, outcome::done(core::to_compact(slept)));
  }
};

template <class T>
reactive_factory factory() {
  return [] { return std::make_unique<T>(); };
}

} // namespace

reactive_factory echo() {
  return factory<echo_agent>();
}

reactive_factory noop() {
  return factory<noop_agent>();
}

reactive_factory sleep() {
  return factory<sleep_agent>();
}

} // namespace troupe::agents
