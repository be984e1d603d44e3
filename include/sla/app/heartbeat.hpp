// SPDX-License-Identifier: MIT
#pragma once
// How `sla-runner healthcheck` knows that a runner's loop is alive, without a port, a shell or a
// disk. The runner keeps a timer that never runs, whose interval says by when it will be heard of
// again: the kernel shows it in /proc/PID/fdinfo, to the same user and to whoever may become that
// user, as root of a container may. (Shared memory can be refused; a socket is shared with all that
// share the network; what everybody may read, such as a thread's name, anybody may claim.) What
// counts is a process that runs the same program, by its file or by its path, which the kernel
// says. A failing test is no reason to be unhealthy, a promise that was not kept is.
#include <dirent.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sla/core/clock.hpp"
#include "sla/core/descriptor.hpp"
#include "sla/core/open_folder.hpp"
#include "sla/core/text.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::app {

/// What the loop is at.
enum class Activity : std::int64_t { starting, waiting, running, publishing, stopping };

[[nodiscard]] constexpr std::string_view to_string(Activity activity) noexcept {
  switch (activity) {
    case Activity::starting:
      return "starting";
    case Activity::waiting:
      return "waiting for the next run";
    case Activity::running:
      return "running the test";
    case Activity::publishing:
      return "publishing a result";
    case Activity::stopping:
      return "stopping";
  }
  return "starting";
}

/// What a runner promised.
struct Promise {
  Activity activity = Activity::starting;
  Instant due{};
};

namespace detail {

/// The interval that stands for a promise: whole seconds of monotonic time, and in the nanoseconds
/// a mark, what the loop is at and the tenths.
inline constexpr long heartbeat_mark = 731946;
inline constexpr std::int64_t latest_heartbeat = 8'000'000'000;  // the kernel keeps a little more

[[nodiscard]] inline timespec written(Promise const& promise) noexcept {
  using std::chrono::milliseconds;
  auto const since = std::chrono::ceil<milliseconds>(promise.due.time_since_epoch()).count();
  std::int64_t const tenths = std::clamp<std::int64_t>(since / 100, 10, latest_heartbeat * 10);
  auto const activity = static_cast<long>(promise.activity);
  return {static_cast<time_t>(tenths / 10), heartbeat_mark * 1000 + activity * 10 + tenths % 10};
}

/// Reads a promise from the text of an open file in /proc; nothing if it is something else.
[[nodiscard]] inline std::optional<Promise> read_promise(std::string_view text) {
  constexpr std::string_view name = "it_interval: (";
  std::size_t const at = text.find(name);
  std::size_t const end = text.find(')', at == std::string_view::npos ? text.size() : at);
  if (end == std::string_view::npos) return std::nullopt;
  auto const parts = split(text.substr(at + name.size(), end - at - name.size()), ',');
  if (parts.size() != 2) return std::nullopt;
  auto const seconds = parse_integer<std::int64_t>(trim(parts[0]));
  auto const rest = parse_integer<long>(trim(parts[1]));
  if (!seconds || !rest || *rest / 1000 != heartbeat_mark) return std::nullopt;
  long const activity = *rest % 1000 / 10;
  if (activity > static_cast<long>(Activity::stopping)) return std::nullopt;
  return Promise{
      static_cast<Activity>(activity),
      Instant{std::chrono::seconds{*seconds} + std::chrono::milliseconds{*rest % 10 * 100}}};
}

}  // namespace detail

/// The runner's side: promises to be heard of again. Cheap to copy. If there is no descriptor
/// for it the next promise tries again.
class Heartbeat {
 public:
  Heartbeat() {
    promise(Activity::starting, std::chrono::steady_clock::now() + std::chrono::seconds{10});
  }

  /// Will be heard of again by then; Instant::max() is "whenever".
  void promise(Activity activity, Instant due) const noexcept {
    if (!*timer_) *timer_ = Descriptor{::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC)};
    itimerspec const never{detail::written({activity, due}), {}};
    (void)::timerfd_settime(timer_->get(), 0, &never, nullptr);
  }

 private:
  std::shared_ptr<Descriptor> timer_ = std::make_shared<Descriptor>();
};

/// What the healthcheck found.
struct Health {
  bool alive = false;
  std::string reason;  ///< one line for people
};

namespace detail {

/// Calls `visit(name)` for each entry of a folder until it gives true. Returns true if the folder
/// could be opened.
template <class Visit>
bool each_entry(std::string const& folder, Visit visit) {
  internal::OpenFolder const directory(::opendir(folder.c_str()));
  if (!directory) return false;
  while (dirent const* const entry = ::readdir(directory.get())) {
    if (visit(std::string_view(entry->d_name))) break;
  }
  return true;
}

/// While it lives, this thread looks at files as another user, where it may.
class AsUser {
 public:
  AsUser(uid_t user, gid_t group) noexcept : group_(::setfsgid(group)), user_(::setfsuid(user)) {}
  AsUser(AsUser const&) = delete;
  AsUser& operator=(AsUser const&) = delete;
  ~AsUser() {
    ::setfsuid(static_cast<uid_t>(user_));
    ::setfsgid(static_cast<gid_t>(group_));
  }

