#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/template.hpp"

// The inside of expression.cpp that reads text. Lua would accept more than we
// want to offer, and says less about what is wrong.

namespace troupe::core::expressions {

enum class token_kind : uint8_t { name, number, string, symbol, bad };

struct token {
  token_kind kind = token_kind::symbol;
  std::string_view text;
  size_t at = 0;
};

/// `bad` is something no expression holds, e.g. an open string.
std::vector<token> tokens(std::string_view expression);

/// The functions that an expression can call, sorted.
const std::vector<std::string_view>& functions();

/// What is wrong as far as words and brackets go.
std::optional<std::string> misuse(const std::vector<token>& all);

std::vector<reference> paths(const std::vector<token>& all);

} // namespace troupe::core::expressions
