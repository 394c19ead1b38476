#pragma once

#include <initializer_list>
#include <string>

#include "cli/verb.hpp"

namespace troupe::cli {

/// What a verb has asked for, in both forms.
struct listing {
  nlohmann::json answer;
  std::string text; // Lines.
};

/// What part of a list is wanted: the limit, and those of the options that are
/// given.
nlohmann::json page_params(verb_call& call,
                           std::initializer_list<const char*> names);

/// Adds `--watch`.
void watch_option(po::options_description_easy_init& add);

/// Shows it once; with --watch again and again, over itself on a terminal, else
/// whenever it has changed, until ^C or `q`. Returns an exit code.
int show_listing(verb_call& call, listing (*ask)(verb_call&));

} // namespace troupe::cli
