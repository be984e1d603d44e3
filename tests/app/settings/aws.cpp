// SPDX-License-Identifier: MIT
#include "sla/app/settings/aws.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

#include "../../support/temporary_folder.hpp"
#include "sla/aws/http/amazon_roots.hpp"

using namespace sla;
using namespace sla::aws;
using namespace sla::app;

namespace {

using Lines = std::vector<std::string>;
using Variables = std::map<std::string, std::string, std::less<>>;

/// Variables, and the two files of profiles.
struct Machine {
  TemporaryFolder folder{};
  Variables variables{{"AWS_CONFIG_FILE", "/config"}, {"AWS_SHARED_CREDENTIALS_FILE", "/keys"}};
  Lines problems{};

  void config(std::string const& text) const { write_file(folder / "config", text); }
  AwsSettings read() {
    problems.clear();
    return read_aws_settings(Environment(variables), problems, FileReader(folder.path()));
  }
};

}  // namespace

TEST_CASE("without any setting there is no region and nothing special") {
  Machine machine;
  AwsSettings const settings = machine.read();
  CHECK(machine.problems.empty());
  CHECK(settings.region.empty());
  CHECK(settings.trust.empty());
  CHECK(settings.trust_problem.empty());
  CHECK(settings.max_attempts == 3);
  CHECK_FALSE(settings.endpoints.in("eu-west-1", Service::sns).custom);
}

TEST_CASE("the profile says what the variables do not") {
  Machine machine;
  write_file(machine.folder / "ca.pem", std::string(amazon_roots));
  std::string const ca_file = machine.folder / "ca.pem";
  machine.config(
      "[default]\nregion = eu-west-1\n[profile x]\nregion = us-east-1-fips\nca_bundle = " +
      ca_file +
      "\nmax_attempts = 5\nendpoint_url = http://localhost:1\nservices = s\n"
      "[services s]\nsns =\n  endpoint_url = http://localhost:2\n");
  CHECK(machine.read().region == "eu-west-1");
  machine.variables["AWS_PROFILE"] = "x";
  AwsSettings settings = machine.read();
  CHECK(machine.problems.empty());
  CHECK(settings.region == "us-east-1");
  CHECK(settings.endpoints.fips == Fips::on);
  CHECK(settings.trust.file == ca_file);
  CHECK(settings.trust_problem.empty());
  CHECK(settings.max_attempts == 5);
  CHECK(settings.endpoints.in("", Service::sns).custom->port == 2);
  CHECK(settings.endpoints.in("", Service::sts).custom->port == 1);
  machine.variables["AWS_REGION"] = "ap-south-1";
  machine.variables["AWS_CA_BUNDLE"] = "/dev/null";
  machine.variables["AWS_MAX_ATTEMPTS"] = "2";
  machine.variables["AWS_ENDPOINT_URL"] = "http://localhost:3";
  settings = machine.read();
  CHECK(settings.region == "ap-south-1");
  CHECK(settings.trust.file == "/dev/null");
  CHECK(settings.trust_problem.starts_with("AWS_CA_BUNDLE: /dev/null: there is no certificate"));
  CHECK(settings.max_attempts == 2);
  CHECK(settings.endpoints.in("", Service::sns).custom->port == 3);
}

TEST_CASE("a profile that does not exist is a problem where somebody asked for it") {
  Machine machine;
  machine.variables["AWS_PROFILE"] = "nobody";
  (void)machine.read();
  CHECK(machine.problems == Lines{"AWS_PROFILE: there is no profile 'nobody'"});
}

TEST_CASE("a file that does not parse is a problem with its line") {
  Machine machine;
  machine.config("[default]\nregion = eu-west-1\nnonsense\n");
  (void)machine.read();
  REQUIRE(machine.problems.size() == 1);
  CHECK(machine.problems[0].starts_with("/config: line 3: "));
}

TEST_CASE("every problem is found in one go, with the name of the setting") {
  Machine machine;
  machine.config(
      "[default]\nregion = a/b\nca_bundle = /nowhere/ca.pem\nmax_attempts = many\n"
      "endpoint_url = ftp://x\n");
  AwsSettings const settings = machine.read();
  REQUIRE(machine.problems.size() == 3);
  CHECK(machine.problems[0].starts_with("endpoint_url: "));
  CHECK(machine.problems[1].starts_with("region of the profile: "));
  CHECK(machine.problems[2].starts_with("max_attempts of the profile: "));
  CHECK(settings.trust_problem ==
        "ca_bundle of the profile: /nowhere/ca.pem: No such file or directory");
  machine.config("");
  machine.variables.insert({{"AWS_REGION", "../x"}, {"AWS_ENDPOINT_URL", "ftp://x"}});
  machine.variables.insert({{"AWS_MAX_ATTEMPTS", "0"}});
  (void)machine.read();
  REQUIRE(machine.problems.size() == 3);
  CHECK(machine.problems[1].starts_with("AWS_REGION: "));
}

TEST_CASE("a bundle may stand in the home folder") {
  Machine machine;
  machine.variables["HOME"] = "/home/nobody";
  machine.config("[default]\nca_bundle = ~/ca.pem\n");
  CHECK(machine.read().trust.file == "/home/nobody/ca.pem");
}

TEST_CASE("only an endpoint of one's own can do without TLS") {
  Machine machine;
  machine.variables["AWS_ENDPOINT_URL_SNS"] = "http://localhost:1";
  auto const endpoints = machine.read().endpoints;
  CHECK_FALSE(uses_tls(endpoints, {Service::sns}));
  CHECK(uses_tls(endpoints, {Service::s3}));
  CHECK(uses_tls(endpoints, {Service::sns, Service::s3}));
}
