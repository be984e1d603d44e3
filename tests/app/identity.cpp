// SPDX-License-Identifier: MIT
#include "sla/app/identity.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>

using namespace sla;
using namespace sla::app;
using namespace sla::aws;
using namespace std::chrono_literals;

TEST_CASE("everything that is known is one line each, and no secret among it") {
  Identity identity{};
  identity.caller = {"123456789012", "arn:aws:iam::123456789012:user/x\x1b", "AIDA"};
  identity.keys = {.access_key_id = "AKIA",
                   .secret_access_key = Secret("s3cret"),
                   .session_token = Secret("s3cret"),
                   .expires = WallTime{1'574'515'200s},
                   .source = "environment"};
  identity.skew = 3599600ms;
  AwsSettings aws{};
  aws.region = "cn-north-1";
  CHECK(identity_text(identity, aws) ==
        "account       123456789012\n"
        "arn           arn:aws:iam::123456789012:user/x\\x1b\n"
        "credentials   environment\n"
        "access key    AKIA\n"
        "expire        2019-11-23T13:20:00.000Z\n"
        "region        cn-north-1\n"
        "sns           https://sns.cn-north-1.amazonaws.com.cn/\n"
        "s3            https://s3.cn-north-1.amazonaws.com.cn/\n"
        "sts           https://sts.cn-north-1.amazonaws.com.cn/\n"
        "clock offset  +3600 s\n");
  identity.skew = -400ms;
  CHECK(identity_text(identity, aws).ends_with("clock offset  0 s\n"));
  identity.skew = -90s;
  CHECK(identity_text(identity, aws).ends_with("clock offset  -90 s\n"));
}

TEST_CASE("an endpoint that cannot be is said in its place") {
  AwsSettings aws{};
  aws.region = "cn-north-1";
  aws.endpoints.fips = Fips::on;
  std::string const text = identity_text({}, aws);
  CHECK(text.find("s3            s3 has no FIPS hosts in the partition aws-cn\n") !=
        std::string::npos);
}

TEST_CASE("what was tried is told in order, each with the name of its source") {
  Error const none{Errc::not_configured, "AWS_ACCESS_KEY_ID is not set"};
  Error const profile{Errc::not_configured, "there is no profile 'default'"};
  Error const web{Errc::invalid, "web identity: the token file /x is empty"};
  CHECK(app::detail::attempts_text({none, profile, web}, web) ==
        "environment: AWS_ACCESS_KEY_ID is not set; profile: there is no profile 'default'; web "
        "identity: the token file /x is empty");
  CHECK(app::detail::attempts_text({none}, {Errc::not_configured, "no credentials found: ..."}) ==
        "environment: AWS_ACCESS_KEY_ID is not set");
  CHECK(app::detail::attempts_text({}, {Errc::denied, "role x: sts: http 403"}) ==
        "role x: sts: http 403");
}
