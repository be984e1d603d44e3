// SPDX-License-Identifier: MIT
#pragma once
// Says why a program could not be started, in the words of a person who has looked: the kernel's
// "No such file or directory" is also said of a script whose interpreter is missing and of a
// program for another C library, the classical traps of small images.
#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "sla/core/descriptor.hpp"
#include "sla/core/least.hpp"
#include "sla/core/text.hpp"
#include "sla/process/spawn.hpp"

namespace sla::inline v1::internal {

namespace detail {

/// Reads up to that many bytes of a file, from an offset on.
inline std::string bytes_of(Descriptor const& file, std::size_t size, std::uint64_t offset) {
  std::string bytes(size, '\0');
  ssize_t const n = uninterrupted(
      [&] { return ::pread(file.get(), bytes.data(), size, static_cast<off_t>(offset)); });
  bytes.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return bytes;
}

/// Returns the loader that an ELF file of this machine's width asks for; empty if it asks for none.
inline std::string loader_of(Descriptor const& file) {
  std::string const head = bytes_of(file, sizeof(Elf64_Ehdr), 0);
  if (head.size() < sizeof(Elf64_Ehdr) || head[EI_CLASS] != ELFCLASS64) return {};
  Elf64_Ehdr elf;
  std::memcpy(&elf, head.data(), sizeof elf);
  for (unsigned i = 0; i < least<unsigned>(elf.e_phnum, 64); ++i) {
    std::string const bytes =
        bytes_of(file, sizeof(Elf64_Phdr), elf.e_phoff + std::uint64_t{i} * elf.e_phentsize);
    Elf64_Phdr segment;
    if (bytes.size() < sizeof segment) return {};
    std::memcpy(&segment, bytes.data(), sizeof segment);
    if (segment.p_type != PT_INTERP) continue;
    std::string name = bytes_of(file, least<std::size_t>(segment.p_filesz, 4096), segment.p_offset);
    return name.substr(0, name.find('\0'));
  }
  return {};
}

/// What a script's first line names, blanks around it taken off.
inline std::string interpreter_of(std::string_view head) {
  std::string_view line = head.substr(2, head.find('\n') - 2);
  line.remove_prefix(least(line.find_first_not_of(" \t"), line.size()));
  return std::string(line.substr(0, line.find_first_of(" \t")));
}

/// Returns why a file that is there answers ENOENT; empty if that is not known.
inline std::string missing_helper(std::string const& path) {
  auto const file = open_file(path, O_RDONLY | O_NONBLOCK);
  if (!file) return {};
  std::string const head = bytes_of(*file, 256, 0);
  if (head.starts_with("#!")) {
    std::string const name = interpreter_of(head);
    if (name.ends_with('\r')) return "its first line ends with a carriage return, as on Windows";
    return ::access(name.c_str(), F_OK) != 0 ? "its interpreter " + name + " is not there" : "";
  }
  if (!head.starts_with(ELFMAG)) return {};
  std::string const name = loader_of(*file);
  if (name.empty() || ::access(name.c_str(), F_OK) == 0) return {};
  return "its loader " + name + " is not there: it was built for another system or C library";
}

/// Why a file that is there answers EACCES.
inline std::string missing_right(std::string const& path, struct stat const& about) {
  if (S_ISDIR(about.st_mode)) return "it is a directory";
  if (!S_ISREG(about.st_mode)) return "it is no regular file";
  if ((about.st_mode & 0111) == 0) return "it is not executable: chmod +x it";
  if (::access(path.c_str(), X_OK) != 0) return "this user may not execute it";
  return "its file system is mounted noexec, or its interpreter may not be executed";
}

inline std::string of_the_file(std::string const& path, int number) {
  struct stat about {};
  bool const there = ::stat(path.c_str(), &about) == 0;
  if (number == ENOENT && there) return missing_helper(path);
  if (number == EACCES && there) return missing_right(path, about);
  if (number != ENOEXEC || !there) return {};
  auto const file = open_file(path, O_RDONLY | O_NONBLOCK);
  if (file && bytes_of(*file, 4, 0) == ELFMAG) return "it was built for another kind of processor";
  return "it is no program, and has no first line such as #!/bin/sh";
}

}  // namespace detail

/// Returns true if a start failed because the machine, or the limits of its container, had no room
/// at that moment.
[[nodiscard]] constexpr bool is_shortage(int number) noexcept {
  return number == EAGAIN || number == ENOMEM || number == EMFILE || number == ENFILE;
}

/// Explains in one line why a program could not be started; `number` is the errno of the start.
[[nodiscard]] inline std::string start_failure(std::string const& name, int number) {
  std::string text = system_error(name, number).message;
  if (number == EAGAIN || number == ENOMEM) {
    return text + "; the limit of processes or memory (pids, ulimit -u) is reached";
  }
  if (is_shortage(number)) return text + "; the limit of open files (ulimit -n) is reached";
  if (number == E2BIG) return text + "; the words and the environment are too long for one program";
  if (number == EPERM) return text + "; a security policy of the container may forbid it";
  for (std::string const& path : detail::candidates(name)) {
    std::string const why = detail::of_the_file(path, number);
    if (!why.empty()) return text + "; " + why;
  }
  bool const bare = name.find('/') == std::string::npos;
  if (number != ENOENT || !bare) return text;
  char const* const path = std::getenv("PATH");
  return text + "; it is in no folder of PATH=" + (path != nullptr ? path : "");
}

/// Explains in one line why a program could not be started, as far as a look at its file tells;
/// empty if nothing speaks against it.
[[nodiscard]] inline std::string foreseen_failure(std::string const& name) {
  int number = ENOENT;
  for (std::string const& path : detail::candidates(name)) {
    struct stat about {};
    if (::stat(path.c_str(), &about) != 0) continue;
    bool const runs = S_ISREG(about.st_mode) && ::access(path.c_str(), X_OK) == 0;
    if (!runs) number = EACCES;
    if (!runs) continue;
    return detail::missing_helper(path).empty() ? std::string() : start_failure(name, ENOENT);
  }
  return start_failure(name, number);
}

/// Explains why the first program of a command text did not start, where a shell answered 126 or
/// 127; empty if there is nothing to add to the shell's own words.
[[nodiscard]] inline std::string shell_failure(std::vector<std::string> const& words, int code) {
  bool const shell = words.size() >= 3 && words[0] == "/bin/sh" && words[1] == "-c";
  if (!shell || (code != 126 && code != 127)) return {};
  std::string const name = words.back().substr(0, words.back().find_first_of(" \t\n"));
  if (name.find('/') == std::string::npos) return {};
  for (int const number : {code == 127 ? ENOENT : EACCES, ENOEXEC}) {
    std::string const why = detail::of_the_file(name, number);
    if (!why.empty()) return "could not start " + name + ": " + why;
  }
  return {};
}

}  // namespace sla::inline v1::internal
