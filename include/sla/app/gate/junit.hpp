// SPDX-License-Identifier: MIT
#pragma once
// Writes the runs of a gate as JUnit XML, for what shows the results of tests: one test suite, a
// test case for each run with its log. The file is there when it is whole. Bytes that cannot stand
// in XML become U+FFFD.
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "sla/core/descriptor.hpp"
#include "sla/core/result.hpp"
#include "sla/core/run.hpp"
#include "sla/core/text.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::app {

namespace detail {

/// Returns how one character is written in XML, in a text or in the value of an attribute.
inline std::string_view xml_character(std::string_view character) noexcept {
  constexpr std::string_view replacement = "\xEF\xBF\xBD";
  if (character.size() != 1) {
    bool const none = character == "\xEF\xBF\xBE" || character == "\xEF\xBF\xBF";
    return none ? replacement : character;
  }
  switch (character[0]) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':  // also for ]]>
      return "&gt;";
    case '"':
      return "&quot;";
    case '\r':  // a reader would make it a line break
      return "&#13;";
    default:
      break;
  }
  bool const blank = character[0] == '\n' || character[0] == '\t';
  return is_control(character[0]) && !blank && character[0] != '\x7f' ? replacement : character;
}

/// Appends text that comes in blocks; returns how much of the last one waits for the next.
inline std::size_t append_xml(std::string& out, std::string_view text, bool at_end) {
  constexpr std::size_t longest_character = 4;
  while (!text.empty() && (at_end || text.size() >= longest_character)) {
    std::size_t const length = utf8_length(text);
    out += length == 0 ? "\xEF\xBF\xBD" : xml_character(text.substr(0, length));
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return text.size();
}

/// Returns ` name="value"`.
inline std::string xml_attribute(std::string_view name, std::string_view value) {
  std::string out(" ");
  out.append(name).append("=\"");
  (void)append_xml(out, value, true);
  return out.append("\"");
}

}  // namespace detail

/// A file of JUnit XML while it is written. Not thread-safe.
class JunitFile {
 public:
  /// Begins the file beside where it will be. The error names the path.
  [[nodiscard]] static Result<JunitFile> open(std::string path, std::string suite) {
    std::string fresh = path + ".tmp-" + std::to_string(::getpid());
    ::unlink(fresh.c_str());  // left by an earlier process of that number
    auto file = internal::open_file(fresh, O_WRONLY | O_CREAT | O_EXCL, 0644);
    if (!file) return Error{file.error().code, path + ": " + std::string(why(file.error(), fresh))};
    JunitFile junit(std::move(path), std::move(suite), std::move(fresh), *std::move(file));
    std::string head = junit.head();
    junit.head_size_ = head.size() + room_for_figures;
    head.append(room_for_figures, ' ');
    auto const written = internal::write_all(junit.file_.get(), head);
    if (!written) return written.error();
    return junit;
  }
  JunitFile(JunitFile&& other) noexcept
      : path_(std::move(other.path_)),
        suite_(std::move(other.suite_)),
        fresh_(std::exchange(other.fresh_, {})),
        file_(std::move(other.file_)),
        figures_(other.figures_),
        head_size_(other.head_size_) {}
  JunitFile& operator=(JunitFile&&) = delete;
  ~JunitFile() {
    if (!fresh_.empty()) ::unlink(fresh_.c_str());
  }

  /// Adds a run. The error names the path.
  Result<void> add(Report const& report) {
    using detail::xml_attribute;
    if (figures_.cases == 0) figures_.began = report.started_at;
    std::string text = "<testcase" +
                       xml_attribute("name", "run " + std::to_string(++figures_.cases)) +
                       xml_attribute("classname", suite_) +
                       xml_attribute("time", decimal_seconds(report.duration)) + ">\n";
    figures_.time += report.duration;
    append_result(text, report);
    text += "<system-out>";
    auto done = internal::write_all(file_.get(), text);
    if (done) done = add_log(report.outcome.output);
    if (done) done = internal::write_all(file_.get(), "</system-out>\n</testcase>\n");
    return done ? done : done.error().within(path_);
  }

