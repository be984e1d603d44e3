// SPDX-License-Identifier: MIT
#include "sla/process/start_failure.hpp"

#include <doctest/doctest.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "../support/test_child.hpp"

using namespace sla;
using namespace sla::internal;
using support::file_in;

namespace {

/// A copy of a program of this system with another loader of the same length.
std::string with_another_loader(TemporaryFolder const& folder) {
  auto const program = read_file("/bin/true", 1U << 20U);
  REQUIRE(program);
  std::string bytes = *program;
  std::string const name = internal::detail::loader_of(*open_file("/bin/true", O_RDONLY));
  REQUIRE(name.size() > 8);
  bytes.replace(bytes.find(name), 5, "/musl");
  return file_in(folder, "foreign", bytes, 0755);
}

}  // namespace

TEST_CASE("a look at its file tells why a program will not start, or that nothing is known") {
  TemporaryFolder const folder;
  ::setenv("PATH", (folder.path() + ":/usr/bin:/bin").c_str(), 1);
  (void)file_in(folder, "sla-no-right", "#!/bin/sh\n", 0644);
  (void)file_in(folder, "true", "#!/bin/sh\n", 0644);  // another of that name is found after it
  std::string const lost = file_in(folder, "lost", "#!/bin/bsh\n", 0755);
  CHECK(foreseen_failure("true").empty());
  CHECK(foreseen_failure("/bin/true").empty());
  CHECK(foreseen_failure(file_in(folder, "text", "echo hello\n", 0755)).empty());
  CHECK(foreseen_failure("/there/is/none") == "/there/is/none: No such file or directory");
  CHECK(foreseen_failure("sla-no-such-command") ==
        "sla-no-such-command: No such file or directory; it is in no folder of PATH=" +
            folder.path() + ":/usr/bin:/bin");
  CHECK(foreseen_failure("sla-no-right") ==
        "sla-no-right: Permission denied; it is not executable: chmod +x it");
  CHECK(foreseen_failure(lost) ==
        lost + ": No such file or directory; its interpreter /bin/bsh is not there");
  CHECK(foreseen_failure(folder.path()) ==
        folder.path() + ": Permission denied; it is a directory");
}

TEST_CASE("a program that did not start is explained by what is wrong with its file") {
  TemporaryFolder const folder;
  ::setenv("PATH", "/usr/bin:/bin", 1);
  std::string const foreign = with_another_loader(folder);
  struct {
    std::string name;
    int number;
    std::string why;
  } const table[] = {
      {"/there/is/none", ENOENT, "No such file or directory"},
      {"sla-no-such-command", ENOENT,
       "No such file or directory; it is in no folder of PATH=/usr/bin:/bin"},
      {file_in(folder, "script", "#!/bin/bsh -e\n", 0755), ENOENT,
       "No such file or directory; its interpreter /bin/bsh is not there"},
      {file_in(folder, "blanks", "#!  /bin/bsh\t-e", 0755), ENOENT,
       "No such file or directory; its interpreter /bin/bsh is not there"},
      {file_in(folder, "windows", "#!/bin/sh\r\nexit 0\r\n", 0755), ENOENT,
       "No such file or directory; its first line ends with a carriage return, as on Windows"},
      {foreign, ENOENT,
       "No such file or directory; its loader /musl" +
           internal::detail::loader_of(*open_file("/bin/true", O_RDONLY)).substr(5) +
           " is not there: it was built for another system or C library"},
      {file_in(folder, "plain", "#!/bin/sh\n", 0644), EACCES,
       "Permission denied; it is not executable: chmod +x it"},
      {folder.path(), EACCES, "Permission denied; it is a directory"},
      {"/dev/null", EACCES, "Permission denied; it is no regular file"},
      {file_in(folder, "text", "echo hello\n", 0755), ENOEXEC,
       "Exec format error; it is no program, and has no first line such as #!/bin/sh"},
      {"/bin/true", ENOEXEC, "Exec format error; it was built for another kind of processor"},
      {"/bin/true", E2BIG,
       "Argument list too long; the words and the environment are too long for one program"},
      {"/bin/true", EAGAIN,
       "Resource temporarily unavailable; the limit of processes or memory (pids, ulimit -u) is "
       "reached"},
      {"/bin/true", ENOMEM,
       "Cannot allocate memory; the limit of processes or memory (pids, ulimit -u) is reached"},
      {"/bin/true", EMFILE, "Too many open files; the limit of open files (ulimit -n) is reached"},
      {"/bin/true", EPERM,
       "Operation not permitted; a security policy of the container may forbid it"},
      {"/bin/true", EIO, "Input/output error"},
  };
  for (auto const& row : table)
    CHECK(start_failure(row.name, row.number) == row.name + ": " + row.why);
}

TEST_CASE("a shortage is what may be over a moment later") {
  for (int const number : {EAGAIN, ENOMEM, EMFILE, ENFILE}) CHECK(is_shortage(number));
  for (int const number : {0, ENOENT, EACCES, EPERM, E2BIG, ENOEXEC})
    CHECK_FALSE(is_shortage(number));
}

TEST_CASE("a shell's 126 and 127 are explained where its words say the wrong thing") {
  TemporaryFolder const folder;
  std::string const script = file_in(folder, "script", "#!/bin/bsh\n", 0755);
  std::string const plain = file_in(folder, "plain", "#!/bin/sh\n", 0644);
  auto const shell = [](std::string text) {
    return std::vector<std::string>{"/bin/sh", "-c", std::move(text)};
  };
  CHECK(shell_failure(shell(script + " --all"), 127) ==
        "could not start " + script + ": its interpreter /bin/bsh is not there");
  CHECK(shell_failure(shell(plain), 126) ==
        "could not start " + plain + ": it is not executable: chmod +x it");
  CHECK(shell_failure(shell(script), 1).empty());
  CHECK(shell_failure(shell("/bin/true; exit 127"), 127).empty());
  CHECK(shell_failure(shell("nothing"), 127).empty());
  CHECK(shell_failure(shell(""), 127).empty());
  CHECK(shell_failure({script}, 127).empty());
  CHECK(shell_failure({}, 127).empty());
}
