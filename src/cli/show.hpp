#pragma once

#include <string>

#include <nlohmann/json.hpp>

// Answers as people read them. Fields that are missing are shown as nothing:
// a node of another version must not break the program.

namespace troupe::cli {

std::string text_of(const nlohmann::json& from, const char* name);
double number_of(const nlohmann::json& from, const char* name);
uint64_t count_of(const nlohmann::json& from, const char* name);

/// The list of that name; an empty one where there is none.
const nlohmann::json& items(const nlohmann::json& from, const char* name);

/// "a, b" of a list of texts.
std::string joined(const nlohmann::json& from, const char* name);

/// "12.5%".
std::string percent(double fraction);

/// "11-21 08:16:08" of RFC 3339; other text as it is.
std::string short_time(const std::string& rfc3339);

/// An object as "name  value" lines; nothing for nulls and empty texts.
std::string shown(const nlohmann::json& object);

/// Those of a run, in order: "packed reached, released open".
std::string milestones_text(const nlohmann::json& run);

/// The warnings in the answer of `status`, a line for each; empty: none.
std::string warnings_text(const nlohmann::json& status);

/// The answer to `why`, of a task or of a run.
std::string why_text(const nlohmann::json& answer);

/// The supervision tree, a line for each actor.
std::string tree_text(const nlohmann::json& node);

} // namespace troupe::cli
