#include <ostream>

#include "cli/verbs.hpp"

// What a shell offers after <Tab>: made from the table of verbs, so that it
// cannot tell another story than `troupe help`.

namespace troupe::cli {

namespace {

struct option {
  std::string name;
  std::string meaning;
  bool takes_value = false;
};

std::vector<option> options_of(const verb& of) {
  po::options_description own;
  auto add = own.add_options();
  if (of.options)
    of.options(add);
  std::vector<option> out;
  for (const auto& x : own.options())
    out.push_back(
      {x->long_name(), x->description(), x->semantic()->max_tokens() > 0});
  out.insert(out.end(), {{"json", "print JSON instead of text", false},
                         {"workspace", "the tenant", true},
                         {"node", "http://HOST:PORT or unix:PATH", true},
                         {"data", "the data directory", true},
                         {"help", "show options and examples", false}});
  return out;
}

/// "--a --b".
std::string option_words(const verb& of) {
  std::string out;
  for (const auto& x : options_of(of))
    out += (out.empty() ? "--" : " --") + x.name;
  return out;
}

/// In single quotes, for any of the shells.
std::string quoted(std::string_view text, bool colons) {
  std::string out = "'";
  for (auto c : text)
    out += c == '\''             ? std::string{"'\\''"}
           : c == ':' && !colons ? std::string{"\\:"}
                                 : std::string(1, c);
  return out + "'";
}

std::string bash_script() {
  std::string names;
  std::string cases;
  for (const auto& x : verbs()) {
    names += (names.empty() ? "" : " ") + std::string{x.name};
    cases +=
      "    " + std::string{x.name} + ") words='" + option_words(x) + "' ;;\n";
  }
  return "# For bash: source <(troupe completion)\n"
         "_troupe() {\n"
         "  local word=${COMP_WORDS[COMP_CWORD]} words=''\n"
         "  if ((COMP_CWORD == 1)); then\n"
         "    COMPREPLY=($(compgen -W '"
         + names
         + "' -- \"$word\"))\n"
           "    return\n"
           "  fi\n"
           "  case ${COMP_WORDS[1]} in\n"
         + cases
         + "  esac\n"
           "  if [[ $word == -* ]]; then\n"
           "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
           "  else\n"
           "    COMPREPLY=($(compgen -f -W '@latest' -- \"$word\"))\n"
           "  fi\n"
           "}\n"
           "complete -F _troupe troupe\n";
}

std::string zsh_script() {
  std::string names;
  std::string cases;
  for (const auto& x : verbs()) {
    auto name = std::string{x.name};
    names +=
      "    " + quoted(name, true) + ":" + quoted(x.summary, false) + "\n";
    cases += "    " + name + ") words_of=(" + option_words(x) + ") ;;\n";
  }
  return "#compdef troupe\n"
         "# For zsh: source <(troupe completion zsh)\n"
         "_troupe() {\n"
         "  local -a verbs words_of\n"
         "  verbs=(\n"
         + names
         + "  )\n"
           "  if ((CURRENT == 2)); then\n"
           "    _describe verb verbs\n"
           "    return\n"
           "  fi\n"
           "  case $words[2] in\n"
         + cases
         + "  esac\n"
           "  if [[ $words[CURRENT] == -* ]]; then\n"
           "    compadd -- $words_of\n"
           "  else\n"
           "    compadd -- @latest\n"
           "    _files\n"
           "  fi\n"
           "}\n"
           "compdef _troupe troupe\n";
}

std::string fish_script() {
  std::string out = "# For fish: troupe completion fish | source\n";
  for (const auto& x : verbs()) {
    auto name = std::string{x.name};
    out += "complete -c troupe -n __fish_use_subcommand -f -a " + name + " -d "
           + quoted(x.summary, true) + "\n";
    for (const auto& y : options_of(x))
      out += "complete -c troupe -n '__fish_seen_subcommand_from " + name
             + "' -l " + y.name + (y.takes_value ? " -r" : "") + " -d "
             + quoted(y.meaning, true) + "\n";
  }
  return out;
}

} // namespace

int run_completion(verb_call& call) {
  auto shell = call.text("shell");
  if (shell.empty() || shell == "bash")
    call.out() << bash_script();
  else if (shell == "zsh")
    call.out() << zsh_script();
  else if (shell == "fish")
    call.out() << fish_script();
  else
    throw stop_verb{exit_usage, "no completion for `" + shell + "`",
                    "there is one for bash, zsh and fish"};
  return exit_ok;
}

} // namespace troupe::cli
