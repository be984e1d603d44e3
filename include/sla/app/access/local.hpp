// SPDX-License-Identifier: MIT
#pragma once
// What this machine itself has to have: the program that is run, and folders that can be written
// to. Nothing is left behind, and a disk that does not answer is given up.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "sla/app/access/findings.hpp"
#include "sla/core/apart.hpp"
#include "sla/core/descriptor.hpp"
#include "sla/core/shared.hpp"
#include "sla/process/start_failure.hpp"

namespace sla::inline v1::app {

namespace detail {

/// The same by a file that has a name for a moment: not every file system has files without one.
inline int name_problem(std::string const& name) {
  Descriptor const file{::open(name.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600)};
  int const why = errno;
  if (!file) return why;
  return ::unlink(name.c_str()) == 0 ? 0 : errno;
}

/// Returns the nearest folder of a path that is there, or what else is in its place.
inline std::string nearest_there(std::string path) {
  struct stat about {};
  while (::stat(path.c_str(), &about) != 0 && errno == ENOENT && path != "/" && path != ".") {
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    std::size_t const slash = path.rfind('/');
    path = slash == std::string::npos ? "." : path.substr(0, std::max<std::size_t>(slash, 1));
  }
  return path;
}

/// Returns why nothing can be written in a folder, as errno; 0 if it can. One that is not there is
/// made by a run, so it is the folder above it that matters.
inline int write_problem(std::string const& wanted) {
  std::string const folder = nearest_there(wanted);
  struct stat about {};
  if (::stat(folder.c_str(), &about) != 0) return errno;
  if (!S_ISDIR(about.st_mode)) return ENOTDIR;
  Descriptor const file{::open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600)};
  if (file) return 0;
  int const why = errno;
  bool const known = why == EACCES || why == EROFS || why == ENOSPC || why == EDQUOT;
  return known ? why : name_problem(folder + "/.sla-preflight-" + std::to_string(::getpid()));
}

/// Returns why a program could not be started; empty if it could.
inline std::string start_problem(std::string const& name) {
  int why = ENOENT;
  for (std::string const& path : internal::detail::candidates(name)) {
    struct stat about {};
    if (::stat(path.c_str(), &about) != 0) continue;
    why = S_ISREG(about.st_mode) && ::access(path.c_str(), X_OK) == 0 ? 0 : EACCES;
    if (why == 0) {
      std::string const missing = internal::detail::missing_helper(path);
      return missing.empty() ? missing : name + ": " + missing;
    }
  }
  return internal::start_failure(name, why);
}

/// Calls it where it may hang; nothing if it does.
template <class Ask>
auto ask_disk(Ask ask) -> std::optional<decltype(ask())> {
  struct Question {
    Ask ask;
    std::optional<decltype(ask())> answer{};
    void operator()() { answer = ask(); }
  };
  auto question = internal::Shared<Question>::make(Question{std::move(ask)});
  if (!internal::CallsApart::make_within(question, std::chrono::seconds{3})) return std::nullopt;
  return question->answer;
}

}  // namespace detail

/// Looks for the program of the command.
inline void tell_program(std::string const& name, Findings& findings) {
  auto const why = detail::ask_disk([name] { return detail::start_problem(name); });
  if (!why) {
    return findings.add(Finding::unreachable, "command " + name + ": its disk does not answer");
  }
  if (why->empty()) return findings.add(Finding::ok, "command " + name);
  findings.add(Finding::wrong, "command " + *why);
}

/// Looks if a folder can be written to; `what` is what the folder is.
inline void tell_folder(std::string const& what, std::string const& folder, Findings& findings) {
  auto const why = detail::ask_disk([folder] { return detail::write_problem(folder); });
  std::string const text = what + " " + folder;
  if (!why) return findings.add(Finding::unreachable, text + ": its disk does not answer");
  if (*why == 0) return findings.add(Finding::ok, text);
  findings.add(Finding::wrong, text + ": nothing can be written there: " + std::strerror(*why));
}

}  // namespace sla::inline v1::app
