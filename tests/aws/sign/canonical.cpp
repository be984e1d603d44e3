// SPDX-License-Identifier: MIT
#include "sla/aws/sign/canonical.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using namespace sla;
using namespace sla::aws;

namespace {

std::string path(std::string_view sent, PathStyle style) {
  std::string out;
  canonical_path_to(out, sent, style);
  return out;
}
std::string query(std::string_view sent) {
  std::string out;
  canonical_query_to(out, sent);
  return out;
}
std::vector<HeaderView> sorted(std::vector<HeaderView> const& arrived) {
  std::vector<HeaderView> headers;
  for (HeaderView const header : arrived) insert_header(headers, header);
  return headers;
}
std::string lines(std::vector<HeaderView> const& arrived) {
  std::string out;
  canonical_headers_to(out, sorted(arrived));
  return out;
}
std::string names(std::vector<HeaderView> const& arrived) {
  std::string out;
  signed_names_to(out, sorted(arrived));
  return out;
}

}  // namespace

TEST_CASE("a normalized path has no dot segments and no empty segments") {
  auto const normalized = [](std::string_view sent) { return path(sent, PathStyle::normalized); };
  CHECK(normalized("") == "/");
  CHECK(normalized("/") == "/");
  CHECK(normalized("//") == "/");
  CHECK(normalized("/./") == "/");
  CHECK(normalized("/..") == "/");
  CHECK(normalized("/../..") == "/");
  CHECK(normalized("/a/..") == "/");
  CHECK(normalized("/a/b/../..") == "/");
  CHECK(normalized("/./example") == "/example");
  CHECK(normalized("//example//") == "/example/");
  CHECK(normalized("/a/b") == "/a/b");
  CHECK(normalized("/a/b/") == "/a/b/");
  CHECK(normalized("/a/../b/./c") == "/b/c");
  CHECK(normalized("/a/b/..") == "/a/");
  CHECK(normalized("/a/.../b") == "/a/.../b");
}

TEST_CASE("a normalized path is encoded once more") {
  CHECK(path("/example space/", PathStyle::normalized) == "/example%20space/");
  CHECK(path("/a%3Ab", PathStyle::normalized) == "/a%253Ab");
  CHECK(path("/@connections/x%3D", PathStyle::normalized) == "/%40connections/x%253D");
}

TEST_CASE("a single path keeps its shape and what is encoded already") {
  auto const single = [](std::string_view sent) { return path(sent, PathStyle::single); };
  CHECK(single("") == "/");
  CHECK(single("//example//") == "//example//");
  CHECK(single("/a/../b/./c") == "/a/../b/./c");
  CHECK(single("/a%20b%2Bc") == "/a%20b%2Bc");
  CHECK(single("/a%2Fb") == "/a%2Fb");
  CHECK(single("/%E1%88%B4") == "/%E1%88%B4");
}

TEST_CASE("a single path encodes what was sent without being encoded") {
  CHECK(path("/a b+c(d)", PathStyle::single) == "/a%20b%2Bc%28d%29");
  CHECK(path("/\xE1\x88\xB4", PathStyle::single) == "/%E1%88%B4");
  CHECK(path("/%e1%7E", PathStyle::single) == "/%E1~");
  CHECK(path("/100%", PathStyle::single) == "/100%25");
  CHECK(path("/%zz%4", PathStyle::single) == "/%25zz%254");
}

TEST_CASE("a query is sorted by encoded name and then by encoded value") {
  CHECK(query("") == "");
  CHECK(query("Param2=value2&Param1=value1") == "Param1=value1&Param2=value2");
  CHECK(query("a=2&a=1&A=3") == "A=3&a=1&a=2");
  CHECK(query("a-=1&a=2") == "a=2&a-=1");  // the joined texts would sort the other way
  CHECK(query("Param-3=Value3&Param=Value2&%E1%88%B4=Value1") ==
        "%E1%88%B4=Value1&Param=Value2&Param-3=Value3");
}

TEST_CASE("a query has an equals sign in every pair and is encoded once") {
  CHECK(query("uploads") == "uploads=");
  CHECK(query("a=") == "a=");
  CHECK(query("a=b=c") == "a=b%3Dc");
  CHECK(query("a=x/y&&b=1+2") == "a=x%2Fy&b=1%2B2");
  CHECK(query("a=x%2fy%20z") == "a=x%2Fy%20z");
  CHECK(query("\xE1\x88\xB4=bar") == "%E1%88%B4=bar");
}

TEST_CASE("headers are sorted by name without regard to case") {
  std::vector<HeaderView> const arrived{
      {"X-Amz-Date", "20150830T123600Z"}, {"Host", "example.com"}, {"content-type", "text/plain"}};
  CHECK(lines(arrived) ==
        "content-type:text/plain\nhost:example.com\nx-amz-date:20150830T123600Z\n");
  CHECK(names(arrived) == "content-type;host;x-amz-date");
}

TEST_CASE("a name that begins another one comes first") {
  CHECK(names({{"x-amz-meta-ab", "1"}, {"X-Amz-Meta-A", "2"}}) == "x-amz-meta-a;x-amz-meta-ab");
}

TEST_CASE("repeated headers are joined in the order of their arrival") {
  std::vector<HeaderView> const arrived{
      {"My-Header", "4"}, {"my-header", "1"}, {"a", "0"}, {"MY-HEADER", " 3 "}};
  CHECK(lines(arrived) == "a:0\nmy-header:4,1,3\n");
  CHECK(names(arrived) == "a;my-header");
}

TEST_CASE("the value of a header is trimmed, and each run of spaces in it is one") {
  CHECK(lines({{"a", "  b   c  "}}) == "a:b c\n");
  CHECK(lines({{"a", "\"b   c\""}}) == "a:\"b c\"\n");
  CHECK(lines({{"a", "\tb c    d\n"}}) == "a:b c d\n");
  CHECK(lines({{"a", ""}}) == "a:\n");
}

TEST_CASE("the example of the documentation gives its canonical request and string to sign") {
  auto const headers = sorted({{"Host", "iam.amazonaws.com"},
                               {"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"},
                               {"X-Amz-Date", "20150830T123600Z"}});
  std::string text;
  canonical_request_to(
      text, {.method = Method::get,
             .path = "/",
             .query = "Action=ListUsers&Version=2010-05-08",
             .headers = headers,
             .payload_hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"});
  CHECK(text ==
        "GET\n"
        "/\n"
        "Action=ListUsers&Version=2010-05-08\n"
        "content-type:application/x-www-form-urlencoded; charset=utf-8\n"
        "host:iam.amazonaws.com\n"
        "x-amz-date:20150830T123600Z\n"
        "\n"
        "content-type;host;x-amz-date\n"
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  text.clear();
  string_to_sign_to(text, {.time = "20150830T123600Z", .region = "us-east-1", .service = "iam"},
                    "f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59");
  CHECK(text ==
        "AWS4-HMAC-SHA256\n"
        "20150830T123600Z\n"
        "20150830/us-east-1/iam/aws4_request\n"
        "f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59");
}
