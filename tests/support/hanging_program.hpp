// SPDX-License-Identifier: MIT
#pragma once
// A program whose start hangs until it is let go, as on a network mount that does not answer: a
// scanner (fanotify(7)) is asked whether it may be opened, and says nothing.
#include <fcntl.h>
#include <sys/fanotify.h>

#include <string>

#include "sla/core/descriptor.hpp"
#include "temporary_folder.hpp"
#include "test_child.hpp"

namespace support {

class HangingProgram {
 public:
  HangingProgram() : path_(file_in(folder_, "hangs", "#!/bin/sh\nexit 0\n", 0755)) {
    scanner_ = sla::Descriptor{::fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC, O_RDONLY)};
    if (!scanner_) return;
    hangs_ = ::fanotify_mark(scanner_.get(), FAN_MARK_ADD, FAN_OPEN_EXEC_PERM, AT_FDCWD,
                             path_.c_str()) == 0;
  }

  /// Returns true if it hangs; only root can make one, where the kernel lets it.
  [[nodiscard]] bool hangs() const noexcept { return hangs_; }
  [[nodiscard]] std::string const& path() const noexcept { return path_; }
  /// Everybody who waits goes on.
  void let_go() { scanner_.reset(); }

 private:
  TemporaryFolder folder_{};
  std::string path_;
  sla::Descriptor scanner_{};
  bool hangs_ = false;
};

}  // namespace support
