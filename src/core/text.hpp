#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace troupe::core {

/// JSON text (or encoded bytes) that nobody changes: shared by everyone who
/// holds it, so that a payload exists once however far it travels. An empty one
/// means "none" and costs no allocation.
class text {
public:
  text() = default;
  explicit text(std::string from)
    : value_(from.empty()
               ? nullptr
               : std::make_shared<const std::string>(std::move(from))) {}

  std::string_view view() const {
    return value_ ? std::string_view{*value_} : std::string_view{};
  }
  std::string str() const { return value_ ? *value_ : std::string{}; }
  size_t size() const { return value_ ? value_->size() : 0; }
  bool empty() const { return !value_; }
  bool operator==(const text& other) const { return view() == other.view(); }

private:
  std::shared_ptr<const std::string> value_;
};

/// Looks strings up without making one.
struct text_hash {
  using is_transparent = void;
  size_t operator()(std::string_view x) const {
    return std::hash<std::string_view>{}(x);
  }
};

} // namespace troupe::core
