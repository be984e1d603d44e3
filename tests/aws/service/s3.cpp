// SPDX-License-Identifier: MIT
#include "sla/aws/service/s3.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "../../support/scripted_client.hpp"
#include "sla/aws/http/url.hpp"
#include "sla/core/descriptor.hpp"
#include "sla/core/output.hpp"

using namespace sla;
using namespace sla::aws;

namespace {

Bucket logs() { return {.name = "logs", .endpoint = {.region = "eu-west-1"}}; }

/// Where an object goes, or why it goes nowhere.
std::string place(Bucket const& bucket, std::string_view key) {
  auto const url = object_url(bucket, key);
  if (url) return to_string(*url);
  CHECK(url.error().code == Errc::invalid);
  return url.error().message;
}
std::string path(std::string_view key) {
  auto const url = object_url(logs(), key);
  return url ? url->path : url.error().message;
}
std::string problem(PutObjectInput const& input) {
  auto const request = put_object_request(logs(), input);
  return request ? "none" : request.error().message;
}
std::string header(Request const& request, std::string_view name) {
  return std::string(find_header(request.headers, name).value_or("none"));
}
std::string error_body(std::string_view code, std::string_view more = "") {
  return "<?xml version=\"1.0\"?>\n<Error><Code>" + std::string(code) +
         "</Code><Message>no</Message>" + std::string(more) + "</Error>";
}

}  // namespace

TEST_CASE("a key is encoded once, and its slashes stay") {
  CHECK(path("service/1574515200_SUCCESS") == "/service/1574515200_SUCCESS");
  CHECK(path("a b/\xC3\xBC+~*(1)'!;=&$@,:") ==
        "/a%20b/%C3%BC%2B~%2A%281%29%27%21%3B%3D%26%24%40%2C%3A");
  CHECK(path("100%25") == "/100%2525");
  CHECK(path("?#") == "/%3F%23");
}

TEST_CASE("a key goes out as it is, dots and slashes too") {
  CHECK(path("/../x//y") == "//../x//y");
  CHECK(path("/") == "//");
}

TEST_CASE("an object is under its bucket, however that is addressed") {
  Bucket bucket = logs();
  CHECK(place(bucket, "k") == "https://logs.s3.eu-west-1.amazonaws.com/k");
  bucket.addressing = Addressing::path;
  CHECK(place(bucket, "k") == "https://s3.eu-west-1.amazonaws.com/logs/k");
  bucket.endpoint.custom = parse_url("http://localhost:9000/base/").value();
  CHECK(place(bucket, "k") == "http://localhost:9000/base/logs/k");
  bucket.addressing = Addressing::automatic;
  CHECK(place(bucket, "k") == "http://localhost:9000/base/logs/k");
  bucket.addressing = Addressing::virtual_hosted;
  CHECK(place(bucket, "k") == "http://logs.localhost:9000/base/k");
}

TEST_CASE("a key has 1 to 1,024 bytes of UTF-8") {
  CHECK(path("") == "the key of the object is empty");
  CHECK(path(std::string(1024, 'k')) == "/" + std::string(1024, 'k'));
  CHECK(path(std::string(1025, 'k')) == "the key has more than 1,024 bytes");
  std::string umlauts;
  for (int i = 0; i < 513; ++i) umlauts += "\xC3\xBC";
  CHECK(path(umlauts) == "the key has more than 1,024 bytes");
  CHECK(path("\xFF") == "the key is not UTF-8");
}

TEST_CASE("a bucket's name and place are checked before anything is sent") {
  Bucket bucket = logs();
  bucket.name = "logs/today";
  CHECK(place(bucket, "k") == "not the name of a bucket: it holds a slash");
  CHECK(place({.name = "logs"}, "k") == "no region is set");
}

