// SPDX-License-Identifier: MIT
#pragma once
// A folder of its own for each test, gone with it.
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

class TemporaryFolder {
 public:
  TemporaryFolder() : path_((std::filesystem::temp_directory_path() / "sla-test-XXXXXX").string()) {
    if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("mkdtemp: " + path_);
  }
  TemporaryFolder(TemporaryFolder const&) = delete;
  TemporaryFolder& operator=(TemporaryFolder const&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] std::string const& path() const { return path_; }
  [[nodiscard]] std::string operator/(std::string const& name) const { return path_ + '/' + name; }

  /// Every file in the folder, relative to it, in alphabetical order.
  [[nodiscard]] std::vector<std::string> files() const {
    std::vector<std::string> found;
    for (auto const& entry : std::filesystem::recursive_directory_iterator(path_)) {
      if (entry.is_regular_file()) {
        found.push_back(entry.path().string().substr(path_.size() + 1));
      }
    }
    std::sort(found.begin(), found.end());
    return found;
  }

 private:
  std::string path_;
};

/// All the bytes of a file; nothing where there is none.
inline std::string contents(std::string const& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline void write_file(std::string const& path, std::string const& text) {
  std::ofstream(path, std::ios::binary) << text;
}
