// SPDX-License-Identifier: MIT
#pragma once
// Reads the first line that a monitoring plugin writes: a message, and behind a bar what it
// measured, `'label'=value[unit];[warn];[crit];[min];[max]`, as the guidelines of the plugins have
// it. Whatever is not so is left out.
#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "sla/core/json.hpp"
#include "sla/core/text.hpp"

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
