#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include <nlohmann/json.hpp>

#include "mcp/outlet.hpp"
#include "mcp/session.hpp"
#include "mcp/surroundings.hpp"
#include "mcp/wire.hpp"

namespace troupe::mcp {

class request;
using request_ptr = std::shared_ptr<request>;
using handler = std::function<void(const request_ptr&)>;

/// A request of a client, until it is answered. Handlers are written once for
/// both eras: what they say and ask takes the era's form here. One thread at a
/// time works for it; `cancel` and `abandoned` may be called from any.
class request : public std::enable_shared_from_this<request> {
public:
  request(era spoken, nlohmann::json message, caller from, outlet_ptr to,
          session_ptr in, std::shared_ptr<const surroundings> around);

  const era spoken;
  const nlohmann::json id;
  const std::string method;
  const nlohmann::json params;
  const caller from;
  const session_ptr in; // Null: a modern one over HTTP.
  const std::shared_ptr<const surroundings> around;

  // -- what the client can

  /// "elicitation", "sampling", "roots".
  bool can(std::string_view ability) const;
  bool can_tasks() const; // Of the modern era.

  // -- the layer behind

  using then = std::function<void(const core::api_answer&)>;
  void call(const std::string& op, const nlohmann::json& params, then what,
            const std::string& key = {}) const;

  // -- answering; only the first answer counts

  void succeed(nlohmann::json result);
  void fail(int code, std::string_view message,
            const nlohmann::json& data = nullptr, unsigned status = 200);
  void need_capability(const nlohmann::json& which);
  void progress(double done, double total, std::string_view message);
  void log(std::string_view level, std::string_view logger,
           const nlohmann::json& data);

  /// Nobody waits for an answer any more.
  bool abandoned() const;
  /// The client wants no answer any more, and gets none.
  void cancel();
  /// A notification of another kind. False: nobody reads it.
  bool tell(const nlohmann::json& said);

  // -- asking the client back

  /// Has the client answer `inputs`, {key: {method, params}}, then runs the
  /// handler again from its beginning with `state` and all answers.
  void ask(nlohmann::json inputs, nlohmann::json state);
  /// Null: not asked, or not answered yet.
  const nlohmann::json& answer(const std::string& key) const;
  const nlohmann::json& answers() const { return answers_; }
  const nlohmann::json& state() const { return state_; }

  /// Takes answers and state out of the params; then calls `what`, now and
  /// after each round of questions. Fails by itself where they are no good.
  void run(handler what);

  /// Another way of asking, instead of the era's: of tasks.
  using asker =
    std::function<void(nlohmann::json inputs, nlohmann::json state)>;
  void ask_through(asker how) { asker_ = std::move(how); }
  /// The next round, with further answers.
  void go_on(nlohmann::json state, const nlohmann::json& further);

private:
  std::string purpose() const;
  bool take_answers();
  void ask_in_session(const nlohmann::json& inputs, nlohmann::json state);

  const outlet_ptr to_;
  const nlohmann::json capabilities_;
  handler handler_;
  asker asker_;
  nlohmann::json answers_ = nlohmann::json::object();
  nlohmann::json state_;
  double progress_ = -1;
  std::mutex mutex_; // Of `progress_` and of answers that come in together.
  std::atomic<bool> answered_{false};
  std::atomic<bool> cancelled_{false};
};

/// One of the eight levels of a log.
bool is_log_level(std::string_view word);

/// A failure of the layer behind, as the result of a tool.
nlohmann::json failed_result(const core::api_answer& got);

/// What it says, or null where that is no JSON.
nlohmann::json body_of(const core::api_answer& got);

} // namespace troupe::mcp
