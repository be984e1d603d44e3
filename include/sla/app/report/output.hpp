// SPDX-License-Identifier: MIT
#pragma once
// Where `sla-runner report` puts what it made: files of this machine, each of which is replaced
// when the new one is whole, or objects of S3, which are so by nature.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/app/quoted.hpp"
#include "sla/app/report/bucket.hpp"
#include "sla/core/descriptor.hpp"
#include "sla/core/environment.hpp"
#include "sla/core/folder.hpp"
#include "sla/core/result.hpp"
#include "sla/core/text.hpp"

namespace sla::inline v1::app {

/// A file, by its path below where they go; empty: that place itself.
struct ReportFile {
  std::string path{};
  std::string text{};
};

namespace detail {

/// Replaces a file by another that is whole.
inline Result<void> replace_file(std::string const& path, std::string_view text) {
  std::string const fresh = path + ".tmp-" + std::to_string(::getpid());
  auto file = internal::open_file(fresh, O_WRONLY | O_CREAT | O_EXCL, 0644);
  if (!file) return file.error();
  auto done = internal::write_all(file->get(), text);
  if (!done) done = std::move(done).error().within(fresh);
  bool const synced = !done || ::fsync(file->get()) == 0 || internal::never_syncs(errno);
  if (!synced) done = system_error(fresh);
  if (done && ::rename(fresh.c_str(), path.c_str()) != 0) done = system_error(path);
  if (!done) ::unlink(fresh.c_str());
  return done;
}

/// Names come from outside; none may lead elsewhere.
inline Result<void> check_path(std::string_view path) {
  bool good = path.find('\0') == std::string_view::npos;
  for (std::string_view const part : split(path, '/')) {
    good = good && !part.empty() && part != "." && part != "..";
  }
  if (good) return {};
  return Error{Errc::rejected, quoted(path) + " cannot be the path of a file"};
}

inline Result<void> write_file(std::string const& out, ReportFile const& file) {
  if (file.path.empty()) return replace_file(out, file.text);
  std::string const path = out + '/' + file.path;
  if (auto made = internal::make_folder(internal::folder_of(path), 0755); !made) return made;
  return replace_file(path, file.text);
}

}  // namespace detail

/// Writes files below `out`, a path or `s3://BUCKET/PREFIX`, in order; the first that cannot be
/// written is the last.
[[nodiscard]] inline Result<void> write_report(std::string const& out, std::string_view type,
                                               std::span<ReportFile const> files,
                                               Environment const& environment) {
  for (ReportFile const& file : files) {
    if (file.path.empty()) continue;
    if (auto good = detail::check_path(file.path); !good) return good;
  }
  if (!out.starts_with("s3://")) {
    for (ReportFile const& file : files) {
      if (auto done = detail::write_file(out, file); !done) return done;
    }
    return {};
  }
  auto bucket = ReportBucket::open(out, environment);
  if (!bucket) return bucket.error();
  for (ReportFile const& file : files) {
    if (auto done = (*bucket)->write(file.path, file.text, type); !done) return done;
  }
  return {};
}

}  // namespace sla::inline v1::app
