// SPDX-License-Identifier: MIT
#include "sla/app/access/local.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/temporary_folder.hpp"

using namespace sla;
using namespace sla::app;

TEST_CASE(
    "a folder that can be written to is left as it was, and one that is to come is not made") {
  TemporaryFolder const folder;
  CHECK(app::detail::write_problem(folder.path()) == 0);
  CHECK(app::detail::write_problem(folder.path() + "/a/b/c//") == 0);
  CHECK(app::detail::name_problem(folder.path() + "/x") == 0);
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("what is no folder, or below a file, is told") {
  TemporaryFolder const folder;
  std::ofstream(folder.path() + "/file") << "x";
  CHECK(app::detail::write_problem(folder.path() + "/file") == ENOTDIR);
  CHECK(app::detail::write_problem(folder.path() + "/file/below") == ENOTDIR);
  CHECK(app::detail::name_problem(folder.path() + "/file") == EEXIST);
  CHECK(app::detail::write_problem("/proc/none") != 0);
}

TEST_CASE("a program is looked for as it is when it is started") {
  CHECK(app::detail::start_problem("true").empty());
  CHECK(app::detail::start_problem("/bin/sh").empty());
  CHECK(app::detail::start_problem("/no/such/program") ==
        "/no/such/program: No such file or directory");
  TemporaryFolder const folder;
  std::string const script = folder.path() + "/script";
  std::ofstream(script) << "#!/no/such/shell\n";
  CHECK(app::detail::start_problem(script).find("it is not executable") != std::string::npos);
  REQUIRE(::chmod(script.c_str(), 0755) == 0);
  CHECK(app::detail::start_problem(script) ==
        script + ": its interpreter /no/such/shell is not there");
}
