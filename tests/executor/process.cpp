// SPDX-License-Identifier: MIT
// Covers: executor/process_options.hpp
// Covers: executor/run_output.hpp
// $SLA_TEST_RUNS is the number of runs that leave orphans (256 unless told).
#include "sla/executor/process.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "../support/child_process.hpp"
#include "../support/hanging_program.hpp"
#include "../support/memory_file.hpp"
#include "../support/started_program.hpp"
#include "../support/temporary_folder.hpp"
#include "../support/test_child.hpp"
#include "sla/aws/credential/process_output.hpp"

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using support::test_child;
using Words = std::vector<std::string>;

Words shell(std::string const& text) { return {"/bin/sh", "-c", text}; }

/// Nothing is passed on, so that the report of this test stays readable.
sla::ProcessOptions quiet() { return {.pass_through = -1}; }

struct Ran {
  sla::Outcome outcome;
  std::string text;
  sla::Duration took{};
};

/// Runs the words, and holds the run to its promise: no child, no descriptor, no signal mask.
Ran run(Words const& words, sla::ProcessOptions const& options, sla::Stop const& stop) {
  int const descriptors = support::open_descriptors();
  sigset_t before;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &before);
  auto const begin = std::chrono::steady_clock::now();
  auto outcome = sla::internal::Process<sla::NoDigest>(options, stop).run(words, "an-id");
  auto const took = std::chrono::steady_clock::now() - begin;
  REQUIRE_MESSAGE(outcome, outcome.error().message);
  auto text = outcome->output.text();
  REQUIRE_MESSAGE(text, text.error().message);
  outcome->output = {};  // it may hold a file
  sigset_t after;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &after);
  for (int signal = 1; signal < NSIG; ++signal) {
    REQUIRE(::sigismember(&before, signal) == ::sigismember(&after, signal));
  }
  CHECK(support::open_descriptors() == descriptors);
  if (options.end_leftovers()) CHECK(support::no_child_is_left());
  return {*std::move(outcome), *std::move(text), took};
}

Ran run(Words const& words, sla::ProcessOptions const& options = quiet()) {
  sla::Stop const stop;
  return run(words, options, stop);
}

/// Runs the words while another process tells this one to stop; only the budget is short.
Ran run_and_stop(Words const& words, sla::Duration budget, sla::ProcessOptions options) {
  auto const stop = sla::Stop::on_signals({.budget = budget, .told_twice = sla::Duration::zero()});
  REQUIRE(stop);
  return run(words, options, *stop);
}

bool not_root() {
  if (::geteuid() == 0) return false;
  MESSAGE("skipped: only root can set this up");
  return true;
}

/// Ends and reaps the children that a test left behind.
void end_all_children() {
  while (!support::no_child_is_left()) {
    for (pid_t const pid : sla::internal::process_ids()) {
      if (sla::internal::read_row(pid).parent == ::getpid()) ::kill(pid, SIGKILL);
    }
    (void)sla::internal::reap_children();
  }
}

std::string marker(std::uint64_t left_out) {
  return "\n[sla-runner: " + std::to_string(left_out) + " bytes left out here]\n";
}

constexpr char was_ended[] = "the command went on in the background and was ended";
constexpr char went_on[] =
    "the command went on in the background, where its exit code is not known";

}  // namespace

TEST_CASE("every exit code is reported as it is") {
  for (int code = 0; code < 256; ++code) {
    auto const outcome = run(test_child({"exit", std::to_string(code)})).outcome;
    REQUIRE(outcome.exit_code == code);
    REQUIRE(outcome.signal == 0);
    REQUIRE(outcome.verdict == (code == 0 ? sla::Verdict::pass : sla::Verdict::fail));
    REQUIRE(outcome.remark.empty());
    REQUIRE(outcome.ended);
  }
}

