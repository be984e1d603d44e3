// SPDX-License-Identifier: MIT
#pragma once
// What a program does with a folder of its own: makes it, lists it, and sees to it that the names
// in it survive a power failure.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sla/core/descriptor.hpp"
#include "sla/core/least.hpp"
#include "sla/core/open_folder.hpp"
#include "sla/core/result.hpp"

namespace sla::inline v1::internal {

/// Returns the names in a folder, sorted, without those that begin with a dot.
[[nodiscard]] inline Result<std::vector<std::string>> list_folder(std::string const& path) {
  OpenFolder const folder(::opendir(path.c_str()));
  if (!folder) return system_error(path);
  std::set<std::string> names;
  errno = 0;
  while (dirent const* const entry = ::readdir(folder.get())) {
    std::string_view const name = entry->d_name;
    if (!name.starts_with('.')) names.emplace(name);
  }
  if (errno != 0) return system_error(path);
  return std::vector<std::string>(names.begin(), names.end());
}

/// Writes the names in a folder to the disk, so that a new file is found after a power failure;
/// where the disk can, and where the folder may be read: that a file can be made in it says nothing
/// about that.
[[nodiscard]] inline Result<void> sync_folder(std::string const& path) {
  auto const folder = open_file(path, O_RDONLY | O_DIRECTORY);
  if (!folder && folder.error().system_number() == EACCES) return {};
  if (!folder) return folder.error();
  int const done = uninterrupted([&] { return ::fsync(folder->get()); });
  if (done != 0 && !never_syncs(errno)) return system_error(path);
  return {};
}

/// Returns the folder in which a file or folder of that path stands.
[[nodiscard]] inline std::string folder_of(std::string const& path) {
  std::size_t const slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return path.substr(0, greatest<std::size_t>(slash, 1));
}

/// Makes a folder, and those above it where they are missing; for this user alone unless told
/// otherwise. Their names are on the disk when this returns, as far as those above may be read.
[[nodiscard]] inline Result<void> make_folder(std::string const& path, mode_t mode = 0700) {
  for (std::size_t at = path.find('/', 1);; at = path.find('/', at + 1)) {
    std::string const folder = path.substr(0, at);
    struct stat about {};
    bool const there = ::stat(folder.c_str(), &about) == 0 && S_ISDIR(about.st_mode);
    if (!there && ::mkdir(folder.c_str(), mode) != 0 && errno != EEXIST) {
      return system_error(folder);
    }
    if (!there) (void)sync_folder(folder_of(folder));
    if (at == std::string::npos) return {};
  }
}

}  // namespace sla::inline v1::internal