  /// Ends the file with a text about all runs, and puts it where it belongs.
  Result<void> finish(std::string_view summary) {
    std::string tail = "<system-out>";
    (void)detail::append_xml(tail, summary, true);
    tail += "</system-out>\n</testsuite>\n</testsuites>\n";
    auto done = internal::write_all(file_.get(), tail);
    std::string head = this->head() + figures();
    head.resize(head_size_, ' ');
    head.replace(head.size() - 2, 2, ">\n");
    if (done && ::lseek(file_.get(), 0, SEEK_SET) != 0) done = system_error("lseek");
    if (done) done = internal::write_all(file_.get(), head);
    if (done) done = internal::sync_file(file_, "fsync");
    if (done && ::rename(fresh_.c_str(), path_.c_str()) != 0) done = system_error("rename");
    if (!done) return done.error().within(path_);
    fresh_.clear();
    return {};
  }

 private:
  struct Figures {
    std::int64_t cases = 0;
    std::int64_t failures = 0;
    std::int64_t errors = 0;
    std::int64_t skipped = 0;
    Duration time{};
    WallTime began{};
  };
  static constexpr std::size_t room_for_figures = 192;

  JunitFile(std::string path, std::string suite, std::string fresh, Descriptor file)
      : path_(std::move(path)),
        suite_(std::move(suite)),
        fresh_(std::move(fresh)),
        file_(std::move(file)) {}

  /// The reason alone: nobody but this knows the other path.
  static std::string_view why(Error const& error, std::string_view path) {
    std::string_view text = error.message;
    if (text.starts_with(path)) text.remove_prefix(path.size() + 2);
    return text;
  }

  [[nodiscard]] std::string head() const {
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite" +
           detail::xml_attribute("name", suite_);
  }
  [[nodiscard]] std::string figures() const {
    using detail::xml_attribute;
    return xml_attribute("tests", std::to_string(figures_.cases)) +
           xml_attribute("failures", std::to_string(figures_.failures)) +
           xml_attribute("errors", std::to_string(figures_.errors)) +
           xml_attribute("skipped", std::to_string(figures_.skipped)) +
           xml_attribute("time", decimal_seconds(figures_.time)) +
           xml_attribute("timestamp", iso_time(figures_.began).substr(0, 19));
  }

  void append_result(std::string& text, Report const& report) {
    Outcome const& outcome = report.outcome;
    if (report.succeeded()) return;
    std::string_view const verdict = to_string(outcome.verdict);
    bool const skipped = outcome.verdict == Verdict::skipped || !report.counts();
    bool const failed = report.conclusive() && outcome.verdict != Verdict::spawn_error;
    ++(skipped ? figures_.skipped : failed ? figures_.failures : figures_.errors);
    std::string message = outcome.reason.empty() ? outcome.message : outcome.reason;
    if (message.empty()) {
      message.append(verdict).append(", exit code ").append(std::to_string(outcome.exit_code));
    }
    text.append("<").append(skipped ? "skipped" : failed ? "failure" : "error");
    if (!skipped) text += detail::xml_attribute("type", verdict);
    text.append(detail::xml_attribute("message", message)).append("/>\n");
  }

  Result<void> add_log(Output const& output) {
    std::string waiting;
    std::string text;
    auto const write = [&](std::string_view block, bool at_end) {
      waiting += block;
      text.clear();
      std::size_t const left = detail::append_xml(text, waiting, at_end);
      waiting.erase(0, waiting.size() - left);
      return internal::write_all(file_.get(), text);
    };
    auto const done =
        output.each_block([&](std::string_view block) { return write(block, false); });
    return done ? write({}, true) : done;
  }

  std::string path_;
  std::string suite_;
  std::string fresh_;
  Descriptor file_;
  Figures figures_{};
  std::size_t head_size_ = 0;
};

}  // namespace sla::inline v1::app
