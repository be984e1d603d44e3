// SPDX-License-Identifier: MIT
#include "sla/aws/service/ssm.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <vector>

#include "../../support/scripted_client.hpp"

using namespace sla;
using namespace sla::aws;

namespace {

/// A page with parameters whose names are given, and the token of the next one.
Response page(std::vector<std::string> const& names, std::string const& token = {}) {
  std::string body = R"({"Parameters":[)";
  for (std::string const& name : names) {
    body += (body.ends_with('[') ? R"({"Name":")" : R"(,{"Name":")") + name +
            R"(","Type":"String","Value":"v","Version":1,"LastModifiedDate":1.7e9})";
  }
  body += "]";
  if (!token.empty()) body += R"(,"NextToken":")" + token + "\"";
  return {200, {}, body + "}"};
}

Result<std::vector<Parameter>> ask(ScriptedClient& fake) {
  return get_parameters_by_path(fake.client, {.region = "eu-west-1"}, "/prod/app/", fake.later);
}

}  // namespace

TEST_CASE("a page is asked for with all that is below the path, decrypted") {
  Url url{};
  url.host = "ssm.eu-west-1.amazonaws.com";
  Request const first = parameters_request(url, {.path = "/a \"b\"/"});
  CHECK(first.method == Method::post);
  CHECK(first.url == url);
  CHECK(find_header(first.headers, "content-type") == "application/x-amz-json-1.1");
  CHECK(find_header(first.headers, "x-amz-target") == "AmazonSSM.GetParametersByPath");
  CHECK(first.body.text().value() ==
        R"({"Path":"/a \"b\"/","Recursive":true,"WithDecryption":true,"MaxResults":10})");
  Request const second = parameters_request(url, {.path = "/a/", .token = "t/1=="});
  CHECK(second.body.text().value().ends_with(R"("MaxResults":10,"NextToken":"t/1=="})"));
}

TEST_CASE("a page says names, values and which of them are secret") {
  auto const read =
      parse_parameters({200,
                        {},
                        R"({"Parameters":[{"Name":"/a/X","Type":"String","Value":"1"},)"
                        R"({"Name":"/a/Y","Type":"SecureString","Value":"s3cret"},)"
                        R"({"Name":"/a/Z","Type":"StringList","Value":"a,b"},)"
                        R"({"Name":"/a/N","Type":"Novel","Value":"n"}],"NextToken":"t"})"});
  REQUIRE(read);
  REQUIRE(read->parameters.size() == 4);
  CHECK(read->next_token == "t");
  CHECK(read->parameters[0].name == "/a/X");
  CHECK(read->parameters[0].value.reveal() == "1");
  CHECK(read->parameters[0].kind == ParameterKind::plain);
  CHECK(read->parameters[1].value.reveal() == "s3cret");
  CHECK(read->parameters[1].kind == ParameterKind::secure);
  CHECK(read->parameters[2].kind == ParameterKind::plain);
  CHECK(read->parameters[3].kind == ParameterKind::secure);
}

TEST_CASE("an answer that is not one of SSM is none, and nothing of it is told") {
  for (std::string const body : {"", "<html/>", "{}", R"({"Parameters":[{"Value":"s3cret"}]})",
                                 R"({"Parameters":[{"Name":"/s3cret"}]})",
                                 R"({"Parameters":[{"Name":"","Value":"s3cret"}]})"}) {
    CAPTURE(body);
    auto const read = parse_parameters({200, {}, body});
    REQUIRE_FALSE(read);
    CHECK(read.error().code == Errc::unavailable);
    CHECK(read.error().message.find("s3cret") == std::string::npos);
  }
}

TEST_CASE("the pages are read in order until one has no token, empty ones too") {
  ScriptedClient fake{page({}, "one"), page({"/prod/app/A", "/prod/app/b/C"}, "two"),
                      page({"/prod/app/D"})};
  auto const all = ask(fake);
  REQUIRE(all);
  REQUIRE(all->size() == 3);
  CHECK(all->at(1).name == "/prod/app/b/C");
  CHECK(all->at(2).name == "/prod/app/D");
  REQUIRE(fake.script.requests.size() == 3);
  CHECK(to_string(fake.script.requests[0].url) == "https://ssm.eu-west-1.amazonaws.com/");
  CHECK(fake.scope(0) == "20191123/eu-west-1/ssm");
  CHECK(fake.script.requests[2].body.text().value().find(R"("NextToken":"two")") !=
        std::string::npos);
}

