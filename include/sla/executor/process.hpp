// SPDX-License-Identifier: MIT
#pragma once
// Runs one program to its end and beyond: captures and passes on what it writes, keeps its time
// limit, stops it when the runner is told to stop, and leaves nothing of it behind. A run ends at
// the program's own exit plus a short drain; a grandchild that holds the pipe cannot delay it.
// The executors that give it a command stand beside it.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/core/clock.hpp"
#include "sla/core/descriptor.hpp"
#include "sla/core/result.hpp"
#include "sla/core/run.hpp"
#include "sla/core/run_id.hpp"
#include "sla/core/stop.hpp"
#include "sla/executor/capture.hpp"
#include "sla/executor/pass_through.hpp"
#include "sla/process/children.hpp"
#include "sla/process/descendants.hpp"
#include "sla/process/spawn.hpp"

namespace sla::inline v1 {

/// How a program is run.
struct ProcessOptions {
  Duration timeout = std::chrono::hours{1};     ///< a longer run is stopped; 0 is no limit
  Duration grace = std::chrono::seconds{5};     ///< between TERM and KILL
  Duration drain = std::chrono::seconds{2};     ///< for output after the program's own end
  Duration delivery = std::chrono::seconds{5};  ///< of the stop budget, kept for delivery
  std::uint64_t log_limit = 16U << 20U;         ///< bytes kept of the output; 0 keeps all
  int pass_through = STDOUT_FILENO;             ///< where output goes live; -1 is nowhere
  Leftovers leftovers = Leftovers::end;         ///< what happens to what outlives the run
  /// A folder: the output of a run stands there under log_file_name(), should this process die.
  /// Where it is empty or cannot be written the output dies with the process.
  std::string log_folder{};
  /// Whether that folder's disk hangs, as far as somebody knows: then it is as if it were empty.
  std::shared_ptr<std::atomic<bool> const> log_folder_hangs{};
};

/// One run of one program. D is NoDigest or a digest to take of the log. Used once.
template <class D>
class Process {
 public:
  Process(ProcessOptions const& options, Stop const& stop)
      : options_(options), stop_(stop), capture_(options.log_limit), pass_(options.pass_through) {}

  /// Runs the words to the end. An Error means that this machine could not even try.
  Result<Outcome> run(std::vector<std::string> const& words, std::string_view run_id) {
    bool const hangs = options_.log_folder_hangs && *options_.log_folder_hangs;
    if (!options_.log_folder.empty() && !run_id.empty() && !hangs) {
      std::string const folder = options_.log_folder + '/';
      capture_ = Capture<D>(options_.log_limit, folder + log_file_name(run_id));
    }
    if (words.empty()) return Error{Errc::invalid, "the job has no command"};
    if (options_.leftovers == Leftovers::end) adopt_orphans();
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return system_error("pipe");
    pipe_ = Descriptor{ends[0]};
    Descriptor writer{ends[1]};
    ::fcntl(pipe_.get(), F_SETFL, O_NONBLOCK);
    auto const pid = OwnedChildren::of_this_process().start([&] {
      return spawn({words, run_id, writer.get(), stop_.child_mask()});
    });
    writer.reset();
    if (!pid) return not_started(pid.error());
    pid_ = *pid;
    pidfd_ = open_pidfd(pid_);
    if (options_.timeout > Duration::zero()) act_at_ = now() + options_.timeout;
    supervise();
    return conclude();
  }

 private:
  enum class Stage { running, told, killed };

  static Instant now() { return std::chrono::steady_clock::now(); }

  static Outcome not_started(Error const& error) {
    Outcome outcome{.verdict = Verdict::spawn_error};
    outcome.exit_code = error.native == ENOENT ? 127 : 126;
    outcome.remark = "could not start " + error.message;
    return outcome;
  }

