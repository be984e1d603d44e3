// SPDX-License-Identifier: MIT
#include "sla/aws/service/imds.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../../support/fake_clock.hpp"
#include "../../support/scripted_transport.hpp"
#include "sla/core/environment.hpp"

using namespace sla;
using namespace sla::aws;
using namespace std::chrono_literals;

namespace {

Response const token{200, {{"x-aws-ec2-metadata-token-ttl-seconds", "21600"}}, "t0ken"};
Error const silence{Errc::timed_out, "no answer in time"};

struct Service {
  explicit Service(std::vector<Result<Response>> answers) { script.answers = std::move(answers); }

  Script script{};
  FakeTime time{};
  Imds<ScriptedTransport, FakeClock> imds{parse_url("http://169.254.169.254"),
                                          ScriptedTransport(script), FakeClock(time)};
};

/// The URL, or the message of the error, for variables and a profile's keys.
std::string endpoint(std::vector<std::pair<std::string, std::string>> const& variables,
                     std::vector<std::pair<std::string, std::string>> const& profile = {}) {
  auto const in = [](auto const& pairs) {
    return [&pairs](std::string_view name) -> std::optional<std::string_view> {
      for (auto const& [key, value] : pairs) {
        if (key == name) return value;
      }
      return std::nullopt;
    };
  };
  auto const url = read_imds_endpoint(in(variables), in(profile));
  return url ? to_string(*url) : url.error().message;
}

}  // namespace

TEST_CASE("every question carries a token that is asked for once") {
  Service service({token, Response{200, {}, "eu-west-1"}, Response{200, {}, "us-east-1"}});
  CHECK(service.imds.region().value() == "eu-west-1");
  CHECK(service.imds.region().value() == "us-east-1");
  auto const& requests = service.script.requests;
  REQUIRE(requests.size() == 3);
  CHECK(requests[0].method == Method::put);
  CHECK(to_string(requests[0].url) == "http://169.254.169.254/latest/api/token");
  CHECK(find_header(requests[0].headers, "x-aws-ec2-metadata-token-ttl-seconds") == "21600");
  CHECK(requests[0].body.size() == 0);
  CHECK(to_string(requests[1].url) == "http://169.254.169.254/latest/meta-data/placement/region");
  CHECK(find_header(requests[1].headers, "x-aws-ec2-metadata-token") == "t0ken");
  CHECK(find_header(requests[2].headers, "x-aws-ec2-metadata-token") == "t0ken");
}

TEST_CASE("a token is renewed two minutes before its end") {
  Response const brief{200, {{"x-aws-ec2-metadata-token-ttl-seconds", "300"}}, "brief"};
  Response const text{200, {}, "text"};
  Service service({brief, text, text, token, text});
  CHECK(service.imds.get("/x"));
  service.time.advance(179s);
  CHECK(service.imds.get("/x"));
  CHECK(service.script.requests.size() == 3);
  service.time.advance(1s);
  CHECK(service.imds.get("/x"));
  CHECK(service.script.requests.size() == 5);
}

TEST_CASE("a token that was taken back is renewed once") {
  Service service({token, Response{401}, token, Response{200, {}, "text"}});
  CHECK(service.imds.get("/x").value() == "text");
  Service refusing({token, Response{401}, token, Response{401}});
  CHECK(refusing.imds.get("/x").error() == Error{Errc::denied, "imds: http 401", http_status(401)});
}

TEST_CASE("every attempt has one second and a service that fails is asked four times") {
  Service service({Response{503}, Response{503}, Response{503}, Response{503}});
  auto const text = service.imds.get("/x");
  REQUIRE_FALSE(text);
  CHECK(text.error() ==
        Error{Errc::unavailable, "imds: http 503 instead of a token", http_status(503)});
  CHECK(service.script.requests.size() == 4);
  CHECK(service.script.deadlines[0] - Instant(1h) == 1s);
}

