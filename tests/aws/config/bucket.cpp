// SPDX-License-Identifier: MIT
#include "sla/aws/config/bucket.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <utility>

#include "sla/aws/http/url.hpp"

using namespace sla;
using namespace sla::aws;

namespace {

std::string problem(std::string_view name) {
  auto const good = check_bucket_name(name);
  if (good) return "none";
  CHECK(good.error().code == Errc::invalid);
  std::string_view const prefix = "not the name of a bucket: ";
  CHECK(good.error().message.starts_with(prefix));
  return good.error().message.substr(prefix.size());
}

std::string place(Bucket const& bucket) {
  auto const url = bucket_url(bucket);
  return url ? to_string(*url) : url.error().message;
}
std::string aws_place(std::string name, Addressing addressing = Addressing::automatic) {
  return place({std::move(name), {.region = "eu-west-1"}, addressing});
}
std::string custom_place(std::string_view endpoint, std::string name,
                         Addressing addressing = Addressing::automatic) {
  EndpointOptions const options{.region = "eu-west-1", .custom = parse_url(endpoint).value()};
  return place({std::move(name), options, addressing});
}

}  // namespace

TEST_CASE("the names of buckets, old ones too, are accepted") {
  for (std::string_view const name :
       {"abc", "my-logs", "my.logs.2026", "123", "a--b", "Old_Bucket", "logs-s3alias"}) {
    CAPTURE(name);
    CHECK(problem(name) == "none");
  }
  CHECK(problem(std::string(63, 'a')) == "none");
}

TEST_CASE("what is wrong with a bucket's name is said") {
  CHECK(problem("") == "it must have 3 to 63 characters");
  CHECK(problem("ab") == "it must have 3 to 63 characters");
  CHECK(problem(std::string(64, 'a')) == "it must have 3 to 63 characters");
  CHECK(problem("logs/today") == "it holds a slash");
  CHECK(problem("s3://logs") == "give the name alone, without s3://");
  CHECK(problem("logs\n") == "it holds a control character");
  CHECK(problem(std::string_view("lo\0gs", 5)) == "it holds a control character");
  CHECK(problem("my logs") == "it may hold letters, digits, dots and hyphens only");
  CHECK(problem("m\xC3\xBCll") == "it may hold letters, digits, dots and hyphens only");
  CHECK(problem("logs#") == "it may hold letters, digits, dots and hyphens only");
  CHECK(problem("-logs") == "it must begin and end with a letter or a digit");
  CHECK(problem("logs.") == "it must begin and end with a letter or a digit");
  CHECK(problem("...") == "it must begin and end with a letter or a digit");
  CHECK(problem("my..logs") == "it holds two dots in a row");
  CHECK(problem("192.168.5.4") == "it looks like an IP address");
}

TEST_CASE("access points and directory buckets are refused with their reason") {
  CHECK(problem("arn:aws:s3:eu-west-1:123456789012:accesspoint/logs") ==
        "ARNs of access points and buckets are not supported");
  CHECK(problem("arn:aws:s3:::logs") == "ARNs of access points and buckets are not supported");
  CHECK(problem("logs--euw1-az1--x-s3") == "directory buckets (--x-s3) are not supported");
}

TEST_CASE("a bucket is a sub-domain of S3 where its name can be one") {
  CHECK(aws_place("logs") == "https://logs.s3.eu-west-1.amazonaws.com");
  CHECK(aws_place("a--b") == "https://a--b.s3.eu-west-1.amazonaws.com");
}

TEST_CASE("dots, upper case and underscores go into the path") {
  CHECK(aws_place("my.logs") == "https://s3.eu-west-1.amazonaws.com/my.logs");
  CHECK(aws_place("Old_Logs") == "https://s3.eu-west-1.amazonaws.com/Old_Logs");
  CHECK(aws_place("odd name") == "https://s3.eu-west-1.amazonaws.com/odd%20name");
}

TEST_CASE("the path can be asked for") {
  CHECK(aws_place("logs", Addressing::path) == "https://s3.eu-west-1.amazonaws.com/logs");
}

TEST_CASE("the sub-domain can be asked for, and is refused where the name cannot be one") {
  CHECK(aws_place("logs", Addressing::virtual_hosted) == "https://logs.s3.eu-west-1.amazonaws.com");
  CHECK(aws_place("my.logs", Addressing::virtual_hosted) ==
        "the bucket 'my.logs' cannot be a part of the host s3.eu-west-1.amazonaws.com; "
        "address it by path");
}

TEST_CASE(
    "in a store of another make the bucket goes into the path, unless the host is asked for") {
  CHECK(custom_place("http://minio:9000", "logs") == "http://minio:9000/logs");
  CHECK(custom_place("http://localhost:5000", "logs") == "http://localhost:5000/logs");
  CHECK(custom_place("https://minio.example/base/", "logs") == "https://minio.example/base/logs");
  CHECK(custom_place("https://amazonaws.com.example", "logs") ==
        "https://amazonaws.com.example/logs");
  auto const by_host = Addressing::virtual_hosted;
  CHECK(custom_place("http://localhost:5000", "logs", by_host) == "http://logs.localhost:5000");
  CHECK(custom_place("https://minio.example/base/", "logs", by_host) ==
        "https://logs.minio.example/base");
  CHECK(custom_place("http://minio.example", "my.logs", by_host) == "http://my.logs.minio.example");
  CHECK(custom_place("https://minio.example", "my.logs", by_host) ==
        "the bucket 'my.logs' cannot be a part of the host minio.example; address it by path");
}

TEST_CASE("a custom endpoint that is one of AWS's hosts is addressed as AWS is") {
  for (std::string const host :
       {"s3.eu-west-1.amazonaws.com", "bucket.vpce-1a2b-3c4d.s3.eu-west-1.vpce.amazonaws.com",
        "s3.dualstack.cn-north-1.amazonaws.com.cn", "s3.eu-west-1.api.aws"}) {
    CHECK(is_aws_host(host));
    CHECK(is_aws_host(host + '.'));
    CHECK(custom_place("https://" + host, "logs") == "https://logs." + host);
  }
  for (char const* const host : {"amazonaws.com", "notamazonaws.com", "minio", "", "."}) {
    CHECK_FALSE(is_aws_host(host));
  }
}

TEST_CASE("an address has no sub-domains, so the bucket goes into the path") {
  CHECK(custom_place("http://127.0.0.1:9000", "logs") == "http://127.0.0.1:9000/logs");
  CHECK(custom_place("http://[::1]:9000/base", "logs") == "http://[::1]:9000/base/logs");
}

TEST_CASE("what is wrong with the endpoint is wrong with the bucket") {
  CHECK(place({.name = "logs"}) == "no region is set");
}
