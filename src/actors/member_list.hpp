#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/on_demand.hpp"

namespace troupe {

/// The agents of a node by name, in the order in which they came. It changes
/// while the node runs: its crew writes it, everybody may read. Thread-safe.
class member_list {
public:
  /// `outside`: its code works in processes of its own. A known one keeps its
  /// place.
  void add(const std::string& name, bool outside);
  void remove(const std::string& name);

  std::vector<std::string> names() const;
  bool has(const std::string& name) const;
  bool works_outside(const std::string& name) const;
  size_t size() const;

  /// Whether agents' code in this process could have ended it.
  bool any_inside() const;

  using standbys = std::vector<core::standby>;
  /// What agents may be made from; never null.
  std::shared_ptr<const standbys> on_demand() const;
  void set_on_demand(standbys to);

private:
  struct place {
    uint64_t came = 0; // Its order.
    bool outside = false;
  };

  mutable std::mutex mutex_;
  std::unordered_map<std::string, place> all_;
  uint64_t last_ = 0;
  std::shared_ptr<const standbys> on_demand_ =
    std::make_shared<const standbys>();
};

} // namespace troupe
