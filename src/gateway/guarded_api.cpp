#include "gateway/guarded_api.hpp"

#include "core/access.hpp"
#include "core/json_text.hpp"

namespace troupe::gateway {

namespace {

class guarded_api : public core::api {
public:
  guarded_api(std::shared_ptr<core::api> all, caller_ptr who)
    : all_(std::move(all)), who_(std::move(who)) {}

  void call(core::api_request what,
            std::function<void(core::api_answer)> then) override {
    auto why = core::deny(*who_, what.op, what.workspace);
    if (!why && !hides_something(*who_, what.op))
      return all_->call(std::move(what), std::move(then));
    if (!why)
      return all_->call(std::move(what), [then = std::move(then)](auto got) {
        then(without_what_is_hidden(std::move(got)));
      });
    core::api_answer no;
    no.error = {errc::rejected, category::security, *why};
    then(std::move(no));
  }

  void watch(core::watch_request what,
             std::function<bool(const core::watch_event&)> sink) override {
    if (!core::deny(*who_, "watch", what.workspace))
      return all_->watch(std::move(what), std::move(sink));
    sink(
      {{}, R"({"kind":"lost","reason":"this is not for you to see"})", true});
  }

private:
  const std::shared_ptr<core::api> all_;
  const caller_ptr who_;
};

} // namespace

bool hides_something(const core::caller& who, std::string_view op) {
  return op == "status" && !who.is(core::role::viewer, core::every_workspace);
}

core::api_answer without_what_is_hidden(core::api_answer got) {
  auto all = nlohmann::json::parse(got.body.view(), nullptr, false);
  if (!all.is_object() || all.erase("warnings") == 0)
    return got;
  got.body = core::text{core::to_compact(all)};
  return got;
}

std::shared_ptr<core::api> guarded(std::shared_ptr<core::api> all,
                                   caller_ptr who) {
  return std::make_shared<guarded_api>(std::move(all), std::move(who));
}

} // namespace troupe::gateway
