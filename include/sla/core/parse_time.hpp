// SPDX-License-Identifier: MIT
#pragma once
// Reads points in time out of their written forms.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "sla/core/least.hpp"
#include "sla/core/text.hpp"
#include "sla/core/time.hpp"

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
