#include "cli/local_node.hpp"

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <iostream>
#include <memory>
#include <thread>

#include <pthread.h>
#include <unistd.h>

#include "cli/exit_code.hpp"
#include "runtime/agent_kinds.hpp"
#include "runtime/configured_node.hpp"
#include "runtime/login_keys.hpp"
#include "runtime/restore_store.hpp"
#include "runtime/spawner_life.hpp"
#include "troupe/version.hpp"

namespace troupe::cli {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// What may still happen after the deadline before the process just ends:
/// closing the store, joining threads.
constexpr std::chrono::seconds ending_max{5};

/// Those that end a node in order, and the one that has it read its
/// configuration again. Blocked before any thread starts, so that they wait for
/// `wait` wherever they are sent.
class node_signals {
public:
  node_signals() {
    ::sigemptyset(&set_);
    for (auto x : {SIGINT, SIGTERM, SIGHUP})
      ::sigaddset(&set_, x);
    ::pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    // A peer that went away is an error of the write, not our end.
    ::signal(SIGPIPE, SIG_IGN);
  }

  /// Which one came.
  int wait() const {
    int signal = 0;
    while (::sigwait(&set_, &signal) != 0)
      ;
    return signal;
  }

  /// False: none came.
  bool wait_for(milliseconds time) const {
    auto until = steady_clock::now() + time;
    for (;;) {
      auto left =
        std::chrono::duration_cast<milliseconds>(until - steady_clock::now());
      if (left.count() <= 0)
        return false;
      timespec wanted{left.count() / 1000, left.count() % 1000 * 1'000'000};
      if (::sigtimedwait(&set_, nullptr, &wanted) > 0)
        return true;
    }
  }

private:
  sigset_t set_;
};

int say(const failure& why) {
  std::cerr << "troupe: the node did not start: " << why.message << '\n';
  if (why.code == errc::store_locked)
    std::cerr << "  hint: `troupe status` asks the node that is running; "
                 "--data and --listen start another one\n";
  // A usage error is one of the command line; this is the machine's.
  auto code = exit_code_of(why);
  return code == exit_usage ? exit_failure : code;
}

int say(const std::vector<std::string>& problems) {
  std::cerr << "troupe: the configuration has " << problems.size()
            << (problems.size() == 1 ? " problem\n" : " problems\n");
  for (const auto& x : problems)
    std::cerr << "  " << x << '\n';
  std::cerr << "  hint: docs/configuration.md has every setting, "
               "configs/sample.yaml the defaults\n";
  return exit_usage;
}

runtime::loaded_config load(const node_args& args) {
  runtime::config_sources from;
  from.file = args.config;
  from.environment = runtime::troupe_environment();
  from.data = args.data;
  from.listen = args.listen;
  from.set = args.set;
  auto loaded = runtime::load_config(from);
  if (!loaded.value)
    return loaded;
  loaded.value->gateway.conformance_fixtures = args.conformance_fixtures;
  // A task that comes to an agent which cannot work would be lost on it.
  loaded.problems = runtime::what_is_missing(loaded);
  auto login = runtime::login_rules_of(loaded.value->auth);
  if (login)
    loaded.value->gateway.login = *login;
  else
    loaded.problems.push_back({"", {"", 0, 0, login.error().message, ""}});
  for (const auto& x : gateway::problems(loaded.value->gateway))
    loaded.problems.push_back({"", {"", 0, 0, x, ""}});
  if (!loaded.problems.empty())
    loaded.value.reset();
  return loaded;
}

std::string place_of(const runtime::node_config& config) {
  return config.node.data.empty() ? "in memory: all is lost at its end"
                                  : "data in " + config.node.data;
}

/// One line, for people and for scripts that wait for it.
void say_ready(const runtime::configured_node& node,
               const runtime::node_config& config, milliseconds took) {
  std::cout << "troupe " << version() << " ready after " << took.count()
            << " ms";
  auto separator = ": ";
  for (const auto& x : node.addresses()) {
    std::cout << separator << x;
    separator = ", ";
  }
  std::cout << "; " << place_of(config) << "; pid " << ::getpid() << std::endl;
}

/// Asked for by a signal: what became of it is said to whoever reads along.
void reload(runtime::configured_node& node) {
  core::api_request what;
  what.op = "reload";
  what.by.door = "signal";
  auto answered = std::make_shared<std::promise<core::api_answer>>();
  node.api()->call(what, [answered](core::api_answer x) {
    answered->set_value(std::move(x));
  });
  auto got = answered->get_future().get();
  if (!got.error) {
    std::cerr << "troupe: the configuration was read again: " << got.body.view()
              << std::endl;
    return;
  }
  std::cerr << "troupe: nothing was changed: " << got.error.message << '\n';
  for (const auto& x : got.problems)
    std::cerr << "  " << core::to_text(x, "the configuration") << '\n';
  std::cerr << std::flush;
}

/// Whatever hangs, a second signal or the deadline ends the process. That
/// loses nothing: what was acknowledged is durable.
void end_whatever_hangs(const node_signals& signals, milliseconds deadline) {
  std::thread{[signals, deadline] {
    if (signals.wait_for(deadline + ending_max)) {
      std::fputs("troupe: ended at once; nothing acknowledged is lost\n",
                 stderr);
      ::_exit(exit_interrupted);
    }
    std::fputs("troupe: the node did not stop within its deadline and was "
               "ended; nothing acknowledged is lost\n",
               stderr);
    ::_exit(exit_failure);
  }}.detach();
}

} // namespace

