#pragma once

#include <string>
#include <string_view>
#include <vector>

// Lists of field names, as the table of routes has them: "state name limit".

namespace troupe::gateway {

std::vector<std::string_view> field_words(std::string_view list);

/// What to say to a field that is not on the list: the nearest one that is, or
/// all of them; `none` where the list is empty.
std::string known_fields(std::string_view field, std::string_view list,
                         std::string none);

} // namespace troupe::gateway
