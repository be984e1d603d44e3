// SPDX-License-Identifier: MIT
#include "sla/core/log.hpp"

#include <doctest/doctest.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <future>
#include <initializer_list>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "../support/child_process.hpp"
#include "../support/memory_file.hpp"
#include "../support/pipe.hpp"
#include "sla/core/parse_time.hpp"

using namespace sla;
using namespace std::string_view_literals;

namespace {

constexpr std::size_t time_length = std::string_view("2015-08-30T12:36:00.000Z").size();

/// A logger that writes to memory.
struct Recorded {
  explicit Recorded(LogFormat format)
      : log({.format = format, .descriptor = file.descriptor(), .program = "checks"}) {}

  MemoryFile file{};
  Logger log;
};

/// The only line so far with its time, which has to be one, made TIME.
std::string only_line(std::string text, std::size_t time_at) {
  REQUIRE(parse_iso_time(std::string_view(text).substr(time_at, time_length)).has_value());
  return text.replace(time_at, time_length, "TIME");
}

std::string read_some(int descriptor) {
  std::string buffer(1U << 20U, '\0');
  ssize_t const n = ::read(descriptor, buffer.data(), buffer.size());
  buffer.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return buffer;
}

/// Leaves room for so many bytes in the pipe.
void fill(Pipe const& pipe, std::size_t room) {
  ::fcntl(pipe.writer.get(), F_SETFL, O_NONBLOCK);
  std::string const page(4096, 'x');
  while (::write(pipe.writer.get(), page.data(), page.size()) > 0) {
  }
  ::fcntl(pipe.writer.get(), F_SETFL, 0);
  std::string taken(room, '\0');
  if (room > 0) CHECK(::read(pipe.reader.get(), taken.data(), room) == static_cast<ssize_t>(room));
}

}  // namespace

TEST_CASE("a line of text has the time, the program, the level if it matters, and the fields") {
  struct Row {
    void (Logger::*write)(std::string_view, std::initializer_list<LogField>) const;
    std::string_view expected;
  };
  Row const rows[] = {
      {&Logger::info, "TIME checks it happened a=one b=\"two words\" c=3\n"},
      {&Logger::warning, "TIME checks warning: it happened a=one b=\"two words\" c=3\n"},
      {&Logger::error, "TIME checks error: it happened a=one b=\"two words\" c=3\n"},
  };
  for (Row const& row : rows) {
    Recorded const to(LogFormat::text);
    (to.log.*row.write)("it happened", {{"a", "one"}, {"b", "two words"}, {"c", 3}});
    CHECK(only_line(to.file.text(), 0) == row.expected);
  }
}

TEST_CASE("a line of JSON has the same as an object") {
  struct Row {
    void (Logger::*write)(std::string_view, std::initializer_list<LogField>) const;
    std::string_view expected;
  };
  Row const rows[] = {
      {&Logger::info,
       R"({"time":"TIME","level":"info","message":"it \"happened\"","a":"1","b":-2})"},
      {&Logger::warning,
       R"({"time":"TIME","level":"warning","message":"it \"happened\"","a":"1","b":-2})"},
      {&Logger::error,
       R"({"time":"TIME","level":"error","message":"it \"happened\"","a":"1","b":-2})"},
  };
  for (Row const& row : rows) {
    Recorded const to(LogFormat::json);
    (to.log.*row.write)("it \"happened\"", {{"a", "1"}, {"b", -2}});
    CHECK(only_line(to.file.text(), std::string_view(R"({"time":")").size()) ==
          std::string(row.expected) + '\n');
  }
}

TEST_CASE("no format, no lines") {
  Recorded const to(LogFormat::none);
  to.log.error("it happened");
  CHECK(to.file.text().empty());
}

TEST_CASE("control characters cannot forge a line or a colour") {
  Recorded const text(LogFormat::text);
  text.log.info("a\nb\x1b[31m\r", {{"field", "x\ny\x1b\x7f"}});
  CHECK(only_line(text.file.text(), 0) == R"(TIME checks a?b?[31m? field="x\ny\u001b\u007f")"
                                          "\n");
  Recorded const json(LogFormat::json);
  json.log.info("a\nb\x1b", {{"field", std::string("x\ny\0", 4)}});
  CHECK(only_line(json.file.text(), 9) ==
        R"({"time":"TIME","level":"info","message":"a\nb\u001b","field":"x\ny\u0000"})"
        "\n");
}

