#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "actors/host.hpp"

namespace troupe {

/// An agent that works here, or leaves.
struct crew_member {
  agent_spec_ptr spec;
  std::shared_ptr<host_memory> memory; // Outlives its host.
  bool leaving = false;
};

/// Who works on a node and how: what outlives the crew's actor and the hosts'
/// supervisor. The crew's actor writes it. Thread-safe.
class crew_book {
public:
  /// A new agent, or a known one that works in another way from now on; one
  /// that was leaving stays. Its spec gets the next number.
  agent_spec_ptr put(agent_spec spec);
  /// It is to leave. False: nobody is called so.
  bool let_go(const std::string& name);
  void remove(const std::string& name);

  void set_on_demand(std::vector<standby_spec_ptr> to);
  std::vector<standby_spec_ptr> on_demand() const;

  std::optional<crew_member> find(const std::string& name) const;
  std::map<std::string, crew_member> all() const; // As it is now.

private:
  mutable std::mutex mutex_;
  std::map<std::string, crew_member> all_;
  std::vector<standby_spec_ptr> on_demand_;
};

using crew_book_ptr = std::shared_ptr<crew_book>;

} // namespace troupe