TEST_CASE("a command that a signal ends is signaled, with 128+n as a shell has it") {
  rlimit const no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  for (int const signal : {SIGHUP, SIGINT, SIGQUIT, SIGILL, SIGABRT, SIGFPE, SIGKILL, SIGSEGV,
                           SIGPIPE, SIGALRM, SIGTERM, SIGUSR1, SIGUSR2, SIGBUS, SIGSYS}) {
    auto const outcome = run(test_child({"kill", std::to_string(signal)})).outcome;
    CHECK(outcome.verdict == sla::Verdict::signaled);
    CHECK(outcome.signal == signal);
    CHECK(outcome.exit_code == 128 + signal);
  }
}

TEST_CASE("a program that cannot be started is a spawn error, 127 or 126 as a shell has it") {
  ::setenv("PATH", "/usr/bin:/bin", 1);  // a folder that may not be read would be EACCES
  TemporaryFolder const folder;
  struct {
    std::string program;
    int code;
    std::string_view reason;
  } const table[] = {
      {"/there/is/none", 127, "No such file or directory"},
      {"sla-no-such-command", 127, "No such file or directory"},
      {support::file_in(folder, "interpreter", "#!/there/is/none\n", 0755), 127,
       "No such file or directory"},
      {support::file_in(folder, "plain", "#!/bin/sh\n", 0644), 126, "Permission denied"},
      {folder.path(), 126, "Permission denied"},
      {support::file_in(folder, "text", "no program\n", 0755), 126, "Exec format error"},
  };
  for (auto const& row : table) {
    auto const ran = run({row.program});
    CHECK(ran.outcome.verdict == sla::Verdict::spawn_error);
    CHECK(ran.outcome.exit_code == row.code);
    CHECK(ran.outcome.signal == 0);
    CHECK(ran.outcome.remark.empty());
    CHECK(ran.outcome.reason.starts_with("could not start " + row.program + ": " +
                                         std::string(row.reason)));
    CHECK(ran.text.empty());
  }
}

TEST_CASE("no command at all is an error, not an outcome") {
  sla::Stop const stop;
  auto const options = quiet();
  auto const outcome = sla::internal::Process<sla::NoDigest>(options, stop).run({}, "");
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().code == sla::Errc::invalid);
}

TEST_CASE("a command that takes too long is told to end: a timeout") {
  auto options = quiet();
  options.timeout = milliseconds{50};
  options.grace = seconds{20};
  auto const ran = run({"/bin/sleep", "60"}, options);
  CHECK(ran.outcome.verdict == sla::Verdict::timeout);
  CHECK(ran.outcome.signal == SIGTERM);
  CHECK(ran.outcome.exit_code == 128 + SIGTERM);
  CHECK(ran.took >= milliseconds{50});
  CHECK(ran.took < seconds{20});
}

TEST_CASE("a timeout stays one whatever the command then says, and its last words are kept") {
  auto options = quiet();
  options.timeout = seconds{1};
  options.grace = seconds{20};
  auto const ran = run(shell("trap 'echo bye; exit 0' TERM; echo ready; sleep 60 & wait"), options);
  CHECK(ran.outcome.verdict == sla::Verdict::timeout);
  CHECK(ran.outcome.exit_code == 0);
  CHECK(ran.text == "ready\nbye\n");
}

TEST_CASE("a command that ignores TERM is killed after the grace") {
  auto options = quiet();
  options.timeout = milliseconds{800};
  options.grace = milliseconds{100};
  auto const ran = run(test_child({"ignore-term"}), options);
  CHECK(ran.outcome.verdict == sla::Verdict::timeout);
  CHECK(ran.outcome.signal == SIGKILL);
  CHECK(ran.outcome.exit_code == 137);
  CHECK(ran.outcome.remark.empty());
  CHECK(ran.text == "ready\n");
  CHECK(ran.took >= milliseconds{900});
  CHECK(ran.took < seconds{20});
}

TEST_CASE("a whole group that ignores TERM is killed, and so is who left the group") {
  auto options = quiet();
  options.timeout = seconds{1};
  options.grace = milliseconds{100};
  auto const ran = run(
      shell("trap '' TERM; setsid sleep 60 & sh -c 'sleep 60' & echo ready; sleep 60; sleep 60"),
      options);
  CHECK(ran.outcome.verdict == sla::Verdict::timeout);
  CHECK(ran.text == "ready\n");
}

