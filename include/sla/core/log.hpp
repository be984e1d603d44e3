// SPDX-License-Identifier: MIT
#pragma once
// The runner's own lines, on stderr unless told otherwise: one line each, as text for people or as
// JSON for machines. A line is one write, so lines of several threads never mix; a reader that is
// gone or full loses lines, never time.
#include <limits.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

#include "sla/core/json.hpp"
#include "sla/core/outlet.hpp"
#include "sla/core/text.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1 {

enum class LogFormat { text, json, none };
enum class LogLevel { info, warning, error };

/// One named value beside a line's message.
struct LogField {
  std::string_view name;
  std::string value;
};

/// Writes the runner's own lines. Thread-safe; cheap to copy.
class Logger {
 public:
  struct Options {
    LogFormat format = LogFormat::text;
    int descriptor = STDERR_FILENO;  ///< stays the caller's
  };

  Logger() = default;
  explicit Logger(Options options) : options_(options) {}

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

  /// A control character would forge a line or a colour; each becomes a question mark.
  static void append_clean(std::string& text, std::string_view value) {
    for (char const c : value) text += is_control(c) ? '?' : c;
  }

  /// Each of the texts is cut at `most` bytes.
  static std::string as_text(Line const& line, std::size_t most) {
    std::string text = iso_time(line.time) + " sla-runner ";
    if (line.level != LogLevel::info) text.append(name(line.level)).append(": ");
    append_clean(text, line.message.substr(0, most));
    for (LogField const& field : line.fields) {
      text.append(" ").append(field.name).append("=");
      append_clean(text, std::string_view(field.value).substr(0, most));
    }
    return text + '\n';
  }
  static std::string as_json(Line const& line, std::size_t most) {
    JsonWriter json;
    json.begin_object().key("time").string(iso_time(line.time));
    json.key("level").string(name(line.level));
    json.key("message").string(line.message.substr(0, most));
    for (LogField const& field : line.fields) {
      json.key(field.name).string(std::string_view(field.value).substr(0, most));
    }
    return json.end_object().text() + '\n';
  }

  /// A line that a pipe takes as a whole or not at all, so that lines never mix.
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
    (void)Outlet(options_.descriptor).offer_line(text);
  }

  Options options_{};
};

}  // namespace sla::inline v1
