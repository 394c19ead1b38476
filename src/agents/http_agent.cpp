#include "agents/http_agent.hpp"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/jwt.hpp"

namespace troupe::agents {

using core::http_health;
using core::http_next;
using core::http_verdict;
using outbound::http_answer;
using std::chrono::milliseconds;

namespace {

/// Looks at running work that may fail in a row before it counts as lost.
constexpr uint32_t silent_polls_max = 3;
constexpr milliseconds poll_timeout{30'000};
constexpr milliseconds goodbye_timeout{5'000};

core::http_seen seen(const http_answer& x) {
  return {x.status, x.header("retry-after"), x.header("location"), x.body};
}

milliseconds in_ms(core::duration x) {
  return std::chrono::ceil<milliseconds>(x);
}

/// One attempt: its calls, its waits, its end. On the client's thread.
class attempt : public std::enable_shared_from_this<attempt> {
public:
  attempt(std::shared_ptr<http_endpoint> at, task what, reply done)
    : at_(std::move(at)), task_(std::move(what)), done_(std::move(done)),
      where_(at_->opts().at) {}

  void start();
  void cancel(bool force);

private:
  outbound::http_client& client() const { return at_->means().client; }

  outbound::http_call call(std::string method, const core::url& to) const;
  void post();
  void on_started(core::result<http_answer> got);
  void poll();
  void on_polled(core::result<http_answer> got);
  void obey(http_verdict what);
  void say_goodbye(bool then_end);
  void finish(outcome result);

  const std::shared_ptr<http_endpoint> at_;
  const task task_;
  const reply done_;
  core::url where_;      // Of the work, once that is known.
  bool located_ = false; // It can be asked, and told to stop.
  bool leaving_ = false; // It was told to stop.
  bool over_ = false;
  uint32_t silent_ = 0;
  uint64_t under_way_ = 0; // A call or a wait of the client.
  std::string token_;      // On the board of callbacks.
};

void attempt::start() {
  auto self = shared_from_this();
  done_.on_cancel([weak = weak_from_this()](bool force) {
    auto me = weak.lock();
    if (me)
      me->client().after(milliseconds{0}, [me, force] { me->cancel(force); });
  });
  client().after(milliseconds{0}, [self] { self->post(); });
}

outbound::http_call attempt::call(std::string method,
                                  const core::url& to) const {
  const auto& opts = at_->opts();
  const auto& means = at_->means();
  outbound::http_call out;
  out.method = std::move(method);
  out.to = to;
  out.deadline = std::min(poll_timeout, task_.timeout);
  out.urgent = true;
  out.reply_bytes_max = opts.answer_bytes_max;
  out.headers = {{"Accept", "application/json"},
                 {"Troupe-Workspace", task_.workspace},
                 {"Troupe-Task", task_.id},
                 {"Troupe-Attempt", std::to_string(task_.attempt)}};
  if (!opts.secret.empty()) {
    auto lives = std::min<core::duration>(opts.token_lives, task_.timeout);
    auto claims = core::http_claims(task_, opts.name, means.now(), lives);
    out.headers.emplace_back("Authorization",
                             "Bearer " + core::sign_hs256(claims, opts.secret));
  }
  if (auto trace = means.traceparent ? means.traceparent(task_) : "";
      !trace.empty())
    out.headers.emplace_back("traceparent", trace);
  return out;
}

void attempt::post() {
  if (over_)
    return;
  if (auto wait = at_->refused()) {
    done_.log("the agent failed too often and is left alone for a while "
              "(circuit breaker)");
    return finish(outcome::snooze(in_ms(*wait)));
  }
  auto what = call("POST", at_->opts().at);
  what.deadline = task_.timeout;
  what.urgent = false;
  if (auto most = at_->opts().call_timeout; most > milliseconds{0})
    what.deadline = std::min(what.deadline, most);
  std::string callback;
  if (const auto& base = at_->opts().callback_base; !base.empty()) {
    token_ =
      at_->means().callbacks.put([self = shared_from_this()](outcome result) {
        self->at_->report(http_health::well);
        self->client().after(milliseconds{0},
                             [self, result] { self->finish(result); });
      });
    if (!token_.empty())
      callback = base + "/api/v1/agents/callback/" + token_;
  }
  what.body = core::http_task_body(task_, callback);
  what.headers.emplace_back("Content-Type", "application/json");
  what.headers.emplace_back("Idempotency-Key", task_.idempotency_key);
  under_way_ =
    client().send(std::move(what),
                  [self = shared_from_this()](core::result<http_answer> got) {
                    self->on_started(std::move(got));
                  });
}

void attempt::on_started(core::result<http_answer> got) {
  under_way_ = 0;
  if (!got
      && (got.error().code == errc::cancelled
          || got.error().code == errc::stopping
          || got.error().code == errc::invalid)) {
    // It never heard of it, or had no time: nothing is known of its health.
    at_->undecided();
    return over_ ? void() : finish(core::judge_silence(got.error()).result);
  }
  auto what = got ? core::judge_start(seen(*got), where_, at_->opts().rules,
                                      at_->means().now())
                  : core::judge_silence(got.error());
  at_->report(what.health);
  if (!over_ && !leaving_)
    obey(std::move(what));
}

void attempt::obey(http_verdict what) {
  if (what.progress >= 0)
    done_.progress(what.progress, what.note);
  if (what.what == http_next::end)
    return finish(std::move(what.result));
  if (what.what == http_next::hear)
    return; // Its timeout is the host's matter.
  where_ = what.at;
  located_ = true;
  under_way_ = client().after(in_ms(what.wait),
                              [self = shared_from_this()] { self->poll(); });
}

void attempt::poll() {
  under_way_ =
    client().send(call("GET", where_),
                  [self = shared_from_this()](core::result<http_answer> got) {
                    self->on_polled(std::move(got));
                  });
}

void attempt::on_polled(core::result<http_answer> got) {
  under_way_ = 0;
  if (over_ || leaving_)
    return;
  auto what = got ? core::judge_poll(seen(*got), where_, at_->opts().rules,
                                     at_->means().now())
                  : core::judge_silence(got.error());
  at_->report(what.health);
  if (what.health == http_health::ill) {
    if (++silent_ < silent_polls_max) {
      what = {};
      what.what = http_next::poll;
      what.at = where_;
      what.wait = at_->opts().rules.poll_every;
    }
  } else {
    silent_ = 0;
  }
  obey(std::move(what));
}

void attempt::cancel(bool force) {
  if (over_)
    return;
  if (under_way_ != 0)
    client().cancel(std::exchange(under_way_, 0));
  auto first = !std::exchange(leaving_, true);
  if (first && located_)
    say_goodbye(!force);
  if (force || !located_)
    finish([] {
      auto x = outcome::failed("the call was given up because the task was "
                               "cancelled or its time was up",
                               category::cancelled);
      x.error.code = errc::cancelled;
      return x;
    }());
}

/// Tells the agent to stop; what it says to that changes nothing.
void attempt::say_goodbye(bool then_end) {
  auto what = call("DELETE", where_);
  what.deadline = goodbye_timeout;
  client().send(std::move(what), [self = shared_from_this(),
                                  then_end](core::result<http_answer>) {
    if (!then_end || self->over_)
      return;
    auto x = outcome::failed("the agent was told to stop, because the task was "
                             "cancelled or its time was up",
                             category::cancelled);
    x.error.code = errc::cancelled;
    self->finish(std::move(x));
  });
}

void attempt::finish(outcome result) {
  if (std::exchange(over_, true))
    return;
  if (!token_.empty())
    at_->means().callbacks.remove(token_);
  if (under_way_ != 0)
    client().cancel(std::exchange(under_way_, 0));
  done_(std::move(result));
}

class http_caller : public reactive_agent {
public:
  explicit http_caller(std::shared_ptr<http_endpoint> at)
    : at_(std::move(at)) {}

  void perform(const task& t, reply done) override {
    std::make_shared<attempt>(at_, t, std::move(done))->start();
  }

private:
  std::shared_ptr<http_endpoint> at_;
};

} // namespace

std::optional<core::duration> http_endpoint::refused() {
  auto now = means_.now();
  std::lock_guard guard{mutex_};
  if (breaker_.allow(now))
    return std::nullopt;
  // Also where a single call tries whether it is well again.
  return std::max<core::duration>(breaker_.until() - now,
                                  std::chrono::seconds{1});
}

void http_endpoint::report(http_health how) {
  auto now = means_.now();
  std::lock_guard guard{mutex_};
  if (how == http_health::ill)
    breaker_.failed(now);
  else
    breaker_.succeeded();
}

void http_endpoint::undecided() {
  std::lock_guard guard{mutex_};
  breaker_.undecided();
}

nlohmann::json http_endpoint::shown() const {
  auto now = means_.now();
  std::lock_guard guard{mutex_};
  nlohmann::json breaker{{"state", core::to_string(breaker_.state(now))},
                         {"failures", breaker_.failures()}};
  if (breaker_.until() > now)
    breaker["until"] = core::to_rfc3339(breaker_.until());
  // Whoever may look sees it, and a query may hold a key.
  auto at = opts_.at;
  at.target.resize(std::min(at.target.find('?'), at.target.size()));
  return {{"url", core::to_string(at)}, {"breaker", std::move(breaker)}};
}

reactive_factory http_agent(std::shared_ptr<http_endpoint> at) {
  return [at] { return std::make_unique<http_caller>(at); };
}

} // namespace troupe::agents
