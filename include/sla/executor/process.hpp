// SPDX-License-Identifier: MIT
#pragma once
// Runs one program to its end and beyond: captures and passes on what it writes, keeps its time
// limit, stops it when the runner is told to stop, and leaves nothing of it behind. A run ends at
// the program's own exit plus a short drain; a grandchild that holds the pipe cannot delay it, nor
// can a start that hangs or a process that cannot be killed.
// The executors that give it a command stand beside it.
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/core/clock.hpp"
#include "sla/core/descriptor.hpp"
#include "sla/core/least.hpp"
#include "sla/core/masks.hpp"
#include "sla/core/result.hpp"
#include "sla/core/run.hpp"
#include "sla/core/stop.hpp"
#include "sla/core/stop_plan.hpp"
#include "sla/executor/judgement.hpp"
#include "sla/executor/log_file.hpp"
#include "sla/executor/process_options.hpp"
#include "sla/executor/run_output.hpp"
#include "sla/process/child_side.hpp"
#include "sla/process/launch.hpp"
#include "sla/process/leftovers.hpp"
#include "sla/process/mark.hpp"
#include "sla/process/start_failure.hpp"

namespace sla::inline v1::internal {

/// One run of one program. D is NoDigest or a digest to take of the log. Used once.
template <class D>
class Process {
 public:
  Process(ProcessOptions const& options, Stop const& stop)
      : options_(options),
        stop_(stop),
        plan_(stop_plan(
            {.budget = stop.budget(), .grace = options.grace, .delivery = options.delivery})),
        output_(options) {}

  /// Runs the words to the end. An Error means that there is nothing to run.
  Result<Outcome> run(std::vector<std::string> const& words, std::string_view run_id) {
    auto outcome = run_to_end(words, run_id);
    if (!outcome || options_.masks.empty()) return outcome;
    outcome->reason = masked(options_.masks, outcome->reason);
    outcome->remark = masked(options_.masks, outcome->remark);
    return outcome;
  }

 private:
  enum class Stage { running, told, killed };

  static Instant now() { return std::chrono::steady_clock::now(); }

  Result<Outcome> run_to_end(std::vector<std::string> const& words, std::string_view run_id) {
    auto path = log_path(options_.log_folder, options_.log_folder_hangs, run_id);
    if (!path.empty()) output_.keep_in(std::move(path), options_.log_limit);
    if (words.empty()) return Error{Errc::invalid, "the job has no command"};
    if (options_.end_leftovers()) adopt_orphans();
    if (options_.timeout > Duration::zero()) act_at_ = now() + options_.timeout;
    Instant const patience = now() + options_.shortage;
    int failed = start(words, run_id);
    while (is_shortage(failed) && await_room(patience)) failed = start(words, run_id);
    if (failed == ECANCELED) return judge_hanging_start(words[0], cause_);
    if (failed != 0) return judge_start(words[0], failed, stop_);
    supervise();
    return conclude(words);
  }

  /// Starts the program. Returns errno where that failed, ECANCELED where the start hangs and was
  /// given up.
  int start(std::vector<std::string> const& words, std::string_view run_id) {
    auto writer = output_.open();
    if (!writer) return writer.error().system_number();
    auto input = empty_input();
    if (!input) return input.error().system_number();
    mark_ = {.number = RunMark::new_number(), .run_id = std::string(run_id)};
    launch_.emplace(StartPlan{.words = words,
                              .environment = environment_of_run(run_id, options_.attempt),
                              .input = *std::move(input),
                              .output = *std::move(writer),
                              .mask = stop_.child_mask(),
                              .mark = mark_.number});
    while (!launch_->wait_until(now() + std::chrono::milliseconds{100})) {
      heed_stop();
      if (!act_at_ || now() < *act_at_) continue;
      pid_ = launch_->pid();
      if (pid_ > 0 && stage_ != Stage::killed) {
        act();
      } else if (launch_->give_up()) {
        return ECANCELED;
      }
    }
    Started const& started = launch_->started();
    pid_ = started.pid;
    mark_.session = greatest(pid_, 0);
    if (!started.marked) mark_.number = 0;
    if (started.failed != 0) launch_->release();
    if (started.failed == 0) pidfd_ = open_pidfd(pid_);
    return started.failed;
  }
  /// Waits a moment for what the machine had too little of; false where that has no sense any more.
  bool await_room(Instant patience) {
    await_news(now() + std::chrono::milliseconds{100}, stop_);
    bool const late = now() >= patience || (act_at_ && now() >= *act_at_);
    return !late && stop_.level() == StopLevel::none;
  }

