// SPDX-License-Identifier: MIT
#pragma once
// sla 0.1.0 in one header, generated from include/sla: change it there and run
// python3 single_include/amalgamate.py

// sla: a toolkit for continuous test runners. This header includes all of it, bottom-up, and is
// the map of the house. A program that wants less includes the headers that it names.
//
//   core/        std and POSIX only: results, time, text, JSON, what passes between the policies
//   process/     starting programs and looking after them
//   aws/         in wings: http, wire, sign, config, call, service, credential
//   spool/       keeps reports until they are delivered, in memory or on disk
//   ledger/      what a stream of events proves about availability
//   scheduler/   says when the next run begins
//   executor/    runs the test
//   publisher/   delivers what happened, or combines publishers
//   app/         the shipped program, which this header leaves out: app/commands.hpp includes it
//
// What a program includes, in the namespace sla, and what is of aws/ in sla::aws. What these take
// and return comes with them: Job, Outcome, Verdict, Report, Result, Error, Stop, Output and the
// time types with the contracts, Spool with its models, Secret, Masks, Credentials, Transport,
// Request and Response with Client. An operation of AWS is a function in aws/service/, in the
// header of its service: sns, sns_batch, s3, s3_read, ssm, sts, cloudwatch. All else is machinery,
// and may change any time.
//
//   core/clock.hpp                        the contract Clock, and SteadyClock
//   core/log.hpp                          Logger: lines for people and machines
//   core/json.hpp                         JsonWriter
//   process/children.hpp                  OwnedChildren: those that somebody waits for
//   aws/http/curl.hpp                     Curl: a Transport over libcurl
//   aws/sign/sigv4.hpp                    Signer: Signature Version 4
//   aws/call/client.hpp                   Client: signs, sends, retries
//   aws/credential/default_chain.hpp      default_chain(): as the SDKs find them
//   aws/credential/refreshing.hpp         Refreshing: renews ahead of the expiry
//   aws/credential/assume_role.hpp        AssumeRoleCredentials: a role on top of others
//   spool/memory.hpp                      MemorySpool
//   spool/disk.hpp                        DiskSpool
//   ledger/reducer.hpp                    reduce(): what events prove
//   scheduler.hpp                         the contract Scheduler
//   scheduler/fixed_delay.hpp             FixedDelay: so long after the end of a run
//   scheduler/fixed_rate.hpp              FixedRate: a grid of starts
//   scheduler/once.hpp                    Once
//   scheduler/one_of.hpp                  OneOf: one of several, chosen at run time
//   executor.hpp                          the contract Executor
//   executor/direct.hpp                   Direct: runs words
//   executor/shell.hpp                    Shell: runs a command text
//   executor/http_probe.hpp               HttpProbe: asks a server over HTTP
//   executor/tcp_probe.hpp                TcpProbe: connects to a port
//   executor/by_exit_code.hpp             ByExitCode: reads more into exit codes
//   executor/retrying.hpp                 Retrying: more attempts within one run
//   executor/degraded_if_slow.hpp         DegradedIfSlow: a pass that took too long
//   executor/witnessed.hpp                Witnessed: tells an outage of this side
//   executor/announced.hpp                Announced: tells a spool of each run
//   publisher.hpp                         the contract Publisher
//   publisher/sns.hpp                     Sns: events to a topic
//   publisher/s3_log.hpp                  S3Log: logs to a bucket
//   publisher/cloudwatch.hpp              CloudWatch: metrics
//   publisher/directory.hpp               Directory: logs to a folder
//   publisher/event_file.hpp              EventFile: events to a file
//   publisher/console.hpp                 Console: events to stdout
//   publisher/dry_run.hpp                 DryRun: shows what would be sent
//   publisher/spooled.hpp                 Spooled: keeps results until delivered
//   publisher/tracked.hpp                 Tracked: says how the service stands
//   publisher/log_first.hpp               LogFirst: the log, then its event
//   publisher/all.hpp                     All: each of several
//   publisher/then.hpp                    Then: a second one if the first succeeds
//   publisher/optional.hpp                Optional: one or none
//   publisher/best_effort.hpp             BestEffort: never an error
//   runner.hpp                            Runner: the loop of the three
//   fleet.hpp                             Fleet: many runners on few threads
//
// The order is from the bottom up, not by the alphabet.
// clang-format off

// The version: the only macros of the library, and the only place that states it. Every header
// includes this one before it declares anything, so a program that mixes the headers under sla/
// with the single header reads one sentence first.

#ifdef SLA_VERSION_MAJOR
#error "sla is included twice: as the headers under sla/ and as the single header; keep one of them"
#endif

#define SLA_VERSION_MAJOR 0
#define SLA_VERSION_MINOR 1
#define SLA_VERSION_PATCH 0

#include <arpa/inet.h>
#include <curl/curl.h>
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <linux/magic.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <simdjson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <concepts>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <numeric>
#include <optional>
#include <queue>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

// sla/core/atomic.hpp
// A value that several threads read and change without a lock. <atomic> has that too, but with
// 12,000 lines that every user of a header would read, most of them for other types and waits.

namespace sla::inline v1::internal {

/// A number, a truth value or a pointer. All operations are in one order for all threads, but for
/// those that are told another one (__ATOMIC_RELAXED, ...).
template <class T>
class Atomic {
 public:
  constexpr Atomic(T value) noexcept : value_(value) {}
  Atomic(Atomic const&) = delete;
  Atomic& operator=(Atomic const&) = delete;
  Atomic& operator=(T value) noexcept {
    store(value);
    return *this;
  }

  [[nodiscard]] T load(int order = __ATOMIC_SEQ_CST) const noexcept {
    return __atomic_load_n(&value_, order);
  }
  operator T() const noexcept { return load(); }
  void store(T value, int order = __ATOMIC_SEQ_CST) noexcept {
    __atomic_store_n(&value_, value, order);
  }

  /// Each of these returns what was there before.
  T exchange(T value) noexcept { return __atomic_exchange_n(&value_, value, __ATOMIC_SEQ_CST); }
  T fetch_add(T value, int order = __ATOMIC_SEQ_CST) noexcept {
    return __atomic_fetch_add(&value_, value, order);
  }
  T fetch_sub(T value, int order = __ATOMIC_SEQ_CST) noexcept {
    return __atomic_fetch_sub(&value_, value, order);
  }
  T fetch_or(T value) noexcept { return __atomic_fetch_or(&value_, value, __ATOMIC_SEQ_CST); }

  T operator++() noexcept { return __atomic_add_fetch(&value_, 1, __ATOMIC_SEQ_CST); }
  T operator--() noexcept { return __atomic_sub_fetch(&value_, 1, __ATOMIC_SEQ_CST); }

  /// Sets the value if it is the expected one, else says which it is. Returns true if it was set.
  bool compare_exchange_strong(T& expected, T value) noexcept {
    return __atomic_compare_exchange_n(&value_, &expected, value, false, __ATOMIC_SEQ_CST,
                                       __ATOMIC_SEQ_CST);
  }

 private:
  T value_;
};

}  // namespace sla::inline v1::internal

// sla/core/error.hpp
// What went wrong when something expected to work did not. The code decides what to do next, the
// message explains it to a person, and the number that somebody else gave is kept with its kind.
// A test that fails is not an error: that is a value of Outcome.

namespace sla::inline v1 {

/// What kind of failure an Error is; one kind asks for one reaction.
enum class Errc {
  invalid,         ///< the input is wrong; repeating it changes nothing
  not_configured,  ///< the thing asked for is not set up here; another source may have it
  system,          ///< the operating system refused; native is errno
  unavailable,     ///< the other side could not be reached, failed by itself, or another answered
  timed_out,       ///< no answer within the time limit
  throttled,       ///< the other side asks for fewer requests
  in_use,          ///< another process has it; later it may be free
  denied,          ///< not allowed, or not recognised
  expired,         ///< the credentials are past their time: renew, then repeat
  revoked,         ///< the credentials are not given any more: those from before must not be used
  not_found,       ///< what the request names does not exist
  exists,          ///< what should be created is already there
  rejected,        ///< the other side refuses it, and does not say that its content is why
  unacceptable,    ///< the very content is, or would be, refused: too large, not allowed
  malformed,       ///< what a file or a program says cannot be understood
  stopped,         ///< given up because the program was told to stop
};

/// The number that whoever failed gave, and which kind of number it is.
struct Native {
  enum class Kind : std::uint8_t { none, system, http, curl };
  Kind kind = Kind::none;
  int number = 0;

  bool operator==(Native const&) const = default;
};

/// Makes a Native of errno, of the status of an answer, or of libcurl's code.
[[nodiscard]] constexpr Native system_number(int number) noexcept {
  return {Native::Kind::system, number};
}
[[nodiscard]] constexpr Native http_status(int status) noexcept {
  return {Native::Kind::http, status};
}
[[nodiscard]] constexpr Native curl_code(int code) noexcept { return {Native::Kind::curl, code}; }

/// An expected failure. The message is a lower-case fragment; each layer prefixes its context once.
struct Error {
  Errc code = Errc::invalid;
  std::string message;
  Native native{};  ///< none if nobody was asked

  /// Returns errno if the system refused, the status if a server did, libcurl's code if it did;
  /// else 0.
  [[nodiscard]] int system_number() const noexcept { return number(Native::Kind::system); }
  [[nodiscard]] int http_status() const noexcept { return number(Native::Kind::http); }
  [[nodiscard]] int curl_code() const noexcept { return number(Native::Kind::curl); }

  /// Returns the same error, seen from one layer further up.
  [[nodiscard]] Error within(std::string_view context) && {
    message.insert(0, ": ").insert(0, context);
    return std::move(*this);
  }
  [[nodiscard]] Error within(std::string_view context) const& {
    return Error(*this).within(context);
  }

  bool operator==(Error const&) const = default;

 private:
  [[nodiscard]] int number(Native::Kind kind) const noexcept {
    return native.kind == kind ? native.number : 0;
  }
};

/// Returns true if the same request may succeed later without anybody changing anything.
[[nodiscard]] constexpr bool retryable(Errc code) noexcept {
  switch (code) {
    case Errc::unavailable:
    case Errc::timed_out:
    case Errc::throttled:
    case Errc::in_use:
      return true;
    case Errc::invalid:
    case Errc::not_configured:
    case Errc::system:
    case Errc::denied:
    case Errc::expired:
    case Errc::revoked:
    case Errc::not_found:
    case Errc::exists:
    case Errc::rejected:
    case Errc::unacceptable:
    case Errc::malformed:
    case Errc::stopped:
      return false;
  }
  return false;
}

/// Returns true if the request behind this error may succeed later without anybody changing
/// anything.
[[nodiscard]] inline bool retryable(Error const& error) noexcept { return retryable(error.code); }

/// Returns an Error for a failed system call: `what: No such file or directory`.
[[nodiscard]] inline Error system_error(std::string_view what, int number = errno) {
  return Error{Errc::system, std::string(what) + ": " + std::strerror(number),
               system_number(number)};
}

}  // namespace sla::inline v1

// sla/core/result.hpp
// A value, or the Error that explains why there is none. The spelling is std::expected's, so that
// this can become an alias once the floor is C++23. Propagate with `if (!x) return x.error();`.

namespace sla::inline v1 {

template <class T>
class Result;

namespace detail {

/// Ends the program, since what is asked for is not there: a bug, in a release as well.
[[noreturn]] inline void end_for(char const* bug, char const* text) noexcept {
  std::fprintf(stderr, "sla: %s%s\n", bug, text);
  std::abort();
}

/// A type that makes the value of a Result<T>, and is neither one itself nor its Error.
template <class U, class T>
concept ValueFor =
    std::constructible_from<T, U&&> && !std::same_as<std::remove_cvref_t<U>, Error> &&
    !std::same_as<std::remove_cvref_t<U>, Result<T>>;

}  // namespace detail

/// Either a T or an Error. Asking for the one that is not there is a bug: it ends the
/// program with the error's text on stderr, in release builds too.
template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;
  using error_type = Error;

  template <detail::ValueFor<T> U = T>
  explicit(!std::convertible_to<U&&, T>) Result(U&& value)
      : has_value_(true), held(std::forward<U>(value)) {}
  Result(Error error) : has_value_(false), failure(std::move(error)) {}

  Result(Result&& other) noexcept(std::is_nothrow_move_constructible_v<T>)
      : has_value_(other.has_value_) {
    construct_from(std::move(other));
  }
  Result(Result const& other) requires std::copy_constructible<T> : has_value_(other.has_value_) {
    construct_from(other);
  }
  Result& operator=(Result other) noexcept(std::is_nothrow_move_constructible_v<T>) {
    this->~Result();
    ::new (static_cast<void*>(this)) Result(std::move(other));
    return *this;
  }
  ~Result() {
    if (has_value_) {
      held.~T();
    } else {
      failure.~Error();
    }
  }

  [[nodiscard]] bool has_value() const noexcept { return has_value_; }
  explicit operator bool() const noexcept { return has_value(); }

  T& value() & {
    if (!has_value()) detail::end_for("the value of an error: ", failure.message.c_str());
    return held;
  }
  T const& value() const& {
    if (!has_value()) detail::end_for("the value of an error: ", failure.message.c_str());
    return held;
  }
  /// Returns a value of its own, so that a loop may go over that of a call.
  T value() && {
    if (!has_value()) detail::end_for("the value of an error: ", failure.message.c_str());
    return std::move(held);
  }

  T& operator*() & { return value(); }
  T const& operator*() const& { return value(); }
  T operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  T const* operator->() const { return &value(); }

  template <class U>
  [[nodiscard]] T value_or(U&& fallback) const& {
    return has_value() ? value() : static_cast<T>(std::forward<U>(fallback));
  }
  template <class U>
  [[nodiscard]] T value_or(U&& fallback) && {
    return has_value() ? std::move(*this).value() : static_cast<T>(std::forward<U>(fallback));
  }

  [[nodiscard]] Error const& error() const& {
    if (has_value()) detail::end_for("the error of a value", "");
    return failure;
  }
  [[nodiscard]] Error&& error() && {
    if (has_value()) detail::end_for("the error of a value", "");
    return std::move(failure);
  }

 private:
  template <class Other>
  void construct_from(Other&& other) {
    if (other.has_value_) {
      ::new (static_cast<void*>(&held)) T(std::forward<Other>(other).held);
    } else {
      ::new (static_cast<void*>(&failure)) Error(std::forward<Other>(other).failure);
    }
  }

  bool has_value_;
  union {  // std::optional takes a fifth of what the shipped program takes to compile
    T held;
    Error failure;
  };
};

/// Done, or the Error that explains why not.
template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;
  using error_type = Error;

  Result() = default;
  Result(Error error) : has_value_(false), failure_(std::move(error)) {}

  [[nodiscard]] bool has_value() const noexcept { return has_value_; }
  explicit operator bool() const noexcept { return has_value(); }

  [[nodiscard]] Error const& error() const& {
    if (has_value()) detail::end_for("the error of a value", "");
    return failure_;
  }
  [[nodiscard]] Error&& error() && {
    if (has_value()) detail::end_for("the error of a value", "");
    return std::move(failure_);
  }

 private:
  bool has_value_ = true;
  Error failure_{};
};

}  // namespace sla::inline v1

// sla/core/descriptor.hpp
// File descriptors that close themselves, and the one place that knows about EINTR. Whatever is
// opened here is closed on exec, so that no child inherits it.

namespace sla::inline v1 {

/// Owns one file descriptor; -1 is none.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) noexcept : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) {
      reset();
      number_ = std::exchange(other.number_, -1);
    }
    return *this;
  }
  ~Descriptor() { reset(); }

  [[nodiscard]] int get() const noexcept { return number_; }
  explicit operator bool() const noexcept { return number_ >= 0; }
  /// Gives the number away; nobody closes it here.
  int release() noexcept { return std::exchange(number_, -1); }
  /// Closes now. Linux closes even where close() says EINTR, so it is never repeated.
  void reset() noexcept {
    if (number_ >= 0) ::close(number_);
    number_ = -1;
  }

 private:
  int number_ = -1;
};

namespace internal {

/// Calls a system call again for as long as a signal interrupts it.
template <class Call>
auto uninterrupted(Call call) {
  for (;;) {
    auto const got = call();
    if (got >= 0 || errno != EINTR) return got;
  }
}

/// Opens a file; O_CLOEXEC is added to the flags. The error names the path.
[[nodiscard]] inline Result<Descriptor> open_file(std::string const& path, int flags,
                                                  mode_t mode = 0600) {
  int const number = uninterrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC, mode); });
  if (number < 0) return system_error(path);
  return Descriptor{number};
}

/// Returns true if a path leads to the very file that is open.
[[nodiscard]] inline bool leads_to(std::string const& path, Descriptor const& file) noexcept {
  struct stat there {
  }, open{};
  return ::stat(path.c_str(), &there) == 0 && ::fstat(file.get(), &open) == 0 &&
         there.st_ino == open.st_ino && there.st_dev == open.st_dev;
}

/// Writes all of the text, or says why not.
[[nodiscard]] inline Result<void> write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    ssize_t const n = uninterrupted([&] { return ::write(descriptor, text.data(), text.size()); });
    if (n < 0) return system_error("write");
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

/// Returns true if a disk only says with that error that it has nothing like fsync(): some file
/// systems, and those that are read-only, whose files are as safe as they can be.
[[nodiscard]] constexpr bool never_syncs(int number) noexcept {
  return number == EINVAL || number == EROFS;
}

/// Writes what a file has to its disk, where the disk can. The error names the path.
[[nodiscard]] inline Result<void> sync_file(Descriptor const& file, std::string_view path) {
  int const done = uninterrupted([&] { return ::fdatasync(file.get()); });
  if (done != 0 && !never_syncs(errno)) return system_error(path);
  return {};
}

/// Returns the same pipe or terminal, opened once more not to wait: O_NONBLOCK belongs to the open
/// file, which others share. None where the descriptor is neither, or if that is not possible.
[[nodiscard]] inline Descriptor never_waiting(int descriptor) {
  struct stat about {};
  if (::fstat(descriptor, &about) != 0) return {};
  if (!S_ISFIFO(about.st_mode) && !S_ISCHR(about.st_mode)) return {};
  auto again =
      open_file("/proc/self/fd/" + std::to_string(descriptor), O_WRONLY | O_NONBLOCK | O_NOCTTY);
  return again ? *std::move(again) : Descriptor{};
}

/// Reads a whole file of at most `limit` bytes. The error names the path.
[[nodiscard]] inline Result<std::string> read_file(std::string const& path, std::size_t limit) {
  auto file = open_file(path, O_RDONLY);
  if (!file) return file.error();
  std::string text;
  char buffer[4096];
  for (;;) {
    ssize_t const n = uninterrupted([&] { return ::read(file->get(), buffer, sizeof buffer); });
    if (n < 0) return system_error(path);
    if (n == 0) return text;
    text.append(buffer, static_cast<std::size_t>(n));
    if (text.size() > limit) {
      return Error{Errc::invalid, path + ": larger than " + std::to_string(limit) + " bytes"};
    }
  }
}

}  // namespace internal

}  // namespace sla::inline v1

// sla/core/shared.hpp
// A value with several holders, of which the last one deletes it. <memory> has that too, but with
// 8,000 lines that every user of a header would read, and with ten templates for each type.

namespace sla::inline v1::internal {

namespace detail {

/// Counts the holders of a value whose type is not known, and knows how to delete it.
struct Holders {
  void (*end)(Holders*);
  Atomic<std::size_t> count{1};
};

template <class T>
struct HeldValue : Holders {
  template <class... Arguments>
  explicit HeldValue(Arguments&&... arguments)
      : Holders{[](Holders* self) { delete static_cast<HeldValue*>(self); }},
        value(std::forward<Arguments>(arguments)...) {}
  T value;
};

}  // namespace detail

/// One holder, or nothing. Several threads may each have one; for one of them, one at a time.
template <class T>
class Shared {
 public:
  Shared() = default;
  Shared(std::nullptr_t) noexcept {}
  Shared(Shared const& other) noexcept : value_(other.value_), holders_(other.holders_) {
    if (holders_ != nullptr) holders_->count.fetch_add(1, __ATOMIC_RELAXED);
  }
  Shared(Shared&& other) noexcept : value_(other.value_), holders_(other.take_holders()) {}
  /// Holds the same as something that is known to be of another type.
  template <class Other>
  requires requires(Other* other, void take(T*)) { take(other); }
  Shared(Shared<Other> other) noexcept : value_(other.value_), holders_(other.take_holders()) {}
  Shared& operator=(Shared other) noexcept {
    value_ = other.value_;
    other.holders_ = std::exchange(holders_, other.holders_);
    return *this;
  }
  ~Shared() {
    if (holders_ == nullptr) return;
    if (holders_->count.fetch_sub(1, __ATOMIC_ACQ_REL) == 1) holders_->end(holders_);
  }

  /// Makes a value out of these arguments.
  template <class... Arguments>
  [[nodiscard]] static Shared make(Arguments&&... arguments) {
    auto* const made =
        new detail::HeldValue<std::remove_const_t<T>>(std::forward<Arguments>(arguments)...);
    Shared shared;
    shared.value_ = &made->value;
    shared.holders_ = made;
    return shared;
  }

  [[nodiscard]] T* get() const noexcept { return value_; }
  [[nodiscard]] auto& operator*() const noexcept { return *value_; }
  [[nodiscard]] T* operator->() const noexcept { return value_; }
  explicit operator bool() const noexcept { return value_ != nullptr; }

  /// Returns true if nobody else holds it.
  [[nodiscard]] bool is_sole() const noexcept {
    return holders_ != nullptr && holders_->count.load(__ATOMIC_ACQUIRE) == 1;
  }

 private:
  template <class Other>
  friend class Shared;

  /// Leaves nothing here.
  detail::Holders* take_holders() noexcept {
    value_ = nullptr;
    return std::exchange(holders_, nullptr);
  }

  T* value_ = nullptr;
  detail::Holders* holders_ = nullptr;
};

}  // namespace sla::inline v1::internal

// sla/core/time.hpp
// Points in time and their written forms. Instant is monotonic and is what schedules, limits and
// durations are made of; WallTime is what people and other machines call the time. Formats are
// pure, know no time zone but UTC, and call neither mktime nor a locale, as the parsers in
// core/parse_time.hpp.

namespace sla::inline v1 {

using Duration = std::chrono::nanoseconds;
/// A point of monotonic time: never stepped, meaningless outside this process.
using Instant = std::chrono::time_point<std::chrono::steady_clock, Duration>;
/// A point of civil time, to the nanosecond.
using WallTime = std::chrono::time_point<std::chrono::system_clock, Duration>;

namespace internal {

/// Returns how many whole units the nanoseconds are, rounded down. (std::chrono::floor instantiates
/// templates by the dozen for each unit, in every program.)
[[nodiscard]] constexpr std::int64_t whole_units(std::int64_t nanoseconds,
                                                 std::int64_t unit) noexcept {
  return nanoseconds / unit - (nanoseconds % unit < 0 ? 1 : 0);
}
/// Returns how many whole seconds there are, rounded down.
[[nodiscard]] constexpr std::int64_t whole_seconds(Duration duration) noexcept {
  return whole_units(duration.count(), 1'000'000'000);
}
/// Returns how many whole milliseconds there are, rounded down.
[[nodiscard]] constexpr std::int64_t whole_milliseconds(Duration duration) noexcept {
  return whole_units(duration.count(), 1'000'000);
}

}  // namespace internal

/// Whole seconds since 1970-01-01T00:00:00Z, rounded down.
[[nodiscard]] constexpr std::int64_t epoch_seconds(WallTime time) noexcept {
  return internal::whole_seconds(time.time_since_epoch());
}
/// Whole milliseconds since 1970-01-01T00:00:00Z, rounded down.
[[nodiscard]] constexpr std::int64_t epoch_milliseconds(WallTime time) noexcept {
  return internal::whole_milliseconds(time.time_since_epoch());
}

namespace detail {

/// The number with zeros before it; it must not be negative.
inline void append_padded(std::string& out, std::int64_t value, std::size_t width) {
  std::string const digits = std::to_string(value);
  if (digits.size() < width) out.append(width - digits.size(), '0');
  out += digits;
}

}  // namespace detail

/// Seconds with three decimals, such as `1.500`, rounded down.
[[nodiscard]] inline std::string decimal_seconds(Duration duration) {
  std::int64_t const count = internal::whole_milliseconds(duration);
  auto const bits = static_cast<std::uint64_t>(count);
  std::uint64_t const milliseconds = count < 0 ? 0 - bits : bits;
  std::string out = count < 0 ? "-" : "";  // g++ 12 warns of "" + std::to_string() at -O3
  out.append(std::to_string(milliseconds / 1000)).push_back('.');
  detail::append_padded(out, static_cast<std::int64_t>(milliseconds % 1000), 3);
  return out;
}

/// Appends `20150830T123600Z`, the form of X-Amz-Date.
inline void amz_date_to(std::string& out, WallTime time) {
  using namespace std::chrono;
  std::int64_t const seconds = epoch_seconds(time);
  std::int64_t const day = internal::whole_units(seconds, 24 * 3600);
  std::int64_t const second_of_day = seconds - day * (24 * 3600);
  year_month_day const date{sys_days{days{day}}};
  detail::append_padded(out, int{date.year()}, 4);
  detail::append_padded(out, unsigned{date.month()}, 2);
  detail::append_padded(out, unsigned{date.day()}, 2);
  out += 'T';
  detail::append_padded(out, second_of_day / 3600, 2);
  detail::append_padded(out, second_of_day / 60 % 60, 2);
  detail::append_padded(out, second_of_day % 60, 2);
  out += 'Z';
}
/// `20150830T123600Z`, the form of X-Amz-Date.
[[nodiscard]] inline std::string amz_date(WallTime time) {
  std::string out;
  amz_date_to(out, time);
  return out;
}

/// `2015-08-30T12:36:00.000Z`, for log lines.
[[nodiscard]] inline std::string iso_time(WallTime time) {
  std::string const compact = amz_date(time);
  std::string out = compact.substr(0, 4) + '-' + compact.substr(4, 2) + '-' + compact.substr(6, 2) +
                    'T' + compact.substr(9, 2) + ':' + compact.substr(11, 2) + ':' +
                    compact.substr(13, 2) + '.';
  detail::append_padded(out, epoch_milliseconds(time) - epoch_seconds(time) * 1000, 3);
  out += 'Z';
  return out;
}

}  // namespace sla::inline v1

// sla/core/stop.hpp
// How a runner is told to stop, from a signal or from code. Signals are blocked and received
// synchronously through a descriptor, so there are no handlers and no disposition is changed;
// a child gets back the mask that was there before. A caller that waits polls watch() beside its
// own descriptors and asks level() when one is readable.

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

// sla/core/clock.hpp
// Where time comes from and how the loop waits. A Clock is a parameter so that tests own the time;
// SteadyClock is the real one. Waiting follows the monotonic clock: a stepped wall clock causes
// neither a burst nor a stall.

namespace sla::inline v1 {

/// Why a wait ended.
enum class Wake {
  due,      ///< the instant was reached
  run_now,  ///< a run was asked for out of turn
  stopped,  ///< a stop was requested
};

/// Tells the time and waits. `now()`: the monotonic clock, which never goes back. `wall()`: the
/// date and time of day. `wait_until(instant, stop)`: waits until then, unless the stop is
/// requested or a run is asked for, and says which. `sleep_until(instant)`: the same without a
/// stop. (One by one, so that a compiler names the first that is missing.)
template <class C>
concept Clock = bool{std::movable<C>} && requires(C& c) {
  { c.now() } -> std::same_as<Instant>;
}
&&requires(C& c) {
  { c.wall() } -> std::same_as<WallTime>;
}
&&requires(C& c, Instant until, Stop const& stop) {
  { c.wait_until(until, stop) } -> std::same_as<Wake>;
}
&&requires(C& c, Instant until) {
  { c.sleep_until(until) } -> std::same_as<void>;
};

namespace internal {

/// Takes the place of a clock that a door refused, so that the refusal is the only error.
template <class X>
struct RefusedClock {
  RefusedClock(X const&) noexcept {}
  Instant now() const { return {}; }
  WallTime wall() const { return {}; }
  Wake wait_until(Instant, Stop const&) const { return Wake::stopped; }
  void sleep_until(Instant) const {}
};
template <class X>
using HeldClock = std::conditional_t<Clock<X>, X, RefusedClock<X>>;

}  // namespace internal

/// Returns a relative time for ppoll and the like: never negative.
[[nodiscard]] inline timespec to_timespec(Duration duration) noexcept {
  if (duration < Duration::zero()) duration = Duration::zero();
  std::int64_t const seconds = internal::whole_seconds(duration);
  std::int64_t const rest = duration.count() - seconds * 1'000'000'000;
  return {static_cast<time_t>(seconds), static_cast<long>(rest)};
}

/// Sleeps until the stop has news or the instant is reached, whichever comes first; it may also
/// return for no reason.
inline void await_news(Instant until, Stop const& stop) noexcept {
  auto watched = stop.watch();
  timespec const limit = to_timespec(until - std::chrono::steady_clock::now());
  (void)::ppoll(watched.data(), watched.size(), &limit, nullptr);
}

/// The clocks of the operating system. Thread-safe.
class SteadyClock {
 public:
  [[nodiscard]] Instant now() const noexcept { return std::chrono::steady_clock::now(); }
  [[nodiscard]] WallTime wall() const noexcept { return std::chrono::system_clock::now(); }

  /// Waits for the instant, a stop or a run out of turn, whichever comes first. A stop wins.
  Wake wait_until(Instant until, Stop const& stop) const noexcept {
    for (;;) {
      if (stop.level() != StopLevel::none) return Wake::stopped;
      if (stop.take_run_now()) return Wake::run_now;
      if (until <= now()) return Wake::due;
      await_news(until, stop);
    }
  }

  /// Waits for the instant and for nothing else.
  void sleep_until(Instant until) const noexcept {
    while (until > now()) {
      timespec const limit = to_timespec(until - now());
      (void)::nanosleep(&limit, nullptr);
    }
  }
};
static_assert(Clock<SteadyClock>);

}  // namespace sla::inline v1

// sla/core/futex.hpp
// Waiting for a word in memory to change, and waking whoever waits. There is no state but the word:
// one that waits may be killed, and harms nobody.

namespace sla::inline v1::internal {

using FutexWord = Atomic<std::uint32_t>;
static_assert(__atomic_always_lock_free(sizeof(FutexWord), nullptr) &&
              sizeof(FutexWord) == sizeof(std::uint32_t));

/// Waits while the word has that value, but no longer than until then. Returns true if it has
/// another one.
inline bool wait_while(FutexWord const& word, std::uint32_t value, Instant until) noexcept {
  timespec const limit = to_timespec(until.time_since_epoch());
  while (word == value) {
    long const woken = ::syscall(SYS_futex, &word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, value,
                                 &limit, nullptr, FUTEX_BITSET_MATCH_ANY);
    if (woken != 0 && errno == ETIMEDOUT) return word != value;
  }
  return true;
}

/// Wakes all that wait for the word, which was changed.
inline void wake_all(FutexWord const& word) noexcept {
  (void)::syscall(SYS_futex, &word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, INT32_MAX);
}

}  // namespace sla::inline v1::internal

// sla/core/clone.hpp
// clone(2), for a child that shares memory with this process. It is called by the other name that C
// libraries have for it: thread sanitizers take every clone() for a fork and lose the thread.

extern "C" {
// NOLINTNEXTLINE(bugprone-*,cert-*,readability-*): glibc's own name
int __clone(int (*entry)(void*), void* stack_end, int flags, void* argument, ...);
}

namespace sla::inline v1::internal {

/// Starts `entry(argument)` on that stack, of which the end is given. The pid is written to `pid`
/// before the child's first step, where flags have CLONE_PARENT_SETTID. Returns the pid, or -1 with
/// errno set.
inline int clone_process(int (*entry)(void*), void* stack_end, int flags, void* argument,
                         pid_t* pid = nullptr) {
  return ::__clone(entry, stack_end, flags, argument, pid);
}

}  // namespace sla::inline v1::internal

// sla/core/thread.hpp
// A thread that hears no signals: those are for the thread that waits for them. One that cannot be
// started, as where a container limits its processes, is an Error; std::thread throws.

namespace sla::inline v1::internal {

/// A started thread. Whoever holds it waits for its end, at the latest when this goes.
class Thread {
 public:
  /// Starts a thread that calls `body()`, which must not throw. Errc::system if there can be no
  /// more threads.
  template <class Body>
  [[nodiscard]] static Result<Thread> start(Body body) {
    auto* const held = new Body(std::move(body));  // the thread deletes it
    sigset_t all, before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);  // the thread starts with the caller's mask
    pthread_t thread{};
    int const failed = ::pthread_create(&thread, nullptr, &run<Body>, held);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (failed != 0) delete held;
    if (failed == EPERM) {
      Error const error = system_error("thread", failed);
      return Error{error.code,
                   error.message +
                       "; the container refuses the system call clone3: update its "
                       "runtime, or allow clone3 in its seccomp profile",
                   error.native};
    }
    if (failed != 0) return system_error("thread", failed);
    return Thread(thread);
  }

  /// No thread.
  Thread() = default;
  Thread(Thread&& other) noexcept
      : thread_(other.thread_), mine_(std::exchange(other.mine_, false)) {}
  Thread& operator=(Thread&& other) noexcept {
    join();
    thread_ = other.thread_;
    mine_ = std::exchange(other.mine_, false);
    return *this;
  }
  ~Thread() { join(); }

  /// Waits for the end of the thread, unless somebody did or the caller is that thread.
  void join() noexcept {
    if (!mine_) return;
    if (::pthread_equal(thread_, ::pthread_self()) != 0) return detach();
    mine_ = false;
    ::pthread_join(thread_, nullptr);
  }

  /// Lets the thread go on by itself: nobody waits for its end any more.
  void detach() noexcept {
    if (std::exchange(mine_, false)) ::pthread_detach(thread_);
  }

 private:
  explicit Thread(pthread_t thread) noexcept : thread_(thread), mine_(true) {}

  template <class Body>
  static void* run(void* body) {
    auto* const held = static_cast<Body*>(body);
    (*held)();
    delete held;
    return nullptr;
  }

  pthread_t thread_{};
  bool mine_ = false;  ///< to join or to detach
};

}  // namespace sla::inline v1::internal

// sla/core/helper.hpp
// What makes calls that may hang (core/apart.hpp): a process that shares all memory and all
// descriptors with this one, and a thread that lends it what belongs to a thread (errno, the
// allocator's cache), and so only waits. It is killed as soon as the program has ended.

namespace sla::inline v1::internal {

/// A call without its type.
struct ErasedCall {
  void (*run)(void*) = nullptr;
  Shared<void> held{};  ///< until it has ended
  void* body = nullptr;
};

/// What all helpers have in common; it outlives them.
struct Helpers {
  Atomic<int> alive{0};
  Atomic<bool> stay{false};  ///< for the next call, which comes at once
};

/// Makes one call at a time. Whoever gives it a call waits for its end, or leaves it alone for
/// ever.
class Helper {
 public:
  /// Starts one with its first call; nothing if there can be no thread.
  [[nodiscard]] static Shared<Helper> start(ErasedCall const& call, Helpers& all) {
    auto helper = Shared<Helper>::make(call, all);
    ++all.alive;
    auto thread = Thread::start([helper] { helper->lend(); });
    if (!thread) return --all.alive, nullptr;
    thread->detach();
    return helper;
  }
  Helper(ErasedCall call, Helpers& all) : all_(all), call_(std::move(call)) {}

  /// Begins another call. Returns false if the helper has ended meanwhile.
  [[nodiscard]] bool take(ErasedCall const& call) {
    call_ = call;
    std::uint32_t expected = idle;
    if (!state_.compare_exchange_strong(expected, busy)) return false;
    wake_all(state_);
    return true;
  }
  /// Waits for the end of the call, but no longer than until then. Returns false if it goes on: the
  /// helper then ends with it.
  [[nodiscard]] bool await(Instant until) {
    std::uint32_t expected = busy;
    return wait_while(state_, busy, until) || !state_.compare_exchange_strong(expected, left);
  }
  /// Ends a helper that has no call, and waits for that, but no longer than until then.
  void retire(Instant until) {
    std::uint32_t expected = idle;
    (void)state_.compare_exchange_strong(expected, gone);
    wake_all(state_);
    (void)wait_while(over_, 0, until);
  }

  /// Returns true in the process of a helper.
  [[nodiscard]] static bool here() noexcept { return is_here(); }

  Shared<Helper> next_idle{};  ///< chains those that wait for a call

 private:
  enum State : std::uint32_t { idle, busy, left, gone };

  static constexpr std::size_t stack_size = std::size_t{256} * 1024;
  static constexpr std::chrono::milliseconds process_stays{100};
  static constexpr std::chrono::seconds thread_stays{10};

  static bool& is_here() noexcept {
    static thread_local bool here = false;
    return here;
  }

  /// What the thread does: lends itself to one process after another, until none has been wanted
  /// for long.
  void lend() {
    alignas(64) std::array<char, stack_size> stack;
    std::uint32_t expected = idle;
    do {
      pid_t const pid = clone_process(&enter, stack.data() + stack.size(),
                                      CLONE_VM | CLONE_FS | CLONE_FILES, this);
      if (pid < 0) serve();
      if (pid > 0) (void)uninterrupted([&] { return ::waitpid(pid, nullptr, __WALL); });
      is_here() = false;
      if (begun_) end_call();
      (void)wait_while(state_, idle, std::chrono::steady_clock::now() + thread_stays);
      expected = idle;
    } while (state_ != gone && !state_.compare_exchange_strong(expected, gone));
    --all_.alive;
    over_ = 1;
    wake_all(over_);
  }
  static int enter(void* helper) {
    auto& self = *static_cast<Helper*>(helper);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::prctl(PR_SET_NAME, "sla-apart");
    is_here() = true;
    if (::getppid() == self.program_) self.serve();
    return 0;
  }

  /// Makes one call, and others that come at once. A call whose process does not stay ends with it,
  /// so that its caller finds no child; as does one whose process is killed.
  void serve() {
    while (state_ == busy || state_ == left) {
      begun_ = true;
      if (call_.run != nullptr) call_.run(call_.body);
      if (!all_.stay) return;
      end_call();
      (void)wait_while(state_, idle, std::chrono::steady_clock::now() + process_stays);
    }
  }
  void end_call() {
    call_ = {};
    begun_ = false;
    std::uint32_t expected = busy;
    if (!state_.compare_exchange_strong(expected, idle)) state_ = gone;  // it was left
    wake_all(state_);
  }

  Helpers& all_;
  pid_t program_ = ::getpid();
  FutexWord state_{busy};
  FutexWord over_{0};  ///< its thread is
  ErasedCall call_;
  bool begun_ = false;
};

}  // namespace sla::inline v1::internal

// sla/core/mutex.hpp
// What threads share one at a time, and how they hear of a change. <mutex> and
// <condition_variable> have that too, but with 10,000 lines that every user of a header would read.

namespace sla::inline v1::internal {

/// Lets one thread in at a time.
class Mutex {
 public:
  Mutex() = default;
  Mutex(Mutex const&) = delete;
  Mutex& operator=(Mutex const&) = delete;

  void lock() noexcept { ::pthread_mutex_lock(&mutex_); }
  void unlock() noexcept { ::pthread_mutex_unlock(&mutex_); }

 private:
  pthread_mutex_t mutex_ = PTHREAD_MUTEX_INITIALIZER;
};

/// Holds a Mutex for as long as it lives, but for what is between unlock() and lock().
class Lock {
 public:
  explicit Lock(Mutex& mutex) noexcept : mutex_(mutex) { lock(); }
  Lock(Lock const&) = delete;
  Lock& operator=(Lock const&) = delete;
  ~Lock() {
    if (locked_) unlock();
  }

  void lock() noexcept {
    mutex_.lock();
    locked_ = true;
  }
  void unlock() noexcept {
    locked_ = false;
    mutex_.unlock();
  }

 private:
  Mutex& mutex_;
  bool locked_ = false;
};

/// Tells whoever waits that something under a Mutex has changed.
class Changes {
 public:
  void notify() noexcept {
    ++count_;
    wake_all(count_);
  }

  /// Waits for `condition()`, which is called under the lock, but no longer than until then.
  /// Returns true if it holds.
  template <class Condition>
  bool wait_until(Lock& lock, Instant until, Condition condition) {
    while (!condition()) {
      std::uint32_t const seen = count_;
      lock.unlock();
      bool const changed = wait_while(count_, seen, until);
      lock.lock();
      if (!changed) return condition();
    }
    return true;
  }

 private:
  FutexWord count_{0};
};

}  // namespace sla::inline v1::internal

// sla/core/apart.hpp
// Calls that may wait for ever, and that the end of the program does not wait for. A call to a disk
// that hangs cannot be interrupted, not even by SIGKILL, and a process is not gone before its last
// thread is. So a helper makes the call (core/helper.hpp), which is a process of its own to the
// kernel. (PID 1 of a container is kept by the kernel until every process in there is gone; nothing
// helps there.)

namespace sla::inline v1::internal {

/// Makes calls by helpers. Thread-safe.
class CallsApart {
 public:
  /// Returns true if the caller is itself such a call.
  [[nodiscard]] static bool here() noexcept { return Helper::here(); }
  /// The number of this program, in a call apart too.
  [[nodiscard]] static pid_t program() { return here() ? ::getppid() : ::getpid(); }

  /// Calls `body()`, which must not throw, and starts neither a process nor a thread; waits for its
  /// end. Whatever it touches lives until then, or until the end of the program. Where there can be
  /// no helper the caller calls it.
  template <class Body>
  static void make(Body& body) {
    if (here()) return body();
    Pool& pool = of_this_process();
    auto helper = pool.give({&run<Body>, {}, &body});
    if (!helper) return body();
    (void)helper->await(Instant::max());
    pool.take_back(std::move(helper));
  }

  /// The same, but waits no longer than the limit: then the call goes on without the caller and
  /// keeps what it needs, which is only `*body`. Returns true if it has ended. Where there can be
  /// no helper it is not made.
  template <class Body>
  static bool make_within(Shared<Body> body, Duration limit) {
    if (here()) return (*body)(), true;
    Pool& pool = of_this_process();
    auto helper = pool.give({&run<Body>, body, body.get()});
    if (!helper || !helper->await(std::chrono::steady_clock::now() + limit)) return false;
    pool.take_back(std::move(helper));
    return true;
  }

  /// Says whether one call follows another at once. If so the process of a helper stays a moment
  /// for the next one, since another costs more than most calls do; if not it ends with its call,
  /// so that nobody sees a child of this program that is none of its commands.
  static void expect_many(bool many) { of_this_process().all.stay = many; }

  /// Ends the helpers that have nothing to do, until then at most. Returns true if none is left.
  static bool finish(Instant until) {
    Pool& pool = of_this_process();
    for (auto helper = pool.take_all(); helper; helper = std::move(helper->next_idle)) {
      helper->retire(until);
    }
    return pool.all.alive == 0;
  }

 private:
  /// How many helpers there may be: those in a call that hangs are among them.
  static constexpr int most_helpers = 64;

  /// The helpers, of which those that have nothing to do can be taken.
  struct Pool {
    /// Has one begin the call; nothing if there can be none.
    Shared<Helper> give(ErasedCall const& call) {
      Lock lock(mutex);
      while (idle) {
        auto helper = std::move(idle);
        idle = std::move(helper->next_idle);
        if (helper->take(call)) return helper;
      }
      lock.unlock();
      return all.alive < most_helpers ? Helper::start(call, all) : nullptr;
    }
    void take_back(Shared<Helper> helper) {
      Lock const lock(mutex);
      helper->next_idle = std::move(idle);
      idle = std::move(helper);
    }
    Shared<Helper> take_all() {
      Lock const lock(mutex);
      return std::move(idle);
    }

    pid_t process = ::getpid();
    Helpers all{};
    Mutex mutex{};
    Shared<Helper> idle{};  ///< the one that was used last, and through it all others
  };

  /// It is never destroyed: what was abandoned may outlive everything else. A child that fork()
  /// made has one of its own.
  static Pool& of_this_process() {
    static Atomic<Pool*> pool = nullptr;
    Pool* known = pool.load();
    while (known == nullptr || known->process != ::getpid()) {
      auto* const made = new Pool;
      pool.compare_exchange_strong(known, made) ? (void)(known = made) : delete made;
    }
    return *known;
  }

  template <class Body>
  static void run(void* body) {
    (*static_cast<Body*>(body))();
  }
};

/// A thread that may be abandoned: its holder may go before it has ended.
class Apart {
 public:
  /// Starts `body()`, which must not throw; what it touches lives until it has ended, or the
  /// program has. Errc::system if there can be no more threads.
  template <class Body>
  [[nodiscard]] static Result<Apart> start(Body body) {
    auto ended = Shared<FutexWord>::make(0U);
    auto thread = Thread::start([ended, body = std::move(body)]() mutable {
      body();
      *ended = 1;
      wake_all(*ended);
    });
    if (!thread) return thread.error();
    return Apart(std::move(ended), *std::move(thread));
  }

  /// No thread.
  Apart() = default;
  Apart(Apart&&) noexcept = default;
  Apart& operator=(Apart&& other) noexcept {
    Apart const before(std::move(*this));
    ended_ = std::move(other.ended_);
    thread_ = std::move(other.thread_);
    return *this;
  }
  ~Apart() {
    if (ended_ && !join_until({})) thread_.detach();
  }

  /// Returns true if it holds a thread, under way or ended.
  explicit operator bool() const noexcept { return bool{ended_}; }

  /// Waits for its end, however long that takes.
  void join() { thread_.join(); }

  /// Waits for its end until then at most; returns true if it has ended. What the thread itself
  /// ends with, such as the libraries' memory of it, is over then too.
  [[nodiscard]] bool join_until(Instant until) {
    if (!wait_while(*ended_, 0, until)) return false;
    thread_.join();
    return true;
  }

 private:
  Apart(Shared<FutexWord> ended, Thread thread)
      : ended_(std::move(ended)), thread_(std::move(thread)) {}

  Shared<FutexWord> ended_{};  ///< 1 once it has
  Thread thread_{};
};

}  // namespace sla::inline v1::internal

// sla/core/backoff.hpp
// How long to wait before something that failed is tried again: a random time up to a bound that
// doubles with each failure, so that many programs do not all come back at once (full jitter).

namespace sla::inline v1 {

/// The bounds of one thing that is tried again and again.
class Backoff {
 public:
  struct Options {
    Duration first = std::chrono::seconds{1};
    Duration longest = std::chrono::seconds{30};
  };

  Backoff() = default;
  explicit Backoff(Options options) : options_(options) {}

  [[nodiscard]] Options const& options() const noexcept { return options_; }
  /// Returns how many failures in a row there were.
  [[nodiscard]] std::uint64_t failures() const noexcept { return failures_; }

  /// It failed again: the bound of the wait.
  Duration failed() noexcept {
    Duration bound = options_.first;
    for (std::uint64_t i = 0; i < failures_ && bound < options_.longest; ++i) bound *= 2;
    ++failures_;
    return std::min(bound, options_.longest);
  }
  void succeeded() noexcept { failures_ = 0; }

 private:
  Options options_{};
  std::uint64_t failures_ = 0;
};

}  // namespace sla::inline v1

// sla/core/environment.hpp
// The process environment as a value, so that nothing below reads it behind a test's back.

extern "C" char** environ;  // POSIX: the program declares it itself

namespace sla::inline v1 {

/// Names and values. Thread-safe for reading, as any const container is.
class Environment {
 public:
  Environment() = default;
  explicit Environment(std::map<std::string, std::string, std::less<>> variables)
      : variables_(std::move(variables)) {}

  /// Returns a copy of the environment of this process, as it is now.
  [[nodiscard]] static Environment of_process() {
    Environment copy;
    for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) {
      std::string_view const text = *entry;
      auto const equals = text.find('=');
      if (equals == std::string_view::npos) continue;
      copy.variables_.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    return copy;
  }

  /// Returns the value, where the variable is set and not empty: AWS and this program treat both
  /// alike.
  [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const {
    auto const found = variables_.find(name);
    if (found == variables_.end() || found->second.empty()) return std::nullopt;
    return std::string_view(found->second);
  }
  /// Returns true if the variable is there at all, with or without a value.
  [[nodiscard]] bool has(std::string_view name) const {
    return variables_.find(name) != variables_.end();
  }
  void set(std::string name, std::string value) {
    variables_.insert_or_assign(std::move(name), std::move(value));
  }

  [[nodiscard]] auto begin() const noexcept { return variables_.begin(); }
  [[nodiscard]] auto end() const noexcept { return variables_.end(); }

 private:
  std::map<std::string, std::string, std::less<>> variables_;
};

}  // namespace sla::inline v1

// sla/core/file_apart.hpp
// Reading and writing files on a disk of the user's, which may hang: by calls apart
// (core/apart.hpp), which are waited for only so long.

namespace sla::inline v1::internal {

/// Reads from that place of a file, at most `size` bytes.
[[nodiscard]] inline Result<std::size_t> read_at_place(Descriptor const& file, std::uint64_t at,
                                                       char* to, std::size_t size) {
  ssize_t const n =
      uninterrupted([&] { return ::pread(file.get(), to, size, static_cast<off_t>(at)); });
  if (n < 0) return system_error("read");
  return static_cast<std::size_t>(n);
}

/// Writes all of the bytes to that place of a file.
[[nodiscard]] inline Result<void> write_at_place(Descriptor const& file, std::uint64_t at,
                                                 std::string_view part) {
  while (!part.empty()) {
    ssize_t const n = uninterrupted(
        [&] { return ::pwrite(file.get(), part.data(), part.size(), static_cast<off_t>(at)); });
    if (n < 0) return system_error("storing it failed");
    at += static_cast<std::uint64_t>(n);
    part.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

namespace detail {

/// How long a disk is waited for that does not answer.
inline constexpr Duration disk_limit = std::chrono::seconds{2};

inline Error no_answer() { return Error{Errc::timed_out, "its disk does not answer"}; }

struct ReadCall {
  int file;
  std::uint64_t at;
  std::string buffer;
  Result<std::size_t> size = std::size_t{0};

  void operator()() {
    Descriptor borrowed{file};
    size = read_at_place(borrowed, at, buffer.data(), buffer.size());
    (void)borrowed.release();
  }
};

struct WriteCall {
  int file;
  std::string path;
  std::uint64_t at;
  std::string text;
  Result<Descriptor> opened = Descriptor{};
  Result<void> written{};

  void operator()() {
    if (file < 0) opened = open_file(path, O_RDWR | O_CREAT | O_EXCL);
    if (!opened) return;
    Descriptor borrowed{file < 0 ? opened->get() : file};
    written = write_at_place(borrowed, at, text);
    (void)borrowed.release();
  }
};

}  // namespace detail

/// Returns true if a disk did not answer, which the two below say.
template <class T>
[[nodiscard]] bool disk_hangs(Result<T> const& result) noexcept {
  return !result && result.error().code == Errc::timed_out;
}

/// Reads from a file whose disk may hang, at most `size` bytes; Errc::timed_out if it hangs.
[[nodiscard]] inline Result<std::size_t> read_apart(Descriptor const& file, std::uint64_t at,
                                                    char* to, std::size_t size) {
  auto const call = Shared<detail::ReadCall>::make();
  call->file = file.get();
  call->at = at;
  call->buffer.resize(size);
  if (!CallsApart::make_within(call, detail::disk_limit)) return detail::no_answer();
  call->buffer.copy(to, call->size.value_or(0));
  return call->size;
}

/// Writes to a file whose disk may hang, and makes a new one of that path if it is not open;
/// Errc::timed_out if the disk hangs. Then the call goes on, and the descriptor must stay open.
[[nodiscard]] inline Result<void> write_apart(Descriptor& file, std::string path, std::uint64_t at,
                                              std::string_view part) {
  auto const call = Shared<detail::WriteCall>::make();
  call->file = file.get();
  call->path = std::move(path);
  call->at = at;
  call->text = part;
  if (!CallsApart::make_within(call, detail::disk_limit)) return detail::no_answer();
  if (!call->opened) return call->opened.error();
  if (!file) file = *std::move(call->opened);
  return std::move(call->written);
}

}  // namespace sla::inline v1::internal

// sla/core/least.hpp
// The lesser and the greater of two values. <algorithm> has them too, but with 8,000 lines that
// every user of a header would read.

namespace sla::inline v1::internal {

/// Returns the lesser of two values, the first if they are equal.
template <class T>
[[nodiscard]] constexpr T least(T const& first, T const& second) {
  return second < first ? second : first;
}

/// Returns the greater of two values, the first if they are equal.
template <class T>
[[nodiscard]] constexpr T greatest(T const& first, T const& second) {
  return first < second ? second : first;
}

}  // namespace sla::inline v1::internal

// sla/core/open_folder.hpp
// A folder that closes itself, for those that read its entries and need nothing else of it.

namespace sla::inline v1::internal {

/// Owns an open folder, for readdir(), or none.
class OpenFolder {
 public:
  explicit OpenFolder(DIR* folder) noexcept : folder_(folder) {}
  OpenFolder(OpenFolder&& other) noexcept : folder_(std::exchange(other.folder_, nullptr)) {}
  OpenFolder& operator=(OpenFolder other) noexcept {
    std::swap(folder_, other.folder_);
    return *this;
  }
  ~OpenFolder() {
    if (folder_ != nullptr) ::closedir(folder_);
  }

  [[nodiscard]] DIR* get() const noexcept { return folder_; }
  explicit operator bool() const noexcept { return folder_ != nullptr; }

 private:
  DIR* folder_;
};

}  // namespace sla::inline v1::internal

// sla/core/folder.hpp
// What a program does with a folder of its own: makes it, lists it, and sees to it that the names
// in it survive a power failure.

namespace sla::inline v1::internal {

/// Returns the names in a folder, sorted, without those that begin with a dot.
[[nodiscard]] inline Result<std::vector<std::string>> list_folder(std::string const& path) {
  OpenFolder const folder(::opendir(path.c_str()));
  if (!folder) return system_error(path);
  std::set<std::string> names;
  errno = 0;
  while (dirent const* const entry = ::readdir(folder.get())) {
    std::string_view const name = entry->d_name;
    if (!name.starts_with('.')) names.emplace(name);
  }
  if (errno != 0) return system_error(path);
  return std::vector<std::string>(names.begin(), names.end());
}

/// Writes the names in a folder to the disk, so that a new file is found after a power failure;
/// where the disk can, and where the folder may be read: that a file can be made in it says nothing
/// about that.
[[nodiscard]] inline Result<void> sync_folder(std::string const& path) {
  auto const folder = open_file(path, O_RDONLY | O_DIRECTORY);
  if (!folder && folder.error().system_number() == EACCES) return {};
  if (!folder) return folder.error();
  int const done = uninterrupted([&] { return ::fsync(folder->get()); });
  if (done != 0 && !never_syncs(errno)) return system_error(path);
  return {};
}

/// Returns the folder in which a file or folder of that path stands.
[[nodiscard]] inline std::string folder_of(std::string const& path) {
  std::size_t const slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return path.substr(0, greatest<std::size_t>(slash, 1));
}

/// Makes a folder, and those above it where they are missing; for this user alone unless told
/// otherwise. Their names are on the disk when this returns, as far as those above may be read.
[[nodiscard]] inline Result<void> make_folder(std::string const& path, mode_t mode = 0700) {
  for (std::size_t at = path.find('/', 1);; at = path.find('/', at + 1)) {
    std::string const folder = path.substr(0, at);
    struct stat about {};
    bool const there = ::stat(folder.c_str(), &about) == 0 && S_ISDIR(about.st_mode);
    if (!there && ::mkdir(folder.c_str(), mode) != 0 && errno != EEXIST) {
      return system_error(folder);
    }
    if (!there) (void)sync_folder(folder_of(folder));
    if (at == std::string::npos) return {};
  }
}

}  // namespace sla::inline v1::internal

// sla/core/text.hpp
// Small pure functions over text: ASCII case, blanks, hexadecimal, base64, percent-encoding, UTF-8
// and numbers. They know no locale and never fail halfway.

namespace sla::inline v1 {

[[nodiscard]] constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
[[nodiscard]] constexpr bool is_alpha(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
/// Returns true for a C0 control character or DEL: what no header, name or setting may hold.
[[nodiscard]] constexpr bool is_control(char c) noexcept {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}
[[nodiscard]] constexpr bool is_blank(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}
[[nodiscard]] constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Returns the text with ASCII letters in lower case.
[[nodiscard]] inline std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = lower(c);
  return out;
}

/// Returns true if two texts differ at most in the case of ASCII letters.
[[nodiscard]] constexpr bool same_ignoring_case(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

[[nodiscard]] constexpr bool has_control(std::string_view text) noexcept {
  for (char const c : text) {
    if (is_control(c)) return true;
  }
  return false;
}

/// Returns the text without blanks (space, tab, CR, LF) at either end.
[[nodiscard]] constexpr std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

/// Returns the text without the byte order mark that some editors and shells begin a file with.
[[nodiscard]] constexpr std::string_view without_byte_order_mark(std::string_view text) noexcept {
  constexpr std::string_view mark = "\xEF\xBB\xBF";
  return text.starts_with(mark) ? text.substr(mark.size()) : text;
}

/// Returns the parts between separators; an empty text has one empty part.
[[nodiscard]] inline std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    std::size_t const end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

/// Appends lower-case hexadecimal, two digits a byte, of an array or a text.
template <class Bytes>
void hex_to(std::string& out, Bytes const& bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::size_t at = out.size();
  out.resize(at + bytes.size() * 2);
  for (auto const each : bytes) {
    auto const byte = static_cast<unsigned char>(each);
    out[at++] = digits[byte >> 4U];
    out[at++] = digits[byte & 15U];
  }
}
/// Lower-case hexadecimal, two digits a byte.
template <class Bytes>
[[nodiscard]] std::string hex(Bytes const& bytes) {
  std::string out;
  hex_to(out, bytes);
  return out;
}

/// Base64 of an array or a text, with padding, RFC 4648 section 4.
template <class Bytes>
[[nodiscard]] std::string base64(Bytes const& bytes) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  auto const byte = [&](std::size_t i) {
    return std::uint32_t{static_cast<unsigned char>(bytes[i])};
  };
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::size_t const left = bytes.size() - i;
    std::uint32_t const group =
        byte(i) << 16U | (left > 1 ? byte(i + 1) << 8U : 0U) | (left > 2 ? byte(i + 2) : 0U);
    out += digits[group >> 18U];
    out += digits[group >> 12U & 63U];
    out += left > 1 ? digits[group >> 6U & 63U] : '=';
    out += left > 2 ? digits[group & 63U] : '=';
  }
  return out;
}

/// What percent_encode leaves as it is besides the unreserved characters.
enum class Slash { encode, keep };

/// Percent-encoding as SigV4 wants it: A-Z a-z 0-9 - . _ ~ stay, all else is %XX in upper case.
inline void percent_encode_to(std::string& out, std::string_view text, Slash slash) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  auto const stays = [=](char c) {
    return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~' ||
           (c == '/' && slash == Slash::keep);
  };
  while (!text.empty()) {
    std::size_t plain = 0;
    while (plain < text.size() && stays(text[plain])) ++plain;
    out += text.substr(0, plain);
    if (plain == text.size()) return;
    auto const byte = static_cast<unsigned char>(text[plain]);
    char const escape[] = {'%', digits[byte >> 4U], digits[byte & 15U]};
    out.append(escape, sizeof escape);
    text.remove_prefix(plain + 1);
  }
}
[[nodiscard]] inline std::string percent_encode(std::string_view text, Slash slash) {
  std::string out;
  out.reserve(text.size());
  percent_encode_to(out, text, slash);
  return out;
}

/// Returns a whole number that fills the text, or nothing.
template <class Integer = std::int64_t>
[[nodiscard]] constexpr std::optional<Integer> parse_integer(std::string_view text) noexcept {
  bool const negative = std::is_signed_v<Integer> && text.starts_with('-');
  if (negative) text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  Integer value = 0;
  for (char const c : text) {
    int const digit = negative ? '0' - c : c - '0';
    if (!is_digit(c) || __builtin_mul_overflow(value, 10, &value) ||
        __builtin_add_overflow(value, digit, &value)) {
      return std::nullopt;
    }
  }
  return value;
}

/// Returns a decimal number without exponent that fills the text (`2`, `0.5`), within 10^15, or
/// nothing. At least its first 15 digits count. (std::from_chars and to_chars of floating point add
/// 150 kB to a static program.)
[[nodiscard]] constexpr std::optional<double> parse_decimal(std::string_view text) noexcept {
  bool const negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  double value = 0;
  double scale = 0;  // 0 before the point
  bool any = false;
  for (char const c : text) {
    if (c == '.' && scale == 0) {
      scale = 1;
    } else if (c >= '0' && c <= '9') {
      any = true;
      if (scale < 1e15 && value < 9e14) {  // so both are whole and exact
        value = value * 10 + (c - '0');
        scale *= 10;
      } else if (scale == 0) {
        return std::nullopt;
      }
    } else {
      return std::nullopt;
    }
  }
  if (!any) return std::nullopt;
  double const size = scale == 0 ? value : value / scale;
  if (!(size < 1e15)) return std::nullopt;
  return negative ? -size : size;
}

/// Returns how many bytes the well-formed UTF-8 sequence at the start of the text has; 0 if it
/// is ill-formed (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF).
[[nodiscard]] constexpr std::size_t utf8_length(std::string_view text) noexcept {
  if (text.empty()) return 0;
  auto const byte = [&](std::size_t i) {
    return i < text.size() ? unsigned{static_cast<unsigned char>(text[i])} : 0U;
  };
  auto const tail = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  unsigned const first = byte(0);
  if (first < 0x80) return 1;
  if (first < 0xC2) return 0;
  if (first < 0xE0) return tail(1) ? 2 : 0;
  if (first < 0xF0) {
    if ((first == 0xE0 && byte(1) < 0xA0) || (first == 0xED && byte(1) > 0x9F)) return 0;
    return tail(1) && tail(2) ? 3 : 0;
  }
  if (first > 0xF4 || (first == 0xF0 && byte(1) < 0x90) || (first == 0xF4 && byte(1) > 0x8F)) {
    return 0;
  }
  return tail(1) && tail(2) && tail(3) ? 4 : 0;
}

/// Returns true if the whole text is well-formed UTF-8.
[[nodiscard]] constexpr bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    std::size_t const length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace sla::inline v1

// sla/core/json.hpp
// Writes JSON, nothing else: commas and escapes are its business, the nesting is the caller's.
// Bytes that are not UTF-8 become U+FFFD, so that what comes out is always valid. What reads JSON
// that others wrote stands in aws/wire/reply.hpp.

namespace sla::inline v1 {

/// Builds one JSON text from the front to the back; each call returns the writer itself.
class JsonWriter {
 public:
  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }

  JsonWriter& key(std::string_view name) {
    string(name);
    text_ += ':';
    first_ = true;
    return *this;
  }
  JsonWriter& string(std::string_view value) {
    comma();
    text_ += '"';
    while (!value.empty()) {
      std::size_t plain = 0;
      while (plain < value.size() && is_plain(value[plain])) ++plain;
      text_ += value.substr(0, plain);
      value.remove_prefix(plain);
      if (!value.empty()) append_character(value);
    }
    text_ += '"';
    return *this;
  }
  JsonWriter& integer(std::int64_t value) { return literal(std::to_string(value)); }
  JsonWriter& boolean(bool value) { return literal(value ? "true" : "false"); }
  /// A number in its own spelling, such as `1.500`; the caller vouches that it is JSON.
  JsonWriter& literal(std::string_view value) {
    comma();
    text_ += value;
    return *this;
  }

  [[nodiscard]] std::string const& text() const& noexcept { return text_; }
  [[nodiscard]] std::string text() && noexcept { return std::move(text_); }

 private:
  JsonWriter& open(char bracket) {
    comma();
    text_ += bracket;
    first_ = true;
    return *this;
  }
  JsonWriter& close(char bracket) {
    text_ += bracket;
    first_ = false;
    return *this;
  }
  void comma() {
    if (!first_) text_ += ',';
    first_ = false;
  }

  /// ASCII that stands for itself.
  static bool is_plain(char c) noexcept { return c >= ' ' && c < 0x7f && c != '"' && c != '\\'; }

  /// Moves one character from the front of the value to the text.
  void append_character(std::string_view& value) {
    std::size_t const length = utf8_length(value);
    if (length == 0) {
      text_ += "\xEF\xBF\xBD";
      value.remove_prefix(1);
      return;
    }
    std::string_view const character = value.substr(0, length);
    value.remove_prefix(length);
    if (character == "\"" || character == "\\") {
      text_ += '\\';
      text_ += character;
    } else if (character == "\n") {
      text_ += "\\n";
    } else if (character == "\t") {
      text_ += "\\t";
    } else if (length == 1 && is_control(character[0])) {
      text_ += "\\u00" + hex(character);
    } else if (character == "\xEF\xBF\xBE" || character == "\xEF\xBF\xBF") {
      // U+FFFE and U+FFFF are no XML characters, which SNS asks for; escaped they are.
      text_ += character == "\xEF\xBF\xBE" ? "\\ufffe" : "\\uffff";
    } else {
      text_ += character;
    }
  }

  std::string text_;
  bool first_ = true;
};

}  // namespace sla::inline v1

// sla/core/pipe_signal.hpp
// Keeps SIGPIPE from a thread for a while, for libraries that write to a connection which the other
// side may have closed. It changes no disposition, and leaves nothing pending that was not.

namespace sla::inline v1::internal {

/// While it lives, a broken pipe is EPIPE and nothing more, in the thread that made it.
class PipeSignalGuard {
 public:
  PipeSignalGuard() noexcept {
    ::sigemptyset(&pipe_);
    ::sigaddset(&pipe_, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  PipeSignalGuard(PipeSignalGuard const&) = delete;
  PipeSignalGuard& operator=(PipeSignalGuard const&) = delete;
  /// Where this thread blocks the signal anyway there is nothing to do. Elsewhere none was pending
  /// before, so one that is pending now is ours.
  ~PipeSignalGuard() {
    if (::sigismember(&before_, SIGPIPE) == 1) return;
    timespec const at_once{};
    (void)uninterrupted([&] { return ::sigtimedwait(&pipe_, nullptr, &at_once); });
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t pipe_{};
  sigset_t before_{};
};

}  // namespace sla::inline v1::internal

// sla/core/stop_plan.hpp
// How the time from the first request to stop to the exit of the program is spent. It is pure:
// what waits for something at the end takes from here how long.

namespace sla::inline v1 {

/// What a step gets that comes when its time is used up: to give up, to say so.
inline constexpr std::chrono::milliseconds last_moment{200};

/// What there is to spend, and on what.
struct StopTimes {
  Duration budget{};    ///< from the first request to the exit
  Duration grace{};     ///< between TERM and KILL
  Duration delivery{};  ///< of the budget, kept for delivery
};

/// How long each step may take, all of them counted from the first request.
struct StopPlan {
  Duration cut{};     ///< the command may end by itself, and is sent TERM then
  Duration kill{};    ///< it may end after TERM, and is sent KILL then
  Duration gone{};    ///< what not even KILL has ended by then is given up
  Duration logs{};    ///< logs are delivered
  Duration events{};  ///< events are delivered
  Duration end{};     ///< the program is gone

  bool operator==(StopPlan const&) const = default;
};

/// Keeps a quarter of the budget for delivery, but no more than delivery usually takes.
[[nodiscard]] constexpr Duration usual_delivery(Duration budget) noexcept {
  return internal::least<Duration>(std::chrono::seconds{5}, budget / 4);
}

/// Plans from the end: the last steps of the program, the events, the logs in half of what is kept
/// for both, what cannot be killed in a quarter, and whatever is left is the command's.
[[nodiscard]] constexpr StopPlan stop_plan(StopTimes times) noexcept {
  Duration const last_steps = internal::least<Duration>(last_moment, times.budget / 10);
  Duration const kill = internal::greatest(times.budget - times.delivery, Duration::zero());
  Duration const events = internal::greatest(times.budget - last_steps, kill);
  return {.cut = internal::greatest(kill - times.grace, Duration::zero()),
          .kill = kill,
          .gone = kill + (events - kill) / 4,
          .logs = kill + (events - kill) / 2,
          .events = events,
          .end = times.budget};
}

}  // namespace sla::inline v1

// sla/core/writer.hpp
// Writes for others where a write may wait: a terminal, a file. A bounded queue takes what they
// have, and a thread of its own writes it, a file by calls apart (core/apart.hpp), so that nobody
// else ever waits, nor does the end of the program. The thread ends once nothing came for a while.

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

// sla/core/outlet.hpp
// Writing that never waits, whatever the descriptor leads to and whatever its flags are, which
// others share: a full pipe, a socket, a terminal that shows nothing, a file on a disk that hangs.
// Pipes and sockets can be asked not to wait. All else (where poll() says "writable" and write()
// waits all the same) gets a writer of its own with a bounded queue. What leads to the same thing
// shares one, so that stdout and stderr keep their order.

namespace sla::inline v1::internal {

/// A way out. Cheap to make; for one thread at a time. The descriptor stays the caller's.
class Outlet {
 public:
  explicit Outlet(int descriptor) : descriptor_(descriptor) {
    struct stat about {};
    if (descriptor < 0 || ::fstat(descriptor, &about) != 0) return;
    kind_ = kind_of(descriptor, about);
    identity_ = about.st_ino ^ (static_cast<std::uint64_t>(about.st_dev) << 32U);
    file_ = kind_ == Kind::waits && S_ISREG(about.st_mode);
    if (kind_ == Kind::pipe && !pipes_can().load()) reopen();
    if (kind_ == Kind::waits) writer_ = Writers::of_this_process().to(descriptor_, about);
  }

  /// Returns true if the descriptor is open.
  explicit operator bool() const noexcept { return kind_ != Kind::none; }

  /// Returns true if it is a file on a disk, which takes all as soon as the disk does.
  [[nodiscard]] bool is_file() const noexcept { return file_; }

  /// Writes as much as is taken at once and returns how much that was. An Error if nothing ever
  /// will be.
  [[nodiscard]] Result<std::size_t> offer(std::string_view text) {
    std::size_t done = 0;
    while (done < text.size()) {
      auto n = offer_part(text.substr(done));
      if (!n && done == 0) return n;
      if (!n || *n == 0) break;
      done += *n;
    }
    if (done != 0 && !writer_ && resting() == identity_) resting() = 0;
    return done;
  }
  /// The same for a line, which is taken as a whole or not at all where it has at most PIPE_BUF
  /// bytes.
  bool offer_line(std::string_view line) {
    if (writer_) return writer_->add(line, Writer::Part::whole, writer_) == line.size();
    auto const n = offer(line);
    return n && *n == line.size();
  }

  /// Returns what to poll for room, after an offer that was not taken as a whole.
  [[nodiscard]] pollfd watch() const noexcept {
    if (writer_) return {writer_->room(), POLLIN, 0};
    return {own_ ? own_.get() : descriptor_, POLLOUT, 0};
  }

  /// Waits until then at most for what was taken to be written; returns true if it is.
  bool settled(Instant until) { return !writer_ || writer_->settled(until); }
  /// Notes that nothing was taken for so long that nobody should wait for it; says whether it is
  /// so, until something is taken again. It holds for every Outlet to the same thing.
  void rest() noexcept {
    if (writer_) (void)writer_->take_moved();
    resting() = identity_;
  }
  [[nodiscard]] bool rests() noexcept {
    return resting() == identity_ && !(writer_ && writer_->take_moved());
  }

  /// Returns how many bytes were taken and are not written yet.
  [[nodiscard]] std::size_t waiting() { return writer_ ? writer_->size() : 0; }
  /// Says once why what was taken could not be written; 0 if it could, as far as is known.
  [[nodiscard]] int take_failure() { return writer_ ? writer_->take_failure() : 0; }
  /// Forgets what was taken and is not being written yet; how many bytes were taken and never
  /// written.
  [[nodiscard]] std::uint64_t give_up() { return writer_ ? writer_->give_up() : 0; }

 private:
  enum class Kind { none, socket, pipe, reopened, at_once, waits };

  static Kind kind_of(int descriptor, struct stat const& about) noexcept {
    if (S_ISSOCK(about.st_mode)) return Kind::socket;
    if (S_ISFIFO(about.st_mode)) return Kind::pipe;
    bool const null = S_ISCHR(about.st_mode) && about.st_rdev == makedev(1, 3);
    return null || in_memory(descriptor, about) ? Kind::at_once : Kind::waits;
  }
  static bool in_memory(int descriptor, struct stat const& about) noexcept {
    struct statfs disk {};
    if (!S_ISREG(about.st_mode) || ::fstatfs(descriptor, &disk) != 0) return false;
    return disk.f_type == TMPFS_MAGIC || disk.f_type == RAMFS_MAGIC;
  }

  /// Returns true if the kernel can write to a pipe without waiting, whatever its flags are.
  static Atomic<bool>& pipes_can() noexcept {
    static Atomic<bool> can{true};
    return can;
  }

  /// What was last found to take nothing.
  static Atomic<std::uint64_t>& resting() noexcept {
    static Atomic<std::uint64_t> identity{0};
    return identity;
  }

  void reopen() {
    own_ = never_waiting(descriptor_);
    kind_ = own_ ? Kind::reopened : Kind::waits;
  }

  Result<std::size_t> offer_part(std::string_view text) {
    for (;;) {
      if (kind_ == Kind::waits) return offer_to_writer(text);
      if (auto done = offer_at_once(text)) return *std::move(done);
    }
  }
  /// Nothing if the descriptor takes nothing in this way, and another was chosen.
  std::optional<Result<std::size_t>> offer_at_once(std::string_view text) {
    PipeSignalGuard const no_signal;
    ssize_t const n = uninterrupted([&] { return write_some(text); });
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno == EAGAIN) return std::size_t{0};
    bool const unable = errno == EOPNOTSUPP || errno == ENOSYS || errno == EINVAL || errno == EPERM;
    if (kind_ != Kind::pipe || !unable) return system_error("write");
    pipes_can() = false;
    *this = Outlet(descriptor_);
    return std::nullopt;
  }
  ssize_t write_some(std::string_view text) const noexcept {
    switch (kind_) {
      case Kind::socket:
        return ::send(descriptor_, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      case Kind::pipe: {
        iovec const part{const_cast<char*>(text.data()), text.size()};
        return ::pwritev2(descriptor_, &part, 1, -1, RWF_NOWAIT);
      }
      case Kind::reopened:
        return ::write(own_.get(), text.data(), text.size());
      case Kind::at_once:
        return ::write(descriptor_, text.data(), text.size());
      case Kind::none:
      case Kind::waits:
        break;
    }
    errno = EBADF;
    return -1;
  }
  Result<std::size_t> offer_to_writer(std::string_view text) {
    if (!writer_) return std::size_t{0};  // there could be none; the next Outlet tries again
    if (int const failed = take_failure(); failed != 0) return system_error("write", failed);
    return writer_->add(text, Writer::Part::any, writer_);
  }

  int descriptor_;
  std::uint64_t identity_ = 0;
  Kind kind_ = Kind::none;
  bool file_ = false;
  Descriptor own_{};
  Shared<Writer> writer_{};
};

/// Writes the text and takes off it what was written; Errc::timed_out if that was not all of it
/// by then, Errc::system if it cannot be. What is taken at once is written in any case.
[[nodiscard]] inline Result<void> write_until(int descriptor, std::string_view& text,
                                              Instant until) {
  if (text.empty()) return {};
  std::string_view const all = text;
  Outlet outlet(descriptor);
  auto const take_back = [&] {
    std::size_t const taken = all.size() - text.size();
    text = all.substr(taken - least<std::size_t>(taken, outlet.give_up()));
  };
  (void)outlet.take_failure();  // of somebody else's text
  for (;;) {
    auto const n = outlet.offer(text);
    if (!n) take_back();
    if (!n) return n.error();
    text.remove_prefix(*n);
    auto const now = std::chrono::steady_clock::now();
    if (text.empty() || now >= until) break;
    timespec const left = to_timespec(until - now);
    pollfd room = outlet.watch();
    (void)::ppoll(&room, 1, &left, nullptr);
  }
  // A file needs a moment, however little time there is.
  Instant const moment = std::chrono::steady_clock::now() + std::chrono::milliseconds{20};
  bool const settled = outlet.settled(greatest(until, moment));
  int const failed = outlet.take_failure();
  if (!settled || failed != 0) take_back();
  if (failed != 0) return system_error("write", failed);
  if (text.empty()) return {};
  return Error{Errc::timed_out, "write: nobody reads it"};
}

/// Writes all of the text within that time, however slowly it is read; else Errc::timed_out.
[[nodiscard]] inline Result<void> write_within(int descriptor, std::string_view text,
                                               std::chrono::milliseconds limit) {
  return write_until(descriptor, text, std::chrono::steady_clock::now() + limit);
}

}  // namespace sla::inline v1::internal

// sla/core/log.hpp
// The program's own lines, on stderr unless told otherwise: one line each, as text whose fields are
// logfmt, or as JSON. A line is one write, so lines of several threads never mix; a reader that is
// gone or full loses lines, never time.

namespace sla::inline v1 {

enum class LogFormat { text, json, none };
enum class LogLevel { info, warning, error };

/// The value of a field: a text, or a number, which JSON has without quotes.
class LogValue {
 public:
  LogValue(std::string text) : text_(std::move(text)) {}
  LogValue(std::string_view text) : text_(text) {}
  LogValue(char const* text) : text_(text) {}
  template <std::integral Integer>
  LogValue(Integer number) : text_(std::to_string(number)), number_(true) {}
  /// A duration is a number of seconds.
  LogValue(Duration duration) : text_(decimal_seconds(duration)), number_(true) {}

  [[nodiscard]] std::string_view text() const noexcept { return text_; }
  [[nodiscard]] bool is_number() const noexcept { return number_; }

 private:
  std::string text_;
  bool number_ = false;
};

/// One named value beside a line's message. The name has no blanks.
struct LogField {
  std::string_view name;
  LogValue value;
};

/// Writes the program's own lines. Thread-safe; cheap to copy.
class Logger {
 public:
  struct Options {
    LogFormat format = LogFormat::text;
    int descriptor = STDERR_FILENO;  ///< stays the caller's
    std::string_view program{};      ///< stays the caller's; empty: as this process was called
    std::string_view target{};       ///< stays the caller's; where all of it is about delivering to
  };

  Logger() noexcept = default;  // said, since g++ 12 may fail to find it out
  explicit Logger(Options options) : options_(options) {}

  /// Returns a logger whose lines are about deliveries to a target; its name stays the caller's.
  [[nodiscard]] Logger to(std::string_view target) const {
    Logger other = *this;
    other.options_.target = target;
    return other;
  }

  void info(std::string_view message, std::initializer_list<LogField> fields = {}) const {
    write(LogLevel::info, message, fields);
  }
  void warning(std::string_view message, std::initializer_list<LogField> fields = {}) const {
    write(LogLevel::warning, message, fields);
  }
  void error(std::string_view message, std::initializer_list<LogField> fields = {}) const {
    write(LogLevel::error, message, fields);
  }

 private:
  static std::string_view name(LogLevel level) {
    switch (level) {
      case LogLevel::info:
        return "info";
      case LogLevel::warning:
        return "warning";
      case LogLevel::error:
        break;
    }
    return "error";
  }

  /// What a line says.
  struct Line {
    WallTime time;
    LogLevel level;
    std::string_view message;
    std::initializer_list<LogField> fields;
  };

  /// Appends a text with a question mark for each control character, which would forge a line or a
  /// colour.
  static void append_clean(std::string& text, std::string_view value) {
    for (char const c : value) text += is_control(c) ? '?' : c;
  }

  /// Appends a field as logfmt has it: what would end a value stands between quotes.
  static void append_field(std::string& text, std::string_view name, std::string_view value) {
    bool const plain = !value.empty() && value.find_first_of(" =\"") == std::string_view::npos &&
                       !has_control(value) && is_utf8(value);
    text.append(" ").append(name).append("=");
    text += plain ? std::string(value) : JsonWriter().string(value).text();
  }

  /// Each of the texts is cut at `most` bytes.
  [[nodiscard]] std::string as_text(Line const& line, std::size_t most) const {
    std::string text = iso_time(line.time) + ' ';
    std::string_view const called = ::program_invocation_short_name;
    append_clean(text, options_.program.empty() ? called : options_.program);
    text += ' ';
    if (line.level != LogLevel::info) text.append(name(line.level)).append(": ");
    append_clean(text, line.message.substr(0, most));
    for (LogField const& field : line.fields) {
      append_field(text, field.name, field.value.text().substr(0, most));
    }
    if (!options_.target.empty()) append_field(text, "target", options_.target);
    return text + '\n';
  }
  [[nodiscard]] std::string as_json(Line const& line, std::size_t most) const {
    JsonWriter json;
    json.begin_object().key("time").string(iso_time(line.time));
    json.key("level").string(name(line.level));
    json.key("message").string(line.message.substr(0, most));
    for (LogField const& field : line.fields) {
      std::string_view const value = field.value.text();
      json.key(field.name);
      field.value.is_number() ? json.literal(value) : json.string(value.substr(0, most));
    }
    if (!options_.target.empty()) json.key("target").string(options_.target);
    return json.end_object().text() + '\n';
  }

  /// Returns a line that a pipe takes as a whole or not at all, so that lines never mix.
  [[nodiscard]] std::string formatted(Line const& line) const {
    std::string text;
    for (std::size_t most = PIPE_BUF; text.empty() || text.size() > PIPE_BUF; most /= 2) {
      text = options_.format == LogFormat::json ? as_json(line, most) : as_text(line, most);
    }
    return text;
  }

  void write(LogLevel level, std::string_view message,
             std::initializer_list<LogField> fields) const {
    if (options_.format == LogFormat::none) return;
    std::string const text = formatted({std::chrono::system_clock::now(), level, message, fields});
    (void)internal::Outlet(options_.descriptor).offer_line(text);
  }

  Options options_{};
};

}  // namespace sla::inline v1

// sla/core/output.hpp
// What a command wrote: read-only, of known size, held in a file that nobody else sees or in
// memory, and readable at any offset. Copies share the bytes. How it gets there is the executor's
// business (executor/capture.hpp); where it goes is the publisher's.

namespace sla::inline v1 {

using Sha256Bytes = std::array<unsigned char, 32>;

/// The bytes of one run, in order. Copies are cheap; reading is thread-safe.
class Output {
 public:
  /// Whether the file's disk is known to answer, as that of temporary files is.
  enum class Disk { answers, may_hang };

  /// A stretch of the output: a range of the file, or a text of its own.
  struct Piece {
    std::uint64_t size = 0;
    std::uint64_t offset = 0;  ///< in the file
    std::string text{};        ///< instead of the file, if it is not empty
  };

  /// No bytes.
  Output() = default;
  /// A text in memory.
  explicit Output(std::string text) {
    std::uint64_t const size = text.size();
    if (size == 0) return;
    std::vector<Piece> pieces;
    pieces.push_back({size, 0, std::move(text)});
    *this = Output({}, std::move(pieces), std::nullopt);
  }
  /// Ranges of a file; `sha256` is that of all the bytes in order, where it is known already.
  Output(Descriptor file, std::vector<Piece> pieces, std::optional<Sha256Bytes> sha256,
         Disk disk = Disk::answers)
      : held_(internal::Shared<Held const>::make(std::move(file), std::move(pieces), disk)),
        sha256_(sha256) {
    for (Piece const& piece : held_->pieces) size_ += piece.size;
  }

  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  /// Returns the digest of all bytes, where it is known.
  [[nodiscard]] std::optional<Sha256Bytes> const& sha256() const noexcept { return sha256_; }
  /// Returns the same bytes, of which this is the digest.
  [[nodiscard]] Output with_sha256(Sha256Bytes const& sha256) const {
    Output known = *this;
    known.sha256_ = sha256;
    return known;
  }

  /// Returns where the bytes stand, in order, with copies of the texts.
  [[nodiscard]] std::vector<Piece> pieces() const {
    if (!held_) return {};
    return held_->pieces;
  }
  /// All the bytes, where they stand side by side in memory; valid as long as any copy.
  [[nodiscard]] std::optional<std::string_view> in_memory() const noexcept {
    if (size_ == 0) return std::string_view("");
    Piece const& first = held_->pieces.front();
    if (first.text.size() != size_) return std::nullopt;
    return std::string_view(first.text);
  }
  /// Returns true if the bytes stand in the file of that path.
  [[nodiscard]] bool stands_in(std::string const& path) const noexcept {
    return held_ && internal::leads_to(path, held_->file);
  }

  /// Reads the bytes from the offset on, at most `size` of them; returns how many there were, 0 at
  /// the end. Errc::system if they cannot be read, or the disk does not answer for two seconds.
  [[nodiscard]] Result<std::size_t> read(std::uint64_t offset, char* to, std::size_t size) const {
    if (!held_) return std::size_t{0};
    for (Piece const& piece : held_->pieces) {
      if (offset >= piece.size) {
        offset -= piece.size;
        continue;
      }
      auto const wanted =
          static_cast<std::size_t>(internal::least<std::uint64_t>(size, piece.size - offset));
      if (!piece.text.empty()) {
        return piece.text.copy(to, wanted, static_cast<std::size_t>(offset));
      }
      auto n = read_file(piece.offset + offset, to, wanted);
      if (!n) return n.error().within("reading the captured output");
      if (*n == 0 && wanted != 0) return Error{Errc::system, "the captured output was cut short"};
      return n;
    }
    return std::size_t{0};
  }

  /// Hands all bytes in order to `sink(std::string_view) -> Result<void>`; ends at its first error.
  template <class Sink>
  [[nodiscard]] Result<void> each_block(Sink sink) const {
    std::string buffer(static_cast<std::size_t>(internal::least<std::uint64_t>(size_, 64 * 1024)),
                       '\0');
    for (std::uint64_t offset = 0; offset < size_;) {
      auto const n = read(offset, buffer.data(), buffer.size());
      if (!n) return n.error();
      if (auto done = sink(std::string_view(buffer.data(), *n)); !done) return done.error();
      offset += *n;
    }
    return {};
  }

  /// All the bytes in one string: for small outputs and tests.
  [[nodiscard]] Result<std::string> text() const {
    std::string all;
    auto done = each_block([&](std::string_view block) -> Result<void> {
      all += block;
      return {};
    });
    if (!done) return done.error();
    return all;
  }

 private:
  struct Held {
    Held(Descriptor the_file, std::vector<Piece> the_pieces, Disk the_disk)
        : file(std::move(the_file)), pieces(std::move(the_pieces)), disk(the_disk) {}
    Descriptor file;
    std::vector<Piece> pieces;
    Disk disk;
  };

  [[nodiscard]] Result<std::size_t> read_file(std::uint64_t at, char* to, std::size_t size) const {
    if (held_->disk == Disk::answers) return internal::read_at_place(held_->file, at, to, size);
    auto n = internal::read_apart(held_->file, at, to, size);
    if (internal::disk_hangs(n)) return Error{Errc::system, n.error().message};
    return n;
  }

  internal::Shared<Held const> held_;
  std::optional<Sha256Bytes> sha256_;
  std::uint64_t size_ = 0;
};

}  // namespace sla::inline v1

// sla/core/parse_time.hpp
// Reads points in time out of their written forms.

namespace sla::inline v1 {

namespace detail {

/// Reads exactly `width` digits at `at` and steps over them.
inline std::optional<int> take_digits(std::string_view text, std::size_t& at, std::size_t width) {
  if (at + width > text.size()) return std::nullopt;
  int value = 0;
  for (std::size_t const end = at + width; at < end; ++at) {
    if (!is_digit(text[at])) return std::nullopt;
    value = value * 10 + (text[at] - '0');
  }
  return value;
}

inline bool take_char(std::string_view text, std::size_t& at, char wanted) {
  if (at >= text.size() || lower(text[at]) != lower(wanted)) return false;
  ++at;
  return true;
}

struct Civil {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
};

inline std::optional<WallTime> to_wall_time(Civil c) {
  using namespace std::chrono;
  auto const date = year_month_day{year{c.year}, month{static_cast<unsigned>(c.month)},
                                   day{static_cast<unsigned>(c.day)}};
  if (!date.ok() || c.hour > 23 || c.minute > 59 || c.second > 60) return std::nullopt;  // 60: leap
  // 2261 is the last whole year that fits nanoseconds in 64 bits.
  if (c.year < 1970 || c.year > 2261) return std::nullopt;
  std::int64_t const minutes_of_day = std::int64_t{c.hour} * 60 + c.minute;
  std::int64_t const days = sys_days{date}.time_since_epoch().count();
  return WallTime{seconds{(days * 24 * 60 + minutes_of_day) * 60 + c.second}};
}

/// Reads `2026-01-01T00:00:00` and an optional fraction, which is dropped.
inline std::optional<Civil> take_civil(std::string_view text, std::size_t& at) {
  auto const year = take_digits(text, at, 4);
  if (!year || !take_char(text, at, '-')) return std::nullopt;
  auto const month = take_digits(text, at, 2);
  if (!month || !take_char(text, at, '-')) return std::nullopt;
  auto const day = take_digits(text, at, 2);
  if (!day || !(take_char(text, at, 'T') || take_char(text, at, ' '))) return std::nullopt;
  auto const hour = take_digits(text, at, 2);
  if (!hour || !take_char(text, at, ':')) return std::nullopt;
  auto const minute = take_digits(text, at, 2);
  if (!minute || !take_char(text, at, ':')) return std::nullopt;
  auto const second = take_digits(text, at, 2);
  if (!second) return std::nullopt;
  if (take_char(text, at, '.')) {
    std::size_t const start = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    if (at == start) return std::nullopt;
  }
  return Civil{*year, *month, *day, *hour, *minute, *second};
}

/// Reads what follows a time to the end of the text: `Z`, `UTC`, `GMT`, or an offset such as
/// `+01:00`, `+0100` or `+01`, and returns how far the time is ahead of UTC.
inline std::optional<Duration> read_zone(std::string_view zone) {
  for (std::string_view const utc : {"Z", "UTC", "GMT"}) {
    if (same_ignoring_case(zone, utc)) return Duration::zero();
  }
  if (!zone.starts_with('+') && !zone.starts_with('-')) return std::nullopt;
  std::size_t at = 1;
  auto const hours = take_digits(zone, at, 2);
  std::optional<int> minutes = 0;
  if (at < zone.size()) {
    (void)take_char(zone, at, ':');
    minutes = take_digits(zone, at, 2);
  }
  if (!hours || !minutes || at != zone.size() || *hours > 23 || *minutes > 59) return std::nullopt;
  Duration const offset = std::chrono::minutes{*hours * 60 + *minutes};
  return zone.front() == '-' ? -offset : offset;
}

}  // namespace detail

/// Reads `2026-01-01T00:00:00Z`, with an optional fraction and an optional offset (RFC 3339, and
/// the ways in which programs write it), the forms in which AWS services and credential processes
/// write an expiry. Of a year that does not fit, such as 9999 for never and 0001 for the past, it
/// is the last day or the first one that does.
[[nodiscard]] inline std::optional<WallTime> parse_iso_time(std::string_view text) {
  std::size_t at = 0;
  auto civil = detail::take_civil(text, at);
  if (!civil) return std::nullopt;
  if (text.substr(at).starts_with(' ')) ++at;
  auto const zone = detail::read_zone(text.substr(at));
  int const year = internal::least(internal::greatest(civil->year, 1970), 2261);
  bool const fits = year == civil->year;
  if (!fits) civil->year = 2000;  // which has every day that there is
  auto const time = detail::to_wall_time(*civil);
  if (!time || !zone) return std::nullopt;
  if (fits) return *time - *zone;
  return detail::to_wall_time(year == 1970 ? detail::Civil{1970, 1, 1}
                                           : detail::Civil{2261, 12, 31});
}

/// Reads `Thu, 01 Jan 2026 00:00:01 GMT`, the one form of an HTTP Date that servers may send
/// (RFC 9110 section 5.6.7, IMF-fixdate). The name of the weekday is not checked.
[[nodiscard]] inline std::optional<WallTime> parse_http_date(std::string_view text) {
  constexpr std::string_view months = "janfebmaraprmayjunjulaugsepoctnovdec";
  std::size_t at = text.find(',');
  if (at != 3 || text.size() != 29 || text[4] != ' ') return std::nullopt;
  at = 5;
  auto const day = detail::take_digits(text, at, 2);
  if (!day || !detail::take_char(text, at, ' ')) return std::nullopt;
  std::size_t const month = months.find(lower(text.substr(at, 3)));
  at += 3;
  if (month == std::string_view::npos || month % 3 != 0) return std::nullopt;
  if (!detail::take_char(text, at, ' ')) return std::nullopt;
  auto const year = detail::take_digits(text, at, 4);
  if (!year || !detail::take_char(text, at, ' ')) return std::nullopt;
  auto const hour = detail::take_digits(text, at, 2);
  if (!hour || !detail::take_char(text, at, ':')) return std::nullopt;
  auto const minute = detail::take_digits(text, at, 2);
  if (!minute || !detail::take_char(text, at, ':')) return std::nullopt;
  auto const second = detail::take_digits(text, at, 2);
  if (!second || text.substr(at) != " GMT") return std::nullopt;
  return detail::to_wall_time(
      {*year, static_cast<int>(month / 3) + 1, *day, *hour, *minute, *second});
}

}  // namespace sla::inline v1

// sla/core/random.hpp
// Random numbers: for identities and waits, never for keys. Thread-safe.

namespace sla::inline v1 {

namespace detail {

/// Fills in what no random source of the kernel gave: unique enough for an identity, no secret.
inline void mix_bytes(unsigned char* bytes, std::size_t size) noexcept {
  static internal::Atomic<std::uint64_t> calls = 0;
  auto const clock = std::chrono::steady_clock::now().time_since_epoch().count();
  std::uint64_t state = static_cast<std::uint64_t>(clock) ^
                        static_cast<std::uint64_t>(::getpid()) << 40U ^
                        calls.fetch_add(0x9E3779B97F4A7C15ULL);
  for (std::size_t i = 0; i < size; ++i) {  // splitmix64
    state += 0x9E3779B97F4A7C15ULL;
    std::uint64_t mixed = (state ^ state >> 30U) * 0xBF58476D1CE4E5B9ULL;
    mixed = (mixed ^ mixed >> 27U) * 0x94D049BB133111EBULL;
    bytes[i] = static_cast<unsigned char>(mixed >> 56U);
  }
}

}  // namespace detail

/// Returns bytes from the kernel's random source; where a container refuses both ways to it, bytes
/// that are only unlikely to come again.
template <std::size_t N>
[[nodiscard]] std::array<unsigned char, N> random_bytes() {
  std::array<unsigned char, N> bytes{};
  std::size_t have = 0;
  for (ssize_t n = 1; have < N && n > 0; have += n > 0 ? static_cast<std::size_t>(n) : 0) {
    n = internal::uninterrupted(
        [&] { return ::getrandom(bytes.data() + have, N - have, GRND_NONBLOCK); });
  }
  if (have == N) return bytes;
  auto const device = internal::open_file("/dev/urandom", O_RDONLY);
  ssize_t const n =
      device ? internal::uninterrupted([&] { return ::read(device->get(), bytes.data(), N); }) : -1;
  if (n != static_cast<ssize_t>(N)) detail::mix_bytes(bytes.data(), N);
  return bytes;
}

/// Returns a random number of so many bytes.
template <std::size_t N>
requires(N <= 8) [[nodiscard]] std::uint64_t random_number() {
  std::uint64_t number = 0;
  for (unsigned char const byte : random_bytes<N>()) number = number << 8U | byte;
  return number;
}

/// Returns a random number from 0 to below 1.
[[nodiscard]] inline double random_fraction() {
  return static_cast<double>(random_number<4>()) / 4294967296.0;
}

/// Returns a random time from zero to the longest, both included.
[[nodiscard]] inline Duration random_duration(Duration longest) {
  if (longest <= Duration::zero()) return Duration::zero();
  return Duration{static_cast<Duration::rep>(random_number<8>() %
                                             (static_cast<std::uint64_t>(longest.count()) + 1))};
}

}  // namespace sla::inline v1

// sla/core/record.hpp
// Values as bytes, for records that this library itself reads again: one byte that names the field,
// four of length, then the value, numbers as eight bytes. A reader passes over names it does not
// know, so that an older program reads what a newer one wrote.

namespace sla::inline v1::internal {

/// Appends a number, lowest byte first.
template <class Number>
void append_number(std::string& out, Number value) {
  for (std::size_t i = 0; i < sizeof value; ++i) {
    out += static_cast<char>(static_cast<unsigned char>(value >> (8 * i) & 0xFFU));
  }
}

/// Reads a number that fills the first bytes of the text; the text must be long enough.
template <class Number>
[[nodiscard]] Number leading_number(std::string_view bytes) noexcept {
  Number value = 0;
  for (std::size_t i = sizeof value; i-- > 0;) {
    value = static_cast<Number>(value << 8U | static_cast<unsigned char>(bytes[i]));
  }
  return value;
}

/// One field as it was read; the value stays in the bytes that it was read from.
struct RecordField {
  std::uint8_t name = 0;
  std::string_view value{};

  /// Returns the value as a number, if it is one.
  [[nodiscard]] std::optional<std::int64_t> number() const noexcept {
    if (value.size() != sizeof(std::uint64_t)) return std::nullopt;
    return static_cast<std::int64_t>(leading_number<std::uint64_t>(value));
  }
};

/// Builds a record field by field.
class RecordWriter {
 public:
  RecordWriter& text(std::uint8_t name, std::string_view value) {
    bytes_ += static_cast<char>(name);
    append_number(bytes_, static_cast<std::uint32_t>(value.size()));
    bytes_ += value;
    return *this;
  }
  RecordWriter& number(std::uint8_t name, std::int64_t value) {
    std::string eight;
    append_number(eight, static_cast<std::uint64_t>(value));
    return text(name, eight);
  }

  [[nodiscard]] std::string const& bytes() const& noexcept { return bytes_; }
  [[nodiscard]] std::string bytes() && noexcept { return std::move(bytes_); }

 private:
  std::string bytes_;
};

/// Reads a record field by field.
class RecordReader {
 public:
  explicit RecordReader(std::string_view bytes) noexcept : rest_(bytes) {}

  /// Returns the next field; nothing at the end, and where what follows is no field.
  [[nodiscard]] std::optional<RecordField> next() noexcept {
    constexpr std::size_t head = 1 + sizeof(std::uint32_t);
    if (rest_.size() < head) return std::nullopt;
    auto const size = leading_number<std::uint32_t>(rest_.substr(1));
    if (rest_.size() - head < size) return std::nullopt;
    RecordField const field{static_cast<std::uint8_t>(rest_[0]), rest_.substr(head, size)};
    rest_.remove_prefix(head + size);
    return field;
  }

  /// Returns true if all bytes were fields.
  [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }

 private:
  std::string_view rest_;
};

}  // namespace sla::inline v1::internal

// sla/core/run.hpp
// What passes between the policies: the Job that is run, the Outcome of one run, and the Report
// that is published. Plain values; the output they carry is shared, not copied.

namespace sla::inline v1 {

/// What is run, and on whose behalf.
struct Job {
  std::string service{};              ///< the component under test
  std::vector<std::string> groups{};  ///< who cares about it
  /// The words of the command; for a shell executor one word, the command text.
  std::vector<std::string> command{};
  std::string tag_id{};      ///< passed through to the event when not empty
  std::string sla_target{};  ///< passed through to the event when not empty
  std::string location{};    ///< where it is run from; in the event when not empty
  /// Where each process makes one run: from the start of one to that of the next, if that is known.
  std::optional<Duration> expect_every{};
  std::string run_id{};   ///< unique to each run; the Runner sets it
  std::string boot_id{};  ///< of the process, as events tell it; the Runner sets it
  /// Number of its event within the boot: 1, 2, 3, ... Only what becomes an event takes one. The
  /// Runner sets it.
  std::uint64_t seq = 0;
  int attempt = 0;  ///< within the run: 1, 2, 3, ..., or 0 if there is but one; Retrying sets it
};

/// How a run ended.
enum class Verdict {
  pass,         ///< exit code 0
  fail,         ///< any other exit code
  timeout,      ///< stopped because it took too long
  signaled,     ///< ended by a signal that the runner did not send
  spawn_error,  ///< could not be started
  interrupted,  ///< cut short because the runner was told to stop: no result
  unknown,      ///< a result that says nothing about the service
  skipped,      ///< the test chose not to look: a result that says nothing either
  warn,         ///< a pass that is not as good as it should be
};

/// Returns the name of a verdict in events and lines; consumers rely on it.
[[nodiscard]] constexpr std::string_view to_string(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::pass:
      return "pass";
    case Verdict::fail:
      return "fail";
    case Verdict::timeout:
      return "timeout";
    case Verdict::signaled:
      return "signaled";
    case Verdict::spawn_error:
      return "spawn_error";
    case Verdict::interrupted:
      return "interrupted";
    case Verdict::unknown:
      return "unknown";
    case Verdict::skipped:
      return "skipped";
    case Verdict::warn:
      return "warn";
  }
  return "fail";
}

/// What an Executor found out about one run.
struct Outcome {
  Verdict verdict = Verdict::pass;
  int exit_code = 0;     ///< as a shell gives it: 126, 127 and 128+n included
  int signal = 0;        ///< the signal that ended it; 0 is none
  Output output{};       ///< what it wrote to stdout and stderr, in order
  std::string remark{};  ///< a sentence for the runner's own log, when there is something to say
  /// Why a run that failed without a word of its own failed, in one line; else empty.
  std::string reason{};
  /// What kind of failure it was, where an executor can tell, such as `dns` or `timeout`; else
  /// empty.
  std::string cause{};
  bool degraded = false;            ///< whether it passed, but not as well as it should
  std::string probe{};              ///< what a probe measured, a JSON object; else empty
  std::string message{};            ///< what a test says of itself in one line, if that is known
  std::string perf{};               ///< what a test measured, a JSON array of objects; else empty
  std::vector<Verdict> attempts{};  ///< of each attempt, if there were several
  /// When it ended, if that was before execute() returned.
  std::optional<Instant> ended{};
};

/// How a service stands after a run, if somebody keeps track of it.
struct Standing {
  std::string state{};       ///< UP, DOWN or UNKNOWN
  std::string transition{};  ///< DOWN with the event that begins an outage, UP with the end
  std::string alert{};       ///< none, ticket or page, if there is a target
  std::string json{};        ///< the members of the event that say all of it
};

/// What a Publisher delivers: one run, from its job to its outcome.
struct Report {
  Job job{};
  Outcome outcome{};
  WallTime started_at{};
  WallTime ended_at{};
  Duration duration{};  ///< monotonic, so a stepped wall clock does not show in it
  /// End of the event before this one, also of an earlier process where a spool knows it.
  std::optional<WallTime> previous_end{};
  std::optional<WallTime> next_expected_by{};  ///< by when the next event must have ended
  std::string log_uri{};                       ///< where the log was put; empty while it is nowhere
  std::string log_error{};                     ///< why the log could not be put anywhere
  /// How many results before this one had to be given up undelivered, for want of room.
  std::uint64_t dropped = 0;
  Standing standing{};
  /// What the next process wants to know of this check; a spool keeps that of the last event.
  internal::Shared<std::string const> memory{};

  [[nodiscard]] bool succeeded() const noexcept {
    return outcome.verdict == Verdict::pass || outcome.verdict == Verdict::warn;
  }
  /// Returns true if this run is a result at all; one that the runner cut short is none.
  [[nodiscard]] bool counts() const noexcept { return outcome.verdict != Verdict::interrupted; }
  /// Returns true if it says anything about the service, be it good or bad.
  [[nodiscard]] bool conclusive() const noexcept {
    return counts() && outcome.verdict != Verdict::unknown && outcome.verdict != Verdict::skipped;
  }
  /// Returns the end as readers of its event know it: the start and the duration, in whole
  /// milliseconds.
  [[nodiscard]] WallTime event_end() const noexcept {
    using std::chrono::milliseconds;
    return WallTime{
        milliseconds{epoch_milliseconds(started_at) + internal::whole_milliseconds(duration)}};
  }
};

/// What a Runner did, counted.
struct Tally {
  std::uint64_t passed = 0;
  std::uint64_t failed = 0;       ///< every other verdict that says something about the service
  std::uint64_t unknown = 0;      ///< results that say nothing about it
  std::uint64_t interrupted = 0;  ///< cut short by a stop: no result
  std::uint64_t missed = 0;       ///< slots of the schedule that a longer run took
  std::uint64_t undelivered = 0;  ///< reports for which the publisher returned an error
};

}  // namespace sla::inline v1

// sla/core/run_id.hpp
// The identity of one run: a UUID version 7 (RFC 9562), unique without any coordination and sorted
// by time. It is made before the run and kept through every retry, so that a redelivery is known.

namespace sla::inline v1 {

/// The variable by which a command knows the id of its run.
inline constexpr std::string_view run_id_variable = "SLARUNNER_RUN_ID";

/// The variable by which it knows which attempt of the run it is, where there may be several.
inline constexpr std::string_view attempt_variable = "SLARUNNER_ATTEMPT";

/// Returns a new UUIDv7, such as `0190163d-8694-739b-aea5-966c26f8ad91`.
[[nodiscard]] inline std::string new_run_id(WallTime now) {
  auto bytes = random_bytes<16>();
  auto const milliseconds = static_cast<std::uint64_t>(epoch_milliseconds(now));
  for (std::size_t i = 0; i < 6; ++i) {
    bytes[i] = static_cast<unsigned char>(milliseconds >> (40U - 8U * i));
  }
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0FU) | 0x70U);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3FU) | 0x80U);
  std::string id = hex(bytes);
  for (std::size_t const at : {8U, 13U, 18U, 23U}) id.insert(at, 1, '-');
  return id;
}

/// Returns what a file is called that holds the log of a run, whatever its id is made of.
[[nodiscard]] inline std::string log_file_name(std::string_view run_id) {
  return percent_encode(run_id, Slash::encode) + ".log";
}

}  // namespace sla::inline v1

// sla/core/run_log.hpp
// What the loop says about its runs: a line when one starts, one when it ends, one for each problem
// with its delivery. Only the words are here; how a line is written is Logger's business.

namespace sla::inline v1::internal {

/// Words a Runner's lines. Thread-safe, as the Logger is.
class RunLog {
 public:
  explicit RunLog(Logger log) : log_(log) {}

  void starts(Job const& job) const {
    log_.info("run starts", {{"run", job.run_id}, {"service", job.service}});
  }

  /// Says the reason and the remark of the outcome, where there are such, and the result.
  void ended(Report const& report) const {
    std::string const& run = report.job.run_id;
    for (std::string const* const text : {&report.outcome.reason, &report.outcome.remark}) {
      if (!text->empty()) log_.warning(*text, {{"run", run}});
    }
    log_.info("run ended", {{"run", run},
                            {"service", report.job.service},
                            {"verdict", to_string(report.outcome.verdict)},
                            {"exit", report.outcome.exit_code},
                            {"seconds", report.duration}});
  }

  void undelivered(Job const& job, Error const& error) const {
    log_.error("not delivered: " + error.message, {{"run", job.run_id}});
  }

  /// `missed` counts the slots of the schedule that runs took too long for, since the start.
  void missed(Job const& job, std::uint64_t missed) const {
    log_.warning("a run took longer than its slot", {{"missed", missed}, {"service", job.service}});
  }

 private:
  Logger log_;
};

}  // namespace sla::inline v1::internal

// sla/core/secret.hpp
// A text that must not be seen: it shows itself as ***, compares in constant time and wipes its
// memory before it is given back. Only reveal() hands out the characters.

namespace sla::inline v1 {

/// A secret key, a session token, a password. Copies are secrets too. Not thread-safe.
class Secret {
 public:
  Secret() = default;
  /// Takes a copy; the caller's own copy stays the caller's to wipe.
  explicit Secret(std::string_view text) : text_(text) {}

  Secret(Secret const&) = default;
  Secret(Secret&& other) noexcept : text_(std::move(other.text_)) { other.wipe(); }
  Secret& operator=(Secret const& other) {
    if (this != &other) {
      wipe();
      text_ = other.text_;
    }
    return *this;
  }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      wipe();
      text_.swap(other.text_);
    }
    return *this;
  }
  ~Secret() { wipe(); }

  /// Returns the characters themselves, valid while the secret lives unchanged. Never into a log
  /// line.
  [[nodiscard]] std::string_view reveal() const noexcept { return text_; }
  [[nodiscard]] bool empty() const noexcept { return text_.empty(); }

  /// Compares in a time that depends on the lengths alone.
  friend bool operator==(Secret const& left, Secret const& right) noexcept {
    if (left.text_.size() != right.text_.size()) return false;
    unsigned difference = 0;
    for (std::size_t i = 0; i < left.text_.size(); ++i) {
      difference |= static_cast<unsigned char>(left.text_[i]) ^
                    static_cast<unsigned>(static_cast<unsigned char>(right.text_[i]));
    }
    return difference == 0;
  }

  /// What a person may see of any secret.
  friend std::string_view to_string(Secret const&) noexcept { return "***"; }

 private:
  void wipe() noexcept {
    text_.resize(text_.capacity());
    ::explicit_bzero(text_.data(), text_.size());
    text_.clear();
  }

  std::string text_;
};

}  // namespace sla::inline v1

// sla/core/secret_forms.hpp
// The forms in which a secret shows up in what others write: as it is, in base64 wherever it begins
// there, percent-encoded, and in JSON.

namespace sla::inline v1::internal {

namespace detail {

/// Appends the text, and the same in the alphabet of base64 for URLs.
inline void add_base64(std::vector<std::string>& forms, std::string text) {
  std::string other = text;
  for (char& c : other) c = c == '+' ? '-' : c == '/' ? '_' : c;
  forms.push_back(std::move(text));
  forms.push_back(std::move(other));
}

/// Appends what stands in the base64 of any text that holds the secret: the digits that are its own
/// alone, and with its end the last digit and the padding. It begins at one of three places.
inline void add_base64_forms(std::vector<std::string>& forms, std::string_view secret) {
  for (std::size_t const before : {0U, 1U, 2U}) {
    std::string const text = std::string(before, '\0').append(secret);
    std::string const all = base64(text).substr(before == 0 ? 0 : before + 1);
    std::size_t const padding = (3 - text.size() % 3) % 3;
    std::size_t const whole = all.size() - padding;
    add_base64(forms, all);
    if (padding != 0) add_base64(forms, all.substr(0, whole));
    if (padding != 0) add_base64(forms, all.substr(0, whole - 1));
    // Programs that break lines do so after 76 or 64 digits.
    for (std::size_t const line : {76U, 64U}) {
      if (before != 0 || all.size() <= line) continue;
      std::string lines = all;
      for (std::size_t at = line; at < lines.size(); at += line + 1) lines.insert(at, 1, '\n');
      add_base64(forms, std::move(lines));
    }
  }
}

/// Which characters an encoder leaves as they are.
struct PercentRule {
  std::string_view kept{};  ///< besides letters and digits
  bool plus = false;        ///< whether a blank becomes a plus
  bool all = false;         ///< whether even letters and digits are encoded
};

inline std::string percent_form(std::string_view secret, PercentRule const& rule,
                                std::string_view digits) {
  std::string out;
  for (char const c : secret) {
    bool const kept = !rule.all && (is_alpha(c) || is_digit(c));
    if (kept || rule.kept.find(c) != std::string_view::npos) {
      out += c;
    } else if (rule.plus && c == ' ') {
      out += '+';
    } else {
      auto const byte = static_cast<unsigned char>(c);
      out += '%';
      out += digits[byte >> 4U];
      out += digits[byte & 15U];
    }
  }
  return out;
}

inline void add_percent_forms(std::vector<std::string>& forms, std::string_view secret) {
  constexpr std::array<PercentRule, 6> rules{{{.kept = "-._~"},                // RFC 3986
                                              {.kept = "-._~!'()*"},           // JavaScript
                                              {.kept = "-._~/"},               // paths
                                              {.kept = "-._*", .plus = true},  // forms of HTML
                                              {.kept = "-._~", .plus = true},
                                              {.all = true}}};
  for (PercentRule const& rule : rules) {
    forms.push_back(percent_form(secret, rule, "0123456789ABCDEF"));
    forms.push_back(percent_form(secret, rule, "0123456789abcdef"));
  }
}

}  // namespace detail

/// Returns the forms of a secret; some may be there more than once.
[[nodiscard]] inline std::vector<std::string> secret_forms(std::string_view secret) {
  std::vector<std::string> forms{std::string(secret)};
  detail::add_base64_forms(forms, secret);
  detail::add_percent_forms(forms, secret);
  std::string const json = JsonWriter().string(secret).text();
  forms.push_back(json.substr(1, json.size() - 2));
  return forms;
}

}  // namespace sla::inline v1::internal

// sla/core/masks.hpp
// Secrets that must not show in what is written, and a stream that has *** in their place: as they
// are, in base64, percent-encoded and in JSON, also over the borders of blocks. Without secrets
// each byte passes as it is, and nothing is copied.

namespace sla::inline v1 {

namespace internal {

/// Texts that are looked for, all at once. Each has at least `shortest` bytes. The time that it
/// takes grows with the bytes alone, but where both they and a text repeat the same few bytes.
class SoughtTexts {
 public:
  static constexpr std::size_t shortest = 6;

  explicit SoughtTexts(std::vector<std::string> texts) {
    for (std::string& text : texts) {  // sorted, each once
      auto place = texts_.begin();
      while (place != texts_.end() && *place < text) ++place;
      if (place == texts_.end() || *place != text) texts_.insert(place, std::move(text));
    }
    for (std::string const& text : texts_) {
      std::size_t const bit = bit_of(text.data());
      begins_[bit / 64] |= std::uint64_t{1} << bit % 64;
    }
  }

  struct Found {
    std::size_t size = 0;  ///< of the longest text that stands there; 0 if there is none
    bool open = false;     ///< whether more bytes could make it a longer one
  };
  /// Returns what stands at the begin of some bytes.
  [[nodiscard]] Found at_begin_of(std::string_view bytes) const {
    Found found;
    auto low = texts_.begin();
    auto high = texts_.end();  // all texts between begin with the bytes so far
    for (std::size_t depth = 0;; ++depth) {
      if (low != high && low->size() == depth) {
        found.size = depth;
        ++low;
      }
      if (low == high) return found;
      found.open = depth == bytes.size();
      if (found.open) return found;
      auto const next = static_cast<unsigned char>(bytes[depth]);
      auto const byte = [depth](std::string const& text) {
        return static_cast<unsigned char>(text[depth]);
      };
      low = first_without(low, high, [&](auto const& text) { return byte(text) < next; });
      high = first_without(low, high, [&](auto const& text) { return byte(text) == next; });
    }
  }

  /// Returns the first place from there on where a text may begin, or the end of the bytes.
  [[nodiscard]] std::size_t next_place(std::string_view bytes, std::size_t from) const noexcept {
    std::size_t const last = bytes.size() < shortest ? 0 : bytes.size() - shortest + 1;
    for (; from < last; ++from) {
      std::size_t const bit = bit_of(bytes.data() + from);
      if ((begins_[bit / 64] >> bit % 64 & 1U) != 0) return from;
    }
    return from;
  }

 private:
  using Place = std::vector<std::string>::const_iterator;

  /// Returns the first text that has not what those before it have, by halves.
  template <class Has>
  static Place first_without(Place low, Place high, Has has) {
    while (low != high) {
      Place const middle = low + (high - low) / 2;
      has(*middle) ? low = middle + 1 : high = middle;
    }
    return low;
  }

  static constexpr unsigned width = 17;  ///< of a bit's number

  /// Returns which bit stands for the first bytes of a text.
  static std::size_t bit_of(char const* text) noexcept {
    static_assert(shortest == sizeof(std::uint32_t) + sizeof(std::uint16_t));
    std::uint32_t low = 0;
    std::uint16_t high = 0;
    std::memcpy(&low, text, sizeof low);
    std::memcpy(&high, text + sizeof low, sizeof high);
    std::uint64_t const bytes = low | std::uint64_t{high} << 32U;
    return static_cast<std::size_t>(bytes * 0x9E37'79B9'7F4A'7C15U >> (64 - width));
  }

  std::vector<std::string> texts_;                                      ///< sorted, each once
  std::array<std::uint64_t, (std::size_t{1} << width) / 64> begins_{};  ///< 16 KiB
};

class MaskStream;

}  // namespace internal

/// Secrets that are to be masked. Copies share them. Immutable, so any thread may use it.
class Masks {
 public:
  /// A shorter secret is not masked: it would stand in much that is none.
  static constexpr std::size_t shortest = internal::SoughtTexts::shortest;

  /// Returns true if a secret is long enough. Blanks around it, such as a new line at the end, are
  /// no part of it.
  [[nodiscard]] static bool can_mask(std::string_view secret) noexcept {
    return trim(secret).size() >= shortest;
  }

  /// Masks nothing.
  Masks() = default;
  /// Masks those that are long enough.
  explicit Masks(std::vector<Secret> const& secrets) {
    std::vector<std::string> texts;
    for (Secret const& secret : secrets) {
      if (!can_mask(secret.reveal())) continue;
      for (std::string& form : internal::secret_forms(trim(secret.reveal()))) {
        texts.push_back(std::move(form));
      }
    }
    if (!texts.empty())
      sought_ = internal::Shared<internal::SoughtTexts const>::make(std::move(texts));
  }

  [[nodiscard]] bool empty() const noexcept { return !sought_; }

 private:
  friend class internal::MaskStream;

  internal::Shared<internal::SoughtTexts const> sought_{};
};

namespace internal {

/// One stream that is masked. Each stretch of bytes that secrets cover, be it one or several that
/// overlap, becomes ***. Bytes that may be the begin of a secret are held back until they are
/// decided or the stream ends, however long it is idle: what is written byte by byte is no less
/// secret. All others pass at once. Not thread-safe.
class MaskStream {
 public:
  explicit MaskStream(Masks const& masks) : sought_(masks.sought_) {}

  /// Takes in a block and returns what is decided, which is valid until the next call and as long
  /// as the block.
  [[nodiscard]] std::string_view take(std::string_view block) {
    if (!sought_ || block.empty()) return block;
    if (held_.empty()) return advance(block, false);
    held_ += block;
    return advance(held_, false);
  }

  /// Returns what was held back: no more follows.
  [[nodiscard]] std::string_view finish() {
    return held_.empty() ? std::string_view() : advance(held_, true);
  }

 private:
  /// Looks through bytes that are the held ones, or a block while none are held. A view of the
  /// block is returned where nothing of it has to change.
  std::string_view advance(std::string_view bytes, bool last) {
    bool const held = !held_.empty();
    out_.clear();
    std::size_t plain = covered_;  // what is not covered and not out yet begins there
    std::size_t at = sought_->next_place(bytes, 0);
    for (; at < bytes.size(); at = sought_->next_place(bytes, at + 1)) {
      auto const found = sought_->at_begin_of(bytes.substr(at));
      if (found.open && !last) break;
      if (found.size == 0) continue;
      if (at >= plain) out_.append(bytes.substr(plain, at - plain)).append("***");
      plain = internal::greatest(plain, at + found.size);
    }
    std::string_view decided = plain < at ? bytes.substr(plain, at - plain) : std::string_view();
    covered_ = plain < at ? 0 : plain - at;
    if (held || !out_.empty()) decided = out_.append(decided);
    held ? (void)held_.erase(0, at) : (void)held_.assign(bytes.substr(at));
    return decided;
  }

  Shared<SoughtTexts const> sought_;
  std::string held_{};       ///< what is not decided yet
  std::size_t covered_ = 0;  ///< how much of that belongs to a secret whose *** is out already
  std::string out_{};
};

/// Returns the whole of a text, masked.
[[nodiscard]] inline std::string masked(Masks const& masks, std::string_view text) {
  MaskStream stream(masks);
  std::string out(stream.take(text));
  return out.append(stream.finish());
}

}  // namespace internal

}  // namespace sla::inline v1

// sla/core/sequence.hpp
// Numbers the runs of a check that become events, so that a reader sees which are missing and since
// when nobody looked: the process, 1, 2, 3, ..., the end of the event before, and by when the next
// one must have come.

namespace sla::inline v1::internal {

/// Counts the events of one check. Where the job becomes another it begins anew, as a process does.
class Sequence {
 public:
  /// Takes this id instead of one of its own; before the first run.
  void boot_as(std::string id) { boot_id_ = std::move(id); }

  /// Tells a job that begins which number its event will have, should it become one.
  void number(Job& job, WallTime now) {
    bool const same = job.service == service_ && job.location == location_;
    if (last_ != 0 && !same) *this = Sequence{};
    if (boot_id_.empty()) boot_id_ = new_run_id(now);
    service_ = job.service;
    location_ = job.location;
    job.boot_id = boot_id_;
    job.seq = last_ + 1;
  }

  /// Completes the report of a run; one that is no result takes no number.
  void complete(Report& report) {
    report.previous_end = previous_end_;
    if (!report.counts()) return;
    last_ = report.job.seq;
    previous_end_ = report.event_end();
  }

 private:
  std::string boot_id_{};
  std::string service_{};
  std::string location_{};
  std::uint64_t last_ = 0;
  std::optional<WallTime> previous_end_{};
};

/// Returns the time that is so much later; nothing if that is in another century.
[[nodiscard]] inline std::optional<WallTime> later_by(WallTime time, Duration wait,
                                                      Duration longest) {
  constexpr Duration century = std::chrono::hours{24 * 36'525};
  if (greatest(wait, longest) > century) return std::nullopt;
  return time + wait + longest;
}

}  // namespace sla::inline v1::internal

// sla/core/time_limited.hpp
// A value whose calls may hang, such as one on a network mount: they are made apart
// (core/apart.hpp), one after another, and nobody waits for one longer than a limit. While one is
// under way nobody else waits at all.

namespace sla::inline v1::internal {

/// Holds a T that only its calls touch; there is none before one of them makes it. For one thread
/// at a time. What a call captures is its own, as it may go on for long.
template <class T>
class TimeLimited {
 public:
  struct NoUndo {};

  explicit TimeLimited(Duration limit) : limit_(limit) {}

  /// Returns true if nothing is under way. Tries again if no call could be made.
  [[nodiscard]] bool answers() {
    if (is_under_way()) return false;
    return (!refused_ && work_->is_empty()) || work_off();
  }

  /// Returns what `question(std::optional<T>&)` says; nothing if it is not done in time, or
  /// something else is under way, which is then not waited for. What is done too late is followed
  /// by `undo(std::optional<T>&)`.
  template <class Question, class Undo = NoUndo>
  auto ask(Question question, Undo undo = {}) {
    if (answers()) return insist(std::move(question), std::move(undo));
    return decltype(insist(std::move(question), std::move(undo)))();
  }
  /// The same, but it is done in any case, later if need be.
  template <class Question, class Undo = NoUndo>
  auto insist(Question question, Undo undo = {}) {
    using Held = Call<Question, Undo>;
    auto const held = Shared<Held>::make(std::move(question), std::move(undo));
    work_->add(held);
    bool const done = !is_under_way() && work_off();
    return done || !work_->give_up(*held) ? std::move(held->answer) : decltype(held->answer)();
  }

 private:
  /// A call without its types.
  struct Task {
    void (*run)(Task&, std::optional<T>&);
    void (*undo)(Task&, std::optional<T>&);
    bool begun = false;
    bool done = false;
    bool given_up = false;
  };
  template <class Question, class Undo>
  struct Call : Task {
    Call(Question the_question, Undo the_undo)
        : question(std::move(the_question)), undoing(std::move(the_undo)) {
      this->run = [](Task& self, std::optional<T>& value) {
        auto& own = static_cast<Call&>(self);
        own.answer.emplace(own.question(value));
      };
      this->undo = [](Task& self, std::optional<T>& value) {
        if constexpr (!std::is_same_v<Undo, NoUndo>) static_cast<Call&>(self).undoing(value);
      };
    }

    Question question;
    Undo undoing;
    std::optional<decltype(std::declval<Question&>()(std::declval<std::optional<T>&>()))> answer{};
  };

  /// What the calls share; whoever is last lets it go.
  class Work {
   public:
    void add(Shared<Task> task) {
      Lock const lock(mutex_);
      tasks_.push_back(std::move(task));
    }
    [[nodiscard]] bool is_empty() {
      Lock const lock(mutex_);
      return tasks_.empty();
    }
    /// Has a task undone once it is done; false if it is done by now.
    bool give_up(Task& task) {
      Lock const lock(mutex_);
      task.given_up = !task.done;
      return task.given_up;
    }
    /// Does all there is to do.
    void run() {
      Lock lock(mutex_);
      while (!tasks_.empty()) {
        Shared<Task> const task = tasks_.front();
        bool const killed = std::exchange(task->begun, true);
        lock.unlock();
        if (!killed) task->run(*task, value_);
        lock.lock();
        if (task->given_up && !killed) {
          lock.unlock();
          task->undo(*task, value_);
          lock.lock();
        }
        task->done = true;
        tasks_.pop_front();
      }
    }

   private:
    Mutex mutex_{};
    std::deque<Shared<Task>> tasks_{};
    std::optional<T> value_{};  ///< of the calls
  };
  /// One call apart; there is none under way once it is gone.
  struct Turn {
    explicit Turn(Shared<Work> the_work) : work(std::move(the_work)) {}
    Shared<Work> work;

    void operator()() const { work->run(); }
  };

  /// Does all there is to do; returns true if it ended within the limit.
  bool work_off() {
    turn_ = Shared<Turn>::make(work_);
    bool const ended = CallsApart::make_within(turn_, limit_);
    refused_ = !ended && !is_under_way();
    return ended;
  }

  /// Returns true if the last call is still made: then it holds its turn, too.
  [[nodiscard]] bool is_under_way() const noexcept { return turn_ && !turn_.is_sole(); }

  Duration limit_;
  Shared<Work> work_ = Shared<Work>::make();
  Shared<Turn> turn_{};
  bool refused_ = true;  ///< the last call could not be made, or there was none
};

}  // namespace sla::inline v1::internal

// sla/process/children.hpp
// Which children of this process belong to somebody by name. After a run, and whenever a child has
// ended, all children without an owner are reaped; a program that another thread started, such as
// one that gives credentials, is left to that thread. A caller that waits for a child starts it
// here, and learns how it ended.

namespace sla::inline v1 {

/// The children that have an owner. Thread-safe.
class OwnedChildren {
 public:
  /// The place of one child; holds its pid from the instant at which there is one, 0 before.
  using Slot = pid_t*;

  /// Those of this process.
  [[nodiscard]] static OwnedChildren& of_this_process() {
    static OwnedChildren children;
    return children;
  }

  /// Makes a place for a child that is about to be started. The kernel writes the pid into it
  /// before the child takes its first step (CLONE_PARENT_SETTID), so that nobody else reaps it.
  /// From then on this process ignores SIGCHLD no more, should it have been started that way.
  [[nodiscard]] Slot reserve() {
    keep_ends();
    internal::Lock const lock(mutex_);
    return &(first_ = new Place{0, first_})->pid;
  }
  /// The child was reaped, so its number may be another's; or there is none.
  void release(Slot slot) {
    internal::Lock const lock(mutex_);
    Place** at = &first_;
    while (&(*at)->pid != slot) at = &(*at)->next;
    delete std::exchange(*at, (*at)->next);
  }
  /// Returns the pid in a place that the caller reserved.
  [[nodiscard]] static pid_t pid(Slot slot) noexcept {
    return __atomic_load_n(slot, __ATOMIC_SEQ_CST);
  }

  [[nodiscard]] bool has(pid_t pid) {
    internal::Lock const lock(mutex_);
    for (Place* at = first_; at != nullptr; at = at->next) {
      if (OwnedChildren::pid(&at->pid) == pid) return true;
    }
    return false;
  }

 private:
  struct Place {
    pid_t pid;
    Place* next;
  };

  OwnedChildren() = default;

  /// While SIGCHLD is ignored the kernel reaps every child, and nobody learns how it ended.
  static void keep_ends() noexcept {
    struct sigaction now {};
    if (::sigaction(SIGCHLD, nullptr, &now) == 0 && now.sa_handler == SIG_IGN) {
      ::signal(SIGCHLD, SIG_DFL);
    }
  }

  internal::Mutex mutex_{};
  Place* first_ = nullptr;
};

}  // namespace sla::inline v1

// sla/process/child_side.hpp
// The part of a child that shares the memory of its parent, from its first step until it executes
// its program.

namespace sla::inline v1::internal {

namespace detail {

/// What the child has until it executes the program. It changes nothing of it but `failed` and
/// `marked`.
struct ChildPlan {
  std::vector<std::string> paths{};
  std::vector<char*> words{};
  std::vector<char*> environment{};
  std::array<int, 3> descriptors{};
  int sign = -1;  ///< a pipe of which no end is open any more once the program is executed
  sigset_t mask{};
  rlim_t mark = 0;
  int failed = 0;       ///< errno of exec
  bool marked = false;  ///< whether the mark could be set
  int has_all = 0;      ///< 1 while the child has its copies of all descriptors of this process
};

/// How many children have their copies of all descriptors: for an instant each, on their way to
/// their program. What one of them holds open no run holds. Children share it, and change it by
/// what the compiler has built in, since they may call nothing.
inline int children_with_all = 0;

/// The child's part. It runs in the memory of its parent, so it calls the system and nothing else;
/// a sanitizer must not note its frames, which end with no return. It has the errno of the thread
/// that started it, which only waits, and without a signal that would change it; should that look
/// at something else meanwhile, because the start hangs, no decision of it may depend on errno.
class ChildSide {
 public:
  __attribute__((no_sanitize("address", "thread"))) static int run(void* raw) noexcept {
    auto& plan = *static_cast<ChildPlan*>(raw);
    reset_signals();
    (void)::setsid();
    if (plan.mark != 0) plan.marked = set_mark(plan.mark);
    for (int i = 0; i < 3; ++i) {
      // Not dup2(): the sanitizer of threads would take the descriptors for those of the parent.
      if (::syscall(SYS_dup3, plan.descriptors[static_cast<std::size_t>(i)], i, 0) < 0) {
        ::_exit(127);
      }
    }
    close_others(plan.sign);
    forget_all(plan);
    ::pthread_sigmask(SIG_SETMASK, &plan.mask, nullptr);
    plan.failed = execute(plan);
    ::_exit(127);
  }

  /// The child has its own descriptors alone, or there is none.
  __attribute__((no_sanitize("address", "thread"))) static void forget_all(
      ChildPlan& plan) noexcept {
    int const had = __atomic_exchange_n(&plan.has_all, 0, __ATOMIC_SEQ_CST);
    __atomic_fetch_sub(&children_with_all, had, __ATOMIC_SEQ_CST);
  }

 private:
  /// A handler would run in the parent's memory. What is ignored stays so, but for what a program
  /// that was started by Python or systemd would see, and a test judge by.
  __attribute__((no_sanitize("address", "thread"))) static void reset_signals() noexcept {
    for (int signal = 1; signal < NSIG; ++signal) {
      struct sigaction now {};
      if (::sigaction(signal, nullptr, &now) != 0 || now.sa_handler == SIG_DFL) continue;
      bool const ignored = now.sa_handler == SIG_IGN;
      if (ignored && signal != SIGPIPE && signal != SIGXFSZ) continue;
      now = {};
      (void)::sigaction(signal, &now, nullptr);
    }
  }
  __attribute__((no_sanitize("address", "thread"))) static bool set_mark(rlim_t mark) noexcept {
    rlimit limit{};
    if (::getrlimit(RLIMIT_LOCKS, &limit) != 0) return false;
    limit.rlim_cur = mark;
    return ::setrlimit(RLIMIT_LOCKS, &limit) == 0;
  }
  __attribute__((no_sanitize("address", "thread"))) static void close_others(int sign) noexcept {
    int const first = STDERR_FILENO + 1;
    bool const closed = close_all(first, sign - 1) && close_all(sign + 1, INT_MAX);
    if (closed) return;
    rlimit limit{};  // before Linux 5.9, or where it is refused
    int const end = ::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < 65536
                        ? static_cast<int>(limit.rlim_cur)
                        : 65536;
    for (int descriptor = first; descriptor < end; ++descriptor) {
      if (descriptor != sign) ::close(descriptor);
    }
  }
  __attribute__((no_sanitize("address", "thread"))) static bool close_all(int from,
                                                                          int to) noexcept {
    return from > to || ::syscall(SYS_close_range, from, to, 0) == 0;
  }
  /// Tries each path, as a shell does. Returns errno: EACCES where one was there and may not be
  /// executed.
  __attribute__((no_sanitize("address", "thread"))) static int execute(
      ChildPlan const& plan) noexcept {
    int failed = ENOENT;
    for (std::size_t i = 0; i < plan.paths.size(); ++i) {
      ::execve(plan.paths[i].c_str(), plan.words.data(), plan.environment.data());
      int const error = errno;
      if (error == EACCES) failed = EACCES;
      bool const next = error == EACCES || error == ENOENT || error == ENOTDIR;
      if (!next || plan.paths.size() == 1) return error;
    }
    return failed;
  }
};

}  // namespace detail

/// Returns true while a child that is being started may hold open what is none of its business.
[[nodiscard]] inline bool any_child_has_all() noexcept {
  return __atomic_load_n(&detail::children_with_all, __ATOMIC_SEQ_CST) != 0;
}

}  // namespace sla::inline v1::internal

// sla/process/spawn.hpp
// Starts one program: in a session of its own and so without a terminal, its three descriptors and
// no other of ours, with the signal mask it should have, SIGPIPE and SIGXFSZ as a shell has them,
// and the mark of its run. It shares the memory of this process until it executes the program, as
// with posix_spawn, so the size of this process costs nothing. Other than with posix_spawn the
// caller goes on meanwhile, since that may take as long as a file system likes. The clone system
// call is used, which every container runtime lets through; some answer clone3, which posix_spawn
// takes, with EPERM.

extern "C" {
/// There where the sanitizer of threads is, which takes a child that shares memory for the thread
/// that made it: so that one must not go on meanwhile.
// NOLINTNEXTLINE(bugprone-*,cert-*,readability-*): the sanitizer's own name
__attribute__((weak)) void __tsan_init();
}

namespace sla::inline v1::internal {

/// What a program is started with; it owns everything, so that a start that hangs may outlive the
/// caller.
struct StartPlan {
  std::vector<std::string> words{};        ///< a name without a slash is looked for in $PATH
  std::vector<std::string> environment{};  ///< NAME=value
  Descriptor input{};                      ///< becomes stdin
  Descriptor output{};                     ///< becomes stdout
  Descriptor errors{};                     ///< becomes stderr; none: the same as stdout
  sigset_t mask{};                         ///< becomes the signal mask
  rlim_t mark = 0;                         ///< becomes the soft limit of RunMark; 0 is none
};

namespace detail {

/// Where a program may be found: by its path, or by its name in each folder of $PATH.
inline std::vector<std::string> candidates(std::string const& name) {
  if (name.empty() || name.find('/') != std::string::npos) return {name};
  char const* const path = std::getenv("PATH");
  std::vector<std::string> found;
  for (std::string_view const folder : split(path != nullptr ? path : "/bin:/usr/bin", ':')) {
    found.push_back(folder.empty() ? name : std::string(folder) + '/' + name);
  }
  return found;
}

/// The form that exec takes a list of texts in. They are not const for historical reasons.
inline std::vector<char*> pointers(std::vector<std::string> const& texts) {
  std::vector<char*> all;
  all.reserve(texts.size() + 1);
  for (std::string const& text : texts) all.push_back(const_cast<char*>(text.c_str()));
  all.push_back(nullptr);
  return all;
}

/// Descriptors 0 to 2 are what the child makes anew: what stands there is moved out of the way.
inline Result<void> move_up(Descriptor& descriptor) {
  if (!descriptor || descriptor.get() > STDERR_FILENO) return {};
  int const moved = ::fcntl(descriptor.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  if (moved < 0) return system_error("descriptor");
  descriptor = Descriptor{moved};
  return {};
}

}  // namespace detail

/// Opens what reads as empty: /dev/null, or if that is not there or may not be opened (a mount
/// with nodev), a pipe that nobody writes to.
[[nodiscard]] inline Result<Descriptor> empty_input() {
  if (auto null = open_file("/dev/null", O_RDONLY)) return null;
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return system_error("pipe");
  Descriptor const writer{ends[1]};
  return Descriptor{ends[0]};
}

/// Returns the environment of this process with the id of a run set, and its attempt if it may have
/// several.
[[nodiscard]] inline std::vector<std::string> environment_of_run(std::string_view run_id,
                                                                 int attempt = 0) {
  std::string const name = std::string(run_id_variable) + '=';
  std::string const other = std::string(attempt_variable) + '=';
  std::vector<std::string> entries{name + std::string(run_id)};
  if (attempt != 0) entries.push_back(other + std::to_string(attempt));
  for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) {
    std::string_view const text(*entry);
    if (!text.starts_with(name) && !text.starts_with(other)) entries.emplace_back(text);
  }
  return entries;
}

/// What came of a start.
struct Started {
  pid_t pid = -1;       ///< -1 if there was none
  int failed = 0;       ///< errno of clone or exec; 0 is success
  bool marked = false;  ///< whether it has the mark
};

/// The start of one program. All that needs memory is done when it is made; it lives until it is
/// known what came of the start, or there was none. For one thread at a time.
class ProgramStart {
 public:
  explicit ProgramStart(StartPlan plan) : plan_(std::move(plan)) {
    for (Descriptor* const one : {&plan_.input, &plan_.output, &plan_.errors}) {
      if (auto moved = detail::move_up(*one); !moved) failed_ = moved.error().system_number();
    }
    if (plan_.words.empty()) failed_ = ENOENT;
    if (failed_ != 0) return;
    int const errors = plan_.errors ? plan_.errors.get() : plan_.output.get();
    child_.paths = detail::candidates(plan_.words[0]);
    child_.words = detail::pointers(plan_.words);
    child_.environment = detail::pointers(plan_.environment);
    child_.descriptors = {plan_.input.get(), plan_.output.get(), errors};
    child_.mask = plan_.mask;
    child_.mark = plan_.mark;
  }
  ProgramStart(ProgramStart const&) = delete;
  ProgramStart& operator=(ProgramStart const&) = delete;

  /// Begins it. The kernel writes the pid to `pid` before the child's first step. Called once.
  void begin(pid_t& pid) noexcept {
    if (failed_ == 0) failed_ = open_sign();
    if (failed_ == 0) failed_ = clone(pid);
    for (Descriptor* const one : {&plan_.input, &plan_.output, &plan_.errors}) one->reset();
  }
  /// Waits until it is known what came of it, but no longer than until then; true if it is known.
  [[nodiscard]] bool await(Instant until) const noexcept {
    sigset_t all;
    ::sigfillset(&all);
    pollfd sign{sign_.get(), POLLIN, 0};
    while (sign_ && sign.revents == 0) {
      timespec const limit = to_timespec(until - std::chrono::steady_clock::now());
      (void)::ppoll(&sign, 1, &limit, &all);
      if (sign.revents == 0 && std::chrono::steady_clock::now() >= until) return false;
    }
    return true;
  }
  /// Returns what came of it, once that is known: the program is executed, or cannot be. Leaves
  /// nothing that is not reaped: a child whose exec failed is no more. Called once.
  /// ENOENT: there is no such file, or its interpreter is missing; EACCES: it may not be executed
  /// or is a directory; EAGAIN, ENOMEM, EMFILE, ENFILE: this machine has no room for it.
  [[nodiscard]] Started finish() noexcept {
    detail::ChildSide::forget_all(child_);  // it may have been killed, or not share our memory
    int const failed = failed_ != 0 ? failed_ : child_.failed;
    if (number_ > 0 && failed != 0) {
      (void)uninterrupted([&] { return ::waitpid(number_, nullptr, 0); });
    }
    return {failed == 0 ? number_ : -1, failed, child_.marked};
  }

 private:
  int open_sign() noexcept {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return errno;
    sign_ = Descriptor{ends[0]};
    child_sign_ = Descriptor{ends[1]};
    auto const moved = detail::move_up(child_sign_);
    child_.sign = child_sign_.get();
    return moved ? 0 : moved.error().system_number();
  }
  int clone(pid_t& pid) noexcept {
    sigset_t all, before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    __atomic_store_n(&child_.has_all, 1, __ATOMIC_SEQ_CST);
    __atomic_fetch_add(&detail::children_with_all, 1, __ATOMIC_SEQ_CST);
    int constexpr flags = CLONE_VM | CLONE_PARENT_SETTID | SIGCHLD;
    auto const start = [&](int more) {
      return clone_process(&detail::ChildSide::run, stack_.data() + stack_.size(), flags | more,
                           &child_, &pid);
    };
    number_ = start(&::__tsan_init == nullptr ? 0 : CLONE_VFORK);
    if (number_ < 0 && errno == EINVAL) number_ = start(CLONE_VFORK);  // all that an emulator knows
    int const failed = number_ < 0 ? errno : 0;
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    child_sign_.reset();
    if (failed == 0) return 0;
    detail::ChildSide::forget_all(child_);
    sign_.reset();
    return failed;
  }

  StartPlan plan_;
  detail::ChildPlan child_{};
  Descriptor sign_{};        ///< hangs up once the program is executed, or its child has ended
  Descriptor child_sign_{};  ///< its other end
  pid_t number_ = -1;
  int failed_ = 0;
  alignas(16) std::array<char, std::size_t{32} * 1024> stack_;  ///< the child's, until then
};

}  // namespace sla::inline v1::internal

// sla/process/launch.hpp
// Starts a program whose start may hang: a network mount does not answer, or a scanner looks at the
// program first. The caller waits for as long as it wants to, and may give the start up; what it
// needs is kept until its process has ended.

namespace sla::inline v1::internal {

/// A start with the place of its child.
struct OwnedStart {
  Shared<ProgramStart> start;
  OwnedChildren::Slot slot;
};

/// The starts that were given up and hang. Thread-safe.
class GivenUpStarts {
 public:
  /// How many may hang; those behind them wait.
  static constexpr std::size_t most = 8;

  /// Those of this process.
  [[nodiscard]] static GivenUpStarts& of_this_process() {
    static GivenUpStarts starts;
    return starts;
  }

  /// Kills the child, which is reaped as soon as that shows.
  void add(OwnedStart one) {
    ::kill(OwnedChildren::pid(one.slot), SIGKILL);
    Lock const lock(mutex_);
    first_ = Shared<GivenUp>::make(std::move(one), std::move(first_));
    ++count_;
  }
  /// Reaps those that have ended. Returns true if no more can be added.
  bool sweep() {
    Lock const lock(mutex_);
    for (Shared<GivenUp>* at = &first_; *at;) {
      OwnedStart const& one = (*at)->one;
      pid_t const pid = OwnedChildren::pid(one.slot);
      if (uninterrupted([&] { return ::waitpid(pid, nullptr, WNOHANG); }) == 0) {
        at = &(*at)->next;
        continue;
      }
      OwnedChildren::of_this_process().release(one.slot);
      *at = Shared<GivenUp>((*at)->next);
      --count_;
    }
    return count_ >= most;
  }

 private:
  struct GivenUp {
    GivenUp(OwnedStart the_one, Shared<GivenUp> the_next)
        : one(std::move(the_one)), next(std::move(the_next)) {}
    OwnedStart one;
    Shared<GivenUp> next;
  };

  GivenUpStarts() = default;

  Mutex mutex_{};
  Shared<GivenUp> first_{};
  std::size_t count_ = 0;
};

/// One start, under way or done. The child belongs to whoever holds it, until it is released or
/// given up. For one thread at a time.
class Launch {
 public:
  explicit Launch(StartPlan plan)
      : one_{Shared<ProgramStart>::make(std::move(plan)),
             OwnedChildren::of_this_process().reserve()} {
    begin();
  }

  /// Waits until it is known what came of it, but no longer than until then; true if it is known.
  bool wait_until(Instant until) {
    while (!begun_ && std::chrono::steady_clock::now() < until) {
      SteadyClock{}.sleep_until(SteadyClock{}.now() + std::chrono::milliseconds{10});
      begin();
    }
    if (known_ || !begun_ || !one_.start->await(until)) return known_;
    started_ = one_.start->finish();
    one_.start = nullptr;
    return known_ = true;
  }
  /// Returns what came of it, once that is known.
  [[nodiscard]] Started const& started() const noexcept { return started_; }
  /// Returns the pid as soon as there is a process, also one that hangs before its program; else 0.
  [[nodiscard]] pid_t pid() const noexcept { return OwnedChildren::pid(one_.slot); }

  /// The caller has reaped the child, leaves that to reap_children(), or there is none.
  void release() { OwnedChildren::of_this_process().release(one_.slot); }
  /// The caller waits no more: what may still come of it is killed, and reaped by a later start.
  /// Returns false if it is known what came of it.
  bool give_up() {
    if (wait_until(Instant{})) return false;
    begun_ ? GivenUpStarts::of_this_process().add(std::move(one_)) : release();
    return true;
  }

 private:
  void begin() {
    if (GivenUpStarts::of_this_process().sweep()) return;
    one_.start->begin(*one_.slot);
    begun_ = true;
  }

  OwnedStart one_;
  Started started_{};
  bool begun_ = false;
  bool known_ = false;
};

}  // namespace sla::inline v1::internal

// sla/process/mark.hpp
// The mark by which the processes of one run are known: what came from the run has it, and nothing
// else does. It is a number of the run's own as the soft limit RLIMIT_LOCKS, which Linux has kept
// without a meaning since 2.4.25 (getrlimit(2)): every fork and exec passes it on, setsid, another
// parent, an emptied environment and another user change nothing about it, prlimit(2) reads it in
// one call, and /proc shows it to every user. A parent proves less: orphans of others come to PID 1
// too. A session and an environment are left at will. A cgroup may rarely be made. Where the limit
// cannot be set, the session and the environment have to do.

namespace sla::inline v1::internal {

/// What the processes of one run have in common.
struct RunMark {
  rlim_t number = 0;     ///< the soft limit; 0 if the limit could not be set
  pid_t session = 0;     ///< led by the command itself; 0 is not looked at
  std::string run_id{};  ///< in the environment as run_id_variable; empty is not looked at

  /// Returns a number that no other run has, in this process or in another.
  [[nodiscard]] static rlim_t new_number() {
    static Atomic<std::uint64_t> next = std::uint64_t{1} << 56U | random_number<7>();
    return next.fetch_add(1) ^ static_cast<std::uint64_t>(::getpid()) << 32U;  // also after a fork
  }
};

namespace detail {

/// Returns the soft limit that /proc tells of a process, as text; empty if it cannot be read.
inline std::string limit_in_proc(pid_t pid) {
  auto const limits = read_file("/proc/" + std::to_string(pid) + "/limits", 16384);
  if (!limits) return {};
  constexpr std::string_view name = "Max file locks";
  std::size_t const at = limits->find(name);
  if (at == std::string::npos) return {};
  std::string_view const rest = std::string_view(*limits).substr(at + name.size());
  std::size_t const begin = rest.find_first_not_of(' ');
  if (begin == std::string_view::npos) return {};
  return std::string(rest.substr(begin, rest.find(' ', begin) - begin));
}

inline bool has_limit(rlim_t number, pid_t pid) {
  rlimit limit{};
  if (::prlimit(pid, RLIMIT_LOCKS, nullptr, &limit) == 0) return limit.rlim_cur == number;
  return errno == EPERM && limit_in_proc(pid) == std::to_string(number);  // another user's
}

inline bool has_run_id(std::string_view run_id, pid_t pid) {
  auto const environment = read_file("/proc/" + std::to_string(pid) + "/environ", 1U << 20U);
  if (!environment) return false;
  std::string const entry = std::string(run_id_variable) + '=' + std::string(run_id);
  for (std::string_view const one : split(*environment, '\0')) {
    if (one == entry) return true;
  }
  return false;
}

}  // namespace detail

/// Returns true if the process has the mark of that run.
[[nodiscard]] inline bool has_mark(RunMark const& mark, pid_t pid) {
  if (mark.number != 0 && detail::has_limit(mark.number, pid)) return true;
  if (mark.session != 0 && ::getsid(pid) == mark.session) return true;
  return mark.number == 0 && !mark.run_id.empty() && detail::has_run_id(mark.run_id, pid);
}

}  // namespace sla::inline v1::internal

// sla/process/table.hpp
// Lists the processes in sight: from /proc if that is this process's own, which in a container
// it need not be (not mounted, or that of another PID namespace), else by trying every number.

namespace sla::inline v1::internal {

/// One process, as far as it shows itself.
struct ProcessRow {
  pid_t pid = 0;
  pid_t parent = 0;    ///< 0 if it is not known
  std::string name{};  ///< of its program, 15 bytes at most; empty if it is not known
  char state = '?';    ///< a letter of proc_pid_stat(5), such as D
};

/// Returns true if /proc is there and tells of the processes that this one knows by number.
[[nodiscard]] inline bool proc_is_ours() noexcept {
  char target[24];
  ssize_t const size = ::readlink("/proc/self", target, sizeof target);
  if (size <= 0) return false;
  return parse_integer<pid_t>({target, static_cast<std::size_t>(size)}) == ::getpid();
}

/// Reads what /proc tells of a process; of one that is gone or hidden the number alone is known.
[[nodiscard]] inline ProcessRow read_row(pid_t pid) {
  ProcessRow row{.pid = pid};
  auto const stat = read_file("/proc/" + std::to_string(pid) + "/stat", 4096);
  if (!stat) return row;
  // `pid (name) state ppid ...`, and the name may hold anything, a `)` too.
  std::size_t const begin = stat->find('('), end = stat->rfind(')');
  if (begin == std::string::npos || end == std::string::npos || end < begin) return row;
  auto const fields = split(std::string_view(*stat).substr(end + 1), ' ');
  if (fields.size() < 3 || fields[1].size() != 1) return row;
  row.name = stat->substr(begin + 1, end - begin - 1);
  row.state = fields[1][0];
  row.parent = parse_integer<pid_t>(fields[2]).value_or(0);
  return row;
}

/// Takes a number out of those that have it at most once; returns true if it was there.
inline bool take_out(std::vector<pid_t>& ids, pid_t id) noexcept {
  for (pid_t& one : ids) {
    if (one != id) continue;
    one = ids.back();
    ids.pop_back();
    return true;
  }
  return false;
}

namespace detail {

inline std::vector<pid_t> ids_in_proc() {
  std::vector<pid_t> ids;
  OpenFolder const proc(::opendir("/proc"));
  while (proc) {
    dirent const* const entry = ::readdir(proc.get());
    if (entry == nullptr) break;
    pid_t const pid = parse_integer<pid_t>(entry->d_name).value_or(0);
    if (pid != 0) ids.push_back(pid);
  }
  return ids;
}

/// The number that Linux gave last: numbers are given in a circle. The largest there can be where
/// there is no room for a process.
inline pid_t newest_id() {
  // The child does nothing but end, so that its memory is the parent's does no harm.
  // NOLINTNEXTLINE(clang-analyzer-security.insecureAPI.vfork): no start of a program is needed
  pid_t const pid = ::vfork();
  if (pid == 0) ::_exit(0);
  if (pid < 0) return 1 << 22;
  (void)uninterrupted([&] { return ::waitpid(pid, nullptr, 0); });
  return pid;
}

/// Those from `first` on that have been given since. One that nobody has costs about 0.1 us.
inline std::vector<pid_t> ids_by_number(pid_t first) {
  std::vector<pid_t> ids;
  auto const look = [&](pid_t from, pid_t to) {
    for (pid_t pid = from; pid <= to; ++pid) {
      rlimit limit{};
      bool const there = ::prlimit(pid, RLIMIT_LOCKS, nullptr, &limit) == 0 || errno == EPERM;
      if (there) ids.push_back(pid);
    }
  };
  pid_t const last = newest_id();
  if (last >= first) {
    look(first, last);
  } else {
    look(first, 1 << 22);
    look(1, last);
  }
  return ids;
}

}  // namespace detail

/// Lists the numbers of all processes in sight but this one; without a /proc of those alone that
/// are younger than the process `first`.
[[nodiscard]] inline std::vector<pid_t> process_ids(pid_t first = 1) {
  auto ids = proc_is_ours() ? detail::ids_in_proc() : detail::ids_by_number(greatest(first, 1));
  (void)take_out(ids, ::getpid());
  return ids;
}

}  // namespace sla::inline v1::internal

// sla/process/leftovers.hpp
// Ends what a run left behind, and nothing else: the processes that have its mark, and their
// descendants. The process makes itself a child subreaper, so that whatever is orphaned becomes its
// child, and a process without children has nothing left to look for.

namespace sla::inline v1::internal {

/// Makes this process the parent of its orphaned descendants.
inline void adopt_orphans() noexcept { ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

/// Opens a descriptor that is readable once the process has ended; none if the kernel has no
/// pidfds (before Linux 5.3), in which case the caller has to look from time to time.
[[nodiscard]] inline Descriptor open_pidfd(pid_t pid) noexcept {
  return Descriptor{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};  // glibc 2.36 wraps it
}

/// Reaps every child that has ended, but those with an owner, and calls `visit(siginfo_t)` for
/// each. Returns true if any child is left.
template <class Visit>
bool reap_children(Visit visit) {
  auto const is_owned = [](pid_t pid) { return OwnedChildren::of_this_process().has(pid); };
  auto const reap = [&visit](pid_t pid) {
    siginfo_t info{};
    int const failed = ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG);
    if (failed == 0 && info.si_pid == pid) visit(info);
  };
  for (;;) {
    siginfo_t first{};
    if (::waitid(P_ALL, 0, &first, WEXITED | WNOHANG | WNOWAIT) != 0) return errno != ECHILD;
    if (first.si_pid == 0) return true;
    if (is_owned(first.si_pid)) break;
    reap(first.si_pid);
  }
  // The kernel tells of this one for as long as its owner takes, and of none behind it.
  for (pid_t const pid : process_ids()) {
    if (!is_owned(pid)) reap(pid);
  }
  return true;
}
inline bool reap_children() {
  return reap_children([](siginfo_t const&) {});
}

/// Lists the processes that came from a run: those with its mark, and what descends from them,
/// such as the runs of a runner that the run started. Ends that nobody has reaped are among them.
[[nodiscard]] inline std::vector<pid_t> processes_of(RunMark const& mark) {
  std::vector<pid_t> others, members;
  for (pid_t const pid : process_ids(mark.session)) {
    (has_mark(mark, pid) ? members : others).push_back(pid);
  }
  if (members.empty()) return members;
  std::vector<pid_t> parents;
  parents.reserve(others.size());
  for (pid_t const pid : others) parents.push_back(read_row(pid).parent);
  for (std::size_t i = 0; i < members.size(); ++i) {
    for (std::size_t other = 0; other < others.size(); ++other) {
      if (parents[other] != members[i]) continue;
      parents[other] = 0;  // each once, whatever was seen of a number that was given anew
      members.push_back(others[other]);
    }
  }
  return members;
}

/// What end_run() did.
struct Ended {
  std::size_t killed = 0;  ///< how many processes it had to kill
  std::string given_up{};  ///< those that did not end, such as `touch (123, state D)`
};

namespace detail {

/// Ends processes, waiting for all of them together until one deadline, which may come nearer.
template <class Deadline>
class RunEnder {
 public:
  RunEnder(RunMark const& mark, Deadline deadline) : mark_(mark), deadline_(deadline) {}

  Ended end() {
    while (reap()) {
      std::vector<pid_t> left = processes_of(mark_);
      for (pid_t const pid : ended_) (void)take_out(left, pid);
      if (left.empty()) break;
      // None may exit by itself because another one was killed.
      for (pid_t const pid : left) ::kill(pid, SIGSTOP);
      for (pid_t const pid : left) ::kill(pid, SIGKILL);
      for (pid_t const pid : left) {
        (void)take_out(told_, pid);
        told_.push_back(pid);
        await(pid);
      }
      if (std::chrono::steady_clock::now() < deadline_()) continue;
      (void)reap();
      give_up(left);
      break;
    }
    return {killed_, given_up_};
  }

 private:
  static bool is_over(Descriptor const& handle) noexcept {
    pollfd end{handle.get(), POLLIN, 0};
    return handle && ::poll(&end, 1, 0) == 1;
  }

  /// What was about to exit by itself did not have to be killed.
  bool reap() {
    return reap_children([this](siginfo_t const& end) {
      bool const killed = end.si_code == CLD_KILLED && end.si_status == SIGKILL;
      if (take_out(told_, end.si_pid) && killed) ++killed_;
    });
  }
  void await(pid_t pid) {
    Descriptor const handle = open_pidfd(pid);
    if (!handle && errno == ESRCH) return;
    // Without a pidfd this is a short pause before it is looked at again.
    Duration const look = std::chrono::milliseconds{handle ? 50 : 1};
    do {
      Duration const left = deadline_() - std::chrono::steady_clock::now();
      pollfd end{handle.get(), POLLIN, 0};
      timespec const limit = to_timespec(least(left, look));
      if (::ppoll(&end, 1, &limit, nullptr) != 1) continue;
      ended_.push_back(pid);
      return;
    } while (handle && std::chrono::steady_clock::now() < deadline_());
  }
  void give_up(std::vector<pid_t> const& pids) {
    for (pid_t const pid : pids) {
      bool const gone = is_over(open_pidfd(pid)) || (::kill(pid, 0) != 0 && errno == ESRCH);
      if (gone) continue;
      ProcessRow const row = read_row(pid);
      given_up_ += (given_up_.empty() ? "" : ", ") + (row.name.empty() ? "?" : row.name) + " (" +
                   std::to_string(pid) + ", state " + row.state + ")";
    }
  }

  RunMark const& mark_;
  Deadline deadline_;
  std::vector<pid_t> told_{};   ///< what was sent SIGKILL
  std::vector<pid_t> ended_{};  ///< whoever has to reap them
  std::size_t killed_ = 0;
  std::string given_up_{};
};

}  // namespace detail

/// Kills every process of a run and reaps those that are children, until none is left or the
/// deadline has passed, which is asked for again and again: a stop brings it nearer. What cannot be
/// killed, or is another user's, is named and never looked for again: each run has a mark of its
/// own. Reaps other children that nobody owns as well.
template <class Deadline>
[[nodiscard]] Ended end_run(RunMark const& mark, Deadline deadline) {
  static_assert(std::is_invocable_r_v<Instant, Deadline&>,
                "The second parameter of end_run() must be a function that returns an Instant");
  return detail::RunEnder(mark, deadline).end();
}

}  // namespace sla::inline v1::internal

// sla/process/start_failure.hpp
// Says why a program could not be started, in the words of a person who has looked: the kernel's
// "No such file or directory" is also said of a script whose interpreter is missing and of a
// program for another C library, the classical traps of small images.

namespace sla::inline v1::internal {

namespace detail {

/// Reads up to that many bytes of a file, from an offset on.
inline std::string bytes_of(Descriptor const& file, std::size_t size, std::uint64_t offset) {
  std::string bytes(size, '\0');
  ssize_t const n = uninterrupted(
      [&] { return ::pread(file.get(), bytes.data(), size, static_cast<off_t>(offset)); });
  bytes.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return bytes;
}

/// Returns the loader that an ELF file of this machine's width asks for; empty if it asks for none.
inline std::string loader_of(Descriptor const& file) {
  std::string const head = bytes_of(file, sizeof(Elf64_Ehdr), 0);
  if (head.size() < sizeof(Elf64_Ehdr) || head[EI_CLASS] != ELFCLASS64) return {};
  Elf64_Ehdr elf;
  std::memcpy(&elf, head.data(), sizeof elf);
  for (unsigned i = 0; i < least<unsigned>(elf.e_phnum, 64); ++i) {
    std::string const bytes =
        bytes_of(file, sizeof(Elf64_Phdr), elf.e_phoff + std::uint64_t{i} * elf.e_phentsize);
    Elf64_Phdr segment;
    if (bytes.size() < sizeof segment) return {};
    std::memcpy(&segment, bytes.data(), sizeof segment);
    if (segment.p_type != PT_INTERP) continue;
    std::string name = bytes_of(file, least<std::size_t>(segment.p_filesz, 4096), segment.p_offset);
    return name.substr(0, name.find('\0'));
  }
  return {};
}

/// What a script's first line names, blanks around it taken off.
inline std::string interpreter_of(std::string_view head) {
  std::string_view line = head.substr(2, head.find('\n') - 2);
  line.remove_prefix(least(line.find_first_not_of(" \t"), line.size()));
  return std::string(line.substr(0, line.find_first_of(" \t")));
}

/// Returns why a file that is there answers ENOENT; empty if that is not known.
inline std::string missing_helper(std::string const& path) {
  auto const file = open_file(path, O_RDONLY | O_NONBLOCK);
  if (!file) return {};
  std::string const head = bytes_of(*file, 256, 0);
  if (head.starts_with("#!")) {
    std::string const name = interpreter_of(head);
    if (name.ends_with('\r')) return "its first line ends with a carriage return, as on Windows";
    return ::access(name.c_str(), F_OK) != 0 ? "its interpreter " + name + " is not there" : "";
  }
  if (!head.starts_with(ELFMAG)) return {};
  std::string const name = loader_of(*file);
  if (name.empty() || ::access(name.c_str(), F_OK) == 0) return {};
  return "its loader " + name + " is not there: it was built for another system or C library";
}

/// Why a file that is there answers EACCES.
inline std::string missing_right(std::string const& path, struct stat const& about) {
  if (S_ISDIR(about.st_mode)) return "it is a directory";
  if (!S_ISREG(about.st_mode)) return "it is no regular file";
  if ((about.st_mode & 0111) == 0) return "it is not executable: chmod +x it";
  if (::access(path.c_str(), X_OK) != 0) return "this user may not execute it";
  return "its file system is mounted noexec, or its interpreter may not be executed";
}

inline std::string of_the_file(std::string const& path, int number) {
  struct stat about {};
  bool const there = ::stat(path.c_str(), &about) == 0;
  if (number == ENOENT && there) return missing_helper(path);
  if (number == EACCES && there) return missing_right(path, about);
  if (number != ENOEXEC || !there) return {};
  auto const file = open_file(path, O_RDONLY | O_NONBLOCK);
  if (file && bytes_of(*file, 4, 0) == ELFMAG) return "it was built for another kind of processor";
  return "it is no program, and has no first line such as #!/bin/sh";
}

}  // namespace detail

/// Returns true if a start failed because the machine, or the limits of its container, had no room
/// at that moment.
[[nodiscard]] constexpr bool is_shortage(int number) noexcept {
  return number == EAGAIN || number == ENOMEM || number == EMFILE || number == ENFILE;
}

/// Explains in one line why a program could not be started; `number` is the errno of the start.
[[nodiscard]] inline std::string start_failure(std::string const& name, int number) {
  std::string text = system_error(name, number).message;
  if (number == EAGAIN || number == ENOMEM) {
    return text + "; the limit of processes or memory (pids, ulimit -u) is reached";
  }
  if (is_shortage(number)) return text + "; the limit of open files (ulimit -n) is reached";
  if (number == E2BIG) return text + "; the words and the environment are too long for one program";
  if (number == EPERM) return text + "; a security policy of the container may forbid it";
  for (std::string const& path : detail::candidates(name)) {
    std::string const why = detail::of_the_file(path, number);
    if (!why.empty()) return text + "; " + why;
  }
  bool const bare = name.find('/') == std::string::npos;
  if (number != ENOENT || !bare) return text;
  char const* const path = std::getenv("PATH");
  return text + "; it is in no folder of PATH=" + (path != nullptr ? path : "");
}

/// Explains in one line why a program could not be started, as far as a look at its file tells;
/// empty if nothing speaks against it.
[[nodiscard]] inline std::string foreseen_failure(std::string const& name) {
  int number = ENOENT;
  for (std::string const& path : detail::candidates(name)) {
    struct stat about {};
    if (::stat(path.c_str(), &about) != 0) continue;
    bool const runs = S_ISREG(about.st_mode) && ::access(path.c_str(), X_OK) == 0;
    if (!runs) number = EACCES;
    if (!runs) continue;
    return detail::missing_helper(path).empty() ? std::string() : start_failure(name, ENOENT);
  }
  return start_failure(name, number);
}

/// Explains why the first program of a command text did not start, where a shell answered 126 or
/// 127; empty if there is nothing to add to the shell's own words.
[[nodiscard]] inline std::string shell_failure(std::vector<std::string> const& words, int code) {
  bool const shell = words.size() >= 3 && words[0] == "/bin/sh" && words[1] == "-c";
  if (!shell || (code != 126 && code != 127)) return {};
  std::string const name = words.back().substr(0, words.back().find_first_of(" \t\n"));
  if (name.find('/') == std::string::npos) return {};
  for (int const number : {code == 127 ? ENOENT : EACCES, ENOEXEC}) {
    std::string const why = detail::of_the_file(name, number);
    if (!why.empty()) return "could not start " + name + ": " + why;
  }
  return {};
}

}  // namespace sla::inline v1::internal

// sla/process/words.hpp
// Splits a command text into words by the quoting rules of the POSIX shell, for containers that
// have none. Only quoting is understood: a text that needs a real shell (operators, expansions,
// redirections, assignments) is refused with the reason, never run half right.

namespace sla::inline v1 {

namespace detail {

/// Reads a text character by character into words.
class WordSplitter {
 public:
  explicit WordSplitter(std::string_view text) : text_(text) {}

  Result<std::vector<std::string>> split() {
    while (at_ < text_.size()) {
      if (auto done = step(text_[at_]); !done) return done.error();
    }
    end_word();
    if (words_.empty()) return Error{Errc::invalid, "the command is empty"};
    return std::move(words_);
  }

 private:
  static Error needs_shell(char c) {
    std::string const what = c == '\n' ? "second line" : std::string("`") + c + "`";
    return {Errc::invalid, "the command needs a shell for its " + what +
                               " and there is no /bin/sh here; quote what is meant as it stands"};
  }

  Result<void> step(char c) {
    if (c == '\'') return single_quoted();
    if (c == '"') return double_quoted();
    if (c == '\\') return escaped();
    ++at_;
    if (c == ' ' || c == '\t') {
      end_word();
      return {};
    }
    if (c == '\n') return end_line();
    bool const starts_word = !in_word_;
    constexpr std::string_view operators = "|&;<>()$`*?[]";
    if (operators.find(c) != std::string_view::npos) return needs_shell(c);
    if (starts_word && (c == '#' || c == '~' || c == '!')) return needs_shell(c);
    if (c == '{' || c == '}') return needs_shell(c);
    if (c == '=' && words_.empty() && !quoted_) return needs_shell(c);  // an assignment
    add(c);
    return {};
  }

  /// Empty lines around the command mean nothing.
  Result<void> end_line() {
    end_word();
    bool const more = text_.find_first_not_of(" \t\n", at_) != std::string_view::npos;
    if (!words_.empty() && more) return needs_shell('\n');
    return {};
  }

  Result<void> single_quoted() {
    std::size_t const end = text_.find('\'', at_ + 1);
    if (end == std::string_view::npos) return unfinished("a single quote");
    word_ += text_.substr(at_ + 1, end - at_ - 1);
    in_word_ = quoted_ = true;
    at_ = end + 1;
    return {};
  }

  Result<void> double_quoted() {
    in_word_ = quoted_ = true;
    for (++at_; at_ < text_.size(); ++at_) {
      char const c = text_[at_];
      if (c == '"') {
        ++at_;
        return {};
      }
      if (c == '$' || c == '`') return needs_shell(c);
      if (c == '\\' && at_ + 1 < text_.size()) {
        char const next = text_[at_ + 1];
        if (next == '"' || next == '\\' || next == '$' || next == '`') {
          word_ += next;
          ++at_;
          continue;
        }
        if (next == '\n') {
          ++at_;
          continue;
        }
      }
      word_ += c;
    }
    return unfinished("a double quote");
  }

  Result<void> escaped() {
    if (at_ + 1 == text_.size()) return unfinished("a backslash");
    if (text_[at_ + 1] != '\n') {
      add(text_[at_ + 1]);
      quoted_ = true;
    }
    at_ += 2;
    return {};
  }

  static Error unfinished(std::string_view what) {
    return {Errc::invalid, "the command ends within " + std::string(what)};
  }

  void add(char c) {
    word_ += c;
    in_word_ = true;
  }
  void end_word() {
    if (in_word_) words_.push_back(std::move(word_));
    word_.clear();
    in_word_ = quoted_ = false;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<std::string> words_;
  std::string word_;
  bool in_word_ = false;
  bool quoted_ = false;
};

}  // namespace detail

/// Returns the words of a command text, or why a shell would be needed for it.
[[nodiscard]] inline Result<std::vector<std::string>> split_words(std::string_view text) {
  return detail::WordSplitter(text).split();
}

/// Returns the words that run a command text on this machine: by the shell if there is one, else
/// its own words. Errc::invalid if it needs a shell and there is none, so that a program can say
/// so at its start.
[[nodiscard]] inline Result<std::vector<std::string>> shell_words(
    std::string const& text, std::string const& shell = "/bin/sh") {
  if (::access(shell.c_str(), X_OK) != 0) return split_words(text);
  bool const like_an_option = text.starts_with('-') || text.starts_with('+');
  if (like_an_option) return std::vector<std::string>{shell, "-c", "--", text};
  return std::vector<std::string>{shell, "-c", text};
}

}  // namespace sla::inline v1

// sla/aws/http/adaptive_limits.hpp
// How long each stage of a request may take before it is given up for another attempt. A limit is
// for what got lost: it must not turn what is slow into what never happens. So each stage has its
// own, one that was met is doubled for the next attempt, and it stays as large as the stage needs.
// Pure: the clock and the connection are the transport's.

namespace sla::inline v1::aws {

/// What a request does, in this order.
enum class Stage {
  resolve,  ///< ask for the address of a name
  connect,  ///< reach it, TLS and a proxy included
  send,     ///< hand over the request
  wait,     ///< see the first byte of the answer
  receive,  ///< see the last one
};
inline constexpr std::size_t stages = 5;

/// Returns what it means that a stage took too long.
[[nodiscard]] constexpr std::string_view late_message(Stage stage) noexcept {
  constexpr std::array<std::string_view, stages> messages{
      "could not resolve the name in time", "could not connect in time",
      "nobody took the request in time", "no answer in time", "no end of the answer in time"};
  return messages[static_cast<std::size_t>(stage)];
}

/// The limits of the stages: the first, and the largest that it grows to.
struct StageLimits {
  struct Limit {
    Duration first;
    Duration longest;
  };
  /// A resolver has limits of its own: five seconds for each server that is dead, and twice.
  Limit resolve{std::chrono::seconds{30}, std::chrono::seconds{120}};
  /// A SYN that got lost is sent again after one second and after three.
  Limit connect{std::chrono::milliseconds{3100}, std::chrono::seconds{60}};
  Limit send{std::chrono::seconds{10}, std::chrono::seconds{80}};  ///< without a byte taken
  Limit wait{std::chrono::seconds{30}, std::chrono::seconds{90}};  ///< for a request without a body
  Limit receive{std::chrono::seconds{60}, std::chrono::seconds{240}};
};

/// Follows one request through its stages.
class StageWatch {
 public:
  explicit StageWatch(Instant now) : since_(now) {}

  [[nodiscard]] Stage stage() const noexcept { return stage_; }
  /// Since when nothing has moved.
  [[nodiscard]] Instant since() const noexcept { return since_; }
  /// Returns the longest time in that stage in which nothing moved.
  [[nodiscard]] Duration longest(Stage stage) const noexcept {
    return longest_[static_cast<std::size_t>(stage)];
  }

  void enter(Stage stage, Instant now) noexcept {
    if (stage == stage_) return;
    moved(now);
    stage_ = stage;
  }
  /// Something was sent, or the request is at its end.
  void moved(Instant now) noexcept {
    Duration& longest = longest_[static_cast<std::size_t>(stage_)];
    longest = std::max<Duration>(longest, now - since_);
    since_ = now;
  }

 private:
  Stage stage_ = Stage::connect;  // a kept connection and a known address need no other
  Instant since_;
  std::array<Duration, stages> longest_{};
};

/// The limits as they are now. One for each transport, which tells it how its requests ended.
class AdaptiveLimits {
 public:
  AdaptiveLimits() = default;
  explicit AdaptiveLimits(StageLimits limits) : limits_(limits) {}

  /// Returns how long a request with a body of that size may stand still in the stage. A proxy may
  /// hold a body until it has all of it and pass it on more slowly, so its size counts for the
  /// answer.
  [[nodiscard]] Duration limit(Stage stage, std::uint64_t size) const noexcept {
    auto [first, longest] = limits_of(stage);
    if (stage == Stage::wait) {
      first += std::chrono::seconds{size / (1024U * 1024U)};
      longest += std::chrono::seconds{size / (64U * 1024U)};
    }
    return std::min(first * (1 << level(stage)), longest);
  }

  /// The limit of the stage was met.
  void expired(Stage stage) noexcept { expired(stage, *this); }
  /// The limit of the stage was met by a request that began with those limits: of several that did,
  /// one counts.
  void expired(Stage stage, AdaptiveLimits const& begun_with) noexcept {
    auto const [first, longest] = limits_of(stage);
    if (level(stage) != begun_with.level(stage)) return;
    if (first * (1 << level(stage)) < longest) ++level(stage);
  }

  /// A request was answered: what was quick again has less time in the next one.
  void passed(StageWatch const& watch) noexcept {
    for (std::size_t i = 0; i < stages; ++i) {
      Duration const first = limits_of(static_cast<Stage>(i)).first;
      Duration const took = watch.longest(static_cast<Stage>(i));
      if (took == Duration::zero()) continue;  // a kept connection says nothing of a new one
      while (levels_[i] > 0 && 2 * took <= first * (1 << (levels_[i] - 1))) --levels_[i];
    }
  }

 private:
  [[nodiscard]] StageLimits::Limit limits_of(Stage stage) const noexcept {
    std::array<StageLimits::Limit, stages> const all{limits_.resolve, limits_.connect, limits_.send,
                                                     limits_.wait, limits_.receive};
    return all[static_cast<std::size_t>(stage)];
  }
  [[nodiscard]] int level(Stage stage) const noexcept {
    return levels_[static_cast<std::size_t>(stage)];
  }
  int& level(Stage stage) noexcept { return levels_[static_cast<std::size_t>(stage)]; }

  StageLimits limits_{};
  std::array<int, stages> levels_{};  ///< how often each limit was doubled
};

}  // namespace sla::inline v1::aws

// sla/aws/http/amazon_roots.hpp
// The authorities that sign the certificates of AWS's endpoints, for a place that has no trusted
// certificates of its own, as an empty container. They are those that Amazon Trust Services
// publishes, as Debian's ca-certificates has them; the last of them expires in 2040, the first
// in 2037.

namespace sla::inline v1::aws {

/// Amazon Root CA 1 to 4 and Starfield Services Root Certificate Authority - G2, as PEM.
inline constexpr std::string_view amazon_roots = R"(-----BEGIN CERTIFICATE-----
MIIDQTCCAimgAwIBAgITBmyfz5m/jAo54vB4ikPmljZbyjANBgkqhkiG9w0BAQsF
ADA5MQswCQYDVQQGEwJVUzEPMA0GA1UEChMGQW1hem9uMRkwFwYDVQQDExBBbWF6
b24gUm9vdCBDQSAxMB4XDTE1MDUyNjAwMDAwMFoXDTM4MDExNzAwMDAwMFowOTEL
MAkGA1UEBhMCVVMxDzANBgNVBAoTBkFtYXpvbjEZMBcGA1UEAxMQQW1hem9uIFJv
b3QgQ0EgMTCCASIwDQYJKoZIhvcNAQEBBQADggEPADCCAQoCggEBALJ4gHHKeNXj
ca9HgFB0fW7Y14h29Jlo91ghYPl0hAEvrAIthtOgQ3pOsqTQNroBvo3bSMgHFzZM
9O6II8c+6zf1tRn4SWiw3te5djgdYZ6k/oI2peVKVuRF4fn9tBb6dNqcmzU5L/qw
IFAGbHrQgLKm+a/sRxmPUDgH3KKHOVj4utWp+UhnMJbulHheb4mjUcAwhmahRWa6
VOujw5H5SNz/0egwLX0tdHA114gk957EWW67c4cX8jJGKLhD+rcdqsq08p8kDi1L
93FcXmn/6pUCyziKrlA4b9v7LWIbxcceVOF34GfID5yHI9Y/QCB/IIDEgEw+OyQm
jgSubJrIqg0CAwEAAaNCMEAwDwYDVR0TAQH/BAUwAwEB/zAOBgNVHQ8BAf8EBAMC
AYYwHQYDVR0OBBYEFIQYzIU07LwMlJQuCFmcx7IQTgoIMA0GCSqGSIb3DQEBCwUA
A4IBAQCY8jdaQZChGsV2USggNiMOruYou6r4lK5IpDB/G/wkjUu0yKGX9rbxenDI
U5PMCCjjmCXPI6T53iHTfIUJrU6adTrCC2qJeHZERxhlbI1Bjjt/msv0tadQ1wUs
N+gDS63pYaACbvXy8MWy7Vu33PqUXHeeE6V/Uq2V8viTO96LXFvKWlJbYK8U90vv
o/ufQJVtMVT8QtPHRh8jrdkPSHCa2XV4cdFyQzR1bldZwgJcJmApzyMZFo6IQ6XU
5MsI+yMRQ+hDKXJioaldXgjUkK642M4UwtBV8ob2xJNDd2ZhwLnoQdeXeGADbkpy
rqXRfboQnoZsG4q5WTP468SQvvG5
-----END CERTIFICATE-----
-----BEGIN CERTIFICATE-----
MIIFQTCCAymgAwIBAgITBmyf0pY1hp8KD+WGePhbJruKNzANBgkqhkiG9w0BAQwF
ADA5MQswCQYDVQQGEwJVUzEPMA0GA1UEChMGQW1hem9uMRkwFwYDVQQDExBBbWF6
b24gUm9vdCBDQSAyMB4XDTE1MDUyNjAwMDAwMFoXDTQwMDUyNjAwMDAwMFowOTEL
MAkGA1UEBhMCVVMxDzANBgNVBAoTBkFtYXpvbjEZMBcGA1UEAxMQQW1hem9uIFJv
b3QgQ0EgMjCCAiIwDQYJKoZIhvcNAQEBBQADggIPADCCAgoCggIBAK2Wny2cSkxK
gXlRmeyKy2tgURO8TW0G/LAIjd0ZEGrHJgw12MBvIITplLGbhQPDW9tK6Mj4kHbZ
W0/jTOgGNk3Mmqw9DJArktQGGWCsN0R5hYGCrVo34A3MnaZMUnbqQ523BNFQ9lXg
1dKmSYXpN+nKfq5clU1Imj+uIFptiJXZNLhSGkOQsL9sBbm2eLfq0OQ6PBJTYv9K
8nu+NQWpEjTj82R0Yiw9AElaKP4yRLuH3WUnAnE72kr3H9rN9yFVkE8P7K6C4Z9r
2UXTu/Bfh+08LDmG2j/e7HJV63mjrdvdfLC6HM783k81ds8P+HgfajZRRidhW+me
z/CiVX18JYpvL7TFz4QuK/0NURBs+18bvBt+xa47mAExkv8LV/SasrlX6avvDXbR
8O70zoan4G7ptGmh32n2M8ZpLpcTnqWHsFcQgTfJU7O7f/aS0ZzQGPSSbtqDT6Zj
mUyl+17vIWR6IF9sZIUVyzfpYgwLKhbcAS4y2j5L9Z469hdAlO+ekQiG+r5jqFoz
7Mt0Q5X5bGlSNscpb/xVA1wf+5+9R+vnSUeVC06JIglJ4PVhHvG/LopyboBZ/1c6
+XUyo05f7O0oYtlNc/LMgRdg7c3r3NunysV+Ar3yVAhU/bQtCSwXVEqY0VThUWcI
0u1ufm8/0i2BWSlmy5A5lREedCf+3euvAgMBAAGjQjBAMA8GA1UdEwEB/wQFMAMB
Af8wDgYDVR0PAQH/BAQDAgGGMB0GA1UdDgQWBBSwDPBMMPQFWAJI/TPlUq9LhONm
UjANBgkqhkiG9w0BAQwFAAOCAgEAqqiAjw54o+Ci1M3m9Zh6O+oAA7CXDpO8Wqj2
LIxyh6mx/H9z/WNxeKWHWc8w4Q0QshNabYL1auaAn6AFC2jkR2vHat+2/XcycuUY
+gn0oJMsXdKMdYV2ZZAMA3m3MSNjrXiDCYZohMr/+c8mmpJ5581LxedhpxfL86kS
k5Nrp+gvU5LEYFiwzAJRGFuFjWJZY7attN6a+yb3ACfAXVU3dJnJUH/jWS5E4ywl
7uxMMne0nxrpS10gxdr9HIcWxkPo1LsmmkVwXqkLN1PiRnsn/eBG8om3zEK2yygm
btmlyTrIQRNg91CMFa6ybRoVGld45pIq2WWQgj9sAq+uEjonljYE1x2igGOpm/Hl
urR8FLBOybEfdF849lHqm/osohHUqS0nGkWxr7JOcQ3AWEbWaQbLU8uz/mtBzUF+
fUwPfHJ5elnNXkoOrJupmHN5fLT0zLm4BwyydFy4x2+IoZCn9Kr5v2c69BoVYh63
n749sSmvZ6ES8lgQGVMDMBu4Gon2nL2XA46jCfMdiyHxtN/kHNGfZQIG6lzWE7OE
76KlXIx3KadowGuuQNKotOrN8I1LOJwZmhsoVLiJkO/KdYE+HvJkJMcYr07/R54H
9jVlpNMKVv/1F2Rs76giJUmTtt8AF9pYfl3uxRuw0dFfIRDH+fO6AgonB8Xx1sfT
4PsJYGw=
-----END CERTIFICATE-----
-----BEGIN CERTIFICATE-----
MIIBtjCCAVugAwIBAgITBmyf1XSXNmY/Owua2eiedgPySjAKBggqhkjOPQQDAjA5
MQswCQYDVQQGEwJVUzEPMA0GA1UEChMGQW1hem9uMRkwFwYDVQQDExBBbWF6b24g
Um9vdCBDQSAzMB4XDTE1MDUyNjAwMDAwMFoXDTQwMDUyNjAwMDAwMFowOTELMAkG
A1UEBhMCVVMxDzANBgNVBAoTBkFtYXpvbjEZMBcGA1UEAxMQQW1hem9uIFJvb3Qg
Q0EgMzBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABCmXp8ZBf8ANm+gBG1bG8lKl
ui2yEujSLtf6ycXYqm0fc4E7O5hrOXwzpcVOho6AF2hiRVd9RFgdszflZwjrZt6j
QjBAMA8GA1UdEwEB/wQFMAMBAf8wDgYDVR0PAQH/BAQDAgGGMB0GA1UdDgQWBBSr
ttvXBp43rDCGB5Fwx5zEGbF4wDAKBggqhkjOPQQDAgNJADBGAiEA4IWSoxe3jfkr
BqWTrBqYaGFy+uGh0PsceGCmQ5nFuMQCIQCcAu/xlJyzlvnrxir4tiz+OpAUFteM
YyRIHN8wfdVoOw==
-----END CERTIFICATE-----
-----BEGIN CERTIFICATE-----
MIIB8jCCAXigAwIBAgITBmyf18G7EEwpQ+Vxe3ssyBrBDjAKBggqhkjOPQQDAzA5
MQswCQYDVQQGEwJVUzEPMA0GA1UEChMGQW1hem9uMRkwFwYDVQQDExBBbWF6b24g
Um9vdCBDQSA0MB4XDTE1MDUyNjAwMDAwMFoXDTQwMDUyNjAwMDAwMFowOTELMAkG
A1UEBhMCVVMxDzANBgNVBAoTBkFtYXpvbjEZMBcGA1UEAxMQQW1hem9uIFJvb3Qg
Q0EgNDB2MBAGByqGSM49AgEGBSuBBAAiA2IABNKrijdPo1MN/sGKe0uoe0ZLY7Bi
9i0b2whxIdIA6GO9mif78DluXeo9pcmBqqNbIJhFXRbb/egQbeOc4OO9X4Ri83Bk
M6DLJC9wuoihKqB1+IGuYgbEgds5bimwHvouXKNCMEAwDwYDVR0TAQH/BAUwAwEB
/zAOBgNVHQ8BAf8EBAMCAYYwHQYDVR0OBBYEFNPsxzplbszh2naaVvuc84ZtV+WB
MAoGCCqGSM49BAMDA2gAMGUCMDqLIfG9fhGt0O9Yli/W651+kI0rz2ZVwyzjKKlw
CkcO8DdZEv8tmZQoTipPNU0zWgIxAOp1AE47xDqUEpHJWEadIRNyp4iciuRMStuW
1KyLa2tJElMzrdfkviT8tQp21KW8EA==
-----END CERTIFICATE-----
-----BEGIN CERTIFICATE-----
MIID7zCCAtegAwIBAgIBADANBgkqhkiG9w0BAQsFADCBmDELMAkGA1UEBhMCVVMx
EDAOBgNVBAgTB0FyaXpvbmExEzARBgNVBAcTClNjb3R0c2RhbGUxJTAjBgNVBAoT
HFN0YXJmaWVsZCBUZWNobm9sb2dpZXMsIEluYy4xOzA5BgNVBAMTMlN0YXJmaWVs
ZCBTZXJ2aWNlcyBSb290IENlcnRpZmljYXRlIEF1dGhvcml0eSAtIEcyMB4XDTA5
MDkwMTAwMDAwMFoXDTM3MTIzMTIzNTk1OVowgZgxCzAJBgNVBAYTAlVTMRAwDgYD
VQQIEwdBcml6b25hMRMwEQYDVQQHEwpTY290dHNkYWxlMSUwIwYDVQQKExxTdGFy
ZmllbGQgVGVjaG5vbG9naWVzLCBJbmMuMTswOQYDVQQDEzJTdGFyZmllbGQgU2Vy
dmljZXMgUm9vdCBDZXJ0aWZpY2F0ZSBBdXRob3JpdHkgLSBHMjCCASIwDQYJKoZI
hvcNAQEBBQADggEPADCCAQoCggEBANUMOsQq+U7i9b4Zl1+OiFOxHz/Lz58gE20p
OsgPfTz3a3Y4Y9k2YKibXlwAgLIvWX/2h/klQ4bnaRtSmpDhcePYLQ1Ob/bISdm2
8xpWriu2dBTrz/sm4xq6HZYuajtYlIlHVv8loJNwU4PahHQUw2eeBGg6345AWh1K
Ts9DkTvnVtYAcMtS7nt9rjrnvDH5RfbCYM8TWQIrgMw0R9+53pBlbQLPLJGmpufe
hRhJfGZOozptqbXuNC66DQO4M99H67FrjSXZm86B0UVGMpZwh94CDklDhbZsc7tk
6mFBrMnUVN+HL8cisibMn1lUaJ/8viovxFUcdUBgF4UCVTmLfwUCAwEAAaNCMEAw
DwYDVR0TAQH/BAUwAwEB/zAOBgNVHQ8BAf8EBAMCAQYwHQYDVR0OBBYEFJxfAN+q
AdcwKziIorhtSpzyEZGDMA0GCSqGSIb3DQEBCwUAA4IBAQBLNqaEd2ndOxmfZyMI
bw5hyf2E3F/YNoHN2BtBLZ9g3ccaaNnRbobhiCPPE95Dz+I0swSdHynVv/heyNXB
ve6SbzJ08pGCL72CQnqtKrcgfU28elUSwhXqvfdqlS5sdJ/PHLTyxQGjhdByPq1z
qwubdQxtRbeOlKyWN7Wg0I8VRw7j6IPdj/3vQQF3zCepYoUz8jcI73HPdwbeyBkd
iEDPfUYd/x7H4c7/I9vG+o1VTqkC50cRRj70/b17KSa7qWFiNyi2LSr2EIZkyXCn
0q23KXB56jzaYyWf/Wi3MOxw+3WKt21gZ7IeyLnp2KhvAotnDU0mV3HaIPzBSlCN
sSi6
-----END CERTIFICATE-----
)";

}  // namespace sla::inline v1::aws

// sla/aws/http/url.hpp
// A URL, and how the one of an endpoint is read from a text, strictly: what is accepted reaches the
// signature and the connection unchanged. There is no user name, query or fragment, and no host
// that one library takes for a name and the next for an address.

namespace sla::inline v1::aws {

enum class Scheme { http, https };

/// Where a request goes. The Host header, the signature and the connection are all made from this
/// one value, so they cannot differ.
struct Url {
  Scheme scheme = Scheme::https;
  std::string host{};      ///< lower case; an IPv6 address stands in brackets
  std::uint16_t port = 0;  ///< 0 is the scheme's own port
  std::string path = "/";  ///< percent-encoded, exactly as it goes over the wire
  std::string query{};     ///< percent-encoded, without the question mark

  bool operator==(Url const&) const = default;
};

/// Returns the port a URL means.
[[nodiscard]] constexpr std::uint16_t port_of(Url const& url) noexcept {
  if (url.port != 0) return url.port;
  return url.scheme == Scheme::https ? 443 : 80;
}

/// Appends the value of the Host header: the port stands there only when it is not the scheme's
/// own.
inline void host_header_to(std::string& out, Url const& url) {
  std::uint16_t const own = url.scheme == Scheme::https ? 443 : 80;
  out += url.host;
  if (port_of(url) != own) out.append(":").append(std::to_string(url.port));
}

/// Returns the whole URL as a text.
[[nodiscard]] inline std::string to_string(Url const& url) {
  std::string out = url.scheme == Scheme::https ? "https://" : "http://";
  host_header_to(out, url);
  out += url.path;
  if (!url.query.empty()) out.append("?").append(url.query);
  return out;
}

/// Returns true if a text begins as a URL over TLS does, in any case.
[[nodiscard]] inline bool is_https(std::string_view url) {
  return same_ignoring_case(url.substr(0, 6), "https:");
}

/// Returns true if a text may be one part of a host name: 1 to 63 letters, digits and inner
/// hyphens.
[[nodiscard]] constexpr bool is_dns_label(std::string_view text) noexcept {
  if (text.empty() || text.size() > 63 || text.front() == '-' || text.back() == '-') return false;
  for (char const c : text) {
    if (!is_alpha(c) && !is_digit(c) && c != '-') return false;
  }
  return true;
}

/// Returns true if a text is an IPv4 address of four decimal numbers.
[[nodiscard]] inline bool is_ipv4_address(std::string_view text) {
  in_addr address{};
  return text.find('\0') == std::string_view::npos &&
         ::inet_pton(AF_INET, std::string(text).c_str(), &address) == 1;
}

/// Returns true if the host of a URL is an address: IPv4, or IPv6 in brackets. `localhost` is a
/// name.
[[nodiscard]] inline bool is_ip_address(std::string_view host) {
  return host.starts_with('[') || is_ipv4_address(host);
}

namespace detail {

inline Error bad_url(std::string_view why) {
  return Error{Errc::invalid, "not the URL of an endpoint: " + std::string(why)};
}

inline Result<std::string> read_ipv6(std::string_view text) {
  in6_addr address{};
  std::array<char, INET6_ADDRSTRLEN> shortest{};
  if (text.find('\0') != std::string_view::npos ||
      ::inet_pton(AF_INET6, std::string(text).c_str(), &address) != 1) {
    return bad_url("what stands in brackets must be an IPv6 address, without a zone");
  }
  // The one canonical spelling (RFC 5952): a connection may shorten the host, a signature cannot.
  ::inet_ntop(AF_INET6, &address, shortest.data(), shortest.size());
  return '[' + std::string(shortest.data()) + ']';
}

/// Returns true if the last part of a host looks like a number, so that some would read an address.
inline bool ends_in_number(std::string_view host) {
  std::string_view const last = host.substr(host.rfind('.') + 1);
  bool digits = true;
  for (char const c : last) digits = digits && is_digit(c);
  return digits || last.starts_with("0x");
}

inline Result<std::string> read_host(std::string_view text) {
  if (text.empty()) return bad_url("the host is missing");
  if (text.front() == '[') {
    if (text.back() != ']') return bad_url("the bracket around the IPv6 address is not closed");
    return read_ipv6(text.substr(1, text.size() - 2));
  }
  std::string host = lower(text);
  // A dot at the end says that no search list is asked: it stays, but is no part of a name.
  std::string_view const name = std::string_view(host).substr(0, host.size() - host.ends_with('.'));
  if (name.size() > 253) return bad_url("the host is longer than 253 characters");
  for (std::string_view const label : split(name, '.')) {
    // An underscore is no part of a host name, but names of containers have it.
    std::string plain(label);
    for (char& c : plain) c = c == '_' ? 'a' : c;
    if (!is_dns_label(plain)) {
      return bad_url("the host must be a name of letters, digits, hyphens and dots, or an address");
    }
  }
  if (ends_in_number(name) && !is_ipv4_address(host)) {
    return bad_url("the host looks like an IPv4 address but is none");
  }
  return host;
}

inline Result<std::uint16_t> read_port(std::string_view text) {
  auto const port = parse_integer<std::uint16_t>(text);
  if (!port || *port == 0) return bad_url("the port must be a number from 1 to 65535");
  return *port;
}

inline Result<void> check_url_path(std::string_view path) {
  constexpr std::string_view others = "-._~!$&'()*+,;=:@/";
  for (std::size_t i = 0; i < path.size(); ++i) {
    char const c = path[i];
    if (is_alpha(c) || is_digit(c) || others.find(c) != std::string_view::npos) continue;
    auto const byte = c == '%' ? path.substr(i + 1, 2) : std::string_view{};
    bool const encoded = byte.size() == 2 &&
                         byte.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
    if (!encoded) return bad_url("the path must be percent-encoded");
  }
  return {};
}

}  // namespace detail

/// Reads `https://host`, with an optional port and base path. The error says what is wrong and
/// never repeats the text, which may hold a password.
[[nodiscard]] inline Result<Url> parse_url(std::string_view text) {
  if (has_control(text) || text.find(' ') != std::string_view::npos) {
    return detail::bad_url("it holds a blank or a control character");
  }
  std::size_t const colon = text.find("://");
  std::string_view const scheme = text.substr(0, colon == std::string_view::npos ? 0 : colon);
  bool const plain = same_ignoring_case(scheme, "http");
  if (!plain && !same_ignoring_case(scheme, "https")) {
    return detail::bad_url("it must begin with http:// or https://");
  }
  text.remove_prefix(colon + 3);
  if (text.find('?') != std::string_view::npos || text.find('#') != std::string_view::npos) {
    return detail::bad_url("it must have no query and no fragment");
  }
  std::size_t const slash = text.find('/');
  std::string_view authority = text.substr(0, slash);
  Url url{plain ? Scheme::http : Scheme::https};
  if (slash != std::string_view::npos) url.path = text.substr(slash);
  if (authority.find('@') != std::string_view::npos) {
    return detail::bad_url("it must have no user name and no password");
  }
  std::size_t const bracket = authority.find(']');
  std::size_t const port = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (port != std::string_view::npos) {
    auto const number = detail::read_port(authority.substr(port + 1));
    if (!number) return number.error();
    if (*number != port_of(url)) url.port = *number;
    authority = authority.substr(0, port);
  }
  auto host = detail::read_host(authority);
  if (!host) return host.error();
  if (auto path = detail::check_url_path(url.path); !path) return path.error();
  url.host = *std::move(host);
  return url;
}

}  // namespace sla::inline v1::aws

// sla/aws/http/transport.hpp
// An HTTP request and its response as values, and the contract of what carries one to the other
// side. Nothing here knows AWS, signatures or libcurl.

namespace sla::inline v1::aws {

enum class Method { get, head, post, put };

[[nodiscard]] constexpr std::string_view to_string(Method method) noexcept {
  switch (method) {
    case Method::get:
      return "GET";
    case Method::head:
      return "HEAD";
    case Method::post:
      return "POST";
    case Method::put:
      return "PUT";
  }
  return "GET";
}

struct Header {
  std::string name;
  std::string value;
};

struct Request {
  Method method = Method::get;
  Url url{};
  std::vector<Header> headers{};
  Output body{};
};

struct Response {
  int status = 0;
  std::vector<Header> headers{};  ///< names in lower case, in the order of arrival
  std::string body{};

  [[nodiscard]] bool ok() const noexcept { return status >= 200 && status < 300; }
};

/// Returns the first header of that name, in any case; nothing if there is none.
[[nodiscard]] inline std::optional<std::string_view> find_header(std::vector<Header> const& headers,
                                                                 std::string_view name) noexcept {
  for (Header const& header : headers) {
    if (same_ignoring_case(header.name, name)) return std::string_view(header.value);
  }
  return std::nullopt;
}

/// Carries one request to the other side and brings back the answer, whatever its status. An Error
/// means that there was no whole answer: unavailable, timed_out, invalid (what no repetition
/// mends, such as a certificate that is not trusted), stopped. It follows no redirect. The deadline
/// may be Instant::max(): what takes too long is then for the transport to say.
template <class T>
concept Transport = bool{std::movable<T>} &&
                    requires(T& t, Request const& request, Instant deadline) {
  { t.send(request, deadline) } -> std::same_as<Result<Response>>;
};

/// A Transport that carries several requests at once, each as send() would: the answers come in the
/// order of the requests, when the last of them has ended.
template <class T>
concept BatchTransport = bool{Transport<T>} &&
                         requires(T& t, std::vector<Request> const& requests, Instant deadline) {
  { t.send_all(requests, deadline) } -> std::same_as<std::vector<Result<Response>>>;
};

}  // namespace sla::inline v1::aws

namespace sla::inline v1::internal {

/// Takes the place of a transport that a door refused, so that the refusal is the only error.
template <class X>
struct RefusedTransport {
  RefusedTransport(X const&) noexcept {}
  Result<aws::Response> send(aws::Request const&, Instant) { return aws::Response{}; }
};
template <class X>
using HeldTransport = std::conditional_t<aws::Transport<X>, X, RefusedTransport<X>>;

}  // namespace sla::inline v1::internal

// sla/aws/http/curl_headers.hpp
// The headers of a request in the form in which libcurl takes them: `Name: value`, `Name;` for an
// empty value, and `Name:` for one of its own that it shall leave out.

namespace sla::inline v1::aws {

/// `sla-runner/` and the version.
[[nodiscard]] inline std::string user_agent() {
  return "sla-runner/" + std::to_string(SLA_VERSION_MAJOR) + '.' +
         std::to_string(SLA_VERSION_MINOR) + '.' + std::to_string(SLA_VERSION_PATCH);
}

/// Returns the lines. Errc::invalid if a header could smuggle in another; the message has no
/// value.
[[nodiscard]] inline Result<std::vector<std::string>> curl_headers(
    std::vector<Header> const& headers) {
  std::vector<std::string> lines;
  for (auto const& [name, value] : headers) {
    if (name.empty() || has_control(name) || name.find_first_of(" :;") != std::string::npos) {
      return Error{Errc::invalid, "a header with a name that cannot be one"};
    }
    if (has_control(value)) {
      return Error{Errc::invalid, "header " + name + ": a control character in its value"};
    }
    lines.push_back(trim(value).empty() ? name + ';' : name + ": " + value);
  }
  for (std::string_view const name : {"Accept", "Content-Type", "Expect"}) {
    if (!find_header(headers, name)) lines.push_back(std::string(name) + ':');
  }
  if (!find_header(headers, "User-Agent")) lines.push_back("User-Agent: " + user_agent());
  return lines;
}

}  // namespace sla::inline v1::aws

// sla/aws/http/response_builder.hpp
// Puts a Response together from the lines and blocks that arrive, up to a limit. Interim answers
// (1xx) are dropped, and a head that was cut off is no answer. What parses HTTP itself is the
// transport's business.

namespace sla::inline v1::aws {

/// One response on its way in.
class ResponseBuilder {
 public:
  /// At most `limit` bytes, header lines included.
  explicit ResponseBuilder(std::size_t limit) noexcept : limit_(limit) {}

  /// One line of the head: a status line, which begins anew, a header, or the empty line.
  Result<void> line(std::string_view text) {
    if (text.starts_with("HTTP/")) {
      response_ = Response{};
      whole_head_ = false;
    }
    if (auto good = count(text.size()); !good) return good;
    auto& headers = response_.headers;
    if ((text.starts_with(' ') || text.starts_with('\t')) && !headers.empty()) {
      headers.back().value.append(" ").append(trim(text));  // RFC 9112 section 5.2
    } else if (auto const colon = text.find(':'); colon != std::string_view::npos) {
      headers.push_back({lower(text.substr(0, colon)), std::string(trim(text.substr(colon + 1)))});
    }
    whole_head_ = whole_head_ || trim(text).empty();
    return {};
  }
  /// A block of the body.
  Result<void> body(std::string_view block) {
    if (auto good = count(block.size()); !good) return good;
    response_.body += block;
    return {};
  }

  /// Nothing more arrives.
  [[nodiscard]] Result<Response> finish(int status) && {
    if (!whole_head_) return Error{Errc::unavailable, "the answer was cut off in its head"};
    response_.status = status;
    return std::move(response_);
  }

 private:
  Result<void> count(std::size_t size) {
    if (size > limit_ - received_) {
      return Error{Errc::unavailable,
                   "the answer is larger than " + std::to_string(limit_) + " bytes"};
    }
    received_ += size;
    return {};
  }

  std::size_t limit_;
  std::size_t received_ = 0;
  bool whole_head_ = false;
  Response response_{};
};

}  // namespace sla::inline v1::aws

// sla/aws/http/curl_transfer.hpp
// A request under way in libcurl: what libcurl calls meanwhile, and the loop that drives one or
// several, which ends each when one of its stages takes too long, and all at once when a stop is
// due. What is sent, and what the end means, is up to the header that includes this.

namespace sla::inline v1::aws {

struct CurlRelease {
  void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
};
using CurlHandle = std::unique_ptr<CURL, CurlRelease>;

struct CurlMultiRelease {
  void operator()(CURLM* multi) const noexcept {
    internal::PipeSignalGuard const guard;  // a TLS connection ends with a write
    (void)curl_multi_cleanup(multi);
  }
};
using CurlMulti = std::unique_ptr<CURLM, CurlMultiRelease>;

/// Waits until libcurl has something to do, the stop has news, or the time is over. Returns false
/// if libcurl cannot.
[[nodiscard]] inline bool await_curl(CURLM* multi, Stop const* stop, Duration longest) {
  std::array<curl_waitfd, 2> news{};
  unsigned count = 0;
  if (stop != nullptr) {
    for (pollfd const& watched : stop->watch()) {
      if (watched.fd >= 0) news[count++] = {watched.fd, CURL_WAIT_POLLIN, 0};
    }
  }
  auto const time = std::chrono::ceil<std::chrono::milliseconds>(longest).count();
  return curl_multi_poll(multi, news.data(), count, static_cast<int>(time), nullptr) == CURLM_OK;
}

/// Returns how the only request ended, which is over.
[[nodiscard]] inline CURLcode end_of_request(CURLM* multi) {
  int left = 0;
  CURLMsg const* const end = curl_multi_info_read(multi, &left);
  return end != nullptr && end->msg == CURLMSG_DONE ? end->data.result : CURLE_FAILED_INIT;
}

/// Sets options and remembers the first that was refused.
struct CurlSetup {
  CURL* handle;
  CURLcode code = CURLE_OK;

  template <class Value>
  void set(CURLoption option, Value value) noexcept {
    static_assert(std::is_pointer_v<Value> || std::is_same_v<Value, long> ||
                  std::is_same_v<Value, curl_off_t>);  // libcurl reads them unchecked
    if (code == CURLE_OK) code = curl_easy_setopt(handle, option, value);
  }
};

/// One request under way. The functions are called from C, so nothing may be thrown through them.
struct CurlTransfer {
  CURL* handle;
  Output const& body;
  ResponseBuilder answer;
  AdaptiveLimits limits;  ///< as they were when it began
  Instant begun = std::chrono::steady_clock::now();
  StageWatch watch{begun};
  std::optional<Error> error{};  ///< why one of them ended the transfer
  bool late = false;             ///< the stage that it is in took too long
  std::uint64_t sent = 0;
  curl_off_t uploaded = 0;
  char words[CURL_ERROR_SIZE] = "";  ///< libcurl's own

  void attach(CurlSetup& setup) {
    setup.set(CURLOPT_ERRORBUFFER, &words[0]);
    setup.set(CURLOPT_READFUNCTION, &read);
    setup.set(CURLOPT_READDATA, this);
    setup.set(CURLOPT_SEEKFUNCTION, &seek);
    setup.set(CURLOPT_SEEKDATA, this);
    setup.set(CURLOPT_HEADERFUNCTION, &take<&ResponseBuilder::line>);
    setup.set(CURLOPT_HEADERDATA, this);
    setup.set(CURLOPT_WRITEFUNCTION, &take<&ResponseBuilder::body>);
    setup.set(CURLOPT_WRITEDATA, this);
    setup.set(CURLOPT_RESOLVER_START_FUNCTION, &start_resolving);
    setup.set(CURLOPT_RESOLVER_START_DATA, this);
    setup.set(CURLOPT_OPENSOCKETFUNCTION, &open_socket);
    setup.set(CURLOPT_OPENSOCKETDATA, this);
    setup.set(CURLOPT_PREREQFUNCTION, &start_sending);
    setup.set(CURLOPT_PREREQDATA, this);
    limit_connection(setup);
  }

  [[nodiscard]] Duration limit() const noexcept { return limits.limit(watch.stage(), body.size()); }
  /// Returns when the stage has taken too long.
  [[nodiscard]] Instant due() const noexcept { return watch.since() + limit(); }

  /// Looks how far libcurl got.
  void look(Instant now) noexcept {
    if (watch.stage() != Stage::send) return;
    curl_off_t bytes = 0;
    (void)curl_easy_getinfo(handle, CURLINFO_SIZE_UPLOAD_T, &bytes);
    if (bytes != uploaded) watch.moved(now);
    uploaded = bytes;
    if (static_cast<std::uint64_t>(bytes) >= body.size()) enter(Stage::wait);
  }

  static std::size_t read(char* to, std::size_t size, std::size_t count, void* user) noexcept {
    auto& self = *static_cast<CurlTransfer*>(user);
    auto const n = self.body.read(self.sent, to, size * count);
    if (!n) self.error = n.error();
    if (!n) return CURL_READFUNC_ABORT;
    self.sent += *n;
    return *n;
  }
  static int seek(void* user, curl_off_t offset, int origin) noexcept {
    if (origin != SEEK_SET || offset < 0) return CURL_SEEKFUNC_CANTSEEK;
    static_cast<CurlTransfer*>(user)->sent = static_cast<std::uint64_t>(offset);
    return CURL_SEEKFUNC_OK;
  }
  template <auto Part>
  static std::size_t take(char* data, std::size_t size, std::size_t count, void* user) noexcept {
    auto& self = *static_cast<CurlTransfer*>(user);
    self.enter(Stage::receive);
    auto const taken = (self.answer.*Part)({data, size * count});
    if (!taken) self.error = taken.error();
    return taken ? size * count : 0;
  }
  static int start_resolving(void*, void*, void* user) noexcept {
    static_cast<CurlTransfer*>(user)->enter(Stage::resolve);
    return 0;
  }
  static int start_sending(void* user, char*, char*, int, int) noexcept {
    static_cast<CurlTransfer*>(user)->enter(Stage::send);
    return CURL_PREREQFUNC_OK;
  }
  static curl_socket_t open_socket(void* user, curlsocktype, curl_sockaddr* address) noexcept {
    auto& self = *static_cast<CurlTransfer*>(user);
    self.enter(Stage::connect);
    int const made = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    // What the kernel takes megabytes ahead would leave a slow line long after libcurl sent it, and
    // look like a silent connection.
    int const ahead = 128 * 1024;
    (void)::setsockopt(made, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &ahead, sizeof ahead);
    // A peer that is gone acknowledges nothing; one that is slow does, long before it answers.
    Duration const gone = std::max(self.limits.limit(Stage::connect, 0), self.unacknowledged());
    auto const time = static_cast<unsigned>(gone / std::chrono::milliseconds{1});
    (void)::setsockopt(made, IPPROTO_TCP, TCP_USER_TIMEOUT, &time, sizeof time);
    return made;
  }

  /// libcurl has one limit for the name and the connection, which it divides among the addresses.
  /// It is put off while the name is looked up, so that the connection gets all of its own.
  void allow_resolving(Instant now) const noexcept {
    if (watch.stage() != Stage::resolve) return;
    CurlSetup setup{handle};
    limit_connection(setup, now - begun);
  }
  void limit_connection(CurlSetup& setup, Duration more = Duration::zero()) const noexcept {
    Duration const time = limits.limit(Stage::connect, 0) + more;
    setup.set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(time / std::chrono::milliseconds{1}));
  }

  /// Returns how long the other side may acknowledge nothing.
  [[nodiscard]] Duration unacknowledged() const noexcept { return limits.limit(Stage::send, 0); }
  [[nodiscard]] bool silent(Instant now) const noexcept {
    return now - watch.since() >= unacknowledged();
  }

 private:
  void enter(Stage stage) noexcept { watch.enter(stage, std::chrono::steady_clock::now()); }
};

/// How many requests are under way at once at most, and how many connections are kept.
inline constexpr std::size_t most_connections = 128;

/// Drives requests, one or several at once, and keeps their connections. Not thread-safe.
class CurlLoop {
 public:
  /// How a request ended. CURLE_OPERATION_TIMEDOUT if one of its stages was too late, or the
  /// deadline came; CURLE_ABORTED_BY_CALLBACK if the stop was due.
  struct End {
    CurlTransfer* transfer;
    CURLcode code;
  };

  /// Sends what the handle of the transfer is set up for, beside what is under way already.
  [[nodiscard]] CURLcode begin(CurlTransfer& transfer) {
    if (!multi_) multi_.reset(curl_multi_init());
    // Without a number libcurl keeps few once there are few requests.
    (void)curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, long{most_connections});
    if (curl_multi_add_handle(multi_.get(), transfer.handle) != CURLM_OK) return CURLE_FAILED_INIT;
    under_way_.push_back(&transfer);
    return CURLE_OK;
  }

  /// Waits for the end of one of those under way, of which there is at least one.
  [[nodiscard]] End next(Stop const* stop, Instant deadline) {
    internal::PipeSignalGuard const guard;
    End const end = drive(stop, deadline);
    (void)curl_multi_remove_handle(multi_.get(), end.transfer->handle);
    under_way_.erase(std::find(under_way_.begin(), under_way_.end(), end.transfer));
    return end;
  }

 private:
  End drive(Stop const* stop, Instant deadline) {
    End const broken{under_way_.front(), CURLE_FAILED_INIT};
    for (;;) {
      if (auto const end = ended()) return *end;
      Instant due = Instant::max();
      if (stop != nullptr) due = stop->deadline().value_or(due);
      if (auto const end = overdue(due, deadline)) return *end;
      int running = 0;
      if (curl_multi_perform(multi_.get(), &running) != CURLM_OK) return broken;
      Instant const now = std::chrono::steady_clock::now();
      Instant soonest = std::min(due, deadline);
      for (CurlTransfer* const transfer : under_way_) {
        transfer->look(now);
        soonest = std::min(soonest, transfer->due());
      }
      if (static_cast<std::size_t>(running) < under_way_.size()) return ended().value_or(broken);
      Duration const left = std::clamp<Duration>(soonest - now, Duration::zero(), longest_pause);
      if (!await_curl(multi_.get(), stop, left)) return broken;
    }
  }

  /// Returns one that libcurl is done with.
  std::optional<End> ended() noexcept {
    int left = 0;
    CURLMsg const* const said = curl_multi_info_read(multi_.get(), &left);
    if (said == nullptr || said->msg != CURLMSG_DONE) return std::nullopt;
    for (CurlTransfer* const transfer : under_way_) {
      if (transfer->handle != said->easy_handle) continue;
      CURLcode const code = said->data.result;
      transfer->late = code == CURLE_OPERATION_TIMEDOUT;
      if (code == CURLE_OK) transfer->watch.moved(std::chrono::steady_clock::now());
      return End{transfer, code};
    }
    return std::nullopt;
  }

  /// Returns one that ends before libcurl says so.
  std::optional<End> overdue(Instant stop, Instant deadline) noexcept {
    Instant const now = std::chrono::steady_clock::now();
    if (stop <= now) return End{under_way_.front(), CURLE_ABORTED_BY_CALLBACK};
    if (deadline <= now) return End{under_way_.front(), CURLE_OPERATION_TIMEDOUT};
    for (CurlTransfer* const transfer : under_way_) {
      transfer->late = transfer->due() <= now;
      if (transfer->late) return End{transfer, CURLE_OPERATION_TIMEDOUT};
      transfer->allow_resolving(now);
    }
    return std::nullopt;
  }

  static constexpr Duration longest_pause = std::chrono::milliseconds{500};

  CurlMulti multi_{};
  std::vector<CurlTransfer*> under_way_{};
};

}  // namespace sla::inline v1::aws

// sla/aws/http/trust.hpp
// Which authorities TLS trusts: the one place for what AWS's and OpenSSL's variables say of it.
// What is asked for is used or is an error, never passed over. Otherwise they are the system's: a
// static binary may run on another system than that which its libcurl was built for, so the usual
// places are tried. If there is nothing at all, as in an empty container, they are Amazon's own.

namespace sla::inline v1::aws {

/// The trusted certificates: those in the file and in the folders, or else amazon_roots.
struct Trust {
  std::string file{};
  std::string folder{};  ///< where the name of each is its hash; several have colons in between
  std::string name{};    ///< of the setting that says so; empty if none does

  [[nodiscard]] bool empty() const noexcept { return file.empty() && folder.empty(); }
  /// For people.
  [[nodiscard]] std::string where() const {
    if (empty()) return "the program, Amazon's";
    return file + (file.empty() || folder.empty() ? "" : " and ") + folder;
  }
};

/// Reads what the user wants trusted from `variables(name)` and `profile(key)`, which give a text
/// or nothing: in the order of botocore, and then OpenSSL's own variables, which may be there both.
template <class Variables, class Profile>
[[nodiscard]] Trust choose_trust(Variables const& variables, Profile const& profile) {
  auto const file = [](std::string_view path, std::string_view name) {
    return Trust{.file = std::string(path), .name = std::string(name)};
  };
  if (auto const path = variables("AWS_CA_BUNDLE")) return file(*path, "AWS_CA_BUNDLE");
  if (auto const path = profile("ca_bundle")) return file(*path, "ca_bundle of the profile");
  if (auto const path = variables("REQUESTS_CA_BUNDLE")) return file(*path, "REQUESTS_CA_BUNDLE");
  auto const path = variables("SSL_CERT_FILE");
  Trust trust = path ? file(*path, "SSL_CERT_FILE") : Trust{};
  auto const folder = variables("SSL_CERT_DIR");
  if (!folder) return trust;
  trust.folder = *folder;
  if (trust.name.empty()) trust.name = "SSL_CERT_DIR";
  return trust;
}

namespace detail {

struct CertificateFree {
  void operator()(BIO* text) const noexcept { BIO_free(text); }
  void operator()(X509* certificate) const noexcept { X509_free(certificate); }
};

/// One block of a PEM file, as OpenSSL allocates it.
struct PemBlock {
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;

  PemBlock() = default;
  PemBlock(PemBlock&&) = delete;
  PemBlock& operator=(PemBlock&&) = delete;
  ~PemBlock() {
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_free(data);
  }

  [[nodiscard]] bool is_certificate() const {
    return std::string_view(name).ends_with("CERTIFICATE");
  }
  [[nodiscard]] bool parses() const {
    unsigned char const* at = data;
    bool const trusted = std::string_view(name).starts_with("TRUSTED");
    return std::unique_ptr<X509, CertificateFree>(trusted
                                                      ? d2i_X509_AUX(nullptr, &at, size)
                                                      : d2i_X509(nullptr, &at, size)) != nullptr;
  }
};

/// Says what is wrong with a file of certificates, behind its name; empty for nothing.
inline std::string problem_in_certificates(std::string_view text) {
  std::unique_ptr<BIO, CertificateFree> const source(
      BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  std::size_t count = 0;
  std::string problem;
  for (bool more = source != nullptr; more && problem.empty();) {
    PemBlock block;
    more = PEM_read_bio(source.get(), &block.name, &block.header, &block.data, &block.size) == 1;
    bool const end = !more && ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    if (end || (more && !block.is_certificate())) continue;
    ++count;
    if (!more || !block.parses()) {
      problem = "certificate " + std::to_string(count) + " in it does not parse";
    }
  }
  ERR_clear_error();  // for libcurl
  return count == 0 ? "there is no certificate in it (PEM)" : problem;
}

/// Returns true if the folder holds a certificate: `5ad8a5d6.0`. One that is empty comes with many
/// images.
inline bool holds_certificates(std::string const& folder) {
  auto const names = internal::list_folder(folder);
  return names && std::any_of(names->begin(), names->end(), [](std::string_view name) {
           return name.size() > 9 && name.find_first_not_of("0123456789abcdef") == 8 &&
                  name[8] == '.';
         });
}

}  // namespace detail

/// Checks that a file holds trusted certificates, and nothing that keeps TLS from reading them. The
/// error names it.
[[nodiscard]] inline Result<void> check_certificates(std::string const& file) {
  constexpr std::size_t limit = std::size_t{16} << 20U;
  auto const text = internal::read_file(file, limit);
  if (!text) return Error{Errc::invalid, text.error().message, text.error().native};
  std::string const problem = detail::problem_in_certificates(*text);
  if (problem.empty()) return {};
  return Error{Errc::invalid, file + ": " + problem};
}

/// Checks that what the user wants trusted can be. Errc::invalid says by which setting, where, and
/// what is wrong there.
[[nodiscard]] inline Result<void> check_trust(Trust const& trust) {
  if (!trust.file.empty()) {
    auto file = check_certificates(trust.file);
    if (!file) return std::move(file).error().within(trust.name);
  }
  if (trust.folder.empty()) return {};
  auto const folders = split(trust.folder, ':');
  if (std::any_of(folders.begin(), folders.end(), [](std::string_view folder) {
        return detail::holds_certificates(std::string(folder));
      })) {
    return {};
  }
  if (folders.size() == 1) {
    if (auto const names = internal::list_folder(trust.folder); !names) {
      return Error{Errc::invalid, "SSL_CERT_DIR: " + names.error().message, names.error().native};
    }
  }
  return Error{Errc::invalid, "SSL_CERT_DIR: " + trust.folder +
                                  ": there is no certificate by the name of its hash in it "
                                  "(openssl rehash)"};
}

/// Where to look for them.
struct TrustOptions {
  Trust asked{};                          ///< what the user wants; empty for nothing
  std::string own{};                      ///< the TLS library's default; empty for none
  std::string folder = "/etc/ssl/certs";  ///< if there is no file
};

/// Finds them. Errc::invalid if the file that is asked for cannot be read.
[[nodiscard]] inline Result<Trust> find_trust(TrustOptions options) {
  Trust& asked = options.asked;
  if (!asked.file.empty() && ::access(asked.file.c_str(), R_OK) != 0) {
    Error const why = system_error("the trusted certificates: " + asked.name + ": " + asked.file);
    return Error{Errc::invalid, why.message, why.native};
  }
  if (!asked.empty()) return std::move(asked);
  for (std::string file :
       {options.own, std::string("/etc/ssl/certs/ca-certificates.crt"),  // Debian, Alpine
        std::string("/etc/pki/tls/certs/ca-bundle.crt"),                 // Amazon Linux, Fedora
        std::string("/etc/ssl/ca-bundle.pem"), std::string("/etc/ssl/cert.pem")}) {
    if (!file.empty() && ::access(file.c_str(), R_OK) == 0) return Trust{.file = std::move(file)};
  }
  if (!detail::holds_certificates(options.folder)) return Trust{};
  return Trust{.folder = std::move(options.folder)};
}

}  // namespace sla::inline v1::aws

// sla/aws/http/curl_options.hpp
// What is the same for every request over libcurl: how it is initialised, the options, whom to
// trust, and what its codes mean.

namespace sla::inline v1::aws {
namespace detail {

struct CurlMeaning {
  CURLcode code;
  Errc meaning;
  std::string_view message;
};
inline constexpr std::string_view not_trusted = "the certificate is not trusted";
inline constexpr CurlMeaning curl_meanings[] = {
    {CURLE_ABORTED_BY_CALLBACK, Errc::stopped, "given up because the program stops"},
    {CURLE_OPERATION_TIMEDOUT, Errc::timed_out, "no answer in time"},
    {CURLE_COULDNT_RESOLVE_HOST, Errc::unavailable, "could not resolve the name"},
    {CURLE_COULDNT_RESOLVE_PROXY, Errc::unavailable, "no such proxy (HTTPS_PROXY, http_proxy)"},
    {CURLE_COULDNT_CONNECT, Errc::unavailable, "could not connect"},
    {CURLE_PEER_FAILED_VERIFICATION, Errc::invalid, not_trusted},
    {CURLE_SSL_CACERT_BADFILE, Errc::invalid, not_trusted},
    {CURLE_URL_MALFORMAT, Errc::invalid, "not a URL"},
    {CURLE_UNSUPPORTED_PROTOCOL, Errc::invalid, "not HTTP, or this libcurl has no TLS"},
    {CURLE_UNKNOWN_OPTION, Errc::invalid, "not possible with this libcurl"},
    {CURLE_OUT_OF_MEMORY, Errc::system, "libcurl"},
    {CURLE_FAILED_INIT, Errc::system, "libcurl"},
};

}  // namespace detail

/// Returns what a CURLcode means, for the program and for people.
[[nodiscard]] inline Error error_of_curl(CURLcode code) {
  for (auto const& known : detail::curl_meanings) {
    if (known.code == code) return {known.meaning, std::string(known.message), curl_code(code)};
  }
  return {Errc::unavailable, "the connection failed", curl_code(code)};
}

/// What is the same for every request.
inline constexpr std::pair<CURLoption, long> curl_options[] = {
    {CURLOPT_QUICK_EXIT, 1},  // a name server that is silent holds up nobody
    {CURLOPT_NOSIGNAL, 1},
    {CURLOPT_TCP_KEEPALIVE, 1},
    {CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
    {CURLOPT_SSL_VERIFYPEER, 1},
    {CURLOPT_SSL_VERIFYHOST, 2},
    {CURLOPT_PATH_AS_IS, 1},
    {CURLOPT_DISALLOW_USERNAME_IN_URL, 1},
    {CURLOPT_FOLLOWLOCATION, 0},
    {CURLOPT_SUPPRESS_CONNECT_HEADERS, 1},
    {CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1},
};

/// Sets whom to trust, of which a proxy that speaks TLS itself is one. With a file and a folder
/// libcurl reads the file again for each connection.
inline void set_trust(CurlSetup& setup, Trust const& trust) {
  auto const path = [](std::string const& p) { return p.empty() ? nullptr : p.c_str(); };
  for (CURLoption const option : {CURLOPT_CAINFO, CURLOPT_PROXY_CAINFO}) {
    setup.set(option, path(trust.file));
  }
  for (CURLoption const option : {CURLOPT_CAPATH, CURLOPT_PROXY_CAPATH}) {
    setup.set(option, path(trust.folder));
  }
  if (!trust.empty()) return;
  // libcurl only reads what it gets as not const.
  curl_blob roots{const_cast<char*>(amazon_roots.data()), amazon_roots.size(), CURL_BLOB_NOCOPY};
  setup.set(CURLOPT_CAINFO_BLOB, &roots);
  setup.set(CURLOPT_PROXY_CAINFO_BLOB, &roots);
}

/// Returns what is linked, such as `libcurl/7.88.1 OpenSSL/3.0.17`.
[[nodiscard]] inline std::string curl_libraries() {
  curl_version_info_data const* const found = curl_version_info(CURLVERSION_NOW);
  std::string text("libcurl/");
  text.append(found->version);
  if (found->ssl_version != nullptr) text.append(" ").append(found->ssl_version);
  return text;
}

/// Initialises libcurl and its TLS library: about a millisecond, once per process, from any thread.
/// The first request does it; a program that has something else to do meanwhile may be earlier.
[[nodiscard]] inline Result<void> initialise_curl() {
  static CURLcode const code = curl_global_init(CURL_GLOBAL_DEFAULT);
  return code == CURLE_OK ? Result<void>() : error_of_curl(CURLE_FAILED_INIT);
}

}  // namespace sla::inline v1::aws

// sla/aws/http/curl.hpp
// The real Transport, over libcurl, which nothing but aws/http/curl*.hpp uses. Connections
// stay open between requests. TLS is always verified, no redirect is followed, and
// libcurl adds nothing to a request but Host, User-Agent and Content-Length. Each stage of a
// request has a limit, which grows where it was met; a deadline and that of a Stop bound all of it.
// Nothing is initialised before the first request.

namespace sla::inline v1::aws {
/// Which proxy requests go through.
enum class Proxy {
  environment,  ///< that of http_proxy, HTTPS_PROXY, NO_PROXY and their kin
  none,         ///< for link-local addresses such as 169.254.169.254
};

/// Sends requests over HTTP/1.1 and keeps the connections. Not thread-safe.
class Curl {
 public:
  struct Options {
    Trust trust{};  ///< whom to trust; empty is the system's authorities, or else Amazon's
    StageLimits limits{};
    std::size_t response_limit = 1024 * 1024;  ///< in bytes, header lines included
    Stop const* stop = nullptr;                ///< outlives this; its deadline ends a request
    Proxy proxy = Proxy::environment;
  };

  /// Costs nothing: libcurl wakes with the first request.
  Curl() = default;
  explicit Curl(Options options) : options_(std::move(options)), limits_(options_.limits) {}

  /// Sends the request and reads the answer. The message of an Error names scheme and host, never
  /// the path, the query or a header; with libcurl's code.
  [[nodiscard]] Result<Response> send(Request const& request, Instant deadline) {
    return std::move(answers_to({&request, 1}, deadline).front());
  }
  /// Sends several requests at once, each as send() does, over as many connections, but at most
  /// `most_connections`. What hangs holds up only the return.
  [[nodiscard]] std::vector<Result<Response>> send_all(std::vector<Request> const& requests,
                                                       Instant deadline) {
    return answers_to(requests, deadline);
  }

 private:
  /// One of the requests, from its beginning to its end.
  struct Exchange : CurlTransfer {
    std::size_t number;  ///< of the request
    CurlHandle own;
    std::vector<std::string> headers;
    std::vector<curl_slist> list{};
  };
  /// What is asked for, what came, and whose certificate has to be looked at anew.
  struct Exchanges {
    std::span<Request const> requests;
    std::vector<Result<Response>> answers;
    std::vector<std::size_t> untrusted{};
  };

  std::vector<Result<Response>> answers_to(std::span<Request const> requests, Instant deadline) {
    Exchanges all{requests, {requests.size(), Error{Errc::unavailable, ""}}};
    std::vector<std::size_t> numbers(requests.size());
    std::iota(numbers.begin(), numbers.end(), std::size_t{0});
    while (!numbers.empty()) {
      bool const fresh = !trust_;  // so are the trusted certificates
      perform(all, numbers, deadline);
      numbers.clear();
      if (!all.untrusted.empty()) forget();
      if (!fresh) numbers.swap(all.untrusted);
    }
    if (spare_.size() > 1) spare_.resize(1);
    for (std::size_t i = 0; i < requests.size(); ++i) {
      if (all.answers[i]) continue;
      Url const& url = requests[i].url;
      all.answers[i] = std::move(all.answers[i])
                           .error()
                           .within(to_string(Url{url.scheme, url.host, url.port, "", ""}));
    }
    return std::move(all.answers);
  }

  void perform(Exchanges& all, std::vector<std::size_t> const& numbers, Instant deadline) {
    std::vector<std::unique_ptr<Exchange>> under_way;
    for (auto next = numbers.begin();;) {
      for (; next != numbers.end() && under_way.size() < most_connections; ++next) {
        auto exchange = make(all.requests[*next], *next);
        if (!exchange) {
          all.answers[*next] = exchange.error();
          continue;
        }
        CURLcode code = set_up(**exchange, all.requests[*next]);
        if (code == CURLE_OK) code = loop_.begin(**exchange);
        if (code == CURLE_OK)
          under_way.push_back(*std::move(exchange));
        else
          finish(all, **exchange, code);
      }
      if (under_way.empty()) return;
      auto const end = loop_.next(options_.stop, deadline);
      auto const ended =
          std::find_if(under_way.begin(), under_way.end(),
                       [&](auto const& exchange) { return exchange.get() == end.transfer; });
      finish(all, **ended, end.code);
      under_way.erase(ended);
    }
  }

  Result<std::unique_ptr<Exchange>> make(Request const& request, std::size_t number) {
    auto headers = curl_headers(request.headers);
    if (!headers) return headers.error();
    auto handle = open(request.url.scheme);
    if (!handle) return handle.error();
    CURL* const raw = handle->get();
    return std::unique_ptr<Exchange>(
        new Exchange{{.handle = raw,
                      .body = request.body,
                      .answer = ResponseBuilder(options_.response_limit),
                      .limits = limits_},
                     number,
                     *std::move(handle),
                     *std::move(headers)});
  }

  /// Prepares libcurl. Whom to trust is only missed where it matters.
  Result<CurlHandle> open(Scheme scheme) {
    if (auto ready = initialise_curl(); !ready) return ready.error();
    CurlHandle handle;
    if (spare_.empty()) {
      handle.reset(curl_easy_init());
    } else {
      handle = std::move(spare_.back());
      spare_.pop_back();
    }
    if (!handle) return error_of_curl(CURLE_FAILED_INIT);
    if (!trust_) {
      char const* own = nullptr;
      (void)curl_easy_getinfo(handle.get(), CURLINFO_CAINFO, &own);
      trust_ = find_trust({.asked = options_.trust, .own = own != nullptr ? own : ""});
    }
    if (*trust_ || scheme == Scheme::http) return handle;
    Error missing = trust_->error();
    trust_.reset();  // it may be there the next time
    return missing;
  }

  /// Has the trusted certificates read anew, as they may have been replaced: libcurl would keep
  /// them for a day.
  void forget() {
    trust_.reset();
    whom_.clear();
    spare_.clear();
    loop_ = CurlLoop();
  }

  CURLcode set_up(Exchange& exchange, Request const& request) const {
    CurlSetup setup{exchange.handle};
    std::vector<curl_slist>& list = exchange.list;
    list.resize(exchange.headers.size());
    for (std::size_t i = 0; i < list.size(); ++i) {
      list[i] = {exchange.headers[i].data(), i + 1 < list.size() ? &list[i + 1] : nullptr};
    }
    setup.set(CURLOPT_HTTPHEADER, list.data());
    set_connection(setup);
    if (*trust_) set_trust(setup, **trust_);
    set_request(setup, request);
    exchange.attach(setup);
    return setup.code;
  }

  void finish(Exchanges& all, Exchange& exchange, CURLcode code) {
    long status = 0;
    (void)curl_easy_getinfo(exchange.handle, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_reset(exchange.handle);  // forgets what points into this, keeps the connection
    spare_.push_back(std::move(exchange.own));
    all.answers[exchange.number] = answer(exchange, code, static_cast<int>(status));
    bool const untrusted = error_of_curl(code).message == detail::not_trusted;
    if (untrusted) all.untrusted.push_back(exchange.number);
  }
  Result<Response> answer(Exchange& exchange, CURLcode code, int status) {
    if (exchange.error) return *exchange.error;
    if (exchange.late) return late(exchange);
    if (code != CURLE_OK) return failure(code, exchange);
    limits_.passed(exchange.watch);
    return std::move(exchange.answer).finish(status);
  }

  void set_connection(CurlSetup& setup) const {
    for (auto const& [option, value] : curl_options) setup.set(option, value);
    if (options_.proxy == Proxy::none) setup.set(CURLOPT_PROXY, "");
  }

  static void set_request(CurlSetup& setup, Request const& request) {
    setup.set(CURLOPT_URL, to_string(request.url).c_str());
    setup.set(CURLOPT_PROTOCOLS_STR, "http,https");
    bool const put = request.method == Method::put;
    if (request.method == Method::head) setup.set(CURLOPT_NOBODY, 1L);
    if (!put && request.method != Method::post) return;
    setup.set(CURLOPT_POST, 1L);
    setup.set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    if (put) setup.set(CURLOPT_CUSTOMREQUEST, "PUT");
    // Bytes that libcurl need not ask for leave together with the headers.
    if (auto const bytes = request.body.in_memory()) setup.set(CURLOPT_POSTFIELDS, bytes->data());
  }

  /// The stage that took too long has more time in the next attempt.
  Error late(CurlTransfer const& transfer) {
    Stage const stage = transfer.watch.stage();
    std::string message(late_message(stage));
    message += ": the limit was " + decimal_seconds(transfer.limit()) + " s";
    limits_.expired(stage, transfer.limits);
    return {Errc::timed_out, std::move(message), curl_code(CURLE_OPERATION_TIMEDOUT)};
  }

  /// libcurl's words on a proxy or a URL may hold a password that somebody put there.
  Error failure(CURLcode code, CurlTransfer const& transfer) {
    Error error = error_of_curl(code);
    std::string_view const words(transfer.words);
    // The kernel gives up a peer that acknowledges nothing.
    bool const broken = code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR;
    if (broken && transfer.silent(std::chrono::steady_clock::now())) {
      limits_.expired(Stage::send, transfer.limits);
    }
    bool const secret = code == CURLE_COULDNT_RESOLVE_PROXY || code == CURLE_URL_MALFORMAT;
    error.message += ": ";
    error.message += secret || words.empty() ? std::string_view(curl_easy_strerror(code)) : words;
    if (error.message.starts_with(detail::not_trusted)) {
      if (whom_.empty()) whom_ = whom();
      error.message += whom_;
    }
    return error;
  }

  /// Says who is trusted, and why nobody is where their file is broken.
  [[nodiscard]] std::string whom() const {
    if (!*trust_) return "; " + trust_->error().message;
    Trust const& trust = **trust_;
    std::string const by = trust.name.empty() ? "AWS_CA_BUNDLE, SSL_CERT_FILE" : trust.name;
    std::string text = "; trusted are those in " + trust.where() + " (" + by + ')';
    if (trust.file.empty()) return text;
    auto const good = check_certificates(trust.file);
    return good ? text : text + ", but " + good.error().message;
  }

  Options options_{};
  CurlLoop loop_{};
  std::vector<CurlHandle> spare_{};
  std::optional<Result<Trust>> trust_{};  ///< whom; not looked for before the first request
  std::string whom_{};                    ///< that in words, of the requests under way
  AdaptiveLimits limits_{};
};
static_assert(BatchTransport<Curl>);

}  // namespace sla::inline v1::aws

// sla/aws/http/probe_facts.hpp
// What a probe asks a server, and what it finds out, as values. Who asks is
// aws/http/curl_probe.hpp, what it means is the business of the executors.

namespace sla::inline v1::internal {

/// What is asked for.
struct ProbeRequest {
  std::string url{};
  std::string method{};  ///< empty: the connection alone
  std::vector<aws::Header> headers{};
  std::string body{};
  int redirects = 0;          ///< how many are followed
  bool keep_alive = false;    ///< whether the next request may use the connection
  bool around_proxy = false;  ///< whether no proxy is used, whatever the environment says
};

/// What a probe does, in this order.
enum class ProbePhase { resolve, connect, tls, wait, receive };
inline constexpr std::size_t probe_phases = 5;

/// Why there was no whole answer.
enum class ProbeFault {
  none,
  stopped,
  late,
  no_name,
  no_proxy,           ///< its name has no address
  no_connection,      ///< `system` says why
  proxy_refused,      ///< with `status`
  expired,            ///< the certificate
  not_yet_valid,      ///< the certificate
  self_signed,        ///< the certificate
  unknown_authority,  ///< of the certificate
  wrong_host,         ///< in the certificate
  bad_certificate,    ///< in another way
  tls,
  closed,   ///< without an answer
  reset,    ///< before an answer
  cut_off,  ///< in the answer
  no_http,
  redirects,     ///< more than were allowed
  bad_redirect,  ///< to what is no URL of HTTP
  large_head,    ///< of the answer
  other,
};

/// What was found out.
struct ProbeFacts {
  ProbeFault fault = ProbeFault::none;
  ProbePhase reached = ProbePhase::resolve;   ///< the phase in which it ended
  std::array<Duration, probe_phases> took{};  ///< their sum is the whole
  Instant ended{};
  bool tls = false;  ///< whether there was a handshake, be it behind a redirect
  std::string ip{};
  std::string redirect{};  ///< the URL that was asked last, if it is not the first
  int status = 0;
  std::uint64_t received = 0;  ///< bytes of the body
  int system = 0;              ///< errno of a connection that failed
  /// How long the certificates of the server are valid; negative if the fault is that they expired.
  std::optional<Duration> validity{};
  std::string trusted{};  ///< where the trusted certificates are
  std::string words{};    ///< libcurl's own

  /// Returns how long all of it took.
  [[nodiscard]] Duration whole() const noexcept {
    Duration sum{};
    for (Duration const& part : took) sum += part;
    return sum;
  }
};

}  // namespace sla::inline v1::internal

// sla/aws/http/peer_certificate.hpp
// What OpenSSL says of the certificate of a server: how long it is still valid, and why it was not
// accepted.

namespace sla::inline v1::internal {

/// Returns what a result of the verification means, such as X509_V_ERR_CERT_HAS_EXPIRED.
[[nodiscard]] constexpr ProbeFault certificate_fault(long verification) noexcept {
  switch (verification) {
    case X509_V_OK:
    case X509_V_ERR_UNSPECIFIED:  // what libcurl leaves where it looked at the host itself
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return ProbeFault::wrong_host;
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return ProbeFault::expired;
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return ProbeFault::not_yet_valid;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return ProbeFault::self_signed;
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return ProbeFault::unknown_authority;
    default:
      return ProbeFault::bad_certificate;
  }
}

/// Returns how long a certificate is valid from now on, negative if it has expired, or nullopt if
/// the text is no certificate (PEM).
[[nodiscard]] inline std::optional<Duration> validity_left(std::string_view pem) {
  struct Free {
    void operator()(BIO* text) const noexcept { BIO_free(text); }
    void operator()(X509* certificate) const noexcept { X509_free(certificate); }
  };
  std::unique_ptr<BIO, Free> const text(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (!text) return std::nullopt;
  std::unique_ptr<X509, Free> const certificate(
      PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr));
  if (!certificate) return std::nullopt;
  int days = 0, seconds = 0;
  ASN1_TIME const* const end = X509_get0_notAfter(certificate.get());
  if (ASN1_TIME_diff(&days, &seconds, nullptr, end) != 1) return std::nullopt;
  return std::chrono::hours{24} * days + std::chrono::seconds{seconds};
}

}  // namespace sla::inline v1::internal

// sla/aws/http/curl_probe_watch.hpp
// One probe under way in libcurl: what libcurl calls meanwhile, how far it got and when, and what
// its end means. Only aws/http/curl_probe.hpp includes this.

namespace sla::inline v1::internal {

/// Follows one probe. The functions are called from C, so nothing may be thrown through them.
class CurlProbeWatch {
 public:
  /// A probe that has ended in the phase `last` or beyond has ended in that.
  CurlProbeWatch(aws::CurlSetup& setup, ProbePhase last) : handle_(setup.handle), last_(last) {
    setup.set(CURLOPT_ERRORBUFFER, &words_[0]);
    setup.set(CURLOPT_RESOLVER_START_FUNCTION, &start_resolving);
    setup.set(CURLOPT_RESOLVER_START_DATA, this);
    setup.set(CURLOPT_OPENSOCKETFUNCTION, &open_socket);
    setup.set(CURLOPT_OPENSOCKETDATA, this);
    setup.set(CURLOPT_PREREQFUNCTION, &start_sending);
    setup.set(CURLOPT_PREREQDATA, this);
  }
  CurlProbeWatch(CurlProbeWatch const&) = delete;
  CurlProbeWatch& operator=(CurlProbeWatch const&) = delete;

  /// Looks whether a connection stands by now: libcurl tells it only after TLS.
  void look(Instant now) noexcept {
    if (phase_ != ProbePhase::connect || stood_) return;
    for (int const made : sockets_) {
      sockaddr_storage peer{};
      socklen_t size = sizeof peer;
      if (made >= 0 && ::getpeername(made, reinterpret_cast<sockaddr*>(&peer), &size) == 0) {
        stood_ = now;
      }
    }
  }
  /// Something of an answer is there.
  void receives() noexcept { phase_ = ProbePhase::receive; }

  /// Returns what libcurl's end means, and what it leaves to be known. `begun` is when the probe
  /// began, `started` when libcurl did.
  [[nodiscard]] ProbeFacts facts(CURLcode code, Instant begun, Instant started) const {
    ProbeFacts facts{.reached = reached(), .ended = std::chrono::steady_clock::now()};
    facts.fault = fault_of(code, facts.reached);
    facts.took = durations(facts, begun, started);
    facts.tls = timer(CURLINFO_APPCONNECT_TIME_T) != Duration::zero();
    facts.ip = text(CURLINFO_PRIMARY_IP);
    if (number(CURLINFO_REDIRECT_COUNT) != 0) facts.redirect = text(CURLINFO_EFFECTIVE_URL);
    bool const by_proxy = facts.fault == ProbeFault::proxy_refused;
    facts.status =
        static_cast<int>(number(by_proxy ? CURLINFO_HTTP_CONNECTCODE : CURLINFO_RESPONSE_CODE));
    curl_off_t bytes = 0;
    (void)curl_easy_getinfo(handle_, CURLINFO_SIZE_DOWNLOAD_T, &bytes);
    facts.received = static_cast<std::uint64_t>(bytes);
    facts.system = static_cast<int>(number(CURLINFO_OS_ERRNO));
    // What libcurl says of a URL or a proxy may hold a password.
    bool const secret = code == CURLE_URL_MALFORMAT || code == CURLE_COULDNT_RESOLVE_PROXY;
    facts.words = secret || words_[0] == '\0' ? curl_easy_strerror(code) : &words_[0];
    facts.validity = validity(facts.fault == ProbeFault::expired);
    return facts;
  }

  /// Returns for how long the certificates of the server are valid: until the first of them
  /// expires. One that has expired before was not what was trusted, unless it is what is looked
  /// for.
  [[nodiscard]] std::optional<Duration> validity(bool expired) const {
    curl_certinfo* chain = nullptr;
    (void)curl_easy_getinfo(handle_, CURLINFO_CERTINFO, &chain);
    std::optional<Duration> shortest;
    for (int i = 0; chain != nullptr && i < chain->num_of_certs; ++i) {
      for (curl_slist const* line = chain->certinfo[i]; line != nullptr; line = line->next) {
        std::string_view const text = line->data;
        auto const left = text.starts_with("Cert:") ? validity_left(text.substr(5)) : std::nullopt;
        if (!left || (*left < Duration::zero()) != expired) continue;
        shortest = std::min(*left, shortest.value_or(*left));
      }
    }
    return shortest;
  }

 private:
  /// Returns one of libcurl's timers; zero is not yet.
  [[nodiscard]] Duration timer(CURLINFO which) const noexcept {
    curl_off_t microseconds = 0;
    (void)curl_easy_getinfo(handle_, which, &microseconds);
    return std::chrono::microseconds{microseconds};
  }
  [[nodiscard]] long number(CURLINFO which) const noexcept {
    long value = 0;
    (void)curl_easy_getinfo(handle_, which, &value);
    return value;
  }
  [[nodiscard]] std::string text(CURLINFO which) const {
    char const* value = nullptr;
    (void)curl_easy_getinfo(handle_, which, &value);
    return value == nullptr ? "" : value;
  }

  /// Returns the phase. What follows on a connection is TLS, or the request at once.
  [[nodiscard]] ProbePhase reached() const noexcept {
    bool const tls = phase_ == ProbePhase::connect && stood_;
    return std::min(tls ? ProbePhase::tls : phase_, last_);
  }

  /// Returns how long each phase took; that in which it ended takes the rest.
  [[nodiscard]] std::array<Duration, probe_phases> durations(ProbeFacts const& facts, Instant begun,
                                                             Instant started) const noexcept {
    constexpr std::array ends{CURLINFO_NAMELOOKUP_TIME_T, CURLINFO_CONNECT_TIME_T,
                              CURLINFO_APPCONNECT_TIME_T, CURLINFO_STARTTRANSFER_TIME_T};
    std::array<Duration, probe_phases> took{};
    Duration last{};
    auto const reached = static_cast<std::size_t>(facts.reached);
    Duration const whole = facts.ended - begun;
    for (std::size_t i = 0; i < reached; ++i) {
      Duration at = timer(ends[i]);
      bool const connected = static_cast<ProbePhase>(i) == ProbePhase::connect && stood_;
      if (at == Duration::zero() && connected) at = *stood_ - started;
      if (at == Duration::zero()) continue;  // as TLS if there is none
      Duration const end = std::clamp(started - begun + at, last, whole);
      took[i] = end - std::exchange(last, end);
    }
    took[reached] = whole - last;
    return took;
  }

  [[nodiscard]] ProbeFault fault_of(CURLcode code, ProbePhase reached) const noexcept {
    bool const answered = number(CURLINFO_RESPONSE_CODE) != 0;
    switch (code) {
      case CURLE_OK:
        return ProbeFault::none;
      case CURLE_ABORTED_BY_CALLBACK:
        return ProbeFault::stopped;
      case CURLE_OPERATION_TIMEDOUT:
        return ProbeFault::late;
      case CURLE_COULDNT_RESOLVE_HOST:
        return ProbeFault::no_name;
      case CURLE_COULDNT_RESOLVE_PROXY:
        return ProbeFault::no_proxy;
      case CURLE_COULDNT_CONNECT:
        return ProbeFault::no_connection;
      case CURLE_PEER_FAILED_VERIFICATION:
        return certificate_fault(number(CURLINFO_SSL_VERIFYRESULT));
      case CURLE_SSL_CONNECT_ERROR:
        return ProbeFault::tls;
      case CURLE_GOT_NOTHING:
        return ProbeFault::closed;
      case CURLE_PARTIAL_FILE:
        return ProbeFault::cut_off;
      case CURLE_WEIRD_SERVER_REPLY:
        return ProbeFault::no_http;
      case CURLE_UNSUPPORTED_PROTOCOL:  // that of the first URL was looked at
        return answered ? ProbeFault::bad_redirect : ProbeFault::no_http;
      case CURLE_URL_MALFORMAT:
        return answered ? ProbeFault::bad_redirect : ProbeFault::other;
      case CURLE_OUT_OF_MEMORY:  // of its own limit, mostly
        return reached == ProbePhase::receive ? ProbeFault::large_head : ProbeFault::other;
      case CURLE_TOO_MANY_REDIRECTS:
        return ProbeFault::redirects;
      case CURLE_SEND_ERROR:
      case CURLE_RECV_ERROR:
      case CURLE_HTTP2:
      case CURLE_HTTP2_STREAM:
        if (number(CURLINFO_HTTP_CONNECTCODE) >= 300) return ProbeFault::proxy_refused;
        if (std::string_view(&words_[0]).starts_with("Too large")) return ProbeFault::large_head;
        if (reached == ProbePhase::tls) return ProbeFault::tls;
        return reached == ProbePhase::receive ? ProbeFault::cut_off : ProbeFault::reset;
      default:
        return ProbeFault::other;
    }
  }

  static int start_resolving(void*, void*, void* user) noexcept {
    static_cast<CurlProbeWatch*>(user)->phase_ = ProbePhase::resolve;
    return 0;
  }
  static curl_socket_t open_socket(void* user, curlsocktype, curl_sockaddr* address) noexcept {
    auto& self = *static_cast<CurlProbeWatch*>(user);
    self.phase_ = ProbePhase::connect;
    self.stood_.reset();
    self.sockets_[0] = self.sockets_[1];  // libcurl tries two addresses at once at most
    int const made = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    return self.sockets_[1] = made;
  }
  static int start_sending(void* user, char*, char*, int, int) noexcept {
    static_cast<CurlProbeWatch*>(user)->phase_ = ProbePhase::wait;
    return CURL_PREREQFUNC_OK;
  }

  CURL* handle_;
  ProbePhase last_;
  ProbePhase phase_ = ProbePhase::resolve;
  std::array<int, 2> sockets_{-1, -1};
  std::optional<Instant> stood_{};  ///< since when the connection is there
  char words_[CURL_ERROR_SIZE] = "";
};

}  // namespace sla::inline v1::internal

// sla/aws/http/curl_probe.hpp
// Asks a server once, over libcurl, for executors that are probes: on a connection of its own, with
// TLS verified, a limit for the whole, and cut at once by a stop. It says how far it got and how
// long each phase took.

namespace sla::inline v1::internal {

/// A URL as libcurl reads it.
class CurlUrl {
 public:
  explicit CurlUrl(std::string const& url) {
    read_ = parts_ && !has_control(url) &&
            curl_url_set(parts_.get(), CURLUPART_URL, url.c_str(), 0) == CURLUE_OK;
  }
  /// Returns a part of it; empty if it has none.
  [[nodiscard]] std::string part(CURLUPart which, unsigned flags = CURLU_DEFAULT_PORT) const {
    char* text = nullptr;
    if (!read_ || curl_url_get(parts_.get(), which, &text, flags) != CURLUE_OK) return {};
    std::string copy(text);
    curl_free(text);
    return copy;
  }

 private:
  std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parts_{curl_url(), &curl_url_cleanup};
  bool read_ = false;
};

/// Returns `host:port` of a URL. Errc::invalid if it is none of HTTP; the message, which reads
/// on after the URL, has nothing of it.
[[nodiscard]] inline Result<std::string> address_of_url(std::string const& url) {
  CurlUrl const parts(url);
  std::string const scheme = parts.part(CURLUPART_SCHEME);
  std::string const host = parts.part(CURLUPART_HOST);
  for (char const c : host) {
    bool const ascii = static_cast<unsigned char>(c) < 0x80;
    if (!ascii) return Error{Errc::invalid, "has a host that is not ASCII; write it as xn--..."};
  }
  if (scheme == "http" || scheme == "https") return host + ':' + parts.part(CURLUPART_PORT);
  return Error{Errc::invalid, "is no URL such as https://shop.example/health"};
}

/// The name and the password in a URL, decoded; empty if it has none.
struct UrlCredentials {
  std::string user{};
  std::string password{};
};
[[nodiscard]] inline UrlCredentials credentials_of_url(std::string const& url) {
  CurlUrl const parts(url);
  return {.user = parts.part(CURLUPART_USER, CURLU_URLDECODE),
          .password = parts.part(CURLUPART_PASSWORD, CURLU_URLDECODE)};
}

/// Returns the connections and the trusted certificates of this thread, which all its probes share:
/// one of them costs two descriptors and a megabyte.
[[nodiscard]] inline aws::CurlMulti& probes_of_thread() noexcept {
  thread_local aws::CurlMulti probes;
  return probes;
}

/// Asks one server after the other. Not thread-safe.
class CurlProbe {
 public:
  CurlProbe() = default;
  explicit CurlProbe(aws::Trust trust) : asked_(std::move(trust)) {}

  /// Asks, and hands what arrives to `answer.head(line)` and `answer.body(block)`. A limit of zero
  /// is none. An Error means that it could not even begin.
  template <class Answer>
  Result<ProbeFacts> ask(ProbeRequest const& request, Duration limit, Stop const& stop,
                         Answer& answer) {
    Exchange exchange{.request = request, .stop = stop, .begun = now()};
    if (limit > Duration::zero()) exchange.deadline = exchange.begun + limit;
    auto headers = aws::curl_headers(request.headers);
    if (!headers) return headers.error();
    if (auto ready = open(exchange); !ready) return ready.error();
    aws::CurlSetup setup{exchange.handle.get()};
    bool const alone = request.method.empty();
    CurlProbeWatch watch(setup, alone ? ProbePhase::connect : ProbePhase::receive);
    Arrival<Answer> arrival{watch, answer};
    setup.set(CURLOPT_HEADERFUNCTION, &Arrival<Answer>::head);
    setup.set(CURLOPT_HEADERDATA, &arrival);
    setup.set(CURLOPT_WRITEFUNCTION, &Arrival<Answer>::body);
    setup.set(CURLOPT_WRITEDATA, &arrival);
    return perform(exchange, *headers, setup, watch);
  }

 private:
  struct Exchange {
    ProbeRequest const& request;
    Stop const& stop;
    Instant begun;
    Instant deadline = Instant::max();
    aws::CurlHandle handle{};
  };
  template <class Answer>
  struct Arrival {
    CurlProbeWatch& watch;
    Answer& answer;

    static std::size_t head(char* data, std::size_t size, std::size_t count, void* user) noexcept {
      auto& self = *static_cast<Arrival*>(user);
      self.watch.receives();
      self.answer.head(std::string_view(data, size * count));
      return size * count;
    }
    static std::size_t body(char* data, std::size_t size, std::size_t count, void* user) noexcept {
      static_cast<Arrival*>(user)->answer.body(std::string_view(data, size * count));
      return size * count;
    }
  };

  static aws::CurlMulti& multi() noexcept { return probes_of_thread(); }
  static Instant now() noexcept { return std::chrono::steady_clock::now(); }

  /// Prepares libcurl, and finds out whom to trust.
  Result<void> open(Exchange& exchange) {
    if (auto ready = aws::initialise_curl(); !ready) return ready.error();
    exchange.handle.reset(curl_easy_init());
    if (!multi()) multi().reset(curl_multi_init());
    if (!exchange.handle || !multi()) return aws::error_of_curl(CURLE_FAILED_INIT);
    if (trust_) return {};
    char const* own = nullptr;
    (void)curl_easy_getinfo(exchange.handle.get(), CURLINFO_CAINFO, &own);
    auto trust = aws::find_trust({.asked = asked_, .own = own != nullptr ? own : ""});
    // Whom to trust is only missed where it matters.
    bool const needed = !lower(exchange.request.url.substr(0, 5)).starts_with("http:");
    if (!trust && needed) return trust.error();
    if (trust) trust_ = *std::move(trust);
    return {};
  }

  void set_connection(Exchange const& exchange, aws::CurlSetup& setup) const {
    for (auto const& [option, value] : aws::curl_options) setup.set(option, value);
    setup.set(CURLOPT_URL, exchange.request.url.c_str());
    setup.set(CURLOPT_PROTOCOLS_STR, "http,https");
    setup.set(CURLOPT_DISALLOW_USERNAME_IN_URL, 0L);
    setup.set(CURLOPT_DNS_CACHE_TIMEOUT, 0L);
    setup.set(CURLOPT_SSL_SESSIONID_CACHE, 0L);
    setup.set(CURLOPT_CERTINFO, 1L);
    if (exchange.request.around_proxy) setup.set(CURLOPT_PROXY, "");
    if (trust_) aws::set_trust(setup, *trust_);
    if (exchange.deadline == Instant::max()) return;
    auto const left = std::chrono::ceil<std::chrono::milliseconds>(exchange.deadline - now());
    setup.set(CURLOPT_CONNECTTIMEOUT_MS, std::max(static_cast<long>(left.count()), 1L));
  }

  static void set_request(ProbeRequest const& request, aws::CurlSetup& setup) {
    long const fresh = request.keep_alive ? 0 : 1;
    setup.set(CURLOPT_FRESH_CONNECT, fresh);
    setup.set(CURLOPT_FORBID_REUSE, fresh);
    if (request.method.empty()) return setup.set(CURLOPT_CONNECT_ONLY, 1L);
    setup.set(CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_NONE});  // the best that libcurl has
    setup.set(CURLOPT_FOLLOWLOCATION, request.redirects > 0 ? 1L : 0L);
    setup.set(CURLOPT_MAXREDIRS, long{request.redirects});
    setup.set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    std::string_view const method = request.method;
    bool const sends = method == "POST" || method == "PUT" || method == "PATCH";
    if (sends || !request.body.empty()) {  // a server may refuse one without a length
      setup.set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
      setup.set(CURLOPT_POSTFIELDS, request.body.data());
    } else if (method == "HEAD") {
      return setup.set(CURLOPT_NOBODY, 1L);
    }
    bool const usual = method == (sends || !request.body.empty() ? "POST" : "GET");
    if (!usual) setup.set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }

  Result<ProbeFacts> perform(Exchange const& exchange, std::vector<std::string>& headers,
                             aws::CurlSetup& setup, CurlProbeWatch& watch) {
    std::vector<curl_slist> list(headers.size());
    for (std::size_t i = 0; i < list.size(); ++i) {
      list[i] = {headers[i].data(), i + 1 < list.size() ? &list[i + 1] : nullptr};
    }
    setup.set(CURLOPT_HTTPHEADER, list.data());
    set_connection(exchange, setup);
    set_request(exchange.request, setup);
    if (setup.code != CURLE_OK) return aws::error_of_curl(setup.code);
    Instant const started = now();
    CURLcode const code = drive(exchange, watch);
    ProbeFacts facts = watch.facts(code, exchange.begun, started);
    if (facts.fault == ProbeFault::expired) facts.validity = expired_since(exchange);
    if (trust_) facts.trusted = trust_->where();
    if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE) forget();
    return facts;
  }

  /// The trusted certificates may have been replaced: libcurl would keep them for a day.
  void forget() {
    trust_.reset();
    multi().reset();
  }

  /// Returns since when the certificate has expired, which the refused handshake does not tell: it
  /// is asked for once more, and nothing is sent.
  std::optional<Duration> expired_since(Exchange const& exchange) {
    Exchange again{.request = exchange.request, .stop = exchange.stop, .begun = now()};
    again.deadline = std::min(exchange.deadline, again.begun + std::chrono::seconds{2});
    again.handle.reset(curl_easy_init());
    if (!again.handle) return std::nullopt;
    aws::CurlSetup setup{again.handle.get()};
    CurlProbeWatch watch(setup, ProbePhase::tls);
    set_connection(again, setup);
    setup.set(CURLOPT_CONNECT_ONLY, 1L);
    setup.set(CURLOPT_SSL_VERIFYPEER, 0L);
    setup.set(CURLOPT_SSL_VERIFYHOST, 0L);
    if (setup.code != CURLE_OK || drive(again, watch) != CURLE_OK) return std::nullopt;
    return watch.validity(true);
  }

  /// Drives the request to its end. CURLE_ABORTED_BY_CALLBACK where the stop came,
  /// CURLE_OPERATION_TIMEDOUT where the deadline did.
  CURLcode drive(Exchange const& exchange, CurlProbeWatch& watch) {
    PipeSignalGuard const guard;
    CURL* const handle = exchange.handle.get();
    if (curl_multi_add_handle(multi().get(), handle) != CURLM_OK) return CURLE_FAILED_INIT;
    CURLcode const code = end_of(exchange, watch);
    (void)curl_multi_remove_handle(multi().get(), handle);
    return code;
  }
  CURLcode end_of(Exchange const& exchange, CurlProbeWatch& watch) {
    for (int running = 1;;) {
      if (exchange.stop.level() != StopLevel::none) return CURLE_ABORTED_BY_CALLBACK;
      if (exchange.deadline <= now()) return CURLE_OPERATION_TIMEDOUT;
      watch.look(now());
      if (curl_multi_perform(multi().get(), &running) != CURLM_OK) return CURLE_FAILED_INIT;
      if (running == 0) return aws::end_of_request(multi().get());
      Duration const longest = std::chrono::seconds{1};
      Duration const left = exchange.deadline - now();
      if (!aws::await_curl(multi().get(), &exchange.stop,
                           std::clamp(left, Duration::zero(), longest))) {
        return CURLE_FAILED_INIT;
      }
    }
  }

  aws::Trust asked_{};
  std::optional<aws::Trust> trust_{};
};

}  // namespace sla::inline v1::internal

// sla/aws/wire/query.hpp
// The query protocol of SNS, STS and CloudWatch: a form with the action and its parameters, posted
// to the root of the service. What the parameters are is each operation's business.
// https://smithy.io/2.0/aws/protocols/aws-query-protocol.html

namespace sla::inline v1::aws {

/// What is called, in which version of the service's interface.
struct QueryAction {
  std::string_view action;
  std::string_view version;
};

/// One parameter of a call.
struct QueryParameter {
  std::string_view name;
  std::string_view value;
};

/// Builds the form of one call.
class QueryForm {
 public:
  explicit QueryForm(QueryAction call) {
    add({"Action", call.action});
    add({"Version", call.version});
  }

  QueryForm& add(QueryParameter parameter) {
    if (!text_.empty()) text_ += '&';
    append(parameter.name);
    text_ += '=';
    append(parameter.value);
    return *this;
  }

  [[nodiscard]] std::string const& text() const& noexcept { return text_; }

  /// Returns the request that carries the form.
  [[nodiscard]] Request request(Url url) && {
    return {Method::post,
            std::move(url),
            {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}},
            Output(std::move(text_))};
  }

 private:
  /// A form writes a blank as a plus sign; services take %20 too, some look-alikes do not.
  void append(std::string_view text) {
    for (std::size_t blank = text.find(' '); blank != std::string_view::npos;
         blank = text.find(' ')) {
      percent_encode_to(text_, text.substr(0, blank), Slash::encode);
      text_ += '+';
      text.remove_prefix(blank + 1);
    }
    percent_encode_to(text_, text, Slash::encode);
  }

  std::string text_;
};

}  // namespace sla::inline v1::aws

// sla/aws/wire/service_error.hpp
// What a service says when it says no, whatever the format of its answer. The readers stand with
// the formats (aws/wire/xml.hpp, aws/wire/reply.hpp); what the code means for a retry is decided
// elsewhere.

namespace sla::inline v1::aws {

/// The service's own words. Each is empty if the answer does not have it.
struct ServiceError {
  std::string code{};        ///< such as `InvalidParameter`, as it stands on the wire
  std::string message{};     ///< for people
  std::string request_id{};  ///< what the service's support asks for

  bool operator==(ServiceError const&) const = default;
};

}  // namespace sla::inline v1::aws

// sla/aws/wire/reply.hpp
// Reads the JSON in which services, credential endpoints and credential processes answer, and is
// the only user of simdjson. Any bytes are safe to read and take time and memory in proportion to
// their size; what is not there, or is of another type, is nothing. Messages never repeat what was
// read, since it may be a secret. What writes JSON stands in core/json.hpp.

namespace sla::inline v1::aws {

/// The names of members on the way to a value; one name alone is the usual case.
using JsonPath = std::initializer_list<std::string_view>;

/// A value inside an answer that somebody else keeps, or none.
class JsonValue {
 public:
  JsonValue() = default;
  explicit JsonValue(simdjson::dom::element element) : element_(element) {}

  [[nodiscard]] explicit operator bool() const noexcept { return element_.has_value(); }
  [[nodiscard]] std::optional<std::string_view> text() const { return scalar<std::string_view>(); }
  [[nodiscard]] std::optional<std::int64_t> integer() const { return scalar<std::int64_t>(); }
  [[nodiscard]] std::optional<bool> boolean() const { return scalar<bool>(); }

  /// Calls `use(JsonValue)` for each item, in order, if this is an array.
  template <class Use>
  void each_item(Use use) const {
    simdjson::dom::array array;
    if (!element_ || element_->get(array) != simdjson::SUCCESS) return;
    for (simdjson::dom::element const item : array) use(JsonValue(item));
  }

 private:
  template <class T>
  [[nodiscard]] std::optional<T> scalar() const {
    T value{};
    if (!element_ || element_->get(value) != simdjson::SUCCESS) return std::nullopt;
    return value;
  }

  std::optional<simdjson::dom::element> element_;
};

/// A JSON value of an answer: the whole of it, or one inside. Copies share the answer, and the
/// texts that they give live as long as any of them. Reading is thread-safe.
class JsonReply {
 public:
  /// More than this is not read.
  static constexpr std::size_t size_limit = std::size_t{4} * 1024 * 1024;

  /// Reads a text whose outermost value is an object. Errc::malformed if it is none.
  [[nodiscard]] static Result<JsonReply> parse(std::string_view text) {
    auto reply = parse_file(text);
    if (!reply) return malformed(reply.error().message);
    return reply;
  }
  /// Returns the same for the text of a file: the Error does not say that it is an answer.
  [[nodiscard]] static Result<JsonReply> parse_file(std::string_view text,
                                                    std::size_t limit = size_limit) {
    if (text.size() > limit) return Error{Errc::malformed, "it is too large"};
    std::string padded;
    return parse_with(std::make_shared<simdjson::dom::parser>(limit), padded, text);
  }

  /// Returns the value at the path; of two members with one name it is the first.
  [[nodiscard]] std::optional<JsonReply> find(JsonPath path) const {
    auto const found = element(path);
    if (!found) return std::nullopt;
    return JsonReply(parser_, *found);
  }

  /// Returns the text at the path.
  [[nodiscard]] std::optional<std::string_view> text(JsonPath path) const {
    return scalar<std::string_view>(path);
  }
  [[nodiscard]] std::optional<std::string_view> text(std::string_view name) const {
    return text(JsonPath{name});
  }
  /// Returns the text of that name. Errc::malformed, with the name, if there is none or it is
  /// empty.
  [[nodiscard]] Result<std::string_view> required_text(std::string_view name) const {
    auto const found = text(name);
    if (!found || found->empty()) return malformed("it has no " + std::string(name));
    return *found;
  }

  /// Returns the whole number at the path; `1.0` and `"1"` are none.
  [[nodiscard]] std::optional<std::int64_t> integer(JsonPath path) const {
    return scalar<std::int64_t>(path);
  }
  [[nodiscard]] std::optional<std::int64_t> integer(std::string_view name) const {
    return integer(JsonPath{name});
  }
  /// Returns the number at the path, whole or not.
  [[nodiscard]] std::optional<double> number(JsonPath path) const { return scalar<double>(path); }
  [[nodiscard]] std::optional<double> number(std::string_view name) const {
    return number(JsonPath{name});
  }

  /// Returns the values of the array at the path, in order; none if there is no array.
  [[nodiscard]] std::vector<JsonReply> items(JsonPath path) const {
    std::vector<JsonReply> all;
    auto const found = element(path);
    simdjson::dom::array array;
    if (!found || found->get(array) != simdjson::SUCCESS) return all;
    for (simdjson::dom::element const item : array) all.push_back(JsonReply(parser_, item));
    return all;
  }
  [[nodiscard]] std::vector<JsonReply> items(std::string_view name) const {
    return items(JsonPath{name});
  }

  /// Returns true if this value is an array, empty or not.
  [[nodiscard]] bool is_array() const noexcept { return element_.is_array(); }

  /// Returns true if this value is an object, empty or not.
  [[nodiscard]] bool is_object() const noexcept { return element_.is_object(); }
  /// Returns this value itself, where it is true or false.
  [[nodiscard]] std::optional<bool> boolean() const { return scalar<bool>(JsonPath{}); }

  /// Returns the truth value of that name.
  [[nodiscard]] std::optional<bool> boolean(std::string_view name) const {
    return scalar<bool>(JsonPath{name});
  }

  /// Returns the names of the members of this value, in order; none if it is no object.
  [[nodiscard]] std::vector<std::string_view> names() const {
    std::vector<std::string_view> all;
    simdjson::dom::object object;
    if (element_.get(object) != simdjson::SUCCESS) return all;
    for (simdjson::dom::key_value_pair const member : object) all.push_back(member.key);
    return all;
  }

  /// Returns the values of the members with these names, found in one pass over all members; of two
  /// with one name it is the first. They live as long as this answer.
  template <std::size_t N>
  [[nodiscard]] std::array<JsonValue, N> members(
      std::array<std::string_view, N> const& wanted) const {
    std::array<JsonValue, N> found{};
    simdjson::dom::object object;
    if (element_.get(object) != simdjson::SUCCESS) return found;
    std::size_t next = 0;  // most texts have them in the order that is asked for
    for (simdjson::dom::key_value_pair const member : object) {
      std::size_t at = next;
      while (at < N && wanted[at] != member.key) ++at;
      if (at == N) at = 0;
      while (at < next && wanted[at] != member.key) ++at;
      if (wanted[at] != member.key) continue;
      if (!found[at]) found[at] = JsonValue(member.value);
      next = at + 1 == N ? 0 : at + 1;
    }
    return found;
  }

  /// This value itself, where it is a text, as the items of an array of names are.
  [[nodiscard]] std::optional<std::string_view> text() const { return text(JsonPath{}); }

 private:
  JsonReply(std::shared_ptr<simdjson::dom::parser const> parser, simdjson::dom::element element)
      : parser_(std::move(parser)), element_(element) {}

  friend class JsonLines;

  /// The parser reads beyond the end of a text, so that is copied to where it may.
  static Result<JsonReply> parse_with(std::shared_ptr<simdjson::dom::parser> parser,
                                      std::string& padded, std::string_view text) {
    padded.reserve(text.size() + simdjson::SIMDJSON_PADDING);
    padded.assign(text).append(simdjson::SIMDJSON_PADDING, ' ');
    simdjson::dom::element root;
    auto const failed = parser->parse(padded.data(), text.size(), false).get(root);
    if (failed != simdjson::SUCCESS) {
      std::string const reason = simdjson::error_message(failed);  // repeats nothing of the text
      return Error{Errc::malformed, "it is not JSON (" + reason + ')'};
    }
    if (!root.is_object()) return Error{Errc::malformed, "it is JSON but no object"};
    return JsonReply(std::move(parser), root);
  }

  static Error malformed(std::string_view why) {
    return Error{Errc::malformed, "the answer cannot be understood: " + std::string(why)};
  }

  [[nodiscard]] std::optional<simdjson::dom::element> element(JsonPath path) const {
    simdjson::dom::element at = element_;
    for (std::string_view const name : path) {
      simdjson::dom::object object;
      if (at.get(object) != simdjson::SUCCESS) return std::nullopt;
      if (object.at_key(name).get(at) != simdjson::SUCCESS) return std::nullopt;
    }
    return at;
  }

  template <class T>
  [[nodiscard]] std::optional<T> scalar(JsonPath path) const {
    auto const found = element(path);
    T value{};
    if (!found || found->get(value) != simdjson::SUCCESS) return std::nullopt;
    return value;
  }

  std::shared_ptr<simdjson::dom::parser const> parser_;  // the element points into it
  simdjson::dom::element element_;
};

/// Reads texts one after another, each as JsonReply::parse_file does, and keeps what it needs for
/// that from one to the next as soon as nobody holds the value before.
class JsonLines {
 public:
  [[nodiscard]] Result<JsonReply> parse(std::string_view line) {
    if (line.size() > JsonReply::size_limit) return Error{Errc::malformed, "it is too large"};
    if (!parser_ || parser_.use_count() > 1) {
      parser_ = std::make_shared<simdjson::dom::parser>(JsonReply::size_limit);
    }
    return JsonReply::parse_with(parser_, padded_, line);
  }

 private:
  std::string padded_;
  std::shared_ptr<simdjson::dom::parser> parser_;
};

namespace detail {

/// `com.amazonaws.ssm#InvalidKeyId:http://...` is `InvalidKeyId`.
inline std::string plain_error_code(std::string_view code) {
  code = trim(code);
  code = code.substr(0, code.find(':'));
  if (auto const hash = code.rfind('#'); hash != std::string_view::npos) {
    code.remove_prefix(hash + 1);
  }
  return std::string(code);
}

/// The first text that the answer has under one of the names.
inline std::string first_text(JsonReply const& reply,
                              std::initializer_list<std::string_view> names) {
  for (std::string_view const name : names) {
    if (auto const found = reply.text(name); found && !found->empty()) return std::string(*found);
  }
  return {};
}

}  // namespace detail

/// Makes of a success that cannot be understood the error that it is: another answered, a proxy
/// say.
[[nodiscard]] inline Error foreign_answer(Error why) {
  why.code = Errc::unavailable;
  return why;
}

/// Returns what a service says in an answer of its JSON protocol; the headers win over the body.
/// Where the body is something else, an empty one or a proxy's page, the status has to do.
[[nodiscard]] inline ServiceError read_json_error(Response const& response) {
  ServiceError error{};
  // `AWS.SimpleQueueService.NonExistentQueue;Sender`: the name that the older protocol had for it.
  auto const query = find_header(response.headers, "x-amzn-query-error");
  if (query) error.code = trim(query->substr(0, query->find(';')));
  auto const type = find_header(response.headers, "x-amzn-errortype");
  if (error.code.empty() && type) error.code = detail::plain_error_code(*type);
  if (auto const reply = JsonReply::parse(response.body); reply) {
    std::string const code = detail::first_text(*reply, {"__type", "code", "Code"});
    if (error.code.empty()) error.code = detail::plain_error_code(code);
    error.message = detail::first_text(*reply, {"message", "Message", "errorMessage"});
  } else if (!trim(response.body).empty()) {
    error.message = "the answer is not one of AWS";
  }
  for (std::string_view const name : {"x-amzn-requestid", "x-amz-request-id"}) {
    auto const id = find_header(response.headers, name);
    if (error.request_id.empty() && id) error.request_id = trim(*id);
  }
  return error;
}

}  // namespace sla::inline v1::aws

// sla/aws/wire/xml.hpp
// Reads the XML in which SNS, STS and S3 answer: the text of one element, or what stands in each of
// several, found by the local names on the way there. One pass without recursion over any bytes at
// all; document types and the entities they define are not understood, so there is nothing to
// expand. No validator: what is not XML has no such element.

namespace sla::inline v1::aws {

/// The names of elements on the way from the root to one, the root's included.
using XmlPath = std::initializer_list<std::string_view>;

namespace detail {

/// Returns the character of a numeric reference such as `#65` or `#x41` in UTF-8; empty if it is
/// none.
inline std::string xml_character(std::string_view reference) {
  bool const hexadecimal = reference.starts_with("#x");
  reference.remove_prefix(hexadecimal ? 2 : 1);
  std::uint32_t code = 0;
  if (reference.empty() || reference.size() > 8) return {};
  for (char const c : reference) {
    char const digit = lower(c);
    bool const letter = hexadecimal && digit >= 'a' && digit <= 'f';
    if (!is_digit(digit) && !letter) return {};
    int const value = letter ? digit - 'a' + 10 : digit - '0';
    code = code * (hexadecimal ? 16U : 10U) + static_cast<std::uint32_t>(value);
    if (code > 0x10FFFF) return {};
  }
  if (code == 0 || (code >= 0xD800 && code <= 0xDFFF)) return {};
  auto const byte = [](std::uint32_t value) { return static_cast<char>(value); };
  if (code < 0x80) return {byte(code)};
  if (code < 0x800) return {byte(0xC0U | code >> 6U), byte(0x80U | (code & 63U))};
  if (code < 0x10000) {
    return {byte(0xE0U | code >> 12U), byte(0x80U | (code >> 6U & 63U)),
            byte(0x80U | (code & 63U))};
  }
  return {byte(0xF0U | code >> 18U), byte(0x80U | (code >> 12U & 63U)),
          byte(0x80U | (code >> 6U & 63U)), byte(0x80U | (code & 63U))};
}

/// Adds a text to `out` with its entities replaced; what is no entity stays as it is.
inline void append_xml_text(std::string& out, std::string_view text) {
  constexpr std::pair<std::string_view, char> entities[] = {
      {"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
  while (!text.empty()) {
    std::size_t const ampersand = text.find('&');
    out += text.substr(0, ampersand);
    if (ampersand == std::string_view::npos) return;
    text.remove_prefix(ampersand);
    std::size_t const end = text.substr(0, 12).find(';');
    std::string_view const name =
        end == std::string_view::npos ? std::string_view{} : text.substr(1, end - 1);
    std::string character = name.starts_with('#') ? xml_character(name) : std::string{};
    for (auto const& [entity, meaning] : entities) {
      if (name == entity) character = meaning;
    }
    out += character.empty() ? "&" : character;
    text.remove_prefix(character.empty() ? 1 : end + 1);
  }
}

/// What stands next in a document.
struct XmlPiece {
  enum class Kind { text, verbatim, open, empty, close, end } kind = Kind::end;
  std::string_view content{};  ///< the text, or the local name of the element
};

/// Takes a document apart from the front to the back, bounded by its size.
class XmlScanner {
 public:
  explicit XmlScanner(std::string_view document) : rest_(document) {}

  [[nodiscard]] std::string_view rest() const noexcept { return rest_; }

  XmlPiece next() {
    while (!rest_.empty()) {
      if (rest_.front() != '<') {
        return {XmlPiece::Kind::text, take(rest_.find('<'))};
      }
      if (rest_.starts_with("<!--")) {
        skip_past("-->", 4);
      } else if (rest_.starts_with("<?")) {
        skip_past("?>", 2);
      } else if (rest_.starts_with("<![CDATA[")) {
        std::size_t const end = rest_.find("]]>");
        if (end == std::string_view::npos) break;
        std::string_view const whole = take(end + 3);
        return {XmlPiece::Kind::verbatim, whole.substr(9, whole.size() - 12)};
      } else if (rest_.starts_with("<!")) {
        break;  // a document type: no answer of AWS has one
      } else {
        return tag();
      }
    }
    rest_ = {};
    return {};
  }

 private:
  std::string_view take(std::size_t count) {
    std::string_view const taken = rest_.substr(0, count);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  void skip_past(std::string_view end, std::size_t from) {
    std::size_t const at = rest_.find(end, from);
    rest_ = at == std::string_view::npos ? std::string_view{} : rest_.substr(at + end.size());
  }

  /// A tag up to its `>`; one inside a quoted attribute does not end it.
  XmlPiece tag() {
    char quote = '\0';
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      char const c = rest_[i];
      if (quote != '\0') {
        if (c == quote) quote = '\0';
      } else if (c == '"' || c == '\'') {
        quote = c;
      } else if (c == '>') {
        std::string_view const whole = take(i + 1);
        return tag(whole.substr(1, whole.size() - 2));
      }
    }
    rest_ = {};
    return {};
  }
  static XmlPiece tag(std::string_view inside) {
    XmlPiece::Kind kind = XmlPiece::Kind::open;
    if (inside.starts_with('/')) {
      kind = XmlPiece::Kind::close;
      inside.remove_prefix(1);
    } else if (inside.ends_with('/')) {
      kind = XmlPiece::Kind::empty;
      inside.remove_suffix(1);
    }
    std::string_view name = inside.substr(0, inside.find_first_of(" \t\r\n"));
    if (std::size_t const colon = name.find(':'); colon != std::string_view::npos) {
      name.remove_prefix(colon + 1);
    }
    return {kind, name};
  }

  std::string_view rest_;
};

/// How far into a document a scanner is, and how much of a path leads there.
struct XmlWay {
  XmlPath path;
  std::size_t depth = 0;
  std::size_t matched = 0;

  /// Whether this is the element at the path, not one inside it.
  [[nodiscard]] bool there() const noexcept { return matched == path.size() && depth == matched; }
  [[nodiscard]] bool leads(std::string_view name) const noexcept {
    return matched == depth && matched < path.size() && name == path.begin()[matched];
  }
  /// Whether the element of that name is the one at the path.
  [[nodiscard]] bool ends(std::string_view name) const noexcept {
    return leads(name) && matched + 1 == path.size();
  }
  void open(std::string_view name) noexcept {
    if (leads(name)) ++matched;
    ++depth;
  }
  /// Returns false if nothing is open.
  [[nodiscard]] bool close() noexcept {
    if (depth == 0) return false;
    if (matched == depth) --matched;
    --depth;
    return true;
  }
};

}  // namespace detail

/// Returns the text of the first element at the path, decoded; nothing if there is none, or
/// where the document ends before the element does. Text of elements inside it is left out.
[[nodiscard]] inline std::optional<std::string> xml_text(std::string_view document, XmlPath path) {
  using Kind = detail::XmlPiece::Kind;
  detail::XmlScanner scanner(document);
  detail::XmlWay way{path};
  std::string text;
  for (;;) {
    detail::XmlPiece const piece = scanner.next();
    switch (piece.kind) {
      case Kind::end:
        return std::nullopt;
      case Kind::text:
        if (way.there()) detail::append_xml_text(text, piece.content);
        break;
      case Kind::verbatim:
        if (way.there()) text += piece.content;
        break;
      case Kind::empty:
        if (way.ends(piece.content)) return text;
        break;
      case Kind::open:
        way.open(piece.content);
        break;
      case Kind::close:
        if (way.there()) return text;
        if (!way.close()) return std::nullopt;
        break;
    }
  }
}

/// Returns what stands in each element at the path, in order and as it stands there: a document
/// of its own for xml_text(), but without a root. Ends where the document is cut off.
[[nodiscard]] inline std::vector<std::string_view> xml_elements(std::string_view document,
                                                                XmlPath path) {
  using Kind = detail::XmlPiece::Kind;
  detail::XmlScanner scanner(document);
  detail::XmlWay way{path};
  std::vector<std::string_view> found;
  std::string_view inside;
  for (;;) {
    std::string_view const rest = scanner.rest();
    detail::XmlPiece const piece = scanner.next();
    if (piece.kind == Kind::end) return found;
    if (piece.kind == Kind::open) {
      if (way.ends(piece.content)) inside = scanner.rest();
      way.open(piece.content);
    } else if (piece.kind == Kind::close) {
      if (way.there()) found.push_back(inside.substr(0, inside.size() - rest.size()));
      if (!way.close()) return found;
    }
  }
}

/// Returns true if the outermost element of a document has that local name.
[[nodiscard]] inline bool is_xml_root(std::string_view document, std::string_view name) {
  using Kind = detail::XmlPiece::Kind;
  detail::XmlScanner scanner(document);
  for (;;) {
    detail::XmlPiece const piece = scanner.next();
    if (piece.kind == Kind::open || piece.kind == Kind::empty) return piece.content == name;
    if (piece.kind != Kind::text || !trim(piece.content).empty()) return false;
  }
}

/// Returns what the service says in an answer of the query protocol (`ErrorResponse`) or of S3
/// (`Error`). Where the body is something else, an empty one or a proxy's page, the code stays
/// empty and the message says so; the status has to do.
[[nodiscard]] inline ServiceError read_xml_error(Response const& response) {
  auto const text = [&](XmlPath path) {
    auto found = xml_text(response.body, path);
    return found ? std::string(trim(*found)) : std::string{};
  };
  ServiceError error{};
  if (is_xml_root(response.body, "ErrorResponse")) {
    error = {text({"ErrorResponse", "Error", "Code"}), text({"ErrorResponse", "Error", "Message"}),
             text({"ErrorResponse", "RequestId"})};
  } else if (is_xml_root(response.body, "Error")) {
    error = {text({"Error", "Code"}), text({"Error", "Message"}), text({"Error", "RequestId"})};
  } else if (!trim(response.body).empty()) {
    error.message = "the answer is not one of AWS";
  }
  for (std::string_view const name : {"x-amzn-requestid", "x-amz-request-id"}) {
    auto const id = find_header(response.headers, name);
    if (error.request_id.empty() && id) error.request_id = trim(*id);
  }
  return error;
}

}  // namespace sla::inline v1::aws

// sla/aws/sign/canonical.hpp
// The texts that a Signature Version 4 is made of: canonical request, credential scope, string to
// sign. Pure functions that append to a text of the caller; they know no key, clock or network.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html

namespace sla::inline v1::aws {

/// How a service reads the path of a URL.
enum class PathStyle {
  single,      ///< S3: as it is sent, encoded once, dots and slashes kept
  normalized,  ///< all others: dot segments and empty segments removed, then encoded once more
};

/// A header that lives elsewhere.
struct HeaderView {
  std::string_view name;
  std::string_view value;
};

/// Where and when a signature is valid.
struct CredentialScope {
  std::string_view time{};  ///< `20150830T123600Z`, the value of X-Amz-Date
  std::string_view region{};
  std::string_view service{};

  [[nodiscard]] std::string_view date() const noexcept { return time.substr(0, 8); }
};

/// What a canonical request is made from.
struct CanonicalParts {
  Method method = Method::get;
  std::string_view path{};   ///< as it is sent
  std::string_view query{};  ///< as it is sent, without the question mark
  PathStyle path_style = PathStyle::normalized;
  std::span<HeaderView const> headers{};  ///< in the order of insert_header
  std::string_view payload_hash{};
};

namespace detail {

inline std::optional<unsigned char> hex_digit(char c) {
  if (is_digit(c)) return static_cast<unsigned char>(c - '0');
  c = lower(c);
  if (c >= 'a' && c <= 'f') return static_cast<unsigned char>(c - 'a' + 10);
  return std::nullopt;
}

/// The byte that an escape such as `%2F` at the start of the text stands for.
inline std::optional<char> escaped_byte(std::string_view text) {
  if (text.size() < 3 || text[0] != '%') return std::nullopt;
  auto const high = hex_digit(text[1]);
  auto const low = hex_digit(text[2]);
  if (!high || !low) return std::nullopt;
  return static_cast<char>(*high << 4U | *low);
}

/// Encodes what is not encoded yet, and spells escapes as percent_encode does. An escaped slash
/// is no separator and stays escaped.
inline void encode_once_to(std::string& out, std::string_view text, Slash slash) {
  while (!text.empty()) {
    if (auto const byte = escaped_byte(text)) {
      percent_encode_to(out, {&*byte, 1}, Slash::encode);
      text.remove_prefix(3);
    } else {
      percent_encode_to(out, text.substr(0, 1), slash);
      text.remove_prefix(1);
    }
  }
}

/// RFC 3986 section 5.2.4, and without empty segments; a final slash stays.
inline void normalized_path_to(std::string& out, std::string_view path) {
  std::size_t const start = out.size();
  bool directory = false;
  for (bool last = false; !last;) {
    std::size_t const end = std::min(path.find('/'), path.size());
    std::string_view const segment = path.substr(0, end);
    last = end == path.size();
    path.remove_prefix(last ? end : end + 1);
    directory = segment.empty() || segment == "." || segment == "..";
    if (!directory) {
      out += '/';
      percent_encode_to(out, segment, Slash::encode);
    } else if (segment == ".." && out.size() > start) {
      out.resize(out.rfind('/'));
    }
  }
  if (directory) out += '/';
}

/// Without blanks at both ends, each inner run of spaces as one, inside quotes too.
inline void header_value_to(std::string& out, std::string_view value) {
  value = trim(value);
  for (std::size_t end = 0; !value.empty(); value.remove_prefix(end)) {
    std::size_t const word = std::min(value.find(' '), value.size());
    out += value.substr(0, word);
    end = std::min(value.find_first_not_of(' ', word), value.size());
    if (end > word) out += ' ';
  }
}

inline void lower_to(std::string& out, std::string_view text) {
  std::size_t at = out.size();
  out.resize(at + text.size());
  for (char const c : text) out[at++] = lower(c);
}

/// Hands each name to `visit` once, with the headers that have it.
template <class Visit>
void each_header_name(std::span<HeaderView const> headers, Visit visit) {
  while (!headers.empty()) {
    std::size_t count = 1;
    while (count < headers.size() &&
           same_ignoring_case(headers[count].name, headers.front().name)) {
      ++count;
    }
    visit(headers.first(count));
    headers = headers.subspan(count);
  }
}

}  // namespace detail

/// Puts a header where the signature wants it: by name, those of one name in order of arrival.
inline void insert_header(std::vector<HeaderView>& headers, HeaderView header) {
  auto const before = [](HeaderView const& left, HeaderView const& right) {
    return std::lexicographical_compare(left.name.begin(), left.name.end(), right.name.begin(),
                                        right.name.end(),
                                        [](char a, char b) { return lower(a) < lower(b); });
  };
  headers.insert(std::upper_bound(headers.begin(), headers.end(), header, before), header);
}

/// The path as the service will write it when it checks the signature.
inline void canonical_path_to(std::string& out, std::string_view path, PathStyle style) {
  if (style == PathStyle::normalized) return detail::normalized_path_to(out, path);
  if (path.empty()) out += '/';
  detail::encode_once_to(out, path, Slash::keep);
}

/// `name=value` pairs, encoded once, sorted by encoded name, then by encoded value.
inline void canonical_query_to(std::string& out, std::string_view query) {
  if (query.empty()) return;
  std::vector<std::pair<std::string, std::string>> pairs;
  for (std::string_view const part : split(query, '&')) {
    if (part.empty()) continue;
    std::size_t const equals = std::min(part.find('='), part.size());
    auto& [name, value] = pairs.emplace_back();
    detail::encode_once_to(name, part.substr(0, equals), Slash::encode);
    if (equals < part.size()) {
      detail::encode_once_to(value, part.substr(equals + 1), Slash::encode);
    }
  }
  std::sort(pairs.begin(), pairs.end());
  std::string_view separator;
  for (auto const& [name, value] : pairs) {
    out.append(separator).append(name).append("=").append(value);
    separator = "&";
  }
}

/// A line `name:value` for each name; headers of one name are joined by commas.
inline void canonical_headers_to(std::string& out, std::span<HeaderView const> headers) {
  detail::each_header_name(headers, [&](std::span<HeaderView const> same) {
    detail::lower_to(out, same.front().name);
    char separator = ':';
    for (HeaderView const& header : same) {
      out += separator;
      detail::header_value_to(out, header.value);
      separator = ',';
    }
    out += '\n';
  });
}

/// The names of the headers, joined by semicolons.
inline void signed_names_to(std::string& out, std::span<HeaderView const> headers) {
  std::string_view separator;
  detail::each_header_name(headers, [&](std::span<HeaderView const> same) {
    out += separator;
    detail::lower_to(out, same.front().name);
    separator = ";";
  });
}

/// The six parts, one after the other, without a line end at the end.
inline void canonical_request_to(std::string& out, CanonicalParts const& parts) {
  out.append(to_string(parts.method)).append("\n");
  canonical_path_to(out, parts.path, parts.path_style);
  out += '\n';
  canonical_query_to(out, parts.query);
  out += '\n';
  canonical_headers_to(out, parts.headers);
  out += '\n';
  signed_names_to(out, parts.headers);
  out.append("\n").append(parts.payload_hash);
}

/// `20150830/us-east-1/sns/aws4_request`.
inline void credential_scope_to(std::string& out, CredentialScope const& scope) {
  out.append(scope.date()).append("/").append(scope.region).append("/").append(scope.service);
  out += "/aws4_request";
}

/// The four lines that are signed; the hash is that of the canonical request, in hexadecimal.
inline void string_to_sign_to(std::string& out, CredentialScope const& scope,
                              std::string_view canonical_hash) {
  out.append("AWS4-HMAC-SHA256\n").append(scope.time).append("\n");
  credential_scope_to(out, scope);
  out.append("\n").append(canonical_hash);
}

}  // namespace sla::inline v1::aws

// sla/aws/sign/credentials.hpp
// Who signs: one set of AWS credentials, and the contract of what supplies them. The sources stand
// in credential/, one per file.

namespace sla::inline v1::aws {

/// One set of keys. The access key id may be logged, the rest never.
struct Credentials {
  std::string access_key_id{};
  Secret secret_access_key{};
  Secret session_token{};             ///< empty for keys that do not expire
  std::optional<WallTime> expires{};  ///< by the service's clock
  std::string account_id{};           ///< empty if the source does not say it
  std::string source{};               ///< which source they came from, for people
};

/// `credentials(now)` gives the keys to sign with at that time. Errc::not_configured means that
/// this source is not in use here and another may be asked; any other Error means that it is in
/// use and failed.
template <class S>
concept CredentialSource = bool{std::movable<S>} && requires(S& s, WallTime now) {
  { s.credentials(now) } -> std::same_as<Result<Credentials>>;
};

/// Whether credentials may be used after their time, if they can no longer be renewed. Sources that
/// others depend on at run time outlive an outage; whatever the user supplies is taken at its word.
enum class Stability {
  strict,   ///< only while they are valid: environment, files, credential processes
  lasting,  ///< also later, while the source cannot be reached: roles, containers, IMDS
};

/// Returns what the source says of the credentials that it gave last; one that says nothing is
/// strict.
template <class Source>
[[nodiscard]] Stability stability_of(Source const& source) {
  if constexpr (requires {
                  { source.stability() } -> std::same_as<Stability>;
                }) {
    return source.stability();
  } else {
    return Stability::strict;
  }
}

}  // namespace sla::inline v1::aws

namespace sla::inline v1::internal {

/// Takes the place of a source that a door refused, so that the refusal is the only error.
template <class X>
struct RefusedCredentialSource {
  RefusedCredentialSource(X const&) noexcept {}
  Result<aws::Credentials> credentials(WallTime) { return aws::Credentials{}; }
};
template <class X>
using HeldCredentialSource =
    std::conditional_t<aws::CredentialSource<X>, X, RefusedCredentialSource<X>>;

}  // namespace sla::inline v1::internal

// sla/aws/sign/digest.hpp
// SHA-256 and HMAC-SHA-256 by OpenSSL, which only aws/http/trust.hpp needs besides. OpenSSL starts
// with the first byte hashed, not with the program, and the algorithm is looked up once. Use one
// hash again and again where it matters; what held a key is wiped.

namespace sla::inline v1::aws {

namespace detail {

struct OpensslFree {
  void operator()(EVP_MD* algorithm) const noexcept { EVP_MD_free(algorithm); }
  void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};

/// Looked up by the first call; null if OpenSSL has no SHA-256.
inline EVP_MD const* sha256_algorithm() {
  static std::unique_ptr<EVP_MD, OpensslFree> const algorithm(
      EVP_MD_fetch(nullptr, "SHA256", nullptr));
  return algorithm.get();
}

/// Takes OpenSSL's own reason, and leaves its queue of errors empty for libcurl.
inline Error digest_error() {
  char const* const reason = ERR_reason_error_string(ERR_peek_last_error());
  Error error{Errc::system, std::string("sha-256: ") + (reason != nullptr ? reason : "failed")};
  ERR_clear_error();
  return error;
}

}  // namespace detail

/// Returns a text seen as bytes.
[[nodiscard]] inline std::span<unsigned char const> bytes_of(std::string_view text) noexcept {
  return {reinterpret_cast<unsigned char const*>(text.data()), text.size()};
}
/// Returns a digest seen as a text of 32 characters; valid while the digest lives.
[[nodiscard]] inline std::string_view text_of(Sha256Bytes const& digest) noexcept {
  return {reinterpret_cast<char const*>(digest.data()), digest.size()};
}

/// Hashes bytes as they come. A new one costs nothing before its first update. Not thread-safe.
class Sha256 {
 public:
  Sha256() = default;
  Sha256(Sha256&& other) noexcept
      : context_(std::move(other.context_)), state_(std::exchange(other.state_, State::fresh)) {}
  Sha256& operator=(Sha256&& other) noexcept {
    context_ = std::move(other.context_);
    state_ = std::exchange(other.state_, State::fresh);
    return *this;
  }

  /// Takes in the next bytes. A failure also fails the finish() that follows.
  Result<void> update(std::string_view block) {
    if (state_ == State::fresh) start();
    if (state_ == State::running &&
        EVP_DigestUpdate(context_.get(), block.data(), block.size()) != 1) {
      state_ = State::failed;
    }
    if (state_ == State::failed) return detail::digest_error();
    return {};
  }

  /// The digest of all bytes since the last start; the next update starts anew.
  Result<Sha256Bytes> finish() {
    Sha256Bytes digest{};
    if (state_ == State::fresh) start();
    bool const good =
        state_ == State::running && EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) == 1;
    reset();
    if (!good) return detail::digest_error();
    return digest;
  }

  /// Another hash that has taken in the same bytes; both go on by themselves.
  [[nodiscard]] Result<Sha256> fork() const {
    Sha256 copy;
    copy.state_ = state_;
    if (state_ != State::running) return copy;
    copy.context_.reset(EVP_MD_CTX_new());
    if (!copy.context_ || EVP_MD_CTX_copy_ex(copy.context_.get(), context_.get()) != 1) {
      return detail::digest_error();
    }
    return copy;
  }

  /// Forgets the bytes so far; the next update starts anew.
  void reset() noexcept { state_ = State::fresh; }

 private:
  enum class State { fresh, running, failed };

  void start() {
    EVP_MD const* const algorithm = detail::sha256_algorithm();
    if (!context_) context_.reset(EVP_MD_CTX_new());
    bool const good = algorithm != nullptr && context_ &&
                      EVP_DigestInit_ex2(context_.get(), algorithm, nullptr) == 1;
    state_ = good ? State::running : State::failed;
  }

  std::unique_ptr<EVP_MD_CTX, detail::OpensslFree> context_;
  State state_ = State::fresh;
};

/// Returns the digest of one text, with a hash at hand; whatever that had taken in is forgotten.
[[nodiscard]] inline Result<Sha256Bytes> sha256(Sha256& hash, std::string_view text) {
  hash.reset();
  if (auto taken = hash.update(text); !taken) return taken.error();
  return hash.finish();
}
/// Returns the digest of one text.
[[nodiscard]] inline Result<Sha256Bytes> sha256(std::string_view text) {
  Sha256 hash;
  return sha256(hash, text);
}

/// Returns the digest of an output's bytes as they are now, with a hash at hand; whatever that had
/// taken in is forgotten.
[[nodiscard]] inline Result<Sha256Bytes> sha256(Sha256& hash, Output const& output) {
  hash.reset();
  std::array<char, 16 * 1024> block;
  for (std::uint64_t offset = 0; offset < output.size();) {
    auto const count = output.read(offset, block.data(), block.size());
    if (!count) return count.error();
    if (auto taken = hash.update({block.data(), *count}); !taken) return taken.error();
    offset += *count;
  }
  return hash.finish();
}

namespace detail {

/// The digest of one block and what follows it: one half of an HMAC.
inline Result<Sha256Bytes> sha256_after(Sha256& hash, std::array<char, 64> const& block,
                                        std::string_view text) {
  hash.reset();
  if (auto taken = hash.update({block.data(), block.size()}); !taken) return taken.error();
  if (auto taken = hash.update(text); !taken) return taken.error();
  return hash.finish();
}

}  // namespace detail

/// HMAC-SHA-256 (RFC 2104) with a hash at hand; whatever that had taken in is forgotten.
/// By hand, because OpenSSL's own costs twice the time and allocates.
[[nodiscard]] inline Result<Sha256Bytes> hmac_sha256(Sha256& hash,
                                                     std::span<unsigned char const> key,
                                                     std::string_view text) {
  std::array<char, 64> block{};
  std::string_view given(reinterpret_cast<char const*>(key.data()), key.size());
  Sha256Bytes short_key{};
  if (given.size() > block.size()) {
    auto const digest = sha256(hash, given);
    if (!digest) return digest.error();
    short_key = *digest;
    given = text_of(short_key);
  }
  given.copy(block.data(), given.size());
  auto const mask = [&block](unsigned bits) {
    for (char& c : block) c = static_cast<char>(static_cast<unsigned char>(c) ^ bits);
  };
  mask(0x36U);
  auto const inner = detail::sha256_after(hash, block, text);
  mask(0x36U ^ 0x5CU);
  auto outer = inner ? detail::sha256_after(hash, block, text_of(*inner)) : inner;
  OPENSSL_cleanse(block.data(), block.size());
  OPENSSL_cleanse(short_key.data(), short_key.size());
  return outer;
}
/// HMAC-SHA-256 (RFC 2104).
[[nodiscard]] inline Result<Sha256Bytes> hmac_sha256(std::span<unsigned char const> key,
                                                     std::string_view text) {
  Sha256 hash;
  return hmac_sha256(hash, key, text);
}

}  // namespace sla::inline v1::aws

// sla/aws/sign/keys.hpp
// Makes credentials from the texts that a file, a program or a server gave, whatever the source.
// Keys and tokens become headers: one that holds a line break or another character that no key has
// is refused here, once for all sources. Messages say what is wrong and never what was read.

namespace sla::inline v1::aws {

/// One set of keys as a source gave it; empty is what it did not give.
struct KeyTexts {
  std::string_view access_key_id{};
  std::string_view secret_access_key{};
  std::string_view session_token{};
  std::string_view expiration{};  ///< RFC 3339
  std::string_view account_id{};
};

namespace detail {

struct NamedText {
  std::string_view name;
  std::string_view text;
};

}  // namespace detail

/// Returns true if a text has visible ASCII characters only, as keys, tokens and identifiers have.
[[nodiscard]] constexpr bool is_visible_ascii(std::string_view text) noexcept {
  for (char const c : text) {
    if (c <= ' ' || c > '~') return false;
  }
  return true;
}

/// Returns the credentials. Errc::malformed if the key id or the secret is missing, a text
/// cannot be a key, or the expiration is no time.
[[nodiscard]] inline Result<Credentials> make_credentials(KeyTexts const& texts,
                                                          std::string source) {
  if (texts.access_key_id.empty()) return Error{Errc::malformed, "the access key id is missing"};
  if (texts.secret_access_key.empty()) {
    return Error{Errc::malformed, "the secret access key is missing"};
  }
  for (auto const& [name, text] :
       std::initializer_list<detail::NamedText>{{"access key id", texts.access_key_id},
                                                {"secret access key", texts.secret_access_key},
                                                {"session token", texts.session_token},
                                                {"account id", texts.account_id}}) {
    if (is_visible_ascii(text)) continue;
    return Error{Errc::malformed, "the " + std::string(name) +
                                      " holds a character that cannot be in it, such as a blank"};
  }
  Credentials keys{};
  keys.access_key_id = texts.access_key_id;
  keys.secret_access_key = Secret(texts.secret_access_key);
  keys.session_token = Secret(texts.session_token);
  keys.account_id = texts.account_id;
  keys.source = std::move(source);
  if (texts.expiration.empty()) return keys;
  keys.expires = parse_iso_time(texts.expiration);
  if (!keys.expires) {
    return Error{Errc::malformed, "the expiration is not a time such as 2026-01-01T00:00:00Z"};
  }
  return keys;
}

}  // namespace sla::inline v1::aws

// sla/aws/sign/sigv4.hpp
// Signs HTTP requests for AWS with Signature Version 4: takes a request, credentials, a scope and
// the time, and gives the request its X-Amz-* and Authorization headers. Sign again for every
// attempt; what an earlier signature left is replaced. The clock is the caller's, and whether it
// is right too. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html

namespace sla::inline v1::aws {

/// Whether the hash of the body is also a header.
enum class PayloadHeader {
  none,  ///< no X-Amz-Content-Sha256
  sign,  ///< S3: sent and signed
};

/// Which headers of a request the signature covers.
enum class SignedHeaders {
  standard,  ///< what no proxy changes: host, content-type, content-md5, if-match, if-none-match,
             ///< x-amz-*
  all,       ///< every header of the request
};

/// For whom a request is signed, and how that service wants it.
struct SigningScope {
  std::string region{};
  std::string service{};  ///< `sns`, `s3`, `sts`, `ssm`, `monitoring`, ...
  PathStyle path_style = PathStyle::normalized;
  PayloadHeader payload_header = PayloadHeader::none;
  SignedHeaders signed_headers = SignedHeaders::standard;
};

/// Holds the last signing key: it is the same for a day, a region, a service and a secret. Whoever
/// alternates between services has one for each. Wipes what it forgets. Not thread-safe.
class SigningKeyCache {
 public:
  /// Returns the signing key, valid until the next call.
  [[nodiscard]] Result<std::span<unsigned char const>> key(Sha256& hash, Secret const& secret,
                                                           CredentialScope const& scope) {
    if (scope.date() != date_ || scope.region != region_ || scope.service != service_ ||
        key_.empty() || !(secret == secret_)) {
      if (auto derived = derive(hash, secret, scope); !derived) return derived.error();
    }
    return bytes_of(key_.reveal());
  }

 private:
  Result<void> derive(Sha256& hash, Secret const& secret, CredentialScope const& scope) {
    key_ = Secret();
    std::string start;
    start.reserve(4 + secret.reveal().size());
    start.append("AWS4").append(secret.reveal());
    auto key = hmac_sha256(hash, bytes_of(start), scope.date());
    ::explicit_bzero(start.data(), start.size());
    for (std::string_view const part :
         std::initializer_list<std::string_view>{scope.region, scope.service, "aws4_request"}) {
      if (key) key = hmac_sha256(hash, *key, part);
    }
    if (!key) return key.error();
    key_ = Secret(text_of(*key));
    ::explicit_bzero(key->data(), key->size());
    secret_ = secret;
    date_ = scope.date();
    region_ = scope.region;
    service_ = scope.service;
    return {};
  }

  Secret secret_;
  std::string date_;
  std::string region_;
  std::string service_;
  Secret key_;
};

/// Signs requests, and keeps its key and its buffers for the next one: with the same key, signing a
/// request again allocates nothing. Not thread-safe.
class Signer {
 public:
  /// Puts X-Amz-Date, X-Amz-Security-Token, X-Amz-Content-Sha256 (as the scope wants) and
  /// Authorization into the request. Signs the URL's host, so a Host header of the caller's is
  /// refused. Errc::invalid, and the request stays as it was, where a text that becomes part of a
  /// header holds a control character or a part that is needed is empty.
  Result<void> sign(Request& request, Credentials const& credentials, SigningScope const& scope,
                    WallTime now) {
    if (auto good = check(request, credentials, scope); !good) return within(good.error());
    auto const payload = payload_hash(request.body);
    if (!payload) return within(payload.error());
    payload_.clear();
    hex_to(payload_, *payload);
    time_.clear();
    amz_date_to(time_, now);
    host_.clear();
    host_header_to(host_, request.url);
    set_headers(request.headers, credentials, scope);
    if (auto done = prepare(request, scope); !done) return within(done.error());
    if (auto done = authorize(credentials, scope); !done) return within(done.error());
    set_header(request.headers, {"Authorization", authorization_});
    return {};
  }

  /// Returns what the last signature was made from. It holds the session token: not for a log.
  [[nodiscard]] std::string const& canonical_request() const noexcept { return canonical_; }
  /// Returns what the last signature is the signature of.
  [[nodiscard]] std::string const& string_to_sign() const noexcept { return string_to_sign_; }

 private:
  static Error within(Error error) { return std::move(error).within("signing"); }

  static Result<void> check(Request const& request, Credentials const& credentials,
                            SigningScope const& scope) {
    std::string_view const secret = credentials.secret_access_key.reveal();
    if (secret.empty()) return Error{Errc::invalid, "no secret access key"};
    for (HeaderView const part : {HeaderView{"access key id", credentials.access_key_id},
                                  {"region", scope.region},
                                  {"service", scope.service},
                                  {"host", request.url.host}}) {
      if (part.value.empty()) return Error{Errc::invalid, "no " + std::string(part.name)};
      if (has_control(part.value)) return control_character(part.name);
    }
    if (has_control(credentials.session_token.reveal())) return control_character("session token");
    for (Header const& header : request.headers) {
      if (is_replaced(header.name)) continue;
      if (auto good = check(header); !good) return good.error();
    }
    return {};
  }
  static Result<void> check(Header const& header) {
    auto const allowed = [](char c) { return c > ' ' && c < '\x7f' && c != ':'; };
    if (header.name.empty() || !std::all_of(header.name.begin(), header.name.end(), allowed)) {
      return Error{Errc::invalid, shown(header) + ": not a name for a header"};
    }
    if (has_control(header.value)) return control_character(shown(header));
    if (same_ignoring_case(header.name, "host")) {
      return Error{Errc::invalid, shown(header) + ": it is made from the URL"};
    }
    return {};
  }
  /// Escaped, because the name may be what is wrong; without the value, which may be a secret.
  static std::string shown(Header const& header) {
    return "header " + percent_encode(header.name, Slash::encode);
  }
  static Error control_character(std::string_view where) {
    return Error{Errc::invalid, std::string(where) + ": a control character in its value"};
  }

  Result<Sha256Bytes> payload_hash(Output const& body) {
    if (auto const known = body.sha256()) return *known;
    return sha256(hash_, body);
  }

  static bool is_replaced(std::string_view name) {
    for (std::string_view const ours :
         {"authorization", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256"}) {
      if (same_ignoring_case(name, ours)) return true;
    }
    return false;
  }
  void set_headers(std::vector<Header>& headers, Credentials const& credentials,
                   SigningScope const& scope) {
    set_header(headers, {"X-Amz-Date", time_});
    set_header(headers, {"X-Amz-Security-Token", credentials.session_token.reveal()});
    bool const with_payload = scope.payload_header == PayloadHeader::sign;
    set_header(headers, {"X-Amz-Content-Sha256", with_payload ? payload_ : std::string_view()});
  }
  /// The only header of that name has that value; no value, no header. One that is there already
  /// is written over, so that signing a request again allocates nothing.
  static void set_header(std::vector<Header>& headers, HeaderView wanted) {
    auto const named = [&](Header const& header) {
      return same_ignoring_case(header.name, wanted.name);
    };
    auto const first = std::find_if(headers.begin(), headers.end(), named);
    if (wanted.value.empty()) {
      headers.erase(std::remove_if(first, headers.end(), named), headers.end());
    } else if (first == headers.end()) {
      headers.push_back({std::string(wanted.name), std::string(wanted.value)});
    } else {
      first->value = wanted.value;
      headers.erase(std::remove_if(first + 1, headers.end(), named), headers.end());
    }
  }

  static bool is_signed(std::string_view name, SignedHeaders which) {
    if (which == SignedHeaders::all) return !same_ignoring_case(name, "authorization");
    for (std::string_view const signed_name :
         {"content-type", "content-md5", "if-match", "if-none-match"}) {
      if (same_ignoring_case(name, signed_name)) return true;
    }
    return same_ignoring_case(name.substr(0, 6), "x-amz-");
  }

  /// Writes down what is to be signed.
  Result<void> prepare(Request const& request, SigningScope const& scope) {
    headers_.clear();
    insert_header(headers_, {"host", host_});
    for (Header const& header : request.headers) {
      if (is_signed(header.name, scope.signed_headers)) {
        insert_header(headers_, {header.name, header.value});
      }
    }
    canonical_.clear();
    canonical_request_to(canonical_, {.method = request.method,
                                      .path = request.url.path,
                                      .query = request.url.query,
                                      .path_style = scope.path_style,
                                      .headers = headers_,
                                      .payload_hash = payload_});
    auto const hash = sha256(hash_, canonical_);
    if (!hash) return hash.error();
    string_to_sign_.clear();
    canonical_hash_.clear();
    hex_to(canonical_hash_, *hash);
    string_to_sign_to(string_to_sign_, credential_scope(scope), canonical_hash_);
    return {};
  }

  /// Signs it, and writes the value of the Authorization header.
  Result<void> authorize(Credentials const& credentials, SigningScope const& scope) {
    auto const key = keys_.key(hash_, credentials.secret_access_key, credential_scope(scope));
    if (!key) return key.error();
    auto const signature = hmac_sha256(hash_, *key, string_to_sign_);
    if (!signature) return signature.error();
    authorization_ = "AWS4-HMAC-SHA256 Credential=";
    authorization_.append(credentials.access_key_id).append("/");
    credential_scope_to(authorization_, credential_scope(scope));
    authorization_ += ", SignedHeaders=";
    signed_names_to(authorization_, headers_);
    authorization_ += ", Signature=";
    hex_to(authorization_, *signature);
    return {};
  }

  [[nodiscard]] CredentialScope credential_scope(SigningScope const& scope) const noexcept {
    return {.time = time_, .region = scope.region, .service = scope.service};
  }

  Sha256 hash_;
  SigningKeyCache keys_;
  std::vector<HeaderView> headers_;
  std::string host_;
  std::string time_;
  std::string payload_;
  std::string canonical_;
  std::string canonical_hash_;
  std::string string_to_sign_;
  std::string authorization_;
};

}  // namespace sla::inline v1::aws

// sla/aws/config/region.hpp
// Regions and the partitions they belong to. A region becomes part of a host name, so its form is
// checked; whether it exists is not, because new ones appear. The table follows the public
// partitions.json of the SDKs; what no line of it matches is taken for the partition aws.

namespace sla::inline v1::aws {

/// Whether requests go to hosts that use validated cryptography (FIPS 140).
enum class Fips { off, on };

/// A group of regions that share accounts and the ends of host names.
struct Partition {
  std::string_view name;
  std::string_view dns_suffix;
  std::string_view dual_stack_suffix;
  /// What stands before `-<word>-<number>` in the names of its regions.
  std::array<std::string_view, 9> prefixes;
};

/// All partitions; the first is that of unknown regions.
inline constexpr std::array<Partition, 8> partitions{{
    {"aws", "amazonaws.com", "api.aws", {"us", "eu", "ap", "sa", "ca", "me", "af", "il", "mx"}},
    {"aws-cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn", {"cn"}},
    {"aws-us-gov", "amazonaws.com", "api.aws", {"us-gov"}},
    {"aws-eusc", "amazonaws.eu", "api.amazonwebservices.eu", {"eusc-de"}},
    {"aws-iso", "c2s.ic.gov", "api.aws.ic.gov", {"us-iso"}},
    {"aws-iso-b", "sc2s.sgov.gov", "api.aws.scloud", {"us-isob"}},
    {"aws-iso-e", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk", {"eu-isoe"}},
    {"aws-iso-f", "csp.hci.ic.gov", "api.aws.hci.ic.gov", {"us-isof"}},
}};

namespace detail {

/// Returns true if a region is `<prefix>-<word>-<number>`.
constexpr bool has_region_prefix(std::string_view region, std::string_view prefix) noexcept {
  if (prefix.empty() || !region.starts_with(prefix)) return false;
  region.remove_prefix(prefix.size());
  if (!region.starts_with('-')) return false;
  region.remove_prefix(1);
  std::size_t const hyphen = region.find('-');
  if (hyphen == 0 || hyphen >= region.size() - 1) return false;
  for (char const c : region.substr(0, hyphen)) {
    if (!is_alpha(c) && !is_digit(c) && c != '_') return false;
  }
  for (char const c : region.substr(hyphen + 1)) {
    if (!is_digit(c)) return false;
  }
  return true;
}

}  // namespace detail

/// Returns the partition of a region; that of an unknown region is aws.
[[nodiscard]] constexpr Partition const& partition_of(std::string_view region) noexcept {
  for (Partition const& partition : partitions) {
    bool const global = region.size() == partition.name.size() + 7 &&
                        region.starts_with(partition.name) && region.ends_with("-global");
    if (global) return partition;
    for (std::string_view const prefix : partition.prefixes) {
      if (detail::has_region_prefix(region, prefix)) return partition;
    }
  }
  return partitions.front();
}

/// Returns true if a text may stand for a region in a host name: one DNS label that is no mere
/// number.
[[nodiscard]] constexpr bool valid_region(std::string_view region) noexcept {
  bool number = true;
  for (char const c : region) number = number && is_digit(c);
  return is_dns_label(region) && !number;
}

/// What a setting such as AWS_REGION says.
struct RegionSetting {
  std::string region{};
  Fips fips = Fips::off;  ///< on for the old pseudo regions, `fips-us-east-1` or `us-east-1-fips`
};

namespace detail {

/// The region that signs for a whole partition, which `aws-global` and its like mean.
constexpr std::string_view region_of_partition(std::string_view region) noexcept {
  struct Global {
    std::string_view name;
    std::string_view region;
  };
  for (Global const& global : {Global{"aws-global", "us-east-1"},
                               {"aws-cn-global", "cn-northwest-1"},
                               {"aws-us-gov-global", "us-gov-west-1"},
                               {"aws-eusc-global", "eusc-de-east-1"},
                               {"aws-iso-global", "us-iso-east-1"},
                               {"aws-iso-b-global", "us-isob-east-1"},
                               {"aws-iso-e-global", "eu-isoe-west-1"},
                               {"aws-iso-f-global", "us-isof-south-1"}}) {
    if (region == global.name) return global.region;
  }
  return region;
}

}  // namespace detail

/// Reads a region from a setting. Blanks around it are dropped, upper case is lowered, pseudo
/// regions are taken apart, and one of a whole partition is the region that signs for it.
[[nodiscard]] inline Result<RegionSetting> parse_region(std::string_view text) {
  std::string const lowered = lower(trim(text));
  std::string_view region = lowered;
  RegionSetting setting{};
  if (region.starts_with("fips-")) {
    region.remove_prefix(5);
    setting.fips = Fips::on;
  } else if (region.ends_with("-fips")) {
    region.remove_suffix(5);
    setting.fips = Fips::on;
  }
  if (region.empty()) return Error{Errc::invalid, "the region is empty"};
  if (!valid_region(region)) {
    return Error{Errc::invalid,
                 "the region must be a name such as eu-central-1: letters, digits "
                 "and inner hyphens, 63 at most"};
  }
  setting.region = detail::region_of_partition(region);
  return setting;
}

/// Tells by its end whether a host is one of AWS.
[[nodiscard]] constexpr bool is_aws_host(std::string_view host) noexcept {
  if (host.ends_with('.')) host.remove_suffix(1);
  for (Partition const& partition : partitions) {
    for (std::string_view const suffix : {partition.dns_suffix, partition.dual_stack_suffix}) {
      if (!host.ends_with(suffix)) continue;
      std::string_view const rest = host.substr(0, host.size() - suffix.size());
      if (rest.ends_with('.')) return true;
    }
  }
  return false;
}

}  // namespace sla::inline v1::aws

// sla/aws/config/endpoint.hpp
// Which host answers for a service in a region. The rules are those of the SDKs' endpoint rule sets
// (regional hosts only, but for IAM, which has no others); buckets have rules of their own in
// aws/config/bucket.hpp. What the environment asks for is read in aws/config/endpoint_settings.hpp.

namespace sla::inline v1::aws {

/// The services that this library speaks to.
enum class Service { sns, s3, sts, ssm, cloudwatch, iam };

/// Returns the name of a service in host names and in the scope of a signature.
[[nodiscard]] constexpr std::string_view signing_name(Service service) noexcept {
  constexpr std::array<std::string_view, 6> names{"sns", "s3", "sts", "ssm", "monitoring", "iam"};
  return names[static_cast<std::size_t>(service)];
}

/// Whether requests go to hosts that have IPv6 addresses too.
enum class DualStack { off, on };

/// What decides where requests go.
struct EndpointOptions {
  std::string region{};
  Fips fips = Fips::off;
  DualStack dual_stack = DualStack::off;
  std::optional<Url> custom{};  ///< a server of the user's own; then only this one is used
};

namespace detail {

inline Error bad_endpoint(std::string_view why) { return Error{Errc::invalid, std::string(why)}; }

/// What no service allows together, and the region if one is needed.
inline Result<void> check_endpoint(Service service, EndpointOptions const& options) {
  if (options.custom && options.dual_stack == DualStack::on) {
    return bad_endpoint("a custom endpoint cannot be combined with dual-stack hosts");
  }
  if (options.custom && options.fips == Fips::on) {
    return bad_endpoint("a custom endpoint cannot be combined with FIPS hosts");
  }
  if (options.region.empty()) {
    if (options.custom && service != Service::s3) return {};
    return bad_endpoint("no region is set");
  }
  if (!valid_region(options.region)) {
    return bad_endpoint("the region is no valid part of a host name");
  }
  if (service == Service::s3 && options.fips == Fips::on &&
      partition_of(options.region).name == "aws-cn") {
    return bad_endpoint("s3 has no FIPS hosts in the partition aws-cn");
  }
  return {};
}

/// The name of the service in the host, with `-fips` where it is so called. In GovCloud the plain
/// hosts are the validated ones, but for s3 and for the dual-stack hosts of some.
inline std::string endpoint_prefix(Service service, EndpointOptions const& options) {
  std::string name(signing_name(service));
  bool const government = partition_of(options.region).name == "aws-us-gov";
  bool const plain = government && service != Service::s3 &&
                     (options.dual_stack == DualStack::off || service == Service::cloudwatch);
  if (options.fips == Fips::on && !plain) name += "-fips";
  return name;
}

/// Where a partition has its IAM, which is one for all of its regions: the parts of host names that
/// stand before the suffix.
struct IamPlace {
  std::string_view partition;
  std::string_view region;  ///< that requests are signed for
  std::string_view plain;
  std::string_view fips;
  std::string_view dual_stack;
};

constexpr IamPlace iam_place(std::string_view region) noexcept {
  constexpr std::array<IamPlace, 8> places{{
      {"aws", "us-east-1", "iam", "iam-fips", "global"},
      {"aws-cn", "cn-north-1", "iam.cn-north-1", "iam-fips", "global"},
      {"aws-us-gov", "us-gov-west-1", "iam.us-gov", "iam.us-gov", "us-gov"},
      {"aws-eusc", "eusc-de-east-1", "iam.eusc-de-east-1", "iam-fips", ""},
      {"aws-iso", "us-iso-east-1", "iam.us-iso-east-1", "iam-fips.us-iso-east-1", ""},
      {"aws-iso-b", "us-isob-east-1", "iam.us-isob-east-1", "iam-fips.us-isob-east-1", ""},
      {"aws-iso-e", "eu-isoe-west-1", "iam.eu-isoe-west-1", "iam-fips", ""},
      {"aws-iso-f", "us-isof-south-1", "iam.us-isof-south-1", "iam-fips", ""},
  }};
  std::string_view const partition = partition_of(region).name;
  for (IamPlace const& place : places) {
    if (place.partition == partition) return place;
  }
  return places.front();
}

inline std::string iam_host(EndpointOptions const& options) {
  IamPlace const place = iam_place(options.region);
  Partition const& partition = partition_of(options.region);
  bool const fips = options.fips == Fips::on;
  std::string host(fips ? place.fips : place.plain);
  if (options.dual_stack == DualStack::off) return host.append(".").append(partition.dns_suffix);
  host = fips && partition.name != "aws-us-gov" ? "iam-fips" : "iam";
  if (!place.dual_stack.empty()) host.append(".").append(place.dual_stack);
  return host.append(".").append(partition.dual_stack_suffix);
}

}  // namespace detail

/// Returns the region that requests to IAM are signed for, by the region of whoever asks.
[[nodiscard]] constexpr std::string_view iam_region(std::string_view region) noexcept {
  return detail::iam_place(region).region;
}

/// Returns the URL of a service. Errc::invalid if the options contradict each other or lack the
/// region; only a custom endpoint of another service than s3 needs none.
[[nodiscard]] inline Result<Url> endpoint_url(Service service, EndpointOptions const& options) {
  if (auto good = detail::check_endpoint(service, options); !good) return good.error();
  if (options.custom) return *options.custom;
  Url url{};
  if (service == Service::iam) {
    url.host = detail::iam_host(options);
    return url;
  }
  Partition const& partition = partition_of(options.region);
  std::string host = detail::endpoint_prefix(service, options);
  bool const dual = options.dual_stack == DualStack::on;
  if (dual && service == Service::s3) host += ".dualstack";
  host.append(".").append(lower(options.region)).append(".");
  host += dual && service != Service::s3 ? partition.dual_stack_suffix : partition.dns_suffix;
  url.host = std::move(host);
  return url;
}

}  // namespace sla::inline v1::aws

// sla/aws/config/object_options.hpp
// What the policy of a bucket may demand of each object that is put: encryption, an owner, a class,
// tags. The checks are those that S3 makes, so that a wrong one is told before the first object;
// an error is a fragment that reads on after the value: `is none of ...`.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html

namespace sla::inline v1::aws {

/// What is said of an object besides its own headers; what is empty is not said.
struct ObjectOptions {
  std::string encryption{};         ///< `AES256`, `aws:kms` or `aws:kms:dsse`
  std::string kms_key_id{};         ///< an id, an ARN or `alias/NAME`
  std::string acl{};                ///< a canned one
  std::string storage_class{};      ///< in capital letters, as S3 calls it
  std::vector<std::string> tags{};  ///< `key=value` each
};

inline constexpr std::array<std::string_view, 3> object_encryptions{"AES256", "aws:kms",
                                                                    "aws:kms:dsse"};
inline constexpr std::array<std::string_view, 7> object_acls{
    "private",       "public-read",       "public-read-write",        "authenticated-read",
    "aws-exec-read", "bucket-owner-read", "bucket-owner-full-control"};
/// Those of AWS; other stores have others.
inline constexpr std::array<std::string_view, 13> storage_classes{
    "STANDARD",    "STANDARD_IA",     "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER",
    "GLACIER_IR",  "DEEP_ARCHIVE",    "OUTPOSTS",   "REDUCED_REDUNDANCY",  "SNOW",
    "FSX_OPENZFS", "EXPRESS_ONEZONE", "FSX_ONTAP"};

namespace detail {

template <std::size_t Size>
Result<void> check_choice(std::string_view text,
                          std::array<std::string_view, Size> const& choices) {
  if (std::find(choices.begin(), choices.end(), text) != choices.end()) return {};
  std::string names;
  for (std::string_view const choice : choices) {
    names.append(names.empty() ? "" : ", ").append(choice);
  }
  return Error{Errc::invalid, "is none of " + names};
}

/// Returns true if a text is made of letters, digits and the others.
constexpr bool is_made_of(std::string_view text, std::string_view others) noexcept {
  for (char const c : text) {
    if (!is_alpha(c) && !is_digit(c) && others.find(c) == others.npos) return false;
  }
  return !text.empty();
}

/// How many characters UTF-8 has.
constexpr std::size_t characters(std::string_view text) noexcept {
  std::size_t count = 0;
  for (char const c : text) count += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1 : 0;
  return count;
}

constexpr bool fits_tag(std::string_view text) noexcept {
  for (char const c : text) {
    bool const ascii = static_cast<unsigned char>(c) < 0x80;
    if (ascii && !is_made_of({&c, 1}, " +-=._:/@")) return false;
  }
  return is_utf8(text);
}

inline Result<void> check_tag(std::string_view tag) {
  auto const wrong = [&](std::string_view why) {
    return Error{Errc::invalid, "has a tag that cannot be one: " + std::string(why)};
  };
  std::size_t const equals = tag.find('=');
  if (equals == tag.npos) return wrong("each is KEY=VALUE, with commas between them");
  std::string_view const key = tag.substr(0, equals);
  if (key.empty()) return wrong("a key is empty");
  if (lower(key).starts_with("aws:")) return wrong("keys that begin with aws: are AWS's own");
  if (characters(key) > 128) return wrong("a key has more than 128 characters");
  if (characters(tag.substr(equals + 1)) > 256)
    return wrong("a value has more than 256 characters");
  if (!fits_tag(tag)) {
    return wrong("keys and values are made of letters, digits, blanks and any of + - = . _ : / @");
  }
  return {};
}

}  // namespace detail

[[nodiscard]] inline Result<void> check_object_encryption(std::string_view text) {
  return detail::check_choice(text, object_encryptions);
}
[[nodiscard]] inline Result<void> check_object_acl(std::string_view text) {
  return detail::check_choice(text, object_acls);
}
/// Any name that can be one.
[[nodiscard]] inline Result<void> check_storage_class(std::string_view text) {
  if (text.size() <= 64 && detail::is_made_of(text, "_-")) return {};
  return Error{Errc::invalid, "is no storage class, such as STANDARD_IA"};
}
[[nodiscard]] inline Result<void> check_kms_key_id(std::string_view text) {
  bool const arn = text.starts_with("arn:") && text.find(":kms:") != text.npos;
  bool const plain = text.starts_with("alias/") || text.find_first_of(":/") == text.npos;
  if ((arn || plain) && text.size() <= 2048 && detail::is_made_of(text, ":/_-")) return {};
  return Error{Errc::invalid, "is no key of KMS: give its id, its ARN or alias/NAME"};
}
/// Tags between commas: at most ten, each key once.
[[nodiscard]] inline Result<void> check_object_tags(std::string_view text) {
  std::vector<std::string_view> keys;
  for (std::string_view const part : split(text, ',')) {
    std::string_view const tag = trim(part);
    if (tag.empty()) continue;
    if (auto good = detail::check_tag(tag); !good) return good;
    keys.push_back(tag.substr(0, tag.find('=')));
  }
  if (keys.size() > 10) return Error{Errc::invalid, "has more than 10 tags"};
  std::sort(keys.begin(), keys.end());
  if (std::adjacent_find(keys.begin(), keys.end()) == keys.end()) return {};
  return Error{Errc::invalid, "has a tag twice"};
}
/// The number of an account.
[[nodiscard]] inline Result<void> check_account(std::string_view text) {
  bool const digits = text.find_first_not_of("0123456789") == text.npos;
  if (text.size() == 12 && digits) return {};
  return Error{Errc::invalid, "is no account of AWS, which has 12 digits"};
}

/// Adds the headers that say it.
inline void add_object_options(std::vector<Header>& headers, ObjectOptions const& options) {
  auto const add = [&](std::string_view name, std::string const& value) {
    if (!value.empty()) headers.push_back({std::string(name), value});
  };
  add("x-amz-server-side-encryption", options.encryption);
  add("x-amz-server-side-encryption-aws-kms-key-id", options.kms_key_id);
  add("x-amz-acl", options.acl);
  add("x-amz-storage-class", options.storage_class);
  std::string tags;
  for (std::string_view const tag : options.tags) {
    std::size_t const equals = std::min(tag.find('='), tag.size());
    if (!tags.empty()) tags += '&';
    percent_encode_to(tags, tag.substr(0, equals), Slash::encode);
    tags += '=';
    percent_encode_to(tags, tag.substr(std::min(equals + 1, tag.size())), Slash::encode);
  }
  add("x-amz-tagging", tags);
}

}  // namespace sla::inline v1::aws

// sla/aws/config/bucket.hpp
// Where an S3 bucket is and how its objects are addressed: at AWS the bucket as a sub-domain where
// its name can be one, else, and in stores of other makers, as the first part of the path. A name
// is checked before any request; access points, outposts and directory buckets are refused, because
// they are signed differently.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html

namespace sla::inline v1::aws {

/// How a bucket is addressed.
enum class Addressing {
  automatic,       ///< as a sub-domain if that is possible, but for hosts that are not AWS's
  path,            ///< always in the path
  virtual_hosted,  ///< as a sub-domain, or not at all
};

/// Whether an object goes with a checksum of its own, besides the one that is signed.
enum class ObjectChecksum {
  sha256,  ///< always; a bucket with Object Lock wants one
  none,    ///< for stores that refuse the header
};

/// One bucket. The region of its endpoint is corrected when S3 says that it is elsewhere, so
/// requests go to one Bucket from one thread at a time.
struct Bucket {
  std::string name{};
  EndpointOptions endpoint{};
  Addressing addressing = Addressing::automatic;
  ObjectChecksum checksum = ObjectChecksum::sha256;
  ObjectOptions objects{};  ///< of what is put
  std::string owner{};      ///< the account that the bucket must be of; empty: any
};

/// Checks that a name can be that of a bucket. Upper case and underscores are allowed for the sake
/// of old buckets.
[[nodiscard]] inline Result<void> check_bucket_name(std::string_view name) {
  auto const wrong = [](std::string_view why) {
    return Error{Errc::invalid, "not the name of a bucket: " + std::string(why)};
  };
  if (name.starts_with("arn:")) return wrong("ARNs of access points and buckets are not supported");
  if (name.starts_with("s3://")) return wrong("give the name alone, without s3://");
  if (name.find('/') != std::string_view::npos) return wrong("it holds a slash");
  if (has_control(name)) return wrong("it holds a control character");
  if (name.size() < 3 || name.size() > 63) return wrong("it must have 3 to 63 characters");
  for (char const c : name) {
    if (!is_alpha(c) && !is_digit(c) && c != '-' && c != '.' && c != '_') {
      return wrong("it may hold letters, digits, dots and hyphens only");
    }
  }
  if (name.ends_with("--x-s3")) return wrong("directory buckets (--x-s3) are not supported");
  if (!(is_alpha(name.front()) || is_digit(name.front())) ||
      !(is_alpha(name.back()) || is_digit(name.back()))) {
    return wrong("it must begin and end with a letter or a digit");
  }
  if (name.find("..") != std::string_view::npos) return wrong("it holds two dots in a row");
  if (is_ipv4_address(name)) return wrong("it looks like an IP address");
  return {};
}

/// Tells whether the store of a bucket is another one than AWS's.
[[nodiscard]] inline bool is_foreign(EndpointOptions const& endpoint) noexcept {
  return endpoint.custom && !is_aws_host(endpoint.custom->host);
}

namespace detail {

/// Returns true if a bucket can be a sub-domain. A dot makes two labels of it, which no certificate
/// of S3 covers, so it is possible only without TLS.
inline bool fits_host(std::string_view bucket, Url const& url) {
  if (bucket.size() < 3 || bucket.size() > 63 || is_ipv4_address(bucket)) return false;
  for (std::string_view const label : split(bucket, '.')) {
    if (!is_dns_label(label) || lower(label) != label) return false;
  }
  return bucket.find('.') == std::string_view::npos || url.scheme == Scheme::http;
}

}  // namespace detail

/// Returns the URL under which the objects of a bucket are: its path ends where the slash before
/// the key comes. A host that is an address has no sub-domains; `localhost` is a name.
[[nodiscard]] inline Result<Url> bucket_url(Bucket const& bucket) {
  auto url = endpoint_url(Service::s3, bucket.endpoint);
  if (!url) return url;
  while (url->path.ends_with('/')) url->path.pop_back();
  bool const fits = detail::fits_host(bucket.name, *url) && !is_ip_address(url->host) &&
                    bucket.name.size() + 1 + url->host.size() <= 253;
  bool const in_path = bucket.addressing == Addressing::path ||
                       (bucket.addressing == Addressing::automatic && is_foreign(bucket.endpoint));
  if (fits && !in_path) {
    url->host.insert(0, bucket.name + '.');
    return url;
  }
  if (bucket.addressing == Addressing::virtual_hosted) {
    return Error{Errc::invalid, "the bucket '" + bucket.name + "' cannot be a part of the host " +
                                    url->host + "; address it by path"};
  }
  url->path += '/';
  percent_encode_to(url->path, bucket.name, Slash::encode);
  return url;
}

}  // namespace sla::inline v1::aws

// sla/aws/config/file_reader.hpp
// Reads the small files that configure credentials: profiles and tokens. The folder that stands for
// the root is a parameter, so that a test can bring its own files.

namespace sla::inline v1::aws {

/// Reads files of at most a mebibyte. Thread-safe.
class FileReader {
 public:
  static constexpr std::size_t size_limit = std::size_t{1024} * 1024;

  FileReader() = default;
  /// Absolute paths begin below this folder instead of `/`.
  explicit FileReader(std::string root) : root_(std::move(root)) {}

  /// Returns the whole file. The error names the path as it was given.
  [[nodiscard]] Result<std::string> read(std::string_view path) const {
    bool const rooted = path.starts_with('/');
    std::string where = rooted ? root_ + std::string(path) : std::string(path);
    auto text = internal::read_file(where, size_limit);
    if (text || !rooted || root_.empty()) return text;
    Error error = std::move(text).error();
    if (error.message.starts_with(root_)) error.message.erase(0, root_.size());
    return error;
  }

 private:
  std::string root_;
};

}  // namespace sla::inline v1::aws

// sla/aws/config/ini.hpp
// The grammar of ~/.aws/config and ~/.aws/credentials: a text becomes sections of properties. It is
// that of the SDKs, line by line: blanks are spaces and tabs, quotes in values mean nothing, and a
// name with other characters than A-Z a-z 0-9 _ - / . % @ : + is passed over with all that belongs
// to it. Where the SDKs see an error and the AWS CLI and boto3 do not, it is as lenient as they:
// `key: value`, files that are indented as a whole, and names of profiles in quotes.
// Which sections mean what is read in aws/config/profile.hpp.

namespace sla::inline v1::aws {

/// Keys in lower case and their values; that of `name` inside of `s3` is `s3.name`.
using IniProperties = std::map<std::string, std::string, std::less<>>;

/// One section as it stands in the file; the same one may stand there several times.
struct IniSection {
  std::string kind{};  ///< `profile` of `[profile x]`; empty if there is one word alone
  std::string name{};  ///< `x`
  IniProperties properties{};

  bool operator==(IniSection const&) const = default;
};

/// What stands between the brackets of a section.
enum class IniTitles {
  kinds,  ///< `[profile x]`, as in the config file
  names,  ///< the name alone, blanks and all, as in the credentials file
};

namespace detail {

constexpr bool is_ini_blank(char c) noexcept { return c == ' ' || c == '\t'; }

constexpr std::string_view trim_ini(std::string_view text) noexcept {
  while (!text.empty() && is_ini_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_ini_blank(text.back())) text.remove_suffix(1);
  return text;
}

constexpr bool is_ini_name(std::string_view text) noexcept {
  constexpr std::string_view others = "_-/.%@:+";
  for (char const c : text) {
    if (!is_alpha(c) && !is_digit(c) && others.find(c) == std::string_view::npos) return false;
  }
  return !text.empty();
}

/// A property's line without the comment, which begins after a blank.
constexpr std::string_view without_comment(std::string_view line) noexcept {
  for (std::size_t i = 1; i < line.size(); ++i) {
    if ((line[i] == '#' || line[i] == ';') && is_ini_blank(line[i - 1])) return line.substr(0, i);
  }
  return line;
}

/// A section's line without the comment, which needs no blank before it.
constexpr std::string_view without_title_comment(std::string_view line) noexcept {
  char quote = '\0';
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (quote == '\0' && (line[i] == '#' || line[i] == ';')) return trim_ini(line.substr(0, i));
    bool const opens = quote == '\0' && (line[i] == '\'' || line[i] == '"') &&
                       line.find(line[i], i + 1) != line.npos;
    if (opens) {
      quote = line[i];
    } else if (line[i] == quote) {
      quote = '\0';
    }
  }
  return trim_ini(line);
}

/// The place of the delimiter between a name and its value. A colon is one as well if it can be
/// no part of the name: after a plain word, before a blank, or without an equals sign.
constexpr std::size_t find_delimiter(std::string_view line) noexcept {
  std::size_t const equals = line.find('='), colon = line.find(':');
  if (colon >= equals) return equals;
  bool word = true;
  for (char const c : trim_ini(line.substr(0, colon))) {
    word = word && (is_alpha(c) || is_digit(c) || c == '_');
  }
  bool const before_blank = colon + 1 == line.size() || is_ini_blank(line[colon + 1]);
  bool const name = equals != line.npos && is_ini_name(trim_ini(line.substr(0, equals)));
  return word || before_blank || !name ? colon : equals;
}

/// Takes the quotes off one word of a shell's, as the AWS CLI writes a name that holds blanks:
/// `'my team'`. What is no such word is given back as it is.
inline std::string without_quotes(std::string_view text) {
  std::string word;
  char quote = '\0';
  for (std::size_t i = 0; i < text.size(); ++i) {
    char const c = text[i];
    bool const escape = c == '\\' && quote != '\'' && i + 1 < text.size();
    if (escape) {
      word += text[++i];
    } else if (quote == '\0' && (c == '"' || c == '\'')) {
      quote = c;
    } else if (quote == '\0' && is_ini_blank(c)) {
      return std::string(text);
    } else if (c == quote) {
      quote = '\0';
    } else {
      word += c;
    }
  }
  return quote == '\0' ? word : std::string(text);
}

/// Reads a file line by line.
class IniReader {
 public:
  explicit IniReader(IniTitles titles) noexcept : titles_(titles) {}

  Result<void> read(std::string_view line) {
    std::string_view const text = trim_ini(line);
    if (text.empty() || text.front() == '#' || text.front() == ';') return {};
    std::size_t const indent = line.find(text.front());
    if (state_ != State::no_property && indent > indent_) return continuation(text);
    indent_ = indent;
    if (text.front() == '[') return section(text);
    if (!in_section_) return invalid("a line stands before the first [section]");
    return property(text);
  }

  [[nodiscard]] std::vector<IniSection> sections() && { return std::move(sections_); }

 private:
  /// The two sides of the delimiter.
  struct Pair {
    std::string_view key;
    std::string_view value;
  };

  static Error invalid(std::string_view why) { return Error{Errc::invalid, std::string(why)}; }

  static Result<Pair> pair(std::string_view line) {
    std::size_t const at = find_delimiter(line);
    if (at == std::string_view::npos) return invalid("there is no = after the name");
    Pair const found{trim_ini(line.substr(0, at)), trim_ini(line.substr(at + 1))};
    if (found.key.empty()) return invalid("there is no name before the =");
    return found;
  }

  Result<void> section(std::string_view line) {
    line = without_title_comment(line);
    if (!line.ends_with(']')) return invalid("the ] that ends the name of the section is missing");
    std::string_view const whole = trim_ini(line.substr(1, line.size() - 2));
    std::size_t const blank = whole.find_first_of(" \t");
    bool const alone = titles_ == IniTitles::names || blank == std::string_view::npos;
    std::string_view const kind = alone ? std::string_view{} : whole.substr(0, blank);
    std::string_view const rest = alone ? whole : trim_ini(whole.substr(blank));
    std::string name = alone ? std::string(rest) : without_quotes(rest);
    in_section_ = true;
    property_.clear();
    state_ = State::no_property;
    bool const free = titles_ == IniTitles::names || name != rest;
    known_section_ = is_ini_name(name) || (free && !name.empty());
    if (known_section_) sections_.push_back({std::string(kind), std::move(name), {}});
    return {};
  }

  Result<void> property(std::string_view line) {
    auto const found = pair(without_comment(line));
    if (!found) return found.error();
    property_ = lower(found->key);
    state_ = found->value.empty() ? State::parent : State::value;
    set(property_, found->value);
    return {};
  }

  Result<void> continuation(std::string_view line) {
    if (state_ == State::no_property) {
      return invalid("it begins with a blank but there is no property to continue");
    }
    if (state_ == State::value) {
      if (std::string* const value = find(property_)) value->append("\n").append(line);
      return {};
    }
    auto const found = pair(line);
    if (!found) return found.error();
    if (is_ini_name(found->key)) set(property_ + '.' + lower(found->key), found->value);
    return {};
  }

  void set(std::string const& key, std::string_view value) {
    if (!known_section_ || !is_ini_name(key)) return;
    sections_.back().properties.insert_or_assign(key, std::string(value));
  }
  std::string* find(std::string const& key) {
    if (!known_section_) return nullptr;
    auto const found = sections_.back().properties.find(key);
    return found == sections_.back().properties.end() ? nullptr : &found->second;
  }

  enum class State { no_property, value, parent };

  IniTitles titles_;
  std::vector<IniSection> sections_;
  std::string property_;
  std::size_t indent_ = 0;  ///< of the section or the property that was read last
  State state_ = State::no_property;
  bool in_section_ = false;
  bool known_section_ = false;
};

}  // namespace detail

/// Returns the sections of a file in their order. The error names the line and the reason, and
/// repeats nothing of the line, which may hold a key.
[[nodiscard]] inline Result<std::vector<IniSection>> parse_ini(
    std::string_view text, IniTitles titles = IniTitles::kinds) {
  detail::IniReader reader(titles);
  std::size_t number = 0;
  for (std::string_view line : split(without_byte_order_mark(text), '\n')) {
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (auto done = reader.read(line); !done) {
      return done.error().within("line " + std::to_string(number));
    }
  }
  return std::move(reader).sections();
}

}  // namespace sla::inline v1::aws

// sla/aws/config/profile.hpp
// The profiles of ~/.aws/config and ~/.aws/credentials as one set, and the settings of one of them.
// Where both files have a property, that of the credentials file counts. A file that is not there
// has no profiles; one that does not parse is an error. What a profile means for credentials is
// read in aws/credential/profile_plan.hpp.
// https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html

namespace sla::inline v1::aws {

/// What one profile says. `profile(key)` gives the value of `region`, `s3.addressing_style` and so
/// on, or of `sns.endpoint_url` in its section of services: what aws/config/endpoint_settings.hpp
/// asks.
struct Profile {
  std::string name{};
  IniProperties properties{};
  IniProperties services{};  ///< of the section that its `services` names

  /// Returns the value, where the property is there and not empty.
  [[nodiscard]] std::optional<std::string_view> get(std::string_view key) const {
    return find(properties, key);
  }
  [[nodiscard]] std::optional<std::string_view> operator()(std::string_view key) const {
    bool const of_service = key.ends_with(".endpoint_url");
    return find(of_service ? services : properties, key);
  }

 private:
  static std::optional<std::string_view> find(IniProperties const& properties,
                                              std::string_view key) {
    auto const found = properties.find(key);
    if (found == properties.end() || found->second.empty()) return std::nullopt;
    return std::string_view(found->second);
  }
};

/// The name of the profile to use, and whether somebody asked for it.
struct ProfileChoice {
  enum class By { user, nobody };

  std::string name = "default";
  By by = By::nobody;
  std::string_view variable{};  ///< that named it; empty for a flag or nobody
};

/// Returns the profile that a flag names, or else AWS_DEFAULT_PROFILE, AWS_PROFILE, or else
/// `default`: the order of the AWS CLI and boto3; the other SDKs know only the second variable.
[[nodiscard]] inline ProfileChoice choose_profile(Environment const& environment,
                                                  std::string_view flag = {}) {
  if (!trim(flag).empty()) return {std::string(trim(flag)), ProfileChoice::By::user};
  for (std::string_view const variable : {"AWS_DEFAULT_PROFILE", "AWS_PROFILE"}) {
    std::string_view const name = trim(environment.get(variable).value_or(""));
    if (!name.empty()) return {std::string(name), ProfileChoice::By::user, variable};
  }
  return {};
}

/// The texts of the two files.
struct ProfileTexts {
  std::string_view config{};
  std::string_view credentials{};
};

/// All profiles of the two files.
class Profiles {
 public:
  /// Reads and merges the texts. The error names the line, and which of the two it is in.
  [[nodiscard]] static Result<Profiles> parse(ProfileTexts texts) {
    Profiles all;
    if (auto done = all.read_config(texts.config); !done) {
      return done.error().within("the config file");
    }
    if (auto done = all.read_credentials(texts.credentials); !done) {
      return done.error().within("the credentials file");
    }
    return all;
  }

  /// Reads AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE, or else ~/.aws/config and
  /// ~/.aws/credentials. The error names the file and the line.
  [[nodiscard]] static Result<Profiles> load(Environment const& environment,
                                             FileReader const& files) {
    Profiles all;
    for (bool const config : {true, false}) {
      std::string const path =
          config ? path_of(environment, "AWS_CONFIG_FILE", "~/.aws/config")
                 : path_of(environment, "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials");
      auto const text = all.read_text(path, files);
      if (!text) return text.error();
      auto const done = config ? all.read_config(*text) : all.read_credentials(*text);
      if (!done) return done.error().within(path);
    }
    return all;
  }

  /// Returns a path of the user's: `~` alone or before a slash is HOME; that of nobody else is
  /// known.
  [[nodiscard]] static std::string expand_home(std::string_view path,
                                               Environment const& environment) {
    auto const home = environment.get("HOME");
    bool const relative = path == "~" || path.starts_with("~/");
    if (!relative || !home) return std::string(path);
    return std::string(*home).append(path.substr(1));
  }

  [[nodiscard]] bool empty() const noexcept { return profiles_.empty(); }
  /// Returns the names of all profiles, sorted; without those of the credentials file that only the
  /// AWS CLI and boto3 take for names, such as one with a blank.
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (auto const& [name, properties] : profiles_) all.push_back(name);
    return all;
  }
  /// Why a file was passed over although it is there, for the message of an error; may be empty.
  [[nodiscard]] std::vector<std::string> const& notes() const noexcept { return notes_; }

  /// Returns the profile of that name. Errc::not_configured if there is none, Errc::invalid
  /// if it names a section of services that does not exist.
  [[nodiscard]] Result<Profile> find(std::string_view name) const {
    auto const found = profiles_.find(name);
    auto const free = free_names_.find(name);
    if (found == profiles_.end() && free == free_names_.end()) return missing(name);
    Profile profile{std::string(name), {}, {}};
    if (found != profiles_.end()) profile.properties = found->second;
    if (free != free_names_.end()) merge(profile.properties, IniProperties(free->second));
    auto const services = profile.get("services");
    if (!services) return profile;
    auto const section = services_.find(*services);
    if (section == services_.end()) {
      return Error{Errc::invalid, "profile '" + profile.name + "': there is no section [services " +
                                      std::string(*services) + "]"};
    }
    profile.services = section->second;
    return profile;
  }

  /// Returns the chosen profile: an empty one if nobody asked for it and there is none,
  /// Errc::invalid if somebody did.
  [[nodiscard]] Result<Profile> find(ProfileChoice const& choice) const {
    auto profile = find(choice.name);
    if (profile || profile.error().code != Errc::not_configured) return profile;
    if (choice.by == ProfileChoice::By::nobody) return Profile{choice.name, {}, {}};
    Error error = std::move(profile).error();
    error.code = Errc::invalid;
    return error;
  }

 private:
  using Sections = std::map<std::string, IniProperties, std::less<>>;

  static std::string path_of(Environment const& environment, std::string_view variable,
                             std::string_view usual) {
    return expand_home(environment.get(variable).value_or(usual), environment);
  }

  /// Returns the text of a file; empty if it is not there or cannot be read, which a note then
  /// says.
  Result<std::string> read_text(std::string const& path, FileReader const& files) {
    auto text = files.read(path);
    if (text && is_utf8(*text)) return text;
    if (text) return pass_over(path + ": not UTF-8");
    if (text.error().code != Errc::system) return text;
    bool const there =
        text.error().system_number() != ENOENT && text.error().system_number() != ENOTDIR;
    return there ? pass_over(text.error().message) : std::string{};
  }
  std::string pass_over(std::string note) {
    notes_.push_back(std::move(note));
    return {};
  }

  static void merge(IniProperties& into, IniProperties&& from) {
    for (auto& [key, value] : from) into.insert_or_assign(key, std::move(value));
  }

  Result<void> read_config(std::string_view text) {
    auto sections = parse_ini(text);
    if (!sections) return sections.error();
    bool prefixed_default = false;
    for (IniSection const& section : *sections) {
      if (section.kind == "profile" && section.name == "default") prefixed_default = true;
    }
    for (IniSection& section : *sections) {
      if (section.kind == "services") merge(services_[section.name], std::move(section.properties));
      bool const plain_default = section.kind.empty() && section.name == "default";
      if (section.kind == "profile" || (plain_default && !prefixed_default)) {
        merge(profiles_[section.name], std::move(section.properties));
      }
    }
    return {};
  }
  Result<void> read_credentials(std::string_view text) {
    auto sections = parse_ini(text, IniTitles::names);
    if (!sections) return sections.error();
    for (IniSection& section : *sections) {
      Sections& known = detail::is_ini_name(section.name) ? profiles_ : free_names_;
      merge(known[section.name], std::move(section.properties));
    }
    return {};
  }

  [[nodiscard]] Error missing(std::string_view name) const {
    Error error{Errc::not_configured, "there is no profile '" + std::string(name) + "'"};
    if (notes_.empty()) return error;
    error.message += " (not read:";
    for (std::string const& note : notes_) error.message.append(" ").append(note).append(";");
    error.message.pop_back();
    error.message += ')';
    return error;
  }

  Sections profiles_;
  Sections free_names_;  ///< of the credentials file, with other characters than the SDKs allow
  Sections services_;
  std::vector<std::string> notes_;
};

}  // namespace sla::inline v1::aws

// sla/aws/config/configured_region.hpp
// The region that the user set, in the order of the SDKs: a flag, AWS_REGION, AWS_DEFAULT_REGION,
// the profile. If nobody set one, an EC2 instance still knows its own: aws/service/imds.hpp.

namespace sla::inline v1::aws {

/// Returns the region, or nothing if none is set. A blank setting counts as none; Errc::invalid,
/// with the name of the setting, if it is no region.
[[nodiscard]] inline Result<std::optional<RegionSetting>> configured_region(
    std::string_view flag, Environment const& environment, Profile const& profile) {
  struct Named {
    std::string_view name;
    std::optional<std::string_view> value;
  };
  for (Named const& setting : {Named{"the flag", flag},
                               {"AWS_REGION", environment.get("AWS_REGION")},
                               {"AWS_DEFAULT_REGION", environment.get("AWS_DEFAULT_REGION")},
                               {"region of the profile", profile.get("region")}}) {
    if (!setting.value || trim(*setting.value).empty()) continue;
    auto region = parse_region(*setting.value);
    if (!region) return std::move(region).error().within(setting.name);
    return std::optional<RegionSetting>(*std::move(region));
  }
  return std::optional<RegionSetting>{};
}

}  // namespace sla::inline v1::aws

// sla/aws/config/endpoint_settings.hpp
// What the user's settings say about endpoints, in the order in which the SDKs ask: the variable of
// the service, the variable of all services, the profile's section of the service, the profile. The
// two inputs are functions, so that this knows neither the process nor the format of a file.

namespace sla::inline v1::aws {

/// Returns the last part of the variable AWS_ENDPOINT_URL_<SERVICE>; in lower case the profile's
/// name.
[[nodiscard]] constexpr std::string_view settings_name(Service service) noexcept {
  constexpr std::array<std::string_view, 6> names{"SNS", "S3", "STS", "SSM", "CLOUDWATCH", "IAM"};
  return names[static_cast<std::size_t>(service)];
}

/// Where requests go, as far as the region of a request does not decide it.
struct EndpointSettings {
  Fips fips = Fips::off;
  DualStack dual_stack = DualStack::off;
  Addressing addressing = Addressing::automatic;
  ObjectChecksum checksum = ObjectChecksum::sha256;
  std::array<std::optional<Url>, 6> custom{};  ///< by Service

  /// Returns the options for a service in a region.
  [[nodiscard]] EndpointOptions in(std::string_view region, Service service) const {
    return {std::string(region), fips, dual_stack, custom[static_cast<std::size_t>(service)]};
  }
};

/// A profile that says nothing.
struct NoProfile {
  std::optional<std::string_view> operator()(std::string_view /*key*/) const {
    return std::nullopt;
  }
};

namespace detail {

/// The two names of one setting; an empty one is not asked for.
struct SettingNames {
  std::string_view variable{};
  std::string_view key{};  ///< in the profile
};

/// One setting and where it was found, so that an error can name it.
struct FoundSetting {
  std::string name{};
  std::string_view value{};
};

/// What is set and not blank, in the variable or else in the profile.
template <class Variables, class Profile>
std::optional<FoundSetting> find_setting(Variables const& variables, Profile const& profile,
                                         SettingNames names) {
  std::optional<std::string_view> value;
  if (!names.variable.empty()) value = variables(names.variable);
  if (value && !trim(*value).empty())
    return FoundSetting{std::string(names.variable), trim(*value)};
  value.reset();
  if (!names.key.empty()) value = profile(names.key);
  if (value && !trim(*value).empty()) return FoundSetting{std::string(names.key), trim(*value)};
  return std::nullopt;
}

inline Result<bool> read_switch(std::optional<FoundSetting> const& setting) {
  if (!setting || same_ignoring_case(setting->value, "false")) return false;
  if (same_ignoring_case(setting->value, "true")) return true;
  return Error{Errc::invalid, setting->name + ": must be true or false"};
}

inline Result<Addressing> read_addressing(std::optional<std::string_view> text) {
  std::string_view const style = text ? trim(*text) : "";
  if (style.empty() || same_ignoring_case(style, "auto")) return Addressing::automatic;
  if (same_ignoring_case(style, "path")) return Addressing::path;
  if (same_ignoring_case(style, "virtual")) return Addressing::virtual_hosted;
  return Error{Errc::invalid, "s3.addressing_style: must be auto, path or virtual"};
}

inline Result<ObjectChecksum> read_checksum(std::optional<FoundSetting> const& setting) {
  if (!setting || same_ignoring_case(setting->value, "when_supported")) {
    return ObjectChecksum::sha256;
  }
  if (same_ignoring_case(setting->value, "when_required")) return ObjectChecksum::none;
  return Error{Errc::invalid, setting->name + ": must be when_supported or when_required"};
}

/// The custom endpoint of a service; both variables go before both places of the profile.
template <class Variables, class Profile>
Result<std::optional<Url>> read_custom(Variables const& variables, Profile const& profile,
                                       Service service) {
  std::string const variable = "AWS_ENDPOINT_URL_" + std::string(settings_name(service));
  std::string const section = lower(settings_name(service)) + ".endpoint_url";
  std::optional<FoundSetting> found;
  for (SettingNames const names : {SettingNames{variable, ""},
                                   {"AWS_ENDPOINT_URL", ""},
                                   {"", section},
                                   {"", "endpoint_url"}}) {
    if (!found) found = find_setting(variables, profile, names);
  }
  if (!found) return std::optional<Url>{};
  auto url = parse_url(found->value);
  if (!url) return std::move(url).error().within(found->name);
  return std::optional<Url>(*std::move(url));
}

}  // namespace detail

/// Reads the settings from `variables(name)` and `profile(key)`, which give a text or nothing. The
/// keys of the profile are `use_fips_endpoint`, `use_dualstack_endpoint`, `endpoint_url`,
/// `ignore_configured_endpoint_urls`, `request_checksum_calculation`, `s3.addressing_style`, and
/// `sns.endpoint_url` and so on for what stands in its section of services. The error names the
/// setting that is wrong.
template <class Variables, class Profile = NoProfile>
[[nodiscard]] Result<EndpointSettings> read_endpoint_settings(Variables const& variables,
                                                              Profile const& profile = {}) {
  EndpointSettings settings{};
  auto const fips = detail::read_switch(
      detail::find_setting(variables, profile, {"AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint"}));
  if (!fips) return fips.error();
  auto const dual_stack = detail::read_switch(detail::find_setting(
      variables, profile, {"AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint"}));
  if (!dual_stack) return dual_stack.error();
  auto const ignore = detail::read_switch(detail::find_setting(
      variables, profile,
      {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls"}));
  if (!ignore) return ignore.error();
  auto const addressing = detail::read_addressing(profile("s3.addressing_style"));
  if (!addressing) return addressing.error();
  auto const checksum = detail::read_checksum(detail::find_setting(
      variables, profile, {"AWS_REQUEST_CHECKSUM_CALCULATION", "request_checksum_calculation"}));
  if (!checksum) return checksum.error();
  settings.checksum = *checksum;
  settings.fips = *fips ? Fips::on : Fips::off;
  settings.dual_stack = *dual_stack ? DualStack::on : DualStack::off;
  settings.addressing = *addressing;
  if (*ignore) return settings;
  for (Service const service :
       {Service::sns, Service::s3, Service::sts, Service::ssm, Service::cloudwatch, Service::iam}) {
    auto custom = detail::read_custom(variables, profile, service);
    if (!custom) return custom.error();
    settings.custom[static_cast<std::size_t>(service)] = *std::move(custom);
  }
  return settings;
}

/// Reads the settings from an environment alone.
[[nodiscard]] inline Result<EndpointSettings> endpoint_settings(Environment const& environment) {
  return read_endpoint_settings([&](std::string_view name) { return environment.get(name); });
}

}  // namespace sla::inline v1::aws

// sla/aws/call/refusal.hpp
// What the refusal of a service means, whether the same request is worth another attempt, and the
// Error that tells people. Services put into their messages what they were sent: some give back the
// canonical request, line by line, session token included, so only the first line is kept.

namespace sla::inline v1::aws {

/// Returns the bare name of a service's error code, in whichever form it comes:
/// `com.amazonaws.ssm#ThrottlingException:http://...` is `Throttling`.
[[nodiscard]] constexpr std::string_view bare_code(std::string_view code) noexcept {
  code = code.substr(0, code.find(':'));
  code.remove_prefix(code.find('#') + 1);  // npos + 1 is 0
  constexpr std::string_view ending = "Exception";
  if (code.size() > ending.size() && code.ends_with(ending)) code.remove_suffix(ending.size());
  return code;
}

namespace detail {

constexpr bool is_one_of(std::string_view code,
                         std::initializer_list<std::string_view> names) noexcept {
  return std::find(names.begin(), names.end(), code) != names.end();
}

/// What a bare code says by itself, whatever the HTTP status.
constexpr std::optional<Errc> meaning_of_code(std::string_view code) noexcept {
  if (is_one_of(code, {"Throttling", "Throttled", "RequestThrottled", "KMSThrottling",
                       "EC2Throttled", "TooManyRequests", "ProvisionedThroughputExceeded",
                       "TransactionInProgress", "RequestLimitExceeded", "BandwidthLimitExceeded",
                       "LimitExceeded", "SlowDown", "PriorRequestNotComplete"})) {
    return Errc::throttled;
  }
  if (is_one_of(code, {"RequestTimeout", "InternalError", "InternalFailure", "InternalServerError",
                       "ServiceUnavailable", "IDPCommunicationError", "ConditionalRequestConflict",
                       "OperationAborted"})) {
    return Errc::unavailable;
  }
  if (is_one_of(code, {"ExpiredToken", "InvalidToken"})) return Errc::expired;
  if (is_one_of(code, {"AccessDenied",
                       "AllAccessDisabled",
                       "AuthFailure",
                       "AuthorizationError",
                       "IDPRejectedClaim",
                       "IncompleteSignature",
                       "InvalidAccessKeyId",
                       "InvalidClientTokenId",
                       "InvalidIdentityToken",
                       "InvalidSignature",
                       "KMSAccessDenied",
                       "KMSOptInRequired",
                       "MissingAuthenticationToken",
                       "NotAuthorized",
                       "OptInRequired",
                       "RegionDisabled",
                       "RequestExpired",
                       "RequestInTheFuture",
                       "RequestTimeTooSkewed",
                       "SignatureDoesNotMatch",
                       "UnauthorizedOperation",
                       "UnrecognizedClient"})) {
    return Errc::denied;
  }
  if (is_one_of(code, {"NotFound", "NoSuchBucket", "NoSuchKey", "KMSNotFound", "ParameterNotFound",
                       "ResourceNotFound"})) {
    return Errc::not_found;
  }
  if (code == "PreconditionFailed") return Errc::exists;
  if (is_one_of(code, {"EntityTooLarge", "KeyTooLong", "KeyTooLongError", "MetadataTooLarge"})) {
    return Errc::unacceptable;
  }
  return std::nullopt;
}

constexpr Errc meaning_of_status(int status) noexcept {
  switch (status) {
    case 500:
    case 502:
    case 503:
    case 504:
      return Errc::unavailable;
    case 401:
    case 403:
      return Errc::denied;
    case 404:
      return Errc::not_found;
    case 412:
      return Errc::exists;
    case 413:
      return Errc::unacceptable;
    case 429:
      return Errc::throttled;
    default:
      return Errc::rejected;
  }
}

}  // namespace detail

/// Why an attempt may be repeated at once; the reason decides the price and the wait.
enum class RetryReason {
  none,        ///< asking again changes nothing
  transient,   ///< the connection or the service failed
  throttling,  ///< the service asks for fewer requests
};

/// What an answer that is no success means, and whether the same request is worth another attempt.
struct Refusal {
  Errc code = Errc::rejected;
  RetryReason reason = RetryReason::none;
};

/// Returns why an error of a transport or a service is worth another attempt, if it is.
[[nodiscard]] constexpr RetryReason retry_reason(Errc code) noexcept {
  if (code == Errc::throttled) return RetryReason::throttling;
  return retryable(code) ? RetryReason::transient : RetryReason::none;
}

/// Reads a refusal: the service's code decides, the HTTP status only where the code is not known. A
/// 429 that no code explains is Errc::throttled, but as in the SDKs not worth an attempt of its
/// own: whoever sends the message again does so much later.
[[nodiscard]] constexpr Refusal read_refusal(int status, std::string_view service_code) noexcept {
  auto const code = detail::meaning_of_code(bare_code(service_code));
  Errc const meaning = code ? *code : detail::meaning_of_status(status);
  if (!code && status == 429) return {meaning, RetryReason::none};
  return {meaning, retry_reason(meaning)};
}

/// `http 403: AccessDenied: not allowed (request id 4f2a)`.
[[nodiscard]] inline Error refusal_error(Errc code, int status, ServiceError const& said) {
  std::string message = "http " + std::to_string(status);
  std::string_view const words = trim(said.message);
  if (!said.code.empty()) message.append(": ").append(said.code, 0, 100);
  if (!words.empty()) message.append(": ").append(words.substr(0, words.find('\n')), 0, 500);
  if (!said.request_id.empty()) {
    message.append(" (request id ").append(said.request_id, 0, 100).append(")");
  }
  for (char& c : message) c = is_control(c) ? ' ' : c;
  return Error{code, std::move(message), http_status(status)};
}

}  // namespace sla::inline v1::aws

// sla/aws/call/retry.hpp
// Whether to ask a service again, and after how long: the standard retry mode 2.1 that the AWS SDKs
// share. Everything here is pure: the waiting, the random numbers and the deadline are the
// caller's. https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html

namespace sla::inline v1::aws {

/// The tokens that pay for retries: while a service fails for everybody, a client runs out of them
/// and asks once per call. Lives as long as its client. Not thread-safe.
class RetryQuota {
 public:
  static constexpr int capacity = 500;

  RetryQuota() = default;
  explicit RetryQuota(int tokens) noexcept : tokens_(std::clamp(tokens, 0, capacity)) {}

  [[nodiscard]] int tokens() const noexcept { return tokens_; }
  /// Takes that many tokens, or none and says no.
  [[nodiscard]] bool take(int cost) noexcept {
    if (cost > tokens_) return false;
    tokens_ -= cost;
    return true;
  }
  void give_back(int tokens) noexcept { tokens_ = std::min(capacity, tokens_ + tokens); }

 private:
  int tokens_ = capacity;
};

/// Limits of the retries.
struct RetryOptions {
  int max_attempts = 3;  ///< the first one included; AWS_MAX_ATTEMPTS
  Duration max_delay = std::chrono::seconds{20};
};

/// What to do after a failed attempt.
enum class RetryVerdict {
  retry,
  not_retryable,
  attempts_used_up,
  quota_used_up,
};

/// The retries of one call: tell it how each attempt ended. The quota outlives it.
class Retry {
 public:
  /// One failed attempt.
  struct Failure {
    RetryReason reason = RetryReason::none;
    double jitter = 0;                                 ///< at random, from 0 to below 1
    std::optional<std::string_view> retry_after = {};  ///< x-amz-retry-after, in milliseconds
  };
  struct Decision {
    RetryVerdict verdict = RetryVerdict::not_retryable;
    Duration delay = Duration::zero();  ///< before the next attempt
  };

  Retry(RetryOptions options, RetryQuota& quota) noexcept : options_(options), quota_(&quota) {}

  /// Returns how many attempts ended so far.
  [[nodiscard]] int attempts() const noexcept { return attempts_; }

  /// Takes in that an attempt failed, and says whether there is another one, which is then paid
  /// for.
  [[nodiscard]] Decision fail(Failure const& failure) noexcept {
    ++attempts_;
    if (failure.reason == RetryReason::none) return {RetryVerdict::not_retryable};
    if (attempts_ >= options_.max_attempts) return {RetryVerdict::attempts_used_up};
    int const cost = failure.reason == RetryReason::throttling ? 5 : 14;
    if (!quota_->take(cost)) return {RetryVerdict::quota_used_up};
    last_cost_ = cost;
    return {RetryVerdict::retry, delay(failure)};
  }

  /// An attempt succeeded: gives back what the last retry cost, or one token if there was none.
  void succeed() noexcept {
    ++attempts_;
    quota_->give_back(last_cost_ == 0 ? 1 : last_cost_);
  }

 private:
  [[nodiscard]] Duration delay(Failure const& failure) const noexcept {
    using namespace std::chrono;
    Duration longest = failure.reason == RetryReason::throttling ? seconds{1} : milliseconds{50};
    for (int i = 1; i < attempts_ && longest < options_.max_delay; ++i) longest *= 2;
    longest = std::min(longest, options_.max_delay);
    auto const computed = duration_cast<Duration>(duration<double, Duration::period>(longest) *
                                                  std::clamp(failure.jitter, 0.0, 1.0));
    if (!failure.retry_after) return computed;
    auto const asked = parse_integer(trim(*failure.retry_after));
    if (!asked || *asked < 0) return computed;
    Duration const wanted = milliseconds{std::min<std::int64_t>(*asked, 3'600'000)};
    return std::clamp<Duration>(wanted, computed, computed + seconds{5});
  }

  RetryOptions options_;
  RetryQuota* quota_;
  int attempts_ = 0;
  int last_cost_ = 0;
};

}  // namespace sla::inline v1::aws

// sla/aws/call/attempts.hpp
// The attempts of one small request, such as those for credentials: repeated by the rule of
// aws/call/retry.hpp, each within a time limit of its own. Clients of services keep a quota over
// many calls instead.

namespace sla::inline v1::aws {

/// Limits of the attempts.
struct AttemptLimits {
  int attempts = 3;                         ///< the first one included
  Duration each = std::chrono::seconds{5};  ///< for one attempt; one that needs more is given it
  Duration pause = Duration::zero();        ///< between two attempts at least
};

/// Calls `attempt(deadline)` until `judge(answer)` sees no reason for another one, or the attempts
/// are used up; returns the last answer. What took all of its time has twice as much the next
/// time.
template <class C, class Attempt, class Judge>
auto repeat_attempts(C& clock, AttemptLimits limits, Attempt attempt, Judge judge) {
  RetryQuota quota;
  Retry retry({.max_attempts = limits.attempts}, quota);
  for (;;) {
    Instant const deadline = clock.now() + limits.each;
    auto answer = attempt(deadline);
    if (clock.now() >= deadline) limits.each *= 2;
    auto const next = retry.fail({.reason = judge(answer), .jitter = random_fraction()});
    if (next.verdict != RetryVerdict::retry) return answer;
    clock.sleep_until(clock.now() + std::max<Duration>(next.delay, limits.pause));
  }
}

/// One transport for several users, one at a time: copies send over the same connection. Not
/// thread-safe.
template <class T>
class SharedTransport {
  using Held = internal::HeldTransport<T>;

 public:
  explicit SharedTransport(T transport) : held_(std::make_shared<Held>(std::move(transport))) {}

  [[nodiscard]] Result<Response> send(Request const& request, Instant deadline) {
    return held_->send(request, deadline);
  }
  [[nodiscard]] std::vector<Result<Response>> send_all(
      std::vector<Request> const& requests, Instant deadline) requires BatchTransport<Held> {
    return held_->send_all(requests, deadline);
  }

 private:
  std::shared_ptr<Held> held_;

  static_assert(
      Transport<T>,
      "SharedTransport's parameter must be a sla::aws::Transport: movable, with "
      "sla::Result<sla::aws::Response> send(sla::aws::Request const&, sla::Instant deadline)");
};

}  // namespace sla::inline v1::aws

// sla/aws/call/skew.hpp
// How far this machine's clock is from the service's. Signatures carry a time, so a wrong clock
// makes every request fail; the Date of each answer says by how much it is wrong. Copies tell each
// other what they learn, so that the clients of a program pay once for a wrong clock. The caller
// says what time it was.

namespace sla::inline v1::aws {

/// When a request was sent and its answer received, by the machine's clock.
struct Exchange {
  WallTime sent{};
  WallTime received{};
};

/// The service's clock minus ours, as the last answer showed it; before the first one, as a copy
/// of this was shown last by any service. A copy knows nothing of its own. Copies may be used by
/// different threads, each one by one thread.
class ClockSkew {
 public:
  ClockSkew() = default;
  explicit ClockSkew(Duration offset) { learn(offset); }
  ClockSkew(ClockSkew const& other) noexcept : shared_(other.shared_) {}
  // One that was moved from can still be asked, so it keeps its share.
  // NOLINTNEXTLINE(performance-move-constructor-init,cert-oop11-cpp): copying is meant
  ClockSkew(ClockSkew&& other) noexcept : shared_(other.shared_), own_(other.own_) {}
  ClockSkew& operator=(ClockSkew const&) = delete;
  ClockSkew& operator=(ClockSkew&&) = default;
  ~ClockSkew() = default;

  /// Returns what to add to our time to have the service's.
  [[nodiscard]] Duration offset() const noexcept {
    return own_ ? *own_ : Duration{shared_->load(__ATOMIC_RELAXED)};
  }

  /// Learns from any answer. One without a Date, out of a cache, or under way for more than 15
  /// minutes says nothing.
  void observe(Exchange exchange, Response const& response) {
    Duration const took = exchange.received - exchange.sent;
    if (took < Duration::zero() || took > std::chrono::minutes{15}) return;
    if (find_header(response.headers, "age")) return;
    auto const date = parse_http_date(find_header(response.headers, "date").value_or(""));
    if (date) learn(*date - (exchange.sent + took / 2));
  }

  /// Returns true if a refusal comes from having signed with that offset: the code may mean it, and
  /// what was learned since differs by more than 4 minutes. Ask after observe(). Without the second
  /// condition every wrong key would be tried again.
  [[nodiscard]] bool explains(std::string_view service_code, Duration used) const noexcept {
    Duration const known = offset();
    Duration const difference = known > used ? known - used : used - known;
    if (difference <= std::chrono::minutes{4}) return false;
    for (std::string_view const code :
         {"InvalidSignature", "SignatureDoesNotMatch", "AuthFailure", "RequestTimeTooSkewed",
          "RequestExpired", "RequestInTheFuture", "AccessDenied"}) {
      if (bare_code(service_code) == code) return true;
    }
    return false;
  }

 private:
  void learn(Duration offset) noexcept {
    own_ = offset;
    shared_->store(offset.count(), __ATOMIC_RELAXED);
  }

  std::shared_ptr<internal::Atomic<Duration::rep>> shared_ =
      std::make_shared<internal::Atomic<Duration::rep>>(0);
  std::optional<Duration> own_{};
};

}  // namespace sla::inline v1::aws

// sla/aws/call/client.hpp
// Calls one AWS service: signs each attempt anew, sends it, reads a refusal, and asks again where
// that helps and the deadline allows it. It corrects the time in signatures by what the service
// says the time is, and has expired credentials renewed once. It knows no format of an answer.

namespace sla::inline v1::aws {

/// Whether a call says who makes it.
enum class Authentication {
  sigv4,
  none,  ///< AssumeRoleWithWebIdentity: the token in the body says it
};

/// What holds for one call besides its request.
struct Call {
  SigningScope scope{};  ///< ignored if nothing is signed
  Instant deadline{};    ///< after it no further attempt begins; the first is made in any case
  /// When an attempt under way is given up, however far it got. The transport's own limits grow
  /// with what a service needs, this one does not.
  Instant cut = Instant::max();
  Authentication authentication = Authentication::sigv4;
};

/// A random number from 0 to below 1 for each wait, so that clients do not return all at once.
struct RandomJitter {
  double operator()() const { return random_fraction(); }
};

/// Calls one service. Its transport keeps the connection, its quota and its clock correction last
/// from call to call. A source of credentials with `reject(std::string_view access_key_id)` is told
/// when the service took them for expired. What it learns of the clock its skew's copies know too.
/// Not thread-safe.
template <class T, class S, class C = SteadyClock, class J = RandomJitter>
class Client {
  using HeldSource = internal::HeldCredentialSource<S>;
  using HeldClock = internal::HeldClock<C>;

 public:
  Client(T transport, S source, RetryOptions options = {}, C clock = {}, J jitter = {},
         ClockSkew const& skew = {})
      : transport_(std::move(transport)),
        source_(std::move(source)),
        options_(options),
        clock_(std::move(clock)),
        jitter_(std::move(jitter)),
        skew_(skew) {}

  /// Returns the answer, if its status is 2xx. `read_error(Response const&) -> ServiceError` reads
  /// what the service says otherwise; the Error then has the HTTP status. An Error after more than
  /// one attempt says how many there were. Its code, for every operation of every service:
  /// unavailable, timed_out and throttled pass by themselves; expired and denied are about the keys
  /// and the rights; not_found, exists, unacceptable and rejected about the request; stopped if the
  /// stop was requested. Those of the source of credentials come as they are.
  template <class ReadError>
  [[nodiscard]] Result<Response> call(Request request, Call const& how, ReadError read_error) {
    Retry retry(options_, quota_);
    Renewal renewal = can_renew ? Renewal::possible : Renewal::impossible;
    for (;;) {
      Attempt attempt = send(request, how);
      if (attempt.result && attempt.result->ok()) {
        retry.succeed();
        return std::move(attempt.result);
      }
      if (attempt.result) refuse(attempt, read_error(*attempt.result), renewal);
      auto const next = retry.fail(
          {.reason = attempt.reason, .jitter = jitter_(), .retry_after = attempt.retry_after});
      Instant const again = clock_.now() + next.delay;
      if (next.verdict != RetryVerdict::retry || again >= how.deadline) {
        if (retry.attempts() == 1) return attempt.result.error();
        return attempt.result.error().within("after " + std::to_string(retry.attempts()) +
                                             " attempts");
      }
      clock_.sleep_until(again);
    }
  }

  /// Makes one attempt at each of the requests, all of them at once where the transport can, and
  /// returns the answers in the same order, with the errors of call(). Nothing is tried again: what
  /// failed is for call(), alone. Credentials are asked for once, and renewed for the next call
  /// where the service took them for expired.
  template <class ReadError>
  [[nodiscard]] std::vector<Result<Response>> call_all(std::vector<Request> requests,
                                                       Call const& how, ReadError read_error) {
    std::vector<Result<Response>> answers;
    Renewal renewal = can_renew ? Renewal::possible : Renewal::impossible;
    for (Attempt& attempt : send_all(std::move(requests), how)) {
      bool const good = attempt.result && attempt.result->ok();
      if (good) quota_.give_back(1);
      if (attempt.result && !good) refuse(attempt, read_error(*attempt.result), renewal);
      answers.push_back(std::move(attempt.result));
    }
    return answers;
  }

  /// Returns the service's clock minus ours, as far as known.
  [[nodiscard]] Duration skew() const noexcept { return skew_.offset(); }

  [[nodiscard]] HeldSource& source() noexcept { return source_; }
  [[nodiscard]] HeldClock& clock() noexcept { return clock_; }

 private:
  static constexpr bool can_renew = requires(HeldSource & source, std::string_view access_key_id) {
    source.reject(access_key_id);
  };
  enum class Renewal { possible, impossible };

  struct Attempt {
    Result<Response> result;
    RetryReason reason = RetryReason::none;
    Duration skew = Duration::zero();  ///< that it was signed with
    std::string access_key_id{};       ///< empty if nothing is signed
    std::optional<std::string> retry_after{};
  };

  Attempt send(Request& request, Call const& how) {
    Attempt attempt{.result = Response{}, .skew = skew_.offset()};
    if (how.authentication == Authentication::sigv4) sign(request, attempt, keys(), how.scope);
    if (!attempt.result) return attempt;
    Instant const sent = clock_.now();
    take(attempt, transport_.send(request, how.cut), sent);
    return attempt;
  }

  std::vector<Attempt> send_all(std::vector<Request> requests, Call const& how) {
    std::vector<Attempt> attempts;
    if (requests.empty()) return attempts;
    bool const is_signed = how.authentication == Authentication::sigv4;
    Result<Credentials> const with = is_signed ? keys() : Credentials{};
    std::vector<Request> ready;
    for (Request& request : requests) {
      attempts.push_back({.result = Response{}, .skew = skew_.offset()});
      if (is_signed) sign(request, attempts.back(), with, how.scope);
      if (attempts.back().result) ready.push_back(std::move(request));
    }
    Instant const sent = clock_.now();
    std::vector<Result<Response>> answers = answers_to(ready, how.cut);
    auto answer = answers.begin();
    for (Attempt& attempt : attempts) {
      if (attempt.result) take(attempt, std::move(*answer++), sent);
    }
    return attempts;
  }
  std::vector<Result<Response>> answers_to(std::vector<Request> const& requests, Instant cut) {
    if constexpr (BatchTransport<internal::HeldTransport<T>>) {
      return transport_.send_all(requests, cut);
    } else {
      std::vector<Result<Response>> answers;
      for (Request const& request : requests) answers.push_back(transport_.send(request, cut));
      return answers;
    }
  }

  /// Takes in what came of a request that was sent then.
  void take(Attempt& attempt, Result<Response>&& answer, Instant sent) {
    attempt.result = std::move(answer);
    if (attempt.result) {
      WallTime const received = clock_.wall();
      skew_.observe({received - (clock_.now() - sent), received}, *attempt.result);
    } else {
      attempt.reason = retry_reason(attempt.result.error().code);
    }
  }

  Result<Credentials> keys() {
    auto keys = source_.credentials(clock_.wall() + skew_.offset());
    if (!keys) return keys.error().within("credentials");
    return keys;
  }
  /// Signs a request, or says why it is not sent. What an earlier attempt signed is replaced.
  void sign(Request& request, Attempt& attempt, Result<Credentials> const& keys,
            SigningScope const& scope) {
    auto const done = keys ? signer_.sign(request, *keys, scope, clock_.wall() + skew_.offset())
                           : Result<void>(keys.error());
    if (done)
      attempt.access_key_id = keys->access_key_id;
    else
      attempt.result = done.error();
  }

  /// Makes of an answer that is no success the error that it is.
  void refuse(Attempt& attempt, ServiceError const& said, Renewal& renewal) {
    int const status = attempt.result->status;
    Refusal const refusal = read_refusal(status, said.code);
    if (auto const after = find_header(attempt.result->headers, "x-amz-retry-after")) {
      attempt.retry_after = std::string(*after);
    }
    attempt.result = refusal_error(refusal.code, status, said);
    attempt.reason = refusal.reason;
    if (attempt.access_key_id.empty()) return;
    if (skew_.explains(said.code, attempt.skew)) {
      attempt.reason = RetryReason::transient;
      return;
    }
    if constexpr (can_renew) {
      if (refusal.code != Errc::expired || renewal == Renewal::impossible) return;
      renewal = Renewal::impossible;
      source_.reject(std::string_view(attempt.access_key_id));
      attempt.reason = RetryReason::transient;
    }
  }

  internal::HeldTransport<T> transport_;
  HeldSource source_;
  RetryOptions options_;
  HeldClock clock_;
  J jitter_;
  Signer signer_{};
  RetryQuota quota_{};
  ClockSkew skew_{};

  static_assert(
      Transport<T>,
      "Client's first parameter must be a sla::aws::Transport: movable, with "
      "sla::Result<sla::aws::Response> send(sla::aws::Request const&, sla::Instant deadline)");
  static_assert(CredentialSource<S>,
                "Client's second parameter must be a sla::aws::CredentialSource: movable, with "
                "sla::Result<sla::aws::Credentials> credentials(sla::WallTime now)");
  static_assert(Clock<C>,
                "Client's third parameter must be a sla::Clock: movable, with now(), wall(), "
                "wait_until(sla::Instant, sla::Stop const&) and sleep_until(sla::Instant)");
};

}  // namespace sla::inline v1::aws

// sla/aws/service/arn.hpp
// Amazon resource names, `arn:partition:service:region:account:resource`, and the rules of those
// that name an SNS topic. They are taken apart at the colons, never matched against one partition.

namespace sla::inline v1::aws {

/// The parts of a resource name. Region and account are empty for services that have none.
struct Arn {
  std::string partition{};
  std::string service{};
  std::string region{};
  std::string account{};
  std::string resource{};  ///< may itself hold colons and slashes

  bool operator==(Arn const&) const = default;
};

[[nodiscard]] inline std::string to_string(Arn const& arn) {
  return "arn:" + arn.partition + ':' + arn.service + ':' + arn.region + ':' + arn.account + ':' +
         arn.resource;
}

/// Takes a resource name apart. Only its form is checked.
[[nodiscard]] inline Result<Arn> parse_arn(std::string_view text) {
  if (has_control(text) || text.find(' ') != std::string_view::npos) {
    return Error{Errc::invalid, "an ARN holds no blanks and no control characters"};
  }
  std::vector<std::string_view> const parts = split(text, ':');
  if (parts.front() != "arn" || parts.size() < 6) {
    return Error{Errc::invalid, "'" + std::string(text) +
                                    "' is no ARN: it must read "
                                    "arn:partition:service:region:account:resource"};
  }
  std::size_t const before =
      parts[0].size() + parts[1].size() + parts[2].size() + parts[3].size() + parts[4].size() + 5;
  Arn arn{std::string(parts[1]), std::string(parts[2]), std::string(parts[3]),
          std::string(parts[4]), std::string(text.substr(before))};
  if (arn.partition.empty() || arn.service.empty() || arn.resource.empty()) {
    return Error{Errc::invalid, "'" + std::string(text) +
                                    "' is no ARN: its partition, service or resource is empty"};
  }
  return arn;
}

/// Returns true if a text is an account id: 12 digits.
[[nodiscard]] constexpr bool is_account_id(std::string_view text) noexcept {
  for (char const c : text) {
    if (!is_digit(c)) return false;
  }
  return text.size() == 12;
}

/// Returns true if a topic, by its ARN or its name, keeps order (FIFO).
[[nodiscard]] constexpr bool is_fifo_topic(std::string_view topic) noexcept {
  return topic.ends_with(".fifo");
}

/// Checks that SNS allows the name of a topic: 1 to 256 of A-Z a-z 0-9 _ and -, and an optional
/// .fifo.
[[nodiscard]] inline Result<void> check_topic_name(std::string_view name) {
  std::string_view stem = name;
  if (is_fifo_topic(stem)) stem.remove_suffix(5);
  bool allowed = !stem.empty() && name.size() <= 256;
  for (char const c : stem)
    allowed = allowed && (is_alpha(c) || is_digit(c) || c == '_' || c == '-');
  if (allowed) return {};
  return Error{Errc::invalid,
               "the name of a topic is 1 to 256 letters, digits, hyphens and underscores, and may "
               "end in .fifo"};
}

/// Takes the ARN of a topic apart and checks each part.
[[nodiscard]] inline Result<Arn> parse_topic_arn(std::string_view text) {
  auto arn = parse_arn(text);
  if (!arn) return arn;
  auto const wrong = [&](std::string_view why) {
    return Error{Errc::invalid, "'" + std::string(text) + "' is no topic: " + std::string(why)};
  };
  if (arn->service != "sns") return wrong("its service is not sns");
  if (!valid_region(arn->region)) return wrong("its region is no region");
  if (!is_account_id(arn->account)) return wrong("its account must be 12 digits");
  if (arn->resource.find(':') != std::string::npos) {
    return wrong("it has a part too many, as the ARN of a subscription has");
  }
  if (auto name = check_topic_name(arn->resource); !name) return wrong(name.error().message);
  return arn;
}

/// What a topic's ARN is made of when only its name is known.
struct TopicName {
  std::string_view region;
  std::string_view account;
  std::string_view name;
};

/// Returns the ARN of a topic by its name, in the partition of the region.
[[nodiscard]] inline Result<Arn> topic_arn(TopicName topic) {
  Arn const arn{std::string(partition_of(topic.region).name), "sns", std::string(topic.region),
                std::string(topic.account), std::string(topic.name)};
  return parse_topic_arn(to_string(arn));
}

}  // namespace sla::inline v1::aws

// sla/aws/service/cloudwatch.hpp
// CloudWatch PutMetricData: numbers under names and dimensions, at the times that they are of. What
// CloudWatch would refuse is found here, before a request. It adds up what it gets, so an answer
// that was lost may let a number count twice.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html

namespace sla::inline v1::aws {

/// What a metric counts.
enum class MetricUnit { none, count, seconds };

[[nodiscard]] constexpr std::string_view to_string(MetricUnit unit) noexcept {
  switch (unit) {
    case MetricUnit::none:
      return "None";
    case MetricUnit::count:
      return "Count";
    case MetricUnit::seconds:
      return "Seconds";
  }
  return "None";
}

/// What a metric is about; with its name and namespace they are what tells it from others.
struct MetricDimension {
  std::string name{};   ///< 1 to 255 printable ASCII characters, a colon not first
  std::string value{};  ///< 1 to 1,024 printable ASCII characters; see dimension_value()

  bool operator==(MetricDimension const&) const = default;
};

/// One number of one metric.
struct MetricDatum {
  std::string name{};  ///< 1 to 255 printable ASCII characters
  std::vector<MetricDimension> dimensions{};
  WallTime time{};
  double value = 0;
  MetricUnit unit = MetricUnit::none;
};

/// What is put by one request.
struct PutMetricDataInput {
  std::string metric_namespace{};
  std::vector<MetricDatum> data{};  ///< 1 to 1,000
};

/// The longest value of a dimension.
inline constexpr std::size_t most_dimension_value = 1024;

/// Checks that CloudWatch allows a namespace, and leaves it to others than AWS.
[[nodiscard]] inline Result<void> check_metric_namespace(std::string_view name) {
  constexpr std::string_view others = " ._/#:-";
  bool good =
      !trim(name).empty() && name.size() <= 255 && name.front() != ':' && !name.starts_with("AWS/");
  for (char const c : name) {
    good = good && (is_alpha(c) || is_digit(c) || others.find(c) != others.npos);
  }
  if (good) return {};
  return Error{Errc::invalid,
               "a namespace of metrics is 1 to 255 letters, digits, blanks and any of ._/#:-, and "
               "begins with neither a colon nor AWS/"};
}

/// Returns a text as the value of a dimension, with an underscore for each character that it cannot
/// hold.
[[nodiscard]] inline std::string dimension_value(std::string_view text) {
  std::string value;
  while (!text.empty() && value.size() < most_dimension_value) {
    value += text[0] < ' ' || text[0] > '~' ? '_' : text[0];
    std::size_t const length = utf8_length(text);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return value;
}

namespace detail {

inline bool is_metric_text(std::string_view text, std::size_t most) {
  for (char const c : text) {
    if (c < ' ' || c > '~') return false;
  }
  return !trim(text).empty() && text.size() <= most;
}

inline Result<void> check_datum(MetricDatum const& datum) {
  auto const wrong = [](std::string_view what) {
    return Error{Errc::unacceptable, std::string(what)};
  };
  if (!is_metric_text(datum.name, 255)) {
    return wrong("the name of a metric is not 1 to 255 printable ASCII characters");
  }
  if (datum.dimensions.size() > 30) return wrong(datum.name + " has more than 30 dimensions");
  if (!(std::abs(datum.value) <= std::ldexp(1.0, 360))) {
    return wrong("the value of " + datum.name + " is no number within 2^360");
  }
  for (MetricDimension const& dimension : datum.dimensions) {
    if (!is_metric_text(dimension.name, 255) || dimension.name.front() == ':') {
      return wrong("a dimension of " + datum.name + " has a name that CloudWatch refuses");
    }
    if (!is_metric_text(dimension.value, most_dimension_value)) {
      return wrong("the dimension " + dimension.name + " of " + datum.name +
                   " is not 1 to 1,024 printable ASCII characters");
    }
    std::size_t same = 0;
    for (MetricDimension const& other : datum.dimensions) same += other.name == dimension.name;
    if (same > 1) return wrong(datum.name + " has the dimension " + dimension.name + " twice");
  }
  return {};
}

/// Returns a short text that is read as the same number, with a point in every locale.
inline std::string metric_value(double value) {
  std::array<char, 32> text{};
  for (int digits = 15; digits <= 17; ++digits) {
    std::snprintf(text.data(), text.size(), "%.*g", digits, value);
    if (std::strtod(text.data(), nullptr) == value) break;
  }
  std::string out;
  for (char const c : std::string_view(text.data())) {
    if (is_digit(c) || c == '-' || c == '+' || c == 'e') {
      out += c;
    } else if (out.empty() || out.back() != '.') {  // the locale's point may be two bytes
      out += '.';
    }
  }
  return out;
}

inline void add_datum(QueryForm& form, MetricDatum const& datum, std::size_t number) {
  std::string const entry = "MetricData.member." + std::to_string(number) + '.';
  form.add({entry + "MetricName", datum.name});
  std::size_t at = 0;
  for (MetricDimension const& dimension : datum.dimensions) {
    std::string const member = entry + "Dimensions.member." + std::to_string(++at) + '.';
    form.add({member + "Name", dimension.name}).add({member + "Value", dimension.value});
  }
  form.add({entry + "Timestamp", iso_time(datum.time)});
  form.add({entry + "Value", metric_value(datum.value)});
  form.add({entry + "Unit", to_string(datum.unit)});
}

}  // namespace detail

/// Returns the request that puts data at an endpoint; Errc::unacceptable if CloudWatch
/// would refuse it.
[[nodiscard]] inline Result<Request> put_metric_data_request(PutMetricDataInput const& input,
                                                             Url endpoint) {
  constexpr std::size_t most_bytes = std::size_t{1} << 20U;
  if (auto good = check_metric_namespace(input.metric_namespace); !good) return good.error();
  if (input.data.empty() || input.data.size() > 1000) {
    return Error{Errc::unacceptable, "one request puts 1 to 1,000 data, and these are " +
                                         std::to_string(input.data.size())};
  }
  QueryForm form({"PutMetricData", "2010-08-01"});
  form.add({"Namespace", input.metric_namespace});
  std::size_t number = 0;
  for (MetricDatum const& datum : input.data) {
    if (auto good = detail::check_datum(datum); !good) return good.error();
    detail::add_datum(form, datum, ++number);
  }
  if (form.text().size() > most_bytes) {
    return Error{Errc::unacceptable, "the data have " + std::to_string(form.text().size()) +
                                         " bytes, and the limit is " + std::to_string(most_bytes)};
  }
  return std::move(form).request(std::move(endpoint));
}

/// Checks that an answer is CloudWatch's. One that is not is a proxy's: Errc::unavailable.
[[nodiscard]] inline Result<void> parse_put_metric_data_answer(Response const& response) {
  if (is_xml_root(response.body, "PutMetricDataResponse")) return {};
  return Error{Errc::unavailable, "the answer is not one of CloudWatch",
               http_status(response.status)};
}

/// Puts data with a Client, in the region of the endpoint, until the deadline. Errc::invalid if the
/// namespace is wrong, Errc::unacceptable if CloudWatch would not take the data; otherwise the
/// errors of Client::call().
template <class ServiceClient>
[[nodiscard]] Result<void> put_metric_data(ServiceClient& client, EndpointOptions const& endpoint,
                                           PutMetricDataInput const& input, Instant deadline) {
  constexpr std::string_view context = "cloudwatch put metric data";
  auto url = endpoint_url(Service::cloudwatch, endpoint);
  if (!url) return std::move(url).error().within(context);
  auto request = put_metric_data_request(input, *std::move(url));
  if (!request) return std::move(request).error().within(context);
  SigningScope const scope{.region = endpoint.region,
                           .service = std::string(signing_name(Service::cloudwatch))};
  Call const how{.scope = scope, .deadline = deadline, .cut = deadline};
  auto response = client.call(*std::move(request), how, read_xml_error);
  if (!response) return std::move(response).error().within(context);
  auto done = parse_put_metric_data_answer(*response);
  if (!done) return std::move(done).error().within(context);
  return {};
}

}  // namespace sla::inline v1::aws

// sla/aws/service/iam.hpp
// IAM GetRole: the ARN of the role that has a name in the caller's own account. IAM is one service
// for a whole partition, so its requests are signed for the region that it stands in, whatever
// region the caller is in.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html

namespace sla::inline v1::aws {

/// Checks the name of a role: 1 to 64 letters, digits or any of _+=,.@-
[[nodiscard]] inline Result<void> check_role_name(std::string_view name) {
  constexpr std::string_view others = "_+=,.@-";
  bool good = !name.empty() && name.size() <= 64;
  for (char const c : name) {
    good = good && (is_alpha(c) || is_digit(c) || others.find(c) != std::string_view::npos);
  }
  if (good) return {};
  return Error{Errc::invalid, "the name of a role is 1 to 64 letters, digits or any of _+=,.@-"};
}

/// Builds the request for a role at an endpoint.
[[nodiscard]] inline Request get_role_request(Url endpoint, std::string_view name) {
  QueryForm form({"GetRole", "2010-05-08"});
  form.add({"RoleName", name});
  return std::move(form).request(std::move(endpoint));
}

/// Reads the ARN of the role. An answer that has none is a proxy's: Errc::unavailable.
[[nodiscard]] inline Result<std::string> parse_role_arn(Response const& response) {
  auto const text = xml_text(response.body, {"GetRoleResponse", "GetRoleResult", "Role", "Arn"});
  auto const arn = parse_arn(text ? trim(*text) : std::string_view{});
  if (arn && arn->service == "iam") return std::string(trim(*text));
  return Error{Errc::unavailable, "the answer has no role and is not one of IAM",
               http_status(response.status)};
}

/// Asks a Client's service for the ARN of the role that has this name.
template <class ServiceClient>
[[nodiscard]] Result<std::string> get_role_arn(ServiceClient& client,
                                               EndpointOptions const& endpoint,
                                               std::string_view name, Instant deadline) {
  std::string const context = "iam get role " + std::string(name);
  if (auto good = check_role_name(name); !good) return std::move(good).error().within(context);
  auto url = endpoint_url(Service::iam, endpoint);
  if (!url) return std::move(url).error().within(context);
  SigningScope const scope{.region = std::string(iam_region(endpoint.region)),
                           .service = std::string(signing_name(Service::iam))};
  auto response = client.call(get_role_request(*std::move(url), name),
                              Call{.scope = scope, .deadline = deadline}, read_xml_error);
  if (!response) return std::move(response).error().within(context);
  auto arn = parse_role_arn(*response);
  if (!arn) return std::move(arn).error().within(context);
  return arn;
}

}  // namespace sla::inline v1::aws

// sla/aws/service/imds.hpp
// The metadata service of EC2 instances, version 2 only: every question carries a token that is
// asked for first. Each answer has one second, because inside of a container a token may never
// arrive. The transport must use no proxy.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html

namespace sla::inline v1::aws {

/// Reads where the service is from `variables(name)` and `profile(key)`, which give a text or
/// nothing: AWS_EC2_METADATA_SERVICE_ENDPOINT[_MODE] and the profile's keys of that name.
/// Errc::not_configured if AWS_EC2_METADATA_DISABLED is true.
template <class Variables, class Profile>
[[nodiscard]] Result<Url> read_imds_endpoint(Variables const& variables, Profile const& profile) {
  auto const invalid = [](std::string_view name, std::string_view why) {
    return Error{Errc::invalid, "imds: " + std::string(name) + ": " + std::string(why)};
  };
  std::string_view const disabled = trim(variables("AWS_EC2_METADATA_DISABLED").value_or(""));
  if (same_ignoring_case(disabled, "true")) {
    return Error{Errc::not_configured, "imds: turned off by AWS_EC2_METADATA_DISABLED"};
  }
  for (bool const variable : {true, false}) {
    std::string_view const name =
        variable ? "AWS_EC2_METADATA_SERVICE_ENDPOINT" : "ec2_metadata_service_endpoint";
    std::optional<std::string_view> const text = variable ? variables(name) : profile(name);
    if (!text || trim(*text).empty()) continue;
    auto url = parse_url(trim(*text));
    if (!url) return invalid(name, url.error().message);
    return url;
  }
  std::string_view name = "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE";
  std::optional<std::string_view> mode = variables(name);
  if (!mode || trim(*mode).empty()) {
    name = "ec2_metadata_service_endpoint_mode";
    mode = profile(name);
  }
  std::string_view const wanted = mode ? trim(*mode) : "IPv4";
  if (wanted.empty() || same_ignoring_case(wanted, "IPv4"))
    return parse_url("http://169.254.169.254");
  if (same_ignoring_case(wanted, "IPv6")) return parse_url("http://[fd00:ec2::254]");
  return invalid(name, "it must be IPv4 or IPv6");
}

/// Asks the metadata service. Keeps its token. Not thread-safe.
template <class T, class C>
class Imds {
 public:
  /// Takes what read_imds_endpoint() gave, an error included: it is then the answer.
  Imds(Result<Url> endpoint, T transport, C clock)
      : endpoint_(std::move(endpoint)),
        transport_(std::move(transport)),
        clock_(std::move(clock)) {}

  /// Returns the text at a path such as `/latest/meta-data/placement/region`. Errc::not_found if
  /// there is none, Errc::not_configured if there never was a metadata service.
  [[nodiscard]] Result<std::string> get(std::string_view path) {
    if (!endpoint_) return endpoint_.error();
    auto answer = ask(path);
    if (answer && answer->status == 401) {  // the token was taken back
      token_.clear();
      answer = ask(path);
    }
    if (!answer) return std::move(answer).error().within("imds");
    if (answer->ok()) return std::move(answer->body);
    return refused(answer->status);
  }

  /// Returns the region that the instance is in.
  [[nodiscard]] Result<std::string> region() {
    auto const text = get("/latest/meta-data/placement/region");
    if (!text) return text.error();
    auto const setting = parse_region(*text);
    if (!setting) return Error{Errc::unavailable, "imds: what it says is no region"};
    return setting->region;
  }

 private:
  static constexpr std::int64_t longest_life = 21600;  // seconds: what the service allows

  static Error refused(int status) {
    Errc const code = status == 404                    ? Errc::not_found
                      : status == 401 || status == 403 ? Errc::denied
                                                       : Errc::unavailable;
    return Error{code, "imds: http " + std::to_string(status), http_status(status)};
  }

  Result<Response> ask(std::string_view path) {
    if (auto ready = renew_token(); !ready) return ready.error();
    return send({Method::get, at(path), {{"X-aws-ec2-metadata-token", token_}}, {}});
  }

  [[nodiscard]] Url at(std::string_view path) const {
    Url url = *endpoint_;
    while (url.path.ends_with('/')) url.path.pop_back();
    url.path += path;
    return url;
  }

  Result<void> renew_token() {
    if (!token_.empty() && clock_.now() < token_until_) return {};
    token_.clear();
    Request const request{Method::put,
                          at("/latest/api/token"),
                          {{"X-aws-ec2-metadata-token-ttl-seconds", std::to_string(longest_life)}},
                          {}};
    auto answer = send(request);
    if (!answer) return unreachable(std::move(answer).error());
    if (!answer->ok()) return no_token(answer->status);
    std::string_view const token = trim(answer->body);
    bool const usable = !token.empty() && token.size() <= 4096 && !has_control(token);
    if (!usable) return Error{Errc::unavailable, "its token is none"};
    token_ = token;
    reached_ = true;
    auto const life = parse_integer(
        trim(find_header(answer->headers, "x-aws-ec2-metadata-token-ttl-seconds").value_or("")));
    std::int64_t const seconds =
        std::clamp<std::int64_t>(life.value_or(longest_life), 0, longest_life);
    token_until_ = clock_.now() + std::chrono::seconds{seconds - 120};
    return {};
  }

  /// Nobody answers: no instance of EC2, unless it was one a moment ago.
  [[nodiscard]] Error unreachable(Error error) const {
    bool const absent = error.code == Errc::timed_out || error.code == Errc::unavailable;
    if (absent && !reached_) error.code = Errc::not_configured;
    return error;
  }
  [[nodiscard]] Error no_token(int status) const {
    std::string const http = "http " + std::to_string(status);
    if (status == 403)
      return Error{Errc::denied, http + ": it is turned off here", http_status(status)};
    // What answers there is the metadata service of another cloud.
    bool const other = !reached_ && (status == 404 || status == 405);
    if (other)
      return Error{Errc::not_configured, http + ": it is not that of EC2", http_status(status)};
    return Error{Errc::unavailable, http + " instead of a token", http_status(status)};
  }

  Result<Response> send(Request const& request) {
    return repeat_attempts(
        clock_, {4, std::chrono::seconds{1}},
        [&](Instant deadline) { return transport_.send(request, deadline); },
        [this](Result<Response> const& answer) {
          int const status = answer ? answer->status : 0;
          bool const failed = status >= 500 || status == 400 || status == 429;
          bool const silent = !answer && reached_;  // it was there a moment ago
          if (silent) return retry_reason(answer.error().code);
          return failed ? RetryReason::transient : RetryReason::none;
        });
  }

  Result<Url> endpoint_;
  internal::HeldTransport<T> transport_;
  internal::HeldClock<C> clock_;
  std::string token_;
  Instant token_until_{};
  bool reached_ = false;

  static_assert(
      Transport<T>,
      "Imds's first parameter must be a sla::aws::Transport: movable, with "
      "sla::Result<sla::aws::Response> send(sla::aws::Request const&, sla::Instant deadline)");
  static_assert(Clock<C>,
                "Imds's second parameter must be a sla::Clock: movable, with now(), wall(), "
                "wait_until(sla::Instant, sla::Stop const&) and sleep_until(sla::Instant)");
};

}  // namespace sla::inline v1::aws

// sla/aws/service/s3.hpp
// S3 PutObject and HeadObject: one object in one request, replacing another or only where there is
// none. When S3 answers that the bucket is in another region, the request is repeated there once
// and the Bucket remembers it; the host is always made from the region, never taken from the
// answer. https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html

namespace sla::inline v1::aws {

/// What happens to an object that has the key already.
enum class Existing {
  replace,
  keep,  ///< it stays, and the answer is Errc::exists
};

/// One object.
struct PutObjectInput {
  std::string key{};  ///< 1 to 1,024 bytes
  Output body{};
  std::string content_type = "application/octet-stream";
  std::vector<Header> metadata{};  ///< names without x-amz-meta-; ASCII, 2 KB together
  Existing existing = Existing::replace;
  std::string if_match{};  ///< an ETag: only over the object that has it; empty: any
};

/// What is known of an object without reading it.
struct ObjectHead {
  std::uint64_t size = 0;
  std::vector<Header> metadata{};  ///< names in lower case, without x-amz-meta-
};

/// Returns what the size of a body, in bytes, adds to the time in which its upload is tried again:
/// a second for each 64 KiB.
[[nodiscard]] constexpr Duration upload_time(std::uint64_t size) noexcept {
  return std::chrono::seconds{size / (64U * 1024U)};
}

namespace detail {

inline constexpr std::string_view metadata_prefix = "x-amz-meta-";

inline Result<std::vector<Header>> metadata_headers(std::vector<Header> const& metadata) {
  std::vector<Header> headers;
  std::size_t size = 0;
  for (Header const& entry : metadata) {
    bool good = !entry.name.empty();
    for (char const c : entry.name) {
      good = good && (is_alpha(c) || is_digit(c) || c == '-' || c == '_');
    }
    if (!good)
      return Error{Errc::unacceptable, "'" + entry.name + "' cannot be a name of metadata"};
    for (char const c : entry.value) good = good && c >= ' ' && c <= '~';
    if (!good)
      return Error{Errc::unacceptable, "the metadata " + entry.name + " is not plain ASCII"};
    size += entry.name.size() + entry.value.size();
    headers.push_back({std::string(metadata_prefix) + lower(entry.name), entry.value});
  }
  if (size > 2048) return Error{Errc::unacceptable, "the metadata has more than 2,048 bytes"};
  return headers;
}

/// S3 denies what is not in a bucket of that account.
inline void add_owner(std::vector<Header>& headers, Bucket const& bucket) {
  if (!bucket.owner.empty()) headers.push_back({"x-amz-expected-bucket-owner", bucket.owner});
}

}  // namespace detail

/// Returns the URL of an object. The key is encoded once, slashes stay: `a b/c` is `/a%20b/c`.
[[nodiscard]] inline Result<Url> object_url(Bucket const& bucket, std::string_view key) {
  if (auto good = check_bucket_name(bucket.name); !good) return good.error();
  if (key.empty()) return Error{Errc::unacceptable, "the key of the object is empty"};
  if (key.size() > 1024) return Error{Errc::unacceptable, "the key has more than 1,024 bytes"};
  if (!is_utf8(key)) return Error{Errc::unacceptable, "the key is not UTF-8"};
  auto url = bucket_url(bucket);
  if (!url) return url;
  url->path += '/';
  percent_encode_to(url->path, key, Slash::keep);
  return url;
}

/// Returns the request that puts an object; Errc::unacceptable if S3 would refuse it.
[[nodiscard]] inline Result<Request> put_object_request(Bucket const& bucket,
                                                        PutObjectInput const& input) {
  auto url = object_url(bucket, input.key);
  if (!url) return url.error();
  auto metadata = detail::metadata_headers(input.metadata);
  if (!metadata) return metadata.error();
  if (input.content_type.empty() || has_control(input.content_type)) {
    return Error{Errc::unacceptable, "the content type is empty or holds a control character"};
  }
  Request request{Method::put, *std::move(url), *std::move(metadata), input.body};
  request.headers.push_back({"Content-Type", input.content_type});
  if (input.existing == Existing::keep) request.headers.push_back({"If-None-Match", "*"});
  if (!input.if_match.empty()) request.headers.push_back({"If-Match", input.if_match});
  add_object_options(request.headers, bucket.objects);
  detail::add_owner(request.headers, bucket);
  if (!request.body.sha256()) {
    Sha256 hash;
    auto const sum = sha256(hash, request.body);
    if (!sum) return sum.error();
    request.body = request.body.with_sha256(*sum);  // which is signed too
  }
  if (bucket.checksum == ObjectChecksum::sha256) {
    request.headers.push_back({"x-amz-checksum-sha256", base64(*request.body.sha256())});
  }
  return request;
}

/// Returns the request that asks what is known of an object.
[[nodiscard]] inline Result<Request> head_object_request(Bucket const& bucket,
                                                         std::string_view key) {
  auto url = object_url(bucket, key);
  if (!url) return url.error();
  Request request{Method::head, *std::move(url), {}, {}};
  detail::add_owner(request.headers, bucket);
  return request;
}

/// Checks that the object was put. A success may hold an error, which is then as good as a status
/// of 500; one without an ETag is a proxy's: Errc::unavailable.
[[nodiscard]] inline Result<void> parse_put_answer(Response const& response) {
  if (is_xml_root(response.body, "Error")) {
    ServiceError const error = read_xml_error(response);
    return Error{read_refusal(500, error.code).code, error.code + ": " + error.message,
                 http_status(response.status)};
  }
  if (find_header(response.headers, "etag")) return {};
  return Error{Errc::unavailable, "the answer has no ETag and is not one of S3",
               http_status(response.status)};
}

/// Returns what an answer says of an object.
[[nodiscard]] inline ObjectHead parse_object_head(Response const& response) {
  ObjectHead head{};
  auto const size = find_header(response.headers, "content-length").value_or("0");
  head.size = parse_integer<std::uint64_t>(size).value_or(0);
  for (Header const& header : response.headers) {
    std::string name = lower(header.name);
    if (!name.starts_with(detail::metadata_prefix)) continue;
    head.metadata.push_back({name.substr(detail::metadata_prefix.size()), header.value});
  }
  return head;
}

/// Returns where the bucket is, if an answer refuses a request for coming to the wrong region.
[[nodiscard]] inline std::optional<std::string> read_bucket_region(Response const& response) {
  if (response.status != 301 && response.status != 307 && response.status != 400) {
    return std::nullopt;
  }
  auto const code = xml_text(response.body, {"Error", "Code"}).value_or("");
  bool const head = response.body.empty();  // the answer to HEAD has no code
  if (response.status == 400 && !head && code != "AuthorizationHeaderMalformed" &&
      code != "IllegalLocationConstraintException") {
    return std::nullopt;
  }
  std::string region(find_header(response.headers, "x-amz-bucket-region").value_or(""));
  if (region.empty()) region = xml_text(response.body, {"Error", "Region"}).value_or("");
  if (!valid_region(region)) return std::nullopt;
  return region;
}

namespace detail {

inline Call s3_call(Bucket const& bucket, Instant deadline) {
  SigningScope const scope{.region = bucket.endpoint.region,
                           .service = std::string(signing_name(Service::s3)),
                           .path_style = PathStyle::single,
                           .payload_header = PayloadHeader::sign};
  return {.scope = scope, .deadline = deadline};
}

/// Calls S3 with what `make_request()` makes, and once more where the bucket turns out to be.
template <class ServiceClient, class MakeRequest>
Result<Response> call_s3(ServiceClient& client, Bucket& bucket, MakeRequest make_request,
                         Instant deadline) {
  std::optional<std::string> elsewhere;
  auto const read_error = [&](Response const& response) {
    elsewhere = read_bucket_region(response);
    return read_xml_error(response);
  };
  for (bool moved = false;; moved = true) {
    elsewhere.reset();
    auto request = make_request();
    if (!request) return request.error();
    auto response = client.call(*std::move(request), s3_call(bucket, deadline), read_error);
    if (response) return response;
    bool const here = !elsewhere || *elsewhere == bucket.endpoint.region;
    // A host of the user's own stays; what it says of the region to sign for is heard.
    bool const stays = bucket.endpoint.custom && response.error().http_status() != 400;
    if (moved || here || stays) return response;
    bucket.endpoint.region = *elsewhere;
  }
}

/// Returns what an error of a call is about: `s3 put object s3://bucket/key`.
inline std::string object_context(std::string_view operation, Bucket const& bucket,
                                  std::string_view key) {
  std::string text(operation);
  return text.append(" s3://").append(bucket.name).append("/").append(key);
}

/// Takes in the answers to the objects that could be sent.
inline void read_put_answers(std::vector<Result<Response>> const& answers, Bucket const& bucket,
                             std::vector<PutObjectInput> const& objects,
                             std::vector<Result<void>>& done) {
  auto answer = answers.begin();
  for (std::size_t i = 0; i < objects.size(); ++i) {
    if (done[i]) {
      done[i] = *answer ? parse_put_answer(**answer) : Result<void>(answer->error());
      ++answer;
    }
    if (done[i]) continue;
    done[i] =
        std::move(done[i]).error().within(object_context("s3 put object", bucket, objects[i].key));
  }
}

}  // namespace detail

/// Puts an object with a Client. Errc::exists if one with the key is there and is to be kept;
/// that may be this very object, if the answer to an earlier attempt was lost. Errc::invalid if the
/// bucket's name is wrong, Errc::unacceptable if S3 would not take the key or the metadata;
/// otherwise the errors of Client::call().
template <class ServiceClient>
[[nodiscard]] Result<void> put_object(ServiceClient& client, Bucket& bucket,
                                      PutObjectInput const& input, Instant deadline) {
  auto response = detail::call_s3(
      client, bucket, [&] { return put_object_request(bucket, input); }, deadline);
  auto done = response ? parse_put_answer(*response) : Result<void>(response.error());
  if (done) return {};
  return std::move(done).error().within(detail::object_context("s3 put object", bucket, input.key));
}

/// Puts several objects at once with a Client, one attempt at each, and returns what became of them
/// in their order: the errors of put_object(). Nothing is repeated, in no other region either.
template <class ServiceClient>
[[nodiscard]] std::vector<Result<void>> put_objects(ServiceClient& client, Bucket const& bucket,
                                                    std::vector<PutObjectInput> const& objects,
                                                    Instant deadline) {
  std::vector<Result<void>> done;
  std::vector<Request> requests;
  for (PutObjectInput const& object : objects) {
    auto request = put_object_request(bucket, object);
    done.push_back(request ? Result<void>() : request.error());
    if (request) requests.push_back(*std::move(request));
  }
  auto const answers =
      client.call_all(std::move(requests), detail::s3_call(bucket, deadline), read_xml_error);
  detail::read_put_answers(answers, bucket, objects, done);
  return done;
}

/// Asks with a Client what is known of an object; Errc::not_found, or Errc::denied if the caller
/// may not list the bucket, if there is none.
template <class ServiceClient>
[[nodiscard]] Result<ObjectHead> head_object(ServiceClient& client, Bucket& bucket,
                                             std::string_view key, Instant deadline) {
  auto response = detail::call_s3(
      client, bucket, [&] { return head_object_request(bucket, key); }, deadline);
  if (!response) {
    return std::move(response).error().within(
        detail::object_context("s3 head object", bucket, key));
  }
  return parse_object_head(*response);
}

}  // namespace sla::inline v1::aws

// sla/aws/service/s3_read.hpp
// S3 ListObjectsV2 and GetObject: the keys of a bucket, a page at a time, and objects in parts that
// bound the memory of a reader.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html

namespace sla::inline v1::aws {

/// An object as a list names it.
struct ListedObject {
  std::string key{};
  std::uint64_t size = 0;
};

/// One page of a list.
struct ObjectPage {
  std::vector<ListedObject> objects{};
  std::string next{};  ///< what asks for the next page; empty: this is the last
};

/// Which page of which list.
struct ListObjectsInput {
  std::string prefix{};
  std::string page{};  ///< ObjectPage::next of the page before; empty: the first
};

/// Which part of which object.
struct GetObjectInput {
  std::string key{};
  std::uint64_t from = 0;
  std::uint64_t size = 0;  ///< bytes, at least 1
};

/// Returns the request for a page of keys, at most 1,000.
[[nodiscard]] inline Result<Request> list_objects_request(Bucket const& bucket,
                                                          ListObjectsInput const& input) {
  if (auto good = check_bucket_name(bucket.name); !good) return good.error();
  auto url = bucket_url(bucket);
  if (!url) return url.error();
  url->path += '/';
  if (!input.page.empty()) {
    url->query = "continuation-token=" + percent_encode(input.page, Slash::encode) + '&';
  }
  url->query += "list-type=2";
  if (!input.prefix.empty()) url->query += "&prefix=" + percent_encode(input.prefix, Slash::encode);
  return Request{Method::get, *std::move(url), {}, {}};
}

/// Returns the request for a part of an object.
[[nodiscard]] inline Result<Request> get_object_request(Bucket const& bucket,
                                                        GetObjectInput const& input) {
  auto url = object_url(bucket, input.key);
  if (!url) return url.error();
  std::string range = "bytes=" + std::to_string(input.from) + '-';
  range += std::to_string(input.from + input.size - 1);
  return Request{Method::get, *std::move(url), {{"Range", std::move(range)}}, {}};
}

namespace detail {

/// Collects the objects of a page; one pass, as the documents are large.
inline std::vector<ListedObject> listed_objects(std::string_view document) {
  using Kind = XmlPiece::Kind;
  XmlScanner scanner(document);
  std::array<std::string_view, 3> path{};  // what deeper elements are called does not matter
  std::size_t depth = 0;
  std::vector<ListedObject> objects;
  std::string text;
  for (XmlPiece piece = scanner.next(); piece.kind != Kind::end; piece = scanner.next()) {
    if (piece.kind == Kind::text) append_xml_text(text, piece.content);
    if (piece.kind == Kind::open) {
      if (depth < path.size()) path[depth] = piece.content;
      text.clear();
      ++depth;
    }
    if (piece.kind != Kind::close) continue;
    bool const of_object =
        depth == path.size() && path[0] == "ListBucketResult" && path[1] == "Contents";
    if (of_object && path[2] == "Key") objects.push_back({.key = text});
    if (of_object && path[2] == "Size" && !objects.empty()) {
      objects.back().size = parse_integer<std::uint64_t>(trim(text)).value_or(0);
    }
    depth -= depth == 0 ? 0 : 1;
  }
  return objects;
}

}  // namespace detail

/// Reads a page; Errc::unavailable if it is no answer of S3.
[[nodiscard]] inline Result<ObjectPage> parse_object_page(Response const& response) {
  if (!is_xml_root(response.body, "ListBucketResult")) {
    return Error{Errc::unavailable, "the answer is no list of S3", http_status(response.status)};
  }
  ObjectPage page{.objects = detail::listed_objects(response.body)};
  auto const more = xml_text(response.body, {"ListBucketResult", "IsTruncated"});
  if (more != "true") return page;
  page.next = xml_text(response.body, {"ListBucketResult", "NextContinuationToken"}).value_or("");
  if (page.next.empty())
    return Error{Errc::unavailable, "the list is cut off", http_status(response.status)};
  return page;
}

/// Lists a page of keys with a Client. Errc::not_found if there is no such bucket; otherwise the
/// errors of Client::call().
template <class ServiceClient>
[[nodiscard]] Result<ObjectPage> list_objects(ServiceClient& client, Bucket& bucket,
                                              ListObjectsInput const& input, Instant deadline) {
  constexpr std::string_view context = "s3 list objects";
  auto response = detail::call_s3(
      client, bucket, [&] { return list_objects_request(bucket, input); }, deadline);
  if (!response) return std::move(response).error().within(context);
  auto page = parse_object_page(*response);
  if (!page) return std::move(page).error().within(context);
  return page;
}

/// Reads a part of an object with a Client; less if the object ends before. Errc::not_found if
/// there is no such object, Errc::denied if the caller may not know; otherwise the errors of
/// Client::call().
template <class ServiceClient>
[[nodiscard]] Result<std::string> get_object(ServiceClient& client, Bucket& bucket,
                                             GetObjectInput const& input, Instant deadline) {
  auto response = detail::call_s3(
      client, bucket, [&] { return get_object_request(bucket, input); }, deadline);
  if (!response) return std::move(response).error().within("s3 get object");
  // A store that does not know ranges gives all of it.
  if (response->status != 206 && input.from != 0) {
    return Error{Errc::unavailable, "s3 get object: the store gives no parts",
                 http_status(response->status)};
  }
  return std::move(response->body);
}

}  // namespace sla::inline v1::aws

// sla/aws/service/sns.hpp
// SNS Publish: one message to one topic. What SNS would refuse is found here, before a request;
// what it merely cannot carry (an emoji in an attribute, a blank in a group id) is replaced. The
// region is that of the topic's ARN. Publishing twice delivers twice, but for a FIFO topic.
// https://docs.aws.amazon.com/sns/latest/api/API_Publish.html

namespace sla::inline v1::aws {

/// The type of an attribute's value.
enum class AttributeType {
  string,
  string_array,  ///< the value is a JSON array
  number,        ///< from -10^9 to 10^9, at most 5 digits after the point
};

[[nodiscard]] constexpr std::string_view to_string(AttributeType type) noexcept {
  switch (type) {
    case AttributeType::string:
      return "String";
    case AttributeType::string_array:
      return "String.Array";
    case AttributeType::number:
      return "Number";
  }
  return "String";
}

/// What a subscription can filter by, beside the message.
struct MessageAttribute {
  std::string name{};
  AttributeType type = AttributeType::string;
  std::string value{};
};

/// One message.
struct PublishInput {
  std::string topic_arn{};
  std::string message{};                       ///< UTF-8 without control characters, not empty
  std::vector<MessageAttribute> attributes{};  ///< at most 10
  std::string group_id{};          ///< what a FIFO topic keeps in order; other topics don't get it
  std::string deduplication_id{};  ///< what a FIFO topic delivers once; other topics don't get it
  std::size_t size_limit = 262'144;  ///< bytes of message and attributes; the topic may allow more
};

namespace detail {

inline Error bad_message(std::string_view why) {
  return Error{Errc::unacceptable, std::string(why)};
}

/// Returns true if SNS carries a character: those of XML 1.0 but no others.
inline bool is_xml_character(std::string_view character) {
  if (character.size() == 1)
    return !is_control(character[0]) || is_blank(character[0]) || character[0] == 0x7f;
  return character != "\xEF\xBF\xBE" && character != "\xEF\xBF\xBF";
}

inline Result<void> check_message(std::string_view message) {
  if (message.empty()) return bad_message("the message is empty");
  while (!message.empty()) {
    std::size_t const length = utf8_length(message);
    if (length == 0) return bad_message("the message is not UTF-8");
    if (!is_xml_character(message.substr(0, length))) {
      return bad_message("the message holds a control character, which SNS refuses");
    }
    message.remove_prefix(length);
  }
  return {};
}

/// The value with U+FFFD for what attributes cannot hold: control characters, characters outside
/// the basic multilingual plane, and what is no UTF-8.
inline std::string attribute_value(std::string_view value) {
  std::string clean;
  while (!value.empty()) {
    std::size_t const length = utf8_length(value);
    std::string_view const character = value.substr(0, length);
    bool const good = length > 1 && length < 4 && is_xml_character(character);
    if (good || (length == 1 && !is_control(character[0]))) {
      clean += character;
    } else {
      clean += "\xEF\xBF\xBD";
    }
    value.remove_prefix(length == 0 ? 1 : length);
  }
  return clean;
}

inline bool is_attribute_name(std::string_view name) {
  std::string const lowered = lower(name);
  if (name.empty() || name.size() > 256 || name.front() == '.' || name.back() == '.' ||
      name.find("..") != std::string_view::npos || lowered.starts_with("aws.") ||
      lowered.starts_with("amazon.")) {
    return false;
  }
  for (char const c : name) {
    if (!is_alpha(c) && !is_digit(c) && c != '_' && c != '-' && c != '.') return false;
  }
  return true;
}

inline bool is_attribute_number(std::string_view text) {
  std::size_t const point = text.find('.');
  std::string_view const digits = text.substr(text.starts_with('-') ? 1 : 0);
  bool const plain = !digits.empty() && is_digit(digits.front()) && is_digit(digits.back());
  auto const value = plain ? parse_decimal(text) : std::nullopt;
  return value && *value >= -1e9 && *value <= 1e9 &&
         (point == std::string_view::npos || text.size() - point - 1 <= 5);
}

inline Result<void> check_attributes(std::vector<MessageAttribute> const& attributes) {
  if (attributes.size() > 10) {
    return bad_message("more than 10 attributes: raw subscriptions would lose the message");
  }
  for (MessageAttribute const& attribute : attributes) {
    if (!is_attribute_name(attribute.name)) {
      return bad_message("'" + attribute.name + "' cannot be the name of an attribute");
    }
    if (attribute.value.empty()) {
      return bad_message("the attribute " + attribute.name + " is empty");
    }
    if (attribute.type == AttributeType::number && !is_attribute_number(attribute.value)) {
      return bad_message("the attribute " + attribute.name +
                         " must be a number within 10^9 with at most 5 decimals");
    }
    std::size_t same = 0;
    for (MessageAttribute const& other : attributes) same += other.name == attribute.name ? 1 : 0;
    if (same > 1) return bad_message("the attribute " + attribute.name + " is there twice");
  }
  return {};
}

/// An id as FIFO topics allow it: at most 128 visible ASCII characters, others are underscores.
inline std::string fifo_id(std::string_view id) {
  std::string clean(id.substr(0, 128));
  for (char& c : clean) {
    if (c <= ' ' || c > '~') c = '_';
  }
  return clean;
}

/// Returns the bytes that SNS counts for a message and its attributes.
inline std::size_t counted_size(PublishInput const& input) {
  std::size_t size = input.message.size();
  for (MessageAttribute const& attribute : input.attributes) {
    size += attribute.name.size() + to_string(attribute.type).size() +
            attribute_value(attribute.value).size();
  }
  return size;
}

inline constexpr std::string_view sns_version = "2010-03-31";

/// Adds a message, which is checked, to a form; the names of all that is of it begin with the
/// prefix.
inline void add_message(QueryForm& form, std::string const& prefix, PublishInput const& input) {
  form.add({prefix + "Message", input.message});
  std::size_t number = 0;
  for (MessageAttribute const& attribute : input.attributes) {
    std::string const entry = prefix + "MessageAttributes.entry." + std::to_string(++number) + '.';
    form.add({entry + "Name", attribute.name});
    form.add({entry + "Value.DataType", to_string(attribute.type)});
    form.add({entry + "Value.StringValue", attribute_value(attribute.value)});
  }
  if (!is_fifo_topic(input.topic_arn)) return;
  form.add({prefix + "MessageGroupId", fifo_id(input.group_id)});
  if (!input.deduplication_id.empty()) {
    form.add({prefix + "MessageDeduplicationId", fifo_id(input.deduplication_id)});
  }
}

inline Request checked_publish_request(PublishInput const& input, Url endpoint) {
  QueryForm form({"Publish", sns_version});
  form.add({"TopicArn", input.topic_arn});
  add_message(form, {}, input);
  return std::move(form).request(std::move(endpoint));
}

}  // namespace detail

/// Checks what can be known without SNS: Errc::invalid if the ARN is wrong, Errc::unacceptable if
/// SNS would refuse the message.
[[nodiscard]] inline Result<void> check_publish_input(PublishInput const& input) {
  if (auto arn = parse_topic_arn(input.topic_arn); !arn) return arn.error();
  if (auto good = detail::check_message(input.message); !good) return good;
  if (auto good = detail::check_attributes(input.attributes); !good) return good;
  std::size_t const size = detail::counted_size(input);
  if (size > input.size_limit) {
    return Error{Errc::unacceptable, "message and attributes have " + std::to_string(size) +
                                         " bytes, and the limit is " +
                                         std::to_string(input.size_limit)};
  }
  if (is_fifo_topic(input.topic_arn) && input.group_id.empty()) {
    return detail::bad_message("a FIFO topic needs a group id");
  }
  return {};
}

/// Returns the request that publishes a message at an endpoint; the errors of
/// check_publish_input().
[[nodiscard]] inline Result<Request> publish_request(PublishInput const& input, Url endpoint) {
  if (auto good = check_publish_input(input); !good) return good.error();
  return detail::checked_publish_request(input, std::move(endpoint));
}

/// Returns true if SNS refuses what a message or its attributes hold. Its code is the same where it
/// refuses the topic or the group, so its words tell.
[[nodiscard]] inline bool is_about_content(ServiceError const& said) {
  std::string_view const code = bare_code(said.code);
  if (code != "InvalidParameter" && code != "InvalidParameterValue" &&
      code != "ParameterValueInvalid") {
    return false;
  }
  std::string const words = lower(said.message);
  for (std::string_view const other : {"arn", "messagegroupid", "messagededuplicationid"}) {
    if (words.find(other) != std::string::npos) return false;
  }
  return words.find("message") != std::string::npos;
}

/// Returns the id of the message. An answer that has none is a proxy's: Errc::unavailable.
[[nodiscard]] inline Result<std::string> parse_publish_answer(Response const& response) {
  auto id = xml_text(response.body, {"PublishResponse", "PublishResult", "MessageId"});
  if (id && !trim(*id).empty()) return std::string(trim(*id));
  return Error{Errc::unavailable, "the answer has no MessageId and is not one of SNS",
               http_status(response.status)};
}

/// Publishes a message with a Client, in the region of its topic, and returns the id of the
/// message. Errc::invalid if the ARN is wrong, Errc::unacceptable if SNS would not take an
/// attribute or the message; otherwise the errors of Client::call().
template <class ServiceClient>
[[nodiscard]] Result<std::string> publish(ServiceClient& client, EndpointSettings const& endpoints,
                                          PublishInput const& input, Instant deadline) {
  auto arn = parse_topic_arn(input.topic_arn);
  if (!arn) return std::move(arn).error().within("sns publish");
  std::string const context = "sns publish to " + input.topic_arn;
  auto url = endpoint_url(Service::sns, endpoints.in(arn->region, Service::sns));
  if (!url) return std::move(url).error().within(context);
  auto request = publish_request(input, *std::move(url));
  if (!request) return std::move(request).error().within(context);
  SigningScope const scope{.region = arn->region,
                           .service = std::string(signing_name(Service::sns))};
  ServiceError said{};
  auto response = client.call(*std::move(request), Call{.scope = scope, .deadline = deadline},
                              [&](Response const& no) { return said = read_xml_error(no); });
  if (!response) {
    Error error = std::move(response).error().within(context);
    if (error.code == Errc::rejected && is_about_content(said)) error.code = Errc::unacceptable;
    return error;
  }
  auto id = parse_publish_answer(*response);
  if (!id) return std::move(id).error().within(context);
  return id;
}

}  // namespace sla::inline v1::aws

// sla/aws/service/sns_batch.hpp
// SNS PublishBatch: many messages to one topic, ten to a request and all requests at once. SNS
// takes or refuses each message by itself, so an answer of 200 says nothing of one of them.
// https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html

namespace sla::inline v1::aws {

/// What one batch holds at most.
inline constexpr std::size_t most_batch_entries = 10;
inline constexpr std::size_t most_batch_bytes = 262'144;

namespace detail {

/// What becomes of the messages of one call. One that is alone in its batch is published as any
/// other.
class PublishBatches {
 public:
  /// Checks the messages, which outlive this, and divides those that can be sent, in their order.
  explicit PublishBatches(std::vector<PublishInput> const& inputs) : inputs_(inputs) {
    std::size_t bytes = 0;
    for (PublishInput const& input : inputs) {
      auto good = check_publish_input(input);
      if (good && input.topic_arn != inputs.front().topic_arn) {
        good = Error{Errc::invalid, "its topic is not that of the first message"};
      }
      answers_.push_back(good ? unknown() : good.error());
      if (!good) continue;
      std::size_t const size = counted_size(input);
      bool const full = batches_.empty() || batches_.back().size() == most_batch_entries ||
                        bytes + size > most_batch_bytes;
      if (full) batches_.emplace_back();
      bytes = full ? size : bytes + size;
      batches_.back().push_back(answers_.size() - 1);
    }
    if (!batches_.empty()) region_ = parse_topic_arn(inputs.front().topic_arn).value().region;
  }

  [[nodiscard]] Call call(Instant deadline) const {
    return {.scope = {.region = region_, .service = std::string(signing_name(Service::sns))},
            .deadline = deadline};
  }
  /// Returns the requests, one for each batch.
  [[nodiscard]] std::vector<Request> requests(EndpointSettings const& endpoints) {
    std::vector<Request> requests;
    if (batches_.empty()) return requests;
    auto const url = endpoint_url(Service::sns, endpoints.in(region_, Service::sns));
    for (Batch const& batch : batches_) {
      if (url) {
        requests.push_back(request(batch, *url));
      } else {
        refuse(batch, url.error());
      }
    }
    if (!url) batches_.clear();
    return requests;
  }
  /// Takes in the answers to the requests.
  void read(std::vector<Result<Response>> const& answers) {
    for (std::size_t i = 0; i < batches_.size(); ++i) {
      Batch const& batch = batches_[i];
      if (!answers[i]) {
        refuse(batch, answers[i].error());
      } else if (batch.size() == 1) {
        answers_[batch.front()] = parse_publish_answer(*answers[i]);
      } else {
        read(batch, *answers[i]);
      }
    }
  }
  /// Returns the id or the error of each message.
  [[nodiscard]] std::vector<Result<std::string>> answers() && {
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      if (answers_[i]) continue;
      answers_[i] = std::move(answers_[i]).error().within("sns publish to " + inputs_[i].topic_arn);
    }
    return std::move(answers_);
  }

 private:
  /// The messages that one request carries, by their numbers.
  using Batch = std::vector<std::size_t>;

  static Error unknown() {
    return {Errc::unavailable, "the answer does not say what became of the message"};
  }

  [[nodiscard]] Request request(Batch const& batch, Url const& endpoint) const {
    PublishInput const& first = inputs_[batch.front()];
    if (batch.size() == 1) return checked_publish_request(first, endpoint);
    QueryForm form({"PublishBatch", sns_version});
    form.add({"TopicArn", first.topic_arn});
    for (std::size_t i = 0; i < batch.size(); ++i) {
      std::string const id = std::to_string(i + 1);
      std::string const prefix = "PublishBatchRequestEntries.member." + id + '.';
      form.add({prefix + "Id", id});
      add_message(form, prefix, inputs_[batch[i]]);
    }
    return std::move(form).request(endpoint);
  }

  /// What is wrong with a batch need not be wrong with one of its messages.
  void refuse(Batch const& batch, Error error) {
    if (batch.size() > 1 && error.code == Errc::unacceptable) error.code = Errc::rejected;
    for (std::size_t const number : batch) answers_[number] = error;
  }

  /// Reads an answer that names each message of a batch in one of two lists.
  void read(Batch const& batch, Response const& response) {
    for (std::string_view const list : {"Successful", "Failed"}) {
      for (std::string_view const member : xml_elements(
               response.body, {"PublishBatchResponse", "PublishBatchResult", list, "member"})) {
        auto const text = [&](std::string_view name) {
          return std::string(trim(xml_text(member, {name}).value_or("")));
        };
        auto const id = parse_integer<std::size_t>(text("Id")).value_or(0);
        if (id == 0 || id > batch.size()) continue;
        Result<std::string>& answer = answers_[batch[id - 1]];
        std::string message_id = text("MessageId");
        if (!message_id.empty()) {
          answer = std::move(message_id);
        } else if (list == "Failed") {
          bool const senders = text("SenderFault") == "true";
          answer = entry_error(response, {text("Code"), text("Message"), {}}, senders);
        }
      }
    }
  }
  static Error entry_error(Response const& response, ServiceError said, bool senders) {
    Errc code = read_refusal(senders ? 400 : 500, said.code).code;
    if (code == Errc::rejected && is_about_content(said)) code = Errc::unacceptable;
    said.request_id = read_xml_error(response).request_id;
    return refusal_error(code, response.status, said);
  }

  std::vector<PublishInput> const& inputs_;
  std::vector<Result<std::string>> answers_{};
  std::vector<Batch> batches_{};
  std::string region_{};
};

}  // namespace detail

/// Publishes messages, all to one topic, with a Client: in their order in batches of at most
/// `most_batch_entries` and `most_batch_bytes`, all of which are sent at once; what has to arrive
/// after another message is not for the same call. Makes one attempt, and returns the id or the
/// error of each message, in their order. The errors are those of publish(); Errc::unavailable if
/// SNS does not say what became of the message. A batch that is refused gives each of its messages
/// that error, but none is Errc::unacceptable for it.
template <class ServiceClient>
[[nodiscard]] std::vector<Result<std::string>> publish_batches(
    ServiceClient& client, EndpointSettings const& endpoints,
    std::vector<PublishInput> const& inputs, Instant deadline) {
  detail::PublishBatches batches(inputs);
  auto requests = batches.requests(endpoints);
  batches.read(client.call_all(std::move(requests), batches.call(deadline), read_xml_error));
  return std::move(batches).answers();
}

}  // namespace sla::inline v1::aws

// sla/aws/service/ssm.hpp
// SSM GetParameter and GetParametersByPath: one parameter, or all of them below a path, decrypted,
// page by page. A page may be empty and still not be the last; a service that never comes to an end
// is given up.
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParametersByPath.html

namespace sla::inline v1::aws {

/// Whether people may see the value of a parameter.
enum class ParameterKind {
  plain,   ///< String and StringList
  secure,  ///< SecureString, and any type that comes later
};

/// One parameter. The value is kept as a secret, whatever its kind.
struct Parameter {
  std::string name{};  ///< its whole path
  Secret value{};
  ParameterKind kind = ParameterKind::secure;
};

/// What is below which path; a token asks for the page that follows the one that gave it.
struct ParameterQuery {
  std::string_view path{};   ///< begins with a slash
  std::string_view token{};  ///< empty for the first page
};

/// One page of parameters.
struct ParameterPage {
  std::vector<Parameter> parameters{};
  std::string next_token{};  ///< empty on the last page
};

/// More pages than this are not read; one has ten parameters at most.
inline constexpr std::size_t most_parameter_pages = 1000;

namespace detail {

inline Request ssm_request(Url endpoint, std::string operation, JsonWriter json) {
  return {Method::post,
          std::move(endpoint),
          {{"Content-Type", "application/x-amz-json-1.1"},
           {"X-Amz-Target", std::move(operation.insert(0, "AmazonSSM."))}},
          Output(std::move(json).text())};
}

inline Error ssm_answer_without(std::string_view what) {
  return Error{Errc::unavailable, "the answer cannot be understood: " + std::string(what)};
}

inline Result<Parameter> parse_one_parameter(JsonReply const& item) {
  auto const name = item.required_text("Name");
  if (!name) return foreign_answer(name.error());
  auto const value = item.text("Value");
  if (!value) return ssm_answer_without("a parameter has no Value");
  auto const type = item.text("Type");
  bool const plain = type == "String" || type == "StringList";
  return Parameter{std::string(*name), Secret(*value),
                   plain ? ParameterKind::plain : ParameterKind::secure};
}

}  // namespace detail

/// Returns the request for one page, of the largest size that there is.
[[nodiscard]] inline Request parameters_request(Url endpoint, ParameterQuery const& query) {
  JsonWriter json;
  json.begin_object().key("Path").string(query.path);
  json.key("Recursive").boolean(true).key("WithDecryption").boolean(true);
  json.key("MaxResults").integer(10);
  if (!query.token.empty()) json.key("NextToken").string(query.token);
  json.end_object();
  return detail::ssm_request(std::move(endpoint), "GetParametersByPath", std::move(json));
}

/// Returns the request for one parameter, by its name or its ARN.
[[nodiscard]] inline Request parameter_request(Url endpoint, std::string_view name) {
  JsonWriter json;
  json.begin_object().key("Name").string(name).key("WithDecryption").boolean(true).end_object();
  return detail::ssm_request(std::move(endpoint), "GetParameter", std::move(json));
}

/// Reads the parameters of a page. An answer that is none is a proxy's: Errc::unavailable, without
/// a word of it.
[[nodiscard]] inline Result<ParameterPage> parse_parameters(Response const& response) {
  auto const reply = JsonReply::parse(response.body);
  if (!reply) return foreign_answer(reply.error());
  if (!reply->find({"Parameters"})) return detail::ssm_answer_without("it has no Parameters");
  ParameterPage page{};
  for (JsonReply const& item : reply->items("Parameters")) {
    auto parameter = detail::parse_one_parameter(item);
    if (!parameter) return parameter.error();
    page.parameters.push_back(*std::move(parameter));
  }
  page.next_token = reply->text("NextToken").value_or("");
  return page;
}

/// Reads one parameter; errors as for a page.
[[nodiscard]] inline Result<Parameter> parse_parameter(Response const& response) {
  auto const reply = JsonReply::parse(response.body);
  if (!reply) return foreign_answer(reply.error());
  auto const found = reply->find({"Parameter"});
  if (!found) return detail::ssm_answer_without("it has no Parameter");
  return detail::parse_one_parameter(*found);
}

/// Asks a Client's service for one parameter, by its name or its ARN. Errc::not_found if there is
/// none; otherwise the errors of Client::call().
template <class ServiceClient>
[[nodiscard]] Result<Parameter> get_parameter(ServiceClient& client,
                                              EndpointOptions const& endpoint,
                                              std::string_view name, Instant deadline) {
  std::string const context = "ssm get parameter " + std::string(name);
  auto const url = endpoint_url(Service::ssm, endpoint);
  if (!url) return url.error().within(context);
  Call const how{.scope = {.region = endpoint.region, .service = "ssm"}, .deadline = deadline};
  auto const answer = client.call(parameter_request(*url, name), how, read_json_error);
  auto parameter = answer ? parse_parameter(*answer) : Result<Parameter>(answer.error());
  if (!parameter) return std::move(parameter).error().within(context);
  return parameter;
}

/// Asks a Client's service for all parameters below a path, at any depth, in its order; a path
/// without any is no error. The errors are those of Client::call().
template <class ServiceClient>
[[nodiscard]] Result<std::vector<Parameter>> get_parameters_by_path(ServiceClient& client,
                                                                    EndpointOptions const& endpoint,
                                                                    std::string_view path,
                                                                    Instant deadline) {
  std::string const context = "ssm get parameters by path " + std::string(path);
  auto const url = endpoint_url(Service::ssm, endpoint);
  if (!url) return url.error().within(context);
  Call const how{.scope = {.region = endpoint.region, .service = "ssm"}, .deadline = deadline};
  std::vector<Parameter> all;
  std::set<std::string> tokens{""};
  for (std::string token; tokens.size() <= most_parameter_pages;) {
    auto const answer =
        client.call(parameters_request(*url, {.path = path, .token = token}), how, read_json_error);
    if (!answer) return answer.error().within(context);
    auto page = parse_parameters(*answer);
    if (!page) return std::move(page).error().within(context);
    for (Parameter& parameter : page->parameters) all.push_back(std::move(parameter));
    if (page->next_token.empty()) return all;
    token = page->next_token;
    if (!tokens.insert(token).second) {
      return Error{Errc::unavailable, context + ": a page leads back to one that was read"};
    }
  }
  return Error{Errc::unavailable,
               context + ": more than " + std::to_string(most_parameter_pages) + " pages"};
}

}  // namespace sla::inline v1::aws

// sla/aws/service/sts.hpp
// STS GetCallerIdentity: whose credentials these are. It needs no permission, so it also tells
// whether they work at all.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html

namespace sla::inline v1::aws {

/// Who AWS takes the caller for.
struct CallerIdentity {
  std::string account{};
  std::string arn{};
  std::string user_id{};

  bool operator==(CallerIdentity const&) const = default;
};

/// Returns the request that asks for it at an endpoint.
[[nodiscard]] inline Request caller_identity_request(Url endpoint) {
  return QueryForm({"GetCallerIdentity", "2011-06-15"}).request(std::move(endpoint));
}

/// Returns the identity. An answer that has none is a proxy's: Errc::unavailable.
[[nodiscard]] inline Result<CallerIdentity> parse_caller_identity(Response const& response) {
  auto const text = [&](std::string_view name) {
    auto found =
        xml_text(response.body, {"GetCallerIdentityResponse", "GetCallerIdentityResult", name});
    return found ? std::string(trim(*found)) : std::string{};
  };
  CallerIdentity identity{text("Account"), text("Arn"), text("UserId")};
  if (!identity.account.empty() && !identity.arn.empty()) return identity;
  return Error{Errc::unavailable, "the answer has no account and is not one of STS",
               http_status(response.status)};
}

/// Asks a Client's service whose credentials it has. The errors are those of Client::call().
template <class ServiceClient>
[[nodiscard]] Result<CallerIdentity> get_caller_identity(ServiceClient& client,
                                                         EndpointOptions const& endpoint,
                                                         Instant deadline) {
  constexpr std::string_view context = "sts get caller identity";
  auto url = endpoint_url(Service::sts, endpoint);
  if (!url) return std::move(url).error().within(context);
  SigningScope const scope{.region = endpoint.region,
                           .service = std::string(signing_name(Service::sts))};
  auto response = client.call(caller_identity_request(*std::move(url)),
                              Call{.scope = scope, .deadline = deadline}, read_xml_error);
  if (!response) return std::move(response).error().within(context);
  auto identity = parse_caller_identity(*response);
  if (!identity) return std::move(identity).error().within(context);
  return identity;
}

}  // namespace sla::inline v1::aws

// sla/aws/service/sts_assume_role.hpp
// STS AssumeRole and AssumeRoleWithWebIdentity: the requests, what they must hold, and the reading
// of the answers. Pure; credential/role_caller.hpp sends them.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html

namespace sla::inline v1::aws {

/// Which role to act as, and how.
struct Role {
  std::string arn{};
  std::string session_name{};                      ///< shows up in the logs of the account
  std::string external_id{};                       ///< empty is none
  std::optional<std::chrono::seconds> duration{};  ///< the role's own default where not given
  std::string region{};                            ///< whose STS is asked; empty is the usual one
};

/// Returns a name for a session made from any text, such as `sla-runner-` and a host's name: 64
/// characters at most, and a hyphen for each that STS does not allow.
[[nodiscard]] inline std::string role_session_name(std::string_view text) {
  constexpr std::string_view others = "_+=,.@-";
  std::string name(text.substr(0, 64));
  for (char& c : name) {
    if (!is_alpha(c) && !is_digit(c) && others.find(c) == std::string_view::npos) c = '-';
  }
  return name.size() < 2 ? "sla-runner" : name;
}

/// Checks that STS would take the role; Errc::invalid with the reason if not.
[[nodiscard]] inline Result<void> check_role(Role const& role) {
  auto const arn = parse_arn(role.arn);
  if (!arn) return arn.error();
  if (arn->service != "iam" || !arn->resource.starts_with("role/") || role.arn.size() > 2048) {
    return Error{Errc::invalid, "'" + role.arn +
                                    "' is no role: its ARN must read "
                                    "arn:aws:iam::account:role/name"};
  }
  if (role.session_name.size() < 2 || role_session_name(role.session_name) != role.session_name) {
    return Error{Errc::invalid,
                 "the session name of a role is 2 to 64 letters, digits or any of _+=,.@-"};
  }
  bool const no_external_id = role.external_id.empty();
  if (!no_external_id && (role.external_id.size() < 2 || role.external_id.size() > 1224 ||
                          !is_visible_ascii(role.external_id))) {
    return Error{Errc::invalid, "the external id of a role is 2 to 1224 characters, no blanks"};
  }
  using std::chrono::seconds;
  if (role.duration && (*role.duration < seconds{900} || *role.duration > seconds{43200})) {
    return Error{Errc::invalid, "the duration of a role is 900 to 43200 seconds"};
  }
  return {};
}

namespace detail {

inline QueryForm role_form(std::string_view action, Role const& role) {
  QueryForm form({action, "2011-06-15"});
  form.add({"RoleArn", role.arn}).add({"RoleSessionName", role.session_name});
  if (role.duration) form.add({"DurationSeconds", std::to_string(role.duration->count())});
  return form;
}

}  // namespace detail

/// Returns the request for a role, to be signed. Errc::invalid if STS would not take it.
[[nodiscard]] inline Result<Request> assume_role_request(Url endpoint, Role const& role) {
  if (auto good = check_role(role); !good) return good.error();
  QueryForm form = detail::role_form("AssumeRole", role);
  if (!role.external_id.empty()) form.add({"ExternalId", role.external_id});
  return std::move(form).request(std::move(endpoint));
}

/// Returns the request for a role by a token of an identity provider. It is not signed: the token,
/// which therefore stands in the body and never in a URL, is the proof.
[[nodiscard]] inline Result<Request> assume_role_with_web_identity_request(Url endpoint,
                                                                           Role const& role,
                                                                           Secret const& token) {
  if (auto good = check_role(role); !good) return good.error();
  std::string_view const text = token.reveal();
  if (text.size() < 4 || text.size() > 20'000 || !is_visible_ascii(text)) {
    return Error{Errc::invalid, "the web identity token is empty, too long, or no token at all"};
  }
  QueryForm form = detail::role_form("AssumeRoleWithWebIdentity", role);
  form.add({"WebIdentityToken", text});
  return std::move(form).request(std::move(endpoint));
}

/// Returns the credentials of a role from the answer to either request. Errc::unavailable if a
/// success has none, which is a proxy's.
[[nodiscard]] inline Result<Credentials> parse_assumed_role(Response const& response) {
  bool const web = is_xml_root(response.body, "AssumeRoleWithWebIdentityResponse");
  std::string_view const root = web ? "AssumeRoleWithWebIdentityResponse" : "AssumeRoleResponse";
  std::string_view const result = web ? "AssumeRoleWithWebIdentityResult" : "AssumeRoleResult";
  auto const text = [&](std::string_view parent, std::string_view name) {
    auto found = xml_text(response.body, {root, result, parent, name});
    return found ? std::string(trim(*found)) : std::string{};
  };
  std::string const id = text("Credentials", "AccessKeyId");
  std::string const secret = text("Credentials", "SecretAccessKey");
  std::string const token = text("Credentials", "SessionToken");
  std::string const expiration = text("Credentials", "Expiration");
  if (id.empty() || secret.empty() || token.empty() || expiration.empty()) {
    return Error{Errc::unavailable, "the answer has no credentials and is not one of STS",
                 http_status(response.status)};
  }
  auto const arn = parse_arn(text("AssumedRoleUser", "Arn"));
  return make_credentials({id, secret, token, expiration, arn ? arn->account : std::string{}},
                          "role");
}

/// Returns true if STS, which said so, will not give the role any more. By the SDKs' rule
/// credentials from before must then not be used either; after any other error they may.
[[nodiscard]] inline bool is_last_word(ServiceError const& said) noexcept {
  for (std::string_view const final :
       {"AccessDenied", "IDPRejectedClaim", "InvalidIdentityToken", "RegionDisabled",
        "MalformedPolicyDocument", "PackedPolicyTooLarge"}) {
    if (bare_code(said.code) == final) return true;
  }
  return false;
}

}  // namespace sla::inline v1::aws

// sla/aws/credential/role_caller.hpp
// Asks STS for the credentials of a role, at the host of the region, with keys or with the token of
// an identity provider as the proof. Which role and by what right is the business of the sources of
// credentials.

namespace sla::inline v1::aws {

/// Keys that somebody else supplied already.
struct GivenCredentials {
  Credentials keys{};

  [[nodiscard]] Result<Credentials> credentials(WallTime /*now*/) const { return keys; }
};

/// Which STS is asked, and how long.
struct StsOptions {
  EndpointSettings endpoints{};
  std::string region{};                       ///< for roles that name none
  ClockSkew skew{};                           ///< what other clients know of the clock
  Duration limit = std::chrono::seconds{15};  ///< after it STS is not asked once more
};

/// Asks STS for roles, and keeps the connection. Not thread-safe.
template <class T, class C>
class RoleCaller {
 public:
  RoleCaller(T transport, C clock, StsOptions options)
      : client_(std::move(transport), {}, {}, clock, {}, options.skew),
        clock_(std::move(clock)),
        options_(std::move(options)) {}

  /// Assumes the role with keys. The last word of STS is Errc::revoked.
  [[nodiscard]] Result<Credentials> assume(Role const& role, Credentials const& keys) {
    auto const region = region_of(role);
    if (!region) return region.error();
    auto url = endpoint(*region);
    if (!url) return url.error();
    auto request = assume_role_request(*std::move(url), role);
    if (!request) return request.error();
    client_.source().keys = keys;
    return call(*std::move(request), {.region = region->region, .service = "sts"},
                Authentication::sigv4);
  }

  /// Assumes the role with a token. The same holds for its errors.
  [[nodiscard]] Result<Credentials> assume(Role const& role, Secret const& token) {
    auto const region = region_of(role);
    if (!region) return region.error();
    auto url = endpoint(*region);
    if (!url) return url.error();
    auto request = assume_role_with_web_identity_request(*std::move(url), role, token);
    if (!request) return request.error();
    return call(*std::move(request), {}, Authentication::none);
  }

 private:
  [[nodiscard]] Result<RegionSetting> region_of(Role const& role) const {
    std::string const& text = role.region.empty() ? options_.region : role.region;
    if (!text.empty()) return parse_region(text);
    return Error{Errc::invalid, "no region is set, so which STS to ask is not known (AWS_REGION)"};
  }
  [[nodiscard]] Result<Url> endpoint(RegionSetting const& region) const {
    EndpointOptions options = options_.endpoints.in(region.region, Service::sts);
    if (region.fips == Fips::on && !options.custom) options.fips = Fips::on;
    return endpoint_url(Service::sts, options);
  }

  Result<Credentials> call(Request request, SigningScope const& scope,
                           Authentication authentication) {
    ServiceError said{};
    Call const how{.scope = scope,
                   .deadline = clock_.now() + options_.limit,
                   .authentication = authentication};
    auto const answer = client_.call(std::move(request), how, [&](Response const& refusal) {
      return said = read_xml_error(refusal);
    });
    auto keys = answer ? parse_assumed_role(*answer) : Result<Credentials>(answer.error());
    if (keys) return keys;
    Error error = std::move(keys).error().within("sts");
    if (is_last_word(said)) error.code = Errc::revoked;
    return error;
  }

  Client<internal::HeldTransport<T>, GivenCredentials, internal::HeldClock<C>> client_;
  internal::HeldClock<C> clock_;
  StsOptions options_;

  static_assert(
      Transport<T>,
      "RoleCaller's first parameter must be a sla::aws::Transport: movable, with "
      "sla::Result<sla::aws::Response> send(sla::aws::Request const&, sla::Instant deadline)");
  static_assert(Clock<C>,
                "RoleCaller's second parameter must be a sla::Clock: movable, with now(), wall(), "
                "wait_until(sla::Instant, sla::Stop const&) and sleep_until(sla::Instant)");
};

}  // namespace sla::inline v1::aws

// sla/aws/credential/assume_role.hpp
// Acts as a role, on top of whatever source of credentials has the right to: `--role ARN`. The
// source is asked anew each time, so it may rotate its keys. Without a role it is the source.

namespace sla::inline v1::aws {

/// The credentials of a role, assumed with those of `Source`. Not thread-safe.
template <class Source, class T, class C>
class AssumeRoleCredentials {
  using Held = internal::HeldCredentialSource<Source>;

 public:
  AssumeRoleCredentials(Source source, RoleCaller<T, C> caller, std::optional<Role> role)
      : source_(std::move(source)), caller_(std::move(caller)), role_(std::move(role)) {}

  /// Returns the keys of the role; the source's own error where it has none to assume it with.
  [[nodiscard]] Result<Credentials> credentials(WallTime now) {
    auto keys = source_.credentials(now);
    if (!keys || !role_) return keys;
    auto assumed = caller_.assume(*role_, *keys);
    if (!assumed) return std::move(assumed).error().within("role " + role_->arn);
    assumed->source = "role " + role_->arn + ", with " + keys->source;
    return assumed;
  }

  [[nodiscard]] Stability stability() const {
    return role_ ? Stability::lasting : stability_of(source_);
  }

  /// Returns the source below, which knows what it tried.
  [[nodiscard]] Held const& source() const noexcept { return source_; }

 private:
  Held source_;
  RoleCaller<T, C> caller_;
  std::optional<Role> role_;

  static_assert(
      CredentialSource<Source>,
      "AssumeRoleCredentials's first parameter must be a sla::aws::CredentialSource: movable, "
      "with sla::Result<sla::aws::Credentials> credentials(sla::WallTime now)");
};

}  // namespace sla::inline v1::aws

// sla/aws/credential/container.hpp
// Credentials from the agent beside a container: tasks of ECS, EKS Pod Identity, Greengrass. Over
// plain HTTP only the agents' own addresses are asked, so that a variable cannot send the token
// elsewhere. The transport must use no proxy.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html

namespace sla::inline v1::aws {

/// Where the agent is, and what it wants to see.
struct ContainerAgent {
  Url url{};
  std::string token_file{};  ///< wins over the token
  Secret token{};
};

namespace detail {

inline Error bad_container_agent(std::string_view why) {
  return Error{Errc::invalid, "container credentials: " + std::string(why)};
}

/// A URL with a query, which parse_url() refuses in an endpoint.
inline Result<Url> parse_agent_url(std::string_view text) {
  std::size_t const question = text.find('?');
  auto url = parse_url(text.substr(0, question));
  if (!url || question == std::string_view::npos) return url;
  url->query = text.substr(question + 1);
  if (!is_visible_ascii(url->query) || url->query.find('#') != std::string::npos) {
    return Error{Errc::invalid, "the query must be percent-encoded"};
  }
  return url;
}

/// Returns true if the token may go there without encryption.
inline bool is_agent_host(std::string_view host) {
  if (is_ipv4_address(host) && host.starts_with("127.")) return true;
  for (std::string_view const known :
       {"localhost", "[::1]", "169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"}) {
    if (host == known) return true;
  }
  return false;
}

}  // namespace detail

/// Reads AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, or else AWS_CONTAINER_CREDENTIALS_FULL_URI, and
/// AWS_CONTAINER_AUTHORIZATION_TOKEN[_FILE]. Errc::not_configured if neither URI is set.
[[nodiscard]] inline Result<ContainerAgent> read_container_agent(Environment const& environment) {
  auto const relative = environment.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  auto const full = environment.get("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  if (!relative && !full) {
    return Error{Errc::not_configured,
                 "container credentials: neither "
                 "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor "
                 "AWS_CONTAINER_CREDENTIALS_FULL_URI is set"};
  }
  std::string const variable =
      relative ? "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI" : "AWS_CONTAINER_CREDENTIALS_FULL_URI";
  if (relative && !relative->starts_with('/')) {
    return detail::bad_container_agent(variable + ": it must begin with a slash");
  }
  auto url = relative ? detail::parse_agent_url("http://169.254.170.2" + std::string(*relative))
                      : detail::parse_agent_url(*full);
  if (!url) return detail::bad_container_agent(variable + ": " + url.error().message);
  if (url->scheme == Scheme::http && !detail::is_agent_host(url->host)) {
    return detail::bad_container_agent(
        variable + ": over http only localhost and the addresses of ECS and EKS are asked, not " +
        url->host);
  }
  ContainerAgent agent{*std::move(url), {}, {}};
  agent.token_file = environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE").value_or("");
  agent.token = Secret(environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN").value_or(""));
  return agent;
}

/// The credentials that a container's agent gives. Not thread-safe.
template <class T, class C>
class ContainerCredentials {
 public:
  /// Takes what read_container_agent() gave, an error included: it is then the answer.
  ContainerCredentials(Result<ContainerAgent> agent, T transport, C clock, FileReader files)
      : agent_(std::move(agent)),
        transport_(std::move(transport)),
        clock_(std::move(clock)),
        files_(std::move(files)) {}

  [[nodiscard]] Result<Credentials> credentials(WallTime /*now*/) {
    if (!agent_) return agent_.error();
    auto request = make_request();
    if (!request) return request.error().within("container credentials");
    RetryReason reason = RetryReason::none;
    auto const attempt = [&](Instant deadline) -> Result<Credentials> {
      auto const answer = transport_.send(*request, deadline);
      if (answer) return read(*answer, reason);
      reason = retry_reason(answer.error().code);
      return answer.error();
    };
    AttemptLimits const limits{.pause = std::chrono::seconds{1}};  // an agent's moment to recover
    auto keys = repeat_attempts(clock_, limits, attempt, [&](auto const&) { return reason; });
    if (!keys) return std::move(keys).error().within("container credentials");
    return keys;
  }

  [[nodiscard]] Stability stability() const noexcept { return Stability::lasting; }

 private:
  [[nodiscard]] Result<Request> make_request() const {
    Request request{Method::get, agent_->url, {{"Accept", "application/json"}}, {}};
    Secret token = agent_->token;
    if (!agent_->token_file.empty()) {
      auto const text = files_.read(agent_->token_file);
      if (!text) return text.error().within("the token file");
      token = Secret(*text);
      if (token.empty()) {
        return Error{Errc::malformed, "the token file " + agent_->token_file + " is empty"};
      }
    }
    if (token.empty()) return request;
    if (has_control(token.reveal())) {
      return Error{Errc::invalid, "the token holds a line break or another control character"};
    }
    request.headers.push_back({"Authorization", std::string(token.reveal())});
    return request;
  }

  /// Any refusal may be that of an agent that has just started, or that is asked by many.
  static Result<Credentials> read(Response const& answer, RetryReason& reason) {
    reason = RetryReason::transient;
    if (!answer.ok()) {
      bool const forbidden = answer.status == 401 || answer.status == 403;
      Errc const code = forbidden ? Errc::denied : Errc::unavailable;
      return refusal_error(code, answer.status, read_json_error(answer));
    }
    auto keys = read_keys(answer.body);
    if (!keys) return foreign_answer(keys.error());
    reason = RetryReason::none;
    return keys;
  }
  static Result<Credentials> read_keys(std::string_view body) {
    auto const reply = JsonReply::parse(body);
    if (!reply) return reply.error();
    for (std::string_view const name : {"AccessKeyId", "SecretAccessKey", "Token", "Expiration"}) {
      if (auto const found = reply->required_text(name); !found) return found.error();
    }
    auto const text = [&](std::string_view name) { return reply->text(name).value_or(""); };
    std::string_view const role = text("RoleArn");
    bool const known = !role.empty() && is_visible_ascii(role);
    return make_credentials({text("AccessKeyId"), text("SecretAccessKey"), text("Token"),
                             text("Expiration"), text("AccountId")},
                            known ? "container, role " + std::string(role) : "container");
  }

  Result<ContainerAgent> agent_;
  internal::HeldTransport<T> transport_;
  internal::HeldClock<C> clock_;
  FileReader files_;

  static_assert(
      Transport<T>,
      "ContainerCredentials's first parameter must be a sla::aws::Transport: movable, with "
      "sla::Result<sla::aws::Response> send(sla::aws::Request const&, sla::Instant deadline)");
  static_assert(
      Clock<C>,
      "ContainerCredentials's second parameter must be a sla::Clock: movable, with now(), wall(), "
      "wait_until(sla::Instant, sla::Stop const&) and sleep_until(sla::Instant)");
};

}  // namespace sla::inline v1::aws

// sla/aws/credential/environment.hpp
// Credentials from the environment variables that all AWS tools share. A blank variable counts as
// unset. Half a pair of keys is an error and not a reason to ask another source, which might answer
// with the identity of somebody else.

namespace sla::inline v1::aws {

/// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_CREDENTIAL_EXPIRATION and
/// AWS_ACCOUNT_ID, as they were when this was made. Errors name the variable, never its value.
class EnvironmentCredentials {
 public:
  explicit EnvironmentCredentials(Environment const& environment) : found_(read(environment)) {}

  /// Returns the keys; Errc::not_configured if none is set, Errc::invalid if they cannot be
  /// used.
  [[nodiscard]] Result<Credentials> credentials(WallTime /*now*/) const { return found_; }

 private:
  static std::string_view value(Environment const& environment, std::string_view name) {
    std::string_view const text = environment.get(name).value_or(std::string_view{});
    return trim(text).empty() ? std::string_view{} : text;
  }

  /// Keys and tokens are visible ASCII. A line break from a file would even forge a header.
  static bool visible(std::string_view text) {
    for (char const c : text) {
      if (c <= ' ' || c > '~') return false;
    }
    return true;
  }

  static Result<Credentials> read(Environment const& environment) {
    std::string_view const id = value(environment, "AWS_ACCESS_KEY_ID");
    std::string_view const secret = value(environment, "AWS_SECRET_ACCESS_KEY");
    if (id.empty() && secret.empty()) {
      return Error{Errc::not_configured, "AWS_ACCESS_KEY_ID is not set"};
    }
    if (id.empty()) return invalid("AWS_SECRET_ACCESS_KEY is set but AWS_ACCESS_KEY_ID is not");
    if (secret.empty()) return invalid("AWS_ACCESS_KEY_ID is set but AWS_SECRET_ACCESS_KEY is not");
    for (std::string_view const name :
         {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ACCOUNT_ID"}) {
      if (!visible(value(environment, name))) {
        return invalid(std::string(name) +
                       " holds a blank, a line break or another character that cannot be in it");
      }
    }
    Credentials keys{};
    keys.access_key_id = id;
    keys.secret_access_key = Secret(secret);
    keys.session_token = Secret(value(environment, "AWS_SESSION_TOKEN"));
    keys.account_id = value(environment, "AWS_ACCOUNT_ID");
    keys.source = "environment";
    std::string_view const expiration = trim(value(environment, "AWS_CREDENTIAL_EXPIRATION"));
    if (!expiration.empty()) keys.expires = parse_iso_time(expiration);
    if (!expiration.empty() && !keys.expires) {
      return invalid("AWS_CREDENTIAL_EXPIRATION is not a time such as 2026-01-01T00:00:00Z");
    }
    return keys;
  }

  static Error invalid(std::string_view why) { return Error{Errc::invalid, std::string(why)}; }

  Result<Credentials> found_;
};
static_assert(CredentialSource<EnvironmentCredentials>);

}  // namespace sla::inline v1::aws

// sla/aws/credential/first_of.hpp
// Several sources of credentials as one: the first that is configured is used from then on. A
// source that is configured and fails is not passed over, since the next one might answer with the
// identity of somebody else.

namespace sla::inline v1::aws {

/// Asks the sources in order. What a program does not name here is not in its binary.
template <class... Sources>
class FirstOf {
 public:
  explicit FirstOf(Sources... sources) : sources_(std::move(sources)...) {}

  /// Returns the keys of the first source that is configured; that one is asked alone from then on.
  /// Errc::not_configured if none is, with the reasons of all.
  [[nodiscard]] Result<Credentials> credentials(WallTime now) {
    if (winner_) return ask_winner(now);
    tried_.clear();
    std::optional<Result<Credentials>> answer;
    visit([&](std::size_t index, auto& source) {
      if (answer) return;
      auto keys = source.credentials(now);
      if (keys) winner_ = index;
      if (!keys) tried_.push_back(keys.error());
      if (keys || keys.error().code != Errc::not_configured) answer = std::move(keys);
    });
    if (answer) return *std::move(answer);
    std::string reasons;
    for (Error const& error : tried_) {
      reasons.append(reasons.empty() ? "" : "; ").append(error.message);
    }
    return Error{Errc::not_configured, "no credentials found: " + reasons};
  }

  /// Why each source that was asked before there was an answer gave none, in order; the last one
  /// is why there was no answer, if there was none.
  [[nodiscard]] std::vector<Error> const& tried() const noexcept { return tried_; }

  /// Returns what the source that is used says.
  [[nodiscard]] Stability stability() const {
    Stability found = Stability::strict;
    visit([&](std::size_t index, auto const& source) {
      if (winner_ == index) found = stability_of(source);
    });
    return found;
  }

 private:
  Result<Credentials> ask_winner(WallTime now) {
    std::optional<Result<Credentials>> answer;
    visit([&](std::size_t index, auto& source) {
      if (winner_ == index) answer = source.credentials(now);
    });
    bool const gone = !*answer && answer->error().code == Errc::not_configured;
    if (gone) return Error{Errc::unavailable, answer->error().message, answer->error().native};
    return *std::move(answer);
  }

  template <class Visitor>
  void visit(Visitor visitor) {
    visit(sources_, visitor, std::index_sequence_for<Sources...>());
  }
  template <class Visitor>
  void visit(Visitor visitor) const {
    visit(sources_, visitor, std::index_sequence_for<Sources...>());
  }
  template <class Tuple, class Visitor, std::size_t... Index>
  static void visit(Tuple& sources, Visitor& visitor, std::index_sequence<Index...>) {
    (visitor(Index, std::get<Index>(sources)), ...);
  }

  std::tuple<internal::HeldCredentialSource<Sources>...> sources_;
  std::optional<std::size_t> winner_;
  std::vector<Error> tried_;

  static_assert((CredentialSource<Sources> && ...),
                "Each of FirstOf's parameters must be a sla::aws::CredentialSource: movable, with "
                "sla::Result<sla::aws::Credentials> credentials(sla::WallTime now)");
};

}  // namespace sla::inline v1::aws

// sla/aws/credential/imds.hpp
// Credentials of the role that an EC2 instance has. Which role that is is asked each time, since it
// can be changed while the instance runs. During an outage the service may give credentials that
// have expired; what to do with them is decided in credential/refreshing.hpp.

namespace sla::inline v1::aws {

/// The credentials of the instance. Not thread-safe.
template <class T, class C>
class ImdsCredentials {
 public:
  explicit ImdsCredentials(Imds<T, C> imds) : imds_(std::move(imds)) {}

  /// Returns the keys; Errc::not_configured if there is no metadata service, or no role.
  [[nodiscard]] Result<Credentials> credentials(WallTime /*now*/) {
    auto keys = ask();
    bool const replaced = !keys && keys.error().code == Errc::not_found;
    return replaced ? ask() : keys;  // another role may have taken the place of the first
  }

  [[nodiscard]] Stability stability() const noexcept { return Stability::lasting; }

 private:
  static constexpr std::string_view place = "/latest/meta-data/iam/security-credentials/";

  Result<Credentials> ask() {
    auto const role = find_role();
    if (!role) return role.error();
    auto const body = imds_.get(std::string(place) + *role);
    if (!body) return body.error();
    auto keys = read(*body, "imds, role " + *role);
    if (!keys) return foreign_answer(keys.error()).within("imds");
    return keys;
  }

  static std::string_view first_line(std::string_view text) {
    return trim(text.substr(0, text.find('\n')));
  }

  Result<std::string> find_role() {
    auto const text = imds_.get(place);
    bool const none = !text && text.error().code == Errc::not_found;
    if (!text && !none) return text.error();
    std::string_view const name = none ? "" : first_line(*text);
    if (name.empty()) return Error{Errc::not_configured, "imds: the instance has no role"};
    constexpr std::string_view others = "_+=,.@-";
    for (char const c : name) {
      if (is_alpha(c) || is_digit(c) || others.find(c) != std::string_view::npos) continue;
      return Error{Errc::unavailable, "imds: what it says is no name of a role"};
    }
    return std::string(name);
  }

  static Result<Credentials> read(std::string_view body, std::string source) {
    auto const reply = JsonReply::parse(body);
    if (!reply) return reply.error();
    auto const text = [&](std::string_view name) { return reply->text(name).value_or(""); };
    std::string_view const code = text("Code");
    if (!code.empty() && code != "Success") {
      std::string message = "it gives no credentials: ";
      message.append(code.substr(0, 100)).append(" ").append(text("Message").substr(0, 500));
      return Error{Errc::unavailable, std::move(message)};
    }
    for (std::string_view const name : {"AccessKeyId", "SecretAccessKey", "Token", "Expiration"}) {
      if (auto const found = reply->required_text(name); !found) return found.error();
    }
    return make_credentials({text("AccessKeyId"), text("SecretAccessKey"), text("Token"),
                             text("Expiration"), text("AccountId")},
                            std::move(source));
  }

  Imds<T, C> imds_;
};

}  // namespace sla::inline v1::aws

// sla/aws/credential/process_output.hpp
// Runs a short program for what it writes: through the shell if there is one, in its own process
// group, with nothing on stdin and no descriptor of ours, for a limited time. What it writes to
// stdout is the answer and may be secret; the end of what it writes to stderr explains a failure.

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

// sla/aws/credential/process.hpp
// Credentials that a program of the user's writes as JSON: `credential_process` in a profile. The
// program is run anew each time; what it writes is never shown.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html

namespace sla::inline v1::aws {

/// Reads what a credential process wrote. Errc::malformed if it cannot be understood.
[[nodiscard]] inline Result<Credentials> parse_process_credentials(std::string_view output) {
  auto const reply = JsonReply::parse(output);
  if (!reply) return reply.error();
  if (reply->integer("Version") != 1) {
    return Error{Errc::malformed,
                 "the answer cannot be understood: its Version is not the number 1"};
  }
  for (std::string_view const name : {"AccessKeyId", "SecretAccessKey"}) {
    if (auto const found = reply->required_text(name); !found) return found.error();
  }
  auto const text = [&](std::string_view name) { return reply->text(name).value_or(""); };
  return make_credentials({text("AccessKeyId"), text("SecretAccessKey"), text("SessionToken"),
                           text("Expiration"), text("AccountId")},
                          "credential_process");
}

/// The credentials that a command writes.
class ProcessCredentials {
 public:
  /// The command runs with that environment.
  ProcessCredentials(std::string command, Environment environment, CommandLimits options = {})
      : command_(std::move(command)),
        environment_(std::move(environment)),
        options_(std::move(options)) {}

  [[nodiscard]] Result<Credentials> credentials(WallTime now) const {
    auto const output = process_output(command_, environment_, options_);
    if (!output) return output.error().within("credential_process");
    auto keys = parse_process_credentials(*output);
    if (!keys) return std::move(keys).error().within("credential_process");
    if (keys->expires && *keys->expires <= now) {
      return Error{Errc::expired, "credential_process: the credentials that it gives have expired"};
    }
    return keys;
  }

 private:
  std::string command_;
  Environment environment_;
  CommandLimits options_;
};
static_assert(CredentialSource<ProcessCredentials>);

}  // namespace sla::inline v1::aws

// sla/aws/credential/web_identity.hpp
// Credentials for a token that an identity provider puts into a file: roles for service accounts of
// EKS, GitHub Actions. The file is read again each time, since the token in it is replaced; STS is
// asked without a signature.

namespace sla::inline v1::aws {

/// A role, and the file that holds the token for it.
struct WebIdentity {
  Role role{};
  std::string token_file{};
};

/// Reads AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN and AWS_ROLE_SESSION_NAME. Errc::not_configured
/// if no file is named, Errc::invalid if a file is named but no role.
[[nodiscard]] inline Result<WebIdentity> read_web_identity(Environment const& environment,
                                                           std::string_view session_name) {
  auto const file = environment.get("AWS_WEB_IDENTITY_TOKEN_FILE");
  if (!file) {
    return Error{Errc::not_configured, "web identity: AWS_WEB_IDENTITY_TOKEN_FILE is not set"};
  }
  auto const arn = environment.get("AWS_ROLE_ARN");
  if (!arn) {
    return Error{Errc::invalid,
                 "web identity: AWS_WEB_IDENTITY_TOKEN_FILE is set but AWS_ROLE_ARN is not"};
  }
  WebIdentity identity{};
  identity.role.arn = trim(*arn);
  identity.role.session_name = environment.get("AWS_ROLE_SESSION_NAME").value_or(session_name);
  identity.token_file = *file;
  return identity;
}

/// Assumes the role with the token that is in the file now.
template <class T, class C>
[[nodiscard]] Result<Credentials> assume_web_identity(RoleCaller<T, C>& caller,
                                                      FileReader const& files,
                                                      WebIdentity const& identity) {
  auto const text = files.read(identity.token_file);
  if (!text) return text.error().within("web identity: the token file");
  Secret const token{trim(*text)};
  if (token.empty()) {
    return Error{Errc::malformed,
                 "web identity: the token file " + identity.token_file + " is empty"};
  }
  auto keys = caller.assume(identity.role, token);
  if (!keys) return std::move(keys).error().within("web identity: role " + identity.role.arn);
  keys->source = "web identity, role " + identity.role.arn;
  return keys;
}

/// The credentials of a role by the token in a file. Not thread-safe.
template <class T, class C>
class WebIdentityCredentials {
 public:
  /// Takes what read_web_identity() gave, an error included: it is then the answer.
  WebIdentityCredentials(Result<WebIdentity> identity, RoleCaller<T, C> caller, FileReader files)
      : identity_(std::move(identity)), caller_(std::move(caller)), files_(std::move(files)) {}

  [[nodiscard]] Result<Credentials> credentials(WallTime /*now*/) {
    if (!identity_) return identity_.error();
    return assume_web_identity(caller_, files_, *identity_);
  }

  [[nodiscard]] Stability stability() const noexcept { return Stability::lasting; }

 private:
  Result<WebIdentity> identity_;
  RoleCaller<T, C> caller_;
  FileReader files_;
};

}  // namespace sla::inline v1::aws

// sla/aws/credential/profile_plan.hpp
// What a profile says about credentials, as a plan: where the first keys come from, and the roles
// to assume with them, one after the other. Pure, by the rules of the SDKs; what cannot work here
// (single sign-on, codes of an MFA device) is an error that says what to do instead.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-assume-role-credentials.html

namespace sla::inline v1::aws {

/// Another source that a profile's `credential_source` names.
enum class NamedSource { environment, container, imds };

/// A command that writes keys.
struct CredentialCommand {
  std::string command{};
  std::string account_id{};  ///< where the keys come without one
};

/// Where the first keys come from.
using ProfileBase = std::variant<Credentials, WebIdentity, CredentialCommand, NamedSource>;

/// How a profile gets its credentials.
struct ProfilePlan {
  ProfileBase base{};
  std::vector<Role> roles{};  ///< in the order in which they are assumed
};

namespace detail {

/// Follows the profiles from the chosen one to the one that has keys.
class ProfilePlanner {
 public:
  ProfilePlanner(Profiles const& profiles, std::string_view session_name)
      : profiles_(profiles), session_name_(session_name) {}

  Result<ProfilePlan> plan(Profile const& chosen) {
    Profile profile = chosen;
    for (;;) {
      bool const seen = std::find(visited_.begin(), visited_.end(), profile.name) != visited_.end();
      if (seen) return loop(profile);
      visited_.push_back(profile.name);
      bool const own_keys = !plan_.roles.empty() && has_static_keys(profile);
      bool const base_only = own_keys || profile.get("web_identity_token_file").has_value();
      if (base_only || !profile.get("role_arn")) {
        return finish(own_keys ? static_keys(profile) : base(profile));
      }
      if (auto done = add_role(profile); !done) return done.error();
      auto next = next_profile(profile);
      if (!next) return next.error();
      if (!*next) return finish(base(profile));
      auto found = profiles_.find(**next);
      if (!found) return invalid(profile, "source_profile: " + found.error().message);
      profile = *std::move(found);
    }
  }

 private:
  static std::string named(Profile const& profile) { return "profile '" + profile.name + "': "; }
  static Error invalid(Profile const& profile, std::string_view why) {
    return Error{Errc::invalid, named(profile) + std::string(why)};
  }

  [[nodiscard]] Error loop(Profile const& profile) const {
    std::string way;
    for (std::string const& name : visited_) way += name + " -> ";
    return Error{Errc::invalid, "the profiles refer to each other in a circle: " + way +
                                    profile.name + " (source_profile)"};
  }

  Result<ProfilePlan> finish(Result<ProfileBase> found) {
    if (!found) return found.error();
    plan_.base = *std::move(found);
    std::reverse(plan_.roles.begin(), plan_.roles.end());
    return std::move(plan_);
  }

  static bool has_static_keys(Profile const& profile) {
    return profile.get("aws_access_key_id") || profile.get("aws_secret_access_key");
  }

  Result<void> add_role(Profile const& profile) {
    if (profile.get("mfa_serial")) {
      return invalid(profile,
                     "mfa_serial: nobody is here to enter a code; use a role that does not ask for "
                     "one, or give this program the keys of a session that was opened elsewhere");
    }
    auto role = read_role(profile);
    if (!role) return role.error();
    plan_.roles.push_back(*std::move(role));
    return {};
  }

  [[nodiscard]] Result<Role> read_role(Profile const& profile) const {
    Role role{};
    role.arn = profile.get("role_arn").value_or("");
    role.session_name = profile.get("role_session_name").value_or(session_name_);
    role.external_id = profile.get("external_id").value_or("");
    role.region = profile.get("region").value_or("");
    if (auto const text = profile.get("duration_seconds")) {
      auto const seconds = parse_integer<std::int32_t>(*text);
      if (!seconds) return invalid(profile, "duration_seconds: it must be a number");
      role.duration = std::chrono::seconds{*seconds};
    }
    if (auto good = check_role(role); !good)
      return good.error().within(named(profile) + "role_arn");
    return role;
  }

  /// Returns the name of the profile whose keys are to be used; nothing if it is the profile
  /// itself.
  static Result<std::optional<std::string>> next_profile(Profile const& profile) {
    auto const source_profile = profile.get("source_profile");
    auto const credential_source = profile.get("credential_source");
    if (source_profile && credential_source) {
      return invalid(profile, "it has both source_profile and credential_source: keep one");
    }
    if (!source_profile && !credential_source) {
      return invalid(profile,
                     "role_arn needs a source_profile, a credential_source or a "
                     "web_identity_token_file beside it");
    }
    if (!source_profile || *source_profile == profile.name) return std::optional<std::string>{};
    return std::optional<std::string>(*source_profile);
  }

  [[nodiscard]] Result<ProfileBase> base(Profile const& profile) const {
    if (auto const name = profile.get("credential_source")) return named_source(profile, *name);
    if (profile.get("web_identity_token_file")) return web_identity(profile);
    for (std::string_view const key :
         {"sso_session", "sso_start_url", "sso_account_id", "sso_role_name", "login_session"}) {
      if (profile.get(key)) return no_sign_on(profile, key);
    }
    if (auto const command = profile.get("credential_process")) {
      return ProfileBase(CredentialCommand{
          std::string(*command), std::string(profile.get("aws_account_id").value_or(""))});
    }
    if (has_static_keys(profile)) return static_keys(profile);
    bool const chosen = plan_.roles.empty();
    return Error{chosen ? Errc::not_configured : Errc::invalid,
                 named(profile) + "it says nothing about credentials"};
  }

  static Error no_sign_on(Profile const& profile, std::string_view key) {
    return invalid(profile,
                   std::string(key) +
                       ": signing on in a browser is not supported here; let the AWS CLI do it, "
                       "with credential_process = aws configure export-credentials --profile " +
                       profile.name + " in a profile of its own, or use a role");
  }

  static Result<ProfileBase> named_source(Profile const& profile, std::string_view name) {
    if (same_ignoring_case(name, "Environment")) return ProfileBase(NamedSource::environment);
    if (same_ignoring_case(name, "EcsContainer")) return ProfileBase(NamedSource::container);
    if (same_ignoring_case(name, "Ec2InstanceMetadata")) return ProfileBase(NamedSource::imds);
    return invalid(
        profile, "credential_source: it must be Environment, Ec2InstanceMetadata or EcsContainer");
  }

  [[nodiscard]] Result<ProfileBase> web_identity(Profile const& profile) const {
    if (!profile.get("role_arn")) {
      return invalid(profile, "web_identity_token_file needs a role_arn beside it");
    }
    auto role = read_role(profile);
    if (!role) return role.error();
    return ProfileBase(
        WebIdentity{*std::move(role), std::string(*profile.get("web_identity_token_file"))});
  }

  static Result<ProfileBase> static_keys(Profile const& profile) {
    for (std::string_view const key : {"aws_access_key_id", "aws_secret_access_key"}) {
      if (!profile.get(key)) return invalid(profile, std::string(key) + " is missing");
    }
    auto const text = [&](std::string_view key) { return profile.get(key).value_or(""); };
    auto keys = make_credentials({text("aws_access_key_id"), text("aws_secret_access_key"),
                                  text("aws_session_token"), "", text("aws_account_id")},
                                 "profile '" + profile.name + "'");
    if (!keys) return invalid(profile, keys.error().message);
    return ProfileBase(*std::move(keys));
  }

  Profiles const& profiles_;
  std::string_view session_name_;
  ProfilePlan plan_;
  std::vector<std::string> visited_;
};

}  // namespace detail

/// Returns the plan of a profile. Errc::not_configured if it says nothing about credentials; any
/// other error is Errc::invalid and names the profile. Roles without a session name get the one
/// given.
[[nodiscard]] inline Result<ProfilePlan> plan_profile(Profiles const& profiles,
                                                      Profile const& chosen,
                                                      std::string_view session_name) {
  return detail::ProfilePlanner(profiles, session_name).plan(chosen);
}

}  // namespace sla::inline v1::aws

// sla/aws/credential/profile.hpp
// Credentials from the profiles of ~/.aws/config and ~/.aws/credentials, by the plan that
// credential/profile_plan.hpp makes of them. The files are read again each time, so keys that were
// replaced in them are found.

namespace sla::inline v1::aws {

/// What the profiles are read from, and what a profile may refer to.
struct ProfileSettings {
  std::string name{};  ///< from a flag; empty is AWS_PROFILE, or else `default`
  Environment environment{};
  FileReader files{};
  std::string session_name = "sla-runner";  ///< of roles that name none
  CommandLimits process{};
};

/// The credentials of a profile. Not thread-safe.
template <class T, class C>
class ProfileCredentials {
 public:
  /// The sources beside the settings are those that `credential_source` may name.
  ProfileCredentials(ProfileSettings settings, RoleCaller<T, C> caller,
                     ContainerCredentials<T, C> container, ImdsCredentials<T, C> imds)
      : settings_(std::move(settings)),
        choice_(choose_profile(settings_.environment, settings_.name)),
        caller_(std::move(caller)),
        container_(std::move(container)),
        imds_(std::move(imds)) {}

  /// Returns the keys. Errc::not_configured if nobody asked for a profile and there is none, and
  /// where the profile says nothing about credentials.
  [[nodiscard]] Result<Credentials> credentials(WallTime now) {
    auto const plan = make_plan();
    if (!plan) return plan.error();
    auto keys = base(plan->base, now);
    if (!keys) return failed(std::move(keys).error());
    for (Role const& role : plan->roles) {
      auto assumed = caller_.assume(role, *keys);
      if (!assumed) return failed(std::move(assumed).error().within("role " + role.arn));
      assumed->source = "role " + role.arn + ", with " + keys->source;
      keys = std::move(assumed);
    }
    bool const own = plan->roles.empty() && std::holds_alternative<Credentials>(plan->base);
    if (!own) keys->source = "profile '" + choice_.name + "': " + keys->source;
    return keys;
  }

  [[nodiscard]] Stability stability() const noexcept { return stability_; }

 private:
  /// The chosen profile is in use, so its failure is never a reason to ask somebody else.
  [[nodiscard]] Error failed(Error error) const {
    if (error.code == Errc::not_configured) error.code = Errc::invalid;
    return std::move(error).within("profile '" + choice_.name + "'");
  }

  Result<ProfilePlan> make_plan() {
    auto const profiles = Profiles::load(settings_.environment, settings_.files);
    if (!profiles) return profiles.error();
    auto const chosen = choice_.by == ProfileChoice::By::user ? profiles->find(choice_)
                                                              : profiles->find(choice_.name);
    if (!chosen) return chosen.error();
    auto plan = plan_profile(*profiles, *chosen, settings_.session_name);
    if (!plan) return plan;
    use_region_of_environment(*plan);
    bool const by_user = plan->roles.empty() && !std::holds_alternative<WebIdentity>(plan->base) &&
                         !std::holds_alternative<NamedSource>(plan->base);
    stability_ = by_user ? Stability::strict : Stability::lasting;
    return plan;
  }

  /// A region in the environment is that of every request; those of profiles are for want of it.
  void use_region_of_environment(ProfilePlan& plan) const {
    auto region = settings_.environment.get("AWS_REGION");
    if (!region) region = settings_.environment.get("AWS_DEFAULT_REGION");
    if (!region || trim(*region).empty()) return;
    for (Role& role : plan.roles) role.region = trim(*region);
    if (auto* const identity = std::get_if<WebIdentity>(&plan.base)) {
      identity->role.region = trim(*region);
    }
  }

  Result<Credentials> base(ProfileBase const& base, WallTime now) {
    if (auto const* const keys = std::get_if<Credentials>(&base)) return *keys;
    if (auto const* const identity = std::get_if<WebIdentity>(&base)) {
      return assume_web_identity(caller_, settings_.files, *identity);
    }
    if (auto const* const command = std::get_if<CredentialCommand>(&base)) {
      auto keys = ProcessCredentials(command->command, settings_.environment, settings_.process)
                      .credentials(now);
      if (keys && keys->account_id.empty()) keys->account_id = command->account_id;
      return keys;
    }
    switch (std::get<NamedSource>(base)) {
      case NamedSource::container:
        return container_.credentials(now);
      case NamedSource::imds:
        return imds_.credentials(now);
      case NamedSource::environment:
        break;
    }
    return EnvironmentCredentials(settings_.environment).credentials(now);
  }

  ProfileSettings settings_;
  ProfileChoice choice_;
  RoleCaller<T, C> caller_;
  ContainerCredentials<T, C> container_;
  ImdsCredentials<T, C> imds_;
  Stability stability_ = Stability::strict;
};

}  // namespace sla::inline v1::aws

// sla/aws/credential/default_chain.hpp
// The sources of credentials that every AWS SDK has, in the order of most of them: environment,
// profile, web identity, container, EC2 instance. Nothing is asked before the first credentials
// are.
// https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html

namespace sla::inline v1::aws {

/// What the chain is made of. Both transports serve one source at a time.
template <class T, class C>
struct ChainParts {
  ProfileSettings profile{};  ///< its environment and files are those of the whole chain
  StsOptions sts{};
  T services;  ///< to STS
  T metadata;  ///< to the addresses of container agents and IMDS: must use no proxy
  C clock;

  static_assert(
      Transport<T>,
      "ChainParts's first parameter must be a sla::aws::Transport: movable, with "
      "sla::Result<sla::aws::Response> send(sla::aws::Request const&, sla::Instant deadline)");
  static_assert(Clock<C>,
                "ChainParts's second parameter must be a sla::Clock: movable, with now(), wall(), "
                "wait_until(sla::Instant, sla::Stop const&) and sleep_until(sla::Instant)");
};

namespace detail {

template <class T, class C>
using Chain =
    FirstOf<EnvironmentCredentials, ProfileCredentials<T, C>, WebIdentityCredentials<T, C>,
            ContainerCredentials<T, C>, ImdsCredentials<T, C>>;

}  // namespace detail

/// The type of the chain, to store it.
template <class T, class C>
using DefaultChain =
    detail::Chain<SharedTransport<internal::HeldTransport<T>>, internal::HeldClock<C>>;

/// Returns where the metadata service is, by an environment and a profile. A profile that cannot be
/// read is taken for an empty one: its own source reports it.
[[nodiscard]] inline Result<Url> imds_endpoint(ProfileSettings const& settings) {
  auto const profiles = Profiles::load(settings.environment, settings.files);
  auto const choice = choose_profile(settings.environment, settings.name);
  auto const profile = profiles ? profiles->find(choice) : Result<Profile>(Profile{});
  Profile const known = profile.value_or(Profile{});
  return read_imds_endpoint([&](std::string_view name) { return settings.environment.get(name); },
                            known);
}

/// Puts the chain together.
template <class T, class C>
[[nodiscard]] DefaultChain<T, C> default_chain(ChainParts<T, C> parts) {
  using Shared = SharedTransport<internal::HeldTransport<T>>;
  using Time = internal::HeldClock<C>;
  ProfileSettings const& settings = parts.profile;
  Shared const services(std::move(parts.services));
  Shared const metadata(std::move(parts.metadata));
  auto const caller = [&] { return RoleCaller<Shared, Time>(services, parts.clock, parts.sts); };
  auto const container = [&] {
    return ContainerCredentials<Shared, Time>(read_container_agent(settings.environment), metadata,
                                              parts.clock, settings.files);
  };
  auto const imds = [&] {
    return ImdsCredentials<Shared, Time>(
        Imds<Shared, Time>(imds_endpoint(settings), metadata, parts.clock));
  };
  return DefaultChain<T, C>(
      EnvironmentCredentials(settings.environment),
      ProfileCredentials<Shared, Time>(settings, caller(), container(), imds()),
      WebIdentityCredentials<Shared, Time>(
          read_web_identity(settings.environment, settings.session_name), caller(), settings.files),
      container(), imds());
}

}  // namespace sla::inline v1::aws

// sla/aws/credential/refresh_policy.hpp
// When credentials are renewed, as a state machine without clock, threads or randomness: the rule
// that the AWS SDKs share since 2026, but that nobody waits for a renewal as long as there are
// credentials that are valid. Ahead of their end a failure to renew is nothing more than a reason
// to try later; after it they are kept in use where the source is one that may be down, since the
// services may be more patient than the source. credential/refreshing.hpp applies it.

namespace sla::inline v1::aws {

/// What to do for whoever asks for credentials now.
enum class RefreshVerdict {
  use,     ///< give those that are there
  ahead,   ///< give those that are there, and have them renewed
  now,     ///< renew them first; all wait for it
  refuse,  ///< give the error of the last attempt again
};

/// How an attempt to renew ended.
enum class RefreshFailure {
  passing,  ///< later attempts may succeed; the credentials from before may be used meanwhile
  final,    ///< the source refuses: those from before must not be used either
};

/// Decides for one set of credentials and those that replace it.
class RefreshPolicy {
 public:
  /// Ahead of the end by this, what failed is tried again.
  static constexpr Duration last_window = std::chrono::minutes{1};
  /// What is left to strict credentials when they are no longer given out.
  static constexpr Duration strict_reserve = std::chrono::seconds{10};

  /// Ahead of the end by this, by the time that is left to credentials when they are given; never
  /// before half of it is over.
  [[nodiscard]] static constexpr Duration advisory_window(Duration lifetime) noexcept {
    using std::chrono::minutes;
    if (lifetime <= minutes{20}) return std::min<Duration>(minutes{5}, lifetime / 2);
    return lifetime < minutes{90} ? minutes{15} : minutes{60};
  }

  [[nodiscard]] RefreshVerdict decide(WallTime now) const noexcept {
    if (!held_) return RefreshVerdict::now;
    if (refused_)
      return is_ahead(now, refused_until_) ? RefreshVerdict::refuse : RefreshVerdict::now;
    if (!expires_) return RefreshVerdict::use;
    Duration const left = *expires_ - now;
    bool const strict = stability_ == Stability::strict;
    if (strict && left <= strict_reserve) return RefreshVerdict::now;
    if (left > window_ || is_ahead(now, again_)) return RefreshVerdict::use;
    return left > Duration::zero() ? RefreshVerdict::ahead : RefreshVerdict::now;
  }

  /// What a renewal brought.
  struct Renewed {
    std::optional<WallTime> expires{};
    Stability stability = Stability::strict;
    double jitter = 0;  ///< at random, from 0 to below 1
  };

  /// Returns true if what a renewal brought replaces what is there. Expired credentials, as IMDS
  /// gives them in an outage, only do if there is nothing else; then they are a failure in
  /// disguise.
  [[nodiscard]] bool renew(WallTime now, Renewed const& renewed) noexcept {
    bool const expired = renewed.expires && *renewed.expires <= now;
    if (expired && held_ && !refused_) {
      fail(now, RefreshFailure::passing, renewed.jitter);
      return false;
    }
    held_ = true;
    refused_ = false;
    expires_ = renewed.expires;
    stability_ = renewed.stability;
    again_.reset();
    window_ = expires_ ? advisory_window(*expires_ - now) : Duration::zero();
    if (expired) postpone(now, renewed.jitter);
    return true;
  }

  /// An attempt failed; that of the first credentials counts for nothing. A passing failure is not
  /// repeated for 300 to 600 s, but what was tried early enough is tried once more in the last
  /// minute, so that an outage which ends before then is never noticed. A final one is remembered
  /// for 1 to 5 s.
  void fail(WallTime now, RefreshFailure failure, double jitter) noexcept {
    if (!held_) return;
    if (failure == RefreshFailure::final || refused_) {
      refused_ = true;
      refused_until_ = now + between(std::chrono::seconds{1}, std::chrono::seconds{5}, jitter);
      return;
    }
    postpone(now, jitter);
  }

  /// A service took the credentials for expired: so they are. What is known about the source stays.
  void expire(WallTime now) noexcept {
    WallTime const past = now - last_window;  // whatever clocks differ by
    if (held_) expires_ = expires_ ? std::min(*expires_, past) : past;
  }

  /// Returns true if the credentials may be given out although they could not be renewed.
  [[nodiscard]] bool usable_after_failure(WallTime now) const noexcept {
    if (!held_ || refused_) return false;
    return stability_ == Stability::lasting || (expires_ && *expires_ - now > strict_reserve);
  }

  [[nodiscard]] std::optional<WallTime> expires() const noexcept { return expires_; }

 private:
  static Duration between(Duration least, Duration most, double fraction) noexcept {
    auto const extra = std::chrono::duration<double, Duration::period>(most - least) * fraction;
    return least + std::chrono::duration_cast<Duration>(extra);
  }

  /// Returns true if a time is still to come; one too far off comes from a clock that was set back.
  static bool is_ahead(WallTime now, std::optional<WallTime> time) noexcept {
    return time && now < *time && *time - now <= std::chrono::minutes{10};
  }

  void postpone(WallTime now, double jitter) noexcept {
    WallTime again = now + between(std::chrono::seconds{300}, std::chrono::seconds{600}, jitter);
    bool const early = expires_ && *expires_ - now > last_window;
    if (early) again = std::min(again, *expires_ - last_window);
    again_ = again;
  }

  bool held_ = false;
  bool refused_ = false;
  std::optional<WallTime> refused_until_{};
  std::optional<WallTime> expires_{};
  Stability stability_ = Stability::strict;
  Duration window_ = Duration::zero();
  std::optional<WallTime> again_{};
};

}  // namespace sla::inline v1::aws

// sla/aws/credential/refreshing.hpp
// Keeps the credentials of a source and renews them by the rule of credential/refresh_policy.hpp.
// Copies share them, so that the clients of several services renew once. Keys that are valid are
// given at once, whatever becomes of their renewal; who finds none that are waits for it.

namespace sla::inline v1::aws {

/// On whose time keys are renewed that are still good.
enum class Renewals {
  in_turn,  ///< of one of those who ask; the others go on with what is there
  beside,   ///< of a thread that does only this, so that nobody waits
};

/// The log of renewals that fail, the dice, and who renews.
struct RefreshOptions {
  Logger log{Logger::Options{.format = LogFormat::none}};
  double (*jitter)() = random_fraction;  ///< from 0 to below 1
  Renewals renewals = Renewals::in_turn;
};

/// The credentials of `Source`, renewed ahead of their end. Thread-safe, and so are its copies; the
/// source itself is asked by one thread at a time. The last copy waits for a renewal that is under
/// way.
template <class Source>
class Refreshing {
  using Held = internal::HeldCredentialSource<Source>;

 public:
  explicit Refreshing(Source source, RefreshOptions options = {})
      : shared_(std::make_shared<Shared>(std::move(source), options)) {}

  /// Returns the keys to sign with now. The first failure is the source's own; later ones are an
  /// Error only where the keys from before must not be used, and otherwise a warning in the log.
  [[nodiscard]] Result<Credentials> credentials(WallTime now) {
    Shared& shared = *shared_;
    std::unique_lock<std::mutex> lock(shared.mutex);
    for (;;) {
      RefreshVerdict const verdict = shared.policy.decide(now);
      if (verdict == RefreshVerdict::use) return *shared.held;
      if (verdict == RefreshVerdict::refuse) return shared.refusal;
      bool const ahead = verdict == RefreshVerdict::ahead;
      if (ahead && (shared.renewing || shared.renew_beside(now))) return *shared.held;
      if (!shared.renewing) break;
      shared.renewed.wait(lock);  // whoever renews them now may do it for this one too
    }
    shared.renewing = true;
    lock.unlock();
    return shared.renew(now);
  }

  /// A service took these keys for expired: they are renewed before they are given again, unless
  /// they were replaced meanwhile, or the source failed a short time ago.
  void reject(std::string_view access_key_id) {
    std::lock_guard<std::mutex> const lock(shared_->mutex);
    bool const current = shared_->held && shared_->held->access_key_id == access_key_id;
    if (current) shared_->policy.expire(shared_->asked_at);
  }

 private:
  struct Shared {
    Shared(Held from, RefreshOptions with) : source(std::move(from)), options(with) {}

    /// Starts a thread that renews, if that is wanted and there can be one. The caller has the
    /// lock.
    bool renew_beside(WallTime now) {
      if (options.renewals != Renewals::beside) return false;
      helper.reset();  // it has done its work, or another one would be renewing
      renewing = true;
      auto started = internal::Thread::start([this, now] { (void)renew(now); });
      if (started) helper.emplace(*std::move(started));
      renewing = helper.has_value();
      return renewing;
    }

    /// Asks the source, without holding up those who have keys. The caller has said that it renews.
    Result<Credentials> renew(WallTime now) {
      auto answer = source.credentials(now);
      std::lock_guard<std::mutex> const lock(mutex);
      renewing = false;
      renewed.notify_all();
      asked_at = now;
      if (answer) return accept(*std::move(answer), now);
      bool const final = answer.error().code == Errc::revoked;
      policy.fail(now, final ? RefreshFailure::final : RefreshFailure::passing, options.jitter());
      refusal = answer.error();
      if (!policy.usable_after_failure(now)) return std::move(answer).error();
      warn(now, answer.error().message);
      return *held;
    }

    Result<Credentials> accept(Credentials keys, WallTime now) {
      Stability const stability = stability_of(source);
      bool const expired = keys.expires && *keys.expires <= now;
      if (expired && stability == Stability::strict) {
        return Error{Errc::expired, keys.source + ": the credentials have expired"};
      }
      bool const replaces = policy.renew(now, {keys.expires, stability, options.jitter()});
      if (replaces) held = std::move(keys);
      if (expired) warn(now, "its source gives credentials that have expired");
      return *held;
    }

    void warn(WallTime now, std::string_view why) const {
      auto const expires = policy.expires();
      bool const late = expires && *expires <= now;
      options.log.warning(late ? "credentials have expired and are not renewed; they stay in use"
                               : "credentials are not renewed yet; those from before stay in use",
                          {{"source", held->source},
                           {"expires", expires ? iso_time(*expires) : std::string("never")},
                           {"reason", why}});
    }

    std::mutex mutex{};  ///< of all below but the source, which is asked by whoever renews
    std::condition_variable renewed{};
    bool renewing = false;
    Held source;
    RefreshOptions options;
    RefreshPolicy policy{};
    std::optional<Credentials> held{};
    Error refusal{};
    WallTime asked_at{};
    std::optional<internal::Thread> helper{};  ///< the last: it ends before what it works on
  };

  std::shared_ptr<Shared> shared_;

  static_assert(CredentialSource<Source>,
                "Refreshing's parameter must be a sla::aws::CredentialSource: movable, with "
                "sla::Result<sla::aws::Credentials> credentials(sla::WallTime now)");
};

}  // namespace sla::inline v1::aws

// sla/spool.hpp
// The contract of a Spool: keeps reports, in order, until they are delivered. A report travels as
// an Entry of two parts, its log and its event, each delivered by itself. The models stand in
// spool/; what delivers from a spool is publisher/delivery.hpp.

namespace sla::inline v1 {

/// How far one part of an entry got.
enum class Part : std::uint8_t {
  waiting,  ///< to be delivered
  done,     ///< delivered, or there is nothing to deliver
  refused,  ///< it can never succeed: set aside until a person decides
};

/// One report on its way.
struct Entry {
  std::uint64_t number = 0;  ///< later reports have higher numbers
  Report report{};           ///< log_uri is set once the log is delivered
  Part log = Part::waiting;
  Part event = Part::waiting;
  std::string reason{};      ///< why a part was refused
  std::string unreadable{};  ///< why the log, which waits, cannot be read now

  [[nodiscard]] bool waiting() const noexcept {
    return log == Part::waiting || event == Part::waiting;
  }
  [[nodiscard]] bool complete() const noexcept { return log == Part::done && event == Part::done; }
};

/// What an event left for the next process to know of its check.
struct Recalled {
  std::uint64_t number = 0;  ///< of the entry; 0: there is none
  std::string memory{};
};

/// How much there is to do. An entry that waits for a bundle is counted as such alone.
struct SpoolCount {
  std::size_t events = 0;    ///< entries whose event waits
  std::size_t logs = 0;      ///< entries whose log alone waits
  std::size_t ahead = 0;     ///< entries whose log waits before their event
  std::size_t refused = 0;   ///< entries with a part that was set aside
  std::size_t gathered = 0;  ///< entries that wait for a bundle of logs
  bool bundle_due = false;   ///< those must not wait any longer
};

/// What a bundle of logs holds at most.
struct BundleLimits {
  static constexpr std::uint64_t bytes = 4U << 20U;
  static constexpr std::uint64_t bytes_of_one = 1U << 20U;  ///< of one log
  static constexpr std::size_t logs = 4096;
};

/// Returns true if the log of a report, of so many bytes, may stand in a bundle: that of a pass
/// that there is nothing else to say of.
[[nodiscard]] inline bool may_be_bundled(Report const& report, std::uint64_t log_bytes) noexcept {
  Outcome const& outcome = report.outcome;
  return outcome.verdict == Verdict::pass && !outcome.degraded && outcome.attempts.size() < 2 &&
         log_bytes <= BundleLimits::bytes_of_one;
}

/// `begin(report)`: a run begins, of which only the job and the start are known. `add(report)`: it
/// ended; once add() returns the number of its entry the report is kept as safely as this spool
/// can. `next_event(number)`: the oldest entry behind that one whose event waits.
/// `next_log(number)`: the next entry, in a circle, whose log waits. `update(entry)`: a part of it
/// got further; a complete one is forgotten. `tend(now)`: housekeeping, and when it is wanted
/// again. `dropped()`: how many reports had to be dropped for want of room and were not
/// `reported(number)` yet. `in_memory()`: what would be lost with this process. (In groups, so
/// that a compiler names no more than one.)
template <class S>
concept Spool = bool{std::movable<S>} && requires(S& s, Report const& report) {
  { s.begin(report) } -> std::same_as<void>;
  { s.add(report) } -> std::same_as<std::uint64_t>;
}
&&requires(S& s, std::uint64_t number) {
  { s.next_event(number) } -> std::same_as<Result<std::optional<Entry>>>;
  { s.next_log(number) } -> std::same_as<Result<std::optional<Entry>>>;
}
&&requires(S& s, Entry const& entry, Instant now) {
  { s.update(entry) } -> std::same_as<void>;
  { s.tend(now) } -> std::same_as<Instant>;
}
&&requires(S& s, std::uint64_t number) {
  { s.dropped() } -> std::same_as<std::uint64_t>;
  { s.reported(number) } -> std::same_as<void>;
}
&&requires(S& s) {
  { s.count() } -> std::same_as<SpoolCount>;
  { s.in_memory() } -> std::same_as<std::vector<Entry>>;
};

/// A Spool that hands out several entries at once. `next_events(most, except)`: of each service the
/// oldest entry whose event waits, but for those numbers, which ascend; the oldest first, and at
/// most so many: the services take turns from call to call. `next_logs(number, most)`: the next
/// entries, in a circle, whose logs wait.
template <class S>
concept BatchSpool = Spool<S> && requires(S& s, std::uint64_t number, std::size_t most,
                                          std::vector<std::uint64_t> const& except) {
  { s.next_events(most, except) } -> std::same_as<Result<std::vector<Entry>>>;
  { s.next_logs(number, most) } -> std::same_as<Result<std::vector<Entry>>>;
};

/// A BatchSpool whose entries can wait for a bundle of logs. After `gather()` all do whose log
/// may_be_bundled(), and so do those of the same service behind them, which is a reason not to wait
/// any longer. Only `next_bundle(number, most)` hands them out: the next ones behind that one, the
/// oldest first. update() ends the wait of an entry, and so does `release(number)`, alone.
template <class S>
concept BundleSpool = BatchSpool<S> && requires(S& s, std::uint64_t number, std::size_t most) {
  { s.gather() } -> std::same_as<void>;
  { s.release(number) } -> std::same_as<void>;
  { s.next_bundle(number, most) } -> std::same_as<Result<std::vector<Entry>>>;
};

namespace internal {

/// Takes the place of a spool that a door refused, so that the refusal is the only error.
template <class X>
struct RefusedSpool {
  RefusedSpool(X const&) noexcept {}
  void begin(Report const&) {}
  std::uint64_t add(Report const&) { return 0; }
  Result<std::optional<Entry>> next_event(std::uint64_t) { return std::optional<Entry>(); }
  Result<std::optional<Entry>> next_log(std::uint64_t) { return std::optional<Entry>(); }
  void update(Entry const&) {}
  Instant tend(Instant) { return Instant::max(); }
  SpoolCount count() { return {}; }
  std::uint64_t dropped() { return 0; }
  void reported(std::uint64_t) {}
  std::vector<Entry> in_memory() { return {}; }
};
template <class X>
using HeldSpool = std::conditional_t<Spool<X>, X, RefusedSpool<X>>;

}  // namespace internal

}  // namespace sla::inline v1

// sla/spool/checksum.hpp
// CRC-32C (Castagnoli, RFC 3720 appendix B.4), which tells a whole record from one that was torn or
// damaged. It keeps out accidents, not people: what must not be forged is hashed by
// aws/sign/digest.hpp.

namespace sla::inline v1::internal {
namespace detail {

inline constexpr std::array<std::uint32_t, 256> crc32c_table = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t value = byte;
    for (int bit = 0; bit < 8; ++bit) {
      value = (value & 1U) != 0 ? value >> 1U ^ 0x82F63B78U : value >> 1U;
    }
    table[byte] = value;
  }
  return table;
}();

}  // namespace detail

/// Returns the checksum of the bytes, or of what `before` is the checksum of with the bytes behind
/// it.
[[nodiscard]] constexpr std::uint32_t crc32c(std::string_view bytes,
                                             std::uint32_t before = 0) noexcept {
  std::uint32_t value = ~before;
  for (char const c : bytes) {
    value = value >> 8U ^ detail::crc32c_table[(value ^ static_cast<unsigned char>(c)) & 0xFFU];
  }
  return ~value;
}

}  // namespace sla::inline v1::internal

// sla/spool/entry_field.hpp
// The fields that an entry of a spool has on disk, by their numbers.

namespace sla::inline v1::internal {

struct EntryField {
  /// The names of the fields. A name keeps its meaning for ever.
  enum Name : std::uint8_t {
    field_number = 1,
    field_log = 2,
    field_event = 3,
    field_reason = 4,
    field_service = 5,
    field_group = 6,
    field_word = 7,
    field_tag = 8,
    field_target = 9,
    field_run = 10,
    field_verdict = 11,
    field_exit = 12,
    field_signal = 13,
    field_started = 14,
    field_ended = 15,
    field_duration = 16,
    field_log_uri = 17,
    field_log_error = 18,
    field_file = 19,
    field_piece_size = 20,  ///< begins a piece
    field_piece_offset = 21,
    field_piece_text = 22,
    field_sha256 = 23,
    field_outcome_reason = 24,
    field_location = 25,
    field_boot = 26,
    field_seq = 27,
    field_previous_end = 28,
    field_next_expected = 29,
    field_state = 30,
    field_transition = 31,
    field_alert = 32,
    field_standing = 33,
    field_cause = 34,
    field_degraded = 35,
    field_probe = 36,
    field_message = 37,
    field_perf = 38,
    field_attempt = 39,  ///< the verdict of the next
  };
};

}  // namespace sla::inline v1::internal

// sla/spool/record_position.hpp
// Where a spool on disk keeps things: a record in its journal, a log in a file of its own or, if it
// is small, in the record.
// Plain values, so that what is in memory needs nothing else of the disk.

namespace sla::inline v1::internal {

/// Where a record stands in a journal.
struct RecordPosition {
  std::uint64_t segment = 0;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;  ///< of the whole record
};

/// Where the log of an entry is.
struct KeptLog {
  std::string file{};  ///< its name; empty if there is no log, or it is in the record
  std::vector<Output::Piece> pieces{};  ///< the log in order
  std::optional<Sha256Bytes> sha256{};

  [[nodiscard]] std::uint64_t size() const noexcept {
    std::uint64_t size = 0;
    for (Output::Piece const& piece : pieces) size += piece.size;
    return size;
  }
  /// Forgets the text of one that is in its record.
  void leave_in_record() noexcept {
    if (!file.empty()) return;
    for (Output::Piece& piece : pieces) std::string().swap(piece.text);  // its memory, too
  }
};

}  // namespace sla::inline v1::internal

// sla/spool/entry_record.hpp
// An entry as the bytes of a record, and back. What is read may come from an older or a newer
// version of this program, or be damaged: it is checked, and what makes no sense is no entry. The
// bytes of the log stand in a file of their own.

namespace sla::inline v1::internal {

/// An entry without its log, and where the log is.
struct KeptEntry {
  Entry entry{};
  KeptLog log{};
};

namespace detail {

using enum internal::EntryField::Name;

inline void write_sequence(RecordWriter& out, Report const& report) {
  if (!report.job.location.empty()) out.text(field_location, report.job.location);
  if (report.job.seq != 0) {
    out.text(field_boot, report.job.boot_id);
    out.number(field_seq, static_cast<std::int64_t>(report.job.seq));
  }
  auto const time = [&](std::uint8_t field, std::optional<WallTime> at) {
    if (at) out.number(field, at->time_since_epoch().count());
  };
  time(field_previous_end, report.previous_end);
  time(field_next_expected, report.next_expected_by);
}

inline void write_standing(RecordWriter& out, Standing const& standing) {
  if (standing.json.empty()) return;
  out.text(field_state, standing.state).text(field_transition, standing.transition);
  out.text(field_alert, standing.alert).text(field_standing, standing.json);
}

inline void read_standing(Standing& standing, RecordField field) {
  if (field.name == field_state) standing.state = field.value;
  if (field.name == field_transition) standing.transition = field.value;
  if (field.name == field_alert) standing.alert = field.value;
  if (field.name == field_standing) standing.json = field.value;
}

/// What an executor found out, in texts; those that are empty are not written.
inline constexpr std::pair<std::uint8_t, std::string Outcome::*> finding_texts[] = {
    {field_outcome_reason, &Outcome::reason},
    {field_cause, &Outcome::cause},
    {field_probe, &Outcome::probe},
    {field_message, &Outcome::message},
    {field_perf, &Outcome::perf},
};

inline bool is_verdict(std::optional<std::int64_t> number) noexcept {
  return number && *number >= 0 && *number <= static_cast<std::int64_t>(Verdict::warn);
}

inline void read_finding(Outcome& outcome, RecordField field) {
  if (field.name == field_degraded) outcome.degraded = true;
  if (auto const verdict = field.number(); field.name == field_attempt && is_verdict(verdict)) {
    outcome.attempts.push_back(static_cast<Verdict>(*verdict));
  }
  for (auto const& [name, member] : finding_texts) {
    if (field.name == name) outcome.*member = field.value;
  }
}

inline void write_report(RecordWriter& out, Report const& report) {
  Job const& job = report.job;
  out.text(field_service, job.service).text(field_run, job.run_id);
  for (std::string const& group : job.groups) out.text(field_group, group);
  for (std::string const& word : job.command) out.text(field_word, word);
  out.text(field_tag, job.tag_id).text(field_target, job.sla_target);
  write_sequence(out, report);
  write_standing(out, report.standing);
  out.number(field_verdict, static_cast<std::int64_t>(report.outcome.verdict));
  out.number(field_exit, report.outcome.exit_code).number(field_signal, report.outcome.signal);
  if (report.outcome.degraded) out.number(field_degraded, 1);
  for (Verdict const verdict : report.outcome.attempts) {
    out.number(field_attempt, static_cast<std::int64_t>(verdict));
  }
  for (auto const& [field, member] : finding_texts) {
    if (auto const& text = report.outcome.*member; !text.empty()) out.text(field, text);
  }
  out.number(field_started, report.started_at.time_since_epoch().count());
  out.number(field_ended, report.ended_at.time_since_epoch().count());
  out.number(field_duration, report.duration.count());
  out.text(field_log_uri, report.log_uri).text(field_log_error, report.log_error);
}

inline void write_log(RecordWriter& out, KeptLog const& log) {
  out.text(field_file, log.file);
  for (Output::Piece const& piece : log.pieces) {
    out.number(field_piece_size, static_cast<std::int64_t>(piece.size));
    if (piece.offset != 0) {
      out.number(field_piece_offset, static_cast<std::int64_t>(piece.offset));
    }
    if (!piece.text.empty()) out.text(field_piece_text, piece.text);
  }
  if (log.sha256) {
    out.text(field_sha256, {reinterpret_cast<char const*>(log.sha256->data()), log.sha256->size()});
  }
}

/// Reads a text of the report. Returns true if the field is one.
inline bool read_report_text(Report& report, RecordField field) {
  std::string const text(field.value);
  switch (field.name) {
    case field_service:
      report.job.service = text;
      return true;
    case field_run:
      report.job.run_id = text;
      return true;
    case field_group:
      report.job.groups.push_back(text);
      return true;
    case field_word:
      report.job.command.push_back(text);
      return true;
    case field_tag:
      report.job.tag_id = text;
      return true;
    case field_target:
      report.job.sla_target = text;
      return true;
    case field_log_uri:
      report.log_uri = text;
      return true;
    case field_log_error:
      report.log_error = text;
      return true;
    case field_location:
      report.job.location = text;
      return true;
    case field_boot:
      report.job.boot_id = text;
      return true;
    default:
      return false;
  }
}

/// Reads a number of the report. Returns true if the field is one, or is not known.
inline bool read_report_number(Report& report, std::uint8_t name, std::int64_t value) {
  switch (name) {
    case field_verdict:
      if (!is_verdict(value)) return false;
      report.outcome.verdict = static_cast<Verdict>(value);
      return true;
    case field_exit:
      report.outcome.exit_code = static_cast<int>(value);
      return true;
    case field_signal:
      report.outcome.signal = static_cast<int>(value);
      return true;
    case field_started:
      report.started_at = WallTime{Duration{value}};
      return true;
    case field_ended:
      report.ended_at = WallTime{Duration{value}};
      return true;
    case field_duration:
      report.duration = Duration{value};
      return true;
    case field_seq:
      report.job.seq = static_cast<std::uint64_t>(value);
      return true;
    case field_previous_end:
      report.previous_end = WallTime{Duration{value}};
      return true;
    case field_next_expected:
      report.next_expected_by = WallTime{Duration{value}};
      return true;
    default:
      return true;
  }
}

inline bool read_log_field(KeptLog& log, RecordField field) {
  auto const number = static_cast<std::uint64_t>(field.number().value_or(0));
  switch (field.name) {
    case field_file:
      log.file = field.value;
      return log.file.find('/') == std::string::npos;
    case field_piece_size:
      log.pieces.push_back({number, 0, {}});
      return number < INT64_MAX / 2;
    case field_piece_offset:
      if (log.pieces.empty()) return false;
      log.pieces.back().offset = number;
      return number < INT64_MAX / 2;
    case field_piece_text:
      if (log.pieces.empty()) return false;
      log.pieces.back().text = field.value;
      return field.value.size() == log.pieces.back().size;
    case field_sha256: {
      Sha256Bytes bytes{};
      if (field.value.size() != bytes.size()) return false;
      std::transform(field.value.begin(), field.value.end(), bytes.begin(),
                     [](char c) { return static_cast<unsigned char>(c); });
      log.sha256 = bytes;
      return true;
    }
    default:
      return true;
  }
}

inline bool read_part(Part& part, std::int64_t value) {
  if (value < 0 || value > static_cast<std::int64_t>(Part::refused)) return false;
  part = static_cast<Part>(value);
  return true;
}

inline bool read_entry_field(KeptEntry& kept, RecordField field) {
  auto const number = field.number().value_or(0);
  switch (field.name) {
    case field_number:
      kept.entry.number = static_cast<std::uint64_t>(number);
      return number > 0;
    case field_log:
      return read_part(kept.entry.log, number);
    case field_event:
      return read_part(kept.entry.event, number);
    case field_reason:
      kept.entry.reason = field.value;
      return true;
    default:
      read_standing(kept.entry.report.standing, field);
      read_finding(kept.entry.report.outcome, field);
      return read_report_text(kept.entry.report, field) ||
             (read_report_number(kept.entry.report, field.name, number) &&
              read_log_field(kept.log, field));
  }
}

}  // namespace detail

/// Returns the bytes of an entry. Its output is not in them.
[[nodiscard]] inline std::string write_entry(Entry const& entry, KeptLog const& log) {
  RecordWriter out;
  out.number(detail::field_number, static_cast<std::int64_t>(entry.number));
  out.number(detail::field_log, static_cast<std::int64_t>(entry.log));
  out.number(detail::field_event, static_cast<std::int64_t>(entry.event));
  out.text(detail::field_reason, entry.reason);
  detail::write_report(out, entry.report);
  detail::write_log(out, log);
  return std::move(out).bytes();
}

/// Reads the bytes of an entry; nothing if they are none.
[[nodiscard]] inline std::optional<KeptEntry> read_entry(std::string_view bytes) {
  KeptEntry kept;
  RecordReader in(bytes);
  while (auto const field = in.next()) {
    if (!detail::read_entry_field(kept, *field)) return std::nullopt;
  }
  if (!in.at_end() || kept.entry.number == 0) return std::nullopt;
  return kept;
}

}  // namespace sla::inline v1::internal

// sla/spool/record_file.hpp
// A file of records, each with its length and checksum, that only grows at its end. What append()
// has returned from with Sync::now is on the disk; a record that was torn by a crash, or damaged
// later, is told from a whole one and passed over. Finding records is pure.

namespace sla::inline v1::internal {

inline constexpr std::string_view record_mark{"\xF5SLR", 4};  ///< how each record begins
inline constexpr std::size_t record_head = 12;                ///< mark, length, checksum
inline constexpr std::size_t record_limit = 16U << 20U;       ///< bytes of a payload

/// Returns the payload with its mark, its length and a checksum over length and payload.
[[nodiscard]] inline std::string frame_record(std::string_view payload) {
  std::string out(record_mark);
  out.reserve(record_head + payload.size());
  append_number(out, static_cast<std::uint32_t>(payload.size()));
  append_number(out, crc32c(payload, crc32c(std::string_view(out).substr(4))));
  out += payload;
  return out;
}

/// A whole record among other bytes.
struct FoundRecord {
  std::size_t begin = 0;       ///< where its mark stands
  std::string_view payload{};  ///< in the bytes that were searched

  [[nodiscard]] std::size_t end() const noexcept { return begin + record_head + payload.size(); }
};

/// Returns the first whole record that begins at or behind `from`; other bytes are passed over.
[[nodiscard]] inline std::optional<FoundRecord> find_record(std::string_view bytes,
                                                            std::size_t from = 0) noexcept {
  for (std::size_t at = bytes.find(record_mark, from); at != std::string_view::npos;
       at = bytes.find(record_mark, at + 1)) {
    std::string_view const rest = bytes.substr(at);
    if (rest.size() < record_head) return std::nullopt;
    auto const size = leading_number<std::uint32_t>(rest.substr(4));
    if (size > record_limit || size > rest.size() - record_head) continue;
    std::string_view const payload = rest.substr(record_head, size);
    if (crc32c(payload, crc32c(rest.substr(4, 4))) ==
        leading_number<std::uint32_t>(rest.substr(8))) {
      return FoundRecord{at, payload};
    }
  }
  return std::nullopt;
}

/// Says if an append returns before or after the disk has it.
enum class Sync {
  later,  ///< survives the end of the process
  now,    ///< survives the end of the machine too
};

/// One file of records, for one process. Not thread-safe.
class RecordFile {
 public:
  /// Returns a new file for this user alone.
  [[nodiscard]] static Result<RecordFile> create(std::string path) {
    return open(std::move(path), O_RDWR | O_CREAT | O_EXCL);
  }
  /// Returns a file that is there already; to be read only, or appended to as well.
  [[nodiscard]] static Result<RecordFile> open(std::string path, int flags) {
    auto file = open_file(path, flags);
    if (!file) return file.error();
    struct stat about {};
    if (::fstat(file->get(), &about) != 0) return system_error(path);
    return RecordFile(std::move(path), *std::move(file), static_cast<std::uint64_t>(about.st_size));
  }

  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  [[nodiscard]] std::string const& path() const noexcept { return path_; }

  /// Adds a record and returns its position. After an Error the file is as it was before, as far as
  /// the disk lets it.
  [[nodiscard]] Result<std::uint64_t> append(std::string_view payload, Sync sync) {
    if (payload.size() > record_limit) return Error{Errc::invalid, "the record is too large"};
    std::string const record = frame_record(payload);
    auto written = write_at_end(record);
    if (written && sync == Sync::now) written = this->sync();
    if (!written) {
      (void)cut(size_);
      return written.error();
    }
    return std::exchange(size_, size_ + record.size());
  }

  /// Returns the payload of the record at that position.
  [[nodiscard]] Result<std::string> read(std::uint64_t position) const {
    auto head = bytes(position, record_head);
    if (!head) return head.error();
    bool const is_record = head->size() == record_head && head->starts_with(record_mark);
    auto const size =
        is_record ? leading_number<std::uint32_t>(std::string_view(*head).substr(4)) : 0U;
    if (is_record && size <= record_limit) {
      auto all = bytes(position, record_head + size);
      if (!all) return all.error();
      auto const found = find_record(*all);
      if (found && found->begin == 0) return std::string(found->payload);
    }
    return Error{Errc::malformed,
                 path_ + ": the record at " + std::to_string(position) + " is damaged"};
  }

  /// Returns all bytes from a position on, at most `limit` of them.
  [[nodiscard]] Result<std::string> bytes(std::uint64_t from, std::uint64_t limit) const {
    std::string out(static_cast<std::size_t>(limit), '\0');
    std::size_t have = 0;
    while (have < out.size()) {
      auto const n = read_at_place(file_, from + have, &out[have], out.size() - have);
      if (!n) return system_error(path_, n.error().system_number());
      if (*n == 0) break;
      have += *n;
    }
    out.resize(have);
    return out;
  }

  /// Cuts off what stands behind that position.
  [[nodiscard]] Result<void> cut(std::uint64_t position) {
    if (uninterrupted([&] { return ::ftruncate(file_.get(), static_cast<off_t>(position)); }) !=
        0) {
      return system_error(path_);
    }
    size_ = position;
    return {};
  }

  /// Writes to the disk what was appended with Sync::later.
  [[nodiscard]] Result<void> sync() const { return sync_file(file_, path_); }

  /// Returns true if the path still leads to this file.
  [[nodiscard]] bool in_place() const noexcept { return leads_to(path_, file_); }

 private:
  RecordFile(std::string path, Descriptor file, std::uint64_t size)
      : path_(std::move(path)), file_(std::move(file)), size_(size) {}

  Result<void> write_at_end(std::string_view record) const {
    auto const written = write_at_place(file_, size_, record);
    return written ? written : system_error(path_, written.error().system_number());
  }

  std::string path_;
  Descriptor file_;
  std::uint64_t size_;
};

}  // namespace sla::inline v1::internal

// sla/spool/directory.hpp
// The folder of a spool on disk: a lock that keeps a second runner out, the journal's folder, the
// logs, a marker for each run in flight, and what was the last event of each check. It is for one
// user alone (0700, files 0600). It knows files and names; what they mean to a delivery is
// spool/disk.hpp.

namespace sla::inline v1::internal {

/// The log of a run that died.
struct RecoveredLog {
  KeptLog log{};
  std::optional<WallTime> written_at{};  ///< when it last wrote something
};

/// The files of a spool. While it lives no other process opens the same folder.
class SpoolDirectory {
 public:
  /// Makes the folder if it is missing, and locks it. Errc::in_use if another process has it.
  /// `run_logs` is where an executor writes the logs of runs, if not in logs().
  [[nodiscard]] static Result<SpoolDirectory> open(std::string path, std::string run_logs = {}) {
    SpoolDirectory folder(std::move(path), std::move(run_logs));
    for (std::string const& part :
         {folder.path_, folder.journal(), folder.logs(), folder.runs(), folder.last_events()}) {
      if (auto made = make_folder(part); !made) return made.error();
    }
    if (auto locked = folder.lock(); !locked) return locked.error();
    return folder;
  }
  /// Returns the files of a folder that may be another process's, to look at.
  [[nodiscard]] static SpoolDirectory look(std::string path) {
    return SpoolDirectory(std::move(path), {});
  }

  [[nodiscard]] std::string const& path() const noexcept { return path_; }
  [[nodiscard]] std::string journal() const { return path_ + "/journal"; }
  [[nodiscard]] std::string logs() const { return path_ + "/logs"; }
  [[nodiscard]] std::string last_events() const { return path_ + "/last"; }

  /// Keeps the output of a report as a file; what an executor wrote to log_file_name() in logs() is
  /// one already, what it wrote elsewhere gets a second name. A small one is on the disk when this
  /// returns.
  [[nodiscard]] Result<KeptLog> keep_log(Report const& report, std::uint64_t number) const {
    Output const& output = report.outcome.output;
    if (output.size() == 0) return KeptLog{};
    std::string const own = std::to_string(number) + ".log";
    std::string name = report.job.run_id.empty() ? own : log_file_name(report.job.run_id);
    if (output.stands_in(logs() + '/' + name) || (output.stands_in(run_log(name)) && share(name))) {
      return adopt_log(std::move(name), output);
    }
    auto file = create_log(name);
    if (!file && file.error().system_number() == EEXIST) file = create_log(name = own);
    if (!file) return file.error();
    auto written =
        output.each_block([&](std::string_view block) { return write_all(file->get(), block); });
    if (written) written = sync_log(*file, output.size());
    if (!written) {
      remove_log(name);
      return written.error();
    }
    return KeptLog{name, {{output.size(), 0, {}}}, output.sha256()};
  }

  /// Opens a kept log; one that is in its record, as it was read from there. What the file has lost
  /// since, in a power failure, is left out with a line that says so.
  [[nodiscard]] Result<Output> open_log(KeptLog const& log) const {
    if (log.file.empty()) return log.pieces.empty() ? Output() : Output({}, log.pieces, log.sha256);
    auto file = open_file(logs() + '/' + log.file, O_RDONLY);
    if (!file) return file.error();
    struct stat about {};
    if (::fstat(file->get(), &about) != 0) return system_error(log.file);
    auto const size = static_cast<std::uint64_t>(about.st_size);
    std::vector<Output::Piece> pieces;
    std::uint64_t lost = 0;
    for (Output::Piece piece : log.pieces) {
      std::uint64_t const there = piece.offset < size ? size - piece.offset : 0;
      if (piece.text.empty() && piece.size > there) {
        lost += piece.size - there;
        piece.size = there;
      }
      if (piece.size != 0) pieces.push_back(std::move(piece));
    }
    constexpr auto disk = Output::Disk::may_hang;
    if (lost == 0) return Output(*std::move(file), std::move(pieces), log.sha256, disk);
    std::string line = "\n[sla-runner: " + std::to_string(lost) + " bytes were lost]\n";
    std::uint64_t const line_size = line.size();
    pieces.push_back({line_size, 0, std::move(line)});
    return Output(*std::move(file), std::move(pieces), std::nullopt, disk);
  }

  void remove_log(std::string const& name) const {
    if (!name.empty()) ::unlink((logs() + '/' + name).c_str());
  }

  /// Removes the logs for which `wanted(name)` is false.
  template <class Wanted>
  void remove_logs_unless(Wanted wanted) const {
    auto const names = list_folder(logs());
    if (!names) return;
    for (std::string const& name : *names) {
      if (!wanted(name)) remove_log(name);
    }
  }

  /// Notes that a run begins. Survives the death of this process. The file is that of a run which
  /// ended, if there is one: what it says behind the new record means nothing.
  [[nodiscard]] Result<void> mark(Report const& report) const {
    std::string const name = run_name(report.job.run_id);
    std::string const draft = this->draft();
    auto const file = open_file(draft, O_WRONLY | O_CREAT);
    if (!file) return file.error();
    std::string const bytes = frame_record(write_entry({.number = 1, .report = report}, {}));
    auto marked = write_all(file->get(), bytes);
    if (marked && ::rename(draft.c_str(), (runs() + '/' + name).c_str()) != 0) {
      marked = system_error(draft);
    }
    if (!marked) ::unlink(draft.c_str());
    return marked;
  }
  void unmark(std::string const& run_id) const {
    (void)::rename((runs() + '/' + run_name(run_id)).c_str(), draft().c_str());
  }

  /// Returns the runs that are marked.
  [[nodiscard]] std::vector<Report> marked() const {
    std::vector<Report> reports;
    auto const names = list_folder(runs());
    for (std::string const& name : names.value_or(std::vector<std::string>{})) {
      std::string const path = runs() + '/' + name;
      auto const bytes = read_file(path, record_limit + record_head);
      auto const record = bytes ? find_record(*bytes) : std::nullopt;
      auto kept = record ? read_entry(record->payload) : std::nullopt;
      // After a power failure it may be what the file said of another run.
      bool const right = kept && run_name(kept->entry.report.job.run_id) == name;
      if (right) reports.push_back(std::move(kept->entry.report));
      if (bytes && !right) ::unlink(path.c_str());
    }
    return reports;
  }

  /// Returns the log of a marked run, as far as it got.
  [[nodiscard]] RecoveredLog recover_log(std::string const& run_id) const {
    RecoveredLog recovered;
    std::string name = log_file_name(run_id);
    (void)share(name);  // fails if there is none, or it is here
    struct stat about {};
    if (::stat((logs() + '/' + name).c_str(), &about) != 0) return recovered;
    recovered.log.file = std::move(name);
    recovered.log.pieces.push_back({static_cast<std::uint64_t>(about.st_size), 0, {}});
    recovered.written_at = WallTime{std::chrono::seconds{about.st_mtim.tv_sec} +
                                    std::chrono::nanoseconds{about.st_mtim.tv_nsec}};
    return recovered;
  }

 private:
  static constexpr std::uint64_t sync_at_once = 1U << 20U;  ///< a larger log would hold up the run

  SpoolDirectory(std::string path, std::string run_logs)
      : path_(std::move(path)), run_logs_(std::move(run_logs)) {}

  [[nodiscard]] std::string run_log(std::string const& name) const {
    return (run_logs_.empty() ? logs() : run_logs_) + '/' + name;
  }
  /// Gives the log that an executor wrote elsewhere a name in logs() too.
  [[nodiscard]] bool share(std::string const& name) const {
    return ::link(run_log(name).c_str(), (logs() + '/' + name).c_str()) == 0;
  }

  [[nodiscard]] std::string runs() const { return path_ + "/runs"; }
  [[nodiscard]] std::string draft() const { return runs() + "/.draft"; }
  static std::string run_name(std::string_view run_id) {
    return percent_encode(run_id, Slash::encode) + ".run";
  }

  /// Returns errno, or 0. What a runner that was killed had open is closed a moment later.
  static int take_lock(Descriptor const& file) noexcept {
    SteadyClock const clock;
    std::chrono::milliseconds const look{10};
    for (Instant const until = clock.now() + 30 * look;; clock.sleep_until(clock.now() + look)) {
      if (uninterrupted([&] { return ::flock(file.get(), LOCK_EX | LOCK_NB); }) == 0) return 0;
      if (errno != EWOULDBLOCK || clock.now() >= until) return errno;
    }
  }
  Result<void> lock() {
    auto file = open_file(path_ + "/lock", O_RDWR | O_CREAT);
    if (!file) return file.error();
    if (int const failed = take_lock(*file); failed != 0) {
      if (failed != EWOULDBLOCK) return system_error(path_ + "/lock", failed);
      std::string const pid(trim(read_file(path_ + "/lock", 64).value_or(std::string())));
      return Error{Errc::in_use, path_ + " is in use by another runner" +
                                     (pid.empty() ? "" : " (process " + pid + ")")};
    }
    if (::ftruncate(file->get(), 0) == 0) {  // the number is for people: it may be missing
      (void)write_all(file->get(), std::to_string(CallsApart::program()) + '\n');
    }
    lock_ = *std::move(file);
    return {};
  }

  [[nodiscard]] Result<KeptLog> adopt_log(std::string name, Output const& output) const {
    auto const file = open_file(logs() + '/' + name, O_RDONLY);
    if (!file) return file.error();
    if (auto synced = sync_log(*file, output.size()); !synced) return synced.error();
    return KeptLog{std::move(name), output.pieces(), output.sha256()};
  }
  [[nodiscard]] Result<Descriptor> create_log(std::string const& name) const {
    return open_file(logs() + '/' + name, O_WRONLY | O_CREAT | O_EXCL);
  }
  [[nodiscard]] Result<void> sync_log(Descriptor const& file, std::uint64_t size) const {
    if (size > sync_at_once) return {};
    if (auto synced = sync_file(file, logs()); !synced) return synced;
    return sync_folder(logs());
  }

  std::string path_;
  std::string run_logs_;
  Descriptor lock_;
};

}  // namespace sla::inline v1::internal

// sla/spool/eviction.hpp
// What a spool gives up when it is full, in this order: the logs of passes, passes, the other logs,
// and then whatever is oldest. A result outlives its log, and what failed outlives what passed. The
// entries that are being delivered stay, and so does the newest; the logs of passes among the
// former are room that is there soon, so nothing of more worth goes in their place.

namespace sla::inline v1::internal {

/// Returns about how much memory an entry takes, its log included.
[[nodiscard]] inline std::uint64_t entry_bytes(Entry const& entry) noexcept {
  Report const& report = entry.report;
  std::uint64_t bytes = sizeof entry + report.outcome.output.size() + report.job.service.size() +
                        report.job.run_id.size() + report.outcome.remark.size() +
                        report.outcome.reason.size() + report.outcome.probe.size() +
                        entry.reason.size();
  for (auto const& group : report.job.groups) bytes += sizeof(std::string) + group.size();
  for (auto const& word : report.job.command) bytes += sizeof(std::string) + word.size();
  return bytes;
}

/// What an entry loses if it is evicted; the lowest goes first.
enum class EvictionRank : std::uint8_t { log_of_pass, pass, log, result };

/// Returns the rank of an entry. `log_gains` says if it is worth while to drop its log alone.
[[nodiscard]] constexpr EvictionRank eviction_rank(bool pass, bool log_gains) noexcept {
  if (pass) return log_gains ? EvictionRank::log_of_pass : EvictionRank::pass;
  return log_gains ? EvictionRank::log : EvictionRank::result;
}

/// One entry to evict.
struct Eviction {
  std::uint64_t number = 0;
  bool log_only = false;
};

/// Returns the text of the line that says so.
[[nodiscard]] constexpr std::string_view eviction_line(Eviction eviction) noexcept {
  return eviction.log_only ? "no room for undelivered results: a log is dropped"
                           : "no room for undelivered results: a result is dropped";
}

/// Removes the log of an entry; its event then says why there is none.
inline void drop_log(Entry& entry) {
  entry.report.outcome.output = Output();
  entry.report.log_error = "dropped: no room in the spool";
  entry.log = Part::done;
}

/// The entries of a spool in the order in which they are evicted.
class EvictionOrder {
 public:
  void add(std::uint64_t number, EvictionRank rank) { order_.insert({rank, number}); }
  void remove(std::uint64_t number, EvictionRank rank) { order_.erase({rank, number}); }

  /// Returns what to evict next, but for the entries of these numbers; the spared ones ascend.
  [[nodiscard]] std::optional<Eviction> next(std::vector<std::uint64_t> const& spared,
                                             std::uint64_t newest) const {
    for (auto const& [rank, number] : order_) {
      if (number == newest || std::binary_search(spared.begin(), spared.end(), number)) continue;
      return Eviction{number, rank == EvictionRank::log_of_pass || rank == EvictionRank::log};
    }
    return std::nullopt;
  }

 private:
  std::set<std::pair<EvictionRank, std::uint64_t>> order_{};
};

}  // namespace sla::inline v1::internal

// sla/spool/gathering.hpp
// The entries of a spool that wait for a bundle of logs: those whose log is to stand in one, and,
// so that the events of a service keep their order, those of the same service behind them. One of
// the latter is a reason not to wait any longer, and so is as much as a bundle holds.

namespace sla::inline v1::internal {

/// Whether an entry waits for a bundle.
enum class Gathered : std::uint8_t {
  no,
  log,     ///< its log is to stand in one
  behind,  ///< it follows such an entry of its service
};

/// One entry as a Gathering knows it.
struct GatheredEntry {
  std::uint64_t number = 0;
  std::size_t service = 0;  ///< a hash of its name
  Gathered why = Gathered::no;
  std::uint64_t log_bytes = 0;
};

/// The numbers of those entries. Not thread-safe.
class Gathering {
 public:
  /// Lets entries wait from now on. Returns false if they do already.
  bool begin() noexcept { return !std::exchange(on_, true); }

  /// Returns whether an entry of which nothing is delivered is to wait. `bundled`: its log may
  /// stand in a bundle.
  [[nodiscard]] Gathered wait_of(std::size_t service, bool bundled) const {
    if (!on_) return Gathered::no;
    if (bundled) return Gathered::log;
    auto const first = by_service_.lower_bound({service, 0});
    bool const waits = first != by_service_.end() && first->first == service;
    return waits ? Gathered::behind : Gathered::no;
  }

  void add(GatheredEntry const& entry) {
    all_.insert(entry.number);
    by_service_.emplace(entry.service, entry.number);
    bytes_ += entry.log_bytes;
    if (entry.why == Gathered::behind) ++behind_;
  }
  void remove(GatheredEntry const& entry) {
    all_.erase(entry.number);
    by_service_.erase({entry.service, entry.number});
    bytes_ -= entry.log_bytes;
    if (entry.why == Gathered::behind) --behind_;
  }

  [[nodiscard]] bool holds(std::uint64_t number) const { return all_.count(number) != 0; }
  /// Returns the next numbers behind that one; at most so many.
  [[nodiscard]] std::vector<std::uint64_t> next(std::uint64_t behind, std::size_t most) const {
    std::vector<std::uint64_t> found;
    for (auto at = all_.upper_bound(behind); at != all_.end() && found.size() < most; ++at) {
      found.push_back(*at);
    }
    return found;
  }

  /// Adds the entries to what there is to do. `crowded`: the spool needs their room soon.
  [[nodiscard]] SpoolCount counted(SpoolCount count, bool crowded) const noexcept {
    bool const full = all_.size() >= BundleLimits::logs || bytes_ >= BundleLimits::bytes;
    count.gathered = all_.size();
    count.bundle_due = !all_.empty() && (behind_ != 0 || full || crowded);
    return count;
  }

 private:
  bool on_ = false;
  std::set<std::uint64_t> all_{};
  std::set<std::pair<std::size_t, std::uint64_t>> by_service_{};
  std::uint64_t bytes_ = 0;
  std::size_t behind_ = 0;
};

}  // namespace sla::inline v1::internal

// sla/spool/entry_state.hpp
// What a spool knows of one entry, wherever that stands, and how much room it takes.

namespace sla::inline v1::internal {

/// What is known of one entry.
struct EntryState {
  std::optional<RecordPosition> position{};  ///< its latest record
  KeptLog log{};                             ///< its log on the disk
  std::unique_ptr<Entry> held{};  ///< the entry itself, if the record is missing or too old
  Part log_part = Part::waiting;
  std::size_t service = 0;  ///< a hash of its name
  Part event_part = Part::waiting;
  bool pass = false;
  bool counts = true;
  bool plain = false;  ///< its log may stand in a bundle, as far as its size does not matter
  Gathered gathered = Gathered::no;

  [[nodiscard]] bool wants_log() const noexcept {
    return log_part == Part::waiting && gathered == Gathered::no;
  }
  [[nodiscard]] bool wants_event() const noexcept {
    return event_part == Part::waiting && gathered == Gathered::no;
  }
  /// Takes over how far an entry got.
  void note(Entry const& entry) noexcept {
    service = std::hash<std::string_view>()(entry.report.job.service);
    log_part = entry.log;
    event_part = entry.event;
    pass = entry.report.succeeded();
    counts = entry.report.counts();
    plain = may_be_bundled(entry.report, 0);
  }
  /// Holds an entry whole.
  void hold(Entry const& entry) {
    held = std::make_unique<Entry>(entry);
    note(entry);
  }
  /// Reads the log of the entry that is held from its file into memory if it is small, so that many
  /// entries do not take a descriptor each. Returns true if it did.
  bool take_in_log() {
    constexpr std::uint64_t small = 64 * 1024;
    Output& output = held->report.outcome.output;
    if (output.size() > small || output.in_memory()) return false;
    auto text = output.text();
    if (!text) return false;
    std::uint64_t const size = text->size();
    output = Output({}, {{size, 0, *std::move(text)}}, output.sha256());
    return true;
  }
};

/// Returns how much of the limit an entry takes that is held whole: about as much memory.
[[nodiscard]] inline std::uint64_t memory_use(Entry const& entry) noexcept {
  constexpr std::uint64_t nodes = 256;  // and what the allocator needs for each piece
  return sizeof(EntryState) + nodes + entry_bytes(entry);
}

/// Returns how much of the limit an entry takes on a disk: whole blocks, and a fixed sum for the
/// record, the names and what is known of it in memory, so that the limit bounds all of them.
[[nodiscard]] constexpr std::uint64_t disk_use(std::uint64_t log_bytes) noexcept {
  constexpr std::uint64_t block = 4096;
  return 2 * block + (log_bytes + block - 1) / block * block;
}

}  // namespace sla::inline v1::internal

// sla/spool/index.hpp
// The entries of a spool as they are known in memory: where each stands, how far it got, how much
// room all of them take and which go first when it is too much. One that is not on a disk is held
// here whole. Nothing here takes longer the more entries there are, but for passing over those that
// wait for something else.

namespace sla::inline v1::internal {

/// All entries of one spool, by number. Not thread-safe.
class SpoolIndex {
 public:
  using Map = std::map<std::uint64_t, EntryState>;

  [[nodiscard]] Map const& all() const noexcept { return all_; }
  /// Returns how much there is to do, where so many bytes are too much.
  [[nodiscard]] SpoolCount count(std::uint64_t disk_limit, std::uint64_t memory_limit) const {
    return gathering_.counted(count_,
                              disk_bytes_ > disk_limit / 2 || memory_bytes_ > memory_limit / 2);
  }
  [[nodiscard]] std::uint64_t last_number() const noexcept {
    return all_.empty() ? 0 : all_.rbegin()->first;
  }

  /// Returns true if all of an entry is in its record, also its log.
  [[nodiscard]] bool is_record(std::uint64_t number) const {
    EntryState const& state = all_.at(number);
    return state.position && state.log.file.empty();
  }
  /// Returns the numbers of the entries that are held here whole.
  [[nodiscard]] std::vector<std::uint64_t> held() const {
    std::vector<std::uint64_t> numbers;
    for (auto const& [number, entry] : all_) {
      if (entry.held) numbers.push_back(number);
    }
    return numbers;
  }

  /// Returns those entries.
  [[nodiscard]] std::vector<Entry> held_entries() const {
    std::vector<Entry> entries;
    for (auto const& [number, entry] : all_) {
      if (entry.held) entries.push_back(*entry.held);
    }
    return entries;
  }

  /// Returns the number of the next entry. Numbers follow the clock, so that what was held in
  /// memory while a disk could not even be read sorts behind what is found there later.
  [[nodiscard]] std::uint64_t next_number() {
    auto const now = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::system_clock::now().time_since_epoch());
    last_ = std::max({last_ + 1, static_cast<std::uint64_t>(now.count()), last_number() + 1});
    return last_;
  }

  /// Lets entries wait for a bundle from now on, those that are here included.
  void gather() {
    if (!gathering_.begin()) return;
    for (auto& [number, entry] : all_) {
      tally(number, entry, false);
      entry.gathered = wait_of(entry);
      tally(number, entry, true);
    }
  }
  /// Ends the wait of an entry for its bundle. Returns false if there is no such entry.
  bool release(std::uint64_t number) {
    bool const waits = gathering_.holds(number);
    if (waits) put(number, [](EntryState& entry) { entry.gathered = Gathered::no; });
    return waits || all_.count(number) != 0;
  }

  /// Adds an entry, or changes one: `change(EntryState&)`.
  template <class Change>
  void put(std::uint64_t number, Change change) {
    auto const [at, added] = all_.try_emplace(number);
    if (!added) tally(number, at->second, false);
    change(at->second);
    if (added) at->second.gathered = wait_of(at->second);
    tally(number, at->second, true);
    if (at->second.event_part == Part::waiting && number < first_event_) first_event_ = number;
  }
  void erase(std::uint64_t number) {
    auto const at = all_.find(number);
    if (at == all_.end()) return;
    tally(number, at->second, false);
    all_.erase(at);
  }

  /// Returns the oldest entry behind that number whose event waits.
  [[nodiscard]] std::optional<std::uint64_t> next_event(std::uint64_t behind) {
    bool const of_all = behind < first_event_;
    auto at = of_all ? all_.lower_bound(first_event_) : all_.upper_bound(behind);
    while (at != all_.end() && !at->second.wants_event()) ++at;
    std::uint64_t const found = at != all_.end() ? at->first : last_number() + 1;
    if (of_all) first_event_ = found;
    if (at == all_.end()) return std::nullopt;
    return found;
  }

  /// Returns the oldest event that waits of each service, but for those numbers, which ascend; at
  /// most so many: the services take turns from call to call. The oldest comes first.
  [[nodiscard]] std::vector<std::uint64_t> next_events(std::size_t most,
                                                       std::vector<std::uint64_t> const& except) {
    std::vector<std::uint64_t> found;
    std::optional<std::size_t> first;
    for (std::size_t service = turn_; found.size() < most; first = first.value_or(service)) {
      auto at = by_service_.lower_bound({service + 1, 0});  // behind the last one that is the first
      if (at == by_service_.end()) at = by_service_.begin();
      if (at == by_service_.end() || first == at->first) break;
      service = at->first;
      while (std::binary_search(except.begin(), except.end(), at->second)) {
        if (++at == by_service_.end() || at->first != service) break;
      }
      if (at == by_service_.end() || at->first != service) continue;
      found.push_back(at->second);
      turn_ = service;
    }
    std::sort(found.begin(), found.end());
    return found;
  }

  /// Returns the next entry, in a circle, whose log waits.
  [[nodiscard]] std::optional<std::uint64_t> next_log(std::uint64_t behind) const {
    if (count_.logs + count_.ahead == 0) return std::nullopt;
    for (auto at = all_.upper_bound(behind); at != all_.end(); ++at) {
      if (at->second.wants_log()) return at->first;
    }
    for (auto const& [number, entry] : all_) {
      if (entry.wants_log()) return number;
    }
    return std::nullopt;
  }

  /// Returns the next entries, in a circle, whose logs wait; at most so many.
  [[nodiscard]] std::vector<std::uint64_t> next_logs(std::uint64_t behind, std::size_t most) const {
    std::vector<std::uint64_t> found;
    for (auto next = next_log(behind); next && found.size() < most; next = next_log(*next)) {
      if (!found.empty() && found.front() == *next) break;
      found.push_back(*next);
    }
    return found;
  }

  /// Returns the next entries behind that one that wait for a bundle; at most so many.
  [[nodiscard]] std::vector<std::uint64_t> next_bundle(std::uint64_t behind,
                                                       std::size_t most) const {
    return gathering_.next(behind, most);
  }

  /// Returns what to evict from the disk, or from memory, if that holds more bytes than its limit;
  /// the spared ones, which ascend, and the newest stay. If the limit would hold without the spared
  /// logs of passes, which are about to go, only logs of passes are evicted.
  [[nodiscard]] std::optional<Eviction> eviction(bool on_disk, std::uint64_t limit,
                                                 std::vector<std::uint64_t> const& spared) const {
    std::uint64_t const bytes = on_disk ? disk_bytes_ : memory_bytes_;
    if (bytes <= limit) return std::nullopt;
    auto found = (on_disk ? disk_order_ : memory_order_).next(spared, last_number());
    if (!found) return std::nullopt;
    EntryState const& entry = all_.at(found->number);
    if (rank_of(entry) != EvictionRank::log_of_pass &&
        bytes - logs_of_passes(on_disk, spared) <= limit) {
      return std::nullopt;
    }
    // If the event is delivered the log is all there is.
    if (entry.event_part == Part::done) found->log_only = false;
    return found;
  }

 private:
  static std::uint64_t log_size(EntryState const& entry) noexcept {
    return entry.held ? entry.held->report.outcome.output.size() : entry.log.size();
  }
  static EvictionRank rank_of(EntryState const& entry) noexcept {
    std::uint64_t const log = log_size(entry);
    std::uint64_t const worth_while = entry.held ? sizeof(Entry) : 1;
    return eviction_rank(entry.pass, entry.event_part == Part::done || log >= worth_while);
  }

  /// Returns how many bytes of the disk, or of memory, are logs of passes among these.
  [[nodiscard]] std::uint64_t logs_of_passes(bool on_disk,
                                             std::vector<std::uint64_t> const& numbers) const {
    std::uint64_t bytes = 0;
    for (std::uint64_t const number : numbers) {
      auto const at = all_.find(number);
      if (at == all_.end() || on_disk == (at->second.held != nullptr)) continue;
      if (rank_of(at->second) == EvictionRank::log_of_pass) bytes += log_size(at->second);
    }
    return bytes;
  }

  /// Returns whether an entry is to wait for a bundle.
  [[nodiscard]] Gathered wait_of(EntryState const& entry) const {
    if (entry.event_part != Part::waiting) return Gathered::no;
    bool const small = log_size(entry) <= BundleLimits::bytes_of_one;
    return gathering_.wait_of(entry.service,
                              entry.plain && small && entry.log_part == Part::waiting);
  }

  void tally(std::uint64_t number, EntryState const& entry, bool there) {
    auto const move = [there](auto& total, auto amount) {
      total = there ? total + amount : total - amount;
    };
    std::size_t const one = 1;
    bool const event = entry.event_part == Part::waiting;
    if (entry.gathered != Gathered::no) {
      GatheredEntry const waits{number, entry.service, entry.gathered, log_size(entry)};
      there ? gathering_.add(waits) : gathering_.remove(waits);
    } else if (event) {
      move(count_.events, one);
      there ? void(by_service_.emplace(entry.service, number))
            : void(by_service_.erase({entry.service, number}));
    }
    if (entry.wants_log()) move(event ? count_.ahead : count_.logs, one);
    if (entry.log_part == Part::refused || entry.event_part == Part::refused) {
      move(count_.refused, one);
    }
    if (entry.position) move(disk_bytes_, disk_use(entry.log.size()));
    if (entry.held) move(memory_bytes_, memory_use(*entry.held));
    EvictionOrder& order = entry.held ? memory_order_ : disk_order_;
    there ? order.add(number, rank_of(entry)) : order.remove(number, rank_of(entry));
  }

  Map all_{};
  EvictionOrder disk_order_{};
  EvictionOrder memory_order_{};
  SpoolCount count_{};
  std::uint64_t disk_bytes_ = 0;
  std::uint64_t memory_bytes_ = 0;
  std::uint64_t last_ = 0;
  std::uint64_t first_event_ = 1;  ///< no event waits before this one
  std::set<std::pair<std::size_t, std::uint64_t>> by_service_{};  ///< the events that wait
  std::size_t turn_ = 0;  ///< the service whose event was handed out last
  Gathering gathering_{};
};

}  // namespace sla::inline v1::internal

// sla/spool/last_events.hpp
// Keeps in the folder of a spool when the last event of each check ended, so that the first event
// of the next process says it, and what that event left for the next process to know. A file for
// each check holds the last record and the one before it, should the process die while it writes.

namespace sla::inline v1::internal {

/// Remembers the last event of each check, which is a service at a location. Not thread-safe.
class LastEvents {
 public:
  explicit LastEvents(std::string folder) : folder_(std::move(folder)) {}

  /// Tells a new event when the one before it ended, if it does not know and this does; learns of
  /// it.
  void complete(Entry& entry) {
    Report& report = entry.report;
    if (report.counts() && !report.previous_end) {
      Last const& last = of(report.job);
      if (last.number != 0) report.previous_end = last.end;
    }
    learn(entry);
    if (report.memory) of(report.job).memory = std::exchange(report.memory, {});
  }
  /// Learns of an event. Those of a check are in the order of their numbers, whatever clocks say.
  void learn(Entry const& entry) {
    if (!entry.report.counts()) return;
    Last& last = of(entry.report.job);
    if (entry.number <= last.number) return;
    last.number = entry.number;
    last.end = entry.report.event_end();
  }

  /// Returns what the last event of that check left for the next process; its number is 0 if
  /// that is nothing.
  [[nodiscard]] Recalled recall(Job const& job) {
    Last const& last = of(job);
    if (!last.memory) return {};
    return {last.number, *last.memory};
  }

  /// Writes down what is known of a check. What cannot be written the next process does not know.
  void keep(Job const& job) { write(check_of(job), of(job)); }
  void keep_all() {
    for (auto& [check, last] : known_) write(check, last);
  }

 private:
  struct Last {
    std::uint64_t number = 0;  ///< 0: there is none
    WallTime end{};
    internal::Shared<std::string const> memory{};
    bool second = true;  ///< it stands in the second half of the file
  };
  /// The halves are written over in turns. (Another file instead of the old one would cost a
  /// disk more than all else that it does for an event.)
  static constexpr std::size_t half = 32'768;

  /// The names of the fields. A name keeps its meaning for ever.
  enum Field : std::uint8_t { check_field = 1, number_field = 2, end_field = 3, memory_field = 4 };

  static std::string check_of(Job const& job) { return job.service + '\n' + job.location; }

  Last& of(Job const& job) {
    auto const [at, fresh] = known_.try_emplace(check_of(job));
    if (fresh) at->second = read(at->first);
    return at->second;
  }

  /// A service may have a longer name than a file. Of two with one checksum one is forgotten.
  [[nodiscard]] std::string file_of(std::string const& check) const {
    return folder_ + '/' + std::to_string(crc32c(check)) + ".last";
  }

  [[nodiscard]] Last read(std::string const& check) const {
    auto const bytes = read_file(file_of(check), 2 * half);
    Last newest;
    for (std::size_t at = 0; bytes;) {
      auto const record = find_record(*bytes, at);
      if (!record) break;
      at = record->end();
      Last last = parse(record->payload, check);
      last.second = record->begin >= half;
      if (last.number > newest.number) newest = std::move(last);
    }
    return newest;
  }
  /// Reads a record; one of another check is as if there were none.
  static Last parse(std::string_view payload, std::string const& check) {
    Last last;
    bool same = false;
    RecordReader in(payload);
    while (auto const field = in.next()) {
      std::int64_t const number = field->number().value_or(0);
      if (field->name == check_field) same = field->value == check;
      if (field->name == number_field) last.number = static_cast<std::uint64_t>(number);
      if (field->name == end_field) last.end = WallTime{Duration{number}};
      if (field->name == memory_field) {
        last.memory = internal::Shared<std::string const>::make(field->value);
      }
    }
    return same ? last : Last{};
  }

  void write(std::string const& check, Last& last) const {
    if (last.number == 0) return;
    RecordWriter out;
    out.text(check_field, check).number(number_field, static_cast<std::int64_t>(last.number));
    out.number(end_field, last.end.time_since_epoch().count());
    if (last.memory) out.text(memory_field, *last.memory);
    std::string const record = frame_record(out.bytes());
    auto const file = open_file(file_of(check), O_WRONLY | O_CREAT);
    if (!file || record.size() > half) return;
    last.second = !last.second;
    (void)write_at_place(*file, last.second ? half : 0, record);
  }

  std::string folder_;
  std::map<std::string, Last> known_{};
};

}  // namespace sla::inline v1::internal

// sla/spool/outage.hpp
// The outage of a spool's disk: if it takes what is written, as far as is known, when it is tried
// again, and what is said about it, one line a minute at most.

namespace sla::inline v1::internal {

/// The outage of one spool's disk, if there is one. Not thread-safe.
class Outage {
 public:
  Outage(std::string folder, Duration retry, Logger log)
      : folder_(std::move(folder)), retry_(retry), log_(log) {}

  /// Returns true if the disk cannot be written.
  explicit operator bool() const noexcept { return lasts_; }

  void begin(Error const& error) {
    if (std::exchange(lasts_, true)) return;
    Instant const now = std::chrono::steady_clock::now();
    retry_at_ = now + retry_;
    said_ = now - said_at_ >= std::chrono::minutes{1};
    if (!said_) return;
    said_at_ = now;
    log_.warning("the spool cannot be written: results are kept in memory",
                 {{"spool", folder_}, {"reason", error.message}});
  }
  void end() {
    if (!std::exchange(lasts_, false)) return;
    if (said_) log_.info("the spool can be written again", {{"spool", folder_}});
  }

  /// Returns true if it is time to try the disk again, which then counts as tried.
  [[nodiscard]] bool take_due(Instant now) {
    if (!lasts_ || now < retry_at_) return false;
    retry_at_ = now + retry_;
    return true;
  }
  /// Returns when that is; the last instant of all if there is no outage.
  [[nodiscard]] Instant due() const noexcept { return lasts_ ? retry_at_ : Instant::max(); }

 private:
  std::string folder_;
  Duration retry_;
  Logger log_;
  bool lasts_ = false;
  bool said_ = false;                                    ///< a line said so
  Instant said_at_ = Instant{} - std::chrono::hours{1};  ///< of the monotonic clock
  Instant retry_at_{};
};

}  // namespace sla::inline v1::internal

// sla/spool/journal.hpp
// A folder of numbered record files, the segments: records are added to the last one, and the first
// ones are deleted once nobody needs what is in them. The caller says which records are needed and
// what they mean. Segments are deleted from the front only, so a record that revokes an earlier one
// never goes before it. (A file for each entry would need none of this, but two syncs for an entry
// instead of one, and after an outage a hundred times as long to open.)

namespace sla::inline v1::internal {

/// The records of one process, which has the folder for itself. Not thread-safe.
class Journal {
 public:
  struct Options {
    std::string folder;                      ///< there already
    std::uint64_t segment_size = 1U << 20U;  ///< a new segment begins behind this
  };

  /// Opens what is there and hands each record to `visit(RecordPosition, std::string_view)`, in the
  /// order in which they were added. A record that was torn at the end is cut off.
  template <class Visit>
  [[nodiscard]] static Result<Journal> open(Options options, Visit visit) {
    return open(std::move(options), O_RDWR, visit);
  }
  /// The same for a folder that another process may be writing to; changes nothing there.
  template <class Visit>
  [[nodiscard]] static Result<void> look(std::string const& folder, Visit visit) {
    auto journal = open({.folder = folder}, O_RDONLY, visit);
    if (!journal) return journal.error();
    return {};
  }

  /// Adds a record. It is not kept until keep() says so.
  [[nodiscard]] Result<RecordPosition> append(std::string_view payload, Sync sync) {
    if (segments_.empty() || segments_.back().file.size() >= options_.segment_size) {
      if (auto begun = begin_segment(); !begun) return begun.error();
    }
    Segment& last = segments_.back();
    auto const offset = last.file.append(payload, sync);
    if (!offset) return offset.error();
    return RecordPosition{last.number, *offset, record_head + payload.size()};
  }

  /// Returns the payload of a record.
  [[nodiscard]] Result<std::string> read(RecordPosition position) const {
    for (Segment const& segment : segments_) {
      if (segment.number == position.segment) return segment.file.read(position.offset);
    }
    return Error{Errc::malformed, options_.folder + ": a segment is gone"};
  }

  /// The record is needed.
  void keep(RecordPosition position) noexcept { count(position, true); }
  /// The record is not needed any more.
  void release(RecordPosition position) noexcept { count(position, false); }

  /// Deletes the segments at the front that nobody needs, once what came after them is on the disk;
  /// if that is all, nothing is left, or no more than so many bytes.
  void tidy(std::uint64_t leave = 0) {
    while (segments_.size() > 1 && segments_.front().needed == 0 && sync()) {
      ::unlink(segments_.front().file.path().c_str());
      segments_.erase(segments_.begin());
    }
    if (segments_.size() != 1 || segments_[0].needed != 0) return;
    if (segments_[0].file.size() > leave) (void)segments_[0].file.cut(0);
  }

  [[nodiscard]] bool empty() const noexcept {
    return segments_.empty() || (segments_.size() == 1 && segments_[0].file.size() == 0);
  }

  /// Returns the first segment, if so little of all of them is needed that it is worth while to
  /// add the needed records of the first one again at the end.
  [[nodiscard]] std::optional<std::uint64_t> worth_moving() const noexcept {
    std::uint64_t all = 0, needed = 0;
    for (Segment const& segment : segments_) {
      all += segment.file.size();
      needed += segment.needed_bytes;
    }
    if (segments_.size() < 2 || all <= 2 * (needed + options_.segment_size)) return std::nullopt;
    return segments_.front().number;
  }

  /// Writes to the disk what was added with Sync::later.
  [[nodiscard]] Result<void> sync() const {
    return segments_.empty() ? Result<void>{} : segments_.back().file.sync();
  }

  /// Returns true if what is added would still be found: the folder was neither deleted nor
  /// replaced.
  [[nodiscard]] bool in_place() const noexcept {
    return segments_.empty() ? ::access(options_.folder.c_str(), F_OK) == 0
                             : segments_.back().file.in_place();
  }

  /// Returns how many bytes were found that are no records, but for a torn one at the end.
  [[nodiscard]] std::uint64_t damaged() const noexcept { return damaged_; }

 private:
  struct Segment {
    std::uint64_t number;
    RecordFile file;
    std::uint64_t needed = 0;  ///< records
    std::uint64_t needed_bytes = 0;
  };
  static constexpr std::string_view ending = ".records";

  explicit Journal(Options options) : options_(std::move(options)) {}

  template <class Visit>
  static Result<Journal> open(Options options, int flags, Visit visit) {
    Journal journal(std::move(options));
    auto const names = list_folder(journal.options_.folder);
    if (!names) return names.error();
    for (std::string const& name : *names) {
      std::string_view const stem = std::string_view(name).substr(0, name.find('.'));
      auto const number = parse_integer<std::uint64_t>(stem);
      if (!number || name != file_name(*number)) continue;
      auto file = RecordFile::open(journal.options_.folder + '/' + name, flags);
      if (!file && file.error().system_number() == ENOENT) continue;  // deleted while we look
      if (!file) return file.error();
      journal.segments_.push_back({*number, *std::move(file)});
    }
    for (Segment& segment : journal.segments_) {
      if (auto done = journal.visit_segment(segment, flags, visit); !done) return done.error();
    }
    return journal;
  }

  template <class Visit>
  Result<void> visit_segment(Segment& segment, int flags, Visit& visit) {
    auto const bytes = segment.file.bytes(0, segment.file.size());
    if (!bytes) return bytes.error();
    std::size_t end = 0;
    while (auto const record = find_record(*bytes, end)) {
      damaged_ += record->begin - end;
      end = record->end();
      visit(RecordPosition{segment.number, record->begin, end - record->begin}, record->payload);
    }
    if (end == bytes->size()) return {};
    bool const last = segment.number == segments_.back().number;
    if (!last) damaged_ += bytes->size() - end;
    return last && flags == O_RDWR ? segment.file.cut(end) : Result<void>{};
  }

  static std::string file_name(std::uint64_t number) {
    std::string const digits = std::to_string(number);
    return std::string(digits.size() < 10 ? 10 - digits.size() : 0, '0') + digits +
           std::string(ending);
  }

  Result<void> begin_segment() {
    std::uint64_t const number = segments_.empty() ? 1 : segments_.back().number + 1;
    if (auto synced = sync(); !synced) return synced;
    auto file = RecordFile::create(options_.folder + '/' + file_name(number));
    if (!file) return file.error();
    if (auto synced = sync_folder(options_.folder); !synced) {
      ::unlink(file->path().c_str());
      return synced;
    }
    segments_.push_back({number, *std::move(file)});
    return {};
  }

  void count(RecordPosition position, bool needed) noexcept {
    for (Segment& segment : segments_) {
      if (segment.number != position.segment) continue;
      segment.needed += needed ? 1U : static_cast<std::uint64_t>(-1);
      segment.needed_bytes += needed ? position.size : std::uint64_t{0} - position.size;
    }
  }

  Options options_;
  std::vector<Segment> segments_;
  std::uint64_t damaged_ = 0;
};

}  // namespace sla::inline v1::internal

// sla/spool/store.hpp
// What a spool on disk writes and reads: a journal of entries, of numbers that are done with and of
// how many reports were dropped, in a SpoolDirectory beside the logs. Every step reports its
// failure; what to do about it is up to spool/disk.hpp.

namespace sla::inline v1::internal {

/// A locked folder and its journal. Not thread-safe.
class SpoolStore {
 public:
  /// Opens the folder; Errc::in_use if another process has it. In the order of their writing the
  /// visitor gets each `entry(RecordPosition, KeptEntry)`, `gone(number)` and
  /// `dropped(RecordPosition, count)`.
  template <class Visitor>
  [[nodiscard]] static Result<SpoolStore> open(std::string const& path, Visitor& visitor,
                                               std::string const& run_logs = {}) {
    auto folder = SpoolDirectory::open(path, run_logs);
    if (!folder) return folder.error();
    auto journal = Journal::open({.folder = folder->journal()}, reader(visitor));
    if (!journal) return journal.error();
    return SpoolStore(*std::move(folder), *std::move(journal));
  }
  /// Hands out the same without a lock, and changes nothing.
  template <class Visitor>
  [[nodiscard]] static Result<void> look(std::string const& path, Visitor& visitor) {
    return Journal::look(SpoolDirectory::look(path).journal(), reader(visitor));
  }

  [[nodiscard]] SpoolDirectory const& folder() const noexcept { return folder_; }
  [[nodiscard]] Journal& journal() noexcept { return journal_; }

  /// Writes an entry, its log first if that is not on the disk yet, and notes where it is. A small
  /// log goes into the record: a file of its own costs two syncs more. Deletes what is there of a
  /// log that the entry has no more.
  [[nodiscard]] Result<void> write(Entry const& entry, EntryState& state, Sync sync) {
    bool const new_log = state.log.file.empty() && entry.report.outcome.output.size() != 0;
    if (new_log) {
      auto log = small_log(entry.report.outcome.output);
      if (!log) log = folder_.keep_log(entry.report, entry.number);
      if (!log) return log.error();
      state.log = *std::move(log);
    }
    bool const has_log = entry.log != Part::done || entry.report.outcome.output.size() != 0;
    KeptLog const none;
    auto const position =
        journal_.append(kind_entry + write_entry(entry, has_log ? state.log : none), sync);
    state.log.leave_in_record();
    if (!position) return position.error();
    move(state.position, *position);
    if (!has_log) folder_.remove_log(std::exchange(state.log, none).file);
    return {};
  }

  /// Reads an entry, its log included if there is one that can be read. Errc::malformed if
  /// the record is damaged.
  [[nodiscard]] Result<Entry> read(EntryState const& state) const {
    auto const payload = journal_.read(*state.position);
    if (!payload) return payload.error();
    auto kept = read_entry(std::string_view(*payload).substr(1));
    if (!kept) return Error{Errc::malformed, "a record is damaged"};
    kept->entry.log = state.log_part;
    kept->entry.event = state.event_part;
    auto log = folder_.open_log(state.log.file.empty() ? kept->log : state.log);
    if (log) {
      kept->entry.report.outcome.output = *std::move(log);
    } else if (is_gone(log.error().system_number())) {
      kept->entry.log = Part::done;
      kept->entry.report.log_error = "the log is gone from the spool";
    } else {
      kept->entry.unreadable = log.error().message;
    }
    return std::move(kept->entry);
  }

  /// Notes that an entry is done with, and deletes what is left of it.
  [[nodiscard]] Result<void> forget(std::uint64_t number, EntryState const& state) {
    Result<void> noted;
    if (state.position) {
      journal_.release(*state.position);
      journal_.tidy(left);
      if (!journal_.empty()) noted = write_gone(number);
    }
    folder_.remove_log(state.log.file);  // a death before this leaves a file that nobody needs
    return noted;
  }
  [[nodiscard]] Result<void> write_gone(std::uint64_t number) {
    std::string payload(1, kind_gone);
    append_number(payload, number);
    auto const position = journal_.append(payload, Sync::later);
    if (!position) return position.error();
    return {};
  }

  /// Notes how many reports were dropped; 0 is the same as no note.
  [[nodiscard]] Result<void> write_dropped(std::uint64_t count) {
    std::string payload(1, kind_dropped);
    append_number(payload, count);
    auto const position = journal_.append(payload, Sync::later);
    if (!position) return position.error();
    move(dropped_, *position);
    if (count == 0) journal_.release(*std::exchange(dropped_, std::nullopt));
    return {};
  }
  /// The note that is valid was found there.
  void keep_dropped(RecordPosition position) {
    journal_.keep(position);
    dropped_ = position;
  }

  /// Adds the records of the first segment, if only a few of them are needed, again at the
  /// end; `index` knows which they are.
  [[nodiscard]] Result<void> move_first_segment(SpoolIndex& index, std::uint64_t dropped) {
    auto const segment = journal_.worth_moving();
    if (!segment) return {};
    for (auto const& [number, entry] : index.all()) {
      if (!entry.position || entry.position->segment != *segment) continue;
      auto const payload = journal_.read(*entry.position);
      if (!payload) return payload.error();
      auto const position = journal_.append(*payload, Sync::later);
      if (!position) return position.error();
      index.put(number, [&](EntryState& state) { move(state.position, *position); });
    }
    if (dropped_ && dropped_->segment == *segment) {
      if (auto written = write_dropped(dropped); !written) return written;
    }
    if (auto synced = journal_.sync(); !synced) return synced;
    journal_.tidy();
    return {};
  }

 private:
  static constexpr char kind_entry = 'P';
  static constexpr char kind_gone = 'G';
  static constexpr char kind_dropped = 'D';
  /// Bytes of a journal that nobody needs: to cut a file short costs more than many records.
  static constexpr std::uint64_t left = 64 * 1024;

  static constexpr std::uint64_t small = 4096;  ///< bytes of a log that goes into the record

  SpoolStore(SpoolDirectory folder, Journal journal)
      : folder_(std::move(folder)), journal_(std::move(journal)) {}

  template <class Visitor>
  static auto reader(Visitor& visitor) {
    return [&visitor](RecordPosition position, std::string_view payload) {
      char const kind = payload.empty() ? '\0' : payload[0];
      payload.remove_prefix(payload.empty() ? 0 : 1);
      if (kind == kind_entry) {
        if (auto kept = read_entry(payload)) visitor.entry(position, *std::move(kept));
      }
      if (payload.size() != sizeof(std::uint64_t)) return;
      auto const number = leading_number<std::uint64_t>(payload);
      if (kind == kind_gone) visitor.gone(number);
      if (kind == kind_dropped) visitor.dropped(position, number);
    };
  }

  /// Returns a log as it goes into the record; an Error if it is too large, or cannot be read.
  [[nodiscard]] static Result<KeptLog> small_log(Output const& output) {
    if (output.size() > small) return Error{Errc::invalid, "too large for a record"};
    auto text = output.text();
    if (!text) return text.error();
    return KeptLog{{}, {{text->size(), 0, *std::move(text)}}, output.sha256()};
  }

  /// Returns true if an error means that the file is not there, rather than unreadable now.
  static bool is_gone(int number) noexcept { return number == ENOENT || number == ENOTDIR; }

  /// A record has a successor.
  void move(std::optional<RecordPosition>& from, RecordPosition to) {
    journal_.keep(to);
    if (from) journal_.release(*from);
    from = to;
    journal_.tidy(left);
  }

  SpoolDirectory folder_;
  Journal journal_;
  std::optional<RecordPosition> dropped_{};
};

}  // namespace sla::inline v1::internal

// sla/spool/recovery.hpp
// What a spool on disk recovers when it opens its folder: the entries that an earlier process left,
// and the runs that it had begun and never ended. The latter become reports too, INTERRUPTED, with
// their logs as far as they got.

namespace sla::inline v1::internal {

/// Collects what a SpoolStore hands out; the later record of an entry replaces the earlier one.
class SpoolRecovery {
 public:
  /// Tells `last_events`, if given, of each entry.
  explicit SpoolRecovery(LastEvents* last_events = nullptr) : last_events_(last_events) {}

  void entry(RecordPosition position, KeptEntry kept) {
    Found& found = found_[kept.entry.number];
    found.state.position = position;
    found.state.log = std::move(kept.log);
    found.state.log.leave_in_record();
    found.state.note(kept.entry);
    if (last_events_ != nullptr) last_events_->learn(kept.entry);
    found.run = std::move(kept.entry.report.job.run_id);
  }
  void gone(std::uint64_t number) { found_.erase(number); }
  /// Notes that the event of an entry is delivered, but not its log.
  void delivered(std::uint64_t number) {
    auto const found = found_.find(number);
    if (found != found_.end()) found->second.state.event_part = Part::done;
  }
  void dropped(RecordPosition position, std::uint64_t count) {
    dropped_.reset();
    if (count != 0) dropped_ = {position, count};
  }

  /// Adds the entries to the index, unless what is held there already is newer, but gives back
  /// logs that were lost. Returns how many reports had been dropped.
  std::uint64_t add_to(SpoolStore& store, SpoolIndex& index,
                       std::set<std::uint64_t> const& lost_logs = {}) {
    while (!found_.empty()) {  // one by one, so that all of them are in memory only once
      auto const node = found_.extract(found_.begin());
      EntryState& found = node.mapped().state;
      store.folder().unmark(node.mapped().run);
      store.journal().keep(*found.position);
      index.put(node.key(), [&](EntryState& mine) {
        if (!mine.held) {
          mine = std::move(found);
        } else {
          mine.position = found.position;
          if (lost_logs.count(node.key()) != 0) give_back(store, mine, std::move(found.log));
        }
      });
    }
    if (!dropped_) return 0;
    store.keep_dropped(dropped_->first);
    return dropped_->second;
  }

 private:
  struct Found {
    EntryState state{};
    std::string run{};
  };

  static void give_back(SpoolStore const& store, EntryState& state, KeptLog log) {
    auto output = store.folder().open_log(log);
    if (!output) return;
    Entry& entry = *state.held;
    entry.log = Part::waiting;
    entry.report.log_error.clear();
    entry.report.outcome.output = *std::move(output);
    state.log = std::move(log);
    state.note(entry);
  }

  LastEvents* last_events_;
  std::map<std::uint64_t, Found> found_{};
  std::optional<std::pair<RecordPosition, std::uint64_t>> dropped_{};
};

/// Makes the report of a run that died, writes it and adds it to the index.
[[nodiscard]] inline Result<void> recover_run(SpoolStore& store, SpoolIndex& index, Report report) {
  RecoveredLog recovered = store.folder().recover_log(report.job.run_id);
  report.outcome = {.verdict = Verdict::interrupted, .exit_code = 128 + SIGKILL, .signal = SIGKILL};
  report.ended_at = std::max(report.started_at, recovered.written_at.value_or(report.started_at));
  report.duration = report.ended_at - report.started_at;
  Entry const entry{.number = index.next_number(), .report = std::move(report)};
  Result<void> written;
  index.put(entry.number, [&](EntryState& state) {
    state.note(entry);
    state.log = std::move(recovered.log);
    written = store.write(entry, state, Sync::now);
  });
  if (written) {
    store.folder().unmark(entry.report.job.run_id);
  } else {
    index.erase(entry.number);
  }
  return written;
}

/// Makes a report of each marked run that is neither in flight nor in the index, and removes the
/// logs that nobody needs.
[[nodiscard]] inline Result<void> recover_runs(SpoolStore& store, SpoolIndex& index,
                                               std::set<std::string> const& in_flight,
                                               Logger const& log) {
  std::set<std::string> runs = in_flight;
  std::set<std::string> logs;
  for (std::string const& run : in_flight) logs.insert(log_file_name(run));
  for (auto const& [number, state] : index.all()) {
    if (state.held) runs.insert(state.held->report.job.run_id);
    logs.insert(state.log.file);
  }
  for (Report const& report : store.folder().marked()) {
    if (runs.count(report.job.run_id) != 0) continue;
    logs.insert(log_file_name(report.job.run_id));
    if (auto recovered = recover_run(store, index, report); !recovered) return recovered;
    log.warning("a run died with its runner; its log is kept as INTERRUPTED",
                {{"run", report.job.run_id},
                 {"service", report.job.service},
                 {"started", iso_time(report.started_at)}});
  }
  store.folder().remove_logs_unless([&](std::string const& name) { return logs.count(name) != 0; });
  return {};
}

/// The folder is gone: holds in memory what `load(EntryState const&)` can still read, by
/// `hold(EntryState&, Entry const&)`, and forgets the rest. Adds the entries whose logs went away.
template <class Load, class Hold>
void hold_all(SpoolIndex& index, Load load, Hold hold, std::set<std::uint64_t>& lost_logs,
              Logger const& log) {
  std::vector<std::uint64_t> numbers;
  for (auto const& [number, state] : index.all()) numbers.push_back(number);
  for (std::uint64_t const number : numbers) {
    auto entry = load(index.all().at(number));
    if (!entry) log.error("a spooled result is out of reach", {{"reason", entry.error().message}});
    index.put(number, [&](internal::EntryState& state) {
      bool const had_log = state.log_part == Part::waiting && !state.log.file.empty();
      state.position.reset();
      state.log = {};
      if (!entry) return;
      if (had_log && entry->report.outcome.output.size() == 0) {
        entry->log = Part::done;
        lost_logs.insert(number);
      }
      hold(state, *entry);
    });
    internal::EntryState const& left = index.all().at(number);
    if (!left.held || left.held->complete()) index.erase(number);
  }
}

}  // namespace sla::inline v1::internal

// sla/spool/disk.hpp
// A spool in a folder: survives the process, and the machine as far as its disk does. While the
// disk is full, read-only or gone, reports are held in memory, and a line says so. What is kept is
// bounded: the logs of passes are dropped first and then the oldest passes, which are counted. A
// run that died with its runner becomes an INTERRUPTED report.

namespace sla::inline v1 {

/// Keeps reports in a folder. Not thread-safe.
class DiskSpool {
 public:
  struct Options {
    std::string folder;
    std::string run_logs{};  ///< where an executor puts the output of runs, if not in logs()
    /// Of disk_use() of all, but for the newest report and the logs of passes being delivered.
    std::uint64_t limit = 256U << 20U;
    std::uint64_t memory_limit = 32U << 20U;    ///< bytes held while the disk cannot be written
    Duration retry = std::chrono::seconds{30};  ///< how often such a disk is tried again
  };

  /// Opens the folder and takes up what is in it. The only Error is Errc::in_use, if another
  /// process uses it: a folder that cannot be written is worked around.
  [[nodiscard]] static Result<DiskSpool> open(Options options, Logger log = Logger{}) {
    DiskSpool spool(std::move(options), log);
    auto attached = spool.attach();
    if (!attached && attached.error().code == Errc::in_use) return attached.error();
    if (!attached) spool.outage_.begin(attached.error());
    return spool;
  }

  /// Returns where an executor puts the output of a run, under log_file_name().
  [[nodiscard]] std::string logs() const {
    return internal::SpoolDirectory::look(options_.folder).logs();
  }
  /// Marks a run, so that it is known should this process die. Does not wait for the disk.
  void begin(Report const& report) {
    begun_.insert(report.job.run_id);
    if (store_ && !outage_) (void)store_->folder().mark(report);
  }

  std::uint64_t add(Report const& report) {
    std::string const& run = report.job.run_id;
    Entry entry{.number = index_.next_number(), .report = report};
    last_events_.complete(entry);
    put(entry, internal::Sync::now);
    if (!outage_) last_events_.keep(report.job);
    begun_.erase(run);
    if (!outage_) store_->folder().unmark(run);
    bool const unwanted = report.outcome.output.size() == 0 || index_.is_record(entry.number);
    if (unwanted && !run.empty() && store_) store_->folder().remove_log(log_file_name(run));
    make_room();
    return entry.number;
  }

  [[nodiscard]] Result<std::optional<Entry>> next_event(std::uint64_t behind = 0) {
    while (auto const number = index_.next_event(behind)) {
      if (auto entry = hand_out(*number); !entry || *entry) return entry;
    }
    return std::optional<Entry>();
  }
  [[nodiscard]] Result<std::optional<Entry>> next_log(std::uint64_t behind) {
    while (auto const number = index_.next_log(behind)) {
      if (auto entry = hand_out(*number); !entry || *entry) return entry;
    }
    return std::optional<Entry>();
  }

  [[nodiscard]] Result<std::vector<Entry>> next_events(std::size_t most,
                                                       std::vector<std::uint64_t> const& except) {
    return hand_out(index_.next_events(most, except));
  }
  [[nodiscard]] Result<std::vector<Entry>> next_logs(std::uint64_t behind, std::size_t most) {
    return hand_out(index_.next_logs(behind, most));
  }

  void gather() { index_.gather(); }
  void release(std::uint64_t number) { index_.release(number); }
  [[nodiscard]] Result<std::vector<Entry>> next_bundle(std::uint64_t behind, std::size_t most) {
    return hand_out(index_.next_bundle(behind, most));
  }

  void update(Entry const& entry) {
    std::erase(handed_out_, entry.number);
    if (!index_.release(entry.number)) return;
    if (entry.complete()) return forget(entry.number);
    put(entry, internal::Sync::later);
  }

  Instant tend(Instant now) {
    if (store_ && !outage_ && store_->journal().worth_moving()) {
      if (auto const moved = store_->move_first_segment(index_, dropped_); !moved)
        outage_.begin(moved.error());
      return now;
    }
    if (outage_.take_due(now)) (void)ready();
    return outage_.due();
  }

  [[nodiscard]] Recalled recall(Job const& job) { return last_events_.recall(job); }
  [[nodiscard]] SpoolCount count() const noexcept {
    return index_.count(options_.limit, options_.memory_limit);
  }
  [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }
  void reported(std::uint64_t number) { set_dropped(dropped_ - number); }

  [[nodiscard]] std::vector<Entry> in_memory() const { return index_.held_entries(); }

 private:
  DiskSpool(Options options, Logger log)
      : options_(std::move(options)), log_(log), outage_(options_.folder, options_.retry, log) {}

  /// Writes an entry, or holds it in memory if that fails.
  void put(Entry const& entry, internal::Sync sync) {
    bool const writable = ready();
    index_.put(entry.number, [&](internal::EntryState& state) {
      auto const written = writable ? store_->write(entry, state, sync) : Result<void>{};
      if (!written) outage_.begin(written.error());
      if (!writable || !written) return hold(state, entry);
      state.note(entry);
      state.held.reset();
    });
  }
  void hold(internal::EntryState& state, Entry const& entry) const {
    state.hold(entry);
    bool const file_is_left = state.take_in_log() && state.log.file.empty();
    std::string const& run = entry.report.job.run_id;
    if (store_ && file_is_left) store_->folder().remove_log(log_file_name(run));
  }

  /// Reads an entry; nothing if its record is damaged, and it is given up.
  Result<std::optional<Entry>> hand_out(std::uint64_t number) {
    handed_out_.assign(1, number);
    return look_up(number);
  }
  /// Reads several, whose logs take a descriptor each, up to one that cannot be read.
  Result<std::vector<Entry>> hand_out(std::vector<std::uint64_t> const& numbers) {
    std::vector<Entry> entries;
    handed_out_ = numbers;
    std::sort(handed_out_.begin(), handed_out_.end());
    for (std::uint64_t const number : numbers) {
      auto entry = look_up(number);
      if (!entry) return entries.empty() ? Result<std::vector<Entry>>(entry.error()) : entries;
      if (*entry) entries.push_back(**std::move(entry));
    }
    return entries;
  }
  Result<std::optional<Entry>> look_up(std::uint64_t number) {
    auto entry = load(index_.all().at(number));
    if (entry) return std::optional<Entry>(*std::move(entry));
    if (entry.error().code != Errc::malformed) return entry.error().within("spool");
    log_.error("a spooled result is lost", {{"reason", entry.error().message}});
    set_dropped(dropped_ + 1);
    forget(number);
    return std::optional<Entry>();
  }
  Result<Entry> load(internal::EntryState const& state) const {
    if (state.held) return *state.held;
    if (!store_) return Error{Errc::malformed, "it is nowhere"};
    return store_->read(state);
  }

  void forget(std::uint64_t number) {
    if (store_) {
      internal::EntryState const& state = index_.all().at(number);
      if (state.held) store_->folder().unmark(state.held->report.job.run_id);
      if (!store_->forget(number, state)) gone_.insert(number);
    } else if (number <= left_behind_) {
      gone_.insert(number);
    }
    index_.erase(number);
  }

  void set_dropped(std::uint64_t count) {
    dropped_ = count;
    if (store_ && !outage_) (void)store_->write_dropped(count);
  }

  void make_room() {
    while (auto const next = index_.eviction(true, options_.limit, handed_out_)) evict(*next);
    while (auto const next = index_.eviction(false, options_.memory_limit, handed_out_)) {
      evict(*next);
    }
  }
  void evict(internal::Eviction const& eviction) {
    auto entry = load(index_.all().at(eviction.number));
    log_.warning(internal::eviction_line(eviction),
                 {{"run", entry ? entry->report.job.run_id : std::string()}});
    if (eviction.log_only && entry) {
      internal::drop_log(*entry);
      return put(*entry, internal::Sync::later);
    }
    internal::EntryState const& state = index_.all().at(eviction.number);
    if (state.event_part == Part::waiting && state.counts) set_dropped(dropped_ + 1);
    forget(eviction.number);
  }

  /// Returns true if the disk can be written, as far as is known; tries it if it could not.
  bool ready() {
    if (store_ && !store_->journal().in_place()) leave();
    if (!outage_) return true;
    auto written = store_ ? Result<void>{} : attach();
    if (written) written = write_held();
    if (written) outage_.end();
    return written.has_value();
  }

  /// The folder is gone: what can be read is held in memory, the rest found should it come back.
  void leave() {
    outage_.begin({Errc::system, "the folder is gone"});
    internal::hold_all(
        index_, [this](auto const& state) { return load(state); },
        [this](auto& state, Entry const& entry) { hold(state, entry); }, lost_logs_, log_);
    left_behind_ = index_.last_number();
    store_.reset();
  }

  Result<void> write_held() {
    std::vector<std::uint64_t> const held = index_.held();
    Result<void> written;
    for (std::uint64_t const number : held) {
      index_.put(number, [&](internal::EntryState& state) {
        written = store_->write(*state.held, state, internal::Sync::later);
      });
      if (!written) return written;
    }
    for (std::uint64_t const number : gone_) {
      if (written = store_->write_gone(number); !written) return written;
    }
    if (written = store_->write_dropped(dropped_); written) written = store_->journal().sync();
    if (!written) return written;
    for (std::uint64_t const number : held) {
      index_.put(number, [&](internal::EntryState& state) {
        store_->folder().unmark(state.held->report.job.run_id);
        state.held.reset();
      });
    }
    gone_.clear();
    return {};
  }

  Result<void> attach() {
    internal::SpoolRecovery recovery(&last_events_);
    auto store = internal::SpoolStore::open(options_.folder, recovery, options_.run_logs);
    if (!store) return store.error();
    store_ = std::make_unique<internal::SpoolStore>(*std::move(store));
    for (std::uint64_t const number : lost_logs_) {
      if (gone_.erase(number) != 0) recovery.delivered(number);
    }
    for (std::uint64_t const number : gone_) recovery.gone(number);
    dropped_ = std::max(dropped_, recovery.add_to(*store_, index_, lost_logs_));
    lost_logs_.clear();
    if (std::uint64_t const damaged = store_->journal().damaged(); damaged != 0) {
      log_.error("the spool is damaged",
                 {{"spool", options_.folder}, {"unreadable_bytes", damaged}});
    }
    last_events_.keep_all();
    auto recovered = internal::recover_runs(*store_, index_, begun_, log_);
    store_->journal().tidy();
    return recovered;
  }

  Options options_;
  Logger log_;
  internal::Outage outage_;
  internal::SpoolIndex index_{};
  internal::LastEvents last_events_{internal::SpoolDirectory::look(options_.folder).last_events()};
  std::unique_ptr<internal::SpoolStore> store_{};
  std::set<std::string> begun_{};        ///< the runs in flight
  std::set<std::uint64_t> gone_{};       ///< done with, and not noted on the disk yet
  std::set<std::uint64_t> lost_logs_{};  ///< entries whose logs went away with the folder
  std::uint64_t left_behind_ = 0;        ///< a folder that went away may have entries up to here
  std::uint64_t dropped_ = 0;
  std::vector<std::uint64_t> handed_out_{};
};
static_assert(BundleSpool<DiskSpool>);

}  // namespace sla::inline v1

// sla/spool/either.hpp
// One of two spools, chosen at run time: on disk if there is a folder for it, otherwise in
// memory.

namespace sla::inline v1 {

/// Is an A or a B. Not thread-safe.
template <class A, class B>
class EitherSpool {
  static constexpr bool both_batch =
      BatchSpool<internal::HeldSpool<A>> && BatchSpool<internal::HeldSpool<B>>;
  static constexpr bool both_bundle =
      BundleSpool<internal::HeldSpool<A>> && BundleSpool<internal::HeldSpool<B>>;

 public:
  EitherSpool(A spool) : spool_(std::in_place_index<0>, std::move(spool)) {}
  EitherSpool(B spool) : spool_(std::in_place_index<1>, std::move(spool)) {}

  void begin(Report const& report) {
    ask([&](auto& spool) { spool.begin(report); });
  }
  std::uint64_t add(Report const& report) {
    return ask([&](auto& spool) { return spool.add(report); });
  }
  [[nodiscard]] Recalled recall(Job const& job) {
    return ask([&](auto& spool) { return spool.recall(job); });
  }
  Result<std::optional<Entry>> next_event(std::uint64_t behind) {
    return ask([&](auto& spool) { return spool.next_event(behind); });
  }
  Result<std::optional<Entry>> next_log(std::uint64_t behind) {
    return ask([&](auto& spool) { return spool.next_log(behind); });
  }
  Result<std::vector<Entry>> next_events(
      std::size_t most, std::vector<std::uint64_t> const& except) requires both_batch {
    return ask([&](auto& spool) { return spool.next_events(most, except); });
  }
  Result<std::vector<Entry>> next_logs(std::uint64_t behind, std::size_t most) requires both_batch {
    return ask([&](auto& spool) { return spool.next_logs(behind, most); });
  }
  void gather() requires both_bundle {
    ask([](auto& spool) { spool.gather(); });
  }
  void release(std::uint64_t number) requires both_bundle {
    ask([&](auto& spool) { spool.release(number); });
  }
  Result<std::vector<Entry>> next_bundle(std::uint64_t behind,
                                         std::size_t most) requires both_bundle {
    return ask([&](auto& spool) { return spool.next_bundle(behind, most); });
  }
  void update(Entry const& entry) {
    ask([&](auto& spool) { spool.update(entry); });
  }
  Instant tend(Instant now) {
    return ask([&](auto& spool) { return spool.tend(now); });
  }
  [[nodiscard]] SpoolCount count() {
    return ask([](auto& spool) { return spool.count(); });
  }
  [[nodiscard]] std::uint64_t dropped() {
    return ask([](auto& spool) { return spool.dropped(); });
  }
  void reported(std::uint64_t number) {
    ask([&](auto& spool) { spool.reported(number); });
  }
  [[nodiscard]] std::vector<Entry> in_memory() {
    return ask([](auto& spool) { return spool.in_memory(); });
  }

 private:
  template <class Question>
  auto ask(Question question) {
    return std::visit(question, spool_);
  }

  std::variant<internal::HeldSpool<A>, internal::HeldSpool<B>> spool_;

  static_assert(Spool<A>,
                "EitherSpool's first parameter must be a sla::Spool: movable, with begin(), add(), "
                "next_event(), next_log(), update(), tend(), count(), dropped(), reported() and "
                "in_memory()");
  static_assert(Spool<B>,
                "EitherSpool's second parameter must be a sla::Spool: movable, with begin(), "
                "add(), next_event(), next_log(), update(), tend(), count(), dropped(), reported() "
                "and in_memory()");
};

}  // namespace sla::inline v1

// sla/spool/memory.hpp
// A spool in memory: survives every outage, but not the process. Its logs stay where the executor
// put them. When it is full it drops the logs of passes first and then the oldest passes, and
// counts the results that it drops.

namespace sla::inline v1 {

/// Keeps reports in memory. Not thread-safe.
class MemorySpool {
 public:
  struct Options {
    /// Bytes, logs included, but for the newest report and the logs of passes being delivered.
    std::uint64_t limit = 32U << 20U;
  };

  MemorySpool() = default;
  explicit MemorySpool(Options options, Logger log = Logger{}) : options_(options), log_(log) {}

  void begin(Report const&) noexcept {}

  std::uint64_t add(Report const& report) {
    Entry entry{.number = index_.next_number(), .report = report};
    entry.report.memory = nullptr;  // there is no next process
    put(entry);
    return entry.number;
  }
  [[nodiscard]] Recalled recall(Job const&) const { return {}; }

  [[nodiscard]] Result<std::optional<Entry>> next_event(std::uint64_t behind = 0) {
    return hand_out(index_.next_event(behind));
  }
  [[nodiscard]] Result<std::optional<Entry>> next_log(std::uint64_t behind) {
    return hand_out(index_.next_log(behind));
  }

  [[nodiscard]] Result<std::vector<Entry>> next_events(std::size_t most,
                                                       std::vector<std::uint64_t> const& except) {
    return hand_out(index_.next_events(most, except));
  }
  [[nodiscard]] Result<std::vector<Entry>> next_logs(std::uint64_t behind, std::size_t most) {
    return hand_out(index_.next_logs(behind, most));
  }

  void gather() { index_.gather(); }
  void release(std::uint64_t number) { index_.release(number); }
  [[nodiscard]] Result<std::vector<Entry>> next_bundle(std::uint64_t behind, std::size_t most) {
    return hand_out(index_.next_bundle(behind, most));
  }

  void update(Entry const& entry) {
    std::erase(handed_out_, entry.number);
    if (!index_.release(entry.number)) return;
    if (entry.complete()) return index_.erase(entry.number);
    put(entry);
  }

  Instant tend(Instant) noexcept { return Instant::max(); }

  [[nodiscard]] SpoolCount count() const noexcept {
    return index_.count(UINT64_MAX, options_.limit);
  }
  [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }
  void reported(std::uint64_t number) noexcept { dropped_ -= number; }

  [[nodiscard]] std::vector<Entry> in_memory() const { return index_.held_entries(); }

 private:
  Result<std::optional<Entry>> hand_out(std::optional<std::uint64_t> number) {
    if (!number) return std::optional<Entry>();
    handed_out_.assign(1, *number);
    return std::optional<Entry>(*index_.all().at(*number).held);
  }
  std::vector<Entry> hand_out(std::vector<std::uint64_t> numbers) {
    std::vector<Entry> entries;
    entries.reserve(numbers.size());
    for (std::uint64_t const number : numbers) entries.push_back(*index_.all().at(number).held);
    handed_out_ = std::move(numbers);
    std::sort(handed_out_.begin(), handed_out_.end());
    return entries;
  }

  void put(Entry const& entry) {
    index_.put(entry.number, [&](internal::EntryState& state) { state.hold(entry); });
    while (auto const eviction = index_.eviction(false, options_.limit, handed_out_)) {
      evict(*eviction);
    }
  }

  void evict(internal::Eviction const& eviction) {
    Entry const& entry = *index_.all().at(eviction.number).held;
    log_.warning(internal::eviction_line(eviction), {{"run", entry.report.job.run_id}});
    if (eviction.log_only) {
      return index_.put(eviction.number, [](internal::EntryState& state) {
        internal::drop_log(*state.held);
        state.note(*state.held);
      });
    }
    if (entry.event == Part::waiting && entry.report.counts()) ++dropped_;
    index_.erase(eviction.number);
  }

  Options options_{};
  Logger log_{};
  internal::SpoolIndex index_{};
  std::uint64_t dropped_ = 0;
  std::vector<std::uint64_t> handed_out_{};
};
static_assert(BundleSpool<MemorySpool>);

}  // namespace sla::inline v1

// sla/spool/disk_calls.hpp
// The calls to a spool on a disk that may hang: each within a limit, one after another, and what
// the disk last said of itself. Says in the log, once, that it hangs and that it answers again.

namespace sla::inline v1::internal {

/// Calls a spool. For one thread at a time; what a call captures is its own, as it may go on for
/// long.
template <class Disk>
class DiskCalls {
 public:
  struct NothingToUndo {
    void operator()(Disk&) const noexcept {}
  };
  struct Options {
    std::string name{};            ///< of the folder, for the log
    Duration limit{};              ///< for one call
    Shared<Atomic<bool>> hangs{};  ///< is told; may be nothing
  };
  /// What is known of the disk; its calls write it.
  struct Figures {
    SpoolCount count{};
    std::uint64_t dropped = 0;
  };

  DiskCalls(Options options, Logger log)
      : options_(std::move(options)), log_(log), disk_(options_.limit) {}

  /// Makes the spool: `make() -> Result<Disk>`. Goes on without if that takes too long; then it is
  /// there once it is made.
  template <class Make>
  Result<void> open(Make make) {
    auto const why = Shared<std::string>::make();
    auto const opened = disk_.insist(
        [make = std::move(make), why, figures = figures_](std::optional<Disk>& disk) {
          auto made = make();
          if (!made) *why = made.error().message;
          if (!made) return Result<void>(made.error());
          disk.emplace(*std::move(made));
          *figures = Figures{disk->count(), disk->dropped()};
          return Result<void>();
        },
        [why, log = log_](std::optional<Disk>&) {
          if (!why->empty()) log.error("results are kept in memory only: spool: " + *why);
        });
    if (opened && !*opened) return opened->error();
    if (!opened) note_hang();
    return {};
  }

  /// Returns true if nothing is under way.
  bool answers() {
    bool const answers = disk_.answers();
    if (!answers) note_hang();
    if (answers && options_.hangs) *options_.hangs = false;
    if (answers && std::exchange(hung_, false)) {
      log_.info("the spool answers again", {{"spool", options_.name}});
    }
    return answers;
  }
  /// Returns what the spool says, if there is one and it answers in time; what is done too late is
  /// followed by `undo(Disk&)`.
  template <class Question, class Undo = NothingToUndo>
  auto ask(Question question, Undo undo = {}) {
    using Answer = std::optional<decltype(question(std::declval<Disk&>()))>;
    if (!answers()) return Answer();
    auto answer = disk_.ask(on_disk(std::move(question)), [undo](std::optional<Disk>& disk) {
      if (disk) undo(*disk);
    });
    if (!answer) note_hang();
    return answer ? *std::move(answer) : Answer();
  }
  /// Has the disk do it, later if need be, and returns what ask() does.
  template <class Act>
  auto tell(Act act) {
    using Answer = std::optional<decltype(act(std::declval<Disk&>()))>;
    auto done = disk_.insist(on_disk(std::move(act)));
    if (!done) note_hang();
    return done ? *std::move(done) : Answer();
  }
  [[nodiscard]] Figures const& figures() const noexcept { return *figures_; }

 private:
  void note_hang() {
    if (options_.hangs) *options_.hangs = true;
    if (std::exchange(hung_, true)) return;
    log_.warning("the spool does not answer: results are kept in memory",
                 {{"spool", options_.name}});
  }

  template <class Question>
  auto on_disk(Question question) const {
    return [question = std::move(question), figures = figures_](std::optional<Disk>& disk) {
      using Answer = std::optional<decltype(question(*disk))>;
      if (!disk) return Answer();
      Answer answer(question(*disk));
      *figures = Figures{disk->count(), disk->dropped()};
      return answer;
    };
  }

  Options options_;
  Logger log_;
  TimeLimited<Disk> disk_;
  Shared<Figures> figures_ = Shared<Figures>::make();
  bool hung_ = false;
};

}  // namespace sla::inline v1::internal

// sla/spool/time_limited.hpp
// A spool on a disk that may hang, such as a network mount: nobody waits for it longer than a
// limit, and once only. What it does is done by a thread of its own, in calls apart. While one of
// them takes too long reports are kept in memory and delivered from there; those that wait go to
// the disk as soon as it answers again.

namespace sla::inline v1 {

/// Keeps reports in an S. Not thread-safe; the numbers of what is in memory are the higher ones.
template <class S>
class TimeLimitedSpool {
  using Disk = internal::HeldSpool<S>;
  using Number = internal::Shared<std::uint64_t>;  // what a call leaves

 public:
  struct Options {
    std::string name{};                                ///< of the folder, for the log
    Duration limit = std::chrono::seconds{2};          ///< for one call
    internal::Shared<internal::Atomic<bool>> hangs{};  ///< is told; may be nothing
  };

  /// Calls `make() -> Result<S>`, and goes on without if that takes too long. The Error is that
  /// of the call. `make` owns what it touches.
  template <class Make>
  [[nodiscard]] static Result<TimeLimitedSpool> open(Make make, Options options, Logger log = {}) {
    TimeLimitedSpool spool(std::move(options), log);
    auto const opened = spool.disk_.open(std::move(make));
    if (!opened) return opened.error();
    return spool;
  }

  void begin(Report const& report) {
    (void)disk_.ask([report](Disk& disk) {
      disk.begin(report);
      return true;
    });
  }
  /// The only event that waits is handed out with it, for the call that comes next. What follows
  /// one in memory stays behind it, there too, until tend() moves them.
  std::uint64_t add(Report const& report) {
    added_ = true;
    if (waits_in_memory()) return in_memory_from + memory_.add(report);
    auto const number = Number::make();
    auto const keep = [report, number](Disk& disk) {
      *number = disk.add(report);
      return disk.count().events == 1 ? disk.next_event(0) : std::optional<Entry>();
    };
    auto const kept = disk_.ask(keep, take_back(number));
    if (!kept) return in_memory_from + memory_.add(report);
    ahead_ = kept->value_or(std::nullopt);
    return *number;
  }

  [[nodiscard]] Recalled recall(Job const& job) {
    return disk_.ask([job](Disk& disk) { return disk.recall(job); }).value_or(Recalled{});
  }

  [[nodiscard]] Result<std::optional<Entry>> next_event(std::uint64_t behind = 0) {
    auto const ahead = std::exchange(ahead_, std::nullopt);
    if (ahead && behind < ahead->number) return ahead;
    if (behind < in_memory_from) {
      auto found = disk_.ask([behind](Disk& disk) { return disk.next_event(behind); });
      if (found && (!*found || **found)) return *std::move(found);
    }
    return of_memory(memory_.next_event(in_memory(behind)));
  }
  /// The two take turns.
  [[nodiscard]] Result<std::optional<Entry>> next_log(std::uint64_t behind) {
    ahead_.reset();
    auto const of_disk = [&]() -> Result<std::optional<Entry>> {
      std::uint64_t const from = behind < in_memory_from ? behind : 0;
      auto found = disk_.ask([from](Disk& disk) { return disk.next_log(from); });
      return found ? *std::move(found) : std::optional<Entry>();
    };
    memory_turn_ = !memory_turn_;
    if (!memory_turn_) {
      auto found = of_disk();
      if (!found || *found) return found;
    }
    auto found = of_memory(memory_.next_log(in_memory(behind)));
    return *found || !memory_turn_ ? found : of_disk();
  }

  /// Those on the disk, which are older; those in memory if there are none or it does not answer.
  [[nodiscard]] Result<std::vector<Entry>> next_events(
      std::size_t most, std::vector<std::uint64_t> const& except) requires BatchSpool<Disk> {
    ahead_.reset();
    auto of_disk = disk_.ask([=](Disk& disk) { return disk.next_events(most, except); });
    if (of_disk && (!*of_disk || !(**of_disk).empty())) return *std::move(of_disk);
    std::vector<std::uint64_t> here;
    for (std::uint64_t const number : except) {
      if (number >= in_memory_from) here.push_back(in_memory(number));
    }
    return of_memory(memory_.next_events(most, here));
  }
  /// The two take turns.
  [[nodiscard]] Result<std::vector<Entry>> next_logs(std::uint64_t behind,
                                                     std::size_t most) requires BatchSpool<Disk> {
    ahead_.reset();
    memory_turn_ = !memory_turn_;
    if (!memory_turn_ || memory_.count().logs + memory_.count().ahead == 0) {
      std::uint64_t const from = behind < in_memory_from ? behind : 0;
      auto found = disk_.ask([=](Disk& disk) { return disk.next_logs(from, most); });
      if (found && (!*found || !(**found).empty())) return *std::move(found);
    }
    return of_memory(memory_.next_logs(in_memory(behind), most));
  }

  void gather() requires BundleSpool<Disk> {
    memory_.gather();
    (void)disk_.tell([](Disk& disk) {
      disk.gather();
      return true;
    });
  }
  void release(std::uint64_t number) requires BundleSpool<Disk> {
    if (number >= in_memory_from) return memory_.release(in_memory(number));
    (void)disk_.tell([number](Disk& disk) {
      disk.release(number);
      return true;
    });
  }
  /// Those on the disk, which are older, then those in memory.
  [[nodiscard]] Result<std::vector<Entry>> next_bundle(
      std::uint64_t behind, std::size_t most) requires BundleSpool<Disk> {
    ahead_.reset();
    if (behind < in_memory_from) {
      auto found = disk_.ask([=](Disk& disk) { return disk.next_bundle(behind, most); });
      if (found && (!*found || !(**found).empty())) return *std::move(found);
    }
    return of_memory(memory_.next_bundle(in_memory(behind), most));
  }

  void update(Entry const& entry) {
    ahead_.reset();
    if (entry.number < in_memory_from) {
      tend_at_ = disk_
                     .tell([entry, now = tended_at_](Disk& disk) {
                       disk.update(entry);
                       return disk.tend(now);
                     })
                     .value_or(Instant::min());
      return;
    }
    Entry own = entry;
    own.number = in_memory(entry.number);
    memory_.update(own);
  }

  /// What update() leaves to do is done with it; what add() does can wait a moment for that.
  Instant tend(Instant now) {
    Instant const moment = now + std::chrono::seconds{1};
    tended_at_ = now;
    if (!disk_.answers()) return moment;
    move_to_disk();
    if (std::exchange(added_, false)) tend_at_ = std::min(tend_at_, moment);
    if (now < tend_at_) return tend_at_;
    tend_at_ = disk_.ask([now](Disk& disk) { return disk.tend(now); }).value_or(Instant::min());
    return disk_.answers() ? tend_at_ : moment;
  }

  [[nodiscard]] SpoolCount count() {
    SpoolCount all = memory_.count();
    if (!disk_.answers()) return all;  // nothing else can be had now
    all.events += disk_.figures().count.events;
    all.logs += disk_.figures().count.logs;
    all.ahead += disk_.figures().count.ahead;
    all.refused += disk_.figures().count.refused;
    all.gathered += disk_.figures().count.gathered;
    all.bundle_due = all.bundle_due || disk_.figures().count.bundle_due;
    return all;
  }
  [[nodiscard]] std::uint64_t dropped() {
    return memory_.dropped() + (disk_.answers() ? disk_.figures().dropped : 0);
  }
  void reported(std::uint64_t number) {
    std::uint64_t const here = std::min(number, memory_.dropped());
    memory_.reported(here);
    if (number == here) return;
    (void)disk_.tell([left = number - here](Disk& disk) {
      disk.reported(left);
      return true;
    });
  }

  [[nodiscard]] std::vector<Entry> in_memory() {
    std::vector<Entry> all = memory_.in_memory();
    for (Entry& entry : all) entry.number += in_memory_from;
    auto const held = disk_.ask([](Disk& disk) { return disk.in_memory(); });
    if (held) all.insert(all.begin(), held->begin(), held->end());
    return all;
  }

 private:
  static constexpr std::uint64_t in_memory_from = std::uint64_t{1} << 62U;

  TimeLimitedSpool(Options options, Logger log)
      : memory_({}, log), disk_({std::move(options.name), options.limit, options.hangs}, log) {}

  /// Takes back a report that was added too late: it was kept in memory meanwhile.
  static auto take_back(Number const& number) {
    return [number](Disk& disk) {
      disk.update({.number = *number, .log = Part::done, .event = Part::done});
    };
  }

  static std::uint64_t in_memory(std::uint64_t number) noexcept {
    return number < in_memory_from ? 0 : number - in_memory_from;
  }
  static Result<std::optional<Entry>> of_memory(Result<std::optional<Entry>> found) {
    if (found && *found) (*found)->number += in_memory_from;
    return found;
  }
  static Result<std::vector<Entry>> of_memory(Result<std::vector<Entry>> found) {
    for (Entry& entry : *found) entry.number += in_memory_from;
    return found;
  }

  bool waits_in_memory() const noexcept {
    return memory_.count().events + memory_.count().gathered != 0;
  }
  /// Events that wait are as safe on the disk as if it had never hung, and keep their order.
  void move_to_disk() {
    if (!waits_in_memory()) return;
    for (Entry entry : memory_.in_memory()) {
      if (entry.event != Part::waiting) continue;
      auto const number = Number::make();
      auto const move = [entry, number](Disk& disk) {
        Entry moving = entry;
        moving.number = *number = disk.add(entry.report);
        if (entry.log != Part::waiting) disk.update(moving);
        return true;
      };
      auto const moved = disk_.ask(move, take_back(number));
      if (!moved) return;
      entry.log = entry.event = Part::done;
      memory_.update(entry);
    }
  }

  MemorySpool memory_;
  internal::DiskCalls<Disk> disk_;
  std::optional<Entry> ahead_{};  ///< the next event as the disk has it
  Instant tend_at_ = Instant::min();
  Instant tended_at_ = Instant::min();  ///< when it was last thought of
  bool added_ = false;                  ///< something was, since then
  bool memory_turn_ = false;

  static_assert(Spool<S>,
                "TimeLimitedSpool's parameter must be a sla::Spool: movable, with begin(), add(), "
                "next_event(), next_log(), update(), tend(), count(), dropped(), reported() and "
                "in_memory()");
};

}  // namespace sla::inline v1

// sla/ledger/event.hpp
// One event as the ledger sees it, and how it is read from a line of JSON: the event itself, or the
// envelope in which SNS hands it on. Whatever else an event has is not looked at.

namespace sla::inline v1::ledger {

/// Milliseconds since 1970-01-01T00:00:00Z.
using Milliseconds = std::int64_t;

/// No event ends later than in the year 9999, and nothing lasts longer.
inline constexpr Milliseconds latest_time = 253'402'300'799'999;

/// One event. Its texts belong to whoever made it.
struct Event {
  std::string_view service{};
  std::vector<std::string_view> groups{};
  std::string_view location{};  ///< where it was looked from; empty if it is not known
  std::string_view verdict{};
  std::string_view run_id{};   ///< empty: a run that no other event can be about
  std::string_view log_uri{};  ///< empty if there is none
  std::string_view boot_id{};  ///< with `seq`, or none of them
  Milliseconds end = 0;        ///< of the run
  std::uint32_t seq = 0;       ///< 1, 2, 3, ... within a boot; 0 is none
  std::optional<Milliseconds> previous_end{};
  std::optional<Milliseconds> next_expected_by{};
  std::optional<Milliseconds> duration{};
  bool succeeded = false;
  bool counted = true;
  bool degraded = false;
  bool flaky = false;
};

namespace detail {

/// What is read of an event, in the order in which the runner writes it.
enum class Member : std::uint8_t {
  service,
  groups,
  succeeded,
  timestamp,
  seconds,
  run_id,
  verdict,
  start,
  duration,
  log_uri,
  boot_id,
  seq,
  previous_end,
  next_expected_by,
  location,
  counted,
  degraded,
  flaky,
  message,
  topic,
  message_id
};
inline constexpr std::array<std::string_view, 21> member_names{
    "service",  "groups",   "succeeded",   "timestamp",        "testExecutionSecs",
    "runId",    "verdict",  "startedAtMs", "durationMs",       "logUri",
    "bootId",   "seq",      "prevEndMs",   "nextExpectedByMs", "location",
    "counted",  "degraded", "flaky",       "Message",          "TopicArn",
    "MessageId"};

/// The members of one event, or of its envelope.
class EventMembers {
 public:
  explicit EventMembers(aws::JsonReply const& json) : found_(json.members(member_names)) {}

  aws::JsonValue const& operator[](Member member) const {
    return found_[static_cast<std::size_t>(member)];
  }
  [[nodiscard]] std::string_view text(Member member) const {
    return (*this)[member].text().value_or(std::string_view());
  }
  [[nodiscard]] bool is(Member member, bool unless_told) const {
    return (*this)[member].boolean().value_or(unless_told);
  }

  /// Returns the time, or another number of as many milliseconds or seconds, also where it is
  /// written as a text.
  [[nodiscard]] std::optional<Milliseconds> time(Member member) const {
    aws::JsonValue const& value = (*this)[member];
    auto time = value.integer();
    if (!time) {
      auto const text = value.text();
      time = text ? parse_integer(*text) : std::nullopt;
    }
    return time && *time >= 0 && *time <= latest_time ? time : std::nullopt;
  }
  [[nodiscard]] std::optional<Milliseconds> seconds(Member member) const {
    auto const seconds = time(member);
    if (!seconds || *seconds > latest_time / 1000) return std::nullopt;
    return *seconds * 1000;
  }

  /// Returns the end of the run: to the millisecond where the event has it, else in whole seconds.
  [[nodiscard]] std::optional<Milliseconds> end() const {
    auto const start = time(Member::start);
    auto const duration = time(Member::duration);
    if (start && duration && *start + *duration <= latest_time) return *start + *duration;
    return seconds(Member::timestamp);
  }

 private:
  std::array<aws::JsonValue, member_names.size()> found_;
};

inline Error no_event(std::string_view why) {
  return Error{Errc::malformed, "it is no event: " + std::string(why)};
}

}  // namespace detail

/// Reads events, one line after another.
class EventReader {
 public:
  /// Reads one line. The texts of the event live until the next call. Errc::malformed if the
  /// line is no event.
  [[nodiscard]] Result<Event> read(std::string_view line) {
    event_.reset();  // so that the next one may take its room
    envelope_.reset();
    auto json = lines_.parse(line);
    if (!json) return std::move(json).error();
    event_ = *std::move(json);
    detail::EventMembers const members(*event_);
    auto const message = members[Member::message].text();
    if (!message || !members[Member::topic].text()) return event_of(members);
    envelope_ = std::move(event_);
    event_.reset();
    auto inner = messages_.parse(*message);
    if (!inner) return std::move(inner).error().within("the message of the envelope");
    event_ = *std::move(inner);
    auto event = event_of(detail::EventMembers(*event_));
    // A message that is delivered twice is one event, whatever it knows about itself.
    if (event && event->run_id.empty()) event->run_id = members.text(Member::message_id);
    return event;
  }

 private:
  using Member = detail::Member;

  static Result<Event> event_of(detail::EventMembers const& members) {
    Event event;
    event.service = members.text(Member::service);
    if (event.service.empty()) return detail::no_event("it has no service");
    auto const succeeded = members[Member::succeeded].boolean();
    if (!succeeded) return detail::no_event("it does not say whether it succeeded");
    event.succeeded = *succeeded;
    auto const end = members.end();
    if (!end) return detail::no_event("it does not say when it ended");
    event.end = *end;
    event.duration = members.time(Member::duration);  // earlier events have whole seconds
    if (!event.duration) event.duration = members.seconds(Member::seconds);
    members[Member::groups].each_item([&](aws::JsonValue group) {
      if (auto const name = group.text(); name && !name->empty()) event.groups.push_back(*name);
    });
    event.location = members.text(Member::location);
    event.run_id = members.text(Member::run_id);
    event.log_uri = members.text(Member::log_uri);
    event.verdict = members[Member::verdict].text().value_or(event.succeeded ? "pass" : "fail");
    event.counted = members.is(Member::counted, true);
    event.degraded = members.is(Member::degraded, false);
    event.flaky = members.is(Member::flaky, false);
    read_place_in_boot(event, members);
    return event;
  }

  static void read_place_in_boot(Event& event, detail::EventMembers const& members) {
    std::string_view const boot = members.text(Member::boot_id);
    auto const seq = members[Member::seq].integer();
    bool const fits = seq && *seq > 0 && *seq <= std::numeric_limits<std::uint32_t>::max();
    if (boot.empty() || !fits) return;
    event.boot_id = boot;
    event.seq = static_cast<std::uint32_t>(*seq);
    event.previous_end = members.time(Member::previous_end);
    event.next_expected_by = members.time(Member::next_expected_by);
  }

  aws::JsonLines lines_;
  aws::JsonLines messages_;
  std::optional<aws::JsonReply> envelope_;
  std::optional<aws::JsonReply> event_;
};

}  // namespace sla::inline v1::ledger

// sla/ledger/book.hpp
// Holds events in little room, whatever their order of arrival: 48 bytes for each, and the texts of
// those only that may begin an outage. It makes one run of what has one id (rule R1).

namespace sla::inline v1::ledger {

/// What is so of a service at an instant, the least to be worried about first.
enum class State : std::uint8_t { unmonitored, up, unknown, down, excluded };

/// No time at all.
inline constexpr Milliseconds no_time = std::numeric_limits<Milliseconds>::min();

/// One event of a Book.
struct Record {
  Milliseconds end;
  /// Limit of the result; from the reduction of its boot on, the end of what it holds.
  Milliseconds until;
  /// End of the event before it; from then on, where what was lost before it begins, or no_time.
  Milliseconds previous;
  std::uint64_t run;      ///< hash of the run's id; 0 if it has none
  std::uint32_t boot;     ///< index in Book::boots
  std::uint32_t seq;      ///< 0: without one
  std::uint32_t detail;   ///< index in Book::details
  std::uint16_t verdict;  ///< index in Book::verdicts
  State state;            ///< up, down or unknown
  bool degraded : 1;
  bool flaky : 1;
};

/// All that one process said about one service from one location. Without an id: what is of
/// earlier versions.
struct Boot {
  std::string service{};
  std::string location{};
  std::string id{};

  auto operator<=>(Boot const&) const = default;
};

/// What the report tells of a run that failed.
struct Detail {
  std::string run_id{};
  std::string log_uri{};

  auto operator<=>(Detail const&) const = default;
};

/// Returns when the process of that boot began, which stands in a UUID of version 7.
[[nodiscard]] inline std::optional<Milliseconds> boot_time(std::string_view id) {
  if (id.size() != 36 || id[8] != '-' || id[14] != '7') return std::nullopt;
  Milliseconds time = 0;
  for (std::size_t const at : {0U, 1U, 2U, 3U, 4U, 5U, 6U, 7U, 9U, 10U, 11U, 12U}) {
    char const c = lower(id[at]);
    if (!is_digit(c) && (c < 'a' || c > 'f')) return std::nullopt;
    time = time * 16 + (is_digit(c) ? c - '0' : c - 'a' + 10);
  }
  return time;
}

namespace detail {

/// Hashes an id, well enough that two of a million never meet; 0 is for no id.
inline std::uint64_t hash_of(std::string_view text) noexcept {
  if (text.empty()) return 0;
  std::uint64_t const hash = std::hash<std::string_view>()(text);
  return hash == 0 ? 1 : hash;
}

}  // namespace detail

/// The events to be reduced. The texts stand once.
class Book {
 public:
  void add(Event const& event) {
    Record record{};
    record.end = event.end;
    record.until = event.next_expected_by.value_or(no_time);
    record.previous = event.previous_end.value_or(no_time);
    record.run = detail::hash_of(event.run_id);
    record.boot = boot_of(event);
    record.seq = event.boot_id.empty() ? 0 : event.seq;
    record.verdict = verdict_of(event.verdict);
    bool const counted = event.counted && event.verdict != "unknown" && event.verdict != "skipped";
    record.state = !counted ? State::unknown : event.succeeded ? State::up : State::down;
    record.degraded = event.degraded;
    record.flaky = event.flaky;
    if (record.state == State::down) {
      record.detail = static_cast<std::uint32_t>(details.size());
      details.push_back({std::string(event.run_id), std::string(event.log_uri)});
    }
    records.push_back(record);
  }

  /// Sorts boots and verdicts, so that comparing their numbers compares them. No more may be added.
  void settle() {
    std::vector<std::uint32_t> const boot = sorted(boots);
    std::vector<std::uint32_t> const verdict = sorted(verdicts);
    for (Record& record : records) {
      record.boot = boot[record.boot];
      record.verdict = static_cast<std::uint16_t>(verdict[record.verdict]);
    }
    numbers_.clear();
    verdict_numbers_.clear();
  }

  /// Compares by what is worse, then by all that an answer could show; equal ones are alike.
  [[nodiscard]] bool milder(Record const& a, Record const& b) const {
    auto const key = [](Record const& r) {
      return std::tuple(r.state, r.verdict, r.end, r.run, r.boot, r.seq, r.until, r.previous,
                        bool{r.degraded}, bool{r.flaky});
    };
    if (key(a) != key(b)) return key(a) < key(b);
    return a.state == State::down && details[a.detail] < details[b.detail];
  }

  std::vector<Record> records{};
  std::vector<Boot> boots{};
  std::vector<Detail> details{};
  std::vector<std::string> verdicts{};
  std::map<std::string, std::set<std::string, std::less<>>, std::less<>> groups{};  ///< by service

 private:
  /// Returns the number of the event's boot. Most events are of a boot that was met a moment ago.
  std::uint32_t boot_of(Event const& event) {
    std::string_view const id = event.seq == 0 ? std::string_view() : event.boot_id;
    std::uint32_t& recent =
        recent_[(detail::hash_of(id) ^ detail::hash_of(event.service)) % recent_.size()];
    bool const met = recent < boots.size() && boots[recent].service == event.service &&
                     boots[recent].location == event.location && boots[recent].id == id;
    if (!met) {
      recent =
          number_of({std::string(event.service), std::string(event.location), std::string(id)});
    }
    note_groups(event, groups_of_boot_[recent]);
    return recent;
  }

  std::uint32_t number_of(Boot boot) {
    auto const number = static_cast<std::uint32_t>(boots.size());
    auto const [found, fresh] = numbers_.try_emplace(boot, number);
    if (fresh) {
      groups.try_emplace(boot.service);
      groups_of_boot_.push_back(0);
      boots.push_back(std::move(boot));
    }
    return found->second;
  }

  /// Adds the groups of the service, unless they are those of the event before.
  void note_groups(Event const& event, std::uint64_t& before) {
    std::uint64_t all = 0;
    for (std::string_view const group : event.groups) all = all * 31 + detail::hash_of(group);
    if (all == before) return;
    before = all;
    auto& known = groups.find(event.service)->second;
    for (std::string_view const group : event.groups) known.emplace(group);
  }

  std::uint16_t verdict_of(std::string_view verdict) {
    auto const found = verdict_numbers_.find(verdict);
    if (found != verdict_numbers_.end()) return found->second;
    constexpr std::size_t most = std::numeric_limits<std::uint16_t>::max();
    if (verdicts.size() == most) return most - 1;  // nobody knows so many words for it
    auto const number = static_cast<std::uint16_t>(verdicts.size());
    verdicts.emplace_back(verdict);
    return verdict_numbers_.try_emplace(std::string(verdict), number).first->second;
  }

  /// Sorts the texts; returns the new number of each old one.
  template <class T>
  static std::vector<std::uint32_t> sorted(std::vector<T>& all) {
    std::vector<std::pair<T, std::uint32_t>> old;
    for (std::uint32_t i = 0; i < all.size(); ++i) old.emplace_back(std::move(all[i]), i);
    std::sort(old.begin(), old.end());
    std::vector<std::uint32_t> numbers(all.size());
    for (std::uint32_t i = 0; i < all.size(); ++i) {
      numbers[old[i].second] = i;
      all[i] = std::move(old[i].first);
    }
    return numbers;
  }

  std::map<Boot, std::uint32_t> numbers_;
  std::map<std::string, std::uint16_t, std::less<>> verdict_numbers_;
  std::array<std::uint32_t, 1024> recent_{};   ///< numbers of boots, by a hash of what they are of
  std::vector<std::uint64_t> groups_of_boot_;  ///< a hash of the latest, by the number of the boot
};

}  // namespace sla::inline v1::ledger

// sla/ledger/durations.hpp
// How long runs take, as quantiles of many durations in little room: counts in buckets that are
// narrower than a thirtieth of what they hold.

namespace sla::inline v1::ledger {

/// Counts durations in milliseconds. The order in which they come means nothing.
class Durations {
 public:
  void add(std::int64_t milliseconds) {
    std::size_t const index =
        index_of(static_cast<std::uint64_t>(std::max<std::int64_t>(0, milliseconds)));
    if (index >= counts_.size()) counts_.resize(index + 1);
    ++counts_[index];
    ++total_;
  }

  /// Returns the least duration that so many percent of all do not exceed, rounded down to the
  /// begin of its bucket; nothing if there is none.
  [[nodiscard]] std::optional<std::int64_t> quantile(std::uint64_t percent) const noexcept {
    if (total_ == 0) return std::nullopt;
    std::uint64_t const rank = std::max<std::uint64_t>(1, (total_ * percent + 99) / 100);
    std::uint64_t seen = 0;
    std::size_t index = 0;
    while ((seen += counts_[index]) < rank) ++index;
    return begin_of(index);
  }

 private:
  static constexpr unsigned steps = 32;  ///< buckets for each power of 2

  static std::size_t index_of(std::uint64_t value) noexcept {
    if (value < 2 * steps) return value;
    auto const shift = static_cast<unsigned>(std::bit_width(value / (2 * steps)));
    return steps * shift + (value >> shift);
  }
  static std::int64_t begin_of(std::size_t index) noexcept {
    if (index < 2 * steps) return static_cast<std::int64_t>(index);
    std::size_t const shift = index / steps - 1;
    return static_cast<std::int64_t>((steps + index % steps) << shift);
  }

  std::vector<std::uint32_t> counts_{};
  std::uint64_t total_ = 0;
};

}  // namespace sla::inline v1::ledger

// sla/ledger/percentage.hpp
// A percentage that is promised, such as 99.9: exact, as a whole number of millionths.

namespace sla::inline v1::ledger {

/// From 0 to 100 percent.
struct Percentage {
  std::int64_t millionths = 0;

  /// Returns `99.9`, which is a number in JSON too.
  [[nodiscard]] std::string text() const {
    std::string decimals = std::to_string(10'000 + millionths % 10'000);
    decimals[0] = '.';
    decimals.erase(decimals.find_last_not_of('0') + 1);
    return std::to_string(millionths / 10'000) + (decimals == "." ? "" : decimals);
  }
};

/// Reads a percentage of at most four decimals.
[[nodiscard]] inline std::optional<Percentage> parse_percentage(std::string_view text) {
  std::size_t const dot = std::min(text.find('.'), text.size());
  std::string decimals(text.substr(std::min(dot + 1, text.size())));
  if (text.empty() || text.back() == '.' || decimals.size() > 4) return std::nullopt;
  decimals.append(4 - decimals.size(), '0');
  auto const whole = parse_integer(text.substr(0, dot));
  auto const part = parse_integer(decimals);
  bool const signs = text.find_first_not_of("0123456789.") != std::string_view::npos;
  if (!whole || !part || signs || *whole > 100) return std::nullopt;
  Percentage const read{*whole * 10'000 + *part};
  if (read.millionths > 1'000'000) return std::nullopt;
  return read;
}

}  // namespace sla::inline v1::ledger

// sla/ledger/error_budget.hpp
// What is left of an error budget, and how fast it burns: good and bad results in buckets of five
// minutes and of an hour, in little room and without floating point. The alerts are those of the
// SRE workbook: a burn rate over a long window and over a short one.

namespace sla::inline v1::ledger {

/// Good and bad results.
struct Results {
  std::uint64_t good = 0;
  std::uint64_t bad = 0;
};

/// Results by the time of their end, of which the last few buckets are kept.
class Buckets {
 public:
  Buckets(Duration length, std::size_t count) : length_(length), buckets_(count) {}

  /// Counts a result. One that ended before the newest bucket began counts there.
  void add(WallTime end, bool good) {
    advance(index_of(end));
    Bucket& bucket = buckets_[slot(newest_)];
    ++(good ? bucket.good : bucket.bad);
    ++(good ? all_.good : all_.bad);
  }

  /// Adds up the last `count` buckets, the newest included.
  [[nodiscard]] Results last(std::size_t count) const noexcept {
    if (count >= buckets_.size()) return all_;
    Results sum;
    for (std::size_t i = 0; i < count; ++i) {
      Bucket const& bucket = buckets_[slot(newest_ - static_cast<std::int64_t>(i))];
      sum.good += bucket.good;
      sum.bad += bucket.bad;
    }
    return sum;
  }

  /// Returns all that is known, for read() on the same kind of machine.
  [[nodiscard]] std::string bytes() const {
    std::string out(reinterpret_cast<char const*>(&newest_), sizeof newest_);
    return out.append(reinterpret_cast<char const*>(buckets_.data()),
                      buckets_.size() * sizeof(Bucket));
  }
  /// Takes over what bytes() returned, as far as there is room for it; returns how many buckets
  /// there were.
  std::size_t read(std::string_view bytes) {
    if (bytes.size() < sizeof newest_ || bytes.size() % sizeof(Bucket) != 0) return 0;
    Buckets kept(length_, bytes.size() / sizeof(Bucket) - 1);
    std::memcpy(&kept.newest_, bytes.data(), sizeof newest_);
    std::memcpy(kept.buckets_.data(), bytes.data() + sizeof newest_, bytes.size() - sizeof newest_);
    newest_ = kept.newest_;
    clear();
    std::size_t const count = kept.buckets_.size();
    for (std::size_t i = 0; i < std::min(count, buckets_.size()); ++i) {
      auto const index = newest_ - static_cast<std::int64_t>(i);
      Bucket const& bucket = buckets_[slot(index)] = kept.buckets_[kept.slot(index)];
      all_.good += bucket.good;
      all_.bad += bucket.bad;
    }
    return count;
  }

 private:
  struct Bucket {
    std::uint32_t good = 0;
    std::uint32_t bad = 0;
  };

  [[nodiscard]] std::int64_t index_of(WallTime end) const noexcept {
    return end.time_since_epoch() / length_;
  }
  [[nodiscard]] std::size_t slot(std::int64_t index) const noexcept {
    auto const size = static_cast<std::int64_t>(buckets_.size());
    return static_cast<std::size_t>((index % size + size) % size);
  }
  void advance(std::int64_t index) {
    auto const size = static_cast<std::int64_t>(buckets_.size());
    if (index - newest_ >= size) clear();
    for (newest_ = std::max(newest_, index - size); newest_ < index;) {
      Bucket const old = std::exchange(buckets_[slot(++newest_)], {});
      all_.good -= old.good;
      all_.bad -= old.bad;
    }
  }
  void clear() {
    std::fill(buckets_.begin(), buckets_.end(), Bucket{});
    all_ = {};
  }

  Duration length_;
  std::vector<Bucket> buckets_;
  Results all_{};
  std::int64_t newest_ = 0;
};

/// How urgent it is that the budget burns.
enum class Alert : std::uint8_t { none, ticket, page };

[[nodiscard]] constexpr std::string_view to_string(Alert alert) noexcept {
  return alert == Alert::page ? "page" : alert == Alert::ticket ? "ticket" : "none";
}

/// What is promised.
struct Target {
  Percentage good{};                          ///< of the results
  Duration window = std::chrono::hours{720};  ///< whole hours, up to longest_window
  std::uint64_t min_failures = 3;             ///< in the long window of an alert
};

/// The longest window whose buckets fit 16 KiB.
inline constexpr std::chrono::hours longest_window{80 * 24};

/// Counts results against a target. The buckets of a window are the newest and so many before it:
/// for the budget no more than fit the window, for an alert one more, so that a bucket that has
/// just begun does not end it.
class ErrorBudget {
 public:
  explicit ErrorBudget(Target target)
      : target_(target), hours_(std::chrono::hours{1}, std::max(window_hours(), days(3) + 1)) {}

  void add(WallTime end, bool good) {
    // Of a clock that was set back by more than a day what it said before means nothing.
    if (since_ && end < newest_ - std::chrono::hours{24}) *this = ErrorBudget(target_);
    if (!since_) since_ = end;
    newest_ = std::max(newest_, end);
    minutes_.add(end, good);
    hours_.add(end, good);
  }

  /// Returns the results within the window.
  [[nodiscard]] Results results() const noexcept { return hours_.last(window_hours()); }
  /// Returns how many bad ones that many results may have.
  [[nodiscard]] std::int64_t budget() const noexcept {
    Results const now = results();
    std::uint64_t const total = now.good + now.bad;
    return static_cast<std::int64_t>(total / million * allowed() +
                                     total % million * allowed() / million);
  }
  /// Says whether all of the window is known.
  [[nodiscard]] bool complete() const noexcept {
    return since_ && newest_ - *since_ >= target_.window;
  }
  [[nodiscard]] Alert alert() const noexcept {
    auto const five_minutes = [&](std::size_t count) { return minutes_.last(count + 1); };
    auto const hours = [&](std::size_t count) { return hours_.last(count + 1); };
    Results const half_hour = five_minutes(6), six_hours = five_minutes(72);
    if (burns(144, five_minutes(12), five_minutes(1)) || burns(60, six_hours, half_hour)) {
      return Alert::page;
    }
    bool const slowly =
        burns(30, hours(days(1)), five_minutes(24)) || burns(10, hours(days(3)), six_hours);
    return slowly ? Alert::ticket : Alert::none;
  }

  void write(internal::RecordWriter& out) const {
    if (!since_) return;
    out.number(field_since, since_->time_since_epoch().count());
    out.number(field_newest, newest_.time_since_epoch().count());
    out.text(field_minutes, minutes_.bytes()).text(field_hours, hours_.bytes());
  }
  void read(internal::RecordField field) {
    WallTime const time{Duration{field.number().value_or(0)}};
    if (field.name == field_since) since_ = time;
    if (field.name == field_newest) newest_ = time;
    if (field.name == field_minutes) (void)minutes_.read(field.value);
    if (field.name != field_hours) return;
    // Of a window that is longer now no more is known than was kept.
    Duration const kept = std::chrono::hours{hours_.read(field.value)};
    if (since_ && kept < target_.window) since_ = std::max(*since_, newest_ - kept);
  }

 private:
  /// The names of the fields. A name keeps its meaning for ever.
  enum Field : std::uint8_t {
    field_since = 1,
    field_newest = 2,
    field_minutes = 3,
    field_hours = 4,
  };
  static constexpr std::uint64_t million = 1'000'000;

  static constexpr std::size_t days(std::size_t count) noexcept { return 24 * count; }
  [[nodiscard]] std::size_t window_hours() const noexcept {
    return static_cast<std::size_t>(target_.window / std::chrono::hours{1});
  }
  [[nodiscard]] std::uint64_t allowed() const noexcept {
    return million - static_cast<std::uint64_t>(target_.good.millionths);
  }
  /// Says whether both windows burn at that rate, in tenths, or faster.
  [[nodiscard]] bool burns(std::uint64_t rate, Results wide, Results narrow) const noexcept {
    auto const fast = [&](Results results) {
      std::uint64_t const total = results.good + results.bad;
      return results.bad != 0 && results.bad * 10 * million >= rate * total * allowed();
    };
    return wide.bad >= target_.min_failures && fast(wide) && fast(narrow);
  }

  Target target_;
  Buckets minutes_{std::chrono::minutes{5}, 73};  ///< six hours, and the newest one
  Buckets hours_;
  std::optional<WallTime> since_{};
  WallTime newest_{};
};

}  // namespace sla::inline v1::ledger

// sla/ledger/timeline.hpp
// Lines of time, each in stretches of one state: how the results of all boots of one service and
// location make one (rule R2), and how several lines make another.

namespace sla::inline v1::ledger {

/// From `from` on it is so. `event` is the index of the Record that the stretch began with.
struct Stretch {
  Milliseconds from = no_time;
  State state = State::unmonitored;
  std::uint32_t event = 0;
};

/// Stretches in the order of time, each to the begin of the next. Before the first and in an empty
/// one: unmonitored.
using Timeline = std::vector<Stretch>;

/// A part of time, without its end.
struct Window {
  Milliseconds from = 0;
  Milliseconds to = 0;

  [[nodiscard]] bool holds(Milliseconds time) const noexcept { return from <= time && time < to; }
};

/// Adds what is so from now on; one stretch goes on while the state is the same.
inline void go_on(Timeline& line, Stretch stretch) {
  if (!line.empty() && line.back().from == stretch.from) line.pop_back();  // it lasted no time
  State const before = line.empty() ? State::unmonitored : line.back().state;
  if (before != stretch.state) line.push_back(stretch);
}

/// A result, or what was lost: from its end on, until. Those that begin later rank higher.
struct Claim {
  Milliseconds from;
  Milliseconds until;
  std::uint32_t boot;
  std::uint32_t seq;
  State state;
  std::uint32_t event;

  [[nodiscard]] bool before(Claim const& other) const noexcept {
    return std::tuple(from, boot, seq) < std::tuple(other.from, other.boot, other.seq);
  }
};

/// Makes one line of the claims of all boots, which must come in the order of their ranks: at an
/// instant the last of those that hold it counts.
class Sweep {
 public:
  void add(Claim const& claim) {
    advance(claim.from);
    if (claim.until > claim.from) open_.push_back(claim);
    if (open_.size() < most_) return;
    std::erase_if(open_, [&](Claim const& open) { return open.until <= claim.from; });
    most_ = std::max<std::size_t>(64, 2 * open_.size());
  }

  [[nodiscard]] Timeline finish() {
    advance(std::numeric_limits<Milliseconds>::max());
    return std::move(line_);
  }

 private:
  /// Writes down what is so up to `to`.
  void advance(Milliseconds to) {
    while (now_ < to) {
      while (!open_.empty() && open_.back().until <= now_) open_.pop_back();
      Stretch stretch{.from = now_};
      if (!open_.empty()) stretch.state = open_.back().state;
      if (!open_.empty()) stretch.event = open_.back().event;
      go_on(line_, stretch);
      now_ = open_.empty() ? to : std::min(to, open_.back().until);
    }
    while (!open_.empty() && open_.back().until <= now_) open_.pop_back();
  }

  Milliseconds now_ = no_time;
  std::vector<Claim> open_;  ///< by rank, the highest at the back
  std::size_t most_ = 64;    ///< where it is time to forget what ended below others
  Timeline line_;
};

/// Makes one line of several within a window: `decide` says what is so where each of them is so.
/// It takes a span of Stretches, one for each line, and returns one whose `from` does not matter.
template <class Decide>
[[nodiscard]] Timeline combine(std::span<Timeline const* const> lines, Window window,
                               Decide decide) {
  Timeline result;
  std::vector<Stretch> now(lines.size());
  std::vector<std::size_t> at(lines.size());
  for (Milliseconds time = window.from; time < window.to;) {
    Milliseconds next = window.to;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      Timeline const& line = *lines[i];
      while (at[i] < line.size() && line[at[i]].from <= time) now[i] = line[at[i]++];
      if (at[i] < line.size()) next = std::min(next, line[at[i]].from);
    }
    Stretch stretch = decide(std::span<Stretch const>(now));
    stretch.from = time;
    go_on(result, stretch);
    time = next;
  }
  return result;
}

/// Calls `see(stretch, end)` for each stretch of a line within the window, unmonitored ones too.
template <class See>
void each_stretch(Timeline const& line, Window window, See see) {
  Milliseconds time = window.from;
  Stretch now{.from = time};
  auto const later = std::upper_bound(
      line.begin(), line.end(), time,
      [](Milliseconds begin, Stretch const& stretch) { return begin < stretch.from; });
  if (later != line.begin()) now = *std::prev(later);
  now.from = time;
  for (Stretch const& next : std::span(later, line.end())) {
    if (time >= window.to) return;
    Milliseconds const until = std::clamp(next.from, window.from, window.to);
    if (until > time) see(now, until);
    time = std::max(time, until);
    now = next;
    now.from = time;
  }
  if (time < window.to) see(now, window.to);
}

}  // namespace sla::inline v1::ledger

// sla/ledger/exclusion.hpp
// Planned maintenance (rule R8): a line of JSON with `from` and `to` as RFC 3339 times, the
// `service`, the `group`, or `*` for all, and a `reason`.

namespace sla::inline v1::ledger {

/// A part of time that does not count for a service, or for those of a group.
struct Exclusion {
  Window window{};
  std::string service{};  ///< `*`: for all
  std::string group{};    ///< `*`: for all
  std::string reason{};
};

/// Reads an RFC 3339 time to the millisecond, rounded down.
[[nodiscard]] inline std::optional<Milliseconds> parse_time(std::string_view text) {
  auto const whole = parse_iso_time(text);
  if (!whole) return std::nullopt;
  Milliseconds time = epoch_seconds(*whole) * 1000;
  std::size_t const dot = text.find('.');
  if (dot == std::string_view::npos) return time;
  Milliseconds unit = 100;
  for (std::size_t i = dot + 1; i < text.size() && is_digit(text[i]); ++i, unit /= 10) {
    time += (text[i] - '0') * unit;
  }
  return time;
}

/// Reads one exclusion. Errc::malformed, with what is wrong.
[[nodiscard]] inline Result<Exclusion> read_exclusion(std::string_view line) {
  auto const json = aws::JsonReply::parse_file(line);
  if (!json) return json.error();
  auto const wrong = [](std::string_view why) { return Error{Errc::malformed, std::string(why)}; };
  Exclusion exclusion;
  auto const from = parse_time(json->text("from").value_or(""));
  if (!from) return wrong("its from is no time such as 2026-01-31T22:00:00Z");
  auto const to = parse_time(json->text("to").value_or(""));
  if (!to) return wrong("its to is no time such as 2026-01-31T22:00:00Z");
  if (*to <= *from) return wrong("it ends before it begins");
  exclusion.window = {*from, *to};
  exclusion.service = json->text("service").value_or("");
  exclusion.group = json->text("group").value_or("");
  exclusion.reason = json->text("reason").value_or("");
  if (exclusion.service.empty() == exclusion.group.empty()) {
    return wrong("it must name either a service or a group, or * for all");
  }
  return exclusion;
}

/// Reads a file of them; the Error tells the line. Empty lines are none.
[[nodiscard]] inline Result<std::vector<Exclusion>> read_exclusions(std::string_view text) {
  std::vector<Exclusion> all;
  std::size_t number = 0;
  for (std::string_view const line : split(without_byte_order_mark(text), '\n')) {
    ++number;
    if (trim(line).empty()) continue;
    auto exclusion = read_exclusion(trim(line));
    if (!exclusion) {
      return std::move(exclusion).error().within("line " + std::to_string(number));
    }
    all.push_back(*std::move(exclusion));
  }
  return all;
}

/// Makes a line of what is excluded of one service. `groups` are those that it is in.
template <class Groups>
[[nodiscard]] Timeline exclusion_line(std::span<Exclusion const> exclusions,
                                      std::string_view service, Groups const& groups) {
  std::vector<Window> windows;
  for (Exclusion const& exclusion : exclusions) {
    bool const all = exclusion.service == "*" || exclusion.group == "*";
    bool const grouped = std::find(groups.begin(), groups.end(), exclusion.group) != groups.end();
    if (all || exclusion.service == service || grouped) windows.push_back(exclusion.window);
  }
  std::sort(windows.begin(), windows.end(),
            [](Window const& a, Window const& b) { return a.from < b.from; });
  Timeline line;
  Milliseconds end = no_time;
  for (Window const& window : windows) {
    if (window.from > end && end != no_time) go_on(line, {.from = end});
    if (window.from > end) go_on(line, {.from = window.from, .state = State::excluded});
    end = std::max(end, window.to);
  }
  if (end != no_time) go_on(line, {.from = end});
  return line;
}

}  // namespace sla::inline v1::ledger

// sla/ledger/figures.hpp
// The figures of an answer: integers until they are printed, and then rounded down, so that 100.000
// means not one failure. If nothing was seen there is no figure.

namespace sla::inline v1::ledger {

/// The window in milliseconds, by what was so. The five parts add up to it.
struct Times {
  std::int64_t up = 0;
  std::int64_t down = 0;
  std::int64_t unknown = 0;
  std::int64_t unmonitored = 0;
  std::int64_t excluded = 0;

  [[nodiscard]] std::int64_t seen() const noexcept { return up + down; }
  /// The window without what is excluded.
  [[nodiscard]] std::int64_t relevant() const noexcept { return up + down + unknown + unmonitored; }

  bool operator==(Times const&) const = default;
};

/// The events whose end lies in the window.
struct Counts {
  std::int64_t good = 0;
  std::int64_t bad = 0;
  std::int64_t uncounted = 0;
  std::int64_t degraded = 0;
  std::int64_t flaky = 0;
  std::int64_t lost = 0;  ///< before these
  std::int64_t duplicates = 0;
  std::int64_t conflicts = 0;
  std::int64_t clock_steps = 0;

  bool operator==(Counts const&) const = default;
};

/// Slices of a minute, aligned to the epoch.
struct Slices {
  std::int64_t good = 0;  ///< without any down
  std::int64_t seen = 0;  ///< with any up or down

  bool operator==(Slices const&) const = default;
};

/// Returns a part in percent with three decimals, rounded down: 9,995 of 10,000 is `99.950`.
/// Nothing if the whole is 0.
[[nodiscard]] inline std::optional<std::string> percent(std::int64_t part, std::int64_t whole) {
  if (whole <= 0) return std::nullopt;
  std::int64_t thousandths = part / whole;
  std::int64_t rest = part % whole;
  for (int digit = 0; digit < 5; ++digit) {
    rest *= 10;
    thousandths = thousandths * 10 + rest / whole;
    rest %= whole;
  }
  std::string const decimals = std::to_string(1000 + thousandths % 1000);
  return std::to_string(thousandths / 1000) + '.' + decimals.substr(1);
}

/// up / (up + down): of what was seen.
[[nodiscard]] inline std::optional<std::string> availability(Times const& times) {
  return percent(times.up, times.seen());
}
/// up / (window - excluded): everything not seen counts as down.
[[nodiscard]] inline std::optional<std::string> worst(Times const& times) {
  return times.seen() == 0 ? std::nullopt : percent(times.up, times.relevant());
}
/// (up + down) / (window - excluded).
[[nodiscard]] inline std::optional<std::string> coverage(Times const& times) {
  return times.seen() == 0 ? std::nullopt : percent(times.seen(), times.relevant());
}
/// good / (good + bad), by events.
[[nodiscard]] inline std::optional<std::string> occurrences(Counts const& counts) {
  return percent(counts.good, counts.good + counts.bad);
}
/// Minutes without any down, of all that were seen.
[[nodiscard]] inline std::optional<std::string> timeslices(Slices const& slices) {
  return percent(slices.good, slices.seen);
}

/// Measures a line of time.
[[nodiscard]] inline Times times_of(Timeline const& line, Window window) {
  Times times;
  each_stretch(line, window, [&](Stretch const& stretch, Milliseconds end) {
    std::int64_t& part = stretch.state == State::up         ? times.up
                         : stretch.state == State::down     ? times.down
                         : stretch.state == State::unknown  ? times.unknown
                         : stretch.state == State::excluded ? times.excluded
                                                            : times.unmonitored;
    part += end - stretch.from;
  });
  return times;
}

/// Counts the slices of a line of time after the epoch.
[[nodiscard]] inline Slices slices_of(Timeline const& line, Window window) {
  constexpr Milliseconds slice = 60'000;
  Milliseconds seen = -1;  // the last one counted
  Milliseconds down = -1;
  std::int64_t bad = 0;
  Slices slices;
  each_stretch(line, window, [&](Stretch const& stretch, Milliseconds end) {
    if (stretch.state != State::up && stretch.state != State::down) return;
    Milliseconds const last = (end - 1) / slice;
    slices.seen += std::max<Milliseconds>(0, last - std::max(seen, stretch.from / slice - 1));
    seen = last;
    if (stretch.state != State::down) return;
    bad += std::max<Milliseconds>(0, last - std::max(down, stretch.from / slice - 1));
    down = last;
  });
  slices.good = slices.seen - bad;
  return slices;
}

}  // namespace sla::inline v1::ledger

// sla/ledger/health.hpp
// Whether a service is up, as far as its results in a row say it, and when that changes: one
// failure is no outage, and one success does not end it. A service that is up once enough is known
// has not changed, so that nothing is said of a mere restart.

namespace sla::inline v1::ledger {

/// How many results in a row change the state.
struct Thresholds {
  std::int64_t failure = 3;
  std::int64_t success = 2;
};

/// The state of a service by its results, which come in their order.
class Health {
 public:
  enum class State : std::uint8_t { unknown, up, down };

  /// A result that began an outage or ended one.
  struct Transition {
    WallTime since{};                ///< end of the first result in the row
    std::optional<Duration> down{};  ///< how long it was down before it is up
  };

  explicit Health(Thresholds thresholds) : thresholds_(thresholds) {}

  /// Takes a result; says whether it began an outage or ended one.
  std::optional<Transition> add(WallTime end, bool good) {
    std::int64_t const step = good ? 1 : -1;
    if (row_ * step <= 0) {
      row_ = 0;
      row_since_ = end;
    }
    row_ += step;
    State const next = row_ >= thresholds_.success    ? State::up
                       : row_ <= -thresholds_.failure ? State::down
                                                      : state_;
    if (next == state_) return std::nullopt;
    Transition transition{.since = row_since_};
    if (next == State::up) transition.down = std::max(row_since_ - since_, Duration::zero());
    bool const first = state_ == State::unknown && next == State::up;
    state_ = next;
    since_ = row_since_;
    return first ? std::nullopt : std::optional(transition);
  }

  [[nodiscard]] State state() const noexcept { return state_; }

  void write(internal::RecordWriter& out) const {
    out.number(field_state, static_cast<std::int64_t>(state_)).number(field_row, row_);
    out.number(field_since, since_.time_since_epoch().count());
    out.number(field_row_since, row_since_.time_since_epoch().count());
  }
  void read(internal::RecordField field) {
    std::int64_t const number = field.number().value_or(0);
    bool const known = number >= 0 && number <= static_cast<std::int64_t>(State::down);
    if (field.name == field_state && known) state_ = static_cast<State>(number);
    if (field.name == field_row) row_ = number;
    if (field.name == field_since) since_ = WallTime{Duration{number}};
    if (field.name == field_row_since) row_since_ = WallTime{Duration{number}};
  }

 private:
  /// The names of the fields. A name keeps its meaning for ever.
  enum Field : std::uint8_t {
    field_state = 11,
    field_row = 12,
    field_since = 13,
    field_row_since = 14,
  };

  Thresholds thresholds_;
  State state_ = State::unknown;
  std::int64_t row_ = 0;  ///< results in a row: of good ones above 0, of bad ones below
  WallTime since_{};
  WallTime row_since_{};
};

[[nodiscard]] constexpr std::string_view to_string(Health::State state) noexcept {
  return state == Health::State::up ? "UP" : state == Health::State::down ? "DOWN" : "UNKNOWN";
}

}  // namespace sla::inline v1::ledger

// sla/ledger/hold.hpp
// How long the results of one boot hold: rules R3 to R7, and R9 for events that do not say it. Only
// the events of one boot are looked at, in their order.

namespace sla::inline v1::ledger {

/// What the order of the events of a boot shows, at the event that shows it.
struct Surprise {
  std::uint32_t lost = 0;  ///< events before it that never came
  bool clock_step = false;
};

/// Returns twice the median of the distances above 0 of sorted ends, rounded down to a millisecond
/// before it is doubled; 0 if there is no distance.
[[nodiscard]] inline Milliseconds usual_hold(std::span<Record const> sorted) {
  std::vector<Milliseconds> distances;
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    Milliseconds const distance = sorted[i].end - sorted[i - 1].end;
    if (distance > 0) distances.push_back(distance);
  }
  if (distances.empty()) return 0;
  auto const middle = distances.begin() + static_cast<std::ptrdiff_t>(distances.size() / 2);
  std::nth_element(distances.begin(), middle, distances.end());
  if (distances.size() % 2 == 1) return 2 * *middle;
  Milliseconds const before = *std::max_element(distances.begin(), middle);
  return 2 * ((before + *middle) / 2);
}

namespace detail {

/// Decides what a result holds that another of its boot follows; returns what that one shows.
inline Surprise hold_before(Record& record, Record& next) {
  Surprise surprise{};
  if (next.seq > record.seq) surprise.lost = next.seq - record.seq - 1;
  surprise.clock_step = next.end < record.end;
  Milliseconds const known = surprise.lost == 0 ? next.end : next.previous;
  Milliseconds const limit = record.until == no_time ? known : std::min(record.until, known);
  // Where a clock was set back, nobody knows how far: the result holds nothing.
  record.until = surprise.clock_step ? record.end : std::clamp(limit, record.end, next.end);
  Milliseconds const gap = surprise.clock_step ? next.previous : record.until;
  next.previous = surprise.lost == 0 || gap >= next.end ? no_time : gap;
  return surprise;
}

/// Decides what was lost before the first event that came of a boot.
inline Surprise begin_boot(Record& first, Boot const& boot) {
  if (first.seq > 1) first.previous = boot_time(boot.id).value_or(first.previous);
  if (first.seq <= 1 || first.previous >= first.end) first.previous = no_time;
  return {.lost = first.seq > 1 ? first.seq - 1 : 0};
}

}  // namespace detail

/// Turns the limits of the events of one boot, which are in their order, into what they hold: each
/// `until`, and in `previous` where the unknown begins that ends with the event. Calls
/// `note(record, surprise)` for each. `hold` is for a boot whose events have no numbers.
template <class Note>
void hold_boot(std::span<Record> records, Boot const& boot, std::optional<Milliseconds> hold,
               Note note) {
  if (records.empty()) return;
  if (boot.id.empty()) {
    Milliseconds const most = hold ? *hold : usual_hold(records);
    for (Record& record : records) record.until = record.end + most;
  }
  note(records[0], detail::begin_boot(records[0], boot));
  for (std::size_t i = 0; i + 1 < records.size(); ++i) {
    note(records[i + 1], detail::hold_before(records[i], records[i + 1]));
  }
  Record& last = records.back();
  last.until = std::max(last.until, last.end);  // without a limit it holds nothing
}

}  // namespace sla::inline v1::ledger

// sla/ledger/log_key.hpp
// What the key of a log says of its run: `<service>/<seconds>_SUCCESS` or `_FAILURE`, with `_2` and
// so on behind it where the key was taken; INTERRUPTED, UNKNOWN and SKIPPED say nothing of the
// service. It is all that is left of runs whose events nobody kept.

namespace sla::inline v1::ledger {

/// Returns true for the key of a bundle of logs, such as `bundles/2026/11/30/19/25-<id>.log`. Which
/// runs are in there only events say.
[[nodiscard]] inline bool is_bundle_key(std::string_view key) noexcept {
  constexpr std::string_view pattern = "bundles/0000/00/00/00/00-";
  if (key.size() <= pattern.size() || !key.ends_with(".log")) return false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    bool const same = pattern[i] == '0' ? is_digit(key[i]) : key[i] == pattern[i];
    if (!same) return false;
  }
  return true;
}

/// Reads a key; nothing if the run says nothing about the service. Errc::malformed if it is no
/// log's. The texts of the event are those of the parameters.
[[nodiscard]] inline Result<std::optional<Event>> read_log_key(std::string_view key,
                                                               std::string_view uri) {
  Error const other{Errc::malformed, "it is no key of a log"};
  std::size_t const slash = key.rfind('/');
  if (slash == std::string_view::npos || slash == 0) return other;
  std::string_view const name = key.substr(slash + 1);
  std::size_t const line = name.find('_');
  auto const seconds = parse_integer(name.substr(0, line));
  if (line == std::string_view::npos || !seconds || *seconds < 0) return other;
  std::string_view const behind = name.substr(line + 1);
  std::string_view const result = behind.substr(0, behind.find('_'));
  std::string_view const again = behind.substr(result.size());
  if (!again.empty() && !parse_integer(again.substr(1))) return other;
  if (result == "INTERRUPTED" || result == "UNKNOWN" || result == "SKIPPED") {
    return std::optional<Event>();
  }
  if ((result != "SUCCESS" && result != "FAILURE") || *seconds > latest_time / 1000) return other;
  Event event;
  event.service = key.substr(0, slash);
  event.succeeded = result == "SUCCESS";
  event.verdict = event.succeeded ? "pass" : "fail";
  event.log_uri = uri;
  event.end = *seconds * 1000;
  return std::optional<Event>(event);
}

}  // namespace sla::inline v1::ledger

// sla/ledger/quorum.hpp
// What several locations make of a service, and several services of a group, at one instant.

namespace sla::inline v1::ledger {

/// How many of the locations that know must say down (rule R10).
struct Quorum {
  enum class Kind : std::uint8_t { majority, any, all, count };
  Kind kind = Kind::majority;
  std::int64_t count = 1;  ///< for Kind::count

  [[nodiscard]] bool reached(std::int64_t down, std::int64_t known) const noexcept {
    if (kind == Kind::majority) return 2 * down >= known;  // a tie is down
    if (kind == Kind::any) return down >= 1;
    return down >= (kind == Kind::all ? known : count);
  }
};

/// Reads `majority`, `any`, `all`, or a number of locations, at least 1.
[[nodiscard]] inline std::optional<Quorum> parse_quorum(std::string_view text) {
  if (text == "majority") return Quorum{};
  if (text == "any") return Quorum{.kind = Quorum::Kind::any};
  if (text == "all") return Quorum{.kind = Quorum::Kind::all};
  auto const count = parse_integer(text);
  if (!count || *count < 1) return std::nullopt;
  return Quorum{.kind = Quorum::Kind::count, .count = *count};
}

/// The quorum as it is written.
[[nodiscard]] inline std::string to_string(Quorum quorum) {
  if (quorum.kind == Quorum::Kind::count) return std::to_string(quorum.count);
  return quorum.kind == Quorum::Kind::any   ? "any"
         : quorum.kind == Quorum::Kind::all ? "all"
                                            : "majority";
}

namespace detail {

/// Returns the stretch of that state whose event ended last; of two it is the first.
inline Stretch latest_of(std::span<Stretch const> now, State state) {
  Stretch found{.from = no_time, .state = state};
  bool any = false;
  for (Stretch const& stretch : now) {
    if (stretch.state != state || (any && stretch.from <= found.from)) continue;
    found = stretch;
    any = true;
  }
  return found;
}

inline std::int64_t count_of(std::span<Stretch const> now, State state) {
  return std::count_if(now.begin(), now.end(),
                       [&](Stretch const& stretch) { return stretch.state == state; });
}

}  // namespace detail

/// Decides on a service by what is so at its locations.
[[nodiscard]] inline Stretch decide_service(std::span<Stretch const> locations, Quorum quorum) {
  auto const count = [&](State state) { return detail::count_of(locations, state); };
  std::int64_t const down = count(State::down);
  std::int64_t const known = down + count(State::up);
  if (known == 0) {
    bool const unknown = count(State::unknown) != 0;
    return detail::latest_of(locations, unknown ? State::unknown : State::unmonitored);
  }
  return detail::latest_of(locations, quorum.reached(down, known) ? State::down : State::up);
}

/// Decides on a group by what is so of its services.
[[nodiscard]] inline Stretch decide_group(std::span<Stretch const> services) {
  auto const count = [&](State state) { return detail::count_of(services, state); };
  if (count(State::excluded) == static_cast<std::int64_t>(services.size())) {
    return {.state = State::excluded};
  }
  for (State const state : {State::down, State::unknown, State::unmonitored}) {
    if (count(state) != 0) return detail::latest_of(services, state);
  }
  return detail::latest_of(services, State::up);
}

}  // namespace sla::inline v1::ledger

// sla/ledger/reducer.hpp
// The ledger: what a stream of events proves about services and groups within a window of time. A
// pure function: the order of the events means nothing, and no clock, file or network is asked.

namespace sla::inline v1::ledger {

/// What is asked.
struct Question {
  Window window{};
  Quorum quorum{};
  std::optional<Milliseconds> hold{};  ///< for events that do not say how long they hold
  std::vector<Exclusion> exclusions{};
  std::vector<Window> parts{};  ///< within the window: they are measured too
};

/// A longest stretch of down, within the window, and the event that it began with.
struct Outage {
  Milliseconds from = 0;
  Milliseconds to = 0;
  std::string service{};
  std::string verdict{};
  std::string run_id{};
  std::string log_uri{};

  bool operator==(Outage const&) const = default;
};

/// A part of the window. Its counts are those of good and bad ones.
struct Part {
  Times times{};
  Counts counts{};

  bool operator==(Part const&) const = default;
};

/// What is known of one service.
struct ServiceAnswer {
  std::string service{};
  std::vector<std::string> groups{};  ///< sorted
  State state = State::unmonitored;   ///< at the end of the window
  bool inferred = false;              ///< some of it by events that do not say how long they hold
  Times times{};
  Counts counts{};
  Slices slices{};
  std::vector<Outage> outages{};
  std::vector<Part> parts{};  ///< as they were asked for

  bool operator==(ServiceAnswer const&) const = default;
};

/// What is known of one group: it is down while any of its services is.
struct GroupAnswer {
  std::string group{};
  Times times{};
  std::vector<Outage> outages{};

  bool operator==(GroupAnswer const&) const = default;
};

/// Everything, sorted by name.
struct Answer {
  std::vector<ServiceAnswer> services{};
  std::vector<GroupAnswer> groups{};

  bool operator==(Answer const&) const = default;
};

namespace detail {

/// Reduces one book.
class Reduction {
 public:
  Reduction(Book book, Question const& question)
      : book_(std::move(book)), question_(question), window_(question.window) {}

  Answer answer() {
    book_.settle();
    std::map<std::string_view, std::vector<Timeline>> locations;
    for (auto const& [service, groups] : book_.groups) prepare(service, groups);
    for (Boot const& boot : book_.boots) owners_.push_back(&answers_.find(boot.service)->second);
    forget_repeated();
    sort(records(), [](Record const& r) { return std::tuple(r.boot, r.seq, r.end); });
    for (auto at = records().begin(); at != records().end();) {
      Boot const& first = book_.boots[at->boot];
      auto const end = std::find_if(at, records().end(), [&](Record const& record) {
        Boot const& boot = book_.boots[record.boot];
        return boot.service != first.service || boot.location != first.location;
      });
      locations[first.service].push_back(location_line({at, end}));
      at = end;
    }
    for (auto& [service, lines] : locations) finish(answers_.find(service)->second, lines);
    return collect();
  }

 private:
  struct Known {
    ServiceAnswer answer{};
    Timeline line{};
  };

  std::vector<Record>& records() { return book_.records; }

  void prepare(std::string const& service, std::set<std::string, std::less<>> const& groups) {
    ServiceAnswer& answer = answers_[service].answer;
    answer.service = service;
    answer.groups.assign(groups.begin(), groups.end());
    answer.parts.resize(question_.parts.size());
  }

  ServiceAnswer& answer_of(Record const& record) { return owners_[record.boot]->answer; }

  /// Sorts by a key, then by what an answer could show.
  template <class Range, class Key>
  void sort(Range&& range, Key key) {
    auto const before = [&](Record const& a, Record const& b) {
      auto const x = key(a);
      auto const y = key(b);
      return x != y ? x < y : book_.milder(a, b);
    };
    if (std::is_sorted(range.begin(), range.end(), before)) return;
    std::sort(range.begin(), range.end(), before);
  }

  /// Leaves one record of each run, the worst (rule R1).
  void forget_repeated() {
    std::vector<std::uint32_t> service(book_.boots.size());
    for (std::size_t i = 1; i < service.size(); ++i) {
      bool const same = book_.boots[i].service == book_.boots[i - 1].service;
      service[i] = service[i - 1] + (same ? 0 : 1);
    }
    sort(records(), [&](Record const& r) { return std::pair(r.run, service[r.boot]); });
    std::size_t kept = 0;
    for (Record const& record : records()) {
      Record* const last = kept == 0 ? nullptr : &records()[kept - 1];
      bool const again = last != nullptr && record.run != 0 && last->run == record.run &&
                         service[last->boot] == service[record.boot];
      if (!again) {
        records()[kept++] = record;
        continue;
      }
      bool const in = window_.holds(record.end);
      Counts& counts = answer_of(record).counts;
      (last->verdict == record.verdict ? counts.duplicates : counts.conflicts) += in ? 1 : 0;
      *last = record;  // they come sorted, the worst last
    }
    records().resize(kept);
  }

  /// Makes the line of one service at one location. The records are in the order of their boots.
  Timeline location_line(std::span<Record> records) {
    for (auto at = records.begin(); at != records.end();) {
      auto const end = std::find_if(at, records.end(),
                                    [&](Record const& record) { return record.boot != at->boot; });
      hold_boot({at, end}, book_.boots[at->boot], question_.hold,
                [&](Record const& record, Surprise surprise) { count(record, surprise); });
      at = end;
    }
    sort(records, [](Record const& r) { return std::tuple(r.end, r.boot, r.seq); });
    std::vector<Claim> gaps;
    for (Record const& record : records) {
      note_inferred(record);
      if (record.previous != no_time) {
        gaps.push_back(
            {record.previous, record.end, record.boot, record.seq - 1, State::unknown, 0});
      }
    }
    std::sort(gaps.begin(), gaps.end(), [](Claim const& a, Claim const& b) {
      return a.before(b) || (!b.before(a) && a.until < b.until);
    });
    return sweep(records, gaps);
  }

  Timeline sweep(std::span<Record const> records, std::span<Claim const> gaps) {
    Sweep sweep;
    for (Record const& record : records) {
      Claim const claim{record.end, record.until, record.boot,
                        record.seq, record.state, index_of(record)};
      for (; !gaps.empty() && gaps[0].before(claim); gaps = gaps.subspan(1)) sweep.add(gaps[0]);
      sweep.add(claim);
    }
    for (Claim const& gap : gaps) sweep.add(gap);
    return sweep.finish();
  }

  std::uint32_t index_of(Record const& record) {
    return static_cast<std::uint32_t>(&record - records().data());
  }

  void count(Record const& record, Surprise surprise) {
    if (!window_.holds(record.end)) return;
    Counts& counts = answer_of(record).counts;
    ++(record.state == State::up     ? counts.good
       : record.state == State::down ? counts.bad
                                     : counts.uncounted);
    count_parts(record);
    counts.degraded += record.degraded ? 1 : 0;
    counts.flaky += record.flaky ? 1 : 0;
    counts.lost += surprise.lost;
    counts.clock_steps += surprise.clock_step ? 1 : 0;
  }

  void count_parts(Record const& record) {
    if (record.state == State::unknown) return;
    std::vector<Part>& parts = answer_of(record).parts;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (!question_.parts[i].holds(record.end)) continue;
      ++(record.state == State::up ? parts[i].counts.good : parts[i].counts.bad);
    }
  }

  void note_inferred(Record const& record) {
    if (!book_.boots[record.boot].id.empty()) return;
    bool const reaches = record.end < window_.to && record.until > window_.from;
    if (reaches || window_.holds(record.end)) answer_of(record).inferred = true;
  }

  void finish(Known& known, std::vector<Timeline> const& locations) {
    ServiceAnswer& answer = known.answer;
    Timeline const excluded = exclusion_line(question_.exclusions, answer.service, answer.groups);
    std::vector<Timeline const*> lines;
    lines.reserve(locations.size() + 1);
    for (Timeline const& line : locations) lines.push_back(&line);
    lines.push_back(&excluded);
    known.line = combine(lines, window_, [&](std::span<Stretch const> now) {
      if (now.back().state == State::excluded) return now.back();
      return decide_service(now.first(now.size() - 1), question_.quorum);
    });
    answer.times = times_of(known.line, window_);
    answer.slices = slices_of(known.line, window_);
    for (std::size_t i = 0; i < answer.parts.size(); ++i) {
      answer.parts[i].times = times_of(known.line, question_.parts[i]);
    }
    answer.outages = outages_of(known.line);
    if (!known.line.empty()) answer.state = known.line.back().state;
  }

  std::vector<Outage> outages_of(Timeline const& line) {
    std::vector<Outage> outages;
    each_stretch(line, window_, [&](Stretch const& stretch, Milliseconds end) {
      if (stretch.state != State::down) return;
      Record const& record = records()[stretch.event];
      Detail const& detail = book_.details[record.detail];
      outages.push_back({stretch.from, end, book_.boots[record.boot].service,
                         book_.verdicts[record.verdict], detail.run_id, detail.log_uri});
    });
    return outages;
  }

  Answer collect() {
    std::map<std::string_view, std::vector<Timeline const*>> members;
    Answer all;
    for (auto& [service, known] : answers_) {
      for (std::string const& group : known.answer.groups) members[group].push_back(&known.line);
    }
    for (auto const& [group, lines] : members) {
      Timeline const line = combine(lines, window_, decide_group);
      all.groups.push_back({std::string(group), times_of(line, window_), outages_of(line)});
    }
    for (auto& [service, known] : answers_) all.services.push_back(std::move(known.answer));
    return all;
  }

  Book book_;
  Question const& question_;
  Window window_;
  std::map<std::string, Known, std::less<>> answers_;
  std::vector<Known*> owners_;  ///< by the number of the boot
};

}  // namespace detail

/// Answers the question from the events of the book.
[[nodiscard]] inline Answer reduce(Book book, Question const& question) {
  return detail::Reduction(std::move(book), question).answer();
}

}  // namespace sla::inline v1::ledger

// sla/scheduler.hpp
// The contract of a Scheduler: says when the next run begins. Its models stand in scheduler/.

namespace sla::inline v1 {

namespace internal {

/// A member of that name, if there is one, is what the contract says.
template <class S>
concept began_is_void_of_instant = !requires {
  &S::began;
}
|| requires(S& s, Instant at) {
  { s.began(at) } -> std::same_as<void>;
};
template <class S>
concept missed_is_uint64_const = !requires {
  &S::missed;
}
|| requires(S const& s) {
  { s.missed() } -> std::same_as<std::uint64_t>;
};

}  // namespace internal

/// `next(now)` is asked once before each run: when does it begin (a past instant means now), or
/// nullopt for no more. It is a pure function of monotonic time and of what it was asked before;
/// it never sleeps. `now` is the end of the run before, or the start of the program. Two members
/// are optional: `void began(sla::Instant at)` is told when each run begins, which may be out of
/// turn and so earlier than it said; `std::uint64_t missed() const` says how many slots it skipped
/// so far, which is logged and counted.
template <class S>
concept Scheduler = bool{std::movable<S>} && requires(S& s, Instant now) {
  { s.next(now) } -> std::same_as<std::optional<Instant>>;
}
&&bool{internal::began_is_void_of_instant<S>} && bool{internal::missed_is_uint64_const<S>};

namespace internal {

/// Takes the place of a scheduler that a door refused, so that the refusal is the only error.
template <class X>
struct RefusedScheduler {
  RefusedScheduler(X const&) noexcept {}
  std::optional<Instant> next(Instant) { return std::nullopt; }
};
template <class X>
using HeldScheduler = std::conditional_t<Scheduler<X>, X, RefusedScheduler<X>>;

/// Tells a scheduler that wants to know it that a run begins.
template <class S>
void tell_began(S& scheduler, Instant at) {
  if constexpr (requires { scheduler.began(at); }) scheduler.began(at);
}

/// Asks a scheduler how many slots it skipped; 0 for one that does not count them.
template <class S>
std::uint64_t missed_of(S& scheduler) {
  if constexpr (requires { scheduler.missed(); }) return scheduler.missed();
  return 0;
}

}  // namespace internal

}  // namespace sla::inline v1

// sla/scheduler/fixed_delay.hpp
// Waits a fixed time between the end of one run and the start of the next. The first run begins
// at once.

namespace sla::inline v1 {

/// Starts each run a fixed delay after the end of the one before.
class FixedDelay {
 public:
  /// The delay may be zero; a negative one counts as zero.
  explicit FixedDelay(Duration delay) : delay_(delay) {}

  [[nodiscard]] std::optional<Instant> next(Instant now) noexcept {
    return std::exchange(first_, false) ? now : now + delay_;
  }

 private:
  Duration delay_;
  bool first_ = true;
};
static_assert(Scheduler<FixedDelay>);

}  // namespace sla::inline v1

// sla/scheduler/fixed_rate.hpp
// Starts runs on a fixed grid of time. Runs never overlap: a slot that passes while a run is still
// going is skipped and counted, and the grid stays where it is.

namespace sla::inline v1 {

/// Starts each run at the next slot of a grid that begins with the first run.
class FixedRate {
 public:
  /// The period must be positive; anything else counts as one nanosecond.
  explicit FixedRate(Duration period) : period_(period > Duration::zero() ? period : Duration{1}) {}

  [[nodiscard]] std::optional<Instant> next(Instant now) noexcept {
    if (!slot_) return slot_ = now;
    if (*slot_ > now) return slot_;  // a run out of turn leaves the grid alone
    if (!out_of_turn_) *slot_ += period_;
    if (*slot_ < now) {
      auto const behind = (now - *slot_ + period_ - Duration{1}) / period_;
      missed_ += static_cast<std::uint64_t>(behind);
      *slot_ += behind * period_;
    }
    return slot_;
  }

  /// A run begins. One before its slot is out of turn: it takes none, and may miss some.
  void began(Instant at) noexcept { out_of_turn_ = slot_ && at < *slot_; }

  /// Returns how many slots were skipped so far because a run was still going.
  [[nodiscard]] std::uint64_t missed() const noexcept { return missed_; }

 private:
  Duration period_;
  std::optional<Instant> slot_;
  bool out_of_turn_ = false;  ///< the run that began last
  std::uint64_t missed_ = 0;
};
static_assert(Scheduler<FixedRate>);

}  // namespace sla::inline v1

// sla/scheduler/once.hpp
// One run, at once, and no more.

namespace sla::inline v1 {

/// Starts a single run.
class Once {
 public:
  [[nodiscard]] std::optional<Instant> next(Instant now) noexcept {
    if (std::exchange(done_, true)) return std::nullopt;
    return now;
  }

 private:
  bool done_ = false;
};
static_assert(Scheduler<Once>);

}  // namespace sla::inline v1

// sla/scheduler/one_of.hpp
// One of several schedulers, chosen at run time: what a program needs whose schedule is a setting.

namespace sla::inline v1 {

/// Holds one scheduler out of the listed types and does what it does.
template <class... S>
class OneOf {
 public:
  template <class T>
  requires(std::same_as<T, S> || ...) OneOf(T scheduler) : scheduler_(std::move(scheduler)) {}

  [[nodiscard]] std::optional<Instant> next(Instant now) {
    return std::visit([now](auto& scheduler) { return scheduler.next(now); }, scheduler_);
  }

  /// A run begins: said to a scheduler that wants to know.
  void began(Instant at) {
    std::visit([at](auto& scheduler) { internal::tell_began(scheduler, at); }, scheduler_);
  }

  /// Returns how many slots were skipped so far; 0 for a scheduler that skips none.
  [[nodiscard]] std::uint64_t missed() const {
    return std::visit([](auto const& scheduler) { return internal::missed_of(scheduler); },
                      scheduler_);
  }

 private:
  std::variant<internal::HeldScheduler<S>...> scheduler_;

  static_assert((Scheduler<S> && ...),
                "Each of OneOf's parameters must be a sla::Scheduler: movable, with "
                "std::optional<sla::Instant> next(sla::Instant now)");
};
static_assert(Scheduler<OneOf<Once>>);

}  // namespace sla::inline v1

// sla/executor.hpp
// The contract of an Executor: runs one job. Its models stand in executor/.

namespace sla::inline v1 {

namespace internal {

/// A member of that name, if there is one, is what the contract says.
template <class E>
concept longest_run_is_optional_duration_const = !requires {
  &E::longest_run;
}
|| requires(E const& e) {
  { e.longest_run() } -> std::same_as<std::optional<Duration>>;
};

template <class E>
concept run_beside_others_is_void = !requires {
  &E::run_beside_others;
}
|| requires(E& e) {
  { e.run_beside_others() } -> std::same_as<void>;
};

}  // namespace internal

/// `execute(job, stop)` runs the job once and says how it ended. A non-zero exit, a signal, a
/// timeout are values of Outcome; an Error means that it could not be run at all. It honours the
/// stop, and leaves no child, descriptor or signal mask behind. One thread uses it at a time. Two
/// members are optional: `std::optional<sla::Duration> longest_run() const` says how long a run may
/// take, or nullopt where nothing limits it; then events say by when the next one must have come. A
/// Fleet calls `void run_beside_others()` once, before the first run: there are other runs at the
/// same time.
template <class E>
concept Executor = bool{std::movable<E>} && requires(E& e, Job const& job, Stop const& stop) {
  { e.execute(job, stop) } -> std::same_as<Result<Outcome>>;
}
&&bool{internal::longest_run_is_optional_duration_const<E>} &&
    bool{internal::run_beside_others_is_void<E>};

namespace internal {

/// Takes the place of an executor that a door refused, so that the refusal is the only error.
template <class X>
struct RefusedExecutor {
  RefusedExecutor(X const&) noexcept {}
  Result<Outcome> execute(Job const&, Stop const&) { return Outcome{}; }
};
template <class X>
using HeldExecutor = std::conditional_t<Executor<X>, X, RefusedExecutor<X>>;

/// Asks an executor how long a run may take; nullopt for one that does not say it.
template <class E>
std::optional<Duration> longest_run_of(E const& executor) {
  if constexpr (requires { executor.longest_run(); }) return executor.longest_run();
  return std::nullopt;
}

/// Tells an executor that others run at the same time, if it wants to know.
template <class E>
void tell_of_others(E& executor) {
  if constexpr (requires { executor.run_beside_others(); }) executor.run_beside_others();
}

}  // namespace internal

}  // namespace sla::inline v1

// sla/executor/announced.hpp
// An executor that tells a spool of each run before it begins, so that a run which dies together
// with the runner is known at the next start.

namespace sla::inline v1 {

/// `begin(report)` is told that a run begins, of which only the job and the start are known.
template <class S>
concept Announcee = bool{std::movable<S>} && requires(S& s, Report const& report) {
  { s.begin(report) } -> std::same_as<void>;
};

namespace internal {

/// Takes the place of an announcee that a door refused, so that the refusal is the only error.
template <class X>
struct RefusedAnnouncee {
  RefusedAnnouncee(X const&) noexcept {}
  void begin(Report const&) {}
};
template <class X>
using HeldAnnouncee = std::conditional_t<Announcee<X>, X, RefusedAnnouncee<X>>;

}  // namespace internal

/// Announces each run to `spool.begin(Report const&)`, then executes it. C says when that is.
/// Not thread-safe.
template <class E, class S, class C = SteadyClock>
class Announced {
 public:
  Announced(E executor, S spool, C clock = C{})
      : executor_(std::move(executor)), spool_(std::move(spool)), clock_(std::move(clock)) {}

  Result<Outcome> execute(Job const& job, Stop const& stop) {
    spool_.begin({.job = job, .started_at = clock_.wall()});
    return executor_.execute(job, stop);
  }
  [[nodiscard]] std::optional<Duration> longest_run() const {
    return internal::longest_run_of(executor_);
  }
  void run_beside_others() { internal::tell_of_others(executor_); }

 private:
  internal::HeldExecutor<E> executor_;
  internal::HeldAnnouncee<S> spool_;
  internal::HeldClock<C> clock_;

  static_assert(Executor<E>,
                "Announced's first parameter must be a sla::Executor: movable, with "
                "sla::Result<sla::Outcome> execute(sla::Job const&, sla::Stop const&)");
  static_assert(
      Announcee<S>,
      "Announced's second parameter must be movable, with void begin(sla::Report const&)");
  static_assert(Clock<C>,
                "Announced's third parameter must be a sla::Clock: movable, with now(), wall(), "
                "wait_until(sla::Instant, sla::Stop const&) and sleep_until(sla::Instant)");
};

}  // namespace sla::inline v1

// sla/executor/perf_data.hpp
// Reads the first line that a monitoring plugin writes: a message, and behind a bar what it
// measured, `'label'=value[unit];[warn];[crit];[min];[max]`, as the guidelines of the plugins have
// it. Whatever is not so is left out.

namespace sla::inline v1::internal {

inline constexpr std::size_t most_message = 256;  ///< bytes
inline constexpr std::size_t most_perf = 20;      ///< measurements

/// Returns the message of a plugin's first line, cut at a whole character.
[[nodiscard]] inline std::string plugin_message(std::string_view line) {
  std::string_view message = trim(line.substr(0, line.find('|')));
  if (message.size() <= most_message) return std::string(message);
  std::size_t end = most_message;
  while (end > 0 && (static_cast<unsigned char>(message[end]) & 0xC0U) == 0x80U) --end;
  return std::string(message.substr(0, end));
}

/// Returns a decimal number as JSON has it, or nothing if the text is none.
[[nodiscard]] inline std::string json_decimal(std::string_view text) {
  constexpr std::string_view digits = "0123456789";
  std::string out;
  if (text.starts_with('-')) out = "-";
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  std::size_t const point = std::min(text.find('.'), text.size());
  std::string_view whole = text.substr(0, point);
  std::string_view const part = text.substr(std::min(point + 1, text.size()));
  bool const good = whole.find_first_not_of(digits) == std::string_view::npos &&
                    part.find_first_not_of(digits) == std::string_view::npos &&
                    whole.size() + part.size() > 0 && text.size() <= 40;
  if (!good) return {};
  whole.remove_prefix(std::min(whole.find_first_not_of('0'), whole.size()));
  out += whole.empty() ? "0" : whole;
  bool const large = whole.size() > 18;  // many readers take no larger whole number
  if (!part.empty() || large) out.append(".").append(part.empty() ? "0" : part);
  return out;
}

namespace detail {

/// Takes a label off the front of a text, with the equals sign behind it; one in quotes may hold
/// blanks, and a quote as two.
inline std::string take_label(std::string_view& text) {
  std::string label;
  bool const quoted = text.starts_with('\'');
  std::size_t at = quoted ? 1 : 0;
  while (at < text.size()) {
    bool const two = quoted && text.substr(at).starts_with("''");
    bool const over = quoted ? text[at] == '\'' : text[at] == '=' || is_blank(text[at]);
    if (over && !two) break;
    label += text[at];
    at += two ? 2 : 1;
  }
  if (quoted && at < text.size()) ++at;
  bool const named = at < text.size() && text[at] == '=';
  text.remove_prefix(std::min(at + (named ? 1 : 0), text.size()));
  return named ? label : std::string();
}

/// Writes one measurement. Returns false if it is none.
inline bool write_perf(JsonWriter& json, std::string_view label, std::string_view values) {
  std::array<std::string_view, 5> parts{};  // value and unit, warn, crit, min, max
  for (std::string_view& part : parts) {
    std::size_t const end = std::min(values.find(';'), values.size());
    part = values.substr(0, end);
    values.remove_prefix(std::min(end + 1, values.size()));
  }
  std::size_t const unit = std::min(parts[0].find_first_not_of("+-.0123456789"), parts[0].size());
  std::string const value = json_decimal(parts[0].substr(0, unit));
  if (label.empty() || value.empty()) return false;
  json.begin_object().key("label").string(label).key("value").literal(value);
  if (unit < parts[0].size()) json.key("unit").string(parts[0].substr(unit));
  if (!parts[1].empty()) json.key("warn").string(parts[1]);  // these are ranges, such as @5:10
  if (!parts[2].empty()) json.key("crit").string(parts[2]);
  if (auto const min = json_decimal(parts[3]); !min.empty()) json.key("min").literal(min);
  if (auto const max = json_decimal(parts[4]); !max.empty()) json.key("max").literal(max);
  json.end_object();
  return true;
}

}  // namespace detail

/// Returns the measurements of a plugin's first line as a JSON array, or nothing if it has none.
[[nodiscard]] inline std::string plugin_perf(std::string_view line) {
  std::size_t const bar = line.find('|');
  if (bar == std::string_view::npos) return {};
  std::string_view rest = line.substr(bar + 1);
  JsonWriter json;
  json.begin_array();
  std::size_t count = 0;
  while (count < most_perf && !rest.empty()) {
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t\r"), rest.size()));
    std::string const label = detail::take_label(rest);
    std::size_t const end = std::min(rest.find_first_of(" \t\r"), rest.size());
    if (detail::write_perf(json, label, rest.substr(0, end))) ++count;
    rest.remove_prefix(end);
  }
  if (count == 0) return {};
  return json.end_array().text();
}

}  // namespace sla::inline v1::internal

// sla/executor/by_exit_code.hpp
// An executor that reads more into the exit codes of another one: those of monitoring plugins, and
// one by which a test says that it did not look.

namespace sla::inline v1 {

/// What the exit codes of a command mean.
enum class ExitCodes {
  plain,   ///< 0 is a pass, anything else a failure
  nagios,  ///< 0 is a pass, 1 a warning, 2 a failure, anything else is unknown
};

struct ExitCodeRules {
  ExitCodes codes = ExitCodes::plain;
  std::optional<int> skip{};  ///< what a test exits with that chose not to look
};

/// Judges an outcome by the rules. Only that of a command which ended by itself is judged anew.
/// With ExitCodes::nagios the first line of its output is its message, with what it measured.
inline void judge_by_exit_code(ExitCodeRules const& rules, Outcome& outcome) {
  if (outcome.verdict != Verdict::pass && outcome.verdict != Verdict::fail) return;
  if (rules.skip == outcome.exit_code) {
    outcome.verdict = Verdict::skipped;
    outcome.reason.clear();
    return;
  }
  if (rules.codes == ExitCodes::plain) return;
  constexpr std::array meanings{Verdict::pass, Verdict::warn, Verdict::fail};
  bool const known = outcome.exit_code >= 0 && outcome.exit_code < 3;
  outcome.verdict =
      known ? meanings[static_cast<std::size_t>(outcome.exit_code)] : Verdict::unknown;
  outcome.degraded = outcome.verdict == Verdict::warn;
  std::array<char, 8 * 1024> buffer;
  auto const size = outcome.output.read(0, buffer.data(), buffer.size());
  std::string_view line(buffer.data(), size ? *size : 0);
  line = line.substr(0, line.find('\n'));
  outcome.message = internal::plugin_message(line);
  outcome.perf = internal::plugin_perf(line);
}

/// Executes with E, and judges its outcome by the rules.
template <class E>
class ByExitCode {
 public:
  explicit ByExitCode(E executor, ExitCodeRules rules)
      : executor_(std::move(executor)), rules_(rules) {}

  Result<Outcome> execute(Job const& job, Stop const& stop) {
    auto outcome = executor_.execute(job, stop);
    if (outcome) judge_by_exit_code(rules_, *outcome);
    return outcome;
  }
  [[nodiscard]] std::optional<Duration> longest_run() const {
    return internal::longest_run_of(executor_);
  }
  void run_beside_others() { internal::tell_of_others(executor_); }

 private:
  internal::HeldExecutor<E> executor_;
  ExitCodeRules rules_;

  static_assert(Executor<E>,
                "ByExitCode's parameter must be a sla::Executor: movable, with "
                "sla::Result<sla::Outcome> execute(sla::Job const&, sla::Stop const&)");
};

}  // namespace sla::inline v1

// sla/executor/log_file.hpp
// The file that holds a run's output: where it need not outlive the process it has no name, and
// nobody else sees it.

namespace sla::inline v1::internal {

namespace detail {

/// A file in the folder that is there under no name.
inline Result<Descriptor> open_unnamed_in(std::string const& folder) {
  if (auto file = open_file(folder, O_TMPFILE | O_RDWR)) return file;
  std::string name = folder + "/sla-runner-XXXXXX";
  int const file = ::mkostemp(name.data(), O_CLOEXEC);
  if (file < 0) return system_error(folder);
  ::unlink(name.c_str());
  return Descriptor{file};
}

}  // namespace detail

/// Returns where the log of a run stands, should this process die; empty where nowhere.
[[nodiscard]] inline std::string log_path(std::string const& folder,
                                          Shared<Atomic<bool> const> const& hangs,
                                          std::string_view run_id) {
  bool const none = folder.empty() || run_id.empty() || (hangs && *hangs);
  return none ? std::string() : folder + '/' + log_file_name(run_id);
}

/// Opens a file without a name in the first of $TMPDIR, /tmp and /var/tmp that takes one; a memfd,
/// which counts as memory, if none does.
[[nodiscard]] inline Result<Descriptor> open_unnamed_file() {
  char const* const chosen = std::getenv("TMPDIR");
  for (char const* const folder : {chosen, "/tmp", "/var/tmp"}) {
    if (folder == nullptr || *folder == '\0') continue;
    if (auto file = detail::open_unnamed_in(folder)) return file;
  }
  int const memory = ::memfd_create("sla-runner-log", MFD_CLOEXEC);
  if (memory < 0) return system_error("memfd_create");
  return Descriptor{memory};
}

}  // namespace sla::inline v1::internal

// sla/executor/process_options.hpp
// What a caller may say about how a program is run.

namespace sla::inline v1 {

/// A digest that takes none: for runners that need no hash of the log, and so no OpenSSL.
struct NoDigest {
  Result<void> update(std::string_view) { return {}; }
  Result<Sha256Bytes> finish() { return Error{Errc::not_configured, "no digest is taken"}; }
};

/// What an executor does about processes that outlive their run.
enum class Leftovers {
  end,    ///< end every process that came from the run, and reap children that nobody owns
  leave,  ///< end the process group of the run and nothing else
};

/// How a program is run.
struct ProcessOptions {
  Duration timeout = std::chrono::hours{1};     ///< a longer run is stopped; 0 is no limit
  Duration grace = std::chrono::seconds{5};     ///< between TERM and KILL
  Duration drain = std::chrono::seconds{2};     ///< for output after the program's own end
  Duration delivery = std::chrono::seconds{5};  ///< of the stop budget, kept for delivery
  std::uint64_t log_limit = 16U << 20U;         ///< bytes kept of the output; 0 keeps all
  int pass_through = STDOUT_FILENO;             ///< where output goes live; -1 is nowhere
  Duration shortage = std::chrono::seconds{5};  ///< how long a start without room is tried again
  /// What happens to processes that outlive the run; unset is Leftovers::end, in a Fleet leave.
  std::optional<Leftovers> leftovers{};
  /// A folder: the output of a run stands there under log_file_name(), should this process die.
  /// If it is empty or cannot be written the output dies with the process.
  std::string log_folder{};
  /// True while that folder's disk is known to hang: then it is as if it were empty.
  internal::Shared<internal::Atomic<bool> const> log_folder_hangs{};
  Masks masks{};    ///< what becomes *** in the output, wherever it goes
  int attempt = 0;  ///< that of the job, which the executor takes from it
  Logger log{Logger::Options{.format = LogFormat::none}};  ///< says what a stop waits for

  /// Returns how long a run may take until it is stopped and gone; nullopt is no limit.
  [[nodiscard]] std::optional<Duration> longest_run() const noexcept {
    if (timeout <= Duration::zero()) return std::nullopt;
    return timeout + grace;
  }
  [[nodiscard]] bool end_leftovers() const noexcept { return leftovers != Leftovers::leave; }
  /// Tells that others run commands in this process at the same time.
  void run_beside_others() noexcept { leftovers = leftovers.value_or(Leftovers::leave); }
};

}  // namespace sla::inline v1

// sla/executor/capture.hpp
// Takes in what a command writes, in constant memory: small outputs stay in a buffer, larger ones
// go to a file that has no name (or to a memfd if no directory is writable); where the output
// must outlive the process all of it goes to a file that has one. Beyond the limit the first and
// the last half are kept. A digest can be taken as the bytes stream by. Storing never fails a run:
// what could not be stored is counted as left out.

namespace sla::inline v1::internal {

/// One run's output as it comes in. D is NoDigest or a digest such as Sha256. Not thread-safe.
template <class D = NoDigest>
class Capture {
 public:
  /// Keeps at most `limit` bytes, half from the start and half from the end; 0 keeps everything,
  /// 1 counts as 2. With a path, in a new file there; if that cannot be, as without.
  explicit Capture(std::uint64_t limit, std::string path = {})
      : path_(std::move(path)),
        head_(limit == 0   ? UINT64_MAX
              : limit == 1 ? 1
                           : limit - limit / 2),
        tail_(limit == 0 ? 0 : greatest<std::uint64_t>(1, limit / 2)) {}

  /// Returns how many bytes came in so far.
  [[nodiscard]] std::uint64_t total() const noexcept { return total_; }

  /// Takes in the next block.
  void append(std::string_view block) {
    while (!block.empty()) {
      std::string_view const part = block.substr(0, room(total_));
      store(place(total_), part);
      total_ += part.size();
      if (!overflowed()) hashed_ = hashed_ && digest_.update(part).has_value();
      block.remove_prefix(part.size());
    }
  }

  /// Returns how many bytes from the offset on are no longer there: they were in the middle.
  [[nodiscard]] std::uint64_t lost_from(std::uint64_t offset) const noexcept {
    std::uint64_t const kept_again = overflowed() ? total_ - tail_ : 0;
    if (!failure_.empty()) return offset < stored_ ? 0 : total_ - offset;
    return offset >= head_ && offset < kept_again ? kept_again - offset : 0;
  }

  /// Reads back bytes that are still there, from an offset of the stream on; 0 if there are
  /// none.
  [[nodiscard]] std::size_t read_back(std::uint64_t offset, char* to, std::size_t size) const {
    std::uint64_t const end = failure_.empty() ? total_ : stored_;
    if (offset >= end) return 0;
    auto const wanted = static_cast<std::size_t>(
        least<std::uint64_t>(least<std::uint64_t>(size, end - offset), room(offset)));
    if (!file_ || memory_.size() == total_) {
      return memory_.copy(to, wanted, static_cast<std::size_t>(place(offset)));
    }
    return read(place(offset), to, wanted);
  }

  /// All that was kept, with a line that says how much was left out. The capture is used up.
  [[nodiscard]] Output finish() && {
    std::vector<Output::Piece> pieces;
    if (!failure_.empty()) {
      add_piece(pieces, 0, stored_);
      add_marker(pieces, total_ - stored_, ": " + failure_);
    } else if (overflowed()) {
      std::uint64_t const turn = (total_ - head_) % tail_;
      add_piece(pieces, 0, head_);
      add_marker(pieces, total_ - head_ - tail_, {});
      add_piece(pieces, head_ + turn, tail_ - turn);
      add_piece(pieces, head_, turn);
    } else {
      add_piece(pieces, 0, total_);
    }
    return Output(std::move(file_), std::move(pieces), final_digest(), disk());
  }

 private:
  static constexpr std::uint64_t in_memory = 64 * 1024;
  static constexpr std::uint64_t while_short = 16 * in_memory;  ///< where a file cannot be had yet

  /// Returns true if an error means a shortage, which passes.
  static bool passes(int number) noexcept {
    return number == EMFILE || number == ENFILE || number == ENOMEM;
  }

  [[nodiscard]] bool overflowed() const noexcept {
    return total_ > head_ && total_ - head_ > tail_;
  }
  /// Returns where the byte at that offset of the stream is stored: the head in its place, the rest
  /// in a ring behind it.
  [[nodiscard]] std::uint64_t place(std::uint64_t offset) const noexcept {
    return offset < head_ ? offset : head_ + (offset - head_) % tail_;
  }
  /// Returns how many bytes from that offset on are stored side by side.
  [[nodiscard]] std::uint64_t room(std::uint64_t offset) const noexcept {
    return offset < head_ ? head_ - offset : tail_ - (offset - head_) % tail_;
  }

  [[nodiscard]] Output::Disk disk() const noexcept {
    return path_.empty() ? Output::Disk::answers : Output::Disk::may_hang;
  }
  /// Reads from the file; 0 if that cannot be.
  [[nodiscard]] std::size_t read(std::uint64_t at, char* to, std::size_t size) const {
    if (path_.empty()) return read_at_place(file_, at, to, size).value_or(0);
    return read_apart(file_, at, to, size).value_or(0);
  }

  void store(std::uint64_t at, std::string_view part) {
    if (!failure_.empty()) return;
    if (!path_.empty() && write_named(at, part)) return;
    if (!file_ && at + part.size() > in_memory && !spill(at + part.size())) return;
    if (file_) return write_at(at, part);
    remember(at, part);
  }
  void remember(std::uint64_t at, std::string_view part) {
    auto const begin = static_cast<std::size_t>(at);
    memory_.resize(greatest(memory_.size(), begin + part.size()));
    part.copy(memory_.data() + begin, part.size());
  }

  /// Moves on from memory to a file, as soon as it can. Whether the output up to that place can be
  /// stored.
  bool spill(std::uint64_t end) {
    auto file = open_unnamed_file();
    if (!file && passes(file.error().system_number()) && end <= while_short) return true;
    if (!file) {
      give_up(file.error().message);
      return false;
    }
    file_ = *std::move(file);
    write_at(0, memory_);
    if (failure_.empty()) {
      memory_ = std::string();
    } else {
      file_.reset();  // what is in memory stays there
    }
    return failure_.empty();
  }

  void write_at(std::uint64_t at, std::string_view part) {
    auto const written = write_at_place(file_, at, part);
    if (!written) give_up(written.error().message);
  }
  /// The disk of the file with a name may hang: the call is apart, and what is small enough is in
  /// memory as well. Returns false if the output goes on without that file.
  bool write_named(std::uint64_t at, std::string_view part) {
    auto const written = write_apart(file_, path_, at, part);
    if (disk_hangs(written)) return !leave_hanging();
    if (!file_) return path_.clear(), false;  // it could not be made
    bool const fits = at + part.size() <= in_memory;
    fits ? remember(at, part) : memory_.clear();
    if (written) return true;
    leave_named() ? write_at(at, part) : give_up(written.error().message);
    return true;
  }
  /// The descriptor is not even closed, which could hang too, and what waits still needs it.
  /// Returns true if all that was stored is in memory.
  bool leave_hanging() {
    if (memory_.size() != total_) {
      give_up("its disk hangs");
      return false;
    }
    path_.clear();
    (void)file_.release();
    return true;
  }
  /// The disk of the file with a name takes no more: what is in it moves to one without.
  bool leave_named() {
    auto other = open_unnamed_file();
    if (!other) return false;
    std::string buffer(in_memory, '\0');
    std::uint64_t const end = overflowed() ? head_ + tail_ : total_;
    for (std::uint64_t at = 0; at < end;) {
      std::string_view const block(buffer.data(), read(at, buffer.data(), buffer.size()));
      if (block.empty() || !write_at_place(*other, at, block)) return false;
      at += block.size();
    }
    ::unlink(std::exchange(path_, {}).c_str());
    file_ = *std::move(other);
    return true;
  }

  /// What is stored in one stretch stays, nothing more is added.
  void give_up(std::string reason) {
    stored_ = overflowed() ? head_ : total_;
    failure_ = std::move(reason);
  }

  void add_piece(std::vector<Output::Piece>& pieces, std::uint64_t at, std::uint64_t size) const {
    if (size == 0) return;
    if (file_) {
      pieces.push_back({size, at, {}});
    } else {
      auto const begin = static_cast<std::size_t>(at);
      pieces.push_back({size, 0, memory_.substr(begin, static_cast<std::size_t>(size))});
    }
  }
  static void add_marker(std::vector<Output::Piece>& pieces, std::uint64_t left_out,
                         std::string const& reason) {
    std::string text =
        "\n[sla-runner: " + std::to_string(left_out) + " bytes left out here" + reason + "]\n";
    std::uint64_t const size = text.size();
    pieces.push_back({size, 0, std::move(text)});
  }

  /// The digest of a log that lost its middle is left to whoever needs it.
  std::optional<Sha256Bytes> final_digest() {
    if (!hashed_ || overflowed() || !failure_.empty()) return std::nullopt;
    auto sha256 = digest_.finish();
    if (!sha256) return std::nullopt;
    return *sha256;
  }

  std::string path_;  ///< empty: the file, if there is one, has no name
  std::uint64_t head_;
  std::uint64_t tail_;
  std::uint64_t total_ = 0;
  std::uint64_t stored_ = 0;  ///< where storing failed
  std::string failure_;       ///< why storing failed
  std::string memory_;
  Descriptor file_;
  D digest_{};
  bool hashed_ = true;
};

}  // namespace sla::inline v1::internal

// sla/executor/degraded_if_slow.hpp
// An executor that says of a pass of another one whether it took too long to be a good one.

namespace sla::inline v1 {

/// Executes with E; a success that took longer than a limit is degraded. C tells the time.
template <class E, class C = SteadyClock>
class DegradedIfSlow {
 public:
  DegradedIfSlow(E executor, std::optional<Duration> limit, C clock = C{})
      : executor_(std::move(executor)), limit_(limit), clock_(std::move(clock)) {}

  Result<Outcome> execute(Job const& job, Stop const& stop) {
    Instant const start = clock_.now();
    auto outcome = executor_.execute(job, stop);
    if (!limit_ || !outcome) return outcome;
    bool const good = outcome->verdict == Verdict::pass || outcome->verdict == Verdict::warn;
    Duration const took = outcome->ended.value_or(clock_.now()) - start;
    if (!good || took <= *limit_) return outcome;
    outcome->degraded = true;
    if (!outcome->reason.empty()) return outcome;
    outcome->reason =
        "took " + decimal_seconds(took) + " s, expected at most " + decimal_seconds(*limit_) + " s";
    return outcome;
  }
  [[nodiscard]] std::optional<Duration> longest_run() const {
    return internal::longest_run_of(executor_);
  }
  void run_beside_others() { internal::tell_of_others(executor_); }

 private:
  internal::HeldExecutor<E> executor_;
  std::optional<Duration> limit_;
  internal::HeldClock<C> clock_;

  static_assert(Executor<E>,
                "DegradedIfSlow's first parameter must be a sla::Executor: movable, with "
                "sla::Result<sla::Outcome> execute(sla::Job const&, sla::Stop const&)");
  static_assert(Clock<C>,
                "DegradedIfSlow's second parameter must be a sla::Clock: movable, with now(), "
                "wall(), wait_until(sla::Instant, sla::Stop const&) and "
                "sleep_until(sla::Instant)");
};

}  // namespace sla::inline v1

// sla/executor/judgement.hpp
// Judges how a program ended, by what is known: whether the runner cut it short, whether a stop
// reached it too, and what it left running. A pure function of that but for one short wait.

namespace sla::inline v1::internal {

/// How a program ended, as waitid(2) tells it.
struct ProgramEnd {
  int code = CLD_EXITED;  ///< si_code
  int status = 0;         ///< si_status: its exit code, or the signal that ended it
};

namespace detail {

/// Returns true if a program that ended by this signal was reached by the stop itself. Whoever ends
/// every process (an init, systemd, a terminal) tells one after the other, so a stop may be heard
/// of a moment after the end that it caused.
inline bool stop_reached_it(int signal, Stop const& stop) {
  Instant const end = std::chrono::steady_clock::now() + std::chrono::milliseconds{300};
  while (stop.level() == StopLevel::none) {
    if (!stop.heeds(signal) || std::chrono::steady_clock::now() >= end) return false;
    await_news(end, stop);
  }
  return stop.told_by(signal);
}

inline Outcome outcome_of(ProgramEnd const& end) {
  bool const exited = end.code == CLD_EXITED;
  return {.exit_code = exited ? end.status : 128 + end.status, .signal = exited ? 0 : end.status};
}

}  // namespace detail

/// Returns the outcome of a start that failed; `failed` is its errno. One without room that a stop
/// came upon was cut short.
[[nodiscard]] inline Outcome judge_start(std::string const& name, int failed, Stop const& stop) {
  Outcome outcome{.verdict = Verdict::spawn_error};
  outcome.exit_code = failed == ENOENT ? 127 : 126;
  outcome.reason = "could not start " + start_failure(name, failed);
  bool const cut = is_shortage(failed) && stop.level() != StopLevel::none;
  if (cut) outcome.verdict = Verdict::interrupted;
  return outcome;
}

/// Returns the outcome of a start that hung and was given up: its process may stay until its file
/// system answers.
[[nodiscard]] inline Outcome judge_hanging_start(std::string const& name, Verdict cause) {
  Outcome outcome{.verdict = cause, .exit_code = 128 + SIGKILL, .signal = SIGKILL};
  outcome.reason = "the start of " + name + " hangs: its file system does not answer";
  return outcome;
}

/// Returns the outcome of a program that the runner ended, whatever it then said.
[[nodiscard]] inline Outcome judge_cut(ProgramEnd const& end, Verdict cause) {
  Outcome outcome = detail::outcome_of(end);
  outcome.verdict = cause;
  return outcome;
}

/// Returns the outcome of a program that ended by itself. One that ended by the signal of a stop,
/// or with 128 and its number, was cut short.
[[nodiscard]] inline Outcome judge(ProgramEnd const& end, Stop const& stop) {
  Outcome outcome = detail::outcome_of(end);
  if (outcome.exit_code == 0) return outcome;
  outcome.verdict = outcome.signal != 0 ? Verdict::signaled : Verdict::fail;
  bool const by_signal = outcome.exit_code > 128;
  if (by_signal && detail::stop_reached_it(outcome.exit_code - 128, stop)) {
    outcome.verdict = Verdict::interrupted;
  }
  return outcome;
}

/// What there is to say about a run beside its verdict.
struct Aftermath {
  bool went_on = false;             ///< something held its output after its exit
  bool ended = false;               ///< what went on was ended
  std::string given_up{};           ///< what could not be ended
  std::uint64_t not_passed_on = 0;  ///< bytes
};

/// Returns the remark of an outcome; empty if there is nothing to say.
[[nodiscard]] inline std::string remark_of(Aftermath const& after) {
  std::string text;
  auto const add = [&](std::string const& part) { text += (text.empty() ? "" : "; ") + part; };
  if (after.ended) {
    add("the command went on in the background and was ended");
  } else if (after.went_on) {
    add("the command went on in the background, where its exit code is not known");
  }
  if (!after.given_up.empty()) add("could not be ended and was given up: " + after.given_up);
  if (after.not_passed_on != 0) {
    add(std::to_string(after.not_passed_on) + " bytes of output were not passed on to stdout");
  }
  return text;
}

}  // namespace sla::inline v1::internal

// sla/executor/pass_through.hpp
// Passes a run's output on to the runner's own stdout while the run goes on, without ever waiting
// for whoever reads there. What the reader is too slow for is caught up on from the capture; what
// is no longer there by then, or has no reader left, is dropped and counted.

namespace sla::inline v1::internal {

/// One run's way to stdout.
class PassThrough {
 public:
  /// The descriptor stays the caller's; -1, or one that is not open, passes nothing on.
  explicit PassThrough(int descriptor) : outlet_(descriptor), open_(outlet_) {}

  /// Passes on what can be passed on at once. `block` is what was just captured, so that it need
  /// not be read back.
  template <class C>
  void forward(C const& capture, std::string_view block) {
    if (!outlet_) return;
    if (passed_ + block.size() == capture.total()) pass(block);
    catch_up(capture);
  }

  /// Passes on what is left, for as long as the reader takes some within `patience`, and until
  /// `end() -> Instant` at most, which is asked again whenever the stop has news. A reader that
  /// took nothing the last time is not waited for again before it takes something.
  template <class C, class End>
  void finish(C const& capture, Duration patience, Stop const& stop, End end) {
    if (outlet_.rests()) patience = Duration::zero();
    while (behind(capture) && await_room(capture, patience, stop, end)) catch_up(capture);
    if (behind(capture) && now() < end()) outlet_.rest();
    drop_the_rest(capture);
    if (!settle(patience, end) && now() < end()) outlet_.rest();
    dropped_ += outlet_.give_up();
  }

  /// Returns what to poll while the reader is behind; -1 when there is nothing to wait for.
  template <class C>
  [[nodiscard]] pollfd watch(C const& capture) const noexcept {
    return behind(capture) ? outlet_.watch() : pollfd{-1, 0, 0};
  }

  /// Returns how many bytes were not passed on.
  [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }

 private:
  static Instant now() noexcept { return std::chrono::steady_clock::now(); }

  template <class C>
  [[nodiscard]] bool behind(C const& capture) const noexcept {
    return open_ && passed_ < capture.total();
  }

  /// Waits for what was taken to be written; returns true if it is.
  template <class End>
  [[nodiscard]] bool settle(Duration patience, End end) {
    Instant until = now() + patience;
    for (std::size_t left = outlet_.waiting(); left != 0;) {
      Instant const look = now() + std::chrono::milliseconds{50};
      if (outlet_.settled(least(least(look, until), end()))) return true;
      if (std::size_t const size = std::exchange(left, outlet_.waiting()); left < size) {
        until = now() + patience;
      }
      if (now() >= least(until, end())) return false;
    }
    return true;
  }

  /// Returns true if there is room on stdout, within the patience and before the end.
  template <class C, class End>
  [[nodiscard]] bool await_room(C const& capture, Duration patience, Stop const& stop, End end) {
    for (Instant const until = now() + patience;;) {
      Duration const left = least(until, end()) - now();
      if (left <= Duration::zero()) return false;
      auto const news = stop.watch();
      std::array<pollfd, 3> watched{watch(capture), news[0], news[1]};
      timespec const limit = to_timespec(left);
      (void)::ppoll(watched.data(), watched.size(), &limit, nullptr);
      if (watched[0].revents != 0) return true;
    }
  }

  template <class C>
  void catch_up(C const& capture) {
    std::array<char, 16 * 1024> buffer;
    while (behind(capture)) {
      std::uint64_t const lost = capture.lost_from(passed_);
      dropped_ += lost;
      passed_ += lost;
      std::size_t const n = capture.read_back(passed_, buffer.data(), buffer.size());
      if (n == 0) return drop_the_rest(capture);
      if (pass({buffer.data(), n}) < n) return;
    }
  }

  template <class C>
  void drop_the_rest(C const& capture) {
    if (outlet_) dropped_ += capture.total() - passed_;
    passed_ = capture.total();
  }

  /// Passes on as much as is taken; how much it was. A file takes everything, unless its disk
  /// hangs: that costs a moment, once.
  std::size_t pass(std::string_view text) {
    std::size_t done = 0;
    while (open_ && done < text.size()) {
      auto const n = outlet_.offer(text.substr(done));
      if (!n) open_ = false;  // nobody reads any more
      done += n.value_or(0);
      if (done < text.size() && !file_makes_room()) break;
    }
    passed_ += done;
    return done;
  }
  [[nodiscard]] bool file_makes_room() {
    if (!open_ || !outlet_.is_file() || outlet_.rests()) return false;
    pollfd room = outlet_.watch();
    if (::poll(&room, 1, 500) > 0) return true;
    outlet_.rest();
    return false;
  }

  Outlet outlet_;
  bool open_;
  std::uint64_t passed_ = 0;
  std::uint64_t dropped_ = 0;
};

}  // namespace sla::inline v1::internal

// sla/executor/run_output.hpp
// One run's output on its way from the pipe: masked, then kept and passed on to stdout, so that
// both have the same bytes.

namespace sla::inline v1::internal {

/// Reads what one run writes. D as in Capture. Used once; not thread-safe.
template <class D>
class RunOutput {
 public:
  explicit RunOutput(ProcessOptions const& options)
      : masks_(options.masks), capture_(options.log_limit), pass_(options.pass_through) {}

  /// Keeps the output in a new file of that path, if it can; before anything is read.
  void keep_in(std::string path, std::uint64_t limit) {
    capture_ = Capture<D>(limit, std::move(path));
  }

  /// Makes the pipe and returns the end that the run writes to.
  Result<Descriptor> open() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return system_error("pipe");
    pipe_ = Descriptor{ends[0]};
    ::fcntl(pipe_.get(), F_SETFL, O_NONBLOCK);
    return Descriptor{ends[1]};
  }
  /// Returns true while somebody may write.
  [[nodiscard]] bool is_open() const noexcept { return static_cast<bool>(pipe_); }

  /// What to poll: for output, and for room on stdout.
  [[nodiscard]] pollfd source() const noexcept { return {pipe_.get(), POLLIN, 0}; }
  [[nodiscard]] pollfd room() const noexcept { return pass_.watch(capture_); }

  /// Reads one block and hands on what the reader of stdout takes. Returns true if there was one.
  bool read() {
    std::string_view block;
    if (pipe_) {
      ssize_t const n =
          uninterrupted([&] { return ::read(pipe_.get(), buffer_.data(), buffer_.size()); });
      if (n > 0) block = {buffer_.data(), static_cast<std::size_t>(n)};
      if (block.size() == buffer_.size()) enlarge_pipe();
      if (n == 0 || (n < 0 && errno != EAGAIN)) pipe_.reset();
    }
    take(masks_.take(block));
    return !block.empty();
  }

  /// Returns what is kept, once what is left was passed on until `end() -> Instant` at most.
  template <class End>
  Output finish(Stop const& stop, End end) {
    take(masks_.finish());
    pass_.finish(capture_, std::chrono::seconds{1}, stop, end);
    return std::move(capture_).finish();
  }
  /// Returns how many bytes were not passed on.
  [[nodiscard]] std::uint64_t dropped() const noexcept { return pass_.dropped(); }

 private:
  void take(std::string_view output) {
    capture_.append(output);
    pass_.forward(capture_, output);
  }
  /// It filled up: there is much to read, in fewer turns. If that is refused it stays as it is.
  void enlarge_pipe() {
    if (!std::exchange(enlarged_, true)) ::fcntl(pipe_.get(), F_SETPIPE_SZ, 1 << 20);
  }

  Descriptor pipe_;
  MaskStream masks_;
  Capture<D> capture_;
  PassThrough pass_;
  bool enlarged_ = false;  ///< whether the pipe was
  std::array<char, 64 * 1024> buffer_;
};

}  // namespace sla::inline v1::internal

// sla/executor/process.hpp
// Runs one program to its end and beyond: captures and passes on what it writes, keeps its time
// limit, stops it when the runner is told to stop, and leaves nothing of it behind. A run ends at
// the program's own exit plus a short drain; a grandchild that holds the pipe cannot delay it, nor
// can a start that hangs or a process that cannot be killed.
// The executors that give it a command stand beside it.

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

// sla/executor/direct.hpp
// Runs the job's words as they are, without a shell.

namespace sla::inline v1 {

/// Executes the job's words directly; a name without a slash is looked for in $PATH. D is NoDigest,
/// or the digest to take of the log as it streams, such as Sha256. Not thread-safe.
template <class D = NoDigest>
class Direct {
 public:
  Direct() = default;
  explicit Direct(ProcessOptions options) : options_(std::move(options)) {}

  Result<Outcome> execute(Job const& job, Stop const& stop) {
    options_.attempt = job.attempt;
    return internal::Process<D>(options_, stop).run(job.command, job.run_id);
  }
  [[nodiscard]] std::optional<Duration> longest_run() const { return options_.longest_run(); }
  void run_beside_others() noexcept { options_.run_beside_others(); }

 private:
  ProcessOptions options_{};
};
static_assert(Executor<Direct<>>);

}  // namespace sla::inline v1

// sla/executor/name_answer.hpp
// Asks why a name could not be resolved, as libcurl does not tell: whether it does not exist, or
// nobody answered.

namespace sla::inline v1::internal {

/// What DNS says of a name.
enum class NameAnswer { exists, no_address, no_name, none };

/// Returns the meaning of a result of getaddrinfo(3).
[[nodiscard]] constexpr NameAnswer name_answer(int result) noexcept {
  if (result == 0) return NameAnswer::exists;
  if (result == EAI_NONAME) return NameAnswer::no_name;
  constexpr int no_data = -5;  // EAI_NODATA, which has no name in POSIX
  return result == no_data ? NameAnswer::no_address : NameAnswer::none;
}

/// Asks for the name, for as long as the limit allows and no stop comes; NameAnswer::none if there
/// was no answer by then.
[[nodiscard]] inline NameAnswer ask_for_name(std::string name, Duration limit, Stop const& stop) {
  struct Question {
    std::string name;
    Descriptor answered;
    std::atomic<NameAnswer> answer = NameAnswer::none;
  };
  auto const question = std::make_shared<Question>();
  question->name = std::move(name);
  question->answered = Descriptor{::eventfd(0, EFD_CLOEXEC)};
  auto thread = Thread::start([question] {  // the resolver has limits of its own, longer ones
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    int const result = ::getaddrinfo(question->name.c_str(), nullptr, &hints, &found);
    if (found != nullptr) ::freeaddrinfo(found);
    question->answer = name_answer(result);
    std::uint64_t const one = 1;
    (void)!::write(question->answered.get(), &one, sizeof one);
  });
  if (!thread) return NameAnswer::none;
  thread->detach();
  auto const news = stop.watch();
  std::array<pollfd, 3> watched{pollfd{question->answered.get(), POLLIN, 0}, news[0], news[1]};
  timespec const time = to_timespec(limit);
  (void)::ppoll(watched.data(), watched.size(), &time, nullptr);
  return question->answer;
}

}  // namespace sla::inline v1::internal

// sla/executor/probe_judgement.hpp
// Judges what a probe found: the cause, and a reason that an engineer on call understands. All
// but one question to DNS is pure.

namespace sla::inline v1::internal {

/// What was probed, and how.
struct ProbeTarget {
  std::string address{};  ///< host:port, as messages name it
  bool tls = false;
  Duration limit{};
  NameAnswer name = NameAnswer::exists;  ///< why it could not be resolved, if it could not

  [[nodiscard]] std::string host() const { return address.substr(0, address.rfind(':')); }
};

/// Returns what is wrong; empty if nothing is.
struct ProbeFinding {
  std::string_view cause{};  ///< dns, connect, tls, timeout, status, body, cert
  std::string reason{};
};

/// Returns a number of things: `1 day`, `3 days`.
[[nodiscard]] inline std::string counted(std::int64_t number, std::string_view thing) {
  return std::to_string(number) + ' ' + std::string(thing) + (number == 1 ? "" : "s");
}

/// Returns the days of a time, rounded down.
[[nodiscard]] inline std::int64_t whole_days(Duration time) {
  return std::chrono::floor<std::chrono::days>(time).count();
}

/// Returns the whole days of a time, or hours or minutes where it is short: `3 days`, `5 hours`.
[[nodiscard]] inline std::string rough_time(Duration time) {
  using std::chrono::hours, std::chrono::minutes;
  if (time >= hours{24}) return counted(time / hours{24}, "day");
  if (time >= hours{1}) return counted(time / hours{1}, "hour");
  return counted(time / minutes{1}, "minute");
}

namespace detail {

inline ProbeFinding judge_late(ProbeFacts const& facts, ProbeTarget const& target) {
  Duration const time = target.limit > Duration::zero() ? target.limit : facts.whole();
  std::string seconds = decimal_seconds(time);
  seconds.erase(seconds.find_last_not_of('0') + 1);
  if (seconds.back() == '.') seconds.pop_back();
  std::string reason = "timeout after " + seconds + " s ";
  switch (facts.reached) {
    case ProbePhase::resolve:
      reason += "while resolving the name " + target.host();
      break;
    case ProbePhase::connect:
      reason += "while connecting to " + target.address;
      break;
    case ProbePhase::tls:
      reason += "in the TLS handshake with " + target.address;
      break;
    case ProbePhase::wait:
      reason += "while waiting for the answer of " + target.address;
      break;
    case ProbePhase::receive:
      reason += "while the answer of " + target.address + " came in, after " +
                counted(static_cast<std::int64_t>(facts.received), "byte");
      break;
  }
  return {"timeout", std::move(reason)};
}

inline ProbeFinding judge_name(ProbeTarget const& target) {
  std::string const name = target.host();
  if (target.name == NameAnswer::no_name) return {"dns", "the name " + name + " does not exist"};
  if (target.name == NameAnswer::no_address) return {"dns", "the name " + name + " has no address"};
  if (target.name == NameAnswer::none) {
    return {"dns", "DNS does not answer: the name " + name + " could not be resolved"};
  }
  return {"dns", "the name " + name + " could not be resolved"};
}

inline ProbeFinding judge_connection(ProbeFacts const& facts, ProbeTarget const& target) {
  switch (facts.system) {
    case ECONNREFUSED:
      return {"connect", target.address + " refused the connection"};
    case EHOSTUNREACH:
    case ENETUNREACH:
    case EADDRNOTAVAIL:
      return {"connect", target.address + " is unreachable: " + std::strerror(facts.system)};
    case ETIMEDOUT:
      return judge_late(facts, target);
    default:
      return {"connect", "could not connect to " + target.address + ": " + facts.words};
  }
}

inline ProbeFinding judge_certificate(ProbeFacts const& facts, ProbeTarget const& target) {
  std::string reason = "the certificate of " + target.address;
  switch (facts.fault) {
    case ProbeFault::expired:
      reason += facts.validity ? " expired " + rough_time(-*facts.validity) + " ago" : " expired";
      break;
    case ProbeFault::not_yet_valid:
      reason += " is not valid yet";
      break;
    case ProbeFault::wrong_host:
      reason += " is for another host";
      break;
    case ProbeFault::self_signed:
      reason += " is self-signed; trusted are those in " + facts.trusted;
      break;
    case ProbeFault::unknown_authority:
      reason += " is signed by an unknown authority; trusted are those in " + facts.trusted;
      break;
    default:
      reason += " cannot be trusted: " + facts.words;
      break;
  }
  return {"cert", std::move(reason)};
}

inline ProbeFinding judge_other(ProbeFacts const& facts, ProbeTarget const& target) {
  constexpr std::array<std::string_view, probe_phases> causes{"dns", "connect", "tls", "connect",
                                                              "body"};
  return {causes[static_cast<std::size_t>(facts.reached)],
          "the probe of " + target.address + " failed: " + facts.words};
}

}  // namespace detail

/// Asks DNS once more if it is not known why a name has no address. One that took long had no
/// answer.
[[nodiscard]] inline NameAnswer why_no_name(ProbeFacts const& facts, ProbeTarget const& target,
                                            Stop const& stop) {
  if (facts.fault != ProbeFault::no_name) return NameAnswer::exists;
  if (facts.whole() > std::chrono::seconds{3}) return NameAnswer::none;
  return ask_for_name(target.host(), std::chrono::seconds{2}, stop);
}

/// Returns why there was no whole answer; nothing if there was one.
[[nodiscard]] inline ProbeFinding judge_fault(ProbeFacts const& facts, ProbeTarget const& target) {
  switch (facts.fault) {
    case ProbeFault::none:
    case ProbeFault::stopped:
      return {};
    case ProbeFault::late:
      return detail::judge_late(facts, target);
    case ProbeFault::no_name:
      return detail::judge_name(target);
    case ProbeFault::no_proxy:
      return {"dns", "the name of the proxy could not be resolved (HTTPS_PROXY, http_proxy)"};
    case ProbeFault::no_connection:
      return detail::judge_connection(facts, target);
    case ProbeFault::proxy_refused:
      return {"connect", "the proxy did not connect to " + target.address + ": http status " +
                             std::to_string(facts.status)};
    case ProbeFault::expired:
    case ProbeFault::not_yet_valid:
    case ProbeFault::self_signed:
    case ProbeFault::unknown_authority:
    case ProbeFault::wrong_host:
    case ProbeFault::bad_certificate:
      return detail::judge_certificate(facts, target);
    case ProbeFault::tls:
      return {"tls", "no TLS with " + target.address + ": " + facts.words};
    case ProbeFault::closed:
      return {"connect", target.address + " closed the connection without an answer"};
    case ProbeFault::reset:
      return {"connect", target.address + " reset the connection before it answered"};
    case ProbeFault::cut_off:
      return {"body", "the answer of " + target.address + " was cut off after " +
                          counted(static_cast<std::int64_t>(facts.received), "byte")};
    case ProbeFault::no_http:
      return {"status", "what " + target.address + " answers is not HTTP: " + facts.words};
    case ProbeFault::redirects:
      return {"status", target.address + " redirects more often than is allowed"};
    case ProbeFault::bad_redirect:
      return {"status", target.address + " redirects to what is no URL of HTTP"};
    case ProbeFault::large_head:
      return {"status", "the head of the answer of " + target.address + " is too large"};
    case ProbeFault::other:
      return detail::judge_other(facts, target);
  }
  return {};
}

/// Returns the object `probe` of the event: the phases that were reached, in milliseconds whose sum
/// is that of the whole.
[[nodiscard]] inline std::string probe_json(ProbeFacts const& facts, ProbeTarget const& target) {
  constexpr std::array<std::string_view, probe_phases> names{"resolveMs", "connectMs", "tlsMs",
                                                             "processingMs", "transferMs"};
  JsonWriter json;
  json.begin_object();
  if (facts.status != 0) json.key("status").integer(facts.status);
  if (!facts.ip.empty()) json.key("ip").string(facts.ip);
  Duration until{};
  std::int64_t written = 0;
  for (std::size_t i = 0; i <= static_cast<std::size_t>(facts.reached); ++i) {
    until += facts.took[i];
    bool const has_tls = target.tls || facts.tls || static_cast<ProbePhase>(i) != ProbePhase::tls;
    if (!has_tls) continue;  // what little there is belongs to the next, if it comes
    std::int64_t const at = until / std::chrono::milliseconds{1};
    json.key(names[i]).integer(at - written);
    written = at;
  }
  if (facts.validity) {
    json.key("certDays").integer(whole_days(*facts.validity));
  }
  return json.end_object().text();
}

/// Returns the outcome of a probe: it passed if nothing was found.
[[nodiscard]] inline Outcome probe_outcome(ProbeFacts const& facts, ProbeTarget const& target,
                                           ProbeFinding finding) {
  Outcome outcome{.ended = facts.ended};
  outcome.probe = probe_json(facts, target);
  if (facts.fault == ProbeFault::stopped) outcome.verdict = Verdict::interrupted;
  if (finding.cause.empty()) return outcome;
  outcome.verdict = finding.cause == "timeout" ? Verdict::timeout : Verdict::fail;
  outcome.exit_code = 1;
  outcome.cause = finding.cause;
  outcome.reason = std::move(finding.reason);
  return outcome;
}

}  // namespace sla::inline v1::internal

// sla/executor/status_ranges.hpp
// The HTTP statuses that a probe expects: `200-299,304`.

namespace sla::inline v1 {

/// Statuses from the first to the last, both included.
struct StatusRange {
  int first = 200;
  int last = 299;

  bool operator==(StatusRange const&) const = default;
};

/// Returns true if one of the ranges has the status.
[[nodiscard]] inline bool has_status(std::vector<StatusRange> const& ranges, int status) {
  return std::any_of(ranges.begin(), ranges.end(), [status](StatusRange const& range) {
    return range.first <= status && status <= range.last;
  });
}

/// Returns the ranges as they are written.
[[nodiscard]] inline std::string to_string(std::vector<StatusRange> const& ranges) {
  std::string text;
  for (StatusRange const& range : ranges) {
    text.append(text.empty() ? "" : ",").append(std::to_string(range.first));
    if (range.last != range.first) text.append("-").append(std::to_string(range.last));
  }
  return text;
}

/// Reads statuses and ranges of them between commas. The error is a fragment that reads on after
/// the text.
[[nodiscard]] inline Result<std::vector<StatusRange>> parse_status_ranges(std::string_view text) {
  std::vector<StatusRange> ranges;
  for (std::string_view const part : split(text, ',')) {
    std::string_view const range = trim(part);
    auto const first = parse_integer<int>(range.substr(0, range.find('-')));
    auto const last = parse_integer<int>(range.substr(range.find('-') + 1));
    if (!first || !last || *first < 100 || *last > 599 || *first > *last) {
      return Error{Errc::invalid, "are no HTTP statuses from 100 to 599, such as 200-299,304"};
    }
    ranges.push_back({*first, *last});
  }
  return ranges;
}

}  // namespace sla::inline v1

// sla/executor/http_probe.hpp
// Asks a server over HTTP whether it is well, in the process itself: an image that holds nothing
// else can test something. Each run has a connection of its own and sees what a new visitor sees,
// unless it is told to keep it. TLS is always verified. What was measured, and why it failed, is in
// the outcome's probe, cause and reason; the log is the answer as it came.

namespace sla::inline v1 {

/// What an HttpProbe asks, and what it expects.
struct HttpProbeOptions {
  std::string url{};  ///< http or https; a name and a password in it are for Basic authentication
  std::string method{};  ///< empty: GET, or POST if there is a body
  std::vector<aws::Header> headers{};
  std::string body{};
  std::vector<StatusRange> expect_status{StatusRange{}};
  std::string expect_body{};       ///< a text that the answer must hold; empty is none
  int max_redirects = 0;           ///< how many are followed
  std::optional<int> cert_days{};  ///< degraded if the server's certificate has fewer days left
  Duration timeout = std::chrono::seconds{30};  ///< for the whole; 0 is no limit
  std::uint64_t log_limit = 16U << 20U;         ///< bytes kept of the answer; 0 keeps all
  bool keep_alive = false;  ///< whether the next run may use the connection of this one
  Masks masks{};            ///< what becomes *** in the log
  aws::Trust trust{};       ///< whom to trust; empty is the system's authorities, or else Amazon's
};

namespace internal {

/// Looks for a text in what comes in blocks, also over their borders.
class StreamSearch {
 public:
  explicit StreamSearch(std::string text) : text_(std::move(text)) {}

  void take(std::string_view block) {
    if (found()) return;
    // The end of what came before and as much of this as a match over the border can have.
    std::string border = end_ + std::string(block.substr(0, text_.size() - 1));
    found_ = border.find(text_) != border.npos || block.find(text_) != block.npos;
    std::size_t const most = text_.size() - 1;
    if (block.size() >= most) border = block;
    end_ = border.substr(border.size() - std::min(most, border.size()));
  }
  [[nodiscard]] bool found() const noexcept { return found_ || text_.empty(); }
  /// Forgets what came so far.
  void restart() noexcept {
    found_ = false;
    end_.clear();
  }

 private:
  std::string text_;
  std::string end_{};  ///< of what came before, one byte shorter than the text
  bool found_ = false;
};

/// Returns the end of a probe's reason if that is not an answer as it was expected.
[[nodiscard]] inline ProbeFinding judge_answer(ProbeFacts const& facts,
                                               HttpProbeOptions const& options, bool found,
                                               std::string const& encoding) {
  if (!has_status(options.expect_status, facts.status)) {
    bool const redirect = facts.status >= 300 && facts.status < 400 && facts.status != 304;
    std::string reason = "http status " + std::to_string(facts.status) + ", expected " +
                         to_string(options.expect_status);
    if (redirect) {
      reason +=
          options.max_redirects > 0 ? "; it says not where to" : "; redirects are not followed";
    }
    return {"status", std::move(reason)};
  }
  if (found) return {};
  std::string reason =
      "the answer lacks the text " + JsonWriter().string(options.expect_body).text();
  if (!encoding.empty()) reason += "; it is encoded: " + encoding;
  return {"body", std::move(reason)};
}

/// Takes in an answer. D as in Capture.
template <class D>
struct HttpAnswer {
  Capture<D> log;
  StreamSearch search;
  MaskStream masks;
  std::string encoding{};  ///< of the body, where it is said
  char last = '\n';

  void head(std::string_view line) {
    constexpr std::string_view name = "content-encoding:";
    if (line.starts_with("HTTP/")) {  // of the answer that a redirect led to
      search.restart();
      encoding.clear();
    }
    if (same_ignoring_case(line.substr(0, name.size()), name)) {
      encoding = trim(line.substr(name.size()));
    }
    write(line);
  }
  void body(std::string_view block) {
    search.take(block);
    write(block);
  }
  void write(std::string_view text) { keep(masks.take(text)); }
  void keep(std::string_view text) {
    if (!text.empty()) last = text.back();
    log.append(text);
  }
  /// Returns the log, which ends with the reason if there is one.
  Output finish(std::string const& reason) && {
    keep(masks.finish());
    if (!reason.empty()) {
      log.append((last == '\n' ? "[sla-runner: " : "\n[sla-runner: ") + reason + "]\n");
    }
    return std::move(log).finish();
  }
};

}  // namespace internal

/// Executes each job as one request. D is NoDigest, or the digest to take of the log as it streams,
/// such as Sha256. Needs no command. Not thread-safe.
template <class D = NoDigest>
class HttpProbe {
 public:
  explicit HttpProbe(HttpProbeOptions options)
      : options_(std::move(options)), curl_(options_.trust) {}

  Result<Outcome> execute(Job const&, Stop const& stop) {
    auto address = internal::address_of_url(options_.url);
    if (!address) return std::move(address).error().within("the URL of the probe");
    internal::HttpAnswer<D> answer{.log = internal::Capture<D>(options_.log_limit),
                                   .search = internal::StreamSearch(options_.expect_body),
                                   .masks = internal::MaskStream(options_.masks)};
    auto const facts = curl_.ask(request(), options_.timeout, stop, answer);
    if (!facts) return facts.error();
    internal::ProbeTarget target{.address = *std::move(address),
                                 .tls = aws::is_https(options_.url),
                                 .limit = options_.timeout};
    if (auto last = internal::address_of_url(facts->redirect)) target.address = *std::move(last);
    target.name = internal::why_no_name(*facts, target, stop);
    auto finding = internal::judge_fault(*facts, target);
    if (facts->fault == internal::ProbeFault::none) {
      finding = internal::judge_answer(*facts, options_, answer.search.found(), answer.encoding);
    }
    Outcome outcome = internal::probe_outcome(*facts, target, std::move(finding));
    if (outcome.verdict == Verdict::pass) look_at_validity(*facts, target, outcome);
    outcome.reason = internal::masked(options_.masks, outcome.reason);
    outcome.output = std::move(answer).finish(outcome.reason);
    return outcome;
  }

  [[nodiscard]] std::optional<Duration> longest_run() const {
    if (options_.timeout <= Duration::zero()) return std::nullopt;
    return options_.timeout + std::chrono::seconds{2};  // and a moment to find out why
  }

 private:
  [[nodiscard]] internal::ProbeRequest request() const {
    std::string const usual = options_.body.empty() ? "GET" : "POST";
    return {.url = options_.url,
            .method = options_.method.empty() ? usual : options_.method,
            .headers = options_.headers,
            .body = options_.body,
            .redirects = options_.max_redirects,
            .keep_alive = options_.keep_alive};
  }

  /// A kept connection does not show its certificates again.
  void look_at_validity(internal::ProbeFacts const& facts, internal::ProbeTarget const& target,
                        Outcome& outcome) const {
    if (!options_.cert_days || !facts.validity) return;
    std::int64_t const days = internal::whole_days(*facts.validity);
    if (days >= *options_.cert_days) return;
    outcome.degraded = true;
    outcome.cause = "cert";
    outcome.reason = "the certificate of " + target.address + " expires in " +
                     internal::rough_time(*facts.validity) + ", expected at least " +
                     internal::counted(*options_.cert_days, "day");
  }

  HttpProbeOptions options_;
  internal::CurlProbe curl_;
};
static_assert(Executor<HttpProbe<>>);

}  // namespace sla::inline v1

// sla/executor/oom_watch.hpp
// Finds out if the kernel killed something for lack of memory while a command ran: the cgroup of
// this process counts it (memory.events of version 2, memory.oom_control of version 1).

namespace sla::inline v1::internal {

/// Returns where the count may stand, by what /proc/self/cgroup says, the best place first. What a
/// container sees of its own cgroup is the root.
[[nodiscard]] inline std::vector<std::string> oom_count_files(std::string_view cgroups,
                                                              std::string const& root) {
  std::vector<std::string> files;
  for (std::string_view const line : split(cgroups, '\n')) {
    bool const unified = line.starts_with("0::");
    std::size_t const memory = line.find(":memory:");
    if (!unified && memory == std::string_view::npos) continue;
    std::string_view path = line.substr(unified ? 3 : memory + 8);
    if (path == "/") path = {};
    std::string const own = unified ? root : root + "/memory";
    std::string const name = unified ? "/memory.events" : "/memory.oom_control";
    if (!path.empty()) files.push_back(std::string(own).append(path) + name);
    files.push_back(own + name);
  }
  return files;
}

/// Returns how many processes were killed, by the text of such a file.
[[nodiscard]] inline std::optional<std::uint64_t> oom_kills(std::string_view text) {
  for (std::string_view const line : split(text, '\n')) {
    constexpr std::string_view name = "oom_kill ";
    if (line.starts_with(name)) return parse_integer<std::uint64_t>(line.substr(name.size()));
  }
  return std::nullopt;
}

/// Watches over one run after the other.
class OomWatch {
 public:
  /// Watches the cgroup of this process, if it can.
  OomWatch() {
    auto const cgroups = read_file("/proc/self/cgroup", std::size_t{64} << 10U);
    for (std::string const& path : oom_count_files(cgroups.value_or(""), "/sys/fs/cgroup")) {
      if (!count()) *this = OomWatch(path);
    }
  }
  explicit OomWatch(std::string const& path) {
    if (auto file = open_file(path, O_RDONLY)) file_ = *std::move(file);
  }

  /// A run begins.
  void begin() noexcept { before_ = count(); }

  /// Names the cause of a run that failed, if it was that. If nobody counts there is a hint for
  /// what was killed, and no cause.
  void judge(Outcome& outcome) const {
    bool const failed = outcome.verdict == Verdict::fail || outcome.verdict == Verdict::signaled ||
                        outcome.verdict == Verdict::unknown;
    if (!failed) return;
    bool const killed = outcome.signal == SIGKILL || outcome.exit_code == 128 + SIGKILL;
    auto const after = count();
    std::string_view why;
    if (before_ && after && *after > *before_) {
      outcome.cause = "oom";
      why = killed ? "the kernel killed it for lack of memory"
                   : "the kernel killed a process of its container for lack of memory";
    } else if (killed && !after) {
      why = "something other than the runner killed it; a kernel that lacks memory does so";
    }
    if (!why.empty()) outcome.reason.append(outcome.reason.empty() ? "" : "; ").append(why);
  }

 private:
  [[nodiscard]] std::optional<std::uint64_t> count() const noexcept {
    std::array<char, 1024> text;
    ssize_t const size = file_ ? ::pread(file_.get(), text.data(), text.size(), 0) : 0;
    if (size <= 0) return std::nullopt;
    return oom_kills({text.data(), static_cast<std::size_t>(size)});
  }

  Descriptor file_{};
  std::optional<std::uint64_t> before_{};
};

}  // namespace sla::inline v1::internal

// sla/executor/retrying.hpp
// An executor that gives another one more attempts within the same run, and tells all of them: a
// test that is flaky shows in the events, and pages nobody. The last attempt decides.

namespace sla::inline v1 {

/// How an executor is given more attempts.
struct RetryingOptions {
  std::size_t retries = 0;                   ///< attempts after the first
  Duration delay = std::chrono::seconds{1};  ///< between the end of one and the start of the next
  std::uint64_t log_limit = 16U << 20U;      ///< bytes kept of the output of all; 0 keeps all
  std::string log_folder{};                  ///< as in ProcessOptions
  internal::Shared<internal::Atomic<bool> const> log_folder_hangs{};
};

/// Executes with E until a run succeeds, or there are no more attempts. A stop between two attempts
/// makes the run one that was cut short. D is NoDigest, or the digest to take of the log. C waits.
template <class E, class D = NoDigest, class C = SteadyClock>
class Retrying {
 public:
  Retrying(E executor, RetryingOptions options, C clock = C{})
      : executor_(std::move(executor)), options_(std::move(options)), clock_(std::move(clock)) {}

  Result<Outcome> execute(Job const& job, Stop const& stop) {
    if (options_.retries == 0) return executor_.execute(job, stop);
    Job attempt = job;
    std::optional<internal::Capture<D>> log;
    for (std::vector<Verdict> verdicts;;) {
      ++attempt.attempt;
      Outcome outcome = made(executor_.execute(attempt, stop));
      verdicts.push_back(outcome.verdict);
      bool const last = verdicts.size() > options_.retries || !may_change(outcome.verdict);
      if (last && !log) return outcome;
      if (!log) log.emplace(options_.log_limit, log_path(job));
      take_in(*log, outcome.output);
      if (!last) divide(*log, verdicts);
      if (!last && waits(stop)) continue;
      if (!last) outcome = {.verdict = Verdict::interrupted, .exit_code = outcome.exit_code};
      outcome.attempts = std::move(verdicts);
      outcome.output = std::move(*log).finish();
      return outcome;
    }
  }

  [[nodiscard]] std::optional<Duration> longest_run() const {
    auto const one = internal::longest_run_of(executor_);
    if (!one) return std::nullopt;
    auto const retries = static_cast<std::int64_t>(options_.retries);
    return *one * (retries + 1) + options_.delay * retries;
  }
  void run_beside_others() { internal::tell_of_others(executor_); }

 private:
  static Outcome made(Result<Outcome> outcome) {
    if (outcome) return *std::move(outcome);
    return {.verdict = Verdict::spawn_error, .exit_code = 126, .reason = outcome.error().message};
  }
  /// Returns true if another attempt may have another verdict that matters.
  static bool may_change(Verdict verdict) noexcept {
    return verdict != Verdict::pass && verdict != Verdict::warn && verdict != Verdict::skipped &&
           verdict != Verdict::interrupted;
  }
  bool waits(Stop const& stop) {
    return clock_.wait_until(clock_.now() + options_.delay, stop) != Wake::stopped;
  }

  /// Makes room for the log of all attempts where that of the first one stands.
  [[nodiscard]] std::string log_path(Job const& job) const {
    std::string path =
        internal::log_path(options_.log_folder, options_.log_folder_hangs, job.run_id);
    if (!path.empty()) ::unlink(path.c_str());
    return path;
  }

  void take_in(internal::Capture<D>& log, Output const& output) {
    last_ = '\n';
    (void)output.each_block([&](std::string_view block) -> Result<void> {
      log.append(block);
      last_ = block.back();
      return {};
    });
  }
  void divide(internal::Capture<D>& log, std::vector<Verdict> const& verdicts) const {
    std::string line = last_ == '\n' ? "" : "\n";
    line += "[sla-runner: attempt " + std::to_string(verdicts.size()) + " of " +
            std::to_string(options_.retries + 1) + " ended with verdict ";
    log.append(line.append(to_string(verdicts.back())).append("; the next follows]\n"));
  }

  internal::HeldExecutor<E> executor_;
  RetryingOptions options_;
  internal::HeldClock<C> clock_;
  char last_ = '\n';  ///< of the attempt's output

  static_assert(Executor<E>,
                "Retrying's first parameter must be a sla::Executor: movable, with "
                "sla::Result<sla::Outcome> execute(sla::Job const&, sla::Stop const&)");
  static_assert(Clock<C>,
                "Retrying's third parameter must be a sla::Clock: movable, with now(), wall(), "
                "wait_until(sla::Instant, sla::Stop const&) and sleep_until(sla::Instant)");
};

}  // namespace sla::inline v1

// sla/executor/shell.hpp
// Runs the job's command text with /bin/sh; in a container without one the text is split by the
// shell's quoting rules and executed directly.

namespace sla::inline v1 {

/// Executes the job's one word as a command text. D as in Direct. Not thread-safe.
template <class D = NoDigest>
class Shell {
 public:
  Shell() = default;
  explicit Shell(ProcessOptions options) : options_(std::move(options)) {}

  Result<Outcome> execute(Job const& job, Stop const& stop) {
    if (job.command.size() != 1) {
      return Error{Errc::invalid, "a shell executor takes one word, the command text"};
    }
    auto const words = shell_words(job.command[0]);
    if (!words) return words.error();
    options_.attempt = job.attempt;
    return internal::Process<D>(options_, stop).run(*words, job.run_id);
  }
  [[nodiscard]] std::optional<Duration> longest_run() const { return options_.longest_run(); }
  void run_beside_others() noexcept { options_.run_beside_others(); }

 private:
  ProcessOptions options_{};
};
static_assert(Executor<Shell<>>);

}  // namespace sla::inline v1

// sla/executor/shown_if_failed.hpp
// An executor that shows the output of those runs of another one that failed, and of no others: the
// output as it is kept, once the run is over.

namespace sla::inline v1 {

/// Which runs of a command have their output shown.
enum class OutputShown {
  all,       ///< as it comes
  failures,  ///< what is kept of it, once the run has failed
  none,
};

namespace internal {

/// Output as PassThrough reads it.
struct KeptOutput {
  Output const& output;

  [[nodiscard]] std::uint64_t total() const noexcept { return output.size(); }
  [[nodiscard]] std::uint64_t lost_from(std::uint64_t) const noexcept { return 0; }
  [[nodiscard]] std::size_t read_back(std::uint64_t offset, char* to, std::size_t size) const {
    return output.read(offset, to, size).value_or(0);
  }
};

}  // namespace internal

/// Executes with E, and writes the output of a run that failed to a descriptor, which stays the
/// caller's; -1 shows nothing. A reader who takes nothing for a second, or some for more than ten,
/// is not waited for.
template <class E>
class ShownIfFailed {
 public:
  ShownIfFailed(E executor, int descriptor)
      : executor_(std::move(executor)), descriptor_(descriptor) {}

  Result<Outcome> execute(Job const& job, Stop const& stop) {
    auto outcome = executor_.execute(job, stop);
    if (!outcome || descriptor_ < 0 || !has_failed(outcome->verdict)) return outcome;
    Instant const begin = std::chrono::steady_clock::now();
    outcome->ended = outcome->ended.value_or(begin);
    internal::PassThrough pass(descriptor_);
    internal::KeptOutput const kept{outcome->output};
    pass.forward(kept, {});
    pass.finish(kept, std::chrono::seconds{1}, stop, [&] {
      if (stop.level() == StopLevel::now) return begin;
      return begin + std::chrono::seconds{stop.level() == StopLevel::none ? 10 : 1};
    });
    std::string const remark = internal::remark_of({.not_passed_on = pass.dropped()});
    if (!remark.empty() && !outcome->remark.empty()) outcome->remark += "; ";
    outcome->remark += remark;
    return outcome;
  }

  [[nodiscard]] std::optional<Duration> longest_run() const {
    return internal::longest_run_of(executor_);
  }
  void run_beside_others() { internal::tell_of_others(executor_); }

 private:
  /// Nobody can tell of a run that is unknown, so people look at it, too.
  static bool has_failed(Verdict verdict) noexcept {
    return verdict != Verdict::pass && verdict != Verdict::warn && verdict != Verdict::skipped &&
           verdict != Verdict::interrupted;
  }

  internal::HeldExecutor<E> executor_;
  int descriptor_;

  static_assert(Executor<E>,
                "ShownIfFailed's parameter must be a sla::Executor: movable, with "
                "sla::Result<sla::Outcome> execute(sla::Job const&, sla::Stop const&)");
};

}  // namespace sla::inline v1

// sla/executor/tcp_probe.hpp
// Connects to a port and lets go again: whether something listens there, and how long it takes. No
// byte is sent, and no proxy is used.

namespace sla::inline v1 {

/// What a TcpProbe connects to.
struct TcpProbeOptions {
  std::string address{};                        ///< host:port; an IPv6 address stands in brackets
  Duration timeout = std::chrono::seconds{30};  ///< 0 is no limit
};

/// Checks that a text is host:port. The error is a fragment that reads on after it.
[[nodiscard]] inline Result<void> check_tcp_address(std::string const& text) {
  auto const address = internal::address_of_url("http://" + text);
  if (address && *address == text) return {};
  return Error{Errc::invalid, "is no host and port such as db.example:5432 or [::1]:5432"};
}

/// Executes each job as one connection. Needs no command. Not thread-safe.
class TcpProbe {
 public:
  explicit TcpProbe(TcpProbeOptions options) : options_(std::move(options)) {}

  Result<Outcome> execute(Job const&, Stop const& stop) {
    auto const good = check_tcp_address(options_.address);
    if (!good) return good.error().within("the address of the probe");
    Nothing nothing;
    auto const facts = curl_.ask({.url = "http://" + options_.address, .around_proxy = true},
                                 options_.timeout, stop, nothing);
    if (!facts) return facts.error();
    internal::ProbeTarget target{.address = options_.address, .limit = options_.timeout};
    target.name = internal::why_no_name(*facts, target, stop);
    Outcome outcome =
        internal::probe_outcome(*facts, target, internal::judge_fault(*facts, target));
    std::string const text = outcome.verdict == Verdict::pass
                                 ? "connected to " + target.address + " (" + facts->ip + ")"
                                 : outcome.reason;
    if (!text.empty()) outcome.output = Output("[sla-runner: " + text + "]\n");
    return outcome;
  }

  [[nodiscard]] std::optional<Duration> longest_run() const {
    if (options_.timeout <= Duration::zero()) return std::nullopt;
    return options_.timeout + std::chrono::seconds{2};  // and a moment to find out why
  }

 private:
  struct Nothing {
    void head(std::string_view) {}
    void body(std::string_view) {}
  };

  TcpProbeOptions options_;
  internal::CurlProbe curl_{};
};
static_assert(Executor<TcpProbe>);

}  // namespace sla::inline v1

// sla/executor/witnessed.hpp
// An executor that tells an outage of this side from one of the target's: where a run did not pass
// it looks if anything else can be reached. After a pass nothing is sent.

namespace sla::inline v1 {

/// What else there is to reach.
struct WitnessOptions {
  std::vector<std::string> addresses{};      ///< host:port each, asked in order; none: not asked
  Duration limit = std::chrono::seconds{2};  ///< for all of them
};

/// Executes with E. A run that did not pass while no witness takes a connection is unknown.
template <class E>
class Witnessed {
 public:
  Witnessed(E executor, WitnessOptions options)
      : executor_(std::move(executor)), options_(std::move(options)) {}

  Result<Outcome> execute(Job const& job, Stop const& stop) {
    auto outcome = executor_.execute(job, stop);
    if (!outcome || options_.addresses.empty() || !is_failure(outcome->verdict)) return outcome;
    outcome->ended = outcome->ended.value_or(std::chrono::steady_clock::now());
    if (stop.level() != StopLevel::none || any_can_be_reached(stop)) return outcome;
    outcome->verdict = Verdict::unknown;
    outcome->reason.append(outcome->reason.empty() ? "" : "; ")
        .append("no witness can be reached either, so it may be this side");
    return outcome;
  }

  [[nodiscard]] std::optional<Duration> longest_run() const {
    auto const longest = internal::longest_run_of(executor_);
    return longest ? std::optional(*longest + options_.limit) : std::nullopt;
  }
  void run_beside_others() { internal::tell_of_others(executor_); }

 private:
  struct Nothing {
    void head(std::string_view) {}
    void body(std::string_view) {}
  };

  /// Returns true if a verdict is one against the service.
  static bool is_failure(Verdict verdict) noexcept {
    return verdict == Verdict::fail || verdict == Verdict::timeout ||
           verdict == Verdict::signaled || verdict == Verdict::spawn_error;
  }
  /// Each may take an equal share of the time that is left. A stop leaves it open, in favour of
  /// what was found out.
  bool any_can_be_reached(Stop const& stop) {
    Instant const end = std::chrono::steady_clock::now() + options_.limit;
    for (std::size_t i = 0; i < options_.addresses.size(); ++i) {
      auto const others = static_cast<std::int64_t>(options_.addresses.size() - i);
      Duration const share = (end - std::chrono::steady_clock::now()) / others;
      if (share <= Duration::zero()) return false;
      Nothing nothing;
      auto const facts = curl_.ask({.url = "http://" + options_.addresses[i], .around_proxy = true},
                                   share, stop, nothing);
      if (facts && facts->fault == internal::ProbeFault::none) return true;
      if (stop.level() != StopLevel::none) return true;
    }
    return false;
  }

  internal::HeldExecutor<E> executor_;
  WitnessOptions options_;
  internal::CurlProbe curl_{};

  static_assert(Executor<E>,
                "Witnessed's parameter must be a sla::Executor: movable, with "
                "sla::Result<sla::Outcome> execute(sla::Job const&, sla::Stop const&)");
};

}  // namespace sla::inline v1

// sla/publisher.hpp
// The contract of a Publisher: delivers what happened. Its models and the adaptors that combine
// them stand in publisher/.

namespace sla::inline v1 {

namespace internal {

/// A member of that name, if there is one, is what the contract says.
template <class P>
concept wants_uncounted_is_static_constexpr_bool = !requires {
  &P::wants_uncounted;
}
|| std::same_as<decltype(&P::wants_uncounted), bool const*>;
template <class P>
concept publish_all_takes_reports_and_gives_a_result_for_each = !requires {
  &P::publish_all;
}
|| requires(P& p, std::vector<Report> const& reports) {
  { p.publish_all(reports) } -> std::same_as<std::vector<Result<void>>>;
};

}  // namespace internal

/// `publish(report)` delivers one report within the publisher's own deadline, or says why not. An
/// Error never ends the loop. One thread uses it at a time. It is handed only reports that count
/// (Report::counts). One that keeps logs, and so wants those of runs that are no result too, says
/// so in its type: `static constexpr bool wants_uncounted = true;`. One that delivers several at
/// once for less has `publish_all(reports)` too, which gives the result of each; it tries each
/// once, since what fails is published again, alone.
template <class P>
concept Publisher = bool{std::movable<P>} && requires(P& p, Report const& report) {
  { p.publish(report) } -> std::same_as<Result<void>>;
}
&&bool{internal::wants_uncounted_is_static_constexpr_bool<P>} &&
    bool{internal::publish_all_takes_reports_and_gives_a_result_for_each<P>};

/// A Publisher that delivers several reports at once.
template <class P>
concept BatchPublisher = Publisher<P> && requires(P& p, std::vector<Report> const& reports) {
  p.publish_all(reports);
};

namespace internal {

/// Takes the place of a publisher that a door refused, so that the refusal is the only error. (A
/// door is a template that a policy enters. Its checks stand at its end: clang reads a class no
/// further than the first that fails.)
template <class X>
struct RefusedPublisher {
  RefusedPublisher(X const&) noexcept {}
  Result<void> publish(Report const&) { return {}; }
  Result<std::string> store(Report const&) { return std::string(); }
};
template <class X>
using HeldPublisher = std::conditional_t<Publisher<X>, X, RefusedPublisher<X>>;

}  // namespace internal

/// Tells whether a publisher wants the reports that do not count, too.
template <class P>
inline constexpr bool wants_uncounted = [] {
  if constexpr (requires { P::wants_uncounted; }) return P::wants_uncounted;
  return false;
}();

/// Publishes the report if the publisher wants it: how whatever holds a publisher calls it.
template <class P>
Result<void> publish_wanted(P& publisher, Report const& report) {
  if (!wants_uncounted<P> && !report.counts()) return {};
  return publisher.publish(report);
}

}  // namespace sla::inline v1

// sla/publisher/all.hpp
// Several publishers as one: each gets every report, whatever becomes of the others.

namespace sla::inline v1 {

/// Publishes to each publisher in turn. The error is the first one's, and its message all of them.
/// Not thread-safe.
template <class... P>
class All {
 public:
  static constexpr bool wants_uncounted = (sla::wants_uncounted<P> || ...);

  explicit All(P... publishers) : publishers_(std::move(publishers)...) {}

  Result<void> publish(Report const& report) {
    std::optional<Error> failed;
    auto const one = [&](auto& publisher) {
      auto done = publish_wanted(publisher, report);
      if (done) return;
      if (failed) {
        failed->message.append("; ").append(done.error().message);
      } else {
        failed = std::move(done).error();
      }
    };
    std::apply([&](auto&... publisher) { (one(publisher), ...); }, publishers_);
    if (failed) return *std::move(failed);
    return {};
  }

 private:
  std::tuple<internal::HeldPublisher<P>...> publishers_;

  static_assert((Publisher<P> && ...),
                "Each of All's parameters must be a sla::Publisher: movable, with "
                "sla::Result<void> publish(sla::Report const&)");
};
static_assert(Publisher<All<>>);

}  // namespace sla::inline v1

// sla/publisher/publish_all.hpp
// How whatever holds a publisher has it publish several reports: at once if it can, else one by
// one. A program whose publishers take only one report at a time does not compile it.

namespace sla::inline v1 {

/// Publishes the reports that the publisher wants, at once if it can, and returns the result of
/// each. Those that failed so far are passed over: `done` is empty, or has the result of each.
template <class P>
std::vector<Result<void>> publish_all_wanted(P& publisher, std::vector<Report> const& reports,
                                             std::vector<Result<void>> done = {}) {
  done.resize(reports.size());
  std::vector<Report> wanted;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < reports.size(); ++i) {
    if (!done[i] || (!wants_uncounted<P> && !reports[i].counts())) continue;
    if constexpr (BatchPublisher<P>) {
      wanted.push_back(reports[i]);
      places.push_back(i);
    } else {
      done[i] = publisher.publish(reports[i]);
    }
  }
  if constexpr (BatchPublisher<P>) {
    auto results = publisher.publish_all(wanted);
    for (std::size_t i = 0; i < places.size(); ++i) done[places[i]] = std::move(results[i]);
  }
  return done;
}

}  // namespace sla::inline v1

// sla/publisher/best_effort.hpp
// A publisher whose failures do no harm: what it does not take is dropped and counted, and the
// runner's log says so at most once a minute. How long one report may take is still its own limit;
// after a failure it rests, up to a minute, so that one that hangs slows nobody down.

namespace sla::inline v1 {

/// Publishes to P and never returns an error. Not thread-safe.
template <class P, class C = SteadyClock>
class BestEffort {
 public:
  static constexpr bool wants_uncounted = sla::wants_uncounted<P>;

  /// `name` is what the log calls that which is dropped, such as `metrics`.
  BestEffort(P publisher, std::string name, Logger log = Logger{}, C clock = C{})
      : publisher_(std::move(publisher)),
        name_(std::move(name)),
        log_(log),
        clock_(std::move(clock)) {}

  Result<void> publish(Report const& report) {
    if (rests() || !take(publish_wanted(publisher_, report))) ++dropped_;
    say();
    return {};
  }
  std::vector<Result<void>> publish_all(std::vector<Report> const& reports) requires
      BatchPublisher<internal::HeldPublisher<P>> {
    std::vector<Result<void>> done;
    if (!rests()) done = publish_all_wanted(publisher_, reports);
    auto const failed = [](auto const& result) { return !result.has_value(); };
    auto const first = std::find_if(done.begin(), done.end(), failed);
    if (!done.empty()) take(first == done.end() ? Result<void>{} : *first);
    dropped_ += done.empty() ? reports.size()
                             : static_cast<std::size_t>(std::count_if(first, done.end(), failed));
    say();
    return std::vector<Result<void>>(reports.size());
  }

 private:
  [[nodiscard]] bool rests() { return clock_.now() < rests_until_; }
  bool take(Result<void> const& done) {
    if (!done) {
      reason_ = done.error().message;
      rests_until_ = clock_.now() + backoff_.failed();
      return false;
    }
    backoff_.succeeded();
    return true;
  }

  void say() {
    Instant const now = clock_.now();
    if (dropped_ == said_ || now < say_at_) return;
    say_at_ = now + std::chrono::minutes{1};
    said_ = dropped_;
    log_.warning(name_ + " are dropped: " + reason_, {{"dropped", dropped_}});
  }

  internal::HeldPublisher<P> publisher_;
  std::string name_;
  Logger log_;
  internal::HeldClock<C> clock_;
  Backoff backoff_{{.longest = std::chrono::minutes{1}}};
  Instant rests_until_ = Instant::min();
  std::string reason_{};
  std::uint64_t dropped_ = 0;  ///< since the start
  std::uint64_t said_ = 0;     ///< as many as the log knows of
  Instant say_at_ = Instant::min();

  static_assert(Publisher<P>,
                "BestEffort's first parameter must be a sla::Publisher: movable, with "
                "sla::Result<void> publish(sla::Report const&)");
  static_assert(Clock<C>,
                "BestEffort's second parameter must be a sla::Clock: movable, with now(), wall(), "
                "wait_until(sla::Instant, sla::Stop const&) and sleep_until(sla::Instant)");
};

}  // namespace sla::inline v1

// sla/publisher/cloudwatch.hpp
// Puts each run that says something about its service to CloudWatch as four metrics, once for the
// service and once for each of its groups: what alarms and availabilities are made of. Every run is
// a datum of its own, at the time of its end, so the sums are right whether there are many runs a
// minute or one a day.

namespace sla::inline v1 {

namespace detail {

/// The four metrics of a report under the same dimensions.
inline std::array<aws::MetricDatum, 4> run_metrics(
    Report const& report, std::vector<aws::MetricDimension> const& dimensions) {
  auto const datum = [&](std::string_view name, double value, aws::MetricUnit unit) {
    return aws::MetricDatum{std::string(name), dimensions, report.ended_at, value, unit};
  };
  double const seconds = std::chrono::duration<double>(report.duration).count();
  return {datum("integration-sla-attempts", 1, aws::MetricUnit::count),
          datum("integration-sla-success", report.succeeded() ? 1 : 0, aws::MetricUnit::count),
          datum("integration-sla-failure", report.succeeded() ? 0 : 1, aws::MetricUnit::count),
          datum("sla-test-duration-secs", seconds, aws::MetricUnit::seconds)};
}

/// The groups as dimensions name them, each once.
inline std::vector<std::string> group_values(Report const& report) {
  std::vector<std::string> values;
  for (std::string const& group : report.job.groups) {
    std::string value = aws::dimension_value(group);
    bool const known = std::find(values.begin(), values.end(), value) != values.end();
    if (!known && !trim(value).empty()) values.push_back(std::move(value));
  }
  return values;
}

}  // namespace detail

/// Returns the data of a report: first those of its service, then those of each group.
[[nodiscard]] inline std::vector<aws::MetricDatum> report_metrics(Report const& report,
                                                                  std::string_view region) {
  std::vector<aws::MetricDatum> data;
  auto const add = [&](std::vector<aws::MetricDimension> const& dimensions) {
    for (aws::MetricDatum& datum : detail::run_metrics(report, dimensions)) {
      data.push_back(std::move(datum));
    }
  };
  std::string const here = aws::dimension_value(region);
  add({{"Region", here}, {"Service", aws::dimension_value(report.job.service)}});
  for (std::string const& group : detail::group_values(report)) {
    add({{"Group", group}, {"Region", here}});
  }
  return data;
}

/// Puts metrics. C is a Client for CloudWatch. Not thread-safe.
template <class C>
class CloudWatch {
 public:
  struct Options {
    std::string metric_namespace{};
    std::string region{};  ///< where the metrics go, and their dimension Region
    aws::EndpointSettings endpoints{};
    Duration limit = std::chrono::seconds{3};  ///< for one report, its retries included; it grows
    Duration longest_limit = std::chrono::seconds{15};  ///< while that is too short, to this
  };

  CloudWatch(C client, Options options)
      : client_(std::move(client)), options_(std::move(options)), limit_(options_.limit) {}

  Result<void> publish(Report const& report) {
    if (!report.conclusive()) return {};
    return put(report_metrics(report, options_.region));
  }
  /// Puts the data of as many reports as fit in one request, again and again. After a failure the
  /// rest is not tried.
  std::vector<Result<void>> publish_all(std::vector<Report> const& reports) {
    std::vector<Result<void>> results(reports.size());
    std::vector<aws::MetricDatum> data;
    std::size_t first = 0;
    Result<void> done;
    auto const put_until = [&](std::size_t end) {
      if (done && !data.empty()) done = put(std::exchange(data, {}));
      for (; first < end; ++first) results[first] = done;
    };
    for (std::size_t i = 0; i < reports.size(); ++i) {
      if (!reports[i].conclusive()) continue;
      std::size_t const before = data.size();
      for (auto& datum : report_metrics(reports[i], options_.region)) {
        data.push_back(std::move(datum));
      }
      if (fitting(data, 0) == data.size()) continue;
      std::vector<aws::MetricDatum> own(
          std::make_move_iterator(data.begin() + static_cast<std::ptrdiff_t>(before)),
          std::make_move_iterator(data.end()));
      data.resize(before);
      put_until(i);
      data = std::move(own);
    }
    put_until(reports.size());
    return results;
  }

 private:
  /// Puts data, in as much time as that has lately taken.
  Result<void> put(std::vector<aws::MetricDatum> data) {
    Instant const begun = std::chrono::steady_clock::now();
    auto done = put_by(std::move(data), begun + limit_);
    Duration const took = std::chrono::steady_clock::now() - begun;
    if (done) limit_ = std::clamp<Duration>(2 * took, options_.limit, limit_);
    bool const late = !done && done.error().code == Errc::timed_out;
    if (late) limit_ = std::max(limit_, std::min(2 * limit_, options_.longest_limit));
    return done;
  }

  Result<void> put_by(std::vector<aws::MetricDatum> data, Instant deadline) {
    aws::EndpointOptions const endpoint =
        options_.endpoints.in(options_.region, aws::Service::cloudwatch);
    for (std::size_t next = 0; next < data.size();) {
      std::size_t const end = next + fitting(data, next);
      aws::PutMetricDataInput input{.metric_namespace = options_.metric_namespace};
      for (; next < end; ++next) input.data.push_back(std::move(data[next]));
      auto done = aws::put_metric_data(client_, endpoint, input, deadline);
      if (!done) return done;
    }
    return {};
  }

  /// Returns how many of the data from that one on fit in one request, which has at most 1,000 of
  /// them and a megabyte. Their texts take up to three times as much as they are long.
  static std::size_t fitting(std::vector<aws::MetricDatum> const& data, std::size_t first) {
    constexpr std::size_t most_data = 1000, most_bytes = 1'000'000, fixed = 200;
    std::size_t end = first;
    for (std::size_t bytes = 0; end < data.size() && end - first < most_data; ++end) {
      bytes += fixed + 3 * data[end].name.size();
      for (auto const& [name, value] : data[end].dimensions) {
        bytes += fixed + 3 * (name.size() + value.size());
      }
      if (bytes > most_bytes) break;
    }
    return end - first;
  }

  C client_;
  Options options_;
  Duration limit_;
};

}  // namespace sla::inline v1

// sla/publisher/event.hpp
// The event that consumers read: a report as one JSON object, in the form they were promised. Keys
// may be added; what stands here keeps its name, type and meaning.

namespace sla::inline v1 {

/// How the event writes its two figures, the time of the end and the seconds it took.
enum class EventFormat {
  documented,  ///< as strings of whole seconds
  numbers,     ///< as JSON numbers, the seconds with milliseconds
};

namespace detail {

inline void write_list(JsonWriter& json, std::string_view name, Report const& report) {
  json.key(name).begin_array();
  for (std::string const& group : report.job.groups) json.string(group);
  json.end_array();
}

inline void write_optional(JsonWriter& json, std::string_view name, std::string_view value) {
  if (!value.empty()) json.key(name).string(value);
}

inline void write_optional(JsonWriter& json, std::string_view name, std::optional<WallTime> time) {
  if (time) json.key(name).integer(epoch_milliseconds(*time));
}

/// What a ledger needs, to tell a lost event from a pause and both from an outage.
inline void write_sequence(JsonWriter& json, Report const& report) {
  if (report.job.seq != 0) {
    json.key("bootId").string(report.job.boot_id);
    json.key("seq").integer(static_cast<std::int64_t>(report.job.seq));
  }
  write_optional(json, "prevEndMs", report.previous_end);
  write_optional(json, "nextExpectedByMs", report.next_expected_by);
  write_optional(json, "location", report.job.location);
  if (!report.conclusive()) json.key("counted").boolean(false);
  if (!report.standing.json.empty()) json.literal(report.standing.json);
}

/// What an executor found out beside the verdict.
inline void write_finding(JsonWriter& json, Outcome const& outcome) {
  write_optional(json, "reason", outcome.reason);
  write_optional(json, "cause", outcome.cause);
  if (outcome.degraded) json.key("degraded").boolean(true);
  if (!outcome.probe.empty()) json.key("probe").literal(outcome.probe);
  write_optional(json, "message", outcome.message);
  if (!outcome.perf.empty()) json.key("perf").literal(outcome.perf);
  if (outcome.attempts.size() < 2) return;
  json.key("attempts").integer(static_cast<std::int64_t>(outcome.attempts.size()));
  json.key("attemptVerdicts").begin_array();
  for (Verdict const verdict : outcome.attempts) json.string(to_string(verdict));
  json.end_array();
  bool const flaky = outcome.verdict == Verdict::pass || outcome.verdict == Verdict::warn;
  if (flaky) json.key("flaky").boolean(true);
}

/// `1.5` for one and a half seconds, `914` for a whole number of them.
inline std::string shortest_seconds(Duration duration) {
  std::string text = decimal_seconds(duration);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

}  // namespace detail

/// Returns the event of a report, on one line.
[[nodiscard]] inline std::string event_json(Report const& report, EventFormat format) {
  std::string const timestamp = std::to_string(epoch_seconds(report.ended_at));
  std::int64_t const seconds = internal::whole_seconds(report.duration);
  JsonWriter json;
  json.begin_object().key("service").string(report.job.service);
  detail::write_list(json, "group", report);
  detail::write_list(json, "groups", report);
  json.key("succeeded").boolean(report.succeeded());
  if (format == EventFormat::documented) {
    json.key("timestamp").string(timestamp);
    json.key("testExecutionSecs").string(std::to_string(seconds));
  } else {
    json.key("timestamp").literal(timestamp);
    json.key("testExecutionSecs").literal(detail::shortest_seconds(report.duration));
  }
  json.key("runId").string(report.job.run_id);
  json.key("verdict").string(to_string(report.outcome.verdict));
  json.key("exitCode").integer(report.outcome.exit_code);
  if (report.outcome.signal != 0) json.key("signal").integer(report.outcome.signal);
  detail::write_finding(json, report.outcome);
  json.key("startedAtMs").integer(epoch_milliseconds(report.started_at));
  json.key("durationMs").integer(internal::whole_milliseconds(report.duration));
  detail::write_sequence(json, report);
  detail::write_optional(json, "logUri", report.log_uri);
  detail::write_optional(json, "logError", report.log_error);
  if (report.dropped != 0) json.key("dropped").integer(static_cast<std::int64_t>(report.dropped));
  detail::write_optional(json, "tagID", report.job.tag_id);
  detail::write_optional(json, "slaTarget", report.job.sla_target);
  return json.end_object().text();
}

}  // namespace sla::inline v1

// sla/publisher/console.hpp
// Prints each event as one line of JSON, on stdout unless told otherwise.

namespace sla::inline v1 {

/// Prints events; logs are nothing to it. If nobody reads, an event is an Error after a while
/// (Errc::timed_out). A reader that comes back gets whole lines, and no empty ones: a line of up to
/// PIPE_BUF (4,096) bytes goes to a pipe as a whole or not at all, and of a longer one what is
/// missing goes before the next one. Not thread-safe.
class Console {
 public:
  struct Options {
    EventFormat format = EventFormat::documented;
    int descriptor = STDOUT_FILENO;                              ///< stays the caller's
    std::chrono::milliseconds limit = std::chrono::seconds{10};  ///< for all that publish() prints
  };

  Console() = default;
  explicit Console(Options options) : options_(options) {}

  Result<void> publish(Report const& report) {
    Instant const until = std::chrono::steady_clock::now() + options_.limit;
    if (auto done = print_rest(until); !done) return done;
    std::string const line = event_json(report, options_.format) + '\n';
    rest_ = line;
    auto done = print_rest(until);
    if (rest_ == line) rest_.clear();
    return done;
  }

 private:
  Result<void> print_rest(Instant until) {
    std::string_view left = rest_;
    auto done = internal::write_until(options_.descriptor, left, until);
    rest_.erase(0, rest_.size() - left.size());
    if (!done) return done.error().within("console");
    return {};
  }

  Options options_{};
  std::string rest_{};  ///< of a line that was printed in part
};
static_assert(Publisher<Console>);

}  // namespace sla::inline v1

// sla/publisher/log_store.hpp
// What keeps the logs of runs, and how a log is called there. A log store is a Publisher that can
// also say where it put the log.

namespace sla::inline v1 {

/// `store(report)` keeps the report's log and gives its URI. No log ever replaces another.
template <class L>
concept LogStore = bool{std::movable<L>} && requires(L& l, Report const& report) {
  { l.publish(report) } -> std::same_as<Result<void>>;
}
&&requires(L& l, Report const& report) {
  { l.store(report) } -> std::same_as<Result<std::string>>;
};

/// A LogStore that keeps several logs at once: `store_all(reports)` gives the URI of each, and
/// tries each once.
template <class L>
concept BatchLogStore = LogStore<L> && requires(L& l, std::vector<Report> const& reports) {
  { l.store_all(reports) } -> std::same_as<std::vector<Result<std::string>>>;
};

/// A LogStore that can keep many logs as one object: `store_bundle(bytes, at)` gives its URI, to
/// which `#bytes=A-B` is added for each log. The same bytes of the same time have the same URI.
template <class L>
concept BundleLogStore = LogStore<L> && requires(L& l, Output const& bytes, WallTime at) {
  { l.store_bundle(bytes, at) } -> std::same_as<Result<std::string>>;
};

namespace internal {

template <class L>
using HeldLogStore = std::conditional_t<LogStore<L>, L, RefusedPublisher<L>>;

}  // namespace internal

namespace internal {

/// Returns the result in a log's key: what says nothing about the service is neither SUCCESS nor
/// FAILURE.
[[nodiscard]] inline std::string_view log_result(Report const& report) noexcept {
  switch (report.outcome.verdict) {
    case Verdict::interrupted:
      return "INTERRUPTED";
    case Verdict::unknown:
      return "UNKNOWN";
    case Verdict::skipped:
      return "SKIPPED";
    default:
      return report.succeeded() ? "SUCCESS" : "FAILURE";
  }
}

}  // namespace internal

/// Returns the key of a report's log: `<service>/<seconds since the epoch>_<result>`. If it is
/// taken the attempts from 2 on add `_2`, `_3`, ...
[[nodiscard]] inline std::string log_key(Report const& report, std::size_t attempt = 1) {
  std::string_view const result = internal::log_result(report);
  std::string key = report.job.service + '/' + std::to_string(epoch_seconds(report.ended_at));
  key.append("_").append(result);
  if (attempt > 1) key += '_' + std::to_string(attempt);
  return key;
}

/// Where bundles of logs are; a service of that name has other keys in there.
inline constexpr std::string_view bundle_folder = "bundles";

/// Returns the key of a bundle of logs: `bundles/2026/11/30/19/25-<id>.log`, with the minute in UTC
/// of the time.
[[nodiscard]] inline std::string bundle_key(WallTime at, std::string_view id) {
  std::string minute = iso_time(at).substr(0, 16);
  for (char& c : minute) {
    if (c == '-' || c == 'T' || c == ':') c = '/';
  }
  std::string key(bundle_folder);
  return key.append("/").append(minute).append("-").append(id).append(".log");
}

/// How many keys are tried before a store gives up.
inline constexpr std::size_t log_key_attempts = 1000;

}  // namespace sla::inline v1

// sla/publisher/log_first.hpp
// The log first, then the event that says where it is. A log that cannot be stored never holds
// back its event.

namespace sla::inline v1 {

/// Which logs are stored.
enum class UploadLogs { always, failures, never };

/// Returns true if the log of a report is to be stored.
[[nodiscard]] inline bool wants_log(UploadLogs upload, Report const& report) noexcept {
  return upload == UploadLogs::always || (upload == UploadLogs::failures && !report.succeeded());
}

/// Stores a report's log in L, then publishes the report to P with the log's URI in it. Not
/// thread-safe.
template <class L, class P>
class LogFirst {
 public:
  static constexpr bool wants_uncounted = true;  ///< for their logs

  LogFirst(L store, P publisher, UploadLogs upload = UploadLogs::always)
      : store_(std::move(store)), publisher_(std::move(publisher)), upload_(upload) {}

  Result<void> publish(Report const& report) {
    Report known = report;
    std::optional<Error> log_failed;
    if (wants_log(upload_, report)) {
      if (auto uri = store_.store(report)) {
        known.log_uri = *std::move(uri);
      } else {
        known.log_error = uri.error().message;
        log_failed = std::move(uri).error();
      }
    }
    auto done = publish_wanted(publisher_, known);
    if (!log_failed) return done;
    if (!done) log_failed->message.append("; ").append(done.error().message);
    return *std::move(log_failed);
  }

 private:
  internal::HeldLogStore<L> store_;
  internal::HeldPublisher<P> publisher_;
  UploadLogs upload_;

  static_assert(
      LogStore<L>,
      "LogFirst's first parameter must be a sla::LogStore: movable, with sla::Result<void> "
      "publish(sla::Report const&) and sla::Result<std::string> store(sla::Report const&)");
  static_assert(Publisher<P>,
                "LogFirst's second parameter must be a sla::Publisher: movable, with "
                "sla::Result<void> publish(sla::Report const&)");
};

}  // namespace sla::inline v1

// sla/publisher/delivery_options.hpp
// How the delivery from a spool goes about it, and what cuts it short.

namespace sla::inline v1 {

/// What cuts a delivery short at the end of a program. The transports inside a log store watch
/// `logs`, those inside a publisher `events`, and what renews credentials beside them
/// `credentials`; all outlive them. They are not the Stop of the program: that one is waited on by
/// its main thread, these by the threads that deliver and renew, and a delivery goes on for a while
/// after the program was told to stop.
struct DeliveryStops {
  Stop logs{Stop::Options{.budget = Duration::zero()}};
  Stop events{Stop::Options{.budget = Duration::zero()}};
  Stop credentials{Stop::Options{.budget = Duration::zero()}};
};

/// How delivery goes about it.
struct DeliveryOptions {
  UploadLogs upload = UploadLogs::always;  ///< which logs are delivered at all
  Backoff::Options backoff{};              ///< after a failed attempt at either part
  /// How long the log of a pass may wait for others, so that they are stored as one object, and its
  /// event with it; zero: each log is an object of its own. Only where all logs are stored, by a
  /// BundleLogStore, from a BundleSpool. What a bundle holds is bounded by BundleLimits.
  Duration log_bundle{};
  /// How long after a request events wait for more to go with them, unless ten do or a run did not
  /// pass. For many services: two events of one never go together.
  Duration linger = Duration::zero();
};

namespace internal {

/// The policies of a delivery. They are checked here, once for all that hand them on, which hold
/// one of these as their last member: clang forgets what stands behind a failed check.
template <class L, class P, class S, class C>
struct DeliveryPolicies {
  static_assert(LogStore<L>,
                "The first parameter of Spooled and Delivery must be a sla::LogStore: movable, "
                "with sla::Result<void> publish(sla::Report const&) and sla::Result<std::string> "
                "store(sla::Report const&)");
  static_assert(Publisher<P>,
                "The second parameter of Spooled and Delivery must be a sla::Publisher: movable, "
                "with sla::Result<void> publish(sla::Report const&)");
  static_assert(Spool<S>,
                "The third parameter of Spooled and Delivery must be a sla::Spool: movable, with "
                "begin(), add(), next_event(), next_log(), update(), tend(), count(), dropped(), "
                "reported() and in_memory()");
  static_assert(
      Clock<C>,
      "The fourth parameter of Spooled and Delivery must be a sla::Clock: movable, with now(), "
      "wall(), wait_until(sla::Instant, sla::Stop const&) and sleep_until(sla::Instant)");
};

}  // namespace internal

}  // namespace sla::inline v1

// sla/publisher/retry_schedule.hpp
// When a channel out of a spool, that of the logs or that of the events, may be tried again after a
// failure, and what is said about it: one line a minute at most. And what a failure says about the
// message that met it.

namespace sla::inline v1::internal {

/// What a failed delivery has to do with its message.
enum class Fault {
  content,    ///< it can never be delivered
  unknown,    ///< it can be the content, though nobody says so
  elsewhere,  ///< rights, keys, the topic, a proxy, the network: it may be delivered later
};

/// Tells whose fault a failure is. A denial says nothing about a message.
[[nodiscard]] constexpr Fault fault_of(Errc code) noexcept {
  if (code == Errc::unacceptable || code == Errc::exists) return Fault::content;
  return code == Errc::rejected ? Fault::unknown : Fault::elsewhere;
}

/// Returns true if a failure passes without anybody doing anything; keys are renewed.
[[nodiscard]] constexpr bool mends_itself(Errc code) noexcept {
  return retryable(code) || code == Errc::expired;
}

/// Returns true if a failure may be one of the moment: rights take about ten seconds until they are
/// everywhere, and a proxy has its own. What this machine itself refuses is not.
[[nodiscard]] constexpr bool is_momentary(Errc code) noexcept {
  return code != Errc::system && code != Errc::stopped;
}

/// The retries of one channel. Not thread-safe.
class RetrySchedule {
 public:
  /// A failed attempt at one message.
  struct Failure {
    Error const& error;
    std::string_view run_id{};
    std::size_t waiting = 1;  ///< how many messages wait, this one included
  };

  RetrySchedule(std::string_view name, Logger log, Backoff::Options options = {})
      : name_(name), log_(log), backoff_(options) {}

  /// Returns when it may be tried again; a past instant is now.
  [[nodiscard]] Instant due() const noexcept { return due_; }
  /// Returns why it is not tried now.
  [[nodiscard]] std::string const& reason() const noexcept { return reason_; }

  /// There is little time left. What mends itself is tried a second after its last failure. What
  /// may be of the moment is tried about once a second for ten seconds, each message in turn. The
  /// rest is tried once more, unless it failed within this very second.
  void hurry(Instant now) noexcept {
    bool const just_now = backoff_.failures() != 0 && now - failed_at_ < second;
    hurried_at_ = now;
    backoff_.succeeded();
    due_ = just_now ? Instant::max() : Instant::min();
    if (is_momentary(failure_)) due_ = std::min(due_, failed_at_ + second);
  }

  /// A new message is a reason to try again, a second after the last failure if it mends itself,
  /// else ten seconds.
  void nudge() noexcept {
    if (hurried_at_ != never) return;
    due_ = std::min(due_, failed_at_ + (mends_itself(failure_) ? second : 10 * second));
  }

  void succeeded() {
    if (said_) log_.info(name_ + " are delivered again");
    said_ = false;
    backoff_.succeeded();
    due_ = Instant::min();
  }

  /// It failed, and may succeed later.
  void failed(Failure const& failure, Instant now) {
    failure_ = failure.error.code;
    failed_at_ = now;
    reason_ = failure.error.message;
    Duration const wait = wait_after(failure, now);
    due_ = wait == Duration::max() ? Instant::max() : now + wait;
    if (now < say_at_) return;
    say_at_ = now + std::chrono::minutes{1};
    said_ = true;
    bool const ever = due_ != Instant::max();
    log_.warning(name_ + " are not delivered: " + failure.error.message,
                 {{"run", failure.run_id},
                  {"failures", backoff_.failures()},
                  {"retry_seconds", ever ? LogValue(wait) : LogValue("never")}});
  }

 private:
  static constexpr Duration second = std::chrono::seconds{1};
  static constexpr Instant never = Instant::max();

  /// Grows up to the longest wait for what mends itself. The first three times anything else is
  /// believed to be of the moment; then it waits for a person, ten times as long at most.
  Duration wait_after(Failure const& failure, Instant now) {
    Duration const bound = backoff_.failed();
    if (mends_itself(failure_)) return random_duration(bound);
    if (hurried_at_ != never) {
      bool const again = is_momentary(failure_) && now - hurried_at_ < 10 * second;
      if (!again) return Duration::max();
      return second / static_cast<Duration::rep>(std::max<std::size_t>(failure.waiting, 1));
    }
    if (backoff_.failures() <= 3) return bound / 2 + random_duration(bound / 2);
    Duration const slowest = 10 * backoff_.options().longest;
    Duration const least = std::min<Duration>(10 * second, slowest);
    return least + random_duration(slowest - least);
  }

  std::string name_;
  Logger log_;
  Backoff backoff_;
  std::string reason_{};
  Errc failure_ = Errc::unavailable;  ///< of the last attempt that failed
  Instant due_ = Instant::min();
  Instant failed_at_ = Instant::min();
  Instant hurried_at_ = never;
  Instant say_at_ = Instant::min();
  bool said_ = false;
};

}  // namespace sla::inline v1::internal

// sla/publisher/refusals.hpp
// The messages of a spool that were refused, again and again while others pass. Each of them then
// waits for itself, so that it holds up no other, and is tried again for as long as it takes; only
// if its content may be the reason is it given up, after hours. At most a few are kept in mind.

namespace sla::inline v1::internal {

/// What is known of the refusals of one message.
struct Refusals {
  Instant since{};               ///< the first one
  Instant last{};                ///< the last one
  Instant due = Instant::min();  ///< until then it waits by itself
  std::uint64_t times = 0;       ///< how many there were
  std::uint64_t passed = 0;      ///< how many others had passed before the first one

  /// Returns true if it has been refused often enough to be a case of its own, if others pass.
  [[nodiscard]] bool persistent() const noexcept { return times >= 4; }
  /// Returns true if that went on for hours.
  [[nodiscard]] bool lasting() const noexcept {
    return times >= 10 && last - since >= std::chrono::hours{3};
  }
};

/// The refused messages of one channel, by their number in the spool. Not thread-safe.
class RefusedMessages {
 public:
  /// Counts a refusal. Null if there are too many to keep in mind: then it is no case of its
  /// own.
  Refusals* refused(std::uint64_t number, std::uint64_t passed, Instant now) {
    if (all_.count(number) == 0 && !make_room(now)) return nullptr;
    Refusals& known =
        all_.try_emplace(number, Refusals{.since = now, .passed = passed}).first->second;
    ++known.times;
    known.last = now;
    return &known;
  }

  /// Lets it wait by itself, the longer the more often that was.
  static void rest(Refusals& message, Instant now) {
    Duration wait = std::chrono::seconds{10};
    Duration const longest = std::chrono::minutes{5};
    for (std::uint64_t i = 4; i < message.times && wait < longest; ++i) wait *= 2;
    wait = std::min(wait, longest);
    message.due = now + wait / 2 + random_duration(wait / 2);
  }

  /// Returns when it may be tried; a past instant is now.
  [[nodiscard]] Instant due(std::uint64_t number) const {
    auto const known = all_.find(number);
    return known == all_.end() ? Instant::min() : known->second.due;
  }
  /// Returns true if it waits by itself since others passed.
  [[nodiscard]] bool rested(std::uint64_t number) const { return due(number) != Instant::min(); }
  /// Returns when the next of those that wait by themselves may be tried.
  [[nodiscard]] Instant next_due(Instant now) const {
    Instant next = Instant::max();
    for (auto const& [number, message] : all_) {
      if (message.due > now) next = std::min(next, message.due);
    }
    return next;
  }

  /// Returns those that wait by themselves, in ascending order.
  [[nodiscard]] std::vector<std::uint64_t> resting(Instant now) const {
    std::vector<std::uint64_t> numbers;
    for (auto const& [number, message] : all_) {
      if (message.due > now) numbers.push_back(number);
    }
    return numbers;
  }

  void forget(std::uint64_t number) { all_.erase(number); }
  void clear() { all_.clear(); }

 private:
  static constexpr std::size_t most = 16;

  /// Forgets the one whose last refusal is longest ago, unless it waits: it may be gone.
  bool make_room(Instant now) {
    if (all_.size() < most) return true;
    auto const oldest = std::min_element(
        all_.begin(), all_.end(),
        [](auto const& a, auto const& b) { return a.second.last < b.second.last; });
    if (oldest->second.due > now) return false;
    all_.erase(oldest);
    return true;
  }

  std::map<std::uint64_t, Refusals> all_{};
};

/// One channel out of a spool, and what is known of the messages on it.
struct Channel {
  static constexpr std::string_view no_time = "there was no time";
  static constexpr std::size_t widest = 256;

  RetrySchedule retry;
  RefusedMessages refused{};
  std::uint64_t passed = 0;  ///< how many were delivered
  std::uint64_t last = 0;    ///< the one that was tried last, if they take turns
  std::string why{no_time};  ///< why the last one was not delivered
  std::size_t window = 1;    ///< how many go at once; one after a failure

  /// Returns when the next message may be tried, if there is one.
  [[nodiscard]] Instant due(Instant now) const {
    return retry.due() > now ? retry.due() : refused.next_due(now);
  }
  /// Counts a refusal. Null unless that was often enough for a case of its own, by what does not
  /// mend itself.
  Refusals* refused_again(std::uint64_t number, Error const& error, Instant now) {
    if (mends_itself(error.code) || error.code == Errc::stopped) return nullptr;
    Refusals* const known = refused.refused(number, passed, now);
    return known != nullptr && known->persistent() ? known : nullptr;
  }
  void delivered(std::uint64_t number) {
    retry.succeeded();
    refused.forget(number);
    ++passed;
    window = std::min(window + 1, widest);
  }
};

}  // namespace sla::inline v1::internal

// sla/publisher/entry_attempts.hpp
// Attempts at one entry of a spool: its log, its event, and what becomes of it when either is
// refused. A log that cannot be delivered never holds back an event. What is refused for its
// content is set aside; what is refused again and again while others pass lets them go first.

namespace sla::inline v1::internal {

/// A spool, where its entries go, and what is known of both ways. with_spool() is called from any
/// thread, all else from the one that delivers.
template <class L, class P, class S, class C>
class EntryAttempts {
 public:
  /// Asks the spool: `act(S&)`, while nobody else does.
  template <class Act>
  auto with_spool(Act act) {
    std::lock_guard const lock(mutex);
    return act(spool);
  }
  [[nodiscard]] SpoolCount count() {
    return with_spool([](auto& all) { return all.count(); });
  }

  EntryAttempts(L the_store, P the_publisher, S the_spool, DeliveryStops const& the_stops,
                DeliveryOptions const& options, C the_clock, Logger the_log)
      : store(std::move(the_store)),
        publisher(std::move(the_publisher)),
        spool(std::move(the_spool)),
        stops(the_stops),
        upload(options.upload),
        clock(std::move(the_clock)),
        log(the_log),
        logs{.retry = RetrySchedule("logs", the_log, options.backoff)},
        events{.retry = RetrySchedule("events", the_log, options.backoff)} {}

  /// Returns true if the state of the log changed; if not, the report says why.
  bool send_log(Entry& entry) {
    if (entry.log != Part::waiting) return false;
    Report& report = entry.report;
    if (!wants_log(upload, report)) {
      entry.log = Part::done;
      return true;
    }
    report.log_error = hindrance(entry.number);
    if (!report.log_error.empty()) return false;
    Result<std::string> uri = Error{Errc::system, entry.unreadable};
    if (entry.unreadable.empty()) uri = store.store(report);
    if (uri) {
      log_stored(entry, *std::move(uri));
      return true;
    }
    report.log_error = uri.error().message;
    if (fault_of(uri.error().code) == Fault::content) {
      refuse(entry.log, entry, uri.error());
    } else if (!stands_back(logs.refused_again(entry.number, uri.error(), clock.now()), logs, entry,
                            entry.log, uri.error())) {
      fail(logs, entry, uri.error());
    }
    return entry.log != Part::waiting;
  }
  void log_stored(Entry& entry, std::string uri) {
    Report& report = entry.report;
    logs.delivered(entry.number);
    report.log_uri = std::move(uri);
    entry.log = Part::done;
    if (report.log_uri.empty()) return;
    log.info("log stored", {{"run", report.job.run_id}, {"log", report.log_uri}});
  }
  /// Returns why no log is sent now; empty if one is.
  [[nodiscard]] std::string hindrance(std::uint64_t number) const {
    if (stops.logs.level() != StopLevel::none) return "the runner stops; the log follows later";
    Instant const now = clock.now();
    if (logs.retry.due() > now) return logs.retry.reason();
    return logs.refused.due(number) > now ? "it was refused; it follows later" : std::string();
  }

  /// Publishes the event; one that was delivered, or never can be, got further.
  Result<void> publish(Entry& entry) {
    Report report = entry.report;
    report.dropped = with_spool([](auto& all) { return all.dropped(); });
    auto done = publish_wanted(publisher, report);
    if (!done && fault_of(done.error().code) != Fault::content) return done;
    if (!done) {
      events.retry.succeeded();  // for all others
      refuse(entry.event, entry, done.error());
      return {};
    }
    event_delivered(entry, report.dropped);
    return {};
  }

  /// Notes that an event arrived, and that it told of so many dropped ones.
  void event_delivered(Entry& entry, std::uint64_t dropped) {
    entry.event = Part::done;
    if (!entry.report.counts()) return;
    events.delivered(entry.number);
    if (dropped != 0) with_spool([&](auto& all) { all.reported(dropped); });
  }

  /// Keeps in the spool how far an entry got.
  void update(Entry& entry) {
    with_spool([&](auto& all) { update(all, entry); });
  }
  /// The same where nobody else asks the spool.
  static void update(HeldSpool<S>& all, Entry& entry) {
    if (entry.log == Part::waiting) entry.report.log_error.clear();  // it may still succeed
    if (entry.log == Part::done) entry.report.outcome.output = Output();
    all.update(entry);
  }

  /// Returns true if a message that was refused holds up no other: it waits by itself because
  /// others pass, or is set aside because that went on for hours and its content may be why.
  bool stands_back(Refusals* known, Channel& channel, Entry& entry, Part& part,
                   Error const& error) {
    if (hurried || known == nullptr || channel.passed == known->passed) return false;
    if (known->lasting() && fault_of(error.code) == Fault::unknown) {
      refuse(part, entry, error);
      channel.refused.forget(entry.number);
      return true;
    }
    bool const rested = channel.refused.rested(entry.number);
    channel.refused.rest(*known, clock.now());
    if (rested) return true;
    log.warning("refused while others pass, and tried again by itself: " + error.message,
                {{"run", entry.report.job.run_id}});
    return true;
  }

  /// Sets a part aside.
  void refuse(Part& part, Entry& entry, Error const& error) const {
    part = Part::refused;
    entry.reason = error.message;
    log.error("not delivered: refused for good: " + error.message,
              {{"run", entry.report.job.run_id}});
  }

  /// An attempt failed; one that only ended because this very delivery is stopped is no failure,
  /// and a reason for what is left only if there is no better one.
  void fail(Channel& channel, Entry const& entry, Error const& error) {
    bool const event = &channel == &events;
    bool const stopped = (event ? stops.events : stops.logs).level() != StopLevel::none;
    bool const cut = error.code == Errc::stopped && stopped;
    SpoolCount const left = count();
    std::size_t const waiting = event ? left.events : left.logs + left.ahead;
    channel.window = 1;
    if (!cut) channel.retry.failed({error, entry.report.job.run_id, waiting}, clock.now());
    if (!cut || channel.why == Channel::no_time) channel.why = error.message;
  }

  HeldLogStore<L> store;
  HeldPublisher<P> publisher;
  HeldSpool<S> spool;
  DeliveryStops const& stops;
  UploadLogs upload;
  HeldClock<C> clock;
  Logger log;
  Channel logs;
  Channel events;
  bool hurried = false;
  std::mutex mutex{};  ///< guards the spool
};

}  // namespace sla::inline v1::internal

// sla/publisher/entry_batches.hpp
// Delivers several entries of a spool at once: of each service the oldest event, so that the events
// of a service keep their order, after all of their logs. How many go together grows while all of
// them succeed and is one after a failure, so that nothing which is down gets more than a request
// at a time. What fails here is judged by an attempt of its own.

namespace sla::inline v1::internal {

/// Delivers several at once by attempts that outlive it; for the thread that makes them.
template <class L, class P, class S, class C>
class EntryBatches {
 public:
  explicit EntryBatches(EntryAttempts<L, P, S, C>& attempts) : attempts_(attempts) {}

  /// True if all that a delivery is made of can do several at once.
  static constexpr bool possible = BatchSpool<HeldSpool<S>> && BatchLogStore<HeldLogStore<L>> &&
                                   BatchPublisher<HeldPublisher<P>>;

  /// Delivers the events of several services, at most so many. Returns how many it tried; 0 if
  /// there are not several, or this is no time for that.
  std::size_t deliver_several_events(Instant now, std::size_t most) {
    bool const with_logs = attempts_.logs.retry.due() <= now;
    std::size_t const most_logs = with_logs ? attempts_.logs.window : Channel::widest;
    most = std::min(most, attempts_.events.window);
    if (attempts_.upload == UploadLogs::always) most = std::min(most, most_logs);
    if (most < 2 || !alone_.empty()) return 0;
    auto tried = take_several(
        [&](auto& spool) { return spool.next_events(most, attempts_.events.refused.resting(now)); },
        most_logs);
    if (tried.size() < 2) return 0;
    send_logs(tried);
    publish_events(tried);
    keep(tried);
    return tried.size();
  }
  /// Stores several logs, whose events are another matter.
  bool deliver_several_logs(Instant now) {
    if (attempts_.logs.window < 2) return false;
    auto tried = take_several(
        [&](auto& spool) { return spool.next_logs(attempts_.logs.last, attempts_.logs.window); });
    auto const rests = [&](Tried const& one) {
      return attempts_.logs.refused.due(one.entry.number) > now || !one.entry.unreadable.empty();
    };
    tried.erase(std::remove_if(tried.begin(), tried.end(), rests), tried.end());
    if (tried.size() < 2) return false;
    for (Tried& one : tried) one.changed = one.entry.log != Part::waiting;
    send_logs(tried);
    auto const failed = [](Tried const& one) { return one.failed; };
    auto const first = std::find_if(tried.begin(), tried.end(), failed);
    attempts_.logs.last =
        first == tried.end() ? tried.back().entry.number : first->entry.number - 1;
    update(tried);
    return true;
  }

  /// The events to be tried next, one by one.
  [[nodiscard]] std::deque<std::uint64_t>& alone() noexcept { return alone_; }

 private:
  /// One entry of a batch.
  struct Tried {
    Entry entry;
    bool changed = false;  ///< a part of it got further
    bool failed = false;   ///< a part of it was tried, and did not
  };

  /// Returns no more than have this much output together, and so many logs to store.
  template <class Take>
  std::vector<Tried> take_several(Take take, std::size_t logs = Channel::widest) {
    constexpr std::uint64_t most_bytes = 8U << 20U;
    std::vector<Tried> tried;
    auto entries = attempts_.with_spool(take);
    if (!entries) return tried;  // an attempt at one of them tells
    std::uint64_t bytes = 0;
    for (Entry& entry : *entries) {
      bytes += entry.report.outcome.output.size();
      bool const stores = entry.log == Part::waiting && wants_log(attempts_.upload, entry.report);
      if (bytes > most_bytes || (stores && logs-- == 0)) break;
      tried.push_back({std::move(entry)});
    }
    return tried;
  }

  void send_logs(std::vector<Tried>& tried) {
    std::vector<Report> reports;
    std::vector<Tried*> sent;
    for (Tried& one : tried) {
      Entry& entry = one.entry;
      if (entry.log != Part::waiting) continue;
      if (!wants_log(attempts_.upload, entry.report)) {
        entry.log = Part::done;
        one.changed = true;
        continue;
      }
      entry.report.log_error = attempts_.hindrance(entry.number);
      if (!entry.report.log_error.empty()) continue;
      one.failed = !entry.unreadable.empty();
      if (one.failed) continue;
      reports.push_back(entry.report);
      sent.push_back(&one);
    }
    if (sent.empty()) return;
    auto uris = attempts_.store.store_all(reports);
    for (std::size_t i = 0; i < sent.size(); ++i) {
      if (uris[i]) {
        attempts_.log_stored(sent[i]->entry, *std::move(uris[i]));
        sent[i]->changed = true;
      } else {
        attempts_.logs.window = 1;
        sent[i]->failed = true;
      }
    }
  }

  void publish_events(std::vector<Tried>& tried) {
    std::vector<Report> reports;
    std::vector<Tried*> sent;
    std::uint64_t dropped = attempts_.with_spool([](auto& spool) { return spool.dropped(); });
    for (Tried& one : tried) {
      if (one.failed) continue;
      reports.push_back(one.entry.report);
      if (reports.back().counts()) reports.back().dropped = std::exchange(dropped, 0);
      sent.push_back(&one);
    }
    if (sent.empty()) return;
    auto const results = publish_all_wanted(attempts_.publisher, reports);
    for (std::size_t i = 0; i < sent.size(); ++i) {
      if (results[i]) {
        attempts_.event_delivered(sent[i]->entry, reports[i].dropped);
        sent[i]->changed = true;
      } else {
        attempts_.events.window = 1;
        sent[i]->failed = true;
      }
    }
  }

  /// Keeps in the spool how far they got. What failed is tried alone, each one if others passed.
  void keep(std::vector<Tried>& tried) {
    bool passed = false;
    for (Tried const& one : tried) passed = passed || one.entry.event != Part::waiting;
    update(tried);
    for (Tried const& one : tried) {
      if (one.failed && (passed || alone_.empty())) alone_.push_back(one.entry.number);
    }
  }

  /// Keeps all that changed at once: who adds a result may hold the spool for as long as a disk
  /// takes.
  void update(std::vector<Tried>& tried) {
    attempts_.with_spool([&](auto& spool) {
      for (Tried& one : tried) {
        if (one.changed) attempts_.update(spool, one.entry);
      }
    });
  }

  EntryAttempts<L, P, S, C>& attempts_;
  std::deque<std::uint64_t> alone_{};
};

}  // namespace sla::inline v1::internal

// sla/publisher/entry_bundles.hpp
// Stores the logs of passes in bundles: many logs as one object, in which each has a range of bytes
// that its event tells. The entries wait in the spool until the oldest of them has waited for long
// enough, until they fill a bundle, until an event of the same service that is no plain pass
// follows one of them, or until the end. Where a bundle cannot be stored its events go ahead, and
// each of its logs follows as an object of its own.

namespace sla::inline v1::internal {

/// Delivers bundles of logs by attempts that outlive it; for the thread that makes them.
template <class L, class P, class S, class C>
class EntryBundles {
 public:
  /// True if all that a delivery is made of can do so.
  static constexpr bool possible = BundleSpool<HeldSpool<S>> && BundleLogStore<HeldLogStore<L>>;

  /// `longest` is how long a log waits for others; zero: none waits. What an earlier process left
  /// has waited.
  EntryBundles(EntryAttempts<L, P, S, C>& attempts, Duration longest)
      : attempts_(attempts), longest_(longest) {
    if constexpr (possible) {
      if (longest <= Duration::zero() || attempts.upload != UploadLogs::always) return;
      attempts_.with_spool([](auto& spool) { spool.gather(); });
      if (attempts_.count().gathered != 0) due_ = Instant::min();
    }
  }

  /// Returns when the next bundle is to be stored; the last instant of all if nothing waits.
  Instant due(Instant now, SpoolCount const& count) {
    if (count.gathered == 0) due_.reset();
    if (count.gathered == 0) return Instant::max();
    if (!due_) due_ = now + longest_;
    bool const at_once = (count.bundle_due || attempts_.hurried) && blocked_until_ <= now;
    return at_once ? Instant::min() : *due_;
  }

  /// Stores a bundle of what waits, and ends the wait of its entries.
  void deliver(Instant now) {
    if constexpr (possible) {
      Bundle bundle = collect(attempts_.hindrance(0).empty());
      blocked_until_ = bundle.pieces.empty() ? now + std::chrono::seconds{1} : now;
      due_ =
          bundle.pieces.empty() ? blocked_until_ : now + longest_;  // of those that come meanwhile
      bool const stored = store(bundle);
      for (Piece& piece : bundle.pieces) {
        piece.taken = piece.taken && stored;
        if (piece.taken) attempts_.log_stored(piece.entry, uri_of(piece, bundle.uri));
      }
      for (std::size_t i = 0; i < bundle.pieces.size(); i += chunk) keep(bundle.pieces, i);
    }
  }

 private:
  /// How many entries are asked for at once: each may take a descriptor, and who adds a result
  /// waits for all of them.
  static constexpr std::size_t chunk = 64;

  /// One entry, and where its log stands in the bundle. It has no output any more.
  struct Piece {
    Entry entry;
    std::uint64_t begin = 0;
    std::uint64_t size = 0;
    bool taken = false;  ///< its log is in there
  };
  struct Bundle {
    std::string bytes{};
    std::vector<Piece> pieces{};
    std::string uri{};
  };

  /// Takes as many entries as a bundle holds, with their logs if they are to be read.
  Bundle collect(bool with_logs) {
    Bundle bundle;
    for (std::uint64_t behind = 0;;) {
      auto entries =
          attempts_.with_spool([=](auto& spool) { return spool.next_bundle(behind, chunk); });
      if (!entries || entries->empty()) return bundle;
      for (Entry& entry : *entries) {
        std::uint64_t const size = entry.report.outcome.output.size();
        bool const full =
            bundle.pieces.size() == BundleLimits::logs ||
            (!bundle.pieces.empty() && bundle.bytes.size() + size > BundleLimits::bytes);
        if (with_logs && full) return bundle;
        behind = entry.number;
        bundle.pieces.push_back(piece_of(std::move(entry), bundle.bytes, with_logs));
        bool const disk_fails = !bundle.pieces.back().entry.unreadable.empty();
        if (with_logs && disk_fails) return bundle;  // each of the others may take as long
      }
    }
  }

  static Piece piece_of(Entry entry, std::string& bytes, bool with_log) {
    Output const output = std::exchange(entry.report.outcome.output, Output());
    Piece piece{std::move(entry), bytes.size()};
    bool const fits = piece.entry.log == Part::waiting && piece.entry.unreadable.empty() &&
                      may_be_bundled(piece.entry.report, output.size());
    if (!with_log || !fits) return piece;
    auto const read = output.each_block([&](std::string_view block) -> Result<void> {
      bytes += block;
      return {};
    });
    piece.taken = read.has_value();
    if (!read) {
      bytes.resize(piece.begin);
      piece.entry.unreadable = read.error().message;
    }
    piece.size = bytes.size() - piece.begin;
    return piece;
  }

  /// Returns true if the logs of the bundle are where they should be.
  bool store(Bundle& bundle) {
    auto const first = std::find_if(bundle.pieces.begin(), bundle.pieces.end(),
                                    [](Piece const& piece) { return piece.taken; });
    if (first == bundle.pieces.end()) return false;
    if (bundle.bytes.empty()) return true;  // they wrote nothing
    auto uri =
        attempts_.store.store_bundle(Output(std::move(bundle.bytes)), first->entry.report.ended_at);
    if (uri) {
      bundle.uri = *std::move(uri);
    } else if (fault_of(uri.error().code) != Fault::content) {
      attempts_.fail(attempts_.logs, first->entry, uri.error());
    }
    return !bundle.uri.empty();
  }

  /// Keeps in the spool how far some of them got.
  void keep(std::vector<Piece>& pieces, std::size_t from) {
    attempts_.with_spool([&](auto& spool) {
      for (std::size_t i = from; i < std::min(from + chunk, pieces.size()); ++i) {
        Entry& entry = pieces[i].entry;
        pieces[i].taken ? attempts_.update(spool, entry) : spool.release(entry.number);
      }
    });
  }

  /// Returns where the log stands; nothing where there is none.
  static std::string uri_of(Piece const& piece, std::string const& bundle) {
    if (piece.size == 0) return {};
    std::string uri = bundle;
    return uri.append("#bytes=")
        .append(std::to_string(piece.begin))
        .append("-")
        .append(std::to_string(piece.begin + piece.size - 1));
  }

  EntryAttempts<L, P, S, C>& attempts_;
  Duration longest_;
  std::optional<Instant> due_{};  ///< when the oldest has waited for long enough
  Instant blocked_until_ = Instant::min();
};

}  // namespace sla::inline v1::internal

// sla/publisher/lingering.hpp
// Whether few events wait a moment for more, so that ten go with one request.

namespace sla::inline v1::internal {

/// Decides when the events that wait are sent, and how many of them: where all passed, and ten do
/// not wait yet, they go so long after the last time that none was left. added() and look() are
/// called while nobody else asks the spool; the others by the thread that delivers.
class Lingering {
 public:
  static constexpr std::size_t full = 10;  ///< events of one request, as SNS takes them

  /// Zero is never.
  explicit Lingering(Duration limit) : limit_(limit) {}

  /// Notes an event that was added: one of a run that did not pass lets none wait.
  void added(bool passed) noexcept { urgent_ = urgent_ || !passed; }
  /// Takes note of what was added, before until() is asked.
  void look() noexcept { hasty_ = std::exchange(urgent_, false) || hasty_; }

  /// Returns until when so many are too few to go; a past instant is now.
  [[nodiscard]] Instant until(std::size_t waiting) const noexcept {
    bool const enough = waiting == 0 || waiting >= full;
    return enough || hasty_ ? Instant::min() : none_left_at_ + limit_;
  }
  /// Returns how many of so many go now, which is their turn: whole requests, if there are some.
  std::size_t begin(std::size_t waiting) noexcept {
    hasty_ = false;
    return limit_ != Duration::zero() && waiting > full ? waiting - waiting % full : waiting;
  }
  /// Notes that so many went. A second event of a service has to follow the first by itself.
  void sent(std::size_t number, std::size_t waiting, Instant now) noexcept {
    bool const none_left = number == waiting || (number != 0 && number % full == 0);
    none_left_at_ = none_left ? now : Instant::min();
  }

 private:
  Duration limit_;
  Instant none_left_at_ = Instant::min();
  bool hasty_ = false;   ///< a run that did not pass is among those that wait
  bool urgent_ = false;  ///< and among those that look() has not seen
};

}  // namespace sla::inline v1::internal

// sla/publisher/delivery.hpp
// Delivers what is in a spool, step by step: the oldest report first, its log before its event. A
// log that cannot be delivered never holds back an event, and follows later; an event that cannot
// be delivered holds back those behind it, while their logs go ahead. One that is refused again and
// again while others pass lets them go first; only what is refused for its content is set aside.
// Where much waits, several services' events go together, and a few may wait a moment for more. It
// starts no thread and waits for nothing but its publishers; publisher/spooled.hpp does the rest.

namespace sla::inline v1::internal {

/// The two ends of a spool: add() and begin() are called from any thread, step() and hurry() from
/// the one that delivers.
template <class L, class P, class S, class C = SteadyClock>
class Delivery {
 public:
  Delivery(L store, P publisher, S spool, DeliveryStops const& stops, DeliveryOptions options = {},
           C clock = C{}, Logger log = Logger{})
      : attempts_(std::move(store), std::move(publisher), std::move(spool), stops, options,
                  std::move(clock), log),
        bundles_(attempts_, options.log_bundle),
        lingering_(batches_.possible ? options.linger : Duration::zero()) {}

  /// Asks the spool: `act(S&)`, while nobody else does.
  template <class Act>
  auto with_spool(Act act) {
    return attempts_.with_spool(act);
  }
  [[nodiscard]] SpoolCount count() { return attempts_.count(); }
  void begin(Report const& report) {
    with_spool([&](auto& spool) { spool.begin(report); });
  }
  /// Keeps the report, and its log if that is to be delivered.
  void add(Report const& report) {
    Report kept = report;
    if (!wants_log(attempts_.upload, report)) kept.outcome.output = Output();
    with_spool([&](auto& spool) {
      spool.add(kept);
      news_ = true;
      lingering_.added(kept.succeeded());
    });
  }
  /// Returns what would be lost with this process.
  [[nodiscard]] std::vector<Entry> in_memory() {
    return with_spool([](auto& spool) { return spool.in_memory(); });
  }

  /// Delivers one entry, or several, if any is due. Returns when to call it again: a past instant
  /// is at once, the last instant of all when something is added.
  Instant step() {
    Instant const now = attempts_.clock.now();
    Instant next = with_spool([&](auto& spool) { return spool.tend(now); });
    if (attempts_.hurried) next = Instant::max();  // nothing waits for the housekeeping
    if (with_spool([this](auto&) { return std::exchange(news_, false); })) {
      attempts_.logs.retry.nudge();
      attempts_.events.retry.nudge();
    }
    if (attempts_.stops.events.level() != StopLevel::none) return Instant::max();
    SpoolCount const count = with_spool([this](auto& spool) {
      lingering_.look();
      return spool.count();
    });
    if (Instant const due = bundles_.due(now, count); due <= now) {
      bundles_.deliver(now);
      return now;
    } else {
      next = std::min(next, due);
    }
    Instant const full_by = lingers_until(count);
    bool const lingers = full_by > now;
    if (lingers) next = std::min(next, full_by);
    if (count.events != 0 && !lingers) {
      if (attempts_.events.retry.due() <= now && deliver_events(now, count)) return now;
      next = std::min(next, attempts_.events.due(now));
    }
    std::size_t const logs = lingers ? count.logs : count.logs + count.ahead;
    if (logs != 0 && attempts_.stops.logs.level() == StopLevel::none) {
      if (attempts_.logs.retry.due() <= now && deliver_logs(now, count)) return now;
      next = std::min(next, attempts_.logs.due(now));
    }
    return next;
  }

  /// Returns why an entry was not delivered; for the thread that delivers, or once it has ended.
  [[nodiscard]] std::string reason(Entry const& entry) const {
    std::string text = entry.reason;
    auto const add = [&](Part part, std::string const& why) {
      if (part == Part::waiting) text.append(text.empty() ? "" : "; ").append(why);
    };
    add(entry.log, attempts_.logs.why);
    add(entry.event, attempts_.events.why);
    return text;
  }

  /// Tries everything again as soon as it makes sense, because there is little time left.
  void hurry() {
    attempts_.hurried = true;
    for (Channel* const channel : {&attempts_.logs, &attempts_.events}) {
      channel->refused.clear();
      channel->retry.hurry(attempts_.clock.now());
    }
  }

 private:
  /// Returns until when the events that wait do so for more.
  [[nodiscard]] Instant lingers_until(SpoolCount const& count) const noexcept {
    if (attempts_.hurried || attempts_.events.window < 2) return Instant::min();
    return lingering_.until(count.events);
  }

  /// Returns true if there were any to deliver. Logs whose events are gone go along with others.
  bool deliver_events(Instant now, SpoolCount const& count) {
    std::size_t const turn = lingering_.begin(count.events);
    std::size_t sent = 0;
    if constexpr (decltype(batches_)::possible) {
      std::size_t const most = attempts_.hurried ? count.events : turn;
      if (most > 1) sent = batches_.deliver_several_events(now, most);
      if (sent > 0 && count.logs > 1 && attempts_.logs.retry.due() <= now)
        batches_.deliver_several_logs(now);
    }
    if (sent == 0) {
      if (!deliver_event(now)) return false;
      sent = 1;
    }
    lingering_.sent(sent, count.events, now);
    return true;
  }
  bool deliver_logs(Instant now, SpoolCount const& count) {
    if constexpr (decltype(batches_)::possible) {
      if (count.logs + count.ahead > 1 && batches_.deliver_several_logs(now)) return true;
    }
    return deliver_log(now);
  }

  /// Returns true if there was one to deliver. The oldest goes first; in a hurry those that are
  /// refused take turns.
  bool deliver_event(Instant now) {
    auto const behind = [](auto& spool, std::uint64_t number) { return spool.next_event(number); };
    auto entry = next_alone(now);
    if (!entry) entry = pick(attempts_.events, now, behind);
    if (!entry && std::exchange(attempts_.events.last, 0) != 0)
      entry = pick(attempts_.events, now, behind);
    if (!entry) return false;
    bool const moved = attempts_.send_log(*entry);
    auto const done = attempts_.publish(*entry);
    if (!done && !event_stands_back(*entry, done.error())) {
      attempts_.fail(attempts_.events, *entry, done.error());
      if (attempts_.hurried && !mends_itself(done.error().code))
        attempts_.events.last = entry->number;
    }
    if (moved || entry->event != Part::waiting) attempts_.update(*entry);
    return true;
  }
  /// Returns the next of those that failed among others.
  std::optional<Entry> next_alone(Instant now) {
    while (!batches_.alone().empty()) {
      std::uint64_t const number = batches_.alone().front();
      batches_.alone().pop_front();
      if (attempts_.events.refused.due(number) > now) continue;
      auto entry =
          take(attempts_.events.retry, [=](auto& spool) { return spool.next_event(number - 1); });
      if (!entry) batches_.alone().clear();
      if (entry && entry->number == number) return entry;
    }
    return std::nullopt;
  }
  bool deliver_log(Instant now) {
    auto entry = pick(attempts_.logs, now,
                      [](auto& spool, std::uint64_t number) { return spool.next_log(number); });
    if (!entry) return false;
    attempts_.logs.last = entry->number;
    bool const lost = entry->log != Part::waiting;
    if (attempts_.send_log(*entry) || lost) attempts_.update(*entry);
    return true;
  }

  /// Returns the first behind the last one that does not wait by itself: `next(spool, number)`.
  template <class Next>
  std::optional<Entry> pick(Channel& channel, Instant now, Next next) {
    std::optional<std::uint64_t> first;
    for (std::uint64_t behind = channel.last;;) {
      auto entry = take(channel.retry, [&](auto& spool) { return next(spool, behind); });
      if (!entry || channel.refused.due(entry->number) <= now) return entry;
      if (first == entry->number) return std::nullopt;  // once around
      behind = entry->number;
      if (!first) first = behind;
    }
  }

  bool event_stands_back(Entry& entry, Error const& error) {
    Refusals* const known =
        attempts_.events.refused_again(entry.number, error, attempts_.clock.now());
    if (known && !attempts_.hurried && attempts_.events.passed == known->passed)
      try_another(entry.number);
    return attempts_.stands_back(known, attempts_.events, entry, entry.event, error);
  }
  /// Tries the event behind one that was refused; a run that is no result has none.
  void try_another(std::uint64_t refused) {
    for (std::uint64_t behind = refused;;) {
      auto entry =
          take(attempts_.events.retry, [=](auto& spool) { return spool.next_event(behind); });
      if (!entry) return;
      behind = entry->number;
      if (attempts_.events.refused.due(behind) > attempts_.clock.now()) continue;
      bool const moved = attempts_.send_log(*entry);
      if (attempts_.publish(*entry) || moved) attempts_.update(*entry);
      if (entry->report.counts()) return;
    }
  }

  /// An entry of the spool; if it could not be read its channel has failed.
  template <class Next>
  std::optional<Entry> take(RetrySchedule& retry, Next next) {
    auto entry = with_spool(next);
    if (entry) return *std::move(entry);
    retry.failed({.error = entry.error()}, attempts_.clock.now());
    return std::nullopt;
  }

  EntryAttempts<L, P, S, C> attempts_;
  EntryBatches<L, P, S, C> batches_{attempts_};
  EntryBundles<L, P, S, C> bundles_;
  Lingering lingering_;
  bool news_ = false;  ///< something was added since the last step; guarded as the spool is
  [[no_unique_address]] DeliveryPolicies<L, P, S, C> checked_{};
};

}  // namespace sla::inline v1::internal

// sla/publisher/event_file.hpp
// Keeps events in a file, one line of JSON for each. Several processes may share one, as long as
// none of them holds it for long. A line is there whole or not at all, as far as the disk lets it:
// what a process that died left of one is ended before the next begins.

namespace sla::inline v1 {

namespace internal {

/// What came of the wish to have a file for oneself; some disks know no locks.
enum class FileLock { held, taken, unknown };

/// Waits a second at most for other processes to let go of a file.
[[nodiscard]] inline FileLock lock_file(Descriptor const& file) {
  Instant const end = std::chrono::steady_clock::now() + std::chrono::seconds{1};
  for (;;) {
    if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return FileLock::held;
    if (errno != EWOULDBLOCK && errno != EINTR) return FileLock::unknown;
    if (std::chrono::steady_clock::now() >= end) return FileLock::taken;
    std::this_thread::sleep_for(std::chrono::milliseconds{2});
  }
}

}  // namespace internal

/// Adds the event of each counted run to a file.
class EventFile {
 public:
  struct Options {
    std::string folder;  ///< made if it is missing
    std::string name = "events.ndjson";
    EventFormat format = EventFormat::documented;
    bool sync = false;  ///< whether a line is on the disk when publish() returns
  };

  explicit EventFile(Options options) : options_(std::move(options)) {}

  Result<void> publish(Report const& report) {
    if (auto made = internal::make_folder(options_.folder, 0755); !made) return made;
    std::string const path = options_.folder + '/' + options_.name;
    auto const file = open_locked(path);
    if (!file) return file.error();
    auto done = add_line(*file, path, event_json(report, options_.format) + '\n');
    (void)::flock(file->get(), LOCK_UN);
    if (done && options_.sync) done = internal::sync_file(*file, path);
    if (done && options_.sync) done = internal::sync_folder(options_.folder);
    return done;
  }

 private:
  /// Returns the file that is there once this process has it for itself: another may have put a
  /// shorter one in its place meanwhile.
  static Result<Descriptor> open_locked(std::string const& path) {
    constexpr int attempts = 3;  // some disks give a file another number each time
    for (int attempt = 1;; ++attempt) {
      auto file = internal::open_file(path, O_RDWR | O_CREAT | O_APPEND, 0644);
      if (!file) return file;
      if (internal::lock_file(*file) == internal::FileLock::taken) {
        return Error{Errc::in_use, path + ": another process holds its lock"};
      }
      if (internal::leads_to(path, *file) || attempt == attempts) return file;
    }
  }

  static Result<void> add_line(Descriptor const& file, std::string const& path, std::string line) {
    struct stat about {};
    if (::fstat(file.get(), &about) != 0) return system_error(path);
    char last = '\n';
    if (about.st_size > 0) {
      (void)internal::uninterrupted(
          [&] { return ::pread(file.get(), &last, 1, about.st_size - 1); });
    }
    if (last != '\n') line.insert(0, 1, '\n');
    auto const written = internal::write_all(file.get(), line);
    if (written) return {};
    (void)::ftruncate(file.get(), about.st_size);
    return written.error().within(path);
  }

  Options options_;
};
static_assert(Publisher<EventFile>);

}  // namespace sla::inline v1

// sla/publisher/directory.hpp
// A store in a local folder, for which nobody needs an account: each event is one line of
// events.ndjson, each log a file under the same key that it would have in a bucket. No service
// name leads out of the folder.

namespace sla::inline v1 {

/// Keeps events and logs in a folder, which it makes if it is missing. Several processes may share
/// one. Not thread-safe.
class Directory {
 public:
  struct Options {
    std::string path;
    EventFormat format = EventFormat::documented;
    bool sync = false;  ///< whether what is kept is on the disk when a call returns
  };

  static constexpr bool wants_uncounted = true;  ///< for their logs

  explicit Directory(Options options)
      : options_(std::move(options)),
        events_({.folder = options_.path,
                 .name = events_name,
                 .format = options_.format,
                 .sync = options_.sync}) {}

  /// Writes the log to a file of its own and returns its path as a file URI.
  Result<std::string> store(Report const& report) {
    for (std::size_t attempt = 1; attempt <= log_key_attempts; ++attempt) {
      std::string const path = options_.path + '/' + confined(log_key(report, attempt));
      auto made = internal::make_folder(internal::folder_of(path), 0755);
      if (!made) return made.error().within("store");
      auto file = internal::open_file(path, O_WRONLY | O_CREAT | O_EXCL, 0644);
      if (!file && file.error().system_number() == EEXIST) continue;
      if (!file) return file.error().within("store");
      auto written = report.outcome.output.each_block(
          [&](std::string_view block) { return internal::write_all(file->get(), block); });
      if (written && options_.sync) written = internal::sync_file(*file, path);
      if (written && options_.sync) written = internal::sync_folder(internal::folder_of(path));
      if (written) return uri(path);
      ::unlink(path.c_str());
      return written.error().within("store: " + path);
    }
    return Error{Errc::exists, "store: " + log_key(report) + " and all its successors are taken"};
  }

  /// Writes the log, then adds the event, with the log's URI or why there is none.
  Result<void> publish(Report const& report) {
    auto const log = store(report);
    Report known = report;
    known.log_uri = log ? *log : std::string();
    known.log_error = log ? std::string() : log.error().message;
    if (auto added = publish_wanted(events_, known); !added) return added.error().within("store");
    return log ? Result<void>{} : log.error();
  }

 private:
  static constexpr char const* events_name = "events.ndjson";

  /// The key with each part that would lead elsewhere, or to the events, made a plain name.
  static std::string confined(std::string_view key) {
    std::string out;
    for (std::string_view const part : split(key, '/')) {
      if (!out.empty()) out += '/';
      bool const events = out.empty() && part == events_name;
      out += part == "." ? "%2E" : part == ".." ? "%2E%2E" : events ? "events%2Endjson" : part;
    }
    return out;
  }

  static std::string uri(std::string const& path) {
    std::string absolute = path;
    if (!path.starts_with('/')) {
      char* const here = ::getcwd(nullptr, 0);
      if (here != nullptr) absolute = std::string(here) + '/' + path;
      ::free(here);
    }
    return "file://" + percent_encode(absolute, Slash::keep);
  }

  Options options_;
  EventFile events_;
};
static_assert(LogStore<Directory>);

}  // namespace sla::inline v1

// sla/publisher/dry_run.hpp
// Shows what would be sent, and sends nothing.

namespace sla::inline v1 {

/// Prints the topic, the message, the object's name and the log, for as long as somebody reads.
class DryRun {
 public:
  struct Options {
    std::string topic;   ///< the topic as it is set; empty if there is none
    std::string bucket;  ///< where the log would go; empty if it would go nowhere
    EventFormat format = EventFormat::documented;
    int descriptor = STDOUT_FILENO;  ///< stays the caller's
    Stop const* stop = nullptr;      ///< ends what nobody reads; of the calling thread
  };

  static constexpr bool wants_uncounted = true;  ///< to show their logs

  explicit DryRun(Options options) : options_(std::move(options)) {}

  Result<void> publish(Report const& report) {
    std::string text = "topic: " + (options_.topic.empty() ? "none" : options_.topic);
    text += "\nmessage: " + (report.counts() ? event_json(report, options_.format) : "none");
    text += "\nobject: ";
    text += options_.bucket.empty() ? log_key(report)
                                    : "s3://" + options_.bucket + '/' + log_key(report);
    text += "\nlog:\n";
    if (auto written = print(text); !written) return written;
    return report.outcome.output.each_block(
        [this](std::string_view block) { return print(block); });
  }

 private:
  /// A person may take their time to read it, but not longer than a stop leaves.
  Result<void> print(std::string_view text) const {
    while (!text.empty()) {
      if (is_over()) return Error{Errc::stopped, "dry run: nobody read it before the stop"};
      Instant const a_while = std::chrono::steady_clock::now() + std::chrono::milliseconds{100};
      auto const done = internal::write_until(options_.descriptor, text, a_while);
      if (!done && done.error().code != Errc::timed_out) return done.error().within("dry run");
    }
    return {};
  }
  [[nodiscard]] bool is_over() const noexcept {
    auto const end = options_.stop != nullptr ? options_.stop->deadline() : std::nullopt;
    return end &&
           (options_.stop->level() == StopLevel::now || std::chrono::steady_clock::now() >= *end);
  }

  Options options_;
};
static_assert(Publisher<DryRun>);

}  // namespace sla::inline v1

// sla/publisher/by_calls_apart.hpp
// A publisher to a disk that may hang: its calls are made apart, so that the program can end while
// one of them waits.

namespace sla::inline v1 {

/// Publishes to P, which starts neither a process nor a thread; stores logs where P does.
template <class P>
class ByCallsApart {
  using Held = internal::HeldPublisher<P>;

 public:
  static constexpr bool wants_uncounted = sla::wants_uncounted<P>;

  explicit ByCallsApart(P publisher) : publisher_(std::move(publisher)) {}

  Result<void> publish(Report const& report) {
    return call<Result<void>>([&] { return publish_wanted(publisher_, report); });
  }
  Result<std::string> store(Report const& report) requires LogStore<Held> {
    return call<Result<std::string>>([&] { return publisher_.store(report); });
  }

 private:
  template <class R, class Ask>
  static R call(Ask ask) {
    std::optional<R> answer;
    auto body = [&] { answer.emplace(ask()); };
    internal::CallsApart::make(body);
    if (answer) return *std::move(answer);
    return Error{Errc::unavailable, "the call was killed"};
  }

  Held publisher_;

  static_assert(Publisher<P>,
                "ByCallsApart's parameter must be a sla::Publisher: movable, with "
                "sla::Result<void> publish(sla::Report const&)");
};

}  // namespace sla::inline v1

// sla/publisher/optional.hpp
// A publisher that may be absent: what a setting switches on at run time.

namespace sla::inline v1 {

/// Publishes if there is a publisher; otherwise every report counts as delivered. Not thread-safe.
template <class P>
class Optional {
  using Held = internal::HeldPublisher<P>;

 public:
  static constexpr bool wants_uncounted = sla::wants_uncounted<P>;

  Optional() = default;
  explicit Optional(std::optional<P> publisher) : publisher_(std::move(publisher)) {}

  Result<void> publish(Report const& report) {
    return publisher_ ? publish_wanted(*publisher_, report) : Result<void>{};
  }

  std::vector<Result<void>> publish_all(std::vector<Report> const& reports) requires
      BatchPublisher<Held> {
    if (!publisher_) return std::vector<Result<void>>(reports.size());
    return publish_all_wanted(*publisher_, reports);
  }

  /// Returns the log's URI, empty if there is no store; only if P is a log store.
  Result<std::string> store(Report const& report) requires LogStore<Held> {
    return publisher_ ? publisher_->store(report) : Result<std::string>(std::string());
  }
  std::vector<Result<std::string>> store_all(std::vector<Report> const& reports) requires
      BatchLogStore<Held> {
    if (publisher_) return publisher_->store_all(reports);
    return std::vector<Result<std::string>>(reports.size(), std::string());
  }
  Result<std::string> store_bundle(Output const& bytes, WallTime at) requires BundleLogStore<Held> {
    return publisher_ ? publisher_->store_bundle(bytes, at) : Result<std::string>(std::string());
  }

 private:
  std::optional<Held> publisher_;

  static_assert(Publisher<P>,
                "Optional's parameter must be a sla::Publisher: movable, with sla::Result<void> "
                "publish(sla::Report const&)");
};

}  // namespace sla::inline v1

// sla/publisher/s3_log.hpp
// Puts each run's log in an S3 bucket, as an object that replaces no other. If the key is taken
// by the very same run, because an answer got lost, the log is there already; if that cannot be
// found out now, a later attempt does. AWS keeps what is there; whether a store of another make
// does is found out with the first log, and if it does not, each key is looked at first.

namespace sla::inline v1 {

/// Keeps logs in a bucket. C is a Client for S3. Not thread-safe.
template <class C>
class S3Log {
 public:
  struct Options {
    aws::Bucket bucket{};
    /// For one log, its retries included; upload_time() of its size is added.
    Duration limit = std::chrono::seconds{30};
    Logger log{};
  };

  static constexpr bool wants_uncounted = true;

  S3Log(C client, Options options)
      : client_(std::move(client)),
        options_(std::move(options)),
        condition_(aws::is_foreign(options_.bucket.endpoint) ? Condition::unknown
                                                             : Condition::kept) {}

  /// Puts the log and returns its `s3://` URI.
  Result<std::string> store(Report const& report) {
    Instant const until = std::chrono::steady_clock::now() + options_.limit +
                          aws::upload_time(report.outcome.output.size());
    std::string const& run = report.job.run_id;
    std::vector<std::string>& owners = owners_of(log_key(report));
    auto const known = std::find(owners.begin(), owners.end(), run);
    if (known != owners.end()) {
      return uri(log_key(report, static_cast<std::size_t>(known - owners.begin()) + 1));
    }
    aws::PutObjectInput object = object_of(report);
    while (owners.size() < log_key_attempts) {
      object.key = log_key(report, owners.size() + 1);
      auto whose = place(object, until);
      if (!whose) return whose.error();
      owners.push_back(*std::move(whose));
      if (owners.back() == run) return uri(object.key);
    }
    return Error{Errc::exists,
                 "s3 put object " + uri(log_key(report)) + ": it and all its successors are taken"};
  }

  /// Puts several at once. One whose key is taken is stored alone, and so is each one while it is
  /// not known whether the store keeps what is there.
  std::vector<Result<std::string>> store_all(std::vector<Report> const& reports) {
    std::vector<Result<std::string>> uris(reports.size(), std::string());
    std::vector<std::size_t> alone, together;
    std::vector<std::string> keys;
    std::vector<aws::PutObjectInput> objects;
    Duration limit = options_.limit;
    for (std::size_t i = 0; i < reports.size(); ++i) {
      std::string key = log_key(reports[i]);
      auto const& owners = owners_of(key);
      bool const known =
          std::find(owners.begin(), owners.end(), reports[i].job.run_id) != owners.end();
      bool const twice = std::find(keys.begin(), keys.end(), key) != keys.end();
      if (condition_ != Condition::kept || known || twice || owners.size() >= log_key_attempts) {
        alone.push_back(i);
        continue;
      }
      objects.push_back(object_of(reports[i]));
      objects.back().key = log_key(reports[i], owners.size() + 1);
      objects.back().existing = aws::Existing::keep;
      limit += aws::upload_time(reports[i].outcome.output.size());
      together.push_back(i);
      keys.push_back(std::move(key));
    }
    auto const done = aws::put_objects(client_, options_.bucket, objects,
                                       std::chrono::steady_clock::now() + limit);
    for (std::size_t i = 0; i < together.size(); ++i) {
      std::size_t const place = together[i];
      if (done[i]) {
        auto& owners = owners_of(keys[i]);
        bool const next = objects[i].key == log_key(reports[place], owners.size() + 1);
        if (next) owners.push_back(reports[place].job.run_id);
        uris[place] = uri(objects[i].key);
      } else if (done[i].error().code == Errc::exists) {
        alone.push_back(place);
      } else {
        uris[place] = done[i].error();
      }
    }
    for (std::size_t const i : alone) uris[i] = store(reports[i]);
    return uris;
  }

  /// Puts the bytes of a bundle, whose hash is in the key: an object that has it holds the same.
  Result<std::string> store_bundle(Output const& bytes, WallTime at) {
    aws::PutObjectInput object{.body = bytes, .content_type = "text/plain; charset=utf-8"};
    if (!object.body.sha256() && !hash_anew(object.body)) {
      return Error{Errc::system, "s3 put object: the bundle of logs cannot be hashed"};
    }
    std::string id;
    hex_to(id, *object.body.sha256());
    object.key = bundle_key(at, id.substr(0, 32));
    bool const keeps = condition_ == Condition::kept;
    auto const done =
        put(object, keeps ? aws::Existing::keep : aws::Existing::replace,
            std::chrono::steady_clock::now() + options_.limit + aws::upload_time(bytes.size()));
    if (!done && done.error().code != Errc::exists) return done.error();
    return uri(object.key);
  }

  Result<void> publish(Report const& report) {
    auto const stored = store(report);
    if (!stored) return stored.error();
    return {};
  }

 private:
  /// What a store makes of `If-None-Match: *`, with which no object replaces another.
  enum class Condition {
    unknown,
    kept,
    ignored,  ///< or refused
  };

  static aws::PutObjectInput object_of(Report const& report) {
    aws::PutObjectInput object{
        .body = report.outcome.output,
        .content_type = "text/plain; charset=utf-8",
        .metadata = {{"run-id", report.job.run_id},
                     {"exit-code", std::to_string(report.outcome.exit_code)}}};
    if (!object.body.sha256()) (void)hash_anew(object.body);  // an error shows in the request
    return object;
  }

  /// Returns true if the hash of the bytes is another one than was known.
  static bool hash_anew(Output& body) {
    aws::Sha256 hash;
    auto const sum = aws::sha256(hash, body);
    if (!sum || body.sha256() == *sum) return false;
    body = body.with_sha256(*sum);
    return true;
  }

  static std::string const& run_of(aws::PutObjectInput const& object) {
    return object.metadata.front().value;
  }

  /// Puts the log where no other is and returns the run whose log has the key then, empty if that
  /// may not be asked.
  Result<std::string> place(aws::PutObjectInput& object, Instant until) {
    if (condition_ == Condition::kept) return place_by_condition(object, until);
    Instant const began = client_.clock().now();
    auto there = look(object.key, until);
    if (there && *there) return **std::move(there);
    bool const blind =
        condition_ == Condition::unknown && !there && there.error().code == Errc::denied;
    if (!there && !blind) return there.error();
    if (condition_ == Condition::unknown) {
      auto whose = try_condition(object, until);
      if (!whose || condition_ != Condition::ignored) return whose;
    } else if (auto done = put(object, aws::Existing::replace, until); !done) {
      return done.error();
    }
    return settle(object, began, until);
  }

  Result<std::string> place_by_condition(aws::PutObjectInput& object, Instant until) {
    auto const done = put(object, aws::Existing::keep, until);
    if (done) return run_of(object);
    if (done.error().code != Errc::exists) return done.error();
    condition_ = Condition::kept;
    // What else goes wrong may pass, and then the log might be there already. A status of 400 is
    // one of them: no more than that comes back from a HEAD whose token has expired.
    auto there = look(object.key, until);
    if (there) return std::move(there)->value_or("");
    if (there.error().code == Errc::denied) return std::string();
    return there.error();
  }

  /// Puts the log, and finds out whether the store keeps what is there: the log is put over itself,
  /// which harms nothing.
  Result<std::string> try_condition(aws::PutObjectInput& object, Instant until) {
    auto whose = place_by_condition(object, until);
    if (condition_ == Condition::kept) return whose;
    if (!whose && !is_unsupported(whose.error())) return whose;
    bool const refused = !whose;
    auto const done = put(object, refused ? aws::Existing::replace : aws::Existing::keep, until);
    if (refused && !done) return done.error();
    if (!done && done.error().code == Errc::exists) condition_ = Condition::kept;
    if (!done) return run_of(object);
    condition_ = Condition::ignored;
    options_.log.warning("the store " + std::string(refused ? "refuses" : "ignores") +
                             " If-None-Match, so each log's key is looked at before it is put",
                         {{"bucket", options_.bucket.name}});
    return run_of(object);
  }
  /// Returns true if it may be the condition that a store refuses.
  static bool is_unsupported(Error const& error) noexcept {
    return error.code == Errc::rejected &&
           (error.http_status() == 400 || error.http_status() == 405 || error.http_status() == 501);
  }

  /// Checks that the log is still there once others who looked before it was have put theirs.
  Result<std::string> settle(aws::PutObjectInput const& object, Instant began, Instant until) {
    using std::chrono::milliseconds;
    Instant const now = client_.clock().now();
    client_.clock().sleep_until(
        now + std::clamp<Duration>(4 * (now - began), milliseconds{100}, milliseconds{2000}));
    auto there = look(object.key, until);
    if (!there) return there.error();
    return std::move(there)->value_or(run_of(object));
  }

  /// Puts the log. One that is refused is hashed anew: what a spool kept may be no more what it was
  /// when its hash was taken.
  Result<void> put(aws::PutObjectInput& object, aws::Existing existing, Instant until) {
    object.existing = existing;
    auto done = aws::put_object(client_, options_.bucket, object, until);
    if (done || done.error().code != Errc::rejected || !hash_anew(object.body)) return done;
    return aws::put_object(client_, options_.bucket, object, until);
  }

  /// Returns the run whose log has the key, or nothing if no object has it.
  Result<std::optional<std::string>> look(std::string const& key, Instant until) {
    auto const head = aws::head_object(client_, options_.bucket, key, until);
    if (head)
      return std::optional(std::string(aws::find_header(head->metadata, "run-id").value_or("")));
    if (head.error().code == Errc::not_found) return std::optional<std::string>();
    return head.error();
  }

  [[nodiscard]] std::string uri(std::string const& key) const {
    return "s3://" + options_.bucket.name + '/' + key;
  }

  /// Returns whose logs have a key and its successors, as far as known: so many logs of one second
  /// take as many requests, not their square.
  std::vector<std::string>& owners_of(std::string const& key) {
    constexpr std::size_t most_keys = 4096;
    auto const [known, is_new] = owners_.try_emplace(key);
    if (!is_new) return known->second;
    keys_.push_back(key);
    if (keys_.size() > most_keys) {
      owners_.erase(keys_.front());
      keys_.pop_front();
    }
    return known->second;
  }

  C client_;
  Options options_;
  Condition condition_;
  std::map<std::string, std::vector<std::string>> owners_{};  ///< by the first key
  std::deque<std::string> keys_{};                            ///< those keys, the newest last
};

}  // namespace sla::inline v1

// sla/publisher/topic.hpp
// Which topic a publisher of events publishes to: one whose ARN is known, or one of the own account
// by its name, which STS is asked to complete, once.

namespace sla::inline v1 {

/// `arn()` gives the topic's ARN, or why it is not known (yet).
template <class T>
concept TopicSource = bool{std::movable<T>} && requires(T& t) {
  { t.arn() } -> std::same_as<Result<std::string>>;
};

namespace internal {

/// Takes the place of a source that a door refused, so that the refusal is the only error.
template <class X>
struct RefusedTopicSource {
  RefusedTopicSource(X const&) noexcept {}
  Result<std::string> arn() { return std::string(); }
};
template <class X>
using HeldTopicSource = std::conditional_t<TopicSource<X>, X, RefusedTopicSource<X>>;

}  // namespace internal

/// A topic whose ARN is known.
class FixedTopic {
 public:
  explicit FixedTopic(std::string arn) : arn_(std::move(arn)) {}

  Result<std::string> arn() const { return arn_; }

 private:
  std::string arn_;
};
static_assert(TopicSource<FixedTopic>);

/// A topic of the own account. C is a Client for STS.
template <class C>
class NamedTopic {
 public:
  struct Options {
    std::string name;
    std::string region;
    aws::EndpointSettings endpoints{};
    Duration limit = std::chrono::seconds{15};  ///< for the question to STS, its retries included
  };

  NamedTopic(C sts, Options options) : sts_(std::move(sts)), options_(std::move(options)) {}
  /// The topic of that ARN; STS is never asked.
  NamedTopic(C sts, FixedTopic const& topic) : sts_(std::move(sts)), arn_(topic.arn().value()) {}

  /// Asks STS for the account until it answers, and never again.
  Result<std::string> arn() {
    if (!arn_.empty()) return arn_;
    auto const identity =
        aws::get_caller_identity(sts_, options_.endpoints.in(options_.region, aws::Service::sts),
                                 std::chrono::steady_clock::now() + options_.limit);
    if (!identity) return identity.error().within("topic " + options_.name);
    auto const arn = aws::topic_arn(
        {.region = options_.region, .account = identity->account, .name = options_.name});
    if (!arn) return arn.error();
    return arn_ = aws::to_string(*arn);
  }

 private:
  C sts_;
  Options options_{};
  std::string arn_;
};

}  // namespace sla::inline v1

// sla/publisher/sns.hpp
// Publishes each counted run as an event to an SNS topic, with the attributes that subscriptions
// filter by. On a FIFO topic the service's events keep their order and a redelivery is dropped.

namespace sla::inline v1 {

/// Returns the attributes of a report's message: service, succeeded and verdict; counted if it
/// is false; state, transition and alert if somebody keeps track of them; groups if there are
/// any.
[[nodiscard]] inline std::vector<aws::MessageAttribute> event_attributes(Report const& report) {
  std::vector<aws::MessageAttribute> attributes{
      {"service", aws::AttributeType::string, report.job.service},
      {"succeeded", aws::AttributeType::string, report.succeeded() ? "true" : "false"},
      {"verdict", aws::AttributeType::string, std::string(to_string(report.outcome.verdict))}};
  if (!report.conclusive()) attributes.push_back({"counted", aws::AttributeType::string, "false"});
  auto const add = [&](std::string_view name, std::string const& value) {
    if (!value.empty())
      attributes.push_back({std::string(name), aws::AttributeType::string, value});
  };
  add("state", report.standing.state);
  add("transition", report.standing.transition);
  add("alert", report.standing.alert);
  if (report.job.groups.empty()) return attributes;
  JsonWriter groups;
  groups.begin_array();
  for (std::string const& group : report.job.groups) groups.string(group);
  attributes.push_back({"groups", aws::AttributeType::string_array, groups.end_array().text()});
  return attributes;
}

/// Publishes events. C is a Client for SNS, T a TopicSource. Not thread-safe.
template <class C, class T = FixedTopic>
class Sns {
 public:
  struct Options {
    aws::EndpointSettings endpoints{};
    EventFormat format = EventFormat::documented;
    Duration limit = std::chrono::seconds{20};  ///< for one report, its retries included
  };

  Sns(C client, T topic) : Sns(std::move(client), std::move(topic), Options{}) {}
  Sns(C client, T topic, Options options)
      : client_(std::move(client)), topic_(std::move(topic)), options_(std::move(options)) {}

  Result<void> publish(Report const& report) {
    auto const topic = topic_.arn();
    if (!topic) return topic.error();
    auto const id =
        sla::aws::publish(client_, options_.endpoints, input_of(report, *topic), deadline());
    if (!id) return id.error();
    return {};
  }

  /// Publishes ten with one request, and all such requests at once. A service of another make that
  /// refuses every batch gets the messages one by one, from the fourth time on.
  std::vector<Result<void>> publish_all(std::vector<Report> const& reports) {
    std::vector<Result<void>> results;
    results.reserve(reports.size());
    auto const topic = topic_.arn();
    if (!topic) return std::vector<Result<void>>(reports.size(), topic.error());
    if (!has_batches()) {
      for (Report const& report : reports) results.push_back(publish(report));
      return results;
    }
    std::vector<aws::PublishInput> inputs;
    inputs.reserve(reports.size());
    for (Report const& report : reports) inputs.push_back(input_of(report, *topic));
    bool refused = true;
    for (auto const& id : aws::publish_batches(client_, options_.endpoints, inputs, deadline())) {
      refused = refused && !id && id.error().code == Errc::rejected;
      results.push_back(id ? Result<void>{} : id.error());
    }
    refused_in_a_row_ = refused ? refused_in_a_row_ + 1 : 0;
    return results;
  }

 private:
  [[nodiscard]] bool has_batches() const noexcept { return refused_in_a_row_ < 3; }
  [[nodiscard]] Instant deadline() const {
    return std::chrono::steady_clock::now() + options_.limit;
  }
  [[nodiscard]] aws::PublishInput input_of(Report const& report, std::string const& topic) const {
    return {.topic_arn = topic,
            .message = event_json(report, options_.format),
            .attributes = event_attributes(report),
            .group_id = report.job.service,
            .deduplication_id = report.job.run_id};
  }

  C client_;
  internal::HeldTopicSource<T> topic_;
  Options options_;
  int refused_in_a_row_ = 0;  ///< how many batches were, as a whole

  static_assert(TopicSource<T>,
                "Sns's second parameter must be a sla::TopicSource: movable, with "
                "sla::Result<std::string> arn()");
};

}  // namespace sla::inline v1

// sla/publisher/spooled.hpp
// A publisher that never keeps a run waiting: publish() puts the report in a spool and returns, a
// thread of its own delivers it, again and again for as long as it takes. Its signals stay blocked,
// so the program hears them where it waits for them. finish() delivers what it can in the time that
// is left; what stays behind is in the spool, or on stderr if that is only memory. Where a
// delivery hangs in a call that nothing can end, such as to a disk, finish() gives up on it.

namespace sla::inline v1 {

/// Delivers reports in the background: each log by L, then each event by P, whose report has no
/// output any more once the log is delivered, or if it is not wanted. A handle: copies share one
/// spool and one thread, and the last of them ends it, which takes as long as a publisher inside
/// needs to hear of its stop. L, P and their transports belong to the thread; publish() and begin()
/// may be called from any. If there can be no thread, each publish() tries again to start one,
/// at most once a second, and finish() delivers.
template <class L, class P, class S, class C = SteadyClock>
class Spooled {
  using Time = internal::HeldClock<C>;

 public:
  struct Options {
    DeliveryOptions delivery{};
    EventFormat format = EventFormat::documented;  ///< of what is listed at the end
    int listing = STDERR_FILENO;                   ///< where that goes; stays the caller's
  };

  static constexpr bool wants_uncounted = true;  ///< for their logs

  /// `stops` outlives all copies. Where a signal must reach the program by a Stop, that one is made
  /// first.
  Spooled(L store, P publisher, S spool, DeliveryStops const& stops)
      : worker_(std::make_shared<Worker>(std::move(store), std::move(publisher), std::move(spool),
                                         stops, Options{}, C{}, Logger{})) {}
  Spooled(L store, P publisher, S spool, DeliveryStops const& stops, Options options, C clock = C{},
          Logger log = Logger{})
      : worker_(std::make_shared<Worker>(std::move(store), std::move(publisher), std::move(spool),
                                         stops, options, std::move(clock), log)) {}

  /// Notes that a run begins, so that it is known should this process die.
  void begin(Report const& report) { worker_->delivery.begin(report); }

  /// Keeps the report for delivery; returns once it is kept as safely as the spool can.
  Result<void> publish(Report const& report) {
    worker_->delivery.add(report);
    worker_->ensure_thread();
    worker_->refused ? worker_->deliver_here() : worker_->wake();
    return {};
  }

  /// Returns what the last event of that check left for the next process (Report::memory), where
  /// the spool keeps it.
  [[nodiscard]] Recalled recall(Job const& job) {
    return worker_->delivery.with_spool([&](auto& spool) { return spool.recall(job); });
  }

  /// Tries everything again as soon as it makes sense: finish() follows.
  void hurry() { worker_->hurry(); }

  /// Delivers what is pending so that the program can be gone at the end, logs for at most half of
  /// the time; returns early when nothing more can be tried by then. What is left: nothing is
  /// delivered after this.
  SpoolCount finish(Instant end) { return worker_->finish(end); }

  /// Returns true if finish() gave up on a delivery that hangs. The last copy would wait for its
  /// end; a program that ends does not let it go.
  [[nodiscard]] bool hangs() const noexcept { return worker_->hangs; }

 private:
  struct Worker {
    Worker(internal::HeldLogStore<L> store, internal::HeldPublisher<P> publisher,
           internal::HeldSpool<S> spool, DeliveryStops const& the_stops, Options the_options,
           Time the_clock, Logger the_log)
        : delivery(std::move(store), std::move(publisher), std::move(spool), the_stops,
                   the_options.delivery, the_clock, the_log),
          stops(the_stops),
          options(the_options),
          clock(std::move(the_clock)),
          log(the_log) {
      ensure_thread();
    }
    Worker(Worker const&) = delete;
    Worker& operator=(Worker const&) = delete;
    // What cannot even be ended ends the program.
    ~Worker() {  // NOLINT(bugprone-exception-escape)
      finish(clock.now());
      if (thread) thread->join();
    }

    /// A shortage of threads passes: it is tried again.
    void ensure_thread() {
      std::lock_guard const lock(starting);
      Instant const now = std::chrono::steady_clock::now();
      if (thread || now < start_at) return;
      start_at = now + std::chrono::seconds{1};
      auto started = internal::Apart::start([this] { work(); });
      refused = !started && started.error().system_number() == EPERM;
      if (!started && !std::exchange(said_none, true)) {
        log.warning((refused ? "results are delivered between runs: "
                             : "results are not delivered for now: ") +
                    started.error().message);
      }
      if (!started) return;
      if (std::exchange(said_none, false)) log.info("results are delivered again");
      thread = *std::move(started);
    }

    void wake() {
      {
        std::lock_guard const lock(mutex);
        news = true;
      }
      changed.notify_all();
    }

    void work() {
      std::unique_lock lock(mutex);
      while (!quit) {
        if (std::exchange(hurried, false)) delivery.hurry();
        news = false;
        lock.unlock();
        Instant const due = delivery.step();
        lock.lock();
        Duration const wait = due - clock.now();
        if (due != Instant::max() && wait <= Duration::zero()) continue;
        rests_until = due;
        changed.notify_all();
        auto const roused = [this] { return quit || news || hurried; };
        if (due == Instant::max()) {
          changed.wait(lock, roused);
        } else {
          changed.wait_for(lock, wait, roused);
        }
        rests_until = Instant::min();
      }
    }

    void hurry() {
      std::lock_guard const lock(mutex);
      hurried = true;
      rests_until = Instant::min();
      changed.notify_all();
    }

    SpoolCount finish(Instant end) {
      if (std::exchange(finished, true)) return undelivered();
      ensure_thread();
      Instant const now = clock.now();
      Duration const time = std::max(end - now, Duration::zero());
      StopPlan const plan = stop_plan({.budget = time, .delivery = time});
      thread ? stop_by(now, plan) : deliver_by(now, plan);
      stops.credentials.request();
      SpoolCount const left = undelivered();
      list(left, std::max(clock.now(), end) + last_moment);
      return left;
    }

    /// Returns what is left; what waits for a bundle is an event that waits.
    SpoolCount undelivered() {
      SpoolCount left = delivery.count();
      left.events += std::exchange(left.gathered, 0);
      return left;
    }

    /// Lets the thread deliver, and ends it.
    void stop_by(Instant begin, StopPlan const& plan) {
      hurry();
      Instant const events_until = begin + plan.events;
      std::unique_lock lock(mutex);
      auto const idle = [&] { return !hurried && rests_until > events_until; };
      auto const rested_by = [&](Instant until) {
        return changed.wait_for(lock, std::max(until - clock.now(), Duration::zero()), idle);
      };
      if (!rested_by(begin + plan.logs)) stops.logs.request();
      if (!rested_by(events_until)) {
        stops.events.request();
        stops.credentials.request();
      }
      quit = true;
      changed.notify_all();
      lock.unlock();
      Duration const left = std::max(begin + plan.end - clock.now(), Duration::zero());
      hangs = !thread->join_until(std::chrono::steady_clock::now() + left + last_moment);
    }
    /// Delivers for a moment on the caller's thread, if no other can ever be started.
    void deliver_here() {
      Instant const end = clock.now() + std::chrono::seconds{1};
      for (Instant due = Instant::min(); due <= clock.now() && clock.now() < end;) {
        due = delivery.step();
      }
    }
    /// Delivers on the caller's thread, if there is no other.
    void deliver_by(Instant begin, StopPlan const& plan) {
      Instant const deadline = begin + plan.events;
      stops.logs.request_at(begin + plan.logs);
      stops.events.request_at(deadline);
      stops.credentials.request_at(deadline);
      delivery.hurry();
      for (Instant due = Instant::min(); due <= clock.now() && clock.now() < deadline;) {
        due = delivery.step();
      }
    }

    /// Says what stays behind. What is lost with this process is written down, one line of JSON for
    /// each result, as far as somebody reads it by then. A reason that many have is said once.
    void list(SpoolCount const& left, Instant until) {
      auto const lost = delivery.in_memory();
      if (lost.empty() && left.events + left.logs != 0) {
        log.warning("what is not delivered stays in the spool",
                    {{"events", left.events}, {"logs", left.logs}});
      }
      std::string said;
      for (std::size_t at = 0; at < lost.size(); ++at) {
        if (clock.now() >= until) return;
        Entry const& entry = lost[at];
        Report const& report = entry.report;
        std::string const reason = why(entry);
        if (entry.waiting() && reason != said) {
          complain(reason, report, alike(lost, at));
          said = reason;
        }
        if (entry.event == Part::done || !report.counts()) continue;
        JsonWriter json;
        json.begin_object().key("undelivered").literal(event_json(report, options.format));
        json.key("reason").string(reason).end_object();
        if (!internal::write_within(options.listing, json.text() + '\n', last_moment)) return;
      }
    }

    std::string why(Entry const& entry) const {
      return hangs ? "it hangs" : delivery.reason(entry);
    }
    /// Counts those that follow one and wait for the same reason.
    std::size_t alike(std::vector<Entry> const& lost, std::size_t at) const {
      std::string const reason = why(lost[at]);
      std::size_t count = 0;
      for (++at; at < lost.size(); ++at) {
        if (lost[at].waiting() && why(lost[at]) != reason) break;
        count += lost[at].waiting() ? 1 : 0;
      }
      return count;
    }
    void complain(std::string const& reason, Report const& report, std::size_t more) const {
      std::string const message = "not delivered: " + reason;
      if (more == 0) return log.error(message, {{"run", report.job.run_id}});
      log.error(message, {{"run", report.job.run_id}, {"more", std::uint64_t{more}}});
    }

    internal::Delivery<L, P, S, C> delivery;
    DeliveryStops const& stops;
    Options options;
    Time clock;
    Logger log;
    std::mutex mutex{};
    std::condition_variable changed{};
    bool news = false;     ///< something was added
    bool hurried = false;  ///< finish() was called
    bool quit = false;
    Instant rests_until = Instant::min();  ///< by when nothing happens; past while it delivers
    bool finished = false;
    bool hangs = false;
    std::mutex starting{};   ///< guards what follows
    Instant start_at{};      ///< when a thread may be started again
    bool said_none = false;  ///< a line said that there is no thread
    bool refused = false;    ///< not for a shortage, which passes
    std::optional<internal::Apart> thread{};
  };

  std::shared_ptr<Worker> worker_;
  [[no_unique_address]] internal::DeliveryPolicies<L, P, S, C> checked_{};
};

}  // namespace sla::inline v1

// sla/publisher/then.hpp
// Two publishers, of which the second gets what the first took: what only makes sense of a report
// that arrived.

namespace sla::inline v1 {

/// Publishes to P and, once it took the report, to Q. If Q fails, another attempt is one at both.
/// Not thread-safe.
template <class P, class Q>
class Then {
 public:
  static constexpr bool wants_uncounted = sla::wants_uncounted<P> || sla::wants_uncounted<Q>;

  Then(P first, Q second) : first_(std::move(first)), second_(std::move(second)) {}

  Result<void> publish(Report const& report) {
    if (auto done = publish_wanted(first_, report); !done) return done;
    return publish_wanted(second_, report);
  }
  std::vector<Result<void>> publish_all(std::vector<Report> const& reports) requires
      BatchPublisher<internal::HeldPublisher<P>> {
    return publish_all_wanted(second_, reports, publish_all_wanted(first_, reports));
  }

 private:
  internal::HeldPublisher<P> first_;
  internal::HeldPublisher<Q> second_;

  static_assert(Publisher<P>,
                "Then's first parameter must be a sla::Publisher: movable, with sla::Result<void> "
                "publish(sla::Report const&)");
  static_assert(Publisher<Q>,
                "Then's second parameter must be a sla::Publisher: movable, with sla::Result<void> "
                "publish(sla::Report const&)");
};

}  // namespace sla::inline v1

// sla/publisher/tracked.hpp
// Keeps track of how a service stands: up or down by its results in a row, and, if there is a
// target, what is left of its error budget and how fast that burns. Each report is told before it
// is published, so the event says it, and so do the attributes that subscribers filter by.

namespace sla::inline v1 {

/// How a Tracked goes about it.
struct Tracking {
  ledger::Thresholds thresholds{};
  std::optional<ledger::Target> target{};
  std::string memory{};  ///< what an earlier process left (Spooled::recall); empty: begins anew
};

/// Tells each report how its service stands, and publishes it to P. For the runs of one check.
/// Not thread-safe.
template <class P>
class Tracked {
 public:
  static constexpr bool wants_uncounted = sla::wants_uncounted<P>;

  Tracked(P publisher, Tracking const& options)
      : publisher_(std::move(publisher)), health_(options.thresholds), target_(options.target) {
    if (target_) budget_.emplace(*target_);
    internal::RecordReader memory(options.memory);
    while (auto const field = memory.next()) {
      health_.read(*field);
      if (budget_) budget_->read(*field);
    }
  }

  Result<void> publish(Report const& report) {
    Report known = report;
    if (report.counts()) track(known);
    return publish_wanted(publisher_, known);
  }

 private:
  void track(Report& report) {
    std::optional<ledger::Health::Transition> transition;
    if (report.conclusive()) {
      transition = health_.add(report.event_end(), report.succeeded());
      if (budget_) budget_->add(report.event_end(), report.succeeded());
    }
    Standing& standing = report.standing;
    standing.state = to_string(health_.state());
    if (transition) standing.transition = standing.state;
    if (budget_) standing.alert = to_string(budget_->alert());
    standing.json = json(standing, transition);
    internal::RecordWriter memory;
    health_.write(memory);
    if (budget_) budget_->write(memory);
    report.memory = internal::Shared<std::string const>::make(std::move(memory).bytes());
  }

  /// Returns the members of an object, without its braces.
  [[nodiscard]] std::string json(
      Standing const& standing, std::optional<ledger::Health::Transition> const& transition) const {
    using std::chrono::milliseconds;
    JsonWriter json;
    json.begin_object().key("state").string(standing.state);
    if (transition) {
      json.key("transition").string(standing.transition);
      json.key("sinceMs").integer(epoch_milliseconds(transition->since));
    }
    if (transition && transition->down) {
      json.key("downMs").integer(std::chrono::floor<milliseconds>(*transition->down).count());
    }
    if (budget_) write_target(json, standing.alert);
    std::string const text = json.end_object().text();
    return text.substr(1, text.size() - 2);
  }

  void write_target(JsonWriter& json, std::string_view alert) const {
    auto const results = budget_->results();
    auto const bad = static_cast<std::int64_t>(results.bad);
    auto const hours = target_->window / std::chrono::hours{1};
    json.key("slo").begin_object().key("target").literal(target_->good.text());
    json.key("window").string(hours % 24 == 0 ? std::to_string(hours / 24) + 'd'
                                              : std::to_string(hours) + 'h');
    json.key("good").integer(static_cast<std::int64_t>(results.good)).key("bad").integer(bad);
    json.key("budget").integer(budget_->budget());
    json.key("budgetLeft").integer(budget_->budget() - bad);
    json.key("alert").string(alert).key("complete").boolean(budget_->complete()).end_object();
  }

  internal::HeldPublisher<P> publisher_;
  ledger::Health health_;
  std::optional<ledger::Target> target_;
  std::optional<ledger::ErrorBudget> budget_{};

  static_assert(Publisher<P>,
                "Tracked's first parameter must be a sla::Publisher: movable, with "
                "sla::Result<void> publish(sla::Report const&)");
};

}  // namespace sla::inline v1

// sla/runner.hpp
// The loop: waits for the Scheduler's next instant, lets the Executor run the job, hands the
// report to the Publisher, and goes on until there is no next instant or a stop is requested. It
// knows the contracts and never a concrete policy; no failure of a policy ends it.

namespace sla::inline v1 {

/// Runs a job again and again. One thread uses it at a time.
template <class S, class E, class P, class C = SteadyClock>
class Runner {
 public:
  Runner(S scheduler, E executor, P publisher, C clock = C{}, Logger log = Logger{})
      : scheduler_(std::move(scheduler)),
        executor_(std::move(executor)),
        publisher_(std::move(publisher)),
        clock_(std::move(clock)),
        log_(log) {}

  /// Runs until the scheduler has no next instant or a stop is requested.
  Tally run(Job const& job, Stop const& stop) {
    tally_ = {};
    std::optional<Instant> start = first(clock_.now());
    while (start && clock_.wait_until(*start, stop) != Wake::stopped) start = run_once(job, stop);
    return tally_;
  }

  /// Numbers its events as those of this process instead of one of its own: for many runners in
  /// one. Before the first run.
  void boot_as(std::string id) { sequence_.boot_as(std::move(id)); }
  /// One step of run(), for callers that multiplex runners: returns when the first run begins.
  std::optional<Instant> first(Instant now) { return scheduler_.next(now); }
  /// The other step: runs the job and hands over the report. Says when the next run begins.
  std::optional<Instant> run_once(Job const& job, Stop const& stop) {
    Report report = execute(job, stop);
    Instant const ended = clock_.now();
    std::optional<Instant> const next = scheduler_.next(ended);
    sequence_.complete(report);
    report.next_expected_by = expected(report, next, ended);
    count(report);
    auto const done = publish_wanted(publisher_, report);
    log_.ended(report);  // what the log says is known by then to whoever delivers it
    if (!done) {
      ++tally_.undelivered;
      log_.undelivered(report.job, done.error());
    }
    if (next) note_missed(job);
    return next;
  }
  /// Returns what the steps did so far.
  [[nodiscard]] Tally const& tally() const noexcept { return tally_; }

 private:
  Report execute(Job const& job, Stop const& stop) {
    Report report{.job = job, .started_at = clock_.wall()};
    report.job.run_id = new_run_id(report.started_at);
    sequence_.number(report.job, report.started_at);
    log_.starts(report.job);
    Instant const start = clock_.now();
    internal::tell_began(scheduler_, start);
    auto outcome = executor_.execute(report.job, stop);
    Instant const now = clock_.now();
    if (outcome) {
      report.outcome = *std::move(outcome);
    } else {
      report.outcome = {
          .verdict = Verdict::spawn_error, .exit_code = 126, .reason = outcome.error().message};
    }
    Instant const end = report.outcome.ended.value_or(now);
    report.duration = end - start;
    report.ended_at = clock_.wall() - (now - end);
    return report;
  }

  /// By when the event of the next run must have ended, if anybody can tell.
  std::optional<WallTime> expected(Report const& report, std::optional<Instant> next, Instant now) {
    using std::chrono::seconds;
    auto const longest = internal::longest_run_of(executor_);
    if (!longest) return std::nullopt;
    if (next) {
      return internal::later_by(clock_.wall() + seconds{2}, internal::greatest(*next, now) - now,
                                *longest);
    }
    auto const& another = report.job.expect_every;  // which is a process that has to start
    if (!another) return std::nullopt;
    return internal::later_by(report.started_at + seconds{60}, *another, *longest);
  }

  void count(Report const& report) {
    ++(!report.counts()       ? tally_.interrupted
       : !report.conclusive() ? tally_.unknown
       : report.succeeded()   ? tally_.passed
                              : tally_.failed);
  }

  /// A scheduler that counts the slots it misses (FixedRate) is heard.
  void note_missed(Job const& job) {
    auto const missed = internal::missed_of(scheduler_);
    if (missed != tally_.missed) log_.missed(job, tally_.missed = missed);
  }

  internal::HeldScheduler<S> scheduler_;
  internal::HeldExecutor<E> executor_;
  internal::HeldPublisher<P> publisher_;
  internal::HeldClock<C> clock_;
  internal::RunLog log_;
  internal::Sequence sequence_{};
  Tally tally_{};

  static_assert(Scheduler<S>,
                "Runner's first parameter must be a sla::Scheduler: movable, with "
                "std::optional<sla::Instant> next(sla::Instant now)");
  static_assert(Executor<E>,
                "Runner's second parameter must be a sla::Executor: movable, with "
                "sla::Result<sla::Outcome> execute(sla::Job const&, sla::Stop const&)");
  static_assert(Publisher<P>,
                "Runner's third parameter must be a sla::Publisher: movable, with "
                "sla::Result<void> publish(sla::Report const&)");
  static_assert(Clock<C>,
                "Runner's fourth parameter must be a sla::Clock: movable, with now(), wall(), "
                "wait_until(sla::Instant, sla::Stop const&) and sleep_until(sla::Instant)");
};

}  // namespace sla::inline v1

// sla/fleet.hpp
// Many runners in one process: a bounded set of threads takes whatever run is due from one queue,
// earliest first, so that a thousand checks cost little more than their runs. Each check has its
// own scheduler and executor; the publisher is usually a copy of one that is shared, such as a
// Spooled. Each executor is told that it runs beside others: those of sla then end their run's
// process group alone and reap no child of another, unless their options say Leftovers::end.

namespace sla::inline v1 {

/// How a fleet goes about it.
struct FleetOptions {
  /// How many runs there are at once at most, each on a thread; what is due then waits. Where there
  /// can be fewer threads there are fewer runs, but never none.
  std::size_t workers = 16;
  Duration spread{};  ///< the first runs are spread over this time; usually the period
};

/// Runs many jobs, each by its own scheduler. add() everything, then run().
template <class S, class E, class P>
class Fleet {
 public:
  explicit Fleet(FleetOptions options = {}, Logger log = {}) : options_(options), log_(log) {}

  /// One more check. The policies belong to it and are used by one thread at a time; what a
  /// publisher shares with its copies must bear several.
  void add(Job job, S scheduler, E executor, P publisher) {
    internal::tell_of_others(executor);
    checks_.push_back({OneRunner(std::move(scheduler), std::move(executor), std::move(publisher),
                                 SteadyClock{}, log_),
                       std::move(job)});
  }

  /// Called once: runs until no scheduler has a next instant or a stop is requested, which reaches
  /// every run. SIGUSR1 makes every check due. As PID 1 it also reaps whatever child has ended, so
  /// there an executor of one's own starts its children through OwnedChildren; std::system() and
  /// popen() would lose how they ended.
  Tally run(Stop const& stop) {
    schedule();
    std::vector<Stop> stops;
    std::size_t const wanted = std::clamp<std::size_t>(options_.workers, 1, checks_.size() + 1);
    while (stops.size() < wanted) stops.push_back(stop.for_another_thread());
    Stop const over;
    std::vector<internal::Thread> workers;
    start(workers, stops, over);
    while (workers.empty() && goes_on(stop)) {  // shortages pass
      work_alone(stop);
      start(workers, stops, over);
    }
    if (!workers.empty()) relay(stop, stops, over, workers);
    workers.clear();  // waits for their ends
    return total();
  }

 private:
  using OneRunner =
      Runner<internal::HeldScheduler<S>, internal::HeldExecutor<E>, internal::HeldPublisher<P>>;
  struct Check {
    OneRunner runner;
    Job job;
  };
  struct Due {
    Instant at;
    std::size_t check;
  };
  struct Later {
    bool operator()(Due const& left, Due const& right) const noexcept { return left.at > right.at; }
  };
  using Queue = std::priority_queue<Due, std::vector<Due>, Later>;

  void schedule() {
    Instant const begin = SteadyClock{}.now();
    std::string const boot = new_run_id(SteadyClock{}.wall());
    std::set<std::string_view>
        services;  // where two checks have one name, the second is another boot
    for (std::size_t i = 0; i < checks_.size(); ++i) {
      auto const share = static_cast<double>(i) / static_cast<double>(checks_.size());
      auto const at = begin + std::chrono::duration_cast<Duration>(options_.spread * share);
      if (services.insert(checks_[i].job.service).second) checks_[i].runner.boot_as(boot);
      if (auto const due = checks_[i].runner.first(at)) queue_.push({*due, i});
    }
    live_ = queue_.size();
  }

  /// One thread for each of the stops, or as many as there can be; the next call starts the rest.
  void start(std::vector<internal::Thread>& workers, std::vector<Stop> const& stops,
             Stop const& over) {
    std::lock_guard const lock(mutex_);  // none begins before all are counted
    while (workers.size() < stops.size() && !closing_ && live_ != 0) {
      Stop const& stop = stops[workers.size()];
      auto worker = internal::Thread::start([this, &stop, &over] { work(stop, over); });
      if (!worker) return note_shortage(workers.size(), worker.error());
      workers.push_back(*std::move(worker));
      ++working_;
    }
    if (std::exchange(short_of_threads_, false)) log_.info("there are as many runs at once again");
  }
  void note_shortage(std::size_t threads, Error const& error) {
    start_at_ = SteadyClock{}.now() + start_again;
    if (std::exchange(short_of_threads_, true)) return;
    log_.warning("fewer runs at once than asked for: " + error.message, {{"threads", threads}});
  }

  /// Passes on what the stop says, until all is over, and starts what threads could not be had.
  void relay(Stop const& stop, std::vector<Stop> const& stops, Stop const& over,
             std::vector<internal::Thread>& workers) {
    for (StopLevel passed = StopLevel::none; over.level() == StopLevel::none;) {
      StopLevel const level = stop.level();
      for (; passed < level; passed = static_cast<StopLevel>(static_cast<int>(passed) + 1)) {
        close();
        for (Stop const& each : stops) each.request_as(stop);
      }
      tend(stop);
      if (short_of_threads_ && SteadyClock{}.now() >= start_at_) start(workers, stops, over);
      auto const news = stop.watch(), end = over.watch();
      std::array<pollfd, 3> watched{news[0], news[1], end[0]};
      timespec const pause = to_timespec(start_again);
      (void)::ppoll(watched.data(), watched.size(), short_of_threads_ ? &pause : nullptr, nullptr);
    }
  }

  /// What else a signal asks for. A child is reaped by whoever started it; only orphans, which come
  /// to PID 1, have nobody else.
  void tend(Stop const& stop) {
    if (stop.take_run_now()) make_all_due();
    if (stop.take_child_ended() && ::getpid() == 1) internal::reap_children();
  }

  void close() {
    std::lock_guard const lock(mutex_);
    closing_ = true;
    wake_all();
  }
  void make_all_due() {
    std::lock_guard const lock(mutex_);
    Queue all;
    for (; !queue_.empty(); queue_.pop()) all.push({SteadyClock{}.now(), queue_.top().check});
    queue_.swap(all);
    wake_all();
  }
  void wake_all() {
    leader_.notify_all();
    followers_.notify_all();
  }

  /// One thread, which says when it is the last. The leader waits for the instant of the next run,
  /// the others until they lead.
  void work(Stop const& stop, Stop const& over) {
    std::unique_lock lock(mutex_);
    while (!closing_ && live_ != 0) {
      if (led_ || queue_.empty()) {
        followers_.wait(lock);
        continue;
      }
      Due const due = queue_.top();
      if (due.at > SteadyClock{}.now()) {
        led_ = true;
        leader_.wait_until(lock, due.at);
        led_ = false;
        continue;
      }
      queue_.pop();
      followers_.notify_one();
      lock.unlock();
      auto const next = run_one(checks_[due.check], stop);
      lock.lock();
      put_back(next, due.check);
    }
    if (--working_ == 0) over.request();
  }
  [[nodiscard]] bool goes_on(Stop const& stop) const {
    return live_ != 0 && stop.level() == StopLevel::none;
  }
  /// The caller's own thread, if there is no other: one run after another, for a while.
  void work_alone(Stop const& stop) {
    while (goes_on(stop) && SteadyClock{}.now() < start_at_) {
      tend(stop);
      Due const due = queue_.top();
      if (due.at > SteadyClock{}.now()) {
        await_news(std::min(due.at, start_at_), stop);
        continue;
      }
      queue_.pop();
      put_back(run_one(checks_[due.check], stop), due.check);
    }
  }
  /// One run of a check. When its next one begins.
  static std::optional<Instant> run_one(Check& check, Stop const& stop) {
    return check.runner.run_once(check.job, stop);
  }
  void put_back(std::optional<Instant> next, std::size_t check) {
    if (!next) {
      if (--live_ == 0) wake_all();
      return;
    }
    queue_.push({*next, check});
    if (led_ && queue_.top().check == check) leader_.notify_one();
  }

  [[nodiscard]] Tally total() const {
    Tally sum;
    for (Check const& check : checks_) {
      Tally const& one = check.runner.tally();
      sum.passed += one.passed;
      sum.failed += one.failed;
      sum.unknown += one.unknown;
      sum.interrupted += one.interrupted;
      sum.missed += one.missed;
      sum.undelivered += one.undelivered;
    }
    return sum;
  }

  static constexpr Duration start_again = std::chrono::seconds{1};

  FleetOptions options_;
  Logger log_;
  std::deque<Check> checks_{};
  std::mutex mutex_{};
  std::condition_variable leader_{};     ///< the next run is earlier than it was
  std::condition_variable followers_{};  ///< nobody leads
  Queue queue_{};
  bool led_ = false;
  bool closing_ = false;           ///< no new run
  std::size_t live_ = 0;           ///< checks that have a next run, or run
  std::size_t working_ = 0;        ///< threads
  bool short_of_threads_ = false;  ///< of the thread that calls run(), as the next
  Instant start_at_{};             ///< when more may be started

  static_assert(Scheduler<S>,
                "Fleet's first parameter must be a sla::Scheduler: movable, with "
                "std::optional<sla::Instant> next(sla::Instant now)");
  static_assert(Executor<E>,
                "Fleet's second parameter must be a sla::Executor: movable, with "
                "sla::Result<sla::Outcome> execute(sla::Job const&, sla::Stop const&)");
  static_assert(Publisher<P>,
                "Fleet's third parameter must be a sla::Publisher: movable, with sla::Result<void> "
                "publish(sla::Report const&)");
};

}  // namespace sla::inline v1
