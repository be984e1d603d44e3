// SPDX-License-Identifier: MIT
#pragma once
// A folder that closes itself, for those that read its entries and need nothing else of it.
#include <dirent.h>

#include <utility>

#include "sla/version.hpp"

namespace sla::inline v1::internal {

/// Owns an open folder, for readdir(), or none.
class OpenFolder {
 public:
  explicit OpenFolder(DIR* folder) noexcept : folder_(folder) {}
  OpenFolder(OpenFolder&& other) noexcept : folder_(std::exchange(other.folder_, nullptr)) {}
  OpenFolder& operator=(OpenFolder other) noexcept {
    std::swap(folder_, other.folder_);
    return *this;
  }
  ~OpenFolder() {
    if (folder_ != nullptr) ::closedir(folder_);
  }

  [[nodiscard]] DIR* get() const noexcept { return folder_; }
  explicit operator bool() const noexcept { return folder_ != nullptr; }

 private:
  DIR* folder_;
};

}  // namespace sla::inline v1::internal
