#include <algorithm>
#include <cmath>
#include <cstring>

#include <lua.hpp>
#include <nlohmann/json.hpp>

#include "core/expression_lua.hpp"

// The functions of expressions. All pure; what they look at counts as steps.

namespace troupe::core::expressions {

namespace {

using function = int(lua_State*);

/// The text at `index`; raises where it is none. Numbers are no texts.
std::string_view text_at(lua_State* lua, int index) {
  luaL_checktype(lua, index, LUA_TSTRING);
  size_t size = 0;
  auto data = lua_tolstring(lua, index, &size);
  sandbox::spend(lua, size);
  return {data, size};
}

int give(lua_State* lua, bool value) {
  lua_pushboolean(lua, value);
  return 1;
}

/// Characters of a text (UTF-8), members of a list or an object.
int f_len(lua_State* lua) {
  if (lua_type(lua, 1) == LUA_TSTRING) {
    auto text = text_at(lua, 1);
    auto begins = [](char c) { return (c & 0xc0) != 0x80; };
    lua_pushinteger(lua, std::count_if(text.begin(), text.end(), begins));
  } else if (lua_type(lua, 1) == LUA_TTABLE) {
    lua_pushinteger(lua, static_cast<lua_Integer>(lua_rawlen(lua, 1)));
  } else if (auto view = view_at(lua, 1)) {
    lua_pushinteger(lua, static_cast<lua_Integer>(view->size()));
  } else {
    return luaL_typeerror(lua, 1, "text or list");
  }
  return 1;
}

/// ASCII only: other letters depend on a locale, and no two nodes may differ.
int f_lower(lua_State* lua) {
  auto text = text_at(lua, 1);
  luaL_Buffer out;
  auto data = luaL_buffinitsize(lua, &out, text.size());
  std::transform(text.begin(), text.end(), data, [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  luaL_pushresultsize(&out, text.size());
  return 1;
}

bool table_contains(lua_State* lua) {
  auto count = static_cast<lua_Integer>(lua_rawlen(lua, 1));
  for (lua_Integer i = 1; i <= count; ++i) {
    sandbox::spend(lua, 0);
    lua_rawgeti(lua, 1, i);
    if (lua_compare(lua, -1, 2, LUA_OPEQ))
      return true;
    lua_pop(lua, 1);
  }
  return false;
}

bool view_contains(lua_State* lua, const nlohmann::json& list) {
  for (const auto& item : list) {
    sandbox::spend(lua, 0);
    push(lua, item);
    if (lua_compare(lua, -1, 2, LUA_OPEQ))
      return true;
    lua_pop(lua, 1);
  }
  return false;
}

/// A part of a text, a member of a list, a key of an object.
int f_contains(lua_State* lua) {
  luaL_checkany(lua, 2);
  if (lua_type(lua, 1) == LUA_TTABLE)
    return give(lua, table_contains(lua));
  if (auto view = view_at(lua, 1)) {
    if (view->is_object())
      return give(lua, view->contains(text_at(lua, 2)));
    return give(lua, view_contains(lua, *view));
  }
  if (lua_type(lua, 1) != LUA_TSTRING)
    return luaL_typeerror(lua, 1, "text or list");
  auto text = text_at(lua, 1), part = text_at(lua, 2);
  // Not std::search: memmem is linear whatever the texts are.
  return give(lua, memmem(text.data(), text.size(), part.data(), part.size()));
}

int f_starts_with(lua_State* lua) {
  auto text = text_at(lua, 1), part = text_at(lua, 2);
  return give(lua, text.starts_with(part));
}

int f_ends_with(lua_State* lua) {
  auto text = text_at(lua, 1), part = text_at(lua, 2);
  return give(lua, text.ends_with(part));
}

/// The argument that no other one beats.
int best(lua_State* lua, bool smaller) {
  int winner = 1;
  luaL_checktype(lua, 1, LUA_TNUMBER);
  for (int i = 2; i <= lua_gettop(lua); ++i) {
    luaL_checktype(lua, i, LUA_TNUMBER);
    if (lua_compare(lua, smaller ? i : winner, smaller ? winner : i, LUA_OPLT))
      winner = i;
  }
  lua_pushvalue(lua, winner);
  return 1;
}

int f_min(lua_State* lua) {
  return best(lua, true);
}
int f_max(lua_State* lua) {
  return best(lua, false);
}

int f_abs(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TNUMBER);
  if (lua_isinteger(lua, 1)) {
    auto value = static_cast<lua_Unsigned>(lua_tointeger(lua, 1));
    auto negative = lua_tointeger(lua, 1) < 0;
    lua_pushinteger(lua,
                    static_cast<lua_Integer>(negative ? 0 - value : value));
  } else {
    lua_pushnumber(lua, std::fabs(lua_tonumber(lua, 1)));
  }
  return 1;
}

int f_floor(lua_State* lua) {
  luaL_checktype(lua, 1, LUA_TNUMBER);
  auto value = std::floor(lua_tonumber(lua, 1));
  lua_Integer whole = 0;
  if (lua_isinteger(lua, 1))
    lua_pushvalue(lua, 1);
  else if (lua_numbertointeger(value, &whole))
    lua_pushinteger(lua, whole);
  else
    lua_pushnumber(lua, value);
  return 1;
}

constexpr std::pair<const char*, function*> all[] = {
  {"abs", f_abs},
  {"contains", f_contains},
  {"len", f_len},
  {"ends_with", f_ends_with},
  {"max", f_max},
  {"floor", f_floor},
  {"min", f_min},
  {"lower", f_lower},
  {"starts_with", f_starts_with},
};

} // namespace

void open_functions(lua_State* lua) {
  for (const auto& [name, f] : all) {
    lua_pushcfunction(lua, f);
    lua_setglobal(lua, name);
  }
}

} // namespace troupe::core::expressions
