// SPDX-License-Identifier: MIT
#pragma once
// Runs a short program for what it writes: through the shell where there is one, in its own process
// group, with nothing on stdin and no descriptor of ours, for a limited time. What it writes to
// stdout is the answer and may be secret; the end of what it writes to stderr explains a failure.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/core/descriptor.hpp"
#include "sla/core/environment.hpp"
#include "sla/core/result.hpp"
#include "sla/core/stop.hpp"
#include "sla/core/text.hpp"
#include "sla/core/time.hpp"
#include "sla/process/children.hpp"

namespace sla::inline v1 {

/// Limits of a program, and the shell that reads its command.
struct CommandLimits {
  Duration limit = std::chrono::seconds{60};
  std::size_t output_limit = std::size_t{64} * 1024;  ///< in bytes
  std::string shell = "/bin/sh";  ///< where it is not there, the command must be plain words
  Stop const* stop = nullptr;     ///< ends the program at its deadline; of the calling thread
};

namespace detail {

/// The words that start the command.
inline Result<std::vector<std::string>> command_words(std::string_view command,
                                                      std::string const& shell) {
  if (::access(shell.c_str(), X_OK) == 0)
    return std::vector<std::string>{shell, "-c", std::string(command)};
  std::size_t const special = command.find_first_of("|&;<>()$`*?[]{}~#!'\"\\\n");
  if (special != std::string_view::npos) {
    return Error{Errc::invalid, std::string("the command needs a shell for its `") +
                                    command[special] + "` and there is no " + shell + " here"};
  }
  std::vector<std::string> words;
  for (std::string_view const word : split(command, ' ')) {
    if (!trim(word).empty()) words.emplace_back(trim(word));
  }
  if (words.empty()) return Error{Errc::invalid, "the command is empty"};
  return words;
}

/// The two ends of a pipe; reading never blocks.
struct Pipe {
  Descriptor reader{};
  Descriptor writer{};

  static Result<Pipe> open() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return system_error("pipe");
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    return Pipe{Descriptor{ends[0]}, Descriptor{ends[1]}};
  }
};

/// What posix_spawn does in the child; frees itself.
class ChildPlan {
 public:
  ChildPlan(int input, int output, int errors) {
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
    ::posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO);
    ::posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
    sigset_t none;
    ::sigemptyset(&none);
    sigset_t all;
    ::sigfillset(&all);
    ::posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    ::posix_spawnattr_setpgroup(&attributes, 0);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setsigdefault(&attributes, &all);
  }
  ChildPlan(ChildPlan const&) = delete;
  ChildPlan& operator=(ChildPlan const&) = delete;
  ~ChildPlan() {
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
  }

  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
};

/// A started program: killed with its group, and waited for, at the latest when this goes.
class Child {
 public:
  explicit Child(pid_t pid) noexcept
      : pid_(pid), ended_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {}
  Child(Child const&) = delete;
  Child& operator=(Child const&) = delete;
  ~Child() {
    if (pid_ > 0) (void)wait(Group::kill);
  }

  enum class Group { keep, kill };

  /// Readable once it has ended; none before Linux 5.3.
  [[nodiscard]] int descriptor() const noexcept { return ended_.get(); }
  [[nodiscard]] bool ended() const noexcept {
    siginfo_t info{};
    int const failed = ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT);
    return failed != 0 || info.si_pid != 0;
  }
  /// Waits for its end; 0 is success, and what cannot be known is not.
  int wait(Group group) noexcept {
    if (group == Group::kill) ::kill(-pid_, SIGKILL);
    siginfo_t info{};
    int const failed =
        uninterrupted([&] { return ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED); });
    OwnedChildren::of_this_process().forget(std::exchange(pid_, -1));
    if (failed != 0) return -1;
    return info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
  }

 private:
  pid_t pid_;
  Descriptor ended_;
};

/// Appends what can be read at once; false at the end of the stream.
inline bool read_available(int descriptor, std::string& text, std::size_t limit) {
  std::array<char, 4096> block;
  for (;;) {
    ssize_t const n = uninterrupted([&] { return ::read(descriptor, block.data(), block.size()); });
    if (n <= 0) return n < 0 && errno == EAGAIN;
    if (text.size() <= limit) text.append(block.data(), static_cast<std::size_t>(n));
  }
}

