// SPDX-License-Identifier: MIT
#pragma once
// Starts one program with posix_spawn: its own process group, stdin from /dev/null, stdout and
// stderr into one descriptor, no other descriptor of ours, and the signal mask it should have.
// Waiting for it is left to others.
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <vector>

#include "sla/core/descriptor.hpp"
#include "sla/core/result.hpp"
#include "sla/core/run_id.hpp"

namespace sla::inline v1 {

/// What a program is started with. The views and references need to live only for the call.
struct SpawnOptions {
  std::vector<std::string> const& words;
  std::string_view run_id;  ///< becomes run_id_variable
  int output = -1;          ///< becomes stdout and stderr
  sigset_t const& mask;     ///< becomes the signal mask
};

namespace detail {

/// What posix_spawn is told to do in the child; frees itself.
class SpawnPlan {
 public:
  SpawnPlan() {
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
  }
  SpawnPlan(SpawnPlan const&) = delete;
  SpawnPlan& operator=(SpawnPlan const&) = delete;
  ~SpawnPlan() {
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
  }

  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
};

/// The environment of this process with the id of the run set; the entries are borrowed.
inline std::vector<char*> child_environment(std::string& run_id_entry) {
  std::string const name = std::string(run_id_variable) + '=';
  run_id_entry.insert(0, name);
  std::vector<char*> entries;
  for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) {
    if (std::string_view(*entry).substr(0, name.size()) != name) entries.push_back(*entry);
  }
  entries.push_back(run_id_entry.data());
  entries.push_back(nullptr);
  return entries;
}

/// For a root without /dev/null: what reads as empty too, a pipe that nobody writes to. No
/// descriptor where there is a /dev/null, which the child opens by itself.
inline Result<Descriptor> empty_input() {
  if (::access("/dev/null", R_OK) == 0) return Descriptor{};
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return system_error("pipe");
  Descriptor const writer{ends[1]};
  return Descriptor{ends[0]};
}

}  // namespace detail

/// Starts the program; a name without a slash is looked for in $PATH. An Error's native is the
/// errno of exec: ENOENT where there is no such file or its interpreter is missing, EACCES where
/// it may not be executed or is a directory.
[[nodiscard]] inline Result<pid_t> spawn(SpawnOptions const& options) {
  auto const input = detail::empty_input();
  if (!input) return input.error();
  detail::SpawnPlan plan;
  if (*input) {
    ::posix_spawn_file_actions_adddup2(&plan.actions, input->get(), STDIN_FILENO);
  } else {
    ::posix_spawn_file_actions_addopen(&plan.actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  }
  ::posix_spawn_file_actions_adddup2(&plan.actions, options.output, STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&plan.actions, options.output, STDERR_FILENO);
  ::posix_spawn_file_actions_addclosefrom_np(&plan.actions, STDERR_FILENO + 1);
  ::posix_spawnattr_setflags(&plan.attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
  ::posix_spawnattr_setpgroup(&plan.attributes, 0);
  ::posix_spawnattr_setsigmask(&plan.attributes, &options.mask);

  std::vector<char*> words;
  // posix_spawn's arguments are not const for historical reasons; it changes none of them.
  for (std::string const& word : options.words) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  std::string run_id(options.run_id);
  std::vector<char*> const environment = detail::child_environment(run_id);
  pid_t pid = -1;
  int const failed = ::posix_spawnp(&pid, words[0], &plan.actions, &plan.attributes, words.data(),
                                    environment.data());
  if (failed != 0) return system_error(options.words[0], failed);
  return pid;
}

/// A descriptor that is readable once the process has ended; none where the kernel has no pidfds
/// (before Linux 5.3), in which case the caller has to look from time to time.
[[nodiscard]] inline Descriptor open_pidfd(pid_t pid) noexcept {
  return Descriptor{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};  // glibc 2.36 wraps it
}

}  // namespace sla::inline v1
