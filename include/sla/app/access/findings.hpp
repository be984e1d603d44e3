// SPDX-License-Identifier: MIT
#pragma once
// What `sla-runner preflight` finds, one line each, told at once; and what the answers of AWS mean
// for a right.
#include <string>
#include <string_view>

#include "sla/app/access/rights.hpp"
#include "sla/app/exit_code.hpp"
#include "sla/app/printing.hpp"
#include "sla/app/quoted.hpp"
#include "sla/core/error.hpp"
#include "sla/core/result.hpp"
#include "sla/core/text.hpp"

namespace sla::inline v1::app {

/// The kinds of findings; a line begins with the name of its kind.
enum class Finding {
  ok,
  not_tested,   ///< it cannot be asked; no reason to fail
  warning,      ///< runs work all the same
  denied,       ///< a right is missing
  wrong,        ///< a setting, or what it names
  unreachable,  ///< it may be well later
};

[[nodiscard]] constexpr std::string_view to_string(Finding finding) noexcept {
  switch (finding) {
    case Finding::ok:
      return "ok";
    case Finding::not_tested:
      return "not tested";
    case Finding::warning:
      return "warning";
    case Finding::denied:
      return "denied";
    case Finding::wrong:
      return "wrong";
    case Finding::unreachable:
      return "unreachable";
  }
  return "wrong";
}

/// Returns the action that AWS says is missing, such as `s3:PutObject`; empty if it names none.
[[nodiscard]] inline std::string_view denied_action(std::string_view message) {
  constexpr std::string_view before = "authorized to perform: ";
  std::size_t const at = message.find(before);
  if (at == std::string_view::npos) return {};
  message.remove_prefix(at + before.size());
  std::size_t length = 0;
  while (length < message.size() &&
         (is_alpha(message[length]) || is_digit(message[length]) || message[length] == ':')) {
    ++length;
  }
  return message.substr(0, length);
}

/// Returns what an error of a call that needs a right is.
[[nodiscard]] inline Finding finding_of(Error const& error) noexcept {
  if (error.code == Errc::denied || error.code == Errc::revoked) return Finding::denied;
  return retryable(error) || error.code == Errc::stopped ? Finding::unreachable : Finding::wrong;
}

/// Tells the findings on stdout and keeps the worst of them.
class Findings {
 public:
  void add(Finding finding, std::string_view what) {
    wrong_ = wrong_ || finding == Finding::denied || finding == Finding::wrong;
    unknown_ = unknown_ || finding == Finding::unreachable;
    (void)print(std::string(to_string(finding)).append(" ").append(escaped(what)).append("\n"));
  }
  /// A finding about a right: `ok ACTION on ARN`, and what there is to add.
  void add(Finding finding, Right const& right, std::string_view more = {}) {
    std::string text(right.action);
    text.append(" on ").append(right.resources.front());
    if (!more.empty()) text.append(": ").append(more);
    add(finding, text);
  }
  /// What a call that needs the right says of it. AWS may name another one that is missing.
  void judge(Right const& right, Result<void> const& answer) {
    if (answer) return add(Finding::ok, right);
    Finding const finding = finding_of(answer.error());
    std::string_view const named = denied_action(answer.error().message);
    bool const other =
        finding == Finding::denied && !named.empty() && !same_ignoring_case(named, right.action);
    if (!other) return add(finding, right, answer.error().message);
    add(Finding::denied,
        std::string(named).append(", which ").append(right.action).append(" needs: ") +
            answer.error().message);
  }

  [[nodiscard]] int exit_code() const noexcept {
    return wrong_ ? exit_test_failed : unknown_ ? exit_undelivered : exit_success;
  }

 private:
  bool wrong_ = false;
  bool unknown_ = false;
};

}  // namespace sla::inline v1::app
