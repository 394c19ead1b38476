#pragma once

#include <stdlib.h>

#include <filesystem>
#include <stdexcept>
#include <string>

namespace troupe::test {

/// A directory of its own, gone with the object.
class directory {
public:
  directory() {
    if (mkdtemp(path_.data()) == nullptr)
      throw std::runtime_error("cannot make " + path_);
  }
  ~directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  directory(const directory&) = delete;
  directory& operator=(const directory&) = delete;

  std::string operator/(const std::string& name) const {
    return path_ + '/' + name;
  }

private:
  std::string path_ =
    (std::filesystem::temp_directory_path() / "troupe-test-XXXXXX").string();
};

} // namespace troupe::test
