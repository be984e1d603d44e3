// SPDX-License-Identifier: MIT
#pragma once
// The written form of each type of setting: reads a text into a typed value, and writes the value
// back as it would be given. A reader changes its target only when the whole text makes sense;
// its error is a fragment that reads on after the value: `is no number of seconds`.
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/app/command.hpp"
#include "sla/app/settings/settings.hpp"
#include "sla/aws/config/bucket.hpp"
#include "sla/core/result.hpp"
#include "sla/core/text.hpp"
#include "sla/core/time.hpp"
#include "sla/executor/by_exit_code.hpp"
#include "sla/executor/shown_if_failed.hpp"

namespace sla::inline v1::app {

/// About 30 years: no setting means more, and no sum of a few of them overflows.
inline constexpr double most_seconds = 1e9;

[[nodiscard]] inline Result<void> read_value(std::string_view text, std::string& out) {
  out = text;
  return {};
}

namespace detail {

/// Reads a number of seconds, or numbers with a unit each, the largest unit first.
[[nodiscard]] inline std::optional<double> parse_seconds(std::string_view text) {
  if (auto const plain = parse_decimal(text)) return plain;
  constexpr std::pair<char, int> units[] = {{'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}};
  double sum = 0;
  for (auto const& [unit, seconds] : units) {
    std::size_t const end = text.find(unit);
    if (end == std::string_view::npos) continue;
    auto const count = parse_decimal(text.substr(0, end));
    if (!count || *count < 0) return std::nullopt;
    sum += *count * seconds;
    text.remove_prefix(end + 1);
    if (text.empty()) return sum;
  }
  return std::nullopt;
}

}  // namespace detail

/// Reads seconds, from 0 to most_seconds: `90`, `0.5`, `5m`, `2h30m`, `1d`.
[[nodiscard]] inline Result<void> read_value(std::string_view text, Duration& out) {
  auto const seconds = detail::parse_seconds(trim(text));
  if (!seconds) return Error{Errc::invalid, "is no number of seconds, such as 60, 0.5 or 2h30m"};
  if (*seconds < 0) return Error{Errc::invalid, "is less than 0 seconds"};
  if (*seconds > most_seconds) return Error{Errc::invalid, "is more than 1000000000 seconds"};
  out = Duration{std::llround(*seconds * 1e9)};
  return {};
}

[[nodiscard]] inline Result<void> read_value(std::string_view text, std::optional<Duration>& out) {
  Duration read{};
  if (auto done = read_value(text, read); !done) return done.error();
  out = read;
  return {};
}

/// A whole number of bytes, with an optional K, M or G for 2 to the power of 10, 20 or 30.
[[nodiscard]] inline Result<void> read_value(std::string_view text, std::uint64_t& out) {
  text = trim(text);
  constexpr std::string_view suffixes = "kmg";
  std::size_t const suffix = text.empty() ? suffixes.npos : suffixes.find(lower(text.back()));
  unsigned const shift = suffix == suffixes.npos ? 0U : 10U * (static_cast<unsigned>(suffix) + 1);
  if (shift != 0) text.remove_suffix(1);
  bool const digits = !text.empty() && text.find_first_not_of("0123456789") == text.npos;
  if (!digits) return Error{Errc::invalid, "is no number of bytes, such as 65536, 64K, 16M or 1G"};
  constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
  auto const number = parse_integer<std::uint64_t>(text);
  if (!number || *number > most >> shift) {
    return Error{Errc::invalid, "is more bytes than can be counted"};
  }
  out = *number << shift;
  return {};
}

/// How many, from 1 to a million.
[[nodiscard]] inline Result<void> read_value(std::string_view text, std::int64_t& out) {
  auto const number = parse_integer(trim(text));
  if (!number || *number < 1 || *number > 1'000'000) {
    return Error{Errc::invalid, "is no whole number from 1 to 1000000"};
  }
  out = *number;
  return {};
}

/// A truth: true, 1, yes, on or false, 0, no, off in any case; nothing at all is false.
[[nodiscard]] inline Result<void> read_value(std::string_view text, bool& out) {
  std::string const word = lower(trim(text));
  bool const yes = word == "true" || word == "1" || word == "yes" || word == "on";
  bool const no = word == "false" || word == "0" || word == "no" || word == "off" || word.empty();
  if (!yes && !no) {
    return Error{Errc::invalid, "is neither true, 1, yes, on nor false, 0, no, off"};
  }
  out = yes;
  return {};
}

/// Names between commas, blanks around each trimmed, empty ones dropped; adds to what is there.
[[nodiscard]] inline Result<void> read_value(std::string_view text, std::vector<std::string>& out) {
  for (std::string_view const part : split(text, ',')) {
    std::string_view const name = trim(part);
    if (!name.empty()) out.emplace_back(name);
  }
  return {};
}

/// A header in each line; adds to what is there.
[[nodiscard]] inline Result<void> read_value(std::string_view text, HeaderLines& out) {
  for (std::string_view const line : split(text, '\n')) {
    if (!line.empty()) out.lines.emplace_back(line);
  }
  return {};
}

/// One of the values that an enumeration has, and how it is written.
template <class E>
struct Choice {
  std::string_view name;
  E value;
};

/// The written forms of an enumeration.
template <class E>
inline constexpr std::array<Choice<E>, 0> choices{};
template <>
inline constexpr std::array choices<EventFormat>{
    Choice<EventFormat>{"documented", EventFormat::documented},
    Choice<EventFormat>{"numbers", EventFormat::numbers}};
template <>
inline constexpr std::array choices<OutputShown>{
    Choice<OutputShown>{"all", OutputShown::all},
    Choice<OutputShown>{"failures", OutputShown::failures},
    Choice<OutputShown>{"none", OutputShown::none}};
template <>
inline constexpr std::array choices<UploadLogs>{
    Choice<UploadLogs>{"always", UploadLogs::always},
    Choice<UploadLogs>{"failures", UploadLogs::failures},
    Choice<UploadLogs>{"never", UploadLogs::never}};
template <>
inline constexpr std::array choices<aws::Addressing>{
    Choice<aws::Addressing>{"auto", aws::Addressing::automatic},
    Choice<aws::Addressing>{"path", aws::Addressing::path},
    Choice<aws::Addressing>{"virtual", aws::Addressing::virtual_hosted}};
template <>
inline constexpr std::array choices<ExitCodes>{Choice<ExitCodes>{"plain", ExitCodes::plain},
                                               Choice<ExitCodes>{"nagios", ExitCodes::nagios}};
template <>
inline constexpr std::array choices<LogFormat>{Choice<LogFormat>{"text", LogFormat::text},
                                               Choice<LogFormat>{"json", LogFormat::json}};

/// One of the choices, in any case.
template <class E>
requires(!choices<E>.empty()) [[nodiscard]] Result<void> read_value(std::string_view text, E& out) {
  std::string names;
  for (auto const& choice : choices<E>) {
    if (same_ignoring_case(trim(text), choice.name)) {
      out = choice.value;
      return {};
    }
    names.append(names.empty() ? "" : ", ").append(choice.name);
  }
  return Error{Errc::invalid, "is none of " + names};
}

/// Checks that a text can be read as a value of that type.
template <class T>
[[nodiscard]] Result<void> check_value(std::string_view text) {
  T value{};
  return read_value(text, value);
}

/// Reads the value of a flag that has been checked; there is none if the flag is not given.
template <class T>
[[nodiscard]] std::optional<T> value_of(Arguments const& arguments, std::string_view flag) {
  std::optional<T> value;
  if (arguments.has(flag) && !read_value(arguments.value(flag), value.emplace())) value.reset();
  return value;
}

[[nodiscard]] inline std::string value_text(std::string_view value) { return std::string(value); }

/// Seconds with as many decimals as they need: `60`, `0.5`.
[[nodiscard]] inline std::string value_text(Duration value) {
  auto const seconds = std::chrono::floor<std::chrono::seconds>(value);
  std::string decimals = std::to_string(1'000'000'000 + (value - seconds).count());
  decimals[0] = '.';
  decimals.erase(decimals.find_last_not_of('0') + 1);
  return std::to_string(seconds.count()) + (decimals == "." ? "" : decimals);
}

[[nodiscard]] inline std::string value_text(std::optional<Duration> value) {
  return value ? value_text(*value) : "";
}

/// Bytes with the largest suffix that leaves a whole number: `16M`.
[[nodiscard]] inline std::string value_text(std::uint64_t value) {
  constexpr std::string_view suffixes = "KMG";
  std::string suffix;
  for (std::size_t i = 0; i < suffixes.size() && value != 0 && value % 1024 == 0; ++i) {
    value /= 1024;
    suffix = suffixes[i];
  }
  return std::to_string(value) + suffix;
}

[[nodiscard]] inline std::string value_text(std::int64_t value) { return std::to_string(value); }

[[nodiscard]] inline std::string value_text(bool value) { return value ? "on" : "off"; }

[[nodiscard]] inline std::string value_text(std::vector<std::string> const& value) {
  std::string out;
  for (std::string const& part : value) out.append(out.empty() ? "" : ",").append(part);
  return out;
}

[[nodiscard]] inline std::string value_text(HeaderLines const& value) {
  return value_text(value.lines);
}

template <class E>
requires(!choices<E>.empty()) [[nodiscard]] std::string value_text(E value) {
  for (auto const& choice : choices<E>) {
    if (choice.value == value) return std::string(choice.name);
  }
  return {};
}

}  // namespace sla::inline v1::app
