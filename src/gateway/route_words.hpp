#pragma once

#include <span>
#include <string_view>

// What the OpenAPI document says of routes beyond what the door itself needs to
// know. A route or field that is missing here fails a test.

namespace troupe::gateway {

struct route_words {
  std::string_view method;
  std::string_view pattern;
  std::string_view summary;
  std::string_view answer;   // A name of docs/schemas; empty: any JSON object.
  std::string_view required; // Fields that the query or body must have.
};

std::span<const route_words> all_route_words();

/// Null: there are none.
const route_words* words_of(std::string_view method, std::string_view pattern);

/// A field of paths, queries or bodies: the same name means the same at every
/// address.
struct field_meaning {
  std::string_view name;
  std::string_view schema; // JSON.
  std::string_view meaning;
};

std::span<const field_meaning> all_field_meanings();

/// Null: there is none.
const field_meaning* meaning_of(std::string_view field);

} // namespace troupe::gateway
