#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "actors/journal.hpp"
#include "core/api.hpp"
#include "core/metric_page.hpp"
#include "core/queue_alerts.hpp"
#include "core/webhook.hpp"
#include "outbound/http_client.hpp"
#include "runtime/config.hpp"

namespace troupe::runtime {

/// What webhooks need of a node.
struct webhook_means {
  outbound::http_client& client;
  /// Runs it on a reader's thread; `lost` where that is lost.
  std::function<void(read_job, std::function<void()> lost)> read;
  std::function<core::instant()> now;
  std::function<double()> random;
  std::function<void(const std::string&)> warn;
  /// Keeps a note in the store (empty: it goes); `then` hears what was wrong.
  std::function<void(const core::note_row&, std::function<void(failure)> then)>
    keep;
};

/// Tells others what was committed (docs/webhooks.md): in order, at least once,
/// from the store's own history, so that nothing waits in memory and nobody
/// waits for a receiver. Works on the client's thread.
class webhooks {
public:
  /// `file`: where earlier versions kept positions and dead letters; it is read
  /// once, and goes when the store has them.
  webhooks(const std::map<std::string, webhook_config>& hooks, std::string file,
           uint32_t shards);
  ~webhooks();

  webhooks(const webhooks&) = delete;
  webhooks& operator=(const webhooks&) = delete;

  /// Reads the secrets.
  failure open();

  /// `next_seq`: the next fact of each shard when the store was opened.
  /// `means.client` must outlive this. Waits until the store has told how far
  /// each webhook was.
  failure start(webhook_means means, std::vector<uint64_t> next_seq);

  /// Nothing more is sent; what was reached is kept.
  void stop();

  /// From the journal: cheap.
  void committed(const core::batch& x);

  /// Something that people should know, to those who listen to `alert`.
  void alert(const std::string& text, core::instant at);
  /// The same of a queue: to those of its workspace.
  void alert(const core::queue_alert& x, core::instant at);

  // -- for doors; thread-safe, of one workspace

  nlohmann::json shown(const std::string& workspace) const;
  nlohmann::json letters(const std::string& workspace) const;
  /// Sends it again, as it was; or why not.
  failure redeliver(const std::string& workspace, const std::string& id);
  void add_figures(core::metric_page& to) const;

private:
  /// `workspace`: whose webhooks; empty: all.
  void tell(nlohmann::json event, core::instant at,
            const std::string& workspace);

  struct line;
  struct parts;
  std::shared_ptr<parts> parts_;
};

} // namespace troupe::runtime
