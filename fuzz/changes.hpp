#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::fuzz {

/// Inputs that are like those of a corpus, and wrong somewhere. The same seed
/// and corpus give the same inputs, on every machine.
class changes {
public:
  /// Of one input; a corpus entry that is longer is cut.
  static constexpr size_t bytes_max = 64 * 1024;

  changes(std::vector<std::string> corpus, uint64_t seed);

  /// An entry with one to eight changes.
  std::string next();

private:
  size_t below(size_t n); // 0 to n - 1. REQUIRES: n > 0.
  std::string_view any_entry();
  void change(std::string& bytes);
  void flip(std::string& bytes);
  void splice(std::string& bytes);
  void repeat(std::string& bytes);
  void insert_word(std::string& bytes);
  void remove(std::string& bytes);

  std::vector<std::string> corpus_;
  std::vector<std::string> words_; // What the corpus is made of.
  std::mt19937_64 chance_;
};

} // namespace troupe::fuzz
