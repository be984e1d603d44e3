// SPDX-License-Identifier: MIT
#pragma once
// Writes for others where a write may wait: a terminal, a file. A bounded queue takes what they
// have, and a thread of its own writes it, a file by calls apart (core/apart.hpp), so that nobody
// else ever waits, nor does the end of the program. The thread ends once nothing came for a while.
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/core/apart.hpp"
#include "sla/core/atomic.hpp"
#include "sla/core/descriptor.hpp"
#include "sla/core/least.hpp"
#include "sla/core/mutex.hpp"
#include "sla/core/pipe_signal.hpp"
#include "sla/core/shared.hpp"
#include "sla/core/stop_plan.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::internal {

/// The queue before one file or terminal. Thread-safe.
class Writer {
 public:
  enum class Part { any, whole };

  /// A write to a terminal ends with the program; one to a file on a disk that hangs does not.
  enum class To { terminal, disk };

  Writer(Descriptor file, To to)
      : file_(std::move(file)), to_(to), room_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

  /// Takes what there is room for, or nothing if it is to be a whole; how much it was. The thread
  /// that writes it holds `self`.
  std::size_t add(std::string_view text, Part part, Shared<Writer> const& self) {
    Lock lock(mutex_);
    std::size_t const size = least(text.size(), limit - waiting());
    bool const short_of_room = size < text.size();
    if (short_of_room) await_room();
    if ((short_of_room && part == Part::whole) || !ensure_running(self)) return 0;
    queue_ += text.substr(0, size);
    lock.unlock();
    changed_.notify();
    return size;
  }

  /// Readable when there is room again, after an add() that did not take everything.
  [[nodiscard]] int room() const noexcept { return room_.get(); }

  /// How many bytes were taken and are not written yet.
  [[nodiscard]] std::size_t size() {
    Lock const lock(mutex_);
    return waiting();
  }

  /// Returns true if anything was written since the last call.
  [[nodiscard]] bool take_moved() noexcept { return moved_.exchange(false); }

  /// Says once why the last write failed; 0 if none did.
  [[nodiscard]] int take_failure() {
    Lock const lock(mutex_);
    return std::exchange(failure_, 0);
  }

  /// Waits until then at most for all that was taken to be written; returns true if it is.
  bool settled(Instant until) {
    Lock lock(mutex_);
    return changed_.wait_until(lock, until, [this] { return waiting() == 0; });
  }
  /// Forgets what is not being written yet; how many bytes were taken and never written.
  std::uint64_t give_up() {
    Lock const lock(mutex_);
    lost_ += waiting() - under_way_;
    queue_.clear();
    batch_.resize(done_ + under_way_);
    return std::exchange(lost_, 0);
  }

  /// Ends the work, should it not be stuck by then; another add() starts it again.
  void quit(Instant until) {
    Apart work;
    {
      Lock const lock(mutex_);
      quit_ = true;
      changed_.notify();
      work = std::move(work_);
    }
    if (work) (void)work.join_until(until);
  }
  [[nodiscard]] bool idle() {
    Lock const lock(mutex_);
    return !running_;
  }

 private:
  static constexpr std::size_t limit = std::size_t{256} * 1024;
  static constexpr std::size_t at_a_time = std::size_t{64} * 1024;

  [[nodiscard]] std::size_t waiting() const noexcept {
    return queue_.size() + batch_.size() - done_;
  }

  /// What could not be started is tried again by the next add().
  bool ensure_running(Shared<Writer> const& self) {
    // A call apart starts no thread: what it says waits for the next one.
    if (running_ || CallsApart::here()) return true;
    quit_ = false;
    auto work = Apart::start([self] { self->work(); });
    if (!work) return false;
    work_ = *std::move(work);
    return running_ = true;
  }

  void await_room() noexcept {
    std::uint64_t none = 0;
    (void)::read(room_.get(), &none, sizeof none);
    short_of_room_ = true;
  }
  void say_room() noexcept {
    if (!short_of_room_ || waiting() > limit / 2) return;
    short_of_room_ = false;
    std::uint64_t const one = 1;
    (void)::write(room_.get(), &one, sizeof one);
  }

