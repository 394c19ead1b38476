#pragma once

#include <string>
#include <string_view>
#include <vector>

// What must not be shown, as far as its name or its form tells.

namespace troupe::core {

/// What stands in place of a secret.
inline constexpr std::string_view hidden_text = "(hidden)";

/// "GITHUB_TOKEN", "db-password", "apiKey": values under such names are hidden.
bool names_a_secret(std::string_view name);

/// The text without the password of an address, "https://ann:(hidden)@host",
/// and without what is assigned to a secret's name, "--token=(hidden)".
std::string without_secrets(std::string text);

/// The same for a command's words; also "--token" hides the word after it.
std::vector<std::string> without_secrets(std::vector<std::string> words);

/// The same for each word of a line that somebody wrote; also hides what
/// follows "Bearer" and "Basic".
std::string line_without_secrets(std::string line);

/// Shorter ones would be found in words that are none.
inline constexpr size_t secret_value_bytes_min = 8;

/// Whether what stands under that name is to be hidden wherever it turns up.
bool is_secret_value(std::string_view name, std::string_view value);

/// The text without these, wherever they stand in it.
std::string without_values(std::string text,
                           const std::vector<std::string>& values);

} // namespace troupe::core
