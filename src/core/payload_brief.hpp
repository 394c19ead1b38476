#pragma once

#include <cstdint>
#include <optional>

#include "core/text.hpp"

// Pages of rows are for looking over many things. What is large is left out of
// them and read from the one thing's own row.

namespace troupe::core {

/// A larger input or output is left out of a page.
inline constexpr uint64_t listed_bytes_max = 1024;

/// What stands in a row of a page for a payload of that size.
text left_out(uint64_t bytes);

/// The size of a payload that was left out; nothing: it is there.
std::optional<uint64_t> left_out_bytes(const text& payload);

/// The payload as a page has it.
text for_page(const text& payload);

} // namespace troupe::core