TEST_CASE("an object is put with its type and its metadata") {
  auto const request =
      put_object_request(logs(), {.key = "k",
                                  .body = Output(std::string("hello")),
                                  .content_type = "text/plain; charset=utf-8",
                                  .metadata = {{"Run-Id", "0001"}, {"exit-code", "1"}}});
  REQUIRE(request);
  CHECK(request->method == Method::put);
  CHECK(to_string(request->url) == "https://logs.s3.eu-west-1.amazonaws.com/k");
  CHECK(header(*request, "content-type") == "text/plain; charset=utf-8");
  CHECK(header(*request, "x-amz-meta-run-id") == "0001");
  CHECK(header(*request, "x-amz-meta-exit-code") == "1");
  CHECK(request->body.text().value() == "hello");
  CHECK(header(*request, "x-amz-checksum-sha256") ==
        "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=");
  CHECK(request->headers.size() == 4);
}

TEST_CASE("an object that is there may be kept") {
  auto const request = put_object_request(logs(), {.key = "k", .existing = Existing::keep});
  CHECK(header(request.value(), "if-none-match") == "*");
}

TEST_CASE("an object may be put only over the one that is meant") {
  auto const request = put_object_request(logs(), {.key = "k", .if_match = "\"1\""});
  CHECK(header(request.value(), "if-match") == "\"1\"");
}

