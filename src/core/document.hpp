#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/problem.hpp"

// YAML and JSON as one tree that knows where each value stood. What reads it is
// in reader.hpp.

namespace troupe::core {

/// What a document may hold. Each has an error that names it.
struct document_limits {
  size_t source_bytes_max = 16u << 20;
  uint32_t depth_max = 64;
  uint32_t nodes_max = 2'000'000;
  /// Text of all values after YAML aliases were followed, so that a short file
  /// cannot unfold into a huge one.
  size_t unfolded_bytes_max = 64u << 20;
};

enum class node_kind : uint8_t {
  null,
  boolean,
  integer,
  real,
  string,
  list,
  object
};

/// "a text", "a list", ...: for messages.
std::string_view describe(node_kind kind);

struct node {
  node_kind kind = node_kind::null;
  bool truth = false;  // Of a boolean.
  uint32_t line = 0;   // From 1.
  uint32_t column = 0; // From 1.
  uint32_t key_line = 0;
  uint32_t key_column = 0;
  std::string key;         // Where it is a member of an object.
  std::string text;        // Of a string; of a number its valid JSON form.
  std::vector<node> items; // Of a list, or the members of an object, in order.

  /// The member of that name, or null. REQUIRES: an object.
  const node* find(std::string_view name) const;
};

struct parsed_document {
  node root;
  uint32_t depth = 0;      // How deep it nests.
  core::problems problems; // Empty: `root` is the whole document.
};

/// JSON (RFC 8259); duplicate keys are refused.
parsed_document read_json(std::string_view source,
                          const document_limits& limits = {});

/// One YAML document with YAML 1.2's core types: `yes` and `on` are texts.
/// Anchors, aliases and merge keys (`<<`) are followed.
parsed_document read_yaml(std::string_view source,
                          const document_limits& limits = {});

/// JSON where the text begins like JSON (`{"`, `{}` or `[`), else YAML.
parsed_document read_document(std::string_view source,
                              const document_limits& limits = {});

/// Compact JSON, members sorted by name, numbers as they were written.
std::string to_json(const node& x);
void append_json(std::string& out, const node& x);
/// `text` as a JSON string with its quotes. REQUIRES: valid UTF-8.
void append_quoted(std::string& out, std::string_view text);

} // namespace troupe::core
