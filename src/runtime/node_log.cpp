#include "runtime/node_log.hpp"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <functional>
#include <mutex>
#include <system_error>
#include <thread>

#include <nlohmann/json.hpp>

#include "core/cut_text.hpp"
#include "core/json_text.hpp"
#include "core/queue_words.hpp"
#include "core/secrets.hpp"

namespace troupe::runtime {

using nlohmann::json;

namespace {

constexpr size_t text_bytes_max = 4096;
/// For what is left at the end, where nobody reads it.
constexpr std::chrono::seconds last_words_max{1};

int64_t in_ms(core::duration x) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(x).count();
}

void add_error(json& to, const failure& why) {
  if (!why)
    return;
  to["error"] = why.message;
  to["code"] = to_string(why.code);
}

json fields_of(const core::run_row& x) {
  json out{{"event", "run_ended"},
           {"run", core::to_string(x.key)},
           {"workspace", x.workspace},
           {"name", x.name},
           {"state", core::to_string(x.state)},
           {"duration_ms", in_ms(x.ended_at - x.created_at)}};
  if (!x.by.request.empty())
    out["request"] = x.by.request;
  if (!x.by.trace.empty())
    out["trace"] = x.by.trace.substr(0, 32);
  add_error(out, x.error);
  return out;
}

json fields_of(const core::task_row& x) {
  auto ended = core::terminal(x.state);
  json out{{"event", ended ? "task_ended" : "attempt_failed"},
           {"run", core::to_string(x.key.run())},
           {"task", core::to_string(x.key)},
           {"workspace", x.workspace},
           {"name", x.name},
           {"type", x.type},
           {"attempt", x.attempt},
           {"retries", x.retries},
           {"state", core::to_string(x.state)}};
  if (!x.agent.empty())
    out["agent"] = x.agent;
  if (ended && x.started_at != core::no_instant)
    out["duration_ms"] = in_ms(x.ended_at - x.started_at);
  if (x.state != core::task_state::completed)
    add_error(out, x.error);
  return out;
}

/// The same as its row, under the same names.
json fields_of(const core::audit_row& x) {
  return {{"event", x.action},
          {"org_id", x.workspace},
          {"action", x.action},
          {"resource", core::audited_resource},
          {"resource_id", core::to_string(x.resource)},
          {"agent", core::audited_agent},
          {"status", x.status},
          {"details", json::parse(x.details.view(), nullptr, false)}};
}

json fields_of(const core::queue_alert& x) {
  return {{"event", "alert"},         {"alert", x.name},
          {"audience", x.audience},   {"over", x.over},
          {"workspace", x.workspace}, {"text", x.text}};
}

/// What a batch that waits keeps in memory, roughly.
size_t bytes_in(const core::batch& x) {
  size_t all = sizeof x + x.facts.size();
  for (const auto& run : x.runs)
    all += sizeof run + run.input.size() + run.output.size() + run.labels.size()
           + run.ready.size();
  for (const auto& task : x.tasks)
    all += sizeof task + task.input.size() + task.output.size()
           + task.spec.size() + task.score.size();
  for (const auto& one : x.cached)
    all += sizeof one + one.output.size();
  for (const auto& one : x.logs)
    all += sizeof one + one.lines.size();
  for (const auto& one : x.audits)
    all += sizeof one + one.details.size();
  for (const auto& one : x.signals)
    all += sizeof one + one.payload.size();
  for (const auto& one : x.definitions)
    all += sizeof one + one.body.size();
  return all;
}

/// One word, or in quotes.
std::string plain(const json& value) {
  auto text =
    value.is_string() ? value.get<std::string>() : core::to_compact(value);
  auto odd = [](unsigned char c) { return c <= ' ' || c == '"' || c == 0x7f; };
  if (!text.empty() && std::none_of(text.begin(), text.end(), odd))
    return text;
  return core::to_compact(json(text));
}

} // namespace

std::string log_line(log_format format, core::instant at,
                     std::string_view level, const json& fields) {
  auto shown = fields;
  for (auto& [name, value] : shown.items()) {
    if (!value.is_string())
      continue;
    auto text = core::line_without_secrets(value.get<std::string>());
    core::cut_text(text, text_bytes_max);
    value = std::move(text);
  }
  if (format == log_format::json) {
    shown["at"] = core::to_rfc3339(at);
    shown["level"] = level;
    return core::to_compact(shown);
  }
  auto out = core::to_rfc3339(at) + " " + std::string{level};
  for (const auto& [name, value] : shown.items())
    out += " " + name + "=" + plain(value);
  return out;
}

struct node_log::parts {
  explicit parts(const log_config& how) : how(how) {}

  /// Answers lines, each with its break; on the log's thread.
  using work = std::function<std::string()>;
  struct waiting_work {
    work what;
    size_t bytes = 0;
  };

  void put(work x, size_t bytes);
  failure begin();
  void run();
  void write(const std::string& text);
  bool can_write();

  const log_config how;
  int to = STDERR_FILENO;
  mutable std::mutex mutex;
  std::condition_variable changed;
  std::deque<waiting_work> waiting;
  size_t bytes = 0;                // That wait, or are being written.
  std::atomic<bool> closed{false}; // Set with the mutex.
  std::chrono::steady_clock::time_point closed_at{};
  size_t piece = SIZE_MAX; // Written at a time.
  uint64_t dropped = 0;
  std::thread thread;
};