TEST_CASE("a checksum that is known goes along, and no name of an algorithm") {
  Sha256Bytes sum{};
  sum[31] = 1;
  Output const body(Descriptor{}, {{1, 0, "x"}}, sum);
  auto const request = put_object_request(logs(), {.key = "k", .body = body});
  CHECK(header(request.value(), "x-amz-checksum-sha256") ==
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE=");
  CHECK(header(request.value(), "x-amz-sdk-checksum-algorithm") == "none");
}

TEST_CASE("a store that refuses the checksum gets none, and what is signed has its hash") {
  Bucket bucket = logs();
  bucket.checksum = ObjectChecksum::none;
  auto const request =
      put_object_request(bucket, {.key = "k", .body = Output(std::string("hello"))});
  CHECK(header(request.value(), "x-amz-checksum-sha256") == "none");
  CHECK(request->body.sha256());
}

TEST_CASE("what the bucket demands goes with what is put, and its owner with each question") {
  Bucket bucket = logs();
  bucket.objects.acl = "bucket-owner-full-control";
  bucket.owner = "123456789012";
  auto const put = put_object_request(bucket, {.key = "k"});
  CHECK(header(put.value(), "x-amz-acl") == "bucket-owner-full-control");
  CHECK(header(put.value(), "x-amz-expected-bucket-owner") == "123456789012");
  auto const head = head_object_request(bucket, "k");
  CHECK(header(head.value(), "x-amz-acl") == "none");
  CHECK(header(head.value(), "x-amz-expected-bucket-owner") == "123456789012");
}

TEST_CASE("what no header can hold is refused") {
  CHECK(problem({.key = "k", .metadata = {{"", "v"}}}) == "'' cannot be a name of metadata");
  CHECK(problem({.key = "k", .metadata = {{"a b", "v"}}}) == "'a b' cannot be a name of metadata");
  CHECK(problem({.key = "k", .metadata = {{"a:", "v"}}}) == "'a:' cannot be a name of metadata");
  CHECK(problem({.key = "k", .metadata = {{"n", "\xC3\xBC"}}}) ==
        "the metadata n is not plain ASCII");
  CHECK(problem({.key = "k", .metadata = {{"n", "a\r\nX: y"}}}) ==
        "the metadata n is not plain ASCII");
  CHECK(problem({.key = "k", .metadata = {{"n", std::string(2048, 'v')}}}) ==
        "the metadata has more than 2,048 bytes");
  CHECK(problem({.key = "k", .metadata = {{"n", std::string(2047, 'v')}}}) == "none");
  std::string const type = "the content type is empty or holds a control character";
  CHECK(problem({.key = "k", .content_type = ""}) == type);
  CHECK(problem({.key = "k", .content_type = "a\nb"}) == type);
}

TEST_CASE("an object is asked about without a body") {
  auto const request = head_object_request(logs(), "a b");
  REQUIRE(request);
  CHECK(request->method == Method::head);
  CHECK(request->url.path == "/a%20b");
  CHECK(request->headers.empty());
  CHECK_FALSE(head_object_request(logs(), ""));
}

TEST_CASE("the answer about an object has its size and its metadata") {
  ObjectHead const head = parse_object_head({200,
                                             {{"content-length", "42"},
                                              {"etag", "\"x\""},
                                              {"x-amz-meta-run-id", "0001"},
                                              {"x-amz-meta-", "odd"}},
                                             ""});
  CHECK(head.size == 42);
  CHECK(find_header(head.metadata, "run-id") == "0001");
  CHECK_FALSE(find_header(head.metadata, "etag"));
  CHECK(parse_object_head({200, {{"content-length", "x"}}, ""}).size == 0);
  CHECK(parse_object_head({}).metadata.empty());
}

TEST_CASE("a success that holds an error is none") {
  CHECK(parse_put_answer({200, {{"etag", "\"x\""}}, ""}));
  CHECK(parse_put_answer({200, {{"etag", "\"x\""}}, error_body("InternalError")}).error() ==
        Error{Errc::unavailable, "InternalError: no", http_status(200)});
  CHECK(parse_put_answer({200, {{"etag", "\"x\""}}, error_body("SlowDown")}).error().code ==
        Errc::throttled);
  CHECK(parse_put_answer({200, {{"etag", "\"x\""}}, error_body("AccessDenied")}).error().code ==
        Errc::denied);
}

TEST_CASE("a success that is not one of S3 is none") {
  CHECK(parse_put_answer({200, {}, "<html>welcome</html>"}).error() ==
        Error{Errc::unavailable, "the answer has no ETag and is not one of S3", http_status(200)});
}

TEST_CASE("the region of a bucket is read from a redirect, the header first") {
  std::vector<Header> const here{{"x-amz-bucket-region", "eu-central-1"}};
  CHECK(read_bucket_region({301, here, error_body("PermanentRedirect")}) == "eu-central-1");
  CHECK(read_bucket_region({307, here, error_body("TemporaryRedirect")}) == "eu-central-1");
  CHECK(read_bucket_region({301, here, error_body("X", "<Region>us-west-2</Region>")}) ==
        "eu-central-1");
  CHECK(read_bucket_region({301, {}, error_body("X", "<Region>us-west-2</Region>")}) ==
        "us-west-2");
  CHECK(read_bucket_region({301, here, ""}) == "eu-central-1");
}

TEST_CASE("the region of a bucket is read from a refusal of the signature's region") {
  CHECK(read_bucket_region(
            {400, {}, error_body("AuthorizationHeaderMalformed", "<Region>us-west-2</Region>")}) ==
        "us-west-2");
  CHECK(read_bucket_region({400,
                            {{"x-amz-bucket-region", "eu-central-1"}},
                            error_body("IllegalLocationConstraintException")}) == "eu-central-1");
  CHECK(read_bucket_region({400, {{"x-amz-bucket-region", "eu-central-1"}}, ""}) == "eu-central-1");
}

TEST_CASE("no other answer moves a bucket, and none moves it to a host of its choice") {
  std::vector<Header> const here{{"x-amz-bucket-region", "eu-central-1"}};
  CHECK_FALSE(read_bucket_region({200, here, ""}));
  CHECK_FALSE(read_bucket_region({403, here, error_body("AccessDenied")}));
  CHECK_FALSE(read_bucket_region({400, here, error_body("BadDigest")}));
  CHECK_FALSE(read_bucket_region({301, {}, error_body("PermanentRedirect")}));
  CHECK_FALSE(read_bucket_region({301, {}, error_body("X", "<Endpoint>evil.com</Endpoint>")}));
  CHECK_FALSE(read_bucket_region({301, {{"x-amz-bucket-region", "evil.com/"}}, ""}));
  CHECK_FALSE(read_bucket_region({301, {}, error_body("X", "<Region>evil.com#</Region>")}));
}

TEST_CASE("an object is put with one signed request") {
  ScriptedClient fake{{200, {{"etag", "\"x\""}}, ""}};
  Bucket bucket = logs();
  CHECK(put_object(fake.client, bucket, {.key = "a b", .body = Output(std::string("hello"))},
                   fake.later));
  REQUIRE(fake.script.requests.size() == 1);
  CHECK(to_string(fake.script.requests[0].url) == "https://logs.s3.eu-west-1.amazonaws.com/a%20b");
  CHECK(header(fake.script.requests[0], "x-amz-content-sha256") ==
        "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
  CHECK(fake.scope(0) == "20191123/eu-west-1/s3");
}

TEST_CASE("an upload is tried again for a second more for each 64 KiB") {
  CHECK(upload_time(0) == Duration::zero());
  CHECK(upload_time(16U << 20U) == std::chrono::seconds{256});
  CHECK(upload_time(std::uint64_t{5} << 40U) == std::chrono::seconds{83'886'080});
}

TEST_CASE("a bucket that is elsewhere is found there, and remembered") {
  Response const put{200, {{"etag", "\"x\""}}, ""};
  ScriptedClient fake{
      {301, {{"x-amz-bucket-region", "cn-north-1"}}, error_body("PermanentRedirect")}, put, put};
  Bucket bucket = logs();
  CHECK(put_object(fake.client, bucket, {.key = "k"}, fake.later));
  CHECK(bucket.endpoint.region == "cn-north-1");
  CHECK(put_object(fake.client, bucket, {.key = "k"}, fake.later));
  REQUIRE(fake.script.requests.size() == 3);
  CHECK(fake.script.requests[0].url.host == "logs.s3.eu-west-1.amazonaws.com");
  CHECK(fake.script.requests[1].url.host == "logs.s3.cn-north-1.amazonaws.com.cn");
  CHECK(fake.scope(1) == "20191123/cn-north-1/s3");
  CHECK(fake.script.requests[2].url == fake.script.requests[1].url);
}

TEST_CASE("a bucket is looked for once, not from region to region") {
  ScriptedClient fake{{301, {{"x-amz-bucket-region", "us-west-2"}}, ""},
                      {301, {{"x-amz-bucket-region", "eu-west-1"}}, ""}};
  Bucket bucket = logs();
  CHECK(head_object(fake.client, bucket, "k", fake.later).error().message ==
        "s3 head object s3://logs/k: http 301");
  CHECK(fake.script.requests.size() == 2);
}

TEST_CASE("an answer that names the region where we are is final") {
  ScriptedClient fake{{400, {{"x-amz-bucket-region", "eu-west-1"}}, ""}};
  Bucket bucket = logs();
  CHECK_FALSE(head_object(fake.client, bucket, "k", fake.later));
  CHECK(fake.script.requests.size() == 1);
}

TEST_CASE("a custom endpoint sends nobody elsewhere") {
  ScriptedClient fake{
      {301, {{"x-amz-bucket-region", "us-west-2"}}, error_body("PermanentRedirect")}};
  Bucket bucket = logs();
  bucket.endpoint.custom = parse_url("http://localhost:9000").value();
  CHECK(put_object(fake.client, bucket, {.key = "k"}, fake.later).error() ==
        Error{Errc::rejected, "s3 put object s3://logs/k: http 301: PermanentRedirect: no",
              http_status(301)});
  CHECK(fake.script.requests.size() == 1);
  CHECK(bucket.endpoint.region == "eu-west-1");
}

TEST_CASE("a custom endpoint says for which region to sign, and stays") {
  ScriptedClient fake{
      {400, {}, error_body("AuthorizationHeaderMalformed", "<Region>garage</Region>")},
      {200, {{"etag", "\"x\""}}, ""}};
  Bucket bucket = logs();
  bucket.endpoint.custom = parse_url("http://localhost:9000").value();
  CHECK(put_object(fake.client, bucket, {.key = "k"}, fake.later));
  CHECK(fake.scope(1) == "20191123/garage/s3");
  CHECK(fake.script.requests.at(1).url == fake.script.requests.at(0).url);
}

TEST_CASE("an object that is there and kept can be recognised by its metadata") {
  ScriptedClient fake{{412, {}, error_body("PreconditionFailed")},
                      {200, {{"content-length", "5"}, {"x-amz-meta-run-id", "0001"}}, ""}};
  Bucket bucket = logs();
  auto const put =
      put_object(fake.client, bucket, {.key = "k", .existing = Existing::keep}, fake.later);
  REQUIRE_FALSE(put);
  CHECK(put.error().code == Errc::exists);
  auto const head = head_object(fake.client, bucket, "k", fake.later);
  REQUIRE(head);
  CHECK(find_header(head->metadata, "run-id") == "0001");
}

TEST_CASE("an error says if it came from putting or from asking, and for which object") {
  ScriptedClient fake{{403, {}, error_body("AccessDenied")},
                      {200, {}, "<html/>"},
                      {404, {{"x-amz-request-id", "r-1"}}, ""}};
  Bucket bucket = logs();
  CHECK(put_object(fake.client, bucket, {.key = "k"}, fake.later).error() ==
        Error{Errc::denied, "s3 put object s3://logs/k: http 403: AccessDenied: no",
              http_status(403)});
  CHECK(put_object(fake.client, bucket, {.key = "k"}, fake.later).error().message ==
        "s3 put object s3://logs/k: the answer has no ETag and is not one of S3");
  CHECK(head_object(fake.client, bucket, "k", fake.later).error() ==
        Error{Errc::not_found, "s3 head object s3://logs/k: http 404 (request id r-1)",
              http_status(404)});
  CHECK(put_object(fake.client, bucket, {.key = ""}, fake.later).error().message ==
        "s3 put object s3://logs/: the key of the object is empty");
}

TEST_CASE("several objects are put at once, and each has its own error") {
  ScriptedClient fake{{200, {{"etag", "\"1\""}}, ""},
                      {503, {}, error_body("SlowDown")},
                      {200, {}, "<html>welcome</html>"},
                      {412, {}, error_body("PreconditionFailed")}};
  std::vector<PutObjectInput> objects{{.key = "a", .body = Output(std::string("1"))},
                                      {.key = ""},
                                      {.key = "b", .body = Output(std::string("2"))},
                                      {.key = "c"},
                                      {.key = "d", .existing = Existing::keep}};
  auto const done = put_objects(fake.client, logs(), objects, fake.later);
  REQUIRE(done.size() == 5);
  CHECK(done[0]);
  REQUIRE_FALSE(done[1]);
  CHECK(done[1].error() ==
        Error{Errc::unacceptable, "s3 put object s3://logs/: the key of the object is empty"});
  REQUIRE_FALSE(done[2]);
  CHECK(done[2].error() == Error{Errc::throttled,
                                 "s3 put object s3://logs/b: http 503: SlowDown: no",
                                 http_status(503)});
  REQUIRE_FALSE(done[3]);
  CHECK(done[3].error().code == Errc::unavailable);
  REQUIRE_FALSE(done[4]);
  CHECK(done[4].error().code == Errc::exists);
  CHECK(fake.script.batches == std::vector<std::size_t>{4});
  CHECK(fake.script.requests.at(1).body.text().value() == "2");
  CHECK(header(fake.script.requests.at(3), "if-none-match") == "*");
  CHECK(fake.scope(0) == "20191123/eu-west-1/s3");
}

TEST_CASE("objects that are put at once are put in no other region than the bucket says") {
  ScriptedClient fake{
      {301, {{"x-amz-bucket-region", "eu-north-1"}}, error_body("PermanentRedirect")}};
  auto const done = put_objects(fake.client, logs(), {{.key = "a"}}, fake.later);
  REQUIRE(done.size() == 1);
  REQUIRE_FALSE(done[0]);
  CHECK(done[0].error().code == Errc::rejected);
  CHECK(fake.script.requests.size() == 1);
}