  /// Goes on until the program has ended and its output is drained.
  void supervise() {
    bool stop_news = true;
    while (!drain_until_ || (pipe_ && now() < *drain_until_)) {
      if (stop_news) heed_stop();
      stop_news = wait();
      read_output();
      if (!drain_until_ && end_seen_ && has_ended()) note_end();
      if (!drain_until_ && act_at_ && now() >= *act_at_) act();
    }
  }

  /// Sleeps until there is output, an end, a signal, room on stdout, or a limit is reached.
  /// Whether there is news of a stop.
  bool wait() {
    auto const stop = stop_.watch();
    std::array<pollfd, 5> watched{pollfd{pipe_.get(), POLLIN, 0},
                                  pollfd{drain_until_ ? -1 : pidfd_.get(), POLLIN, 0}, stop[0],
                                  stop[1], pass_.watch(capture_)};
    std::optional<Instant> until = drain_until_ ? drain_until_ : act_at_;
    if (!pidfd_ && !drain_until_) {  // an old kernel: look from time to time
      Instant const look = now() + std::chrono::milliseconds{10};
      until = until ? std::min(*until, look) : look;
    }
    timespec const limit = to_timespec(until ? *until - now() : Duration::zero());
    (void)::ppoll(watched.data(), watched.size(), until ? &limit : nullptr, nullptr);
    end_seen_ = !pidfd_ || watched[1].revents != 0;
    return watched[2].revents != 0 || watched[3].revents != 0;
  }

  /// Takes in one block, and whatever the reader of stdout has room for. Whether there was a block.
  bool read_output() {
    std::string_view block;
    if (pipe_) {
      ssize_t const n =
          uninterrupted([&] { return ::read(pipe_.get(), buffer_.data(), buffer_.size()); });
      if (n > 0) block = {buffer_.data(), static_cast<std::size_t>(n)};
      if (block.size() == buffer_.size()) enlarge_pipe();
      if (n == 0 || (n < 0 && errno != EAGAIN)) pipe_.reset();
    }
    capture_.append(block);
    pass_.forward(capture_, block);
    return !block.empty();
  }

  /// It filled up: there is much to read, in fewer turns. Where that is refused it stays as it is.
  void enlarge_pipe() {
    if (!std::exchange(enlarged_, true)) ::fcntl(pipe_.get(), F_SETPIPE_SZ, 1 << 20);
  }

  /// A first request lets the program finish for as long as the budget allows; a second does not.
  void heed_stop() {
    StopLevel const level = stop_.level();
    if (options_.leftovers == Leftovers::end && stop_.take_child_ended()) reap_children();
    if (drain_until_ || level == StopLevel::none || stage_ == Stage::killed) return;
    Instant const kill_by = *stop_.deadline() - options_.delivery;
    Instant cut = stage_ == Stage::running ? kill_by - options_.grace : kill_by;
    if (level == StopLevel::now && stage_ == Stage::running) cut = now();
    if (act_at_ && *act_at_ < cut) return;  // its own limit comes first
    act_at_ = cut;
    if (stage_ == Stage::running) cause_ = Verdict::interrupted;
  }

  /// The limit is reached: first TERM to the process group, then KILL to everything.
  /// What does not even end then (it may be another user's by now) is left alone.
  void act() {
    if (stage_ == Stage::killed) return note_end();
    bool const first = stage_ == Stage::running;
    ::kill(-pid_, first ? SIGTERM : SIGKILL);
    ::kill(first ? -pid_ : pid_, first ? SIGCONT : SIGKILL);  // what is stopped hears no TERM
    stage_ = first ? Stage::told : Stage::killed;
    act_at_ = now() + (first ? options_.grace : options_.drain);
    if (auto const deadline = stop_.deadline(); first && deadline) {
      act_at_ = std::min(*act_at_, *deadline - options_.delivery);
    }
  }

