#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

#include "fuzz/changes.hpp"

using troupe::fuzz::changes;

namespace {

std::vector<std::string> inputs(const std::vector<std::string>& corpus,
                                uint64_t seed, size_t n = 500) {
  changes changed{corpus, seed};
  std::vector<std::string> all;
  while (all.size() < n)
    all.push_back(changed.next());
  return all;
}

bool any_has(const std::vector<std::string>& all, const std::string& part) {
  return std::any_of(all.begin(), all.end(),
                     [&](const auto& x) { return x.find(part) != x.npos; });
}

} // namespace

TEST_CASE("a seed makes the same inputs again, another one others", "[fuzz]")
{
  std::vector<std::string> corpus{"steps: {a: {}}", "[1, 2, 3]"};
  CHECK(inputs(corpus, 7) == inputs(corpus, 7));
  CHECK(inputs(corpus, 7) != inputs(corpus, 8));
}

TEST_CASE("inputs are cut, flipped, spliced, repeated and given words",
          "[fuzz]")
{
  auto all = inputs({"abcdefgh", "01234567"}, 1, 20'000);
  CHECK(std::set<std::string>{all.begin(), all.end()}.size() > 400);
  CHECK(any_has(all, "abcd45"));                     // Spliced.
  CHECK(any_has(all, "efghefghefgh"));               // Repeated.
  CHECK(any_has(all, "18446744073709551616"));       // A hard word.
  CHECK(any_has(all, "abc01234567"));                // A word of the corpus.
  CHECK(std::count(all.begin(), all.end(), "") > 0); // Cut.
  CHECK(std::count(all.begin(), all.end(), "abc") > 0);
}

TEST_CASE("inputs stay within their size, without a corpus as well", "[fuzz]")
{
  for (const auto& x : inputs({std::string(200'000, 'x')}, 3))
    REQUIRE(x.size() <= changes::bytes_max);
  CHECK(any_has(inputs({}, 4), "null"));
}
