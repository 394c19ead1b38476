#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace troupe::core {

/// Figures by the values of N labels. Whoever submits work names workspaces and
/// types: beyond `series_max` what is new counts under "other", so that nobody
/// can make a node's figures grow without end.
template <class T, size_t N>
class metric_series {
public:
  static constexpr size_t series_max = 500;
  static constexpr std::string_view overflow = "other";

  using key = std::array<std::string, N>;
  using key_view = std::array<std::string_view, N>;

  /// The figure of these values; it stays where it is.
  T& at(const key_view& values) {
    // What comes together is mostly of one kind.
    if (last_ != nullptr && same(last_->first, values))
      return last_->second;
    last_ = &*find(values);
    return last_->second;
  }

  const auto& all() const { return all_; }

private:
  struct less {
    using is_transparent = void;
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      for (size_t n = 0; n < N; ++n)
        if (auto order = std::string_view{a[n]}.compare(b[n]); order != 0)
          return order < 0;
      return false;
    }
  };

  static bool same(const key& a, const key_view& b) {
    for (size_t n = 0; n < N; ++n)
      if (a[n] != b[n])
        return false;
    return true;
  }

  auto find(const key_view& values) {
    auto pos = all_.find(values);
    if (pos != all_.end())
      return pos;
    key made;
    for (size_t n = 0; n < N; ++n)
      made[n] = all_.size() < series_max ? values[n] : overflow;
    return all_.try_emplace(std::move(made)).first;
  }

  std::map<key, T, less> all_;
  std::pair<const key, T>* last_ = nullptr;
};

} // namespace troupe::core
