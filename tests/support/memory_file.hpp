// SPDX-License-Identifier: MIT
#pragma once
// A descriptor to write to, whose text the test can read.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <string>
#include <utility>

#include "sla/core/descriptor.hpp"

class MemoryFile {
 public:
  MemoryFile() : file_(::memfd_create("test", MFD_CLOEXEC)) {}

  [[nodiscard]] int descriptor() const { return file_.get(); }

  /// All that was written so far.
  [[nodiscard]] std::string text() const {
    std::string all;
    char buffer[4096];
    for (;;) {
      ssize_t const n = ::pread(file_.get(), buffer, sizeof buffer, static_cast<off_t>(all.size()));
      if (n <= 0) return all;
      all.append(buffer, static_cast<std::size_t>(n));
    }
  }

  /// Hands the descriptor over; a file with these bytes is one line of a test.
  [[nodiscard]] static sla::Descriptor holding(std::string const& text) {
    MemoryFile made;
    (void)sla::internal::write_all(made.descriptor(), text);
    return std::move(made.file_);
  }

 private:
  sla::Descriptor file_;
};
