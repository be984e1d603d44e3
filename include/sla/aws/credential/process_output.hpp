// SPDX-License-Identifier: MIT
#pragma once
// Runs a short program for what it writes: through the shell if there is one, in its own process
// group, with nothing on stdin and no descriptor of ours, for a limited time. What it writes to
// stdout is the answer and may be secret; the end of what it writes to stderr explains a failure.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
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
#include "sla/process/launch.hpp"
#include "sla/process/leftovers.hpp"
#include "sla/process/spawn.hpp"
#include "sla/process/words.hpp"

namespace sla::inline v1::aws {

/// Limits of a program, and the shell that reads its command.
struct CommandLimits {
  Duration limit = std::chrono::seconds{60};
  std::size_t output_limit = std::size_t{64} * 1024;  ///< in bytes
  std::string shell = "/bin/sh";  ///< if it is not there, the command must be plain words
  Stop const* stop = nullptr;     ///< ends the program at its deadline; of the calling thread
};

namespace detail {

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

/// A started program: killed with its group, and waited for, at the latest when this goes.
class Child {
 public:
  explicit Child(internal::Launch launch)
      : launch_(std::move(launch)),
        pid_(launch_.started().pid),
        ended_(internal::open_pidfd(pid_)) {}
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
  int wait(Group group) {
    if (group == Group::kill) ::kill(-pid_, SIGKILL);
    siginfo_t info{};
    int const failed = internal::uninterrupted(
        [&] { return ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED); });
    launch_.release();
    pid_ = -1;
    if (failed != 0) return -1;
    return info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
  }

 private:
  internal::Launch launch_;
  pid_t pid_;
  Descriptor ended_;
};

/// Appends what can be read at once; false at the end of the stream.
inline bool read_available(int descriptor, std::string& text, std::size_t limit) {
  std::array<char, 4096> block;
  for (;;) {
    ssize_t const n =
        internal::uninterrupted([&] { return ::read(descriptor, block.data(), block.size()); });
    if (n <= 0) return n < 0 && errno == EAGAIN;
    if (text.size() <= limit) text.append(block.data(), static_cast<std::size_t>(n));
  }
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
    auto words = shell_words(std::string(command), options_.shell);
    if (!words) return words.error();
    auto input = internal::empty_input();
    if (!input) return input.error();
    internal::StartPlan plan{.words = *std::move(words),
                             .input = *std::move(input),
                             .output = std::move(output->writer),
                             .errors = std::move(errors->writer)};
    for (auto const& [name, value] : environment) plan.environment.push_back(name + '=' + value);
    ::sigemptyset(&plan.mask);
    auto launch = start(std::move(plan));
    if (!launch) return launch.error();
    Child child(*std::move(launch));
    output_ = std::move(output->reader);
    errors_ = std::move(errors->reader);
    if (auto done = collect(child); !done) return done.error();
    int const status = child.wait(Child::Group::keep);
    if (status == 0) return std::move(text_);
    std::string message = "it failed with exit code " + std::to_string(status);
    if (!trim(said_).empty()) message.append(": ").append(last_words(said_));
    return Error{Errc::system, std::move(message)};
  }

 private:
  /// Starts the program; the start counts towards its time.
  Result<internal::Launch> start(internal::StartPlan plan) {
    std::string const name = plan.words[0];
    internal::Launch launch(std::move(plan));
    while (!launch.wait_until(std::chrono::steady_clock::now() + std::chrono::milliseconds{100})) {
      if (auto end = over(); end && launch.give_up()) return *end;
    }
    if (int const failed = launch.started().failed; failed != 0) {
      launch.release();
      return system_error(name, failed);
    }
    return launch;
  }

  /// Why its time is over; nothing while it is not.
  [[nodiscard]] std::optional<Error> over() const {
    Instant const stopped_at = this->stopped_at();
    if (std::chrono::steady_clock::now() < std::min(deadline_, stopped_at)) return std::nullopt;
    if (stopped_at <= deadline_) return Error{Errc::stopped, "it was ended because of the stop"};
    return Error{Errc::timed_out, "it took too long and was ended"};
  }

  /// Reads what the program writes until it has ended; what it left running is not waited for.
  Result<void> collect(Child const& child) {
    for (bool ended = false; !ended;) {
      if (auto const end = over()) return *end;
      await(child, std::min(deadline_, stopped_at()));
      ended = child.ended();
      read(output_, text_);
      read(errors_, said_);
      if (text_.size() > options_.output_limit) return Error{Errc::system, "it writes too much"};
    }
    return {};
  }

  /// Returns when a stop that was requested ends it; the last instant of all if none was.
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

/// Runs the command and returns what it wrote to stdout. Errors never repeat that: Errc::timed_out
/// if it took too long, Errc::stopped if a stop came first, Errc::system if it failed or
/// wrote too much.
[[nodiscard]] inline Result<std::string> process_output(std::string_view command,
                                                        Environment const& environment,
                                                        CommandLimits const& options = {}) {
  return detail::ProcessRun(options).run(command, environment);
}

}  // namespace sla::inline v1::aws
