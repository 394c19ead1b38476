#include "runtime/configured_node.hpp"

#include <algorithm>

#include "runtime/agent_kinds.hpp"
#include "runtime/node_insides.hpp"
#include "store/sqlite_store.hpp"

namespace troupe::runtime {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

configured_node::configured_node(node_config config)
  : config_(std::move(config)) {}

configured_node::~configured_node() = default;

failure configured_node::start(doors which) {
  const auto& agents = config_.agents;
  if (std::any_of(agents.begin(), agents.end(), needs_spawner)) {
    services::spawner_options options;
    size_t slots = 0;
    for (const auto& x : agents)
      slots += needs_spawner(x) ? x.who.max_load : 0;
    // Slots are the limit; processes that are still ending count beside them.
    options.children_max = std::max(options.children_max, 2 * slots);
    auto opened = services::spawner::open(std::move(options));
    if (!opened)
      return opened.error();
    spawner_ = std::move(*opened);
  }
  node_ = std::make_unique<node>(config_.node);
  auto& house = node_insides::options(*node_);
  house.allocation = config_.allocation;
  house.limits = config_.limits;
  house.shares = config_.workspaces;
  for (const auto& x : agents) {
    auto spec = spec_of(x, spawner_.get());
    if (!spec)
      return spec.error();
    node_insides::add(*node_, std::move(*spec));
  }
  if (auto why = node_->start())
    return why;
  if (which == doors::none)
    return {};
  server_ =
    std::make_unique<gateway::http_server>(node_->api(), config_.gateway);
  return server_->start();
}

failure configured_node::stop() {
  return stop(config_.stop_deadline);
}

failure configured_node::stop(milliseconds deadline) {
  auto until = steady_clock::now() + deadline;
  auto left = [&] {
    return std::max(milliseconds{0}, std::chrono::duration_cast<milliseconds>(
                                       until - steady_clock::now()));
  };
  // Half the time at most: streams of slow readers must not cost the agents'.
  if (server_)
    server_->stop(left() / 2);
  auto why = node_ ? node_->stop(left()) : failure{};
  server_.reset();
  return why;
}

std::shared_ptr<core::api> configured_node::api() {
  return node_->api();
}

std::vector<std::string> configured_node::addresses() const {
  std::vector<std::string> out;
  const auto& opts = config_.gateway;
  if (server_ && !opts.listen.empty()) {
    auto v6 = opts.listen.find(':') != opts.listen.npos;
    auto host = v6 ? "[" + opts.listen + "]" : opts.listen;
    out.push_back("http://" + host + ":" + std::to_string(server_->port()));
  }
  if (server_ && !opts.unix_socket.empty())
    out.push_back("unix:" + opts.unix_socket);
  return out;
}

core::result<std::vector<std::string>> check_store(const std::string& data,
                                                   bool deep) {
  store::sqlite_options options;
  options.directory = data;
  auto store = store::make_sqlite_store(std::move(options));
  return store->reader()->check(deep);
}

} // namespace troupe::runtime