TEST_CASE("a path without parameters is no error") {
  ScriptedClient fake{page({})};
  auto const all = ask(fake);
  REQUIRE(all);
  CHECK(all->empty());
}

TEST_CASE("a token that comes twice ends it") {
  ScriptedClient fake{page({}, "one"), page({}, "two"), page({}, "one")};
  auto const all = ask(fake);
  REQUIRE_FALSE(all);
  CHECK(all.error() == Error{Errc::unavailable,
                             "ssm get parameters by path /prod/app/: a page leads back to one that "
                             "was read"});
}

TEST_CASE("pages without end are given up") {
  ScriptedClient fake{};
  for (std::size_t number = 1; number <= most_parameter_pages; ++number) {
    fake.script.answers.push_back(page({}, std::to_string(number)));
  }
  auto const all = ask(fake);
  REQUIRE_FALSE(all);
  CHECK(all.error().message.ends_with("more than 1000 pages"));
  CHECK(fake.script.requests.size() == most_parameter_pages);
}

TEST_CASE("an error says what was asked and why it was refused") {
  ScriptedClient fake{{400,
                       {{"x-amzn-requestid", "4f2a"}},
                       R"({"__type":"com.amazonaws.ssm#AccessDeniedException","Message":"no"})"}};
  auto const all = ask(fake);
  REQUIRE_FALSE(all);
  CHECK(all.error().code == Errc::denied);
  CHECK(all.error().message ==
        "ssm get parameters by path /prod/app/: http 400: AccessDeniedException: no (request id "
        "4f2a)");
  ScriptedClient nowhere{};
  CHECK(get_parameters_by_path(nowhere.client, {}, "/a/", nowhere.later).error().message ==
        "ssm get parameters by path /a/: no region is set");
}

TEST_CASE("throttling is waited out") {
  ScriptedClient fake{{400, {}, R"({"__type":"ThrottlingException","message":"Rate exceeded"})"},
                      page({"/prod/app/A"})};
  CHECK(ask(fake));
}

TEST_CASE("one parameter is asked for by its name or its ARN, decrypted") {
  ScriptedClient fake{
      {200, {}, R"({"Parameter":{"Name":"/a/X","Type":"SecureString","Value":"s3cret"}})"}};
  auto const found = get_parameter(fake.client, {.region = "eu-west-1"}, "/a/X", fake.later);
  REQUIRE(found);
  CHECK(found->name == "/a/X");
  CHECK(found->value.reveal() == "s3cret");
  CHECK(found->kind == ParameterKind::secure);
  REQUIRE(fake.script.requests.size() == 1);
  Request const& request = fake.script.requests[0];
  CHECK(find_header(request.headers, "x-amz-target") == "AmazonSSM.GetParameter");
  CHECK(request.body.text().value() == R"({"Name":"/a/X","WithDecryption":true})");
  CHECK(fake.scope(0) == "20191123/eu-west-1/ssm");
}

TEST_CASE("a parameter that is not there is named, and an answer without one is no answer of SSM") {
  ScriptedClient fake{{400, {}, R"({"__type":"ParameterNotFound"})"}, {200, {}, "{}"}};
  auto const missing = get_parameter(fake.client, {.region = "eu-west-1"}, "/a/X", fake.later);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == Errc::not_found);
  CHECK(missing.error().message == "ssm get parameter /a/X: http 400: ParameterNotFound");
  auto const foreign = get_parameter(fake.client, {.region = "eu-west-1"}, "/a/X", fake.later);
  REQUIRE_FALSE(foreign);
  CHECK(foreign.error().code == Errc::unavailable);
  CHECK(foreign.error().message.ends_with("it has no Parameter"));
}
