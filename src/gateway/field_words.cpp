#include "gateway/field_words.hpp"

#include "core/reader.hpp"

namespace troupe::gateway {

std::vector<std::string_view> field_words(std::string_view list) {
  std::vector<std::string_view> out;
  while (!list.empty()) {
    auto end = std::min(list.find(' '), list.size());
    out.push_back(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return out;
}

std::string known_fields(std::string_view field, std::string_view list,
                         std::string none) {
  if (list.empty())
    return none;
  auto hint = core::did_you_mean(field, field_words(list));
  return hint.empty() ? "known are: " + std::string{list} : hint;
}

} // namespace troupe::gateway
