#include "core/document.hpp"

#include <algorithm>
#include <array>
#include <numeric>

#include "core/document_checks.hpp"

namespace troupe::core {

namespace {

/// Bytes that a JSON string writes with a backslash.
constexpr auto escaped = [] {
  std::array<bool, 256> out{};
  for (size_t i = 0; i < 0x20; ++i)
    out[i] = true;
  out['"'] = out['\\'] = true;
  return out;
}();

bool begins_like_json(std::string_view source) {
  constexpr std::string_view blanks = " \t\r\n";
  auto at = source.find_first_not_of(blanks);
  if (at == source.npos)
    return false;
  if (source[at] == '[')
    return true;
  if (source[at] != '{')
    return false;
  at = source.find_first_not_of(blanks, at + 1);
  return at == source.npos || source[at] == '"' || source[at] == '}';
}

void append_members(std::string& out, const node& x) {
  std::vector<uint32_t> order(x.items.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return x.items[a].key < x.items[b].key;
  });
  out += '{';
  for (auto i : order) {
    if (out.back() != '{')
      out += ',';
    append_quoted(out, x.items[i].key);
    out += ':';
    append_json(out, x.items[i]);
  }
  out += '}';
}

} // namespace

std::string_view describe(node_kind kind) {
  switch (kind) { // No default: -Wswitch finds the kind you forgot.
    case node_kind::null:
      return "nothing";
    case node_kind::boolean:
      return "true or false";
    case node_kind::integer:
      return "a whole number";
    case node_kind::real:
      return "a number";
    case node_kind::string:
      return "a text";
    case node_kind::list:
      return "a list";
    case node_kind::object:
      return "an object";
  }
  return "nothing";
}

const node* node::find(std::string_view name) const {
  for (const auto& x : items)
    if (x.key == name)
      return &x;
  return nullptr;
}

parsed_document read_document(std::string_view source,
                              const document_limits& limits) {
  return begins_like_json(source) ? read_json(source, limits)
                                  : read_yaml(source, limits);
}

std::string to_json(const node& x) {
  std::string out;
  append_json(out, x);
  return out;
}

void append_json(std::string& out, const node& x) {
  switch (x.kind) { // No default: -Wswitch finds the kind you forgot.
    case node_kind::null:
      out += "null";
      break;
    case node_kind::boolean:
      out += x.truth ? "true" : "false";
      break;
    case node_kind::integer:
    case node_kind::real:
      out += x.text;
      break;
    case node_kind::string:
      append_quoted(out, x.text);
      break;
    case node_kind::list: {
      out += '[';
      bool first = true;
      for (const auto& item : x.items) {
        if (!first)
          out += ',';
        first = false;
        append_json(out, item);
      }
      out += ']';
      break;
    }
    case node_kind::object:
      append_members(out, x);
      break;
  }
}

void append_quoted(std::string& out, std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  out += '"';
  size_t plain = 0; // Begin of what needs no escape.
  for (size_t i = 0; i < text.size(); ++i) {
    auto code = static_cast<unsigned char>(text[i]);
    if (!escaped[code])
      continue;
    out += text.substr(plain, i - plain);
    plain = i + 1;
    out += '\\';
    if (code == '"' || code == '\\') {
      out += text[i];
    } else if (code == '\n') {
      out += 'n';
    } else if (code == '\t') {
      out += 't';
    } else if (code == '\r') {
      out += 'r';
    } else {
      out += "u00";
      out += digits[code >> 4];
      out += digits[code & 15];
    }
  }
  out += text.substr(plain);
  out += '"';
}

} // namespace troupe::core
