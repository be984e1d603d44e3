// SPDX-License-Identifier: MIT
#pragma once
// The rows of the table of settings that say what the program itself asks, instead of a command,
// and what it expects of the answer.
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "sla/app/settings/checks.hpp"
#include "sla/app/settings/field.hpp"
#include "sla/app/settings/setting.hpp"
#include "sla/app/settings/settings.hpp"
#include "sla/aws/http/curl_probe.hpp"
#include "sla/core/result.hpp"
#include "sla/core/text.hpp"
#include "sla/executor/status_ranges.hpp"
#include "sla/executor/tcp_probe.hpp"

namespace sla::inline v1::app {

/// A URL of HTTP; it may hold a name and a password.
[[nodiscard]] inline Result<void> check_url(std::string_view text) {
  auto const address = internal::address_of_url(std::string(text));
  return address ? Result<void>() : address.error();
}

[[nodiscard]] inline Result<void> check_address(std::string_view text) {
  return check_tcp_address(std::string(text));
}

/// A name in capitals.
[[nodiscard]] inline Result<void> check_method(std::string_view text) {
  bool const good = text.size() <= 20 &&
                    text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string_view::npos;
  if (good) return {};
  return Error{Errc::invalid, "is no method such as GET, HEAD or POST"};
}

/// Lines of a name, a colon and a value.
[[nodiscard]] inline Result<void> check_headers(std::string_view text) {
  for (std::string_view const line : split(text, '\n')) {
    std::string_view const name = line.substr(0, line.find(':'));
    bool const good = name.size() < line.size() && !name.empty() && !has_control(line) &&
                      name.find_first_of(" ;") == std::string_view::npos;
    if (!good && !line.empty()) {
      return Error{Errc::invalid, "is no header such as 'Accept: text/html'"};
    }
  }
  return {};
}

/// A text of any lines.
[[nodiscard]] inline Result<void> check_body(std::string_view) { return {}; }

[[nodiscard]] inline Result<void> check_statuses(std::string_view text) {
  if (auto good = check_line(text); !good) return good;
  auto const ranges = parse_status_ranges(text);
  return ranges ? Result<void>() : ranges.error();
}

/// A whole number, 0 included.
[[nodiscard]] inline Result<void> check_count(std::string_view text) {
  if (auto good = check_line(text); !good) return good;
  auto const number = parse_integer(trim(text));
  if (number && *number >= 0 && *number <= 10'000) return {};
  return Error{Errc::invalid, "is no whole number from 0 to 10000"};
}

/// Addresses, or `aws`, between commas.
[[nodiscard]] inline Result<void> check_witnesses(std::string_view text) {
  if (auto good = check_line(text); !good) return good;
  for (std::string_view const part : list_parts(text)) {
    if (!part.empty() && part != "aws" && !check_tcp_address(std::string(part))) {
      return Error{Errc::invalid, "is no list of host:port or aws, such as aws,one.example:443"};
    }
  }
  return {};
}

inline constexpr auto probe_settings = std::to_array<Setting>({
    {.flag = "url",
     .variable = "SLARUNNER_URL",
     .title = "URL",
     .value = "URL",
     .fallback = "none",
     .meaning =
         "instead of a command: the program itself asks, on a connection of its own for each "
         "run. A run passes if the whole answer comes in time (timeout) and is as expected. "
         "Its log is the answer; events say why it failed (cause) and how long each phase "
         "took (probe). A name and a password in it are shown nowhere",
     .field = &Settings::url,
     .check = check_url,
     .shown = Shown::without_secrets},
    {.flag = "tcp",
     .variable = "SLARUNNER_TCP",
     .title = "TCP",
     .value = "HOST:PORT",
     .fallback = "none",
     .meaning = "instead of a command: connect to a port, and send nothing",
     .field = &Settings::tcp,
     .check = check_address},
    {.flag = "method",
     .variable = "SLARUNNER_METHOD",
     .title = "Method",
     .value = "METHOD",
     .fallback = "none",
     .meaning = "of the request to the URL; GET if none is said, and POST with a body",
     .field = &Settings::method,
     .check = check_method},
    {.flag = "header",
     .variable = "SLARUNNER_HEADER",
     .title = "Header",
     .value = "HEADER",
     .fallback = "none",
     .meaning =
         "a header of the request, such as 'Accept: text/html'; shown nowhere, and masked where "
         "the answer repeats it, but for the usual ones. May be given more than once; in the "
         "variable one each line",
     .field = &Settings::headers,
     .check = check_headers,
     .times = Times::any,
     .shown = Shown::as_stars},
    {.flag = "body",
     .variable = "SLARUNNER_BODY",
     .title = "Body",
     .value = "TEXT",
     .fallback = "none",
     .meaning = "of the request; @FILE is what is in that file. Shown nowhere",
     .field = &Settings::body,
     .check = check_body,
     .shown = Shown::as_stars},
    {.flag = "expect-status",
     .variable = "SLARUNNER_EXPECTSTATUS",
     .title = "Expect Status",
     .value = "STATUSES",
     .fallback = "200-299",
     .meaning = "which statuses pass, such as 200-299,304",
     .field = &Settings::expect_status,
     .check = check_statuses},
    {.flag = "expect-body",
     .variable = "SLARUNNER_EXPECTBODY",
     .title = "Expect Body",
     .value = "TEXT",
     .fallback = "none",
     .meaning = "a text that the answer must hold",
     .field = &Settings::expect_body},
    {.flag = "max-redirects",
     .variable = "SLARUNNER_MAXREDIRECTS",
     .title = "Max Redirects",
     .value = "N",
     .fallback = "0",
     .meaning = "how many redirects are followed",
     .field = &Settings::max_redirects,
     .check = check_count},
    {.flag = "cert-days",
     .variable = "SLARUNNER_CERTDAYS",
     .title = "Cert Days",
     .value = "N",
     .fallback = "none",
     .meaning = "a pass is degraded if the certificate of the server is valid for fewer days; one "
                "that has expired fails in any case",
     .field = &Settings::cert_days,
     .check = check_count},
    {.flag = "keep-alive",
     .variable = "SLARUNNER_KEEPALIVE",
     .title = "Keep Alive",
     .fallback = "off",
     .meaning = "the next run may use the connection of the one before",
     .field = &Settings::keep_alive},
    {.flag = "witness",
     .variable = "SLARUNNER_WITNESS",
     .title = "Witness",
     .value = "HOST:PORT",
     .fallback = "none",
     .meaning =
         "comma-separated; aws is STS of the region. A run of any kind that did not pass, while "
         "none of them takes a connection within 2 seconds, is unknown and does not count: "
         "the outage may be this side's. After a pass none is asked",
     .field = &Settings::witness,
     .check = check_witnesses},
});

}  // namespace sla::inline v1::app
