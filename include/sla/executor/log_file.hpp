// SPDX-License-Identifier: MIT
#pragma once
// The file that holds a run's output: where it need not outlive the process it has no name, and
// nobody else sees it.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sla/core/atomic.hpp"
#include "sla/core/descriptor.hpp"
#include "sla/core/result.hpp"
#include "sla/core/run_id.hpp"
#include "sla/core/shared.hpp"

namespace sla::inline v1::internal {

namespace detail {

/// A file in the folder that is there under no name.
inline Result<Descriptor> open_unnamed_in(std::string const& folder) {
  if (auto file = open_file(folder, O_TMPFILE | O_RDWR)) return file;
  std::string name = folder + "/sla-runner-XXXXXX";
  int const file = ::mkostemp(name.data(), O_CLOEXEC);
  if (file < 0) return system_error(folder);
  ::unlink(name.c_str());
  return Descriptor{file};
}

}  // namespace detail

/// Returns where the log of a run stands, should this process die; empty where nowhere.
[[nodiscard]] inline std::string log_path(std::string const& folder,
                                          Shared<Atomic<bool> const> const& hangs,
                                          std::string_view run_id) {
  bool const none = folder.empty() || run_id.empty() || (hangs && *hangs);
  return none ? std::string() : folder + '/' + log_file_name(run_id);
}

/// Opens a file without a name in the first of $TMPDIR, /tmp and /var/tmp that takes one; a memfd,
/// which counts as memory, if none does.
[[nodiscard]] inline Result<Descriptor> open_unnamed_file() {
  char const* const chosen = std::getenv("TMPDIR");
  for (char const* const folder : {chosen, "/tmp", "/var/tmp"}) {
    if (folder == nullptr || *folder == '\0') continue;
    if (auto file = detail::open_unnamed_in(folder)) return file;
  }
  int const memory = ::memfd_create("sla-runner-log", MFD_CLOEXEC);
  if (memory < 0) return system_error("memfd_create");
  return Descriptor{memory};
}

}  // namespace sla::inline v1::internal
