// SPDX-License-Identifier: MIT
#include "sla/aws/ca_file.hpp"

#include <doctest/doctest.h>

#include <string>

#include "../support/temporary_folder.hpp"

using namespace sla;

TEST_CASE("the file that is asked for comes before the library's own") {
  TemporaryFolder folder;
  write_file(folder / "asked.pem", "");
  write_file(folder / "own.pem", "");
  CHECK(find_ca_file(folder / "asked.pem", folder / "own.pem").value() == folder / "asked.pem");
  CHECK(find_ca_file("", folder / "own.pem").value() == folder / "own.pem");
}

TEST_CASE("a file that is asked for and is not there is an error that says how it was asked for") {
  TemporaryFolder folder;
  write_file(folder / "own.pem", "");
  auto const found = find_ca_file(folder / "none.pem", folder / "own.pem");
  REQUIRE_FALSE(found);
  CHECK(found.error().code == Errc::invalid);
  CHECK(found.error().message == "the file of trusted certificates " + (folder / "none.pem") +
                                     ": No such file or directory (AWS_CA_BUNDLE, SSL_CERT_FILE)");
}

TEST_CASE("where the library's own is not there the usual places are tried") {
  auto const found = find_ca_file("", "/nonexistent/ca.pem");
  REQUIRE(found);
  CHECK(*found != "/nonexistent/ca.pem");
  CHECK(found->empty() == find_ca_file("", "").value().empty());
}
