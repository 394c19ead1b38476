#include <ostream>

#include "cli/verbs.hpp"

// What a shell offers after <Tab>: made from the table of verbs, so that it
// cannot tell another story than `troupe help`.

namespace troupe::cli {

namespace {

std::string options_text(const verb& of) {
  po::options_description own;
  auto add = own.add_options();
  if (of.options)
    of.options(add);
  std::string out;
  for (const auto& x : own.options())
    out += "--" + x->long_name() + " ";
  return out + "--json --workspace --node --data --help";
}

std::string script() {
  std::string names;
  std::string cases;
  for (const auto& x : verbs()) {
    names += (names.empty() ? "" : " ") + std::string{x.name};
    cases +=
      "    " + std::string{x.name} + ") words='" + options_text(x) + "' ;;\n";
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

} // namespace

int run_completion(verb_call& call) {
  if (auto shell = call.text("shell"); !shell.empty() && shell != "bash")
    throw stop_verb{exit_usage, "no completion for `" + shell + "`",
                    "there is one for bash; other shells can often read it"};
  call.out() << script();
  return exit_ok;
}

} // namespace troupe::cli
