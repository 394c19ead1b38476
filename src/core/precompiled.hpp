#pragma once

// What nearly every file without an actor includes; compiled once. Nothing of
// ours may stand here: a change in it would rebuild everything.

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>
