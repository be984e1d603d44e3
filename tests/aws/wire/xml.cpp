// SPDX-License-Identifier: MIT
// Covers: aws/wire/service_error.hpp
#include "sla/aws/wire/xml.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using namespace sla;
using namespace sla::aws;

namespace {

std::string value(std::string_view document) {
  return xml_text(document, {"a", "b"}).value_or("nothing");
}

std::string const sns_error =
    "<?xml version=\"1.0\"?>\n"
    "<ErrorResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\">\n"
    "  <Error>\n    <Type>Sender</Type>\n    <Code>InvalidParameter</Code>\n"
    "    <Message>Invalid parameter: TopicArn Reason: &quot;x&quot; &lt; 6</Message>\n  </Error>\n"
    "  <RequestId>11111111-2222</RequestId>\n</ErrorResponse>\n";
std::string const s3_error =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<Error><Code>NoSuchBucket</Code><Message>The specified bucket does not exist</Message>"
    "<BucketName>logs</BucketName><RequestId>4442587FB7D0A2F9</RequestId>"
    "<HostId>host=</HostId></Error>";

}  // namespace

TEST_CASE("the text of an element is found by the names on the way to it") {
  CHECK(value("<a><b>text</b></a>") == "text");
  CHECK(value("<?xml version='1.0'?>\n<a>\n  <c>x</c>\n  <b>text</b></a>") == "text");
  CHECK(value("<a><c><b>wrong</b></c><b>right</b></a>") == "right");
  CHECK(value("<a><a><b>wrong</b></a><b>right</b></a>") == "right");
  CHECK(value("<a><b>first</b><b>second</b></a>") == "first");
  CHECK(xml_text("<a><b/><b><c>deep</c></b></a>", {"a", "b", "c"}) == "deep");
}

TEST_CASE("blanks inside an element are its text") {
  CHECK(value("<a><b> x \n</b></a>") == " x \n");
}

TEST_CASE("an empty element has an empty text") {
  CHECK(value("<a><b/></a>") == "");
  CHECK(value("<a><b /></a>") == "");
  CHECK(value("<a><b></b></a>") == "");
}

TEST_CASE("namespaces and attributes do not matter") {
  CHECK(value("<x:a xmlns:x='urn:y'><x:b t=\"1\">text</x:b></x:a>") == "text");
  CHECK(value("<a xmlns=\"urn:y\"\n x='/>'><b u='>' v=\"</b>\">text</b ></a >") == "text");
}

TEST_CASE("entities and numeric references are decoded") {
  CHECK(value("<a><b>&lt;&gt;&amp;&quot;&apos;</b></a>") == "<>&\"'");
  CHECK(value("<a><b>&amp;lt;</b></a>") == "&lt;");
  CHECK(value("<a><b>&#65;&#x42;&#xfc;&#8364;&#x1F600;</b></a>") ==
        "AB\xC3\xBC\xE2\x82\xAC\xF0\x9F\x98\x80");
}

TEST_CASE("what is no entity stays as it is") {
  for (std::string_view const text :
       {"&", "&&", "&;", "&x;", "&#;", "&#x;", "&#0;", "&#xD800;", "&#x110000;", "&#99999999999;",
        "&#12a;", "&#xg;", "&lt", "a & b", "&#-1;", "&LT;", "&waytoolongtobeone;"}) {
    CAPTURE(text);
    CHECK(value("<a><b>" + std::string(text) + "</b></a>") == text);
  }
}

TEST_CASE("CDATA is text as it stands, comments and instructions are none") {
  CHECK(value("<a><b>x<![CDATA[<c>&amp;]]>y</b></a>") == "x<c>&amp;y");
  CHECK(value("<a><!-- <b>no</b> --><b>o<!-- -- > -->n<?php echo '</b>' ?>e</b></a>") == "one");
  CHECK(value("<a><b><![CDATA[]]></b></a>") == "");
}

TEST_CASE("the text of inner elements is left out") {
  CHECK(value("<a><b>x<c>no</c>y<d/>z</b></a>") == "xyz");
}

TEST_CASE("a document that ends early or is no XML has no text") {
  for (std::string_view const document : {"",
                                          " ",
                                          "text",
                                          "<",
                                          "<>",
                                          "<a",
                                          "<a>",
                                          "<a><b>",
                                          "<a><b>text",
                                          "<a><b>text</b",
                                          "<a><b x='>text</b></a>",
                                          "<a><!-- <b>x</b></a>",
                                          "<a><b><![CDATA[x</b></a>",
                                          "</a></b>",
                                          "{\"a\": {\"b\": 1}}",
                                          "<b>x</b>",
                                          "<a/><b>x</b>",
                                          "<a></a><b>x</b>",
                                          "<?xml",
                                          "<!--"}) {
    CAPTURE(document);
    CHECK(value(document) == "nothing");
  }
}

TEST_CASE("a document type is not read, so it expands nothing") {
  CHECK(value("<!DOCTYPE a [<!ENTITY b \"bomb\">]><a><b>&b;</b></a>") == "nothing");
  CHECK(value("<!DOCTYPE html><html><a><b>x</b></a></html>") == "nothing");
}

