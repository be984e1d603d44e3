// SPDX-License-Identifier: MIT
#include "sla/aws/http/trust.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "../../support/temporary_folder.hpp"
#include "sla/aws/http/amazon_roots.hpp"

using namespace sla;
using namespace sla::aws;

namespace {

using Values = std::map<std::string, std::string, std::less<>>;

Trust choose(Values const& variables, Values const& profile = {}) {
  auto const in = [](Values const& values) {
    return [&values](std::string_view name) -> std::optional<std::string_view> {
      auto const found = values.find(name);
      if (found == values.end()) return std::nullopt;
      return std::string_view(found->second);
    };
  };
  return choose_trust(in(variables), in(profile));
}

/// What is wrong with a file of that text, behind its name.
std::string problem(std::string_view text) {
  TemporaryFolder folder;
  write_file(folder / "ca.pem", std::string(text));
  auto const good = check_trust({.file = folder / "ca.pem", .name = "AWS_CA_BUNDLE"});
  if (good) return "";
  CHECK(good.error().code == Errc::invalid);
  std::string const start = "AWS_CA_BUNDLE: " + (folder / "ca.pem") + ": ";
  CHECK(good.error().message.starts_with(start));
  return good.error().message.substr(start.size());
}

/// Amazon's certificates with a change in one of them.
std::string broken(std::size_t number) {
  std::string text(amazon_roots);
  std::size_t at = 0;
  for (std::size_t i = 0; i < number; ++i) at = text.find("BEGIN CERTIFICATE-----\n", at + 1);
  text[at + 23] = 'A';
  return text;
}

}  // namespace

TEST_CASE("variables and profile are asked in the order of botocore, OpenSSL's own last") {
  Values variables{{"AWS_CA_BUNDLE", "/a"},
                   {"REQUESTS_CA_BUNDLE", "/r"},
                   {"SSL_CERT_FILE", "/s"},
                   {"SSL_CERT_DIR", "/d:/e"}};
  Values const profile{{"ca_bundle", "/p"}};
  CHECK(choose(variables, profile).file == "/a");
  CHECK(choose(variables, profile).folder.empty());
  CHECK(choose(variables, profile).name == "AWS_CA_BUNDLE");
  variables.erase("AWS_CA_BUNDLE");
  CHECK(choose(variables, profile).file == "/p");
  CHECK(choose(variables, profile).name == "ca_bundle of the profile");
  CHECK(choose(variables).file == "/r");
  variables.erase("REQUESTS_CA_BUNDLE");
  CHECK(choose(variables).file == "/s");
  CHECK(choose(variables).folder == "/d:/e");
  CHECK(choose(variables).name == "SSL_CERT_FILE");
  variables.erase("SSL_CERT_FILE");
  CHECK(choose(variables).file.empty());
  CHECK(choose(variables).name == "SSL_CERT_DIR");
  CHECK(choose({}).empty());
}

TEST_CASE("a file of certificates is good, whatever stands between them") {
  CHECK(problem(amazon_roots) == "");
  CHECK(problem("# Amazon\n" + std::string(amazon_roots) + "\n# the end\n") == "");
}

TEST_CASE("a file that cannot be used is told what is wrong in it") {
  CHECK(problem("") == "there is no certificate in it (PEM)");
  CHECK(problem("no certificate\n") == "there is no certificate in it (PEM)");
  CHECK(problem("0\x82\x03") == "there is no certificate in it (PEM)");
  CHECK(problem("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n") ==
        "there is no certificate in it (PEM)");
  CHECK(problem(broken(1)) == "certificate 1 in it does not parse");
  CHECK(problem(broken(3)) == "certificate 3 in it does not parse");
  std::string const cut(amazon_roots.substr(0, amazon_roots.size() - 60));
  CHECK(problem(cut).ends_with(" in it does not parse"));
}

TEST_CASE("a file that cannot be read is told why") {
  TemporaryFolder folder;
  auto const message = [](std::string const& file) {
    return check_trust({.file = file, .name = "SSL_CERT_FILE"}).error().message;
  };
  CHECK(message(folder / "none.pem") ==
        "SSL_CERT_FILE: " + (folder / "none.pem") + ": No such file or directory");
  CHECK(message(folder.path()) == "SSL_CERT_FILE: " + folder.path() + ": Is a directory");
  if (::geteuid() == 0) return;
  write_file(folder / "ca.pem", std::string(amazon_roots));
  CHECK(::chmod((folder / "ca.pem").c_str(), 0) == 0);
  CHECK(message(folder / "ca.pem").ends_with(": Permission denied"));
}

TEST_CASE("one of the folders must hold a certificate by the name of its hash") {
  TemporaryFolder folder;
  auto const message = [](std::string const& folders) {
    auto const good = check_trust({.folder = folders, .name = "SSL_CERT_DIR"});
    return good ? "" : good.error().message;
  };
  CHECK(message(folder / "none") ==
        "SSL_CERT_DIR: " + (folder / "none") + ": No such file or directory");
  CHECK(message(folder.path()).find("there is no certificate") != std::string::npos);
  write_file(folder / "5ad8a5d6.0", "");
  CHECK(message(folder.path()) == "");
  CHECK(message((folder / "none") + ":" + folder.path()) == "");
}

TEST_CASE("what is asked for comes before the library's own") {
  TemporaryFolder folder;
  write_file(folder / "asked.pem", "");
  write_file(folder / "own.pem", "");
  std::string const own = folder / "own.pem";
  CHECK(find_trust({.asked = {.file = folder / "asked.pem"}, .own = own}).value().file ==
        folder / "asked.pem");
  CHECK(find_trust({.asked = {.folder = "/x"}, .own = own}).value().file.empty());
  CHECK(find_trust({.own = own}).value().file == own);
}

TEST_CASE("a file that is asked for and is not there is an error that says how it was asked for") {
  TemporaryFolder folder;
  write_file(folder / "own.pem", "");
  auto const found = find_trust(
      {.asked = {.file = folder / "none.pem", .name = "SSL_CERT_FILE"}, .own = folder / "own.pem"});
  REQUIRE_FALSE(found);
  CHECK(found.error().code == Errc::invalid);
  CHECK(found.error().message == "the trusted certificates: SSL_CERT_FILE: " +
                                     (folder / "none.pem") + ": No such file or directory");
}

TEST_CASE("where the library's own is not there the usual places are tried") {
  auto const found = find_trust({.own = "/nonexistent/ca.pem"});
  REQUIRE(found);
  CHECK(found->file != "/nonexistent/ca.pem");
  CHECK(found->file.empty() == find_trust({}).value().file.empty());
}

TEST_CASE("a folder of certificates is one that holds a file named by a hash") {
  TemporaryFolder folder;
  write_file(folder / "ca.pem", "");
  write_file(folder / "5ad8a5d6", "");
  write_file(folder / "5ad8a5d6z.0", "");
  CHECK_FALSE(aws::detail::holds_certificates(folder / ""));
  CHECK_FALSE(aws::detail::holds_certificates(folder / "none"));
  write_file(folder / "5ad8a5d6.0", "");
  CHECK(aws::detail::holds_certificates(folder / ""));
}

TEST_CASE("it says where the trusted certificates are") {
  CHECK(Trust{.file = "/a.pem"}.where() == "/a.pem");
  CHECK(Trust{.folder = "/certs"}.where() == "/certs");
  CHECK(Trust{.file = "/a.pem", .folder = "/certs"}.where() == "/a.pem and /certs");
  CHECK(Trust{}.where() == "the program, Amazon's");
}
