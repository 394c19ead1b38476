#include "runtime/config.hpp"

#include <cstring>
#include <fstream>
#include <iterator>

#include <unistd.h>

#include "runtime/config_overlay.hpp"
#include "runtime/config_values.hpp"

namespace troupe::runtime {

namespace {

constexpr size_t file_bytes_max = 1u << 20;

/// A file in which everything is commented out is as good as none.
bool says_nothing(std::string_view text) {
  auto comment = false;
  for (auto c : text) {
    if (c == '\n')
      comment = false;
    else if (c == '#')
      comment = true;
    else if (!comment && c != ' ' && c != '\t' && c != '\r')
      return false;
  }
  return true;
}

core::parsed_document parse(std::string_view text) {
  core::parsed_document nothing;
  nothing.root.kind = core::node_kind::object;
  if (says_nothing(text))
    return nothing;
  core::document_limits limits;
  limits.source_bytes_max = file_bytes_max;
  return core::read_document(text, limits);
}

std::vector<overlay> overlays_of(const config_sources& from,
                                 const core::node& root,
                                 std::vector<config_problem>& problems) {
  std::vector<overlay> out;
  add_environment(from.environment, root, out, problems);
  if (!from.data.empty())
    out.push_back(text_overlay("--data", {"node", "data"}, from.data));
  if (!from.listen.empty())
    out.push_back(text_overlay("--listen", {"gateway", "listen"}, from.listen));
  for (const auto& x : from.set)
    add_set(x, out, problems);
  return out;
}

node_config read_tree(const core::node& root,
                      const std::vector<agent_config>& usual,
                      core::problems& problems) {
  namespace reading = config_reading;
  node_config out;
  core::object_reader in{core::value{root, problems}};
  reading::section(in, "node",
                   [&](auto& inner) { reading::read_node(inner, out); });
  reading::section(in, "auth",
                   [&](auto& inner) { reading::read_auth(inner, out.auth); });
  reading::section(in, "gateway",
                   [&](auto& inner) { reading::read_gateway(inner, out); });
  out.agents = usual;
  if (auto x = in.find("agents"); x && x->kind() != core::node_kind::null)
    reading::read_agents(*x, usual, out.agents);
  reading::section(in, "allocation",
                   [&](auto& inner) { reading::read_allocation(inner, out); });
  reading::section(in, "limits",
                   [&](auto& inner) { reading::read_limits(inner, out); });
  reading::section(in, "task_queue", [&](auto& inner) {
    reading::read_task_queue(inner, out.task_queue);
  });
  if (auto x = in.find("workspaces"); x && x->kind() != core::node_kind::null)
    reading::read_workspaces(*x, out);
  reading::section(in, "outbound",
                   [&](auto& inner) { reading::read_outbound(inner, out); });
  if (auto x = in.find("webhooks"); x && x->kind() != core::node_kind::null)
    reading::read_webhooks(*x, out);
  reading::section(in, "traces",
                   [&](auto& inner) { reading::read_traces(inner, out); });
  reading::section(in, "log",
                   [&](auto& inner) { reading::read_log(inner, out); });
  reading::finish(in, "");
  return out;
}

/// Who said what is wrong: the file by line, else the newest setting that is
/// there or inside.
std::string blame(const core::problem& x, const std::string& file,
                  const std::vector<overlay>& all) {
  if (x.line > 0)
    return file;
  if (const auto* who = newest_at(x.where, all))
    return who->source;
  return file.empty() ? "configuration" : file;
}

/// What follows from other settings.
void complete(node_config& x, bool socket_was_said) {
  for (auto& agent : x.agents) {
    if (agent.who.region.empty())
      agent.who.region = x.node.region;
    agent.limits.grace = x.node.cancel_grace;
  }
  x.allocation.region = x.node.region;
  auto socket = x.node.data + "/troupe.sock";
  if (!socket_was_said && !x.node.data.empty())
    x.gateway.unix_socket = std::move(socket);
}

bool has(const core::node& root, std::string_view section,
         std::string_view key) {
  const auto* x = root.find(section);
  return x != nullptr && x->kind == core::node_kind::object
         && x->find(key) != nullptr;
}

loaded_config unreadable(const std::string& file, int code) {
  loaded_config out;
  out.problems.push_back(
    {"",
     {"", 0, 0,
      "cannot read the configuration " + file + ": " + std::strerror(code),
      "check the name and its permissions"}});
  return out;
}

} // namespace

std::vector<std::string> lines_of(const std::vector<config_problem>& all) {
  std::vector<std::string> out;
  out.reserve(all.size());
  for (const auto& x : all)
    out.push_back(to_text(x));
  return out;
}

loaded_config read_config(std::string_view text, const config_sources& from) {
  loaded_config out;
  auto parsed = parse(text);
  for (auto& x : parsed.problems)
    out.problems.push_back({from.file, std::move(x)});
  if (!out.problems.empty())
    return out;
  auto& root = parsed.root;
  // A file that names agents has those; settings beside it change the usual.
  const auto* named =
    root.kind == core::node_kind::object ? root.find("agents") : nullptr;
  std::vector<agent_config> usual;
  if (named == nullptr || named->kind == core::node_kind::null)
    usual = usual_agents();
  auto overlays = overlays_of(from, root, out.problems);
  if (root.kind == core::node_kind::object)
    for (const auto& x : overlays)
      apply(x, root);
  core::problems problems;
  auto config = read_tree(root, usual, problems);
  for (auto& x : problems)
    out.problems.push_back({blame(x, from.file, overlays), x});
  if (!out.problems.empty())
    return out;
  out.said = origins_of(root, from.file, overlays);
  complete(config, has(root, "gateway", "unix_socket"));
  out.value = std::move(config);
  return out;
}

loaded_config load_config(const config_sources& from) {
  if (from.file.empty())
    return read_config("", from);
  std::ifstream file{from.file, std::ios::binary};
  std::string text(file_bytes_max + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.is_open() || file.bad() || (file.fail() && !file.eof()))
    return unreadable(from.file, errno);
  text.resize(static_cast<size_t>(file.gcount()));
  return read_config(text, from);
}

std::map<std::string, std::string> troupe_environment() {
  constexpr std::string_view prefix = "TROUPE_";
  std::map<std::string, std::string> out;
  for (auto x = environ; x != nullptr && *x != nullptr; ++x) {
    std::string_view text{*x};
    auto equals = text.find('=');
    if (text.starts_with(prefix) && equals != text.npos)
      out.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return out;
}

} // namespace troupe::runtime