TEST_CASE("of what the runner itself ends nothing is said to have gone on in the background") {
  auto options = quiet();
  options.timeout = milliseconds{500};
  options.grace = milliseconds{100};
  std::string const many = "for i in $(seq 150); do sleep 60 & done; wait; sleep 60";
  for (int i = 0; i < 6; ++i) {  // the shell often ends before the last of them does
    auto const ran = run(shell((i % 2 == 0 ? "trap '' TERM; " : "") + many), options);
    CHECK(ran.outcome.verdict == sla::Verdict::timeout);
    CHECK(ran.outcome.remark.find("is not known") == std::string::npos);
  }
}

TEST_CASE("a stopped command is ended all the same") {
  auto options = quiet();
  options.timeout = milliseconds{200};
  options.grace = seconds{20};
  auto const ran = run(shell("kill -STOP $$; sleep 60"), options);
  CHECK(ran.outcome.verdict == sla::Verdict::timeout);
  CHECK(ran.took < seconds{20});
}

TEST_CASE("no limit is no limit") {
  auto options = quiet();
  options.timeout = sla::Duration::zero();
  CHECK(run({"/bin/sleep", "0.1"}, options).outcome.verdict == sla::Verdict::pass);
}

TEST_CASE("told to stop, a run that ends by itself within the budget counts") {
  auto const ran = run_and_stop(shell("kill -TERM $PPID; sleep 0.2; exit 3"), seconds{25}, quiet());
  CHECK(ran.outcome.verdict == sla::Verdict::fail);
  CHECK(ran.outcome.exit_code == 3);
  CHECK(ran.took >= milliseconds{200});
}

TEST_CASE("told to stop before it begins, a run still ends by itself within the budget") {
  sla::Stop const stop;
  stop.request();
  CHECK(run(shell("sleep 0.1; exit 4"), quiet(), stop).outcome.exit_code == 4);
}

TEST_CASE("told to stop, a run that needs too long is cut short in time for the delivery") {
  auto options = quiet();
  options.delivery = milliseconds{1500};
  options.grace = milliseconds{500};
  auto const ran = run_and_stop(shell("kill -TERM $PPID; sleep 60"), milliseconds{2200}, options);
  CHECK(ran.outcome.verdict == sla::Verdict::interrupted);
  CHECK(ran.outcome.signal == SIGTERM);
  CHECK(ran.took >= milliseconds{200});
  CHECK(ran.took < milliseconds{2200});
}

TEST_CASE("told to stop, a run that is deaf to TERM is killed in time for the delivery") {
  auto options = quiet();
  options.delivery = milliseconds{1500};
  options.grace = milliseconds{300};
  auto const ran = run_and_stop(shell("trap '' TERM; kill -INT $PPID; sleep 60; sleep 60"),
                                milliseconds{2200}, options);
  CHECK(ran.outcome.verdict == sla::Verdict::interrupted);
  CHECK(ran.outcome.signal == SIGKILL);
  CHECK(ran.took >= milliseconds{700});
  CHECK(ran.took < milliseconds{2200});
}

TEST_CASE("a budget that is too short for any grace still gets its TERM") {
  auto options = quiet();
  auto const ran =
      run_and_stop(shell("trap 'echo bye; exit 0' TERM; kill -TERM $PPID; sleep 60 & wait; wait"),
                   milliseconds{5200}, options);  // 200 ms before the delivery, a grace of 5 s
  CHECK(ran.outcome.verdict == sla::Verdict::interrupted);
  CHECK(ran.text == "bye\n");
  CHECK(ran.took < seconds{5});
}

TEST_CASE("a second request ends the run now") {
  auto const ran =
      run_and_stop(shell("kill -TERM $PPID; kill -INT $PPID; sleep 60"), seconds{60}, quiet());
  CHECK(ran.outcome.verdict == sla::Verdict::interrupted);
  CHECK(ran.outcome.signal == SIGTERM);
  CHECK(ran.took < seconds{20});
}

