#include "core/webhook.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/hmac.hpp"
#include "core/http_contract.hpp"
#include "core/json_text.hpp"
#include "core/sha256.hpp"

namespace troupe::core {

namespace {

using nlohmann::json;

constexpr duration first_wait{std::chrono::seconds{1}};
constexpr duration longest_wait{std::chrono::minutes{5}};

delivery_verdict again(const delivery_tries& tries, std::string why,
                       std::optional<duration> told = {}) {
  delivery_verdict out;
  out.why = std::move(why);
  if (tries.made >= tries.most) {
    out.what = delivery::dead;
    return out;
  }
  out.what = delivery::again;
  auto doubled = std::ldexp(static_cast<double>(first_wait.count()),
                            static_cast<int>(std::min(tries.made - 1, 20u)));
  auto wait = std::min(doubled, static_cast<double>(longest_wait.count()));
  // From half of it to all of it: many that fail together come apart.
  out.wait = duration{static_cast<int64_t>(wait * (0.5 + tries.random / 2))};
  if (told)
    out.wait = std::max(out.wait, *told);
  return out;
}

json to_json(const dead_letter& x) {
  return {{"id", x.id},     {"webhook", x.webhook}, {"workspace", x.workspace},
          {"body", x.body}, {"at", to_us(x.at)},    {"tries", x.tries},
          {"why", x.why}};
}

dead_letter letter_from(const json& x) {
  dead_letter out;
  out.id = x.at("id").get<std::string>();
  out.webhook = x.at("webhook").get<std::string>();
  out.workspace = x.at("workspace").get<std::string>();
  out.body = x.at("body").get<std::string>();
  out.at = from_us(x.at("at").get<int64_t>());
  out.tries = x.at("tries").get<uint32_t>();
  out.why = x.at("why").get<std::string>();
  return out;
}

const std::string head_note = std::string{webhook_book::notes_head} + "book";

std::string note_of(const std::string& letter) {
  return std::string{webhook_book::notes_head} + "letter." + letter;
}

/// Calls it; what it throws is data that nobody can read.
template <class Read>
failure reading(Read read) {
  try {
    read();
  } catch (const std::exception& why) {
    return {errc::store_failed, category::data_corruption, why.what()};
  }
  return {};
}

} // namespace

std::string webhook_signature(std::string_view secret, instant at,
                              std::string_view body) {
  auto stamp = std::to_string(
    std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count());
  auto text = stamp + ".";
  text += body;
  return "t=" + stamp + ",v1=" + to_hex(hmac_sha256(secret, text));
}

delivery_verdict judge_delivery(unsigned status, std::string_view retry_after,
                                instant now, const delivery_tries& tries) {
  if (status >= 200 && status < 300)
    return {};
  auto why = "it was answered with " + std::to_string(status);
  auto mends = status >= 500 || status == 408 || status == 425 || status == 429;
  if (!mends)
    return {delivery::dead, {}, why + ", which a repeat does not mend"};
  return again(tries, std::move(why), parse_retry_after(retry_after, now));
}

delivery_verdict judge_delivery(const failure& why,
                                const delivery_tries& tries) {
  return again(tries, why.message);
}

const webhook_book::positions*
webhook_book::find(const std::string& webhook) const {
  auto pos = positions_.find(webhook);
  return pos == positions_.end() ? nullptr : &pos->second;
}

void webhook_book::put(const std::string& webhook, positions at) {
  positions_[webhook] = std::move(at);
  changed_.insert(head_note);
}

void webhook_book::bury(dead_letter x) {
  if (letters_.size() >= letters_max) {
    changed_.insert(note_of(letters_.front().id));
    changed_.insert(head_note);
    letters_.pop_front();
    ++dropped_;
  }
  changed_.insert(note_of(x.id));
  letters_.push_back(std::move(x));
}

std::optional<dead_letter> webhook_book::take(const std::string& id) {
  auto pos = std::find_if(letters_.begin(), letters_.end(),
                          [&](const auto& x) { return x.id == id; });
  if (pos == letters_.end())
    return std::nullopt;
  auto out = std::move(*pos);
  letters_.erase(pos);
  changed_.insert(note_of(id));
  return out;
}

json webhook_book::head() const {
  return {{"format", 1}, {"positions", positions_}, {"dropped", dropped_}};
}

std::string webhook_book::body_of(const std::string& note) const {
  if (note == head_note)
    return to_compact(head());
  for (const auto& x : letters_)
    if (note_of(x.id) == note)
      return to_compact(core::to_json(x));
  return {};
}

webhook_book::notes webhook_book::changes() {
  notes all;
  for (const auto& note : std::exchange(changed_, {}))
    all.emplace(note, body_of(note));
  return all;
}

/// Throws what JSON throws.
void webhook_book::adopt(const json& head) {
  if (head.at("format") != 1)
    throw std::invalid_argument{"it is of another version of troupe"};
  head.at("positions").get_to(positions_);
  head.at("dropped").get_to(dropped_);
}

failure webhook_book::load(const notes& from) {
  webhook_book read;
  auto why = reading([&] {
    std::vector<dead_letter> letters;
    for (const auto& [name, body] : from)
      if (name == head_note)
        read.adopt(json::parse(body));
      else
        letters.push_back(letter_from(json::parse(body)));
    std::stable_sort(letters.begin(), letters.end(),
                     [](const auto& a, const auto& b) { return a.at < b.at; });
    for (auto& x : letters)
      read.bury(std::move(x));
  });
  if (why)
    return why;
  read.changed_.clear();
  *this = std::move(read);
  return {};
}

failure webhook_book::load_file(const json& from) {
  webhook_book read;
  auto why = reading([&] {
    read.adopt(from);
    for (const auto& x : from.at("letters"))
      read.bury(letter_from(x));
  });
  if (why)
    return why;
  read.changed_.insert(head_note);
  *this = std::move(read);
  return {};
}

} // namespace troupe::core
