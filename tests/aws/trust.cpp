// SPDX-License-Identifier: MIT
#include "sla/aws/trust.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <string>

#include "../support/temporary_folder.hpp"

using namespace sla;

TEST_CASE("the file that is asked for comes before the library's own") {
  TemporaryFolder folder;
  write_file(folder / "asked.pem", "");
  write_file(folder / "own.pem", "");
  CHECK(find_trust({.asked = folder / "asked.pem", .own = folder / "own.pem"}).value().file ==
        folder / "asked.pem");
  CHECK(find_trust({.own = folder / "own.pem"}).value().file == folder / "own.pem");
}

TEST_CASE("a file that is asked for and is not there is an error that says how it was asked for") {
  TemporaryFolder folder;
  write_file(folder / "own.pem", "");
  auto const found = find_trust({.asked = folder / "none.pem", .own = folder / "own.pem"});
  REQUIRE_FALSE(found);
  CHECK(found.error().code == Errc::invalid);
  CHECK(found.error().message == "the file of trusted certificates " + (folder / "none.pem") +
                                     ": No such file or directory (AWS_CA_BUNDLE, SSL_CERT_FILE)");
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
  CHECK_FALSE(detail::holds_certificates(folder / ""));
  CHECK_FALSE(detail::holds_certificates(folder / "none"));
  write_file(folder / "5ad8a5d6.0", "");
  CHECK(detail::holds_certificates(folder / ""));
}

TEST_CASE("it says where the trusted certificates are") {
  CHECK(Trust{.file = "/a.pem"}.where() == "/a.pem");
  CHECK(Trust{.folder = "/certs"}.where() == "/certs");
  CHECK(Trust{}.where() == "the program, Amazon's");
}