  /// Whether the program itself is over; its state stays to be collected.
  [[nodiscard]] bool has_ended() const noexcept {
    siginfo_t info{};
    int const got = ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT);
    return got == 0 ? info.si_pid == pid_ : errno == ECHILD;
  }

  /// The program is over; what it started may still write for a while: the rest of the grace where
  /// it was told to end, nothing where it was killed.
  void note_end() {
    ended_at_ = now();
    drain_until_ = stage_ == Stage::running ? *ended_at_ + options_.drain
                   : stage_ == Stage::told  ? *act_at_
                                            : *ended_at_;
  }

  /// Collects the exit state, ends what is left, and takes in what was still in the pipe.
  Outcome conclude() {
    bool const held = pipe_ && stage_ != Stage::killed;
    ::kill(-pid_, SIGKILL);  // the group; its leader is not reaped yet, so the number is still ours
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG);
    OwnedChildren::of_this_process().forget(pid_);
    Ended left{.clean = info.si_pid == pid_};
    if (options_.leftovers == Leftovers::end) left = end_children(options_.drain);
    for (int turns = 0; turns < 64 && read_output(); ++turns) continue;  // a full pipe at most
    Instant const most = now() + std::chrono::seconds{10};
    pass_.finish(capture_, std::chrono::seconds{1}, stop_, [&] { return pass_until(most); });
    Outcome outcome = judge(info);
    outcome.ended = ended_at_;
    outcome.output = std::move(capture_).finish();
    outcome.remark = remark(held, left);
    return outcome;
  }

  /// Until when a slow reader of stdout is waited for.
  [[nodiscard]] Instant pass_until(Instant most) const noexcept {
    StopLevel const level = stop_.level();
    if (level == StopLevel::none) return most;
    if (level == StopLevel::now) return now();
    return std::min(most, *stop_.deadline() - options_.delivery);
  }

  [[nodiscard]] Outcome judge(siginfo_t const& info) const {
    Outcome outcome;
    bool const exited = info.si_code == CLD_EXITED;
    int const status = info.si_pid == pid_ ? info.si_status : SIGKILL;  // it had to be given up
    outcome.signal = exited ? 0 : status;
    outcome.exit_code = exited ? status : 128 + status;
    if (stage_ != Stage::running) {
      outcome.verdict = cause_;  // the runner ended it, whatever it then said
    } else if (!exited) {
      outcome.verdict = Verdict::signaled;
    } else {
      outcome.verdict = outcome.exit_code == 0 ? Verdict::pass : Verdict::fail;
    }
    return outcome;
  }

  [[nodiscard]] std::string remark(bool held, Ended const& left) const {
    std::string text;
    auto const add = [&](std::string const& part) { text += (text.empty() ? "" : "; ") + part; };
    if (held) add("something that the command started held its output open and was ended");
    if (!held && left.killed != 0) {
      add("ended " + std::to_string(left.killed) + (left.killed == 1 ? " process" : " processes") +
          " that the command left behind");
    }
    if (!left.clean) add("a process of this run could not be ended");
    if (pass_.dropped() != 0) {
      add(std::to_string(pass_.dropped()) + " bytes of output were not passed on to stdout");
    }
    return text;
  }

  ProcessOptions const& options_;
  Stop const& stop_;
  Capture<D> capture_;
  PassThrough pass_;
  Descriptor pipe_;
  Descriptor pidfd_;
  pid_t pid_ = -1;
  Stage stage_ = Stage::running;
  Verdict cause_ = Verdict::timeout;    ///< the verdict if the runner ends it
  bool enlarged_ = false;               ///< whether the pipe was
  bool end_seen_ = false;               ///< whether it is worth asking for the program's end
  std::optional<Instant> act_at_;       ///< when the program is told, or killed
  std::optional<Instant> ended_at_;     ///< when the program's own end was seen
  std::optional<Instant> drain_until_;  ///< how long its output is waited for
  std::array<char, 64 * 1024> buffer_;
};

}  // namespace sla::inline v1
