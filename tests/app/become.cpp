// SPDX-License-Identifier: MIT
#include "sla/app/become.hpp"

#include <doctest/doctest.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <vector>

#include "../support/temporary_folder.hpp"

using namespace sla;
using namespace sla::app;
using Words = std::vector<std::string>;

TEST_CASE("words stay as they are") {
  CHECK(command_of({"run", "a b", ""}).value() == Words{"run", "a b", ""});
  CHECK(command_of({"run"}).value() == Words{"run"});
}

TEST_CASE("a single text is read as the shell would") {
  CHECK(command_of({"run 'a b' $X"}).value() == Words{"/bin/sh", "-c", "run 'a b' $X"});
}

TEST_CASE("a text that starts this program needs no shell that finds it") {
  CHECK(command_of({"sla-runner --groups 'a b'"}).value() ==
        Words{"sla-runner", "--groups", "a b"});
  CHECK(command_of({"sla-runner $X"}).value() == Words{"/bin/sh", "-c", "sla-runner $X"});
}

TEST_CASE("the name of a file is no text") {
  TemporaryFolder const folder;
  write_file(folder / "my program", "");
  CHECK(command_of({folder / "my program"}).value() == Words{folder / "my program"});
}

TEST_CASE("what cannot be started is told, with the exit code of a shell") {
  Error const none = become({"no-such-program"});
  CHECK(none.message == "no-such-program: No such file or directory");
  CHECK(none.system_number() == ENOENT);
  auto const code = [](std::vector<std::string_view> const& words) {
    return become_command("ssm-starter", words);
  };
  CHECK(code({"no-such-program"}) == 127);
  CHECK(code({"/nowhere/program", "x"}) == 127);
  CHECK(code({"/etc/passwd"}) == 126);
}
