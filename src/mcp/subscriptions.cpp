#include "mcp/subscriptions.hpp"

#include <utility>

namespace troupe::mcp {

using nlohmann::json;

namespace {

/// A busy run changes often; a client reads it again at most so often.
constexpr std::chrono::milliseconds update_pause{500};

} // namespace

subscriptions::subscriptions(std::shared_ptr<const surroundings> around)
  : around_(std::move(around)) {}

bool subscriptions::add(const std::string& key, listener who) {
  std::lock_guard guard{mutex_};
  if (all_.size() >= listeners_max)
    std::erase_if(all_, [](const auto& x) { return !x.second->who.there(); });
  if (all_.size() >= listeners_max && !all_.contains(key))
    return false;
  auto& slot = all_[key];
  auto made = std::make_shared<entry>();
  if (slot)
    made->uris = slot->uris; // A session that listens anew.
  made->who = std::move(who);
  slot = std::move(made);
  return true;
}

void subscriptions::remove(const std::string& key) {
  std::lock_guard guard{mutex_};
  all_.erase(key);
}

void subscriptions::clear() {
  std::map<std::string, std::shared_ptr<entry>> all;
  std::lock_guard guard{mutex_};
  all.swap(all_);
}

bool subscriptions::follow(const std::string& key, const std::string& uri,
                           const caller& from) {
  uint64_t number = 0;
  {
    std::lock_guard guard{mutex_};
    auto pos = all_.find(key);
    if (pos == all_.end())
      return false;
    auto& uris = pos->second->uris;
    if (uris.contains(uri))
      return true;
    if (uris.size() >= uris_max)
      return false;
    number = uris[uri] = ++watches_;
  }
  watch(key, uri, number, from);
  return true;
}

void subscriptions::unfollow(const std::string& key, const std::string& uri) {
  std::lock_guard guard{mutex_};
  auto pos = all_.find(key);
  if (pos != all_.end())
    pos->second->uris.erase(uri);
}

void subscriptions::watch(const std::string& key, const std::string& uri,
                          uint64_t number, const caller& from) {
  if (!uri.starts_with("troupe://"))
    return; // Nothing of the node's: it never changes.
  core::watch_request what;
  what.workspace = from.workspace;
  what.by = from.by;
  what.run = run_of_uri(uri);
  // Of a run all is told from its beginning; one notice of that is enough.
  from.api->watch(what, [weak = weak_from_this(), key, uri,
                         number](const core::watch_event& event) {
    auto self = weak.lock();
    if (!self || !self->wants(key, uri, number))
      return false;
    if (!event.json.empty())
      self->note(key, uri);
    return !event.last;
  });
}

/// Not where it was let go and is followed anew: by another watch.
bool subscriptions::wants(const std::string& key, const std::string& uri,
                          uint64_t number) {
  std::lock_guard guard{mutex_};
  auto pos = all_.find(key);
  if (pos == all_.end())
    return false;
  auto found = pos->second->uris.find(uri);
  return found != pos->second->uris.end() && found->second == number;
}

void subscriptions::note(const std::string& key, const std::string& uri) {
  {
    std::lock_guard guard{mutex_};
    auto pos = all_.find(key);
    if (pos == all_.end())
      return;
    pos->second->updated.insert(uri);
    if (std::exchange(pos->second->waits, true))
      return;
  }
  around_->after(update_pause, [weak = weak_from_this(), key] {
    if (auto self = weak.lock())
      self->tell_updates(key);
  });
}

void subscriptions::tell_updates(const std::string& key) {
  std::shared_ptr<entry> to;
  std::set<std::string> updated;
  {
    std::lock_guard guard{mutex_};
    auto pos = all_.find(key);
    if (pos == all_.end())
      return;
    to = pos->second;
    to->waits = false;
    updated.swap(to->updated);
  }
  while (!updated.empty()) {
    const auto& uri = *updated.begin();
    if (!to->who.tell(
          notification("notifications/resources/updated", {{"uri", uri}})))
      break;
    updated.erase(updated.begin());
  }
  if (updated.empty())
    return;
  if (!to->who.there())
    return remove(key);
  // A slow reader is told of the rest later.
  for (const auto& uri : updated)
    note(key, uri);
}

void subscriptions::changed(const std::string& list) {
  std::vector<std::pair<std::string, std::shared_ptr<entry>>> to;
  {
    std::lock_guard guard{mutex_};
    for (const auto& [key, x] : all_)
      if (x->who.lists.contains(list))
        to.emplace_back(key, x);
  }
  for (const auto& [key, x] : to)
    if (!x->who.tell(notification("notifications/" + list + "/list_changed",
                                  json::object())))
      remove(key);
}

std::string too_many_listeners() {
  return "too many clients listen (listeners_max "
         + std::to_string(listeners_max) + "); try again later";
}

core::id run_of_uri(const std::string& uri) {
  constexpr std::string_view id_of = "00000000-0000-0000-0000-000000000000";
  for (std::string_view kind : {"troupe://runs/", "troupe://tasks/"})
    if (uri.starts_with(kind))
      if (auto id = core::id_from(
            std::string_view{uri}.substr(kind.size(), id_of.size())))
        return id->run();
  return {};
}

} // namespace troupe::mcp
