#include <regex>
#include <set>

#include "runtime/config_cast.hpp"
#include "runtime/config_settings.hpp"

// What `troupe config show` tells: every setting, its value, and whose it is.

using namespace troupe::runtime;

namespace {

std::vector<shown_setting> shown(const std::string& text,
                                 config_sources from = {}) {
  from.file = from.file.empty() ? "f" : from.file;
  auto loaded = read_config(text, from);
  INFO(joined(loaded.problems));
  REQUIRE(loaded.value);
  return shown_settings(loaded);
}

/// "value, from" of one of them; empty: it is not there.
std::string line(const std::vector<shown_setting>& all,
                 const std::string& path) {
  for (const auto& x : all)
    if (x.path == path)
      return x.value + ", " + x.from;
  return {};
}

/// The setting in the list of all: with `*` for a name.
std::string pattern_of(const std::string& path) {
  auto named =
    std::regex{"^(agents|workspaces|webhooks|auth\\.issuers)\\.[^.]+\\."};
  auto out = std::regex_replace(path, named, "$1.*.");
  auto inside = std::regex{"^(agents\\.\\*\\.env|limits\\.resources)\\..*"};
  return std::regex_replace(out, inside, "$1");
}

} // namespace

TEST_CASE("every setting is shown, with its default where nobody spoke",
          "[config]")
{
  auto all = shown("");
  CHECK(line(all, "node.data") == "\"troupe-data\", default");
  CHECK(line(all, "node.threads") == "0, default");
  CHECK(line(all, "node.cancel_grace") == "\"5s\", default");
  CHECK(line(all, "node.pending_bytes_max") == "\"32MiB\", default");
  CHECK(line(all, "node.region") == "null, default");
  CHECK(line(all, "gateway.listen") == "\"127.0.0.1:8765\", default");
  CHECK(line(all, "agents.shell.max_load") == "4, default");
  CHECK(line(all, "agents.shell.env") == "{}, default");
  CHECK(line(all, "agents.echo.command").empty());
  CHECK(line(all, "allocation.weights.capability") == "0.4, default");
  CHECK(line(all, "limits.resources") == "{}, default");
  for (const auto& x : all) {
    INFO(x.path);
    CHECK_FALSE(x.said);
    CHECK_FALSE(x.hidden);
  }
}

TEST_CASE("each setting of the list is shown by a whole configuration",
          "[config]")
{
  auto all = shown("agents: {a: {kind: process, command: x, on_demand: 1},\n"
                   "         b: {kind: plugin, library: x},\n"
                   "         c: {kind: http, url: 'http://h/'}}\n"
                   "webhooks: {h: {url: 'http://h/', secret: env:X}}\n"
                   "workspaces: {w: {}}\n"
                   "auth: {issuers: {team: {keys: env:KEY}}}\n");
  std::set<std::string> found;
  for (const auto& x : all) {
    INFO(x.path);
    CHECK((is_setting(pattern_of(x.path))));
    found.insert(pattern_of(x.path));
  }
  for (auto path : settings()) {
    INFO(path);
    CHECK(found.count(std::string{path}) == 1);
  }
}

TEST_CASE("a value names who said it: flag, variable, line of the file",
          "[config]")
{
  config_sources from;
  from.environment = {{"TROUPE_NODE_SHARDS", "16"}};
  from.set = {"node.window=200"};
  from.data = "there";
  auto all = shown("node:\n  threads: 2\n  shards: 8\n", from);
  CHECK(line(all, "node.threads") == "2, f:2:12");
  CHECK(line(all, "node.shards") == "16, TROUPE_NODE_SHARDS");
  CHECK(line(all, "node.window") == "200, --set node.window");
  CHECK(line(all, "node.data") == "\"there\", --data");
  CHECK(line(all, "gateway.unix_socket")
        == "\"there/troupe.sock\", follows node.data");
}

TEST_CASE("members of one map can come from different places", "[config]")
{
  config_sources from;
  from.set = {"agents.a.env.LANG=de", "limits.resources.gpu=2"};
  auto all = shown("agents:\n"
                   "  a:\n"
                   "    kind: shell\n"
                   "    env: {HOME: /x}\n"
                   "node: {region: north}\n",
                   from);
  CHECK(line(all, "agents.a.env.HOME") == "\"/x\", f:4:17");
  CHECK(line(all, "agents.a.env.LANG") == "\"de\", --set agents.a.env.LANG");
  CHECK(line(all, "limits.resources.gpu") == "2.0, --set limits.resources.gpu");
  CHECK(line(all, "agents.a.region") == "\"north\", follows node.region");
  CHECK(line(all, "agents.a.kind") == "\"shell\", f:3:11");
}

TEST_CASE("no secret is shown, neither as a value nor as its source",
          "[config]")
{
  config_sources from;
  from.set = {"agents.a.env.OTHER_TOKEN=hush"};
  auto all = shown("agents:\n"
                   "  a:\n"
                   "    kind: process\n"
                   "    command: x\n"
                   "    args: [--password, hush, --to=http://u:hush@h]\n"
                   "    env: {API_KEY: hush, PROXY: \"http://u:hush@h\"}\n",
                   from);
  std::string text;
  size_t hidden = 0;
  for (const auto& x : all) {
    text += x.path + " " + x.value + " " + x.from + "\n";
    hidden += x.hidden ? 1 : 0;
  }
  INFO(text);
  CHECK(text.find("hush") == text.npos);
  CHECK(hidden == 4);
  CHECK(line(all, "agents.a.env.PROXY") == "\"http://u:(hidden)@h\", f:6:33");
}

TEST_CASE("what is shown is read again as the same configuration", "[config]")
{
  auto text = read_file(TROUPE_ROOT "/configs/dev.yaml");
  auto before = shown(text);
  config_sources from;
  for (const auto& x : before)
    if (x.value != "null")
      from.set.push_back(x.path + "=" + x.value);
  auto after = shown("agents: {}", from);
  REQUIRE(after.size() == before.size());
  for (size_t i = 0; i < before.size(); ++i) {
    INFO(before[i].path);
    CHECK(line(after, before[i].path).substr(0, before[i].value.size())
          == before[i].value);
  }
}
