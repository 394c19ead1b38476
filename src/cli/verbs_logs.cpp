#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <ostream>
#include <set>
#include <utility>

#include "cli/live_news.hpp"
#include "cli/reference.hpp"
#include "cli/show.hpp"
#include "cli/table.hpp"
#include "cli/verbs.hpp"

namespace troupe::cli {

namespace {

using nlohmann::json;

constexpr std::chrono::milliseconds look_interval{500};
constexpr uint32_t lines_per_page = 1000;
/// Of a run's tasks in progress, those whose lines so far are asked for.
constexpr uint32_t running_shown_max = 100;
/// Far more than a terminal can show; beyond it lines are left out.
constexpr size_t waiting_max = 100'000;

/// The lines of a run from now on. The stream's thread may outlive the verb.
class line_stream {
public:
  line_stream(verb_call& call, core::id run) : box_(std::make_shared<box>()) {
    call.node().watch(
      {call.workspace(), run, "", call.origin()},
      [box = box_](const core::watch_event& event) { return box->put(event); });
  }
  ~line_stream() {
    std::lock_guard guard{box_->mutex};
    box_->open = false;
  }
  line_stream(const line_stream&) = delete;
  line_stream& operator=(const line_stream&) = delete;

  /// What has come; waits a little for it. `over`: nothing more will.
  std::deque<json> take(bool& over) {
    std::unique_lock guard{box_->mutex};
    auto some = [this] { return !box_->lines.empty() || box_->over; };
    box_->arrived.wait_for(guard, look_interval, some);
    over = box_->over;
    return std::exchange(box_->lines, {});
  }

private:
  struct box {
    std::mutex mutex;
    std::condition_variable arrived;
    std::deque<json> lines;
    bool over = false;
    bool open = true;

    bool put(const core::watch_event& event) {
      auto x = json::parse(event.json, nullptr, false);
      std::lock_guard guard{mutex};
      over = over || event.last;
      if (x.is_object() && x.value("kind", "") == "log"
          && lines.size() < waiting_max)
        lines.push_back(std::move(x));
      arrived.notify_one();
      return open;
    }
  };
  std::shared_ptr<box> box_;
};

class log_reader {
public:
  log_reader(verb_call& call, core::id of)
    : call_(call), of_(of), follow_(call.has("follow")),
      of_run_(of.number() == 0) {}

  int read() {
    if (of_run_ && follow_)
      return follow_run();
    if (of_run_) {
      if (read_kept())
        read_running();
    } else if (!read_task()) {
      return interrupted();
    }
    if (printed_.empty() && !call_.json() && !follow_)
      call_.out() << "Nothing was said.\n";
    return exit_ok;
  }

private:
  json page_of(core::id of, const std::string& after) {
    auto params = target_params(of);
    params["limit"] = lines_per_page;
    if (!after.empty())
      params["after"] = after;
    if (call_.has("attempt"))
      params["attempt"] = call_.number("attempt");
    return call_.ask("logs", params);
  }

  /// True: the run goes on.
  bool read_kept() {
    std::string after;
    for (;;) {
      auto page = page_of(of_, after);
      print(page);
      after = page.value("next", "");
      if (page.value("live", false) || after.empty())
        return page.value("live", false);
    }
  }

  void read_running() {
    auto tasks = call_.ask("tasks", {{"run", to_string(of_)},
                                     {"state", "in_progress"},
                                     {"limit", running_shown_max}});
    auto kept = printed_;
    for (const auto& x : items(tasks, "tasks")) {
      auto id = core::id_from(text_of(x, "task"));
      if (id && kept.count({text_of(x, "task"), count_of(x, "attempt")}) == 0)
        print(page_of(*id, {}), kept);
    }
  }

  /// False: ^C came first.
  bool read_task() {
    live_news news{call_};
    std::string after;
    for (;;) {
      if (follow_)
        news.take(); // What happens from here on is not slept over.
      auto page = page_of(of_, after);
      print(page);
      after = page.value("next", after);
      auto live = page.value("live", false);
      if (page.contains("next") && !live)
        continue;
      if (!live || !follow_)
        return true;
      if (asked_to_stop())
        return false;
      news.wait(look_interval);
    }
  }

  int follow_run() {
    line_stream stream{call_, of_};
    auto live = read_kept();
    auto kept = printed_;
    if (live)
      read_running();
    while (live) {
      bool over = false;
      for (auto& x : stream.take(over))
        print_event(x, kept);
      live = !over;
      if (live && asked_to_stop())
        return interrupted();
    }
    return exit_ok;
  }

  bool asked_to_stop() const {
    const auto& asked = call_.around().interrupted;
    return asked && asked();
  }

  int interrupted() {
    call_.err() << "troupe: interrupted; the work goes on\n";
    return exit_interrupted;
  }

  using attempt = std::pair<std::string, uint64_t>;

  void print(const json& page, const std::set<attempt>& but = {}) {
    for (const auto& x : items(page, "lines")) {
      attempt of{text_of(x, "task"), count_of(x, "attempt")};
      if (but.count(of) > 0)
        continue;
      names_[of.first] = text_of(x, "name");
      auto number = count_of(x, "number");
      if (printed_.insert(of).second && number > 0 && !call_.json())
        call_.out() << "(" << number << " older lines were not kept)\n";
      print_line(x, of);
    }
    call_.out() << std::flush;
  }

  void print_event(json& event, const std::set<attempt>& kept) {
    attempt of{text_of(event, "id"), count_of(event, "attempt")};
    if (kept.count(of) > 0
        || (call_.has("attempt") && call_.number("attempt") != of.second))
      return;
    json line{{"task", of.first},
              {"name", name_of(of.first)},
              {"attempt", of.second},
              {"line", event.value("line", "")}};
    print_line(line, of);
    call_.out() << std::flush;
  }

  void print_line(const json& x, const attempt& of) {
    if (call_.json()) {
      call_.out() << x.dump() << '\n';
      return;
    }
    auto at = text_of(x, "at");
    if (at.size() > 23) // "2026-11-21T23:42:37.123..."
      call_.out() << at.substr(11, 12) << "  ";
    if (of_run_)
      call_.out() << names_[of.first]
                  << (of.second > 1 ? " (try " + std::to_string(of.second) + ")"
                                    : std::string{})
                  << "  ";
    call_.out() << text_of(x, "line") << '\n';
  }

  const std::string& name_of(const std::string& task) {
    auto& name = names_[task];
    if (name.empty())
      name = text_of(call_.ask("task", {{"task", task}}), "name");
    return name;
  }

  verb_call& call_;
  const core::id of_;
  const bool follow_;
  const bool of_run_;
  std::map<std::string, std::string> names_; // By task.
  std::set<attempt> printed_;
};

} // namespace

void logs_options(adder& add) {
  add("follow", "go on with what is said from now on, until it has ended");
  add("attempt", po::value<uint32_t>()->value_name("N"),
      "what was said at this attempt only");
}

int run_logs(verb_call& call) {
  return log_reader{call, find_target(call, call.text("target"))}.read();
}

} // namespace troupe::cli