TEST_CASE("a second request ends the run now, also when it is deaf to TERM") {
  auto options = quiet();
  options.grace = milliseconds{100};
  auto const ran =
      run_and_stop(shell("trap '' TERM; kill -TERM $PPID; kill -INT $PPID; sleep 60; sleep 60"),
                   seconds{60}, options);
  CHECK(ran.outcome.verdict == sla::Verdict::interrupted);
  CHECK(ran.outcome.signal == SIGKILL);
  CHECK(ran.took < seconds{20});
}

TEST_CASE("a request from another thread wakes the run") {
  sla::Stop const stop;
  std::thread caller([&] {
    stop.request();
    stop.request();
  });
  auto const ran = run({"/bin/sleep", "60"}, quiet(), stop);
  caller.join();
  CHECK(ran.outcome.verdict == sla::Verdict::interrupted);
  CHECK(ran.took < seconds{20});
}

TEST_CASE("a run's own limit comes before that of a stop, and stays a timeout") {
  auto options = quiet();
  options.timeout = milliseconds{200};
  auto const ran = run_and_stop(shell("kill -TERM $PPID; sleep 60"), seconds{60}, options);
  CHECK(ran.outcome.verdict == sla::Verdict::timeout);
}

TEST_CASE("a grandchild that holds stdout delays the result by two seconds at most") {
  auto const ran = run(test_child({"hold", "6"}));
  CHECK(ran.outcome.exit_code == 6);
  CHECK(ran.outcome.verdict == sla::Verdict::fail);
  CHECK(ran.outcome.remark == was_ended);
  CHECK(ran.took >= milliseconds{1900});
  CHECK(ran.took < milliseconds{2900});
  // The run itself ended at once.
  CHECK(std::chrono::steady_clock::now() - *ran.outcome.ended > milliseconds{1900});
}

TEST_CASE("a grandchild that writes without end is ended after the drain") {
  auto options = quiet();
  options.drain = milliseconds{200};
  options.log_limit = 100000;
  auto const ran = run(test_child({"flood", "0"}), options);
  CHECK(ran.outcome.verdict == sla::Verdict::pass);
  CHECK(ran.outcome.remark == was_ended);
  CHECK(ran.text.size() > 100000);
  CHECK(ran.took < seconds{20});
}

TEST_CASE("what a grandchild writes during the drain is kept") {
  auto const ran = run(shell("(sleep 0.3; echo late) & echo early; exit 2"));
  CHECK(ran.text == "early\nlate\n");
  CHECK(ran.outcome.exit_code == 2);
  CHECK(ran.outcome.remark == went_on);
}

TEST_CASE("a command that closes its output and goes on costs no time of ours") {
  rusage before{};
  rusage after{};
  ::getrusage(RUSAGE_SELF, &before);
  auto const ran = run(test_child({"silent", "500"}));
  ::getrusage(RUSAGE_SELF, &after);
  auto const used = [](rusage const& usage) {
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 + usage.ru_utime.tv_usec +
           usage.ru_stime.tv_usec;
  };
  CHECK(ran.outcome.verdict == sla::Verdict::pass);
  CHECK(ran.took >= milliseconds{500});
  CHECK(used(after) - used(before) < 100000);
}

TEST_CASE("a reader of stdout who is gone or never reads costs no time of ours either") {
  for (bool const gone : {false, true}) {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    sla::Descriptor reader{ends[0]};
    sla::Descriptor const writer{ends[1]};
    if (gone) reader.reset();
    auto options = quiet();
    options.pass_through = writer.get();
    std::clock_t const before = std::clock();
    auto const words = test_child({"write", "300000", "5000"});
    auto const ran = run(shell(words[0] + " write 300000 5000; sleep 0.5"), options);
    CHECK(ran.text.size() == 300000);
    CHECK(ran.outcome.verdict == sla::Verdict::pass);
    std::string passed(gone ? 0 : 300000, '\0');
    if (!gone) passed.resize(static_cast<std::size_t>(::read(reader.get(), passed.data(), 300000)));
    CHECK(ran.outcome.remark ==
          std::to_string(300000 - passed.size()) + " bytes of output were not passed on to stdout");
    CHECK((passed == ran.text.substr(0, passed.size())));
    CHECK(std::clock() - before < CLOCKS_PER_SEC / 5);
    CHECK(ran.took < seconds{20});
  }
}

