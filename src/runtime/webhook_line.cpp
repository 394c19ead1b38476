#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/json_text.hpp"
#include "core/sha256.hpp"
#include "runtime/webhook_parts.hpp"

// From the history to a receiver: reading, sending, trying again, giving up.

namespace troupe::runtime {

using nlohmann::json;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds save_interval{1'000};
/// After the store could not be read.
constexpr milliseconds read_pause{1'000};
constexpr size_t reply_bytes_max = 64 * 1024; // Nobody reads it.

} // namespace

void webhooks::parts::later(milliseconds time,
                            std::function<void(parts&)> work) {
  means->client.after(time, [weak = weak_from_this(), work = std::move(work)] {
    auto me = weak.lock();
    if (!me)
      return;
    std::lock_guard guard{me->mutex};
    if (!me->stopped)
      work(*me);
  });
}

core::webhook_book::positions webhooks::parts::present() const {
  core::webhook_book::positions out;
  for (const auto& x : newest)
    out.push_back(x.load());
  return out;
}

bool webhooks::parts::behind(const line& x) const {
  for (size_t i = 0; i < newest.size(); ++i)
    if (x.at[i] < newest[i].load())
      return true;
  return false;
}

webhooks::line* webhooks::parts::find(const std::string& name) {
  for (auto& x : lines)
    if (x->name == name)
      return x.get();
  return nullptr;
}

namespace {

std::string body_of(const std::string& webhook, const std::string& workspace,
                    const std::vector<std::string>& events) {
  json head{{"webhook", webhook}, {"workspace", workspace}};
  auto text = core::to_compact(head);
  text.back() = ',';
  text += "\"events\":[";
  for (size_t i = 0; i < events.size(); ++i)
    text += (i > 0 ? "," : "") + events[i];
  return text + "]}";
}

webhook_parcel make_parcel(const std::string& webhook,
                           const std::string& workspace,
                           const std::vector<std::string>& events) {
  webhook_parcel out;
  out.body = body_of(webhook, workspace, events);
  // The same again after a crash is the same to its receiver, too.
  out.id = core::sha256_hex(out.body).substr(0, 32);
  out.events = events.size();
  return out;
}

} // namespace

void webhooks::parts::look(line& x) {
  if (stopped || x.now != line::phase::idle)
    return;
  if (!x.alerts.empty()) {
    std::vector<std::string> all{x.alerts.begin(), x.alerts.end()};
    x.alerts.clear();
    x.current = make_parcel(x.name, x.wish.workspace, all);
    x.current.is_alert = true;
    return send(x);
  }
  if (!x.resends.empty()) {
    x.current = std::move(x.resends.front());
    x.resends.pop_front();
    return send(x);
  }
  if (behind(x))
    read(x);
}

void webhooks::parts::read(line& x) {
  x.now = line::phase::reading;
  auto weak = weak_from_this();
  auto known = std::make_shared<known_runs>(std::move(x.known));
  auto back = [weak, to = &x, known](webhook_reading got) {
    auto me = weak.lock();
    if (!me)
      return;
    auto found = std::make_shared<webhook_reading>(std::move(got));
    me->means->client.after(milliseconds{0}, [me, to, known, found] {
      std::lock_guard guard{me->mutex};
      to->known = std::move(*known);
      me->took(*to, std::move(*found));
    });
  };
  auto job = [back, known, wish = x.wish, at = x.at, first = x.next_shard,
              newest = present()](core::store_reader& store) {
    back(read_events(store, wish, at, newest, first, *known));
  };
  auto lost = [back, at = x.at, first = x.next_shard] {
    webhook_reading nothing;
    nothing.after = at;
    nothing.next = first;
    nothing.why = {errc::restarting, category::unknown,
                   "the node restarts a part of itself"};
    back(std::move(nothing));
  };
  means->read(std::move(job), std::move(lost));
}

void webhooks::parts::took(line& x, webhook_reading got) {
  x.now = line::phase::idle;
  if (stopped)
    return;
  if (got.lost > 0)
    means->warn("webhook " + x.name + " missed " + std::to_string(got.lost)
                + " events: they were older than node.history_kept");
  x.lost += got.lost;
  x.next_shard = got.next;
  if (got.why && got.events.empty()) {
    x.at = std::move(got.after);
    return read_later(x, got.why);
  }
  x.unread = false;
  if (got.events.empty()) {
    x.at = std::move(got.after);
    reached(x);
    return look(x);
  }
  x.current = make_parcel(x.name, x.wish.workspace, got.events);
  x.current.after = std::move(got.after);
  send(x);
}

void webhooks::parts::read_later(line& x, const failure& why) {
  x.last_error = why.message;
  if (why.code != errc::restarting && !std::exchange(x.unread, true))
    means->warn("webhook " + x.name + " waits: the history cannot be read: "
                + why.message + "; `troupe doctor` looks at the store");
  x.now = line::phase::reading; // Nobody else begins one meanwhile.
  later(read_pause, [to = &x](parts& me) {
    to->now = line::phase::idle;
    me.look(*to);
  });
}

void webhooks::parts::send(line& x) {
  x.now = line::phase::sending;
  ++x.current.tries;
  ++x.tries;
  outbound::http_call call;
  call.method = "POST";
  call.to = x.to;
  call.deadline = x.how.timeout;
  call.reply_bytes_max = reply_bytes_max;
  call.body = x.current.body;
  call.headers = {{"Content-Type", "application/json"},
                  {"Troupe-Webhook", x.name},
                  {"Troupe-Delivery", x.current.id},
                  {"Troupe-Signature",
                   core::webhook_signature(x.secret, means->now(), call.body)}};
  auto done = [weak = weak_from_this(),
               to = &x](core::result<outbound::http_answer> got) {
    auto me = weak.lock();
    if (!me)
      return;
    std::lock_guard guard{me->mutex};
    if (!me->stopped)
      me->on_answer(*to, got);
  };
  means->client.send(std::move(call), std::move(done));
}

void webhooks::parts::on_answer(
  line& x, const core::result<outbound::http_answer>& got) {
  core::delivery_tries tries{x.current.tries, x.how.attempts_max,
                             means->random()};
  obey(x, got ? core::judge_delivery(got->status, got->header("retry-after"),
                                     means->now(), tries)
              : core::judge_delivery(got.error(), tries));
}

void webhooks::parts::obey(line& x, const core::delivery_verdict& what) {
  x.last_error = what.why;
  if (what.what == core::delivery::again)
    return later(std::chrono::ceil<milliseconds>(what.wait),
                 [to = &x](parts& me) { me.send(*to); });
  if (what.what == core::delivery::dead)
    bury(x, what.why);
  else
    x.delivered += x.current.events;
  if (x.current.is_letter && what.what == core::delivery::done)
    book.take(x.current.id);
  if (!x.current.after.empty())
    x.at = std::move(x.current.after);
  x.current = {};
  x.now = line::phase::idle;
  reached(x);
  look(x);
}

void webhooks::parts::bury(line& x, const std::string& why) {
  ++x.dead;
  book.take(x.current.id); // It was one already.
  book.bury({x.current.id, x.name, x.wish.workspace, x.current.body,
             means->now(), x.current.tries, why});
  if (!x.current.is_alert) // Or it would tell of itself for ever.
    means->warn("webhook " + x.name + " gave up a delivery after "
                + std::to_string(x.current.tries) + " tries: " + why
                + "; `troupe dead-letters` has it");
}

void webhooks::parts::reached(line& x) {
  book.put(x.name, x.at);
  save_soon();
}

void webhooks::parts::save_soon() {
  if (std::exchange(saving, true))
    return;
  later(save_interval, [](parts& me) {
    me.saving = false;
    me.save();
  });
}

} // namespace troupe::runtime
