// SPDX-License-Identifier: MIT
#pragma once
// Keeps a local store from growing for ever: drops the events and the logs of days that are long
// over. What it does not know to be a log or an event stays, no symbolic link is followed, and a
// file of events is replaced by the shorter one when that is whole.
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/core/descriptor.hpp"
#include "sla/core/folder.hpp"
#include "sla/core/open_folder.hpp"
#include "sla/core/result.hpp"
#include "sla/core/text.hpp"
#include "sla/core/time.hpp"
#include "sla/publisher/event_file.hpp"

namespace sla::inline v1::internal {

/// Returns the seconds since the epoch in the name of a log, the last part of its key; nothing if
/// it is no log's.
[[nodiscard]] inline std::optional<std::int64_t> seconds_of_log(std::string_view name) {
  std::size_t const line = name.find('_');
  if (line == std::string_view::npos) return std::nullopt;
  auto const seconds = parse_integer(name.substr(0, line));
  std::string_view const behind = name.substr(line + 1);
  std::string_view const result = behind.substr(0, behind.find('_'));
  std::string_view const again = behind.substr(result.size());
  if (!again.empty() && !parse_integer(again.substr(1))) return std::nullopt;
  constexpr std::string_view results[] = {"SUCCESS", "FAILURE", "INTERRUPTED", "UNKNOWN",
                                          "SKIPPED"};
  bool const known = std::find(std::begin(results), std::end(results), result) != std::end(results);
  return known && seconds && *seconds >= 0 ? seconds : std::nullopt;
}

/// Returns the seconds since the epoch that an event says of its run's end; nothing if the line is
/// none. A text in it has its quotes escaped, so what is found is the key.
[[nodiscard]] inline std::optional<std::int64_t> seconds_of_event(std::string_view line) {
  constexpr std::string_view key = "\"timestamp\":";
  std::size_t const at = line.find(key);
  if (at == std::string_view::npos || !line.starts_with('{') || !line.ends_with('}')) {
    return std::nullopt;
  }
  line.remove_prefix(at + key.size());
  if (line.starts_with('"')) line.remove_prefix(1);
  return parse_integer(line.substr(0, line.find_first_not_of("0123456789")));
}

/// The lines of a file, one after the other. Not thread-safe.
class FileLines {
 public:
  explicit FileLines(Descriptor const& file) : file_(&file) {}

  /// Returns the next line with its line break, if it has one; an empty one at the end.
  Result<std::string_view> next() {
    text_.erase(0, std::exchange(given_, 0));
    for (std::size_t searched = 0;;) {
      std::size_t const end = text_.find('\n', searched);
      if (end != std::string::npos) return give(end + 1);
      searched = text_.size();
      text_.resize(searched + block_size);
      ssize_t const n =
          uninterrupted([&] { return ::read(file_->get(), text_.data() + searched, block_size); });
      text_.resize(searched + static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
      if (n < 0) return system_error("read");
      if (n == 0) return give(searched);
    }
  }

 private:
  static constexpr std::size_t block_size = std::size_t{64} << 10U;

  std::string_view give(std::size_t size) {
    given_ = size;
    return std::string_view(text_).substr(0, size);
  }

  Descriptor const* file_;
  std::string text_{};
  std::size_t given_ = 0;
};

/// Drops from a store what is older than so many days. Not thread-safe.
class Retention {
 public:
  struct Options {
    std::string folder{};
    std::string events = "events.ndjson";
    std::int64_t days = 0;  ///< whole days of UTC before today; 0: nothing is ever dropped
    /// How long one call may look for logs; another goes on.
    Duration patience = std::chrono::seconds{2};
  };

  explicit Retention(Options options) : options_(std::move(options)) {}

  /// Returns true if tend() has something to do: at first, and again on each day.
  [[nodiscard]] bool due(WallTime now) const {
    return options_.days > 0 && done_ != std::chrono::floor<std::chrono::days>(now);
  }

  /// Drops what is too old by now. If it had too little time it stays due.
  Result<void> tend(WallTime now) {
    auto const today = std::chrono::floor<std::chrono::days>(now);
    if (!due(now)) return {};
    until_ = std::chrono::steady_clock::now() + options_.patience;
    oldest_ = epoch_seconds(today - std::chrono::days{options_.days});
    if (auto dropped = drop_events(); !dropped) return dropped;
    drop_logs();
    if (std::chrono::steady_clock::now() < until_) done_ = today;
    return {};
  }

 private:
  /// How deep folders of services are looked at.
  static constexpr std::size_t most_depth = 16;