TEST_CASE("runs that leave orphans of every kind end with none, and with the right exit codes") {
  char const* const told = std::getenv("SLA_TEST_RUNS");
  int const runs = told != nullptr ? std::atoi(told) : 256;  // each code once
  auto const stop = sla::Stop::on_signals();
  REQUIRE(stop);
  for (int i = 0; i < runs; ++i) {
    int const code = i % 256;
    auto const ran = run(test_child({"orphans", std::to_string(code), "1"}), quiet(), *stop);
    REQUIRE(ran.outcome.exit_code == code);
    REQUIRE(ran.outcome.verdict == (code == 0 ? sla::Verdict::pass : sla::Verdict::fail));
    REQUIRE(ran.outcome.remark == was_ended);
  }
  CHECK_FALSE(sla::internal::reap_children());
}

TEST_CASE("what was there before a run, or comes from elsewhere, is not the run's") {
  sla::internal::adopt_orphans();
  pid_t const helper =
      support::start({"/bin/sh", "-c", "while :; do (setsid sleep 60 &); sleep 1; done"});
  for (int i = 0; i < 20; ++i) {
    auto const options = quiet();
    sla::Stop const stop;
    auto const outcome = sla::internal::Process<sla::NoDigest>(options, stop)
                             .run(test_child({"orphans", std::to_string(i), "1"}), "an-id");
    REQUIRE(outcome);
    CHECK(outcome->exit_code == i);
    CHECK(outcome->remark == was_ended);
    CHECK(::kill(helper, 0) == 0);
  }
  // The helper's own orphans came to us, and are still there.
  std::size_t orphans = 0;
  for (pid_t const pid : sla::internal::process_ids()) {
    sla::internal::ProcessRow const row = sla::internal::read_row(pid);
    orphans += row.parent == ::getpid() && row.name == "sleep";
  }
  CHECK(orphans > 0);
  end_all_children();
}

TEST_CASE("what left the group of the command is told to end as well") {
  auto options = quiet();
  options.grace = seconds{60};
  TemporaryFolder const folder;
  std::string const ready = folder.path() + "/ready", told = folder.path() + "/told";
  std::string const background = "setsid sh -c 'trap \"touch " + told + "; exit 0\" TERM; touch " +
                                 ready + "; while :; do sleep 0.01; done' & ";
  // It ends once the other was told, since whatever is left then is killed.
  std::string const until_told =
      "trap 'while [ ! -e " + told + " ]; do sleep 0.01; done; exit 143' TERM; ";
  auto const ran = run_and_stop(shell(background + until_told + "while [ ! -e " + ready +
                                      " ]; do sleep 0.01; done; kill -TERM $PPID; kill -INT $PPID; "
                                      "while :; do sleep 0.01; done"),
                                seconds{300}, options);
  CHECK(ran.outcome.verdict == sla::Verdict::interrupted);
  CHECK(::access(told.c_str(), F_OK) == 0);
}

TEST_CASE("a start that hangs is bounded by the time limit, and by a stop") {
  support::HangingProgram program;
  if (!program.hangs()) {
    MESSAGE("skipped: this kernel or user has no fanotify");
    return;
  }
  auto options = quiet();
  options.timeout = options.grace = milliseconds{200};
  auto ran = run({program.path()}, options);
  CHECK(ran.outcome.verdict == sla::Verdict::timeout);
  CHECK(ran.outcome.signal != 0);

  options.timeout = seconds{0};
  sla::Stop const stop;
  stop.request();
  stop.request();
  ran = run({program.path()}, options, stop);
  CHECK(ran.outcome.verdict == sla::Verdict::interrupted);
}

