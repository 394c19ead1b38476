#include <string_view>

#include "cli/source.hpp"
#include "cli/verb.hpp"
#include "client/http_api.hpp"
#include "client/node_address.hpp"

namespace troupe::cli {

verb_call::verb_call(const surroundings& around, po::variables_map args)
  : around_(around), args_(std::move(args)) {}

bool verb_call::has(const std::string& name) const {
  return args_.count(name) > 0;
}

std::string verb_call::text(const std::string& name) const {
  return has(name) ? args_[name].as<std::string>() : std::string{};
}

std::vector<std::string> verb_call::list(const std::string& name) const {
  return has(name) ? args_[name].as<std::vector<std::string>>()
                   : std::vector<std::string>{};
}

uint32_t verb_call::number(const std::string& name) const {
  auto value = args_[name].as<uint32_t>();
  // A minus is read as a number near the end of what fits.
  if (value > INT32_MAX)
    throw po::error("the argument for option '--" + name
                    + "' must be a number, not negative and below 2^31");
  return value;
}

std::string verb_call::workspace() const {
  if (has("workspace"))
    return text("workspace");
  auto set = around_.environment("TROUPE_WORKSPACE");
  return set.empty() ? "default" : set;
}

std::string verb_call::data() const {
  if (has("data"))
    return text("data");
  auto set = around_.environment("TROUPE_DATA");
  return set.empty() ? "troupe-data" : set;
}

std::string verb_call::given_node() const {
  return has("node") ? text("node") : around_.environment("TROUPE_NODE");
}

/// Who names a data directory means the node that serves it, and no other.
bool verb_call::names_data() const {
  return has("data") || !around_.environment("TROUPE_DATA").empty();
}

core::result<node_address> verb_call::address() const {
  if (given_node().empty() && names_data())
    return remote::parse_node_address("unix:" + remote::socket_path(data()));
  return remote::choose_node(given_node(), data());
}

node_login verb_call::login(const node_address& to) const {
  if (!to.unix_path.empty())
    return {}; // It is for the node's owner, who needs none.
  node_login out;
  out.ca_file =
    has("ca-file") ? text("ca-file") : around_.environment("TROUPE_CA_FILE");
  out.token = has("token-file") ? read_text(text("token-file"))
                                : around_.environment("TROUPE_TOKEN");
  constexpr std::string_view blank = " \t\r\n";
  out.token.erase(out.token.find_last_not_of(blank) + 1);
  if (auto why = remote::token_problem(to, out.token))
    throw stop_verb{exit_usage, why.message, ""};
  return out;
}

std::shared_ptr<core::api> verb_call::node_if_any() {
  auto where = address();
  if (!where)
    throw stop_verb{exit_usage, where.error().message, ""};
  connected_ = around_.connect(to_text(*where), login(*where));
  // A socket whose node is gone must not hide one at the usual port.
  if (!connected_ && given_node().empty() && !names_data()
      && !where->unix_path.empty())
    connected_ = around_.connect(to_text(*remote::choose_node("", "")),
                                 login(*remote::choose_node("", "")));
  api_ = connected_.get();
  if (!connected_ && !given_node().empty())
    throw stop_verb{exit_no_node, remote::no_node(*where).message, ""};
  return connected_;
}

core::api& verb_call::node() {
  if (!api_ && !node_if_any())
    throw stop_verb{exit_no_node, remote::no_node(*address()).message, ""};
  return *api_;
}

} // namespace troupe::cli
