#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>

namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& file) {
  std::ifstream in{file};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// Names of all test cases: a long one is written in several pieces.
std::set<std::string> test_names() {
  std::set<std::string> all;
  const std::regex begin{R"re(TEST_CASE(_METHOD)?\()re"};
  for (const auto& x :
       fs::recursive_directory_iterator{fs::path{TROUPE_ROOT} / "tests"}) {
    if (x.path().extension() != ".cpp")
      continue;
    auto text = text_of(x.path());
    for (std::sregex_iterator pos{text.begin(), text.end(), begin}, end;
         pos != end; ++pos) {
      auto at = text.find('"', static_cast<size_t>(pos->position()));
      std::string name;
      while (at != std::string::npos && text[at] == '"') {
        auto close = text.find('"', at + 1);
        name += text.substr(at + 1, close - at - 1);
        at = text.find_first_not_of(" \n", close + 1);
      }
      all.insert(name);
    }
  }
  return all;
}

} // namespace

TEST_CASE("every test that the page of promises names exists", "[docs]")
{
  auto page = text_of(fs::path{TROUPE_ROOT} / "docs/failure-semantics.md");
  auto from = page.find("## The tests");
  REQUIRE(from != std::string::npos);
  auto known = test_names();
  const std::regex quoted{"`([^`]+)`"};
  size_t named = 0;
  for (std::sregex_iterator
         pos{page.begin() + static_cast<ptrdiff_t>(page.find("|---", from)),
             page.end(), quoted},
       end;
       pos != end; ++pos, ++named)
    CHECK(known.count((*pos)[1]) == 1);
  CHECK(named > 40);
}
