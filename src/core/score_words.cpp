#include "core/score_words.hpp"

#include <charconv>
#include <cmath>

namespace troupe::core {

namespace {

constexpr int digits_shown = 4;

void append(std::string& to, std::string_view name, double value) {
  std::array<char, 32> buffer;
  auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                           std::chars_format::general, digits_shown);
  to.append(name).append(buffer.data(), end.ptr);
}

text to_json(const decision& x) {
  std::string json;
  json.reserve(160);
  append(json, R"({"total":)", x.why.total);
  append(json, R"(,"capability":)", x.why.capability);
  append(json, R"(,"load":)", x.why.load);
  append(json, R"(,"performance":)", x.why.performance);
  append(json, R"(,"specialisation":)", x.why.specialisation);
  json += R"(,"runners_up":[)";
  for (const auto& other : x.runners_up) {
    if (other.agent.empty())
      break;
    if (json.back() != '[')
      json += ',';
    json += R"({"agent":")";
    json += other.agent.view();
    append(json, R"(","total":)", other.total);
    json += '}';
  }
  json += "]}";
  return text{std::move(json)};
}

int32_t shown(double value) {
  return static_cast<int32_t>(std::lround(value * 1e4));
}

} // namespace

text score_words::of(const decision& x) {
  std::array<int32_t, 7> digits{
    shown(x.why.total),          shown(x.why.capability),
    shown(x.why.load),           shown(x.why.performance),
    shown(x.why.specialisation), shown(x.runners_up[0].total),
    shown(x.runners_up[1].total)};
  std::array<text, 2> others{x.runners_up[0].agent, x.runners_up[1].agent};
  if (digits != digits_ || others != others_ || words_.empty()) {
    words_ = to_json(x);
    digits_ = digits;
    others_ = std::move(others);
  }
  return words_;
}

} // namespace troupe::core
