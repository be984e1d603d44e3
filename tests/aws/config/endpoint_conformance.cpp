// SPDX-License-Identifier: MIT
// Runs the published cases of the endpoint rule sets and compares the table of partitions. Cases
// of the legacy global endpoints do not apply.
#include <doctest/doctest.h>
#include <simdjson.h>

#include <array>
#include <cstddef>
#include <regex>
#include <string>
#include <string_view>

#include "../../support/conformance.hpp"
#include "sla/aws/config/bucket.hpp"
#include "sla/aws/config/endpoint.hpp"
#include "sla/aws/config/region.hpp"
#include "sla/aws/http/url.hpp"

using namespace sla;
using namespace sla::aws;

namespace {

using Json = simdjson::dom::element;

std::string file_of(std::string_view name) {
  return conformance_file("endpoint-rules/" + std::string(name));
}

std::string text(Json const& object, std::string_view key) {
  std::string_view value;
  return object[key].get(value) ? std::string() : std::string(value);
}
bool flag(Json const& object, std::string_view key) {
  bool value = false;
  return !object[key].get(value) && value;
}

bool applies(Json const& parameters) {
  return !flag(parameters, "UseGlobalEndpoint") && text(parameters, "Region") != "aws-global";
}

/// What the rule sets say, and a part of what we say instead.
constexpr std::array<std::array<std::string_view, 2>, 9> sentences{{
    {"Invalid region: region was not a valid DNS name.", "region is no valid part of a host name"},
    {"A region must be set when sending requests to S3.", "no region is set"},
    {"Invalid Configuration: Missing Region", "no region is set"},
    {"Cannot set dual-stack in combination with a custom endpoint.", "dual-stack hosts"},
    {"Invalid Configuration: Dualstack and custom endpoint are not supported", "dual-stack hosts"},
    {"A custom endpoint cannot be combined with FIPS", "combined with FIPS hosts"},
    {"Invalid Configuration: FIPS and custom endpoint are not supported",
     "combined with FIPS hosts"},
    {"Partition does not support FIPS", "no FIPS hosts in the partition"},
    {"Custom endpoint `abcde://nota#url` was not a valid URI", "it must begin with http://"},
}};

std::string expected(Json const& outcome) {
  std::string const error = text(outcome, "error");
  if (error.empty()) return text(outcome["endpoint"], "url");
  for (auto const& [theirs, ours] : sentences) {
    if (error == theirs) return std::string(ours);
  }
  return "an error that is not known: " + error;
}

Result<Url> resolve(Service service, Json const& parameters) {
  EndpointOptions options{
      .region = text(parameters, "Region"),
      .fips = flag(parameters, "UseFIPS") ? Fips::on : Fips::off,
      .dual_stack = flag(parameters, "UseDualStack") ? DualStack::on : DualStack::off};
  std::string const custom = text(parameters, "Endpoint");
  if (!custom.empty()) {
    auto url = parse_url(custom);
    if (!url) return url;
    options.custom = *url;
  }
  std::string const bucket = text(parameters, "Bucket");
  if (bucket.empty()) return endpoint_url(service, options);
  // The published rules know no other stores: there a custom endpoint gets sub-domains too.
  auto const by_host = bucket_url({bucket, options, Addressing::virtual_hosted});
  if (by_host && !flag(parameters, "ForcePathStyle")) return by_host;
  return bucket_url({bucket, options, Addressing::path});
}

/// The signing region and service of a case, where it names them.
void check_scope(Json const& outcome, Json const& parameters) {
  Json scheme;
  if (outcome.at_pointer("/endpoint/properties/authSchemes/0").get(scheme)) return;
  CHECK(text(scheme, "signingName") == signing_name(Service::s3));
  CHECK(text(scheme, "signingRegion") == text(parameters, "Region"));
}

int run(std::string_view file, Service service) {
  int cases = 0;
  simdjson::dom::parser parser;
  Json const document = parser.load(file_of(file));
  for (Json const one : document["testCases"].get_array()) {
    Json const parameters = one["params"];
    if (!applies(parameters)) continue;
    CAPTURE(text(one, "documentation"));
    Json const outcome = one["expect"];
    std::string const wanted = expected(outcome);
    CAPTURE(wanted);
    auto const url = resolve(service, parameters);
    if (!text(outcome, "error").empty()) {
      CHECK_FALSE(url);
      if (!url) CHECK(url.error().message.find(wanted) != std::string::npos);
    } else {
      REQUIRE_MESSAGE(url, url.error().message);
      std::string found = to_string(*url);
      if (found.ends_with('/')) found.pop_back();
      CHECK(found == wanted);
      check_scope(outcome, parameters);
    }
    ++cases;
  }
  return cases;
}

}  // namespace

TEST_CASE("every published case of an endpoint is resolved as expected") {
  int const sns = run("tests/sns.json", Service::sns);
  int const sts = run("tests/sts.json", Service::sts);
  int const ssm = run("tests/ssm.json", Service::ssm);
  int const cloudwatch = run("tests/cloudwatch.json", Service::cloudwatch);
  int const s3 = run("tests/s3-plain-bucket.json", Service::s3);
  MESSAGE(sns, " + ", sts, " + ", ssm, " + ", cloudwatch, " + ", s3, " cases");
  CHECK(sns + sts + ssm + cloudwatch + s3 >= 240);
}

TEST_CASE("the table of partitions is the published one") {
  simdjson::dom::parser parser;
  Json const document = parser.load(file_of("partitions.json"));
  std::size_t count = 0;
  for (Json const partition : document["partitions"].get_array()) {
    std::string const name = text(partition, "id");
    CAPTURE(name);
    std::regex const form(text(partition, "regionRegex"), std::regex::ECMAScript);
    Json const outputs = partition["outputs"];
    CHECK(flag(outputs, "supportsFIPS"));
    CHECK(flag(outputs, "supportsDualStack"));
    for (simdjson::dom::key_value_pair const region : partition["regions"].get_object()) {
      CAPTURE(region.key);
      Partition const& found = partition_of(region.key);
      CHECK(found.name == name);
      CHECK(found.dns_suffix == text(outputs, "dnsSuffix"));
      CHECK(found.dual_stack_suffix == text(outputs, "dualStackDnsSuffix"));
    }
    for (Partition const& ours : partitions) {
      for (std::string_view const prefix : ours.prefixes) {
        if (prefix.empty()) continue;
        std::string const invented = std::string(prefix) + "-somewhere-17";
        CHECK(std::regex_match(invented, form) == (ours.name == name));
        CHECK(partition_of(invented).name == ours.name);
      }
    }
    ++count;
  }
  CHECK(count == partitions.size());
}
