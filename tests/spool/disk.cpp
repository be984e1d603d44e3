// SPDX-License-Identifier: MIT
// Covers: spool/record_position.hpp, spool/recovery.hpp, spool/store.hpp
#include "sla/spool/disk.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../support/memory_file.hpp"
#include "../support/small_disk.hpp"
#include "../support/spool_case.hpp"
#include "../support/temporary_folder.hpp"

using namespace sla;
using namespace sla::internal;
using namespace std::chrono_literals;

namespace {

using Texts = std::vector<std::string>;
Logger const silent{{.format = LogFormat::none}};

bool sync_fails = false;

DiskSpool open(std::string const& folder, Logger log = silent) {
  auto spool = DiskSpool::open({.folder = folder}, log);
  REQUIRE(spool);
  return *std::move(spool);
}
void add_all(DiskSpool& spool, Texts const& runs) {
  for (std::string const& run : runs) spool.add(report_of(run, Verdict::pass, "log of " + run));
}
/// Adds logs that are too large for a record.
void add_files(DiskSpool& spool, Texts const& runs) {
  for (std::string const& run : runs) {
    spool.add(report_of(run, Verdict::pass,
                        std::string("log of ").append(run).append("\n").append(5000, 'x')));
  }
}
/// The first lines of the logs of all events that wait, in order; delivers both.
Texts logs_of_all(DiskSpool& spool) {
  Texts logs;
  for (auto entry = spool.next_event(); entry && *entry; entry = spool.next_event()) {
    std::string const text = (*entry)->report.outcome.output.text().value();
    logs.push_back(text.substr(0, text.find('\n')));
    (*entry)->event = (*entry)->log = Part::done;
    spool.update(**entry);
  }
  return logs;
}
std::size_t lines(std::string const& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}
bool holds(std::string const& text, std::string const& part) {
  return text.find(part) != std::string::npos;
}

/// How many descriptors this process has.
std::ptrdiff_t descriptors() {
  using Iterator = std::filesystem::directory_iterator;
  return std::distance(Iterator("/proc/self/fd"), Iterator());
}
/// What an executor leaves: a report whose output stands in a file of that folder.
Report executed(std::string const& run, std::string const& folder, std::string const& log) {
  std::string const path = folder + '/' + log_file_name(run);
  write_file(path, log);
  Report report = report_of(run);
  report.outcome.output = Output(open_file(path, O_RDONLY).value(), {{log.size(), 0, {}}}, {});
  return report;
}

}  // namespace

/// In the place of the C library's: a disk that fails only when it has to keep what it took.
extern "C" int fdatasync(int file) {
  if (!sync_fails) return static_cast<int>(::syscall(SYS_fdatasync, file));
  errno = EIO;
  return -1;
}

TEST_CASE("what was added is there after a restart, in order and with its log") {
  TemporaryFolder const folder;
  {
    auto spool = open(folder / "spool");
    add_all(spool, {"a", "b", "c"});
    CHECK(spool.in_memory().empty());
  }
  auto spool = open(folder / "spool");
  CHECK(spool.count().events == 3);
  CHECK(logs_of_all(spool) == Texts{"log of a", "log of b", "log of c"});
}

TEST_CASE("what was delivered is gone for good, and takes no room") {
  TemporaryFolder const folder;
  {
    auto spool = open(folder / "spool");
    add_all(spool, {"a", "b", "c"});
    CHECK(deliver(spool) == "a");
    CHECK(deliver(spool) == "b");
  }
  {
    auto spool = open(folder / "spool");
    CHECK(deliver_all(spool) == Texts{"c"});
  }
  auto spool = open(folder / "spool");
  CHECK(deliver_all(spool).empty());
  CHECK(std::filesystem::file_size(folder / "spool/journal/0000000001.records") == 0);
  CHECK(std::filesystem::is_empty(folder / "spool/logs"));
}

