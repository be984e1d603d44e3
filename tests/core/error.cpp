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
      {Errc::exists, false},     {Errc::rejected, false},       {Errc::revoked, false},
      {Errc::in_use, true},      {Errc::unacceptable, false},   {Errc::malformed, false},
      {Errc::stopped, false},
  };
  for (Row const& row : rows) {
    CAPTURE(static_cast<int>(row.code));
    CHECK(retryable(row.code) == row.expected);
    CHECK(retryable(Error{row.code, "any message", http_status(500)}) == row.expected);
  }
}

TEST_CASE("each layer puts its context before the message once and keeps the rest") {
  Error const low{Errc::denied, "http 403: no", http_status(403)};
  Error const high = low.within("sns publish");
  CHECK(high == Error{Errc::denied, "sns publish: http 403: no", http_status(403)});
  CHECK(low.message == "http 403: no");
  CHECK(Error(low).within("b").within("a").message == "a: b: http 403: no");
}

TEST_CASE("errors are equal where code, message and native number are") {
  Error const error{Errc::system, "x", system_number(2)};
  CHECK(error == Error{Errc::system, "x", system_number(2)});
  CHECK_FALSE(error == Error{Errc::invalid, "x", system_number(2)});
  CHECK_FALSE(error == Error{Errc::system, "y", system_number(2)});
  CHECK_FALSE(error == Error{Errc::system, "x", system_number(3)});
}

TEST_CASE("a number is given only to who asks for its kind") {
  Error const system{Errc::system, "x", system_number(5)};
  Error const http{Errc::denied, "x", http_status(403)};
  Error const curl{Errc::timed_out, "x", curl_code(28)};
  CHECK(system.system_number() == 5);
  CHECK(system.http_status() + system.curl_code() == 0);
  CHECK(http.http_status() == 403);
  CHECK(http.system_number() + http.curl_code() == 0);
  CHECK(curl.curl_code() == 28);
  CHECK(curl.system_number() + curl.http_status() == 0);
  CHECK((system_number(28) == curl_code(28)) == false);
  CHECK(Error{Errc::invalid, "x"}.native == Native{});
}

TEST_CASE("a failed system call is explained in words and keeps its number") {
  CHECK(system_error("/nowhere", ENOENT) ==
        Error{Errc::system, "/nowhere: No such file or directory", system_number(ENOENT)});
  errno = EACCES;
  CHECK(system_error("open").system_number() == EACCES);
}
