// SPDX-License-Identifier: MIT
// Covers: app/healthcheck.hpp
// What each of them does when it runs is in the tests of the system.
#include "sla/app/commands.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sla/core/descriptor.hpp"

using namespace sla;
using namespace sla::app;

namespace {

/// Runs the program without any variables; nobody reads what it prints.
int run(std::vector<char const*> const& words) {
  int const descriptors[] = {STDOUT_FILENO, STDERR_FILENO};
  Descriptor const nobody = open_file("/dev/null", O_WRONLY).value();
  std::vector<Descriptor> before;
  for (int const descriptor : descriptors) {
    before.emplace_back(::dup(descriptor));
    ::dup2(nobody.get(), descriptor);
  }
  int const code = app::detail::run_words(words, {});
  for (int const descriptor : descriptors) {
    ::dup2(before[descriptor == STDOUT_FILENO ? 0 : 1].get(), descriptor);
  }
  return code;
}

}  // namespace

TEST_CASE("every command has a name, a function, and exit codes in order, usage among them") {
  std::set<std::string_view> names;
  for (Command const* const command : commands) {
    CAPTURE(std::string(command->name));
    CHECK(names.insert(command->name).second);
    CHECK((command->run != nullptr));
    int before = -1;
    bool usage = false;
    for (ExitCode const& exit : command->exit_codes) {
      if (exit.meaning.empty()) break;
      CHECK(exit.code > before);
      before = exit.code;
      usage = usage || exit.code == exit_usage;
    }
    CHECK(usage);
  }
}

TEST_CASE("help shows each flag, variable and default once, in 100 columns") {
  for (Command const* const command : commands) {
    CAPTURE(std::string(command->name));
    std::string const help = app::detail::help_of(*command);
    CHECK(help.ends_with('\n'));
    for (std::string_view const line : split(help, '\n')) {
      CAPTURE(std::string(line));
      CHECK(line.size() <= 100);
      CHECK_FALSE(line.ends_with(' '));
    }
    for (Flag const& flag : command->flags) {
      CAPTURE(flag.spelled());
      CHECK(help.find("\n  " + flag.spelled()) != std::string::npos);
      CHECK(help.find(flag.variable) != std::string::npos);
      CHECK(help.find(flag.fallback) != std::string::npos);
      CHECK_FALSE(flag.meaning.empty());
    }
  }
}

TEST_CASE("the help of the program lists the other commands") {
  std::string const help = app::detail::help_of(run_command);
  for (Command const* const command : commands) {
    CHECK(help.find("\n  " + std::string(command->name)) != std::string::npos);
    CHECK(help.find(command->purpose.substr(0, 40)) != std::string::npos);
  }
}

TEST_CASE("each command knows help, and refuses what it does not know") {
  for (Command const* const command : commands) {
    std::string const name(command->name);
    CAPTURE(name);
    std::string const program = command->own_program ? "/usr/bin/" + name : "sla-runner";
    auto const with = [&](char const* word) {
      std::vector<char const*> words{program.c_str()};
      if (!command->own_program && !name.empty()) words.push_back(name.c_str());
      words.push_back(word);
      return run(words);
    };
    for (char const* const word : {"--help", "-h", "--version"}) CHECK(with(word) == exit_success);
    for (char const* const word : {"--bogus", "-x", "--help-me", "--help=me"}) {
      CHECK(with(word) == exit_usage);
    }
    CHECK(run({"sla-runner", "help", name.c_str()}) == exit_success);
  }
}

TEST_CASE("the name of the program comes first, then the first word") {
  CHECK(run({"sla-runner", "version"}) == exit_success);
  CHECK(run({"x", "help"}) == exit_success);
  CHECK(run({"sla-runner", "help", "help"}) == exit_success);
  CHECK(run({"sla-runner", "help", "nothing"}) == exit_usage);
  CHECK(run({"sla-runner", "help", "spool", "list"}) == exit_usage);
  CHECK(run({"sla-runner", "spol", "list"}) == exit_usage);
  CHECK(run({"sla-runner", "ssm-starter", "--help"}) == exit_usage);
  CHECK(run({"./ssm-starter", "version"}) == exit_usage);
  CHECK(run({"/ssm-starter/sla-runner", "version"}) == exit_success);
  CHECK(run({"sla-runner", ""}) == exit_usage);
  CHECK(run({"my-ssm-starter"}) == exit_settings);
  CHECK(run({}) == exit_settings);
}