TEST_CASE("a machine without room for a process is tried again, and is no fault of the command") {
  if (not_root()) return;
  auto const limited = [](rlim_t processes, auto body) {
    return in_child([&] {
             if (::setresuid(65533, 65533, 65533) != 0) return 9;
             rlimit const limit{processes, 100};
             if (::setrlimit(RLIMIT_NPROC, &limit) != 0) return 8;
             return body();
           })
        .exit_code;
  };
  auto options = quiet();
  options.shortage = milliseconds{300};
  sla::Stop const stop;
  CHECK(limited(0, [&] {
          auto const outcome =
              sla::internal::Process<sla::NoDigest>(options, stop).run({"/bin/true"}, "");
          if (!outcome || outcome->verdict != sla::Verdict::spawn_error) return 1;
          return outcome->reason.find("the limit of processes") != std::string::npos ? 0 : 2;
        }) == 0);
  options.shortage = seconds{60};
  CHECK(limited(0, [&] {
          ::signal(SIGALRM, [](int) {
            rlimit const more{100, 100};
            ::setrlimit(RLIMIT_NPROC, &more);
          });
          ::alarm(1);
          auto const outcome =
              sla::internal::Process<sla::NoDigest>(options, stop).run({"/bin/true"}, "");
          return outcome && outcome->verdict == sla::Verdict::pass ? 0 : 1;
        }) == 0);
}

TEST_CASE("a command that the stop's own signal reaches is cut short, and is no failure") {
  for (std::string const end : {"kill -TERM $$", "exit 143"}) {
    auto const ran = run_and_stop(shell("kill -TERM $PPID; " + end), seconds{25}, quiet());
    CHECK(ran.outcome.verdict == sla::Verdict::interrupted);
    CHECK(ran.outcome.exit_code == 143);
  }
  auto const ran = run_and_stop(shell("kill -TERM $PPID; exit 130"), seconds{25}, quiet());
  CHECK(ran.outcome.verdict == sla::Verdict::fail);
}

TEST_CASE("ends of orphans in the middle of a run are not taken for its own") {
  auto const stop = sla::Stop::on_signals();
  REQUIRE(stop);
  std::string text;
  for (int i = 0; i < 50; ++i) text += "(setsid true &); ";
  for (int const code : {0, 7, 200}) {
    auto const ran = run(shell(text + "sleep 0.05; exit " + std::to_string(code)), quiet(), *stop);
    CHECK(ran.outcome.exit_code == code);
    CHECK(ran.outcome.signal == 0);
  }
}

TEST_CASE("who was told to leave orphans alone leaves those outside of the group alone") {
  sla::internal::adopt_orphans();
  auto options = quiet();
  options.leftovers = sla::Leftovers::leave;
  auto const ran = run(test_child({"orphans", "3", "1"}), options);
  CHECK(ran.outcome.exit_code == 3);
  CHECK_FALSE(support::no_child_is_left());
  end_all_children();
  CHECK(support::no_child_is_left());
}

TEST_CASE("a program that another thread started is neither ended nor reaped with a run") {
  sla::Environment environment;
  environment.set("PATH", "/usr/bin:/bin");
  int good = 0;
  std::thread other([&] {
    for (int i = 0; i < 50; ++i) {
      auto const output = sla::aws::process_output("sleep 0.01; echo fine; exit 0", environment);
      if (output && *output == "fine\n") ++good;
    }
  });
  sla::Stop const stop;
  sla::ProcessOptions const options = quiet();
  for (int i = 0; i < 200; ++i) {
    auto const outcome =
        sla::internal::Process<sla::NoDigest>(options, stop).run(shell("exit 3"), "an-id");
    REQUIRE(outcome);
    CHECK(outcome->exit_code == 3);
    CHECK(outcome->remark.empty());
  }
  other.join();
  CHECK(good == 50);
  CHECK(support::no_child_is_left());
}

