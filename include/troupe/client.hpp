#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "troupe/errc.hpp"

namespace troupe {

/// Which node, and how it is asked. `client_options{}` is valid and right for a
/// node of this machine that nobody logs in to.
struct client_options {
  // -- which node

  /// "http://HOST:PORT", "https://HOST:PORT" or "unix:PATH".
  std::string node = "http://127.0.0.1:8765";

  /// A bearer token; empty: none. It goes over https, to this machine or
  /// through a Unix socket, never over a network for all to read.
  std::string token;

  /// Of https: a file with the certificates that the node's is signed with.
  /// Empty: those that this machine trusts.
  std::string ca_file;

  std::string workspace = "default";

  // -- limits

  std::chrono::milliseconds connect_timeout{2'000};

  /// Of one try of a call. Those that wait for the end of work have none.
  std::chrono::milliseconds call_timeout{60'000};

  /// How often something is asked in all, where asking again does no harm:
  /// what only looks, what has an idempotency key, what surely was not done.
  uint32_t tries_max = 4;

  /// Before the second try; it doubles with each, up to `retry_pause_max`.
  std::chrono::milliseconds retry_pause{250};
  std::chrono::milliseconds retry_pause_max{5'000};

  /// How often in a row a stream that broke is begun anew: with the pauses
  /// above, a node may be away for over a minute.
  uint32_t reconnects_max = 20;

  /// A node that is overloaded says when to come again; beyond this its refusal
  /// is the answer.
  std::chrono::milliseconds retry_after_max{30'000};

  /// A stream that says nothing for so long is broken; a node says something
  /// every 15 s.
  std::chrono::milliseconds stream_silence_max{60'000};

  size_t answer_bytes_max = 256u << 20;
};

/// Every problem at once, one sentence each; empty means valid.
std::vector<std::string> problems(const client_options& opts);

/// One thing that is wrong with what was sent.
struct client_problem {
  std::string where; // JSON pointer, e.g. "/steps/build/timeout".
  uint32_t line = 0; // From 1; 0 where the input has no lines.
  uint32_t column = 0;
  std::string what; // "unknown field `timout`"
  std::string hint; // "did you mean `timeout`?"; may be empty.
};

/// What a node said.
struct client_answer {
  failure error; // Set: the rest but `body` says more about it.
  std::vector<client_problem> problems; // Of errc::invalid.
  std::string body;                     // JSON.
  /// Nobody knows whether it was done: its answer was lost.
  bool in_doubt = false;
  /// The node is overloaded, and says when to come again.
  std::chrono::milliseconds retry_after{0};

  bool ok() const { return !error; }
};

/// What became of a submission.
struct client_accepted : client_answer {
  std::string run;       // Its UUID.
  bool repeated = false; // The idempotency key was known.
};

/// How a run ended. `error` is of the question, or why the run failed.
struct client_ended : client_answer {
  std::string run;
  std::string state;  // "completed", "failed", "cancelled".
  std::string output; // JSON.
};

/// How to ask. All fields may stay as they are.
struct call_options {
  /// The same key again does nothing again. Empty: the client makes one where
  /// the node takes one.
  std::string idempotency_key;
  /// Of all tries together; 0: none but the options' of the client.
  std::chrono::milliseconds deadline{0};
};

/// How to submit. All fields may stay as they are.
struct submission_options : call_options {
  std::string input = "{}"; // JSON object.
  uint8_t priority = 0;     // 1..10; 0: as the workflow says.
};

/// Which events to follow. All fields may stay as they are: all of the
/// workspace, from now on.
struct follow_options {
  std::string run;   // Only this one; then from its beginning to its end.
  std::string after; // The cursor to go on from.
  std::string kinds; // With commas; see docs/streams.md. Empty: all.
  std::string task;
  std::string name; // Of the runs' workflow.
};

struct client_event {
  std::string cursor; // Goes on after this event.
  std::string json;   // {"kind": "task_ended", ...}
};

/// How a stream came to its end: the run is over, the callback had enough, or
/// `error`.
struct client_followed : client_answer {
  std::string cursor; // Goes on where it ended.
};

/// A node from outside, over HTTP. Whatever can be done with `troupe` on the
/// command line can be done with this. Thread-safe; calls block until they are
/// answered. An object holds one thread and the connections that it uses again;
/// it must outlive its calls.
class client {
public:
  /// What is wrong with the options is the answer to every call.
  explicit client(client_options opts = {});
  ~client();

  client(const client&) = delete;
  client& operator=(const client&) = delete;

  // -- work; each answers when it is durable

  /// A workflow (YAML or JSON).
  client_accepted submit(const std::string& workflow,
                         const submission_options& how = {});
  /// A list of tasks (JSON), one run for all.
  client_accepted submit_tasks(const std::string& tasks,
                               const submission_options& how = {});
  /// A registered workflow: "release" or "release@3".
  client_accepted submit_named(const std::string& name,
                               const submission_options& how = {});
  /// Blocks until a run has ended, however it was submitted.
  client_ended wait(const std::string& run, std::stop_token stop = {});
  /// Submits a workflow and waits for the run's end.
  client_ended run(const std::string& workflow,
                   const submission_options& how = {});

  // -- commands; `id` is a run's or a task's

  client_answer cancel(const std::string& id, const std::string& reason = {},
                       const call_options& how = {});
  client_answer retry(const std::string& id, const call_options& how = {});
  client_answer pause(const std::string& run, const call_options& how = {});
  client_answer resume(const std::string& run, const call_options& how = {});
  /// `payload` is JSON.
  client_answer signal(const std::string& run, const std::string& name,
                       const std::string& payload = "null",
                       const call_options& how = {});
  client_answer approve(const std::string& task,
                        const std::string& comment = {},
                        const call_options& how = {});
  client_answer reject(const std::string& task, const std::string& comment = {},
                       const call_options& how = {});

  // -- views

  /// Of the node.
  client_answer status();
  client_answer status(const std::string& run);
  client_answer task(const std::string& task);
  client_answer why(const std::string& id);
  /// A page; `after` is the `next` of the one before.
  client_answer logs(const std::string& id, const std::string& after = {});
  client_answer approvals();
  client_answer agents();

  // -- workflows

  client_answer register_workflow(const std::string& workflow);
  /// The newest version, or that one; with all its versions.
  client_answer workflow(const std::string& name, uint32_t version = 0);
  /// How a workflow would run; nothing is stored.
  client_answer plan(const std::string& workflow);

  // -- the task queue

  client_answer queue_decompose(const std::string& strategy,
                                const call_options& how = {});
  /// Answers when the pass is over. 0: as many at once as the node is
  /// configured for; `task`: only this one.
  client_answer queue_execute(uint32_t max_concurrent = 0,
                              const std::string& task = {},
                              const call_options& how = {});
  /// Empty: of all tasks.
  client_answer queue_status(const std::string& task = {});

  // -- everything else

  /// Any operation of docs/api.md by its name, JSON object in, JSON out.
  client_answer ask(const std::string& operation,
                    const std::string& params = "{}",
                    const call_options& how = {});

  /// Any request: call("GET", "/api/v1/agents"). One other than GET is tried
  /// again after a lost answer only with an idempotency key in `how`.
  client_answer call(const std::string& method, const std::string& path,
                     const std::string& body = {},
                     const call_options& how = {});

  /// All of a listing ("runs", "tasks", "history", ...), page after page: calls
  /// `take` with each item (JSON) until it returns false. The answer's body is
  /// the last page.
  client_answer each(const std::string& operation, const std::string& params,
                     const std::function<bool(const std::string& item)>& take);

  /// Calls `on_event` on this thread with what happens until the run is over or
  /// `on_event` returns false; it may take its time, and may use the client.
  /// Where the connection breaks, the stream goes on behind the last event;
  /// `log` and `progress` of meanwhile are lost then, facts are not.
  client_followed
  follow(const follow_options& what,
         const std::function<bool(const client_event&)>& on_event,
         std::stop_token stop = {});

private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

} // namespace troupe
