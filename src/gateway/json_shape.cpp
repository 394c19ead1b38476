#include "gateway/json_shape.hpp"

#include <algorithm>
#include <numeric>

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

std::string escaped(std::string_view key) { // RFC 6901.
  std::string out;
  for (auto c : key)
    if (c == '~' || c == '/')
      out += c == '~' ? "~0" : "~1";
    else
      out += c;
  return out;
}

// Listens to the parser; keeps the outermost keys, stops at the first mistake.
class shape_listener : public nlohmann::json_sax<nlohmann::json> {
public:
  shape_listener(std::string_view json, json_shape& out)
    : json_(json), out_(out) {}

  bool null() override { return count(); }
  bool boolean(bool) override { return count(); }
  bool number_integer(number_integer_t) override { return count(); }
  bool number_unsigned(number_unsigned_t) override { return count(); }
  bool number_float(number_float_t, const string_t&) override {
    return count();
  }
  bool string(string_t&) override { return count(); }
  bool binary(binary_t&) override { return count(); }
  bool start_object(std::size_t) override {
    return open(json_shape::kind::object);
  }
  bool start_array(std::size_t) override {
    return open(json_shape::kind::array);
  }
  bool end_array() override { return close(); }

  bool end_object() override {
    auto from = open_.back().first_key;
    if (auto twice = repeated(from)) {
      auto name = keys_[*twice];
      keys_.resize(from);
      out_.problem = core::problem{pointer() + "/" + escaped(name), 0, 0,
                                   "field `" + name + "` is there twice",
                                   "keep one of them"};
      return false;
    }
    if (open_.size() == 1)
      out_.keys.swap(keys_);
    keys_.resize(from);
    return close();
  }

  bool key(string_t& name) override {
    keys_.push_back(std::move(name));
    return true;
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
  // An object or list that is not closed yet.
  struct level {
    json_shape::kind what;
    size_t first_key; // In `keys_`, of an object.
    size_t items = 0; // Of a list, begun so far.
  };

  bool count() {
    if (!open_.empty())
      ++open_.back().items;
    return true;
  }

  bool open(json_shape::kind what) {
    if (open_.empty())
      out_.what = what;
    count();
    open_.push_back({what, keys_.size()});
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  // The index of a key that an earlier one equals. Few are compared each with
  // each, many are sorted: a body may be one object of a million fields.
  std::optional<size_t> repeated(size_t from) const {
    constexpr size_t few = 16;
    auto size = keys_.size();
    if (size - from <= few) {
      for (auto i = from; i < size; ++i)
        for (auto j = from; j < i; ++j)
          if (keys_[i] == keys_[j])
            return i;
      return std::nullopt;
    }
    std::vector<size_t> order(size - from);
    std::iota(order.begin(), order.end(), from);
    std::sort(order.begin(), order.end(),
              [this](size_t a, size_t b) { return keys_[a] < keys_[b]; });
    auto same = [this](size_t a, size_t b) { return keys_[a] == keys_[b]; };
    auto pos = std::adjacent_find(order.begin(), order.end(), same);
    return pos == order.end() ? std::nullopt : std::optional{*pos};
  }

  // Of the innermost object. REQUIRES: its own keys are gone from `keys_`.
  std::string pointer() const {
    std::string out;
    for (size_t i = 0; i + 1 < open_.size(); ++i)
      out += '/'
             + (open_[i].what == json_shape::kind::object
                  ? escaped(keys_[open_[i + 1].first_key - 1])
                  : std::to_string(open_[i].items - 1));
    return out;
  }

  std::string_view json_;
  json_shape& out_;
  std::vector<level> open_;
  std::vector<std::string> keys_; // Of all open objects, outermost first.
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
