#include "runtime/configured_node.hpp"

#include <algorithm>

#include "runtime/agent_kinds.hpp"
#include "runtime/alert_command.hpp"
#include "runtime/api_json.hpp"
#include "runtime/key_fetcher.hpp"
#include "runtime/node_insides.hpp"
#include "runtime/queue_settings.hpp"
#include "runtime/secret_reference.hpp"
#include "store/sqlite_store.hpp"

namespace troupe::runtime {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

/// Empty, where a node keeps nothing.
std::string file_in(const std::string& data, const char* name) {
  return data.empty() ? std::string{} : data + "/" + name;
}

} // namespace

configured_node::configured_node(loaded_config config)
  : config_(*config.value), present_(std::move(config)), log_(config_.log),
    traces_(config_.traces),
    trace_board_({config_.traces.sample}, traces_.on()),
    http_agents_(config_.outbound,
                 [this](const task& x) { return trace_board_.traceparent(x); }),
    messenger_(client_options_of(config_.outbound)),
    webhooks_(config_.webhooks, file_in(config_.node.data, "webhooks.json"),
              config_.node.shards) {}

configured_node::~configured_node() = default;

void configured_node::can_reload(std::function<loaded_config()> read) {
  read_ = std::move(read);
}

namespace {

size_t process_slots(const std::vector<agent_config>& agents) {
  size_t slots = 0;
  for (const auto& x : agents)
    if (needs_spawner(x))
      slots += size_t{x.who.max_load} * std::max(x.on_demand, 1u);
  return slots;
}

} // namespace

/// If it is needed and not there yet.
failure configured_node::open_spawner(const std::vector<agent_config>& agents) {
  // One more for the command that alerts run.
  auto slots =
    process_slots(agents) + !config_.task_queue.alert_command.empty();
  if (slots == 0)
    return {};
  if (spawner_ && slots > process_slots_max_)
    return {errc::limit_reached, category::resource,
            "the agents have " + std::to_string(slots)
              + " slots for processes together, and the node was started with "
                "room for "
              + std::to_string(process_slots_max_)
              + "; restart it, or give them fewer (max_load)"};
  if (spawner_)
    return {};
  services::spawner_options options;
  // Slots are the limit; processes that are still ending count beside them.
  options.children_max = std::max(options.children_max, 2 * slots);
  process_slots_max_ = options.children_max / 2;
  auto opened = services::spawner::open(std::move(options));
  if (!opened)
    return opened.error();
  spawner_ = std::move(*opened);
  return {};
}

failure configured_node::read_login() {
  auto publish = [this](gateway::login_rules_ptr rules) {
    // A node that stops meanwhile has no use for it.
    if (server_)
      server_->renew_login(std::move(rules));
  };
  // Only a server asks for keys, and it has a node behind it.
  auto warn = [this](const std::string& text) {
    node_insides::home(*node_).warn(text);
  };
  auto keys =
    std::make_shared<key_fetcher>(client_options_of(config_.outbound));
  login_ = std::make_shared<login_source>(
    std::move(publish), std::move(warn),
    [keys](const std::string& url) { return keys->fetch(url); },
    [keys] { keys->stop(); });
  auto read = login_->read(config_.auth);
  if (!read)
    return read.error();
  config_.gateway.login = *read;
  config_.gateway.fetch_keys =
    [weak = std::weak_ptr{login_}](const std::string& issuer) {
      auto source = weak.lock();
      return source && source->want(issuer);
    };
  return {};
}

agent_means configured_node::means() {
  return {spawner_.get(), &http_agents_,
          [this](const task& x) { return trace_board_.traceparent(x); }};
}

failure configured_node::begin_webhooks() {
  auto api = node_insides::api(*node_);
  api->on_webhooks(&webhooks_);
  if (config_.webhooks.empty())
    return {};
  const auto& home = node_insides::home(*node_);
  auto read = [weak = std::weak_ptr{api}](read_job job,
                                          const std::function<void()>& lost) {
    if (auto to = weak.lock())
      to->read_store(std::move(job), lost);
    else
      lost();
  };
  auto keep = [weak = std::weak_ptr{api}](const core::note_row& what,
                                          std::function<void(failure)> then) {
    if (auto to = weak.lock())
      to->keep_note(what, std::move(then));
  };
  return webhooks_.start(
    {messenger_, read, home.now, home.random, home.warn, keep},
    node_insides::first_seq(*node_));
}

