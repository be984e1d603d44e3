// SPDX-License-Identifier: MIT
#pragma once
// Starts one program: in a session of its own and so without a terminal, its three descriptors and
// no other of ours, with the signal mask it should have, SIGPIPE and SIGXFSZ as a shell has them,
// and the mark of its run. It shares the memory of this process until it executes the program, as
// with posix_spawn, so the size of this process costs nothing. Other than with posix_spawn the
// caller goes on meanwhile, since that may take as long as a file system likes. The clone system
// call is used, which every container runtime lets through; some answer clone3, which posix_spawn
// takes, with EPERM.
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/core/clock.hpp"
#include "sla/core/clone.hpp"
#include "sla/core/descriptor.hpp"
#include "sla/core/result.hpp"
#include "sla/core/run_id.hpp"
#include "sla/core/text.hpp"
#include "sla/core/time.hpp"
#include "sla/process/child_side.hpp"

extern "C" {
/// There where the sanitizer of threads is, which takes a child that shares memory for the thread
/// that made it: so that one must not go on meanwhile.
// NOLINTNEXTLINE(bugprone-*,cert-*,readability-*): the sanitizer's own name
__attribute__((weak)) void __tsan_init();
}

namespace sla::inline v1::internal {

/// What a program is started with; it owns everything, so that a start that hangs may outlive the
/// caller.
struct StartPlan {
  std::vector<std::string> words{};        ///< a name without a slash is looked for in $PATH
  std::vector<std::string> environment{};  ///< NAME=value
  Descriptor input{};                      ///< becomes stdin
  Descriptor output{};                     ///< becomes stdout
  Descriptor errors{};                     ///< becomes stderr; none: the same as stdout
  sigset_t mask{};                         ///< becomes the signal mask
  rlim_t mark = 0;                         ///< becomes the soft limit of RunMark; 0 is none
};

namespace detail {

/// Where a program may be found: by its path, or by its name in each folder of $PATH.
inline std::vector<std::string> candidates(std::string const& name) {
  if (name.empty() || name.find('/') != std::string::npos) return {name};
  char const* const path = std::getenv("PATH");
  std::vector<std::string> found;
  for (std::string_view const folder : split(path != nullptr ? path : "/bin:/usr/bin", ':')) {
    found.push_back(folder.empty() ? name : std::string(folder) + '/' + name);
  }
  return found;
}

/// The form that exec takes a list of texts in. They are not const for historical reasons.
inline std::vector<char*> pointers(std::vector<std::string> const& texts) {
  std::vector<char*> all;
  all.reserve(texts.size() + 1);
  for (std::string const& text : texts) all.push_back(const_cast<char*>(text.c_str()));
  all.push_back(nullptr);
  return all;
}

/// Descriptors 0 to 2 are what the child makes anew: what stands there is moved out of the way.
inline Result<void> move_up(Descriptor& descriptor) {
  if (!descriptor || descriptor.get() > STDERR_FILENO) return {};
  int const moved = ::fcntl(descriptor.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  if (moved < 0) return system_error("descriptor");
  descriptor = Descriptor{moved};
  return {};
}

}  // namespace detail

/// Opens what reads as empty: /dev/null, or if that is not there or may not be opened (a mount
/// with nodev), a pipe that nobody writes to.
[[nodiscard]] inline Result<Descriptor> empty_input() {
  if (auto null = open_file("/dev/null", O_RDONLY)) return null;
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return system_error("pipe");
  Descriptor const writer{ends[1]};
  return Descriptor{ends[0]};
}

/// Returns the environment of this process with the id of a run set, and its attempt if it may have
/// several.
[[nodiscard]] inline std::vector<std::string> environment_of_run(std::string_view run_id,
                                                                 int attempt = 0) {
  std::string const name = std::string(run_id_variable) + '=';
  std::string const other = std::string(attempt_variable) + '=';
  std::vector<std::string> entries{name + std::string(run_id)};
  if (attempt != 0) entries.push_back(other + std::to_string(attempt));
  for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) {
    std::string_view const text(*entry);
    if (!text.starts_with(name) && !text.starts_with(other)) entries.emplace_back(text);
  }
  return entries;
}

/// What came of a start.
struct Started {
  pid_t pid = -1;       ///< -1 if there was none
  int failed = 0;       ///< errno of clone or exec; 0 is success
  bool marked = false;  ///< whether it has the mark
};

/// The start of one program. All that needs memory is done when it is made; it lives until it is
/// known what came of the start, or there was none. For one thread at a time.
class ProgramStart {
 public:
  explicit ProgramStart(StartPlan plan) : plan_(std::move(plan)) {
    for (Descriptor* const one : {&plan_.input, &plan_.output, &plan_.errors}) {
      if (auto moved = detail::move_up(*one); !moved) failed_ = moved.error().system_number();
    }
    if (plan_.words.empty()) failed_ = ENOENT;
    if (failed_ != 0) return;
    int const errors = plan_.errors ? plan_.errors.get() : plan_.output.get();
    child_.paths = detail::candidates(plan_.words[0]);
    child_.words = detail::pointers(plan_.words);
    child_.environment = detail::pointers(plan_.environment);
    child_.descriptors = {plan_.input.get(), plan_.output.get(), errors};
    child_.mask = plan_.mask;
    child_.mark = plan_.mark;
  }
  ProgramStart(ProgramStart const&) = delete;
  ProgramStart& operator=(ProgramStart const&) = delete;

