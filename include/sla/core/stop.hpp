// SPDX-License-Identifier: MIT
#pragma once
// How a runner is told to stop, from a signal or from code. Signals are blocked and received
// synchronously through a descriptor, so there are no handlers and no disposition is changed;
// a child gets back the mask that was there before. Whoever waits polls watch() beside its own
// descriptors and asks level() when one is readable.
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <utility>

#include "sla/core/descriptor.hpp"
#include "sla/core/result.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1 {

/// How urgently a runner is told to stop.
enum class StopLevel {
  none,    ///< go on
  finish,  ///< no new run; what is in flight may finish within the budget
  now,     ///< end the run in flight
};

/// A request to stop. It is waited on by one thread; request() may come from any.
class Stop {
 public:
  struct Options {
    /// From the first request to the end of the program, delivery included.
    Duration budget = std::chrono::seconds{25};
  };

  /// A Stop that only request() moves.
  Stop() : Stop(Options{}) {}
  explicit Stop(Options options)
      : options_(options), events_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    ::pthread_sigmask(SIG_SETMASK, nullptr, &child_mask_);
  }

  /// A Stop that SIGTERM and SIGINT move too; SIGUSR1 asks for a run, SIGHUP, SIGPIPE and SIGXFSZ
  /// are ignored. Call it before any thread is started: it blocks these signals, and SIGCHLD, for
  /// the caller and for every thread made later, until the Stop is destroyed.
  [[nodiscard]] static Result<Stop> on_signals() { return on_signals(Options{}); }
  [[nodiscard]] static Result<Stop> on_signals(Options options) {
    Stop stop{options};
    sigset_t const received = signal_set({SIGTERM, SIGINT, SIGUSR1, SIGHUP, SIGCHLD});
    stop.signals_ = Descriptor{::signalfd(-1, &received, SFD_NONBLOCK | SFD_CLOEXEC)};
    if (!stop.signals_) return system_error("signalfd");
    sigset_t const blocked = signal_set(blocked_signals);
    ::pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
    return stop;
  }

  /// A Stop for another thread, with the same budget and the same mask for children. It hears of
  /// nothing by itself: whoever waits on this one passes each request on.
  [[nodiscard]] Stop for_another_thread() const {
    Stop stop{options_};
    stop.child_mask_ = child_mask_;
    return stop;
  }

  Stop(Stop&&) = default;
  Stop& operator=(Stop&&) = delete;
  ~Stop() {
    if (!signals_) return;
    drop_pending_signals();
    ::pthread_sigmask(SIG_SETMASK, &child_mask_, nullptr);
  }

  /// Asks to stop; a second call asks for it now. Safe from any thread.
  void request() const noexcept {
    std::uint64_t const one = 1;
    (void)uninterrupted([&] { return ::write(events_.get(), &one, sizeof one); });
    requested_->store(true);  // the last, so that whoever sees it finds the event
  }

  /// How urgent it is by now; takes in what has arrived since it was last asked.
  StopLevel level() const noexcept {
    take_events();
    take_signals();
    return requests_ == 0 ? StopLevel::none : requests_ == 1 ? StopLevel::finish : StopLevel::now;
  }

  /// When the program has to be gone; nothing while nobody asked it to stop.
  std::optional<Instant> deadline() const noexcept {
    if (level() == StopLevel::none) return std::nullopt;
    return requested_at_ + options_.budget;
  }

  /// Whether the last level() found that a run was asked for out of turn (SIGUSR1); says it once.
  bool take_run_now() const noexcept { return std::exchange(run_now_, false); }

  /// Whether the last level() found that a child of the process ended (SIGCHLD); says it once.
  bool take_child_ended() const noexcept { return std::exchange(child_ended_, false); }

  /// What to poll: readable when level(), take_run_now() or take_child_ended() has news. An entry
  /// may be -1, which poll() passes over.
  [[nodiscard]] std::array<pollfd, 2> watch() const noexcept {
    return {pollfd{events_.get(), POLLIN, 0}, pollfd{signals_.get(), POLLIN, 0}};
  }

  /// The signal mask of the process before this Stop: what a child should start with.
  [[nodiscard]] sigset_t const& child_mask() const noexcept { return child_mask_; }

 private:
  /// All that on_signals() blocks; the last two come to a writer whose reader is gone or whose file
  /// is too large, and the failing write says it too.
  static constexpr std::initializer_list<int> blocked_signals = {SIGTERM, SIGINT,  SIGUSR1, SIGHUP,
                                                                 SIGCHLD, SIGPIPE, SIGXFSZ};

  static sigset_t signal_set(std::initializer_list<int> signals) noexcept {
    sigset_t set;
    ::sigemptyset(&set);
    for (int const signal : signals) ::sigaddset(&set, signal);
    return set;
  }

  /// What nobody took would act, and end the program, as soon as it is no longer blocked.
  void drop_pending_signals() const noexcept {
    sigset_t dropped = signal_set(blocked_signals);
    for (int const signal : blocked_signals) {
      if (::sigismember(&child_mask_, signal) == 1) ::sigdelset(&dropped, signal);
    }
    timespec const at_once{};
    while (uninterrupted([&] { return ::sigtimedwait(&dropped, nullptr, &at_once); }) > 0) continue;
  }

  void take_events() const noexcept {
    if (!requested_->exchange(false)) return;
    std::uint64_t count = 0;
    if (uninterrupted([&] { return ::read(events_.get(), &count, sizeof count); }) > 0) {
      add_requests(count);
    }
  }
  void take_signals() const noexcept {
    if (!signals_) return;
    std::array<signalfd_siginfo, 8> batch;  // one that is left keeps it readable
    ssize_t const size =
        uninterrupted([&] { return ::read(signals_.get(), batch.data(), sizeof batch); });
    for (std::size_t i = 0; size > 0 && i < static_cast<std::size_t>(size) / sizeof batch[0]; ++i) {
      take_signal(batch[i].ssi_signo);
    }
  }
  void take_signal(std::uint32_t signal) const noexcept {
    switch (signal) {
      case SIGTERM:
      case SIGINT:
        add_requests(1);
        break;
      case SIGUSR1:
        run_now_ = true;
        break;
      case SIGCHLD:
        child_ended_ = true;
        break;
      default:
        break;  // SIGHUP: taken off the queue and forgotten
    }
  }
  void add_requests(std::uint64_t count) const noexcept {
    if (requests_ == 0) requested_at_ = std::chrono::steady_clock::now();
    requests_ += count;
  }

  Options options_;
  Descriptor events_;
  std::unique_ptr<std::atomic<bool>> requested_ = std::make_unique<std::atomic<bool>>(false);
  Descriptor signals_;
  sigset_t child_mask_{};
  mutable std::uint64_t requests_ = 0;
  mutable Instant requested_at_{};
  mutable bool run_now_ = false;
  mutable bool child_ended_ = false;
};

}  // namespace sla::inline v1
