// SPDX-License-Identifier: MIT
#pragma once
// A value that somebody else wrote, as a message or a listing may show it: what would move the
// cursor, forge a line or reverse the reading order is escaped, what is endless is cut.
#include <cstddef>
#include <string>
#include <string_view>

#include "sla/core/text.hpp"

namespace sla::inline v1::app {

namespace detail {

/// C0 and C1 controls, and the characters of Unicode that break a line or change its direction.
constexpr bool is_unprintable(std::string_view character) noexcept {
  if (character.size() == 1) return is_control(character[0]);
  if (character.size() == 2) return character[0] == '\xC2' && character < "\xC2\xA0";
  return (character >= "\xE2\x80\xA8" && character <= "\xE2\x80\xAE") ||
         (character >= "\xE2\x81\xA6" && character <= "\xE2\x81\xA9");
}

/// The character at the front as it may be shown.
inline std::string escaped_character(std::string_view character) {
  if (character == "\n") return "\\n";
  if (character == "\r") return "\\r";
  if (character == "\t") return "\\t";
  if (character == "\\") return "\\\\";
  bool const whole = utf8_length(character) == character.size();
  if (whole && !is_unprintable(character)) return std::string(character);
  std::string out;
  for (char const& c : character) out += "\\x" + hex(std::string_view(&c, 1));
  return out;
}

}  // namespace detail

/// Returns the text on one line of valid UTF-8, with `\n`, `\x1b` and the like for what cannot be
/// shown; after `most` characters three dots stand for the rest.
[[nodiscard]] inline std::string escaped(std::string_view text,
                                         std::size_t most = std::string_view::npos) {
  std::string out;
  for (std::size_t shown = 0; !text.empty(); ++shown) {
    if (shown == most) return out + "...";
    std::size_t const whole = utf8_length(text);
    std::size_t const length = whole == 0 ? 1 : whole;
    out += detail::escaped_character(text.substr(0, length));
    text.remove_prefix(length);
  }
  return out;
}

/// Returns the text escaped, cut to 60 characters, between single quotes.
[[nodiscard]] inline std::string quoted(std::string_view text) {
  return '\'' + escaped(text, 60) + '\'';
}

}  // namespace sla::inline v1::app
