#include "core/reader.hpp"

#include <algorithm>
#include <charconv>

namespace troupe::core {

namespace {

std::string to_short(double x) {
  char buffer[32];
  auto [end, code] = std::to_chars(buffer, buffer + sizeof buffer, x);
  return {buffer, end};
}

/// "60" as a duration has no unit; a number can be meant as seconds.
constexpr std::string_view duration_hint =
  "write a number and a unit, e.g. 500ms, 30s, 5m, 1h30m, 2d";

std::string joined(std::span<const std::string_view> all) {
  std::string out;
  for (size_t i = 0; i < all.size(); ++i) {
    out += i == 0 ? "" : i + 1 == all.size() ? " or " : ", ";
    out += "`" + std::string{all[i]} + "`";
  }
  return out;
}

/// One of 64 bits, by length and first letter: names with different bits
/// differ.
uint64_t mark(std::string_view name) {
  auto first = name.empty() ? 0u : static_cast<unsigned char>(name[0]);
  return uint64_t{1} << ((first * 7 + name.size()) & 63);
}

std::string found(const node& x) {
  std::string shown = x.text;
  if (shown.size() > 60)
    shown.replace(57, shown.npos, "...");
  if (x.kind == node_kind::string)
    return "the text `" + shown + "`";
  if (x.kind == node_kind::boolean)
    return x.truth ? "`true`" : "`false`";
  if (x.kind == node_kind::integer || x.kind == node_kind::real)
    return "the number " + shown;
  return std::string{describe(x.kind)};
}

} // namespace

// -- value

std::string value::pointer() const {
  if (parent_ == nullptr)
    return {};
  auto out = parent_->pointer() + "/";
  if (parent_->kind() != node_kind::object)
    return out + std::to_string(index_);
  for (auto c : node_->key) { // RFC 6901.
    if (c == '~')
      out += "~0";
    else if (c == '/')
      out += "~1";
    else
      out += c;
  }
  return out;
}

void value::report(uint32_t line, uint32_t column, std::string what,
                   std::string hint) const {
  if (out_->size() > problems_max)
    return;
  if (out_->size() == problems_max) {
    out_->push_back({"", 0, 0,
                     "there are more than " + std::to_string(problems_max)
                       + " problems (problems_max)",
                     "mend those first"});
    return;
  }
  out_->push_back({pointer(), line, column, std::move(what), std::move(hint)});
}

void value::fail(std::string what, std::string hint) const {
  report(node_->line, node_->column, std::move(what), std::move(hint));
}

void value::fail_at_key(std::string what, std::string hint) const {
  auto key = node_->key_line > 0;
  report(key ? node_->key_line : node_->line,
         key ? node_->key_column : node_->column, std::move(what),
         std::move(hint));
}

void value::fail_expected(std::string_view what, std::string hint) const {
  fail("expected " + std::string{what} + ", found " + found(*node_),
       std::move(hint));
}

void value::fail_word(std::span<const std::string_view> known) const {
  auto hint = kind() == node_kind::string ? did_you_mean(node_->text, known)
                                          : std::string{};
  fail_expected(joined(known), std::move(hint));
}

bool value::read(bool& to) const {
  if (kind() != node_kind::boolean) {
    auto quoted = node_->text == "true" || node_->text == "false";
    auto old = node_->text == "yes" || node_->text == "no"
               || node_->text == "on" || node_->text == "off";
    fail_expected("`true` or `false`",
                  quoted ? "write it without quotes"
                  : old  ? "`yes`, `no`, `on` and `off` are texts"
                         : "");
    return false;
  }
  to = node_->truth;
  return true;
}

bool value::read(std::string& to, size_t bytes_max) const {
  if (kind() != node_kind::string) {
    auto scalar = kind() != node_kind::list && kind() != node_kind::object
                  && kind() != node_kind::null;
    fail_expected("a text", scalar ? "put it in quotes" : "");
    return false;
  }
  if (node_->text.empty()) {
    fail("this text is empty",
         "leave the field out if there is nothing to say");
    return false;
  }
  if (node_->text.size() > bytes_max) {
    fail("this text has " + std::to_string(node_->text.size()) + " bytes, "
           + std::to_string(bytes_max) + " are allowed",
         "shorten it");
    return false;
  }
  to = node_->text;
  return true;
}

bool value::read(duration& to, bounds<duration> in) const {
  if (kind() != node_kind::string) {
    fail_expected("a duration", std::string{duration_hint});
    return false;
  }
  auto parsed = parse_duration(node_->text);
  if (!parsed) {
    fail("`" + node_->text.substr(0, 60) + "` is not a duration",
         std::string{duration_hint});
    return false;
  }
  if (*parsed < in.low || *parsed > in.high) {
    fail("`" + node_->text.substr(0, 60) + "` is out of range",
         "allowed are " + to_text(in.low) + " to " + to_text(in.high));
    return false;
  }
  to = *parsed;
  return true;
}

bool value::read(std::optional<duration>& to, bounds<duration> in) const {
  duration parsed{};
  if (!read(parsed, in))
    return false;
  to = parsed;
  return true;
}

bool value::read(double& to, bounds<double> in) const {
  if (kind() != node_kind::integer && kind() != node_kind::real) {
    fail_expected("a number");
    return false;
  }
  double x = 0;
  const auto& text = node_->text;
  auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), x);
  if (code != std::errc{} || x < in.low || x > in.high) {
    fail(text.substr(0, 40) + " is out of range",
         "allowed are " + to_short(in.low) + " to " + to_short(in.high));
    return false;
  }
  to = x;
  return true;
}

