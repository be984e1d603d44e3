// SPDX-License-Identifier: MIT
#pragma once
// What `sla-runner report` reads: lines of files, of a store, of the standard input or of objects
// in S3, in blocks, so that of a large one only the events stay in memory; or the keys of logs,
// which say when a run ended and how. Lines that are no events are counted.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/app/quoted.hpp"
#include "sla/app/report/arguments.hpp"
#include "sla/app/report/bucket.hpp"
#include "sla/app/report/plan.hpp"
#include "sla/app/report/progress.hpp"
#include "sla/app/report/slamon.hpp"
#include "sla/core/descriptor.hpp"
#include "sla/core/environment.hpp"
#include "sla/core/result.hpp"
#include "sla/core/text.hpp"
#include "sla/ledger/book.hpp"
#include "sla/ledger/durations.hpp"
#include "sla/ledger/event.hpp"
#include "sla/ledger/log_key.hpp"

namespace sla::inline v1::app {

/// What was read.
struct ReportEvents {
  ledger::Book book{};
  std::optional<ledger::Milliseconds> first{};  ///< the first end of those that are asked for
  std::int64_t unreadable = 0;
  std::string first_unreadable{};  ///< where it was, and how it begins
  std::int64_t ahead = 0;          ///< events that end after now
  std::int64_t bundles = 0;        ///< keys of bundles of logs
  /// How long the runs of each service took, in each of the weeks that were asked for.
  std::map<std::string, std::vector<ledger::Durations>, std::less<>> durations{};
  SlamonResults results{};  ///< within the window, where they were asked for
};

namespace detail {

/// Cuts blocks of bytes into lines. Of a line that is larger than any event only the begin is
/// given.
class LineCutter {
 public:
  /// Calls `use(line)` for each line that ends in this block.
  template <class Use>
  void add(std::string_view block, Use use) {
    for (auto end = block.find('\n'); end != std::string_view::npos; end = block.find('\n')) {
      if (!rest_.empty()) rest_ += block.substr(0, end);
      use(rest_.empty() ? block.substr(0, end) : std::string_view(rest_));
      rest_.clear();
      block.remove_prefix(end + 1);
    }
    if (rest_.size() <= aws::JsonReply::size_limit) rest_ += block;
  }
  /// The same for a last line without an end.
  template <class Use>
  void finish(Use use) {
    if (!rest_.empty()) use(std::string_view(rest_));
    rest_.clear();
  }

 private:
  std::string rest_;
};

/// Calls `use(block)` for what a descriptor has.
template <class Use>
Result<void> each_block(int descriptor, std::string const& name, Use use) {
  constexpr std::size_t size = 65'536;
  auto const buffer = std::make_unique<char[]>(size);
  for (;;) {
    ssize_t const n =
        internal::uninterrupted([&] { return ::read(descriptor, buffer.get(), size); });
    if (n < 0) return system_error(name);
    if (n == 0) return {};
    use(std::string_view(buffer.get(), static_cast<std::size_t>(n)));
  }
}

/// Adds what is found to the events that were read.
class ReportReader {
 public:
  ReportReader(ReportRequest const& request, Environment const& environment,
               ledger::Milliseconds now, ReportPlan const& plan)
      : request_(request), environment_(environment), now_(now), plan_(plan) {}

  /// Reads a file, `-` or `s3://BUCKET/PREFIX`.
  Result<void> read(std::string const& file) {
    if (file.starts_with("s3://")) return read_bucket(file);
    std::string const name = file == "-" ? "standard input" : file;
    Descriptor opened;
    if (file != "-") {
      auto made = internal::open_file(file, O_RDONLY);
      if (!made) return made.error();
      opened = *std::move(made);
      struct stat about {};
      if (::fstat(opened.get(), &about) == 0 && S_ISDIR(about.st_mode)) {
        return Error{Errc::invalid, escaped(file) +
                                        " is a folder; the events of a store are read "
                                        "with --store " +
                                        escaped(file)};
      }
    }
    begin(name);
    auto done = each_block(file == "-" ? STDIN_FILENO : opened.get(), name,
                           [&](std::string_view block) { take_block(block); });
    end();
    return done;
  }

  /// Reads the keys under `s3://BUCKET/PREFIX`.
  Result<void> read_keys(std::string const& address) {
    auto bucket = ReportBucket::open(address, environment_);
    if (!bucket) return bucket.error();
    std::string const root = "s3://" + (*bucket)->name() + '/';
    return (*bucket)->each([&](aws::ListedObject const& object) {
      if (ledger::is_bundle_key(object.key)) ++events_.bundles;
      if (ledger::is_bundle_key(object.key)) return Result<void>();
      std::string const uri = root + object.key;
      auto const key = ledger::read_log_key(object.key, uri);
      if (!key)
        note_unreadable("the key " + quoted(std::string_view(object.key)) + ": it is no log's");
      if (key && key->has_value()) count(**key);
      return Result<void>();
    });
  }

