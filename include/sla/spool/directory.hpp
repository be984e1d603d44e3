// SPDX-License-Identifier: MIT
#pragma once
// The folder of a spool on disk: a lock that keeps a second runner out, the journal's folder, the
// logs, a marker for each run in flight, and what was the last event of each check. It is for one
// user alone (0700, files 0600). It knows files and names; what they mean to a delivery is
// spool/disk.hpp.
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/core/apart.hpp"
#include "sla/core/clock.hpp"
#include "sla/core/descriptor.hpp"
#include "sla/core/folder.hpp"
#include "sla/core/output.hpp"
#include "sla/core/result.hpp"
#include "sla/core/run_id.hpp"
#include "sla/core/text.hpp"
#include "sla/spool/entry_record.hpp"
#include "sla/spool/record_file.hpp"

namespace sla::inline v1::internal {

/// The log of a run that died.
struct RecoveredLog {
  KeptLog log{};
  std::optional<WallTime> written_at{};  ///< when it last wrote something
};

/// The files of a spool. While it lives no other process opens the same folder.
class SpoolDirectory {
 public:
  /// Makes the folder if it is missing, and locks it. Errc::in_use if another process has it.
  /// `run_logs` is where an executor writes the logs of runs, if not in logs().
  [[nodiscard]] static Result<SpoolDirectory> open(std::string path, std::string run_logs = {}) {
    SpoolDirectory folder(std::move(path), std::move(run_logs));
    for (std::string const& part :
         {folder.path_, folder.journal(), folder.logs(), folder.runs(), folder.last_events()}) {
      if (auto made = make_folder(part); !made) return made.error();
    }
    if (auto locked = folder.lock(); !locked) return locked.error();
    return folder;
  }
  /// Returns the files of a folder that may be another process's, to look at.
  [[nodiscard]] static SpoolDirectory look(std::string path) {
    return SpoolDirectory(std::move(path), {});
  }

  [[nodiscard]] std::string const& path() const noexcept { return path_; }
  [[nodiscard]] std::string journal() const { return path_ + "/journal"; }
  [[nodiscard]] std::string logs() const { return path_ + "/logs"; }
  [[nodiscard]] std::string last_events() const { return path_ + "/last"; }

  /// Keeps the output of a report as a file; what an executor wrote to log_file_name() in logs() is
  /// one already, what it wrote elsewhere gets a second name. A small one is on the disk when this
  /// returns.
  [[nodiscard]] Result<KeptLog> keep_log(Report const& report, std::uint64_t number) const {
    Output const& output = report.outcome.output;
    if (output.size() == 0) return KeptLog{};
    std::string const own = std::to_string(number) + ".log";
    std::string name = report.job.run_id.empty() ? own : log_file_name(report.job.run_id);
    if (output.stands_in(logs() + '/' + name) || (output.stands_in(run_log(name)) && share(name))) {
      return adopt_log(std::move(name), output);
    }
    auto file = create_log(name);
    if (!file && file.error().system_number() == EEXIST) file = create_log(name = own);
    if (!file) return file.error();
    auto written =
        output.each_block([&](std::string_view block) { return write_all(file->get(), block); });
    if (written) written = sync_log(*file, output.size());
    if (!written) {
      remove_log(name);
      return written.error();
    }
    return KeptLog{name, {{output.size(), 0, {}}}, output.sha256()};
  }

  /// Opens a kept log; one that is in its record, as it was read from there. What the file has lost
  /// since, in a power failure, is left out with a line that says so.
  [[nodiscard]] Result<Output> open_log(KeptLog const& log) const {
    if (log.file.empty()) return log.pieces.empty() ? Output() : Output({}, log.pieces, log.sha256);
    auto file = open_file(logs() + '/' + log.file, O_RDONLY);
    if (!file) return file.error();
    struct stat about {};
    if (::fstat(file->get(), &about) != 0) return system_error(log.file);
    auto const size = static_cast<std::uint64_t>(about.st_size);
    std::vector<Output::Piece> pieces;
    std::uint64_t lost = 0;
    for (Output::Piece piece : log.pieces) {
      std::uint64_t const there = piece.offset < size ? size - piece.offset : 0;
      if (piece.text.empty() && piece.size > there) {
        lost += piece.size - there;
        piece.size = there;
      }
      if (piece.size != 0) pieces.push_back(std::move(piece));
    }
    constexpr auto disk = Output::Disk::may_hang;
    if (lost == 0) return Output(*std::move(file), std::move(pieces), log.sha256, disk);
    std::string line = "\n[sla-runner: " + std::to_string(lost) + " bytes were lost]\n";
    std::uint64_t const line_size = line.size();
    pieces.push_back({line_size, 0, std::move(line)});
    return Output(*std::move(file), std::move(pieces), std::nullopt, disk);
  }

  void remove_log(std::string const& name) const {
    if (!name.empty()) ::unlink((logs() + '/' + name).c_str());
  }

  /// Removes the logs for which `wanted(name)` is false.
  template <class Wanted>
  void remove_logs_unless(Wanted wanted) const {
    auto const names = list_folder(logs());
    if (!names) return;
    for (std::string const& name : *names) {
      if (!wanted(name)) remove_log(name);
    }
  }

