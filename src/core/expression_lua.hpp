#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "core/result.hpp"

// The inside of expression.cpp that knows Lua. Lua leaves by longjmp: nothing
// with a destructor may be alive where one of its functions can fail.

struct lua_State;
struct lua_Debug;

namespace troupe::core::expressions {

/// One Lua state with no library, a bound on memory and one on steps. Serves
/// one chunk.
class sandbox {
public:
  sandbox();
  ~sandbox();
  sandbox(const sandbox&) = delete;
  sandbox& operator=(const sandbox&) = delete;

  /// Compiles only; what Lua says against it.
  std::optional<std::string> compile(std::string_view chunk);

  /// Runs a chunk with the members of `context` as its names; the value it
  /// returns. REQUIRES: context is an object.
  result<nlohmann::json> run(std::string_view chunk,
                             const nlohmann::json& context);

  /// Counts work done outside Lua's own instructions. May leave by longjmp.
  static void spend(lua_State* lua, size_t bytes);

private:
  static void* allocate(void* self, void* old, size_t had, size_t wanted);
  static void on_count(lua_State* lua, lua_Debug*);
  static int enter(lua_State* lua);
  static sandbox& of(lua_State* lua);
  failure why_stopped(int status) const;

  enum class limit : unsigned char { none, memory, steps };

  size_t memory_ = 0;
  int steps_;
  limit hit_ = limit::none;
  lua_State* lua_ = nullptr;
};

/// Pushes scalars as they are, lists and objects as views that look into
/// `value` when they are indexed.
void push(lua_State* lua, const nlohmann::json& value);

/// The value behind a view; null: it is none.
const nlohmann::json* view_at(lua_State* lua, int index);

/// Makes the whitelist known as globals.
void open_functions(lua_State* lua);

} // namespace troupe::core::expressions