int run_node(const node_args& args) {
  auto began = steady_clock::now();
  auto loaded = load(args);
  if (!loaded.value)
    return say(lines_of(loaded.problems));
  const auto& config = *loaded.value;
  node_signals signals;
  runtime::configured_node node{loaded};
  if (!args.config.empty())
    node.can_reload([args] { return load(args); });
  if (auto why = node.start(runtime::doors::open))
    return say(why);
  say_ready(
    node, config,
    std::chrono::duration_cast<milliseconds>(steady_clock::now() - began));
  // A node without a file ends with the terminal that it was started in.
  while (signals.wait() == SIGHUP && !args.config.empty())
    reload(node);
  std::cerr << "troupe: stopping, at most "
            << core::to_text(core::duration{config.stop_deadline})
            << "; another signal ends it at once" << std::endl;
  end_whatever_hangs(signals, config.stop_deadline);
  if (auto why = node.stop()) {
    std::cerr << "troupe: " << why.message << '\n';
    return exit_code_of(why);
  }
  std::cerr << "troupe: stopped" << std::endl;
  return exit_ok;
}

int run_file_in_process(const node_args& args,
                        const std::function<int(core::api&)>& use) {
  auto loaded = load(args);
  if (!loaded.value)
    return say(lines_of(loaded.problems));
  auto& config = *loaded.value;
  config.node.data = args.data; // Empty: in memory, gone with the run.
  runtime::configured_node node{loaded};
  if (auto why = node.start(runtime::doors::none))
    return say(why);
  auto code = use(*node.api());
  // Who pressed ^C does not wait for what runs.
  auto patience =
    code == exit_interrupted ? milliseconds{0} : config.stop_deadline;
  if (auto why = node.stop(patience))
    std::cerr << "troupe: " << why.message << '\n';
  return code;
}

core::result<std::vector<std::string>> check_data(const std::string& data,
                                                  bool deep) {
  return runtime::check_store(data, deep);
}

runtime::config_report report_config(const node_args& args) {
  auto loaded = load(args);
  runtime::config_report out;
  if (loaded.value)
    out.settings = shown_settings(loaded);
  out.problems = std::move(loaded.problems);
  return out;
}

failure restore_data(const std::string& backup, const std::string& data) {
  return runtime::restore_store(backup, data);
}

std::optional<int> spawner_life(int argc, char** argv) {
  return runtime::spawner_life(argc, argv);
}

} // namespace troupe::cli