  /// Notes that a run begins. Survives the death of this process. The file is that of a run which
  /// ended, if there is one: what it says behind the new record means nothing.
  [[nodiscard]] Result<void> mark(Report const& report) const {
    std::string const name = run_name(report.job.run_id);
    std::string const draft = this->draft();
    auto const file = open_file(draft, O_WRONLY | O_CREAT);
    if (!file) return file.error();
    std::string const bytes = frame_record(write_entry({.number = 1, .report = report}, {}));
    auto marked = write_all(file->get(), bytes);
    if (marked && ::rename(draft.c_str(), (runs() + '/' + name).c_str()) != 0) {
      marked = system_error(draft);
    }
    if (!marked) ::unlink(draft.c_str());
    return marked;
  }
  void unmark(std::string const& run_id) const {
    (void)::rename((runs() + '/' + run_name(run_id)).c_str(), draft().c_str());
  }

  /// Returns the runs that are marked.
  [[nodiscard]] std::vector<Report> marked() const {
    std::vector<Report> reports;
    auto const names = list_folder(runs());
    for (std::string const& name : names.value_or(std::vector<std::string>{})) {
      std::string const path = runs() + '/' + name;
      auto const bytes = read_file(path, record_limit + record_head);
      auto const record = bytes ? find_record(*bytes) : std::nullopt;
      auto kept = record ? read_entry(record->payload) : std::nullopt;
      // After a power failure it may be what the file said of another run.
      bool const right = kept && run_name(kept->entry.report.job.run_id) == name;
      if (right) reports.push_back(std::move(kept->entry.report));
      if (bytes && !right) ::unlink(path.c_str());
    }
    return reports;
  }

  /// Returns the log of a marked run, as far as it got.
  [[nodiscard]] RecoveredLog recover_log(std::string const& run_id) const {
    RecoveredLog recovered;
    std::string name = log_file_name(run_id);
    (void)share(name);  // fails if there is none, or it is here
    struct stat about {};
    if (::stat((logs() + '/' + name).c_str(), &about) != 0) return recovered;
    recovered.log.file = std::move(name);
    recovered.log.pieces.push_back({static_cast<std::uint64_t>(about.st_size), 0, {}});
    recovered.written_at = WallTime{std::chrono::seconds{about.st_mtim.tv_sec} +
                                    std::chrono::nanoseconds{about.st_mtim.tv_nsec}};
    return recovered;
  }

 private:
  static constexpr std::uint64_t sync_at_once = 1U << 20U;  ///< a larger log would hold up the run

  SpoolDirectory(std::string path, std::string run_logs)
      : path_(std::move(path)), run_logs_(std::move(run_logs)) {}

  [[nodiscard]] std::string run_log(std::string const& name) const {
    return (run_logs_.empty() ? logs() : run_logs_) + '/' + name;
  }
  /// Gives the log that an executor wrote elsewhere a name in logs() too.
  [[nodiscard]] bool share(std::string const& name) const {
    return ::link(run_log(name).c_str(), (logs() + '/' + name).c_str()) == 0;
  }

  [[nodiscard]] std::string runs() const { return path_ + "/runs"; }
  [[nodiscard]] std::string draft() const { return runs() + "/.draft"; }
  static std::string run_name(std::string_view run_id) {
    return percent_encode(run_id, Slash::encode) + ".run";
  }

  /// Returns errno, or 0. What a runner that was killed had open is closed a moment later.
  static int take_lock(Descriptor const& file) noexcept {
    SteadyClock const clock;
    std::chrono::milliseconds const look{10};
    for (Instant const until = clock.now() + 30 * look;; clock.sleep_until(clock.now() + look)) {
      if (uninterrupted([&] { return ::flock(file.get(), LOCK_EX | LOCK_NB); }) == 0) return 0;
      if (errno != EWOULDBLOCK || clock.now() >= until) return errno;
    }
  }
  Result<void> lock() {
    auto file = open_file(path_ + "/lock", O_RDWR | O_CREAT);
    if (!file) return file.error();
    if (int const failed = take_lock(*file); failed != 0) {
      if (failed != EWOULDBLOCK) return system_error(path_ + "/lock", failed);
      std::string const pid(trim(read_file(path_ + "/lock", 64).value_or(std::string())));
      return Error{Errc::in_use, path_ + " is in use by another runner" +
                                     (pid.empty() ? "" : " (process " + pid + ")")};
    }
    if (::ftruncate(file->get(), 0) == 0) {  // the number is for people: it may be missing
      (void)write_all(file->get(), std::to_string(CallsApart::program()) + '\n');
    }
    lock_ = *std::move(file);
    return {};
  }

  [[nodiscard]] Result<KeptLog> adopt_log(std::string name, Output const& output) const {
    auto const file = open_file(logs() + '/' + name, O_RDONLY);
    if (!file) return file.error();
    if (auto synced = sync_log(*file, output.size()); !synced) return synced.error();
    return KeptLog{std::move(name), output.pieces(), output.sha256()};
  }
  [[nodiscard]] Result<Descriptor> create_log(std::string const& name) const {
    return open_file(logs() + '/' + name, O_WRONLY | O_CREAT | O_EXCL);
  }
  [[nodiscard]] Result<void> sync_log(Descriptor const& file, std::uint64_t size) const {
    if (size > sync_at_once) return {};
    if (auto synced = sync_file(file, logs()); !synced) return synced;
    return sync_folder(logs());
  }

  std::string path_;
  std::string run_logs_;
  Descriptor lock_;
};

}  // namespace sla::inline v1::internal
