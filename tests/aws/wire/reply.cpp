// SPDX-License-Identifier: MIT
#include "sla/aws/wire/reply.hpp"

#include <doctest/doctest.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

using namespace sla;
using namespace sla::aws;

namespace {

JsonReply read(std::string_view text) {
  auto reply = JsonReply::parse(text);
  REQUIRE(reply);
  return *reply;
}

}  // namespace

TEST_CASE("texts, numbers and members of members are found by their names") {
  JsonReply const reply = read(R"({"AccessKeyId":"ASIA","Version":1,"At":1.5,)"
                               R"("Inner":{"Deep":{"Name":"found"}}})");
  CHECK(reply.text("AccessKeyId") == "ASIA");
  CHECK(reply.integer("Version") == 1);
  CHECK(reply.number("Version") == 1.0);
  CHECK(reply.number("At") == 1.5);
  CHECK(reply.text({"Inner", "Deep", "Name"}) == "found");
  CHECK(reply.find({"Inner", "Deep"})->text("Name") == "found");
}

TEST_CASE("what is not there or of another type is nothing") {
  JsonReply const reply = read(R"({"Version":"1","Number":1.5,"Null":null,"List":[]})");
  CHECK_FALSE(reply.text("AccessKeyId"));
  CHECK_FALSE(reply.text("Number"));
  CHECK_FALSE(reply.text("Null"));
  CHECK_FALSE(reply.integer("Version"));
  CHECK_FALSE(reply.integer("Number"));
  CHECK_FALSE(reply.number("Version"));
  CHECK_FALSE(reply.text({"Version", "Inner"}));
  CHECK_FALSE(reply.find({"Nothing"}));
  CHECK(reply.items("Version").empty());
  CHECK(reply.items("List").empty());
}

TEST_CASE("the objects and the texts of an array come in order") {
  JsonReply const reply = read(R"({"Parameters":[{"Name":"/a","LastModifiedDate":1.6E9},)"
                               R"({"Name":"/b"}],"InvalidParameters":["/c","/d"]})");
  auto const parameters = reply.items("Parameters");
  REQUIRE(parameters.size() == 2);
  CHECK(parameters[0].text("Name") == "/a");
  CHECK(parameters[0].number("LastModifiedDate") == 1.6e9);
  CHECK(parameters[1].text("Name") == "/b");
  auto const invalid = reply.items("InvalidParameters");
  REQUIRE(invalid.size() == 2);
  CHECK(invalid[1].text() == "/d");
}

TEST_CASE("the names of members come in order, and an empty array is one too") {
  JsonReply const reply = read(R"({"b":[],"a":{},"\u0063":"d","b":1})");
  CHECK(reply.names() == std::vector<std::string_view>{"b", "a", "c", "b"});
  CHECK(reply.find({"b"})->is_array());
  CHECK(reply.find({"b"})->names().empty());
  CHECK_FALSE(reply.find({"a"})->is_array());
  CHECK(reply.find({"a"})->names().empty());
  CHECK_FALSE(reply.is_array());
}

TEST_CASE("a value outlives the answer that it was taken from") {
  std::optional<JsonReply> inner;
  {
    JsonReply const reply = read(R"({"Inner":{"Name":"still here"}})");
    inner = reply.find({"Inner"});
  }
  REQUIRE(inner);
  CHECK(inner->text("Name") == "still here");
}

TEST_CASE("escapes are decoded") {
  CHECK(read(R"({"Value":"a\n\u00e9\ud83d\ude00"})").text("Value") ==
        "a\n\xC3\xA9\xF0\x9F\x98\x80");
}

