// SPDX-License-Identifier: MIT
// Covers: aws/credential/process_output.hpp
#include "sla/aws/credential/process.hpp"

#include <doctest/doctest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <string_view>
#include <thread>

#include "sla/core/parse_time.hpp"

using namespace sla;
using namespace sla::aws;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view good =
    R"({"Version":1,"AccessKeyId":"ASIA1","SecretAccessKey":"s3cret","SessionToken":"t0ken",)"
    R"("Expiration":"2026-01-01T01:00:00Z","AccountId":"123456789012"})";
WallTime const now = *parse_iso_time("2026-01-01T00:00:00Z");

Environment environment() {
  Environment variables;
  variables.set("PATH", "/usr/bin:/bin");
  variables.set("ANSWER", std::string(good));
  return variables;
}
Result<Credentials> run(std::string command, CommandLimits options = {}) {
  return ProcessCredentials(std::move(command), environment(), std::move(options)).credentials(now);
}
std::string failure(std::string command, CommandLimits options = {}) {
  auto const keys = run(std::move(command), std::move(options));
  REQUIRE_FALSE(keys);
  return keys.error().message;
}
std::string refusal(std::string_view output) {
  auto const keys = parse_process_credentials(output);
  REQUIRE_FALSE(keys);
  CHECK(keys.error().code == Errc::malformed);
  CHECK(keys.error().message.find("s3cret") == std::string::npos);
  return keys.error().message;
}

}  // namespace

TEST_CASE("a command gives keys, through the shell and with the environment") {
  auto const keys = run("printf %s \"$ANSWER\"");
  REQUIRE(keys);
  CHECK(keys->access_key_id == "ASIA1");
  CHECK(keys->secret_access_key.reveal() == "s3cret");
  CHECK(keys->session_token.reveal() == "t0ken");
  CHECK(keys->expires == parse_iso_time("2026-01-01T01:00:00Z"));
  CHECK(keys->account_id == "123456789012");
  CHECK(keys->source == "credential_process");
}

TEST_CASE("a command gives keys also where the process was started with SIGCHLD ignored") {
  ::signal(SIGCHLD, SIG_IGN);
  auto const keys = run("printf %s \"$ANSWER\"");
  REQUIRE_MESSAGE(keys, keys.error().message);
  CHECK(keys->access_key_id == "ASIA1");
}

TEST_CASE("keys without token and expiration last") {
  auto const keys =
      parse_process_credentials(R"({"Version":1,"AccessKeyId":"a","SecretAccessKey":"b"})");
  REQUIRE(keys);
  CHECK(keys->session_token.empty());
  CHECK_FALSE(keys->expires);
}

TEST_CASE("rubbish is an error that does not show it") {
  for (std::string const text : {"s3cret", ""}) {
    CHECK(refusal(text).starts_with("the answer cannot be understood: it is not JSON ("));
  }
  CHECK(refusal(R"({"Version":"1","AccessKeyId":"a","SecretAccessKey":"s3cret"})") ==
        "the answer cannot be understood: its Version is not the number 1");
  CHECK(refusal(R"({"Version":2,"AccessKeyId":"a","SecretAccessKey":"s3cret"})") ==
        "the answer cannot be understood: its Version is not the number 1");
  CHECK(refusal(R"({"Version":1,"SecretAccessKey":"s3cret"})") ==
        "the answer cannot be understood: it has no AccessKeyId");
  CHECK(refusal(
            R"({"Version":1,"AccessKeyId":"a","SecretAccessKey":"s3cret","Expiration":"soon"})") ==
        "the expiration is not a time such as 2026-01-01T00:00:00Z");
  CHECK(refusal(R"({"Version":1,"AccessKeyId":"a","SecretAccessKey":"s3cret\r\nHeader: 1"})") ==
        "the secret access key holds a character that cannot be in it, such as a blank");
}

TEST_CASE("a command that fails is shown by what it wrote to stderr and never to stdout") {
  CHECK(failure("echo s3cret; echo 'no session: log in' >&2; exit 3") ==
        "credential_process: it failed with exit code 3: no session: log in");
  CHECK(failure("exit 1") == "credential_process: it failed with exit code 1");
  CHECK(failure("kill -9 $$") == "credential_process: it failed with exit code 137");
  std::string const long_one = failure("head -c 100000 /dev/zero | tr '\\0' x >&2; exit 1");
  CHECK(long_one.size() < 400);
  CHECK(failure("printf '\\033[1mred' >&2; exit 1").find('\033') == std::string::npos);
}

TEST_CASE("a command that hangs is ended with all that it started") {
  auto const keys = run("sleep 1000 & sleep 1000", {.limit = 50ms});
  REQUIRE_FALSE(keys);
  CHECK(keys.error() ==
        Error{Errc::timed_out, "credential_process: it took too long and was ended"});
}

TEST_CASE("a command that hangs is ended by a stop") {
  Stop const stop{{.budget = 0s}};
  std::thread other([&] { stop.request(); });
  auto const keys = run("sleep 1000", {.limit = 1h, .stop = &stop});
  other.join();
  REQUIRE_FALSE(keys);
  CHECK(keys.error() ==
        Error{Errc::stopped, "credential_process: it was ended because of the stop"});
}

TEST_CASE("a command that is done within what a stop leaves gives keys") {
  Stop const stop{{.budget = 1min}};
  stop.request();
  CHECK(run("sleep 0.1; printf %s \"$ANSWER\"", {.limit = 1h, .stop = &stop}));
}

TEST_CASE("a command that writes without end is ended") {
  CHECK(failure("yes") == "credential_process: it writes too much");
}

TEST_CASE("what a command leaves running is not waited for") {
  CHECK(run("printf %s \"$ANSWER\"; sleep 3 &", {.limit = 2s}));
}

TEST_CASE("a command reads nothing from stdin") {
  CHECK(run("read line || printf %s \"$ANSWER\"", {.limit = 10s}));
}

TEST_CASE("a command gets no signal blocked and none of our descriptors") {
  sigset_t blocked, before;
  ::sigemptyset(&blocked);
  ::sigaddset(&blocked, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &blocked, &before);
  int const ours = ::dup(STDIN_FILENO);
  CHECK(failure("grep SigBlk /proc/self/status >&2; exit 1") ==
        "credential_process: it failed with exit code 1: SigBlk: 0000000000000000");
  CHECK(failure("test -e /proc/self/fd/" + std::to_string(ours) + " && echo leaked >&2; exit 1") ==
        "credential_process: it failed with exit code 1");
  ::close(ours);
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
}

TEST_CASE("without a shell a command of plain words runs") {
  CommandLimits const no_shell{.shell = "/nowhere/sh"};
  CHECK(run("printenv  ANSWER", no_shell));
  CHECK(run("printenv \"ANS\"'WER'", no_shell));
  CHECK(failure("printf %s \"$ANSWER\"", no_shell) ==
        "credential_process: the command needs a shell for its `$` and there is no /bin/sh here; "
        "quote what is meant as it stands");
  CHECK(failure("/nowhere/program", no_shell) ==
        "credential_process: /nowhere/program: No such file or directory");
  CHECK(failure(" ", no_shell) == "credential_process: the command is empty");
}

TEST_CASE("keys that have expired already are not used") {
  auto const late = ProcessCredentials("printf %s \"$ANSWER\"", environment())
                        .credentials(*parse_iso_time("2026-01-01T01:00:00Z"));
  REQUIRE_FALSE(late);
  CHECK(late.error().code == Errc::expired);
}
