// SPDX-License-Identifier: MIT
#pragma once
// Where the published test data is: in $SLA_CONFORMANCE_DIR, or beside the source tree.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

/// The path of a file of the data. Without the data the test ends with 77, which is a skip.
inline std::string conformance_file(std::string const& name) {
  char const* const chosen = std::getenv("SLA_CONFORMANCE_DIR");
  char const* const root = std::getenv("SLA_SOURCE_ROOT");
  std::filesystem::path const file =
      (chosen != nullptr
           ? std::filesystem::path(chosen)
           : std::filesystem::path(root != nullptr ? root : ".") / "../shared/conformance") /
      name;
  if (std::filesystem::exists(file)) return file.string();
  std::puts("skipped: no conformance data (set SLA_CONFORMANCE_DIR)");
  std::exit(77);
}
