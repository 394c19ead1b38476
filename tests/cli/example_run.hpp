#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/real_program.hpp"

namespace troupe::test {

/// `troupe run examples/FILE --config configs/CONFIG.yaml`, with its data kept
/// in `data` of `where`: a node can be asked afterwards what came out. A
/// `config` with a slash is a path.
ran run_example(const scratch_directory& where, const std::string& file,
                const std::string& config,
                const std::vector<std::string>& more = {});

/// What a run with `--json` printed, an event a line.
std::vector<nlohmann::json> events_of(const ran& x);

} // namespace troupe::test
