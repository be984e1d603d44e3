// SPDX-License-Identifier: MIT
#pragma once
// Ends what a run left behind, and nothing else: the processes that have its mark, and their
// descendants. The process makes itself a child subreaper, so that whatever is orphaned becomes its
// child, and a process without children has nothing left to look for.
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <string>
#include <type_traits>
#include <vector>

#include "sla/core/clock.hpp"
#include "sla/core/descriptor.hpp"
#include "sla/core/least.hpp"
#include "sla/core/time.hpp"
#include "sla/process/children.hpp"
#include "sla/process/mark.hpp"
#include "sla/process/table.hpp"

namespace sla::inline v1::internal {

/// Makes this process the parent of its orphaned descendants.
inline void adopt_orphans() noexcept { ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

/// Opens a descriptor that is readable once the process has ended; none if the kernel has no
/// pidfds (before Linux 5.3), in which case the caller has to look from time to time.
[[nodiscard]] inline Descriptor open_pidfd(pid_t pid) noexcept {
  return Descriptor{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};  // glibc 2.36 wraps it
}

/// Reaps every child that has ended, but those with an owner, and calls `visit(siginfo_t)` for
/// each. Returns true if any child is left.
template <class Visit>
bool reap_children(Visit visit) {
  auto const is_owned = [](pid_t pid) { return OwnedChildren::of_this_process().has(pid); };
  auto const reap = [&visit](pid_t pid) {
    siginfo_t info{};
    int const failed = ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG);
    if (failed == 0 && info.si_pid == pid) visit(info);
  };
  for (;;) {
    siginfo_t first{};
    if (::waitid(P_ALL, 0, &first, WEXITED | WNOHANG | WNOWAIT) != 0) return errno != ECHILD;
    if (first.si_pid == 0) return true;
    if (is_owned(first.si_pid)) break;
    reap(first.si_pid);
  }
  // The kernel tells of this one for as long as its owner takes, and of none behind it.
  for (pid_t const pid : process_ids()) {
    if (!is_owned(pid)) reap(pid);
  }
  return true;
}
inline bool reap_children() {
  return reap_children([](siginfo_t const&) {});
}

/// Lists the processes that came from a run: those with its mark, and what descends from them,
/// such as the runs of a runner that the run started. Ends that nobody has reaped are among them.
[[nodiscard]] inline std::vector<pid_t> processes_of(RunMark const& mark) {
  std::vector<pid_t> others, members;
  for (pid_t const pid : process_ids(mark.session)) {
    (has_mark(mark, pid) ? members : others).push_back(pid);
  }
  if (members.empty()) return members;
  std::vector<pid_t> parents;
  parents.reserve(others.size());
  for (pid_t const pid : others) parents.push_back(read_row(pid).parent);
  for (std::size_t i = 0; i < members.size(); ++i) {
    for (std::size_t other = 0; other < others.size(); ++other) {
      if (parents[other] != members[i]) continue;
      parents[other] = 0;  // each once, whatever was seen of a number that was given anew
      members.push_back(others[other]);
    }
  }
  return members;
}

/// What end_run() did.
struct Ended {
  std::size_t killed = 0;  ///< how many processes it had to kill
  std::string given_up{};  ///< those that did not end, such as `touch (123, state D)`
};

namespace detail {

/// Ends processes, waiting for all of them together until one deadline, which may come nearer.
template <class Deadline>
class RunEnder {
 public:
  RunEnder(RunMark const& mark, Deadline deadline) : mark_(mark), deadline_(deadline) {}

  Ended end() {
    while (reap()) {
      std::vector<pid_t> left = processes_of(mark_);
      for (pid_t const pid : ended_) (void)take_out(left, pid);
      if (left.empty()) break;
      // None may exit by itself because another one was killed.
      for (pid_t const pid : left) ::kill(pid, SIGSTOP);
      for (pid_t const pid : left) ::kill(pid, SIGKILL);
      for (pid_t const pid : left) {
        (void)take_out(told_, pid);
        told_.push_back(pid);
        await(pid);
      }
      if (std::chrono::steady_clock::now() < deadline_()) continue;
      (void)reap();
      give_up(left);
      break;
    }
    return {killed_, given_up_};
  }

 private:
  static bool is_over(Descriptor const& handle) noexcept {
    pollfd end{handle.get(), POLLIN, 0};
    return handle && ::poll(&end, 1, 0) == 1;
  }

  /// What was about to exit by itself did not have to be killed.
  bool reap() {
    return reap_children([this](siginfo_t const& end) {
      bool const killed = end.si_code == CLD_KILLED && end.si_status == SIGKILL;
      if (take_out(told_, end.si_pid) && killed) ++killed_;
    });
  }
  void await(pid_t pid) {
    Descriptor const handle = open_pidfd(pid);
    if (!handle && errno == ESRCH) return;
    // Without a pidfd this is a short pause before it is looked at again.
    Duration const look = std::chrono::milliseconds{handle ? 50 : 1};
    do {
      Duration const left = deadline_() - std::chrono::steady_clock::now();
      pollfd end{handle.get(), POLLIN, 0};
      timespec const limit = to_timespec(least(left, look));
      if (::ppoll(&end, 1, &limit, nullptr) != 1) continue;
      ended_.push_back(pid);
      return;
    } while (handle && std::chrono::steady_clock::now() < deadline_());
  }
  void give_up(std::vector<pid_t> const& pids) {
    for (pid_t const pid : pids) {
      bool const gone = is_over(open_pidfd(pid)) || (::kill(pid, 0) != 0 && errno == ESRCH);
      if (gone) continue;
      ProcessRow const row = read_row(pid);
      given_up_ += (given_up_.empty() ? "" : ", ") + (row.name.empty() ? "?" : row.name) + " (" +
                   std::to_string(pid) + ", state " + row.state + ")";
    }
  }

  RunMark const& mark_;
  Deadline deadline_;
  std::vector<pid_t> told_{};   ///< what was sent SIGKILL
  std::vector<pid_t> ended_{};  ///< whoever has to reap them
  std::size_t killed_ = 0;
  std::string given_up_{};
};

}  // namespace detail

/// Kills every process of a run and reaps those that are children, until none is left or the
/// deadline has passed, which is asked for again and again: a stop brings it nearer. What cannot be
/// killed, or is another user's, is named and never looked for again: each run has a mark of its
/// own. Reaps other children that nobody owns as well.
template <class Deadline>
[[nodiscard]] Ended end_run(RunMark const& mark, Deadline deadline) {
  static_assert(std::is_invocable_r_v<Instant, Deadline&>,
                "The second parameter of end_run() must be a function that returns an Instant");
  return detail::RunEnder(mark, deadline).end();
}

}  // namespace sla::inline v1::internal
