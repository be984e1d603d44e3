// SPDX-License-Identifier: MIT
// A program that knows of sla only what its build gave it. It uses something of each library that
// sla needs, so that a forgotten one does not link.
#if __has_include("sla.hpp")
#include "sla.hpp"
#else
#include <sla/aws/http/curl.hpp>
#include <sla/aws/sign/digest.hpp>
#include <sla/aws/wire/reply.hpp>
#include <sla/executor/shell.hpp>
#include <sla/runner.hpp>
#include <sla/scheduler/once.hpp>
#endif

#include <cstdio>

struct Show {
  sla::Result<void> publish(sla::Report const& report) {
    std::printf("%s\n", report.succeeded() ? "pass" : "fail");
    return {};
  }
};

int main() {
  if (!sla::aws::sha256("abc") || !sla::aws::JsonReply::parse("{}")) return 1;
  if (!sla::aws::initialise_curl()) return 1;
  sla::Runner runner{sla::Once{}, sla::Shell{}, Show{}};
  runner.run(sla::Job{.service = "consumer", .command = {"true"}}, sla::Stop{});
}
