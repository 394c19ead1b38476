#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/program_options.hpp>
#include <nlohmann/json.hpp>

#include "cli/exit_code.hpp"
#include "client/node_address.hpp"
#include "cli/program.hpp"

namespace troupe::cli {

namespace po = boost::program_options;

/// A problem that ends the verb: said on stderr with what to do.
struct stop_verb {
  int code = exit_failure;
  std::string what;
  std::string hint;
};

/// Says it on stderr.
void say(const surroundings& around, const stop_verb& why);

/// What a verb works with.
class verb_call {
public:
  verb_call(const surroundings& around, po::variables_map args);

  // -- arguments

  bool has(const std::string& name) const;
  std::string text(const std::string& name) const; // Empty where not given.
  std::vector<std::string> list(const std::string& name) const;
  uint32_t number(const std::string& name) const;
  bool json() const { return has("json"); }
  std::string workspace() const;
  std::string data() const;
  std::string given_node() const; // Flag or TROUPE_NODE; may be empty.
  bool names_data() const;
  core::result<node_address> address() const;
  /// What the node is shown. Throws `stop_verb` where a token would cross a
  /// network for all to read.
  node_login login(const node_address& to) const;

  // -- the node

  /// Throws `stop_verb` where no node answers.
  core::api& node();
  /// Null where none answers and none was asked for by name.
  std::shared_ptr<core::api> node_if_any();
  /// In a node of this process: every verb can do with either.
  void use(core::api& local) { api_ = &local; }
  /// The node is this process and ends with the verb.
  void use_own(core::api& local) {
    use(local);
    own_node_ = true;
  }
  bool own_node() const { return own_node_; }

  /// Asks and waits. Throws `stop_verb` for an error; problems are said to be
  /// in `file`, if it is named. What changes something has a key, its own where
  /// none is given, and is asked again where its answer is lost.
  nlohmann::json ask(const std::string& op,
                     const nlohmann::json& params = nlohmann::json::object(),
                     const std::string& key = {}, const std::string& file = {});

  /// Whether an earlier try of the newest question may have been done.
  bool asked_again() const { return asked_again_; }

  core::origin origin() const;

  std::ostream& out() const { return around_.out; }
  std::ostream& err() const { return around_.err; }
  const surroundings& around() const { return around_; }

private:
  core::api_answer ask_once(const core::api_request& what);
  core::api_answer ask_until_known(const core::api_request& what);

  const surroundings& around_;
  po::variables_map args_;
  std::shared_ptr<core::api> connected_;
  core::api* api_ = nullptr;
  bool own_node_ = false;
  bool asked_again_ = false;
};

/// A line of docs/cli.md.
struct verb {
  std::string_view name;
  std::string_view synopsis; // After the name: "RUN [--reason TEXT]".
  std::string_view summary;
  std::string_view examples;               // Lines, without "troupe ".
  std::vector<std::string_view> arguments; // In order; "+x": the last, many.
  size_t required = 0;                     // Of the arguments.
  void (*options)(po::options_description_easy_init&); // Null: none.
  int (*run)(verb_call&);
};

std::span<const verb> verbs();
const verb* find_verb(std::string_view name);

std::string help_text();
std::string help_text(const verb& of);

} // namespace troupe::cli
