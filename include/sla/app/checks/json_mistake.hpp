// SPDX-License-Identifier: MIT
#pragma once
// Where a text that people wrote is no JSON, and what is expected there. It reads no values: what
// it finds nothing wrong with is left to the parser.
#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "sla/app/quoted.hpp"
#include "sla/core/text.hpp"

namespace sla::inline v1::app {

namespace detail {

class JsonMistake {
 public:
  explicit JsonMistake(std::string_view text) noexcept : text_(text) {}

  /// Returns what is expected and where, or nothing if the whole text is JSON.
  std::optional<std::string> find() {
    if (document() && !end()) fail("nothing more");
    if (expected_.empty()) return std::nullopt;
    std::string_view const before = text_.substr(0, at_);
    auto const line = std::count(before.begin(), before.end(), '\n') + 1;
    std::size_t const begin = before.rfind('\n') + 1;  // npos + 1 is 0
    std::size_t column = 1;                            // in characters
    for (char const c : before.substr(begin))
      column += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    std::string const seen = at_ == text_.size() ? "at the end" : "at " + quoted(next_word());
    return std::string("line ")
        .append(std::to_string(line))
        .append(", column ")
        .append(std::to_string(column))
        .append(": expected ")
        .append(expected_)
        .append(" ")
        .append(seen);
  }

 private:
  static constexpr std::size_t deepest = 100;

  /// Notes the first mistake.
  bool fail(std::string_view expected) noexcept {
    if (expected_.empty()) expected_ = expected;
    return false;
  }
  [[nodiscard]] bool end() const noexcept { return at_ == text_.size(); }
  [[nodiscard]] char peek() const noexcept { return end() ? '\0' : text_[at_]; }
  bool take(char wanted) noexcept {
    if (end() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }
  void skip_blanks() noexcept {
    while (!end() && is_blank(text_[at_])) ++at_;
  }
  [[nodiscard]] std::string_view next_word() const noexcept {
    std::string_view const rest = text_.substr(at_, 20);
    std::size_t const length = rest.find_first_of(" \t\r\n,:[]{}\"");
    return rest.substr(0, length == 0 ? 1 : length);
  }

  /// One value with all that is in it, and the blanks behind it.
  bool document() {
    std::string open;  // the brackets that are to be closed
    while (open.size() <= deepest) {
      skip_blanks();
      if (peek() == '{' || peek() == '[') {
        open += peek() == '{' ? '}' : ']';
        ++at_;
        skip_blanks();
        bool const empty = peek() == open.back();
        if (!empty && open.back() == '}' && !name()) return false;
        if (!empty) continue;
      } else if (!scalar()) {
        return false;
      }
      close(open);
      if (open.empty()) return true;
      if (!take(',')) return fail(open.back() == '}' ? ", or }" : ", or ]");
      if (open.back() == '}' && !name()) return false;
    }
    skip_blanks();
    return fail("no more brackets inside each other");
  }
  void close(std::string& open) {
    skip_blanks();
    while (!open.empty() && take(open.back())) {
      open.pop_back();
      skip_blanks();
    }
  }
  bool scalar() {
    if (peek() == '"') return string();
    if (peek() == '-' || is_digit(peek())) return number();
    return word("true") || word("false") || word("null") || fail("a value");
  }
  /// The name of a member and the colon.
  bool name() {
    skip_blanks();
    if (peek() != '"') return fail("a name in double quotes");
    if (!string()) return false;
    skip_blanks();
    return take(':') || fail(":");
  }

  bool word(std::string_view wanted) noexcept {
    if (!text_.substr(at_).starts_with(wanted)) return false;
    at_ += wanted.size();
    return true;
  }

  bool string() {
    for (++at_; !end();) {
      if (take('"')) return true;
      std::size_t const length = utf8_length(text_.substr(at_, 4));
      if (static_cast<unsigned char>(peek()) < 0x20) {
        return fail("the double quote at the end of a text, or \\n and the like in it,");
      }
      if (length == 0) return fail("UTF-8");
      if (peek() == '\\' && !escape()) return false;
      at_ += length;
    }
    return fail("the double quote at the end of a text");
  }
  bool escape() {
    std::size_t const begin = at_++;
    constexpr std::string_view hexadecimal = "0123456789abcdefABCDEF";
    bool const unicode = peek() == 'u';
    std::string_view const digits = unicode ? text_.substr(at_ + 1, 4) : "0000";
    bool const good = digits.size() == 4 && digits.find_first_not_of(hexadecimal) == digits.npos &&
                      !end() && std::string_view("\"\\/bfnrtu").find(peek()) != std::string::npos;
    if (good) at_ += unicode ? 4 : 0;
    if (!good) at_ = begin;
    return good || fail("an escape such as \\n");
  }

  std::size_t digits() noexcept {
    std::size_t const begin = at_;
    while (is_digit(peek())) ++at_;
    return at_ - begin;
  }
  /// No number of a setting has many digits.
  bool number() {
    std::size_t const begin = at_;
    (void)take('-');
    bool const zero = peek() == '0';
    std::size_t const whole = digits();
    bool good = whole != 0 && (!zero || whole == 1);
    bool small = whole <= 18;
    if (take('.')) good = digits() != 0 && good;
    if (take('e') || take('E')) {
      if (!take('+')) (void)take('-');
      std::size_t const exponent = digits();
      good = exponent != 0 && good;
      small = small && exponent <= 2;
    }
    if (good && small) return true;
    at_ = begin;
    return fail(good ? "a smaller number" : "a number");
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string_view expected_{};
};

}  // namespace detail

/// Returns `line 3, column 7: expected : at '='`, or nothing if the text is JSON.
[[nodiscard]] inline std::optional<std::string> find_json_mistake(std::string_view text) {
  return detail::JsonMistake(text).find();
}

}  // namespace sla::inline v1::app
