#include <map>
#include <memory>
#include <mutex>
#include <set>

#include "cli/live_news.hpp"
#include "cli/top_view.hpp"
#include "cli/verbs.hpp"

namespace troupe::cli {

namespace {

using nlohmann::json;
using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds look_interval{100};
/// Where nothing happens, and where much does.
constexpr milliseconds asked_at_least{2'000};
constexpr milliseconds asked_at_most{300};
constexpr uint32_t rows_max = 200;

const std::pair<const char*, json> questions[] = {
  {"status", json::object()},
  {"runs", {{"limit", rows_max}}},
  {"agents", json::object()},
  {"tasks", {{"state", "queued"}, {"limit", rows_max}}},
  {"approvals", json::object()},
  {"tree", {{"depth", 3}}}};

/// What arrives on the node's threads. It may outlive the verb.
class inbox {
public:
  void put(const std::string& op, const core::api_answer& got) {
    std::lock_guard guard{mutex_};
    asked_.erase(op);
    trouble_ = got.error ? got.error.message : "";
    auto body = json::parse(got.body.view(), nullptr, false);
    if (!got.error && body.is_object())
      answers_[op] = std::move(body);
  }

  /// False: its answer is still to come.
  bool may_ask(const std::string& op) {
    std::lock_guard guard{mutex_};
    return asked_.insert(op).second;
  }

  /// True: there was something.
  bool give_to(top_view& view) {
    std::lock_guard guard{mutex_};
    auto some = !answers_.empty() || trouble_ != told_;
    for (auto& [op, body] : answers_)
      view.take(op, std::move(body));
    answers_.clear();
    view.set_trouble(told_ = trouble_);
    return some;
  }

private:
  std::mutex mutex_;
  std::map<std::string, json> answers_;
  std::set<std::string> asked_;
  std::string trouble_;
  std::string told_;
};

class live_view {
public:
  live_view(verb_call& call, full_screen& screen, std::string node)
    : call_(call), screen_(screen), view_(std::move(node)), news_(call) {}

  int show() {
    for (;;) {
      ask_when_due();
      box_->give_to(view_);
      // Always: the window may have another size.
      screen_.show(view_.lines(screen_.size()));
      auto key = screen_.key(look_interval);
      if (key.empty())
        continue;
      auto before = view_.opened();
      auto wish = view_.press(key);
      if (view_.opened() != before)
        asked_ = {}; // Its tasks are wanted now.
      if (wish.what == top_wish::kind::quit)
        return exit_ok;
      if (wish.what == top_wish::kind::command)
        obey(wish);
    }
  }

private:
  void ask_when_due() {
    auto now = clock::now();
    if (now < asked_ + asked_at_most)
      return;
    happened_ = news_.take() || happened_;
    if (!happened_ && now < asked_ + asked_at_least)
      return;
    happened_ = false;
    asked_ = now;
    for (const auto& [op, params] : questions)
      ask(op, op, params);
    if (!view_.opened().empty())
      ask("run_tasks", "tasks", {{"run", view_.opened()}, {"limit", rows_max}});
  }

  void ask(const std::string& as, const std::string& op, const json& params) {
    if (!box_->may_ask(as))
      return;
    call_.node().call(
      {op, call_.workspace(), call_.origin(), core::text{params.dump()}, ""},
      [box = box_, as](const core::api_answer& got) { box->put(as, got); });
  }

  void obey(const top_wish& wish) {
    try {
      auto done = call_.ask(wish.op, wish.params);
      view_.say(wish.op + ": " + done.value("state", "done"));
    } catch (const stop_verb& why) {
      view_.say(wish.op + ": " + why.what);
    }
    asked_ = {};
  }

  verb_call& call_;
  full_screen& screen_;
  top_view view_;
  std::shared_ptr<inbox> box_ = std::make_shared<inbox>();
  live_news news_;
  bool happened_ = false;
  clock::time_point asked_;
};

} // namespace

int run_top(verb_call& call) {
  if (call.json())
    throw stop_verb{exit_usage, "`troupe top` is for people and has no --json",
                    "`troupe status --json` and `troupe runs --json` are for "
                    "programs"};
  call.node(); // Else the screen would be cleared for nothing.
  const auto& around = call.around();
  auto dumb = around.environment("TERM") == "dumb";
  auto colour = around.environment("NO_COLOR").empty();
  auto screen = dumb || !around.terminal || !around.screen
                  ? nullptr
                  : around.screen(colour);
  if (!screen)
    throw stop_verb{exit_usage,
                    dumb ? "`troupe top` cannot draw on a terminal with "
                           "TERM=dumb"
                         : "`troupe top` needs a terminal to draw on",
                    "`troupe runs --watch` writes lines instead"};
  return live_view{call, *screen, to_text(*call.address())}.show();
}

} // namespace troupe::cli
