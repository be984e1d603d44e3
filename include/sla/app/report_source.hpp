// SPDX-License-Identifier: MIT
#pragma once
// What `sla-runner report` reads: lines of files, of a store or of the standard input, in blocks,
// so that of a large one only the events stay in memory. Lines that are no events are counted.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sla/app/quoted.hpp"
#include "sla/app/report_arguments.hpp"
#include "sla/core/descriptor.hpp"
#include "sla/core/result.hpp"
#include "sla/core/text.hpp"
#include "sla/ledger/book.hpp"
#include "sla/ledger/event.hpp"

namespace sla::inline v1 {

/// What was read.
struct ReportEvents {
  ledger::Book book{};
  std::optional<ledger::Milliseconds> first{};  ///< the first end of those that are asked for
  std::int64_t unreadable = 0;
  std::string first_unreadable{};  ///< where it was, and how it begins
  std::int64_t ahead = 0;          ///< events that end after now
};

namespace detail {

/// Calls `use(line)` for each line of a descriptor. Of a line that is larger than any event only
/// the begin is given.
template <class Use>
Result<void> each_line(int descriptor, std::string const& name, Use use) {
  constexpr std::size_t longest = JsonReply::size_limit;
  constexpr std::size_t block = 65'536;
  auto const buffer = std::make_unique<char[]>(block);
  std::string rest;
  for (;;) {
    ssize_t const n = uninterrupted([&] { return ::read(descriptor, buffer.get(), block); });
    if (n < 0) return system_error(name);
    if (n == 0) break;
    std::string_view text(buffer.get(), static_cast<std::size_t>(n));
    for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
      if (!rest.empty()) rest += text.substr(0, end);
      use(rest.empty() ? text.substr(0, end) : std::string_view(rest));
      rest.clear();
      text.remove_prefix(end + 1);
    }
    if (rest.size() <= longest) rest += text;
  }
  if (!rest.empty()) use(std::string_view(rest));
  return {};
}

/// Adds the events of lines to those that were read.
class ReportReader {
 public:
  ReportReader(ReportRequest const& request, ledger::Milliseconds now)
      : request_(request), now_(now) {}

  Result<void> read(std::string const& file) {
    std::string const name = file == "-" ? "standard input" : file;
    Descriptor opened;
    if (file != "-") {
      auto made = open_file(file, O_RDONLY);
      if (!made) return std::move(made).error().within("report");
      opened = *std::move(made);
    }
    std::int64_t number = 0;
    auto const done = each_line(file == "-" ? STDIN_FILENO : opened.get(), name,
                                [&](std::string_view line) { take(trim(line), name, ++number); });
    return done ? done : done.error().within("report");
  }

  [[nodiscard]] ReportEvents events() && { return std::move(events_); }

 private:
  void take(std::string_view line, std::string const& name, std::int64_t number) {
    if (line.empty()) return;
    auto const event = reader_.read(line);
    if (!event) {
      if (events_.unreadable++ != 0) return;
      events_.first_unreadable = "line " + std::to_string(number) + " of " + escaped(name) + ", " +
                                 quoted(line) + ": " + event.error().message;
      return;
    }
    events_.book.add(*event);
    if (event->end > now_) ++events_.ahead;
    if (!request_.asks_for(event->service, event->groups)) return;
    events_.first = std::min(events_.first.value_or(event->end), event->end);
  }

  ReportRequest const& request_;
  ledger::Milliseconds now_;
  ledger::EventReader reader_;
  ReportEvents events_;
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
                                                             ledger::Milliseconds now) {
  detail::ReportReader reader(request, now);
  if (!request.store.empty()) {
    auto const file = detail::events_of_store(request.store);
    if (!file) return file.error();
    if (auto done = reader.read(*file); !done) return done.error();
  }
  for (std::string const& file : request.files) {
    if (auto done = reader.read(file); !done) return done.error();
  }
  return std::move(reader).events();
}

}  // namespace sla::inline v1
