#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/plain_http.hpp"
#include "cli/real_program.hpp"

namespace troupe::test {

/// A real node with a door on a free port, which is asked as any client would
/// ask it. It can be ended and started again on the same data. Killed with the
/// object.
class http_node {
public:
  /// `args` are further ones of `troupe node`.
  explicit http_node(std::string data, std::vector<std::string> args = {});

  void begin(); // Does not wait for it.
  void start(); // Until it is ready.
  ran end(int signal);
  void kill();
  real_program& process() { return *process_; }

  /// Whatever it says, to a request below /api/v1/, or to one that begins with
  /// a slash.
  http_said say(const std::string& method, const std::string& target,
                const std::string& body = {}, const std::string& headers = {});

  /// What it says, which must be good.
  nlohmann::json ask(const std::string& target);
  nlohmann::json ask(const std::string& method, const std::string& target,
                     const std::string& body);

  /// Hands over tasks as a JSON list; answers their run.
  std::string submit(const nlohmann::json& tasks);

  /// Waits for the end of a run; answers its state.
  std::string end_of(const std::string& run);
  /// The same; answers its tasks.
  nlohmann::json tasks_at_end(const std::string& run);

private:
  const std::string data_;
  const std::vector<std::string> args_;
  std::optional<real_program> process_;
  int port_ = 0;
};

} // namespace troupe::test
