// SPDX-License-Identifier: MIT
#include "sla/aws/http/url.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace sla::aws;

namespace {

std::string problem(std::string_view text) {
  auto const url = sla::aws::parse_url(text);
  if (url) return "none: " + sla::aws::to_string(*url);
  CHECK(url.error().code == sla::Errc::invalid);
  std::string_view const prefix = "not the URL of an endpoint: ";
  CHECK(url.error().message.starts_with(prefix));
  return url.error().message.substr(prefix.size());
}

std::string accepted(std::string_view text) {
  auto const url = sla::aws::parse_url(text);
  return url ? sla::aws::to_string(*url) : url.error().message;
}

}  // namespace

TEST_CASE("a URL has a scheme, a host, a port and a base path") {
  auto const url = sla::aws::parse_url("http://Beta.Example.com:1234/path/to%20it");
  REQUIRE(url);
  CHECK(url->scheme == sla::aws::Scheme::http);
  CHECK(url->host == "beta.example.com");
  CHECK(url->port == 1234);
  CHECK(url->path == "/path/to%20it");
  CHECK(url->query.empty());
}

TEST_CASE("scheme and host may be in any case, the path is a slash where there is none") {
  CHECK(accepted("HTTPS://LOCALHOST") == "https://localhost/");
  CHECK(accepted("http://localhost:5000") == "http://localhost:5000/");
  CHECK(accepted("http://localhost:5000/") == "http://localhost:5000/");
}

TEST_CASE("the scheme's own port is as good as none") {
  CHECK(sla::aws::parse_url("https://a.b:443")->port == 0);
  CHECK(sla::aws::parse_url("http://a.b:80")->port == 0);
  CHECK(sla::aws::parse_url("http://a.b:443")->port == 443);
  CHECK(accepted("http://a.b:65535") == "http://a.b:65535/");
}

TEST_CASE("a host may be an address") {
  CHECK(accepted("http://127.0.0.1:9000") == "http://127.0.0.1:9000/");
  CHECK(accepted("http://[::1]:9000/x") == "http://[::1]:9000/x");
  CHECK(accepted("http://[fd00:ec2::23]") == "http://[fd00:ec2::23]/");
  CHECK(sla::aws::parse_url("http://[::1]")->port == 0);
}

TEST_CASE("an IPv6 address gets its shortest spelling, in lower case") {
  CHECK(accepted("http://[FD00:0EC2:0:0::0254]") == "http://[fd00:ec2::254]/");
}

TEST_CASE("a container's name may hold underscores") {
  CHECK(accepted("http://my_moto:5000") == "http://my_moto:5000/");
}

TEST_CASE("a text without the right scheme is no URL") {
  std::string const expected = "it must begin with http:// or https://";
  for (std::string_view const text : {"", "localhost:5000", "ftp://a", "abcde://nota#url", "://a",
                                      "http:/a", "http", "file:///etc/passwd"}) {
    CAPTURE(text);
    CHECK(problem(text) == expected);
  }
}

TEST_CASE("user names and passwords are refused and not repeated") {
  CHECK(problem("http://user:hunter2@host/") == "it must have no user name and no password");
  CHECK(problem("http://evil.com@host") == "it must have no user name and no password");
}

TEST_CASE("queries and fragments are refused") {
  CHECK(problem("http://host/?a=b") == "it must have no query and no fragment");
  CHECK(problem("http://host?") == "it must have no query and no fragment");
  CHECK(problem("http://host#x") == "it must have no query and no fragment");
}

TEST_CASE("blanks and control characters are refused") {
  for (std::string_view const text :
       {std::string_view("http://a b"), std::string_view("http://a\n"),
        std::string_view("http://a\r\nHost: b"), std::string_view("http://a/\0", 10),
        std::string_view(" http://a")}) {
    CHECK(problem(text) == "it holds a blank or a control character");
  }
}

TEST_CASE("a host must be there and be a name") {
  std::string const expected =
      "the host must be a name of letters, digits, hyphens and dots, or an address";
  CHECK(problem("http://") == "the host is missing");
  CHECK(problem("http:///path") == "the host is missing");
  CHECK(problem("http://:80") == "the host is missing");
  for (std::string_view const text :
       {"http://a..b", "http://.a", "http://a..", "http://.", "http://-a", "http://a-",
        "http://a%2eb", "http://a\\b", "http://a,b", "http://m\xC3\xBCnchen", "http://a]b",
        "http://a[::1]"}) {
    CAPTURE(text);
    CHECK(problem(text) == expected);
  }
  CHECK(problem("http://" + std::string(64, 'a')) == expected);
  CHECK(accepted("http://" + std::string(63, 'a')) == "http://" + std::string(63, 'a') + "/");
}

TEST_CASE("a dot at the end of a host stays there") {
  CHECK(accepted("https://sns.eu-west-1.Amazonaws.com./") ==
        "https://sns.eu-west-1.amazonaws.com./");
  CHECK(accepted("http://localhost.:4566") == "http://localhost.:4566/");
  CHECK(problem("http://127.0.0.1.") == "the host looks like an IPv4 address but is none");
}

