#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/node_api.hpp"
#include "sim/ledger.hpp"
#include "sim/plan.hpp"

namespace troupe::sim {

/// Everybody who wants something of the node. Keeps what it was promised, and
/// complains at once if the store does not have it.
class client {
public:
  client(const plan& from, ledger& book, ledger::complaint wrong);

  /// The doors are open: of the next life of the node.
  void connect(std::shared_ptr<runtime::node_api> door);
  /// They are closed; who was not answered asks again in the next life.
  void disconnect();

  void set_now(core::duration now) { now_ = now; }
  /// Submits what is due and asks again where it was not answered.
  void go_on();
  /// When there is something to do next.
  core::duration next() const;

  void command(const event& x);
  /// Sees to it that all runs come to their end.
  void lead_to_the_end();

  /// Everything was accepted, and every call of this life was answered.
  bool satisfied() const;
  /// What is not answered, for people.
  std::string waits_for() const;

  uint64_t commands() const { return commands_; }

private:
  struct submission {
    core::id run; // Once it was answered.
    core::duration again{};
    bool settled = false;
  };
  using told = std::function<void(const core::api_answer&)>;

  void call(const std::string& op, nlohmann::json params,
            const std::string& key, told then);
  void submit(size_t work);
  void submitted(size_t work, const core::api_answer& x);
  void command_run(act what, core::id run, const event& x);
  void command_task(act what, core::id task);
  void obeyed(act what, core::id target, const std::string& signal);
  std::vector<core::id> tasks_in(core::id run, core::task_state state) const;

  const plan& plan_;
  ledger& book_;
  ledger::complaint wrong_;
  core::duration now_{};
  std::shared_ptr<runtime::node_api> door_;
  uint64_t life_ = 0;
  uint64_t commands_ = 0;
  uint64_t calls_ = 0;
  std::vector<submission> submissions_;
  std::map<uint64_t, std::string> open_; // Calls of this life.
  std::map<std::pair<core::id, std::string>, uint32_t> promised_;
};

} // namespace troupe::sim
