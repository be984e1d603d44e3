// SPDX-License-Identifier: MIT
#pragma once
// What went wrong when something expected to work did not. The code decides what to do next, the
// message explains it to a person, and the native number is kept for those who look closer.
// A test that fails is not an error: that is a value of Outcome.
#include <cerrno>
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
  unavailable,     ///< the other side could not be reached, or failed by itself
  timed_out,       ///< no answer within the time limit
  throttled,       ///< the other side asks for fewer requests
  denied,          ///< not allowed, or not recognised
  expired,         ///< the credentials are past their time: renew, then repeat
  not_found,       ///< what the request names does not exist
  exists,          ///< what should be created is already there
  rejected,        ///< the other side refuses it, and does not say that its content is why
  unacceptable,    ///< the other side refuses the very content: too large, not allowed
  malformed,       ///< what the other side said cannot be understood
  stopped,         ///< given up because the program was told to stop
};

/// An expected failure. The message is a lower-case fragment; each layer prefixes its context once.
struct Error {
  Errc code = Errc::invalid;
  std::string message;
  int native = 0;  ///< errno, HTTP status or CURLcode, by the layer that made the error; 0 is none

  /// The same error, seen from one layer further up.
  [[nodiscard]] Error within(std::string_view context) && {
    message.insert(0, ": ").insert(0, context);
    return std::move(*this);
  }
  [[nodiscard]] Error within(std::string_view context) const& {
    return Error(*this).within(context);
  }

  bool operator==(Error const&) const = default;
};

/// Whether the same request may succeed later without anybody changing anything.
[[nodiscard]] constexpr bool retryable(Errc code) noexcept {
  switch (code) {
    case Errc::unavailable:
    case Errc::timed_out:
    case Errc::throttled:
      return true;
    case Errc::invalid:
    case Errc::not_configured:
    case Errc::system:
    case Errc::denied:
    case Errc::expired:
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

/// Whether the request behind this error may succeed later without anybody changing anything.
[[nodiscard]] inline bool retryable(Error const& error) noexcept { return retryable(error.code); }

/// An Error for a failed system call: `what: No such file or directory`.
[[nodiscard]] inline Error system_error(std::string_view what, int number = errno) {
  return Error{Errc::system, std::string(what) + ": " + std::strerror(number), number};
}

}  // namespace sla::inline v1