TEST_CASE("what another thread's start holds open for an instant is not what a run left behind") {
  sla::Environment environment;
  environment.set("PATH", "/usr/bin:/bin");
  std::atomic<bool> done = false;
  std::thread other([&] {
    while (!done) (void)sla::aws::process_output("exit 0", environment);
  });
  sla::Stop const stop;
  sla::ProcessOptions const options = quiet();
  int remarks = 0;
  for (int i = 0; i < 200; ++i) {
    auto const outcome =
        sla::internal::Process<sla::NoDigest>(options, stop).run({"/bin/true"}, "an-id");
    remarks += outcome && outcome->remark.empty() ? 0 : 1;
  }
  done = true;
  other.join();
  CHECK(remarks == 0);
}

TEST_CASE("with a folder for logs, the log of a run outlives the runner") {
  sla::internal::adopt_orphans();
  TemporaryFolder const folder;
  pid_t const runner = ::fork();
  if (runner == 0) {
    sla::Stop const stop;
    sla::ProcessOptions const options{.pass_through = -1, .log_folder = folder.path()};
    (void)sla::internal::Process<sla::NoDigest>(options, stop)
        .run(shell("echo so far; sleep 60"), "a-run");
    ::_exit(1);
  }
  std::string const path = folder / sla::log_file_name("a-run");
  while (sla::internal::read_file(path, 100).value_or("") != "so far\n") std::this_thread::yield();
  ::kill(runner, SIGKILL);
  CHECK(::waitpid(runner, nullptr, 0) == runner);
  CHECK(sla::internal::read_file(path, 100).value() == "so far\n");
  end_all_children();
}

TEST_CASE("what is written to stdout and stderr stays in order") {
  std::string expected;
  for (int i = 0; i < 20000; ++i) {
    expected += std::to_string(i) + (i * i % 7 < 3 ? "o" : "e") + "\n";
  }
  CHECK((run(test_child({"alternate", "20000"})).text == expected));
}

TEST_CASE("bytes that are no text stay as they are, and are no failure") {
  auto const ran = run(shell(R"(printf '\377\000\200\r\n\303'; exit 0)"));
  CHECK(ran.text == std::string_view("\xFF\0\x80\r\n\xC3", 6));
  CHECK(ran.outcome.verdict == sla::Verdict::pass);
}

TEST_CASE("64 MiB through a limit of 1 MiB: both halves are exact, and so is the number between") {
  constexpr std::uint64_t total = 64U << 20U;
  constexpr std::uint64_t half = 512U << 10U;
  auto options = quiet();
  options.log_limit = 2 * half;
  auto const text = run(test_child({"write", std::to_string(total), "65536"}), options).text;
  std::string expected;
  auto const add = [&](std::uint64_t from) {
    for (std::uint64_t i = from; i < from + half; ++i) expected += static_cast<char>('a' + i % 26);
  };
  add(0);
  expected += marker(total - 2 * half);
  add(total - half);
  CHECK((text == expected));
}

TEST_CASE("output is passed on while the run goes on, byte for byte") {
  MemoryFile const file;
  auto options = quiet();
  options.pass_through = file.descriptor();
  options.log_limit = 1000;
  auto const ran = run(test_child({"write", "500000", "4096"}), options);
  CHECK(ran.outcome.remark.empty());
  CHECK(::lseek(file.descriptor(), 0, SEEK_CUR) == 500000);

  // The command waits until its first line has come through.
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  sla::Descriptor const reader{ends[0]};
  sla::Descriptor const writer{ends[1]};
  TemporaryFolder const folder;
  std::string const fifo = folder.path() + "/fifo";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  sla::Descriptor const answer =
      sla::internal::open_file(fifo, O_RDWR).value();  // waits for no reader
  std::thread user([&] {
    char c = 0;
    if (::read(reader.get(), &c, 1) == 1) (void)::write(answer.get(), "x\n", 2);
  });
  options.pass_through = writer.get();
  options.timeout = seconds{20};
  CHECK(run(shell("echo; read answer <" + fifo + "; exit 5"), options).outcome.exit_code == 5);
  user.join();
  ::unlink(fifo.c_str());
}

