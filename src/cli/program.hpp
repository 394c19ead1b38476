#pragma once

#include <chrono>
#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/local_node.hpp"
#include "cli/terminal.hpp"
#include "client/node_address.hpp"
#include "core/api.hpp"

namespace troupe::cli {

using remote::node_address;
using remote::node_login;

/// Everything the program touches outside itself, so that tests can stand in
/// for it.
struct surroundings {
  std::ostream& out;
  std::ostream& err;
  bool terminal = false; // `out` is one: lines may be drawn over.
  unsigned width = 80;
  std::function<std::string(const std::string&)> environment;
  /// A node's semantic layer; null where none answers.
  std::function<std::shared_ptr<core::api>(const std::string& address,
                                           const node_login& as)>
    connect;
  std::function<int(const node_args&)> node;
  std::function<int(const node_args&, const std::function<int(core::api&)>&)>
    in_process;
  std::function<int(const std::vector<std::string>&)> bench;
  std::function<int(const std::vector<std::string>&)> sim;
  std::function<core::result<std::vector<std::string>>(const std::string&,
                                                       bool deep)>
    check_data;
  /// Whether somebody pressed ^C since the first call; the second ^C ends the
  /// program at once. Empty: nobody can.
  std::function<bool()> interrupted = {};
  /// Makes a data directory from a backup.
  std::function<failure(const std::string& backup, const std::string& data)>
    restore = {};
  /// A node's configuration, or what is wrong with it.
  std::function<runtime::config_report(const node_args&)> config = {};
  /// The terminal as a whole; null where there is none.
  std::function<std::unique_ptr<full_screen>(bool colour)> screen = {};
  /// Before a question is asked again whose answer was lost; doubles each time.
  std::chrono::milliseconds ask_again_pause{1'000};
};

/// `troupe ARGS`, without the program's name. Returns an exit code.
int run_program(const std::vector<std::string>& args,
                const surroundings& around);

} // namespace troupe::cli
