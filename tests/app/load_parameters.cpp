// SPDX-License-Identifier: MIT
#include "sla/app/load_parameters.hpp"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <string>
#include <thread>
#include <vector>

#include "../support/loopback_server.hpp"
#include "sla/aws/http/url.hpp"

using namespace sla;
using namespace sla::aws;
using namespace sla::app;

namespace {

CannedAnswer answers(std::string const& status, std::string const& body) {
  return {"HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
          body};
}

Environment machine() {
  return Environment({{"AWS_ACCESS_KEY_ID", "AKIA"},
                      {"AWS_SECRET_ACCESS_KEY", "s3cret"},
                      {"AWS_CONFIG_FILE", "/dev/null"},
                      {"AWS_SHARED_CREDENTIALS_FILE", "/dev/null"},
                      {"SLA_TEST_OWN", "own"}});
}

LoadPlan plan(LoopbackServer const& server, Duplicates duplicates) {
  LoadPlan made{.paths = {"/a/"}, .duplicates = duplicates};
  made.aws.region = "eu-west-1";
  made.aws.endpoints.custom[static_cast<std::size_t>(Service::ssm)] =
      *parse_url("http://127.0.0.1:" + std::to_string(server.port()));
  made.log = Logger({.format = LogFormat::none});
  return made;
}

std::string const page =
    R"({"Parameters":[{"Name":"/a/SLA_TEST_NEW","Type":"String","Value":"new"},)"
    R"({"Name":"/a/SLA_TEST_OWN","Type":"SecureString","Value":"s3cret"}]})";

}  // namespace

TEST_CASE("each reason not to start has its exit code") {
  CHECK(exit_code_of({Errc::stopped, ""}) == 0);
  CHECK(exit_code_of({Errc::exists, ""}) == 1);
  CHECK(exit_code_of({Errc::invalid, ""}) == 78);
  CHECK(exit_code_of({Errc::invalid, "http 403", http_status(403)}) == 75);
  for (Errc const code : {Errc::denied, Errc::unavailable, Errc::timed_out, Errc::malformed}) {
    CHECK(exit_code_of({code, ""}) == 75);
  }
}

TEST_CASE("what is loaded is in the environment and in that of the process") {
  LoopbackServer const server({answers("200 OK", page)});
  Environment environment = machine();
  auto const loaded = load_parameters(plan(server, Duplicates::skip), environment);
  REQUIRE(loaded);
  CHECK(loaded->size() == 1);
  CHECK(environment.get("SLA_TEST_NEW") == "new");
  CHECK(environment.get("SLA_TEST_OWN") == "own");
  CHECK(Environment::of_process().get("SLA_TEST_NEW") == "new");
  CHECK_FALSE(Environment::of_process().has("SLA_TEST_OWN"));
  ::unsetenv("SLA_TEST_NEW");
}

TEST_CASE("a load that fails changes nothing") {
  LoopbackServer const server(
      {answers("200 OK", page), answers("400 Bad Request", R"({"__type":"AccessDenied"})")});
  Environment environment = machine();
  auto const duplicate = load_parameters(plan(server, Duplicates::abort), environment);
  REQUIRE_FALSE(duplicate);
  CHECK(duplicate.error().code == Errc::exists);
  auto const denied = load_parameters(plan(server, Duplicates::skip), environment);
  REQUIRE_FALSE(denied);
  CHECK(denied.error().code == Errc::denied);
  CHECK_FALSE(environment.has("SLA_TEST_NEW"));
  CHECK_FALSE(Environment::of_process().has("SLA_TEST_NEW"));
}
