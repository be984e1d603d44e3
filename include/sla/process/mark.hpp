// SPDX-License-Identifier: MIT
#pragma once
// The mark by which the processes of one run are known: what came from the run has it, and nothing
// else does. It is a number of the run's own as the soft limit RLIMIT_LOCKS, which Linux has kept
// without a meaning since 2.4.25 (getrlimit(2)): every fork and exec passes it on, setsid, another
// parent, an emptied environment and another user change nothing about it, prlimit(2) reads it in
// one call, and /proc shows it to every user. A parent proves less: orphans of others come to PID 1
// too. A session and an environment are left at will. A cgroup may rarely be made. Where the limit
// cannot be set, the session and the environment have to do.
#include <sys/resource.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "sla/core/atomic.hpp"
#include "sla/core/descriptor.hpp"
#include "sla/core/random.hpp"
#include "sla/core/run_id.hpp"
#include "sla/core/text.hpp"

namespace sla::inline v1::internal {

/// What the processes of one run have in common.
struct RunMark {
  rlim_t number = 0;     ///< the soft limit; 0 if the limit could not be set
  pid_t session = 0;     ///< led by the command itself; 0 is not looked at
  std::string run_id{};  ///< in the environment as run_id_variable; empty is not looked at

  /// Returns a number that no other run has, in this process or in another.
  [[nodiscard]] static rlim_t new_number() {
    static Atomic<std::uint64_t> next = std::uint64_t{1} << 56U | random_number<7>();
    return next.fetch_add(1) ^ static_cast<std::uint64_t>(::getpid()) << 32U;  // also after a fork
  }
};

namespace detail {

/// Returns the soft limit that /proc tells of a process, as text; empty if it cannot be read.
inline std::string limit_in_proc(pid_t pid) {
  auto const limits = read_file("/proc/" + std::to_string(pid) + "/limits", 16384);
  if (!limits) return {};
  constexpr std::string_view name = "Max file locks";
  std::size_t const at = limits->find(name);
  if (at == std::string::npos) return {};
  std::string_view const rest = std::string_view(*limits).substr(at + name.size());
  std::size_t const begin = rest.find_first_not_of(' ');
  if (begin == std::string_view::npos) return {};
  return std::string(rest.substr(begin, rest.find(' ', begin) - begin));
}

inline bool has_limit(rlim_t number, pid_t pid) {
  rlimit limit{};
  if (::prlimit(pid, RLIMIT_LOCKS, nullptr, &limit) == 0) return limit.rlim_cur == number;
  return errno == EPERM && limit_in_proc(pid) == std::to_string(number);  // another user's
}

inline bool has_run_id(std::string_view run_id, pid_t pid) {
  auto const environment = read_file("/proc/" + std::to_string(pid) + "/environ", 1U << 20U);
  if (!environment) return false;
  std::string const entry = std::string(run_id_variable) + '=' + std::string(run_id);
  for (std::string_view const one : split(*environment, '\0')) {
    if (one == entry) return true;
  }
  return false;
}

}  // namespace detail

/// Returns true if the process has the mark of that run.
[[nodiscard]] inline bool has_mark(RunMark const& mark, pid_t pid) {
  if (mark.number != 0 && detail::has_limit(mark.number, pid)) return true;
  if (mark.session != 0 && ::getsid(pid) == mark.session) return true;
  return mark.number == 0 && !mark.run_id.empty() && detail::has_run_id(mark.run_id, pid);
}

}  // namespace sla::inline v1::internal