TEST_CASE("where nobody answers there is no metadata service, and it takes one attempt") {
  Service service({silence});
  auto const text = service.imds.get("/x");
  REQUIRE_FALSE(text);
  CHECK(text.error() == Error{Errc::not_configured, "imds: no answer in time"});
}

TEST_CASE("a service that answered before and is silent now is an outage") {
  Service service({token, silence, silence, silence, silence, silence, silence, silence, silence});
  CHECK(service.imds.get("/x").error().code == Errc::timed_out);
  service.time.advance(6h);
  CHECK(service.imds.get("/x").error().code == Errc::timed_out);
}

TEST_CASE("a service that is there is asked again after a momentary silence or refusal") {
  Response const answer{200, {}, "text"};
  Service service({Response{429}, token, silence, Response{400}, answer});
  CHECK(service.imds.get("/x").value() == "text");
  Service refuses({token, Response{429}, Response{429}, Response{429}, Response{429}});
  CHECK(refuses.imds.get("/x").error() ==
        Error{Errc::unavailable, "imds: http 429", http_status(429)});
}

TEST_CASE("the metadata service of another cloud is not asked") {
  for (int const status : {404, 405}) {
    Service service({Response{status}});
    CHECK(service.imds.get("/x").error().code == Errc::not_configured);
  }
}

TEST_CASE("a service that refuses tokens is not asked without them") {
  Service service({Response{403}});
  CHECK(service.imds.get("/x").error() ==
        Error{Errc::denied, "imds: http 403: it is turned off here", http_status(403)});
}

TEST_CASE("what is no token is not sent") {
  for (std::string const wrong : {"", "a\r\nX-Header: 1", "a\x01"}) {
    Service service({Response{200, {}, wrong}});
    CHECK(service.imds.get("/x").error().code == Errc::unavailable);
  }
}

TEST_CASE("what is not there is not found") {
  Service service({token, Response{404}});
  CHECK(service.imds.get("/x").error().code == Errc::not_found);
}

TEST_CASE("what is no region is not used as one") {
  Service service({token, Response{200, {}, "evil.com/"}});
  CHECK(service.imds.region().error().code == Errc::unavailable);
}

TEST_CASE("the environment says where the service is, and then the profile does") {
  CHECK(endpoint({}) == "http://169.254.169.254/");
  CHECK(endpoint({{"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ipv6"}}) ==
        "http://[fd00:ec2::254]/");
  CHECK(endpoint({}, {{"ec2_metadata_service_endpoint_mode", "IPv6"}}) ==
        "http://[fd00:ec2::254]/");
  CHECK(endpoint({{"AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://localhost:1"},
                  {"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv6"}},
                 {{"ec2_metadata_service_endpoint", "http://localhost:2"}}) ==
        "http://localhost:1/");
  CHECK(endpoint({}, {{"ec2_metadata_service_endpoint", "http://localhost:2"}}) ==
        "http://localhost:2/");
}

TEST_CASE("a path of the endpoint stays in front") {
  Script script;
  script.answers = {token, Response{200, {}, "text"}};
  FakeTime time;
  Imds<ScriptedTransport, FakeClock> imds(parse_url("http://localhost/base/"),
                                          ScriptedTransport(script), FakeClock(time));
  CHECK(imds.get("/latest/x"));
  CHECK(script.requests[1].url.path == "/base/latest/x");
}

TEST_CASE("the service can be turned off, and wrong settings are named") {
  CHECK(endpoint({{"AWS_EC2_METADATA_DISABLED", "TRUE"}}) ==
        "imds: turned off by AWS_EC2_METADATA_DISABLED");
  CHECK(endpoint({{"AWS_EC2_METADATA_DISABLED", "1"}}) == "http://169.254.169.254/");
  CHECK(endpoint({{"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv5"}}) ==
        "imds: AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE: it must be IPv4 or IPv6");
  CHECK(endpoint({{"AWS_EC2_METADATA_SERVICE_ENDPOINT", "localhost"}}) ==
        "imds: AWS_EC2_METADATA_SERVICE_ENDPOINT: not the URL of an endpoint: it must begin with "
        "http:// or https://");
}