TEST_CASE("a value of a line of text is quoted if a reader would take it for something else") {
  struct Row {
    LogValue value;
    std::string_view written;
  };
  Row const rows[] = {
      {"plain:/.-_\\'", "plain:/.-_\\'"},
      {"gr\u00F6\u00DFe", "gr\u00F6\u00DFe"},
      {"", R"("")"},
      {"a b", R"("a b")"},
      {"a=b", R"("a=b")"},
      {R"(say "x")", R"("say \"x\"")"},
      {"a\\ b", R"("a\\ b")"},
      {"\xff", "\"\uFFFD\""},
      {std::string("x\0", 2), R"("x\u0000")"},
      {Duration{std::chrono::milliseconds{1500}}, "1.500"},
      {std::size_t{7}, "7"},
      {-7L, "-7"},
  };
  for (Row const& row : rows) {
    Recorded const to(LogFormat::text);
    to.log.info("said", {{"value", row.value}});
    CHECK(only_line(to.file.text(), 0) ==
          "TIME checks said value=" + std::string(row.written) + '\n');
  }
}

TEST_CASE("numbers are numbers of JSON, whatever else looks like one is not") {
  Recorded const to(LogFormat::json);
  to.log.info("x", {{"a", Duration{std::chrono::seconds{2}}}, {"b", "2.000"}, {"c", 0U}});
  CHECK(to.file.text().find(R"("message":"x","a":2.000,"b":"2.000","c":0})") != std::string::npos);
}

TEST_CASE("the name in front is that of the program, or what it was given") {
  MemoryFile const file;
  Logger({.descriptor = file.descriptor()}).info("x");
  std::string const name = ::program_invocation_short_name;
  CHECK(only_line(file.text(), 0) == "TIME " + name + " x\n");
}

TEST_CASE("a logger of deliveries names their target in each line") {
  Recorded const text(LogFormat::text);
  text.log.to("aws").info("x", {{"a", 1}});
  text.log.info("y");
  CHECK(text.file.text().find("checks x a=1 target=aws\n") != std::string::npos);
  CHECK(text.file.text().ends_with("checks y\n"));
  Recorded const json(LogFormat::json);
  json.log.to("a b").info("x");
  CHECK(json.file.text().ends_with("\"message\":\"x\",\"target\":\"a b\"}\n"));
}

TEST_CASE("each call is one line, and a copy of a logger writes to the same place") {
  Recorded const to(LogFormat::text);
  Logger const copy = to.log;
  to.log.info("one");
  copy.info("two");
  std::string const all = to.file.text();
  CHECK(all.find("one\n") < all.find("two\n"));
  CHECK(all.ends_with("two\n"));
}

TEST_CASE("lines of several threads do not mix") {
  Pipe const pipe;
  Logger const log({.format = LogFormat::json, .descriptor = pipe.writer.get()});
  std::vector<std::thread> threads;
  for (char const letter : {'a', 'b', 'c', 'd'}) {
    threads.emplace_back([&log, letter] {
      for (int i = 0; i < 10; ++i) log.info(std::string(200, letter));
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::string const all = read_some(pipe.reader.get());
  auto const lines = split(all, '\n');
  REQUIRE(lines.size() == 41);
  for (std::string_view const line : lines) {
    if (line.empty()) continue;
    char const letter = line[line.size() - 3];
    CHECK(line.ends_with('"' + std::string(200, letter) + "\"}"));
  }
}

TEST_CASE("a reader that is full loses the line") {
  Pipe const pipe;
  fill(pipe, 0);
  Logger const log({.descriptor = pipe.writer.get()});
  log.error("lost");
  CHECK(read_some(pipe.reader.get()).find("lost") == std::string::npos);
  log.error("kept");
  CHECK(read_some(pipe.reader.get()).ends_with("kept\n"));
}

TEST_CASE("a reader that is nearly full takes no time from a long line") {
  Pipe const pipe;
  fill(pipe, 4096);
  Logger const log({.descriptor = pipe.writer.get()});
  auto written = std::async(std::launch::async, [&] { log.error(std::string(50'000, 'y')); });
  bool const at_once = written.wait_for(std::chrono::seconds{2}) == std::future_status::ready;
  CHECK(at_once);
  ::fcntl(pipe.reader.get(), F_SETFL, O_NONBLOCK);
  while (written.wait_for(std::chrono::milliseconds{1}) != std::future_status::ready) {
    (void)read_some(pipe.reader.get());
  }
}

TEST_CASE("a reader that is gone loses the line, not the program") {
  auto const end = in_child([] {
    Pipe pipe;
    pipe.reader.reset();
    Logger({.descriptor = pipe.writer.get()}).error("lost");
    Logger({.descriptor = -1}).error("lost");
    return 0;
  });
  CHECK(end.signal == 0);
  CHECK(end.exit_code == 0);
}
