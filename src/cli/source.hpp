#pragma once

#include "cli/verb.hpp"

namespace troupe::cli {

/// Adds `--input`, `--input-file`, `--time-scale`, `--priority`.
void source_options(po::options_description_easy_init& add);

void time_scale_option(po::options_description_easy_init& add);
/// Its value; 1 where it is not given. Throws `stop_verb`.
double scale_of(verb_call& call);

/// The params of `submit` and `plan` for FILE: a workflow (YAML, JSON,
/// WfCommons) or a JSON list of tasks; "-" is the standard input, and a name
/// that is no file a registered workflow. Throws `stop_verb`.
nlohmann::json source_params(verb_call& call, const std::string& file);

/// The same for a file that is not the verb's own: without input and priority.
nlohmann::json file_params(verb_call& call, const std::string& file);

/// `k=v` pairs over a JSON file; values are JSON if they parse as such, else
/// strings.
nlohmann::json input_of(verb_call& call);

/// A priority as a node takes it. Throws `stop_verb`.
nlohmann::json priority_param(const std::string& text);

/// The whole file; "-" is the standard input. Throws `stop_verb`.
std::string read_text(const std::string& path);

} // namespace troupe::cli
