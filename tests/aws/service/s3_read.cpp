// SPDX-License-Identifier: MIT
#include "sla/aws/service/s3_read.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <utility>

#include "../../support/scripted_client.hpp"

using namespace sla;
using namespace sla::aws;

namespace {

Bucket logs() { return {.name = "logs", .endpoint = {.region = "eu-west-1"}}; }

std::string list(std::string_view inside) {
  return "<?xml version=\"1.0\"?><ListBucketResult "
         "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>logs</Name><Prefix/>" +
         std::string(inside) + "</ListBucketResult>";
}

}  // namespace

TEST_CASE("a page of keys is asked for by prefix and by what the page before said") {
  auto const first = list_objects_request(logs(), {.prefix = "a b/\xC3\xA4"});
  REQUIRE(first);
  CHECK(to_string(first->url) ==
        "https://logs.s3.eu-west-1.amazonaws.com/?list-type=2&prefix=a%20b%2F%C3%A4");
  CHECK(first->method == Method::get);
  auto const next = list_objects_request(logs(), {.page = "1/+="});
  REQUIRE(next);
  CHECK(next->url.query == "continuation-token=1%2F%2B%3D&list-type=2");
  CHECK_FALSE(list_objects_request({.name = "a/b"}, {}));
}

TEST_CASE("a page has keys and sizes, decoded, and says whether another follows") {
  auto const page = parse_object_page(
      {200,
       {},
       list("<Contents><Key>a&amp;b/&#x31;</Key><LastModified>x</LastModified><Size>12"
            "</Size><Owner><ID>1</ID><Key>no</Key></Owner></Contents><Contents><Key>c"
            "</Key><Size> 7 </Size></Contents><CommonPrefixes><Prefix>p</Prefix>"
            "</CommonPrefixes><IsTruncated>true</IsTruncated>"
            "<NextContinuationToken>t&lt;</NextContinuationToken>")});
  REQUIRE(page);
  REQUIRE(page->objects.size() == 2);
  CHECK(page->objects[0].key == "a&b/1");
  CHECK(page->objects[0].size == 12);
  CHECK(page->objects[1].key == "c");
  CHECK(page->objects[1].size == 7);
  CHECK(page->next == "t<");
  auto const last = parse_object_page({200, {}, list("<IsTruncated>false</IsTruncated>")});
  REQUIRE(last);
  CHECK(last->objects.empty());
  CHECK(last->next.empty());
}

TEST_CASE("what is no list, or one that is cut off, is an error") {
  for (std::string const& body :
       {std::string(), std::string("<html></html>"), list("<IsTruncated>true</IsTruncated>")}) {
    auto const page = parse_object_page({200, {}, body});
    REQUIRE_FALSE(page);
    CHECK(page.error().code == Errc::unavailable);
  }
}

TEST_CASE("a part of an object is asked for by its range") {
  auto const request = get_object_request(logs(), {"a b", 10, 5});
  REQUIRE(request);
  CHECK(request->url.path == "/a%20b");
  CHECK(find_header(request->headers, "range") == "bytes=10-14");
}

TEST_CASE("a client lists and reads, also where the bucket turns out to be elsewhere") {
  ScriptedClient fake{{301,
                       {{"x-amz-bucket-region", "eu-central-1"}},
                       "<Error><Code>PermanentRedirect</Code></Error>"},
                      {200, {}, list("<Contents><Key>k</Key><Size>3</Size></Contents>")},
                      {206, {}, "abc"},
                      {200, {}, "all"},
                      {403, {}, "<Error><Code>AccessDenied</Code><Message>no</Message></Error>"}};
  Bucket bucket = logs();
  Instant const later = Instant::max();
  auto const page = list_objects(fake.client, bucket, {}, later);
  REQUIRE(page);
  CHECK(page->objects.size() == 1);
  CHECK(bucket.endpoint.region == "eu-central-1");
  CHECK(get_object(fake.client, bucket, {"k", 0, 3}, later).value() == "abc");
  auto const whole = get_object(fake.client, bucket, {"k", 3, 3}, later);
  REQUIRE_FALSE(whole);
  CHECK(whole.error().code == Errc::unavailable);
  auto const denied = list_objects(fake.client, bucket, {}, later);
  REQUIRE_FALSE(denied);
  CHECK(denied.error().code == Errc::denied);
  CHECK(denied.error().message.starts_with("s3 list objects: "));
}
