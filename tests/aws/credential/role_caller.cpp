// SPDX-License-Identifier: MIT
#include "sla/aws/credential/role_caller.hpp"

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "../../support/fake_clock.hpp"
#include "../../support/scripted_transport.hpp"

using namespace sla;
using namespace sla::aws;
using namespace std::chrono_literals;

namespace {

Role const role{"arn:aws:iam::123456789012:role/name", "session"};
Credentials const keys{.access_key_id = "AKIA", .secret_access_key = Secret("s3cret")};
Response const good{
    200,
    {},
    "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA1</AccessKeyId>"
    "<SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
    "<Expiration>2026-01-01T01:00:00Z</Expiration></Credentials></AssumeRoleResult>"
    "</AssumeRoleResponse>"};

Response refusal(int status, std::string const& code) {
  return {status, {}, "<ErrorResponse><Error><Code>" + code + "</Code></Error></ErrorResponse>"};
}

struct Sts {
  explicit Sts(std::vector<Result<Response>> answers, StsOptions options = {.region = "eu-west-1"})
      : options_(std::move(options)) {
    script.answers = std::move(answers);
  }
  Result<Credentials> assume(Role const& wanted = role) {
    return RoleCaller<ScriptedTransport, FakeClock>(ScriptedTransport(script), FakeClock(time),
                                                    options_)
        .assume(wanted, keys);
  }
  Result<Credentials> assume(Secret const& token) {
    return RoleCaller<ScriptedTransport, FakeClock>(ScriptedTransport(script), FakeClock(time),
                                                    options_)
        .assume(role, token);
  }
  std::string authorization(std::size_t number) {
    return std::string(
        find_header(script.requests.at(number).headers, "authorization").value_or(""));
  }

  Script script{};
  FakeTime time{};

 private:
  StsOptions options_;
};

}  // namespace

TEST_CASE("a role is asked for in its region, signed with the keys") {
  Sts sts({good});
  CHECK(sts.assume().value().access_key_id == "ASIA1");
  CHECK(sts.script.requests.at(0).url.host == "sts.eu-west-1.amazonaws.com");
  CHECK(sts.authorization(0).find("Credential=AKIA/20191123/eu-west-1/sts/aws4_request") !=
        std::string::npos);
}

TEST_CASE("the region of the role wins, and one there must be") {
  Role other = role;
  other.region = "cn-north-1";
  Sts sts({good});
  CHECK(sts.assume(other));
  CHECK(sts.script.requests.at(0).url.host == "sts.cn-north-1.amazonaws.com.cn");
  Sts nowhere({}, {});
  CHECK(nowhere.assume().error() ==
        Error{Errc::invalid, "no region is set, so which STS to ask is not known (AWS_REGION)"});
}

TEST_CASE("the region of a role is read as a setting is") {
  for (auto const& [given, host, scope] :
       {std::array<std::string, 3>{"US-EAST-1", "sts.us-east-1.amazonaws.com", "us-east-1"},
        {"fips-us-east-1", "sts-fips.us-east-1.amazonaws.com", "us-east-1"},
        {"us-east-1-fips", "sts-fips.us-east-1.amazonaws.com", "us-east-1"},
        {"aws-global", "sts.us-east-1.amazonaws.com", "us-east-1"}}) {
    std::string const& region = given;  // clang 14 captures no structured binding
    CAPTURE(region);
    Role other = role;
    other.region = region;
    Sts sts({good});
    CHECK(sts.assume(other));
    CHECK(sts.script.requests.at(0).url.host == host);
    CHECK(sts.authorization(0).find("/" + scope + "/sts/") != std::string::npos);
  }
  Role other = role;
  other.region = "a/b";
  CHECK(Sts({good}).assume(other).error().code == Errc::invalid);
}

TEST_CASE("custom endpoints, FIPS and dual-stack hold for STS too") {
  EndpointSettings settings{};
  settings.fips = Fips::on;
  settings.dual_stack = DualStack::on;
  Sts fips({good}, {.endpoints = settings, .region = "us-east-1"});
  CHECK(fips.assume());
  CHECK(fips.script.requests.at(0).url.host == "sts-fips.us-east-1.api.aws");
  EndpointSettings own{};
  own.custom[static_cast<std::size_t>(Service::sts)] = parse_url("http://localhost:4566").value();
  Sts local({good}, {.endpoints = own, .region = "us-east-1"});
  CHECK(local.assume());
  CHECK(to_string(local.script.requests.at(0).url) == "http://localhost:4566/");
}

TEST_CASE("a token is the proof by itself and nothing is signed") {
  Sts sts({good});
  CHECK(sts.assume(Secret("ey.ey.sig")));
  CHECK(sts.authorization(0) == "");
  CHECK_FALSE(find_header(sts.script.requests.at(0).headers, "x-amz-date"));
  CHECK(to_string(sts.script.requests.at(0).url).find("ey") == std::string::npos);
}

TEST_CASE("what may pass is repeated, and no attempt is cut short") {
  Sts sts({refusal(400, "IDPCommunicationError"), Error{Errc::timed_out, "late"}, good});
  CHECK(sts.assume(Secret("ey.ey.sig")));
  CHECK(sts.script.deadlines.at(0) == Instant::max());
}

TEST_CASE("a wrong clock is corrected by the answer of STS") {
  Response late = refusal(403, "SignatureDoesNotMatch");
  late.headers = {{"date", "Sat, 23 Nov 2019 14:20:00 GMT"}};
  Sts sts({late, good});
  CHECK(sts.assume());
  CHECK(find_header(sts.script.requests.at(1).headers, "x-amz-date") == "20191123T142000Z");
}

TEST_CASE("only the last word of STS is told apart as one") {
  for (std::string const final : {"AccessDenied", "InvalidIdentityToken", "IDPRejectedClaim"}) {
    CHECK(Sts({refusal(403, final)}).assume().error().code == Errc::revoked);
  }
  CHECK(Sts({refusal(400, "PackedPolicyTooLarge")}).assume().error().code == Errc::revoked);
  CHECK(Sts({refusal(403, "InvalidClientTokenId")}).assume().error().code == Errc::denied);
  CHECK(Sts({refusal(400, "ValidationError")}).assume().error().code == Errc::rejected);
  CHECK(Sts({refusal(400, "ExpiredTokenException")}).assume().error().code == Errc::expired);
  CHECK(Sts({refusal(403, "AccessDenied")}).assume().error().message ==
        "sts: http 403: AccessDenied");
}

TEST_CASE("the page of a proxy is no answer of STS") {
  CHECK(Sts({Response{200, {}, "<html>"}}).assume().error().code == Errc::unavailable);
}
