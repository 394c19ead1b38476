#include "core/cache_key.hpp"

#include "core/sha256.hpp"

namespace troupe::core {

namespace {

/// With its length, so that no two lists of parts make the same text.
void put(std::string& to, std::string_view part) {
  to += std::to_string(part.size());
  to += ':';
  to += part;
}

void put(std::string& to, const std::vector<std::string>& parts) {
  put(to, std::to_string(parts.size()));
  for (const auto& x : parts)
    put(to, x);
}

} // namespace

std::string cache_key(const step& of, std::string_view input, uint32_t round) {
  std::string all = "troupe cache 1\n";
  // What the agent is told, and who it may be.
  put(all, of.name);
  put(all, of.description);
  put(all, input);
  const auto& need = *of.need;
  put(all, need.type);
  put(all, need.agent);
  put(all, need.capabilities);
  put(all, need.preferred);
  put(all, need.partial ? "partial" : "");
  // What was asked of the output.
  put(all, of.expect);
  put(all, of.expect_schema.view());
  put(all, of.extras.view());
  put(all, std::to_string(round));
  return sha256_hex(all);
}

} // namespace troupe::core
