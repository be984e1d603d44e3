// SPDX-License-Identifier: MIT
#pragma once
// A disk of its own, so small that a test can fill it. Needs root, and says where there is none.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "temporary_folder.hpp"

class SmallDisk {
 public:
  explicit SmallDisk(std::string const& size)
      : mounted_(::mount("sla-test", folder_.path().c_str(), "tmpfs", 0,
                         ("size=" + size).c_str()) == 0) {}
  SmallDisk(SmallDisk const&) = delete;
  SmallDisk& operator=(SmallDisk const&) = delete;
  ~SmallDisk() {
    if (mounted_) ::umount2(folder_.path().c_str(), MNT_DETACH);
  }

  /// Whether there is one; a test that gets no for an answer returns.
  [[nodiscard]] bool there() const {
    if (!mounted_) MESSAGE("skipped: only root can mount a small disk");
    return mounted_;
  }
  [[nodiscard]] std::string const& path() const { return folder_.path(); }

  /// Leaves no byte free.
  void fill() const {
    int const file = ::open((folder_ / "filler").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    std::string const block(4096, 'x');
    while (::write(file, block.data(), block.size()) > 0) continue;
    ::close(file);
  }
  void empty() const { ::unlink((folder_ / "filler").c_str()); }

  void set_read_only(bool read_only) const {
    unsigned long const flag = read_only ? MS_RDONLY : 0;
    if (::mount("sla-test", folder_.path().c_str(), "tmpfs", MS_REMOUNT | flag, nullptr) != 0) {
      std::perror("remount");
    }
  }

 private:
  TemporaryFolder folder_;
  bool mounted_;
};
