#include "runtime/webhooks.hpp"

#include <algorithm>
#include <cassert>

#include <nlohmann/json.hpp>

#include "core/cut_text.hpp"
#include "core/json_text.hpp"
#include "runtime/secret_reference.hpp"
#include "runtime/webhook_parts.hpp"

namespace troupe::runtime {

using nlohmann::json;
using std::chrono::milliseconds;

namespace {

constexpr size_t alerts_max = 100; // That wait; the oldest goes.
constexpr size_t resends_max = 1000;
constexpr size_t alert_bytes_max = 4096;
constexpr milliseconds stop_save_max{2'000};

} // namespace

webhooks::webhooks(const std::map<std::string, webhook_config>& hooks,
                   std::string file, uint32_t shards)
  : parts_(std::make_shared<parts>(shards)) {
  parts_->file = std::move(file);
  for (const auto& [name, how] : hooks) {
    auto x = std::make_unique<line>();
    x->name = name;
    x->how = how;
    x->wish.workspace = how.workspace;
    for (const auto& kind : how.events)
      if (auto known = core::fact_kind_from(kind))
        x->wish.kinds.push_back(*known);
    x->wants_alerts =
      how.events.empty()
      || std::count(how.events.begin(), how.events.end(), "alert") > 0;
    x->wish.facts = how.events.empty() || !x->wish.kinds.empty();
    parts_->lines.push_back(std::move(x));
  }
}

webhooks::~webhooks() {
  stop();
}

failure webhooks::open() {
  auto& all = *parts_;
  for (auto& x : all.lines) {
    auto of_it = [&](failure why) {
      why.message = "webhook `" + x->name + "`: " + why.message;
      return why;
    };
    auto to = core::parse_url(x->how.url);
    if (!to)
      return of_it(to.error());
    x->to = *to;
    auto secret = read_secret(x->how.secret);
    if (!secret)
      return of_it(secret.error());
    x->secret = std::move(*secret);
  }
  return {};
}

failure webhooks::start(webhook_means means, std::vector<uint64_t> next_seq) {
  auto& all = *parts_;
  std::lock_guard guard{all.mutex};
  assert(next_seq.size() == all.newest.size());
  if (auto why = all.recall(means.read))
    return why;
  all.means.emplace(std::move(means));
  // What was committed meanwhile is newer.
  for (size_t i = 0; i < next_seq.size(); ++i) {
    uint64_t none = 0;
    all.newest[i].compare_exchange_strong(none, next_seq[i]);
  }
  all.started = true;
  for (auto& x : all.lines) {
    const auto* at = all.book.find(x->name);
    // A store that was restored is behind what was told before.
    x->at = at != nullptr && at->size() == next_seq.size() ? *at : next_seq;
    for (size_t i = 0; i < next_seq.size(); ++i)
      x->at[i] = std::min(x->at[i], next_seq[i]);
    all.book.put(x->name, x->at);
    all.later(milliseconds{0}, [to = x.get()](parts& me) { me.look(*to); });
  }
  all.save_soon();
  return {};
}

void webhooks::stop() {
  auto& all = *parts_;
  std::future<void> saved;
  {
    std::lock_guard guard{all.mutex};
    if (std::exchange(all.stopped, true) || !all.means || all.lines.empty())
      return;
    saved = all.save();
  }
  // What is not kept by then is told again.
  saved.wait_for(stop_save_max);
}

void webhooks::committed(const core::batch& x) {
  auto& all = *parts_;
  if (all.lines.empty() || x.count == 0 || x.shard >= all.newest.size())
    return;
  all.newest[x.shard] = x.first_seq + x.count;
  if (!all.started || all.woken.exchange(true))
    return;
  all.later(milliseconds{0}, [](parts& me) {
    me.woken = false;
    for (auto& one : me.lines)
      me.look(*one);
  });
}

void webhooks::alert(const std::string& text, core::instant at) {
  tell({{"text", text}}, at, {});
}

void webhooks::alert(const core::queue_alert& x, core::instant at) {
  tell({{"alert", x.name},
        {"audience", x.audience},
        {"over", x.over},
        {"workspace", x.workspace},
        {"text", x.text}},
       at, x.workspace);
}

void webhooks::tell(json event, core::instant at,
                    const std::string& workspace) {
  auto& all = *parts_;
  if (all.lines.empty() || !all.started)
    return;
  auto shown = event["text"].get<std::string>();
  core::cut_text(shown, alert_bytes_max);
  event["text"] = std::move(shown);
  event["kind"] = "alert";
  event["at"] = core::to_rfc3339(at);
  auto line_text = core::to_compact(event);
  // Whoever warns may hold the mutex: it is the webhooks themselves.
  all.later(milliseconds{0}, [line_text, workspace](parts& me) {
    for (auto& x : me.lines) {
      auto theirs = workspace.empty() || workspace == x->wish.workspace;
      if (!x->wants_alerts || !theirs)
        continue;
      if (x->alerts.size() >= alerts_max)
        x->alerts.pop_front();
      x->alerts.push_back(line_text);
      me.look(*x);
    }
  });
}

json webhooks::shown(const std::string& workspace) const {
  const auto& all = *parts_;
  std::lock_guard guard{all.mutex};
  auto list = json::array();
  for (const auto& x : all.lines) {
    if (x->wish.workspace != workspace)
      continue;
    uint64_t behind = 0;
    for (size_t i = 0; i < all.newest.size(); ++i)
      behind += all.newest[i].load() - std::min(x->at[i], all.newest[i].load());
    // Path and query of a hook are often its secret.
    auto host = (x->to.secure ? "https://" : "http://") + host_text(x->to);
    json one{{"name", x->name},           {"url", host},
             {"events", x->how.events},   {"behind", behind},
             {"delivered", x->delivered}, {"tries", x->tries},
             {"dead", x->dead},           {"lost", x->lost}};
    if (!x->last_error.empty())
      one["last_error"] = x->last_error;
    list.push_back(std::move(one));
  }
  return {{"webhooks", std::move(list)}};
}

json webhooks::letters(const std::string& workspace) const {
  const auto& all = *parts_;
  std::lock_guard guard{all.mutex};
  auto list = json::array();
  for (const auto& x : all.book.letters()) {
    if (x.workspace != workspace)
      continue;
    auto body = json::parse(x.body, nullptr, false);
    list.push_back({{"id", x.id},
                    {"webhook", x.webhook},
                    {"at", core::to_rfc3339(x.at)},
                    {"tries", x.tries},
                    {"why", x.why},
                    {"events", body.is_object() ? body["events"] : json{}}});
  }
  return {{"letters", std::move(list)}, {"dropped", all.book.dropped()}};
}

failure webhooks::redeliver(const std::string& workspace,
                            const std::string& id) {
  auto& all = *parts_;
  std::lock_guard guard{all.mutex};
  for (const auto& x : all.book.letters()) {
    if (x.id != id || x.workspace != workspace)
      continue;
    auto* to = all.find(x.webhook);
    if (to == nullptr)
      break;
    auto& waiting = to->resends;
    if (std::any_of(waiting.begin(), waiting.end(),
                    [&](const auto& y) { return y.id == id; })
        || to->current.id == id)
      return {}; // It is on its way.
    if (waiting.size() >= resends_max)
      return {errc::limit_reached, category::resource,
              "webhook " + x.webhook + " has " + std::to_string(resends_max)
                + " letters to deliver again (resends_max); wait for some"};
    webhook_parcel again;
    again.id = x.id;
    again.body = x.body;
    again.is_letter = true;
    waiting.push_back(std::move(again));
    all.later(milliseconds{0}, [to](parts& me) { me.look(*to); });
    return {};
  }
  return {errc::not_found, category::unknown,
          "there is no dead letter of that id, or its webhook is not "
          "configured any more"};
}

void webhooks::add_figures(core::metric_page& to) const {
  const auto& all = *parts_;
  std::lock_guard guard{all.mutex};
  for (const auto& x : all.lines) {
    core::metric_labels labels{{"webhook", x->name}};
    auto count = [&](const char* name, const char* help, uint64_t n) {
      to.counter(name, help, static_cast<double>(n), labels);
    };
    count("troupe_webhook_events_total", "Events that were delivered.",
          x->delivered);
    count("troupe_webhook_tries_total", "Deliveries that were tried.",
          x->tries);
    count("troupe_webhook_dead_total", "Deliveries that were given up.",
          x->dead);
    count("troupe_webhook_lost_total",
          "Events that were gone from the history before they were read.",
          x->lost);
  }
  if (!all.lines.empty())
    to.gauge("troupe_dead_letters", "Deliveries that wait for a person.",
             static_cast<double>(all.book.letters().size()));
}

} // namespace troupe::runtime
