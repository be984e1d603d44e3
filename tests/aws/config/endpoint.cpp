// SPDX-License-Identifier: MIT
#include "sla/aws/config/endpoint.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "sla/aws/http/url.hpp"

using namespace sla;
using namespace sla::aws;

namespace {

std::string host(Service service, EndpointOptions const& options) {
  auto const url = endpoint_url(service, options);
  if (!url) return url.error().message;
  CHECK(url->scheme == Scheme::https);
  CHECK(url->port == 0);
  CHECK(url->path == "/");
  return url->host;
}

}  // namespace

TEST_CASE("a service has a host in each region") {
  EndpointOptions const options{.region = "eu-central-1"};
  CHECK(host(Service::sns, options) == "sns.eu-central-1.amazonaws.com");
  CHECK(host(Service::s3, options) == "s3.eu-central-1.amazonaws.com");
  CHECK(host(Service::sts, options) == "sts.eu-central-1.amazonaws.com");
  CHECK(host(Service::ssm, options) == "ssm.eu-central-1.amazonaws.com");
  CHECK(host(Service::cloudwatch, options) == "monitoring.eu-central-1.amazonaws.com");
}

TEST_CASE("us-east-1 is a region like any other") {
  CHECK(host(Service::s3, {.region = "us-east-1"}) == "s3.us-east-1.amazonaws.com");
  CHECK(host(Service::sts, {.region = "us-east-1"}) == "sts.us-east-1.amazonaws.com");
}

TEST_CASE("the end of a host is that of the partition") {
  CHECK(host(Service::sns, {.region = "cn-north-1"}) == "sns.cn-north-1.amazonaws.com.cn");
  CHECK(host(Service::sns, {.region = "us-iso-east-1"}) == "sns.us-iso-east-1.c2s.ic.gov");
  CHECK(host(Service::s3, {.region = "cn-north-1", .dual_stack = DualStack::on}) ==
        "s3.dualstack.cn-north-1.amazonaws.com.cn");
}

TEST_CASE("dual-stack hosts end differently, but those of s3 do not") {
  EndpointOptions const options{.region = "eu-west-1", .dual_stack = DualStack::on};
  CHECK(host(Service::sns, options) == "sns.eu-west-1.api.aws");
  CHECK(host(Service::s3, options) == "s3.dualstack.eu-west-1.amazonaws.com");
}

TEST_CASE("FIPS hosts have a name of their own") {
  EndpointOptions const fips{.region = "us-east-1", .fips = Fips::on};
  EndpointOptions const both{.region = "us-east-1", .fips = Fips::on, .dual_stack = DualStack::on};
  CHECK(host(Service::sns, fips) == "sns-fips.us-east-1.amazonaws.com");
  CHECK(host(Service::s3, fips) == "s3-fips.us-east-1.amazonaws.com");
  CHECK(host(Service::sns, both) == "sns-fips.us-east-1.api.aws");
  CHECK(host(Service::s3, both) == "s3-fips.dualstack.us-east-1.amazonaws.com");
}

TEST_CASE("in GovCloud the plain hosts are the FIPS hosts, but for s3") {
  EndpointOptions const fips{.region = "us-gov-west-1", .fips = Fips::on};
  EndpointOptions const both{
      .region = "us-gov-west-1", .fips = Fips::on, .dual_stack = DualStack::on};
  CHECK(host(Service::sns, fips) == "sns.us-gov-west-1.amazonaws.com");
  CHECK(host(Service::s3, fips) == "s3-fips.us-gov-west-1.amazonaws.com");
  CHECK(host(Service::sns, both) == "sns-fips.us-gov-west-1.api.aws");
  CHECK(host(Service::cloudwatch, both) == "monitoring.us-gov-west-1.api.aws");
}

TEST_CASE("s3 has no FIPS hosts in China, other services do") {
  EndpointOptions const fips{.region = "cn-north-1", .fips = Fips::on};
  CHECK(host(Service::s3, fips) == "s3 has no FIPS hosts in the partition aws-cn");
  CHECK(host(Service::sns, fips) == "sns-fips.cn-north-1.amazonaws.com.cn");
}

