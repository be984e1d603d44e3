// SPDX-License-Identifier: MIT
#include "sla/core/result.hpp"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <concepts>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

using namespace sla;

namespace {

Result<int> half(int number) {
  if (number % 2 != 0) return Error{Errc::invalid, "odd"};
  return number / 2;
}
Result<std::string> quarter_in_words(int number) {
  auto const once = half(number);
  if (!once) return once.error().within("quarter");
  auto const twice = half(*once);
  if (!twice) return twice.error().within("quarter");
  return std::to_string(*twice);
}
Result<void> only_even(int number) {
  auto const done = half(number);
  if (!done) return done.error();
  return {};
}

}  // namespace

static_assert(std::same_as<Result<int>::value_type, int>);
static_assert(std::same_as<Result<int>::error_type, Error>);
static_assert(std::same_as<Result<void>::value_type, void>);
static_assert(!std::convertible_to<Result<int>, bool>);
static_assert(!std::convertible_to<Result<void>, bool>);
static_assert(!std::is_default_constructible_v<Result<int>>);
static_assert(std::movable<Result<std::unique_ptr<int>>>);
static_assert(std::copyable<Result<std::string>>);
static_assert(!std::copyable<Result<std::unique_ptr<int>>>);
static_assert(!std::constructible_from<Result<int>, std::string>);

TEST_CASE("a result holds a value or an error and says which") {
  CHECK(half(4).has_value());
  CHECK(static_cast<bool>(half(4)));
  CHECK(half(4).value() == 2);
  CHECK_FALSE(half(3).has_value());
  CHECK_FALSE(static_cast<bool>(half(3)));
  CHECK(half(3).error() == Error{Errc::invalid, "odd"});
}

TEST_CASE("an error travels up through results of other types") {
  CHECK(*quarter_in_words(8) == "2");
  CHECK(quarter_in_words(7).error().message == "quarter: odd");
  CHECK(quarter_in_words(6).error().message == "quarter: odd");
  CHECK(only_even(6).has_value());
  CHECK(only_even(7).error().message == "odd");
}

TEST_CASE("the value can be reached, changed and moved out") {
  Result<std::string> text = std::string("abc");
  CHECK(text->size() == 3);
  *text += 'd';
  text->push_back('e');
  text.value() += 'f';
  CHECK(*text == "abcdef");
  auto const& same = text;
  CHECK(same.value() == "abcdef");
  CHECK(same->size() == 6);
  std::string const taken = *std::move(text);
  CHECK(taken == "abcdef");

  Result<std::unique_ptr<int>> owner = std::make_unique<int>(7);
  std::unique_ptr<int> const held = std::move(owner).value();
  CHECK(*held == 7);
}

TEST_CASE("the fallback stands in for a value that is not there") {
  CHECK(half(4).value_or(9) == 2);
  CHECK(half(3).value_or(9) == 9);
  Result<std::string> const none = Error{Errc::not_found, "none"};
  CHECK(none.value_or("other") == "other");
  CHECK(Result<std::string>(std::string("x")).value_or("other") == "x");
}

TEST_CASE("the error can be moved out") {
  Result<int> failed = Error{Errc::denied, std::string(100, 'x'), http_status(403)};
  Error const error = std::move(failed).error();
  CHECK(error.message.size() == 100);
  CHECK(error.http_status() == 403);
  Result<void> nothing = Error{Errc::denied, std::string(100, 'x'), http_status(403)};
  CHECK((std::move(nothing).error() == error));
}

TEST_CASE("a copy of a result is a result of its own") {
  Result<std::string> first = std::string("a");
  Result<std::string> second = first;
  *second = "b";
  CHECK(*first == "a");
  first = Error{Errc::stopped, "enough"};
  CHECK_FALSE(first.has_value());
  second = first;
  CHECK(second.error().code == Errc::stopped);
}

TEST_CASE("what a result held ends when something else takes its place, and with it") {
  auto const held = std::make_shared<int>(7);
  {
    Result<std::shared_ptr<int>> result = held;
    CHECK(held.use_count() == 2);
    result = Error{Errc::stopped, std::string(100, 'x')};
    CHECK(held.use_count() == 1);
    result = held;
    CHECK(held.use_count() == 2);
    Result<std::shared_ptr<int>> const taken = std::move(result);
    CHECK(held.use_count() == 2);
    result = taken;
    CHECK(held.use_count() == 3);
  }
  CHECK(held.use_count() == 1);
}

TEST_CASE("what makes a value may come instead of the value") {
  Result<std::string> const text = "literal";
  CHECK(*text == "literal");
  Result<bool> const no = false;
  CHECK(no.has_value());
  CHECK_FALSE(*no);
}

TEST_CASE("a loop goes over the value of a call, which is gone by then") {
  std::string const text(64, 'a');  // in memory that is freed
  auto const call = [&] { return Result<std::string>(text); };
  std::string seen;
  for (char const letter : *call()) seen += letter;
  for (char const letter : call().value()) seen += letter;
  CHECK(seen == text + text);
}

TEST_CASE("the value of an error ends the program with the error's text") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  pid_t const child = ::fork();
  if (child == 0) {
    ::signal(SIGABRT, SIG_DFL);
    ::dup2(ends[1], STDERR_FILENO);
    Result<int> const wrong = Error{Errc::denied, "sns publish: no", http_status(403)};
    ::_exit(*wrong);
  }
  ::close(ends[1]);
  char text[128]{};
  CHECK(::read(ends[0], text, sizeof text - 1) > 0);
  ::close(ends[0]);
  int status = 0;
  CHECK(::waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status));
  CHECK(WTERMSIG(status) == SIGABRT);
  CHECK(std::string(text) == "sla: the value of an error: sns publish: no\n");
}