  /// Goes on until the program has ended and its output is drained.
  void supervise() {
    bool stop_news = true;
    while (!drain_until_ || (output_.is_open() && now() < *drain_until_)) {
      if (stop_news) heed_stop();
      stop_news = wait();
      output_.read();
      if (!drain_until_ && end_seen_ && has_ended()) note_exit();
      if (!drain_until_ && act_at_ && now() >= *act_at_) act();
    }
  }

  /// Sleeps until there is output, an end, a signal, room on stdout, or a limit is reached. Returns
  /// true if there is news of a stop.
  bool wait() {
    auto const stop = stop_.watch();
    std::array<pollfd, 5> watched{output_.source(),
                                  pollfd{drain_until_ ? -1 : pidfd_.get(), POLLIN, 0}, stop[0],
                                  stop[1], output_.room()};
    std::optional<Instant> until = drain_until_ ? drain_until_ : act_at_;
    if (!pidfd_ && !drain_until_) {  // an old kernel: look from time to time
      Instant const look = now() + std::chrono::milliseconds{10};
      until = until ? least(*until, look) : look;
    }
    timespec const limit = to_timespec(until ? *until - now() : Duration::zero());
    (void)::ppoll(watched.data(), watched.size(), until ? &limit : nullptr, nullptr);
    end_seen_ = !pidfd_ || watched[1].revents != 0;
    return watched[2].revents != 0 || watched[3].revents != 0;
  }

  /// A first request lets the program finish for as long as the budget allows; a second does not.
  void heed_stop() {
    StopLevel const level = stop_.level();
    bool const orphans = options_.end_leftovers() && stop_.take_child_ended() && !drain_until_;
    if (orphans && !(pid_ > 0 && has_ended())) reap_children();  // the end of the run does it too
    if (level == StopLevel::none) return;
    if (drain_until_) return (void)(drain_until_ = within_stop(*drain_until_, plan_.kill));
    if (stage_ == Stage::killed) return (void)(act_at_ = least(*act_at_, gone_by()));
    Instant cut = *stop_.requested_at() + (stage_ == Stage::running ? plan_.cut : plan_.kill);
    if (level == StopLevel::now && stage_ == Stage::running) cut = now();
    if (stage_ == Stage::running && !std::exchange(stop_said_, true)) {
      Duration const left = greatest(cut - now(), Duration::zero());
      options_.log.info("told to stop; the run in flight may end by itself",
                        {{"run", mark_.run_id}, {"within_seconds", left}});
    }
    if (act_at_ && *act_at_ < cut) return;  // its own limit comes first
    act_at_ = cut;
    if (stage_ == Stage::running) cause_ = Verdict::interrupted;
  }

  /// The limit is reached: first TERM, then KILL to everything that came from the run. What does
  /// not even end then (it may be another user's by now) is left alone.
  void act() {
    if (stage_ == Stage::killed) return note_end();
    bool const first = stage_ == Stage::running;
    tell(first ? SIGTERM : SIGKILL);
    if (first) tell(SIGCONT);  // what is stopped hears no TERM
    stage_ = first ? Stage::told : Stage::killed;
    act_at_ = first ? within_stop(now() + options_.grace, plan_.kill) : gone_by();
  }
  /// Signals the process group, and what has left it.
  void tell(int signal) {
    if (::kill(-pid_, signal) != 0) ::kill(pid_, signal);  // it is not yet in a group of its own
    if (!options_.end_leftovers()) return;
    for (pid_t const pid : processes_of(mark_)) {
      if (::getpgid(pid) != pid_) ::kill(pid, signal);
    }
  }

  /// Returns true if the program itself is over; its state stays to be collected.
  [[nodiscard]] bool has_ended() const noexcept {
    siginfo_t info{};
    int const got = ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT);
    return got == 0 ? info.si_pid == pid_ : errno == ECHILD;
  }

