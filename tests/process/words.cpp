// SPDX-License-Identifier: MIT
#include "sla/process/words.hpp"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../support/started_program.hpp"
#include "sla/core/descriptor.hpp"
#include "sla/process/spawn.hpp"

namespace {

using Words = std::vector<std::string>;

Words split(std::string_view text) {
  auto words = sla::split_words(text);
  CAPTURE(text);
  REQUIRE_MESSAGE(words, words.error().message);
  return *std::move(words);
}

std::string refusal(std::string_view text) {
  auto const words = sla::split_words(text);
  CAPTURE(text);
  REQUIRE_FALSE(words);
  CHECK(words.error().code == sla::Errc::invalid);
  return words.error().message;
}

bool needs_shell_for(std::string_view text, std::string_view what) {
  return refusal(text) == "the command needs a shell for its " + std::string(what) +
                              " and there is no /bin/sh here; quote what is meant as it stands";
}

/// What a real shell makes of a script: all that it writes to stdout and stderr.
std::string shell_output(std::string const& script) {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  sla::Descriptor const reader{ends[0]};
  auto plan = support::plan_of({"/bin/sh", "-c", script});
  plan.output = sla::Descriptor{ends[1]};
  pid_t pid = 0;
  REQUIRE(support::started(std::move(plan), pid).failed == 0);
  std::string all;
  char buffer[4096];
  for (ssize_t n = 0; (n = ::read(reader.get(), buffer, sizeof buffer)) > 0;) {
    all.append(buffer, static_cast<std::size_t>(n));
  }
  ::waitpid(pid, nullptr, 0);
  return all;
}

}  // namespace

TEST_CASE("words are split at spaces, tabs and nothing else") {
  CHECK(split("a") == Words{"a"});
  CHECK(split("a b\tc") == Words{"a", "b", "c"});
  CHECK(split(" \t a  b ") == Words{"a", "b"});
  CHECK(split("a\rb") == Words{"a\rb"});
  CHECK(split("a \r") == Words{"a", "\r"});
  CHECK(split("a\vb\fc") == Words{"a\vb\fc"});
  CHECK(split("\xC3\xA9 \xFF\x80") == Words{"\xC3\xA9", "\xFF\x80"});
  CHECK(split("/app/test --url=http://host:80/a,b %d @x +y ^z") ==
        Words{"/app/test", "--url=http://host:80/a,b", "%d", "@x", "+y", "^z"});
}

TEST_CASE("empty lines around a command mean nothing") {
  CHECK(split("a b\n") == Words{"a", "b"});
  CHECK(split("\n \n a b \n\t\n") == Words{"a", "b"});
}

TEST_CASE("single quotes keep everything") {
  CHECK(split("'a b'") == Words{"a b"});
  CHECK(split("a 'b  c'd''e") == Words{"a", "b  cde"});
  CHECK(split("'' a ''") == Words{"", "a", ""});
  CHECK(split("a '|&;<>()$`\\\"*?[]#~={}!\n'") == Words{"a", "|&;<>()$`\\\"*?[]#~={}!\n"});
}

TEST_CASE("double quotes keep everything but what a backslash may precede") {
  CHECK(split("\"a b\" c\"\"d") == Words{"a b", "cd"});
  CHECK(split(R"(a "\"\\\$\`" "\a\n\'" "|&;<>()*?[]#~={}!'")") ==
        Words{"a", "\"\\$`", "\\a\\n\\'", "|&;<>()*?[]#~={}!'"});
  CHECK(split("a \"b\\\nc\" \"d\ne\"") == Words{"a", "bc", "d\ne"});
}

TEST_CASE("a backslash keeps the next character, and joins lines") {
  CHECK(split(R"(a\ b \| \' \" \\ \$x \#c \~ \{\})") ==
        Words{"a b", "|", "'", "\"", "\\", "$x", "#c", "~", "{}"});
  CHECK(split("a\\\nb \\\n c") == Words{"ab", "c"});
  CHECK(split("a\\\n") == Words{"a"});
}

TEST_CASE("every operator is refused by its name") {
  for (char const* const text : {"a|b", "a | b", "a || b", "|"}) {
    CHECK(needs_shell_for(text, "`|`"));
  }
  for (char const* const text : {"a&", "a && b", "& a"}) CHECK(needs_shell_for(text, "`&`"));
  for (char const* const text : {"a;b", "a;", "a ;; b"}) CHECK(needs_shell_for(text, "`;`"));
  CHECK(needs_shell_for("(a)", "`(`"));
  CHECK(needs_shell_for("a()", "`(`"));
  CHECK(needs_shell_for("a )", "`)`"));
  CHECK(needs_shell_for("{ a", "`{`"));
  CHECK(needs_shell_for("a }", "`}`"));
  CHECK(needs_shell_for("! a", "`!`"));
  CHECK(needs_shell_for("a\nb", "second line"));
  CHECK(needs_shell_for("a\n \n b", "second line"));
}

