#include "cli/example_run.hpp"

#include <sstream>

namespace troupe::test {

ran run_example(const scratch_directory& where, const std::string& file,
                const std::string& config,
                const std::vector<std::string>& more) {
  auto path =
    config.find('/') == config.npos ? "configs/" + config + ".yaml" : config;
  std::vector<std::string> args{"run", "examples/" + file, "--config",
                                path,  "--data",           where.path("data")};
  args.insert(args.end(), more.begin(), more.end());
  return run_troupe(args);
}

std::vector<nlohmann::json> events_of(const ran& x) {
  std::vector<nlohmann::json> out;
  std::string line;
  for (std::istringstream lines{x.out}; std::getline(lines, line);)
    if (auto event = nlohmann::json::parse(line, nullptr, false);
        event.is_object())
      out.push_back(std::move(event));
  return out;
}

} // namespace troupe::test
