// SPDX-License-Identifier: MIT
#pragma once
// Planned maintenance (rule R8): a line of JSON with `from` and `to` as RFC 3339 times, the
// `service`, the `group`, or `*` for all, and a `reason`.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/aws/wire/reply.hpp"
#include "sla/core/parse_time.hpp"
#include "sla/core/result.hpp"
#include "sla/core/text.hpp"
#include "sla/core/time.hpp"
#include "sla/ledger/timeline.hpp"

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
