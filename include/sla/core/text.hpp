// SPDX-License-Identifier: MIT
#pragma once
// Small pure functions over text: ASCII case, blanks, hexadecimal, base64, percent-encoding, UTF-8
// and numbers. They know no locale and never fail halfway.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "sla/version.hpp"

namespace sla::inline v1 {

[[nodiscard]] constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
[[nodiscard]] constexpr bool is_alpha(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
/// Returns true for a C0 control character or DEL: what no header, name or setting may hold.
[[nodiscard]] constexpr bool is_control(char c) noexcept {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}
[[nodiscard]] constexpr bool is_blank(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}
[[nodiscard]] constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Returns the text with ASCII letters in lower case.
[[nodiscard]] inline std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = lower(c);
  return out;
}

/// Returns true if two texts differ at most in the case of ASCII letters.
[[nodiscard]] constexpr bool same_ignoring_case(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

[[nodiscard]] constexpr bool has_control(std::string_view text) noexcept {
  for (char const c : text) {
    if (is_control(c)) return true;
  }
  return false;
}

/// Returns the text without blanks (space, tab, CR, LF) at either end.
[[nodiscard]] constexpr std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

/// Returns the text without the byte order mark that some editors and shells begin a file with.
[[nodiscard]] constexpr std::string_view without_byte_order_mark(std::string_view text) noexcept {
  constexpr std::string_view mark = "\xEF\xBB\xBF";
  return text.starts_with(mark) ? text.substr(mark.size()) : text;
}

/// Returns the parts between separators; an empty text has one empty part.
[[nodiscard]] inline std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    std::size_t const end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

/// Appends lower-case hexadecimal, two digits a byte, of an array or a text.
template <class Bytes>
void hex_to(std::string& out, Bytes const& bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::size_t at = out.size();
  out.resize(at + bytes.size() * 2);
  for (auto const each : bytes) {
    auto const byte = static_cast<unsigned char>(each);
    out[at++] = digits[byte >> 4U];
    out[at++] = digits[byte & 15U];
  }
}
/// Lower-case hexadecimal, two digits a byte.
template <class Bytes>
[[nodiscard]] std::string hex(Bytes const& bytes) {
  std::string out;
  hex_to(out, bytes);
  return out;
}

/// Base64 of an array or a text, with padding, RFC 4648 section 4.
template <class Bytes>
[[nodiscard]] std::string base64(Bytes const& bytes) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  auto const byte = [&](std::size_t i) {
    return std::uint32_t{static_cast<unsigned char>(bytes[i])};
  };
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::size_t const left = bytes.size() - i;
    std::uint32_t const group =
        byte(i) << 16U | (left > 1 ? byte(i + 1) << 8U : 0U) | (left > 2 ? byte(i + 2) : 0U);
    out += digits[group >> 18U];
    out += digits[group >> 12U & 63U];
    out += left > 1 ? digits[group >> 6U & 63U] : '=';
    out += left > 2 ? digits[group & 63U] : '=';
  }
  return out;
}

/// What percent_encode leaves as it is besides the unreserved characters.
enum class Slash { encode, keep };

/// Percent-encoding as SigV4 wants it: A-Z a-z 0-9 - . _ ~ stay, all else is %XX in upper case.
inline void percent_encode_to(std::string& out, std::string_view text, Slash slash) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  auto const stays = [=](char c) {
    return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~' ||
           (c == '/' && slash == Slash::keep);
  };
  while (!text.empty()) {
    std::size_t plain = 0;
    while (plain < text.size() && stays(text[plain])) ++plain;
    out += text.substr(0, plain);
    if (plain == text.size()) return;
    auto const byte = static_cast<unsigned char>(text[plain]);
    char const escape[] = {'%', digits[byte >> 4U], digits[byte & 15U]};
    out.append(escape, sizeof escape);
    text.remove_prefix(plain + 1);
  }
}
[[nodiscard]] inline std::string percent_encode(std::string_view text, Slash slash) {
  std::string out;
  out.reserve(text.size());
  percent_encode_to(out, text, slash);
  return out;
}

/// Returns a whole number that fills the text, or nothing.
template <class Integer = std::int64_t>
[[nodiscard]] constexpr std::optional<Integer> parse_integer(std::string_view text) noexcept {
  bool const negative = std::is_signed_v<Integer> && text.starts_with('-');
  if (negative) text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  Integer value = 0;
  for (char const c : text) {
    int const digit = negative ? '0' - c : c - '0';
    if (!is_digit(c) || __builtin_mul_overflow(value, 10, &value) ||
        __builtin_add_overflow(value, digit, &value)) {
      return std::nullopt;
    }
  }
  return value;
}

/// Returns a decimal number without exponent that fills the text (`2`, `0.5`), within 10^15, or
/// nothing. At least its first 15 digits count. (std::from_chars and to_chars of floating point add
/// 150 kB to a static program.)
[[nodiscard]] constexpr std::optional<double> parse_decimal(std::string_view text) noexcept {
  bool const negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  double value = 0;
  double scale = 0;  // 0 before the point
  bool any = false;
  for (char const c : text) {
    if (c == '.' && scale == 0) {
      scale = 1;
    } else if (c >= '0' && c <= '9') {
      any = true;
      if (scale < 1e15 && value < 9e14) {  // so both are whole and exact
        value = value * 10 + (c - '0');
        scale *= 10;
      } else if (scale == 0) {
        return std::nullopt;
      }
    } else {
      return std::nullopt;
    }
  }
  if (!any) return std::nullopt;
  double const size = scale == 0 ? value : value / scale;
  if (!(size < 1e15)) return std::nullopt;
  return negative ? -size : size;
}

/// Returns how many bytes the well-formed UTF-8 sequence at the start of the text has; 0 if it
/// is ill-formed (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF).
[[nodiscard]] constexpr std::size_t utf8_length(std::string_view text) noexcept {
  if (text.empty()) return 0;
  auto const byte = [&](std::size_t i) {
    return i < text.size() ? unsigned{static_cast<unsigned char>(text[i])} : 0U;
  };
  auto const tail = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  unsigned const first = byte(0);
  if (first < 0x80) return 1;
  if (first < 0xC2) return 0;
  if (first < 0xE0) return tail(1) ? 2 : 0;
  if (first < 0xF0) {
    if ((first == 0xE0 && byte(1) < 0xA0) || (first == 0xED && byte(1) > 0x9F)) return 0;
    return tail(1) && tail(2) ? 3 : 0;
  }
  if (first > 0xF4 || (first == 0xF0 && byte(1) < 0x90) || (first == 0xF4 && byte(1) > 0x8F)) {
    return 0;
  }
  return tail(1) && tail(2) && tail(3) ? 4 : 0;
}

/// Returns true if the whole text is well-formed UTF-8.
[[nodiscard]] constexpr bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    std::size_t const length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace sla::inline v1