TEST_CASE("what is no JSON object is refused and never repeated") {
  std::string const deep(100'000, '[');
  for (std::string_view const text :
       {std::string_view(""), std::string_view("secret"), std::string_view("{\"a\":\"secret"),
        std::string_view("[\"secret\"]"), std::string_view("\"secret\""),
        std::string_view("{\"a\":\"\xff secret\"}"), std::string_view("{} secret"),
        std::string_view("<html>secret</html>"), std::string_view(deep)}) {
    auto const reply = JsonReply::parse(text);
    REQUIRE_FALSE(reply);
    CHECK(reply.error().code == Errc::malformed);
    CHECK(reply.error().message.find("secret") == std::string::npos);
  }
}

TEST_CASE("what is larger than the limit is not read") {
  std::string const large = "{\"a\":\"" + std::string(JsonReply::size_limit, 'x') + "\"}";
  auto const reply = JsonReply::parse(large);
  REQUIRE_FALSE(reply);
  CHECK(reply.error().message == "the answer cannot be understood: it is too large");
}

TEST_CASE("what is wrong with a file is said with the reason, and not as of an answer") {
  auto const said = [](std::string_view text) {
    auto const file = JsonReply::parse_file(text);
    REQUIRE_FALSE(file);
    CHECK(file.error().code == Errc::malformed);
    return file.error().message;
  };
  CHECK(said("{\"a\":[1,]}").starts_with("it is not JSON ("));
  CHECK(said("{\"a\":[1,]}").find("comma") != std::string::npos);
  CHECK(said("").find("no JSON found") != std::string::npos);
  CHECK(said("[]") == "it is JSON but no object");
  CHECK(said(std::string(JsonReply::size_limit + 1, ' ')) == "it is too large");
  CHECK(JsonReply::parse_file("{\"a\":\"b\"}").value().text("a") == "b");
}

TEST_CASE("a text that must be there is an error by its name where it is not") {
  JsonReply const reply = read(R"({"AccessKeyId":"ASIA","Token":""})");
  CHECK(reply.required_text("AccessKeyId").value() == "ASIA");
  for (std::string const name : {"Token", "Expiration"}) {
    auto const missing = reply.required_text(name);
    REQUIRE_FALSE(missing);
    CHECK(missing.error().message == "the answer cannot be understood: it has no " + name);
  }
}

TEST_CASE("the code of an error comes from the body, without its name space") {
  Response const answer{400,
                        {{"x-amzn-requestid", "id-1"}},
                        R"({"__type":"com.amazonaws.ssm#InvalidKeyId","message":"no such key"})"};
  CHECK(read_json_error(answer) == ServiceError{"InvalidKeyId", "no such key", "id-1"});
}

TEST_CASE("the code of an error comes from the header, without its address") {
  Response const answer{400,
                        {{"x-amzn-errortype", "ThrottlingException:http://internal.amazon.com/"}},
                        R"({"__type":"Other","Message":"Rate exceeded"})"};
  CHECK(read_json_error(answer) == ServiceError{"ThrottlingException", "Rate exceeded", ""});
}

TEST_CASE("the code of the older protocol wins") {
  Response const answer{
      400,
      {{"x-amzn-query-error", "AWS.Simple.NotThere;Sender"}, {"x-amzn-errortype", "NotThere"}},
      "{}"};
  CHECK(read_json_error(answer).code == "AWS.Simple.NotThere");
}

TEST_CASE("the errors of credential endpoints have a code in either case") {
  CHECK(read_json_error({400, {}, R"({"code":"a","message":"b"})"}) == ServiceError{"a", "b", ""});
  CHECK(read_json_error({400, {}, R"({"Code":"a","Message":"b"})"}) == ServiceError{"a", "b", ""});
}

TEST_CASE("the page of a proxy and an empty body are no words of a service") {
  CHECK(read_json_error({502, {}, "<html>"}) ==
        ServiceError{"", "the answer is not one of AWS", ""});
  CHECK(read_json_error({503, {}, ""}) == ServiceError{});
}

TEST_CASE("a truth value is found by its name") {
  JsonReply const reply = read(R"({"yes":true,"no":false,"text":"true","one":1})");
  CHECK(reply.boolean("yes") == true);
  CHECK(reply.boolean("no") == false);
  CHECK_FALSE(reply.boolean("text"));
  CHECK_FALSE(reply.boolean("one"));
  CHECK_FALSE(reply.boolean("none"));
}

TEST_CASE("several members are found at once, in whatever order they come") {
  constexpr std::array<std::string_view, 4> names{"a", "b", "c", "none"};
  for (std::string_view const text :
       {R"({"a":1,"b":"two","c":[true,"x"]})", R"({"c":[true,"x"],"b":"two","a":1})",
        R"({"x":{"a":7},"b":"two","y":0,"c":[true,"x"],"a":1,"b":"again","a":null})"}) {
    CAPTURE(std::string(text));
    JsonReply const reply = read(text);
    auto const [a, b, c, none] = reply.members(names);
    CHECK(a.integer() == 1);
    CHECK_FALSE(a.text());
    CHECK(b.text() == "two");
    CHECK_FALSE(b.integer());
    CHECK(c);
    CHECK_FALSE(c.boolean());
    CHECK_FALSE(none);
    CHECK_FALSE(none.boolean());
    std::vector<JsonValue> items;
    for (JsonValue const& value : {a, none, c}) {
      value.each_item([&](JsonValue item) { items.push_back(item); });
    }
    REQUIRE(items.size() == 2);
    CHECK(items[0].boolean() == true);
    CHECK(items[1].text() == "x");
  }
  CHECK_FALSE(read("{}").members(names)[0]);
}

TEST_CASE("lines are read one after another, and a value that is held stays what it is") {
  JsonLines lines;
  auto const first = lines.parse(R"({"a":"first"})");
  auto const second = lines.parse(R"({"a":"second"})");
  CHECK_FALSE(lines.parse("{"));
  CHECK_FALSE(lines.parse("[1]"));
  REQUIRE(first);
  REQUIRE(second);
  CHECK(first->text("a") == "first");
  CHECK(second->text("a") == "second");
  for (int i = 0; i < 100; ++i) {
    auto const line = lines.parse("{\"a\":" + std::to_string(i) + '}');
    REQUIRE(line);
    CHECK(line->integer("a") == i);
  }
}
