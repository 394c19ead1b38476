#include "mcp/session.hpp"

#include <utility>

#include "mcp/wire.hpp"

namespace troupe::mcp {

using nlohmann::json;

session::session(std::string named, std::string of)
  : id(std::move(named)), owner(std::move(of)) {}

void session::agree(json capabilities) {
  std::lock_guard guard{mutex_};
  capabilities_ = std::move(capabilities);
}

json session::capabilities() const {
  std::lock_guard guard{mutex_};
  return capabilities_;
}

bool session::ask(std::string_view method, const json& params,
                  const outlet_ptr& to, answered then) {
  std::string key;
  {
    std::lock_guard guard{mutex_};
    // Whose stream is gone will not be answered.
    std::erase_if(asked_, [](const auto& x) { return !x.second.to->open(); });
    if (asked_.size() >= asks_max)
      return false;
    key = "troupe-" + std::to_string(++last_ask_);
    asked_.emplace(key, question{std::move(then), to});
  }
  json message{{"jsonrpc", "2.0"}, {"id", key}, {"method", method}};
  if (!params.is_null())
    message["params"] = params;
  if (to->send(message))
    return true;
  std::lock_guard guard{mutex_};
  asked_.erase(key);
  return false;
}

bool session::answer(const json& response) {
  question found;
  {
    std::lock_guard guard{mutex_};
    auto pos = asked_.find(text_of(response, "id"));
    if (pos == asked_.end())
      return false;
    found = std::move(pos->second);
    asked_.erase(pos);
  }
  found.then(response);
  return true;
}

void session::close() {
  std::map<std::string, question> asked;
  outlet_ptr listening;
  std::lock_guard guard{mutex_};
  asked.swap(asked_);
  listening.swap(listening_);
}

void session::begin(const json& request_id, std::weak_ptr<request> what) {
  std::lock_guard guard{mutex_};
  active_[request_id.dump()] = std::move(what);
}

void session::end(const json& request_id) {
  std::lock_guard guard{mutex_};
  active_.erase(request_id.dump());
}

std::shared_ptr<request> session::find(const json& request_id) {
  std::lock_guard guard{mutex_};
  auto pos = active_.find(request_id.dump());
  return pos == active_.end() ? nullptr : pos->second.lock();
}

void session::listen(outlet_ptr to) {
  std::lock_guard guard{mutex_};
  listening_ = std::move(to);
}

bool session::tell(const json& message) {
  outlet_ptr to;
  {
    std::lock_guard guard{mutex_};
    to = listening_;
  }
  return to && to->send(message);
}

bool session::listens() const {
  std::lock_guard guard{mutex_};
  return listening_ && listening_->open();
}

void session::set_log_level(std::string level) {
  std::lock_guard guard{mutex_};
  log_level_ = std::move(level);
}

std::string session::log_level() const {
  std::lock_guard guard{mutex_};
  return log_level_;
}

// -- the book

void session_book::make_room(const std::string& owner, clock::time_point now) {
  auto full = all_.size() >= sessions_max;
  size_t own = 0;
  auto oldest = all_.end();
  for (auto x = all_.begin(); x != all_.end();) {
    auto idle =
      now - x->second.used > session_idle_max && !x->second.what->listens();
    if (idle && full) {
      x->second.what->close();
      x = all_.erase(x);
      continue;
    }
    if (x->second.what->owner == owner) {
      ++own;
      if (oldest == all_.end() || x->second.used < oldest->second.used)
        oldest = x;
    }
    ++x;
  }
  if (own < sessions_per_owner_max)
    return;
  oldest->second.what->close();
  all_.erase(oldest);
}

session_ptr session_book::open(const std::string& id, const std::string& owner,
                               clock::time_point now) {
  std::lock_guard guard{mutex_};
  if (all_.size() >= sessions_per_owner_max)
    make_room(owner, now);
  if (all_.size() >= sessions_max)
    return nullptr;
  auto made = std::make_shared<session>(id, owner);
  all_[id] = {made, now};
  return made;
}

session_ptr session_book::find(const std::string& id, const std::string& owner,
                               clock::time_point now) {
  std::lock_guard guard{mutex_};
  auto pos = all_.find(id);
  if (pos == all_.end() || pos->second.what->owner != owner)
    return nullptr;
  pos->second.used = now;
  return pos->second.what;
}

bool session_book::close(const std::string& id, const std::string& owner) {
  std::lock_guard guard{mutex_};
  auto pos = all_.find(id);
  if (pos == all_.end() || pos->second.what->owner != owner)
    return false;
  pos->second.what->close();
  all_.erase(pos);
  return true;
}

session_book::~session_book() {
  clear();
}

void session_book::clear() {
  std::map<std::string, entry> all;
  {
    std::lock_guard guard{mutex_};
    all.swap(all_);
  }
  for (auto& [id, x] : all)
    x.what->close();
}

} // namespace troupe::mcp
