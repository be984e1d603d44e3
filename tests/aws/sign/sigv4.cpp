// SPDX-License-Identifier: MIT
// Covers: aws/sign/credentials.hpp
#include "sla/aws/sign/sigv4.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/core/parse_time.hpp"

using namespace sla;
using namespace sla::aws;

namespace {

WallTime at(std::string_view time) { return parse_iso_time(time).value(); }
WallTime suite_time() { return at("2015-08-30T12:36:00Z"); }

/// The fixed keys of the published suite.
Credentials suite_keys() {
  return {.access_key_id = "AKIDEXAMPLE",
          .secret_access_key = Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")};
}
/// The fixed keys of the S3 documentation.
Credentials s3_keys() {
  return {.access_key_id = "AKIAIOSFODNN7EXAMPLE",
          .secret_access_key = Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")};
}
SigningScope suite_scope() { return {.region = "us-east-1", .service = "service"}; }
SigningScope s3_scope() {
  return {.region = "us-east-1",
          .service = "s3",
          .path_style = PathStyle::single,
          .payload_header = PayloadHeader::sign};
}
Request vanilla() { return {.url = {.host = "example.amazonaws.com"}}; }
Request s3_request() { return {.url = {.host = "examplebucket.s3.amazonaws.com"}}; }

std::string value(Request const& request, std::string_view name) {
  return std::string(find_header(request.headers, name).value_or("absent"));
}
std::string part_of_authorization(Request const& request, std::string_view from) {
  std::string const header = value(request, "authorization");
  std::size_t const start = std::min(header.find(from), header.size() - from.size());
  return header.substr(start + from.size(), header.find(',', start) - start - from.size());
}
std::string signature(Request const& request) {
  return part_of_authorization(request, "Signature=");
}
std::string signed_names(Request const& request) {
  return part_of_authorization(request, "SignedHeaders=");
}
std::string key_of(SigningKeyCache& cache, std::string_view secret, CredentialScope const& scope) {
  Sha256 hash;
  auto const key = cache.key(hash, Secret(secret), scope);
  return key ? hex(*key) : key.error().message;
}
/// The message of the refusal, or nothing.
std::string refusal(Request request, Credentials const& keys, SigningScope const& scope) {
  auto const before = request.headers.size();
  auto const done = Signer().sign(request, keys, scope, suite_time());
  CHECK(request.headers.size() == (done ? before + 2 : before));
  if (done) return {};
  CHECK(done.error().code == Errc::invalid);
  return done.error().message;
}

}  // namespace

TEST_CASE("the signing keys of the documentation come out") {
  SigningKeyCache cache;
  std::string_view const secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
  CHECK(key_of(cache, secret,
               {.time = "20150830T123600Z", .region = "us-east-1", .service = "iam"}) ==
        "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9");
  CHECK(key_of(cache, secret, {.time = "20120215", .region = "us-east-1", .service = "iam"}) ==
        "f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d");
}

TEST_CASE("a key is derived again for another secret, day, region or service, and only then") {
  SigningKeyCache cache;
  CredentialScope const scope{.time = "20150830T123600Z", .region = "r", .service = "s"};
  std::string const first = key_of(cache, "secret", scope);
  auto later = scope;
  later.time = "20150830T235959Z";
  CHECK(key_of(cache, "secret", later) == first);
  CHECK(key_of(cache, "another", scope) != first);
  for (auto change :
       {&CredentialScope::time, &CredentialScope::region, &CredentialScope::service}) {
    auto other = scope;
    other.*change = "20150831T000000Z";
    CHECK(key_of(cache, "secret", other) != first);
    CHECK(key_of(cache, "secret", scope) == first);
  }
}

TEST_CASE("the published case get-vanilla comes out stage by stage") {
  Signer signer;
  Request request = vanilla();
  REQUIRE(signer.sign(request, suite_keys(), suite_scope(), suite_time()));
  CHECK(signer.canonical_request() ==
        "GET\n/\n\nhost:example.amazonaws.com\nx-amz-date:20150830T123600Z\n\nhost;x-amz-date\n"
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(signer.string_to_sign() ==
        "AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/service/aws4_request\n"
        "bb579772317eb040ac9ed261061d46c1f17a8133879d6129b6e1c25292927e63");
  CHECK(value(request, "authorization") ==
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        "SignedHeaders=host;x-amz-date, "
        "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
  CHECK(request.headers.size() == 2);
}

TEST_CASE("the example of the documentation, a query of IAM, comes out") {
  Request request{
      .url = {.host = "iam.amazonaws.com", .query = "Action=ListUsers&Version=2010-05-08"},
      .headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}}};
  REQUIRE(Signer().sign(request, suite_keys(), {.region = "us-east-1", .service = "iam"},
                        suite_time()));
  CHECK(signature(request) == "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
}

TEST_CASE("the examples of the S3 documentation come out") {
  Signer signer;
  auto const sign = [&](Request& request, SignedHeaders which) {
    auto scope = s3_scope();
    scope.signed_headers = which;
    return signer.sign(request, s3_keys(), scope, at("2013-05-24T00:00:00Z"));
  };
  SUBCASE("get an object") {
    Request request = s3_request();
    request.url.path = "/test.txt";
    request.headers = {{"Range", "bytes=0-9"}};
    REQUIRE(sign(request, SignedHeaders::all));
    CHECK(signature(request) == "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
  }
  SUBCASE("put an object") {
    Request request = s3_request();
    request.method = Method::put;
    request.url.path = "/test$file.text";
    request.headers = {{"Date", "Fri, 24 May 2013 00:00:00 GMT"},
                       {"x-amz-storage-class", "REDUCED_REDUNDANCY"}};
    request.body = Output("Welcome to Amazon S3.");
    REQUIRE(sign(request, SignedHeaders::all));
    CHECK(value(request, "x-amz-content-sha256") ==
          "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072");
    CHECK(signature(request) == "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
  }
  SUBCASE("get a setting of the bucket") {
    Request request = s3_request();
    request.url.query = "lifecycle";
    REQUIRE(sign(request, SignedHeaders::standard));
    CHECK(signature(request) == "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
  }
  SUBCASE("list objects") {
    Request request = s3_request();
    request.url.query = "max-keys=2&prefix=J";
    REQUIRE(sign(request, SignedHeaders::standard));
    CHECK(signature(request) == "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
  }
}

TEST_CASE("only what no proxy changes is signed") {
  Request request = vanilla();
  request.headers = {{"Content-Type", "text/plain"}, {"Content-MD5", "x"},
                     {"If-Match", "\"1\""},          {"If-None-Match", "*"},
                     {"X-Amz-Meta-Run-Id", "1"},     {"User-Agent", "sla"},
                     {"Content-Length", "0"},        {"Expect", ""},
                     {"X-Amzn-Trace-Id", "1"}};
  REQUIRE(Signer().sign(request, suite_keys(), suite_scope(), suite_time()));
  CHECK(signed_names(request) ==
        "content-md5;content-type;host;if-match;if-none-match;x-amz-date;x-amz-meta-run-id");
}

TEST_CASE("a session token is sent and signed") {
  auto keys = suite_keys();
  keys.session_token = Secret("6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267");
  Request request = vanilla();
  REQUIRE(Signer().sign(request, keys, suite_scope(), suite_time()));
  CHECK(value(request, "x-amz-security-token") == keys.session_token.reveal());
  CHECK(signed_names(request) == "host;x-amz-date;x-amz-security-token");
  CHECK(signature(request) == "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8");
}

TEST_CASE("signing again leaves nothing of the signature before") {
  Signer signer;
  auto keys = s3_keys();
  keys.session_token = Secret("an old token");
  Request request = vanilla();
  request.headers = {{"authorization", "AWS4-HMAC-SHA256 stale"},
                     {"x-amz-date", "stale\n"},
                     {"X-AMZ-DATE", "stale too"}};
  REQUIRE(signer.sign(request, keys, s3_scope(), at("2013-05-24T00:00:00Z")));
  CHECK(request.headers.size() == 4);
  REQUIRE(signer.sign(request, suite_keys(), suite_scope(), suite_time()));
  CHECK(request.headers.size() == 2);
  CHECK(signature(request) == "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
}

TEST_CASE("the host is that of the URL, with its port only where it is not the scheme's own") {
  Signer signer;
  Request request = vanilla();
  request.url.scheme = Scheme::http;
  request.url.port = 4566;
  REQUIRE(signer.sign(request, suite_keys(), suite_scope(), suite_time()));
  CHECK(signer.canonical_request().find("\nhost:example.amazonaws.com:4566\n") !=
        std::string::npos);
  request.url.port = 80;
  REQUIRE(signer.sign(request, suite_keys(), suite_scope(), suite_time()));
  CHECK(signer.canonical_request().find("\nhost:example.amazonaws.com\n") != std::string::npos);
}

TEST_CASE("the body is hashed block by block") {
  std::string const body(100'000, 'x');
  Request request = vanilla();
  request.body = Output(body);
  REQUIRE(Signer().sign(request, suite_keys(), s3_scope(), suite_time()));
  CHECK(value(request, "x-amz-content-sha256") == hex(sha256(body).value()));
}

TEST_CASE("a digest of the body that is known already is used") {
  Sha256Bytes known{};
  known.fill(0xAB);
  Request request = vanilla();
  request.body = Output({}, {{.size = 3, .offset = 0, .text = "abc"}}, known);
  REQUIRE(Signer().sign(request, suite_keys(), s3_scope(), suite_time()));
  CHECK(value(request, "x-amz-content-sha256") == hex(known));
}

TEST_CASE("a body that cannot be read is an error and does not spoil the next signature") {
  Signer signer;
  Request broken = vanilla();
  broken.body = Output({}, {{.size = 1, .offset = 0, .text = "a"}, {.size = 3}}, std::nullopt);
  auto const done = signer.sign(broken, suite_keys(), suite_scope(), suite_time());
  REQUIRE(!done);
  CHECK(done.error().code == Errc::system);
  CHECK(done.error().message.rfind("signing: ", 0) == 0);
  Request request = vanilla();
  REQUIRE(signer.sign(request, suite_keys(), suite_scope(), suite_time()));
  CHECK(signature(request) == "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
}

TEST_CASE("a control character in a header is refused, naming the header and not its value") {
  Request request = vanilla();
  request.headers = {{"X-Amz-Meta-Note", "secret\r\nX-Evil: 1"}};
  CHECK(refusal(request, suite_keys(), suite_scope()) ==
        "signing: header X-Amz-Meta-Note: a control character in its value");
  request.headers = {{"User-Agent", std::string("a\0b", 3)}};  // not signed, but sent
  CHECK(refusal(request, suite_keys(), suite_scope()) ==
        "signing: header User-Agent: a control character in its value");
  request.headers = {{"X-Amz-Meta-Note\r\nX-Evil", "1"}};
  CHECK(refusal(request, suite_keys(), suite_scope()) ==
        "signing: header X-Amz-Meta-Note%0D%0AX-Evil: not a name for a header");
  request.headers = {{"X-Amz: Meta", "1"}};
  CHECK(refusal(request, suite_keys(), suite_scope()) ==
        "signing: header X-Amz%3A%20Meta: not a name for a header");
}

TEST_CASE("a control character in what becomes a header is refused") {
  auto keys = suite_keys();
  keys.session_token = Secret("token\n");
  CHECK(refusal(vanilla(), keys, suite_scope()) ==
        "signing: session token: a control character in its value");
  keys = suite_keys();
  keys.access_key_id += '\n';
  CHECK(refusal(vanilla(), keys, suite_scope()) ==
        "signing: access key id: a control character in its value");
  CHECK(refusal(vanilla(), suite_keys(), {.region = "us-east-1\n", .service = "sns"}) ==
        "signing: region: a control character in its value");
}

TEST_CASE("what is needed and empty is refused") {
  CHECK(refusal(vanilla(), {}, suite_scope()) == "signing: no secret access key");
  CHECK(refusal(vanilla(), {.secret_access_key = Secret("s")}, suite_scope()) ==
        "signing: no access key id");
  CHECK(refusal(vanilla(), suite_keys(), {.region = "us-east-1"}) == "signing: no service");
  CHECK(refusal({}, suite_keys(), suite_scope()) == "signing: no host");
}

TEST_CASE("a Host header of the caller's is refused, because the URL decides") {
  Request request = vanilla();
  request.headers = {{"Host", "elsewhere.example.com"}};
  CHECK(refusal(request, suite_keys(), suite_scope()) ==
        "signing: header Host: it is made from the URL");
}

TEST_CASE("a signer can be moved and goes on") {
  Signer first;
  Request request = vanilla();
  REQUIRE(first.sign(request, suite_keys(), suite_scope(), suite_time()));
  Signer second = std::move(first);
  request = vanilla();
  REQUIRE(second.sign(request, suite_keys(), suite_scope(), suite_time()));
  CHECK(signature(request) == "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
}
