// SPDX-License-Identifier: MIT
#include "sla/core/error.hpp"

#include <doctest/doctest.h>

#include <cerrno>
#include <string>
#include <utility>

using namespace sla;

TEST_CASE("only an error that may pass by itself is retryable") {
  struct Row {
    Errc code;
    bool expected;
  };
  Row const rows[] = {
      {Errc::invalid, false},    {Errc::not_configured, false}, {Errc::system, false},
      {Errc::unavailable, true}, {Errc::timed_out, true},       {Errc::throttled, true},
      {Errc::denied, false},     {Errc::expired, false},        {Errc::not_found, false},
      {Errc::exists, false},     {Errc::rejected, false},       {Errc::unacceptable, false},
      {Errc::malformed, false},  {Errc::stopped, false},
  };
  for (Row const& row : rows) {
    CAPTURE(static_cast<int>(row.code));
    CHECK(retryable(row.code) == row.expected);
    CHECK(retryable(Error{row.code, "any message", 500}) == row.expected);
  }
}

TEST_CASE("each layer puts its context before the message once and keeps the rest") {
  Error const low{Errc::denied, "http 403: no", 403};
  Error const high = low.within("sns publish");
  CHECK(high == Error{Errc::denied, "sns publish: http 403: no", 403});
  CHECK(low.message == "http 403: no");
  CHECK(Error(low).within("b").within("a").message == "a: b: http 403: no");
}

TEST_CASE("errors are equal where code, message and native number are") {
  Error const error{Errc::system, "x", 2};
  CHECK(error == Error{Errc::system, "x", 2});
  CHECK_FALSE(error == Error{Errc::invalid, "x", 2});
  CHECK_FALSE(error == Error{Errc::system, "y", 2});
  CHECK_FALSE(error == Error{Errc::system, "x", 3});
}

TEST_CASE("a failed system call is explained in words and keeps its number") {
  CHECK(system_error("/nowhere", ENOENT) ==
        Error{Errc::system, "/nowhere: No such file or directory", ENOENT});
  errno = EACCES;
  CHECK(system_error("open").native == EACCES);
}
