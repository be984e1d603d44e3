// SPDX-License-Identifier: MIT
#pragma once
// Lists the processes in sight: from /proc if that is this process's own, which in a container
// it need not be (not mounted, or that of another PID namespace), else by trying every number.
#include <dirent.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "sla/core/descriptor.hpp"
#include "sla/core/least.hpp"
#include "sla/core/open_folder.hpp"
#include "sla/core/text.hpp"

namespace sla::inline v1::internal {

/// One process, as far as it shows itself.
struct ProcessRow {
  pid_t pid = 0;
  pid_t parent = 0;    ///< 0 if it is not known
  std::string name{};  ///< of its program, 15 bytes at most; empty if it is not known
  char state = '?';    ///< a letter of proc_pid_stat(5), such as D
};

/// Returns true if /proc is there and tells of the processes that this one knows by number.
[[nodiscard]] inline bool proc_is_ours() noexcept {
  char target[24];
  ssize_t const size = ::readlink("/proc/self", target, sizeof target);
  if (size <= 0) return false;
  return parse_integer<pid_t>({target, static_cast<std::size_t>(size)}) == ::getpid();
}

/// Reads what /proc tells of a process; of one that is gone or hidden the number alone is known.
[[nodiscard]] inline ProcessRow read_row(pid_t pid) {
  ProcessRow row{.pid = pid};
  auto const stat = read_file("/proc/" + std::to_string(pid) + "/stat", 4096);
  if (!stat) return row;
  // `pid (name) state ppid ...`, and the name may hold anything, a `)` too.
  std::size_t const begin = stat->find('('), end = stat->rfind(')');
  if (begin == std::string::npos || end == std::string::npos || end < begin) return row;
  auto const fields = split(std::string_view(*stat).substr(end + 1), ' ');
  if (fields.size() < 3 || fields[1].size() != 1) return row;
  row.name = stat->substr(begin + 1, end - begin - 1);
  row.state = fields[1][0];
  row.parent = parse_integer<pid_t>(fields[2]).value_or(0);
  return row;
}

/// Takes a number out of those that have it at most once; returns true if it was there.
inline bool take_out(std::vector<pid_t>& ids, pid_t id) noexcept {
  for (pid_t& one : ids) {
    if (one != id) continue;
    one = ids.back();
    ids.pop_back();
    return true;
  }
  return false;
}

namespace detail {

inline std::vector<pid_t> ids_in_proc() {
  std::vector<pid_t> ids;
  OpenFolder const proc(::opendir("/proc"));
  while (proc) {
    dirent const* const entry = ::readdir(proc.get());
    if (entry == nullptr) break;
    pid_t const pid = parse_integer<pid_t>(entry->d_name).value_or(0);
    if (pid != 0) ids.push_back(pid);
  }
  return ids;
}

/// The number that Linux gave last: numbers are given in a circle. The largest there can be where
/// there is no room for a process.
inline pid_t newest_id() {
  // The child does nothing but end, so that its memory is the parent's does no harm.
  // NOLINTNEXTLINE(clang-analyzer-security.insecureAPI.vfork): no start of a program is needed
  pid_t const pid = ::vfork();
  if (pid == 0) ::_exit(0);
  if (pid < 0) return 1 << 22;
  (void)uninterrupted([&] { return ::waitpid(pid, nullptr, 0); });
  return pid;
}

/// Those from `first` on that have been given since. One that nobody has costs about 0.1 us.
inline std::vector<pid_t> ids_by_number(pid_t first) {
  std::vector<pid_t> ids;
  auto const look = [&](pid_t from, pid_t to) {
    for (pid_t pid = from; pid <= to; ++pid) {
      rlimit limit{};
      bool const there = ::prlimit(pid, RLIMIT_LOCKS, nullptr, &limit) == 0 || errno == EPERM;
      if (there) ids.push_back(pid);
    }
  };
  pid_t const last = newest_id();
  if (last >= first) {
    look(first, last);
  } else {
    look(first, 1 << 22);
    look(1, last);
  }
  return ids;
}

}  // namespace detail

/// Lists the numbers of all processes in sight but this one; without a /proc of those alone that
/// are younger than the process `first`.
[[nodiscard]] inline std::vector<pid_t> process_ids(pid_t first = 1) {
  auto ids = proc_is_ours() ? detail::ids_in_proc() : detail::ids_by_number(greatest(first, 1));
  (void)take_out(ids, ::getpid());
  return ids;
}

}  // namespace sla::inline v1::internal