/// An alert of the queue goes to the log, to webhooks and to the command.
std::function<void(const core::queue_alert&)>
configured_node::alert_routes(std::function<void(const std::string&)> warn) {
  auto say = config_.node.warn;
  std::function<void(const core::queue_alert&)> run;
  if (const auto& command = config_.task_queue.alert_command; !command.empty())
    run = alert_command(*spawner_, command, std::move(warn));
  return [this, say, run](const core::queue_alert& x) {
    webhooks_.alert(x, utc_now());
    if (log_.takes_warnings())
      log_.alert(x, utc_now());
    else if (say)
      say(core::to_line(x));
    else
      std::fprintf(stderr, "troupe: %s\n", core::to_line(x).c_str());
    if (run)
      run(x);
  };
}

/// Before the node starts: what its agents and listeners are.
failure configured_node::make_node() {
  auto opts = config_.node;
  opts.warn = [this, say = opts.warn](const std::string& text) {
    webhooks_.alert(text, utc_now());
    if (log_.takes_warnings())
      log_.warning(text, utc_now());
    else if (say)
      say(text);
    else
      std::fprintf(stderr, "troupe: %s\n", text.c_str());
  };
  auto warn = opts.warn;
  node_ = std::make_unique<node>(std::move(opts));
  node_insides::on_commit(*node_, [this](const batch_ptr& x) {
    trace_board_.learn(*x);
    traces_.committed(x);
    log_.committed(x);
  });
  if (!config_.webhooks.empty())
    node_insides::on_commit(
      *node_, [this](const batch_ptr& x) { webhooks_.committed(*x); });
  auto& house = node_insides::options(*node_);
  house.allocation = config_.allocation;
  house.limits = config_.limits;
  house.shares = config_.workspaces;
  house.traceparent = [this](const task& x) {
    return trace_board_.traceparent(x);
  };
  node_insides::task_queue(*node_) = config_.task_queue;
  node_insides::task_queue(*node_).on_alert = alert_routes(warn);
  for (const auto& x : config_.agents) {
    if (x.on_demand > 0) {
      node_insides::add_on_demand(*node_, standby_of(x, means()));
      continue;
    }
    auto spec = spec_of(x, means());
    if (!spec)
      return spec.error();
    node_insides::add(*node_, std::move(*spec));
  }
  return {};
}

/// What the operations of the node ask besides its actors.
failure configured_node::join_api() {
  auto api = node_insides::api(*node_);
  if (read_)
    api->on_reload([this] { return reload(); });
  api->on_callback([this](const std::string& token, const std::string& body) {
    return http_agents_.take(token, body);
  });
  api->on_agents([this](nlohmann::json& entry) { http_agents_.add_to(entry); });
  traces_.start(messenger_);
  api->add_figures([this](core::metric_page& page) {
    traces_.add_figures(page);
    log_.add_figures(page);
    webhooks_.add_figures(page);
  });
  return begin_webhooks();
}

failure configured_node::open_doors() {
  server_ =
    std::make_shared<gateway::http_server>(node_->api(), config_.gateway);
  // Weak: the node lives longer, and may be asked until its end.
  node_insides::api(*node_)->add_figures(
    [from = std::weak_ptr{server_}](core::metric_page& page) {
      if (auto server = from.lock())
        server->add_figures(page);
    });
  server_->on_answer([this](const gateway::http_request& what, unsigned status,
                            core::duration took) {
    log_.request({what.request_id, what.method, std::string{what.route},
                  what.workspace, status, took},
                 utc_now());
  });
  return server_->start();
}

failure configured_node::start(doors which) {
  // Before anything is started that would inherit a key.
  take_out_of_environment(config_);
  if (auto why = outbound::check_options(client_options_of(config_.outbound)))
    return why;
  if (auto why = read_login())
    return why;
  if (auto why = open_spawner(config_.agents))
    return why;
  if (auto why = log_.open())
    return why;
  if (auto why = webhooks_.open())
    return why;
  if (auto why = make_node())
    return why;
  if (auto why = node_->start())
    return why;
  if (auto why = join_api())
    return why;
  return which == doors::none ? failure{} : open_doors();
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
  webhooks_.stop();
  auto why = node_ ? node_->stop(left()) : failure{};
  constexpr milliseconds last_spans{1'000};
  traces_.stop(std::min(last_spans, left()));
  login_.reset();
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
    auto scheme = opts.tls.empty() ? "http://" : "https://";
    out.push_back(scheme + host + ":" + std::to_string(server_->port()));
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
