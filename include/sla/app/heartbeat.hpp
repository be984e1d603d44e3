// SPDX-License-Identifier: MIT
#pragma once
// How `sla-runner healthcheck` knows that a runner's loop is alive, without a port, a shell or a
// disk. The runner keeps a page of shared memory that says by when it will be heard of again; the
// healthcheck finds the page among the descriptors of the processes that run the same program. A
// failing test is no reason to be unhealthy, a promise that was not kept is.
#include <dirent.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
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
#include "sla/core/text.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1 {

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

namespace detail {

/// What stands in the shared page. Instants are comparable between the processes of a machine.
struct HeartbeatPage {
  std::atomic<std::int64_t> activity;
  std::atomic<std::int64_t> due;  ///< nanoseconds of monotonic time
};
static_assert(std::atomic<std::int64_t>::is_always_lock_free);

inline constexpr char const* heartbeat_name = "sla-runner-heartbeat";

inline HeartbeatPage* map_page(int descriptor, int protection) noexcept {
  void* const page = ::mmap(nullptr, sizeof(HeartbeatPage), protection, MAP_SHARED, descriptor, 0);
  return page == MAP_FAILED ? nullptr : static_cast<HeartbeatPage*>(page);
}

}  // namespace detail

/// The runner's side: promises to be heard of again. Cheap to copy; where the page could not be
/// made, promises go nowhere and the healthcheck finds no runner.
class Heartbeat {
 public:
  Heartbeat()
      : file_(std::make_shared<Descriptor>(::memfd_create(detail::heartbeat_name, MFD_CLOEXEC))) {
    if (::ftruncate(file_->get(), sizeof(detail::HeartbeatPage)) == 0) {
      page_ = {detail::map_page(file_->get(), PROT_READ | PROT_WRITE), Unmap{}};
    }
    promise(Activity::starting, std::chrono::steady_clock::now() + std::chrono::seconds{10});
  }

  /// Will be heard of again by then; Instant::max() is "whenever".
  void promise(Activity activity, Instant due) const noexcept {
    if (!page_) return;
    page_->activity = static_cast<std::int64_t>(activity);
    page_->due = due.time_since_epoch().count();
  }

 private:
  struct Unmap {
    void operator()(detail::HeartbeatPage* page) const noexcept {
      if (page != nullptr) ::munmap(page, sizeof *page);
    }
  };

  std::shared_ptr<Descriptor> file_;
  std::shared_ptr<detail::HeartbeatPage> page_;
};

/// What the healthcheck found.
struct Health {
  bool alive = false;
  std::string reason;  ///< one line for people
};

namespace detail {

/// Calls `visit(name)` for each entry of a folder until it gives true; false where it never does.
template <class Visit>
bool any_entry(std::string const& folder, Visit visit) {
  struct Close {
    void operator()(DIR* directory) const { ::closedir(directory); }
  };
  std::unique_ptr<DIR, Close> const directory(::opendir(folder.c_str()));
  while (directory) {
    dirent const* const entry = ::readdir(directory.get());
    if (entry == nullptr) break;
    if (visit(std::string_view(entry->d_name))) return true;
  }
  return false;
}

/// The heartbeat page of a process, where it has one.
inline Descriptor open_heartbeat(std::string const& process) {
  Descriptor found;
  any_entry(process + "/fd", [&](std::string_view number) {
    std::string const link = process + "/fd/" + std::string(number);
    char target[64];
    ssize_t const size = ::readlink(link.c_str(), target, sizeof target);
    if (size <= 0) return false;
    std::string_view const name(target, static_cast<std::size_t>(size));
    if (name.find(heartbeat_name) == std::string_view::npos) return false;
    if (auto file = open_file(link, O_RDONLY)) found = *std::move(file);
    return static_cast<bool>(found);
  });
  return found;
}

inline Health judge_page(Descriptor const& file, std::string_view pid) {
  HeartbeatPage* const page = map_page(file.get(), PROT_READ);
  if (page == nullptr) return {false, "the heartbeat of process " + std::string(pid) + " is empty"};
  auto const activity = static_cast<Activity>(page->activity.load());
  Instant const due{Duration{page->due.load()}};
  ::munmap(page, sizeof *page);
  Duration const late = std::chrono::steady_clock::now() - due;
  std::string who = "process " + std::string(pid) + " is ";
  if (late <= Duration::zero()) return {true, who.append(to_string(activity))};
  return {false, who.append("stuck: ")
                     .append(to_string(activity))
                     .append(", overdue by ")
                     .append(decimal_seconds(late))
                     .append(" s")};
}

}  // namespace detail

/// Looks at every runner in sight that runs the same program; healthy when there is one and none
/// is stuck.
[[nodiscard]] inline Health check_health() {
  struct stat self {};
  if (::stat("/proc/self/exe", &self) != 0) return {false, "cannot look: there is no /proc"};
  Health health{false, "no runner is alive here"};
  std::string const own = std::to_string(::getpid());
  detail::any_entry("/proc", [&](std::string_view pid) {
    if (!parse_integer<pid_t>(pid) || pid == own) return false;
    std::string const process = "/proc/" + std::string(pid);
    struct stat other {};
    if (::stat((process + "/exe").c_str(), &other) != 0) return false;
    if (other.st_ino != self.st_ino || other.st_dev != self.st_dev) return false;
    Descriptor const file = detail::open_heartbeat(process);
    if (!file) return false;
    health = detail::judge_page(file, pid);
    return !health.alive;
  });
  return health;
}

}  // namespace sla::inline v1