TEST_CASE("depth costs nothing but time") {
  std::string deep;
  for (int i = 0; i < 200'000; ++i) deep += "<a>";
  CHECK(value(deep) == "nothing");
  CHECK(value(std::string(200'000, '<')) == "nothing");
  std::string closed;
  for (int i = 0; i < 200'000; ++i) closed += "</a>";
  CHECK(value(closed) == "nothing");
}

TEST_CASE("any bytes at all are survived") {
  std::string const seed = sns_error + s3_error + "<![CDATA[&#x41;]]><!-- --><?x?>";
  std::uint32_t state = 1;
  auto const random = [&] { return state = state * 1664525U + 1013904223U; };
  for (int round = 0; round < 20'000; ++round) {
    std::size_t const start = (random() >> 8U) % seed.size();
    std::string bytes = seed.substr(start, (random() >> 8U) % 200);
    for (int change = 0; change < 4 && !bytes.empty(); ++change) {
      bytes[(random() >> 8U) % bytes.size()] = static_cast<char>(random() >> 24U);
    }
    (void)xml_text(bytes, {"Error", "Code"});
    (void)xml_text(bytes, {});
    Response const response{500, {}, bytes};
    CHECK(read_xml_error(response).message.size() <= bytes.size() + 32);
  }
}

TEST_CASE("the root is the outermost element") {
  CHECK(is_xml_root("<?xml version='1.0'?>\n<!-- c --><s:Error xmlns:s='x'/>", "Error"));
  CHECK_FALSE(is_xml_root("<Errors/>", "Error"));
  CHECK_FALSE(is_xml_root("<a><Error/></a>", "Error"));
  CHECK_FALSE(is_xml_root("x<Error/>", "Error"));
  CHECK_FALSE(is_xml_root("</Error>", "Error"));
  CHECK_FALSE(is_xml_root("", "Error"));
}

TEST_CASE("an error of the query protocol is read") {
  CHECK(read_xml_error({400, {}, sns_error}) ==
        ServiceError{"InvalidParameter", "Invalid parameter: TopicArn Reason: \"x\" < 6",
                     "11111111-2222"});
}

TEST_CASE("an error of S3 is read") {
  CHECK(read_xml_error({404, {}, s3_error}) ==
        ServiceError{"NoSuchBucket", "The specified bucket does not exist", "4442587FB7D0A2F9"});
}

TEST_CASE("the request id is in a header where the body has none") {
  CHECK(read_xml_error({403, {{"x-amz-request-id", "AB12"}, {"x-amz-id-2", "h"}}, ""}) ==
        ServiceError{"", "", "AB12"});
  CHECK(read_xml_error(
            {503, {{"x-amzn-requestid", " CD34 "}}, "<Error><Code>SlowDown</Code></Error>"}) ==
        ServiceError{"SlowDown", "", "CD34"});
  CHECK(read_xml_error({404, {{"x-amz-request-id", "other"}}, s3_error}).request_id ==
        "4442587FB7D0A2F9");
}

TEST_CASE("a page of a proxy is recognised as none of AWS") {
  for (std::string_view const body :
       {"<!DOCTYPE html><html><body>502</body></html>",
        "<html><Error><Code>X</Code></Error></html>", "upstream connect error", "{\"code\": \"X\"}",
        "\xFF\xFE\x00"}) {
    CAPTURE(body);
    CHECK(read_xml_error({502, {}, std::string(body)}) ==
          ServiceError{"", "the answer is not one of AWS", ""});
  }
}

TEST_CASE("what stands in each element at a path is found in order, and is read like a document") {
  std::string const document =
      "<?xml version='1.0'?><R xmlns=\"x\"><List><member><Id>1</Id></member><!-- no -->"
      "<other><member>no</member></other><ns:member ns:a='>'>two <Id>2</Id></ns:member><member/>"
      "<member></member></List><List><member>&lt;<member>inner</member></member></List></R>"
      "<R><List><member>second root</member></List></R>";
  auto const found = xml_elements(document, {"R", "List", "member"});
  CHECK(found == std::vector<std::string_view>{"<Id>1</Id>", "two <Id>2</Id>", "",
                                               "&lt;<member>inner</member>", "second root"});
  CHECK(xml_text(found.at(0), {"Id"}) == "1");
  CHECK(xml_text(found.at(1), {"Id"}) == "2");
  CHECK_FALSE(xml_text(found.at(2), {"Id"}));
}

TEST_CASE("of a document that is cut off there are only whole elements") {
  std::string const whole = "<R><member>1</member><member>2</member></R>";
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    auto const found = xml_elements(whole.substr(0, size), {"R", "member"});
    CHECK(found.size() == (size < 21 ? 0 : size < 39 ? 1 : 2));
  }
  CHECK(xml_elements("</R><R><member>1</member></R>", {"R", "member"}).empty());
  CHECK(xml_elements("not XML", {"R"}).empty());
}
