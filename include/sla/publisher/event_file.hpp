// SPDX-License-Identifier: MIT
#pragma once
// Keeps events in a file, one line of JSON for each. Several processes may share one, as long as
// none of them holds it for long. A line is there whole or not at all, as far as the disk lets it:
// what a process that died left of one is ended before the next begins.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <string>
#include <thread>
#include <utility>

#include "sla/core/descriptor.hpp"
#include "sla/core/folder.hpp"
#include "sla/core/time.hpp"
#include "sla/publisher.hpp"
#include "sla/publisher/event.hpp"

namespace sla::inline v1 {

namespace internal {

/// What came of the wish to have a file for oneself; some disks know no locks.
enum class FileLock { held, taken, unknown };

/// Waits a second at most for other processes to let go of a file.
[[nodiscard]] inline FileLock lock_file(Descriptor const& file) {
  Instant const end = std::chrono::steady_clock::now() + std::chrono::seconds{1};
  for (;;) {
    if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return FileLock::held;
    if (errno != EWOULDBLOCK && errno != EINTR) return FileLock::unknown;
    if (std::chrono::steady_clock::now() >= end) return FileLock::taken;
    std::this_thread::sleep_for(std::chrono::milliseconds{2});
  }
}

}  // namespace internal

/// Adds the event of each counted run to a file.
class EventFile {
 public:
  struct Options {
    std::string folder;  ///< made if it is missing
    std::string name = "events.ndjson";
    EventFormat format = EventFormat::documented;
    bool sync = false;  ///< whether a line is on the disk when publish() returns
  };

  explicit EventFile(Options options) : options_(std::move(options)) {}

  Result<void> publish(Report const& report) {
    if (auto made = internal::make_folder(options_.folder, 0755); !made) return made;
    std::string const path = options_.folder + '/' + options_.name;
    auto const file = open_locked(path);
    if (!file) return file.error();
    auto done = add_line(*file, path, event_json(report, options_.format) + '\n');
    (void)::flock(file->get(), LOCK_UN);
    if (done && options_.sync) done = internal::sync_file(*file, path);
    if (done && options_.sync) done = internal::sync_folder(options_.folder);
    return done;
  }

 private:
  /// Returns the file that is there once this process has it for itself: another may have put a
  /// shorter one in its place meanwhile.
  static Result<Descriptor> open_locked(std::string const& path) {
    constexpr int attempts = 3;  // some disks give a file another number each time
    for (int attempt = 1;; ++attempt) {
      auto file = internal::open_file(path, O_RDWR | O_CREAT | O_APPEND, 0644);
      if (!file) return file;
      if (internal::lock_file(*file) == internal::FileLock::taken) {
        return Error{Errc::in_use, path + ": another process holds its lock"};
      }
      if (internal::leads_to(path, *file) || attempt == attempts) return file;
    }
  }

  static Result<void> add_line(Descriptor const& file, std::string const& path, std::string line) {
    struct stat about {};
    if (::fstat(file.get(), &about) != 0) return system_error(path);
    char last = '\n';
    if (about.st_size > 0) {
      (void)internal::uninterrupted(
          [&] { return ::pread(file.get(), &last, 1, about.st_size - 1); });
    }
    if (last != '\n') line.insert(0, 1, '\n');
    auto const written = internal::write_all(file.get(), line);
    if (written) return {};
    (void)::ftruncate(file.get(), about.st_size);
    return written.error().within(path);
  }

  Options options_;
};
static_assert(Publisher<EventFile>);

}  // namespace sla::inline v1
