#include <algorithm>
#include <map>
#include <mutex>

#include "core/time.hpp"
#include "mcp/fixtures.hpp"

namespace troupe::mcp::fixtures {

using nlohmann::json;

namespace {

std::string now_text() {
  return core::to_rfc3339(std::chrono::time_point_cast<core::instant::duration>(
    std::chrono::system_clock::now()));
}

} // namespace

/// One tool's call that goes on after it was answered.
struct lasting {
  std::mutex mutex;
  std::string status = "working";
  std::string created = now_text();
  std::string updated = created;
  json outcome;                 // Members of the task: `result` or `error`.
  json inputs = json::object(); // Questions that are open.
  json answers = json::object();
  json state;
  request_ptr work;

  void become(std::string to) {
    status = std::move(to);
    updated = now_text();
  }
  bool over() const {
    return status != "working" && status != "input_required";
  }
};

using lasting_ptr = std::shared_ptr<lasting>;

namespace {

/// What a tool answers goes into its task.
class task_outlet : public outlet {
public:
  explicit task_outlet(std::weak_ptr<lasting> to) : to_(std::move(to)) {}

  bool send(const json&) override { return open(); }

  void finish(const reply& last) override {
    auto to = to_.lock();
    if (!to)
      return;
    std::lock_guard guard{to->mutex};
    if (to->over())
      return;
    auto good = last.message.contains("result");
    to->become(good ? "completed" : "failed");
    if (good)
      to->outcome = {{"result", last.message["result"]}};
    else
      to->outcome = {{"error", member(last.message, "error")}};
  }

  bool open() const override {
    auto to = to_.lock();
    if (!to)
      return false;
    std::lock_guard guard{to->mutex};
    return !to->over();
  }

private:
  const std::weak_ptr<lasting> to_;
};

json shown(const std::string& id, lasting& what) {
  std::lock_guard guard{what.mutex};
  json out{{"taskId", id},
           {"status", what.status},
           {"createdAt", what.created},
           {"lastUpdatedAt", what.updated},
           {"ttlMs", 600'000},
           {"pollIntervalMs", 100}};
  if (what.outcome.is_object())
    out.update(what.outcome);
  if (what.status == "input_required")
    out["inputRequests"] = what.inputs;
  return out;
}

} // namespace

class task_book {
public:
  /// Goes on as a task where the client can; otherwise answers by itself.
  void begin(const request_ptr& r, const handler& what) {
    if (!r->can_tasks())
      return what(r);
    auto made = std::make_shared<lasting>();
    auto id = r->around->chance();
    json message{{"id", id}, {"method", r->method}, {"params", r->params}};
    made->work = std::make_shared<request>(
      era::modern, std::move(message), r->from,
      std::make_shared<task_outlet>(made), nullptr, r->around);
    made->work->ask_through(
      [weak = std::weak_ptr{made}](json inputs, json state) {
        if (auto self = weak.lock())
          ask(*self, std::move(inputs), std::move(state));
      });
    {
      std::lock_guard guard{mutex_};
      if (all_.size() >= tasks_max)
        all_.clear();
      all_[id] = made;
    }
    auto task = shown(id, *made);
    task["resultType"] = "task";
    r->succeed(std::move(task));
    made->work->run(what);
  }

  lasting_ptr find(const std::string& id) {
    std::lock_guard guard{mutex_};
    auto pos = all_.find(id);
    return pos == all_.end() ? nullptr : pos->second;
  }

private:
  static constexpr size_t tasks_max = 1'000;

  static void ask(lasting& of, json inputs, json state) {
    std::lock_guard guard{of.mutex};
    of.inputs = std::move(inputs);
    of.state = std::move(state);
    of.become("input_required");
  }

