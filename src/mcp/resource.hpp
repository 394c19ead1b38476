#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "mcp/request.hpp"

namespace troupe::mcp {

/// Something to read: one of a fixed address, or all that a template describes.
struct resource {
  std::string uri; // With {names} where it is a template.
  std::string name;
  std::string title;
  std::string description;
  std::string media;
  /// `parts` are the values of the template's names, in order. Answers the
  /// request.
  std::function<void(const request_ptr&, const std::vector<std::string>& parts)>
    read;
  /// What may stand in the template's names; empty: nobody knows.
  std::string completes = {};

  bool is_template() const { return uri.find('{') != uri.npos; }
};

using resources = std::vector<resource>;

/// What the node offers.
resources node_resources();

/// The values of the template's names; nothing where the address does not fit.
std::optional<std::vector<std::string>> parts_of(const std::string& pattern,
                                                 const std::string& uri);

/// How clients see it.
nlohmann::json shown(const resource& what);

/// Answers with one text.
void answer_text(const request_ptr& r, const std::string& media,
                 const std::string& text);

/// Nothing is at the address that the request names.
void not_found(const request_ptr& r);

} // namespace troupe::mcp
