// SPDX-License-Identifier: MIT
#pragma once
// Points in time and their written forms. Instant is monotonic and is what schedules, limits and
// durations are made of; WallTime is what people and other machines call the time. Formats are
// pure, know no time zone but UTC, and call neither mktime nor a locale, as the parsers in
// core/parse_time.hpp.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "sla/version.hpp"

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
