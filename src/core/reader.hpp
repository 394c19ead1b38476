#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/document.hpp"
#include "core/time.hpp"

// Reads a document into structs. Every function leaves its target alone where
// the field is absent or wrong, so that defaults stand in the struct and
// nowhere else; what is wrong becomes a problem and reading goes on.
//
//   object_reader in{value{document.root, problems}};
//   in.read("listen", options.listen);
//   in.read("workers", options.workers, bounds{1, 64});
//   in.read("drain", options.drain, bounds{1ms, 1h});
//   in.read("mode", options.mode, mode_words); // An array of (name, meaning).
//   in.object("tls", [&](object_reader& tls) { tls.read("key", ...); });
//   in.finish(); // Unknown fields, with suggestions.

namespace troupe::core {

/// How many problems a reader reports; one more says that there are others.
inline constexpr size_t problems_max = 200;

/// The nearest of `known`, or empty if none is near: for "did you mean".
std::string nearest(std::string_view word,
                    std::span<const std::string_view> known);
/// "did you mean `x`?", or empty. Knows words of other tools, too.
std::string did_you_mean(std::string_view word,
                         std::span<const std::string_view> known);

/// Both ends belong to it.
template <class T>
struct bounds {
  T low;
  T high;
};
template <class T>
bounds(T, T) -> bounds<T>;

template <class E>
using words = std::span<const std::pair<std::string_view, E>>;

inline constexpr size_t text_bytes_max = 64u << 10;

/// A node, the way to it, and the list its problems go to. It refers to its
/// parent, which must outlive it.
class value {
public:
  value(const node& root, problems& out) : node_(&root), out_(&out) {}

  const node& operator*() const { return *node_; }
  const node* operator->() const { return node_; }
  node_kind kind() const { return node_->kind; }
  /// REQUIRES: index < items.size().
  value item(size_t index) const {
    return {node_->items[index], this, index, *out_};
  }

  /// JSON pointer, e.g. "/steps/build/timeout".
  std::string pointer() const;
  void fail(std::string what, std::string hint = {}) const;
  /// The same, about the field's name.
  void fail_at_key(std::string what, std::string hint = {}) const;
  /// "expected a list of names, found a number".
  void fail_expected(std::string_view what, std::string hint = {}) const;
  problems& out() const { return *out_; }

  // True: it was of that type and in bounds, and `to` is set.

  bool read(bool& to) const;
  bool read(std::string& to, size_t bytes_max = text_bytes_max) const;
  bool read(duration& to, bounds<duration> in) const;
  bool read(std::optional<duration>& to, bounds<duration> in) const;
  bool read(double& to, bounds<double> in) const;
  /// A list of texts, or one text. Refuses an empty one.
  bool read(std::vector<std::string>& to, size_t items_max = 1000) const;

  bool read_integer(int64_t& to, bounds<int64_t> in) const;
  template <class T>
  requires(std::integral<T> && !std::same_as<T, bool>) bool read(
    T& to, bounds<int64_t> in) const {
    int64_t wide = 0;
    if (!read_integer(wide, in))
      return false;
    to = static_cast<T>(wide); // In range: `in` is within T, by contract.
    return true;
  }

  template <class E>
  requires std::is_enum_v<E>
  bool read(E& to, std::type_identity_t<words<E>> all) const {
    std::vector<std::string_view> names;
    for (const auto& [name, meaning] : all) {
      if (node_->kind == node_kind::string && node_->text == name) {
        to = meaning;
        return true;
      }
      names.push_back(name);
    }
    fail_word(names);
    return false;
  }

private:
  friend class object_reader;
  value(const node& x, const value* parent, size_t index, problems& out)
    : node_(&x), parent_(parent), index_(index), out_(&out) {}
  void fail_word(std::span<const std::string_view> known) const;
  void report(uint32_t line, uint32_t column, std::string what,
              std::string hint) const;

  const node* node_;
  const value* parent_ = nullptr;
  size_t index_ = 0;
  problems* out_;
};

/// Reads the members of an object by name and knows which were asked for.
class object_reader {
public:
  /// Reports it if `from` is no object; it then has no members.
  explicit object_reader(value from);
  object_reader(const object_reader&) = delete;
  object_reader& operator=(const object_reader&) = delete;

  const value& self() const { return self_; }
  /// The member, if there is one; it counts as known from now on.
  std::optional<value> find(std::string_view key);

  /// True: the member was there and in order, and `to` is set.
  template <class T, class... Rules>
  bool read(std::string_view key, T& to, const Rules&... rules) {
    auto x = find(key);
    return x && x->read(to, rules...);
  }

  /// Calls `visit(object_reader&)` with the object of that name, if there is
  /// one, and finishes it.
  template <class Visit>
  void object(std::string_view key, Visit visit) {
    if (auto x = find(key)) {
      object_reader inner{*x};
      visit(inner);
      inner.finish();
    }
  }

  /// Reports "needs `key`" if it is absent.
  void require(std::string_view key, std::string hint = {});
  bool has(std::string_view key) const;

  /// Reports the members that nobody asked for.
  void finish();
  /// What was asked for, in order.
  std::span<const std::string_view> asked() const { return asked_; }

private:
  value self_;
  std::vector<std::string_view> asked_;
  std::vector<bool> seen_; // By member.
  uint64_t marks_ = 0;     // Of the members' names: most asked for are absent.
};

} // namespace troupe::core
