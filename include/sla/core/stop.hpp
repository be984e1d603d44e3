// SPDX-License-Identifier: MIT
#pragma once
// How a runner is told to stop, from a signal or from code. Signals are blocked and received
// synchronously through a descriptor, so there are no handlers and no disposition is changed;
// a child gets back the mask that was there before. A caller that waits polls watch() beside its
// own descriptors and asks level() when one is readable.
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <utility>

#include "sla/core/atomic.hpp"
#include "sla/core/descriptor.hpp"
#include "sla/core/result.hpp"
#include "sla/core/shared.hpp"
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
    /// A signal that comes so soon after the first is the same request told twice: a wrapper passed
    /// on what its whole group was sent.
    Duration told_twice = std::chrono::milliseconds{500};
  };

  /// A Stop that only request() moves.
  Stop() : Stop(Options{}) {}
  explicit Stop(Options options)
      : options_(options), events_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    ::pthread_sigmask(SIG_SETMASK, nullptr, &child_mask_);
  }

  /// Returns a Stop that SIGTERM, SIGINT, SIGQUIT and SIGRTMIN+3 move too: what images name as
  /// their STOPSIGNAL. SIGUSR1 asks for a run, SIGHUP, SIGPIPE and SIGXFSZ are ignored. Call it
  /// before any thread is started: it blocks these signals, and SIGCHLD, for the caller and for
  /// every thread made later, until the Stop is destroyed.
  [[nodiscard]] static Result<Stop> on_signals() { return on_signals(Options{}); }
  [[nodiscard]] static Result<Stop> on_signals(Options options) {
    Stop stop{options};
    sigset_t received = blocked_signals();
    for (int const failing : failing_writes) ::sigdelset(&received, failing);
    stop.signals_ = Descriptor{::signalfd(-1, &received, SFD_NONBLOCK | SFD_CLOEXEC)};
    if (!stop.signals_) return system_error("signalfd");
    stop.by_signals_ = true;
    sigset_t const blocked = blocked_signals();
    ::pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
    return stop;
  }

  /// Returns a Stop for another thread, with the same budget and the same mask for children. It
  /// hears of nothing by itself: whoever waits on this one passes each request on.
  [[nodiscard]] Stop for_another_thread() const {
    Stop stop{options_};
    stop.child_mask_ = child_mask_;
    stop.by_signals_ = by_signals_;
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
    (void)internal::uninterrupted([&] { return ::write(events_.get(), &one, sizeof one); });
    told_->requested.store(true);  // the last, so that whoever sees it finds the event
  }
  /// Asks to stop at that time, unless it is asked before. For the thread that waits on this Stop:
  /// deadline() tells until when, watch() does not.
  void request_at(Instant due) const noexcept { due_ = due; }
  /// Asks to stop because another Stop was told to, by the same signals. Safe from any thread.
  void request_as(Stop const& other) const noexcept {
    told_->signals.fetch_or(other.told_->signals.load());
    request();
  }

  /// How urgent it is by now; takes in what has arrived since it was last asked.
  StopLevel level() const noexcept {
    take_events();
    take_signals();
    bool const is_due = requests_ == 0 && due_ && std::chrono::steady_clock::now() >= *due_;
    if (is_due) add_requests(1);
    return requests_ == 0 ? StopLevel::none : requests_ == 1 ? StopLevel::finish : StopLevel::now;
  }

  /// When the first request came; nothing while nobody asked to stop.
  std::optional<Instant> requested_at() const noexcept {
    if (level() == StopLevel::none) return std::nullopt;
    return requested_at_;
  }
  /// When the program has to be gone; nothing while nobody asked it to stop.
  std::optional<Instant> deadline() const noexcept {
    auto const requested = level() == StopLevel::none ? due_ : requested_at();
    return requested ? std::optional(*requested + options_.budget) : std::nullopt;
  }
  [[nodiscard]] Duration budget() const noexcept { return options_.budget; }

  /// Returns true if this signal, as far as level() has seen, was one that asked to stop. It may
  /// have reached others too: an init, a terminal or systemd tells every process at once.
  [[nodiscard]] bool told_by(int signal) const noexcept {
    if (signal <= 0 || signal > 64) return false;
    return (told_->signals.load() & bit(signal)) != 0;
  }
  /// Returns true if this signal asks this Stop, or the one that it was made from, to stop.
  [[nodiscard]] bool heeds(int signal) const noexcept {
    return by_signals_ &&
           (signal == SIGTERM || signal == SIGINT || signal == SIGQUIT || signal == SIGRTMIN + 3);
  }

  /// Returns true if the last level() found that a run was asked for out of turn (SIGUSR1); says it
  /// once.
  bool take_run_now() const noexcept { return std::exchange(run_now_, false); }

  /// Returns true if the last level() found that a child of the process ended (SIGCHLD); says it
  /// once.
  bool take_child_ended() const noexcept { return std::exchange(child_ended_, false); }

  /// Returns what to poll: readable when level(), take_run_now() or take_child_ended() has news. An
  /// entry may be -1, which poll() passes over.
  [[nodiscard]] std::array<pollfd, 2> watch() const noexcept {
    return {pollfd{events_.get(), POLLIN, 0}, pollfd{signals_.get(), POLLIN, 0}};
  }

  /// Returns the signal mask of the process before this Stop: what a child should start with.
  [[nodiscard]] sigset_t const& child_mask() const noexcept { return child_mask_; }

 private:
  struct Told {
    internal::Atomic<bool> requested = false;
    internal::Atomic<std::uint64_t> signals = 0;  ///< those that asked to stop, one bit each
  };
  /// These come to a writer whose reader is gone or whose file is too large, and the failing write
  /// says it too.
  static constexpr std::initializer_list<int> failing_writes = {SIGPIPE, SIGXFSZ};
  static constexpr std::uint64_t bit(int signal) noexcept { return 1ULL << (signal - 1); }

  /// All that on_signals() blocks.
  static sigset_t blocked_signals() noexcept {
    return signal_set(
        {SIGTERM, SIGINT, SIGQUIT, SIGRTMIN + 3, SIGUSR1, SIGHUP, SIGCHLD, SIGPIPE, SIGXFSZ});
  }
  static sigset_t signal_set(std::initializer_list<int> signals) noexcept {
    sigset_t set;
    ::sigemptyset(&set);
    for (int const signal : signals) ::sigaddset(&set, signal);
    return set;
  }

  /// What nobody took would act, and end the program, as soon as it is no longer blocked.
  void drop_pending_signals() const noexcept {
    sigset_t dropped = blocked_signals();
    for (int signal = 1; signal < NSIG; ++signal) {
      if (::sigismember(&child_mask_, signal) == 1) ::sigdelset(&dropped, signal);
    }
    timespec const at_once{};
    auto const drop = [&] { return ::sigtimedwait(&dropped, nullptr, &at_once); };
    while (internal::uninterrupted(drop) > 0) continue;
  }

  void take_events() const noexcept {
    if (!told_->requested.exchange(false)) return;
    std::uint64_t count = 0;
    if (internal::uninterrupted([&] { return ::read(events_.get(), &count, sizeof count); }) > 0) {
      add_requests(count);
    }
  }
  void take_signals() const noexcept {
    if (!signals_) return;
    std::array<signalfd_siginfo, 8> batch;  // one that is left keeps it readable
    ssize_t const size =
        internal::uninterrupted([&] { return ::read(signals_.get(), batch.data(), sizeof batch); });
    for (std::size_t i = 0; size > 0 && i < static_cast<std::size_t>(size) / sizeof batch[0]; ++i) {
      take_signal(static_cast<int>(batch[i].ssi_signo));
    }
  }
  void take_signal(int signal) const noexcept {
    if (signal == SIGUSR1) run_now_ = true;
    if (signal == SIGCHLD) child_ended_ = true;
    if (!heeds(signal)) return;  // SIGHUP: taken off the queue and forgotten
    told_->signals.fetch_or(bit(signal));
    Instant const now = std::chrono::steady_clock::now();
    bool const again = signalled_at_ && now - *signalled_at_ < options_.told_twice;
    if (!signalled_at_) signalled_at_ = now;
    if (!again) add_requests(1);
  }
  void add_requests(std::uint64_t count) const noexcept {
    if (requests_ == 0) requested_at_ = std::chrono::steady_clock::now();
    requests_ += count;
  }

  Options options_;
  Descriptor events_;
  internal::Shared<Told> told_ = internal::Shared<Told>::make();
  Descriptor signals_;
  sigset_t child_mask_{};
  bool by_signals_ = false;
  mutable std::optional<Instant> due_{};
  mutable std::uint64_t requests_ = 0;
  mutable Instant requested_at_{};
  mutable std::optional<Instant> signalled_at_{};  ///< of the first signal that asked to stop
  mutable bool run_now_ = false;
  mutable bool child_ended_ = false;
};

}  // namespace sla::inline v1