inline Result<pid_t> start_process(std::string_view command, Environment const& environment,
                                   std::string const& shell, ChildPlan const& plan) {
  auto words = command_words(command, shell);
  if (!words) return words.error();
  std::vector<std::string> entries;
  for (auto const& [name, value] : environment) entries.push_back(name + '=' + value);
  auto const pointers = [](std::vector<std::string>& texts) {
    std::vector<char*> all;
    all.reserve(texts.size() + 1);
    for (std::string& text : texts) all.push_back(text.data());
    all.push_back(nullptr);
    return all;
  };
  pid_t pid = -1;
  int const failed = ::posix_spawnp(&pid, words->front().c_str(), &plan.actions, &plan.attributes,
                                    pointers(*words).data(), pointers(entries).data());
  if (failed != 0) return system_error(words->front(), failed);
  return pid;
}

/// The last line or so of what a program said, fit for a message.
inline std::string last_words(std::string_view errors) {
  std::string_view const text = trim(errors);
  std::string out(text.size() > 300 ? text.substr(text.size() - 300) : text);
  for (char& c : out) c = is_control(c) ? ' ' : c;
  return out;
}

/// One run of a program, from its start to its last word.
class ProcessRun {
 public:
  explicit ProcessRun(CommandLimits const& options)
      : options_(options), deadline_(std::chrono::steady_clock::now() + options.limit) {}

  Result<std::string> run(std::string_view command, Environment const& environment) {
    auto output = Pipe::open();
    if (!output) return output.error();
    auto errors = Pipe::open();
    if (!errors) return errors.error();
    auto input = Pipe::open();  // nobody writes to it, so it reads as empty
    if (!input) return input.error();
    input->writer.reset();
    ChildPlan const plan(input->reader.get(), output->writer.get(), errors->writer.get());
    auto const pid = OwnedChildren::of_this_process().start(
        [&] { return start_process(command, environment, options_.shell, plan); });
    if (!pid) return pid.error();
    Child child(*pid);
    output_ = std::move(output->reader);
    errors_ = std::move(errors->reader);
    output->writer.reset();
    errors->writer.reset();
    if (auto done = collect(child); !done) return done.error();
    int const status = child.wait(Child::Group::keep);
    if (status == 0) return std::move(text_);
    std::string message = "it failed with exit code " + std::to_string(status);
    if (!trim(said_).empty()) message.append(": ").append(last_words(said_));
    return Error{Errc::system, std::move(message)};
  }

 private:
  /// Reads what the program writes until it has ended; what it left running is not waited for.
  Result<void> collect(Child const& child) {
    for (bool ended = false; !ended;) {
      Instant const stopped_at = this->stopped_at(), end = std::min(deadline_, stopped_at);
      if (std::chrono::steady_clock::now() >= end) {
        return end == stopped_at ? Error{Errc::stopped, "it was ended because of the stop"}
                                 : Error{Errc::timed_out, "it took too long and was ended"};
      }
      await(child, end);
      ended = child.ended();
      read(output_, text_);
      read(errors_, said_);
      if (text_.size() > options_.output_limit) return Error{Errc::system, "it writes too much"};
    }
    return {};
  }

  /// When a stop that was requested ends it.
  [[nodiscard]] Instant stopped_at() const noexcept {
    auto const deadline = options_.stop != nullptr ? options_.stop->deadline() : std::nullopt;
    return deadline.value_or(Instant::max());
  }

  void await(Child const& child, Instant end) const {
    using std::chrono::milliseconds;
    // Without a descriptor for its end it is looked at from time to time.
    milliseconds const longest{child.descriptor() >= 0 ? 60'000 : 20};
    auto const left = std::chrono::ceil<milliseconds>(end - std::chrono::steady_clock::now());
    std::array<pollfd, 5> watched{
        {{output_.get(), POLLIN, 0}, {errors_.get(), POLLIN, 0}, {child.descriptor(), POLLIN, 0}}};
    watched[3].fd = watched[4].fd = -1;
    if (options_.stop != nullptr) std::ranges::copy(options_.stop->watch(), &watched[3]);
    auto const wait = std::clamp(left, milliseconds{0}, longest);
    ::poll(watched.data(), watched.size(), static_cast<int>(wait.count()));
  }

  void read(Descriptor& stream, std::string& into) const {
    bool const more = stream && read_available(stream.get(), into, options_.output_limit);
    if (!more) stream.reset();
  }

  CommandLimits const& options_;
  Instant deadline_;
  Descriptor output_;
  Descriptor errors_;
  std::string text_;
  std::string said_;
};

}  // namespace detail

/// Runs the command and gives what it wrote to stdout. Errors never repeat that: Errc::timed_out
/// where it took too long, Errc::stopped where a stop came first, Errc::system where it failed or
/// wrote too much.
[[nodiscard]] inline Result<std::string> process_output(std::string_view command,
                                                        Environment const& environment,
                                                        CommandLimits const& options = {}) {
  return detail::ProcessRun(options).run(command, environment);
}

}  // namespace sla::inline v1
