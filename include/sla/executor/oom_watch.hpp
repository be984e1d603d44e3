// SPDX-License-Identifier: MIT
#pragma once
// Finds out if the kernel killed something for lack of memory while a command ran: the cgroup of
// this process counts it (memory.events of version 2, memory.oom_control of version 1).
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/core/descriptor.hpp"
#include "sla/core/run.hpp"
#include "sla/core/text.hpp"

namespace sla::inline v1::internal {

/// Returns where the count may stand, by what /proc/self/cgroup says, the best place first. What a
/// container sees of its own cgroup is the root.
[[nodiscard]] inline std::vector<std::string> oom_count_files(std::string_view cgroups,
                                                              std::string const& root) {
  std::vector<std::string> files;
  for (std::string_view const line : split(cgroups, '\n')) {
    bool const unified = line.starts_with("0::");
    std::size_t const memory = line.find(":memory:");
    if (!unified && memory == std::string_view::npos) continue;
    std::string_view path = line.substr(unified ? 3 : memory + 8);
    if (path == "/") path = {};
    std::string const own = unified ? root : root + "/memory";
    std::string const name = unified ? "/memory.events" : "/memory.oom_control";
    if (!path.empty()) files.push_back(std::string(own).append(path) + name);
    files.push_back(own + name);
  }
  return files;
}

/// Returns how many processes were killed, by the text of such a file.
[[nodiscard]] inline std::optional<std::uint64_t> oom_kills(std::string_view text) {
  for (std::string_view const line : split(text, '\n')) {
    constexpr std::string_view name = "oom_kill ";
    if (line.starts_with(name)) return parse_integer<std::uint64_t>(line.substr(name.size()));
  }
  return std::nullopt;
}

/// Watches over one run after the other.
class OomWatch {
 public:
  /// Watches the cgroup of this process, if it can.
  OomWatch() {
    auto const cgroups = read_file("/proc/self/cgroup", std::size_t{64} << 10U);
    for (std::string const& path : oom_count_files(cgroups.value_or(""), "/sys/fs/cgroup")) {
      if (!count()) *this = OomWatch(path);
    }
  }
  explicit OomWatch(std::string const& path) {
    if (auto file = open_file(path, O_RDONLY)) file_ = *std::move(file);
  }

  /// A run begins.
  void begin() noexcept { before_ = count(); }

  /// Names the cause of a run that failed, if it was that. If nobody counts there is a hint for
  /// what was killed, and no cause.
  void judge(Outcome& outcome) const {
    bool const failed = outcome.verdict == Verdict::fail || outcome.verdict == Verdict::signaled ||
                        outcome.verdict == Verdict::unknown;
    if (!failed) return;
    bool const killed = outcome.signal == SIGKILL || outcome.exit_code == 128 + SIGKILL;
    auto const after = count();
    std::string_view why;
    if (before_ && after && *after > *before_) {
      outcome.cause = "oom";
      why = killed ? "the kernel killed it for lack of memory"
                   : "the kernel killed a process of its container for lack of memory";
    } else if (killed && !after) {
      why = "something other than the runner killed it; a kernel that lacks memory does so";
    }
    if (!why.empty()) outcome.reason.append(outcome.reason.empty() ? "" : "; ").append(why);
  }

 private:
  [[nodiscard]] std::optional<std::uint64_t> count() const noexcept {
    std::array<char, 1024> text;
    ssize_t const size = file_ ? ::pread(file_.get(), text.data(), text.size(), 0) : 0;
    if (size <= 0) return std::nullopt;
    return oom_kills({text.data(), static_cast<std::size_t>(size)});
  }

  Descriptor file_{};
  std::optional<std::uint64_t> before_{};
};

}  // namespace sla::inline v1::internal