  /// Begins it. The kernel writes the pid to `pid` before the child's first step. Called once.
  void begin(pid_t& pid) noexcept {
    if (failed_ == 0) failed_ = open_sign();
    if (failed_ == 0) failed_ = clone(pid);
    for (Descriptor* const one : {&plan_.input, &plan_.output, &plan_.errors}) one->reset();
  }
  /// Waits until it is known what came of it, but no longer than until then; true if it is known.
  [[nodiscard]] bool await(Instant until) const noexcept {
    sigset_t all;
    ::sigfillset(&all);
    pollfd sign{sign_.get(), POLLIN, 0};
    while (sign_ && sign.revents == 0) {
      timespec const limit = to_timespec(until - std::chrono::steady_clock::now());
      (void)::ppoll(&sign, 1, &limit, &all);
      if (sign.revents == 0 && std::chrono::steady_clock::now() >= until) return false;
    }
    return true;
  }
  /// Returns what came of it, once that is known: the program is executed, or cannot be. Leaves
  /// nothing that is not reaped: a child whose exec failed is no more. Called once.
  /// ENOENT: there is no such file, or its interpreter is missing; EACCES: it may not be executed
  /// or is a directory; EAGAIN, ENOMEM, EMFILE, ENFILE: this machine has no room for it.
  [[nodiscard]] Started finish() noexcept {
    detail::ChildSide::forget_all(child_);  // it may have been killed, or not share our memory
    int const failed = failed_ != 0 ? failed_ : child_.failed;
    if (number_ > 0 && failed != 0) {
      (void)uninterrupted([&] { return ::waitpid(number_, nullptr, 0); });
    }
    return {failed == 0 ? number_ : -1, failed, child_.marked};
  }

 private:
  int open_sign() noexcept {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return errno;
    sign_ = Descriptor{ends[0]};
    child_sign_ = Descriptor{ends[1]};
    auto const moved = detail::move_up(child_sign_);
    child_.sign = child_sign_.get();
    return moved ? 0 : moved.error().system_number();
  }
  int clone(pid_t& pid) noexcept {
    sigset_t all, before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    __atomic_store_n(&child_.has_all, 1, __ATOMIC_SEQ_CST);
    __atomic_fetch_add(&detail::children_with_all, 1, __ATOMIC_SEQ_CST);
    int constexpr flags = CLONE_VM | CLONE_PARENT_SETTID | SIGCHLD;
    auto const start = [&](int more) {
      return clone_process(&detail::ChildSide::run, stack_.data() + stack_.size(), flags | more,
                           &child_, &pid);
    };
    number_ = start(&::__tsan_init == nullptr ? 0 : CLONE_VFORK);
    if (number_ < 0 && errno == EINVAL) number_ = start(CLONE_VFORK);  // all that an emulator knows
    int const failed = number_ < 0 ? errno : 0;
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    child_sign_.reset();
    if (failed == 0) return 0;
    detail::ChildSide::forget_all(child_);
    sign_.reset();
    return failed;
  }

  StartPlan plan_;
  detail::ChildPlan child_{};
  Descriptor sign_{};        ///< hangs up once the program is executed, or its child has ended
  Descriptor child_sign_{};  ///< its other end
  pid_t number_ = -1;
  int failed_ = 0;
  alignas(16) std::array<char, std::size_t{32} * 1024> stack_;  ///< the child's, until then
};

}  // namespace sla::inline v1::internal
