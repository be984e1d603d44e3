// SPDX-License-Identifier: MIT
// A program that knows of sla only what its build gave it. It uses something of each library that
// sla needs, so that a forgotten one does not link.
#if __has_include("sla.hpp")
#include "sla.hpp"
#else
#include <sla/sla.hpp>
#endif

#include <cstdio>

struct Show {
  sla::Result<void> publish(sla::Report const& report) {
    std::printf("%s\n", report.succeeded() ? "pass" : "fail");
    return {};
  }
};

int main() {
  if (!sla::aws::sha256("abc")) return 1;
  sla::Runner runner{sla::Once{}, sla::Shell{}, Show{}};
  runner.run(sla::Job{.service = "consumer", .command = {"true"}}, sla::Stop{});
}
