// SPDX-License-Identifier: MIT
#pragma once
// A store in a local folder, for which nobody needs an account: each event is one line of
// events.ndjson, each log a file under the same key that it would have in a bucket. No service
// name leads out of the folder.
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "sla/core/descriptor.hpp"
#include "sla/core/folder.hpp"
#include "sla/core/text.hpp"
#include "sla/publisher.hpp"
#include "sla/publisher/event.hpp"
#include "sla/publisher/event_file.hpp"
#include "sla/publisher/log_store.hpp"

namespace sla::inline v1 {

/// Keeps events and logs in a folder, which it makes if it is missing. Several processes may share
/// one. Not thread-safe.
class Directory {
 public:
  struct Options {
    std::string path;
    EventFormat format = EventFormat::documented;
    bool sync = false;  ///< whether what is kept is on the disk when a call returns
  };

  static constexpr bool wants_uncounted = true;  ///< for their logs

  explicit Directory(Options options)
      : options_(std::move(options)),
        events_({.folder = options_.path,
                 .name = events_name,
                 .format = options_.format,
                 .sync = options_.sync}) {}

  /// Writes the log to a file of its own and returns its path as a file URI.
  Result<std::string> store(Report const& report) {
    for (std::size_t attempt = 1; attempt <= log_key_attempts; ++attempt) {
      std::string const path = options_.path + '/' + confined(log_key(report, attempt));
      auto made = internal::make_folder(internal::folder_of(path), 0755);
      if (!made) return made.error().within("store");
      auto file = internal::open_file(path, O_WRONLY | O_CREAT | O_EXCL, 0644);
      if (!file && file.error().system_number() == EEXIST) continue;
      if (!file) return file.error().within("store");
      auto written = report.outcome.output.each_block(
          [&](std::string_view block) { return internal::write_all(file->get(), block); });
      if (written && options_.sync) written = internal::sync_file(*file, path);
      if (written && options_.sync) written = internal::sync_folder(internal::folder_of(path));
      if (written) return uri(path);
      ::unlink(path.c_str());
      return written.error().within("store: " + path);
    }
    return Error{Errc::exists, "store: " + log_key(report) + " and all its successors are taken"};
  }

  /// Writes the log, then adds the event, with the log's URI or why there is none.
  Result<void> publish(Report const& report) {
    auto const log = store(report);
    Report known = report;
    known.log_uri = log ? *log : std::string();
    known.log_error = log ? std::string() : log.error().message;
    if (auto added = publish_wanted(events_, known); !added) return added.error().within("store");
    return log ? Result<void>{} : log.error();
  }

 private:
  static constexpr char const* events_name = "events.ndjson";

  /// The key with each part that would lead elsewhere, or to the events, made a plain name.
  static std::string confined(std::string_view key) {
    std::string out;
    for (std::string_view const part : split(key, '/')) {
      if (!out.empty()) out += '/';
      bool const events = out.empty() && part == events_name;
      out += part == "." ? "%2E" : part == ".." ? "%2E%2E" : events ? "events%2Endjson" : part;
    }
    return out;
  }

  static std::string uri(std::string const& path) {
    std::string absolute = path;
    if (!path.starts_with('/')) {
      char* const here = ::getcwd(nullptr, 0);
      if (here != nullptr) absolute = std::string(here) + '/' + path;
      ::free(here);
    }
    return "file://" + percent_encode(absolute, Slash::keep);
  }

  Options options_;
  EventFile events_;
};
static_assert(LogStore<Directory>);

}  // namespace sla::inline v1
