#pragma once

#include <string>
#include <utility>
#include <variant>

#include "troupe/errc.hpp"

namespace troupe::core {

/// A value, or why there is none. (std::expected is C++23.)
template <class T>
class result {
public:
  result(T value) : value_(std::in_place_index<0>, std::move(value)) {}
  result(failure why) : value_(std::in_place_index<1>, std::move(why)) {}
  result(errc code, std::string message)
    : result(failure{code, category::unknown, std::move(message)}) {}

  explicit operator bool() const { return value_.index() == 0; }
  /// REQUIRES: it has a value.
  T& operator*() { return std::get<0>(value_); }
  const T& operator*() const { return std::get<0>(value_); }
  T* operator->() { return &**this; }
  const T* operator->() const { return &**this; }
  /// REQUIRES: it has none.
  const failure& error() const { return std::get<1>(value_); }

private:
  std::variant<T, failure> value_;
};

} // namespace troupe::core
