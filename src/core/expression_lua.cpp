#include "core/expression_lua.hpp"

#include <cmath>
#include <cstdlib>
#include <new>

#include <lua.hpp>
#include <nlohmann/json.hpp>

#include "core/document_checks.hpp"
#include "core/expression.hpp"

namespace troupe::core::expressions {

using nlohmann::json;

namespace {

/// Address as a key of the registry, for the views' metatable.
const char view_key = 0;

/// Between two looks at the count.
constexpr int steps_per_look = 100;

/// A table literal of 4 KiB text cannot nest deeper in any useful way.
constexpr int table_depth_max = 16;

struct job {
  std::string_view chunk;
  const json* context; // Null: compile only.
};

int index_view(lua_State* lua) {
  const auto& value = *view_at(lua, 1);
  const json* found = nullptr;
  if (value.is_object() && lua_type(lua, 2) == LUA_TSTRING) {
    size_t size = 0;
    auto key = lua_tolstring(lua, 2, &size);
    auto pos = value.find(std::string_view{key, size});
    found = pos == value.end() ? nullptr : &*pos;
  } else if (value.is_array() && lua_isinteger(lua, 2)) {
    auto index = lua_tointeger(lua, 2);
    if (index == 0)
      return luaL_error(lua, "lists count from 1 in expressions: [1] is the "
                             "first");
    if (index > 0 && static_cast<uint64_t>(index) <= value.size())
      found = &value[static_cast<size_t>(index) - 1];
  }
  if (found)
    push(lua, *found);
  else
    lua_pushnil(lua);
  return 1;
}

int len_view(lua_State* lua) {
  lua_pushinteger(lua, static_cast<lua_Integer>(view_at(lua, 1)->size()));
  return 1;
}

int eq_view(lua_State* lua) {
  // Lua asks for any two values of which one is a view.
  auto a = view_at(lua, 1), b = view_at(lua, 2);
  lua_pushboolean(lua, a && b && *a == *b);
  return 1;
}

void open_views(lua_State* lua) {
  lua_createtable(lua, 0, 3);
  lua_pushcfunction(lua, index_view);
  lua_setfield(lua, -2, "__index");
  lua_pushcfunction(lua, len_view);
  lua_setfield(lua, -2, "__len");
  lua_pushcfunction(lua, eq_view);
  lua_setfield(lua, -2, "__eq");
  lua_rawsetp(lua, LUA_REGISTRYINDEX, &view_key);
}

failure failed(std::string message, errc code = errc::template_failed) {
  return {code, category::validation, std::move(message)};
}

/// Moves the value on top of the stack over; raises nothing.
result<json> take(lua_State* lua, int depth);

/// The text at `index`, which must be a string already.
result<std::string> take_text(lua_State* lua, int index) {
  size_t size = 0;
  auto data = lua_tolstring(lua, index, &size);
  std::string text{data, size};
  if (!documents::is_text(text))
    return failed("a text is no UTF-8, by an escape like \\xff");
  return text;
}

result<json> take_table(lua_State* lua, int depth) {
  if (depth >= table_depth_max || !lua_checkstack(lua, 4))
    return failed("a table nests deeper than 16 levels");
  auto list = lua_rawlen(lua, -1) > 0;
  auto out = list ? json::array() : json::object();
  lua_pushnil(lua);
  while (lua_next(lua, -2)) {
    auto value = take(lua, depth + 1);
    if (!value)
      return value;
    if (list && lua_isinteger(lua, -2)) {
      auto index = static_cast<size_t>(lua_tointeger(lua, -2)) - 1;
      if (index > expression_bytes_max)
        return failed("a list has a gap");
      while (out.size() <= index)
        out.push_back(nullptr);
      out[index] = std::move(*value);
    } else if (!list && lua_type(lua, -2) == LUA_TSTRING) {
      auto name = take_text(lua, -2);
      if (!name)
        return name.error();
      out[*name] = std::move(*value);
    } else {
      return failed("a table is either a list, {1, 2}, or an object, {a = 1}");
    }
    lua_pop(lua, 1);
  }
  return out;
}

result<json> take_number(lua_State* lua) {
  if (lua_isinteger(lua, -1))
    return json(lua_tointeger(lua, -1));
  auto number = lua_tonumber(lua, -1);
  if (!std::isfinite(number))
    return failed("the value is no number (a division by zero?)");
  return json(number);
}

result<json> take(lua_State* lua, int depth) {
  switch (lua_type(lua, -1)) {
    case LUA_TNIL:
      return json(nullptr);
    case LUA_TBOOLEAN:
      return json(lua_toboolean(lua, -1) != 0);
    case LUA_TNUMBER:
      return take_number(lua);
    case LUA_TSTRING: {
      auto text = take_text(lua, -1);
      return text ? result<json>{json(std::move(*text))} : text.error();
    }
    case LUA_TUSERDATA:
      return *view_at(lua, -1);
    case LUA_TTABLE:
      return take_table(lua, depth);
    default:
      return failed("the value is a function; call it: `len(x)`");
  }
}

std::string message_on_top(lua_State* lua) {
  auto text = lua_tostring(lua, -1);
  std::string out = text ? text : "failed";
  // "expression:1: what" - people need only the what.
  if (out.rfind("expression:", 0) == 0)
    if (auto pos = out.find(": "); pos != out.npos)
      out.erase(0, pos + 2);
  return out;
}

} // namespace

sandbox::sandbox() : steps_(expression_steps_max) {
  lua_ = lua_newstate(&sandbox::allocate, this);
  if (!lua_)
    throw std::bad_alloc{};
  *static_cast<sandbox**>(lua_getextraspace(lua_)) = this;
  steps_ = expression_steps_max; // Making the state is not the author's work.
}

sandbox::~sandbox() {
  lua_close(lua_);
}

sandbox& sandbox::of(lua_State* lua) {
  return **static_cast<sandbox**>(lua_getextraspace(lua));
}

void* sandbox::allocate(void* self, void* old, size_t had, size_t wanted) {
  auto& box = *static_cast<sandbox*>(self);
  if (!old)
    had = 0; // Lua passes the kind of object there.
  if (wanted == 0) {
    box.memory_ -= had;
    std::free(old);
    return nullptr;
  }
  if (wanted > had) {
    // Copying costs time as well as room. What a failure gives back does not.
    box.steps_ -= static_cast<int>((wanted - had) / 64);
    if (box.steps_ < 0)
      box.hit_ = limit::steps;
    else if (box.memory_ + wanted - had > expression_memory_bytes_max)
      box.hit_ = limit::memory;
    else
      box.hit_ = limit::none;
    if (box.hit_ != limit::none)
      return nullptr;
  }
  auto made = std::realloc(old, wanted);
  if (made)
    box.memory_ = box.memory_ - had + wanted;
  return made;
}

void sandbox::on_count(lua_State* lua, lua_Debug*) {
  spend(lua, steps_per_look * 64);
}

void sandbox::spend(lua_State* lua, size_t bytes) {
  auto& box = of(lua);
  box.steps_ -= 1 + static_cast<int>(bytes / 64);
  if (box.steps_ >= 0)
    return;
  box.hit_ = limit::steps;
  luaL_error(lua, "too many steps");
}

/// Everything that can fail, under one protected call. Argument: a `job`.
int sandbox::enter(lua_State* lua) {
  auto& work = *static_cast<job*>(lua_touserdata(lua, 1));
  if (work.context) {
    open_views(lua);
    open_functions(lua);
    for (auto pos = work.context->begin(); pos != work.context->end(); ++pos) {
      push(lua, *pos);
      lua_setglobal(lua, pos.key().c_str());
    }
  }
  if (luaL_loadbufferx(lua, work.chunk.data(), work.chunk.size(), "=expression",
                       "t")
      != LUA_OK)
    return lua_error(lua);
  if (work.context)
    lua_call(lua, 0, 1);
  return 1;
}

failure sandbox::why_stopped(int status) const {
  if (hit_ == limit::steps)
    return failed("it takes more than 100,000 steps (expression_steps_max); "
                  "look at less text or split it",
                  errc::limit_reached);
  if (status == LUA_ERRMEM)
    return failed("it needs more than 1 MiB (expression_memory_bytes_max); "
                  "look at less text",
                  errc::limit_reached);
  return failed(message_on_top(lua_));
}

std::optional<std::string> sandbox::compile(std::string_view chunk) {
  job work{chunk, nullptr};
  lua_pushcfunction(lua_, &sandbox::enter);
  lua_pushlightuserdata(lua_, &work);
  auto status = lua_pcall(lua_, 1, 1, 0);
  if (status == LUA_OK)
    return std::nullopt;
  return why_stopped(status).message;
}

result<json> sandbox::run(std::string_view chunk, const json& context) {
  job work{chunk, &context};
  lua_sethook(lua_, &sandbox::on_count, LUA_MASKCOUNT, steps_per_look);
  lua_pushcfunction(lua_, &sandbox::enter);
  lua_pushlightuserdata(lua_, &work);
  if (auto status = lua_pcall(lua_, 1, 1, 0); status != LUA_OK)
    return why_stopped(status);
  return take(lua_, 0);
}

void push(lua_State* lua, const json& value) {
  luaL_checkstack(lua, 4, "values");
  switch (value.type()) {
    case json::value_t::boolean:
      return lua_pushboolean(lua, value.get<bool>());
    case json::value_t::number_integer:
      return lua_pushinteger(lua, value.get<lua_Integer>());
    case json::value_t::number_unsigned:
      if (value.get<uint64_t>() <= static_cast<uint64_t>(LUA_MAXINTEGER))
        return lua_pushinteger(lua, value.get<lua_Integer>());
      [[fallthrough]];
    case json::value_t::number_float:
      return lua_pushnumber(lua, value.get<lua_Number>());
    case json::value_t::string: {
      const auto& text = value.get_ref<const std::string&>();
      lua_pushlstring(lua, text.data(), text.size());
      return;
    }
    case json::value_t::object:
    case json::value_t::array: {
      auto view = lua_newuserdatauv(lua, sizeof(const json*), 0);
      *static_cast<const json**>(view) = &value;
      lua_rawgetp(lua, LUA_REGISTRYINDEX, &view_key);
      lua_setmetatable(lua, -2);
      return;
    }
    default:
      return lua_pushnil(lua);
  }
}

const json* view_at(lua_State* lua, int index) {
  auto view = lua_touserdata(lua, index);
  return view ? *static_cast<const json**>(view) : nullptr;
}

} // namespace troupe::core::expressions
