// SPDX-License-Identifier: MIT
// A program with bad manners, for the tests of the executor: test_child VERB [ARGUMENT...]. The
// tests find it through $SLA_TEST_CHILD. It is linked statically, for roots without libraries.
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>

namespace {

/// What a process does that nobody waits for; it ends by itself, should the test fail.
[[noreturn]] void linger(bool let_go_of_output) {
  if (let_go_of_output) {
    for (int descriptor = 0; descriptor < 3; ++descriptor) ::close(descriptor);
  }
  ::alarm(60);
  for (;;) ::pause();
}

/// Leaves three processes: one in the group, one in a session of its own, one forked twice.
void leave_orphans(bool let_go_of_output) {
  if (::fork() == 0) linger(let_go_of_output);
  if (::fork() == 0) {
    ::setsid();
    linger(let_go_of_output);
  }
  pid_t const between = ::fork();
  if (between == 0) {
    if (::fork() == 0) {
      ::setpgid(0, 0);
      linger(let_go_of_output);
    }
    ::_exit(0);
  }
  ::waitpid(between, nullptr, 0);
}

/// Writes `total` bytes of the repeated pattern, `piece` bytes at a time.
int write_pattern(unsigned long long total, std::size_t piece) {
  std::string text;
  while (text.size() < piece + 26) text += "abcdefghijklmnopqrstuvwxyz";
  for (unsigned long long done = 0; done < total;) {
    auto const size = static_cast<std::size_t>(std::min<unsigned long long>(piece, total - done));
    ssize_t const n = ::write(STDOUT_FILENO, text.data() + done % 26, size);
    if (n <= 0) return 1;
    done += static_cast<unsigned long long>(n);
  }
  return 0;
}

void print_descriptors() {
  for (int descriptor = 0; descriptor < 4096; ++descriptor) {
    if (::fcntl(descriptor, F_GETFD) >= 0) std::printf("%d ", descriptor);
  }
}

void print_signals() {
  sigset_t mask;
  ::sigprocmask(SIG_SETMASK, nullptr, &mask);
  for (int signal = 1; signal < NSIG; ++signal) {
    struct sigaction now {};
    if (::sigismember(&mask, signal) == 1) std::printf("blocked:%d ", signal);
    if (::sigaction(signal, nullptr, &now) == 0 && now.sa_handler == SIG_IGN) {
      std::printf("ignored:%d ", signal);
    }
  }
}

/// Goes through every order of stdout and stderr; each byte says where it went and when.
void alternate(int rounds) {
  for (int i = 0; i < rounds; ++i) {
    std::string const line = std::to_string(i) + (i * i % 7 < 3 ? "o" : "e") + "\n";
    (void)!::write(i * i % 7 < 3 ? STDOUT_FILENO : STDERR_FILENO, line.data(), line.size());
  }
}

/// In nanoseconds, the same clock in all processes.
long long now() {
  return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}

[[noreturn]] void ignore_term() {
  ::signal(SIGTERM, SIG_IGN);
  (void)!::write(STDOUT_FILENO, "ready\n", 6);
  linger(false);
}

}  // namespace

int main(int count, char** words) {
  std::string_view const verb = count > 1 ? words[1] : "";
  auto const number = [&](int i) { return count > i ? std::strtoull(words[i], nullptr, 10) : 0; };
  if (verb == "exit") return static_cast<int>(number(2));
  if (verb == "orphans") {
    leave_orphans(number(3) != 0);
    return static_cast<int>(number(2));
  }
  if (verb == "hold") {  // a grandchild in a session of its own holds stdout
    if (::fork() == 0) {
      ::setsid();
      linger(false);
    }
    return static_cast<int>(number(2));
  }
  if (verb == "flood") {  // a grandchild that never stops writing
    if (::fork() == 0) {
      ::setsid();
      ::alarm(60);
      return write_pattern(~0ULL, 65536);
    }
    return static_cast<int>(number(2));
  }
  if (verb == "kill") ::kill(::getpid(), static_cast<int>(number(2)));
  if (verb == "write") return write_pattern(number(2), static_cast<std::size_t>(number(3)));
  if (verb == "descriptors") print_descriptors();
  if (verb == "signals") print_signals();
  if (verb == "alternate") alternate(static_cast<int>(number(2)));
  if (verb == "group") std::printf("%d %d", ::getpgrp() == ::getpid(), ::getsid(0) == ::getpid());
  if (verb == "clock") std::printf("%lld\n", now());
  if (verb == "environment") std::printf("%s", std::getenv("SLARUNNER_RUN_ID"));
  if (verb == "ignore-term") ignore_term();
  if (verb == "take-root") {  // a setuid program that its caller may not signal any more
    (void)!::setuid(0);
    (void)!::write(STDOUT_FILENO, "ready\n", 6);
    ::alarm(static_cast<unsigned>(number(2)));
    for (;;) ::pause();
  }
  if (verb == "thread") {  // the first thread is over, a second goes on
    std::thread([] { linger(false); }).detach();
    ::pthread_exit(nullptr);
  }
  if (verb == "silent") {  // closes its output and goes on for a while
    for (int descriptor = 0; descriptor < 3; ++descriptor) ::close(descriptor);
    ::usleep(static_cast<useconds_t>(number(2)) * 1000);
  }
  return 0;
}
