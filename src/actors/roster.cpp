#include <algorithm>

#include "troupe/supervisor.hpp"

namespace troupe {

child_slot::content child_slot::get() const {
  std::lock_guard guard{mutex_};
  return now_;
}

child_slot_ptr roster::find(const std::string& id) const {
  std::lock_guard guard{mutex_};
  auto pos = slots_.find(id);
  return pos == slots_.end() ? nullptr : pos->second;
}

uint64_t roster::begin(const std::string& id) {
  std::lock_guard guard{mutex_};
  auto& slot = slots_[id];
  if (!slot) {
    slot = std::make_shared<child_slot>();
    slot->now_.generation = forgotten_generation_;
  }
  std::lock_guard inner{slot->mutex_};
  slot->now_.handle = nullptr;
  slot->now_.given_up = false;
  return ++slot->now_.generation;
}

void roster::publish(const std::string& id, uint64_t generation,
                     caf::actor handle) {
  std::lock_guard guard{mutex_};
  auto pos = slots_.find(id);
  if (pos == slots_.end())
    return;
  std::lock_guard inner{pos->second->mutex_};
  if (pos->second->now_.generation == generation)
    pos->second->now_.handle = std::move(handle);
}

void roster::retract(const std::string& id, uint64_t generation) {
  // Dropped outside of the locks: the last handle may destroy the actor.
  caf::actor dropped;
  std::lock_guard guard{mutex_};
  auto pos = slots_.find(id);
  if (pos == slots_.end())
    return;
  std::lock_guard inner{pos->second->mutex_};
  if (pos->second->now_.generation == generation)
    std::swap(dropped, pos->second->now_.handle);
}

void roster::give_up(const std::string& id) {
  std::lock_guard guard{mutex_};
  auto pos = slots_.find(id);
  if (pos == slots_.end())
    return;
  std::lock_guard inner{pos->second->mutex_};
  pos->second->now_.given_up = true;
}

void roster::forget(const std::string& id) {
  caf::actor dropped;
  std::lock_guard guard{mutex_};
  auto pos = slots_.find(id);
  if (pos == slots_.end())
    return;
  auto slot = std::move(pos->second);
  slots_.erase(pos);
  std::lock_guard inner{slot->mutex_};
  std::swap(dropped, slot->now_.handle);
  slot->now_.forgotten = true;
  forgotten_generation_ =
    std::max(forgotten_generation_, slot->now_.generation);
}

} // namespace troupe
