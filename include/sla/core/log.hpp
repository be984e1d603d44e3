// SPDX-License-Identifier: MIT
#pragma once
// The program's own lines, on stderr unless told otherwise: one line each, as text whose fields are
// logfmt, or as JSON. A line is one write, so lines of several threads never mix; a reader that is
// gone or full loses lines, never time.
#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "sla/core/json.hpp"
#include "sla/core/outlet.hpp"
#include "sla/core/text.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1 {

enum class LogFormat { text, json, none };
enum class LogLevel { info, warning, error };

/// The value of a field: a text, or a number, which JSON has without quotes.
class LogValue {
 public:
  LogValue(std::string text) : text_(std::move(text)) {}
  LogValue(std::string_view text) : text_(text) {}
  LogValue(char const* text) : text_(text) {}
  template <std::integral Integer>
  LogValue(Integer number) : text_(std::to_string(number)), number_(true) {}
  /// A duration is a number of seconds.
  LogValue(Duration duration) : text_(decimal_seconds(duration)), number_(true) {}

  [[nodiscard]] std::string_view text() const noexcept { return text_; }
  [[nodiscard]] bool is_number() const noexcept { return number_; }

 private:
  std::string text_;
  bool number_ = false;
};

/// One named value beside a line's message. The name has no blanks.
struct LogField {
  std::string_view name;
  LogValue value;
};

/// Writes the program's own lines. Thread-safe; cheap to copy.
class Logger {
 public:
  struct Options {
    LogFormat format = LogFormat::text;
    int descriptor = STDERR_FILENO;  ///< stays the caller's
    std::string_view program{};      ///< stays the caller's; empty: as this process was called
    std::string_view target{};       ///< stays the caller's; where all of it is about delivering to
  };

  Logger() noexcept = default;  // said, since g++ 12 may fail to find it out
  explicit Logger(Options options) : options_(options) {}

  /// Returns a logger whose lines are about deliveries to a target; its name stays the caller's.
  [[nodiscard]] Logger to(std::string_view target) const {
    Logger other = *this;
    other.options_.target = target;
    return other;
  }

  void info(std::string_view message, std::initializer_list<LogField> fields = {}) const {
    write(LogLevel::info, message, fields);
  }
  void warning(std::string_view message, std::initializer_list<LogField> fields = {}) const {
    write(LogLevel::warning, message, fields);
  }
  void error(std::string_view message, std::initializer_list<LogField> fields = {}) const {
    write(LogLevel::error, message, fields);
  }

 private:
  static std::string_view name(LogLevel level) {
    switch (level) {
      case LogLevel::info:
        return "info";
      case LogLevel::warning:
        return "warning";
      case LogLevel::error:
        break;
    }
    return "error";
  }

  /// What a line says.
  struct Line {
    WallTime time;
    LogLevel level;
    std::string_view message;
    std::initializer_list<LogField> fields;
  };

  /// Appends a text with a question mark for each control character, which would forge a line or a
  /// colour.
  static void append_clean(std::string& text, std::string_view value) {
    for (char const c : value) text += is_control(c) ? '?' : c;
  }

  /// Appends a field as logfmt has it: what would end a value stands between quotes.
  static void append_field(std::string& text, std::string_view name, std::string_view value) {
    bool const plain = !value.empty() && value.find_first_of(" =\"") == std::string_view::npos &&
                       !has_control(value) && is_utf8(value);
    text.append(" ").append(name).append("=");
    text += plain ? std::string(value) : JsonWriter().string(value).text();
  }

  /// Each of the texts is cut at `most` bytes.
  [[nodiscard]] std::string as_text(Line const& line, std::size_t most) const {
    std::string text = iso_time(line.time) + ' ';
    std::string_view const called = ::program_invocation_short_name;
    append_clean(text, options_.program.empty() ? called : options_.program);
    text += ' ';
    if (line.level != LogLevel::info) text.append(name(line.level)).append(": ");
    append_clean(text, line.message.substr(0, most));
    for (LogField const& field : line.fields) {
      append_field(text, field.name, field.value.text().substr(0, most));
    }
    if (!options_.target.empty()) append_field(text, "target", options_.target);
    return text + '\n';
  }
  [[nodiscard]] std::string as_json(Line const& line, std::size_t most) const {
    JsonWriter json;
    json.begin_object().key("time").string(iso_time(line.time));
    json.key("level").string(name(line.level));
    json.key("message").string(line.message.substr(0, most));
    for (LogField const& field : line.fields) {
      std::string_view const value = field.value.text();
      json.key(field.name);
      field.value.is_number() ? json.literal(value) : json.string(value.substr(0, most));
    }
    if (!options_.target.empty()) json.key("target").string(options_.target);
    return json.end_object().text() + '\n';
  }

  /// Returns a line that a pipe takes as a whole or not at all, so that lines never mix.
  [[nodiscard]] std::string formatted(Line const& line) const {
    std::string text;
    for (std::size_t most = PIPE_BUF; text.empty() || text.size() > PIPE_BUF; most /= 2) {
      text = options_.format == LogFormat::json ? as_json(line, most) : as_text(line, most);
    }
    return text;
  }

  void write(LogLevel level, std::string_view message,
             std::initializer_list<LogField> fields) const {
    if (options_.format == LogFormat::none) return;
    std::string const text = formatted({std::chrono::system_clock::now(), level, message, fields});
    (void)internal::Outlet(options_.descriptor).offer_line(text);
  }

  Options options_{};
};

}  // namespace sla::inline v1
