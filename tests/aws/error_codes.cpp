// SPDX-License-Identifier: MIT
// One meaning has one code, whichever operation of whichever service meets it.
#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "../support/scripted_client.hpp"
#include "sla/aws/credential/role_caller.hpp"
#include "sla/aws/service/cloudwatch.hpp"
#include "sla/aws/service/iam.hpp"
#include "sla/aws/service/s3.hpp"
#include "sla/aws/service/sns.hpp"
#include "sla/aws/service/ssm.hpp"
#include "sla/aws/service/sts.hpp"

using namespace sla;
using namespace sla::aws;

namespace {

using Fake = ScriptedClient;

EndpointOptions const here{.region = "eu-west-1"};

template <class T>
Error error_of(Result<T> const& done) {
  return done ? Error{Errc::invalid, "it succeeded"} : done.error();
}

/// One operation, as its callers use it.
struct Operation {
  char const* name;
  Error (*call)(Fake&);
  bool json = false;
  bool has_body = true;  ///< of its success
};

Operation const operations[] = {
    {"publish",
     [](Fake& fake) {
       return error_of(publish(
           fake.client, EndpointSettings{},
           {.topic_arn = "arn:aws:sns:eu-west-1:123456789012:t", .message = "m"}, fake.later));
     }},
    {"put object",
     [](Fake& fake) {
       Bucket bucket{.name = "logs", .endpoint = here};
       return error_of(put_object(fake.client, bucket, {.key = "k"}, fake.later));
     }},
    {"head object",
     [](Fake& fake) {
       Bucket bucket{.name = "logs", .endpoint = here};
       return error_of(head_object(fake.client, bucket, "k", fake.later));
     },
     false, false},
    {"get caller identity",
     [](Fake& fake) { return error_of(get_caller_identity(fake.client, here, fake.later)); }},
    {"get role",
     [](Fake& fake) { return error_of(get_role_arn(fake.client, here, "deploy", fake.later)); }},
    {"get parameters",
     [](Fake& fake) {
       return error_of(get_parameters_by_path(fake.client, here, "/a/", fake.later));
     },
     true},
    {"put metric data",
     [](Fake& fake) {
       return error_of(put_metric_data(
           fake.client, here, {.metric_namespace = "N", .data = {{.name = "m"}}}, fake.later));
     }},
    {"assume role",
     [](Fake& fake) {
       RoleCaller<ScriptedTransport, FakeClock> caller{
           ScriptedTransport(fake.script), FakeClock(fake.time), {.region = "eu-west-1"}};
       return error_of(caller.assume(
           Role{"arn:aws:iam::123456789012:role/name", "session"},
           Credentials{.access_key_id = "AKID", .secret_access_key = Secret("secret")}));
     }},
};

Error meet(Operation const& operation, int status, std::string const& code) {
  std::string const xml = "<ErrorResponse><Error><Code>" + code + "</Code></Error></ErrorResponse>";
  std::string const body = operation.json ? R"({"__type":")" + code + "\"}" : xml;
  Fake fake{};
  fake.script.answers.assign(10, Response{status, {}, code.empty() ? "<html>" : body});
  return operation.call(fake);
}

}  // namespace

TEST_CASE("an answer means the same to every operation") {
  struct Row {
    int status;
    char const* code;
    Errc meaning;
  };
  Row const rows[] = {
      {200, "", Errc::unavailable},  // of somebody else
      {400, "InvalidParameter", Errc::rejected},
      {400, "ValidationError", Errc::rejected},
      {400, "ExpiredToken", Errc::expired},
      {400, "ThrottlingException", Errc::throttled},
      {400, "MissingAuthenticationToken", Errc::denied},
      {403, "", Errc::denied},
      {403, "InvalidClientTokenId", Errc::denied},
      {403, "SignatureDoesNotMatch", Errc::denied},
      {404, "", Errc::not_found},
      {404, "ResourceNotFoundException", Errc::not_found},
      {413, "", Errc::unacceptable},
      {418, "", Errc::rejected},
      {429, "", Errc::throttled},
      {500, "InternalFailure", Errc::unavailable},
      {503, "", Errc::unavailable},
  };
  for (Operation const& operation : operations) {
    CAPTURE(std::string(operation.name));
    for (Row const& row : rows) {
      if (row.status == 200 && !operation.has_body) continue;
      CAPTURE(row.status);
      CAPTURE(std::string(row.code));
      Error const error = meet(operation, row.status, row.code);
      CHECK((error.code == row.meaning));
      CHECK((row.status == 200 || error.http_status() == row.status));
    }
  }
}

TEST_CASE("a denial is one, and of a role it takes back what was given before") {
  for (Operation const& operation : operations) {
    bool const role = std::string_view(operation.name) == "assume role";
    CHECK((meet(operation, 403, "AccessDenied").code == (role ? Errc::revoked : Errc::denied)));
  }
}

TEST_CASE("content that a service would refuse is refused before it is sent") {
  Bucket const bucket{.name = "logs", .endpoint = here};
  Url const url{};
  PublishInput const topic{.topic_arn = "arn:aws:sns:eu-west-1:123456789012:t"};
  Error const errors[] = {
      error_of(publish_request(topic, url)),
      error_of(put_object_request(bucket, {.key = std::string(1025, 'k')})),
      error_of(put_metric_data_request({.metric_namespace = "N"}, url)),
  };
  for (Error const& error : errors) {
    CHECK((error.code == Errc::unacceptable));
    CHECK((error.native == Native{}));
  }
}

TEST_CASE("a setting that a service would refuse is invalid") {
  Bucket const bucket{.name = "a/b", .endpoint = here};
  Url const url{};
  Error const errors[] = {
      error_of(publish_request({.topic_arn = "t", .message = "m"}, url)),
      error_of(put_object_request(bucket, {.key = "k"})),
      error_of(put_metric_data_request({.metric_namespace = "AWS/N", .data = {{}}}, url)),
      error_of(check_role({.arn = "me", .session_name = "s"})),
      error_of(check_role_name("a b")),
      error_of(endpoint_url(Service::ssm, {})),
  };
  for (Error const& error : errors) CHECK((error.code == Errc::invalid));
}