TEST_CASE("every redirection is refused") {
  for (char const* const text : {"a >b", "a 2>b", "a >>b", "a >&2", "a >|b"}) {
    CHECK(needs_shell_for(text, "`>`"));
  }
  for (char const* const text : {"a <b", "a <<b", "a <>b", "a 0<&1"}) {
    CHECK(needs_shell_for(text, "`<`"));
  }
}

TEST_CASE("every expansion is refused, inside double quotes too") {
  for (char const* const text :
       {"$a", "a ${b}", "a $(b)", "a $((1))", "a \"$b\"", "a \"b ${c}\"", "a $'b'", "a $"}) {
    CHECK(needs_shell_for(text, "`$`"));
  }
  for (char const* const text : {"a `b`", "a \"`b`\""}) CHECK(needs_shell_for(text, "```"));
  CHECK(needs_shell_for("a *", "`*`"));
  CHECK(needs_shell_for("a b?", "`?`"));
  CHECK(needs_shell_for("a [bc]", "`[`"));
  CHECK(needs_shell_for("a ]", "`]`"));
  CHECK(needs_shell_for("a {b,c}", "`{`"));
  CHECK(needs_shell_for("~/a", "`~`"));
  CHECK(needs_shell_for("a ~", "`~`"));
  CHECK(needs_shell_for("a #b", "`#`"));
  CHECK(needs_shell_for("\\\n#b", "`#`"));
  CHECK(split("a b#c d~e f!g") == Words{"a", "b#c", "d~e", "f!g"});
}

TEST_CASE("an assignment before the command is refused, the same text elsewhere is a word") {
  CHECK(needs_shell_for("A=b c", "`=`"));
  CHECK(needs_shell_for("A=", "`=`"));
  CHECK(needs_shell_for("A='b c' d", "`=`"));
  CHECK(needs_shell_for("A\\\n=b c", "`=`"));
  CHECK(split("env A=b c") == Words{"env", "A=b", "c"});
  CHECK(split("'A'=b c") == Words{"A=b", "c"});
  CHECK(split("\\A=b c") == Words{"A=b", "c"});
}

TEST_CASE("a text that ends too early or is empty is refused") {
  CHECK(refusal("a 'b") == "the command ends within a single quote");
  CHECK(refusal("a \"b") == "the command ends within a double quote");
  CHECK(refusal("a \"b\\") == "the command ends within a double quote");
  CHECK(refusal("a \\") == "the command ends within a backslash");
  for (char const* const text : {"", " ", "\t \n", "\\\n"}) {
    CHECK(refusal(text) == "the command is empty");
  }
}

TEST_CASE("a command text is the shell's where there is one, also one that looks like an option") {
  CHECK(sla::shell_words("exit 3").value() == Words{"/bin/sh", "-c", "exit 3"});
  CHECK(sla::shell_words("-x; exit 3").value() == Words{"/bin/sh", "-c", "--", "-x; exit 3"});
  CHECK(sla::shell_words("+x").value() == Words{"/bin/sh", "-c", "--", "+x"});
  CHECK(sla::shell_words("a 'b c'", "/nowhere/sh").value() == Words{"a", "b c"});
  CHECK_FALSE(sla::shell_words("a $b", "/nowhere/sh"));
}

TEST_CASE("accepted texts have the words that the real shell finds in them") {
  constexpr std::string_view alphabet[] = {
      "a",  "b", "-",  "%",    "/",    "=",    "~",    "#",     "!",    ",",
      " ",  " ", "\t", "\r",   "\n",   "'",    "'",    "\"",    "\"",   "\\",
      "\\", "$", "`",  "*",    "|",    ">",    "{",    "\\\n",  "''",   ":",
      "^",  "@", "+",  "\xC3", "\xA9", "\x88", "\x81", "'b ~'", "\\\"", "\"\\\\\""};
  std::mt19937 random(20240229);
  std::uniform_int_distribution<std::size_t> pick(0, std::size(alphabet) - 1);
  std::uniform_int_distribution<int> length(1, 14);
  int accepted = 0;
  for (int batch = 0; batch < 60; ++batch) {
    std::string script;
    std::string expected;
    for (int i = 0; i < 400; ++i) {
      std::string text = "printf '<%s>\\n' x";
      for (int left = length(random); left > 0; --left) text += alphabet[pick(random)];
      auto const words = sla::split_words(text);
      if (!words) continue;
      ++accepted;
      script += text + "\necho .\n";
      for (std::size_t word = 2; word < words->size(); ++word) {
        expected += "<" + (*words)[word] + ">\n";
      }
      expected += ".\n";
    }
    std::string const found = shell_output(script);
    std::size_t same = 0;
    while (same < std::min(found.size(), expected.size()) && found[same] == expected[same]) ++same;
    INFO("the words differ behind ..." << expected.substr(same < 80 ? 0 : same - 80, 160));
    REQUIRE(found == expected);
  }
  MESSAGE(accepted << " texts compared");
  CHECK(accepted > 3000);
}