 private:
  int group_;
  int user_;
};

inline std::string link_target(std::string const& link) {
  char target[PATH_MAX];
  ssize_t const size = ::readlink(link.c_str(), target, sizeof target);
  return size <= 0 ? std::string() : std::string(target, static_cast<std::size_t>(size));
}

/// What one look at all processes found.
class Sight {
 public:
  /// Returns true if there is anything to look at.
  [[nodiscard]] bool look() {
    if (::stat("/proc/self/exe", &self_) != 0) return false;
    path_ = link_target("/proc/self/exe");
    name_ = internal::read_file("/proc/self/comm", 64).value_or(std::string());
    own_ = std::to_string(::getpid());
    return each_entry("/proc", [&](std::string_view pid) {
      return parse_integer<pid_t>(pid) && pid != own_ && is_stuck(std::string(pid));
    });
  }

  [[nodiscard]] Health health() const {
    if (found_) return *found_;
    if (!untold_.empty()) return {false, "cannot tell: " + untold_};
    struct stat first {};
    if (own_ != "1" && ::stat("/proc/1", &first) != 0) {
      return {false, "cannot tell: /proc hides the processes of other users (hidepid)"};
    }
    return {false, "no runner is alive here"};
  }

 private:
  /// Returns true if it is a runner that did not keep its promise: there is no need to look any
  /// further.
  bool is_stuck(std::string const& pid) {
    std::string const process = "/proc/" + pid;
    struct stat about {};
    if (::stat(process.c_str(), &about) != 0) return false;
    auto const name = internal::read_file(process + "/comm", 64);
    if (name && *name == "sla-apart\n") return false;  // shares a runner's descriptors
    bool readable = false;
    auto const promise = [&] {
      AsUser const user(about.st_uid, about.st_gid);
      return promise_of(process, readable);
    }();
    if (promise) {
      Health const health = judge(*promise, pid);
      if (!found_ || !health.alive) found_ = health;  // a child in the making shows its parent's
      return !health.alive;
    }
    if (untold_.empty() && !readable && name && *name == name_) {
      untold_ = "process " + pid + " belongs to user " + std::to_string(about.st_uid) +
                ", whose processes may not be looked into; ask as that user, or as root";
    }
    return false;
  }

  std::optional<Promise> promise_of(std::string const& process, bool& readable) const {
    std::string const target = link_target(process + "/exe");
    readable = !target.empty();
    if (!readable || !is_same(process + "/exe", target)) return std::nullopt;
    std::optional<Promise> promise;
    readable = each_entry(process + "/fd", [&](std::string_view number) {
      if (link_target(process + "/fd/" + std::string(number)) != "anon_inode:[timerfd]") {
        return false;
      }
      auto const text = internal::read_file(process + "/fdinfo/" + std::string(number), 4096);
      promise = text ? read_promise(*text) : std::nullopt;
      return promise.has_value();
    });
    return promise;
  }
  /// Returns true if it is the same file, or one that stood at the same path and was replaced.
  [[nodiscard]] bool is_same(std::string const& link, std::string const& target) const {
    struct stat other {};
    bool const same_file = ::stat(link.c_str(), &other) == 0 && other.st_ino == self_.st_ino &&
                           other.st_dev == self_.st_dev;
    return same_file || target == path_ || target == path_ + " (deleted)";
  }

  static Health judge(Promise const& promise, std::string const& pid) {
    Duration const late = std::chrono::steady_clock::now() - promise.due;
    std::string who = "process " + pid + " is ";
    if (late <= Duration::zero()) return {true, who.append(to_string(promise.activity))};
    return {false, who.append("stuck: ")
                       .append(to_string(promise.activity))
                       .append(", overdue by ")
                       .append(decimal_seconds(late))
                       .append(" s")};
  }

  struct stat self_ {};
  std::string path_{};
  std::string name_{};
  std::string own_{};
  std::optional<Health> found_{};
  std::string untold_{};  ///< why a process that may be a runner could not be asked
};

}  // namespace detail

/// Looks at every runner in sight that runs the same program; healthy when there is one and none
/// is stuck.
[[nodiscard]] inline Health check_health() {
  detail::Sight sight;
  if (!sight.look()) return {false, "cannot tell: there is no /proc"};
  return sight.health();
}

}  // namespace sla::inline v1::app
