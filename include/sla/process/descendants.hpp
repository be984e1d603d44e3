// SPDX-License-Identifier: MIT
#pragma once
// Ends what a run left behind. The process makes itself a child subreaper, so that whatever
// double-forked or called setsid becomes its own child when it is orphaned; after the run, all
// children are killed and reaped until there are none. Only for processes whose children all
// belong to the run, but for those that have an owner (process/children.hpp).
#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sla/core/clock.hpp"
#include "sla/core/descriptor.hpp"
#include "sla/core/text.hpp"
#include "sla/core/time.hpp"
#include "sla/process/children.hpp"
#include "sla/process/spawn.hpp"

namespace sla::inline v1 {

/// What an executor does about processes that outlive their run.
enum class Leftovers {
  end,    ///< end and reap every child of this process that has no owner
  leave,  ///< end the process group of the run and nothing else
};

/// Makes this process the parent of its orphaned descendants.
inline void adopt_orphans() noexcept { ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

/// Reaps every child that has ended, up to one that has an owner. Whether any child is left.
inline bool reap_children() {
  for (;;) {
    siginfo_t info{};
    if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0) return errno != ECHILD;
    if (info.si_pid == 0 || OwnedChildren::of_this_process().has(info.si_pid)) return true;
    ::waitid(P_PID, static_cast<id_t>(info.si_pid), &info, WEXITED | WNOHANG);
  }
}

/// The processes whose parent is this one, as /proc has them, also those that have ended and were
/// not reaped; nothing where there is no /proc.
[[nodiscard]] inline std::optional<std::vector<pid_t>> children_of_this_process() {
  struct Close {
    void operator()(DIR* directory) const { ::closedir(directory); }
  };
  std::unique_ptr<DIR, Close> const proc(::opendir("/proc"));
  if (!proc) return std::nullopt;
  std::vector<pid_t> children;
  bool found_any = false;
  while (dirent const* const entry = ::readdir(proc.get())) {
    auto const pid = parse_integer<pid_t>(entry->d_name);
    if (!pid) continue;
    found_any = true;
    auto const stat = read_file("/proc/" + std::to_string(*pid) + "/stat", 4096);
    if (!stat) continue;
    // `pid (name) state ppid ...`, and the name may hold anything, a `)` too.
    std::size_t const name_end = stat->rfind(')');
    if (name_end == std::string::npos) continue;
    auto const fields = split(std::string_view(*stat).substr(name_end + 1), ' ');
    if (fields.size() > 2 && parse_integer<pid_t>(fields[2]) == ::getpid()) {
      children.push_back(*pid);
    }
  }
  if (!found_any) return std::nullopt;  // a folder with that name, but nothing mounted there
  return children;
}

/// Those of them that have no owner.
[[nodiscard]] inline std::optional<std::vector<pid_t>> strays() {
  auto children = children_of_this_process();
  if (!children) return children;
  auto const owned = [](pid_t pid) { return OwnedChildren::of_this_process().has(pid); };
  children->erase(std::remove_if(children->begin(), children->end(), owned), children->end());
  return children;
}

/// What end_children did.
struct Ended {
  std::uint64_t killed = 0;  ///< how many it had to kill
  bool clean = true;         ///< whether no child is left
};

namespace detail {

/// Kills one child and reaps it, waiting at most that long for its end. Whether that was needed.
inline bool end_child(pid_t pid, Duration limit) {
  siginfo_t info{};
  constexpr int look = WEXITED | WNOHANG | WNOWAIT;
  if (::waitid(P_PID, static_cast<id_t>(pid), &info, look) != 0)
    return false;  // its owner was quicker
  Descriptor const handle = open_pidfd(pid);
  ::kill(pid, SIGKILL);
  pollfd end{handle.get(), POLLIN, 0};
  // Without a pidfd this is a short pause before the caller looks again.
  timespec const pause = to_timespec(handle ? limit : std::chrono::milliseconds{1});
  (void)::ppoll(&end, 1, &pause, nullptr);
  ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG);
  return info.si_pid == pid && info.si_code == CLD_KILLED && info.si_status == SIGKILL;
}

}  // namespace detail

/// Kills and reaps all children of this process that have no owner until none is left or the limit
/// has passed. Where there is no /proc only PID 1 can do it, by killing everything but itself.
[[nodiscard]] inline Ended end_children(Duration limit) {
  Ended ended;
  Instant const deadline = std::chrono::steady_clock::now() + limit;
  while (reap_children()) {
    Duration const left = deadline - std::chrono::steady_clock::now();
    auto const children = strays();
    if (children && children->empty()) break;
    bool const blind = !children && (::getpid() != 1 || ::kill(-1, SIGKILL) != 0);
    if (left <= Duration::zero() || blind) {
      ended.clean = !reap_children();
      break;
    }
    for (pid_t const pid : children.value_or(std::vector<pid_t>{})) {
      if (detail::end_child(pid, left)) ++ended.killed;
    }
  }
  return ended;
}

}  // namespace sla::inline v1
