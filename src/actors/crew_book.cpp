#include "actors/crew_book.hpp"

#include <utility>

namespace troupe {

using guard = std::lock_guard<std::mutex>;

agent_spec_ptr crew_book::put(agent_spec spec) {
  guard lock{mutex_};
  auto& x = all_[spec.who.name];
  if (!x.memory)
    x.memory = std::make_shared<host_memory>();
  spec.number = x.spec ? x.spec->number + 1 : 1;
  x.spec = std::make_shared<const agent_spec>(std::move(spec));
  x.leaving = false;
  return x.spec;
}

bool crew_book::let_go(const std::string& name) {
  guard lock{mutex_};
  auto pos = all_.find(name);
  if (pos == all_.end())
    return false;
  pos->second.leaving = true;
  return true;
}

void crew_book::remove(const std::string& name) {
  crew_member dropped; // Outside of the lock: it may end what it holds.
  guard lock{mutex_};
  if (auto pos = all_.find(name); pos != all_.end()) {
    std::swap(dropped, pos->second);
    all_.erase(pos);
  }
}

void crew_book::set_on_demand(std::vector<standby_spec_ptr> to) {
  guard lock{mutex_};
  on_demand_ = std::move(to);
}

std::vector<standby_spec_ptr> crew_book::on_demand() const {
  guard lock{mutex_};
  return on_demand_;
}

std::optional<crew_member> crew_book::find(const std::string& name) const {
  guard lock{mutex_};
  auto pos = all_.find(name);
  return pos == all_.end() ? std::nullopt : std::optional{pos->second};
}

std::map<std::string, crew_member> crew_book::all() const {
  guard lock{mutex_};
  return all_;
}

} // namespace troupe
