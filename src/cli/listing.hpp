#pragma once

#include <string>

#include "cli/verb.hpp"

namespace troupe::cli {

/// What a verb has asked for, in both forms.
struct listing {
  nlohmann::json answer;
  std::string text; // Lines.
};

/// Adds `--watch`.
void watch_option(po::options_description_easy_init& add);

/// Shows it once; with --watch again and again, over itself on a terminal, else
/// whenever it has changed, until ^C or `q`. Returns an exit code.
int show_listing(verb_call& call, listing (*ask)(verb_call&));

} // namespace troupe::cli