  /// The program has exited. Who still holds its output came from it and goes on without it; a
  /// child that another thread starts holds it too, for an instant.
  void note_exit() {
    note_end();
    Instant const moment = now() + std::chrono::milliseconds{100};
    for (bool others = true; others;) {
      others = any_child_has_all() && now() < moment;
      while (output_.read()) continue;
      went_on_ = output_.is_open();
      if (!went_on_) return;
      if (others) SteadyClock{}.sleep_until(now() + std::chrono::microseconds{200});
    }
  }
  /// The program is over; what it started may still write for a while: the rest of the grace if
  /// it was told to end, nothing if it was killed.
  void note_end() {
    ended_at_ = now();
    drain_until_ = stage_ == Stage::running ? *ended_at_ + options_.drain
                   : stage_ == Stage::told  ? *act_at_
                                            : *ended_at_;
  }

  /// Collects the exit state, ends what is left, and takes in what was still in the pipe.
  Outcome conclude(std::vector<std::string> const& words) {
    Instant const deadline = stage_ == Stage::killed ? *act_at_ : gone_by();
    Instant const moment = least(deadline, now() + last_moment);
    auto const until = [&] { return greatest(within_stop(deadline, plan_.gone), moment); };
    bool const held = output_.is_open() && stage_ != Stage::killed;
    if (!options_.end_leftovers()) {
      ::kill(-pid_,
             SIGKILL);  // the group; its leader is not reaped yet, so the number is still ours
    }
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG);
    launch_->release();
    Ended left;
    if (options_.end_leftovers()) {
      (void)stop_.take_child_ended();  // all that have ended by now are reaped here
      left = end_run(mark_, until);
    }
    for (int turns = 0; turns < 64 && output_.read(); ++turns) continue;  // a full pipe at most
    Instant const most = now() + std::chrono::seconds{10};
    Output kept = output_.finish(stop_, [&] { return pass_until(most); });
    ProgramEnd const end{.code = info.si_pid == pid_ ? info.si_code : CLD_KILLED,
                         .status = info.si_pid == pid_ ? info.si_status : SIGKILL};
    Outcome outcome = stage_ == Stage::running ? judge(end, stop_) : judge_cut(end, cause_);
    if (outcome.verdict == Verdict::fail) outcome.reason = shell_failure(words, outcome.exit_code);
    outcome.ended = ended_at_;
    outcome.output = std::move(kept);
    outcome.remark = remark_of({.went_on = went_on_ && stage_ == Stage::running,
                                .ended = held || (left.killed != 0 && stage_ == Stage::running),
                                .given_up = left.given_up,
                                .not_passed_on = output_.dropped()});
    return outcome;
  }

  /// Until when a slow reader of stdout is waited for.
  [[nodiscard]] Instant pass_until(Instant most) const noexcept {
    return stop_.level() == StopLevel::now ? now() : within_stop(most, plan_.kill);
  }
  /// Until when it is waited for that what was killed ends; it gets a moment in any case.
  [[nodiscard]] Instant gone_by() const noexcept {
    return greatest(within_stop(now() + options_.drain, plan_.gone), now() + last_moment);
  }
  /// Until when something is waited for: no longer than that step of a stop that was requested.
  [[nodiscard]] Instant within_stop(Instant end, Duration step) const noexcept {
    auto const requested = stop_.requested_at();
    return requested ? least(end, *requested + step) : end;
  }

  ProcessOptions const& options_;
  Stop const& stop_;
  StopPlan plan_;
  RunOutput<D> output_;
  Descriptor pidfd_;
  std::optional<Launch> launch_;
  RunMark mark_;
  pid_t pid_ = -1;
  Stage stage_ = Stage::running;
  Verdict cause_ = Verdict::timeout;    ///< the verdict if the runner ends it
  bool end_seen_ = false;               ///< whether it is worth asking for the program's end
  bool stop_said_ = false;              ///< whether a line says what the stop waits for
  bool went_on_ = false;                ///< whether its output was still held after its exit
  std::optional<Instant> act_at_;       ///< when the program is told, or killed
  std::optional<Instant> ended_at_;     ///< when the program's own end was seen
  std::optional<Instant> drain_until_;  ///< how long its output is waited for
};

}  // namespace sla::inline v1::internal