TEST_CASE("IAM has one host for each partition, as boto3 has it") {
  struct Row {
    std::string_view region, plain, fips, dual_stack, both, signs;
  };
  for (Row const& row :
       {Row{"eu-central-1", "iam.amazonaws.com", "iam-fips.amazonaws.com", "iam.global.api.aws",
            "iam-fips.global.api.aws", "us-east-1"},
        {"cn-northwest-1", "iam.cn-north-1.amazonaws.com.cn", "iam-fips.amazonaws.com.cn",
         "iam.global.api.amazonwebservices.com.cn", "", "cn-north-1"},
        {"us-gov-east-1", "iam.us-gov.amazonaws.com", "iam.us-gov.amazonaws.com",
         "iam.us-gov.api.aws", "iam.us-gov.api.aws", "us-gov-west-1"},
        {"eusc-de-east-1", "iam.eusc-de-east-1.amazonaws.eu", "iam-fips.amazonaws.eu",
         "iam.api.amazonwebservices.eu", "iam-fips.api.amazonwebservices.eu", "eusc-de-east-1"},
        {"us-iso-west-1", "iam.us-iso-east-1.c2s.ic.gov", "iam-fips.us-iso-east-1.c2s.ic.gov",
         "iam.api.aws.ic.gov", "iam-fips.api.aws.ic.gov", "us-iso-east-1"},
        {"us-isob-east-1", "iam.us-isob-east-1.sc2s.sgov.gov",
         "iam-fips.us-isob-east-1.sc2s.sgov.gov", "iam.api.aws.scloud", "iam-fips.api.aws.scloud",
         "us-isob-east-1"},
        {"eu-isoe-west-1", "iam.eu-isoe-west-1.cloud.adc-e.uk", "iam-fips.cloud.adc-e.uk", "", "",
         "eu-isoe-west-1"},
        {"us-isof-east-1", "iam.us-isof-south-1.csp.hci.ic.gov", "iam-fips.csp.hci.ic.gov", "", "",
         "us-isof-south-1"}}) {
    std::string const region(row.region);
    CAPTURE(region);
    CHECK(host(Service::iam, {.region = region}) == row.plain);
    CHECK(host(Service::iam, {.region = region, .fips = Fips::on}) == row.fips);
    CHECK(iam_region(region) == row.signs);
    EndpointOptions dual{.region = region, .dual_stack = DualStack::on};
    if (!row.dual_stack.empty()) CHECK(host(Service::iam, dual) == row.dual_stack);
    dual.fips = Fips::on;
    if (!row.both.empty()) CHECK(host(Service::iam, dual) == row.both);
  }
}

TEST_CASE("a custom endpoint is used as it is") {
  EndpointOptions const options{.region = "eu-west-1",
                                .custom = parse_url("http://localhost:5000/base").value()};
  CHECK(to_string(*endpoint_url(Service::sns, options)) == "http://localhost:5000/base");
  CHECK(to_string(*endpoint_url(Service::s3, options)) == "http://localhost:5000/base");
}

TEST_CASE("a custom endpoint excludes FIPS and dual-stack hosts") {
  auto const custom = parse_url("https://example.com").value();
  CHECK(host(Service::sns, {.region = "eu-west-1", .fips = Fips::on, .custom = custom}) ==
        "a custom endpoint cannot be combined with FIPS hosts");
  CHECK(
      host(Service::sns, {.region = "eu-west-1", .dual_stack = DualStack::on, .custom = custom}) ==
      "a custom endpoint cannot be combined with dual-stack hosts");
}

TEST_CASE("without a region there is no host, and s3 needs one in any case") {
  EndpointOptions const custom{.custom = parse_url("http://localhost:5000").value()};
  CHECK(host(Service::sns, {}) == "no region is set");
  CHECK(host(Service::s3, custom) == "no region is set");
  CHECK(endpoint_url(Service::sns, custom));
}

TEST_CASE("a region that is no part of a host name is refused") {
  for (std::string_view const region : {"a b", "evil.com/", "us-east-1!", "-", "123"}) {
    CAPTURE(region);
    auto const url = endpoint_url(Service::sns, {.region = std::string(region)});
    REQUIRE_FALSE(url);
    CHECK(url.error().code == Errc::invalid);
    CHECK(url.error().message == "the region is no valid part of a host name");
  }
}

TEST_CASE("the name in the scope of a signature is that of the host") {
  CHECK(signing_name(Service::cloudwatch) == "monitoring");
  CHECK(signing_name(Service::s3) == "s3");
}
