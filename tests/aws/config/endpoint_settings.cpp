// SPDX-License-Identifier: MIT
#include "sla/aws/config/endpoint_settings.hpp"

#include <doctest/doctest.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>

using namespace sla;
using namespace sla::aws;

namespace {

using Texts = std::map<std::string, std::string, std::less<>>;

/// A lookup in a map, as a file or an environment would be.
auto in(Texts const& texts) {
  return [&](std::string_view name) -> std::optional<std::string_view> {
    auto const found = texts.find(name);
    if (found == texts.end()) return std::nullopt;
    return std::string_view(found->second);
  };
}

Result<EndpointSettings> read(Texts const& variables, Texts const& profile = {}) {
  return read_endpoint_settings(in(variables), in(profile));
}

std::string custom(Result<EndpointSettings> const& settings, Service service) {
  if (!settings) return settings.error().message;
  auto const options = settings->in("eu-west-1", service);
  return options.custom ? to_string(*options.custom) : "none";
}

}  // namespace

TEST_CASE("without settings everything is as AWS has it") {
  auto const settings = endpoint_settings(Environment{});
  REQUIRE(settings);
  auto const options = settings->in("eu-west-1", Service::sns);
  CHECK(options.region == "eu-west-1");
  CHECK(options.fips == Fips::off);
  CHECK(options.dual_stack == DualStack::off);
  CHECK_FALSE(options.custom);
  CHECK(settings->addressing == Addressing::automatic);
}

TEST_CASE("one variable moves all services, another moves one of them") {
  auto const settings = read({{"AWS_ENDPOINT_URL", "http://localhost:5000"},
                              {"AWS_ENDPOINT_URL_S3", "http://localhost:9000"},
                              {"AWS_ENDPOINT_URL_CLOUDWATCH", "http://localhost:1"}});
  CHECK(custom(settings, Service::sns) == "http://localhost:5000/");
  CHECK(custom(settings, Service::sts) == "http://localhost:5000/");
  CHECK(custom(settings, Service::ssm) == "http://localhost:5000/");
  CHECK(custom(settings, Service::s3) == "http://localhost:9000/");
  CHECK(custom(settings, Service::cloudwatch) == "http://localhost:1/");
}

TEST_CASE("both variables go before the profile, its section of services before its endpoint") {
  Texts const profile{{"endpoint_url", "http://profile"}, {"sns.endpoint_url", "http://section"}};
  CHECK(custom(read({}, profile), Service::sns) == "http://section/");
  CHECK(custom(read({}, profile), Service::s3) == "http://profile/");
  CHECK(custom(read({{"AWS_ENDPOINT_URL", "http://all"}}, profile), Service::sns) == "http://all/");
  CHECK(custom(read({{"AWS_ENDPOINT_URL_SNS", "http://own"}}, profile), Service::sns) ==
        "http://own/");
}

TEST_CASE("a blank variable counts as unset") {
  CHECK(custom(read({{"AWS_ENDPOINT_URL_SNS", " "}, {"AWS_ENDPOINT_URL", "http://all\n"}}),
               Service::sns) == "http://all/");
  CHECK(read({{"AWS_USE_FIPS_ENDPOINT", " "}})->fips == Fips::off);
}

TEST_CASE("configured endpoints can be ignored, even wrong ones") {
  Texts const variables{{"AWS_ENDPOINT_URL", "nonsense"},
                        {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"}};
  CHECK(custom(read(variables, {{"endpoint_url", "http://profile"}}), Service::sns) == "none");
  CHECK(custom(read({}, {{"endpoint_url", "http://profile"},
                         {"ignore_configured_endpoint_urls", "true"}}),
               Service::sns) == "none");
  CHECK(custom(read({{"AWS_ENDPOINT_URL", "http://a"},
                     {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "false"}},
                    {{"ignore_configured_endpoint_urls", "true"}}),
               Service::sns) == "http://a/");
}

TEST_CASE("FIPS and dual-stack are switches, the variable before the profile") {
  auto const settings =
      read({{"AWS_USE_FIPS_ENDPOINT", "TRUE"}, {"AWS_USE_DUALSTACK_ENDPOINT", "true"}});
  REQUIRE(settings);
  CHECK(settings->fips == Fips::on);
  CHECK(settings->dual_stack == DualStack::on);
  CHECK(read({}, {{"use_fips_endpoint", "true"}})->fips == Fips::on);
  CHECK(read({}, {{"use_dualstack_endpoint", "true"}})->dual_stack == DualStack::on);
  CHECK(read({{"AWS_USE_FIPS_ENDPOINT", "False"}}, {{"use_fips_endpoint", "true"}})->fips ==
        Fips::off);
}

TEST_CASE("the profile says how buckets are addressed") {
  CHECK(read({}, {{"s3.addressing_style", "path"}})->addressing == Addressing::path);
  CHECK(read({}, {{"s3.addressing_style", "Virtual"}})->addressing == Addressing::virtual_hosted);
  CHECK(read({}, {{"s3.addressing_style", "auto"}})->addressing == Addressing::automatic);
  CHECK(read({}, {{"s3.addressing_style", "other"}}).error().message ==
        "s3.addressing_style: must be auto, path or virtual");
}

TEST_CASE("a wrong setting is named") {
  CHECK(custom(read({{"AWS_ENDPOINT_URL_SNS", "localhost:5000"}}), Service::sns) ==
        "AWS_ENDPOINT_URL_SNS: not the URL of an endpoint: it must begin with http:// or https://");
  CHECK(custom(read({}, {{"ssm.endpoint_url", "x"}}), Service::sns) ==
        "ssm.endpoint_url: not the URL of an endpoint: it must begin with http:// or https://");
  CHECK(read({{"AWS_USE_FIPS_ENDPOINT", "yes"}}).error().message ==
        "AWS_USE_FIPS_ENDPOINT: must be true or false");
  CHECK(read({{"AWS_USE_DUALSTACK_ENDPOINT", "1"}}).error().message ==
        "AWS_USE_DUALSTACK_ENDPOINT: must be true or false");
  CHECK(read({{"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "x"}}).error().code == Errc::invalid);
}

TEST_CASE("an environment alone is enough") {
  Environment environment;
  environment.set("AWS_ENDPOINT_URL_STS", "http://sts.test");
  CHECK(custom(endpoint_settings(environment), Service::sts) == "http://sts.test/");
  CHECK(custom(endpoint_settings(environment), Service::sns) == "none");
}

TEST_CASE("a checksum goes with every object, unless it is asked for only where it is required") {
  CHECK(read({})->checksum == ObjectChecksum::sha256);
  std::string const variable = "AWS_REQUEST_CHECKSUM_CALCULATION";
  std::string const key = "request_checksum_calculation";
  for (char const* const text : {"when_required", "WHEN_REQUIRED", " When_Required "}) {
    CHECK(read({{variable, text}})->checksum == ObjectChecksum::none);
    CHECK(read({}, {{key, text}})->checksum == ObjectChecksum::none);
  }
  CHECK(read({{variable, "when_supported"}}, {{key, "when_required"}})->checksum ==
        ObjectChecksum::sha256);
  CHECK(read({{variable, ""}}, {{key, "when_required"}})->checksum == ObjectChecksum::none);
  CHECK(read({{variable, "never"}}).error().message ==
        variable + ": must be when_supported or when_required");
  CHECK(read({}, {{key, "true"}}).error().message ==
        key + ": must be when_supported or when_required");
}