bool value::read_integer(int64_t& to, bounds<int64_t> in) const {
  if (kind() != node_kind::integer) {
    fail_expected("a whole number");
    return false;
  }
  int64_t x = 0;
  const auto& text = node_->text;
  auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), x);
  if (code != std::errc{} || x < in.low || x > in.high) {
    fail(text.substr(0, 40) + " is out of range",
         "allowed are " + std::to_string(in.low) + " to "
           + std::to_string(in.high));
    return false;
  }
  to = x;
  return true;
}

bool value::read(std::vector<std::string>& to, size_t items_max) const {
  std::vector<std::string> all;
  if (kind() == node_kind::string) {
    if (!read(all.emplace_back()))
      return false;
    to = std::move(all);
    return true;
  }
  if (kind() != node_kind::list) {
    fail_expected("a list of texts");
    return false;
  }
  if (node_->items.size() > items_max) {
    fail("this list has " + std::to_string(node_->items.size()) + " items, "
           + std::to_string(items_max) + " are allowed",
         "shorten it");
    return false;
  }
  bool good = true;
  for (size_t i = 0; i < node_->items.size(); ++i)
    good = item(i).read(all.emplace_back()) && good;
  if (good)
    to = std::move(all);
  return good;
}

// -- object_reader

object_reader::object_reader(value from) : self_(from) {
  if (self_.kind() != node_kind::object)
    self_.fail_expected("an object", "write fields, e.g. `name: value`");
  else
    seen_.resize(self_->items.size());
  for (size_t i = 0; i < seen_.size(); ++i)
    marks_ |= mark(self_->items[i].key);
  asked_.reserve(48); // A step's; growing it showed in profiles.
}

std::optional<value> object_reader::find(std::string_view key) {
  asked_.push_back(key);
  if ((marks_ & mark(key)) == 0)
    return std::nullopt;
  for (size_t i = 0; i < seen_.size(); ++i)
    if (self_->items[i].key == key) {
      seen_[i] = true;
      return value{self_->items[i], &self_, i, self_.out()};
    }
  return std::nullopt;
}

bool object_reader::has(std::string_view key) const {
  return (marks_ & mark(key)) != 0 && self_->find(key) != nullptr;
}

void object_reader::require(std::string_view key, std::string hint) {
  if (self_.kind() == node_kind::object && !has(key))
    self_.fail_at_key("`" + std::string{key} + "` is missing", std::move(hint));
}

void object_reader::finish() {
  for (size_t i = 0; i < seen_.size(); ++i) {
    // A second one of the same name was reported with the document.
    if (seen_[i]
        || std::find(asked_.begin(), asked_.end(), self_->items[i].key)
             != asked_.end())
      continue;
    seen_[i] = true; // Reported once, however often this is called.
    value x{self_->items[i], &self_, i, self_.out()};
    const auto& key = x->key;
    x.fail_at_key("unknown field `" + key.substr(0, 60) + "`",
                  did_you_mean(key, asked_));
  }
}

} // namespace troupe::core