void node_log::parts::put(work x, size_t weight) {
  std::lock_guard guard{mutex};
  if (waiting.size() >= waiting_max || bytes + weight > waiting_bytes_max) {
    ++dropped;
    return;
  }
  waiting.push_back({std::move(x), weight});
  bytes += weight;
  changed.notify_one();
}

failure node_log::parts::begin() {
  // A pipe takes so much at once without making us wait.
  struct stat what {};
  if (::fstat(to, &what) == 0 && !S_ISREG(what.st_mode))
    piece = PIPE_BUF;
  std::lock_guard guard{mutex};
  if (thread.joinable())
    return {};
  try {
    thread = std::thread{[this] { run(); }};
  } catch (const std::system_error& why) {
    return {errc::limit_reached, category::resource,
            std::string{"the system has no thread for the log: "} + why.what()
              + "; raise its limit of processes and threads"};
  }
  return {};
}

void node_log::parts::run() {
  std::unique_lock guard{mutex};
  for (;;) {
    changed.wait(guard, [this] { return closed || !waiting.empty(); });
    if (waiting.empty())
      return;
    auto all = std::exchange(waiting, {});
    guard.unlock();
    std::string text;
    size_t done = 0;
    for (auto& x : all) {
      text += x.what();
      x.what = {}; // Its batch is not needed any more.
      done += x.bytes;
    }
    write(text);
    guard.lock();
    bytes -= done;
  }
}

/// False: nobody takes anything, and the node ends.
bool node_log::parts::can_write() {
  constexpr int look_again_ms = 100;
  pollfd one{to, POLLOUT, 0};
  while (::poll(&one, 1, look_again_ms) <= 0)
    if (closed && std::chrono::steady_clock::now() > closed_at + last_words_max)
      return false;
  return true;
}

/// What cannot be written is gone: a log must not end a node.
void node_log::parts::write(const std::string& text) {
  for (size_t done = 0; done < text.size();) {
    if (!can_write())
      return;
    auto n =
      ::write(to, text.data() + done, std::min(text.size() - done, piece));
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return;
    done += static_cast<size_t>(n);
  }
}

node_log::node_log(const log_config& how)
  : how_(how), parts_(std::make_unique<parts>(how)) {}

node_log::~node_log() {
  auto& all = *parts_;
  {
    std::lock_guard guard{all.mutex};
    all.closed_at = std::chrono::steady_clock::now();
    all.closed = true;
    all.changed.notify_one();
  }
  if (all.thread.joinable())
    all.thread.join();
  else
    all.run(); // It was never opened.
  if (all.to != STDERR_FILENO)
    ::close(all.to);
}

failure node_log::open() {
  if (how_.file.empty()) // A node that says nothing but warnings has no thread.
    return takes_warnings() || how_.level != log_level::warning
             ? parts_->begin()
             : failure{};
  if (parts_->to != STDERR_FILENO)
    return {};
  constexpr auto how = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC;
  auto to = ::open(how_.file.c_str(), how, 0640);
  if (to < 0)
    return {errc::invalid, category::validation,
            "the log file " + how_.file + " cannot be written: "
              + std::strerror(errno) + "; check `log.file`"};
  parts_->to = to;
  return parts_->begin();
}

void node_log::warning(const std::string& text, core::instant at) {
  parts_->put(
    [format = how_.format, text, at] {
      return log_line(format, at, "warning",
                      {{"event", "warning"}, {"text", text}})
             + "\n";
    },
    text.size());
}

void node_log::alert(const core::queue_alert& x, core::instant at) {
  parts_->put(
    [format = how_.format, x, at] {
      return log_line(format, at, x.over ? "info" : "warning", fields_of(x))
             + "\n";
    },
    x.text.size());
}

void node_log::committed(const batch_ptr& x) {
  if (how_.level == log_level::warning)
    return;
  parts_->put(
    [format = how_.format, x] {
      std::string out;
      auto add = [&](core::instant at, const json& fields) {
        out += log_line(format, at, "info", fields) + "\n";
      };
      for (const auto& task : x->tasks)
        if (core::terminal(task.state))
          add(task.ended_at, fields_of(task));
        else if (task.state == core::task_state::retrying)
          add(task.started_at, fields_of(task));
      for (const auto& row : x->audits)
        add(row.at, fields_of(row));
      for (const auto& run : x->runs)
        if (core::terminal(run.state))
          add(run.ended_at, fields_of(run));
      return out;
    },
    bytes_in(*x));
}

void node_log::request(answered_request x, core::instant at) {
  if (how_.level != log_level::debug)
    return;
  parts_->put(
    [format = how_.format, x = std::move(x), at] {
      json fields{{"event", "request"},      {"request", x.id},
                  {"method", x.method},      {"route", x.route},
                  {"status", x.status},      {"duration_ms", in_ms(x.took)},
                  {"workspace", x.workspace}};
      return log_line(format, at, "debug", fields) + "\n";
    },
    0);
}

void node_log::add_figures(core::metric_page& to) const {
  std::lock_guard guard{parts_->mutex};
  to.counter("troupe_log_dropped_total",
             "Lines or batches that the log had no room for.",
             static_cast<double>(parts_->dropped));
}

} // namespace troupe::runtime