  [[nodiscard]] bool is_old(std::optional<std::int64_t> seconds) const noexcept {
    return seconds && *seconds < oldest_;
  }
  [[nodiscard]] static std::optional<std::int64_t> event_seconds(std::string_view line) {
    if (line.ends_with('\n')) line.remove_suffix(1);
    return seconds_of_event(line);
  }

  Result<void> drop_events() {
    std::string const path = options_.folder + '/' + options_.events;
    auto const file = open_file(path, O_RDWR | O_NOFOLLOW | O_NONBLOCK);
    bool const none =
        !file && (file.error().system_number() == ENOENT || file.error().system_number() == ELOOP);
    if (none) return {};
    if (!file) return file.error();
    struct stat about {};
    if (::fstat(file->get(), &about) != 0) return system_error(path);
    if (!S_ISREG(about.st_mode)) return {};
    if (lock_file(*file) != FileLock::held || !leads_to(path, *file)) {
      return Error{Errc::in_use, path + ": its old events stay for now, as others use it"};
    }
    auto const old = begins_with_old_event(*file);
    if (!old || !*old) return old ? Result<void>{} : old.error().within(path);
    std::string const fresh = path + ".tmp";
    ::unlink(fresh.c_str());  // of a process that died; who has the lock is alone here
    auto shorter = open_file(fresh, O_WRONLY | O_CREAT | O_EXCL, about.st_mode & 07777U);
    if (!shorter) return shorter.error();
    (void)::fchmod(shorter->get(), about.st_mode & 07777U);
    if (::fchown(shorter->get(), about.st_uid, about.st_gid) != 0) {
      // Only root may give files away; another keeps its own.
    }
    auto done = copy_others(*file, *shorter);
    if (done) done = sync_file(*shorter, fresh);
    if (done && ::rename(fresh.c_str(), path.c_str()) != 0) done = system_error(path);
    if (!done) ::unlink(fresh.c_str());
    return done ? sync_folder(options_.folder) : done.error().within(path);
  }

  /// Returns true if the first event is too old: they stand in the order in which they came.
  [[nodiscard]] Result<bool> begins_with_old_event(Descriptor const& file) const {
    FileLines lines(file);
    for (;;) {
      auto line = lines.next();
      if (!line) return line.error();
      if (line->empty()) return false;
      if (auto const seconds = event_seconds(*line)) return is_old(seconds);
    }
  }

  /// Copies the lines that are not too old, in order.
  [[nodiscard]] Result<void> copy_others(Descriptor const& from, Descriptor const& to) const {
    if (::lseek(from.get(), 0, SEEK_SET) != 0) return system_error("lseek");
    FileLines lines(from);
    std::string kept;
    for (;;) {
      auto const line = lines.next();
      if (!line) return line.error();
      if (!line->empty() && !is_old(event_seconds(*line))) kept += *line;
      constexpr std::size_t enough = std::size_t{64} << 10U;
      if (!line->empty() && kept.size() < enough) continue;
      if (auto written = write_all(to.get(), kept); !written) return written;
      if (line->empty()) return {};
      kept.clear();
    }
  }

  /// Goes through the folder and those in it; one that cannot be read keeps what it has.
  void drop_logs() {
    std::vector<OpenFolder> open;  // the folder, and of those in it the way to where it is
    enter(open, AT_FDCWD, options_.folder, 0);
    while (!open.empty() && std::chrono::steady_clock::now() < until_) {
      dirent const* const entry = ::readdir(open.back().get());
      entry != nullptr ? look_at(open, entry->d_name) : open.pop_back();
    }
  }
  static void enter(std::vector<OpenFolder>& open, int parent, std::string const& name, int flags) {
    Descriptor folder{::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags)};
    if (!folder) return;
    OpenFolder entries(::fdopendir(::fcntl(folder.get(), F_DUPFD_CLOEXEC, 0)));
    if (entries) open.push_back(std::move(entries));
  }
  void look_at(std::vector<OpenFolder>& open, std::string const& name) const {
    int const folder = ::dirfd(open.back().get());
    auto const seconds = seconds_of_log(name);
    if (name == "." || name == ".." || (seconds && !is_old(seconds))) return;
    struct stat about {};
    if (::fstatat(folder, name.c_str(), &about, AT_SYMLINK_NOFOLLOW) != 0) return;
    if (S_ISDIR(about.st_mode) && open.size() <= most_depth) {
      enter(open, folder, name, O_NOFOLLOW);
    } else if (open.size() > 1 && S_ISREG(about.st_mode) && is_old(seconds)) {
      (void)::unlinkat(folder, name.c_str(), 0);
    }
  }

  Options options_;
  std::optional<std::chrono::sys_days> done_{};  ///< the last day that is done with
  std::int64_t oldest_ = 0;                      ///< seconds since the epoch that stay
  Instant until_{};
};

}  // namespace sla::inline v1::internal
