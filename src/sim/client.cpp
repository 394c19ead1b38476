#include "sim/client.hpp"

#include <algorithm>

namespace troupe::sim {

using core::run_state;
using core::task_state;
using nlohmann::json;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds patience{20'000};
constexpr milliseconds pause_between{700};
constexpr milliseconds never{INT64_C(1'000'000'000'000)};

/// Nothing was accepted, and it can be tried again.
bool later(const failure& why) {
  return why.code == errc::overloaded || why.code == errc::store_full
         || why.code == errc::restarting || why.code == errc::stopping
         || why.code == errc::store_failed;
}

} // namespace

client::client(const plan& from, ledger& book, ledger::complaint wrong)
  : plan_(from), book_(book), wrong_(std::move(wrong)),
    submissions_(from.work.size()) {
  for (size_t i = 0; i < submissions_.size(); ++i)
    // One before the beginning is not submitted at all.
    if (auto at = from.work[i].at; at < core::duration{0})
      submissions_[i].settled = true;
    else
      submissions_[i].again = at;
}

void client::connect(std::shared_ptr<runtime::node_api> door) {
  door_ = std::move(door);
  ++life_;
  open_.clear();
}

void client::disconnect() {
  ++life_;
  open_.clear();
  door_.reset();
  for (size_t i = 0; i < submissions_.size(); ++i) {
    auto& x = submissions_[i];
    // Without a key nobody knows what became of it: it is left alone.
    if (!x.settled && x.again > now_ && plan_.work[i].at <= now_
        && !plan_.work[i].registered)
      plan_.work[i].key.empty() ? void(x.settled = true)
                                : void(x.again = now_ + pause_between);
  }
}

void client::call(const std::string& op, json params, const std::string& key,
                  told then) {
  core::api_request x;
  x.op = op;
  x.by = {"sim", "sim", {}, {}};
  x.params = core::text{params.dump()};
  x.idempotency_key = key;
  auto number = ++calls_;
  open_[number] = op;
  door_->call(std::move(x),
              [this, life = life_, number, then](core::api_answer x) {
                if (life != life_)
                  return; // Whoever asked is gone with that life.
                open_.erase(number);
                then(x);
              });
}

void client::go_on() {
  if (!door_)
    return;
  for (size_t i = 0; i < submissions_.size(); ++i)
    if (!submissions_[i].settled && submissions_[i].again <= now_)
      submit(i);
}

core::duration client::next() const {
  core::duration next = never;
  if (door_)
    for (const auto& x : submissions_)
      if (!x.settled)
        next = std::min(next, x.again);
  return next;
}

void client::submit(size_t work) {
  const auto& x = plan_.work[work];
  auto& mine = submissions_[work];
  mine.again = now_ + patience;
  if (x.key.empty() && !x.registered)
    mine.again = never; // It would be another run.
  json params;
  if (x.registered)
    params = {{"definition", x.definition}};
  else if (x.definition.is_array())
    params = {{"tasks", x.definition}};
  else
    params = {{"definition", x.definition}, {"input", {{"n", work % 8}}}};
  call(x.registered ? "register" : "submit", std::move(params), x.key,
       [this, work](const core::api_answer& y) { submitted(work, y); });
}

void client::submitted(size_t work, const core::api_answer& x) {
  auto& mine = submissions_[work];
  const auto& asked = plan_.work[work];
  if (x.error) {
    auto part_missing =
      x.error.code == errc::invalid
      && x.error.message.find("register") != std::string::npos;
    if (later(x.error) || part_missing) {
      auto unknown = x.error.code == errc::restarting && asked.key.empty()
                     && !asked.registered;
      mine.settled = mine.settled || unknown;
      mine.again = now_ + pause_between;
    } else if (!mine.settled) {
      wrong_("sim: work " + std::to_string(work)
             + " was refused: " + x.error.message
             + (x.problems.empty()
                  ? ""
                  : ": " + core::to_text(x.problems.front(), "it")));
    }
    return;
  }
  mine.settled = true;
  if (asked.registered) {
    if (!book_.has_definition(asked.definition.at("workflow")))
      wrong_("I1: a registration was answered before it was durable");
    return;
  }
  auto body = json::parse(x.body.view());
  auto run = core::id_from(body.at("run").get<std::string>());
  if (!run || !book_.find(*run))
    return wrong_("I1: run " + body.at("run").get<std::string>()
                  + " was accepted before it was durable");
  if (mine.run && mine.run != *run)
    wrong_("I8: key `" + asked.key + "` gave another run than before");
  mine.run = *run;
}

bool client::satisfied() const {
  return open_.empty()
         && std::all_of(submissions_.begin(), submissions_.end(),
                        [](const auto& x) { return x.settled; });
}

std::string client::waits_for() const {
  std::string text;
  for (const auto& [number, op] : open_)
    text += " an answer to `" + op + "`";
  for (size_t i = 0; i < submissions_.size(); ++i)
    if (!submissions_[i].settled)
      text += " acceptance of work " + std::to_string(i);
  return text;
}

} // namespace troupe::sim