TEST_CASE("how far an entry got is known after a restart") {
  TemporaryFolder const folder;
  {
    auto spool = open(folder / "spool");
    add_all(spool, {"log only", "event only", "refused"});
    CHECK(deliver_event(spool) == "log only");
    auto entry = *spool.next_event().value();
    entry.log = Part::done;
    entry.report.log_uri = "s3://bucket/key";
    spool.update(entry);
    auto refused = spool.next_event().value();
    CHECK(refused->number == entry.number);
  }
  {
    auto spool = open(folder / "spool");
    CHECK(spool.count().events == 2);
    CHECK(spool.count().logs == 1);
    auto log = *spool.next_log(0).value();
    CHECK(log.report.job.run_id == "log only");
    CHECK(log.report.outcome.output.text().value() == "log of log only");
    log.log = Part::refused;
    log.reason = "because";
    spool.update(log);
    auto const event = *spool.next_event().value();
    CHECK(event.log == Part::done);
    CHECK(event.report.log_uri == "s3://bucket/key");
  }
  auto spool = open(folder / "spool");
  CHECK(spool.count().refused == 1);
  CHECK(spool.count().logs == 0);
  CHECK(deliver_all(spool) == Texts{"event only", "refused"});
}

TEST_CASE("the first event after a restart knows when the last one ended, delivered or not") {
  TemporaryFolder const folder;
  auto const at = [](std::string run, int second) {
    Report report = report_of(std::move(run));
    report.started_at = WallTime{std::chrono::seconds{second}};
    report.duration = 1s;
    return report;
  };
  auto const previous_end = [](DiskSpool& spool, std::string const& run) {
    for (auto entry = spool.next_event(); *entry; entry = spool.next_event((*entry)->number)) {
      if ((*entry)->report.job.run_id == run) return (*entry)->report.previous_end;
    }
    return std::optional<WallTime>();
  };
  {
    DiskSpool first = open(folder.path());
    first.add(at("a", 10));
    CHECK_FALSE(previous_end(first, "a"));
    first.add(at("b", 20));
    deliver_all(first);
  }
  {
    DiskSpool second = open(folder.path());
    second.add(at("c", 30));
    CHECK(previous_end(second, "c") == WallTime{21s});
    second.add(at("died", 40));
  }
  // As if the process had died between the record and what it notes of the last event.
  for (auto const& entry : std::filesystem::directory_iterator(folder.path() + "/last")) {
    std::filesystem::remove(entry.path());
  }
  DiskSpool third = open(folder.path());
  third.add(at("d", 50));
  CHECK(previous_end(third, "d") == WallTime{41s});
}

TEST_CASE("a second process is kept out with a clear error") {
  TemporaryFolder const folder;
  auto const first = open(folder / "spool");
  auto const second = DiskSpool::open({.folder = folder / "spool"}, silent);
  REQUIRE(!second);
  CHECK(second.error().code == Errc::in_use);
}

TEST_CASE("a record that was torn at any byte costs that record alone") {
  TemporaryFolder const folder;
  {
    auto spool = open(folder / "spool");
    add_all(spool, {"a", "b"});
  }
  std::string const path = folder / "spool/journal/0000000001.records";
  std::string const whole = contents(path);
  std::size_t const first = find_record(whole)->end();
  for (std::size_t size = first; size < whole.size(); size += 7) {
    write_file(path, whole.substr(0, size));
    auto spool = open(folder / "spool");
    CHECK(spool.next_event().value()->report.job.run_id == "a");
    CHECK(spool.count().events == 1);
    spool.add(report_of("c"));
    auto const again = spool.count();
    CHECK(again.events == 2);
  }
}