  void work() {
    PipeSignalGuard const no_signal;
    Lock lock(mutex_);
    auto const roused = [this] { return quit_ || waiting() != 0; };
    auto const soon = [] { return std::chrono::steady_clock::now() + std::chrono::seconds{10}; };
    while (changed_.wait_until(lock, soon(), roused) && !quit_) write_batch(lock);
    running_ = false;
    work_ = {};  // nobody else waits for this thread
  }
  void write_batch(Lock& lock) {
    batch_.swap(queue_);
    while (done_ < batch_.size() && !quit_) {
      under_way_ = least(batch_.size() - done_, at_a_time);
      char const* const from = batch_.data() + done_;
      lock.unlock();
      auto const [n, number] = write(from, under_way_);
      if (n < 0 && number == EAGAIN) pause();
      lock.lock();
      under_way_ = 0;
      if (n > 0) done_ += static_cast<std::size_t>(n);
      if (n > 0) moved_ = true;
      if (n < 0 && number != EINTR && number != EAGAIN) fail(number);
      say_room();
    }
    batch_.clear();
    done_ = 0;
    changed_.notify();
  }
  struct Written {
    ssize_t size;
    int number;
  };
  [[nodiscard]] Written write(char const* from, std::size_t size) const {
    Written written{};
    auto call = [&] {
      written.size = ::write(file_.get(), from, size);
      written.number = errno;
    };
    if (to_ == To::disk) CallsApart::make(call);
    if (to_ == To::terminal) call();
    return written;
  }
  /// The descriptor itself does not wait; a terminal may be writable and take nothing.
  void pause() const noexcept {
    pollfd ready{file_.get(), POLLOUT, 0};
    (void)::poll(&ready, 1, 100);
    (void)::poll(nullptr, 0, 10);
  }
  void fail(int number) {
    failure_ = number;
    lost_ += waiting();
    queue_.clear();
    batch_.clear();
    done_ = 0;
  }

  Descriptor file_;
  To to_;
  Descriptor room_;
  Mutex mutex_{};
  Changes changed_{};
  Apart work_{};
  bool running_ = false;
  bool quit_ = false;
  bool short_of_room_ = false;
  std::string queue_{};
  std::string batch_{};        ///< what is being written
  std::size_t done_ = 0;       ///< of the batch
  std::size_t under_way_ = 0;  ///< behind that, in a call
  std::uint64_t lost_ = 0;
  int failure_ = 0;
  Atomic<bool> moved_{false};
};

/// One Writer for each thing that is written to. Thread-safe.
class Writers {
 public:
  /// Those of this process.
  [[nodiscard]] static Writers& of_this_process() {
    static Writers writers;
    return writers;
  }

  /// The one for what the descriptor leads to; nothing if there can be none now.
  [[nodiscard]] Shared<Writer> to(int descriptor, struct stat const& about) {
    Lock const lock(mutex_);
    auto const unused = [](Known const& known) {
      return known.writer.is_sole() && known.writer->idle();
    };
    auto const same = [&](Known const& known) {
      return known.device == about.st_dev && known.inode == about.st_ino;
    };
    for (std::size_t i = known_.size(); i-- > 0;) {
      if (same(known_[i]) || !unused(known_[i])) continue;
      known_[i] = std::move(known_.back());
      known_.pop_back();
    }
    for (Known const& known : known_) {
      if (same(known)) return known.writer;
    }
    Descriptor own{::fcntl(descriptor, F_DUPFD_CLOEXEC, 3)};
    if (!own) return nullptr;
    auto const to = S_ISREG(about.st_mode) ? Writer::To::disk : Writer::To::terminal;
    known_.push_back({about.st_dev, about.st_ino, Shared<Writer>::make(std::move(own), to)});
    return known_.back().writer;
  }

  /// The program ends: what is not written by then is not waited for any longer.
  void finish(Instant until) {
    Lock const lock(mutex_);
    for (Known const& known : known_) (void)known.writer->settled(until);
    for (Known const& known : known_) known.writer->quit(until);
  }

 private:
  struct Known {
    dev_t device;
    ino_t inode;
    Shared<Writer> writer;
  };

  Writers() = default;
  ~Writers() { finish(std::chrono::steady_clock::now() + last_moment); }
  Writers(Writers const&) = delete;
  Writers& operator=(Writers const&) = delete;

  Mutex mutex_{};
  std::vector<Known> known_{};
};

}  // namespace sla::inline v1::internal