  [[nodiscard]] ReportEvents events() && { return std::move(events_); }

 private:
  Result<void> read_bucket(std::string const& address) {
    auto bucket = ReportBucket::open(address, environment_);
    if (!bucket) return bucket.error();
    return (*bucket)->each([&](aws::ListedObject const& object) {
      begin("s3://" + (*bucket)->name() + '/' + object.key);
      auto done = (*bucket)->read(object, [&](std::string_view part) { take_block(part); });
      end();
      return done;
    });
  }

  void begin(std::string name) {
    name_ = std::move(name);
    number_ = 0;
    progress_.note(events_.book.records.size());
  }
  void take_block(std::string_view block) {
    lines_.add(block, [&](std::string_view line) { take(line); });
  }
  void end() {
    lines_.finish([&](std::string_view line) { take(line); });
  }

  void take(std::string_view whole) {
    ++number_;
    // The input may be several files, one behind the other, each with its mark.
    std::string_view const line = trim(without_byte_order_mark(whole));
    if (line.empty()) return;
    auto const event = reader_.read(line);
    if (event) return count(*event);
    bool const packed = whole.starts_with("\x1F\x8B");  // as Firehose stores them if it is told to
    note_unreadable("line " + std::to_string(number_) + " of " + escaped(name_) + ", " +
                    quoted(line) + ": " +
                    (packed ? "it is compressed with gzip: unpack it first, as zcat does"
                            : event.error().message));
  }
  void note_unreadable(std::string const& what) {
    if (events_.unreadable++ == 0) events_.first_unreadable = what;
  }

  void count(ledger::Event const& event) {
    events_.book.add(event);
    if (event.end > now_) ++events_.ahead;
    progress_.note(events_.book.records.size());
    note_duration(event);
    if (request_.slamon) note_result(event);
    if (!request_.asks_for(event.service, event.groups)) return;
    events_.first = std::min(events_.first.value_or(event.end), event.end);
  }

  void note_duration(ledger::Event const& event) {
    auto const& weeks = plan_.weeks;
    for (std::size_t i = 0; event.duration && i < weeks.size(); ++i) {
      if (!weeks[i].window.holds(event.end)) continue;
      auto& all = events_.durations[std::string(event.service)];
      all.resize(weeks.size());
      return all[i].add(*event.duration);
    }
  }

  void note_result(ledger::Event const& event) {
    if (!event.counted || !plan_.window.holds(event.end)) return;
    events_.results[std::string(event.service)].push_back({.run = std::string(event.run_id),
                                                           .succeeded = event.succeeded,
                                                           .end = event.end,
                                                           .duration = event.duration,
                                                           .log = std::string(event.log_uri)});
  }

  ReportRequest const& request_;
  Environment const& environment_;
  ledger::Milliseconds now_;
  ReportPlan const& plan_;
  ledger::EventReader reader_{};
  LineCutter lines_{};
  std::string name_{};  ///< of what is read, and the line there
  std::int64_t number_ = 0;
  ReportProgress progress_{};
  ReportEvents events_{};
};

/// Returns the file of a store that has its events.
inline Result<std::string> events_of_store(std::string const& store) {
  std::string file = store + "/events.ndjson";
  struct stat about {};
  if (::stat(store.c_str(), &about) != 0) return system_error(store).within("report: no store");
  if (::stat(file.c_str(), &about) == 0 && S_ISREG(about.st_mode)) return file;
  return Error{Errc::not_found,
               "report: " + escaped(store) + " is no store: it has no events.ndjson"};
}

}  // namespace detail

/// Reads all that the request names.
[[nodiscard]] inline Result<ReportEvents> read_report_events(ReportRequest const& request,
                                                             Environment const& environment,
                                                             ledger::Milliseconds now,
                                                             ReportPlan const& plan) {
  detail::ReportReader reader(request, environment, now, plan);
  if (!request.store.empty()) {
    auto const file = detail::events_of_store(request.store);
    if (!file) return file.error();
    if (auto done = reader.read(*file); !done) return done.error().within("report");
  }
  for (std::string const& file : request.files) {
    if (auto done = reader.read(file); !done) return done.error().within("report");
  }
  for (std::string const& address : request.key_sources) {
    if (auto done = reader.read_keys(address); !done) return done.error().within("report");
  }
  return std::move(reader).events();
}

}  // namespace sla::inline v1::app
