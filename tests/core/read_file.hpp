#pragma once

#include <fstream>
#include <sstream>
#include <string>

#include <catch2/catch.hpp>

namespace troupe::test {

inline std::string read_file(const std::string& path) {
  std::ifstream from{path, std::ios::binary};
  if (!from)
    FAIL("cannot read " << path);
  std::stringstream all;
  all << from.rdbuf();
  return all.str();
}

} // namespace troupe::test
