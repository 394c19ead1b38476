#pragma once

#include <memory>
#include <string>

#include "actors/journal.hpp"
#include "core/metric_page.hpp"
#include "core/queue_alerts.hpp"
#include "runtime/config.hpp"

namespace troupe::runtime {

/// What a door answered, for a line of the log.
struct answered_request {
  std::string id;
  std::string method;
  std::string route;
  std::string workspace;
  unsigned status = 0;
  core::duration took{};
};

/// A line of the log, without its break. A text is one where it can be written
/// as it is; secrets that can be told by their form are hidden.
std::string log_line(log_format format, core::instant at,
                     std::string_view level, const nlohmann::json& fields);

/// The log of a node: lines on stderr or in a file, as the configuration says.
/// Formatting and writing are done on a thread of its own; nobody waits for it.
/// Thread-safe.
class node_log {
public:
  static constexpr size_t waiting_max = 10'000; // Lines or batches...
  /// ...and what they hold, where nobody takes what is written.
  static constexpr size_t waiting_bytes_max = 64 * 1024 * 1024;

  explicit node_log(const log_config& how);
  ~node_log(); // Writes what there is, as far as it is taken.

  node_log(const node_log&) = delete;
  node_log& operator=(const node_log&) = delete;

  /// Opens the file and begins the thread. Nobody else reports that they cannot
  /// be had.
  failure open();

  /// Plain warnings on stderr are as they always were, and not its matter.
  bool takes_warnings() const {
    return how_.format == log_format::json || !how_.file.empty();
  }
  void warning(const std::string& text, core::instant at);

  void alert(const core::queue_alert& x, core::instant at);

  /// Ends of runs and attempts, and what the audit keeps of them, from level
  /// `info` on. From the journal: cheap.
  void committed(const batch_ptr& x);

  /// At level `debug`.
  void request(answered_request x, core::instant at);

  void add_figures(core::metric_page& to) const;

private:
  struct parts;
  const log_config how_;
  std::unique_ptr<parts> parts_;
};

} // namespace troupe::runtime
