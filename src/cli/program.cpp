#include "cli/program.hpp"

#include <algorithm>
#include <ostream>

#include "cli/verb.hpp"

namespace troupe::cli {

namespace {

constexpr int option_width = 78;

po::options_description options_of(const verb& of) {
  po::options_description out{"Options", option_width};
  auto add = out.add_options();
  if (of.options)
    of.options(add);
  add("json", "print JSON (stable) instead of text");
  add("workspace", po::value<std::string>()->value_name("NAME"),
      "the tenant; default: TROUPE_WORKSPACE, then `default`");
  add("node", po::value<std::string>()->value_name("ADDRESS"),
      "http://HOST:PORT, https://HOST:PORT or unix:PATH; default: TROUPE_NODE, "
      "then the socket "
      "in the data directory, then http://127.0.0.1:8765");
  add("token-file", po::value<std::string>()->value_name("FILE"),
      "a token for the node; default: TROUPE_TOKEN, then none");
  add("ca-file", po::value<std::string>()->value_name("FILE"),
      "whom to trust with https, PEM; default: TROUPE_CA_FILE, then whom this "
      "machine trusts");
  add("data", po::value<std::string>()->value_name("DIR"),
      "the data directory; default: TROUPE_DATA, then troupe-data");
  add("help,h", "show this");
  return out;
}

std::string plain_name(std::string_view argument) {
  return std::string{argument.substr(argument.starts_with('+') ? 1 : 0)};
}

po::variables_map parse(const verb& of, const std::vector<std::string>& args) {
  auto shown = options_of(of);
  po::options_description hidden;
  po::positional_options_description order;
  for (auto x : of.arguments) {
    auto many = x.starts_with('+');
    auto name = plain_name(x);
    if (many)
      hidden.add_options()(name.c_str(), po::value<std::vector<std::string>>());
    else
      hidden.add_options()(name.c_str(), po::value<std::string>());
    order.add(name.c_str(), many ? -1 : 1);
  }
  po::options_description all;
  all.add(shown).add(hidden);
  namespace style = po::command_line_style;
  po::variables_map out;
  po::store(po::command_line_parser(args)
              .options(all)
              .positional(order)
              // No guessing: scripts must not break when an option is added.
              .style(style::unix_style & ~style::allow_guessing)
              .run(),
            out);
  po::notify(out);
  return out;
}

void check_required(const verb& of, const po::variables_map& args) {
  for (size_t i = 0; i < of.required; ++i) {
    auto name = plain_name(of.arguments[i]);
    if (args.count(name) == 0)
      throw po::error("the argument " + name + " is missing");
  }
}

int end_with(const surroundings& around, const stop_verb& why) {
  say(around, why);
  return why.code;
}

// The verb that somebody may have meant: the one that begins alike.
std::string near_verb(const std::string& name) {
  for (const auto& x : verbs())
    if (name.size() >= 2 && x.name.starts_with(name.substr(0, 2)))
      return "did you mean `troupe " + std::string{x.name} + "`? ";
  return {};
}

int run_verb(const verb& of, const std::vector<std::string>& args,
             const surroundings& around) {
  try {
    auto parsed = parse(of, args);
    if (parsed.count("help") > 0) {
      around.out << help_text(of);
      return exit_ok;
    }
    check_required(of, parsed);
    verb_call call{around, std::move(parsed)};
    return of.run(call);
  } catch (const po::error& e) {
    return end_with(around, {exit_usage, e.what(),
                             "see `troupe help " + std::string{of.name} + "`"});
  } catch (const stop_verb& why) {
    return end_with(around, why);
  } catch (const std::exception& e) {
    return end_with(around, {exit_failure, e.what(),
                             "this looks like a bug; please report it"});
  }
}

} // namespace

void say(const surroundings& around, const stop_verb& why) {
  around.err << "troupe: " << why.what << '\n';
  if (!why.hint.empty())
    around.err << "  hint: " << why.hint << '\n';
}

std::string help_text(const verb& of) {
  std::string out = "Usage: troupe " + std::string{of.name};
  if (!of.synopsis.empty())
    out += " " + std::string{of.synopsis};
  out += "\n\n" + std::string{of.summary} + ".\n\n";
  std::ostringstream options;
  options << options_of(of);
  out += options.str() + "\nExamples:\n";
  std::istringstream lines{std::string{of.examples}};
  for (std::string line; std::getline(lines, line);)
    out += "  troupe " + line + "\n";
  return out;
}

std::string help_text() {
  std::string out = "Usage: troupe VERB [ARGUMENTS]\n\nVerbs:\n";
  for (const auto& x : verbs()) {
    auto name = std::string{x.name};
    name.resize(14, ' ');
    out += "  " + name + std::string{x.summary} + "\n";
  }
  out += "\n`troupe help VERB` shows options and examples.\n\n"
         "Exit codes: 0 ok, 1 failure, 2 usage, 3 not found, 4 denied, "
         "5 conflict,\n6 run failed, 7 waits for approval, 8 no node "
         "reachable, 124 timeout,\n130 interrupted.\n";
  return out;
}

int run_program(const std::vector<std::string>& args,
                const surroundings& around) {
  if (args.empty()) {
    around.err << help_text();
    return exit_usage;
  }
  auto name = args[0];
  if (name == "--help" || name == "-h")
    name = "help";
  if (name == "--version")
    name = "version";
  std::vector<std::string> rest(args.begin() + 1, args.end());
  if (name == "bench")
    return around.bench(rest); // It has options of its own.
  if (name == "sim")
    return around.sim(rest); // So has this.
  if (const auto* found = find_verb(name))
    return run_verb(*found, rest, around);
  return end_with(around, {exit_usage, "no verb `" + name + "`",
                           near_verb(name) + "`troupe help` lists them all"});
}

} // namespace troupe::cli
