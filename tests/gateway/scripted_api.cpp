#include "gateway/scripted_api.hpp"

#include <catch2/catch.hpp>

namespace troupe::test {

namespace {

// Far beyond what any machine needs; a hang then says where.
constexpr std::chrono::seconds patience{60};

} // namespace

void scripted_api::on(const std::string& op, answerer how) {
  std::lock_guard guard{mutex_};
  answers_[op] = std::move(how);
}

void scripted_api::on(const std::string& op, const std::string& body) {
  on(op, [body](const core::api_request&) {
    return core::api_answer{{}, {}, core::text{body}, {}};
  });
}

void scripted_api::fail(const std::string& op, core::api_answer what) {
  on(op, [what](const core::api_request&) { return what; });
}

void scripted_api::hold(const std::string& op) {
  std::lock_guard guard{mutex_};
  held_op_ = op;
}

void scripted_api::release() {
  std::vector<std::function<void()>> all;
  {
    std::lock_guard guard{mutex_};
    held_op_.clear();
    all.swap(held_);
  }
  for (auto& f : all)
    f();
}

void scripted_api::play(std::vector<core::watch_event> events) {
  std::lock_guard guard{mutex_};
  events_ = std::move(events);
}

std::vector<core::api_request> scripted_api::calls() {
  std::lock_guard guard{mutex_};
  return calls_;
}

core::api_request scripted_api::last_call() {
  auto all = calls();
  REQUIRE(!all.empty());
  return all.back();
}

std::vector<core::watch_request> scripted_api::watches() {
  std::lock_guard guard{mutex_};
  return watches_;
}

void scripted_api::wait_until_held(size_t count) {
  std::unique_lock guard{mutex_};
  REQUIRE(
    changed_.wait_for(guard, patience, [&] { return held_.size() >= count; }));
}

scripted_api::sink scripted_api::wait_for_sink() {
  std::unique_lock guard{mutex_};
  REQUIRE(changed_.wait_for(guard, patience, [&] { return !sinks_.empty(); }));
  auto out = std::move(sinks_.front());
  sinks_.erase(sinks_.begin());
  return out;
}

core::api_answer scripted_api::answer_to(const core::api_request& what) {
  auto pos = answers_.find(what.op);
  return pos == answers_.end() ? core::api_answer{{}, {}, core::text{"{}"}, {}}
                               : pos->second(what);
}

void scripted_api::call(core::api_request what,
                        std::function<void(core::api_answer)> then) {
  std::unique_lock guard{mutex_};
  calls_.push_back(what);
  auto answer = answer_to(what);
  if (what.op == held_op_) {
    held_.push_back([then, answer] { then(answer); });
    changed_.notify_all();
    return;
  }
  guard.unlock();
  then(std::move(answer));
}

void scripted_api::watch(core::watch_request what, sink to) {
  std::unique_lock guard{mutex_};
  watches_.push_back(std::move(what));
  auto events = events_;
  guard.unlock();
  for (const auto& x : events)
    if (!to(x))
      return;
  guard.lock();
  sinks_.push_back(std::move(to));
  changed_.notify_all();
}

} // namespace troupe::test
