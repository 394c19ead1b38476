#include "runtime/trace_exporter.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>

#include "troupe/version.hpp"

namespace troupe::runtime {

using std::chrono::milliseconds;

void trace_board::learn(const core::batch& x) {
  for (const auto& run : x.runs) {
    if (run.by.trace.empty() || (!run.fresh && !core::terminal(run.state)))
      continue;
    std::lock_guard guard{mutex_};
    if (core::terminal(run.state))
      runs_.erase(run.key);
    else if (runs_.size() < runs_max)
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

  // All with the mutex.
  void gather();
  void send();
  void on_sent(const core::result<outbound::http_answer>& got);
  void tick(milliseconds every);

  mutable std::mutex mutex;
  std::condition_variable changed;
  core::span_builder builder;
  std::vector<batch_ptr> batches;
  std::deque<core::span> spans;
  std::vector<core::span> under_way;
  core::url to;
  outbound::http_client* client = nullptr; // Null: it has stopped.
  milliseconds every{0};
  uint64_t sent = 0;
  uint64_t dropped = 0;
  uint64_t dropped_batches = 0;
  uint64_t failures = 0;
};

void trace_exporter::parts::gather() {
  std::vector<core::span> made;
  for (const auto& x : std::exchange(batches, {}))
    builder.fold(*x, made);
  for (auto& x : made) {
    if (spans.size() >= spans_max) {
      ++dropped;
      continue;
    }
    spans.push_back(std::move(x));
  }
}

void trace_exporter::parts::send() {
  if (client == nullptr || !under_way.empty() || spans.empty())
    return;
  auto n = std::min(spans.size(), spans_per_call);
  std::move(spans.begin(), spans.begin() + static_cast<ptrdiff_t>(n),
            std::back_inserter(under_way));
  spans.erase(spans.begin(), spans.begin() + static_cast<ptrdiff_t>(n));
  outbound::http_call call;
  call.method = "POST";
  call.to = to;
  call.deadline = milliseconds{10'000};
  call.headers = {{"Content-Type", "application/json"}};
  call.body = core::to_otlp(under_way, version());
  client->send(std::move(call), [weak = weak_from_this()](
                                  core::result<outbound::http_answer> got) {
    auto me = weak.lock();
    if (!me)
      return;
    std::lock_guard guard{me->mutex};
    me->on_sent(got);
  });
}

void trace_exporter::parts::on_sent(
  const core::result<outbound::http_answer>& got) {
  auto status = got ? got->status : 0;
  auto good = status >= 200 && status < 300;
  // What the standard says may be sent again; the next tick does.
  auto again = !got || status == 429 || (status >= 502 && status <= 504);
  if (good)
    sent += under_way.size();
  else
    ++failures;
  if (!good && again && client != nullptr
      && spans.size() + under_way.size() <= spans_max)
    spans.insert(spans.begin(), std::make_move_iterator(under_way.begin()),
                 std::make_move_iterator(under_way.end()));
  else if (!good)
    dropped += under_way.size();
  under_way.clear();
  if (good)
    send();
  changed.notify_all();
}

void trace_exporter::parts::tick(milliseconds time) {
  if (client == nullptr)
    return;
  client->after(time, [weak = weak_from_this()] {
    auto me = weak.lock();
    if (!me)
      return;
    std::lock_guard guard{me->mutex};
    me->gather();
    me->send();
    me->tick(me->every);
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
  std::lock_guard guard{parts_->mutex};
  parts_->to = *to;
  parts_->client = &client;
  parts_->every = how_.every;
  parts_->tick(how_.every);
}

void trace_exporter::stop(milliseconds within) {
  std::unique_lock guard{parts_->mutex};
  auto& all = *parts_;
  if (all.client == nullptr)
    return;
  if (within > milliseconds{0}) {
    all.gather();
    all.send();
    auto failed = all.failures;
    all.changed.wait_for(guard, within, [&] {
      return (all.spans.empty() && all.under_way.empty())
             || all.failures != failed;
    });
  }
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