TEST_CASE("a secret is masked in the log, on stdout and in a reason, however it is written") {
  MemoryFile const file;
  auto options = quiet();
  options.pass_through = file.descriptor();
  options.masks = sla::Masks({sla::Secret("hunter2-of-the-store")});
  auto const ran =
      run(shell("printf 'a hunter2-of'; printf -- '-the-store aHVudGVyMi1vZi10aGUtc3RvcmU= '"
                " >&2; printf hunter2"),
          options);
  CHECK(ran.text == "a *** *** hunter2");
  CHECK(file.text() == ran.text);
  CHECK(ran.outcome.output.size() == 0);
  auto const failed = run({"/hunter2-of-the-store"}, options).outcome.reason;
  CHECK_MESSAGE(failed.find("/***") != std::string::npos, failed);
  // Of a secret that the limit would cut no half is left.
  options.log_limit = 16;
  auto const cut =
      run(shell("printf 'xxx hunter2-of-the-store yyyyyyyy hunter2-of-the-store z'"), options);
  CHECK(cut.text.starts_with("xxx *** \n[sla-runner: "));
  CHECK(cut.text.ends_with("]\nyy *** z"));
}

TEST_CASE("a command that may not be killed any more does not hang the runner") {
  if (not_root()) return;
  TemporaryFolder const folder;
  std::string const program = support::test_child_in(folder, 04755);
  int const code =
      in_child([&] {
        if (::setresgid(65534, 65534, 65534) != 0 || ::setresuid(65534, 65534, 65534) != 0)
          return 2;
        sla::Stop const stop;
        auto options = quiet();
        options.timeout = milliseconds{200};
        options.grace = options.drain = milliseconds{100};
        auto const outcome = sla::internal::Process<sla::NoDigest>(options, stop)
                                 .run({program, "take-root", "20"}, "");
        if (!outcome || outcome->verdict != sla::Verdict::timeout) return 3;
        if (outcome->output.text().value_or("") != "ready\n") return 4;
        if (outcome->exit_code == 137 && outcome->signal == SIGKILL &&
            outcome->remark.starts_with("could not be ended and was given up: test (")) {
          return 0;
        }
        return outcome->signal == SIGTERM ? 5 : 6;
      }).exit_code;
  WARN_MESSAGE(code != 5, "setuid programs do not work here: nothing was shown");
  if (code != 5) CHECK(code == 0);
  end_all_children();
}

TEST_CASE("PID 1 of an empty root without /proc, /dev or /tmp, as nobody: runs work, orphans end") {
  if (not_root()) return;
  TemporaryFolder const folder;
  support::test_child_in(folder, 0755);
  auto const body = [&] {
    if (::getpid() != 1) return 2;
    if (::chroot(folder.path().c_str()) != 0 || ::chdir("/") != 0) return 3;
    if (::setresgid(65534, 65534, 65534) != 0 || ::setresuid(65534, 65534, 65534) != 0) return 4;
    auto const stop = sla::Stop::on_signals();
    if (!stop) return 5;
    auto const options = quiet();
    for (int code = 0; code < 20; ++code) {
      Words const words{"/test", "orphans", std::to_string(code), "1"};
      auto const outcome = sla::internal::Process<sla::NoDigest>(options, *stop).run(words, "");
      if (!outcome || outcome->exit_code != code || outcome->signal != 0) return 6;
      if (!support::no_child_is_left()) return 7;
    }
    auto const outcome = sla::internal::Process<sla::NoDigest>(options, *stop)
                             .run({"/test", "write", "300000", "4096"}, "");
    if (!outcome || outcome->output.size() != 300000) return 8;
    auto const text = outcome->output.text();
    return text && text->size() == 300000 && text->substr(26, 26) == text->substr(0, 26) ? 0 : 9;
  };
  int const code = in_child([&] {
                     if (::unshare(CLONE_NEWPID) != 0) return 10;
                     return in_child(body).exit_code;
                   }).exit_code;
  WARN_MESSAGE(code != 10, "no PID namespace may be made here: nothing was shown");
  if (code != 10) CHECK(code == 0);
}