  std::mutex mutex_;
  std::map<std::string, lasting_ptr> all_;
};

namespace {

void take_answers(lasting& of, const json& given) {
  request_ptr work;
  json state, answers;
  {
    std::lock_guard guard{of.mutex};
    if (of.status != "input_required")
      return;
    for (const auto& [key, value] : given.items())
      if (of.inputs.erase(key) > 0)
        of.answers[key] = value;
    if (!of.inputs.empty())
      return;
    of.become("working");
    work = of.work;
    state = of.state;
    answers = of.answers;
  }
  work->go_on(std::move(state), answers);
}

void stop(lasting& what) {
  std::lock_guard guard{what.mutex};
  if (!what.over())
    what.become("cancelled");
}

void compute(const request_ptr& r) {
  const auto& seconds = argument(*r, "seconds");
  auto wanted = seconds.is_number_unsigned() ? seconds.get<uint64_t>() : 0;
  r->around->after(std::chrono::seconds{std::min<uint64_t>(wanted, 3600)},
                   [r] { r->succeed(text_result("computed")); });
}

void fail_late(const request_ptr& r) {
  r->around->after(std::chrono::seconds{1}, [r] {
    r->succeed(text_result("this job always fails", true));
  });
}

void break_late(const request_ptr& r) {
  r->around->after(std::chrono::milliseconds{100}, [r] {
    r->fail(code::internal_error, "this job always breaks");
  });
}

json ask_yes(std::string_view what) {
  return elicit(what, {{"confirm", {{"type", "boolean"}}}}, {"confirm"});
}

void confirm(const request_ptr& r) {
  if (r->answer("confirm").is_null())
    return r->ask({{"confirm", ask_yes("Really delete it?")}}, nullptr);
  r->succeed(text_result("deleted"));
}

void confirm_both(const request_ptr& r) {
  if (r->answer("second").is_null())
    return r->ask(
      {{"first", ask_yes("The first?")}, {"second", ask_yes("The second?")}},
      nullptr);
  r->succeed(text_result("both were confirmed"));
}

/// Asks first, then becomes a task.
handler asks_then_lasts(const task_book_ptr& book) {
  return [book](const request_ptr& r) {
    const auto& said = r->answer("user_name");
    if (said.is_null())
      return r->ask(
        {{"user_name", elicit("What is your name?",
                              {{"name", {{"type", "string"}}}}, {"name"})}},
        nullptr);
    auto name = text_of(member(said, "content"), "name");
    book->begin(r, [name](const request_ptr& work) {
      work->succeed(text_result("Hello, " + name + "!"));
    });
  };
}

} // namespace

task_book_ptr make_task_book() {
  return std::make_shared<task_book>();
}

tools lasting_tools(const task_book_ptr& book) {
  auto lasts = [&](const char* name, std::vector<std::string> fields,
                   handler what, task_use use = task_use::may) {
    auto out = make(name, "Goes on as a task", std::move(fields),
                    [book, what = std::move(what)](const request_ptr& r) {
                      book->begin(r, what);
                    });
    out.tasks = use;
    return out;
  };
  auto greet =
    make("greet", "Greets at once", {"name"}, [](const request_ptr& r) {
      auto name = text_of(member(r->params, "arguments"), "name");
      r->succeed(text_result("Hello, " + name + "!"));
    });
  auto slow = lasts("slow_compute", {"label"}, compute);
  slow.input_schema["properties"]["seconds"] = {{"type", "integer"}};
  auto asks = make("test_tool_with_task", "Asks, then goes on as a task", {},
                   asks_then_lasts(book));
  asks.tasks = task_use::must;
  return {greet,
          slow,
          lasts("failing_job", {}, fail_late, task_use::must),
          lasts("protocol_error_job", {}, break_late),
          lasts("confirm_delete", {"filename"}, confirm),
          lasts("multi_input", {}, confirm_both),
          asks};
}

bool takes_task(task_book& book, const request_ptr& r) {
  auto id = text_of(r->params, "taskId");
  auto found = r->method.starts_with("tasks/") ? book.find(id) : nullptr;
  if (!found)
    return false;
  if (r->method == "tasks/get") {
    r->succeed(shown(id, *found));
    return true;
  }
  if (r->method == "tasks/update")
    take_answers(*found, member(r->params, "inputResponses"));
  else
    stop(*found);
  r->succeed(json::object());
  return true;
}

} // namespace troupe::mcp::fixtures
