// SPDX-License-Identifier: MIT
#pragma once
// What the text of a setting must keep to before it is read, so that nothing breaks a header, an
// event or a request later. An error is a fragment that reads on after the value: `holds a
// control character`.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sla/app/settings/values.hpp"
#include "sla/aws/config/bucket.hpp"
#include "sla/aws/service/arn.hpp"
#include "sla/aws/service/cloudwatch.hpp"
#include "sla/aws/service/sts_assume_role.hpp"
#include "sla/core/result.hpp"
#include "sla/core/text.hpp"
#include "sla/core/time.hpp"
#include "sla/ledger/error_budget.hpp"
#include "sla/ledger/percentage.hpp"

namespace sla::inline v1::app {

/// The key of an object has at most 1024 bytes; this leaves room for what follows the service.
inline constexpr std::size_t most_service_bytes = 900;

/// One line without control characters: what every setting keeps to, except the command.
[[nodiscard]] inline Result<void> check_line(std::string_view text) {
  if (has_control(text)) return Error{Errc::invalid, "holds a control character"};
  return {};
}

/// A line that is valid UTF-8: what reaches the event.
[[nodiscard]] inline Result<void> check_name(std::string_view text) {
  if (auto good = check_line(text); !good) return good;
  if (!is_utf8(text)) return Error{Errc::invalid, "is not valid UTF-8"};
  return {};
}

/// Returns the parts of a list, without the spaces and tabs around each; a line break is no blank.
[[nodiscard]] inline std::vector<std::string_view> list_parts(std::string_view text) {
  std::vector<std::string_view> parts = split(text, ',');
  for (std::string_view& part : parts) {
    part.remove_prefix(std::min(part.find_first_not_of(" \t"), part.size()));
    part = part.substr(0, part.find_last_not_of(" \t") + 1);  // npos + 1 is 0
  }
  return parts;
}

/// Names between commas.
[[nodiscard]] inline Result<void> check_names(std::string_view text) {
  for (std::string_view const part : list_parts(text)) {
    if (auto good = check_name(part); !good) return good;
  }
  return {};
}

/// A command that is more than blanks; it may have many lines.
[[nodiscard]] inline Result<void> check_command(std::string_view text) {
  if (trim(text).empty()) return Error{Errc::invalid, "is blank"};
  return {};
}

/// A name that is more than blanks and fits the key of a log. It may hold slashes and dots.
[[nodiscard]] inline Result<void> check_service(std::string_view text) {
  if (auto good = check_name(text); !good) return good;
  if (trim(text).empty()) return Error{Errc::invalid, "is blank"};
  if (text.size() > most_service_bytes) {
    return Error{Errc::invalid, "is longer than " + std::to_string(most_service_bytes) +
                                    " bytes, more than the " + "key of a log can hold"};
  }
  return {};
}

/// Seconds, more than 0.
[[nodiscard]] inline Result<void> check_period(std::string_view text) {
  if (auto good = check_line(text); !good) return good;
  Duration period{};
  if (read_value(text, period) && period == Duration::zero()) {
    return Error{Errc::invalid, "is not more than 0 seconds"};
  }
  return {};
}

/// A target such as 99.9.
[[nodiscard]] inline Result<void> check_percentage(std::string_view text) {
  if (auto good = check_line(text); !good) return good;
  if (ledger::parse_percentage(text)) return {};
  return Error{Errc::invalid, "is no percentage from 0 to 100 with up to 4 decimals, such as 99.9"};
}

/// Whole hours, as many as the buckets of an error budget have room for.
[[nodiscard]] inline Result<void> check_slo_window(std::string_view text) {
  if (auto good = check_line(text); !good) return good;
  Duration window{};
  if (!read_value(text, window)) return {};  // which says it better
  bool const whole = window % std::chrono::hours{1} == Duration::zero();
  if (whole && window > Duration::zero() && window <= ledger::longest_window) return {};
  return Error{Errc::invalid, "is no whole number of hours up to 80 days, such as 30d"};
}

namespace detail {

/// What a message about an ARN says after the value: it shows the value as it is, and must read on
/// after the value as it may be shown.
inline Error after_value(std::string_view text, std::string const& why) {
  std::string const value = '\'' + std::string(text) + "' ";
  if (why.starts_with(value)) return Error{Errc::invalid, why.substr(value.size())};
  return Error{Errc::invalid, "cannot be used: " + why};
}

inline Result<void> check_arn_line(std::string_view text) {
  if (auto good = check_line(text); !good) return good;
  if (text.find(' ') == std::string_view::npos) return {};
  return Error{Errc::invalid, "is no ARN: it holds a blank"};
}

}  // namespace detail

[[nodiscard]] inline Result<void> check_topic_arn(std::string_view text) {
  if (auto good = detail::check_arn_line(text); !good) return good;
  auto const arn = aws::parse_topic_arn(text);
  if (!arn) return detail::after_value(text, arn.error().message);
  return {};
}

[[nodiscard]] inline Result<void> check_role_arn(std::string_view text) {
  if (auto good = detail::check_arn_line(text); !good) return good;
  auto const good = aws::check_role({.arn = std::string(text), .session_name = "sla-runner"});
  if (!good) return detail::after_value(text, good.error().message);
  return {};
}

/// How many attempts a run may have more.
[[nodiscard]] inline Result<void> check_retries(std::string_view text) {
  if (auto good = check_line(text); !good) return good;
  auto const number = parse_integer(trim(text));
  if (number && *number >= 0 && *number <= 10) return {};
  return Error{Errc::invalid, "is no whole number from 0 to 10"};
}

/// A number of days, one at least.
[[nodiscard]] inline Result<void> check_days_of_store(std::string_view text) {
  auto const good = check_line(text);
  return good ? check_value<std::int64_t>(text) : good;
}

/// The exit code of a command.
[[nodiscard]] inline Result<void> check_exit_code(std::string_view text) {
  if (auto good = check_line(text); !good) return good;
  auto const number = parse_integer(trim(text));
  if (number && *number >= 0 && *number <= 255) return {};
  return Error{Errc::invalid, "is no exit code from 0 to 255"};
}

/// Names of parameters, or paths that begin with a slash, between commas.
[[nodiscard]] inline Result<void> check_parameter_names(std::string_view text) {
  for (std::string_view const part : list_parts(text)) {
    for (char const c : part) {
      bool const other = c == '_' || c == '.' || c == '-' || c == '/';
      if (is_alpha(c) || is_digit(c) || other) continue;
      return Error{Errc::invalid,
                   "holds what no name of a parameter does: it is made of letters, "
                   "digits and any of _.-/"};
    }
  }
  return {};
}

[[nodiscard]] inline Result<void> check_topic(std::string_view text) {
  if (auto good = check_line(text); !good) return good;
  auto const good = aws::check_topic_name(text);
  if (!good) return Error{Errc::invalid, "is no topic: " + good.error().message};
  return {};
}

[[nodiscard]] inline Result<void> check_bucket(std::string_view text) {
  if (auto good = check_line(text); !good) return good;
  auto const good = aws::check_bucket_name(text);
  if (!good) return Error{Errc::invalid, "is " + good.error().message};
  return {};
}

[[nodiscard]] inline Result<void> check_namespace(std::string_view text) {
  if (auto good = check_line(text); !good) return good;
  auto const good = aws::check_metric_namespace(text);
  if (!good) return Error{Errc::invalid, "cannot be one: " + good.error().message};
  return {};
}

}  // namespace sla::inline v1::app
