#include "gateway/json_shape.hpp"

#include <algorithm>

#include "core/json_text.hpp"

namespace troupe::gateway {

namespace {

core::problem at(std::string_view json, size_t offset, std::string what,
                 std::string hint) {
  core::problem out{"", 1, 1, std::move(what), std::move(hint)};
  for (auto c : json.substr(0, offset)) {
    if (c == '\n') {
      ++out.line;
      out.column = 1;
    } else {
      ++out.column;
    }
  }
  return out;
}

// Listens to the parser; keeps the outermost keys, stops at the first mistake.
class shape_listener : public nlohmann::json_sax<nlohmann::json> {
public:
  shape_listener(std::string_view json, json_shape& out)
    : json_(json), out_(out) {}

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override {
    return open(json_shape::kind::object);
  }
  bool start_array(std::size_t) override {
    return open(json_shape::kind::array);
  }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    if (depth_ != 1)
      return true;
    if (!out_.has(name)) {
      out_.keys.push_back(name);
      return true;
    }
    out_.problem =
      core::problem{"/" + name, 0, 0, "field `" + name + "` is there twice",
                    "keep one of them"};
    return false;
  }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::json::exception& e) override {
    // The library's text repeats the position; ours is in line and column.
    std::string text = e.what();
    auto colon = text.rfind(": syntax error");
    auto why = colon == std::string::npos ? text : text.substr(colon + 2);
    auto offset = position == 0 ? 0 : position - 1;
    out_.problem = at(json_, offset, "the body is no JSON: " + why,
                      "check it with a JSON tool");
    return false;
  }

private:
  bool open(json_shape::kind what) {
    if (depth_++ == 0)
      out_.what = what;
    return true;
  }
  bool close() {
    --depth_;
    return true;
  }

  std::string_view json_;
  json_shape& out_;
  size_t depth_ = 0;
};

} // namespace

bool json_shape::has(std::string_view key) const {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

json_shape shape_of(std::string_view json) {
  json_shape out;
  if (core::json_depth(json) > core::json_depth_max) {
    out.problem = core::problem{"", 0, 0,
                                "the body nests deeper than "
                                  + std::to_string(core::json_depth_max)
                                  + " levels (json_depth_max)",
                                "make it flatter"};
    return out;
  }
  shape_listener listener{json, out};
  nlohmann::json::sax_parse(json, &listener);
  return out;
}

} // namespace troupe::gateway
