// SPDX-License-Identifier: MIT
#pragma once
// What went wrong when something expected to work did not. The code decides what to do next, the
// message explains it to a person, and the number that somebody else gave is kept with its kind.
// A test that fails is not an error: that is a value of Outcome.
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "sla/version.hpp"

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
