// SPDX-License-Identifier: MIT
#pragma once
// The part of a child that shares the memory of its parent, from its first step until it executes
// its program.
#include <limits.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <string>
#include <vector>

#include "sla/version.hpp"

namespace sla::inline v1::internal {

namespace detail {

/// What the child has until it executes the program. It changes nothing of it but `failed` and
/// `marked`.
struct ChildPlan {
  std::vector<std::string> paths{};
  std::vector<char*> words{};
  std::vector<char*> environment{};
  std::array<int, 3> descriptors{};
  int sign = -1;  ///< a pipe of which no end is open any more once the program is executed
  sigset_t mask{};
  rlim_t mark = 0;
  int failed = 0;       ///< errno of exec
  bool marked = false;  ///< whether the mark could be set
  int has_all = 0;      ///< 1 while the child has its copies of all descriptors of this process
};

/// How many children have their copies of all descriptors: for an instant each, on their way to
/// their program. What one of them holds open no run holds. Children share it, and change it by
/// what the compiler has built in, since they may call nothing.
inline int children_with_all = 0;

/// The child's part. It runs in the memory of its parent, so it calls the system and nothing else;
/// a sanitizer must not note its frames, which end with no return. It has the errno of the thread
/// that started it, which only waits, and without a signal that would change it; should that look
/// at something else meanwhile, because the start hangs, no decision of it may depend on errno.
class ChildSide {
 public:
  __attribute__((no_sanitize("address", "thread"))) static int run(void* raw) noexcept {
    auto& plan = *static_cast<ChildPlan*>(raw);
    reset_signals();
    (void)::setsid();
    if (plan.mark != 0) plan.marked = set_mark(plan.mark);
    for (int i = 0; i < 3; ++i) {
      // Not dup2(): the sanitizer of threads would take the descriptors for those of the parent.
      if (::syscall(SYS_dup3, plan.descriptors[static_cast<std::size_t>(i)], i, 0) < 0) {
        ::_exit(127);
      }
    }
    close_others(plan.sign);
    forget_all(plan);
    ::pthread_sigmask(SIG_SETMASK, &plan.mask, nullptr);
    plan.failed = execute(plan);
    ::_exit(127);
  }

  /// The child has its own descriptors alone, or there is none.
  __attribute__((no_sanitize("address", "thread"))) static void forget_all(
      ChildPlan& plan) noexcept {
    int const had = __atomic_exchange_n(&plan.has_all, 0, __ATOMIC_SEQ_CST);
    __atomic_fetch_sub(&children_with_all, had, __ATOMIC_SEQ_CST);
  }

 private:
  /// A handler would run in the parent's memory. What is ignored stays so, but for what a program
  /// that was started by Python or systemd would see, and a test judge by.
  __attribute__((no_sanitize("address", "thread"))) static void reset_signals() noexcept {
    for (int signal = 1; signal < NSIG; ++signal) {
      struct sigaction now {};
      if (::sigaction(signal, nullptr, &now) != 0 || now.sa_handler == SIG_DFL) continue;
      bool const ignored = now.sa_handler == SIG_IGN;
      if (ignored && signal != SIGPIPE && signal != SIGXFSZ) continue;
      now = {};
      (void)::sigaction(signal, &now, nullptr);
    }
  }
  __attribute__((no_sanitize("address", "thread"))) static bool set_mark(rlim_t mark) noexcept {
    rlimit limit{};
    if (::getrlimit(RLIMIT_LOCKS, &limit) != 0) return false;
    limit.rlim_cur = mark;
    return ::setrlimit(RLIMIT_LOCKS, &limit) == 0;
  }
  __attribute__((no_sanitize("address", "thread"))) static void close_others(int sign) noexcept {
    int const first = STDERR_FILENO + 1;
    bool const closed = close_all(first, sign - 1) && close_all(sign + 1, INT_MAX);
    if (closed) return;
    rlimit limit{};  // before Linux 5.9, or where it is refused
    int const end = ::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < 65536
                        ? static_cast<int>(limit.rlim_cur)
                        : 65536;
    for (int descriptor = first; descriptor < end; ++descriptor) {
      if (descriptor != sign) ::close(descriptor);
    }
  }
  __attribute__((no_sanitize("address", "thread"))) static bool close_all(int from,
                                                                          int to) noexcept {
    return from > to || ::syscall(SYS_close_range, from, to, 0) == 0;
  }
  /// Tries each path, as a shell does. Returns errno: EACCES where one was there and may not be
  /// executed.
  __attribute__((no_sanitize("address", "thread"))) static int execute(
      ChildPlan const& plan) noexcept {
    int failed = ENOENT;
    for (std::size_t i = 0; i < plan.paths.size(); ++i) {
      ::execve(plan.paths[i].c_str(), plan.words.data(), plan.environment.data());
      int const error = errno;
      if (error == EACCES) failed = EACCES;
      bool const next = error == EACCES || error == ENOENT || error == ENOTDIR;
      if (!next || plan.paths.size() == 1) return error;
    }
    return failed;
  }
};

}  // namespace detail

/// Returns true while a child that is being started may hold open what is none of its business.
[[nodiscard]] inline bool any_child_has_all() noexcept {
  return __atomic_load_n(&detail::children_with_all, __ATOMIC_SEQ_CST) != 0;
}

}  // namespace sla::inline v1::internal
