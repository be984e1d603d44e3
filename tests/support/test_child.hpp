// SPDX-License-Identifier: MIT
#pragma once
// What the tests of the executor share: the words that run test_child, files to run, and what this
// process has left open or unreaped.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <vector>

#include "temporary_folder.hpp"

namespace support {

/// The words that run test_child with these arguments.
inline std::vector<std::string> test_child(std::vector<std::string> arguments) {
  char const* const path = std::getenv("SLA_TEST_CHILD");
  REQUIRE_MESSAGE(path != nullptr, "SLA_TEST_CHILD names the program of support/test_child.cpp");
  arguments.insert(arguments.begin(), path);
  return arguments;
}

/// Whether this process has no child, neither alive nor ended and unreaped.
inline bool no_child_is_left() {
  siginfo_t info{};
  return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) != 0 && errno == ECHILD;
}

/// How many descriptors this process has open.
inline int open_descriptors() {
  int count = 0;
  for (int descriptor = 0; descriptor < 4096; ++descriptor) {
    if (::fcntl(descriptor, F_GETFD) >= 0) ++count;
  }
  return count;
}

/// A new file in the folder, with this text and this mode; returns its path.
inline std::string file_in(TemporaryFolder const& folder, std::string const& name,
                           std::string const& text, mode_t mode) {
  write_file(folder / name, text);
  REQUIRE(::chmod((folder / name).c_str(), mode) == 0);
  return folder / name;
}

/// A copy of test_child with this mode, in a folder that everybody may enter; returns its path.
inline std::string test_child_in(TemporaryFolder const& folder, mode_t mode) {
  REQUIRE(::chmod(folder.path().c_str(), 0755) == 0);
  return file_in(folder, "test", contents(test_child({})[0]), mode);
}

}  // namespace support