TEST_CASE("a host has at most 253 characters") {
  std::string host;
  while (host.size() < 252) host += "a.";
  CHECK(accepted("http://" + host + "a") == "http://" + host + "a/");
  CHECK(problem("http://" + host + "aa.b") == "the host is longer than 253 characters");
}

TEST_CASE("a host that some would read as an address is refused") {
  for (std::string_view const text :
       {"http://2130706433", "http://127.1", "http://0x7f.0.0.1", "http://1.2.3.4.5",
        "http://256.0.0.1", "http://0177.0.0.1", "http://host.0x1"}) {
    CAPTURE(text);
    CHECK(problem(text) == "the host looks like an IPv4 address but is none");
  }
}

TEST_CASE("what stands in brackets is an IPv6 address") {
  std::string const expected = "what stands in brackets must be an IPv6 address, without a zone";
  for (std::string_view const text :
       {"http://[]", "http://[1.2.3.4]", "http://[::1%25eth0]", "http://[gggg::]"}) {
    CHECK(problem(text) == expected);
  }
  CHECK(problem("http://[") == "the bracket around the IPv6 address is not closed");
  CHECK_FALSE(sla::aws::parse_url("http://[::1"));
  CHECK_FALSE(sla::aws::parse_url("http://[::1]x"));
  CHECK_FALSE(sla::aws::parse_url("http://::1"));
}

TEST_CASE("a port is a number from 1 to 65535") {
  for (std::string_view const text : {"http://a:", "http://a:0", "http://a:65536", "http://a:-1",
                                      "http://a:80x", "http://a:+80", "http://[::1]:"}) {
    CAPTURE(text);
    CHECK(problem(text) == "the port must be a number from 1 to 65535");
  }
}

TEST_CASE("a path must be percent-encoded") {
  for (std::string_view const text : {"http://a/%", "http://a/%4", "http://a/%zz", "http://a/\"",
                                      "http://a/<", "http://a/\xC3\xBC", "http://a/{x}"}) {
    CAPTURE(text);
    CHECK(problem(text) == "the path must be percent-encoded");
  }
  CHECK(accepted("http://a/%C3%bc//x;y=~") == "http://a/%C3%bc//x;y=~");
}

TEST_CASE("an address is IPv4 or stands in brackets, a name is neither") {
  CHECK(sla::aws::is_ip_address("127.0.0.1"));
  CHECK(sla::aws::is_ip_address("[::1]"));
  CHECK_FALSE(sla::aws::is_ip_address("localhost"));
  CHECK_FALSE(sla::aws::is_ip_address("127.0.0.1.nip.io"));
  CHECK_FALSE(sla::aws::is_ip_address("127.0.0"));
  CHECK_FALSE(sla::aws::is_ip_address(""));
  CHECK_FALSE(sla::aws::is_ipv4_address(std::string_view("127.0.0.1\0x", 11)));
}

TEST_CASE("a DNS label is 1 to 63 letters, digits and inner hyphens") {
  CHECK(sla::aws::is_dns_label("a"));
  CHECK(sla::aws::is_dns_label("us-east-1"));
  CHECK(sla::aws::is_dns_label("123"));
  CHECK(sla::aws::is_dns_label(std::string(63, 'x')));
  CHECK_FALSE(sla::aws::is_dns_label(""));
  CHECK_FALSE(sla::aws::is_dns_label("-a"));
  CHECK_FALSE(sla::aws::is_dns_label("a-"));
  CHECK_FALSE(sla::aws::is_dns_label("a.b"));
  CHECK_FALSE(sla::aws::is_dns_label("a_b"));
  CHECK_FALSE(sla::aws::is_dns_label("a b"));
  CHECK_FALSE(sla::aws::is_dns_label(std::string(64, 'x')));
}

TEST_CASE("the Host header has a port only if it is not the scheme's own") {
  auto const host_of = [](Url const& url) {
    std::string text;
    host_header_to(text, url);
    return text;
  };
  CHECK(host_of({.host = "a.test"}) == "a.test");
  CHECK(host_of({.host = "a.test", .port = 443}) == "a.test");
  CHECK(host_of({.host = "a.test", .port = 80}) == "a.test:80");
  CHECK(host_of({.scheme = Scheme::http, .host = "a.test", .port = 80}) == "a.test");
  CHECK(host_of({.scheme = Scheme::http, .host = "[::1]", .port = 443}) == "[::1]:443");
  CHECK(port_of({.host = "a.test"}) == 443);
  CHECK(port_of({.scheme = Scheme::http, .host = "a.test"}) == 80);
  CHECK(port_of({.host = "a.test", .port = 4566}) == 4566);
}

TEST_CASE("a URL as a text is what it was parsed from") {
  CHECK(to_string(Url{.host = "a.test"}) == "https://a.test/");
  CHECK(to_string(Url{.scheme = Scheme::http,
                      .host = "a.test",
                      .port = 8080,
                      .path = "/a%20b",
                      .query = "x=1"}) == "http://a.test:8080/a%20b?x=1");
}
