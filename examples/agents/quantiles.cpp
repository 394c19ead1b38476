#include <algorithm>
#include <cstdlib>
#include <vector>

#include <troupe/plugin.hpp>

// An agent that a node loads, see configs/languages.yaml: gets a list of
// numbers, answers with their quantiles.

namespace {

/// The numbers of a JSON list of nothing else; it is the node that checked that
/// it is JSON.
std::vector<double> numbers_of(const std::string& list) {
  std::vector<double> out;
  for (const char* at = list.c_str() + 1; *at != '\0'; ++at) {
    char* end = nullptr;
    auto value = std::strtod(at, &end);
    if (end == at)
      return {};
    out.push_back(value);
    at = end;
  }
  return out;
}

/// What stands at that share of the way through `sorted`.
std::string quantile(const std::vector<double>& sorted, double share) {
  auto rank = static_cast<size_t>(share * static_cast<double>(sorted.size()));
  auto text = std::to_string(sorted[std::min(rank, sorted.size() - 1)]);
  text.erase(text.find_last_not_of('0') + 1);
  return text.ends_with('.') ? text.substr(0, text.size() - 1) : text;
}

class quantiles : public troupe::agent {
  troupe::outcome perform(const troupe::task& t, troupe::context&) override {
    auto all = numbers_of(t.input);
    if (all.empty())
      return troupe::outcome::give_up("expected a list of numbers");
    std::sort(all.begin(), all.end());
    return troupe::outcome::done(R"({"count": )" + std::to_string(all.size())
                                 + R"(, "p50": )" + quantile(all, 0.5)
                                 + R"(, "p95": )" + quantile(all, 0.95)
                                 + R"(, "max": )" + quantile(all, 1) + "}");
  }
};

} // namespace

TROUPE_PLUGIN(agents) {
  agents.add<quantiles>("quantiles");
}
