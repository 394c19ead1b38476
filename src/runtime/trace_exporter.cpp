#include "runtime/trace_exporter.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>

#include "troupe/version.hpp"

namespace troupe::runtime {

using std::chrono::milliseconds;

void trace_board::learn(const core::batch& x) {
  for (const auto& run : x.runs) {
    if (run.by.trace.empty())
      continue;
    std::lock_guard guard{mutex_};
    if (core::terminal(run.state)) {
      runs_.erase(run.key);
      continue;
    }
    // Any row: after a restart the first one is not there any more.
    if (runs_.size() >= runs_max || runs_.count(run.key) > 0)
      continue;
    auto from = core::from_origin(run.by.trace);
    if (from && (always_ || !from->parent.empty()))
      runs_[run.key] = core::context_of(run, how_);
  }
}

std::string trace_board::traceparent(const task& x) const {
  auto key = core::id_from(x.id);
  if (!key)
    return {};
  std::optional<core::trace_context> in;
  {
    std::lock_guard guard{mutex_};
    if (auto pos = runs_.find(key->run()); pos != runs_.end())
      in = pos->second;
  }
  if (!in && !always_)
    return {};
  if (!in) {
    core::run_row run;
    run.key = key->run();
    in = core::context_of(run, how_);
  }
  in->parent = core::span_of(*key, x.attempt);
  return core::to_traceparent(*in);
}

struct trace_exporter::parts : std::enable_shared_from_this<parts> {
  explicit parts(const traces_config& how) : builder({how.sample}) {}

  // All without the mutexes.
  void gather();
  void send();
  void on_sent(const core::result<outbound::http_answer>& got,
               std::vector<core::span>& what);
  void tick();

  /// Held while spans are made, which takes long: never by the journal's
  /// thread.
  std::mutex folding;
  core::span_builder builder; // With `folding`.
  // The rest with the mutex, which nobody holds for long.
  mutable std::mutex mutex;
  std::condition_variable changed;
  std::vector<batch_ptr> batches;
  std::deque<core::span> spans;
  size_t under_way = 0;
  core::url to;
  outbound::http_client* client = nullptr; // Null: it has stopped.
  milliseconds every{0};
  uint64_t sent = 0;
  uint64_t dropped = 0;
  uint64_t dropped_batches = 0;
  uint64_t failures = 0;
};

void trace_exporter::parts::gather() {
  std::lock_guard alone{folding};
  std::vector<batch_ptr> all;
  {
    std::lock_guard guard{mutex};
    all.swap(batches);
  }
  std::vector<core::span> made;
  for (const auto& x : all)
    builder.fold(*x, made);
  std::lock_guard guard{mutex};
  for (auto& x : made) {
    if (spans.size() >= spans_max) {
      ++dropped;
      continue;
    }
    spans.push_back(std::move(x));
  }
}

void trace_exporter::parts::send() {
  auto what = std::make_shared<std::vector<core::span>>();
  outbound::http_call call;
  outbound::http_client* through = nullptr;
  {
    std::lock_guard guard{mutex};
    if (client == nullptr || under_way > 0 || spans.empty())
      return;
    under_way = std::min(spans.size(), spans_per_call);
    auto end = spans.begin() + static_cast<ptrdiff_t>(under_way);
    std::move(spans.begin(), end, std::back_inserter(*what));
    spans.erase(spans.begin(), end);
    through = client;
    call.to = to;
  }
  call.method = "POST";
  call.deadline = milliseconds{10'000};
  call.headers = {{"Content-Type", "application/json"}};
  call.body = core::to_otlp(*what, version());
  through->send(std::move(call), [weak = weak_from_this(), what](
                                   core::result<outbound::http_answer> got) {
    if (auto me = weak.lock())
      me->on_sent(got, *what);
  });
}

void trace_exporter::parts::on_sent(
  const core::result<outbound::http_answer>& got,
  std::vector<core::span>& what) {
  auto status = got ? got->status : 0;
  auto good = status >= 200 && status < 300;
  // What the standard says may be sent again; the next tick does.
  auto again = !got || status == 429 || (status >= 502 && status <= 504);
  {
    std::lock_guard guard{mutex};
    under_way = 0;
    if (good)
      sent += what.size();
    else
      ++failures;
    if (!good && again && client != nullptr
        && spans.size() + what.size() <= spans_max)
      spans.insert(spans.begin(), std::make_move_iterator(what.begin()),
                   std::make_move_iterator(what.end()));
    else if (!good)
      dropped += what.size();
    changed.notify_all();
  }
  if (good)
    send();
}

void trace_exporter::parts::tick() {
  std::lock_guard guard{mutex};
  if (client == nullptr)
    return;
  client->after(every, [weak = weak_from_this()] {
    auto me = weak.lock();
    if (!me)
      return;
    me->gather();
    me->send();
    me->tick();
  });
}

trace_exporter::trace_exporter(const traces_config& how)
  : how_(how), parts_(std::make_shared<parts>(how)) {}

trace_exporter::~trace_exporter() {
  stop(milliseconds{0});
}

void trace_exporter::start(outbound::http_client& client) {
  auto to = core::parse_url(how_.endpoint);
  if (!to)
    return; // It is off.
  {
    std::lock_guard guard{parts_->mutex};
    parts_->to = *to;
    parts_->client = &client;
    parts_->every = how_.every;
  }
  parts_->tick();
}

void trace_exporter::stop(milliseconds within) {
  auto& all = *parts_;
  if (within > milliseconds{0}) {
    all.gather();
    all.send();
  }
  std::unique_lock guard{all.mutex};
  if (all.client == nullptr)
    return;
  auto failed = all.failures;
  all.changed.wait_for(guard, within, [&] {
    return (all.spans.empty() && all.under_way == 0) || all.failures != failed;
  });
  all.client = nullptr;
}

void trace_exporter::committed(const batch_ptr& x) {
  if (!on() || (x->tasks.empty() && x->runs.empty()))
    return;
  std::lock_guard guard{parts_->mutex};
  if (parts_->batches.size() >= batches_max)
    ++parts_->dropped_batches;
  else
    parts_->batches.push_back(x);
}

void trace_exporter::add_figures(core::metric_page& to) const {
  if (!on())
    return;
  std::lock_guard guard{parts_->mutex};
  auto count = [&](const char* name, const char* help, uint64_t n) {
    to.counter(name, help, static_cast<double>(n));
  };
  count("troupe_spans_sent_total", "Spans that the collector took.",
        parts_->sent);
  count("troupe_spans_dropped_total", "Spans that were not sent.",
        parts_->dropped);
  count("troupe_span_batches_dropped_total",
        "Batches that nobody made spans of, because there were too many.",
        parts_->dropped_batches);
  count("troupe_span_export_failures_total",
        "Calls of the collector that failed.", parts_->failures);
}

} // namespace troupe::runtime
