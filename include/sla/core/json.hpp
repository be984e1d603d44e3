// SPDX-License-Identifier: MIT
#pragma once
// Writes JSON, nothing else: commas and escapes are its business, the nesting is the caller's.
// Bytes that are not UTF-8 become U+FFFD, so that what comes out is always valid. What reads JSON
// that others wrote stands in aws/wire/reply.hpp.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "sla/core/text.hpp"

namespace sla::inline v1 {

/// Builds one JSON text from the front to the back; each call returns the writer itself.
class JsonWriter {
 public:
  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }

  JsonWriter& key(std::string_view name) {
    string(name);
    text_ += ':';
    first_ = true;
    return *this;
  }
  JsonWriter& string(std::string_view value) {
    comma();
    text_ += '"';
    while (!value.empty()) {
      std::size_t plain = 0;
      while (plain < value.size() && is_plain(value[plain])) ++plain;
      text_ += value.substr(0, plain);
      value.remove_prefix(plain);
      if (!value.empty()) append_character(value);
    }
    text_ += '"';
    return *this;
  }
  JsonWriter& integer(std::int64_t value) { return literal(std::to_string(value)); }
  JsonWriter& boolean(bool value) { return literal(value ? "true" : "false"); }
  /// A number in its own spelling, such as `1.500`; the caller vouches that it is JSON.
  JsonWriter& literal(std::string_view value) {
    comma();
    text_ += value;
    return *this;
  }

  [[nodiscard]] std::string const& text() const& noexcept { return text_; }
  [[nodiscard]] std::string text() && noexcept { return std::move(text_); }

 private:
  JsonWriter& open(char bracket) {
    comma();
    text_ += bracket;
    first_ = true;
    return *this;
  }
  JsonWriter& close(char bracket) {
    text_ += bracket;
    first_ = false;
    return *this;
  }
  void comma() {
    if (!first_) text_ += ',';
    first_ = false;
  }

  /// ASCII that stands for itself.
  static bool is_plain(char c) noexcept { return c >= ' ' && c < 0x7f && c != '"' && c != '\\'; }

  /// Moves one character from the front of the value to the text.
  void append_character(std::string_view& value) {
    std::size_t const length = utf8_length(value);
    if (length == 0) {
      text_ += "\xEF\xBF\xBD";
      value.remove_prefix(1);
      return;
    }
    std::string_view const character = value.substr(0, length);
    value.remove_prefix(length);
    if (character == "\"" || character == "\\") {
      text_ += '\\';
      text_ += character;
    } else if (character == "\n") {
      text_ += "\\n";
    } else if (character == "\t") {
      text_ += "\\t";
    } else if (length == 1 && is_control(character[0])) {
      text_ += "\\u00" + hex(character);
    } else if (character == "\xEF\xBF\xBE" || character == "\xEF\xBF\xBF") {
      // U+FFFE and U+FFFF are no XML characters, which SNS asks for; escaped they are.
      text_ += character == "\xEF\xBF\xBE" ? "\\ufffe" : "\\uffff";
    } else {
      text_ += character;
    }
  }

  std::string text_;
  bool first_ = true;
};

}  // namespace sla::inline v1