TEST_CASE("damage is told, and costs what is damaged") {
  TemporaryFolder const folder;
  {
    auto spool = open(folder / "spool");
    add_all(spool, {"a", "b", "c"});
  }
  std::string const path = folder / "spool/journal/0000000001.records";
  std::string bytes = contents(path);
  std::size_t const second = find_record(bytes)->end();
  bytes[second + 40] = static_cast<char>(bytes[second + 40] ^ 1);
  write_file(path, bytes);
  MemoryFile said;
  auto spool = open(folder / "spool", Logger{{.descriptor = said.descriptor()}});
  CHECK(deliver_all(spool) == Texts{"a", "c"});
  CHECK(holds(said.text(), "the spool is damaged"));
}

TEST_CASE("a run that died with its process is known at the next start, with its log") {
  TemporaryFolder const folder;
  {
    auto spool = open(folder / "spool");
    Report begun = report_of("died");
    begun.job.boot_id = "boot";
    begun.job.seq = 7;
    spool.begin(begun);
    write_file(spool.logs() + "/" + log_file_name("died"), "as far as it got");
  }
  MemoryFile said;
  {
    auto spool = open(folder / "spool", Logger{{.descriptor = said.descriptor()}});
    auto const entry = *spool.next_event().value();
    CHECK(entry.report.job.run_id == "died");
    CHECK(!entry.report.counts());
    CHECK(entry.report.job.boot_id == "boot");
    CHECK(entry.report.job.seq == 7);
    CHECK(entry.report.outcome.output.text().value() == "as far as it got");
    CHECK(entry.report.started_at == sample_report().started_at);
    CHECK(entry.report.ended_at >= entry.report.started_at);
  }
  CHECK(lines(said.text()) == 1);
  CHECK(holds(said.text(), "kept as INTERRUPTED run=died service=example-service"));
  auto spool = open(folder / "spool", Logger{{.descriptor = said.descriptor()}});
  CHECK(lines(said.text()) == 1);
  CHECK(deliver_all(spool) == Texts{"died"});
}

TEST_CASE("a run that ended is not taken for one that died") {
  TemporaryFolder const folder;
  {
    auto spool = open(folder / "spool");
    spool.begin(report_of("a"));
    spool.add(report_of("a"));
    CHECK(SpoolDirectory::look(folder / "spool").marked().empty());
    REQUIRE(SpoolDirectory::look(folder / "spool").mark(report_of("a")));  // died just before this
  }
  auto spool = open(folder / "spool");
  CHECK(spool.count().events == 1);
  CHECK(spool.next_event().value()->report.counts());
  CHECK(SpoolDirectory::look(folder / "spool").marked().empty());
}

TEST_CASE("a small log is in its record, and the file that an executor wrote goes") {
  TemporaryFolder const folder;
  {
    auto first = open(folder / "first");
    auto second = *DiskSpool::open({.folder = folder / "second", .run_logs = first.logs()}, silent);
    Report const report = executed("a", first.logs(), "few bytes");
    first.add(report);
    second.add(report);
    CHECK(std::filesystem::is_empty(first.logs()));
    CHECK(std::filesystem::is_empty(second.logs()));
    CHECK(logs_of_all(second) == Texts{"few bytes"});
    CHECK(deliver_event(first) == "a");
  }
  auto first = open(folder / "first");
  auto entry = *first.next_log(0).value();
  CHECK(entry.report.outcome.output.text().value() == "few bytes");
  entry.log = Part::done;
  first.update(entry);
  CHECK(first.count().logs == 0);
}

TEST_CASE("logs that belong to nothing are removed") {
  TemporaryFolder const folder;
  open(folder / "spool");
  write_file(folder / "spool/logs/orphan.log", "x");
  open(folder / "spool");
  CHECK(std::filesystem::is_empty(folder / "spool/logs"));
}

TEST_CASE("a log that somebody deleted does not hold up its event") {
  TemporaryFolder const folder;
  auto spool = open(folder / "spool");
  add_files(spool, {"a"});
  REQUIRE(::unlink((folder / "spool/logs/a.log").c_str()) == 0);
  auto const entry = *spool.next_event().value();
  CHECK(entry.log == Part::done);
  CHECK(entry.report.log_error == "the log is gone from the spool");
}

