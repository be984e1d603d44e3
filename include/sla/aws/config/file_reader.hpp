// SPDX-License-Identifier: MIT
#pragma once
// Reads the small files that configure credentials: profiles and tokens. The folder that stands for
// the root is a parameter, so that a test can bring its own files.
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "sla/core/descriptor.hpp"
#include "sla/core/result.hpp"

namespace sla::inline v1::aws {

/// Reads files of at most a mebibyte. Thread-safe.
class FileReader {
 public:
  static constexpr std::size_t size_limit = std::size_t{1024} * 1024;

  FileReader() = default;
  /// Absolute paths begin below this folder instead of `/`.
  explicit FileReader(std::string root) : root_(std::move(root)) {}

  /// Returns the whole file. The error names the path as it was given.
  [[nodiscard]] Result<std::string> read(std::string_view path) const {
    bool const rooted = path.starts_with('/');
    std::string where = rooted ? root_ + std::string(path) : std::string(path);
    auto text = internal::read_file(where, size_limit);
    if (text || !rooted || root_.empty()) return text;
    Error error = std::move(text).error();
    if (error.message.starts_with(root_)) error.message.erase(0, root_.size());
    return error;
  }

 private:
  std::string root_;
};

}  // namespace sla::inline v1::aws
