// SPDX-License-Identifier: MIT
#include "sla/app/access/findings.hpp"

#include <doctest/doctest.h>

using namespace sla;
using namespace sla::app;

TEST_CASE("the action that AWS says is missing is read from its sentence") {
  CHECK(denied_action("User: arn:aws:iam::1:user/x is not authorized to perform: s3:PutObject on "
                      "resource: y") == "s3:PutObject");
  CHECK(denied_action("not authorized to perform: SNS:Publish") == "SNS:Publish");
  CHECK(denied_action("Access Denied").empty());
  CHECK(denied_action("").empty());
}

TEST_CASE("what may pass is not reached, what no repetition mends is denied or wrong") {
  CHECK(finding_of({Errc::denied, ""}) == Finding::denied);
  CHECK(finding_of({Errc::revoked, ""}) == Finding::denied);
  CHECK(finding_of({Errc::timed_out, ""}) == Finding::unreachable);
  CHECK(finding_of({Errc::throttled, ""}) == Finding::unreachable);
  CHECK(finding_of({Errc::stopped, ""}) == Finding::unreachable);
  CHECK(finding_of({Errc::not_found, ""}) == Finding::wrong);
  CHECK(finding_of({Errc::expired, ""}) == Finding::wrong);
}

TEST_CASE("the worst finding is the exit code, and what is known goes before what is not") {
  Findings findings;
  findings.add(Finding::ok, "a");
  findings.add(Finding::not_tested, "b");
  findings.add(Finding::warning, "c");
  CHECK(findings.exit_code() == exit_success);
  findings.add(Finding::unreachable, "d");
  CHECK(findings.exit_code() == exit_undelivered);
  findings.add(Finding::denied, "e");
  CHECK(findings.exit_code() == exit_test_failed);
  Findings wrong;
  wrong.add(Finding::wrong, "f");
  CHECK(wrong.exit_code() == exit_test_failed);
}