TEST_CASE(
    "when it is full the logs of passes go first, then the oldest, and how many stays known") {
  TemporaryFolder const folder;
  std::string const log(10'000, 'x');
  {
    auto spool = *DiskSpool::open({.folder = folder / "spool", .limit = 50'000}, silent);
    spool.add(report_of("failure", Verdict::fail, log));
    for (char const* const run : {"a", "b", "c", "d"}) {
      spool.add(report_of(run, Verdict::pass, log));
    }
    CHECK(spool.dropped() == 2);
  }
  {
    auto spool = open(folder / "spool");
    CHECK(spool.dropped() == 2);
    CHECK(deliver_all(spool) == Texts{"failure", "c", "d"});
  }
  {
    auto spool = open(folder / "spool");
    CHECK(spool.dropped() == 2);
    spool.reported(2);
  }
  CHECK(open(folder / "spool").dropped() == 0);
}

TEST_CASE("no result goes for the room on a disk that logs take which are being delivered") {
  TemporaryFolder const folder;
  std::string const log(10'000, 'x');
  std::uint64_t const each = disk_use(log.size());
  auto spool = *DiskSpool::open({.folder = folder / "spool", .limit = 4 * each + each / 2}, silent);
  for (char const* const run : {"a", "b", "c", "d", "e"}) {
    spool.add(report_of(run, Verdict::pass, log));
  }
  CHECK(spool.next_logs(0, 10).value().size() == 4);
  for (char const* const run : {"f", "g"}) spool.add(report_of(run, Verdict::pass, log));
  CHECK(spool.dropped() == 0);
  CHECK(deliver_all(spool) == Texts{"a", "b", "c", "d", "e", "f", "g"});
}

TEST_CASE("without passes the oldest logs go, and their events stay") {
  TemporaryFolder const folder;
  std::string const log(10'000, 'x');
  {
    auto spool = *DiskSpool::open({.folder = folder / "spool", .limit = 50'000}, silent);
    for (char const* const run : {"a", "b", "c"}) spool.add(report_of(run, Verdict::fail, log));
    CHECK(spool.dropped() == 0);
  }
  auto spool = open(folder / "spool");
  CHECK(spool.count().events == 3);
  auto const entry = *spool.next_event().value();
  CHECK(entry.report.job.run_id == "a");
  CHECK(entry.report.outcome.output.size() == 0);
  CHECK(entry.report.log_error == "dropped: no room in the spool");
}

TEST_CASE("the journal stays small, however long one entry stays in it") {
  TemporaryFolder const folder;
  auto spool = open(folder / "spool");
  spool.add(report_of("stays"));
  CHECK(deliver_event(spool) == "stays");
  auto report = report_of("", Verdict::pass, "");
  report.job.command = {std::string(100'000, 'x')};
  for (int i = 0; i < 200; ++i) {
    report.job.run_id = std::to_string(i);
    spool.add(report);
    CHECK(deliver(spool) == report.job.run_id);
    while (spool.tend(Instant{}) != Instant::max()) continue;
  }
  std::uintmax_t bytes = 0;
  for (auto const& entry : std::filesystem::directory_iterator(folder / "spool/journal")) {
    bytes += entry.file_size();
  }
  CHECK(bytes < 5U << 20U);
  CHECK(spool.next_log(0).value()->report.job.run_id == "stays");
}

TEST_CASE("on a full disk reports are held in memory, and written when there is room") {
  SmallDisk const disk("256k");
  if (!disk.there()) return;
  MemoryFile said;
  {
    auto spool = open(disk.path() + "/spool", Logger{{.descriptor = said.descriptor()}});
    add_files(spool, {"a"});
    disk.fill();
    add_files(spool, {"b", "c"});
    CHECK(holds(said.text(), "the spool cannot be written: results are kept in memory"));
    CHECK(holds(said.text(), "No space left on device"));
    CHECK(lines(said.text()) == 1);
    CHECK(spool.in_memory().size() == 2);
    CHECK(spool.count().events == 3);
    disk.empty();
    add_files(spool, {"d"});
    CHECK(spool.in_memory().empty());
    CHECK(holds(said.text(), "the spool can be written again"));
  }
  auto spool = open(disk.path() + "/spool");
  CHECK(logs_of_all(spool) == Texts{"log of a", "log of b", "log of c", "log of d"});
}

TEST_CASE("what is delivered while the disk is full does not come again") {
  SmallDisk const disk("256k");
  if (!disk.there()) return;
  {
    auto spool = open(disk.path() + "/spool");
    add_files(spool, {"a", "b", "c"});
    disk.fill();
    add_files(spool, {"d"});
    CHECK(deliver(spool) == "a");
    CHECK(deliver(spool) == "b");
  }
  disk.empty();
  auto spool = open(disk.path() + "/spool");
  auto const left = deliver_all(spool);
  CHECK(left.back() == "c");  // a and b may come once more, d was never on the disk
}

TEST_CASE("what the disk took but did not keep is still held in memory") {
  TemporaryFolder const folder;
  {
    auto spool = open(folder / "spool");
    sync_fails = true;
    spool.begin(report_of("a"));
    add_all(spool, {"a"});
    add_all(spool, {"b"});
    CHECK(spool.in_memory().size() == 2);
    CHECK(std::filesystem::exists(folder / "spool/runs/a.run"));
    sync_fails = false;
    add_all(spool, {"c"});
    CHECK(spool.in_memory().empty());
    CHECK(!std::filesystem::exists(folder / "spool/runs/a.run"));
  }
  auto spool = open(folder / "spool");
  CHECK(logs_of_all(spool) == Texts{"log of a", "log of b", "log of c"});
}

TEST_CASE("what is held in memory takes no descriptors, and leaves no file behind") {
  TemporaryFolder const folder;
  auto spool = open(folder / "spool");
  auto const before = descriptors();
  sync_fails = true;
  for (int i = 0; i < 20; ++i) {
    spool.add(executed("run" + std::to_string(i), spool.logs(), "log " + std::to_string(i)));
  }
  CHECK(spool.in_memory().size() == 20);
  CHECK(descriptors() <= before + 1);
  sync_fails = false;
  spool.add(report_of("last"));
  CHECK(logs_of_all(spool).size() == 21);
  CHECK(std::filesystem::is_empty(folder / "spool/logs"));
}

TEST_CASE("a log that is not wanted any more is deleted with what the executor wrote") {
  TemporaryFolder const folder;
  auto spool = open(folder / "spool");
  Report report = executed("a", spool.logs(), "not wanted");
  report.outcome.output = Output();
  spool.add(report);
  CHECK(std::filesystem::is_empty(folder / "spool/logs"));
  spool.add(executed("b", spool.logs(), "delivered before its event"));
  auto entry = *spool.next_event().value();
  entry = *spool.next_event(entry.number).value();
  entry.log = Part::done;
  entry.report.outcome.output = Output();
  spool.update(entry);
  CHECK(std::filesystem::is_empty(folder / "spool/logs"));
  CHECK(spool.next_event().value()->report.log_error.empty());
}

TEST_CASE("two spools share the log that an executor wrote for one of them") {
  TemporaryFolder const folder;
  auto first = open(folder / "first");
  auto const open_second = [&] {
    return *DiskSpool::open({.folder = folder / "second", .run_logs = first.logs()}, silent);
  };
  {
    auto second = open_second();
    Report const report = executed("a", first.logs(), std::string("one file\n").append(5000, 'x'));
    first.add(report);
    second.add(report);
    CHECK(std::filesystem::hard_link_count(folder / "second/logs/a.log") == 2);
    CHECK(logs_of_all(first) == Texts{"one file"});
    CHECK(logs_of_all(second) == Texts{"one file"});
    second.begin(report_of("died"));
    write_file(first.logs() + "/died.log", "as far as it got");
  }
  auto second = open_second();
  auto const entry = *second.next_event().value();
  CHECK(entry.report.outcome.verdict == Verdict::interrupted);
  CHECK(entry.report.outcome.output.text().value() == "as far as it got");
}

TEST_CASE("what is known of all entries is bounded, however small they are") {
  TemporaryFolder const folder;
  auto spool = *DiskSpool::open({.folder = folder / "spool", .limit = 1U << 20U}, silent);
  for (int i = 0; i < 300; ++i) spool.add(report_of(std::to_string(i), Verdict::fail, ""));
  CHECK(spool.count().events == 128);
  CHECK(spool.dropped() == 172);
}

TEST_CASE("a run that is delivered from memory is not taken for one that died") {
  SmallDisk const disk("256k");
  if (!disk.there()) return;
  {
    auto spool = open(disk.path() + "/spool");
    spool.begin(report_of("a"));
    disk.fill();
    add_all(spool, {"a"});
    CHECK(spool.in_memory().size() == 1);
    CHECK(deliver(spool) == "a");
  }
  disk.empty();
  auto spool = open(disk.path() + "/spool");
  CHECK(deliver_all(spool).empty());
}

TEST_CASE("a disk that is read-only from the start is used once it is not") {
  SmallDisk const disk("256k");
  if (!disk.there()) return;
  {
    auto spool = open(disk.path() + "/spool");
    add_all(spool, {"old"});
  }
  disk.set_read_only(true);
  MemoryFile said;
  auto spool = open(disk.path() + "/spool", Logger{{.descriptor = said.descriptor()}});
  add_all(spool, {"new"});
  CHECK(holds(said.text(), "Read-only file system"));
  disk.set_read_only(false);
  add_all(spool, {"newer"});
  CHECK(deliver_all(spool) == Texts{"old", "new", "newer"});
}

TEST_CASE("a folder that vanishes takes no event with it, and is made again") {
  TemporaryFolder const folder;
  MemoryFile said;
  {
    auto spool = open(folder / "spool", Logger{{.descriptor = said.descriptor()}});
    add_files(spool, {"a", "b"});
    std::filesystem::remove_all(folder / "spool");
    add_files(spool, {"c"});
    CHECK(holds(said.text(), "the folder is gone"));
    CHECK(holds(said.text(), "the spool can be written again"));
    CHECK(spool.count().events == 3);
  }
  auto spool = open(folder / "spool");
  CHECK(logs_of_all(spool) == Texts{"", "", "log of c"});
}

TEST_CASE("a folder that cannot be made again is worked around") {
  TemporaryFolder const folder;
  auto spool = open(folder / "spool");
  add_all(spool, {"a"});
  std::filesystem::remove_all(folder / "spool");
  write_file(folder / "spool", "in the way");
  add_all(spool, {"b"});
  CHECK(spool.in_memory().size() == 2);
  CHECK(deliver(spool) == "a");
  std::filesystem::remove(folder / "spool");
  add_all(spool, {"c"});
  CHECK(spool.in_memory().empty());
  CHECK(deliver_all(spool) == Texts{"b", "c"});
}

TEST_CASE("a folder that comes back brings back nothing that was delivered meanwhile") {
  TemporaryFolder const folder;
  auto spool = open(folder / "spool");
  add_files(spool, {"a", "b"});
  std::filesystem::rename(folder / "spool", folder / "away");
  write_file(folder / "spool", "in the way");
  add_files(spool, {"c"});
  CHECK(deliver(spool) == "a");
  std::filesystem::remove(folder / "spool");
  std::filesystem::rename(folder / "away", folder / "spool");
  spool.begin(report_of("d"));
  add_files(spool, {"d"});
  CHECK(logs_of_all(spool) == Texts{"log of b", "log of c", "log of d"});
  auto const log = *spool.next_log(0).value();  // its event went when there was no log
  CHECK(log.report.job.run_id == "a");
  CHECK(log.report.outcome.output.text().value().starts_with("log of a\n"));
}

TEST_CASE("a log that cannot be opened now is not taken for one that is gone") {
  TemporaryFolder const folder;
  auto spool = open(folder / "spool");
  add_files(spool, {"a"});
  std::string const path = folder / "spool/logs/a.log";
  std::filesystem::rename(path, path + ".away");
  std::filesystem::create_symlink("a.log", path);  // ELOOP
  CHECK(holds(spool.next_event().value()->unreadable, "symbolic links"));
  CHECK(deliver_event(spool) == "a");
  std::filesystem::rename(path + ".away", path);
  CHECK(spool.next_log(0).value()->report.outcome.output.text().value().starts_with("log of a\n"));
}

TEST_CASE("a folder that another process took over is left to it") {
  TemporaryFolder const folder;
  auto spool = open(folder / "spool");
  add_all(spool, {"a"});
  std::filesystem::rename(folder / "spool", folder / "away");
  auto other = open(folder / "spool");
  add_all(other, {"other"});
  add_all(spool, {"b"});
  CHECK(spool.in_memory().size() == 2);
  CHECK(deliver_all(spool) == Texts{"a", "b"});
  CHECK(deliver_all(other) == Texts{"other"});
}

TEST_CASE("several are handed out at once, with their logs, and their descriptors are closed") {
  TemporaryFolder const folder;
  auto spool = open(folder / "spool");
  Texts runs;
  for (int i = 0; i < 30; ++i) {
    Report report = report_of("run" + std::to_string(i), Verdict::pass, "log " + std::to_string(i));
    report.job.service = "service" + std::to_string(i);
    spool.add(report);
  }
  auto const before = descriptors();
  auto entries = spool.next_events(100, {}).value();
  REQUIRE(entries.size() == 30);
  CHECK(entries[7].report.job.run_id == "run7");
  CHECK(entries[7].report.outcome.output.text().value() == "log 7");
  for (Entry& entry : entries) {
    entry.event = Part::done;
    spool.update(entry);
  }
  entries.clear();
  CHECK(descriptors() == before);
  CHECK(spool.next_events(100, {}).value().empty());
  CHECK(spool.next_logs(0, 100).value().size() == 30);
  CHECK(spool.count().logs == 30);
}

TEST_CASE("entries wait for a bundle, and for nothing when they are taken up again") {
  TemporaryFolder const folder;
  {
    DiskSpool spool = open(folder.path());
    spool.gather();
    add_all(spool, {"a", "b", "c"});
    CHECK(spool.count().gathered == 3);
    CHECK(spool.count().events == 0);
    CHECK_FALSE(*spool.next_event());
    CHECK_FALSE(*spool.next_log(0));
    CHECK(spool.next_events(9, {})->empty());
    auto bundle = spool.next_bundle(0, 2);
    REQUIRE(bundle->size() == 2);
    CHECK((*bundle)[1].report.outcome.output.text().value() == "log of b");
    CHECK(spool.next_bundle((*bundle)[1].number, 9)->size() == 1);
    (*bundle)[0].log = Part::done;
    (*bundle)[0].report.log_uri = "s3://b/k#bytes=0-7";
    (*bundle)[0].report.outcome.output = Output();
    spool.update((*bundle)[0]);
    spool.release((*bundle)[1].number);
    CHECK(spool.count().gathered == 1);
    CHECK(spool.count().events == 2);
    CHECK(spool.count().ahead == 1);
  }
  DiskSpool spool = open(folder.path());
  CHECK(spool.count().events == 3);
  auto const first = spool.next_event();
  CHECK((*first)->report.log_uri == "s3://b/k#bytes=0-7");
  spool.gather();
  CHECK(spool.count().gathered == 2);  // but for the one whose log is done
  CHECK(spool.count().events == 1);
}
